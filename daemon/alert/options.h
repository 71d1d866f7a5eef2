/*
 * A channel's options: a schema in the driver, checked against what the configuration holds, so
 * that an unknown, missing or senseless option is an error with its file and line before anything
 * starts.
 */
#ifndef BLOCWATCH_ALERT_OPTIONS_H
#define BLOCWATCH_ALERT_OPTIONS_H

#include "blocwatch/config.h"
#include "blocwatch/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum alert_option_kind {
    OPTION_TEXT,
    OPTION_LIST, /* one or more */
    OPTION_MAP,  /* "key.sub" entries */
    OPTION_DURATION,
    OPTION_INTEGER,
    OPTION_BOOLEAN,
    OPTION_CHOICE,
    OPTION_URL,
    OPTION_FILE, /* a file name, often of a secret */
    OPTION_RATE, /* "30/1m" */
};

struct alert_option {
    const char *key;
    enum alert_option_kind kind;
    bool required;
    const char *const *choices; /* OPTION_CHOICE: ends with NULL; OPTION_URL: the schemes */
};

struct alert_options {
    const struct bw_config_channel *config;  /* borrowed */
    const struct alert_option *const *known; /* schemas, ends with NULL */
};

extern const struct alert_option options_common[];

void options_check(const struct alert_options *options, struct bw_config_errors *errors);

/* Borrowed; NULL where the option is not set. */
const char *options_text(const struct alert_options *options, const char *key);
int64_t options_duration_ms(const struct alert_options *options, const char *key,
                            int64_t fallback_ms);
int64_t options_integer(const struct alert_options *options, const char *key, int64_t fallback);
bool options_boolean(const struct alert_options *options, const char *key, bool fallback);
/* Messages per period; false when not set. */
bool options_rate(const struct alert_options *options, const char *key, int *limit,
                  int64_t *period_ms);
/* The `index`th item of a list, NULL behind the last. */
const char *options_item(const struct alert_options *options, const char *key, size_t index);
/* The `index`th entry of a map: its value with *sub, NULL behind the last. */
const char *options_entry(const struct alert_options *options, const char *key, size_t index,
                          const char **sub);
/* Where the option stands, for errors; the channel's place when it is not set. */
struct bw_place options_place(const struct alert_options *options, const char *key);
/* Reads the secret in the file that the option names, into `text`. 1 read, 0 not set, -1. */
int options_secret(const struct alert_options *options, const char *key, char *text, size_t size,
                   struct bw_error *err);

/* "1h30m", "5s", "500ms" or plain seconds; -1 when it is none. */
int64_t duration_parse_ms(const char *text);
bool rate_parse(const char *text, int *limit, int64_t *period_ms);

#endif
