/* Escaping and small pieces of HTML. Owns nothing. */
#include "html.h"

#include "blocwatch/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* U+202A..U+202E, U+2066..U+2069, U+200E, U+200F: they could turn what stands around the text. */
static size_t direction_mark(const unsigned char *at)
{
    if (at[0] != 0xe2)
        return 0;
    if (at[1] == 0x80 && ((at[2] >= 0xaa && at[2] <= 0xae) || at[2] == 0x8e || at[2] == 0x8f))
        return 3;
    if (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
        return 3;
    return 0;
}

static const char *entity(unsigned char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text_n(struct bw_buf *out, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t mark;

    for (size_t i = 0; i < len; i++) {
        const char *escaped = entity(at[i]);

        if (escaped != NULL)
            buf_puts(out, escaped);
        else if (i + 2 < len && (mark = direction_mark(at + i)) > 0)
            i += mark - 1;
        else if (at[i] >= ' ' || at[i] == '\n' || at[i] == '\t')
            buf_putc(out, (char)at[i]);
    }
}

void html_text(struct bw_buf *out, const char *text)
{
    if (text != NULL)
        html_text_n(out, text, strlen(text));
}

void html_query(struct bw_buf *out, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c) != NULL)
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

bool html_is_link(const char *url)
{
    return url != NULL &&
           (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0);
}

void html_link(struct bw_buf *out, const char *url, const char *text)
{
    if (!html_is_link(url)) {
        html_text(out, text);
        return;
    }
    buf_puts(out, "<a rel=\"noopener noreferrer\" href=\"");
    html_text(out, url);
    buf_puts(out, "\">");
    html_text(out, text != NULL ? text : url);
    buf_puts(out, "</a>");
}

void html_time(struct bw_buf *out, int64_t seconds)
{
    char exact[BW_TIME_TEXT], shown[32];
    time_t when = (time_t)seconds;
    struct tm tm;

    clock_format(seconds, exact);
    if (exact[0] == '\0' || gmtime_r(&when, &tm) == NULL) {
        buf_puts(out, "never");
        return;
    }
    strftime(shown, sizeof shown, "%-d %b %Y %H:%M", &tm);
    buf_printf(out, "<time datetime=\"%s\">%s</time>", exact, shown);
}

void html_age(struct bw_buf *out, int64_t seconds, int64_t now)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{INT64_C(86400) * 7, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}};
    int64_t age = now - seconds;

    if (seconds == BW_TIME_NONE)
        return;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t count = age / units[i].seconds;

        if (count >= 1) {
            buf_printf(out, "%" PRId64 " %s%s", count, units[i].name, count == 1 ? "" : "s");
            return;
        }
    }
    buf_puts(out, "just now");
}
