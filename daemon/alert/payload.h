/*
 * The JSON that is an alert: built once, when it is raised, and kept in the store; whatever a
 * channel tells comes out of it. doc/alerts.md describes it, receivers rely on it.
 */
#ifndef BLOCWATCH_ALERT_PAYLOAD_H
#define BLOCWATCH_ALERT_PAYLOAD_H

#include "template.h"

#include "blocwatch/arena.h"
#include "blocwatch/config.h"
#include "blocwatch/store.h"

#include <jansson.h>

/* A hit's alert. */
struct payload_hit {
    const struct bw_config *config; /* names of sources, codes and rules */
    const char *source_id;
    const struct bw_item *item;
    const struct bw_hit *hit;
    int64_t hit_id, story, now_ms;
    const char *kind;    /* hit, update */
    const char *reason;  /* stance, confirmed, corrected, retracted; NULL for a first one */
    const char *sources; /* ids of the story's sources, separated by spaces */
};
/* Returns owned JSON text, NULL when out of memory. */
char *payload_build_hit(const struct payload_hit *from);
/* An alert about the watcher itself: kind source, channel or test. */
char *payload_build_notice(const char *kind, const char *severity, const char *subject,
                           const char *title, const char *text, int64_t now_ms);

/* The values that templates name, all in `arena` or in `payload`. */
int payload_values(const json_t *payload, const struct bw_config *config, struct bw_arena *arena,
                   struct alert_values *values);
/* Words between spaces as a JSON list; returns owned. */
json_t *payload_words(const char *words);

/* "Kazakhstan declines BRICS membership"; appended. */
void payload_write_event(const struct bw_config *config, const char *actor, const char *stance,
                         const char *bloc, const char *certainty, struct bw_buf *out);
/* "KZ declines BRICS", each once, sorted, one a line: the form that the store keeps. */
char *payload_event_lines(const struct bw_event *events, size_t n, struct bw_arena *arena);
const char *payload_source_title(const struct bw_config *config, const char *id);

#endif
