/*
 * Which stored item is this one? By its key; else by its link, when link and title or link and date
 * are the same and the link is no page that all items share; else by content, link and date (a
 * publisher who rewrites guids). Tombstones of pruned items count.
 */
#ifndef BLOCWATCH_STORE_IDENTITY_H
#define BLOCWATCH_STORE_IDENTITY_H

#include "db.h"

/* An item as its document shows it. */
struct identity {
    const struct bw_item *item;
    char key[BW_KEY_TEXT]; /* the item's, or made unique where many items share one */
    size_t index;
    bool repeated;    /* an earlier item of the document has this key: ignore it */
    bool shared_link; /* other items of the document have the same link */
};

/* `*list` in `arena`, one an item, in document order. */
int identity_prepare(const struct bw_feed *feed, struct bw_arena *arena, struct identity **list,
                     struct bw_error *err);

enum identity_match { IDENTITY_NEW, IDENTITY_SAME, IDENTITY_EDITED, IDENTITY_PRUNED };

/* Whether there is any tombstone. */
int identity_any_buried(struct bw_store *store, bool *any, struct bw_error *err);

/* Fills *match and, for SAME and EDITED, *id. Makes the key unique where the stored item of this
 * key is another one. Looks at tombstones if there are any. */
int identity_find(struct bw_store *store, int64_t source, bool any_buried, struct identity *who,
                  enum identity_match *match, int64_t *id, struct bw_error *err);

/* Leaves tombstones for the stored item. */
int identity_bury(struct bw_store *store, int64_t item, struct bw_error *err);

#endif
