/* Dates in all the forms of feeds to Unix seconds. Owns nothing. */
#include "blocwatch/feed.h"
#include "date_names.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

enum { LONGEST = 128, NONE = -1, FIRST_YEAR = 1900, LAST_YEAR = 9999, FUTURE = 2 * 86400 };

/* What has been read so far. */
struct parts {
    int64_t year;
    int month, day, hour, minute, second;
    int zone; /* minutes east */
    int half; /* 1 before noon, 2 after noon */
    bool has_time, has_zone, swapped;
};

struct reader {
    const char *text, *at; /* lower case, NUL-terminated */
    struct parts parts;
};

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

static int64_t full_year(int64_t year, int digits)
{
    if (digits > 2)
        return year;
    return year + (year < 70 ? 2000 : 1900);
}

/* The parts as Unix seconds, or none when they are no date. */
static int64_t finish(struct parts p)
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
static int64_t read_digits(const char **at, int most, int *n)
{
    int64_t value = 0;

    *n = 0;
    while (*n < most && isdigit((unsigned char)**at)) {
        value = value * 10 + (**at - '0');
        ++*at;
        ++*n;
    }
    return *n > 0 ? value : NONE;
}

/* The sign stands at *at: +05:00, -0500, +5, +5:30. */
static bool read_offset(struct reader *r)
{
    const char *at = r->at;
    int sign = *at == '-' ? -1 : 1, n;
    int64_t hours, minutes = 0;

    at++;
    hours = read_digits(&at, 4, &n);
    if (n == 0)
        return false;
    if (n > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (*at == ':') {
        at++;
        minutes = read_digits(&at, 2, &n);
        if (n == 0)
            minutes = 0;
    }
    r->at = at;
    r->parts.zone = sign * (int)(hours * 60 + minutes);
    r->parts.has_zone = true;
    return true;
}

/* hh:mm[:ss[.fraction]] with the hour already read. */
static void read_clock(struct reader *r, int64_t hour)
{
    struct parts *p = &r->parts;
    int n;

    p->hour = (int)hour;
    p->has_time = true;
    while (*r->at == ':' || *r->at == ' ')
        r->at++;
    p->minute = (int)read_digits(&r->at, 2, &n);
    if (p->minute == NONE)
        p->minute = 99;
    if ((*r->at == ':' || *r->at == '.') && isdigit((unsigned char)r->at[1])) {
        r->at++;
        p->second = (int)read_digits(&r->at, 2, &n);
    }
    if ((*r->at == '.' || *r->at == ',' || *r->at == ':') && isdigit((unsigned char)r->at[1])) {
        r->at++;
        read_digits(&r->at, 18, &n);
    }
}

/* hhmmss, hhmm or hh without colons, as ISO's basic form has them behind a T. */
static void read_basic_clock(struct reader *r)
{
    struct parts *p = &r->parts;
    const char *at = r->at;
    int n;
    int64_t value = read_digits(&at, 6, &n);

    if (n != 2 && n != 4 && n != 6)
        return;
    p->hour = (int)(n == 2 ? value : n == 4 ? value / 100 : value / 10000);
    p->minute = (int)(n == 2 ? 0 : n == 4 ? value % 100 : value / 100 % 100);
    p->second = (int)(n == 6 ? value % 100 : 0);
    p->has_time = true;
    r->at = at;
    if ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1])) {
        r->at++;
        read_digits(&r->at, 18, &n);
    }
}

/* A number whose unit stands behind it: Korean, Chinese, Japanese. */
static bool take_unit(struct reader *r, int64_t value, int digits)
{
    static const struct {
        const char *unit;
        char part;
    } units[] = {
        {"년", 'y'}, {"年", 'y'}, {"월", 'm'}, {"月", 'm'}, {"일", 'd'},
        {"日", 'd'}, {"号", 'd'}, {"시", 'H'}, {"時", 'H'}, {"时", 'H'},
        {"点", 'H'}, {"분", 'M'}, {"分", 'M'}, {"초", 'S'}, {"秒", 'S'},
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t len = strlen(units[i].unit);

        if (strncmp(r->at, units[i].unit, len) != 0)
            continue;
        r->at += len;
        switch (units[i].part) {
        case 'y':
            r->parts.year = full_year(value, digits);
            break;
        case 'm':
            r->parts.month = (int)value;
            break;
        case 'd':
            r->parts.day = (int)value;
            break;
        case 'H':
            r->parts.hour = (int)value;
            r->parts.has_time = true;
            break;
        case 'M':
            r->parts.minute = (int)value;
            break;
        default:
            r->parts.second = (int)value;
        }
        return true;
    }
    return false;
}

