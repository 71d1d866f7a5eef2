/*
 * The local web server: page, JSON API, live events, Atom and CSV of hits, Prometheus metrics. On
 * the daemon's loop, by evhttp; answers come from the store, the rest through hooks that the
 * daemon fills in, so that the room knows neither poll/, match/ nor reader/.
 *
 * It listens on loopback or a Unix socket only, unless a token is configured (RFC 6750); requests
 * with a foreign Host are refused (DNS rebinding); writes need the token or a same-origin request
 * with the page's CSRF token. See doc/serve.md and doc/openapi.yaml.
 */
#ifndef BLOCWATCH_SERVE_H
#define BLOCWATCH_SERVE_H

#include "blocwatch/buf.h"
#include "blocwatch/config.h"
#include "blocwatch/error.h"
#include "blocwatch/source.h"
#include "blocwatch/store.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct bw_server;

/* A configured source as the page and the API show it; all borrowed for the call. */
struct bw_serve_source {
    const struct bw_config_source *source;
    const struct bw_source_state *state; /* NULL: never polled */
};
typedef int serve_source_fn(const struct bw_serve_source *source, void *ctx);

/* Called once with the answer: JSON, or `err` set. */
typedef void serve_answer_fn(const char *json, const struct bw_error *err, void *reply);

struct bw_serve_hooks {
    /* Calls fn for each configured source, in order, until it returns non-zero. */
    void (*each_source)(serve_source_fn *fn, void *fn_ctx, void *ctx);
    int (*poll_now)(const char *source_id, struct bw_error *err, void *ctx);
    /* Whether these are matchers of a silence, "rule=ca-* actor=KZ": -1 BW_ERR_USAGE. */
    int (*check_matchers)(const char *matchers, struct bw_error *err);
    /* Matches one item as `rules test` does; answers later, on the loop, with the line that `rules
     * test --json` prints, with certainty, why, sentence and spans added to each event. */
    void (*try_item)(const char *title, const char *summary, const char *lang,
                     serve_answer_fn *answer, void *reply, void *ctx);
    void (*put_metrics)(struct bw_buf *out, void *ctx); /* Prometheus text of the other rooms */
    bool (*is_ready)(void *ctx);
    void *ctx;
};

/* `config` borrowed until replaced; with serve.listen "off" a server that does nothing. Returns
 * owned, or NULL with `err` (BW_ERR_BUSY when the address is taken). */
struct bw_server *server_new(struct event_base *base, const struct bw_config *config,
                             struct bw_store *store, const struct bw_serve_hooks *hooks,
                             struct bw_error *err);
void server_free(struct bw_server *server); /* closes all connections; NULL is fine */
/* Rules, sources and standing anew; the address stays: -1 tells that a changed one needs a
 * restart. */
int server_replace_config(struct bw_server *server, const struct bw_config *config,
                          struct bw_error *err);
/* After a commit: hits with an id above the last one are sent to the listeners of /events. */
void server_announce(struct bw_server *server);
/* Where the page is, "http://127.0.0.1:8780/"; NULL when off. */
const char *server_url(const struct bw_server *server);

#endif
