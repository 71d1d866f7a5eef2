/*
 * How fast a channel may be asked: its rate, the pauses after failures, and when its trouble is
 * worth an alert. A pure state machine on times in milliseconds.
 */
#ifndef BLOCWATCH_ALERT_PACE_H
#define BLOCWATCH_ALERT_PACE_H

#include "backoff.h"

#include <stdbool.h>
#include <stdint.h>

struct pace {
    struct backoff backoff;
    int rate_limit; /* messages per period; 0: no limit */
    int64_t rate_period_ms;
    /* state */
    int rate_used;
    int64_t rate_since_ms;
    int failures; /* in a row */
    int64_t failing_since_ms, paused_until_ms;
    bool told; /* of its trouble */
};

/* Until when nothing may start; 0: it may now. */
int64_t pace_blocked_until(struct pace *pace, int64_t now_ms);
void pace_note_start(struct pace *pace);
void pace_note_success(struct pace *pace);
/* A message came back undelivered. True when the channel's trouble is to be told, once until a
 * success. */
bool pace_note_failure(struct pace *pace, int64_t now_ms, int64_t retry_after_ms, uint32_t random);
/* A message became a dead letter; likewise. */
bool pace_note_dead(struct pace *pace);

#endif
