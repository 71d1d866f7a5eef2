/* The poller's face: what poll.h promises, over slots.c and dispatch.c. Owns the transports and the
 * timer. */
#include "poller.h"

#include "policy.h"

#include <assert.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    LONGEST_SLEEP_MS = 60000, /* a clock that was set is noticed after this */
    RETRY_S = 60,             /* after a commit that failed; doubled each time */
    MOST_DOUBLINGS = 8,
};

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct bw_poller *poller = ctx;

    (void)fd;
    (void)what;
    poller_run(poller);
    poller_wake(poller);
}

void poller_wake(struct bw_poller *poller)
{
    int64_t next_ms, delay_ms;
    struct timeval delay;

    if (poller->timer == NULL)
        return;
    if (poller->mode == POLLER_IDLE) {
        event_del(poller->timer);
        return;
    }
    next_ms = poller_next_ms(poller);
    delay_ms = LONGEST_SLEEP_MS;
    if (next_ms < INT64_MAX && next_ms - clock_now_ms(poller->clock) < LONGEST_SLEEP_MS)
        delay_ms = next_ms - clock_now_ms(poller->clock);
    if (delay_ms < 0)
        delay_ms = 0;
    delay = (struct timeval){delay_ms / 1000, delay_ms % 1000 * 1000};
    event_add(poller->timer, &delay);
}

static void free_transport(struct bw_transport *transport)
{
    if (transport != NULL)
        transport->free(transport);
}

struct bw_poller *poller_new_over(struct event_base *base, struct bw_clock *clock,
                                  const struct bw_config *config,
                                  const struct bw_poller_callbacks *callbacks,
                                  struct bw_transport *http, struct bw_transport *file,
                                  struct bw_error *err)
{
    struct bw_poller *poller = calloc(1, sizeof *poller);

    if (poller == NULL) {
        free_transport(http);
        free_transport(file);
        goto memory;
    }
    TAILQ_INIT(&poller->visits);
    TAILQ_INIT(&poller->quick);
    poller->base = base;
    poller->clock = clock;
    poller->callbacks = *callbacks;
    poller->http = http;
    poller->file = file;
    poller->tokens_ms = clock_monotonic_ms(clock);
    poller->offset_ms = clock_now_ms(clock) - poller->tokens_ms;
    poller->lanes = lanes_new();
    poller->scratch = malloc(sizeof *poller->scratch);
    if (poller->scratch != NULL)
        source_state_init(poller->scratch);
    poller->random = 1;
    if (base != NULL) {
        poller->timer = evtimer_new(base, on_timer, poller);
        if (getrandom(&poller->random, sizeof poller->random, 0) < 0)
            poller->random = (uint64_t)poller->tokens_ms;
    }
    if (poller->lanes == NULL || poller->scratch == NULL ||
        (base != NULL && poller->timer == NULL) || slots_replace(poller, config) != 0) {
        poller_free(poller);
        goto memory;
    }
    dispatch_set_limits(poller);
    poller->tokens = poller->config->polling.connections;
    return poller;
memory:
    error_set(err, BW_ERR_MEMORY, "out of memory");
    return NULL;
}

struct bw_poller *poller_new(struct event_base *base, struct bw_clock *clock,
                             const struct bw_config *config,
                             const struct bw_poller_callbacks *callbacks, struct bw_error *err)
{
    struct bw_transport *http = http_transport_new(base, config->polling.connections, err);
    struct bw_transport *file;

    if (http == NULL)
        return NULL;
    file = file_transport_new(base, err);
    if (file == NULL) {
        http->free(http);
        return NULL;
    }
    return poller_new_over(base, clock, config, callbacks, http, file, err);
}

void poller_free(struct bw_poller *poller)
{
    struct visit *visit;

    if (poller == NULL)
        return;
    dispatch_cancel(poller);
    /* Those that were handed out belong to others, who free them later. */
    TAILQ_FOREACH(visit, &poller->visits, link)
    visit->poller = NULL;
    lanes_free(poller->lanes);
    slots_clear(poller);
    if (poller->scratch != NULL)
        source_state_clear(poller->scratch);
    free(poller->scratch);
    free_transport(poller->http);
    free_transport(poller->file);
    if (poller->timer != NULL)
        event_free(poller->timer);
    free(poller);
}

void poller_load_state(struct bw_poller *poller, const char *source_id,
                       const struct bw_source_state *state)
{
    uint32_t slot = slots_find(poller, source_id);

    if (slot == NO_SLOT || slots_set_state(poller, slot, state) != 0)
        return;
    slots_schedule(poller, slot);
    poller_wake(poller);
}

static void start_mode(struct bw_poller *poller, enum poller_mode mode)
{
    /* All is loaded: what reading it took goes back to the system, half of the memory with many
     * sources. */
    malloc_trim(0);
    poller->mode = mode;
    poller->told_idle = false;
    for (size_t i = 0; i < poller->n_slots; i++)
        slots_schedule(poller, (uint32_t)i);
    poller_wake(poller);
}

void poller_start(struct bw_poller *poller)
{
    start_mode(poller, POLLER_RUNNING);
}

void poller_poll_due_once(struct bw_poller *poller)
{
    start_mode(poller, POLLER_ONCE);
}

