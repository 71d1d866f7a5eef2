/* Lanes: who may ask which host now. Owns the lanes and the tickets that wait in them. */
#include "lane.h"

#include "schedule.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

TAILQ_HEAD(ticket_list, ticket);

struct lane {
    UT_hash_handle hh;
    TAILQ_ENTRY(lane) link; /* in `ready` */
    bool ready;
    uint32_t id; /* in `resting` */
    struct ticket_list tickets;
    int active;
    int64_t last_ms; /* when the last request began */
    int64_t gap_ms;  /* asked for by the last one that went */
    char host[];
};

struct lanes {
    struct lane *by_host; /* uthash */
    struct lane **by_id;  /* NULL: free id */
    uint32_t *free_ids;
    size_t n_free, n_ids, n_waiting, n_lanes;
    TAILQ_HEAD(, lane) ready;
    struct schedule resting; /* by the end of the gap */
};

struct lanes *lanes_new(void)
{
    struct lanes *lanes = calloc(1, sizeof *lanes);

    if (lanes != NULL)
        TAILQ_INIT(&lanes->ready);
    return lanes;
}

static void free_lane(struct lanes *lanes, struct lane *lane)
{
    HASH_DEL(lanes->by_host, lane);
    lanes->by_id[lane->id] = NULL;
    lanes->free_ids[lanes->n_free++] = lane->id;
    lanes->n_lanes--;
    free(lane);
}

void lanes_free(struct lanes *lanes)
{
    struct lane *lane, *next_lane;
    struct ticket *ticket;

    if (lanes == NULL)
        return;
    HASH_ITER(hh, lanes->by_host, lane, next_lane)
    {
        while ((ticket = TAILQ_FIRST(&lane->tickets)) != NULL) {
            TAILQ_REMOVE(&lane->tickets, ticket, link);
            free(ticket);
        }
        free_lane(lanes, lane);
    }
    schedule_clear(&lanes->resting);
    free(lanes->by_id);
    free(lanes->free_ids);
    free(lanes);
}

static int grow_ids(struct lanes *lanes)
{
    size_t n_ids = lanes->n_ids > 0 ? lanes->n_ids * 2 : 64;
    struct lane **by_id;
    uint32_t *free_ids;

    if (schedule_grow(&lanes->resting, n_ids) != 0)
        return -1;
    by_id = realloc(lanes->by_id, n_ids * sizeof(*by_id)); /* NOLINT(bugprone-sizeof-expression) */
    if (by_id == NULL)
        return -1;
    lanes->by_id = by_id;
    free_ids = realloc(lanes->free_ids, n_ids * sizeof *free_ids);
    if (free_ids == NULL)
        return -1;
    lanes->free_ids = free_ids;
    for (size_t id = lanes->n_ids; id < n_ids; id++) {
        by_id[id] = NULL;
        free_ids[lanes->n_free++] = (uint32_t)id;
    }
    lanes->n_ids = n_ids;
    return 0;
}

static struct lane *find_lane(struct lanes *lanes, const char *host)
{
    size_t len = strlen(host);
    struct lane *lane;

    HASH_FIND(hh, lanes->by_host, host, len, lane);
    if (lane != NULL)
        return lane;
    if (lanes->n_free == 0 && grow_ids(lanes) != 0)
        return NULL;
    lane = calloc(1, sizeof *lane + len + 1);
    if (lane == NULL)
        return NULL;
    memcpy(lane->host, host, len + 1);
    TAILQ_INIT(&lane->tickets);
    lane->last_ms = INT64_MIN;
    lane->id = lanes->free_ids[--lanes->n_free];
    lanes->by_id[lane->id] = lane;
    lanes->n_lanes++;
    HASH_ADD(hh, lanes->by_host, host[0], (unsigned)len, lane);
    return lane;
}

static int64_t add_gap(int64_t last_ms, int64_t gap_ms)
{
    return last_ms == INT64_MIN ? INT64_MIN : last_ms + gap_ms;
}

/* Puts the lane where it belongs: ready, resting until its gap is over, or neither while its host
 * has all the requests it may have. An idle lane is freed once its gap has passed. */
