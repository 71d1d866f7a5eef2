/*
 * Stories: which item belongs to which. Two items tell one story when, within the window,
 *   - they have the same link, or
 *   - their texts are near-duplicates: estimated Jaccard similarity of their folded words, or
 *   - they tell the same event (actor, stance, bloc) close in time, or
 *   - they speak of the same actor and bloc close in time, and their texts overlap.
 * doc/alerts.md holds the thresholds' reasons and what was measured. Candidates come from an index
 * in the store, so that a new item costs little however many stories there are.
 */
#ifndef BLOCWATCH_ALERT_STORY_H
#define BLOCWATCH_ALERT_STORY_H

#include "blocwatch/store.h"

enum { STORY_BANDS = 32, STORY_ROWS = 2 }; /* of a signature of 64 */

struct story_thresholds {
    double duplicate; /* text alone */
    double related;   /* with the same actor and bloc */
    double copy;      /* the same article on another site: no independent source */
    int64_t event_ms; /* the same event told so close in time is one story */
};
extern const struct story_thresholds story_thresholds;

/* LSH keys of a signature: those that share one are candidates. Returns how many were written. */
size_t story_bands(const uint32_t *signature, size_t n, uint64_t bands[STORY_BANDS]);
/* Share of equal places: an estimate of the word sets' Jaccard similarity. 0 for empty ones. */
double story_similarity(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b);
/* How well the two fit into one story, 0 (not at all) to 1; from thresholds.copy on they are the
 * same article. */
double story_fit(const struct bw_story_item *a, const struct bw_story_item *b, int64_t window_ms);
/* Whether "KZ declines BRICS\n…" lists share a line; with `pair` only actor and bloc count. */
bool story_share_event(const char *a, const char *b, bool pair);

struct story_place {
    int64_t story;
    bool copy; /* of an item that the story has already, from another source */
};
/* In a transaction: finds the item's story, or begins one, and enters it. */
int story_place_item(struct bw_store *store, const struct bw_story_item *item, int64_t window_ms,
                     struct story_place *place, struct bw_error *err);

#endif
