/* Dates in all the forms of feeds to Unix seconds, word by word. Owns nothing. */
#include "blocwatch/feed.h"
#include "date_names.h"
#include "date_parts.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

enum { LONGEST = 128, FUTURE = 2 * 86400 };

struct reader {
    const char *at; /* lower case, NUL-terminated */
    struct date_parts parts;
};

/* The sign stands at *at: +05:00, -0500, +5, +5:30. */
static bool read_offset(struct reader *r)
{
    const char *at = r->at;
    int sign = *at == '-' ? -1 : 1, n;
    int64_t hours, minutes = 0;

    at++;
    hours = date_read_digits(&at, 4, &n);
    if (n == 0)
        return false;
    if (n > 2) {
        minutes = hours % 100;
        hours /= 100;
    } else if (*at == ':') {
        at++;
        minutes = date_read_digits(&at, 2, &n);
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
    struct date_parts *p = &r->parts;
    int n;

    p->hour = (int)hour;
    p->has_time = true;
    while (*r->at == ':' || *r->at == ' ')
        r->at++;
    p->minute = (int)date_read_digits(&r->at, 2, &n);
    if (p->minute == DATE_NONE)
        p->minute = 99;
    if ((*r->at == ':' || *r->at == '.') && isdigit((unsigned char)r->at[1])) {
        r->at++;
        p->second = (int)date_read_digits(&r->at, 2, &n);
    }
    if ((*r->at == '.' || *r->at == ',' || *r->at == ':') && isdigit((unsigned char)r->at[1])) {
        r->at++;
        date_read_digits(&r->at, 18, &n);
    }
}

/* hhmmss, hhmm or hh without colons, as ISO's basic form has them behind a T. */
static void read_basic_clock(struct reader *r)
{
    struct date_parts *p = &r->parts;
    const char *at = r->at;
    int n;
    int64_t value = date_read_digits(&at, 6, &n);

    if (n != 2 && n != 4 && n != 6)
        return;
    p->hour = (int)(n == 2 ? value : n == 4 ? value / 100 : value / 10000);
    p->minute = (int)(n == 2 ? 0 : n == 4 ? value % 100 : value / 100 % 100);
    p->second = (int)(n == 6 ? value % 100 : 0);
    p->has_time = true;
    r->at = at;
    if ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1])) {
        r->at++;
        date_read_digits(&r->at, 18, &n);
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
            r->parts.year = date_full_year(value, digits);
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
    struct date_parts *p = &r->parts;
    const char *at = r->at;
    char mark = *at;
    int n, m = 0;
    int64_t second, third = DATE_NONE;

    if ((mark != '-' && mark != '/' && mark != '.') || !isdigit((unsigned char)at[1]))
        return false;
    at++;
    second = date_read_digits(&at, 4, &n);
    if (n > 2)
        return false;
    if (*at == mark && isdigit((unsigned char)at[1])) {
        at++;
        third = date_read_digits(&at, 4, &m);
    }
    if (digits >= 4) {
        p->year = first;
        p->month = (int)second;
        p->day = third == DATE_NONE ? 1 : (int)third;
        if (p->month > 12 && p->day <= 12) {
            p->month = p->day;
            p->day = (int)second;
        }
        r->at = at;
        return true;
    }
    if (third == DATE_NONE || m == 3)
        return false;
    r->at = at;
    if (mark == '-' && m <= 2) { /* 04-01-31 */
        p->year = date_full_year(first, digits);
        p->month = (int)second;
        p->day = (int)third;
        return true;
    }
    p->year = date_full_year(third, m);
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
    struct date_parts *p = &r->parts;
    int digits;
    int64_t value = date_read_digits(&r->at, 9, &digits);

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
    if (p->month == DATE_NONE && p->year == DATE_NONE && take_triple(r, value, digits))
        return;
    if (digits >= 4 && p->year == DATE_NONE)
        p->year = value;
    else if (digits <= 2 && p->day == DATE_NONE)
        p->day = (int)value;
    else if (digits <= 2 && p->year == DATE_NONE)
        p->year = date_full_year(value, digits);
    else if (digits <= 2 && !p->has_time && p->year != DATE_NONE && p->day != DATE_NONE &&
             *r->at == '.' && isdigit((unsigned char)r->at[1])) {
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

/* Lower case into `out`, without white space at its end; false when it is too long to be a date. */
static bool fold(const char *text, char out[LONGEST])
{
    size_t len = 0;

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

static int64_t parse(const char *text)
{
    struct reader r = {.at = text,
                       .parts = {.year = DATE_NONE, .month = DATE_NONE, .day = DATE_NONE}};
    struct date_parts date;
    int64_t seconds;

    if (date_read_number(text, &seconds))
        return seconds;
    if (date_read_ordinal(text, &r.parts, &r.at)) {
        date = r.parts;
        read_all(&r); /* the time: no more of the date */
        r.parts.year = date.year;
        r.parts.month = date.month;
        r.parts.day = date.day;
        return date_finish_ordinal(r.parts);
    }
    if (strspn(text, "0123456789") == 8) { /* 20040131T101455Z */
        int n;
        int64_t value = date_read_digits(&r.at, 8, &n);
        r.parts.year = value / 10000;
        r.parts.month = (int)(value / 100 % 100);
        r.parts.day = (int)(value % 100);
    }
    read_all(&r);
    if (!r.parts.has_zone && has_hangul(text))
        r.parts.zone = 9 * 60;
    if (r.parts.day == DATE_NONE && r.parts.month != DATE_NONE && !r.parts.has_time)
        r.parts.day = 1;
    return date_finish(r.parts);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

int64_t feed_parse_date(const char *text, int64_t now)
{
    char folded[LONGEST];
    struct date_parts parts;
    int64_t seconds;
    size_t len;

    if (text == NULL)
        return BW_TIME_NONE;
    while (is_space(*text))
        text++;
    for (len = strlen(text); len > 0 && is_space(text[len - 1]);)
        len--;
    if (date_read_well_made(text, len, &parts))
        seconds = date_finish(parts);
    else if (fold(text, folded) && folded[0] != '\0')
        seconds = parse(folded);
    else
        return BW_TIME_NONE;
    if (seconds != BW_TIME_NONE && now != BW_TIME_NONE && seconds > now + FUTURE)
        return BW_TIME_NONE;
    return seconds;
}
