/*
 * The index over patterns: one pass over a text's words finds those that stand in it. Words are
 * looked up by hash; prefixes by the hash of as many first bytes as one of a few classes has;
 * a small bit table in front of each keeps most words from touching the large ones.
 */
#ifndef BLOCWATCH_MATCH_INDEX_H
#define BLOCWATCH_MATCH_INDEX_H

#include "pattern.h"

struct bw_pattern_hit {
    uint32_t pattern, first, last;
};

struct bw_pattern_hits { /* zeroed to begin with; memory is kept */
    struct bw_pattern_hit *list;
    size_t n, cap;
};

struct bw_slot {
    uint32_t hash, entry; /* entry + 1, or BW_SLOT_PATTERN and a pattern; 0: free */
    uint32_t need;        /* unless 0: a text without a word of this hash cannot hold a pattern */
};

enum { BW_SLOT_PATTERN = 1 << 30 };

struct bw_lookup {
    uint64_t *bits; /* the small table */
    uint32_t bits_shift;
    struct bw_slot *slots;
    uint32_t slots_mask;
};

/* Patterns with the same key word or prefix: uses[first_use, first_use + n_uses). */
struct bw_index_entry {
    const char *fold;
    uint16_t len, key_len; /* key_len: bytes that are hashed */
    uint32_t hash, first_use, n_uses;
    uint32_t next; /* prefixes: the entry + 1 with the same hashed bytes */
};

struct bw_index {
    const struct bw_pattern *patterns; /* borrowed */
    struct bw_lookup words, prefixes;
    struct bw_index_entry *entries;
    uint32_t n_entries;
    uint32_t *uses;
    uint8_t *starts; /* by the hash of the first two bytes: classes of prefixes that begin so */
    uint64_t *heads; /* by the hash of the first six: a bit when a prefix as long begins so */
    uint32_t heads_shift;
};

/*
 * Enters patterns[which[0..n)], whose keys have been chosen, each listed once. With `needs` it is a
 * filter, which may find what is not there: by pattern, the hash of a word without which the
 * pattern is of no interest, or 0; and words are told apart by their hashes alone. -1 out of
 * memory.
 */
int index_init(struct bw_index *index, const struct bw_pattern *patterns, const uint32_t *which,
               size_t n, const uint32_t *needs);
void index_clear(struct bw_index *index);
/* Appends all places of all patterns, by the token that their key stands on. -1 out of memory. */
int index_scan(const struct bw_index *index, struct bw_text *text, struct bw_pattern_hits *out);
void pattern_hits_clear(struct bw_pattern_hits *hits);

#endif
