/* Clock: the system's, or one that a simulation moves by hand. Owns nothing. */
#include "blocwatch/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct bw_clock bw_clock_real;

static int64_t read_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_now_ms(const struct bw_clock *clock)
{
    return clock->simulated ? clock->now_ms : read_ms(CLOCK_REALTIME);
}

int64_t clock_now(const struct bw_clock *clock)
{
    return clock_now_ms(clock) / 1000;
}

int64_t clock_monotonic_ms(const struct bw_clock *clock)
{
    return clock->simulated ? clock->now_ms - clock->set_ms : read_ms(CLOCK_MONOTONIC);
}

const char *clock_format(int64_t seconds, char text[BW_TIME_TEXT])
{
    time_t when = (time_t)seconds;
    struct tm tm;

    text[0] = '\0';
    if (seconds == BW_TIME_NONE || gmtime_r(&when, &tm) == NULL)
        return text;
    if (tm.tm_year < -1900 || tm.tm_year > 8099)
        return text;
    snprintf(text, BW_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", (tm.tm_year + 1900) % 10000,
             (tm.tm_mon + 1) % 100, tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
             tm.tm_sec % 100);
    return text;
}

const char *clock_format_duration(int64_t seconds, char text[BW_TIME_TEXT])
{
    static const struct {
        int64_t size;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    const char *sign = seconds < 0 ? "-" : "";
    int64_t rest = seconds < 0 ? -seconds : seconds;

    for (size_t i = 0; i + 1 < sizeof units / sizeof units[0]; i++) {
        if (rest < units[i].size)
            continue;
        if (rest % units[i].size / units[i + 1].size > 0)
            snprintf(text, BW_TIME_TEXT, "%s%" PRId64 "%c%" PRId64 "%c", sign, rest / units[i].size,
                     units[i].unit, rest % units[i].size / units[i + 1].size, units[i + 1].unit);
        else
            snprintf(text, BW_TIME_TEXT, "%s%" PRId64 "%c", sign, rest / units[i].size,
                     units[i].unit);
        return text;
    }
    snprintf(text, BW_TIME_TEXT, "%s%" PRId64 "s", sign, rest);
    return text;
}
