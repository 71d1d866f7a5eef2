/* Pruning on a timer. Owns the timer. */
#include "upkeep.h"

#include "blocwatch/clock.h"
#include "blocwatch/log.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP = 100, PAUSE_MS = 200, ROUND_MS = 600 * 1000, FIRST_MS = 30 * 1000 };

struct bw_upkeep {
    const struct bw_config *config;
    struct bw_store *store;
    struct event *timer;
    size_t removed; /* in this round */
};

static void sleep_ms(struct bw_upkeep *upkeep, int64_t ms)
{
    struct timeval delay = {ms / 1000, ms % 1000 * 1000};

    evtimer_add(upkeep->timer, &delay);
}

static int64_t before_ms(int64_t keep)
{
    return keep > 0 ? clock_now_ms(&bw_clock_real) - keep * 1000 : BW_TIME_NONE;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct bw_upkeep *upkeep = ctx;
    const struct bw_config_retention *keep = &upkeep->config->retention;
    struct bw_error err = {0};
    size_t removed = 0;
    char count[24];

    (void)fd;
    (void)what;
    if (keep->items > 0 && store_prune(upkeep->store, before_ms(keep->items), before_ms(keep->hits),
                                       STEP, &removed, &err) != 0)
        log_error("cannot prune old items", "reason", err.text);
    upkeep->removed += removed;
    if (removed == STEP) {
        sleep_ms(upkeep, PAUSE_MS);
        return;
    }
    if (upkeep->removed > 0) {
        snprintf(count, sizeof count, "%zu", upkeep->removed);
        log_info("pruned old items", "count", count);
    }
    upkeep->removed = 0;
    sleep_ms(upkeep, ROUND_MS);
}

struct bw_upkeep *upkeep_new(struct event_base *base, const struct bw_config *config,
                             struct bw_store *store, struct bw_error *err)
{
    struct bw_upkeep *upkeep = calloc(1, sizeof *upkeep);

    if (upkeep != NULL && (upkeep->timer = evtimer_new(base, on_timer, upkeep)) != NULL) {
        upkeep->config = config;
        upkeep->store = store;
        sleep_ms(upkeep, FIRST_MS);
        return upkeep;
    }
    free(upkeep);
    error_set(err, BW_ERR_MEMORY, "out of memory");
    return NULL;
}

void upkeep_free(struct bw_upkeep *upkeep)
{
    if (upkeep == NULL)
        return;
    event_free(upkeep->timer);
    free(upkeep);
}

void upkeep_replace_config(struct bw_upkeep *upkeep, const struct bw_config *config)
{
    upkeep->config = config;
}
