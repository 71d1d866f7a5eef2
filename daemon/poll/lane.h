/*
 * Lanes: one for each host that is being asked, holding what waits for it. A lane lets a ticket
 * through when fewer than per_host requests are under way and the gap since the last one has
 * passed. Lanes that may go take turns, so that no host holds another back. Times are
 * milliseconds. A lane lives while something waits or is under way, or its gap has not passed.
 */
#ifndef BLOCWATCH_POLL_LANE_H
#define BLOCWATCH_POLL_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct lanes;
struct lane;
struct visit;

struct ticket {
    TAILQ_ENTRY(ticket) link;
    struct lane *lane;
    uint32_t slot;       /* a source whose visit has not begun, when `visit` is NULL */
    struct visit *visit; /* a visit that follows a redirect to this host */
    int per_host;
    int64_t gap_ms;
};

struct lanes *lanes_new(void); /* NULL: memory */
void lanes_free(struct lanes *lanes);

/* Queues a ticket for `host` (copied); visits under way go before sources that have not begun.
 * Returns the ticket, owned by the lane until it is taken or dropped; NULL: memory. */
struct ticket *lanes_wait(struct lanes *lanes, const char *host, const struct ticket *ticket,
                          int64_t now_ms);
/* The next that may go now, counted as under way; the caller frees it and keeps its lane for
 * lanes_release(). NULL when none may. */
struct ticket *lanes_take(struct lanes *lanes, int64_t now_ms);
void lanes_release(struct lanes *lanes, struct lane *lane, int64_t now_ms);
/* Whether the host has other requests under way or waiting. */
bool lane_is_busy(const struct lane *lane);
void lanes_drop(struct lanes *lanes, struct ticket *ticket, int64_t now_ms); /* frees it */

/* Whether something may go now; otherwise when the next gap is over (INT64_MAX: none is). */
bool lanes_ready(struct lanes *lanes, int64_t now_ms);
int64_t lanes_next_ms(const struct lanes *lanes);
size_t lanes_waiting(const struct lanes *lanes);
size_t lanes_count(const struct lanes *lanes);

/* Calls `fn` for each waiting ticket; `fn` may drop the one it is given. */
void lanes_each(struct lanes *lanes, void (*fn)(struct ticket *ticket, void *ctx), void *ctx);

#endif
