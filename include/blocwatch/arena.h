/*
 * An arena: many small allocations, freed together. One per document, so that no field of an item
 * is ever freed alone. A limit bounds what a hostile document can make us hold.
 */
#ifndef BLOCWATCH_ARENA_H
#define BLOCWATCH_ARENA_H

#include <stddef.h>

struct bw_arena;

/* `limit` in bytes, 0 for none. Returns owned, NULL when out of memory. */
struct bw_arena *arena_new(size_t limit);
void arena_free(struct bw_arena *arena); /* NULL is fine */

/* Zeroed memory aligned for any type; NULL when out of memory or over the limit. */
void *arena_alloc(struct bw_arena *arena, size_t size);
/* `count * size` bytes, checked for overflow; zeroed. */
void *arena_calloc(struct bw_arena *arena, size_t count, size_t size);
/* A copy of `len` bytes with a NUL behind it; arena_strdup() maps NULL to NULL. */
char *arena_strndup(struct bw_arena *arena, const char *text, size_t len);
char *arena_strdup(struct bw_arena *arena, const char *text);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct bw_arena *arena, const char *format,
                                                         ...);

size_t arena_used(const struct bw_arena *arena); /* bytes handed out so far */

#endif
