/* Character references of HTML. */
#ifndef FEED_ENTITY_H
#define FEED_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* The code point that the `len` bytes of `name` (without & and ;) stand for; 0 when unknown. */
uint32_t entity_find(const char *name, size_t len);

/*
 * Reads the reference at `text` (which begins with '&'), as forgiving as browsers are: the
 * semicolon may be missing behind numbers and behind the old Latin-1 names, and the numbers 128 to
 * 159 mean windows-1252. Returns its length and sets *cp; 0 when it is none.
 */
size_t entity_read(const char *text, size_t len, uint32_t *cp);

/* The character that windows-1252 has at 0x80..0x9F. */
uint32_t entity_from_c1(uint32_t cp);

#endif
