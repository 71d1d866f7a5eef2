/* XXH3, for identities that must be the same on every machine. Owns nothing. */
#include "blocwatch/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

uint64_t hash_64(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

uint64_t hash_text(const char *text)
{
    return text == NULL ? hash_64("", 0) : hash_64(text, strlen(text));
}

void hash_key(const void *data, size_t len, char key[BW_KEY_TEXT])
{
    XXH128_hash_t hash = XXH3_128bits(data, len);

    snprintf(key, BW_KEY_TEXT, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
}
