/* HTML to plain text in one pass over the bytes. Owns nothing: it writes into its caller's buffer.
 * Our own scanner instead of libxml2's HTML parser: that one builds names and attributes nobody
 * asks for here and takes most of a feed's time. */
#include "text.h"
#include "block.h"
#include "blocwatch/feed.h"
#include "element.h"
#include "entity.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

/* Control characters that stand for elements; where they come from outside they are dropped. */
enum { MARK_LINE = 1, MARK_SPACE = 2 };

/* What a byte needs. */
enum { PLAIN, SPACE, MARK, MARKUP, REFERENCE, DROP, LEAD_C2, LEAD_E2, LEAD_E3, LEAD_EF };

struct scan {
    const char *at, *end;
    char *out, *start; /* room for all that can come was reserved */
    enum gap gap;      /* what stands between the last character and the next */
    unsigned what;
    bool no_cdata_end; /* it was looked for once, in vain */
};

static const unsigned char classes[256] = {
    [0] = DROP,       [MARK_LINE] = MARK, [MARK_SPACE] = MARK, [3 ... 8] = DROP, ['\t'] = SPACE,
    ['\n'] = SPACE,   [11] = DROP,        ['\f'] = SPACE,      ['\r'] = SPACE,   [14 ... 31] = DROP,
    [' '] = SPACE,    ['<'] = MARKUP,     ['&'] = REFERENCE,   [127] = DROP,     [0xC2] = LEAD_C2,
    [0xE2] = LEAD_E2, [0xE3] = LEAD_E3,   [0xEF] = LEAD_EF,
};

static void widen_gap(struct scan *scan, enum gap gap)
{
    if (gap > scan->gap)
        scan->gap = gap;
}

/* Writes the gap that is due, but never before the first character. */
static void close_gap(struct scan *scan)
{
    if (scan->gap != GAP_NONE && scan->out > scan->start)
        *scan->out++ = scan->gap == GAP_LINE ? '\n' : ' ';
    scan->gap = GAP_NONE;
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

/* Soft hyphen, zero width space and no-break space, directional marks, byte order mark. */
static bool is_invisible(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || cp == 0xAD || cp == 0x200B || cp == 0x200E ||
           cp == 0x200F || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) ||
           cp == 0xFEFF;
}

static void put_character(struct scan *scan, uint32_t cp)
{
    if (is_space(cp)) {
        widen_gap(scan, GAP_SPACE);
        return;
    }
    cp = entity_from_c1(cp);
    if (is_invisible(cp))
        return;
    close_gap(scan);
    scan->out += utf8_put(cp, scan->out);
}

/* Copies bytes that need nothing, single spaces between them included. */
static void put_run(struct scan *scan)
{
    const char *from = scan->at, *at = from + 1, *end = scan->end;

    for (;;) {
        if (end - at >= BLOCK) {
            size_t n = block_text(at);

            at += n;
            if (n == BLOCK)
                continue;
        }
        while (at < end && classes[(unsigned char)*at] == PLAIN)
            at++;
        if (end - at < 2 || *at != ' ' || classes[(unsigned char)at[1]] != PLAIN)
            break;
        at += 2;
    }
    close_gap(scan);
    memmove(scan->out, from, (size_t)(at - from));
    scan->out += at - from;
    scan->at = at;
}

/* A character of two or three bytes whose lead byte also begins spaces or invisible ones. */
static void put_sequence(struct scan *scan, size_t n)
{
    const unsigned char *s = (const unsigned char *)scan->at;
    uint32_t cp;

    if ((size_t)(scan->end - scan->at) < n) {
        scan->at = scan->end;
        return;
    }
    cp = n == 2 ? (uint32_t)(s[0] & 0x1F) << 6 | (s[1] & 0x3F)
                : (uint32_t)(s[0] & 0x0F) << 12 | (uint32_t)(s[1] & 0x3F) << 6 | (s[2] & 0x3F);
    scan->at += n;
    put_character(scan, cp);
}

static void put_reference(struct scan *scan)
{
    uint32_t cp = 0;
    size_t n = entity_read(scan->at, (size_t)(scan->end - scan->at), &cp);

    if (n == 0) {
        close_gap(scan);
        *scan->out++ = *scan->at++;
        return;
    }
    scan->at += n;
    put_character(scan, cp);
}

static const char *find_text(const char *from, const char *end, const char *what)
{
    return memmem(from, (size_t)(end - from), what, strlen(what));
}

/* Behind the '>' that ends the tag at `at`; quotes may hide others, unless they never close. */
static const char *skip_tag(const char *at, const char *end)
{
    const char *close = memchr(at, '>', (size_t)(end - at)), *p = at;

    if (close == NULL)
        return end;
    while (p < close) {
        if ((*p == '"' || *p == '\'') && p > at && (p[-1] == '=' || p[-1] == ' ')) {
            const char *quote = memchr(p + 1, *p, (size_t)(end - p - 1));

            if (quote == NULL)
                return close + 1;
            p = quote + 1;
            if (p > close) {
                close = memchr(p, '>', (size_t)(end - p));
                if (close == NULL)
                    return end;
            }
            continue;
        }
        p++;
    }
    return close + 1;
}

