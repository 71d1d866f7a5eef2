/* Times of day in a time zone of the system's tzdata. */
#ifndef BLOCWATCH_ALERT_ZONE_H
#define BLOCWATCH_ALERT_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/* To be called before any thread starts: the C library takes its zone out of the environment, and
 * only a slot that already stands there can be changed safely. */
void zone_init(void);
/* Minutes after midnight in `zone` (NULL: UTC) at `seconds`. */
int zone_minute_of_day(const char *zone, int64_t seconds);
/* The first moment after `seconds` at which it is `minute` of the day in `zone`. */
int64_t zone_next(const char *zone, int64_t seconds, int minute);
/* "07:30" → 450; -1 when it is none. */
int zone_parse_minute(const char *text);

#endif
