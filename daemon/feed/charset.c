/* Charsets by iconv. Owns the converters that charset_prepare() keeps open for the C library's
 * sake. */
#include "charset.h"
#include "charset_guess.h"
#include "utf8.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What publishers write, and what it means: as browsers have it (WHATWG's Encoding standard). */
static const struct alias {
    const char *label, *charset;
} aliases[] = {
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"unicode", "UTF-16"},
    {"ucs-2", "UTF-16"},
    {"iso-10646-ucs-2", "UTF-16"},
    {"utf-32", "UTF-32"},
    {"utf-32le", "UTF-32LE"},
    {"utf-32be", "UTF-32BE"},
    {"us-ascii", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"iso_8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"latin-1", "WINDOWS-1252"},
    {"windows-1252", "WINDOWS-1252"},
    {"cp1252", "WINDOWS-1252"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-11", "CP874"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"latin-9", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "WINDOWS-1250"},
    {"windows-1251", "WINDOWS-1251"},
    {"cp1251", "WINDOWS-1251"},
    {"win-1251", "WINDOWS-1251"},
    {"win1251", "WINDOWS-1251"},
    {"windows-1253", "WINDOWS-1253"},
    {"windows-1254", "WINDOWS-1254"},
    {"windows-1255", "WINDOWS-1255"},
    {"windows-1256", "WINDOWS-1256"},
    {"windows-1257", "WINDOWS-1257"},
    {"windows-1258", "WINDOWS-1258"},
    {"cp1250", "WINDOWS-1250"},
    {"koi8-r", "KOI8-R"},
    {"koi8r", "KOI8-R"},
    {"koi8", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"koi8-t", "KOI8-T"},
    {"pt154", "PT154"},
    {"cp154", "PT154"},
    {"kz-1048", "RK1048"},
    {"rk1048", "RK1048"},
    {"ibm866", "IBM866"},
    {"cp866", "IBM866"},
    {"macintosh", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"gb18030", "GB18030"},
    {"hz-gb-2312", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"euc-jp", "EUC-JP-MS"},
    {"x-euc-jp", "EUC-JP-MS"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"x-sjis", "CP932"},
    {"sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"windows-949", "CP949"},
    {"iso-2022-kr", "ISO-2022-KR"},
    {"armscii-8", "ARMSCII-8"},
    {"georgian-ps", "GEORGIAN-PS"},
};

enum { N_ALIASES = sizeof aliases / sizeof aliases[0] };

static iconv_t kept[N_ALIASES];
static size_t n_kept;

int charset_prepare(void)
{
    int result = 0;

    if (n_kept > 0)
        return 0;
    for (size_t i = 0; i < N_ALIASES; i++) {
        iconv_t converter = iconv_open("UTF-8", aliases[i].charset);

        if (converter == (iconv_t)-1)
            result = -1;
        else
            kept[n_kept++] = converter;
    }
    return result;
}

static const char *find_charset(const char *label, size_t len)
{
    while (len > 0 && (isspace((unsigned char)label[0]) || label[0] == '"' || label[0] == '\'')) {
        label++;
        len--;
    }
    while (len > 0 && (isspace((unsigned char)label[len - 1]) || label[len - 1] == '"' ||
                       label[len - 1] == '\'' || label[len - 1] == ';'))
        len--;
    for (size_t i = 0; i < N_ALIASES; i++) {
        if (strlen(aliases[i].label) == len && strncasecmp(aliases[i].label, label, len) == 0)
            return aliases[i].charset;
    }
    return NULL;
}

static const char *find_in_header(const char *content_type)
{
    const char *at = content_type;

    while (at != NULL && (at = strchr(at, ';')) != NULL) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, "charset", 7) == 0) {
            at += 7;
            at += strspn(at, " \t");
            if (*at == '=')
                return find_charset(at + 1, strcspn(at + 1, ";, "));
        }
    }
    return NULL;
}

