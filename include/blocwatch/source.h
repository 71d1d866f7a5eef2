/*
 * What is remembered of a source between polls. The polling policy (poll/) decides every field,
 * the store keeps it in the same transaction as the items of that poll, so a source's validators
 * never run ahead of its items. Text is owned by whoever holds the struct: use source_state_*().
 */
#ifndef BLOCWATCH_SOURCE_H
#define BLOCWATCH_SOURCE_H

#include "blocwatch/clock.h"
#include "blocwatch/envelope.h"

#include <stdbool.h>
#include <stdint.h>

enum bw_health {
    BW_HEALTH_NEW, /* never polled */
    BW_HEALTH_OK,
    BW_HEALTH_SLOW,        /* answers, but ignores validators or asks us to come rarely */
    BW_HEALTH_FAILING,     /* the last polls failed */
    BW_HEALTH_QUARANTINED, /* its document kills readers */
    BW_HEALTH_GONE,        /* 410 */
    BW_HEALTH_SILENT,      /* no new item for longer than its rhythm makes likely */
    BW_HEALTH_DISABLED,
    BW_HEALTHS
};

/* What the policy wants done beyond the new state; bits of `actions`. */
enum bw_source_action {
    BW_ACTION_RAISE_GONE = 1 << 0,    /* 410: stopped */
    BW_ACTION_RAISE_FAILING = 1 << 1, /* failing for longer than failing_after */
    BW_ACTION_RAISE_SILENT = 1 << 2,  /* silent for longer than its rhythm makes likely */
    BW_ACTION_RAISE_QUARANTINED = 1 << 3,
    BW_ACTION_RAISE_BACK = 1 << 4, /* well again after one of these was raised */
    BW_ACTION_LOG_MOVED = 1 << 5,  /* a permanent redirect has held and is now polled */
};

const char *health_name(enum bw_health health);

struct bw_source_state {
    char *url;  /* the URL this state belongs to; another one in the config starts afresh */
    char *etag; /* header value, verbatim with its quotes; NULL none */
    char *last_modified;         /* header value, verbatim; NULL none */
    char *redirect_seen;         /* target of the 301/308 of the last polls */
    char *redirect_to;           /* target that has held and is now polled; NULL none */
    char *why;                   /* one sentence: why this health */
    char *due_rule;              /* name of the policy rule that set next_due */
    char body_hash[BW_KEY_TEXT]; /* of the last decoded body */
    enum bw_health health;
    enum bw_fetch_result last_result;
    int32_t last_status;
    int32_t redirect_count;     /* polls in a row that answered with redirect_seen */
    int32_t failures;           /* in a row */
    int32_t ignored_validators; /* 200s since the last 304 that brought nothing new */
    bool raised;                /* a source alert is open: one more is sent when it is back */
    int64_t next_due;           /* Unix seconds; BW_TIME_NONE: never again (gone) */
    int64_t interval;           /* the adaptive one, seconds; 0 unknown */
    int64_t rhythm;             /* smoothed seconds between new items; 0 unknown */
    int64_t last_poll, last_success, failing_since; /* BW_TIME_NONE when never */
    int64_t last_item;          /* when a new item was last seen here; BW_TIME_NONE when never */
    int64_t publisher_interval; /* from ttl / sy:update* of the last document, seconds */
    uint32_t skip_hours;
    uint8_t skip_days;
    int64_t last_ms;      /* duration of the last poll */
    int64_t last_bytes;   /* on the wire */
    int64_t polls, items; /* totals */
};

void source_state_init(struct bw_source_state *state); /* never polled, due at once */
void source_state_clear(struct bw_source_state *state);
int source_state_copy(struct bw_source_state *to,
                      const struct bw_source_state *from); /* -1: memory */
int source_state_set(char **field, const char *value);     /* replaces an owned text; NULL clears */

#endif
