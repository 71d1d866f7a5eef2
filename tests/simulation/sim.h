/*
 * A simulated web: servers with manners and without, on a clock that is moved by hand. The real
 * poller (schedule, lanes, policy) runs on it over a transport that never opens a socket, so a week
 * of a thousand sources takes seconds.
 *
 * Each server keeps its own book: when it was asked, how many requests ran at once, and before when
 * it had asked us not to come back. What breaks its rules is counted there, not by the poller.
 */
#ifndef SIM_H
#define SIM_H

#include "poller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum {
    SIM_MINUTE = 60,
    SIM_HOUR = 3600,
    SIM_DAY = 86400,
    SIM_WINDOW = 20,     /* items in a document */
    SIM_BYTES = 40000,   /* a whole document on the wire */
    SIM_304_BYTES = 300, /* an answer without a body */
    SIM_JOBS = 4096,     /* requests that run at once, at most */
};

/* 2026-11-23T00:00:00Z, a Monday */
#define SIM_START INT64_C(1795392000)

/* Manners of a server, combined as bits. */
enum sim_manner {
    SIM_POLITE = 0,             /* both validators, answers 304 */
    SIM_NO_VALIDATORS = 1 << 0, /* always the whole document */
    SIM_IGNORES = 1 << 1,       /* gives validators and never answers 304 */
    SIM_MAX_AGE = 1 << 2,       /* Cache-Control: max-age=`wish`, on 200 and on 304 */
    SIM_EXPIRES = 1 << 3,       /* Expires `wish` seconds away, by its own clock */
    SIM_TTL = 1 << 4,           /* <ttl> of `wish` */
    SIM_SKIP_NIGHT = 1 << 5,    /* skipHours 22 to 5 */
    SIM_RATE_LIMIT = 1 << 6,    /* 429 when asked within `wish` of the last time */
    SIM_BUSY = 1 << 7,          /* every tenth answer is a 503 with Retry-After as a date */
    SIM_MOVED = 1 << 8,         /* 301 to `moved_to` from the start */
    SIM_TEMPORARY = 1 << 9,     /* 302 to `moved_to` */
    SIM_DEAD = 1 << 10,         /* no connection, after the whole time limit */
    SIM_FLAPPING = 1 << 11,     /* up for an hour, down for half an hour */
    SIM_GONE = 1 << 12,         /* 410 from the third day on */
    SIM_REWRITES = 1 << 13,     /* another body each time, nothing new in it */
    SIM_SLOW = 1 << 14,         /* answers after 20 seconds */
    SIM_BACK = 1 << 15,         /* dead for three days, then well */
};

struct sim_server {
    char host[40];
    uint32_t manners;
    int64_t wish; /* seconds, for the manners that need it */
    int64_t skew; /* its clock less the true one */
    const char *moved_to;
    /* its book */
    int active, most_active;
    int64_t last_ms, least_gap_ms;
    uint64_t requests, whole, not_modified, bytes;
    uint64_t too_early;     /* requests before the time that we had been given */
    uint64_t unconditional; /* requests without validators although we had some */
    int hour_requests, most_per_hour;
    int64_t hour;
    int64_t first_request, last_request;
};

struct sim_feed {
    struct sim_server *server;
    int64_t *times; /* when its items appear, rising */
    size_t n_times;
    size_t seen; /* items that we have been shown */
    char etag[24];
    bool served;               /* has given a whole document with validators */
    int64_t not_before;        /* by its last answer */
    int64_t rate_limited_from; /* its last answer to us */
    uint64_t requests;
    int64_t *delays; /* of the items published while we watched, seconds */
    size_t n_delays;
    uint32_t raised[5]; /* gone, failing, silent, quarantined, back */
    int moved;
};

struct sim_job {
    bool used;
    struct sim_feed *feed;
    struct sim_server *server;
    transport_done_fn *done;
    void *ctx;
    struct bw_response response;
};

struct sim {
    struct bw_clock clock;
    struct bw_config config;
    struct bw_config_source *sources;
    struct sim_feed *feeds;
    struct sim_server *servers;
    size_t n_feeds, n_servers, cap_feeds, cap_servers;
    struct bw_transport transport; /* its functions find the sim by its address */
    struct bw_transport no_files;
    struct bw_poller *poller;
    struct sim_job jobs[SIM_JOBS];
    struct schedule finishes;
    struct bw_poll *fetched[SIM_JOBS];
    size_t n_fetched;
    uint32_t free_jobs[SIM_JOBS];
    size_t n_free_jobs;
    uint64_t random;
    bool idle;
    int most_per_second, this_second;
    int64_t second;
};

