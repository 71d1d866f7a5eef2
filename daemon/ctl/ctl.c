/* blocwatchctl: the table of commands, the command line, help. Owns the run and its exit code. */
#include "ctl.h"

#include "commands.h"
#include "setup.h"

#include "blocwatch/paths.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ctl_command *const ctl_commands[] = {
    &cmd_hits,           &cmd_stories,      &cmd_items,          &cmd_search,
    &cmd_matrix,         &cmd_tail,         &cmd_sources,        &cmd_sources_show,
    &cmd_sources_add,    &cmd_sources_poll, &cmd_sources_enable, &cmd_sources_disable,
    &cmd_alerts,         &cmd_alerts_show,  &cmd_alerts_why,     &cmd_alerts_replay,
    &cmd_alerts_drop,    &cmd_channel_test, &cmd_silence,        &cmd_silence_add,
    &cmd_silence_end,    &cmd_rules_check,  &cmd_rules_test,     &cmd_rules_explain,
    &cmd_rules_backtest, &cmd_feed_parse,   &cmd_export_csv,     &cmd_export_jsonl,
    &cmd_export_opml,    &cmd_import_opml,  &cmd_backup,         &cmd_prune,
    &cmd_doctor,         &cmd_completion,
};
enum { N_COMMANDS = sizeof ctl_commands / sizeof ctl_commands[0] };
const size_t ctl_n_commands = N_COMMANDS;

const struct ctl_option ctl_global_options[] = {
    {"config", "FILE", "the configuration; default " BW_DEFAULT_CONFIG},
    {"state-dir", "DIR", "where the database lies; default: as blocwatchd finds it"},
    {"json", NULL, "one JSON object a line"},
    {"help", NULL, "this text"},
    {"version", NULL, "the version"},
    {NULL, NULL, NULL},
};
enum { N_GLOBAL = sizeof ctl_global_options / sizeof ctl_global_options[0] - 1 };

/* --- help ----------------------------------------------------------------------------------- */

static void print_option(FILE *out, const struct ctl_option *option)
{
    char left[64];

    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    fprintf(out, "  %-22s %s\n", left, option->help);
}

static void print_summary(FILE *out, const struct ctl_command *command)
{
    char left[80];

    snprintf(left, sizeof left, "%s%s%s", command->name, command->arguments[0] != '\0' ? " " : "",
             command->arguments);
    fprintf(out, "  %-34s %s\n", left, command->summary);
}

/* All commands, or those that begin with the word `group`. */
static void print_commands(FILE *out, const char *group)
{
    size_t len = group != NULL ? strlen(group) : 0;

    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *name = ctl_commands[i]->name;

        if (group == NULL ||
            (strncmp(name, group, len) == 0 && (name[len] == ' ' || name[len] == '\0')))
            print_summary(out, ctl_commands[i]);
    }
}

static void print_help(FILE *out, const char *group)
{
    fputs("usage: blocwatchctl [--config FILE] [--state-dir DIR] COMMAND\n\n", out);
    print_commands(out, group);
    fputs("\n", out);
    for (size_t i = 0; i < N_GLOBAL; i++)
        print_option(out, &ctl_global_options[i]);
    fputs("\nblocwatchctl COMMAND --help tells more. Exit: 0 fine, 1 failed, 2 the command line\n"
          "or the configuration is wrong.\n",
          out);
}

static void print_command_help(FILE *out, const struct ctl_command *command)
{
    fprintf(out, "usage: blocwatchctl [--config FILE] [--state-dir DIR] %s%s%s [OPTIONS]\n\n%s\n",
            command->name, command->arguments[0] != '\0' ? " " : "", command->arguments,
            command->summary);
    if (command->help != NULL)
        fprintf(out, "\n%s\n", command->help);
    fputs("\n", out);
    for (const struct ctl_option *option = command->options; option->name != NULL; option++)
        print_option(out, option);
    for (size_t i = 0; i + 1 < N_GLOBAL; i++)
        print_option(out, &ctl_global_options[i]);
}

/* --- command line --------------------------------------------------------------------------- */