void poller_stop(struct bw_poller *poller)
{
    poller->mode = POLLER_IDLE;
    dispatch_drop_waiting(poller);
    dispatch_cancel(poller);
    for (size_t i = 0; i < poller->n_slots; i++)
        schedule_remove(&poller->schedule, (uint32_t)i);
    poller_wake(poller);
}

int poller_plan_state(struct bw_poller *poller, const struct bw_poll *poll,
                      const struct bw_poll_outcome *outcome, struct bw_source_state *state,
                      uint32_t *actions, struct bw_error *err)
{
    const struct visit *visit = (const struct visit *)poll;
    struct policy_input in = {
        .settings = &visit->polling,
        .url = visit->url,
        .before = &visit->before,
        .result = poll->fetch.result,
        .status = poll->fetch.status,
        .response = &visit->response,
        .permanent_to = visit->permanent_to,
        .body_hash = visit->body_hash[0] != '\0' ? visit->body_hash : NULL,
        .error = &poll->error,
        .feed = poll->doc != NULL ? &poll->doc->feed : NULL,
        .outcome = outcome,
        .now = clock_now(poller->clock),
        .took_ms = poll->fetch.ended_ms - poll->fetch.started_ms,
        .wire_bytes = poll->fetch.wire_bytes,
        .random = visit->random,
    };

    return policy_decide(&in, state, actions, err);
}

/* What the store could not keep is asked for again, later each time. */
static void retry_slot(struct bw_poller *poller, uint32_t slot)
{
    struct slot *at = &poller->slots[slot];
    int64_t delay_s = (int64_t)RETRY_S << at->uncommitted;

    if (at->uncommitted < MOST_DOUBLINGS)
        at->uncommitted++;
    if (poller->mode == POLLER_RUNNING && poller->config->sources[slot].enabled)
        schedule_put(&poller->schedule, slot, clock_now_ms(poller->clock) + delay_s * 1000);
}

/* The store has taken what it could not keep: the other sources need not wait for their turn. */
static void retry_all(struct bw_poller *poller)
{
    for (size_t i = 0; i < poller->n_slots; i++) {
        struct slot *at = &poller->slots[i];

        if (at->uncommitted == 0)
            continue;
        at->uncommitted = 0;
        slots_schedule(poller, (uint32_t)i);
    }
}

void poller_finish_poll(struct bw_poller *poller, struct bw_poll *poll,
                        const struct bw_source_state *committed)
{
    struct visit *visit = (struct visit *)poll;
    uint32_t slot = visit->slot;

    assert(visit->handed_out && visit->poller == poller);
    dispatch_end(poller, visit);
    visit_free(visit);
    if (slot != NO_SLOT && committed != NULL && slots_set_state(poller, slot, committed) == 0) {
        if (poller->slots[slot].uncommitted > 0)
            retry_all(poller);
        if (poller->mode == POLLER_RUNNING)
            slots_schedule(poller, slot);
    } else if (slot != NO_SLOT) {
        retry_slot(poller, slot);
    }
    poller_wake(poller);
}

int poller_replace_config(struct bw_poller *poller, const struct bw_config *config,
                          struct bw_error *err)
{
    dispatch_drop_waiting(poller);
    if (slots_replace(poller, config) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    dispatch_set_limits(poller);
    for (size_t i = 0; i < poller->n_slots; i++)
        slots_schedule(poller, (uint32_t)i);
    poller_wake(poller);
    return 0;
}

int poller_poll_now(struct bw_poller *poller, const char *source_id, struct bw_error *err)
{
    uint32_t slot = slots_find(poller, source_id);

    if (slot == NO_SLOT)
        return error_set(err, BW_ERR_NOTFOUND, "there is no source %s", source_id);
    if (poller->slots[slot].under_way || poller->slots[slot].ticket != NULL)
        return error_set(err, BW_ERR_BUSY, "%s is being polled already", source_id);
    if (poller->mode != POLLER_RUNNING || !poller->config->sources[slot].enabled)
        return error_set(err, BW_ERR_USAGE, "%s is not polled", source_id);
    schedule_put(&poller->schedule, slot, 0);
    poller_wake(poller);
    return 0;
}

struct bw_poller_stats poller_stats(const struct bw_poller *poller)
{
    struct bw_poller_stats stats = poller->stats;

    assert(stats.started == stats.home + stats.under_way);
    stats.sources = poller->n_slots;
    stats.waiting_for_lane = lanes_waiting(poller->lanes);
    return stats;
}

const struct bw_source_state *poller_state(const struct bw_poller *poller, const char *source_id)
{
    uint32_t slot = slots_find(poller, source_id);
    struct bw_source_state *state = poller->scratch;

    if (slot == NO_SLOT)
        return NULL;
    source_state_clear(state);
    if (slots_get_state(poller, slot, state) != 0)
        return NULL;
    if (!poller->config->sources[slot].enabled)
        state->health = BW_HEALTH_DISABLED;
    return state;
}

void poll_free(struct bw_poll *poll)
{
    struct visit *visit = (struct visit *)poll;

    if (visit == NULL)
        return;
    if (visit->poller != NULL)
        dispatch_end(visit->poller, visit);
    visit_free(visit);
}
