/* What raise.c and notice.c share, inside the room. */
#ifndef BLOCWATCH_ALERT_RAISE_H
#define BLOCWATCH_ALERT_RAISE_H

#include "alerter.h"

/* What was told of (story, rule) before. */
struct told {
    struct bw_arena *arena;
    size_t n;
    int64_t last;       /* alert */
    const char *events; /* all lines of all alerts */
    const char *sources;
    bool confirmed;
};
int told_find(struct bw_store *store, int64_t story, const char *rule, struct bw_arena *arena,
              struct told *told, struct bw_error *err);
bool told_has_source(const struct told *told, const char *source);
/* Whether every line of `events` that takes a stance has been told. */
bool told_has_events(const struct told *told, const char *events);

/* Sends alert `id` to every channel of the routes that take it. *sent: rows written; `why` gets
 * when it goes out, "" when some part of it goes at once. */
struct dispatch {
    const struct alert_subject *subject;
    const struct route_settings *picks;
    size_t n_picks;
    const char *update; /* NULL: any route */
    const char *except; /* a channel that does not get it; may be NULL */
};
int dispatch_alert(struct bw_alerter *alerter, const struct dispatch *dispatch, int64_t id,
                   int64_t now_ms, size_t *sent, char *why, size_t size, struct bw_error *err);
/* An edited item's stored hit that hits no more. */
int retract_hit(struct bw_alerter *alerter, int64_t hit, int64_t now_ms, struct bw_arena *arena,
                struct bw_error *err);
/* Channels that some pick which wants it names. */
size_t dispatch_count(const struct dispatch *dispatch);

#endif
