/*
 * Alerting: what raises an alert, who gets it, and its delivery. Alerts are rows in the store's
 * outbox, written in the transaction of the hits that raised them; the runner here takes due rows
 * to their channels after the commit, and marks them delivered after the receiver's yes: at least
 * once, with a stable id that receivers can deduplicate on. See doc/alerts.md.
 */
#ifndef BLOCWATCH_ALERT_H
#define BLOCWATCH_ALERT_H

#include "blocwatch/config.h"
#include "blocwatch/envelope.h"
#include "blocwatch/source.h"
#include "blocwatch/store.h"

#include <stdbool.h>

struct event_base;
struct bw_alerter;

struct bw_alert_callbacks {
    void (*on_log)(bool failed, const char *text,
                   void *ctx);  /* one line: delivered, failed, gave up */
    void (*on_idle)(void *ctx); /* nothing is due or under way any more: for --once; may be NULL */
    void *ctx;
};

/* Channels, their options, routes and templates: adds every error to `errors`, with its place. 0
 * when there is none, else -1. */
int alert_check_config(const struct bw_config *config, struct bw_config_errors *errors);
/* Matchers of a silence, "rule=ca-* actor=KZ": BW_ERR_USAGE says what is wrong with them. */
int alert_check_matchers(const char *matchers, struct bw_error *err);

/* The conversation with a receiver, line by line without secrets: '>' sent, '<' received, '*' a
 * remark. Only channels on HTTP and SMTP have one. */
typedef void alert_trace_fn(char direction, const char *line, void *ctx);
/* Sends a test alert through channel `id` of a checked configuration, at once and without the
 * outbox, on a loop of its own; `trace` may be NULL. 0 when the receiver took it, else -1 with its
 * reason; BW_ERR_NOTFOUND: no such channel. */
int alert_test_channel(const struct bw_config *config, const char *id, struct bw_clock *clock,
                       alert_trace_fn *trace, void *ctx, struct bw_error *err);

/* Builds the channels of `config` (borrowed until replaced). Returns owned, NULL with `err`. */
struct bw_alerter *alerter_new(struct event_base *base, const struct bw_config *config,
                               struct bw_store *store, struct bw_clock *clock,
                               const struct bw_alert_callbacks *callbacks, struct bw_error *err);
/* Stops deliveries under way; their rows stay in the outbox. NULL is fine. */
void alerter_free(struct bw_alerter *alerter);
/* New routes and channels; -1 leaves the old ones. */
int alerter_replace_config(struct bw_alerter *alerter, const struct bw_config *config,
                           struct bw_error *err);

/*
 * Inside the store's transaction: decides for each hit of a saved poll whether it raises, updates,
 * is grouped, silenced or suppressed, and writes that down. `first_poll`: the source has never been
 * polled before.
 */
int alerter_raise_hits(struct bw_alerter *alerter, const struct bw_poll *poll,
                       const struct bw_saved *saved, bool first_poll, struct bw_error *err);

/* Inside the store's transaction: a source went gone, failing, silent, quarantined, or is back
 * (`actions`: the policy's BW_ACTION_… bits). */
int alerter_raise_source(struct bw_alerter *alerter, const char *source_id,
                         const struct bw_source_state *state, uint32_t actions,
                         struct bw_error *err);

/* After a commit: looks for due rows at once. */
void alerter_wake(struct bw_alerter *alerter);

#endif
