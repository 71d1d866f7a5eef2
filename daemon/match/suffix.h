/* Which words after a hyphen are grammatical endings: "БРИКС-ке", "BRICS-ga", not "EU-led". */
#ifndef BLOCWATCH_MATCH_SUFFIX_H
#define BLOCWATCH_MATCH_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>

/* `word` is folded. */
bool suffix_is_ending(const char *word, size_t len);

#endif
