/* Words, prefixes and phrases: reading them, and verifying that they stand in a text. Owns nothing.
 */
#include "pattern.h"

#include "fold.h"
#include "wordhash.h"

#include <string.h>

static int fail(struct bw_pattern_fault *fault, const char *text, size_t at)
{
    fault->text = text;
    fault->at = at;
    return -1;
}

/* Which of the first 64 letters are capitals. */
static uint64_t read_case(const char *text, size_t len, unsigned most, unsigned *letters)
{
    uint64_t upper = 0;
    size_t used;

    *letters = 0;
    for (size_t at = 0; at < len && *letters < most; at += used) {
        uint32_t cp = fold_decode(text + at, len - at, &used);

        if (fold_classify(cp) == BW_CHAR_WORD)
            upper |= (uint64_t)fold_is_upper(cp) << (*letters)++;
    }
    return upper;
}

static int add_element(struct bw_pattern *out, const struct bw_text *text, uint32_t index,
                       struct bw_arena *arena)
{
    const struct bw_token *token = &text->tokens[index];
    struct bw_element *element = &out->elements[out->n++];
    char *fold = arena_alloc(arena, (size_t)token->fold_len + WORD_HASH_PADDING);
    unsigned letters;

    if (fold == NULL)
        return -1;
    memcpy(fold, token->fold, token->fold_len);
    element->fold = fold;
    element->len = token->fold_len;
    element->hash = token->hash;
    element->kind = BW_ELEMENT_WORD;
    element->joined = (token->flags & BW_TOKEN_JOINED) != 0 && out->n > 1;
    if (out->cased) {
        element->upper =
            read_case(text->field[token->field] + token->start, token->len, 64, &letters);
        element->letters = (uint8_t)letters;
    }
    return 0;
}

/* One run of non-spaces, at `at` in the pattern's text. */
static int parse_chunk(const char *chunk, size_t len, size_t at, struct bw_text *scratch,
                       struct bw_arena *arena, struct bw_pattern *out,
                       struct bw_pattern_fault *fault)
{
    const char *star = memchr(chunk, '*', len);

    if (star != NULL && star != chunk + len - 1)
        return fail(fault, "a * may stand at the end of a word or alone",
                    at + (size_t)(star - chunk));
    if (star == chunk) {
        out->elements[out->n++].kind = BW_ELEMENT_ANY;
        return 0;
    }
    if (text_build_string(scratch, BW_FIELD_TITLE, chunk, star != NULL ? len - 1 : len) != 0)
        return fail(fault, NULL, 0);
    if (scratch->n_tokens + out->n > BW_PATTERN_WORDS)
        return fail(fault, "a phrase has at most 64 words", at);
    if (star != NULL && scratch->n_tokens == 0)
        return fail(fault, "a letter or digit was expected before *", at);
    for (uint32_t i = 0; i < scratch->n_tokens; i++) {
        if (add_element(out, scratch, i, arena) != 0)
            return fail(fault, NULL, 0);
    }
    if (star != NULL)
        out->elements[out->n - 1].kind = BW_ELEMENT_PREFIX;
    return 0;
}

static bool is_space(const char *text, size_t len, size_t at, size_t *used)
{
    uint32_t cp = fold_decode(text + at, len - at, used);

    return cp <= ' ' || cp == 0xA0 || cp == 0x202F;
}

static int check_elements(const struct bw_pattern *pattern, struct bw_pattern_fault *fault)
{
    for (uint16_t i = 0; i < pattern->n; i++) {
        if (pattern->elements[i].kind != BW_ELEMENT_ANY)
            return 0;
    }
    return fail(fault, "holds no letter or digit to look for", 0);
}

static int parse_chunks(const char *text, size_t len, struct bw_text *scratch,
                        struct bw_arena *arena, struct bw_pattern *out,
                        struct bw_pattern_fault *fault)
{
    size_t at = 0, used;

    while (at < len) {
        size_t start = at;

        while (at < len && !is_space(text, len, at, &used))
            at += used;
        if (at > start && out->n == BW_PATTERN_WORDS)
            return fail(fault, "a phrase has at most 64 words", start);
        if (at > start &&
            parse_chunk(text + start, at - start, start, scratch, arena, out, fault) != 0)
            return -1;
        while (at < len && is_space(text, len, at, &used))
            at += used;
    }
    return check_elements(out, fault);
}

int pattern_parse(const char *text, size_t len, bool cased, struct bw_text *scratch,
                  struct bw_arena *arena, struct bw_pattern *out, struct bw_pattern_fault *fault)
{
    struct bw_element elements[BW_PATTERN_WORDS] = {0};
    struct bw_pattern pattern = {.elements = elements, .cased = cased};

    if (parse_chunks(text, len, scratch, arena, &pattern, fault) != 0)
        return -1;
    pattern.elements = arena_calloc(arena, pattern.n, sizeof *elements);
    if (pattern.elements == NULL)
        return fail(fault, NULL, 0);
    memcpy(pattern.elements, elements, pattern.n * sizeof *elements);
    *out = pattern;
    return 0;
}

