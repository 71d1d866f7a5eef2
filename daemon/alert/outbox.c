/* The outbox runner: lanes, tries, pauses. Owns the channels and the tries under way. */
#include "outbox.h"
#include "backoff.h"
#include "pace.h"

#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    CONCURRENCY = 4,
    LARGEST_CONCURRENCY = 64,
    MESSAGE_ALERTS = 1000, /* in one message: what a storm's digest may hold */
    RETRY_FIRST_MS = 2000,
    RETRY_CAP_MS = 3600000,
    LONGEST_SLEEP_MS = 30000, /* the wall clock may jump */
    STORE_TROUBLE_MS = 5000,  /* before the store is asked again after an error */
};

struct lane;

struct
try {
    struct alert_delivery delivery; /* first: a driver's delivery is its try */
    LIST_ENTRY(try) link;
    struct lane *lane;
    struct bw_message message;
    int64_t started_ms;
    /* Once it has ended; it stays while the store cannot take down what came of it. */
    bool ended;
    enum bw_delivery state;
    int64_t ended_ms, wait_ms;
    char *note;
};

struct lane {
    struct outbox *outbox;
    struct alert_channel channel;
    struct event *timer;
    LIST_HEAD(, try) tries;
    size_t n_tries, concurrency;
    size_t n_unrecorded; /* of the tries: ended */
    struct pace pace;
};

struct outbox {
    const struct alert_room *room;
    const struct bw_config *config;
    struct bw_store *store;
    struct outbox_callbacks callbacks;
    struct lane *lanes;
    size_t n_lanes;
    struct event *turn;
};

static void run_lane(struct lane *lane);

__attribute__((format(printf, 3, 4))) static void tell(struct outbox *outbox, bool failed,
                                                       const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    outbox->callbacks.on_log(failed, text, outbox->callbacks.ctx);
}

static uint32_t draw(void)
{
    uint32_t number;

    evutil_secure_rng_get_bytes(&number, sizeof number);
    return number;
}

static void sleep_lane(struct lane *lane, int64_t ms)
{
    struct timeval delay;

    if (ms < 1)
        ms = 1;
    if (ms > LONGEST_SLEEP_MS)
        ms = LONGEST_SLEEP_MS;
    delay = (struct timeval){ms / 1000, ms % 1000 * 1000};
    event_add(lane->timer, &delay);
}

static void free_try(struct try *try)
{
    LIST_REMOVE(try, link);
    try->lane->n_tries--;
    store_clear_message(&try->message);
    free(try->note);
    free(try);
}

/* What the receiver said, turned into the row's next state; *wait_ms until the next try. */
static enum bw_delivery decide(const struct try *try, const struct alert_result *result,
                               int64_t now_ms, int64_t *wait_ms)
{
    const struct lane *lane = try->lane;
    int64_t give_up_ms = lane->outbox->config->alerting.give_up * 1000;

    *wait_ms = 0;
    if (result->verdict == ALERT_DELIVERED)
        return BW_DELIVERY_DELIVERED;
    if (result->verdict == ALERT_DEAD)
        return BW_DELIVERY_DEAD;
    if (give_up_ms > 0 && now_ms - try->message.first_due_ms >= give_up_ms)
        return BW_DELIVERY_DEAD;
    *wait_ms = backoff_delay_ms(&lane->pace.backoff, try->message.attempts + 1,
                                result->retry_after_ms, draw());
    return BW_DELIVERY_PENDING;
}

static void tell_result(const struct try *try, enum bw_delivery state, int64_t wait_ms,
                        const char *note)
{
    struct outbox *outbox = try->lane->outbox;
    const char *channel = try->lane->channel.id, *key = try->message.key;
    size_t n = try->message.n_alerts;
    char wait[BW_TIME_TEXT];

    if (state == BW_DELIVERY_DELIVERED)
        tell(outbox, false, "channel %s: delivered %zu alert%s (key %s, try %d)", channel, n,
             n == 1 ? "" : "s", key, try->message.attempts + 1);
    else if (state == BW_DELIVERY_DEAD)
        tell(outbox, true, "channel %s: gave up on %zu alert%s (key %s, try %d): %s", channel, n,
             n == 1 ? "" : "s", key, try->message.attempts + 1, note);
    else
        tell(outbox, true, "channel %s: try %d failed (key %s), again in %s: %s", channel,
             try->message.attempts + 1, key, clock_format_duration((wait_ms + 999) / 1000, wait),
             note);
}

/* What the result says of the channel as a whole. A refusal for good says that it answers. */
static void note_result(struct lane *lane, const struct alert_result *result,
                        enum bw_delivery state, int64_t now_ms)
{
    const struct outbox_callbacks *to = &lane->outbox->callbacks;

