/* `rules check`: the whole configuration, with every rule and set. Owns nothing. */
#include "commands.h"
#include "setup.h"

#include <stdio.h>

static void on_problem(const char *text, void *ctx)
{
    (void)ctx;
    puts(text);
}

static enum ctl_code run(struct ctl *ctl)
{
    ctl->config = setup_load_config(ctl->config_file, on_problem, NULL);
    if (ctl->config == NULL)
        return CTL_USAGE;
    printf("%s: fine: %zu rules, %zu lexicon sets, %zu sources, %zu channels\n", ctl->config_file,
           ctl->config->watch.n_rules, ctl->config->watch.n_sets, ctl->config->n_sources,
           ctl->config->n_channels);
    return CTL_FINE;
}

const struct ctl_command cmd_rules_check = {
    .name = "rules check",
    .arguments = "",
    .summary = "check the configuration and every rule in it",
    .help = "Prints every error and warning with file and line. Exit 0, or 2 with an error.",
    .run = run,
};
