/* Time zones by the C library. Owns the process's TZ variable, and leaves it as it was. */
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_LIMIT = 200 };

/* Stands in the environment from zone_init() on; only its bytes change. */
static char slot[NAME_LIMIT + 4] = "TZ=";
static char usual[NAME_LIMIT + 1];

void zone_init(void)
{
    const char *now = getenv("TZ");

    if (usual[0] != '\0')
        return;
    snprintf(usual, sizeof usual, "%s", now != NULL ? now : ":/etc/localtime");
    memcpy(slot + 3, usual, strlen(usual) + 1);
    putenv(slot);
}

static void set_zone(const char *name)
{
    zone_init();
    snprintf(slot + 3, sizeof slot - 3, "%s", name != NULL ? name : "UTC");
    tzset();
}

static void restore_zone(void)
{
    memcpy(slot + 3, usual, strlen(usual) + 1);
    tzset();
}

int zone_minute_of_day(const char *zone, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local = {0};

    set_zone(zone);
    localtime_r(&when, &local);
    restore_zone();
    return local.tm_hour * 60 + local.tm_min;
}

int64_t zone_next(const char *zone, int64_t seconds, int minute)
{
    time_t when = (time_t)seconds;
    struct tm local = {0};
    int64_t found = seconds;

    set_zone(zone);
    localtime_r(&when, &local);
    /* Yesterday's may still be ahead where clocks were set; mktime() carries days over. */
    for (int day = -1; day <= 2 && found <= seconds; day++) {
        struct tm then = {.tm_year = local.tm_year,
                          .tm_mon = local.tm_mon,
                          .tm_mday = local.tm_mday + day,
                          .tm_hour = minute / 60,
                          .tm_min = minute % 60,
                          .tm_isdst = -1};

        found = (int64_t)mktime(&then);
    }
    restore_zone();
    return found;
}

int zone_parse_minute(const char *text)
{
    int hour, minute, end = 0;

    if (sscanf(text, "%2d:%2d%n", &hour, &minute, &end) != 2 || text[end] != '\0' || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59)
        return -1;
    return hour * 60 + minute;
}
