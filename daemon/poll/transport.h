/*
 * How one request is made. The poller knows only this interface: http.c (libcurl) and file.c stand
 * behind it in the daemon, simulated servers in tests/simulation/. One call is one request and one
 * answer: redirects are followed by the poller, each through the lane of its host.
 */
#ifndef BLOCWATCH_POLL_TRANSPORT_H
#define BLOCWATCH_POLL_TRANSPORT_H

#include "blocwatch/config.h"
#include "blocwatch/envelope.h"

struct event_base;

struct bw_request {
    const char *url;
    const char *etag, *last_modified;      /* to be sent back verbatim; NULL none */
    const struct bw_config_source *source; /* limits, TLS, proxy, credentials */
    bool trusted; /* goes to the source's own host: credentials may be sent */
    bool keep;    /* others wait for this host: its connection is worth keeping */
};

/* What came back. Header values are verbatim without the white space around them; NULL absent. */
struct bw_response {
    enum bw_fetch_result result; /* BW_FETCH_OK for any complete HTTP answer, see `status` */
    long status;
    struct bw_buf body; /* decoded; of a 200 only */
    char *etag, *last_modified, *content_type, *location;
    char *cache_control, *expires, *date, *age, *retry_after;
    uint64_t wire_bytes;
    struct bw_error error; /* set when result is not BW_FETCH_OK */
};

void response_clear(struct bw_response *response); /* frees, leaves it empty */

/* The response is borrowed; its fields may be stolen. */
typedef void transport_done_fn(struct bw_response *response, void *ctx);

struct bw_transport {
    /* Copies what it needs of `request`. `done` runs exactly once, on the loop, never before
     * start() has returned, unless cancelled. Returns a handle, or NULL with `err`. */
    void *(*start)(struct bw_transport *transport, const struct bw_request *request,
                   transport_done_fn *done, void *ctx, struct bw_error *err);
    void (*cancel)(struct bw_transport *transport, void *handle);
    void (*free)(struct bw_transport *transport); /* nothing may be under way */
};

/* `connections`: how many requests there may be at once, about. */
struct bw_transport *http_transport_new(struct event_base *base, int connections,
                                        struct bw_error *err);
/* file: URLs. Validator is "mtime-size" in `etag`; 304 when it has not changed. */
struct bw_transport *file_transport_new(struct event_base *base, struct bw_error *err);

#endif
