/* Errors of the configuration, its rules and its channels in one list. Owns nothing. */
#include "setup.h"

#include "blocwatch/alert.h"
#include "blocwatch/match.h"

#include <stdio.h>

static void report_config(const char *file, const struct bw_config_errors *errors,
                          setup_report_fn *report, void *ctx)
{
    char text[2048];

    for (size_t i = 0; i < errors->n; i++) {
        const struct bw_config_problem *problem = &errors->list[i];
        const char *where = problem->place.file != NULL ? problem->place.file : file;

        if (problem->place.line > 0)
            snprintf(text, sizeof text, "%s:%d: %s", where, problem->place.line, problem->text);
        else
            snprintf(text, sizeof text, "%s: %s", where, problem->text);
        report(text, ctx);
    }
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

    if (config_load(file, &config, &errors) != 0) {
        report_config(file, &errors, report, ctx);
        config_clear_errors(&errors);
        return NULL;
    }
    alert_check_config(config, &errors);
    report_config(file, &errors, report, ctx);
    if (check_rules(&config->watch, report, ctx) != 0 || errors.n > 0) {
        config_free(config);
        config = NULL;
    }
    config_clear_errors(&errors);
    return config;
}
