/* Folding of single words by utf8proc, and what kind of character a code point is. Owns nothing. */
#include "fold.h"

#include <string.h>
#include <utf8proc.h>

enum { ROOM = FOLD_WORD_ROOM / 4, ROUNDS = 4 };

/* Pairs that look alike, in both cases; lower case ones only where the upper case ones do too, so
 * that folding twice changes nothing. */
static const struct {
    uint16_t latin, cyrillic;
} look_alikes[] = {
    {'A', 0x410}, {'B', 0x412}, {'C', 0x421}, {'E', 0x415}, {'H', 0x41D}, {'I', 0x406},
    {'J', 0x408}, {'K', 0x41A}, {'M', 0x41C}, {'O', 0x41E}, {'P', 0x420}, {'S', 0x405},
    {'T', 0x422}, {'X', 0x425}, {'Y', 0x423}, {'Y', 0x4AE}, {'a', 0x430}, {'c', 0x441},
    {'e', 0x435}, {'i', 0x456}, {'j', 0x458}, {'o', 0x43E}, {'p', 0x440}, {'s', 0x455},
    {'x', 0x445}, {'y', 0x443}, {'y', 0x4AF},
};

uint32_t fold_decode(const char *text, size_t len, size_t *used)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t cp;
    utf8proc_ssize_t n;

    if (bytes[0] < 0x80) {
        *used = 1;
        return bytes[0];
    }
    if (bytes[0] >= 0xC2 && bytes[0] < 0xE0 && len >= 2 && (bytes[1] & 0xC0) == 0x80) {
        *used = 2;
        return (uint32_t)(bytes[0] & 0x1F) << 6 | (bytes[1] & 0x3F);
    }
    n = utf8proc_iterate(bytes, (utf8proc_ssize_t)len, &cp);
    *used = n > 0 ? (size_t)n : 1;
    return n > 0 ? (uint32_t)cp : 0xFFFD;
}

size_t fold_encode(uint32_t cp, char *out)
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)out);
}

static bool is_apostrophe(uint32_t cp)
{
    switch (cp) {
    case 0xB4:  /* acute accent */
    case 0x2B9: /* modifier prime */
    case 0x2BB: /* turned comma: the right one in oʻ, gʻ */
    case 0x2BC: /* modifier apostrophe: the right tutuq belgisi */
    case 0x2BD:
    case 0x2BE:
    case 0x2BF:
    case 0x2C8:
    case 0x2CA:
    case 0x2CB:
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:
    case 0x2035:
    case 0xA78C: /* saltillo */
    case 0xFF07:
    case 0xFF40:
        return true;
    default:
        return false;
    }
}

static bool is_ignored(uint32_t cp)
{
    return cp == 0xAD || cp == 0x34F || cp == 0x61C || cp == 0x180E ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2060 && cp <= 0x206F) || (cp >= 0xFE00 && cp <= 0xFE0F) || cp == 0xFEFF;
}

static bool is_stress_mark(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36F) || (cp >= 0x483 && cp <= 0x489) ||
           (cp >= 0x1AB0 && cp <= 0x1AFF) || (cp >= 0x1DC0 && cp <= 0x1DFF) ||
           (cp >= 0x20D0 && cp <= 0x20FF) || (cp >= 0xFE20 && cp <= 0xFE2F);
}

static enum bw_char classify_ascii(uint32_t cp)
{
    if ((cp >= '0' && cp <= '9') || ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z'))
        return BW_CHAR_WORD;
    if (cp == '\'' || cp == '`')
        return BW_CHAR_APOSTROPHE;
    return cp == '-' ? BW_CHAR_HYPHEN : BW_CHAR_OTHER;
}

enum bw_char fold_classify(uint32_t cp)
{
    if (cp < 0x80)
        return classify_ascii(cp);
    if (cp < FOLD_END && fold_table[cp - FOLD_FIRST] != 0)
        return BW_CHAR_WORD;
    if (is_apostrophe(cp))
        return BW_CHAR_APOSTROPHE;
    if (is_ignored(cp))
        return BW_CHAR_IGNORED;
    if (cp == 0x2010 || cp == 0x2011)
        return BW_CHAR_HYPHEN;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
        return BW_CHAR_WORD;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return BW_CHAR_MARK;
    default:
        return BW_CHAR_OTHER;
    }
}

bool fold_is_upper(uint32_t cp)
{
    utf8proc_category_t category;

    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z';
    category = utf8proc_category((utf8proc_int32_t)cp);
    return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
}

static bool is_latin(uint32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || (cp >= 0xC0 && cp <= 0x24F);
}

static bool is_cyrillic(uint32_t cp)
{
    return cp >= 0x400 && cp <= 0x52F;
}

/* The look-alike of `cp` in the other script; 0 when there is none. */
static uint32_t find_look_alike(uint32_t cp, bool to_cyrillic)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof look_alikes[0]; i++) {
        if (to_cyrillic && look_alikes[i].latin == cp)
            return look_alikes[i].cyrillic;
        if (!to_cyrillic && look_alikes[i].cyrillic == cp)
            return look_alikes[i].latin;
    }
    return 0;
}

