/* The story signature: MinHash over an item's folded words. Owns nothing. */
#include "matcher.h"

/* The i-th number of splitmix64, from which the hash functions are made. */
static uint64_t constant(uint64_t i)
{
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15ULL;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
}

void signature_compute(const struct bw_text *text, uint32_t signature[BW_SIGNATURE_SIZE])
{
    uint64_t factor[BW_SIGNATURE_SIZE], offset[BW_SIGNATURE_SIZE];

    for (uint64_t i = 0; i < BW_SIGNATURE_SIZE; i++) {
        factor[i] = constant(2 * i) | 1;
        offset[i] = constant(2 * i + 1);
        signature[i] = UINT32_MAX;
    }
    for (uint32_t t = 0; t < text->n_tokens; t++) {
        if (text->tokens[t].flags & BW_TOKEN_SUFFIX)
            continue;
        for (int i = 0; i < BW_SIGNATURE_SIZE; i++) {
            uint32_t value = (uint32_t)((text->tokens[t].hash * factor[i] + offset[i]) >> 32);

            if (value < signature[i])
                signature[i] = value;
        }
    }
}
