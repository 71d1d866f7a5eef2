/*
 * A visit: the envelope, and what the poller needs to know of it from the first request to the way
 * home. The envelope is its first field, so a struct bw_poll of ours is a visit.
 */
#ifndef BLOCWATCH_POLL_VISIT_H
#define BLOCWATCH_POLL_VISIT_H

#include "blocwatch/poll.h"
#include "lane.h"
#include "transport.h"

enum { VISIT_MAX_HOPS = 20, NO_SLOT = UINT32_MAX };

struct visit {
    struct bw_poll poll;
    TAILQ_ENTRY(visit) link;      /* all that are under way */
    TAILQ_ENTRY(visit) pool_link; /* requests that count as quick, oldest first */
    struct bw_poller *poller;     /* NULL once it is gone */
    uint32_t slot;                /* of its source; NO_SLOT when that has left the configuration */
    char *id, *lang;
    char *url;                      /* as configured when it began */
    char *hops[VISIT_MAX_HOPS + 1]; /* asked so far, the last one is where it stands */
    int n_hops;
    char *permanent_to; /* last URL reached by 301 and 308 alone */
    bool all_permanent;
    struct bw_source_state before; /* the state that the policy will start from */
    struct bw_config_polling polling;
    struct bw_response response; /* the final one; its body has moved into the envelope */
    char body_hash[BW_KEY_TEXT]; /* of a 200; "" otherwise */
    struct lane *lane;           /* holds a place in it */
    struct bw_transport *transport;
    void *handle;          /* of the request under way */
    struct ticket *ticket; /* waits for its next host */
    bool quick;            /* counts against the connections; slow ones have a pool of their own */
    bool in_use;           /* a request is under way */
    bool handed_out;
    int64_t request_ms; /* when it began */
    uint64_t random;
};

/* Texts are copied. NULL: memory. */
struct visit *visit_new(const struct bw_config_source *source, uint32_t slot);
const char *visit_url(const struct visit *visit); /* where it stands */
/* Goes on to `url` (taken, also on failure); `permanent`: by a 301 or 308. -1 with `err`: too many,
 * a loop, a scheme that is not followed. */
int visit_add_hop(struct visit *visit, char *url, bool permanent, struct bw_error *err);
void visit_free(struct visit *visit);

#endif
