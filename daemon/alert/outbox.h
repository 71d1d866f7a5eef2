/*
 * The outbox runner: takes due messages from the store to their channels, and marks what became of
 * them. One lane per channel: its own concurrency, rate and pauses, so that a slow receiver holds
 * up nobody else. A message under way when the runner ends stays in the outbox.
 */
#ifndef BLOCWATCH_ALERT_OUTBOX_H
#define BLOCWATCH_ALERT_OUTBOX_H

#include "channel.h"

#include "blocwatch/alert.h"

struct outbox;

struct outbox_callbacks {
    void (*on_log)(bool failed, const char *text, void *ctx);
    void (*on_idle)(void *ctx);
    /* A channel has kept failing since then, or has made a dead letter (BW_TIME_NONE): told once
     * until it delivers again. Outside of any transaction. */
    void (*on_trouble)(const char *channel, const char *note, int64_t since_ms, void *ctx);
    void *ctx;
};

/* Borrows all of it; opens the configuration's channels. Returns owned, NULL with `err`. */
struct outbox *outbox_new(const struct alert_room *room, const struct bw_config *config,
                          struct bw_store *store, const struct outbox_callbacks *callbacks,
                          struct bw_error *err);
void outbox_free(struct outbox *outbox);
/* Looks for due rows on the next turn of the loop. */
void outbox_wake(struct outbox *outbox);

#endif
