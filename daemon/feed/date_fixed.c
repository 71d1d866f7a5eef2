/* Dates whose form is fixed: RFC 822 and 3339 to the letter, digits only, weeks and ordinals. Owns
 * nothing. */
#include "date_names.h"
#include "date_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { FIRST_YEAR = 1900, LAST_YEAR = 9999 };

/* Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's method). */
static int64_t count_days(int64_t year, int month, int day)
{
    int64_t era, of_era, of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
        return 29;
    return lengths[month - 1];
}

int64_t date_full_year(int64_t year, int digits)
{
    if (digits > 2)
        return year;
    return year + (year < 70 ? 2000 : 1900);
}

/* The parts as Unix seconds, or none when they are no date. */
int64_t date_finish(struct date_parts p)
{
    if (p.year < FIRST_YEAR || p.year > LAST_YEAR || p.month < 1 || p.month > 12 || p.day < 1 ||
        p.day > month_length(p.year, p.month))
        return BW_TIME_NONE;
    if (p.half == 2 && p.hour < 12)
        p.hour += 12;
    else if (p.half == 1 && p.hour == 12)
        p.hour = 0;
    if (p.hour > 24 || p.minute > 59 || p.second > 60 ||
        (p.hour == 24 && (p.minute > 0 || p.second > 0)))
        return BW_TIME_NONE;
    if (p.zone < -18 * 60 || p.zone > 18 * 60)
        p.zone = 0;
    return count_days(p.year, p.month, p.day) * 86400 + p.hour * 3600 + p.minute * 60 + p.second -
           p.zone * 60;
}

/* Up to `most` digits; *n is how many. -1 when there is none. */
int64_t date_read_digits(const char **at, int most, int *n)
{
    int64_t value = 0;

    *n = 0;
    while (*n < most && isdigit((unsigned char)**at)) {
        value = value * 10 + (**at - '0');
        ++*at;
        ++*n;
    }
    return *n > 0 ? value : DATE_NONE;
}

/* 2004W011, 2004-W01-1, 2004-w01. */
static bool read_week(const char *at, struct date_parts *parts, const char **end)
{
    int n;
    int64_t year = date_read_digits(&at, 4, &n), week, day = 1, monday;

    if (n != 4)
        return false;
    at += *at == '-';
    if (*at != 'w')
        return false;
    at++;
    week = date_read_digits(&at, 2, &n);
    if (n != 2 || week < 1 || week > 53)
        return false;
    if (isdigit((unsigned char)at[*at == '-'])) {
        at += *at == '-';
        day = date_read_digits(&at, 1, &n);
    }
    /* 4 January is in week 1; 1970-01-01 was a Thursday. */
    monday = count_days(year, 1, 4);
    monday -= ((monday + 3) % 7 + 7) % 7;
    parts->year = year;
    parts->month = 1;
    parts->day = (int)(monday + (week - 1) * 7 + day - 1 - count_days(year, 1, 1)) + 1;
    *end = at;
    return true;
}

/* 2004-001, 2004001: the day of the year. */
static bool read_day_of_year(const char *at, struct date_parts *parts, const char **end)
{
    int n, m;
    int64_t year = date_read_digits(&at, 4, &n), day;

    at += *at == '-';
    day = date_read_digits(&at, 4, &m);
    if (n != 4 || m != 3 || *at == '-' || day < 1 || day > 366)
        return false;
    parts->year = year;
    parts->month = 1;
    parts->day = (int)day;
    *end = at;
    return true;
}

/* Day 60 of month 1 to what the calendar says; days may lie before or behind the year. */
int64_t date_finish_ordinal(struct date_parts p)
{
    int64_t offset = p.day - 1, seconds;

    p.day = 1;
    seconds = date_finish(p);
    return seconds == BW_TIME_NONE ? seconds : seconds + offset * 86400;
}