    if (state == BW_DELIVERY_DELIVERED)
        pace_note_success(&lane->pace);
    else if (state == BW_DELIVERY_PENDING &&
             pace_note_failure(&lane->pace, now_ms, result->retry_after_ms, draw()))
        to->on_trouble(lane->channel.id, result->note, lane->pace.failing_since_ms, to->ctx);
    else if (state == BW_DELIVERY_DEAD && pace_note_dead(&lane->pace))
        to->on_trouble(lane->channel.id, result->note, BW_TIME_NONE, to->ctx);
}

static int record_try(const struct try *try, struct bw_error *err)
{
    return store_finish_message(try->lane->outbox->store, try->message.key, try->state,
                                try->ended_ms + try->wait_ms, try->note, try->ended_ms, err);
}

/* What could not be recorded is kept and not sent again: a full disk must not become a flood. The
 * others still go out, as far as their keys can be kept. */
static void finish_try(struct try *try, const struct alert_result *result)
{
    struct lane *lane = try->lane;
    struct outbox *outbox = lane->outbox;
    struct bw_error err = {0};
    int64_t now = clock_now_ms(outbox->room->clock);
    enum bw_delivery state = decide(try, result, now, &try->wait_ms);

    try->ended_ms = now;
    try->state = state;
    try->note = result->note != NULL ? strdup(result->note) : NULL;
    if (record_try(try, &err) != 0) {
        tell(outbox, true, "channel %s: cannot record a delivery yet (key %s): %s",
             lane->channel.id, try->message.key, err.text);
        try->ended = true;
        lane->n_unrecorded++;
    } else {
        tell_result(try, state, try->wait_ms, try->note != NULL ? try->note : "");
        free_try(try);
    }
    note_result(lane, result, state, now);
}

/* -1 when the store still does not take them. */
static int record_ended(struct lane *lane)
{
    struct try *try = LIST_FIRST(&lane->tries), *next;
    struct bw_error err;

    for (; try != NULL && lane->n_unrecorded > 0; try = next) {
        next = LIST_NEXT(try, link);
        if (!try->ended)
            continue;
        if (record_try(try, &err) != 0)
            return -1;
        tell_result(try, try->state, try->wait_ms, try->note != NULL ? try->note : "");
        lane->n_unrecorded--;
        free_try(try);
    }
    return 0;
}

static void on_done(struct alert_delivery *delivery, const struct alert_result *result)
{
    struct try *try = (struct try *)delivery;
    struct outbox *outbox = try->lane->outbox;

    finish_try(try, result);
    outbox_wake(outbox);
}

static int start_try(struct try *try, struct bw_error *err)
{
    struct lane *lane = try->lane;
    struct alert_message message;
    int result =
        message_render(&message, &try->message, lane->outbox->config, lane->outbox->store, err);

    if (result == 0)
        result = lane->channel.type->start(&lane->channel, &message, &try->delivery, err);
    message_clear(&message);
    return result;
}

