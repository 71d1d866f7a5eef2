/* The alerter's parts, inside the room: alerter.c builds them, outbox.c runs deliveries, raise.c
 * decides on hits, notice.c on sources and channels. */
#ifndef BLOCWATCH_ALERT_ALERTER_H
#define BLOCWATCH_ALERT_ALERTER_H

#include "channel.h"
#include "outbox.h"
#include "plan.h"
#include "route.h"

#include "blocwatch/alert.h"

struct bw_alerter {
    struct bw_alert_callbacks callbacks;
    const struct bw_config *config;
    struct bw_store *store;
    struct alert_room room;
    struct outbox *outbox;
    struct planner *planner;
};

__attribute__((format(printf, 3, 4))) void alerter_log(const struct bw_alerter *alerter,
                                                       bool failed, const char *format, ...);

/* In a transaction: an alert about the watcher itself, to the channels that its routes give, or to
 * all of them when they give none; never to `except` (may be NULL). */
struct notice {
    const char *kind, *severity, *subject; /* subject: the source, NULL for others */
    const char *title, *text;
    const char *except;
};
int notice_raise(struct bw_alerter *alerter, const struct notice *notice, struct bw_error *err);

#endif
