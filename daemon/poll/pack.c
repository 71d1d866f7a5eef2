/* Source states made small. Owns nothing: a block is one allocation. */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS = 6, REDIRECT_TO = 3 };

struct packed {
    struct bw_source_state fixed; /* its text fields are NULL here */
    uint8_t has;                  /* bit for each text that follows, each ended by NUL */
    char texts[];
};

static char **text_field(struct bw_source_state *state, int i)
{
    char **fields[TEXTS] = {&state->etag,        &state->last_modified, &state->redirect_seen,
                            &state->redirect_to, &state->why,           &state->due_rule};

    return fields[i];
}

struct packed *pack_state(const struct bw_source_state *state)
{
    struct bw_source_state copy = *state;
    struct packed *packed;
    size_t size = 0;
    char *at;

    for (int i = 0; i < TEXTS; i++) {
        if (*text_field(&copy, i) != NULL)
            size += strlen(*text_field(&copy, i)) + 1;
    }
    packed = calloc(1, sizeof *packed + size);
    if (packed == NULL)
        return NULL;
    at = packed->texts;
    for (int i = 0; i < TEXTS; i++) {
        char **text = text_field(&copy, i);
        size_t len;

        if (*text == NULL)
            continue;
        len = strlen(*text) + 1;
        memcpy(at, *text, len);
        at += len;
        packed->has |= (uint8_t)(1U << i);
        *text = NULL;
    }
    copy.url = NULL;
    packed->fixed = copy;
    return packed;
}

int unpack_state(const struct packed *packed, const char *url, struct bw_source_state *state)
{
    struct bw_source_state result;
    const char *at;

    source_state_init(&result);
    if (packed != NULL) {
        result = packed->fixed;
        at = packed->texts;
        for (int i = 0; i < TEXTS; i++) {
            if ((packed->has & (1U << i)) == 0)
                continue;
            if (source_state_set(text_field(&result, i), at) != 0)
                goto memory;
            at += strlen(at) + 1;
        }
    }
    if (source_state_set(&result.url, url) != 0)
        goto memory;
    *state = result;
    return 0;
memory:
    source_state_clear(&result);
    return -1;
}

const struct bw_source_state *packed_peek(const struct packed *packed)
{
    return packed == NULL ? NULL : &packed->fixed;
}

const char *packed_redirect_to(const struct packed *packed)
{
    const char *at = packed == NULL ? NULL : packed->texts;

    if (packed == NULL || (packed->has & (1U << REDIRECT_TO)) == 0)
        return NULL;
    for (int i = 0; i < REDIRECT_TO; i++) {
        if ((packed->has & (1U << i)) != 0)
            at += strlen(at) + 1;
    }
    return at;
}
