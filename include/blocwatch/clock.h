/*
 * Time, real or simulated. Everything that decides by time takes a clock, so that a week of
 * polling runs in a test within a second. Wall times are Unix seconds or milliseconds, UTC.
 */
#ifndef BLOCWATCH_CLOCK_H
#define BLOCWATCH_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BW_TIME_NONE INT64_MIN /* "not known", in any field that holds a time */

struct bw_clock {
    bool simulated;
    int64_t now_ms; /* the simulated time; unused by a real clock */
    int64_t set_ms; /* by how much somebody has set the simulated wall clock; part of now_ms */
};

/* The real clock. */
extern struct bw_clock bw_clock_real;

int64_t clock_now_ms(const struct bw_clock *clock); /* Unix milliseconds */
int64_t clock_now(const struct bw_clock *clock);    /* Unix seconds */
int64_t clock_monotonic_ms(const struct bw_clock *clock);

#define BW_TIME_TEXT 32
/* RFC 3339 in UTC, "2024-10-16T11:42:00Z"; "" for BW_TIME_NONE or outside the years 0 to 9999. */
const char *clock_format(int64_t seconds, char text[BW_TIME_TEXT]);
/* A duration for people: "5m", "1h30m", "2d". */
const char *clock_format_duration(int64_t seconds, char text[BW_TIME_TEXT]);

#endif
