/* A publisher has changed an item so that it says no more what was told of it: an update, where a
 * route asks for one. Owns nothing beyond the call. */
#include "raise.h"

#include <stdlib.h>
#include <string.h>

struct retraction {
    struct bw_alerter *alerter;
    struct bw_arena *arena;
    int64_t now_ms;
    int64_t hit, story;
    char *payload; /* of the alert that told it, made into one that takes it back */
    const char *rule, *source, *lang, *events;
    enum bw_severity severity;
    bool told;
};

static int on_hit(const struct bw_hit_row *row, void *ctx)
{
    struct retraction *r = ctx;

    r->told = row->alert != 0;
    r->story = row->story;
    r->rule = arena_strdup(r->arena, row->rule);
    r->source = arena_strdup(r->arena, row->source);
    r->lang = arena_strdup(r->arena, row->lang);
    r->severity = (enum bw_severity)severity_parse(row->severity);
    return 1;
}

static int on_alert(const struct bw_alert_row *row, void *ctx)
{
    struct retraction *r = ctx;
    json_t *json;

    if (row->hit != r->hit)
        return 0;
    json = json_loads(row->payload, 0, NULL);
    json_object_set_new(json, "kind", json_string("update"));
    json_object_set_new(json, "reason", json_string("retracted"));
    free(r->payload);
    r->payload = json_dumps(json, JSON_COMPACT);
    r->events = arena_strdup(r->arena, row->events);
    json_decref(json);
    return 0;
}

static int send_retraction(struct retraction *r, struct bw_error *err)
{
    struct alert_subject subject = {.kind = "update",
                                    .rule = r->rule,
                                    .source = r->source,
                                    .lang = r->lang,
                                    .severity = r->severity,
                                    .story = r->story};
    struct route_settings picks[ROUTE_PICKS];
    struct dispatch dispatch = {&subject, picks, 0, "retracted", NULL};
    struct bw_alert_row row = {.kind = "update",
                               .rule = r->rule,
                               .story = r->story,
                               .hit = r->hit,
                               .severity = severity_name(r->severity),
                               .events = "", /* what was taken back may be told again */
                               .payload = r->payload,
                               .created_ms = r->now_ms};
    char why[256];
    int64_t id;
    size_t sent;

    dispatch.n_picks = route_find(r->alerter->config, &subject, picks);
    if (dispatch_count(&dispatch) == 0)
        return 0;
    if (store_add_alert(r->alerter->store, &row, &id, err) != 0)
        return -1;
    return dispatch_alert(r->alerter, &dispatch, id, r->now_ms, &sent, why, sizeof why, err);
}

int retract_hit(struct bw_alerter *alerter, int64_t hit, int64_t now_ms, struct bw_arena *arena,
                struct bw_error *err)
{
    struct bw_hit_query query = {
        .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .id = hit, .limit = 1};
    struct retraction r = {.alerter = alerter, .arena = arena, .now_ms = now_ms, .hit = hit};
    int result = store_list_hits(alerter->store, &query, on_hit, &r, err);

    if (result == 0 && r.told && r.rule != NULL)
        result = store_find_alerts(alerter->store, r.story, r.rule, on_alert, &r, err);
    if (result == 0 && r.payload != NULL)
        result = send_retraction(&r, err);
    free(r.payload);
    return result;
}