static void settle(struct lanes *lanes, struct lane *lane, int64_t now_ms)
{
    struct ticket *first = TAILQ_FIRST(&lane->tickets);
    int64_t free_at = add_gap(lane->last_ms, first != NULL ? first->gap_ms : lane->gap_ms);
    bool may_go = first != NULL && lane->active < first->per_host;
    bool ready = may_go && free_at <= now_ms;

    if (lane->ready && !ready)
        TAILQ_REMOVE(&lanes->ready, lane, link);
    if (!lane->ready && ready)
        TAILQ_INSERT_TAIL(&lanes->ready, lane, link);
    lane->ready = ready;
    if (free_at > now_ms && (may_go || (first == NULL && lane->active == 0)))
        schedule_put(&lanes->resting, lane->id, free_at);
    else
        schedule_remove(&lanes->resting, lane->id);
    if (first == NULL && lane->active == 0 && free_at <= now_ms)
        free_lane(lanes, lane);
}

struct ticket *lanes_wait(struct lanes *lanes, const char *host, const struct ticket *wanted,
                          int64_t now_ms)
{
    struct ticket *ticket = malloc(sizeof *ticket);
    struct lane *lane = ticket == NULL ? NULL : find_lane(lanes, host);

    if (lane == NULL) {
        free(ticket);
        return NULL;
    }
    *ticket = *wanted;
    ticket->lane = lane;
    if (ticket->visit != NULL)
        TAILQ_INSERT_HEAD(&lane->tickets, ticket, link);
    else
        TAILQ_INSERT_TAIL(&lane->tickets, ticket, link);
    lanes->n_waiting++;
    settle(lanes, lane, now_ms);
    return ticket;
}

/* Lanes whose gap is over. */
static void wake_resting(struct lanes *lanes, int64_t now_ms)
{
    uint32_t id;
    int64_t when;

    while (schedule_peek(&lanes->resting, &id, &when) && when <= now_ms)
        settle(lanes, lanes->by_id[id], now_ms);
}

struct ticket *lanes_take(struct lanes *lanes, int64_t now_ms)
{
    struct lane *lane;
    struct ticket *ticket;

    wake_resting(lanes, now_ms);
    lane = TAILQ_FIRST(&lanes->ready);
    if (lane == NULL)
        return NULL;
    ticket = TAILQ_FIRST(&lane->tickets);
    TAILQ_REMOVE(&lane->tickets, ticket, link);
    lanes->n_waiting--;
    lane->active++;
    lane->last_ms = now_ms;
    lane->gap_ms = ticket->gap_ms;
    /* To the end of the line: the other hosts go first. */
    TAILQ_REMOVE(&lanes->ready, lane, link);
    lane->ready = false;
    settle(lanes, lane, now_ms);
    return ticket;
}

void lanes_release(struct lanes *lanes, struct lane *lane, int64_t now_ms)
{
    lane->active--;
    settle(lanes, lane, now_ms);
}

bool lane_is_busy(const struct lane *lane)
{
    return lane->active > 1 || !TAILQ_EMPTY(&lane->tickets);
}

void lanes_drop(struct lanes *lanes, struct ticket *ticket, int64_t now_ms)
{
    struct lane *lane = ticket->lane;

    TAILQ_REMOVE(&lane->tickets, ticket, link);
    lanes->n_waiting--;
    free(ticket);
    settle(lanes, lane, now_ms);
}

bool lanes_ready(struct lanes *lanes, int64_t now_ms)
{
    wake_resting(lanes, now_ms);
    return !TAILQ_EMPTY(&lanes->ready);
}

int64_t lanes_next_ms(const struct lanes *lanes)
{
    uint32_t id;
    int64_t when;

    return schedule_peek(&lanes->resting, &id, &when) ? when : INT64_MAX;
}

size_t lanes_waiting(const struct lanes *lanes)
{
    return lanes->n_waiting;
}

size_t lanes_count(const struct lanes *lanes)
{
    return lanes->n_lanes;
}

void lanes_each(struct lanes *lanes, void (*fn)(struct ticket *ticket, void *ctx), void *ctx)
{
    for (size_t id = 0; id < lanes->n_ids; id++) {
        struct lane *lane = lanes->by_id[id];
        struct ticket *ticket = lane == NULL ? NULL : TAILQ_FIRST(&lane->tickets);
        struct ticket *next;

        /* Dropping the last ticket may free the lane: nothing of it is touched afterwards. */
        for (; ticket != NULL; ticket = next) {
            next = TAILQ_NEXT(ticket, link);
            fn(ticket, ctx);
        }
    }
}
