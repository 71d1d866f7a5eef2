/* Text to words: one pass that finds, folds and hashes them. Owns the memory of a bw_text. */
#include "text.h"

#include "fold.h"
#include "suffix.h"
#include "wordhash.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LATIN = 1, CYRILLIC = 2 };

struct scan {
    struct bw_text *text;
    const char *base, *end;
    uint32_t field;
    uint16_t joined; /* flags for the next word */
    bool quoted;     /* a single quotation mark has been opened and not closed */
};

static inline bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* What a letter of two bytes at `p` folds to; 0 when it is none, or not as simple. */
static inline uint32_t fold_two(const char *p)
{
    unsigned char c = (unsigned char)p[0];
    uint32_t cp = (uint32_t)(c & 0x1F) << 6 | ((unsigned char)p[1] & 0x3F);

    return c >= 0xC3 && c <= 0xD4 && is_continuation((unsigned char)p[1]) && cp < FOLD_END
               ? fold_table[cp - FOLD_FIRST]
               : 0;
}

/* What an ASCII letter or digit folds to; 0 for everything else. */
static inline char fold_ascii(unsigned char c)
{
    unsigned char lower = c | 0x20;

    if (lower >= 'a' && lower <= 'z')
        return (char)lower;
    return c >= '0' && c <= '9' ? (char)c : 0;
}

void text_init(struct bw_text *text)
{
    memset(text, 0, sizeof *text);
    text->published = BW_TIME_NONE;
}

void text_clear(struct bw_text *text)
{
    free(text->tokens);
    free(text->sentences);
    free(text->folds);
    text_init(text);
}

/* Room for `more` bytes of folded text and the padding that word_hash() reads. */
static int reserve_folds(struct bw_text *text, size_t more)
{
    size_t need = text->folds_len + more + WORD_HASH_PADDING;
    char *old = text->folds, *grown;

    if (need <= text->folds_cap)
        return 0;
    grown = calloc(1, need + need / 2);
    if (grown == NULL)
        return -1;
    if (old != NULL)
        memcpy(grown, old, text->folds_len);
    for (uint32_t i = 0; i < text->n_tokens; i++)
        text->tokens[i].fold = grown + (text->tokens[i].fold - old);
    free(old);
    text->folds = grown;
    text->folds_cap = need + need / 2;
    return 0;
}

static int grow_tokens(struct bw_text *text)
{
    size_t cap = text->tokens_cap == 0 ? 256 : text->tokens_cap * 2;
    struct bw_token *grown = realloc(text->tokens, cap * sizeof *grown);

    if (grown == NULL)
        return -1;
    text->tokens = grown;
    text->tokens_cap = cap;
    return 0;
}

/* Kind of the character at `p`, and its length; BW_CHAR_OTHER of length 0 at the end. */
static enum bw_char peek(const char *p, const char *end, size_t *used)
{
    *used = 0;
    return p < end ? fold_classify(fold_decode(p, (size_t)(end - p), used)) : BW_CHAR_OTHER;
}

static bool starts_word(const char *p, const char *end)
{
    size_t used;

    if (p < end && (unsigned char)*p < 0x80)
        return fold_ascii((unsigned char)*p) != 0;
    if (end - p >= 2 && fold_two(p) != 0)
        return true;
    return peek(p, end, &used) == BW_CHAR_WORD;
}

static const char *skip_ignored(const char *p, const char *end)
{
    size_t used;
    enum bw_char kind;

    while ((kind = peek(p, end, &used)) == BW_CHAR_IGNORED || kind == BW_CHAR_MARK)
        p += used;
    return p;
}

/* Whether what stands at `p` belongs to the letter before it, or is one. */
static bool goes_on(const char *p, const char *end)
{
    size_t used;

    return peek(p, end, &used) == BW_CHAR_MARK || starts_word(skip_ignored(p, end), end);
}

