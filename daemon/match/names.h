/* Strings to numbers, while rules are compiled; and the name that somebody may have meant. */
#ifndef BLOCWATCH_MATCH_NAMES_H
#define BLOCWATCH_MATCH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bw_name;

struct bw_names { /* zeroed to begin with */
    struct bw_name *head;
};

/* `key` is borrowed until names_clear(). 0; 1 when it was there (*value is what it has then, and
 * nothing changes); -1 when out of memory. */
int names_put(struct bw_names *names, const void *key, size_t len, uint32_t *value);
bool names_get(const struct bw_names *names, const void *key, size_t len, uint32_t *value);
void names_clear(struct bw_names *names);

/* Changes of one byte, or swaps of two, that make `b` of `a`; case does not count. At most 99. */
unsigned name_distance(const char *a, size_t a_len, const char *b, size_t b_len);
/* Whether `b` is near enough to be suggested for `a`; lowers *best to its distance. */
bool name_is_nearer(const char *a, size_t a_len, const char *b, unsigned *best);

#endif
