/* The hash of a folded word. Reads up to seven bytes behind the word, hence the padding. */
#ifndef BLOCWATCH_MATCH_WORDHASH_H
#define BLOCWATCH_MATCH_WORDHASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD_HASH_PADDING = 8 };

static inline uint64_t word_load(const char *word, size_t len)
{
    uint64_t bytes;

    memcpy(&bytes, word, sizeof bytes);
    bytes = le64toh(bytes);
    return len >= 8 ? bytes : bytes & ((1ULL << (len * 8)) - 1);
}

static inline uint64_t word_mix(uint64_t hash, uint64_t bytes)
{
    hash = (hash ^ bytes) * 0x9E3779B97F4A7C15ULL;
    return hash ^ hash >> 32;
}

static inline uint32_t word_finish(uint64_t hash)
{
    return (uint32_t)(hash ^ hash >> 15);
}

/* `word` has WORD_HASH_PADDING readable bytes behind it. */
static inline uint32_t word_hash(const char *word, size_t len)
{
    uint64_t hash = len;

    for (; len > 8; word += 8, len -= 8)
        hash = word_mix(hash, word_load(word, 8));
    hash = word_mix(hash, word_load(word, len));
    return word_finish(hash);
}

#endif