static bool case_agrees(const struct bw_element *element, const struct bw_text *text,
                        const struct bw_token *token)
{
    unsigned letters;
    uint64_t upper =
        read_case(text->field[token->field] + token->start, token->len, element->letters, &letters);

    return letters == element->letters && upper == element->upper;
}

static bool element_is(const struct bw_pattern *pattern, const struct bw_element *element,
                       const struct bw_text *text, const struct bw_token *token)
{
    if ((token->flags & BW_TOKEN_SUFFIX) && !element->joined)
        return false;
    if (element->kind == BW_ELEMENT_ANY)
        return true;
    if (token->fold_len < element->len)
        return false;
    if (element->kind == BW_ELEMENT_WORD &&
        (token->hash != element->hash || token->fold_len != element->len))
        return false;
    return memcmp(token->fold, element->fold, element->len) == 0 &&
           (!pattern->cased || case_agrees(element, text, token));
}

/* The token on which `element` has to stand when the one before it stands on `token`; n_tokens when
 * there is none. */
static uint32_t step(const struct bw_text *text, uint32_t token, const struct bw_element *element)
{
    uint32_t next = token + 1;

    while (!element->joined && next < text->n_tokens &&
           (text->tokens[next].flags & BW_TOKEN_SUFFIX))
        next++;
    if (next < text->n_tokens && text->tokens[next].field != text->tokens[token].field)
        return text->n_tokens;
    return next;
}

/* *key is the token on which the key element stands. */
static bool match_from(const struct bw_pattern *pattern, const struct bw_text *text, uint32_t first,
                       uint32_t *key, uint32_t *last)
{
    uint32_t token = first;

    for (uint16_t i = 0; i < pattern->n; i++) {
        const struct bw_element *element = &pattern->elements[i];

        if (i > 0)
            token = step(text, token, element);
        if (token >= text->n_tokens || !element_is(pattern, element, text, &text->tokens[token]))
            return false;
        if (i == pattern->key)
            *key = token;
    }
    *last = token;
    return true;
}

bool pattern_match_at(const struct bw_pattern *pattern, const struct bw_text *text, uint32_t first,
                      uint32_t *last)
{
    uint32_t key;

    return match_from(pattern, text, first, &key, last);
}

uint32_t pattern_earliest(const struct bw_pattern *pattern, const struct bw_text *text,
                          uint32_t token)
{
    uint32_t first = token;

    for (uint16_t words = 0; first > 0 && words < pattern->key; first--)
        words += (text->tokens[first - 1].flags & BW_TOKEN_SUFFIX) == 0;
    return first;
}

bool pattern_match_around(const struct bw_pattern *pattern, const struct bw_text *text,
                          uint32_t token, uint32_t *first, uint32_t *last)
{
    uint32_t key = 0;

    for (; *first <= token; ++*first) {
        if (match_from(pattern, text, *first, &key, last) && key == token)
            return true;
    }
    return false;
}

int pattern_write_key(const struct bw_pattern *pattern, struct bw_buf *out)
{
    buf_putc(out, (char)pattern->cased);
    for (uint16_t i = 0; i < pattern->n; i++) {
        const struct bw_element *element = &pattern->elements[i];

        buf_putc(out, (char)(element->kind | element->joined << 2));
        buf_append(out, &element->len, sizeof element->len);
        buf_append(out, element->fold != NULL ? element->fold : "", element->len);
        if (pattern->cased)
            buf_append(out, &element->upper, sizeof element->upper);
    }
    return out->failed ? -1 : 0;
}

static size_t count_letters(const struct bw_element *element)
{
    size_t letters = 0;

    for (uint16_t i = 0; i < element->len; i++)
        letters += ((unsigned char)element->fold[i] & 0xC0) != 0x80;
    return letters;
}

bool pattern_is_wide(const struct bw_pattern *pattern)
{
    return pattern->n == 1 && pattern->elements[0].kind == BW_ELEMENT_PREFIX &&
           count_letters(&pattern->elements[0]) < 2;
}

/* How often a word like this is expected in an item: the shorter the more, a prefix the more, and
 * what many rules ask for is often in the news. */
static float guess_frequency(const struct bw_element *element)
{
    static const float by_letters[] = {900, 400, 200, 80, 30, 16, 10, 7, 5, 4, 3, 2};
    size_t letters = count_letters(element), most = sizeof by_letters / sizeof by_letters[0] - 1;

    return by_letters[letters < most ? letters : most] *
           (element->kind == BW_ELEMENT_PREFIX ? 4.0f : 1.0f) * (1.0f + (float)element->uses);
}

void pattern_choose_key(struct bw_pattern *pattern)
{
    bool found = false;

    for (uint16_t i = 0; i < pattern->n; i++) {
        float cost;

        if (pattern->elements[i].kind == BW_ELEMENT_ANY)
            continue;
        cost = guess_frequency(&pattern->elements[i]);
        if (!found || cost < pattern->cost) {
            pattern->key = i;
            pattern->cost = cost;
        }
        found = true;
    }
}
