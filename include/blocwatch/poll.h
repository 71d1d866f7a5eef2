/*
 * Polling: the schedule over all sources, per-host lanes, libcurl on the event loop, and the
 * politeness policy (policy.h inside the room: a pure function). An envelope leaves by on_fetched
 * and must come home by poller_finish_poll(); until then its source is not polled again.
 * See doc/polling.md.
 */
#ifndef BLOCWATCH_POLL_H
#define BLOCWATCH_POLL_H

#include "blocwatch/clock.h"
#include "blocwatch/config.h"
#include "blocwatch/envelope.h"
#include "blocwatch/source.h"

#include <stdbool.h>

struct event_base;
struct bw_poller;

struct bw_poller_callbacks {
    /* One visit is over, well or not (poll->error, poll->fetch.result): takes the envelope. On the
     * loop, never before the call that started it has returned. */
    void (*on_fetched)(struct bw_poll *poll, void *ctx);
    /* poller_poll_due_once(): every due source has been home; may be NULL. */
    void (*on_idle)(void *ctx);
    void *ctx;
};

/* What became of the document after the fetch: input of the policy. */
struct bw_poll_outcome {
    size_t n_items, n_new; /* in the document; of these never seen before */
    int64_t newest;        /* published time of the newest new item; BW_TIME_NONE */
    bool poison;           /* killed two readers: quarantine */
};

/* Borrows all; `config` until poller_replace_config(). Nothing is polled before poller_start().
 * Returns owned, or NULL with `err`. */
struct bw_poller *poller_new(struct event_base *base, struct bw_clock *clock,
                             const struct bw_config *config,
                             const struct bw_poller_callbacks *callbacks, struct bw_error *err);
/* Cancels what is under way; envelopes not handed out are freed. NULL is fine. */
void poller_free(struct bw_poller *poller);

/* Remembered state of a source; copied. To be called before poller_start(), and after a reload for
 * new sources. A state whose url differs from the configured one is ignored, as is an unknown
 * source. */
void poller_load_state(struct bw_poller *poller, const char *source_id,
                       const struct bw_source_state *state);

void poller_start(struct bw_poller *poller); /* schedules every enabled source */
/* Polls each source that is due now once, then calls on_idle. Instead of poller_start(). */
void poller_poll_due_once(struct bw_poller *poller);
/* No new polls; transfers under way are given up and come back by on_fetched never: they are freed,
 * their sources stay due. */
void poller_stop(struct bw_poller *poller);

/* The state that the source will have when this poll is committed, and the actions to take, by the
 * policy. *state is initialised by the call; the caller clears it. To be called inside the
 * store's transaction. `poll->error` set by the reader counts as a failure. */
int poller_plan_state(struct bw_poller *poller, const struct bw_poll *poll,
                      const struct bw_poll_outcome *outcome, struct bw_source_state *state,
                      uint32_t *actions, struct bw_error *err);
/* Home: takes the envelope and frees it. `committed`: the planned state (NULL when not) is now the
 * source's; otherwise the source is tried again soon, with its old validators. */
void poller_finish_poll(struct bw_poller *poller, struct bw_poll *poll,
                        const struct bw_source_state *committed);

/* New sources and settings; states of sources that stay are kept. Envelopes under way stay valid
 * and come home as usual, also those of sources that are gone. -1 leaves all as it was. */
int poller_replace_config(struct bw_poller *poller, const struct bw_config *config,
                          struct bw_error *err);

/* Due at once (politeness gap of its host kept); -1 BW_ERR_NOTFOUND, BW_ERR_BUSY. */
int poller_poll_now(struct bw_poller *poller, const char *source_id, struct bw_error *err);

struct bw_poller_stats {
    size_t sources, under_way, waiting_for_lane; /* started == home + under_way at every moment */
    uint64_t started, home, not_modified, failed, wire_bytes;
};
struct bw_poller_stats poller_stats(const struct bw_poller *poller);
/* Borrowed, valid until the next call into the poller; NULL unknown. */
const struct bw_source_state *poller_state(const struct bw_poller *poller, const char *source_id);

/* Frees an envelope of the poller's and all it owns, for those that it no longer takes home (after
 * poller_free()); NULL is fine. */
void poll_free(struct bw_poll *poll);

#endif