/* Letters of [start, end), and how many of them are capitals. */
static size_t count_letters(const char *start, const char *end, size_t *upper)
{
    size_t letters = 0, used;

    *upper = 0;
    for (const char *p = start; p < end; p += used) {
        uint32_t cp = fold_decode(p, (size_t)(end - p), &used);

        letters += fold_classify(cp) == BW_CHAR_WORD && !(cp >= '0' && cp <= '9');
        *upper += fold_is_upper(cp);
    }
    return letters;
}

/* Two capitals or more and nothing else: an acronym, to which an ending is joined. */
static bool is_acronym(const char *start, const char *end)
{
    size_t upper, letters = count_letters(start, end, &upper);

    return letters >= 2 && upper == letters;
}

/* Whether the word at `p` is "s" alone, in whatever form it is written. */
static bool is_possessive(const char *p, const char *end)
{
    char fold[FOLD_WORD_ROOM];
    size_t used;

    if (p < end && (unsigned char)*p < 0x80)
        return (*p | 0x20) == 's' && !starts_word(p + 1, end);
    return peek(p, end, &used) == BW_CHAR_WORD && !starts_word(p + used, end) &&
           fold_word(p, used, fold) == 1 && fold[0] == 's';
}

static bool is_o_or_g(const char *start, const char *p)
{
    return p > start && strchr("oOgG", p[-1]) != NULL;
}

/*
 * Eight bytes at once: the number of ASCII letters and digits that they begin with, and in *folded
 * all eight with capitals made small. A byte's high bit tells in each step; none carries into the
 * next byte, for only bytes below 0x80 count.
 */
static inline unsigned fold_eight(uint64_t bytes, uint64_t *folded)
{
    const uint64_t ones = 0x0101010101010101ULL, high = 0x80 * ones;
    uint64_t low = bytes & ~high, small = low | 0x20 * ones;
    uint64_t letter = (small + (0x80 - 'a') * ones) & ~(small + (0x7F - 'z') * ones);
    uint64_t digit = (low + (0x80 - '0') * ones) & ~(low + (0x7F - '9') * ones);
    uint64_t other = ~((letter | digit) & ~bytes) & high;

    *folded = bytes | (letter & high) >> 2;
    return other == 0 ? 8 : (unsigned)__builtin_ctzll(other) / 8; /* the first is lowest */
}

/*
 * The same for four letters of two bytes from U+0400 to U+04FF, the first one highest: how many of
 * these `bytes` begin with, folded.
 */
static inline unsigned fold_four(uint64_t bytes, uint64_t *folded)
{
    const uint64_t ones = 0x0001000100010001ULL;
    uint64_t wrong = (bytes & 0xFCC0 * ones) ^ 0xD080 * ones;
    uint64_t index = (bytes & 0x0300 * ones) >> 2 | (bytes & 0x003F * ones);
    const uint16_t *table = fold_table + 0x400 - FOLD_FIRST;
    uint64_t points = (uint64_t)table[index >> 48] << 48 |
                      (uint64_t)table[index >> 32 & 0xFF] << 32 |
                      (uint64_t)table[index >> 16 & 0xFF] << 16 | table[index & 0xFF];
    /* A letter folds to one at or behind U+0400: bit 10 tells it from none. */
    uint64_t none = (~points >> 10 & ones) | wrong;

    *folded = (points >> 6 & 0x001F * ones) << 8 | (points & 0x003F * ones) | 0xC080 * ones;
    return none == 0 ? 4 : (unsigned)__builtin_clzll(none) / 16;
}

