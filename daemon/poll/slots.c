/* What is known of each source: its state, and whether it is scheduled, waits or is under way. Owns
 * the slots and the table of ids. */
#include "poller.h"

#include "blocwatch/hash.h"

#include <stdlib.h>
#include <string.h>

/* A due time further away than this comes from a clock that was wrong. */
static const int64_t furthest_due = 31LL * 24 * 3600;

struct table {
    uint32_t *by_id;
    size_t mask;
};

static int make_table(const struct bw_config *config, struct table *table)
{
    size_t size = 16;

    while (size < config->n_sources * 2)
        size *= 2;
    table->mask = size - 1;
    table->by_id = calloc(size, sizeof *table->by_id);
    if (table->by_id == NULL)
        return -1;
    for (size_t i = 0; i < config->n_sources; i++) {
        size_t at = hash_text(config->sources[i].id) & table->mask;

        while (table->by_id[at] != 0)
            at = (at + 1) & table->mask;
        table->by_id[at] = (uint32_t)i + 1;
    }
    return 0;
}

uint32_t slots_find(const struct bw_poller *poller, const char *id)
{
    size_t at;

    if (poller->by_id == NULL)
        return NO_SLOT;
    at = hash_text(id) & poller->id_mask;
    for (; poller->by_id[at] != 0; at = (at + 1) & poller->id_mask) {
        uint32_t slot = poller->by_id[at] - 1;

        if (strcmp(poller->config->sources[slot].id, id) == 0)
            return slot;
    }
    return NO_SLOT;
}

/* Takes the state over when the source has kept its URL. */
static void move_slot(struct bw_poller *poller, const struct bw_config_source *source,
                      struct slot *to)
{
    uint32_t old = slots_find(poller, source->id);
    struct slot *from;

    if (old == NO_SLOT)
        return;
    from = &poller->slots[old];
    to->under_way = from->under_way;
    if (strcmp(poller->config->sources[old].url, source->url) != 0)
        return;
    to->uncommitted = from->uncommitted;
    to->state = from->state;
    from->state = NULL;
}

static void free_states(struct slot *slots, size_t n_slots)
{
    for (size_t i = 0; slots != NULL && i < n_slots; i++)
        free(slots[i].state);
    free(slots);
}

int slots_replace(struct bw_poller *poller, const struct bw_config *config)
{
    struct slot *slots = calloc(config->n_sources + 1, sizeof *slots), *old = poller->slots;
    size_t n_old = poller->n_slots;
    struct table table = {0};
    struct visit *visit;

    if (slots == NULL || make_table(config, &table) != 0 ||
        schedule_grow(&poller->schedule, config->n_sources) != 0) {
        free(slots);
        free(table.by_id);
        return -1;
    }
    for (size_t i = 0; i < config->n_sources; i++)
        move_slot(poller, &config->sources[i], &slots[i]);
    for (size_t i = 0; i < n_old; i++)
        schedule_remove(&poller->schedule, (uint32_t)i);
    free(poller->by_id);
    poller->config = config;
    poller->slots = slots;
    poller->n_slots = config->n_sources;
    poller->by_id = table.by_id;
    poller->id_mask = table.mask;
    TAILQ_FOREACH(visit, &poller->visits, link)
    {
        visit->slot = slots_find(poller, visit->id);
        visit->poll.source = visit->slot;
    }
    free_states(old, n_old);
    return 0;
}

void slots_clear(struct bw_poller *poller)
{
    free_states(poller->slots, poller->n_slots);
    free(poller->by_id);
    schedule_clear(&poller->schedule);
}

int slots_get_state(const struct bw_poller *poller, uint32_t slot, struct bw_source_state *state)
{
    return unpack_state(poller->slots[slot].state, poller->config->sources[slot].url, state);
}

int slots_set_state(struct bw_poller *poller, uint32_t slot, const struct bw_source_state *state)
{
    struct packed *packed;

    if (state->url == NULL || strcmp(state->url, poller->config->sources[slot].url) != 0)
        return 0;
    packed = pack_state(state);
    if (packed == NULL)
        return -1;
    free(poller->slots[slot].state);
    poller->slots[slot].state = packed;
    return 0;
}

int64_t slots_due_ms(const struct bw_poller *poller, uint32_t slot)
{
    const struct bw_source_state *state = packed_peek(poller->slots[slot].state);
    int64_t now, due;

    if (state == NULL)
        return 0;
    if (state->health == BW_HEALTH_GONE)
        return INT64_MAX;
    now = clock_now(poller->clock);
    due = state->next_due;
    /* Polled at a time that is still to come: the clock was wrong then, the wait was not. */
    if (state->last_poll > now)
        due -= state->last_poll - now;
    if (due > now + furthest_due)
        due = now + furthest_due;
    return due > 0 ? due * 1000 : 0;
}

void slots_schedule(struct bw_poller *poller, uint32_t slot)
{
    const struct slot *at = &poller->slots[slot];
    int64_t due_ms = slots_due_ms(poller, slot);

    if (!poller->config->sources[slot].enabled || at->under_way || at->ticket != NULL ||
        due_ms == INT64_MAX)
        return;
    if (poller->mode == POLLER_RUNNING ||
        (poller->mode == POLLER_ONCE && due_ms <= clock_now_ms(poller->clock)))
        schedule_put(&poller->schedule, slot, due_ms);
}