/* Digits only: Unix times and ISO 8601's basic dates. */
bool date_read_number(const char *text, int64_t *seconds)
{
    size_t len = strlen(text);
    struct date_parts p = {.month = 1, .day = 1};
    int64_t value;
    int n;
    const char *at = text;

    if (len == 0 || strspn(text, "0123456789") != len)
        return false;
    value = date_read_digits(&at, 18, &n);
    *seconds = BW_TIME_NONE;
    switch (len) {
    case 4:
        p.year = value;
        *seconds = date_finish(p);
        break;
    case 6:
        p.year = value / 100 >= FIRST_YEAR && value % 100 <= 12 ? value / 100
                                                                : date_full_year(value / 10000, 2);
        p.month = p.year == value / 100 ? (int)(value % 100) : (int)(value / 100 % 100);
        p.day = p.year == value / 100 ? 1 : (int)(value % 100);
        *seconds = date_finish(p);
        break;
    case 7:
        p.year = value / 1000;
        p.day = (int)(value % 1000);
        if (p.day >= 1 && p.day <= 366)
            *seconds = date_finish_ordinal(p);
        break;
    case 8:
        p = (struct date_parts){
            .year = value / 10000, .month = (int)(value / 100 % 100), .day = (int)(value % 100)};
        *seconds = date_finish(p);
        break;
    case 9:
    case 10:
        *seconds = value;
        break;
    case 13:
        *seconds = value / 1000;
        break;
    case 12:
    case 14:
        if (len == 12)
            value *= 100;
        p = (struct date_parts){.year = value / INT64_C(10000000000),
                                .month = (int)(value / 100000000 % 100),
                                .day = (int)(value / 1000000 % 100),
                                .hour = (int)(value / 10000 % 100),
                                .minute = (int)(value / 100 % 100),
                                .second = (int)(value % 100)};
        *seconds = date_finish(p);
        break;
    case 16:
        *seconds = value / 1000000;
        break;
    default:
        break;
    }
    return true;
}

static int two_digits(const char *text)
{
    unsigned tens = (unsigned)(text[0] - '0'), ones = (unsigned)(text[1] - '0');

    return tens <= 9 && ones <= 9 ? (int)(tens * 10 + ones) : DATE_NONE;
}

/* "10:14:55" at `text`. */
static bool read_full_clock(const char *text, struct date_parts *p)
{
    p->hour = two_digits(text);
    p->minute = two_digits(text + 3);
    p->second = two_digits(text + 6);
    return p->hour != DATE_NONE && p->minute != DATE_NONE && p->second != DATE_NONE &&
           text[2] == ':' && text[5] == ':';
}

/* What stands behind the clock in well-made dates: "Z", "GMT", "+0500", "+05:00". */
static bool read_full_zone(const char *text, size_t len, struct date_parts *p)
{
    int hours, minutes;

    if ((len == 1 && (*text == 'Z' || *text == 'z')) ||
        (len == 3 && strncasecmp(text, "gmt", 3) == 0))
        return true;
    if ((text[0] != '+' && text[0] != '-') || !(len == 5 || (len == 6 && text[3] == ':')))
        return false;
    hours = two_digits(text + 1);
    minutes = two_digits(text + len - 2);
    p->zone = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return hours != DATE_NONE && minutes != DATE_NONE;
}

static int read_full_month(const char *text)
{
    const char name[3] = {(char)(text[0] | 0x20), (char)(text[1] | 0x20), (char)(text[2] | 0x20)};

    return date_find_month(name, sizeof name);
}

/* The two forms that nearly all dates have, to the letter: "Wed, 16 Oct 2024 11:42:00 GMT" and
 * "2024-10-16T11:42:00Z". Others go the long way. */
bool date_read_well_made(const char *text, size_t len, struct date_parts *p)
{
    int century;

    *p = (struct date_parts){0};
    if (len >= 29 && text[3] == ',' && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' &&
        text[16] == ' ' && text[25] == ' ') {
        p->day = two_digits(text + 5);
        p->month = read_full_month(text + 8);
        century = two_digits(text + 12);
        p->year = two_digits(text + 14);
        if (!read_full_clock(text + 17, p) || !read_full_zone(text + 26, len - 26, p))
            return false;
    } else if (len >= 20 && text[4] == '-' && text[7] == '-' && (text[10] | 0x20) == 't') {
        century = two_digits(text);
        p->year = two_digits(text + 2);
        p->month = two_digits(text + 5);
        p->day = two_digits(text + 8);
        if (!read_full_clock(text + 11, p) || !read_full_zone(text + 19, len - 19, p))
            return false;
    } else {
        return false;
    }
    if (century == DATE_NONE || p->year == DATE_NONE || p->month < 1)
        return false;
    p->year += century * 100;
    return true;
}

bool date_read_ordinal(const char *text, struct date_parts *parts, const char **end)
{
    return read_week(text, parts, end) || read_day_of_year(text, parts, end);
}
