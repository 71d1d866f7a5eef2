/* Headers, base64 and dates of mails. Owns nothing. */
#include "mime.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    WORD_BYTES = 42, /* of UTF-8 in one encoded word: 56 of base64, 68 with its frame */
    LINE = 57,       /* bytes that make 76 of base64 */
};

void mime_write_base64(struct bw_buf *out, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    unsigned char line[(LINE + 2) / 3 * 4 + 1];

    while (len > 0) {
        size_t n = len < LINE ? len : LINE;

        EVP_EncodeBlock(line, bytes, (int)n);
        buf_puts(out, (const char *)line);
        buf_puts(out, "\r\n");
        bytes += n;
        len -= n;
    }
}

static bool is_plain(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            return false;
    }
    return strstr(value, "=?") == NULL && strlen(value) < 900;
}

/* Bytes of the next encoded word: whole characters only. */
static size_t word_length(const char *text)
{
    size_t len = strnlen(text, WORD_BYTES);

    if (text[len] == '\0')
        return len;
    while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void write_word(struct bw_buf *out, const char *text, size_t len)
{
    char clean[WORD_BYTES + 1];
    unsigned char code[(WORD_BYTES + 2) / 3 * 4 + 1];

    for (size_t i = 0; i < len; i++)
        clean[i] = (unsigned char)text[i] < ' ' ? ' ' : text[i];
    EVP_EncodeBlock(code, (const unsigned char *)clean, (int)len);
    buf_printf(out, "=?UTF-8?B?%s?=", (const char *)code);
}

/* Folds plain text at its spaces, as far as it has some. */
static void write_plain(struct bw_buf *out, size_t used, const char *value)
{
    while (*value != '\0') {
        size_t word = 1 + strcspn(value + 1, " ");

        if (used + word > 76 && *value == ' ' && value[1] != '\0') {
            buf_puts(out, "\r\n");
            used = 0;
        }
        buf_append(out, value, word);
        used += word;
        value += word;
    }
}

void mime_write_header(struct bw_buf *out, const char *name, const char *value)
{
    bool first = true;

    buf_printf(out, "%s: ", name);
    if (is_plain(value)) {
        write_plain(out, strlen(name) + 2, value);
    } else {
        while (*value != '\0') {
            size_t len = word_length(value);

            if (!first)
                buf_puts(out, "\r\n ");
            write_word(out, value, len);
            value += len;
            first = false;
        }
    }
    buf_puts(out, "\r\n");
}

void mime_write_date(struct bw_buf *out, int64_t seconds)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t when = (time_t)seconds;
    struct tm tm = {0};

    gmtime_r(&when, &tm);
    buf_printf(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
               months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
