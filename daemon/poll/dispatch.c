/*
 * The way of a visit: due → lane → request → maybe redirects → handed out. Owns the visits until
 * they are handed out.
 *
 * A request counts against `connections` while it is quick. One that takes longer than a second,
 * and one to a source that failed last time, moves into a pool of its own, so that dead and slow
 * hosts do not take the places of the living.
 *
 * Sources become due through a bucket of tokens, filled at the rate at which all of them would be
 * polled at the floor of the interval: after a start or a long sleep the backlog is spread over
 * about that time instead of bursting.
 */
#include "http_status.h"
#include "poller.h"
#include "url.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    SET_BACK_MS = 5000, /* of a clock that somebody has set, more than is corrected all the time */
    QUICK_MS = 1000,
    SLOW_POOL = 4,   /* times `connections` */
    LEAST_RATE = 50, /* sources a second */
    RETRY_MEMORY_MS = 60000,
};

/* Lanes, pools and tokens do not care what the wall clock is set to. */
static int64_t steady_ms(const struct bw_poller *poller)
{
    return clock_monotonic_ms(poller->clock);
}

/* splitmix64 */
uint64_t dispatch_random(struct bw_poller *poller)
{
    uint64_t z = poller->random += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t quick_limit(const struct bw_poller *poller)
{
    int connections = poller->config->polling.connections;

    return connections > 0 ? (size_t)connections : 1;
}

void dispatch_set_limits(struct bw_poller *poller)
{
    size_t quick = quick_limit(poller), room;
    struct rlimit files;

    poller->slow_limit = quick * SLOW_POOL;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY)
        return;
    /* Half of the descriptors that we may have are for others. */
    room = files.rlim_cur / 2 > quick ? files.rlim_cur / 2 - quick : 0;
    if (poller->slow_limit > room)
        poller->slow_limit = room;
}

/* The source of a visit; NULL when it has left the configuration, or has another URL now: what is
 * configured for that one is not for this. */
static const struct bw_config_source *find_source(const struct bw_poller *poller,
                                                  const struct visit *visit)
{
    const struct bw_config_source *source;

    if (visit->slot == NO_SLOT)
        return NULL;
    source = &poller->config->sources[visit->slot];
    return strcmp(source->url, visit->url) == 0 ? source : NULL;
}

/* --- the end of a visit ---------------------------------------------------------------------- */

void dispatch_end(struct bw_poller *poller, struct visit *visit)
{
    TAILQ_REMOVE(&poller->visits, visit, link);
    visit->poller = NULL;
    poller->stats.under_way--;
    poller->stats.home++;
    assert(poller->stats.started == poller->stats.home + poller->stats.under_way);
    if (visit->slot != NO_SLOT)
        poller->slots[visit->slot].under_way = false;
}

static void leave_pool(struct bw_poller *poller, struct visit *visit)
{
    if (visit->quick) {
        TAILQ_REMOVE(&poller->quick, visit, pool_link);
        poller->n_quick--;
    } else {
        poller->n_slow--;
    }
    visit->in_use = false;
}

static void leave_lane(struct bw_poller *poller, struct visit *visit)
{
    lanes_release(poller->lanes, visit->lane, steady_ms(poller));
    visit->lane = NULL;
}

/* A 200 with the bytes that we know is as good as a 304. */
static void take_body(struct visit *visit)
{
    struct bw_fetch *fetch = &visit->poll.fetch;
    struct bw_buf *body = &visit->response.body;

    hash_key(buf_text(body), body->len, visit->body_hash);
    if (strcmp(visit->body_hash, visit->before.body_hash) == 0) {
        fetch->result = BW_FETCH_NOT_MODIFIED;
        return;
    }
    fetch->result = BW_FETCH_OK;
    fetch->body = *body;
    buf_init(body);
}

static bool sent_validators(const struct visit *visit)
{
    return visit->before.etag != NULL || visit->before.last_modified != NULL;
}

static void judge_status(struct visit *visit)
{
    struct bw_fetch *fetch = &visit->poll.fetch;
    char text[128];

    if (fetch->status == HTTP_OK) {
        take_body(visit);
    } else if (fetch->status == HTTP_NOT_MODIFIED && sent_validators(visit)) {
        fetch->result = BW_FETCH_NOT_MODIFIED;
    } else if (fetch->status == HTTP_NOT_MODIFIED) {
        fetch->result = BW_FETCH_HTTP_ERROR;
        error_set(&visit->poll.error, BW_ERR_NETWORK,
                  "the server answers 304 Not Modified although nothing was remembered");
    } else {
        fetch->result = BW_FETCH_HTTP_ERROR;
        error_set(&visit->poll.error, BW_ERR_NETWORK, "the server answers %s",
                  http_status_text(fetch->status, text, sizeof text));
    }
}

