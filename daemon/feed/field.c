/* The text of one element: base64, double encoding, HTML or not, cut to size. Owns nothing. */
#include "parse.h"
#include "text.h"
#include "utf8.h"

#include <string.h>

static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes in place; false, with the text untouched, when it is no base64 of UTF-8 text. */
static bool decode_base64(struct bw_buf *buf, size_t start)
{
    struct bw_buf out;
    unsigned bits = 0;
    int n = 0;
    bool good = true;

    buf_init(&out);
    for (size_t i = start; i < buf->len && good; i++) {
        unsigned char c = (unsigned char)buf->data[i];
        int value = base64_value(c);

        if (value < 0) {
            good = c == '=' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
            continue;
        }
        bits = bits << 6 | (unsigned)value;
        n += 6;
        if (n >= 8) {
            n -= 8;
            buf_putc(&out, (char)(bits >> n & 0xFF));
        }
    }
    good = good && !out.failed && out.len > 0 && utf8_check(out.data, out.len, NULL) == out.len;
    if (good) {
        buf->len = start;
        good = buf_append(buf, out.data, out.len) == 0;
    }
    buf_clear(&out);
    return good;
}

/* UTF-8 that somebody took for Latin-1 and encoded again: back, when all of it fits. */
static void undo_double_encoding(struct bw_buf *buf, size_t start)
{
    unsigned char *text = (unsigned char *)buf->data + start;
    size_t len = buf->len - start, to = 0, multi;
    struct bw_buf out;

    if (memchr(text, 0xC3, len) == NULL)
        return;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 0x80 && text[i] != 0xC2 && text[i] != 0xC3)
            return;
        to += text[i] >= 0x80;
        i += text[i] >= 0x80;
    }
    if (to < 2)
        return;
    buf_init(&out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x80) {
            buf_putc(&out, (char)text[i]);
        } else if (i + 1 < len) {
            buf_putc(&out, (char)((text[i] & 0x03) << 6 | (text[i + 1] & 0x3F)));
            i++;
        }
    }
    if (!out.failed && utf8_check(out.data, out.len, &multi) == out.len && multi > 0) {
        memcpy(text, out.data, out.len);
        buf->len = start + out.len;
        buf->data[buf->len] = '\0';
    }
    buf_clear(&out);
}

static void join_lines(struct bw_buf *buf)
{
    for (char *at = buf->data; (at = strchr(at, '\n')) != NULL; at++)
        *at = ' ';
}

/* Titles of RSS that went through two escapings: "AT&amp;amp;T". */
static void decode_again(struct bw_buf *plain)
{
    struct bw_buf again;

    if (strchr(plain->data, '&') == NULL || !text_looks_like_html(plain->data, plain->len))
        return;
    buf_init(&again);
    if (text_convert(plain->data, plain->len, TEXT_REFERENCES, &again) == 0) {
        buf_reset(plain);
        buf_append(plain, again.data, again.len);
    }
    buf_clear(&again);
}

static bool is_html(const struct bw_parse *p, const struct bw_frame *frame, const char *text,
                    size_t len)
{
    if (frame->html)
        return true;
    if (frame->markup || frame->base64 || (p->is_atom && frame->is_explicit))
        return false;
    return text_looks_like_html(text, len);
}

void field_convert(struct bw_parse *p, const struct bw_frame *frame, bool one_line)
{
    bool is_text = frame->tag->role == ROLE_TEXT, html = false;
    unsigned what = frame->markup ? TEXT_MARKS : 0;
    const char *text;
    size_t len;

    buf_reset(&p->plain);
    if (p->scratch.len > frame->start) {
        if (frame->base64)
            decode_base64(&p->scratch, frame->start);
        if (is_text)
            undo_double_encoding(&p->scratch, frame->start);
        text = p->scratch.data + frame->start;
        len = p->scratch.len - frame->start;
        html = is_text && is_html(p, frame, text, len);
        if (html)
            what |= TEXT_TAGS | TEXT_REFERENCES;
        text_convert(text, len, what, &p->plain);
    } else {
        buf_append(&p->plain, "", 0);
    }
    if (p->plain.failed) {
        p->failed = BW_ERR_MEMORY;
        return;
    }
    if (html && one_line && !p->is_atom)
        decode_again(&p->plain);
    if (one_line && (what & (TEXT_TAGS | TEXT_MARKS)))
        join_lines(&p->plain);
    if (p->plain.len > p->limits->max_text) {
        p->cut_text = true;
        p->plain.len = utf8_cut(p->plain.data, p->plain.len, p->limits->max_text);
        p->plain.data[p->plain.len] = '\0';
    }
}

const char *field_keep(struct bw_parse *p, const char *text, size_t len)
{
    buf_reset(&p->link);
    if (text_convert(text, utf8_cut(text, len, p->limits->max_text), 0, &p->link) != 0) {
        p->failed = BW_ERR_MEMORY;
        return NULL;
    }
    if (p->link.len == 0)
        return NULL;
    return parse_keep(p, p->link.data, p->link.len);
}
