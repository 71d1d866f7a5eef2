/* The owner of a parsed document. Owns the arena that all its text lives in. */
#include "blocwatch/item.h"

#include <stdlib.h>

struct bw_document *document_new(size_t limit)
{
    struct bw_document *doc = calloc(1, sizeof *doc);

    if (doc == NULL)
        return NULL;
    doc->arena = arena_new(limit);
    if (doc->arena == NULL) {
        free(doc);
        return NULL;
    }
    return doc;
}

void document_free(struct bw_document *doc)
{
    if (doc == NULL)
        return;
    arena_free(doc->arena);
    free(doc);
}