/* Out of our hands: the response is in the visit. */
static void hand_out(struct bw_poller *poller, struct visit *visit)
{
    struct bw_fetch *fetch = &visit->poll.fetch;

    fetch->ended_ms = clock_now_ms(poller->clock);
    fetch->url = visit_url(visit);
    fetch->status = visit->response.status;
    fetch->content_type = visit->response.content_type;
    fetch->result = visit->response.result;
    if (fetch->result == BW_FETCH_OK)
        judge_status(visit);
    else
        visit->poll.error = visit->response.error;
    poller->stats.wire_bytes += fetch->wire_bytes;
    if (fetch->result == BW_FETCH_NOT_MODIFIED)
        poller->stats.not_modified++;
    else if (fetch->result != BW_FETCH_OK)
        poller->stats.failed++;
    visit->handed_out = true;
    poller->callbacks.on_fetched(&visit->poll, poller->callbacks.ctx);
}

static void fail_visit(struct bw_poller *poller, struct visit *visit, enum bw_fetch_result result,
                       const struct bw_error *err)
{
    visit->response.result = result;
    visit->response.error = *err;
    hand_out(poller, visit);
}

/* --- requests -------------------------------------------------------------------------------- */

/* Waits for a place in the lane of the host that it goes to. */
static int wait_for_host(struct bw_poller *poller, const struct bw_config_source *source,
                         const char *url, struct ticket *ticket, struct ticket **waiting,
                         struct bw_error *err)
{
    char *host = url_host(url, err);

    if (host == NULL)
        return -1;
    ticket->per_host = source->polling.per_host > 0 ? source->polling.per_host : 1;
    ticket->gap_ms = url_is_file(url) ? 0 : source->polling.host_gap_ms;
    *waiting = lanes_wait(poller->lanes, host, ticket, steady_ms(poller));
    free(host);
    if (*waiting == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return 0;
}

static bool is_redirect(const struct bw_response *response)
{
    long status = response->status;

    return response->result == BW_FETCH_OK && response->location != NULL &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308);
}

/* On to the next host, in its lane's turn. */
static int follow_redirect(struct bw_poller *poller, struct visit *visit,
                           const struct bw_response *response, struct bw_error *err)
{
    const struct bw_config_source *source = find_source(poller, visit);
    bool permanent = response->status == 301 || response->status == 308;
    struct ticket ticket = {.slot = NO_SLOT, .visit = visit};
    char *url = url_follow(visit_url(visit), response->location, err);

    if (url == NULL || visit_add_hop(visit, url, permanent, err) != 0)
        return -1;
    if (source == NULL)
        return error_set(err, BW_ERR_USAGE, "the source has left the configuration");
    return wait_for_host(poller, source, visit_url(visit), &ticket, &visit->ticket, err);
}

static void on_done(struct bw_response *response, void *ctx)
{
    struct visit *visit = ctx;
    struct bw_poller *poller = visit->poller;
    struct bw_error err = {0};

    visit->handle = NULL;
    leave_pool(poller, visit);
    leave_lane(poller, visit);
    visit->poll.fetch.wire_bytes += response->wire_bytes;
    if (!is_redirect(response)) {
        visit->response = *response;
        *response = (struct bw_response){0};
        hand_out(poller, visit);
    } else if (follow_redirect(poller, visit, response, &err) != 0) {
        visit->response.status = response->status;
        fail_visit(poller, visit, BW_FETCH_REFUSED, &err);
    }
    poller_wake(poller);
}

static void enter_pool(struct bw_poller *poller, struct visit *visit)
{
    visit->in_use = true;
    visit->request_ms = steady_ms(poller);
    visit->quick = visit->before.failures == 0 || poller->n_slow >= poller->slow_limit;
    if (visit->quick) {
        TAILQ_INSERT_TAIL(&poller->quick, visit, pool_link);
        poller->n_quick++;
    } else {
        poller->n_slow++;
    }
}

