/* Walking the routes tree. Owns nothing. */
#include "route.h"
#include "subject.h"

#include <stdio.h>
#include <string.h>

enum { RATE_LIMIT = 30, RATE_PERIOD_MS = 600000 }; /* where no route says anything: no storms */

static bool matches_any(const struct bw_config *config, const struct alert_subject *subject,
                        const char *name, const struct bw_config_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (subject_matches(config, subject, name, list->values[i]))
            return true;
    }
    return list->n == 0;
}

static bool event_in(const struct bw_config *config, const struct bw_event *event, const char *name,
                     const struct bw_config_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (subject_event_matches(config, event, name, list->values[i]))
            return true;
    }
    return list->n == 0;
}

/* One and the same event must be what the route asks for. */
static bool matches_events(const struct bw_config *config, const struct alert_subject *subject,
                           const struct bw_config_route *route)
{
    if (route->actor.n + route->bloc.n + route->stance.n + route->certainty.n == 0)
        return true;
    for (size_t i = 0; i < subject->n_events; i++) {
        const struct bw_event *event = &subject->events[i];

        if (event_in(config, event, "actor", &route->actor) &&
            event_in(config, event, "bloc", &route->bloc) &&
            event_in(config, event, "stance", &route->stance) &&
            event_in(config, event, "certainty", &route->certainty))
            return true;
    }
    return false;
}

static bool matches(const struct bw_config *config, const struct alert_subject *subject,
                    const struct bw_config_route *route)
{
    return matches_any(config, subject, "rule", &route->rule) &&
           matches_any(config, subject, "severity", &route->severity) &&
           matches_any(config, subject, "source", &route->source) &&
           matches_any(config, subject, "lang", &route->lang) &&
           matches_events(config, subject, route);
}

/* Digests are the only setting that a child does not inherit: a child below a digest is there to
 * be told at once. */
static void inherit(struct route_settings *to, const struct bw_config_route *route)
{
    if (route->channels.n > 0)
        to->channels = &route->channels;
    if (route->group_by.n > 0)
        to->group_by = &route->group_by;
    if (route->has_updates)
        to->updates = &route->updates;
    to->has_updates = to->has_updates || route->has_updates;
    if (route->group_wait >= 0)
        to->group_wait_ms = route->group_wait * 1000;
    if (route->group_interval >= 0)
        to->group_interval_ms = route->group_interval * 1000;
    to->digest_at = &route->digest_at;
    if (route->time_zone != NULL)
        to->time_zone = route->time_zone;
    if (route->quiet_from != NULL) {
        to->quiet_from = route->quiet_from;
        to->quiet_to = route->quiet_to;
        to->quiet_override = route->quiet_override;
    }
    if (route->rate_limit >= 0) {
        to->rate_limit = route->rate_limit;
        to->rate_period_ms = route->rate_period * 1000;
        snprintf(to->rate_path, sizeof to->rate_path, "%s", to->path);
    }
}

struct walk {
    const struct bw_config *config;
    const struct alert_subject *subject;
    struct route_settings *picks;
    size_t n;
};

static bool walk_route(struct walk *walk, const struct bw_config_route *route,
                       const struct route_settings *parent, size_t index)
{
    struct route_settings here = *parent;
    size_t used = strlen(here.path);
    bool taken = false;

    if (!matches(walk->config, walk->subject, route))
        return false;
    if (used + 12 < sizeof here.path)
        snprintf(here.path + used, sizeof here.path - used, "%s%zu", used > 0 ? "." : "", index);
    inherit(&here, route);
    for (size_t i = 0; i < route->n_routes; i++) {
        if (!walk_route(walk, &route->routes[i], &here, i))
            continue;
        taken = true;
        if (!route->routes[i].keep_going)
            break;
    }
    if (!taken && walk->n < ROUTE_PICKS)
        walk->picks[walk->n++] = here;
    return true;
}

size_t route_find(const struct bw_config *config, const struct alert_subject *subject,
                  struct route_settings picks[ROUTE_PICKS])
{
    static const struct bw_config_list none;
    struct walk walk = {config, subject, picks, 0};
    struct route_settings top = {.channels = &none,
                                 .group_by = &none,
                                 .updates = &none,
                                 .rate_limit = RATE_LIMIT,
                                 .rate_period_ms = RATE_PERIOD_MS,
                                 .rate_path = "0"};

    walk_route(&walk, &config->route, &top, 0);
    return walk.n;
}

/* Without a word on updates, the two that change what the reader knows are told. */
bool route_wants_update(const struct route_settings *settings, const char *update)
{
    if (!settings->has_updates)
        return strcmp(update, "stance") == 0 || strcmp(update, "corrected") == 0;
    for (size_t i = 0; i < settings->updates->n; i++) {
        if (strcmp(settings->updates->values[i], update) == 0)
            return true;
    }
    return false;
}

static void check_route(const struct bw_config *config, const struct bw_config_route *route,
                        bool has_channels, struct bw_config_errors *errors)
{
    has_channels = has_channels || route->channels.n > 0;
    for (size_t i = 0; i < route->digest_at.n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(route->digest_at.values[i], route->digest_at.values[j]) == 0)
                config_add_error(errors, route->place, "route: digest_at: %s stands twice",
                                 route->digest_at.values[i]);
        }
    }
    if (!has_channels && config->n_channels > 0 && route->n_routes == 0)
        config_add_error(errors, route->place,
                         "route: channels: neither this route nor one above it names a channel");
    for (size_t i = 0; i < route->n_routes; i++)
        check_route(config, &route->routes[i], has_channels, errors);
}

void route_check(const struct bw_config *config, struct bw_config_errors *errors)
{
    /* A root without channels and without children alerts nobody: fine, it may be a first run. */
    if (config->route.n_routes > 0)
        check_route(config, &config->route, false, errors);
}
