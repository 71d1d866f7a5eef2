/*
 * A small world for the alert room's tests: a store in a temporary directory, a configuration built
 * by hand, an event loop, and an HTTP receiver with a script of answers.
 */
#ifndef BLOCWATCH_TEST_ALERT_WORLD_H
#define BLOCWATCH_TEST_ALERT_WORLD_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "blocwatch/alert.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum { WORLD_OPTIONS = 16, WORLD_CHANNELS = 4, WORLD_REQUESTS = 4096, WORLD_ANSWERS = 64 };

struct world_request {
    char *path, *body, *key, *headers;
    int status;
};

struct world {
    char dir[64], db[96];
    struct event_base *base;
    struct bw_store *store;
    struct bw_clock clock;
    struct bw_config config;
    struct bw_config_channel channels[WORLD_CHANNELS];
    struct bw_config_option options[WORLD_CHANNELS][WORLD_OPTIONS];
    const char *channel_ids[WORLD_CHANNELS];
    struct bw_alerter *alerter;
    struct bw_alert_callbacks callbacks;
    char *log; /* lines */
    int idle;
    /* receiver */
    struct evhttp *http;
    int port;
    int answers[WORLD_ANSWERS]; /* statuses; then 200. Negative: hang. */
    const char *answer_header, *answer_value, *answer_body;
    size_t n_answers, answered;
    struct world_request requests[WORLD_REQUESTS];
    size_t n_requests;
};

static inline void world_note(struct world *w, const char *text)
{
    size_t len = strlen(w->log), more = strlen(text);

    w->log = realloc(w->log, len + more + 2);
    assert_non_null(w->log);
    memcpy(w->log + len, text, more);
    memcpy(w->log + len + more, "\n", 2);
}

static inline void world_on_log(bool failed, const char *text, void *ctx)
{
    (void)failed;
    world_note(ctx, text);
}

static inline void world_on_idle(void *ctx)
{
    struct world *w = ctx;

    w->idle++;
}

static inline void world_on_request(struct evhttp_request *request, void *ctx)
{
    struct world *w = ctx;
    struct evbuffer *in = evhttp_request_get_input_buffer(request), *out = evbuffer_new();
    size_t len = evbuffer_get_length(in);
    struct world_request *kept = &w->requests[w->n_requests++];
    const char *key;
    struct evkeyval *header;
    int status = w->answered < w->n_answers ? w->answers[w->answered++] : 200;

    assert_true(w->n_requests < WORLD_REQUESTS);
    kept->path = strdup(evhttp_request_get_uri(request));
    kept->body = calloc(1, len + 1);
    evbuffer_remove(in, kept->body, len);
    key = evhttp_find_header(evhttp_request_get_input_headers(request), "Idempotency-Key");
    kept->key = strdup(key == NULL ? "" : key);
    kept->headers = strdup("");
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
    {
        char *longer = NULL;

        assert_true(asprintf(&longer, "%s%s: %s\n", kept->headers, header->key, header->value) > 0);
        free(kept->headers);
        kept->headers = longer;
    }
    kept->status = status;
    if (status > 0 && w->answer_header != NULL && status != 200)
        evhttp_add_header(evhttp_request_get_output_headers(request), w->answer_header,
                          w->answer_value);
    if (w->answer_body != NULL)
        evbuffer_add(out, w->answer_body, strlen(w->answer_body));
    if (status > 0)
        evhttp_send_reply(request, status, "scripted", out);
    evbuffer_free(out);
}

static inline void world_init(struct world *w)
{
    struct evhttp_bound_socket *socket;
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    struct bw_error err = {0};

    memset(w, 0, sizeof *w);
    strcpy(w->dir, "/tmp/blocwatch-alert-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->db, sizeof w->db, "%s/blocwatch.db", w->dir);
    w->log = strdup("");
    w->base = event_base_new();
    w->store = store_open(w->db, &(struct bw_store_options){0}, &err);
    assert_non_null(w->store);
    w->http = evhttp_new(w->base);
    socket = evhttp_bind_socket_with_handle(w->http, "127.0.0.1", 0);
    assert_non_null(socket);
    getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&address, &size);
    w->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    evhttp_set_gencb(w->http, world_on_request, w);
    evhttp_set_max_body_size(w->http, 64 << 20);
    w->config.channels = w->channels;
    w->config.route = (struct bw_config_route){
        .group_wait = -1, .group_interval = -1, .rate_limit = -1, .channels = {w->channel_ids, 0}};
    w->config.alerting.max_age = 86400;
    w->config.alerting.story_window = 72 * 3600;
    w->config.alerting.give_up = 3 * 86400;
    w->callbacks = (struct bw_alert_callbacks){world_on_log, world_on_idle, w};
}

/* `pairs`: key, value, …, NULL. A value "%d" in a URL is the receiver's port. */
__attribute__((sentinel)) static inline void world_add_channel(struct world *w, const char *id,
                                                               const char *type, ...)
{
    size_t index = w->config.n_channels;
    struct bw_config_channel *channel = &w->channels[index];
    const char *key;
    va_list args;

    *channel = (struct bw_config_channel){
        .id = id, .type = type, .options = w->options[index], .place = {"alerts.yaml", 10}};
    va_start(args, type);
    while ((key = va_arg(args, const char *)) != NULL) {
        struct bw_config_option *option = &channel->options[channel->n_options];

        option->key = key;
        option->value = va_arg(args, const char *);
        option->place = (struct bw_place){"alerts.yaml", 11 + (int)channel->n_options};
        channel->n_options++;
    }
    va_end(args);
    w->channel_ids[index] = id;
    w->config.n_channels++;
    w->config.route.channels.n = w->config.n_channels;
}

