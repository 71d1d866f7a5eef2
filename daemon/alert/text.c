/* Escaping and grapheme-safe cutting of text for receivers. Owns nothing. */
#include "text.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT "\xef\xbf\xbd"

static const char ellipsis[] = "\xe2\x80\xa6";

void text_one_line(const char *text, size_t len, char *line, size_t size)
{
    size_t used = 0, at = 0;

    while (at < len && text[at] != '\0') {
        utf8proc_int32_t cp;
        utf8proc_ssize_t got = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                (utf8proc_ssize_t)(len - at), &cp);
        const char *put = got > 0 ? text + at : REPLACEMENT;
        size_t n = got > 0 ? (size_t)got : strlen(REPLACEMENT);

        if ((cp == '\n' || cp == '\r') && used > 0)
            break;
        if (got > 0 && (cp < ' ' || (cp >= 0x7f && cp < 0xa0))) {
            put = " ";
            n = 1;
        }
        if (used + n + 1 > size)
            break;
        if (used > 0 || *put != ' ') { /* nothing blank in front */
            memcpy(line + used, put, n);
            used += n;
        }
        at += got > 0 ? (size_t)got : 1;
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used] = '\0';
}

enum measure { BYTES, UTF16_UNITS };

static size_t fit(const char *text, size_t limit, enum measure measure)
{
    size_t len = strlen(text), at = 0, used = 0, boundary = 0;
    utf8proc_int32_t before = 0, state = 0;

    while (at < len) {
        utf8proc_int32_t cp;
        utf8proc_ssize_t got = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                                (utf8proc_ssize_t)(len - at), &cp);

        if (got <= 0) {
            got = 1;
            cp = 0xfffd;
        }
        if (at > 0 && utf8proc_grapheme_break_stateful(before, cp, &state))
            boundary = at;
        used += measure == BYTES ? (size_t)got : measure == UTF16_UNITS && cp > 0xffff ? 2 : 1;
        if (used > limit)
            return boundary;
        before = cp;
        at += (size_t)got;
    }
    return len;
}

size_t text_fit(const char *text, size_t limit)
{
    return fit(text, limit, BYTES);
}

size_t text_fit_utf16(const char *text, size_t limit)
{
    return fit(text, limit, UTF16_UNITS);
}

void text_append_cut(struct bw_buf *out, const char *text, size_t limit, text_fit_fn *fits)
{
    size_t mark = fits(ellipsis, 1) > 0 ? 1 : strlen(ellipsis);

    if (fits(text, limit) == strlen(text)) {
        buf_puts(out, text);
        return;
    }
    if (limit < mark)
        return;
    buf_append(out, text, fits(text, limit - mark));
    buf_puts(out, ellipsis);
}

void text_escape_html(struct bw_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_puts(out, "&amp;");
            break;
        case '<':
            buf_puts(out, "&lt;");
            break;
        case '>':
            buf_puts(out, "&gt;");
            break;
        case '"':
            buf_puts(out, "&quot;");
            break;
        default:
            buf_putc(out, *text);
        }
    }
}

static size_t url_length(const char *text)
{
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return 0;
    return strcspn(text, " \t\n<>\"");
}

void text_escape_markdown(struct bw_buf *out, const char *text)
{
    bool at_start = true;

    while (*text != '\0') {
        size_t url = at_start || text[-1] == ' ' || text[-1] == '\n' ? url_length(text) : 0;

        if (url > 0) {
            buf_append(out, text, url);
            text += url;
            at_start = false;
            continue;
        }
        /* What means something inside a line, or at its beginning. "@" would call people. */
        if (strchr("\\`*_~[]|<>@", *text) != NULL ||
            ((at_start || text[-1] == '\n') && strchr("#>-+=", *text) != NULL))
            buf_putc(out, '\\');
        buf_putc(out, *text++);
        at_start = false;
    }
}
