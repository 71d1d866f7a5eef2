/*
 * When what is due: a binary heap of (time, id) with the place of each id, so that an id can be
 * moved or taken out. 20 bytes for each id; ids are 0 … n-1.
 */
#ifndef BLOCWATCH_POLL_SCHEDULE_H
#define BLOCWATCH_POLL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct schedule {
    struct schedule_entry {
        int64_t when;
        uint32_t id;
    } * heap;
    uint32_t *place; /* of each id in the heap, from 1; 0: not scheduled */
    size_t n, n_ids;
};

int schedule_grow(struct schedule *schedule, size_t n_ids); /* -1: memory; never shrinks */
void schedule_clear(struct schedule *schedule);             /* frees; usable again when zeroed */

void schedule_put(struct schedule *schedule, uint32_t id, int64_t when); /* or moves it */
void schedule_remove(struct schedule *schedule, uint32_t id);            /* fine when not in */
bool schedule_has(const struct schedule *schedule, uint32_t id);
/* The earliest; false when empty. */
bool schedule_peek(const struct schedule *schedule, uint32_t *id, int64_t *when);
int64_t schedule_when(const struct schedule *schedule, uint32_t id); /* INT64_MAX: not in */

#endif