/* 2004-01-31, 31.01.2004, 1/31/04, 2004/1/31, with `first` already read. Reads nothing when no
 * second number of one or two digits follows. */
static bool take_triple(struct reader *r, int64_t first, int digits)
{
    struct parts *p = &r->parts;
    const char *at = r->at;
    char mark = *at;
    int n, m = 0;
    int64_t second, third = NONE;

    if ((mark != '-' && mark != '/' && mark != '.') || !isdigit((unsigned char)at[1]))
        return false;
    at++;
    second = read_digits(&at, 4, &n);
    if (n > 2)
        return false;
    if (*at == mark && isdigit((unsigned char)at[1])) {
        at++;
        third = read_digits(&at, 4, &m);
    }
    if (digits >= 4) {
        p->year = first;
        p->month = (int)second;
        p->day = third == NONE ? 1 : (int)third;
        if (p->month > 12 && p->day <= 12) {
            p->month = p->day;
            p->day = (int)second;
        }
        r->at = at;
        return true;
    }
    if (third == NONE || m == 3)
        return false;
    r->at = at;
    if (mark == '-' && m <= 2) { /* 04-01-31 */
        p->year = full_year(first, digits);
        p->month = (int)second;
        p->day = (int)third;
        return true;
    }
    p->year = full_year(third, m);
    /* Day first as most of the world writes, unless it can only be the other way, or the slash
     * form of the United States. */
    if ((mark == '/' && first <= 12) || second > 12) {
        p->month = (int)first;
        p->day = (int)second;
    } else {
        p->day = (int)first;
        p->month = (int)second;
    }
    return true;
}

static void take_number(struct reader *r)
{
    struct parts *p = &r->parts;
    int digits;
    int64_t value = read_digits(&r->at, 9, &digits);

    if (take_unit(r, value, digits))
        return;
    if (!p->has_time && digits <= 2 && *r->at == 'h' && isdigit((unsigned char)r->at[1])) {
        r->at++; /* 10h30 */
        read_clock(r, value);
        return;
    }
    if (!p->has_time && digits <= 2 && *r->at == ':') {
        read_clock(r, value);
        return;
    }
    if (p->month == NONE && p->year == NONE && take_triple(r, value, digits))
        return;
    if (digits >= 4 && p->year == NONE)
        p->year = value;
    else if (digits <= 2 && p->day == NONE)
        p->day = (int)value;
    else if (digits <= 2 && p->year == NONE)
        p->year = full_year(value, digits);
    else if (digits <= 2 && !p->has_time && p->year != NONE && p->day != NONE && *r->at == '.' &&
             isdigit((unsigned char)r->at[1])) {
        r->at++;
        read_clock(r, value); /* 19.48 */
    }
}

static void take_word(struct reader *r)
{
    const char *start = r->at;
    size_t len;
    int month, half;

    while (isalpha((unsigned char)*r->at) || (unsigned char)*r->at >= 0x80 ||
           (*r->at == '\'' && r->at > start))
        r->at++;
    len = (size_t)(r->at - start);
    if (len == 1 && *start == 't' && isdigit((unsigned char)*r->at)) {
        const char *at = r->at;

        while (isdigit((unsigned char)*at))
            at++;
        if (*at != ':')
            read_basic_clock(r);
        return;
    }
    half = date_find_half(start, len);
    if (half != 0) {
        r->parts.half = half;
        return;
    }
    if (r->parts.has_time && date_find_zone(start, len, &r->parts.zone)) {
        r->parts.has_zone = true;
        if ((*r->at == '+' || *r->at == '-') && isdigit((unsigned char)r->at[1]))
            read_offset(r); /* GMT+05:00 */
        return;
    }
    month = date_find_month(start, len);
    if (month > 0)
        r->parts.month = month;
}

static void read_all(struct reader *r)
{
    while (*r->at != '\0') {
        unsigned char c = (unsigned char)*r->at;

        if (isdigit(c))
            take_number(r);
        else if (isalpha(c) || c >= 0x80)
            take_word(r);
        else if ((c == '+' || c == '-') && r->parts.has_time && !r->parts.has_zone &&
                 isdigit((unsigned char)r->at[1]) && read_offset(r))
            continue;
        else
            r->at++;
    }
}

