/*
 * For the wire tests: an HTTP server on a free loopback port in this process, a configuration made
 * by hand, and a poller whose envelopes are kept until the test takes them home.
 */
#ifndef TEST_POLL_WIRE_H
#define TEST_POLL_WIRE_H

#include "blocwatch/poll.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIRE_SOURCES = 64, WIRE_REQUESTS = 256 };

/* What the server saw. */
struct wire_request {
    char path[128], etag[128], modified[64], agent[128], cookie[64], referer[64], auth[128],
        accept[512], encoding[128], host[64];
    int64_t ms;
};

struct wire {
    struct event_base *base;
    struct evhttp *server;
    int port;
    void (*answer)(struct evhttp_request *request, struct wire *wire);
    struct wire_request requests[WIRE_REQUESTS];
    int n_requests;
    struct bw_config config;
    struct bw_config_source sources[WIRE_SOURCES];
    char urls[WIRE_SOURCES][256], ids[WIRE_SOURCES][16];
    struct bw_poller *poller;
    struct bw_poll *polls[WIRE_SOURCES]; /* handed out, in order */
    int n_polls;
    bool idle;
};

static const struct bw_config_polling wire_polling = {
    .interval_floor = 300,
    .interval_ceiling = 14400,
    .retry_after_cap = 172800,
    .backoff_cap = 86400,
    .jitter = 0.1,
    .per_host = 2,
    .host_gap_ms = 0,
    .connections = 64,
    .connect_timeout = 5,
    .first_byte_timeout = 5,
    .total_timeout = 20,
    .low_speed_bytes = 100,
    .low_speed_time = 10,
    .max_size = 1 << 20,
    .max_redirects = 5,
    .failing_after = 86400,
};

static inline void wire_copy_header(struct evhttp_request *request, const char *name, char *to,
                                    size_t size)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);

    snprintf(to, size, "%s", value != NULL ? value : "");
}

static inline void wire_on_request(struct evhttp_request *request, void *ctx)
{
    struct wire *wire = ctx;
    struct wire_request *seen = &wire->requests[wire->n_requests++];

    assert_true(wire->n_requests < WIRE_REQUESTS);
    snprintf(seen->path, sizeof seen->path, "%s", evhttp_request_get_uri(request));
    wire_copy_header(request, "If-None-Match", seen->etag, sizeof seen->etag);
    wire_copy_header(request, "If-Modified-Since", seen->modified, sizeof seen->modified);
    wire_copy_header(request, "User-Agent", seen->agent, sizeof seen->agent);
    wire_copy_header(request, "Cookie", seen->cookie, sizeof seen->cookie);
    wire_copy_header(request, "Referer", seen->referer, sizeof seen->referer);
    wire_copy_header(request, "Authorization", seen->auth, sizeof seen->auth);
    wire_copy_header(request, "Accept", seen->accept, sizeof seen->accept);
    wire_copy_header(request, "Accept-Encoding", seen->encoding, sizeof seen->encoding);
    wire_copy_header(request, "Host", seen->host, sizeof seen->host);
    seen->ms = clock_monotonic_ms(&bw_clock_real);
    wire->answer(request, wire);
}

static inline void wire_on_fetched(struct bw_poll *poll, void *ctx)
{
    struct wire *wire = ctx;

    assert_true(wire->n_polls < WIRE_SOURCES);
    wire->polls[wire->n_polls++] = poll;
}

static inline void wire_on_idle(void *ctx)
{
    ((struct wire *)ctx)->idle = true;
}

static inline struct wire *wire_new(void (*answer)(struct evhttp_request *, struct wire *))
{
    struct wire *wire = calloc(1, sizeof *wire);
    struct evhttp_bound_socket *bound;
    struct sockaddr_storage address;
    socklen_t len = sizeof address;

    wire->base = event_base_new();
    wire->server = evhttp_new(wire->base);
    wire->answer = answer;
    bound = evhttp_bind_socket_with_handle(wire->server, "0.0.0.0", 0);
    assert_non_null(bound);
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len);
    wire->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    evhttp_set_gencb(wire->server, wire_on_request, wire);
    wire->config.polling = wire_polling;
    wire->config.sources = wire->sources;
    return wire;
}

