/*
 * What a channel is to the rest of the room: one driver, one file, one line in the table of
 * channel.c. A driver is given its checked options and a message that is ready to be told, and
 * says what the receiver made of it. It never touches the store.
 */
#ifndef BLOCWATCH_ALERT_CHANNEL_H
#define BLOCWATCH_ALERT_CHANNEL_H

#include "message.h"
#include "options.h"

#include "blocwatch/alert.h"
#include "blocwatch/clock.h"
#include "blocwatch/config.h"
#include "blocwatch/error.h"

struct event_base;
struct http_request;
struct sender;
struct sender_reply;

enum alert_verdict {
    ALERT_DELIVERED, /* the receiver said yes */
    ALERT_RETRY,     /* may be well later */
    ALERT_DEAD,      /* will never be taken */
};

struct alert_result {
    enum alert_verdict verdict;
    int64_t retry_after_ms; /* asked for by the receiver; 0: not */
    const char *note;       /* its last words, one line; borrowed for the call */
};

/* One try of one message. Owned by the runner; a driver holds it while it works, and gives it back
 * by delivery_finish() or when its cancel() is called. */
struct alert_delivery;
typedef void alert_done_fn(struct alert_delivery *delivery, const struct alert_result *result);
struct alert_delivery {
    alert_done_fn *done;
    struct alert_channel *channel; /* the driver's two */
    void *work;
};
void delivery_finish(struct alert_delivery *delivery, enum alert_verdict verdict,
                     int64_t retry_after_ms, const char *note);

/* What a driver may use; all borrowed, all outlive the channel. */
struct alert_room {
    struct event_base *base;
    struct bw_clock *clock;
    struct sender *sender;
    alert_trace_fn *trace; /* NULL: none */
    void *trace_ctx;
};

struct alert_channel {
    const struct alert_channel_type *type;
    const struct alert_room *room;
    const char *id; /* borrowed from the configuration */
    struct alert_options options;
    void *self; /* the driver's own */
};

struct alert_channel_type {
    const char *name;
    const struct alert_option *options; /* ends with a NULL key; the common ones come on top */
    /* What no table of options can say: two of a kind, one of two … May be NULL. */
    void (*check)(const struct alert_options *options, struct bw_config_errors *errors);
    /* channel->self from channel->options; secrets are read here. May be NULL. */
    int (*open)(struct alert_channel *channel, struct bw_error *err);
    void (*close)(struct alert_channel *channel); /* may be NULL; takes a half-open one */
    /* Starts a try. 0: delivery_finish() follows, on the loop, never before the return; -1: the
     * message cannot be told, with the reason. */
    int (*start)(struct alert_channel *channel, const struct alert_message *message,
                 struct alert_delivery *delivery, struct bw_error *err);
    void (*cancel)(struct alert_channel *channel, struct alert_delivery *delivery);
    /* For those that start by http_start(): the request of the message. */
    int (*build)(struct alert_channel *channel, const struct alert_message *message,
                 struct http_request *request, struct bw_error *err);
    /* For those, too: a verdict that the status alone does not give; NULL: by the status. */
    void (*judge)(const struct sender_reply *reply, struct alert_result *result);
};

const struct alert_channel_type *channel_find_type(const char *name);
/* Checks type and options of one configured channel; adds to `errors`. */
void channel_check(const struct bw_config_channel *config, struct bw_config_errors *errors);
/* `channel` zeroed by the caller. The configuration must have been checked. */
int channel_open(struct alert_channel *channel, const struct bw_config_channel *config,
                 const struct alert_room *room, struct bw_error *err);
void channel_close(struct alert_channel *channel); /* a zeroed one is fine */

/* The table's lines. */
extern const struct alert_channel_type channel_journal, channel_exec, channel_webhook, channel_ntfy,
    channel_email, channel_telegram, channel_desktop, channel_alertmanager;

#endif
