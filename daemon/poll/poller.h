/*
 * Inside the room: the poller's parts, over any transport and without a loop of its own. The
 * daemon has the loop and libcurl (poller_new()); a simulation moves its clock and calls
 * poller_run(). poller.c is the room's face, slots.c what is known of each source, dispatch.c the
 * way of a visit.
 */
#ifndef BLOCWATCH_POLL_POLLER_H
#define BLOCWATCH_POLL_POLLER_H

#include "blocwatch/poll.h"
#include "lane.h"
#include "pack.h"
#include "schedule.h"
#include "transport.h"
#include "visit.h"

/* What is kept for each source, by its index in the configuration. */
struct slot {
    struct packed *state;  /* NULL: never polled */
    struct ticket *ticket; /* waits in its host's lane */
    bool under_way;        /* a visit of it, or of the source that it replaced, is not home yet */
    uint8_t uncommitted;   /* visits in a row that the store could not keep */
};

enum poller_mode { POLLER_IDLE, POLLER_RUNNING, POLLER_ONCE };

TAILQ_HEAD(visit_list, visit);

struct bw_poller {
    struct event_base *base; /* NULL: the caller runs it */
    struct event *timer;
    struct bw_clock *clock;
    const struct bw_config *config;
    struct bw_poller_callbacks callbacks;
    struct bw_transport *http, *file;
    enum poller_mode mode;
    bool told_idle;
    /* slots.c */
    struct slot *slots;
    size_t n_slots;
    uint32_t *by_id; /* open addressing over ids: index + 1, 0 free */
    size_t id_mask;
    struct schedule schedule;        /* wall milliseconds */
    struct bw_source_state *scratch; /* what poller_state() lends */
    /* dispatch.c */
    struct lanes *lanes;
    struct visit_list visits; /* all that are not home */
    struct visit_list quick;  /* requests that count as quick, oldest first */
    size_t n_quick, n_slow, slow_limit;
    double tokens; /* sources that may become due now: see dispatch.c */
    int64_t tokens_ms;
    int64_t offset_ms; /* wall clock minus steady clock */
    uint64_t random;
    struct bw_poller_stats stats;
};

/* As poller_new(); takes both transports, also on failure. */
struct bw_poller *poller_new_over(struct event_base *base, struct bw_clock *clock,
                                  const struct bw_config *config,
                                  const struct bw_poller_callbacks *callbacks,
                                  struct bw_transport *http, struct bw_transport *file,
                                  struct bw_error *err);
/* Starts all that may start now. */
void poller_run(struct bw_poller *poller);
/* When poller_run() has something to do again, in wall milliseconds; INT64_MAX: once a request has
 * ended. */
int64_t poller_next_ms(struct bw_poller *poller);
void poller_wake(struct bw_poller *poller); /* sets the timer, when there is a loop */

/* --- slots.c --------------------------------------------------------------------------------- */

/* Makes the slots of `config`, taking over the states of the sources that stay. -1: memory, and
 * nothing has changed. */
int slots_replace(struct bw_poller *poller, const struct bw_config *config);
void slots_clear(struct bw_poller *poller);
uint32_t slots_find(const struct bw_poller *poller, const char *id); /* NO_SLOT: unknown */
/* *state initialised by the call. -1: memory. */
int slots_get_state(const struct bw_poller *poller, uint32_t slot, struct bw_source_state *state);
/* Ignored when it is of another URL. -1: memory. */
int slots_set_state(struct bw_poller *poller, uint32_t slot, const struct bw_source_state *state);
/* When the source is to be polled by its state, wall milliseconds; INT64_MAX: never. */
int64_t slots_due_ms(const struct bw_poller *poller, uint32_t slot);
/* Puts it into the schedule, unless it is disabled, gone, waiting or under way. */
void slots_schedule(struct bw_poller *poller, uint32_t slot);

/* --- dispatch.c ------------------------------------------------------------------------------ */

/* By the configuration and the descriptors that we may have. */
void dispatch_set_limits(struct bw_poller *poller);
/* Tickets go back into the schedule. */
void dispatch_drop_waiting(struct bw_poller *poller);
/* Gives up and frees all visits that were not handed out. */
void dispatch_cancel(struct bw_poller *poller);
/* The visit has ended, well or not: no longer under way. */
void dispatch_end(struct bw_poller *poller, struct visit *visit);
uint64_t dispatch_random(struct bw_poller *poller);

#endif
