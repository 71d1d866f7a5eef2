/* Output for people and for programs: safe text, times, JSON lines by jansson. */
#ifndef BLOCWATCH_CTL_OUTPUT_H
#define BLOCWATCH_CTL_OUTPUT_H

#include "blocwatch/hit.h"

#include <jansson.h>
#include <stdint.h>

/* Text from a feed on one line: no control character reaches a terminal. NULL prints nothing. */
void out_text(const char *text);
/* The same in a column of `width` cells at least. */
void out_column(const char *text, int width);

json_t *out_json_text(const char *text);                              /* NULL gives null */
json_t *out_json_time(int64_t seconds);                               /* RFC 3339, or null */
json_t *out_json_time_ms(int64_t ms);                                 /* likewise */
json_t *out_json_events(const struct bw_event *events, size_t n);     /* [{actor,stance,bloc}] */
json_t *out_json_matched(const struct bw_matched *matched, size_t n); /* each text once */

/* One line; takes the object. -1 (told) when it is NULL: out of memory. */
int out_json_line(json_t *object);

/* "KZ declines BRICS", each event once, separated by commas. */
void out_events(const struct bw_event *events, size_t n);
void out_matched(const struct bw_matched *matched, size_t n);

/* "3m ago", "in 2h"; "never" for BW_TIME_NONE. */
const char *out_ago(int64_t seconds, int64_t now, char text[64]);

#endif
