/* XXH3, for identities that must be the same on every machine. Owns nothing. */
#include "blocwatch/hash.h"

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

static void put_hex(uint64_t value, char *out)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
}

/* Three of these for each item of a document: printf() would take most of the time. */
void hash_key(const void *data, size_t len, char key[BW_KEY_TEXT])
{
    XXH128_hash_t hash = XXH3_128bits(data, len);

    put_hex(hash.high64, key);
    put_hex(hash.low64, key + 16);
    key[BW_KEY_TEXT - 1] = '\0';
}
