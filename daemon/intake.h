/*
 * The way of an item: poll → reader → store and alert → home. The intake holds every envelope
 * between the poller's hand-over and its way home, and commits them in groups: items, hits, the
 * alerts' outbox rows and the source's new state stand in one transaction.
 */
#ifndef BLOCWATCH_INTAKE_H
#define BLOCWATCH_INTAKE_H

#include "blocwatch/alert.h"
#include "blocwatch/poll.h"
#include "blocwatch/reader.h"
#include "blocwatch/store.h"
#include "metrics.h"

struct bw_intake;

struct bw_intake_rooms {
    struct event_base *base;
    const struct bw_config *config;
    const char *state_dir;
    struct bw_clock *clock;
    struct bw_store *store;
    struct bw_poller *poller;
    struct bw_reader_pool *readers;
    struct bw_alerter *alerter;
    void (*on_commit)(void *ctx);   /* after each commit; may be NULL */
    void (*on_progress)(void *ctx); /* now and then in a long one; may be NULL */
    void *ctx;
};

struct bw_intake *intake_new(struct bw_error *err);
/* Joins the rooms; to be called once they all stand, and again when one is replaced. */
void intake_join(struct bw_intake *intake, const struct bw_intake_rooms *rooms);
void intake_free(struct bw_intake *intake); /* NULL is fine; commits nothing */

void intake_take_fetched(struct bw_intake *intake, struct bw_poll *poll); /* from the poller */
void intake_take_read(struct bw_intake *intake, struct bw_poll *poll,
                      enum bw_read_outcome outcome); /* from the readers */

void intake_flush(struct bw_intake *intake);         /* commits what waits, now */
size_t intake_count(const struct bw_intake *intake); /* envelopes held */
/* Counted since the start; borrowed. */
const struct bw_metrics *intake_metrics(const struct bw_intake *intake);

#endif
