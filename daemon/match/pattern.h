/*
 * A pattern: one word, one prefix or one phrase, folded as text is, and where it stands in a text.
 * Lexicon terms and words of queries are patterns; equal ones are one.
 *
 * In a phrase each element stands on the next word. SUFFIX words of the text are stepped over; an
 * element that the pattern itself joins to the one before ("БРИКС-ке") stands on the very next
 * word, a suffix or not. No pattern goes from one field into another.
 */
#ifndef BLOCWATCH_MATCH_PATTERN_H
#define BLOCWATCH_MATCH_PATTERN_H

#include "text.h"

enum bw_element_kind { BW_ELEMENT_WORD, BW_ELEMENT_PREFIX, BW_ELEMENT_ANY };

struct bw_element {
    const char *fold; /* WORD_HASH_PADDING bytes stand behind it */
    uint32_t hash, uses;
    uint16_t len;
    uint8_t kind;
    bool joined;
    uint8_t letters; /* of a cased pattern: how many are compared, at most 64 */
    uint64_t upper;  /* bit i: the i-th of them is a capital */
};

struct bw_pattern {
    struct bw_element *elements;
    uint16_t n;
    uint16_t key; /* the rarest element */
    bool cased;
    uint32_t uses; /* how many words of queries it is */
    float cost;    /* of the key: how often it is expected */
};

enum { BW_PATTERN_WORDS = 64 };

/* What is wrong with a pattern's text; `at` is a byte offset into it. */
struct bw_pattern_fault {
    const char *text; /* constant; NULL when out of memory */
    size_t at;
};

/*
 * Reads `word`, `prefix*` or words with spaces between them, into `arena`. `scratch` is any text,
 * overwritten. -1 with `fault` filled.
 */
int pattern_parse(const char *text, size_t len, bool cased, struct bw_text *scratch,
                  struct bw_arena *arena, struct bw_pattern *out, struct bw_pattern_fault *fault);
/* Whether it stands at token `first`; *last is its last token then. */
bool pattern_match_at(const struct bw_pattern *pattern, const struct bw_text *text, uint32_t first,
                      uint32_t *last);
/* The same, asked from the token that its key element stands on: from *first on, the next place in
 * the text where the key stands on `token`. */
bool pattern_match_around(const struct bw_pattern *pattern, const struct bw_text *text,
                          uint32_t token, uint32_t *first, uint32_t *last);
/* The lowest `first` for which the key may stand on `token`. */
uint32_t pattern_earliest(const struct bw_pattern *pattern, const struct bw_text *text,
                          uint32_t token);
/* Whether it is one letter and a *. */
bool pattern_is_wide(const struct bw_pattern *pattern);
/* Bytes that are equal for equal patterns only. */
int pattern_write_key(const struct bw_pattern *pattern, struct bw_buf *out);
/* Picks the key element by the elements' kinds, lengths and `uses`. */
void pattern_choose_key(struct bw_pattern *pattern);

#endif