/* Takes the next due message: 1 started or refused, 0 none, -1. */
static int take_message(struct lane *lane, int64_t now_ms, struct bw_error *err)
{
    const char *busy[LARGEST_CONCURRENCY];
    size_t n_busy = 0;
    struct alert_result failed = {ALERT_RETRY, 0, err->text};
    struct try *try, *other;
    int got;

    LIST_FOREACH(other, &lane->tries, link)
    busy[n_busy++] = other->message.key;
    try = calloc(1, sizeof *try);
    if (try == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    got = store_next_message(lane->outbox->store, lane->channel.id, now_ms, MESSAGE_ALERTS, busy,
                             n_busy, &try->message, err);
    if (got <= 0) {
        free(try);
        return got;
    }
    try->lane = lane;
    try->delivery.done = on_done;
    try->started_ms = now_ms;
    LIST_INSERT_HEAD(&lane->tries, try, link);
    lane->n_tries++;
    pace_note_start(&lane->pace);
    if (start_try(try, err) != 0)
        finish_try(try, &failed);
    return 1;
}

static void run_lane(struct lane *lane)
{
    struct outbox *outbox = lane->outbox;
    struct bw_error err = {0};
    int64_t now = clock_now_ms(outbox->room->clock), until = 0, due = BW_TIME_NONE;

    event_del(lane->timer);
    record_ended(lane);
    while (lane->n_tries - lane->n_unrecorded < lane->concurrency &&
           lane->n_tries < LARGEST_CONCURRENCY) {
        int got;

        until = pace_blocked_until(&lane->pace, now);
        if (until != 0)
            break;
        got = take_message(lane, now, &err);
        if (got < 0) {
            tell(outbox, true, "channel %s: cannot read the outbox: %s", lane->channel.id,
                 err.text);
            sleep_lane(lane, STORE_TROUBLE_MS);
            return;
        }
        if (got == 0)
            break;
    }
    if (lane->n_unrecorded > 0) {
        sleep_lane(lane, STORE_TROUBLE_MS);
        return;
    }
    if (lane->n_tries >= lane->concurrency)
        return; /* woken when one ends */
    /* Rows may also come from elsewhere: blocwatchctl replays them beside us. */
    if (store_next_due(outbox->store, lane->channel.id, &due, &err) != 0 || due == BW_TIME_NONE)
        due = now + LONGEST_SLEEP_MS;
    if (until > due)
        due = until;
    /* What is due and not blocked is under way: looks again when that ends, or soon. */
    sleep_lane(lane, due > now ? due - now : 1000);
}

static bool is_idle(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->n_lanes; i++) {
        if (outbox->lanes[i].n_tries > outbox->lanes[i].n_unrecorded)
            return false;
    }
    return true;
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct outbox *outbox = ctx;

    (void)fd, (void)what;
    for (size_t i = 0; i < outbox->n_lanes; i++)
        run_lane(&outbox->lanes[i]);
    if (is_idle(outbox) && outbox->callbacks.on_idle != NULL)
        outbox->callbacks.on_idle(outbox->callbacks.ctx);
}

static void on_lane_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct lane *lane = ctx;

    (void)fd, (void)what;
    run_lane(lane);
}

void outbox_wake(struct outbox *outbox)
{
    event_active(outbox->turn, EV_TIMEOUT, 0);
}

static int open_lane(struct lane *lane, struct outbox *outbox,
                     const struct bw_config_channel *config, struct bw_error *err)
{
    const struct alert_options *options = &lane->channel.options;
    int64_t concurrency;

    LIST_INIT(&lane->tries);
    lane->outbox = outbox;
    if (channel_open(&lane->channel, config, outbox->room, err) != 0)
        return -1;
    concurrency = options_integer(options, "concurrency", CONCURRENCY);
    lane->concurrency =
        (size_t)(concurrency < LARGEST_CONCURRENCY ? concurrency : LARGEST_CONCURRENCY);
    lane->pace.backoff.first_ms = options_duration_ms(options, "backoff", RETRY_FIRST_MS);
    lane->pace.backoff.cap_ms = options_duration_ms(options, "backoff_cap", RETRY_CAP_MS);
    options_rate(options, "rate", &lane->pace.rate_limit, &lane->pace.rate_period_ms);
    lane->timer = evtimer_new(outbox->room->base, on_lane_timer, lane);
    return lane->timer == NULL ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}

struct outbox *outbox_new(const struct alert_room *room, const struct bw_config *config,
                          struct bw_store *store, const struct outbox_callbacks *callbacks,
                          struct bw_error *err)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);

    if (outbox == NULL)
        goto no_memory;
    outbox->room = room;
    outbox->config = config;
    outbox->store = store;
    outbox->callbacks = *callbacks;
    outbox->turn = event_new(room->base, -1, 0, on_turn, outbox);
    outbox->lanes = calloc(config->n_channels + 1, sizeof *outbox->lanes);
    if (outbox->turn == NULL || outbox->lanes == NULL)
        goto no_memory;
    for (size_t i = 0; i < config->n_channels; i++) {
        outbox->n_lanes = i + 1;
        if (open_lane(&outbox->lanes[i], outbox, &config->channels[i], err) != 0) {
            outbox_free(outbox);
            return NULL;
        }
    }
    return outbox;
no_memory:
    outbox_free(outbox);
    error_set(err, BW_ERR_MEMORY, "out of memory");
    return NULL;
}

static void close_lane(struct lane *lane)
{
    struct try *try;

    record_ended(lane);
    while ((try = LIST_FIRST(&lane->tries)) != NULL) {
        if (!try->ended) // NOLINT(clang-analyzer-unix.Malloc): a freed one has left the list
            lane->channel.type->cancel(&lane->channel, &try->delivery);
        free_try(try);
    }
    channel_close(&lane->channel);
    if (lane->timer != NULL)
        event_free(lane->timer);
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    for (size_t i = 0; i < outbox->n_lanes; i++)
        close_lane(&outbox->lanes[i]);
    free(outbox->lanes);
    if (outbox->turn != NULL)
        event_free(outbox->turn);
    free(outbox);
}
