/* Errors of the configuration, its rules and its channels in one list. Owns nothing. */
#include "setup.h"

#include "blocwatch/alert.h"
#include "blocwatch/match.h"
#include "blocwatch/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void setup_assume_credentials(void)
{
    setenv("CREDENTIALS_DIRECTORY", BW_CREDENTIALS, 0);
}

bool setup_is_out_of_sight(const char *path)
{
    static const char folder[] = BW_CREDENTIALS "/";

    return strncmp(path, folder, sizeof folder - 1) == 0 && access(folder, X_OK) != 0;
}

/* The secret that the problem names, when it is out of sight; else NULL. */
static const char *find_hidden_secret(const struct bw_config *config,
                                      const struct bw_config_problem *problem)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        const struct bw_config_channel *channel = &config->channels[i];

        for (size_t k = 0; k < channel->n_options; k++) {
            const struct bw_config_option *option = &channel->options[k];

            if (option->value != NULL && setup_is_out_of_sight(option->value) &&
                strstr(problem->text, option->value) != NULL)
                return option->value;
        }
    }
    return NULL;
}

/* Returns how many of them are errors. `config` is NULL when it could not be loaded. */
static size_t report_config(const char *file, const struct bw_config *config,
                            const struct bw_config_errors *errors, setup_report_fn *report,
                            void *ctx)
{
    size_t n_errors = 0;
    char text[2048];

    for (size_t i = 0; i < errors->n; i++) {
        const struct bw_config_problem *problem = &errors->list[i];
        const char *where = problem->place.file != NULL ? problem->place.file : file;
        const char *hidden = config != NULL ? find_hidden_secret(config, problem) : NULL;

        n_errors += hidden == NULL;
        if (hidden != NULL)
            snprintf(text, sizeof text, "%s:%d: warning: %s is the service's own: not looked at",
                     where, problem->place.line, hidden);
        else if (problem->place.line > 0)
            snprintf(text, sizeof text, "%s:%d: %s", where, problem->place.line, problem->text);
        else
            snprintf(text, sizeof text, "%s: %s", where, problem->text);
        report(text, ctx);
    }
    return n_errors;
}

static int check_rules(const struct bw_watch *watch, setup_report_fn *report, void *ctx)
{
    struct bw_match_problems problems = {0};
    struct bw_ruleset *rules = NULL;
    int result = match_compile_rules(watch, &rules, &problems);

    for (size_t i = 0; i < problems.n; i++) {
        struct bw_buf text;

        buf_init(&text);
        match_format_problem(&problems.list[i], &text);
        if (text.len > 0 && text.data[text.len - 1] == '\n')
            text.data[--text.len] = '\0';
        report(buf_text(&text), ctx);
        buf_clear(&text);
    }
    match_clear_problems(&problems);
    ruleset_free(rules);
    return result;
}

struct bw_config *setup_load_config(const char *file, setup_report_fn *report, void *ctx)
{
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;
    size_t n_errors;

    if (config_load(file, &config, &errors) != 0) {
        report_config(file, NULL, &errors, report, ctx);
        config_clear_errors(&errors);
        return NULL;
    }
    alert_check_config(config, &errors);
    n_errors = report_config(file, config, &errors, report, ctx);
    if (check_rules(&config->watch, report, ctx) != 0 || n_errors > 0) {
        config_free(config);
        config = NULL;
    }
    config_clear_errors(&errors);
    return config;
}
