/* Values as people write them: durations, sizes, numbers, times of day; and the nearest word. */
#ifndef BLOCWATCH_CONFIG_UNITS_H
#define BLOCWATCH_CONFIG_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "1h30m", "500ms", "2d", or plain seconds, to milliseconds. */
bool units_parse_duration(const char *text, int64_t *ms);
/* "16MiB", "512KiB", "100B", or plain bytes. */
bool units_parse_size(const char *text, int64_t *bytes);
bool units_parse_integer(const char *text, int64_t *value);
bool units_parse_number(const char *text, double *value); /* decimal point, whatever the locale */
bool units_parse_bool(const char *text, bool *value);
bool units_is_time_of_day(const char *text); /* "07:30" */
bool units_is_date(const char *text);        /* "2024-10-16" */

/* The word of `words` (called with 0, 1, … until NULL) that `text` is most likely meant to be;
 * NULL when none is near. */
const char *units_nearest(const char *text, const char *(*words)(int i, const void *ctx),
                          const void *ctx);

#endif