enum ctl_code ctl_fail(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("blocwatchctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CTL_FAILED;
}

enum ctl_code ctl_misuse(const char *format, ...)
{
    va_list args;

    fputs("blocwatchctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CTL_USAGE;
}

struct line {
    struct ctl ctl;
    bool help, version;
    char *words[64]; /* all that is no option */
    int n_words;
};

/* The option's place in the command's table, -1 when it has none. */
static int find_option(const struct ctl_command *command, const char *name, size_t len)
{
    for (int i = 0; command != NULL && command->options[i].name != NULL; i++) {
        if (strlen(command->options[i].name) == len &&
            strncmp(command->options[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

static bool is_option(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncmp(name, wanted, len) == 0;
}

/* Where an option's value goes; NULL for a flag, which has been set; *known tells the rest. */
static const char **option_value(struct line *line, const char *name, size_t len, bool *known)
{
    const struct ctl_command *command = line->ctl.command;
    int i = find_option(command, name, len);

    *known = true;
    if (i >= 0 && command->options[i].value != NULL)
        return &line->ctl.values[i];
    if (i >= 0)
        line->ctl.values[i] = "";
    else if (is_option(name, len, "config"))
        return &line->ctl.config_file;
    else if (is_option(name, len, "state-dir"))
        return &line->ctl.state_dir;
    else if (is_option(name, len, "json"))
        line->ctl.json = true;
    else if (is_option(name, len, "help") || is_option(name, len, "h"))
        line->help = true;
    else if (is_option(name, len, "version"))
        line->version = true;
    else
        *known = false;
    return NULL;
}

/* One option at argv[*i], "--name", "--name=value" or "--name value". */
static enum ctl_code take_option(struct line *line, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + strspn(argv[*i], "-"), *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    bool known;
    const char **value = option_value(line, name, len, &known);

    if (!known)
        return ctl_misuse(
            "%s: there is no such option%s%s%s", argv[*i], line->ctl.command != NULL ? " of " : "",
            line->ctl.command != NULL ? line->ctl.command->name : "", "; see blocwatchctl --help");
    if (value == NULL && equals != NULL)
        return ctl_misuse("--%.*s takes no value", (int)len, name);
    if (value == NULL)
        return CTL_FINE;
    if (equals == NULL && *i + 1 >= argc)
        return ctl_misuse("%s needs a value", argv[*i]);
    *value = equals != NULL ? equals + 1 : argv[++*i];
    return CTL_FINE;
}

/* How many of the words the command's name takes; 0 when it is another one. */
static int match_name(const char *name, char **words, int n)
{
    const char *at = name;

    for (int i = 0; i < n; i++) {
        size_t len = strcspn(at, " ");

        if (strlen(words[i]) != len || strncmp(words[i], at, len) != 0)
            return 0;
        at += len;
        if (*at == '\0')
            return i + 1;
        at++;
    }
    return 0;
}

/* The command with the longest name that the words begin with. */
static const struct ctl_command *find_command(char **words, int n, int *used)
{
    const struct ctl_command *found = NULL;

    *used = 0;
    for (size_t i = 0; i < N_COMMANDS; i++) {
        int taken = match_name(ctl_commands[i]->name, words, n);

        if (ctl_commands[i]->alias != NULL && match_name(ctl_commands[i]->alias, words, n) > taken)
            taken = match_name(ctl_commands[i]->alias, words, n);
        if (taken > *used) {
            *used = taken;
            found = ctl_commands[i];
        }
    }
    return found;
}

static bool is_group(const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strncmp(ctl_commands[i]->name, word, len) == 0 && ctl_commands[i]->name[len] == ' ')
            return true;
    }
    return false;
}

/* Words and options may be mixed; the command is known once its words have come. */
static enum ctl_code read_line(struct line *line, int argc, char **argv)
{
    bool only_words = false;
    int used = 0;

    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (take_option(line, argc, argv, &i) != CTL_FINE)
                return CTL_USAGE;
        } else if (!only_words && line->n_words == 0 && strcmp(argv[i], "help") == 0) {
            line->help = true; /* "help hits" as "hits --help" */
        } else if (line->n_words == (int)(sizeof line->words / sizeof line->words[0])) {
            return ctl_misuse("more than %d arguments", line->n_words);
        } else {
            line->words[line->n_words++] = argv[i];
            if (line->n_words <= 2) {
                line->ctl.command = find_command(line->words, line->n_words, &used);
                line->ctl.argv = line->words + used;
            }
        }
    }
    line->ctl.argc = line->n_words - used;
    return CTL_FINE;
}

static enum ctl_code check_line(const struct line *line)
{
    const struct ctl_command *command = line->ctl.command;

    if (line->n_words == 0) {
        print_help(stderr, NULL);
        return CTL_USAGE;
    }
    if (command == NULL && is_group(line->words[0])) {
        print_help(stderr, line->words[0]);
        return CTL_USAGE;
    }
    if (command == NULL)
        return ctl_misuse("%s: there is no such command; see blocwatchctl --help", line->words[0]);
    if (line->ctl.argc < command->min_arguments)
        return ctl_misuse("%s: expected %s; see blocwatchctl %s --help", command->name,
                          command->arguments, command->name);
    if (line->ctl.argc > command->max_arguments && is_group(line->words[0]) &&
        command->max_arguments == 0 && strchr(command->name, ' ') == NULL)
        return ctl_misuse("%s %s: there is no such command; see blocwatchctl %s --help",
                          line->words[0], line->ctl.argv[0], line->words[0]);
    if (line->ctl.argc > command->max_arguments)
        return ctl_misuse("%s: unexpected argument %s", command->name,
                          line->ctl.argv[command->max_arguments]);
    return CTL_FINE;
}

static void help_on(const struct line *line)
{
    if (line->n_words == 1 && is_group(line->words[0]))
        print_help(stdout, line->words[0]);
    else if (line->ctl.command != NULL)
        print_command_help(stdout, line->ctl.command);
    else
        print_help(stdout, NULL);
}

/* What is opened later must not become standard output, nor be mistaken for it. */
static void fill_standard_files(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            exit(CTL_FAILED);
    }
}

int main(int argc, char **argv)
{
    struct line line = {.ctl.config_file = BW_DEFAULT_CONFIG};
    enum ctl_code code;

    fill_standard_files();
    code = read_line(&line, argc, argv);
    setup_assume_credentials();
    if (code != CTL_FINE)
        return code;
    if (line.version)
        puts("blocwatchctl " BLOCWATCH_VERSION);
    else if (line.help)
        help_on(&line);
    else if ((code = check_line(&line)) == CTL_FINE && line.ctl.command != NULL)
        code = line.ctl.command->run(&line.ctl);
    store_close(line.ctl.store);
    config_free(line.ctl.config);
    if (fflush(stdout) != 0 || ferror(stdout))
        code = ctl_fail("cannot write the output");
    return code;
}
