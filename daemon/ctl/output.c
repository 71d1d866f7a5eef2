/* Safe text, times and JSON lines for all commands. Owns the converter for old terminals. */
#include "output.h"

#include "blocwatch/clock.h"
#include "ctl.h"

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Length of the control character at `p`: C0, DEL, C1, and the marks that turn text around. */
static size_t control_length(const unsigned char *p)
{
    if (*p < ' ' || *p == 0x7f)
        return 1;
    if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
        return 2;
    if (p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)
        return 3;
    if (p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)
        return 3;
    return 0;
}

/*
 * For a terminal whose locale has another encoding, such as KOI8-R: what it would show for UTF-8 is
 * unreadable, and may even be control characters. No locale (C) means nothing about the terminal.
 */
static iconv_t find_converter(void)
{
    static const char none[] = "ANSI_X3.4-1968";
    static bool looked;
    static iconv_t converter;
    const char *codes;

    if (looked)
        return converter;
    looked = true;
    converter = (iconv_t)-1;
    if (!isatty(STDOUT_FILENO) || setlocale(LC_CTYPE, "") == NULL)
        return converter;
    codes = nl_langinfo(CODESET);
    if (strcmp(codes, "UTF-8") != 0 && strcmp(codes, none) != 0) {
        char to[64];

        snprintf(to, sizeof to, "%s//TRANSLIT", codes);
        converter = iconv_open(to, "UTF-8");
    }
    return converter;
}

static void put_converted(iconv_t converter, const char *text, size_t len)
{
    char *in = (char *)text, part[256];

    while (len > 0) {
        char *out = part;
        size_t room = sizeof part;
        size_t rc = iconv(converter, &in, &len, &out, &room);

        fwrite(part, 1, sizeof part - room, stdout);
        if (rc != (size_t)-1 || errno == E2BIG)
            continue;
        putchar('?'); /* the terminal has no such character */
        do {
            in++;
            len--;
        } while (len > 0 && ((unsigned char)*in & 0xc0) == 0x80);
    }
}

void out_text(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    iconv_t converter = find_converter();

    while (p != NULL && *p != '\0') {
        const unsigned char *start = p;
        size_t skip = control_length(p);

        if (skip > 0) {
            putchar(' ');
            p += skip;
            continue;
        }
        while (*p != '\0' && control_length(p) == 0)
            p++;
        if (converter == (iconv_t)-1)
            fwrite(start, 1, (size_t)(p - start), stdout);
        else
            put_converted(converter, (const char *)start, (size_t)(p - start));
    }
}

void out_column(const char *text, int width)
{
    int used = 0;

    out_text(text);
    for (; text != NULL && *text != '\0'; text++)
        used += ((unsigned char)*text & 0xc0) != 0x80;
    for (; used < width; used++)
        putchar(' ');
}

json_t *out_json_text(const char *text)
{
    json_t *json = text != NULL ? json_string(text) : NULL;

    return json != NULL ? json : json_null();
}

json_t *out_json_time(int64_t seconds)
{
    char text[BW_TIME_TEXT];

    clock_format(seconds, text);
    return text[0] != '\0' ? json_string(text) : json_null();
}

json_t *out_json_time_ms(int64_t ms)
{
    return out_json_time(ms == BW_TIME_NONE ? BW_TIME_NONE : ms / 1000);
}

json_t *out_json_events(const struct bw_event *events, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:o}", "actor", out_json_text(events[i].actor), "stance",
                            stance_name(events[i].stance), "bloc", out_json_text(events[i].bloc)));
    return list;
}

/* The words at `i` stand there for the first time. */
static bool is_first(const struct bw_matched *matched, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(matched[k].text, matched[i].text) == 0)
            return false;
    }
    return true;
}

json_t *out_json_matched(const struct bw_matched *matched, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        if (is_first(matched, i))
            json_array_append_new(list, out_json_text(matched[i].text));
    }
    return list;
}

int out_json_line(json_t *object)
{
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    json_decref(object);
    if (text == NULL) {
        ctl_fail("out of memory");
        return -1;
    }
    puts(text);
    free(text);
    return 0;
}

static bool same_event(const struct bw_event *a, const struct bw_event *b)
{
    return a->stance == b->stance && strcmp(a->actor, b->actor) == 0 &&
           strcmp(a->bloc, b->bloc) == 0;
}

void out_events(const struct bw_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool first = true;

        for (size_t k = 0; k < i; k++)
            first = first && !same_event(&events[k], &events[i]);
        if (first)
            printf("%s%s %s %s", i > 0 ? ", " : "", events[i].actor, stance_name(events[i].stance),
                   events[i].bloc);
    }
}

void out_matched(const struct bw_matched *matched, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_first(matched, i))
            continue;
        fputs(i > 0 ? ", " : "", stdout);
        out_text(matched[i].text);
    }
}

const char *out_ago(int64_t seconds, int64_t now, char text[64])
{
    char duration[BW_TIME_TEXT];
    int64_t away;

    if (seconds == BW_TIME_NONE)
        return "never";
    away = seconds > now ? seconds - now : now - seconds;
    if (away >= 86400) /* "3d" says enough */
        away -= away % 3600;
    else if (away >= 3600)
        away -= away % 60;
    clock_format_duration(away, duration);
    if (away == 0)
        return "now";
    snprintf(text, 64, seconds > now ? "in %s" : "%s ago", duration);
    return text;
}