static inline uint64_t load_eight(const char *p)
{
    uint64_t bytes;

    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

static inline void store_eight(char *p, uint64_t bytes)
{
    memcpy(p, &bytes, sizeof bytes);
}

/* One letter, when it is simple; how many bytes it has, in both forms. */
static inline unsigned fold_one(const char *p, const char *limit, char *to)
{
    uint32_t fold;

    if ((unsigned char)*p < 0x80) {
        *to = fold_ascii((unsigned char)*p);
        return *to != 0;
    }
    fold = limit - p >= 2 ? fold_two(p) : 0;
    if (fold < 0x80)
        return 0;
    to[0] = (char)(0xC0 | fold >> 6);
    to[1] = (char)(0x80 | (fold & 0x3F));
    return 2;
}

/* Folds letters of one or two bytes up to `limit`; stops at the first one that is not simple. Up to
 * seven bytes behind what it writes are touched. */
static inline const char *scan_simple(const char *p, const char *limit, char **out,
                                      unsigned *scripts)
{
    char *to = *out;
    uint64_t folded;
    unsigned n;

    while (p < limit) {
        bool ascii = (unsigned char)*p < 0x80;

        if (limit - p >= 8 && ascii) {
            n = fold_eight(le64toh(load_eight(p)), &folded);
            store_eight(to, htole64(folded));
        } else if (limit - p >= 8 && ((unsigned char)*p & 0xFC) == 0xD0) {
            n = 2 * fold_four(be64toh(load_eight(p)), &folded);
            store_eight(to, htobe64(folded));
        } else {
            n = fold_one(p, limit, to);
        }
        if (n == 0)
            break;
        *scripts |= ascii || (unsigned char)*p < 0xD0 ? LATIN : CYRILLIC;
        to += n;
        p += n;
        if (n < 8 && p < limit && (unsigned char)*p < 0x80 && fold_ascii((unsigned char)*p) == 0)
            break;
    }
    *out = to;
    return p;
}

/* Whether "GA" of "BRICS’GA" stands at `next`, in a text all in capitals; not the "ZO" of "A’ZO".
 */
static bool is_capital_ending(const char *start, const char *p, const char *next, const char *end)
{
    char fold[64], *out = fold;
    size_t upper;
    unsigned scripts = 0;
    const char *limit = end - next > 24 ? next + 24 : end;
    const char *behind = scan_simple(next, limit, &out, &scripts);

    return count_letters(start, p, &upper) >= 3 && !is_o_or_g(start, p) && out - fold >= 2 &&
           !starts_word(behind, end) && suffix_is_ending(fold, (size_t)(out - fold));
}

/* Whether the apostrophe at `p`, in a word that began at `start`, is a letter of it: o‘, g‘, a’zo,
 * don't; not a quotation mark, nor what parts a suffix from its word. */
static bool is_letter_mark(const struct scan *scan, const char *start, const char *p)
{
    size_t used;
    uint32_t cp = fold_decode(p, (size_t)(scan->end - p), &used);
    const char *next = skip_ignored(p + used, scan->end);

    if (!starts_word(next, scan->end))
        return is_o_or_g(start, p) && (cp == 0x2BB || !scan->quoted);
    if (cp == 0x2BB && is_o_or_g(start, p))
        return true;
    if (is_possessive(next, scan->end))
        return false;
    return !is_acronym(start, p) || (fold_is_upper(fold_decode(next, 4, &used)) &&
                                     !is_capital_ending(start, p, next, scan->end));
}

/* Goes on where scan_simple() stopped, with marks, apostrophes and rare letters; the end of the
 * word. `thorough` tells that fold_word() has to fold it. */
static const char *scan_rest(const struct scan *scan, const char *start, const char *p,
                             const char *limit, char **out, unsigned *scripts, bool *thorough)
{
    for (;;) {
        size_t used;
        enum bw_char kind = peek(p, limit, &used);

        if (kind == BW_CHAR_APOSTROPHE) {
            if (!is_letter_mark(scan, start, p))
                return p;
            *(*out)++ = '\'';
        } else if (kind == BW_CHAR_IGNORED) {
            if (!starts_word(skip_ignored(p, limit), limit))
                return p;
        } else if (kind == BW_CHAR_WORD || kind == BW_CHAR_MARK) {
            *thorough = true;
        } else {
            return p;
        }
        p = scan_simple(p + used, limit, out, scripts);
    }
}

/* The end of an acronym with full stops, "E.A.E.U.", that begins at `start`; NULL when it is none.
 * Its letters are capitals and there are at least two of them. */
static const char *find_dotted_end(const char *start, const char *end)
{
    const char *p = start, *after = NULL;
    size_t letters = 0, used;

    while (p < end) {
        uint32_t cp = fold_decode(p, (size_t)(end - p), &used);

        if (!fold_is_upper(cp) || p + used >= end || p[used] != '.')
            break;
        p += used + 1;
        after = p;
        letters++;
    }
    if (letters < 1 || after == NULL)
        return NULL;
    if (p < end && fold_is_upper(fold_decode(p, (size_t)(end - p), &used)) &&
        !goes_on(p + used, end)) {
        after = p + used; /* the last full stop may be missing: "U.S" */
        letters++;
    }
    return letters < 2 || goes_on(after, end) ? NULL : after;
}

/* `hash` is that of the folded bytes, which stand at the end of text->folds. */
static inline int add_hashed_token(struct scan *scan, const char *start, size_t len,
                                   size_t fold_len, uint32_t hash, uint16_t flags)
{
    struct bw_text *text = scan->text;
    struct bw_token *token;

    if (text->n_tokens == text->tokens_cap && grow_tokens(text) != 0)
        return -1;
    token = &text->tokens[text->n_tokens++];
    token->fold = text->folds + text->folds_len;
    token->start = (uint32_t)(start - scan->base);
    token->len = (uint32_t)len;
    token->hash = hash;
    token->fold_len = (uint16_t)fold_len;
    token->flags = flags;
    token->field = scan->field;
    token->pos = text->n_words;
    text->n_words += (flags & BW_TOKEN_SUFFIX) == 0;
    text->folds_len += fold_len;
    return 0;
}

static int add_token(struct scan *scan, const char *start, const char *end, size_t fold_len,
                     uint16_t flags)
{
    const char *fold = scan->text->folds + scan->text->folds_len;

    if (fold_len == 0)
        return 0;
    return add_hashed_token(scan, start, (size_t)(end - start), fold_len, word_hash(fold, fold_len),
                            scan->joined | flags);
}

/* The thorough way; the word is at most FOLD_WORD_LIMIT bytes. */
static int add_folded(struct scan *scan, const char *start, const char *end, uint16_t flags)
{
    if (reserve_folds(scan->text, FOLD_WORD_ROOM + (size_t)(scan->end - end)) != 0)
        return -1;
    return add_token(
        scan, start, end,
        fold_word(start, (size_t)(end - start), scan->text->folds + scan->text->folds_len), flags);
}

/* Where a word that begins at `start` ends at the latest, between two characters. */
static inline const char *word_limit(const struct scan *scan, const char *start)
{
    const char *limit = scan->end;

    if (limit - start > FOLD_WORD_LIMIT) {
        limit = start + FOLD_WORD_LIMIT;
        while (is_continuation((unsigned char)*limit))
            limit--;
    }
    return limit;
}

/* Goes on with a word of which scan_simple() has folded [start, p) up to `out`; *end is behind it.
 */
static int scan_hard_word(struct scan *scan, const char *start, const char *p, char *out,
                          unsigned scripts, const char **end)
{
    const char *limit = word_limit(scan, start), *dotted;
    char *first = scan->text->folds + scan->text->folds_len;
    bool thorough = false;

    if (p < limit && ((unsigned char)*p >= 0x80 || *p == '\'' || *p == '`'))
        p = scan_rest(scan, start, p, limit, &out, &scripts, &thorough);
    else if (p < limit && *p == '.' && p - start <= 4 &&
             (dotted = find_dotted_end(start, limit)) != NULL) {
        *end = dotted;
        return add_folded(scan, start, dotted, BW_TOKEN_DOTTED);
    }
    *end = p;
    if (thorough || scripts == (LATIN | CYRILLIC))
        return add_folded(scan, start, p, 0);
    return add_token(scan, start, p, (size_t)(out - first), 0);
}

/* Whether the word at `next`, after a hyphen behind the last token, is an ending. */
static bool is_hyphen_suffix(const struct scan *scan, const char *start, const char *end,
                             const char *next)
{
    char fold[FOLD_WORD_LIMIT], *out = fold;
    size_t upper, letters = count_letters(start, end, &upper), used;
    unsigned scripts = 0;
    const char *limit = scan->end - next > 32 ? next + 32 : scan->end;
    const char *p = scan_simple(next, limit, &out, &scripts);

    if (letters != upper || (letters == 1 && end - start > 2))
        return false;
    if (peek(p, scan->end, &used) == BW_CHAR_WORD || fold_is_upper(fold_decode(next, 4, &used)))
        return false;
    return suffix_is_ending(fold, (size_t)(out - fold));
}

/* ASCII that is no letter and joins none. */
static inline bool is_plain_gap(unsigned char c)
{
    return c == ' ' || (c < 0x80 && c != '\'' && c != '`' && c != '-' && fold_ascii(c) == 0);
}

/* What stands behind the token [start, end): sets `joined` for the next word, and `quoted`. Returns
 * where to go on. */
static const char *scan_joint(struct scan *scan, const char *start, const char *end)
{
    size_t used;
    enum bw_char kind;
    const char *next;

    scan->joined = 0;
    if (end == scan->end || is_plain_gap((unsigned char)*end))
        return end;
    if (starts_word(end, scan->end)) { /* cut at the limit */
        scan->joined = BW_TOKEN_JOINED;
        return end;
    }
    kind = peek(end, scan->end, &used);
    next = skip_ignored(end + used, scan->end);
    if (kind == BW_CHAR_APOSTROPHE) {
        if (!starts_word(next, scan->end)) {
            scan->quoted = false;
            return end + used;
        }
        scan->joined = BW_TOKEN_JOINED | BW_TOKEN_SUFFIX;
        return next;
    }
    if (kind == BW_CHAR_HYPHEN && starts_word(next, scan->end)) {
        scan->joined = BW_TOKEN_JOINED;
        if (is_hyphen_suffix(scan, start, end, next))
            scan->joined |= BW_TOKEN_SUFFIX;
        return next;
    }
    return end;
}

/* Steps over one character that begins no word. */
static const char *scan_between(struct scan *scan, const char *p)
{
    size_t used = 1;

    if (is_plain_gap((unsigned char)*p) && *p != '\n')
        return p + 1;
    if (peek(p, scan->end, &used) == BW_CHAR_APOSTROPHE)
        scan->quoted = starts_word(p + used, scan->end);
    else if (*p == '\n')
        scan->quoted = false;
    return p + used;
}

/* Folds eight bytes of one script in registers, lowest byte first; how many of them are letters. */
static inline unsigned fold_block(const char *p, bool ascii, uint64_t *folded)
{
    unsigned n;

    if (ascii)
        return fold_eight(le64toh(load_eight(p)), folded);
    n = 2 * fold_four(be64toh(load_eight(p)), folded);
    *folded = le64toh(htobe64(*folded));
    return n;
}

/* The lowest n of eight bytes; n from 1 to 8. */
static inline uint64_t keep_bytes(uint64_t bytes, unsigned n)
{
    return bytes & ~0ULL >> (64 - 8 * n);
}

/*
 * The usual case, in registers: a word of one script and up to sixteen bytes with a space behind
 * it. Its length; 0 when it is not the usual case, SIZE_MAX when out of memory.
 */
static inline size_t scan_short(struct scan *scan, const char *p)
{
    char *out = scan->text->folds + scan->text->folds_len;
    bool ascii = (unsigned char)*p < 0x80;
    uint64_t folded, hash;
    unsigned n, more;

    if (scan->end - p < 17 || (!ascii && ((unsigned char)*p & 0xFC) != 0xD0))
        return 0;
    n = fold_block(p, ascii, &folded);
    if (n == 0)
        return 0;
    store_eight(out, htole64(folded));
    if (n < 8 || p[8] == ' ') {
        hash = word_mix(n, keep_bytes(folded, n));
    } else {
        uint64_t first = folded;

        more = fold_block(p + 8, ascii, &folded);
        if (more == 0)
            return 0;
        n += more;
        store_eight(out + 8, htole64(folded));
        hash = word_mix(word_mix(n, first), keep_bytes(folded, more));
    }
    if (p[n] != ' ')
        return 0;
    if (add_hashed_token(scan, p, n, n, word_finish(hash), 0) != 0)
        return SIZE_MAX;
    return n;
}

static int scan_field(struct scan *scan)
{
    const char *p = scan->base, *end;

    if (reserve_folds(scan->text, (size_t)(scan->end - scan->base)) != 0)
        return -1;
    while (p < scan->end) {
        char *first = scan->text->folds + scan->text->folds_len, *out = first;
        unsigned scripts = 0;
        size_t n = scan->joined == 0 ? scan_short(scan, p) : 0;

        if (n == SIZE_MAX)
            return -1;
        if (n > 0) {
            p += n + 1;
            continue;
        }
        if (is_plain_gap((unsigned char)*p) && *p != '\n') {
            p++;
            continue;
        }
        end = scan_simple(p, word_limit(scan, p), &out, &scripts);
        if (end == p && !starts_word(p, scan->end)) {
            p = scan_between(scan, p);
            continue;
        }
        if (scan_hard_word(scan, p, end, out, scripts, &end) != 0)
            return -1;
        p = scan_joint(scan, p, end);
    }
    return 0;
}

/* The length that is read: whole characters up to the limit. */
static size_t limit_length(const char *string, size_t len)
{
    if (len <= BW_TEXT_LIMIT)
        return len;
    for (len = BW_TEXT_LIMIT; len > 0 && is_continuation((unsigned char)string[len]); len--)
        continue;
    return len;
}

static void reset(struct bw_text *text)
{
    memset(text->field, 0, sizeof text->field);
    memset(text->field_len, 0, sizeof text->field_len);
    text->lang = NULL;
    text->published = BW_TIME_NONE;
    text->n_tokens = text->n_words = text->n_sentences = 0;
    text->folds_len = 0;
    text->annotated = text->words_ready = false;
}

static int add_field(struct bw_text *text, enum bw_field field, const char *string, size_t len)
{
    struct scan scan = {.text = text, .base = string, .field = field};

    len = limit_length(string, len);
    scan.end = string + len;
    text->field[field] = string;
    text->field_len[field] = (uint32_t)len;
    return scan_field(&scan);
}

int text_build(struct bw_text *text, const struct bw_item *item)
{
    const char *fields[BW_TEXT_FIELDS] = {item->title, item->summary, item->content};

    reset(text);
    text->lang = item->lang;
    text->published = item->published;
    for (int i = 0; i < BW_TEXT_FIELDS; i++) {
        if (fields[i] != NULL &&
            add_field(text, (enum bw_field)i, fields[i], strlen(fields[i])) != 0)
            return -1;
    }
    return 0;
}

int text_build_string(struct bw_text *text, enum bw_field field, const char *string, size_t len)
{
    reset(text);
    return add_field(text, field, string, len);
}

void text_list_words(struct bw_text *text)
{
    memset(text->words, 0, sizeof text->words);
    for (uint32_t i = 0; i < text->n_tokens; i++) {
        uint32_t hash = text->tokens[i].hash;

        text->words[hash >> 6 & (BW_WORD_BITS / 64 - 1)] |= 1ULL << (hash & 63);
    }
    text->words_ready = true;
}

bool text_speaks(const char *declared, const char *lang)
{
    size_t len = declared != NULL ? strcspn(declared, "-_") : 0;

    return len == 0 || lang == NULL || strcmp(lang, "any") == 0 ||
           (strlen(lang) == len && strncasecmp(declared, lang, len) == 0);
}

bool token_is(const struct bw_token *token, const char *word)
{
    size_t len = strlen(word);

    return token->fold_len == len && memcmp(token->fold, word, len) == 0;
}

bool token_starts(const struct bw_token *token, const char *prefix)
{
    size_t len = strlen(prefix);

    return token->fold_len >= len && memcmp(token->fold, prefix, len) == 0;
}
