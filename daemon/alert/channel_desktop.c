/* Channel "desktop": a notification on the user's screen by org.freedesktop.Notifications, over
 * sd-bus on the event loop. Owns the bus connections under way. */
#include "channel.h"
#include "text.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum { TIMEOUT_MS = 10000, BODY_LIMIT = 1000, NOTE_LIMIT = 200 };

static const struct alert_option options[] = {
    {.key = "address", .kind = OPTION_TEXT},
    {.key = NULL},
};

/* One notification: a connection of its own, as there may be no session for days. */
struct call {
    struct alert_delivery *delivery;
    struct event_base *base;
    sd_bus *bus;
    sd_bus_slot *slot;
    struct event *io, *timer;
    bool over;
    enum alert_verdict verdict;
    char note[NOTE_LIMIT];
};

static void free_call(struct call *call)
{
    if (call == NULL)
        return;
    if (call->io != NULL)
        event_free(call->io);
    if (call->timer != NULL)
        event_free(call->timer);
    sd_bus_slot_unref(call->slot);
    sd_bus_close_unref(call->bus);
    free(call);
}

static void end_call(struct call *call)
{
    struct alert_delivery *delivery = call->delivery;
    enum alert_verdict verdict = call->verdict;
    char note[NOTE_LIMIT];

    memcpy(note, call->note, sizeof note);
    delivery->work = NULL;
    free_call(call);
    delivery_finish(delivery, verdict, 0, note);
}

static int on_answer(sd_bus_message *answer, void *ctx, sd_bus_error *unused)
{
    struct call *call = ctx;
    const sd_bus_error *error = sd_bus_message_get_error(answer);
    uint32_t id = 0;

    (void)unused;
    call->over = true;
    if (error == NULL && sd_bus_message_read(answer, "u", &id) >= 0) {
        call->verdict = ALERT_DELIVERED;
        snprintf(call->note, sizeof call->note, "notification %u", id);
    } else {
        text_one_line(error != NULL && error->message != NULL ? error->message : "no valid answer",
                      NOTE_LIMIT, call->note, sizeof call->note);
    }
    return 0;
}

static void on_bus(evutil_socket_t fd, short what, void *ctx);

/* Waits for what the bus waits for. */
static int watch_bus(struct call *call)
{
    int mask = sd_bus_get_events(call->bus);
    short what = (short)(((mask & POLLIN) ? EV_READ : 0) | ((mask & POLLOUT) ? EV_WRITE : 0));

    if (mask < 0)
        return -1;
    if (call->io != NULL)
        event_free(call->io);
    call->io = event_new(call->base, sd_bus_get_fd(call->bus), what, on_bus, call);
    return call->io == NULL ? -1 : event_add(call->io, NULL);
}

static void on_bus(evutil_socket_t fd, short what, void *ctx)
{
    struct call *call = ctx;
    int more = 1;

    (void)fd, (void)what;
    while (more > 0 && !call->over)
        more = sd_bus_process(call->bus, NULL);
    if (more < 0 && !call->over) {
        call->over = true;
        snprintf(call->note, sizeof call->note, "the bus: %s", strerror(-more));
    }
    if (call->over || watch_bus(call) != 0)
        end_call(call);
}

static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
    struct call *call = ctx;

    (void)fd, (void)what;
    snprintf(call->note, sizeof call->note, "no answer from the desktop in time");
    end_call(call);
}

static int open_bus(struct alert_channel *channel, struct call *call)
{
    const char *address = options_text(&channel->options, "address");
    int result;

    if (address == NULL)
        return sd_bus_open_user(&call->bus);
    result = sd_bus_new(&call->bus);
    if (result >= 0)
        result = sd_bus_set_address(call->bus, address);
    if (result >= 0)
        result = sd_bus_set_bus_client(call->bus, true);
    return result >= 0 ? sd_bus_start(call->bus) : result;
}

/* The body is markup to most servers, so it is escaped. */
static int fill_call(sd_bus_message *m, const struct alert_message *message)
{
    static const uint8_t urgency[BW_SEVERITIES] = {0, 1, 1, 2};
    struct bw_buf body, cut;
    int result;

    buf_init(&body);
    buf_init(&cut);
    text_append_cut(&cut, message->body, BODY_LIMIT, text_fit);
    text_escape_html(&body, buf_text(&cut));
    result = body.failed || cut.failed
                 ? -ENOMEM
                 : sd_bus_message_append(m, "susssasa{sv}i", "Blocwatch", (uint32_t)0,
                                         "dialog-information", message->title, buf_text(&body), 0,
                                         2, "urgency", "y", urgency[message->severity], "category",
                                         "s", "x-blocwatch.alert", -1);
    buf_clear(&body);
    buf_clear(&cut);
    return result;
}

static int call_notify(struct alert_channel *channel, const struct alert_message *message,
                       struct call *call)
{
    sd_bus_message *m = NULL;
    int result = open_bus(channel, call);

    if (result >= 0)
        result = sd_bus_message_new_method_call(call->bus, &m, "org.freedesktop.Notifications",
                                                "/org/freedesktop/Notifications",
                                                "org.freedesktop.Notifications", "Notify");
    if (result >= 0)
        result = fill_call(m, message);
    if (result >= 0)
        result = sd_bus_call_async(call->bus, &call->slot, m, on_answer, call, 0);
    sd_bus_message_unref(m);
    return result;
}

static int start(struct alert_channel *channel, const struct alert_message *message,
                 struct alert_delivery *delivery, struct bw_error *err)
{
    int64_t ms = options_duration_ms(&channel->options, "timeout", TIMEOUT_MS);
    struct timeval limit = {ms / 1000, ms % 1000 * 1000}, now = {0, 0};
    struct call *call = calloc(1, sizeof *call);
    int result;

    if (call == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    call->delivery = delivery;
    call->base = channel->room->base;
    call->verdict = ALERT_RETRY;
    result = call_notify(channel, message, call);
    if (result < 0) {
        free_call(call);
        return error_set(err, BW_ERR_NETWORK, "no session bus: %s", strerror(-result));
    }
    call->timer = evtimer_new(call->base, on_timeout, call);
    call->io = event_new(call->base, -1, 0, on_bus, call);
    if (call->timer == NULL || call->io == NULL || event_add(call->timer, &limit) != 0 ||
        event_add(call->io, &now) != 0) {
        free_call(call);
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    delivery->work = call;
    return 0;
}

static void cancel(struct alert_channel *channel, struct alert_delivery *delivery)
{
    (void)channel;
    free_call(delivery->work);
    delivery->work = NULL;
}

const struct alert_channel_type channel_desktop = {
    .name = "desktop",
    .options = options,
    .start = start,
    .cancel = cancel,
};
