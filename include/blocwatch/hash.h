/* Hashes for identities and tables: XXH3 by xxhash. Not for secrets. */
#ifndef BLOCWATCH_HASH_H
#define BLOCWATCH_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_64(const void *data, size_t len);
uint64_t hash_text(const char *text); /* NULL hashes as "" */

#define BW_KEY_TEXT 33 /* 128 bits as hex, with its NUL */
/* 128 bits of `data` as 32 lower-case hex digits. */
void hash_key(const void *data, size_t len, char key[BW_KEY_TEXT]);

#endif
