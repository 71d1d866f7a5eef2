/* The heap over all sources' due times. Owns its arrays. */
#include "schedule.h"

#include <stdlib.h>
#include <string.h>

int schedule_grow(struct schedule *schedule, size_t n_ids)
{
    struct schedule_entry *heap;
    uint32_t *place;

    if (n_ids <= schedule->n_ids)
        return 0;
    heap = realloc(schedule->heap, n_ids * sizeof *heap);
    if (heap == NULL)
        return -1;
    schedule->heap = heap;
    place = realloc(schedule->place, n_ids * sizeof *place);
    if (place == NULL)
        return -1;
    memset(place + schedule->n_ids, 0, (n_ids - schedule->n_ids) * sizeof *place);
    schedule->place = place;
    schedule->n_ids = n_ids;
    return 0;
}

void schedule_clear(struct schedule *schedule)
{
    free(schedule->heap);
    free(schedule->place);
    *schedule = (struct schedule){0};
}

static void set_entry(struct schedule *schedule, size_t at, struct schedule_entry entry)
{
    schedule->heap[at] = entry;
    schedule->place[entry.id] = (uint32_t)at + 1;
}

static void move_up(struct schedule *schedule, size_t at, struct schedule_entry entry)
{
    while (at > 0 && schedule->heap[(at - 1) / 2].when > entry.when) {
        set_entry(schedule, at, schedule->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    set_entry(schedule, at, entry);
}

static void move_down(struct schedule *schedule, size_t at, struct schedule_entry entry)
{
    size_t child;

    while ((child = at * 2 + 1) < schedule->n) {
        if (child + 1 < schedule->n && schedule->heap[child + 1].when < schedule->heap[child].when)
            child++;
        if (schedule->heap[child].when >= entry.when)
            break;
        set_entry(schedule, at, schedule->heap[child]);
        at = child;
    }
    set_entry(schedule, at, entry);
}

/* Puts `entry` where the hole at `at` leaves it in order. */
static void fill_hole(struct schedule *schedule, size_t at, struct schedule_entry entry)
{
    if (at > 0 && schedule->heap[(at - 1) / 2].when > entry.when)
        move_up(schedule, at, entry);
    else
        move_down(schedule, at, entry);
}

void schedule_put(struct schedule *schedule, uint32_t id, int64_t when)
{
    size_t at = schedule->place[id] > 0 ? schedule->place[id] - 1 : schedule->n++;

    fill_hole(schedule, at, (struct schedule_entry){when, id});
}

void schedule_remove(struct schedule *schedule, uint32_t id)
{
    size_t at;

    if (!schedule_has(schedule, id))
        return;
    at = schedule->place[id] - 1;
    schedule->place[id] = 0;
    if (at != --schedule->n)
        fill_hole(schedule, at, schedule->heap[schedule->n]);
}

bool schedule_has(const struct schedule *schedule, uint32_t id)
{
    return id < schedule->n_ids && schedule->place[id] > 0;
}

bool schedule_peek(const struct schedule *schedule, uint32_t *id, int64_t *when)
{
    if (schedule->n == 0)
        return false;
    *id = schedule->heap[0].id;
    *when = schedule->heap[0].when;
    return true;
}

int64_t schedule_when(const struct schedule *schedule, uint32_t id)
{
    return schedule_has(schedule, id) ? schedule->heap[schedule->place[id] - 1].when : INT64_MAX;
}