/* Behind the end tag of a raw element, or the end of all. */
static const char *skip_raw(const char *at, const char *end, const char *name, size_t len)
{
    while (at < end) {
        at = find_text(at, end, "</");
        if (at == NULL || (size_t)(end - at) < len + 2)
            return end;
        if (strncasecmp(at + 2, name, len) == 0)
            return skip_tag(at, end);
        at += 2;
    }
    return end;
}

static const char *skip_declaration(struct scan *scan)
{
    const char *at = scan->at, *end = scan->end, *close;

    if (end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
        close = find_text(at + 4, end, "-->");
        return close == NULL ? end : close + 3;
    }
    close = memchr(at, '>', (size_t)(end - at));
    return close == NULL ? end : close + 1;
}

static void scan_range(struct scan *scan, const char *end);

/* Reads a CDATA section's content as HTML too: some publishers wrap twice. */
static bool scan_cdata(struct scan *scan)
{
    const char *close, *end = scan->end;

    if (end - scan->at < 9 || memcmp(scan->at, "<![CDATA[", 9) != 0)
        return false;
    scan->at += 9;
    close = scan->no_cdata_end ? NULL : find_text(scan->at, end, "]]>");
    if (close == NULL) {
        scan->no_cdata_end = true;
        return true;
    }
    scan_range(scan, close);
    scan->at = close + 3;
    scan->end = end;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t name_length(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && (is_letter(*p) || (*p >= '0' && *p <= '9') || *p == '-' || *p == ':'))
        p++;
    return (size_t)(p - at);
}

/* A tag, a comment, or a '<' that is text. */
static void skip_markup(struct scan *scan)
{
    const char *at = scan->at, *end = scan->end, *name = at + 1;
    bool closing = name < end && *name == '/';
    size_t len;
    enum bw_element kind;

    name += closing;
    if (name < end && (*name == '!' || *name == '?')) {
        if (!scan_cdata(scan))
            scan->at = skip_declaration(scan);
        return;
    }
    if (name >= end || !is_letter(*name)) {
        close_gap(scan);
        *scan->out++ = '<';
        scan->at++;
        return;
    }
    len = name_length(name, end);
    kind = element_find(name, len);
    scan->at = skip_tag(name, end);
    if (kind == ELEMENT_BLOCK)
        widen_gap(scan, GAP_LINE);
    else if (kind == ELEMENT_CELL)
        widen_gap(scan, GAP_SPACE);
    else if (kind == ELEMENT_RAW && !closing && scan->at[-1] == '>' && scan->at[-2] != '/')
        scan->at = skip_raw(scan->at, end, name, len);
}

static void put_or_skip(struct scan *scan, unsigned char class)
{
    switch (class) {
    case SPACE:
        widen_gap(scan, GAP_SPACE);
        scan->at++;
        break;
    case DROP:
        scan->at++;
        break;
    case MARK:
        if (scan->what & TEXT_MARKS)
            widen_gap(scan, *scan->at == MARK_LINE ? GAP_LINE : GAP_SPACE);
        scan->at++;
        break;
    case LEAD_C2:
        put_sequence(scan, 2);
        break;
    case LEAD_E2:
    case LEAD_E3:
    case LEAD_EF:
        put_sequence(scan, 3);
        break;
    case MARKUP:
        if (scan->what & TEXT_TAGS) {
            skip_markup(scan);
            break;
        }
        close_gap(scan);
        *scan->out++ = *scan->at++;
        break;
    case REFERENCE:
        if (scan->what & TEXT_REFERENCES) {
            put_reference(scan);
            break;
        }
        close_gap(scan);
        *scan->out++ = *scan->at++;
        break;
    default:
        put_run(scan);
        break;
    }
}

static void scan_range(struct scan *scan, const char *end)
{
    scan->end = end;
    while (scan->at < end)
        put_or_skip(scan, classes[(unsigned char)*scan->at]);
}

int text_convert(const char *text, size_t len, unsigned what, struct bw_buf *out)
{
    struct scan scan = {.at = text, .what = what};

    /* Text only shrinks, but for C1 controls, whose two bytes may become three (see LEAD_C2). */
    if (buf_reserve(out, len + len / 2 + 8) != 0)
        return -1;
    scan.out = scan.start = out->data + out->len;
    scan_range(&scan, text + len);
    out->len += (size_t)(scan.out - scan.start);
    out->data[out->len] = '\0';
    return 0;
}

int feed_html_to_text(const char *html, size_t len, struct bw_buf *out)
{
    return text_convert(html, len, TEXT_TAGS | TEXT_REFERENCES, out);
}

char text_mark(enum bw_element kind)
{
    return kind == ELEMENT_BLOCK ? MARK_LINE : kind == ELEMENT_CELL ? MARK_SPACE : '\0';
}

bool text_looks_like_html(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    bool evidence = false;

    if (memchr(text, '<', len) == NULL && memchr(text, '&', len) == NULL)
        return false;
    for (; at < end; at++) {
        uint32_t cp;

        if (*at == '<') {
            const char *name = at + 1 + (end - at > 1 && at[1] == '/');
            enum bw_element kind;

            if (name >= end || !is_letter(*name))
                continue;
            kind = element_find(name, name_length(name, end));
            if (kind == ELEMENT_UNKNOWN)
                return false;
            evidence |= at[1] == '/' || kind == ELEMENT_BLOCK;
        } else if (*at == '&') {
            size_t n = entity_read(at, (size_t)(end - at), &cp);

            evidence |= n > 0 && at[n - 1] == ';';
        }
    }
    return evidence;
}