static inline const char *world_url(struct world *w, const char *path)
{
    static char urls[8][128];
    static int next;
    char *url = urls[next++ % 8];

    snprintf(url, sizeof urls[0], "http://127.0.0.1:%d%s", w->port, path);
    return url;
}

static inline void world_start(struct world *w)
{
    struct bw_error err = {0};

    w->alerter = alerter_new(w->base, &w->config, w->store, &w->clock, &w->callbacks, &err);
    if (w->alerter == NULL)
        fail_msg("%s", err.text);
}

/* Runs the loop until `done` says so, at most `seconds`. */
static inline void world_run(struct world *w, bool (*done)(struct world *w), int seconds)
{
    for (int i = 0; i < seconds * 100 && !done(w); i++) {
        struct timeval step = {0, 10000};

        event_base_loopexit(w->base, &step);
        event_base_dispatch(w->base);
    }
    if (!done(w))
        fail_msg("did not happen in %d seconds; log:\n%s", seconds, w->log);
}

static inline void world_clear(struct world *w)
{
    char command[128];

    alerter_free(w->alerter);
    store_close(w->store);
    evhttp_free(w->http);
    event_base_free(w->base);
    for (size_t i = 0; i < w->n_requests; i++) {
        free(w->requests[i].path);
        free(w->requests[i].body);
        free(w->requests[i].key);
        free(w->requests[i].headers);
    }
    free(w->log);
    snprintf(command, sizeof command, "rm -rf '%s'", w->dir);
    assert_int_equal(system(command), 0);
}

/* One item with one hit, saved and raised as the daemon does it. */
struct world_item {
    const char *source, *guid, *title, *link, *summary, *rule;
    int64_t published; /* 0: now */
    struct bw_event event;
    const uint32_t *signature;
    bool first_poll;
};

static inline int64_t world_raise(struct world *w, const struct world_item *from)
{
    struct bw_item item = {.id = from->guid,
                           .title = from->title,
                           .link = from->link,
                           .summary = from->summary,
                           .lang = "en",
                           .published =
                               from->published != 0 ? from->published : clock_now(&w->clock),
                           .updated = BW_TIME_NONE};
    struct bw_event event = from->event;
    struct bw_matched matched = {.text = "BRICS", .set = "brics"};
    struct bw_hit hit = {.rule = from->rule != NULL ? from->rule : "ca-bloc-membership",
                         .rule_title = "A bloc rule",
                         .severity = BW_SEVERITY_HIGH,
                         .events = &event,
                         .n_events = event.actor != NULL,
                         .matched = &matched,
                         .n_matched = 1};
    struct bw_hits hits = {.hits = &hit,
                           .n_hits = 1,
                           .signature = (uint32_t *)from->signature,
                           .n_signature = from->signature != NULL ? 64 : 0};
    struct bw_feed feed = {.format = "rss-2.0", .items = &item, .n_items = 1};
    struct bw_poll poll = {.source_id = from->source};
    struct bw_saved saved = {0};
    struct bw_error err = {0};
    int64_t hit_id;

    hash_key(from->guid, strlen(from->guid), item.key);
    if (from->link != NULL)
        hash_key(from->link, strlen(from->link), item.link_key);
    hash_key(from->title, strlen(from->title), item.content_hash);
    if (event.actor != NULL && event.sentence_text == NULL)
        event.sentence_text = from->title;
    if (store_begin(w->store, &err) != 0 ||
        store_save_items(w->store, from->source, &feed, &hits, clock_now_ms(&w->clock), &saved,
                         &err) != 0 ||
        alerter_raise_hits(w->alerter, &poll, &saved, from->first_poll, &err) != 0)
        fail_msg("%s", err.text);
    hit_id = saved.n_items > 0 && saved.items[0].n_hits > 0 ? saved.items[0].hits[0].id : 0;
    store_clear_saved(&saved);
    if (store_commit(w->store, &err) != 0)
        fail_msg("%s", err.text);
    alerter_wake(w->alerter);
    return hit_id;
}

struct world_fate {
    char fate[32], reason[400];
    int64_t alert;
};

static inline int world_on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct world_fate *fate = ctx;

    snprintf(fate->fate, sizeof fate->fate, "%s", hit->fate);
    snprintf(fate->reason, sizeof fate->reason, "%s", hit->fate_reason ? hit->fate_reason : "");
    fate->alert = hit->alert;
    return 0;
}

static inline struct world_fate world_fate(struct world *w, int64_t hit)
{
    struct bw_hit_query query = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .id = hit};
    struct world_fate fate = {0};
    struct bw_error err = {0};

    assert_int_not_equal(hit, 0);
    assert_int_equal(store_list_hits(w->store, &query, world_on_hit, &fate, &err), 0);
    return fate;
}

#endif
