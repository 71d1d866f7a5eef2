/* Names and their distances. Owns the table's links. */
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct bw_name {
    const void *key;
    uint32_t value;
    UT_hash_handle hh;
};

enum { LONGEST = 64 };

int names_put(struct bw_names *names, const void *key, size_t len, uint32_t *value)
{
    struct bw_name *name, *kept;

    HASH_FIND(hh, names->head, key, len, name);
    if (name != NULL) {
        *value = name->value;
        return 1;
    }
    name = calloc(1, sizeof *name);
    if (name == NULL)
        return -1;
    name->key = key;
    name->value = *value;
    HASH_ADD_KEYPTR(hh, names->head, name->key, len, name);
    HASH_FIND(hh, names->head, key, len, kept);
    if (kept == name)
        return 0;
    free(name);
    return -1;
}

bool names_get(const struct bw_names *names, const void *key, size_t len, uint32_t *value)
{
    struct bw_name *name;

    HASH_FIND(hh, names->head, key, len, name);
    if (name != NULL)
        *value = name->value;
    return name != NULL;
}

void names_clear(struct bw_names *names)
{
    struct bw_name *name = names->head, *next;

    HASH_CLEAR(hh, names->head);
    for (; name != NULL; name = next) {
        next = name->hh.next;
        free(name);
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned name_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][LONGEST + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2], *swap;

    if (a_len > LONGEST || b_len > LONGEST)
        return 99;
    for (unsigned k = 0; k <= b_len; k++)
        row[k] = k;
    for (unsigned i = 1; i <= a_len; i++) {
        swap = before;
        before = above;
        above = row;
        row = swap;
        row[0] = i;
        for (unsigned k = 1; k <= b_len; k++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[k - 1]);

            row[k] = least(above[k - 1] + (x != y), least(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && x == tolower((unsigned char)b[k - 2]) &&
                tolower((unsigned char)a[i - 2]) == y)
                row[k] = least(row[k], before[k - 2] + 1);
        }
    }
    return row[b_len];
}

bool name_is_nearer(const char *a, size_t a_len, const char *b, unsigned *best)
{
    unsigned distance = name_distance(a, a_len, b, strlen(b));

    if (distance >= *best || distance > 1 + a_len / 4)
        return false;
    *best = distance;
    return true;
}