/* encoding="…" of an XML declaration that begins within the first bytes. */
static const char *find_in_declaration(const char *bytes, size_t len)
{
    size_t head = len < 1024 ? len : 1024;
    const char *start = memmem(bytes, head, "<?xml", 5), *end, *at;

    if (start == NULL)
        return NULL;
    head -= (size_t)(start - bytes);
    end = memmem(start, head, "?>", 2);
    if (end == NULL)
        end = start + head;
    at = memmem(start, (size_t)(end - start), "encoding", 8);
    if (at == NULL)
        return NULL;
    at += 8;
    while (at < end && (isspace((unsigned char)*at) || *at == '='))
        at++;
    if (at < end && (*at == '"' || *at == '\'')) {
        const char *close = memchr(at + 1, *at, (size_t)(end - at) - 1);

        return close == NULL ? NULL : find_charset(at + 1, (size_t)(close - at) - 1);
    }
    return NULL;
}

struct mark {
    const char *charset;
    size_t len;
};

/* UTF-16 without a mark: a document begins with ASCII, nearly, so that every other byte is NUL. */
static const char *find_zeros(const char *bytes, size_t len)
{
    size_t n = len < 32 ? len / 2 : 16, high = 0, low = 0;

    for (size_t i = 0; i < n; i++) {
        high += bytes[2 * i] == '\0';
        low += bytes[2 * i + 1] == '\0';
    }
    if (n < 2 || (high > 0 && low > 0))
        return NULL;
    return high * 2 > n ? "UTF-16BE" : low * 2 > n ? "UTF-16LE" : NULL;
}

/* A byte order mark, or the pattern of UTF-16 and UTF-32 without one. */
static struct mark find_mark(const char *bytes, size_t len)
{
    static const struct {
        const char *bytes;
        size_t len, skip;
        const char *charset;
    } marks[] = {
        {"\xEF\xBB\xBF", 3, 3, "UTF-8"},    {"\xFF\xFE\0\0", 4, 4, "UTF-32LE"},
        {"\0\0\xFE\xFF", 4, 4, "UTF-32BE"}, {"\xFF\xFE", 2, 2, "UTF-16LE"},
        {"\xFE\xFF", 2, 2, "UTF-16BE"},     {"<\0\0\0", 4, 0, "UTF-32LE"},
        {"\0\0\0<", 4, 0, "UTF-32BE"},
    };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (len >= marks[i].len && memcmp(bytes, marks[i].bytes, marks[i].len) == 0)
            return (struct mark){marks[i].charset, marks[i].skip};
    }
    return (struct mark){find_zeros(bytes, len), 0};
}

/* Converts all; *errors counts what could not be, each replaced. -1 when out of memory. */
static int convert(const char *charset, const char *bytes, size_t len, struct bw_buf *out,
                   size_t *errors)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    char *in = (char *)(uintptr_t)bytes;
    size_t left = len;

    *errors = 0;
    if (converter == (iconv_t)-1) {
        *errors = len + 1;
        return 0;
    }
    while (left > 0 && !out->failed) {
        char *to;
        size_t room;

        if (buf_reserve(out, left * 2 + 64) != 0)
            break;
        to = out->data + out->len;
        room = out->cap - out->len - 1;
        if (iconv(converter, &in, &left, &to, &room) != (size_t)-1)
            left = 0;
        else if (errno == EILSEQ || errno == EINVAL) {
            out->len = (size_t)(to - out->data);
            ++*errors;
            buf_append(out, "\xEF\xBF\xBD", 3);
            in++;
            left--;
            iconv(converter, NULL, NULL, NULL, NULL);
            continue;
        }
        out->len = (size_t)(to - out->data);
    }
    iconv_close(converter);
    buf_append(out, "", 0);
    return out->failed ? -1 : 0;
}

static bool is_wide(const char *charset)
{
    return strncmp(charset, "UTF-16", 6) == 0 || strncmp(charset, "UTF-32", 6) == 0;
}

/* May bytes that are good UTF-8 be meant in this charset? Not when each stands for a character: in
 * none of those would letters fall into such pairs. */
static bool is_single_byte(const char *charset)
{
    return strncmp(charset, "WINDOWS-", 8) == 0 || strncmp(charset, "ISO-8859", 8) == 0 ||
           strncmp(charset, "KOI8", 4) == 0;
}

