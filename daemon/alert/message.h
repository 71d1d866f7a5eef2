/*
 * A message as channels see it: one or more alerts of one channel and group, with their titles and
 * bodies rendered as plain text. Escaping and cutting are the channel's.
 */
#ifndef BLOCWATCH_ALERT_MESSAGE_H
#define BLOCWATCH_ALERT_MESSAGE_H

#include "payload.h"

#include "blocwatch/buf.h"
#include "blocwatch/config.h"
#include "blocwatch/store.h"

#include <stdbool.h>

enum { MESSAGE_LISTED = 50 }; /* alerts that people are shown of one message; the JSON has all */

struct alert_view {
    const struct bw_alert_row *row;
    json_t *json; /* owned: the payload with id, key, title and text */
    struct alert_values values;
    const char *title, *body, *link, *time; /* link may be NULL */
    const char *page; /* why it was raised, on our own page; NULL: there is none */
    enum bw_severity severity;
};

struct alert_message {
    const char *key;           /* idempotency */
    const char *title, *body;  /* of all its alerts; body ends without a newline */
    const char *link, *page;   /* of the only one; NULL for several */
    enum bw_severity severity; /* the highest */
    int64_t time_ms;           /* of the first alert */
    int64_t story;             /* of all of them; 0 when they differ */
    int attempts;
    const char *channel, *group;
    struct alert_view *alerts;
    size_t n_alerts;
    const char *public_url; /* NULL none */
    struct bw_arena *arena; /* owns text and lists */
};

/* Fills *message, cleared with message_clear() also after a failure; borrows `from`. The stories'
 * sources are read from `store` (NULL: as stored in the alert). */
int message_render(struct alert_message *message, const struct bw_message *from,
                   const struct bw_config *config, struct bw_store *store, struct bw_error *err);
void message_clear(struct alert_message *message);
/* Appends what JSON receivers get: the alert itself, or a group with its alerts. */
int message_write_json(const struct alert_message *message, struct bw_buf *out,
                       struct bw_error *err);

#endif
