/* Saving the hits of one item, and reading what hangs on a hit. Inside the room only. */
#ifndef BLOCWATCH_STORE_HITS_H
#define BLOCWATCH_STORE_HITS_H

#include "db.h"

/* The stored item that hits belong to. */
struct hits_owner {
    int64_t item, source;
    const char *lang;
    int64_t published; /* seconds; BW_TIME_NONE */
    int64_t now_ms;
    bool matched_again; /* stored hits that are not found any more are retracted, but of these: */
    const char *const *other_rules; /* ended by NULL; NULL: none */
    struct bw_arena *arena;
};

/* Stores `found` (NULL: none) and fills saved->hits; for an item that was matched again also
 * saved->retracted. */
int hits_save(struct bw_store *store, const struct hits_owner *owner, const struct bw_hits *found,
              struct bw_saved_item *saved, struct bw_error *err);

/* Events and matched words of hit->id, into `arena`. */
int hits_load_details(struct bw_store *store, struct bw_arena *arena, struct bw_hit_row *hit,
                      struct bw_error *err);

/* "field:start:len:cp_start:cp_len", n of them separated by spaces. */
void hits_write_spans(const struct bw_span *spans, size_t n, struct bw_buf *out);
/* Missing ones become empty. */
void hits_read_spans(const char *text, struct bw_span *spans, size_t n);

#endif
