/*
 * `completion`: what a shell needs to complete command lines, made from the table of commands, so
 * that it can never be out of date. Owns nothing.
 */
#include "commands.h"

#include <stdio.h>
#include <string.h>

static bool is_pair(const char *name)
{
    return strchr(name, ' ') != NULL;
}

/* The first word stands there for the first time. */
static bool is_first_of_group(size_t i)
{
    size_t len = strcspn(ctl_commands[i]->name, " ");

    for (size_t k = 0; k < i; k++) {
        if (strcspn(ctl_commands[k]->name, " ") == len &&
            strncmp(ctl_commands[k]->name, ctl_commands[i]->name, len) == 0)
            return false;
    }
    return true;
}

static void print_first_words(void)
{
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (is_first_of_group(i))
            printf("%s%.*s", i > 0 ? " " : "", (int)strcspn(ctl_commands[i]->name, " "),
                   ctl_commands[i]->name);
    }
}

/* Second words of the group that the i-th command's first word opens. */
static void print_second_words(size_t i)
{
    size_t len = strcspn(ctl_commands[i]->name, " ");

    for (size_t k = 0; k < ctl_n_commands; k++) {
        const char *name = ctl_commands[k]->name;

        if (strncmp(name, ctl_commands[i]->name, len) == 0 && name[len] == ' ')
            printf(" %s", name + len + 1);
    }
}

static void print_options(const struct ctl_option *options)
{
    for (; options->name != NULL; options++)
        printf(" --%s", options->name);
}

/* --- bash, and zsh by its bashcompinit ---------------------------------------------------------
 */

static void print_bash(void)
{
    fputs("_blocwatchctl() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
          "    local said='' words='' options='' i\n"
          "    case $prev in\n"
          "    --state-dir | --rules) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
          "    --config | --output) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
          "    esac\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n"
          "        --config | --state-dir) ((i++)) ;;\n"
          "        -*) ;;\n"
          "        *) said+=${said:+ }${COMP_WORDS[i]} ;;\n"
          "        esac\n"
          "    done\n"
          "    case $said in\n"
          "    '') words='",
          stdout);
    print_first_words();
    fputs("' ;;\n", stdout);
    for (size_t i = 0; i < ctl_n_commands; i++) {
        if (!is_first_of_group(i))
            continue;
        printf("    %.*s) words='", (int)strcspn(ctl_commands[i]->name, " "),
               ctl_commands[i]->name);
        print_second_words(i);
        fputs("' ;;\n", stdout);
    }
    fputs("    esac\n    case $said in\n", stdout);
    for (int pairs = 1; pairs >= 0; pairs--) { /* `alerts show` before `alerts` */
        for (size_t i = 0; i < ctl_n_commands; i++) {
            if (is_pair(ctl_commands[i]->name) != (pairs == 1))
                continue;
            printf("    '%s' | '%s '*) options='", ctl_commands[i]->name, ctl_commands[i]->name);
            print_options(ctl_commands[i]->options);
            fputs("' ;;\n", stdout);
        }
    }
    fputs("    esac\n    options+='", stdout);
    print_options(ctl_global_options);
    fputs("'\n"
          "    if [[ $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
          "    elif [[ -n $words ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _blocwatchctl blocwatchctl\n",
          stdout);
}

static void print_zsh(void)
{
    puts("#compdef blocwatchctl\nautoload -U +X bashcompinit && bashcompinit");
    print_bash();
}

/* --- fish ------------------------------------------------------------------------------------- */

/* In single quotes. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void print_fish_options(const struct ctl_option *options, const char *condition)
{
    for (; options->name != NULL; options++) {
        printf("complete -c blocwatchctl%s -l %s%s -d ", condition, options->name,
               options->value != NULL ? " -r" : "");
        print_quoted(options->help);
        putchar('\n');
    }
}

static void print_fish(void)
{
    char condition[256];

    puts("complete -c blocwatchctl -f");
    print_fish_options(ctl_global_options, "");
    for (size_t i = 0; i < ctl_n_commands; i++) {
        const struct ctl_command *command = ctl_commands[i];
        int len = (int)strcspn(command->name, " ");

        if (is_first_of_group(i))
            printf("complete -c blocwatchctl -n __fish_use_subcommand -a %.*s\n", len,
                   command->name);
        snprintf(condition, sizeof condition, " -n '__fish_seen_subcommand_from %.*s'", len,
                 command->name);
        if (is_pair(command->name)) {
            printf("complete -c blocwatchctl%s -a %s -d ", condition, command->name + len + 1);
            print_quoted(command->summary);
            putchar('\n');
            snprintf(condition, sizeof condition,
                     " -n '__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s'",
                     len, command->name, command->name + len + 1);
        }
        print_fish_options(command->options, condition);
        if (strstr(command->arguments, "FILE") != NULL)
            printf("complete -c blocwatchctl%s -F\n", condition);
    }
}

static enum ctl_code run(struct ctl *ctl)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, ctl->argv[0]) == 0) {
            shells[i].print();
            return CTL_FINE;
        }
    }
    return ctl_misuse("completion: expected bash, zsh or fish, not \"%s\"", ctl->argv[0]);
}

const struct ctl_command cmd_completion = {
    .name = "completion",
    .arguments = "SHELL",
    .summary = "command line completion for bash, zsh or fish",
    .help = "bash: blocwatchctl completion bash > /etc/bash_completion.d/blocwatchctl\n"
            "zsh:  blocwatchctl completion zsh > a file _blocwatchctl in $fpath\n"
            "fish: blocwatchctl completion fish > ~/.config/fish/completions/blocwatchctl.fish",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