static inline uint32_t sim_random(struct sim *sim)
{
    sim->random = sim->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(sim->random >> 33);
}

static inline int64_t sim_now(const struct sim *sim)
{
    return sim->clock.now_ms / 1000;
}

/* --- the servers ----------------------------------------------------------------------------- */

static inline char *sim_date(int64_t when)
{
    time_t time = (time_t)when;
    struct tm tm;
    char text[64];

    gmtime_r(&time, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return strdup(text);
}

/* "PREFIX123" */
static inline char *sim_print(const char *prefix, int64_t value)
{
    char text[64];

    snprintf(text, sizeof text, "%s%lld", prefix, (long long)value);
    return strdup(text);
}

/* How many items have appeared by now. */
static inline size_t sim_published(const struct sim_feed *feed, int64_t now)
{
    size_t low = 0, high = feed->n_times;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (feed->times[middle] <= now)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline bool sim_is_down(const struct sim_server *server, int64_t now)
{
    if (server->manners & SIM_DEAD)
        return true;
    if ((server->manners & SIM_BACK) && now < SIM_START + 3 * SIM_DAY)
        return true;
    return (server->manners & SIM_FLAPPING) && now % (90 * SIM_MINUTE) >= SIM_HOUR;
}

static inline void sim_write_book(struct sim *sim, struct sim_server *server)
{
    int64_t now_ms = sim->clock.now_ms, hour = now_ms / 3600000;

    if (server->requests > 0 && now_ms - server->last_ms < server->least_gap_ms)
        server->least_gap_ms = now_ms - server->last_ms;
    if (server->requests == 0)
        server->first_request = now_ms / 1000;
    server->last_ms = now_ms;
    server->last_request = now_ms / 1000;
    server->requests++;
    if (++server->active > server->most_active)
        server->most_active = server->active;
    if (hour != server->hour)
        server->hour_requests = 0;
    server->hour = hour;
    if (++server->hour_requests > server->most_per_hour)
        server->most_per_hour = server->hour_requests;
    if (sim->second != now_ms / 1000)
        sim->this_second = 0;
    sim->second = now_ms / 1000;
    if (++sim->this_second > sim->most_per_second)
        sim->most_per_second = sim->this_second;
}

static inline void sim_fail(struct bw_response *response, enum bw_fetch_result result)
{
    response->result = result;
    error_set(&response->error, BW_ERR_NETWORK, "simulated failure");
}

/* The wishes that go with a good answer, and the server's note of when we may come back. */
static inline void sim_add_wishes(struct sim_server *server, struct sim_feed *feed, int64_t now,
                                  struct bw_response *response)
{
    response->date = sim_date(now + server->skew);
    if (server->manners & SIM_MAX_AGE)
        response->cache_control = sim_print("public, max-age=", server->wish);
    if (server->manners & SIM_EXPIRES)
        response->expires = sim_date(now + server->skew + server->wish);
    if (server->manners & (SIM_MAX_AGE | SIM_EXPIRES | SIM_TTL))
        feed->not_before = now + server->wish;
}

static inline void sim_send_document(struct sim_feed *feed, const struct bw_request *request,
                                     int64_t now, struct bw_response *response)
{
    struct sim_server *server = feed->server;
    char etag[24], body[64];
    bool known;

    snprintf(etag, sizeof etag, "\"v%zu\"", sim_published(feed, now));
    known = request->etag != NULL && strcmp(request->etag, etag) == 0;
    sim_add_wishes(server, feed, now, response);
    if (known && !(server->manners & SIM_IGNORES)) {
        response->status = 304;
        response->wire_bytes = SIM_304_BYTES;
        server->not_modified++;
        return;
    }
    response->status = 200;
    response->wire_bytes = SIM_BYTES;
    server->whole++;
    if (!(server->manners & SIM_NO_VALIDATORS)) {
        response->etag = strdup(etag);
        response->last_modified = sim_date(now + server->skew);
        feed->served = true;
    }
    snprintf(body, sizeof body, "%s %lld", etag,
             server->manners & SIM_REWRITES ? (long long)now : 0);
    buf_puts(&response->body, body);
}

/* What the server says; the milliseconds until it has said it. */
static inline int64_t sim_answer(struct sim *sim, struct sim_feed *feed, struct sim_server *server,
                                 const struct bw_request *request, struct bw_response *response)
{
    int64_t now = sim_now(sim);

    response->result = BW_FETCH_OK;
    if (sim_is_down(server, now)) {
        sim_fail(response, BW_FETCH_CONNECT);
        return 10000;
    }
    response->wire_bytes = SIM_304_BYTES;
    if (server != feed->server || !(server->manners & (SIM_MOVED | SIM_TEMPORARY))) {
        if (feed->served && request->etag == NULL && request->last_modified == NULL)
            server->unconditional++;
        if (now < feed->not_before)
            server->too_early++;
    }
    if (server->manners & (SIM_MOVED | SIM_TEMPORARY)) {
        response->status = server->manners & SIM_MOVED ? 301 : 302;
        response->location = strdup(server->moved_to);
    } else if ((server->manners & SIM_GONE) && now >= SIM_START + 3 * SIM_DAY) {
        response->status = 410;
    } else if ((server->manners & SIM_RATE_LIMIT) && feed->rate_limited_from > 0 &&
               now < feed->rate_limited_from + server->wish) {
        response->status = 429;
        response->retry_after = sim_print("", feed->rate_limited_from + server->wish - now);
        feed->not_before = feed->rate_limited_from + server->wish;
    } else if ((server->manners & SIM_BUSY) && feed->requests % 10 == 9) {
        response->status = 503;
        response->date = sim_date(now + server->skew);
        response->retry_after = sim_date(now + server->skew + server->wish);
        feed->not_before = now + server->wish;
    } else {
        feed->rate_limited_from = now;
        sim_send_document(feed, request, now, response);
    }
    feed->requests++;
    return server->manners & SIM_SLOW ? 20000 : 50 + sim_random(sim) % 200;
}

/* --- the transport --------------------------------------------------------------------------- */

static inline struct sim_server *sim_find_server(struct sim *sim, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "/");

    for (size_t i = 0; i < sim->n_servers; i++) {
        if (strlen(sim->servers[i].host) == len && strncmp(sim->servers[i].host, host, len) == 0)
            return &sim->servers[i];
    }
    return NULL;
}

static inline void *sim_start(struct bw_transport *transport, const struct bw_request *request,
                              transport_done_fn *done, void *ctx, struct bw_error *err)
{
    struct sim *sim = (struct sim *)((char *)transport - offsetof(struct sim, transport));
    struct sim_feed *feed = &sim->feeds[request->source - sim->sources];
    struct sim_server *server = feed->server;
    struct sim_job *job;
    uint32_t id;
    int64_t ms;

    (void)err;
    if (strcmp(request->url, request->source->url) != 0)
        server = sim_find_server(sim, request->url);
    assert_non_null(server);
    assert_true(sim->n_free_jobs > 0);
    id = sim->free_jobs[--sim->n_free_jobs];
    job = &sim->jobs[id];
    *job = (struct sim_job){true, feed, server, done, ctx, {0}};
    sim_write_book(sim, server);
    ms = sim_answer(sim, feed, server, request, &job->response);
    server->bytes += job->response.wire_bytes;
    schedule_put(&sim->finishes, id, sim->clock.now_ms + ms);
    return job;
}

static inline void sim_release_job(struct sim *sim, struct sim_job *job)
{
    uint32_t id = (uint32_t)(job - sim->jobs);

    job->server->active--;
    job->used = false;
    schedule_remove(&sim->finishes, id);
    response_clear(&job->response);
    sim->free_jobs[sim->n_free_jobs++] = id;
}

static inline void sim_cancel(struct bw_transport *transport, void *handle)
{
    struct sim *sim = (struct sim *)((char *)transport - offsetof(struct sim, transport));

    sim_release_job(sim, handle);
}

static inline void sim_free_transport(struct bw_transport *transport)
{
    (void)transport;
}

/* --- the intake ------------------------------------------------------------------------------ */

static inline void sim_on_fetched(struct bw_poll *poll, void *ctx)
{
    struct sim *sim = ctx;

    assert_true(sim->n_fetched < SIM_JOBS);
    sim->fetched[sim->n_fetched++] = poll;
}

static inline void sim_on_idle(void *ctx)
{
    ((struct sim *)ctx)->idle = true;
}

/* Shows the latest items, as a parser would have found them. */
static inline void sim_parse(struct sim *sim, struct sim_feed *feed, struct bw_poll *poll,
                             struct bw_poll_outcome *outcome)
{
    size_t version = (size_t)atoi(buf_text(&poll->fetch.body) + 2), first;
    int64_t now = sim_now(sim);
    struct bw_feed *doc;

    poll->doc = document_new(0);
    doc = &poll->doc->feed;
    first = version > SIM_WINDOW ? version - SIM_WINDOW : 0;
    doc->n_items = version - first;
    doc->items = arena_calloc(poll->doc->arena, doc->n_items + 1, sizeof *doc->items);
    for (size_t i = 0; i < doc->n_items; i++)
        doc->items[i].published = feed->times[version - 1 - i] + feed->server->skew;
    if (feed->server->manners & SIM_TTL)
        doc->ttl_minutes = (int)(feed->server->wish / 60);
    if (feed->server->manners & SIM_SKIP_NIGHT)
        doc->skip_hours = 0xc0001f; /* 22, 23, 0 … 4 */
    outcome->n_items = doc->n_items;
    for (; feed->seen < version; feed->seen++) {
        int64_t time = feed->times[feed->seen];

        outcome->n_new += feed->seen >= first;
        if (time >= SIM_START && feed->requests > 1)
            feed->delays[feed->n_delays++] = now - time;
    }
}

static inline void sim_take_home(struct sim *sim, struct bw_poll *poll)
{
    struct sim_feed *feed = &sim->feeds[poll->source];
    struct bw_poll_outcome outcome = {.newest = BW_TIME_NONE};
    struct bw_source_state state;
    struct bw_error err;
    uint32_t actions;

    if (poll->fetch.result == BW_FETCH_OK)
        sim_parse(sim, feed, poll, &outcome);
    assert_int_equal(poller_plan_state(sim->poller, poll, &outcome, &state, &actions, &err), 0);
    for (int i = 0; i < 5; i++)
        feed->raised[i] += actions >> i & 1;
    feed->moved += (actions & BW_ACTION_LOG_MOVED) != 0;
    poller_finish_poll(sim->poller, poll, &state);
    source_state_clear(&state);
}

/* --- building and running -------------------------------------------------------------------- */

static inline struct sim *sim_new(size_t most_feeds)
{
    struct sim *sim = calloc(1, sizeof *sim);

    sim->clock = (struct bw_clock){.simulated = true, .now_ms = SIM_START * 1000};
    sim->random = 7;
    sim->cap_feeds = sim->cap_servers = most_feeds;
    sim->sources = calloc(most_feeds, sizeof *sim->sources);
    sim->feeds = calloc(most_feeds, sizeof *sim->feeds);
    sim->servers = calloc(most_feeds, sizeof *sim->servers);
    sim->config.sources = sim->sources;
    sim->config.polling = (struct bw_config_polling){
        .interval_floor = 5 * SIM_MINUTE,
        .interval_ceiling = 4 * SIM_HOUR,
        .retry_after_cap = 2 * SIM_DAY,
        .backoff_cap = SIM_DAY,
        .jitter = 0.1,
        .per_host = 2,
        .host_gap_ms = 1000,
        .connections = 64,
        .max_redirects = 5,
        .failing_after = SIM_DAY,
    };
    schedule_grow(&sim->finishes, SIM_JOBS);
    for (uint32_t i = 0; i < SIM_JOBS; i++)
        sim->free_jobs[sim->n_free_jobs++] = i;
    sim->transport = (struct bw_transport){sim_start, sim_cancel, sim_free_transport};
    sim->no_files = sim->transport;
    return sim;
}

static inline struct sim_server *sim_add_server(struct sim *sim, uint32_t manners, int64_t wish)
{
    struct sim_server *server = &sim->servers[sim->n_servers];

    assert_true(sim->n_servers < sim->cap_servers);
    snprintf(server->host, sizeof server->host, "h%zu.example", sim->n_servers++);
    server->manners = manners;
    server->wish = wish;
    server->least_gap_ms = INT64_MAX;
    return server;
}

/* Items appear every `gap` seconds on average, from `from` on; with `nights` none between 22 and
 * 6. */
static inline void sim_publish(struct sim *sim, struct sim_feed *feed, int64_t from, int64_t until,
                               int64_t gap, bool nights)
{
    size_t cap = (size_t)((until - from) / gap + 16) * 2;
    int64_t time = from;

    feed->times = calloc(cap, sizeof *feed->times);
    feed->delays = calloc(cap, sizeof *feed->delays);
    while (feed->n_times < cap) {
        /* a gap between a quarter and seven quarters of the average */
        time += gap / 4 + (int64_t)(sim_random(sim) % 1000) * gap * 3 / 2 / 1000;
        if (time > until)
            break;
        if (!nights || (time % SIM_DAY >= 6 * SIM_HOUR && time % SIM_DAY < 22 * SIM_HOUR))
            feed->times[feed->n_times++] = time;
    }
}

/* A feed at `server` with a month of items before the start and `days` after it. */
static inline struct sim_feed *sim_add_feed(struct sim *sim, struct sim_server *server, int64_t gap,
                                            bool nights, int days)
{
    size_t i = sim->n_feeds++;
    struct sim_feed *feed = &sim->feeds[i];
    char text[96];

    assert_true(i < sim->cap_feeds);
    feed->server = server;
    sim_publish(sim, feed, SIM_START - 30 * SIM_DAY, SIM_START + days * SIM_DAY, gap, nights);
    sim->sources[i] = (struct bw_config_source){.enabled = true, .polling = sim->config.polling};
    snprintf(text, sizeof text, "s%zu", i);
    sim->sources[i].id = strdup(text);
    snprintf(text, sizeof text, "http://%s/feed%zu", server->host, i);
    sim->sources[i].url = strdup(text);
    sim->config.n_sources = sim->n_feeds;
    return feed;
}

static inline void sim_start_poller(struct sim *sim)
{
    const struct bw_poller_callbacks callbacks = {sim_on_fetched, sim_on_idle, sim};
    struct bw_error err = {0};

    sim->poller = poller_new_over(NULL, &sim->clock, &sim->config, &callbacks, &sim->transport,
                                  &sim->no_files, &err);
    assert_non_null(sim->poller);
}

/* Moves the clock from event to event. */
static inline void sim_run_until(struct sim *sim, int64_t until)
{
    for (;;) {
        int64_t next = poller_next_ms(sim->poller), when;
        uint32_t id;
        bool finishes = schedule_peek(&sim->finishes, &id, &when) && when <= next;

        next = finishes ? when : next;
        if (next > until * 1000)
            break;
        if (next > sim->clock.now_ms)
            sim->clock.now_ms = next;
        if (finishes) {
            struct sim_job *job = &sim->jobs[id];

            job->done(&job->response, job->ctx);
            sim_release_job(sim, job);
        }
        while (sim->n_fetched > 0)
            sim_take_home(sim, sim->fetched[--sim->n_fetched]);
        poller_run(sim->poller);
    }
    sim->clock.now_ms = until * 1000;
}

static inline void sim_free(struct sim *sim)
{
    poller_free(sim->poller);
    for (size_t i = 0; i < sim->n_feeds; i++) {
        free(sim->feeds[i].times);
        free(sim->feeds[i].delays);
        free((char *)(uintptr_t)sim->sources[i].id);
        free((char *)(uintptr_t)sim->sources[i].url);
    }
    schedule_clear(&sim->finishes);
    free(sim->feeds);
    free(sim->servers);
    free(sim->sources);
    free(sim);
}

static inline int sim_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The delay between publication and sight that `share` of the items do not exceed. */
static inline int64_t sim_delay(struct sim_feed *feed, double share)
{
    assert_true(feed->n_delays > 0);
    qsort(feed->delays, feed->n_delays, sizeof *feed->delays, sim_compare);
    return feed->delays[(size_t)((double)(feed->n_delays - 1) * share)];
}

/* What every server may expect of us, whatever its own manners are. */
static inline void sim_check_manners(const struct sim *sim)
{
    for (size_t i = 0; i < sim->n_servers; i++) {
        const struct sim_server *server = &sim->servers[i];

        if (server->most_active > 2 || server->least_gap_ms < 1000 || server->too_early > 0 ||
            server->unconditional > 0)
            fail_msg("%s (manners %#x): %d at once, gap %lld ms, %llu too early, %llu without "
                     "validators",
                     server->host, (unsigned)server->manners, server->most_active,
                     (long long)server->least_gap_ms, (unsigned long long)server->too_early,
                     (unsigned long long)server->unconditional);
    }
}

#endif