/* The visit has its place in the lane. */
static void start_request(struct bw_poller *poller, struct visit *visit)
{
    const char *url = visit_url(visit);
    struct bw_error err = {0};
    struct bw_request request = {
        .url = url,
        .etag = visit->before.etag,
        .last_modified = visit->before.last_modified,
        .source = find_source(poller, visit),
    };

    enter_pool(poller, visit);
    if (request.source != NULL) {
        request.trusted = url_same_origin(visit->url, url);
        request.keep = lane_is_busy(visit->lane);
        visit->transport = url_is_file(url) ? poller->file : poller->http;
        visit->handle = visit->transport->start(visit->transport, &request, on_done, visit, &err);
    } else {
        error_set(&err, BW_ERR_USAGE, "the source has left the configuration");
    }
    if (visit->handle != NULL)
        return;
    leave_pool(poller, visit);
    leave_lane(poller, visit);
    fail_visit(poller, visit, BW_FETCH_REFUSED, &err);
}

static struct visit *begin_visit(struct bw_poller *poller, uint32_t slot)
{
    const struct bw_config_source *source = &poller->config->sources[slot];
    struct visit *visit = visit_new(source, slot);
    struct bw_source_state *before = visit == NULL ? NULL : &visit->before;
    char *first;

    if (visit == NULL || slots_get_state(poller, slot, before) != 0)
        goto fail;
    first = strdup(before->redirect_to != NULL ? before->redirect_to : source->url);
    if (visit_add_hop(visit, first, false, NULL) != 0)
        goto fail;
    visit->poller = poller;
    visit->random = dispatch_random(poller);
    visit->poll.fetch.started_ms = clock_now_ms(poller->clock);
    poller->slots[slot].under_way = true;
    poller->stats.started++;
    poller->stats.under_way++;
    TAILQ_INSERT_TAIL(&poller->visits, visit, link);
    return visit;
fail:
    visit_free(visit);
    return NULL;
}

static void start_ticket(struct bw_poller *poller, struct ticket *ticket)
{
    struct visit *visit = ticket->visit;
    struct lane *lane = ticket->lane;
    uint32_t slot = ticket->slot;

    free(ticket);
    if (visit == NULL) {
        poller->slots[slot].ticket = NULL;
        visit = begin_visit(poller, slot);
    } else {
        visit->ticket = NULL;
    }
    if (visit == NULL) {
        lanes_release(poller->lanes, lane, steady_ms(poller));
        schedule_put(&poller->schedule, slot, clock_now_ms(poller->clock) + RETRY_MEMORY_MS);
        return;
    }
    visit->lane = lane;
    start_request(poller, visit);
}

/* --- the turn of the loop -------------------------------------------------------------------- */

static double token_rate(const struct bw_poller *poller)
{
    int64_t floor = poller->config->polling.interval_floor;
    double rate = (double)poller->n_slots / (double)(floor > 0 ? floor : 1);

    return rate > LEAST_RATE ? rate : LEAST_RATE;
}

static void fill_tokens(struct bw_poller *poller)
{
    double most = (double)quick_limit(poller);
    int64_t now_ms = steady_ms(poller);

    poller->tokens += token_rate(poller) * (double)(now_ms - poller->tokens_ms) / 1000;
    poller->tokens_ms = now_ms;
    if (poller->tokens > most)
        poller->tokens = most;
}

/* What was due soon by a clock that has been set back would not be due for as long. */
static void follow_clock(struct bw_poller *poller, int64_t now_ms)
{
    int64_t offset_ms = now_ms - steady_ms(poller);

    if (offset_ms < poller->offset_ms - SET_BACK_MS) {
        for (size_t i = 0; i < poller->n_slots; i++)
            slots_schedule(poller, (uint32_t)i);
    }
    poller->offset_ms = offset_ms;
}

static void queue_slot(struct bw_poller *poller, uint32_t slot, int64_t now_ms)
{
    const struct bw_config_source *source = &poller->config->sources[slot];
    const struct packed *state = poller->slots[slot].state;
    const char *moved = packed_redirect_to(state);
    struct ticket ticket = {.slot = slot};

    schedule_remove(&poller->schedule, slot);
    /* What is no URL fails as a visit, with its own words. */
    if (wait_for_host(poller, source, moved != NULL ? moved : source->url, &ticket,
                      &poller->slots[slot].ticket, NULL) == 0 ||
        wait_for_host(poller, source, "file:", &ticket, &poller->slots[slot].ticket, NULL) == 0)
        return;
    schedule_put(&poller->schedule, slot, now_ms + RETRY_MEMORY_MS);
}

static void queue_due(struct bw_poller *poller, int64_t now_ms)
{
    uint32_t slot;
    int64_t when;

    fill_tokens(poller);
    while (schedule_peek(&poller->schedule, &slot, &when) && when <= now_ms) {
        if (poller->mode != POLLER_ONCE) {
            if (poller->tokens < 1)
                return;
            poller->tokens--;
        }
        queue_slot(poller, slot, now_ms);
    }
}

