/* Finding an item's story. Owns nothing. */
#include "story.h"

#include "blocwatch/hash.h"

#include <stdlib.h>
#include <string.h>

/* Candidates looked at for one item, and after one has fitted: bounds the cost in a storm. */
enum { EXAMINED = 300, EXAMINED_FITTING = 40 };

const struct story_thresholds story_thresholds = {
    .duplicate = 0.4,
    .related = 0.15,
    .copy = 0.85,
    .event_ms = INT64_C(36) * 3600000,
};

size_t story_bands(const uint32_t *signature, size_t n, uint64_t bands[STORY_BANDS])
{
    size_t count = 0;

    for (size_t i = 0; i + STORY_ROWS <= n && count < STORY_BANDS; i += STORY_ROWS) {
        uint32_t rows[STORY_ROWS + 1];

        memcpy(rows, signature + i, STORY_ROWS * sizeof *rows);
        rows[STORY_ROWS] = (uint32_t)count; /* equal rows of different bands are different keys */
        bands[count++] = hash_64(rows, sizeof rows);
    }
    return count;
}

double story_similarity(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b, same = 0;

    for (size_t i = 0; i < n; i++)
        same += a[i] == b[i];
    return n == 0 ? 0 : (double)same / (double)n;
}

/* Whether two lines "KZ declines BRICS" are the same event, or with `pair` the same actor and bloc.
 * A line without a stance of its own ("KZ none BRICS") is the same event as no other. */
static bool same_line(const char *a, size_t len_a, const char *b, size_t len_b, bool pair)
{
    const char *space_a = memchr(a, ' ', len_a), *space_b = memchr(b, ' ', len_b);
    const char *last_a = memrchr(a, ' ', len_a), *last_b = memrchr(b, ' ', len_b);
    size_t tail_a, tail_b;

    if (!pair)
        return len_a == len_b && memcmp(a, b, len_a) == 0 && memmem(a, len_a, " none ", 6) == NULL;
    if (space_a == NULL || space_b == NULL || space_a - a != space_b - b ||
        memcmp(a, b, (size_t)(space_a - a)) != 0)
        return false;
    tail_a = (size_t)(a + len_a - last_a);
    tail_b = (size_t)(b + len_b - last_b);
    return tail_a == tail_b && memcmp(last_a, last_b, tail_a) == 0;
}

bool story_share_event(const char *a, const char *b, bool pair)
{
    for (const char *i = a; i != NULL && *i != '\0'; i += strcspn(i, "\n"), i += *i == '\n') {
        for (const char *j = b; j != NULL && *j != '\0'; j += strcspn(j, "\n"), j += *j == '\n') {
            if (same_line(i, strcspn(i, "\n"), j, strcspn(j, "\n"), pair))
                return true;
        }
    }
    return false;
}

static bool same_link(const char *a, const char *b)
{
    return a != NULL && b != NULL && *a != '\0' && strcmp(a, b) == 0;
}

/* Texts that are alike word for word may still be two stories: "Kazakhstan joins X", "Uzbekistan
 * joins X". Where both tell events, some actor and bloc must be the same. */
static bool contradict(const struct bw_story_item *a, const struct bw_story_item *b)
{
    return *a->events != '\0' && *b->events != '\0' &&
           !story_share_event(a->events, b->events, true);
}

double story_fit(const struct bw_story_item *a, const struct bw_story_item *b, int64_t window_ms)
{
    const struct story_thresholds *t = &story_thresholds;
    double similarity =
        story_similarity(a->signature, a->n_signature, b->signature, b->n_signature);
    int64_t apart = llabs(a->time_ms - b->time_ms);

    if (apart > window_ms)
        return 0;
    if (same_link(a->link_key, b->link_key))
        return 1;
    if (similarity >= t->copy || (similarity >= t->duplicate && !contradict(a, b)))
        return similarity;
    if (apart > t->event_ms)
        return 0;
    if (story_share_event(a->events, b->events, false))
        return t->duplicate;
    return similarity >= t->related && story_share_event(a->events, b->events, true) ? similarity
                                                                                     : 0;
}

struct search {
    const struct bw_story_item *item;
    int64_t window_ms;
    struct story_place *place;
    double best;
    int64_t own; /* the story that an edited item is in already */
    size_t examined;
};

/* The best fit decides. A copy from elsewhere is the best that there can be. */
static int on_candidate(const struct bw_story_item *other, void *ctx)
{
    struct search *search = ctx;
    double fit = story_fit(search->item, other, search->window_ms);

    if (other->item == search->item->item) {
        search->own = other->story;
    } else if (fit > search->best) {
        search->best = fit;
        search->place->story = other->story;
        search->place->copy = fit >= story_thresholds.copy;
    }
    search->examined++;
    return search->place->copy || search->examined >= EXAMINED ||
           (search->best > 0 && search->examined >= EXAMINED_FITTING);
}

int story_place_item(struct bw_store *store, const struct bw_story_item *item, int64_t window_ms,
                     struct story_place *place, struct bw_error *err)
{
    struct story_place found = {0};
    struct search search = {.item = item, .window_ms = window_ms, .place = &found};
    uint64_t bands[STORY_BANDS];
    size_t n_bands = story_bands(item->signature, item->n_signature, bands);

    if (store_find_story_items(store, bands, n_bands, item->link_key, item->events,
                               item->time_ms - window_ms, on_candidate, &search, err) != 0)
        return -1;
    if (search.own != 0)
        found.story = search.own;
    if (store_add_to_story(store, &found.story, item, bands, n_bands, err) != 0)
        return -1;
    *place = found;
    return 0;
}
