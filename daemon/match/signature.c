/* The story signature: MinHash over an item's folded words. Owns nothing. */
#include "matcher.h"

enum { RECENT = 256 };

/* The i-th number of splitmix64, from which the hash functions are made. */
static uint64_t constant(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15ULL;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
}

/* Each function is one to one: the words with the least values are a random sample. */
static void add_word(uint32_t word, const uint32_t *flip, const uint32_t *factor,
                     uint32_t *signature)
{
    for (int i = 0; i < BW_SIGNATURE_SIZE; i++) {
        uint32_t value = (word ^ flip[i]) * factor[i];

        signature[i] = value < signature[i] ? value : signature[i];
    }
}

void signature_compute(const struct bw_text *text, uint32_t signature[BW_SIGNATURE_SIZE])
{
    uint32_t flip[BW_SIGNATURE_SIZE], factor[BW_SIGNATURE_SIZE], recent[RECENT] = {0};

    for (uint64_t i = 0; i < BW_SIGNATURE_SIZE; i++) {
        flip[i] = (uint32_t)constant(i);
        factor[i] = (uint32_t)(constant(i) >> 32) | 1;
        signature[i] = UINT32_MAX;
    }
    for (uint32_t t = 0; t < text->n_tokens; t++) {
        uint32_t word = text->tokens[t].hash;

        if ((text->tokens[t].flags & BW_TOKEN_SUFFIX) || recent[word % RECENT] == word)
            continue;
        recent[word % RECENT] = word;
        add_word(word, flip, factor, signature);
    }
}