/* The oldest quick requests that are not quick any more make room. */
static void demote_slow(struct bw_poller *poller)
{
    int64_t now_ms = steady_ms(poller);
    struct visit *visit;

    while ((visit = TAILQ_FIRST(&poller->quick)) != NULL && poller->n_slow < poller->slow_limit &&
           visit->request_ms + QUICK_MS <= now_ms) {
        TAILQ_REMOVE(&poller->quick, visit, pool_link);
        visit->quick = false;
        poller->n_quick--;
        poller->n_slow++;
    }
}

static bool all_home(const struct bw_poller *poller)
{
    return poller->schedule.n == 0 && lanes_waiting(poller->lanes) == 0 &&
           poller->stats.under_way == 0;
}

void poller_run(struct bw_poller *poller)
{
    int64_t now_ms = clock_now_ms(poller->clock);
    struct ticket *ticket;

    if (poller->mode == POLLER_IDLE)
        return;
    follow_clock(poller, now_ms);
    queue_due(poller, now_ms);
    demote_slow(poller);
    while (poller->n_quick < quick_limit(poller) &&
           (ticket = lanes_take(poller->lanes, steady_ms(poller))) != NULL)
        start_ticket(poller, ticket);
    if (poller->mode == POLLER_ONCE && !poller->told_idle && all_home(poller)) {
        poller->told_idle = true;
        if (poller->callbacks.on_idle != NULL)
            poller->callbacks.on_idle(poller->callbacks.ctx);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_token_ms(const struct bw_poller *poller, int64_t now_ms)
{
    if (poller->mode == POLLER_ONCE || poller->tokens >= 1)
        return now_ms;
    return now_ms + 1 + (int64_t)((1 - poller->tokens) * 1000 / token_rate(poller));
}

/* When a lane or a place among the quick requests comes free; INT64_MAX: not by time. */
static int64_t next_place_ms(struct bw_poller *poller, int64_t now_ms)
{
    int64_t steady = steady_ms(poller), next = INT64_MAX;

    if (poller->n_quick < quick_limit(poller))
        next = lanes_ready(poller->lanes, steady) ? steady : lanes_next_ms(poller->lanes);
    else if (poller->n_slow < poller->slow_limit)
        next = TAILQ_FIRST(&poller->quick)->request_ms + QUICK_MS;
    return next == INT64_MAX ? next : next + (now_ms - steady);
}

int64_t poller_next_ms(struct bw_poller *poller)
{
    int64_t now_ms = clock_now_ms(poller->clock), next = INT64_MAX, when;
    uint32_t slot;

    if (poller->mode == POLLER_IDLE)
        return INT64_MAX;
    if (schedule_peek(&poller->schedule, &slot, &when))
        next = when > now_ms ? when : next_token_ms(poller, now_ms);
    next = earlier(next, next_place_ms(poller, now_ms));
    if (poller->mode == POLLER_ONCE && !poller->told_idle && all_home(poller))
        next = now_ms;
    return next;
}

/* --- giving up ------------------------------------------------------------------------------- */

static void drop_ticket(struct ticket *ticket, void *ctx)
{
    struct bw_poller *poller = ctx;
    uint32_t slot = ticket->slot;

    if (ticket->visit != NULL)
        return;
    lanes_drop(poller->lanes, ticket, steady_ms(poller));
    poller->slots[slot].ticket = NULL;
    slots_schedule(poller, slot);
}

void dispatch_drop_waiting(struct bw_poller *poller)
{
    lanes_each(poller->lanes, drop_ticket, poller);
}

static void cancel_visit(struct bw_poller *poller, struct visit *visit)
{
    if (visit->handle != NULL)
        visit->transport->cancel(visit->transport, visit->handle);
    if (visit->in_use)
        leave_pool(poller, visit);
    if (visit->lane != NULL)
        leave_lane(poller, visit);
    if (visit->ticket != NULL)
        lanes_drop(poller->lanes, visit->ticket, steady_ms(poller));
    dispatch_end(poller, visit);
    visit_free(visit);
}

void dispatch_cancel(struct bw_poller *poller)
{
    struct visit *visit = TAILQ_FIRST(&poller->visits), *next;

    for (; visit != NULL; visit = next) {
        next = TAILQ_NEXT(visit, link);
        if (!visit->handed_out)
            cancel_visit(poller, visit);
    }
}