/* 2004W011, 2004-W01-1, 2004-w01. */
static bool read_week_date(struct reader *r)
{
    const char *at = r->at;
    int n;
    int64_t year = read_digits(&at, 4, &n), week, day = 1, monday;

    if (n != 4)
        return false;
    at += *at == '-';
    if (*at != 'w')
        return false;
    at++;
    week = read_digits(&at, 2, &n);
    if (n != 2 || week < 1 || week > 53)
        return false;
    if (isdigit((unsigned char)at[*at == '-'])) {
        at += *at == '-';
        day = read_digits(&at, 1, &n);
    }
    /* 4 January is in week 1; 1970-01-01 was a Thursday. */
    monday = count_days(year, 1, 4);
    monday -= ((monday + 3) % 7 + 7) % 7;
    r->parts.year = year;
    r->parts.month = 1;
    r->parts.day = (int)(monday + (week - 1) * 7 + day - 1 - count_days(year, 1, 1)) + 1;
    r->at = at;
    return true;
}

/* 2004-001, 2004001: the day of the year. */
static bool read_ordinal_date(struct reader *r)
{
    const char *at = r->at;
    int n, m;
    int64_t year = read_digits(&at, 4, &n), day;

    at += *at == '-';
    day = read_digits(&at, 4, &m);
    if (n != 4 || m != 3 || *at == '-' || day < 1 || day > 366)
        return false;
    r->parts.year = year;
    r->parts.month = 1;
    r->parts.day = (int)day;
    r->at = at;
    return true;
}

/* Day 60 of month 1 to what the calendar says; days may lie before or behind the year. */
static int64_t finish_day_of_year(struct parts p)
{
    int64_t offset = p.day - 1, seconds;

    p.day = 1;
    seconds = finish(p);
    return seconds == BW_TIME_NONE ? seconds : seconds + offset * 86400;
}

/* Digits only: Unix times and ISO 8601's basic dates. */
static bool read_plain_number(const char *text, size_t len, int64_t *seconds)
{
    struct parts p = {.month = 1, .day = 1};
    int64_t value;
    int n;
    const char *at = text;

    if (len == 0 || strspn(text, "0123456789") != len)
        return false;
    value = read_digits(&at, 18, &n);
    *seconds = BW_TIME_NONE;
    switch (len) {
    case 4:
        p.year = value;
        *seconds = finish(p);
        break;
    case 6:
        p.year = value / 100 >= FIRST_YEAR && value % 100 <= 12 ? value / 100
                                                                : full_year(value / 10000, 2);
        p.month = p.year == value / 100 ? (int)(value % 100) : (int)(value / 100 % 100);
        p.day = p.year == value / 100 ? 1 : (int)(value % 100);
        *seconds = finish(p);
        break;
    case 7:
        p.year = value / 1000;
        p.day = (int)(value % 1000);
        if (p.day >= 1 && p.day <= 366)
            *seconds = finish_day_of_year(p);
        break;
    case 8:
        p = (struct parts){
            .year = value / 10000, .month = (int)(value / 100 % 100), .day = (int)(value % 100)};
        *seconds = finish(p);
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
        p = (struct parts){.year = value / INT64_C(10000000000),
                           .month = (int)(value / 100000000 % 100),
                           .day = (int)(value / 1000000 % 100),
                           .hour = (int)(value / 10000 % 100),
                           .minute = (int)(value / 100 % 100),
                           .second = (int)(value % 100)};
        *seconds = finish(p);
        break;
    case 16:
        *seconds = value / 1000000;
        break;
    default:
        break;
    }
    return true;
}

/* Lower case into `out`, white space trimmed; false when it is too long to be a date. */
static bool fold(const char *text, char out[LONGEST])
{
    size_t len = 0;

    text += strspn(text, " \t\r\n\f");
    while (*text != '\0') {
        utf8proc_int32_t cp;
        utf8proc_ssize_t n;

        if (len + 5 > LONGEST)
            return false;
        if ((unsigned char)*text >= ' ' && (unsigned char)*text < 0x80) {
            out[len++] = *text >= 'A' && *text <= 'Z' ? (char)(*text + 'a' - 'A') : *text;
            text++;
            continue;
        }
        n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &cp);
        if (n <= 0)
            return false;
        if (cp < ' ' || cp == 0xA0 || cp == 0x202F || cp == 0x2009)
            cp = ' ';
        else if (cp == 0x2013 || cp == 0x2212 || cp == 0x2010 || cp == 0x2011)
            cp = '-';
        len += (size_t)utf8proc_encode_char(utf8proc_tolower(cp), (utf8proc_uint8_t *)out + len);
        text += n;
    }
    while (len > 0 && out[len - 1] == ' ')
        len--;
    out[len] = '\0';
    return true;
}