static int use_utf8(const char *bytes, size_t len, size_t good, struct bw_decoded *out)
{
    out->charset = "UTF-8";
    out->text = bytes;
    out->len = len;
    if (good == len)
        return 0;
    if (utf8_clean(bytes, len, &out->owned) != 0)
        return -1;
    out->cleaned = true;
    out->text = out->owned.data;
    out->len = out->owned.len;
    return 0;
}

/* The text of `out->owned`, cleaned once more where the charset let control characters through. */
static int finish(struct bw_decoded *out)
{
    struct bw_buf clean;

    out->text = buf_text(&out->owned);
    out->len = out->owned.len;
    if (utf8_check(out->text, out->len, NULL) == out->len)
        return 0;
    buf_init(&clean);
    if (utf8_clean(out->text, out->len, &clean) != 0) {
        buf_clear(&clean);
        return -1;
    }
    buf_clear(&out->owned);
    out->owned = clean;
    out->cleaned = true;
    out->text = buf_text(&clean);
    out->len = clean.len;
    return 0;
}

/* Broken UTF-8 is still UTF-8 when nearly all of it is good: one bad cut must not turn a whole
 * document into another script. */
static bool is_mostly_utf8(const char *bytes, size_t len, bool declared)
{
    size_t at = 0, good = 0, bad = 0, multi;

    while (at < len) {
        at += utf8_check(bytes + at, len - at, &multi);
        good += multi;
        if (at >= len)
            break;
        bad += (unsigned char)bytes[at] >= 0x80;
        at++;
        while (at < len && ((unsigned char)bytes[at] & 0xC0) == 0x80)
            at++;
    }
    return bad == 0 || good > bad * (declared ? 2 : 8);
}

/* Tries what is declared, in order; 1 when one fits, 0 when none does. */
static int try_declared(const char *bytes, size_t len, const char *const *declared, size_t n,
                        struct bw_decoded *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t errors;

        if (declared[i] == NULL || strcmp(declared[i], "UTF-8") == 0)
            continue;
        buf_reset(&out->owned);
        if (convert(declared[i], bytes, len, &out->owned, &errors) != 0)
            return -1;
        if (errors * 100 < len && (errors == 0 || !is_wide(declared[i]))) {
            out->charset = declared[i];
            out->cleaned = errors > 0;
            out->guessed = i > 0 && declared[0] != NULL;
            return finish(out) == 0 ? 1 : -1;
        }
    }
    return 0;
}

int charset_decode(const char *bytes, size_t len, const char *content_type, struct bw_decoded *out)
{
    struct mark mark = find_mark(bytes, len);
    const char *declared[] = {mark.charset, find_in_header(content_type),
                              find_in_declaration(bytes, len)};
    const char *first = NULL;
    size_t good, multi, errors;
    int result;

    memset(out, 0, sizeof *out);
    bytes += mark.len;
    len -= mark.len;
    for (size_t i = 0; i < 3 && first == NULL; i++)
        first = declared[i];
    good = utf8_check(bytes, len, &multi);
    if (first == NULL || strcmp(first, "UTF-8") == 0 ||
        (good == len && (multi == 0 || is_single_byte(first) || is_wide(first)))) {
        out->guessed = first != NULL && strcmp(first, "UTF-8") != 0 && multi > 0;
        if (good == len || is_mostly_utf8(bytes, len, first != NULL))
            return use_utf8(bytes, len, good, out);
    }
    result = try_declared(bytes, len, declared, 3, out);
    if (result != 0)
        return result < 0 ? -1 : 0;
    out->guessed = true;
    out->charset = charset_guess(bytes, len);
    buf_reset(&out->owned);
    if (convert(out->charset, bytes, len, &out->owned, &errors) != 0)
        return -1;
    out->cleaned = errors > 0;
    return finish(out);
}

void charset_clear(struct bw_decoded *decoded)
{
    buf_clear(&decoded->owned);
    memset(decoded, 0, sizeof *decoded);
}
