/* One test alert through one channel, without the outbox, on a loop of its own: for people who set
 * a channel up. Owns loop, sender and channel for the time of the call. */
#include "channel.h"
#include "sender.h"

#include "blocwatch/alert.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The try, and what came of it. */
struct probe {
    struct alert_delivery delivery; /* first: a driver's delivery is its probe */
    struct event_base *base;
    enum alert_verdict verdict;
    char note[400];
    bool over;
};

static void on_done(struct alert_delivery *delivery, const struct alert_result *result)
{
    struct probe *probe = (struct probe *)delivery;

    probe->over = true;
    probe->verdict = result->verdict;
    snprintf(probe->note, sizeof probe->note, "%s", result->note);
    event_base_loopbreak(probe->base);
}

static const struct bw_config_channel *find_channel(const struct bw_config *config, const char *id)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channels[i].id, id) == 0)
            return &config->channels[i];
    }
    return NULL;
}

static int render(const struct bw_config *config, const char *id, struct bw_clock *clock,
                  struct bw_alert_row *row, struct bw_message *message,
                  struct alert_message *rendered, struct bw_error *err)
{
    static const char title[] = "Test alert from Blocwatch";
    static const char text[] = "If you can read this, the channel works. Nothing has happened.\n"
                               "Сынақ · Sınaq · Синов · Проверка";
    char seed[64];

    *row = (struct bw_alert_row){
        .kind = "test", .severity = "medium", .events = "", .created_ms = clock_now_ms(clock)};
    row->payload = payload_build_notice("test", row->severity, NULL, title, text, row->created_ms);
    if (row->payload == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    *message = (struct bw_message){.channel = id, .group = "test", .alerts = row, .n_alerts = 1};
    snprintf(seed, sizeof seed, "test %lld", (long long)row->created_ms);
    hash_key(seed, strlen(seed), message->key);
    return message_render(rendered, message, config, NULL, err);
}

static int run_probe(struct probe *probe, struct alert_channel *channel,
                     const struct alert_message *message, struct bw_error *err)
{
    probe->delivery.done = on_done;
    if (channel->type->start(channel, message, &probe->delivery, err) != 0)
        return -1;
    while (!probe->over && event_base_loop(probe->base, EVLOOP_ONCE) == 0)
        ;
    if (!probe->over) {
        channel->type->cancel(channel, &probe->delivery);
        return error_set(err, BW_ERR_INTERNAL, "the channel never answered");
    }
    if (probe->verdict != ALERT_DELIVERED)
        return error_set(err, BW_ERR_NETWORK, "%s", probe->note);
    return 0;
}

int alert_test_channel(const struct bw_config *config, const char *id, struct bw_clock *clock,
                       alert_trace_fn *trace, void *ctx, struct bw_error *err)
{
    const struct bw_config_channel *found = find_channel(config, id);
    struct alert_room room = {.clock = clock, .trace = trace, .trace_ctx = ctx};
    struct alert_channel channel = {0};
    struct alert_message rendered = {0};
    struct bw_message message;
    struct bw_alert_row row = {0};
    struct probe probe = {.verdict = ALERT_RETRY};
    int result = -1;

    if (found == NULL)
        return error_set(err, BW_ERR_NOTFOUND, "no channel %s is configured", id);
    room.base = probe.base = event_base_new();
    room.sender = room.base == NULL ? NULL : sender_new(room.base, err);
    if (room.sender == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto out;
    }
    if (channel_open(&channel, found, &room, err) != 0 ||
        render(config, id, clock, &row, &message, &rendered, err) != 0)
        goto out;
    result = run_probe(&probe, &channel, &rendered, err);
    if (result == 0 && trace != NULL)
        trace('*', probe.note, ctx);
out:
    message_clear(&rendered);
    free((void *)row.payload);
    channel_close(&channel);
    sender_free(room.sender);
    if (room.base != NULL)
        event_base_free(room.base);
    return result;
}