static bool has_hangul(const char *text)
{
    return strstr(text, "오전") != NULL || strstr(text, "오후") != NULL ||
           strstr(text, "년") != NULL;
}

static int two_digits(const char *text)
{
    return isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1])
               ? (text[0] - '0') * 10 + text[1] - '0'
               : NONE;
}

/* "10:14:55" at `text`. */
static bool read_full_clock(const char *text, struct parts *p)
{
    p->hour = two_digits(text);
    p->minute = two_digits(text + 3);
    p->second = two_digits(text + 6);
    return p->hour != NONE && p->minute != NONE && p->second != NONE && text[2] == ':' &&
           text[5] == ':';
}

/* What stands behind the clock in well-made dates: "z", "gmt", "+0500", "+05:00". */
static bool read_full_zone(const char *text, struct parts *p)
{
    size_t len = strlen(text);
    int hours, minutes;

    if (strcmp(text, "z") == 0 || strcmp(text, "gmt") == 0)
        return true;
    if ((text[0] != '+' && text[0] != '-') || !(len == 5 || (len == 6 && text[3] == ':')))
        return false;
    hours = two_digits(text + 1);
    minutes = two_digits(text + len - 2);
    p->zone = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return hours != NONE && minutes != NONE;
}

/* The two forms that nearly all dates have, to the letter: "wed, 16 oct 2024 11:42:00 gmt" and
 * "2024-10-16t11:42:00z". Others go the long way. */
static bool read_well_made(const char *text, size_t len, struct parts *p)
{
    *p = (struct parts){0};
    if (len >= 29 && text[3] == ',' && text[4] == ' ' && text[7] == ' ' && text[11] == ' ' &&
        text[16] == ' ' && text[25] == ' ') {
        p->day = two_digits(text + 5);
        p->month = date_find_month(text + 8, 3);
        p->year = two_digits(text + 12) * 100 + two_digits(text + 14);
        return read_full_clock(text + 17, p) && read_full_zone(text + 26, p) &&
               isdigit((unsigned char)text[12]) && isdigit((unsigned char)text[14]);
    }
    if (len >= 20 && text[4] == '-' && text[7] == '-' && text[10] == 't') {
        p->year = two_digits(text) * 100 + two_digits(text + 2);
        p->month = two_digits(text + 5);
        p->day = two_digits(text + 8);
        return read_full_clock(text + 11, p) && read_full_zone(text + 19, p) &&
               isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[2]);
    }
    return false;
}

static int64_t parse(const char *text)
{
    struct reader r = {
        .text = text, .at = text, .parts = {.year = NONE, .month = NONE, .day = NONE}};
    struct parts well_made;
    int64_t seconds;

    if (read_well_made(text, strlen(text), &well_made))
        return finish(well_made);
    if (read_plain_number(text, strlen(text), &seconds))
        return seconds;
    if (read_week_date(&r) || read_ordinal_date(&r)) {
        struct parts date = r.parts;

        read_all(&r); /* the time: no more of the date */
        r.parts.year = date.year;
        r.parts.month = date.month;
        r.parts.day = date.day;
        return finish_day_of_year(r.parts);
    }
    if (strspn(text, "0123456789") == 8) { /* 20040131T101455Z */
        int64_t value = 0;
        int n;

        value = read_digits(&r.at, 8, &n);
        r.parts.year = value / 10000;
        r.parts.month = (int)(value / 100 % 100);
        r.parts.day = (int)(value % 100);
    }
    read_all(&r);
    if (!r.parts.has_zone && has_hangul(text))
        r.parts.zone = 9 * 60;
    if (r.parts.day == NONE && r.parts.month != NONE && !r.parts.has_time)
        r.parts.day = 1;
    return finish(r.parts);
}

int64_t feed_parse_date(const char *text, int64_t now)
{
    char folded[LONGEST];
    int64_t seconds;

    if (text == NULL || !fold(text, folded) || folded[0] == '\0')
        return BW_TIME_NONE;
    seconds = parse(folded);
    if (seconds != BW_TIME_NONE && now != BW_TIME_NONE && seconds > now + FUTURE)
        return BW_TIME_NONE;
    return seconds;
}
