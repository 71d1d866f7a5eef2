/* Checks, cleans and writes UTF-8. Owns nothing. */
#include "utf8.h"
#include "block.h"

#include <string.h>

/* The length of the sequence at `s`, 0 when it is broken or no XML character. */
static size_t sequence(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 || s[0] == '\t' || s[0] == '\n' || s[0] == '\r';
    if (s[0] < 0xC2 || left < 2 || (s[1] & 0xC0) != 0x80)
        return 0;
    if (s[0] < 0xE0)
        return 2;
    if (left < 3 || (s[2] & 0xC0) != 0x80)
        return 0;
    if (s[0] < 0xF0) {
        if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
            (s[0] == 0xEF && s[1] == 0xBF && s[2] > 0xBD))
            return 0;
        return 3;
    }
    if (left < 4 || (s[3] & 0xC0) != 0x80 || s[0] > 0xF4 || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return 4;
}

size_t utf8_check(const char *text, size_t len, size_t *multi)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0, count = 0, n;

    while (i < len) {
        if (len - i >= BLOCK && s[i] < 0x80 && s[i + 1] < 0x80) {
            n = block_ascii(s + i);
            i += n;
            if (n == BLOCK) {
                while (len - i >= 4 * BLOCK && block_ascii_4(text + i))
                    i += 4 * BLOCK;
                continue;
            }
        }
        /* Cyrillic words */
        for (; i + 1 < len && s[i] >= 0xC2 && s[i] < 0xE0 && (s[i + 1] & 0xC0) == 0x80; count++)
            i += 2;
        if (i >= len)
            break;
        n = s[i] >= ' ' && s[i] < 0x80 ? 1 : sequence(s + i, len - i);
        if (n == 0)
            break;
        count += n > 1;
        i += n;
    }
    if (multi != NULL)
        *multi = count;
    return i;
}

int utf8_clean(const char *text, size_t len, struct bw_buf *out)
{
    size_t i = 0, good;

    while (i < len) {
        good = utf8_check(text + i, len - i, NULL);
        buf_append(out, text + i, good);
        i += good;
        if (i >= len)
            break;
        if ((unsigned char)text[i] >= 0x80) {
            buf_append(out, "\xEF\xBF\xBD", 3);
            /* The rest of one broken sequence is one replacement. */
            while (i + 1 < len && ((unsigned char)text[i + 1] & 0xC0) == 0x80)
                i++;
        }
        i++;
    }
    return out->failed ? -1 : 0;
}

size_t utf8_put(uint32_t cp, char *out)
{
    if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF) || cp == 0xFFFE || cp == 0xFFFF)
        cp = 0xFFFD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)text[max] & 0xC0) == 0x80)
        max--;
    return max;
}
