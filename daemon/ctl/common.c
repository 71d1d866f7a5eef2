/* What commands share: options as numbers and times, configuration, store. Owns nothing. */
#include "ctl.h"

#include "blocwatch/clock.h"
#include "blocwatch/feed.h"
#include "blocwatch/match.h"
#include "blocwatch/paths.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *ctl_value(const struct ctl *ctl, const char *option)
{
    const struct ctl_option *options = ctl->command->options;

    for (size_t i = 0; options[i].name != NULL; i++) {
        if (strcmp(options[i].name, option) == 0)
            return ctl->values[i];
    }
    abort(); /* a command asks for an option that it has not declared */
}

static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    uint64_t n = 0;

    if (text[0] == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text) || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, *text - '0', &n) || n > max)
            return false;
    }
    *number = n;
    return true;
}

int ctl_number(const struct ctl *ctl, const char *option, size_t fallback, size_t max,
               size_t *number)
{
    const char *text = ctl_value(ctl, option);
    uint64_t n = fallback;

    if (text != NULL && !parse_number(text, max, &n)) {
        ctl_misuse("--%s: expected a number from 0 to %zu, not \"%s\"", option, max, text);
        return -1;
    }
    *number = n;
    return 0;
}

int ctl_id(const char *text, int64_t *id)
{
    uint64_t n;

    if (!parse_number(text, INT64_MAX, &n) || n == 0) {
        ctl_misuse("expected an id, a number such as 12, not \"%s\"", text);
        return -1;
    }
    *id = (int64_t)n;
    return 0;
}

int ctl_time(const struct ctl *ctl, const char *option, int64_t *ms)
{
    const char *text = ctl_value(ctl, option);
    int64_t now = clock_now(&bw_clock_real), ago, at = BW_TIME_NONE;

    if (text == NULL) {
        *ms = BW_TIME_NONE;
        return 0;
    }
    if (config_parse_duration(text, &ago) == 0)
        at = now - ago;
    else if (strlen(text) >= 10 && strspn(text, "0123456789") == 4 && text[4] == '-')
        at = feed_parse_date(text, BW_TIME_NONE);
    if (at == BW_TIME_NONE) {
        ctl_misuse("--%s: expected a time such as 2024-10-16T11:42:00Z, a date, or how long ago "
                   "(2h, 7d); not \"%s\"",
                   option, text);
        return -1;
    }
    *ms = at * 1000;
    return 0;
}

void ctl_report_config(const struct ctl *ctl, struct bw_config_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++) {
        const struct bw_config_problem *problem = &errors->list[i];

        fprintf(stderr, "%s", problem->place.file != NULL ? problem->place.file : ctl->config_file);
        if (problem->place.line > 0)
            fprintf(stderr, ":%d", problem->place.line);
        fprintf(stderr, ": %s\n", problem->text);
    }
    config_clear_errors(errors);
}

enum ctl_code ctl_load_config(struct ctl *ctl)
{
    struct bw_config_errors errors = {0};
    int result;

    if (ctl->config != NULL)
        return CTL_FINE;
    result = config_load(ctl->config_file, &ctl->config, &errors);
    ctl_report_config(ctl, &errors);
    return result == 0 ? CTL_FINE : CTL_USAGE;
}

const struct bw_config_source *ctl_find_source(const struct ctl *ctl, const char *id)
{
    for (size_t i = 0; i < ctl->config->n_sources; i++) {
        if (strcmp(ctl->config->sources[i].id, id) == 0)
            return &ctl->config->sources[i];
    }
    ctl_fail("there is no source %s in %s", id, ctl->config_file);
    return NULL;
}

static enum ctl_code open_store(struct ctl *ctl, bool read_only)
{
    const struct bw_store_options options = {
        .read_only = read_only, .second = !read_only, .fold = match_fold_text};
    char dir[PATH_MAX];
    struct bw_error err = {0};

    if (ctl->state_dir == NULL && ctl_load_config(ctl) != CTL_FINE)
        return CTL_USAGE;
    if (config_state_dir(ctl->config, ctl->state_dir, dir, sizeof dir, &err) != 0)
        return ctl_misuse("%s", err.text);
    if (snprintf(ctl->database, sizeof ctl->database, "%s/%s", dir, BW_DATABASE) >=
        (int)sizeof ctl->database)
        return ctl_misuse("%s: the name is too long", dir);
    if (access(ctl->database, F_OK) != 0 && errno == ENOENT)
        return ctl_fail("no database at %s: has blocwatchd run?", ctl->database);
    if (access(ctl->database, read_only ? R_OK : W_OK) != 0)
        return ctl_fail("cannot %s %s: %s; try as the user that blocwatchd runs as, or as root",
                        read_only ? "read" : "write", ctl->database, strerror(errno));
    ctl->store = store_open(ctl->database, &options, &err);
    return ctl->store != NULL ? CTL_FINE : ctl_store_failed(&err);
}

enum ctl_code ctl_open_store(struct ctl *ctl)
{
    return open_store(ctl, true);
}

enum ctl_code ctl_open_store_write(struct ctl *ctl)
{
    return open_store(ctl, false);
}

enum ctl_code ctl_store_failed(const struct bw_error *err)
{
    return ctl_fail("%s", err->text);
}
