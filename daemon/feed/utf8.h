/* UTF-8 as it comes from outside: checked, cleaned, cut, written. */
#ifndef FEED_UTF8_H
#define FEED_UTF8_H

#include "blocwatch/buf.h"

#include <stddef.h>
#include <stdint.h>

/* The offset of the first byte that may not stand in XML 1.0 (broken UTF-8, control characters,
 * U+FFFE, U+FFFF); `len` when all is well. `multi` (may be NULL): characters beyond ASCII. */
size_t utf8_check(const char *text, size_t len, size_t *multi);

/* Appends `text` with control characters dropped and broken sequences as U+FFFD. */
int utf8_clean(const char *text, size_t len, struct bw_buf *out);

size_t utf8_put(uint32_t cp, char *out); /* 1 to 4 bytes; U+FFFD for what is no character */

/* The largest length up to `max` that does not split a character. */
size_t utf8_cut(const char *text, size_t len, size_t max);

#endif