/* A source at `path` of the server by its address `host`. */
static inline struct bw_config_source *wire_add(struct wire *wire, const char *host,
                                                const char *path)
{
    size_t i = wire->config.n_sources++;

    snprintf(wire->urls[i], sizeof wire->urls[i], "http://%s:%d%s", host, wire->port, path);
    snprintf(wire->ids[i], sizeof wire->ids[i], "s%zu", i);
    wire->sources[i] = (struct bw_config_source){
        .id = wire->ids[i],
        .url = wire->urls[i],
        .enabled = true,
        .allow_private = true,
        .polling = wire->config.polling,
    };
    return &wire->sources[i];
}

static inline void wire_make_poller(struct wire *wire)
{
    const struct bw_poller_callbacks callbacks = {wire_on_fetched, wire_on_idle, wire};
    struct bw_error err = {0};

    wire->poller = poller_new(wire->base, &bw_clock_real, &wire->config, &callbacks, &err);
    assert_non_null(wire->poller);
}

/* Runs the loop until `n` envelopes have been handed out. */
static inline void wire_await(struct wire *wire, int n)
{
    while (wire->n_polls < n)
        assert_int_equal(event_base_loop(wire->base, EVLOOP_ONCE), 0);
    assert_int_equal(wire->n_polls, n);
}

/* Plans and commits, as the intake does; `state` is the caller's to clear. */
static inline void wire_plan(struct wire *wire, struct bw_poll *poll, size_t n_new,
                             struct bw_source_state *state, uint32_t *actions)
{
    struct bw_poll_outcome outcome = {.n_items = n_new, .n_new = n_new, .newest = BW_TIME_NONE};
    struct bw_error err = {0};

    assert_int_equal(poller_plan_state(wire->poller, poll, &outcome, state, actions, &err), 0);
}

static inline void wire_finish_all(struct wire *wire)
{
    for (int i = 0; i < wire->n_polls; i++) {
        struct bw_source_state state;
        uint32_t actions;

        wire_plan(wire, wire->polls[i], 1, &state, &actions);
        poller_finish_poll(wire->poller, wire->polls[i], &state);
        source_state_clear(&state);
    }
    wire->n_polls = 0;
}

static inline void wire_await_idle(struct wire *wire)
{
    while (!wire->idle)
        assert_int_equal(event_base_loop(wire->base, EVLOOP_ONCE), 0);
}

/* One visit to the only source; its envelope is the caller's. */
static inline struct bw_poll *wire_visit(struct wire *wire)
{
    struct bw_error err = {0};
    struct bw_poll *poll;

    if (poller_stats(wire->poller).started == 0)
        poller_start(wire->poller);
    else
        assert_int_equal(poller_poll_now(wire->poller, "s0", &err), 0);
    wire_await(wire, 1);
    poll = wire->polls[0];
    wire->n_polls = 0;
    return poll;
}

static inline void wire_go_home(struct wire *wire, struct bw_poll *poll, size_t n_new)
{
    struct bw_source_state state;
    uint32_t actions;

    wire_plan(wire, poll, n_new, &state, &actions);
    poller_finish_poll(wire->poller, poll, &state);
    source_state_clear(&state);
}

static inline void wire_free(struct wire *wire)
{
    poller_free(wire->poller);
    for (int i = 0; i < wire->n_polls; i++)
        poll_free(wire->polls[i]);
    evhttp_free(wire->server);
    event_base_free(wire->base);
    free(wire);
}

static inline void wire_header(struct evhttp_request *request, const char *name, const char *value)
{
    evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

static inline void wire_reply(struct evhttp_request *request, int status, const char *body)
{
    struct evbuffer *out = evbuffer_new();

    evbuffer_add(out, body, strlen(body));
    evhttp_send_reply(request, status, NULL, out);
    evbuffer_free(out);
}

#endif