/* A word of two scripts becomes one of the script that has more letters of its own, when every
 * letter of the other has a look-alike there. */
static void fold_mixed_scripts(utf8proc_int32_t *cps, size_t n)
{
    size_t latin = 0, cyrillic = 0, latin_own = 0, cyrillic_own = 0;
    bool to_cyrillic;

    for (size_t i = 0; i < n; i++) {
        uint32_t cp = (uint32_t)cps[i];

        if (is_latin(cp)) {
            latin++;
            latin_own += find_look_alike(cp, true) == 0;
        } else if (is_cyrillic(cp)) {
            cyrillic++;
            cyrillic_own += find_look_alike(cp, false) == 0;
        }
    }
    if (latin == 0 || cyrillic == 0 || (latin_own > 0 && cyrillic_own > 0))
        return;
    to_cyrillic = latin_own == 0 && (cyrillic_own > 0 || cyrillic >= latin);
    for (size_t i = 0; i < n; i++) {
        uint32_t cp = (uint32_t)cps[i];

        if (to_cyrillic ? is_latin(cp) : is_cyrillic(cp))
            cps[i] = (utf8proc_int32_t)find_look_alike(cp, to_cyrillic);
    }
}

/* What a letter such as ŉ or ẚ holds of an apostrophe is a part of the letter, not a mark that ends
 * a word or begins a suffix: it is left out. The new length. */
static size_t drop_inner_marks(utf8proc_int32_t letter, utf8proc_int32_t *parts, size_t n)
{
    size_t kept = 0;

    if (fold_classify((uint32_t)letter) == BW_CHAR_APOSTROPHE)
        return n;
    for (size_t i = 0; i < n; i++) {
        if (fold_classify((uint32_t)parts[i]) != BW_CHAR_APOSTROPHE)
            parts[kept++] = parts[i];
    }
    return kept;
}

/* Normalises in place; the new length. Over-long results are cut. */
static size_t normalise(utf8proc_int32_t *cps, size_t n, int options)
{
    utf8proc_int32_t wide[ROOM];
    size_t used = 0;
    int boundary = 0;

    for (size_t i = 0; i < n; i++) {
        utf8proc_ssize_t got =
            utf8proc_decompose_char(cps[i], wide + used, (utf8proc_ssize_t)(ROOM - used),
                                    UTF8PROC_COMPAT | UTF8PROC_COMPOSE | options, &boundary);

        if (got < 0 || (size_t)got > ROOM - used)
            break;
        used += drop_inner_marks(cps[i], wide + used, (size_t)got);
    }
    /* utf8proc_normalize_utf32() composes only what stands in canonical order. */
    for (size_t i = 1; i < used; i++) {
        for (size_t k = i; k > 0; k--) {
            int here = utf8proc_get_property(wide[k])->combining_class;
            int left = utf8proc_get_property(wide[k - 1])->combining_class;
            utf8proc_int32_t swap = wide[k];

            if (here == 0 || left <= here)
                break;
            wide[k] = wide[k - 1];
            wide[k - 1] = swap;
        }
    }
    used = (size_t)utf8proc_normalize_utf32(wide, (utf8proc_ssize_t)used, UTF8PROC_COMPOSE);
    memcpy(cps, wide, used * sizeof *cps);
    return used;
}

/* Drops what does not count and unifies what counts as one letter. */
static size_t simplify(utf8proc_int32_t *cps, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t cp = (uint32_t)cps[i];
        enum bw_char kind = fold_classify(cp);

        if (kind == BW_CHAR_APOSTROPHE && kept > 0)
            cp = '\'';
        else if ((kind != BW_CHAR_WORD && kind != BW_CHAR_MARK) || is_stress_mark(cp))
            continue;
        if (cp == 0x451 || cp == 0x450) /* ё, and е with a stress that composes */
            cp = 0x435;
        else if (cp == 0x45D)
            cp = 0x438;
        cps[kept++] = (utf8proc_int32_t)cp;
    }
    return kept;
}

static size_t fold_once(utf8proc_int32_t *cps, size_t n)
{
    n = normalise(cps, n, 0);
    fold_mixed_scripts(cps, n);
    n = normalise(cps, n, UTF8PROC_CASEFOLD);
    return simplify(cps, n);
}

size_t fold_word(const char *word, size_t len, char *out)
{
    utf8proc_int32_t cps[ROOM], before[ROOM];
    size_t n = 0, used, before_n;

    for (size_t at = 0; at < len && n < ROOM; at += used)
        cps[n++] = (utf8proc_int32_t)fold_decode(word + at, len - at, &used);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(before, cps, n * sizeof *cps);
        before_n = n;
        n = fold_once(cps, n);
        if (n == before_n && memcmp(before, cps, n * sizeof *cps) == 0)
            break;
    }
    used = 0;
    for (size_t i = 0; i < n; i++)
        used += fold_encode((uint32_t)cps[i], out + used);
    return used;
}
