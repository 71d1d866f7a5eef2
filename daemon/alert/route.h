/*
 * The routes tree: which channels get an alert, and by which settings. As in Alertmanager: at a
 * route that matches, its children are asked in order; the first that matches takes the alert, and
 * the next ones too while it says `continue`; where no child matches, the route itself takes it.
 */
#ifndef BLOCWATCH_ALERT_ROUTE_H
#define BLOCWATCH_ALERT_ROUTE_H

#include "blocwatch/config.h"
#include "blocwatch/hit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What routes and silences look at. Text is borrowed; NULL matches no matcher. */
struct alert_subject {
    const char *kind, *rule, *source, *lang;
    enum bw_severity severity;
    const struct bw_event *events;
    size_t n_events;
    int64_t story;
};

/* A route's settings, with what it has inherited. */
struct route_settings { // NOLINT(clang-analyzer-optin.performance.Padding)
    char path[64];      /* of the route: "0.2.1" */
    char rate_path[64]; /* of the route that set the rate */
    const struct bw_config_list *channels, *group_by, *updates, *digest_at;
    bool has_updates;
    int64_t group_wait_ms, group_interval_ms;
    const char *time_zone, *quiet_from, *quiet_to, *quiet_override;
    int rate_limit;
    int64_t rate_period_ms;
};

enum { ROUTE_PICKS = 32 };

/* The routes that take the alert, at most ROUTE_PICKS of them. */
size_t route_find(const struct bw_config *config, const struct alert_subject *subject,
                  struct route_settings picks[ROUTE_PICKS]);
/* Whether the route asks for this kind of update. */
bool route_wants_update(const struct route_settings *settings, const char *update);

/* One matcher, also for silences: `name` as in a route; false for an unknown one. */
bool subject_matches(const struct bw_config *config, const struct alert_subject *subject,
                     const char *name, const char *value);
bool subject_knows(const char *name);

void route_check(const struct bw_config *config, struct bw_config_errors *errors);

#endif
