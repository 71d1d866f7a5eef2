/* Cache-Control, Expires, Age, Date and Retry-After. Owns nothing. */
#include "freshness.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { LONGEST = 366 * 24 * 3600 }; /* delta-seconds beyond a year mean "long" */

static int find_month(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int i = 0; i < 12; i++) {
        if (strncmp(months + (size_t)i * 3, name, 3) == 0)
            return i;
    }
    return -1;
}

static int64_t make_time(int year, const char *month, int day, const int clock[3])
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = find_month(month), .tm_mday = day};

    if (tm.tm_mon < 0 || day < 1 || day > 31 || year < 1900 || year > 9999 || clock[0] < 0 ||
        clock[0] > 23 || clock[1] < 0 || clock[1] > 59 || clock[2] < 0 || clock[2] > 60)
        return BW_TIME_NONE;
    tm.tm_hour = clock[0];
    tm.tm_min = clock[1];
    tm.tm_sec = clock[2];
    return timegm(&tm);
}

int64_t freshness_parse_date(const char *text)
{
    char month[4] = "";
    int day, year, clock[3], end = 0;

    if (text == NULL)
        return BW_TIME_NONE;
    /* Sun, 06 Nov 1994 08:49:37 GMT */
    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, month, &year,
               &clock[0], &clock[1], &clock[2], &end) == 6 &&
        end > 0)
        return make_time(year, month, day, clock);
    /* Sunday, 06-Nov-94 08:49:37 GMT */
    if (sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%4d %2d:%2d:%2d GMT%n", &day, month, &year,
               &clock[0], &clock[1], &clock[2], &end) == 6 &&
        end > 0)
        return make_time(year < 70    ? year + 2000
                         : year < 100 ? year + 1900
                                      : year,
                         month, day, clock);
    /* Sun Nov  6 08:49:37 1994 */
    if (sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d", month, &day, &clock[0],
               &clock[1], &clock[2], &year) == 6)
        return make_time(year, month, day, clock);
    return BW_TIME_NONE;
}

/* delta-seconds (RFC 9111 1.2.2), maybe in quotes; -1 when it is none. */
static int64_t parse_delta(const char *text, size_t len)
{
    int64_t value = 0;

    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    if (len == 0)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]))
            return -1;
        if (value < LONGEST)
            value = value * 10 + (text[i] - '0');
    }
    return value < LONGEST ? value : LONGEST;
}

/* The end of a directive: the next comma outside of quotes. */
static const char *find_comma(const char *at)
{
    bool quoted = false;

    for (; *at != '\0' && (quoted || *at != ','); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '\\' && quoted && at[1] != '\0')
            at++;
    }
    return at;
}

struct cache_control {
    bool no_cache, no_store;
    int64_t max_age; /* -1 absent */
};

static void take_directive(const char *text, size_t len, struct cache_control *control)
{
    const char *equals = memchr(text, '=', len);
    size_t name = equals == NULL ? len : (size_t)(equals - text);

    while (name > 0 && isspace((unsigned char)text[name - 1]))
        name--;
    if (name == 8 && strncasecmp(text, "no-cache", 8) == 0) {
        /* no-cache="field" restricts the field only */
        control->no_cache = control->no_cache || equals == NULL;
    } else if (name == 8 && strncasecmp(text, "no-store", 8) == 0) {
        control->no_store = true;
    } else if (name == 7 && strncasecmp(text, "max-age", 7) == 0 && control->max_age < 0) {
        int64_t value = -1;

        if (equals != NULL)
            value = parse_delta(equals + 1, len - (size_t)(equals + 1 - text));
        /* RFC 9111 4.2.1: what cannot be read is taken as stale */
        control->max_age = value < 0 ? 0 : value;
    }
}

static struct cache_control parse_cache_control(const char *value)
{
    struct cache_control control = {.max_age = -1};

    while (value != NULL && *value != '\0') {
        const char *end, *last;

        while (isspace((unsigned char)*value) || *value == ',')
            value++;
        end = last = find_comma(value);
        while (last > value && isspace((unsigned char)last[-1]))
            last--;
        if (last > value)
            take_directive(value, (size_t)(last - value), &control);
        value = end;
    }
    return control;
}

static int64_t subtract_age(const struct bw_response *response, int64_t lifetime)
{
    int64_t age = response->age == NULL ? 0 : parse_delta(response->age, strlen(response->age));

    if (age > 0)
        lifetime -= age;
    return lifetime > 0 ? lifetime : 0;
}

int64_t freshness_lifetime(const struct bw_response *response, int64_t now, const char **rule)
{
    struct cache_control control = parse_cache_control(response->cache_control);
    int64_t expires, date, lifetime;

    if (control.no_cache || control.no_store)
        return 0;
    if (control.max_age >= 0) {
        lifetime = subtract_age(response, control.max_age);
        if (lifetime > 0)
            *rule = "max-age";
        return lifetime;
    }
    expires = freshness_parse_date(response->expires);
    if (expires == BW_TIME_NONE)
        return 0;
    date = freshness_parse_date(response->date);
    lifetime = expires - (date != BW_TIME_NONE ? date : now);
    lifetime = subtract_age(response, lifetime < LONGEST ? lifetime : LONGEST);
    if (lifetime > 0)
        *rule = "expires";
    return lifetime;
}

int64_t freshness_retry_after(const struct bw_response *response, int64_t now)
{
    int64_t delay, when, date;

    if (response->retry_after == NULL)
        return -1;
    delay = parse_delta(response->retry_after, strlen(response->retry_after));
    if (delay >= 0)
        return delay;
    when = freshness_parse_date(response->retry_after);
    if (when == BW_TIME_NONE)
        return -1;
    date = freshness_parse_date(response->date);
    delay = when - (date != BW_TIME_NONE ? date : now);
    return delay > 0 ? delay : 0;
}
