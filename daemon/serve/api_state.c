/* GET sources, rules, alerts and silences, as JSON. Owns nothing. */
#include "json.h"
#include "routes.h"

#include <string.h>

static void reply_data(struct serve_request *request, json_t *rows, int result,
                       const struct bw_error *err)
{
    if (result == 0) {
        serve_reply_json(request, json_pack("{s:o}", "data", rows));
        return;
    }
    json_decref(rows);
    serve_reply_error(request, err);
}

static json_t *state_json(const struct bw_source_state *state)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:I, s:I, s:I, s:I, s:I}", "next_due",
        serve_json_seconds(state->next_due), "due_rule", serve_json_text(state->due_rule),
        "last_poll", serve_json_seconds(state->last_poll), "last_success",
        serve_json_seconds(state->last_success), "last_item", serve_json_seconds(state->last_item),
        "last_status", (int)state->last_status, "failures", (int)state->failures, "interval",
        (json_int_t)state->interval, "last_ms", (json_int_t)state->last_ms, "last_bytes",
        (json_int_t)state->last_bytes, "polls", (json_int_t)state->polls, "items",
        (json_int_t)state->items);
}

static int add_source(const struct bw_serve_source *row, void *ctx)
{
    const struct bw_source_state *state = row->state;
    enum bw_health health = !row->source->enabled ? BW_HEALTH_DISABLED
                            : state == NULL       ? BW_HEALTH_NEW
                                                  : state->health;
    json_t *source = json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:o}", "id", row->source->id, "url", row->source->url, "title",
        serve_json_text(row->source->title), "lang", serve_json_text(row->source->lang), "state",
        health_name(health), "why", serve_json_text(state == NULL ? NULL : state->why));
    json_t *more = state == NULL ? NULL : state_json(state);

    json_object_update(source, more);
    json_decref(more);
    return json_array_append_new(ctx, source);
}

void serve_api_sources(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    json_t *rows = json_array();

    hooks->each_source(add_source, rows, hooks->ctx);
    reply_data(request, rows, 0, NULL);
}

static json_t *list_json(const char **values, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(values[i]));
    return list;
}

static json_t *rule_json(const struct bw_rule *rule)
{
    json_t *event =
        !rule->has_event
            ? json_null()
            : json_pack("{s:o, s:o, s:o, s:s}", "actor", list_json(rule->actors, rule->n_actors),
                        "bloc", list_json(rule->blocs, rule->n_blocs), "stance",
                        list_json(rule->stances, rule->n_stances), "within",
                        rule->within == BW_WITHIN_ITEM ? "item" : "sentence");

    return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}", "id", rule->id, "title",
                     serve_json_text(rule->title), "severity", severity_name(rule->severity),
                     "enabled", rule->enabled, "query", serve_json_text(rule->query), "event",
                     event);
}

void serve_api_rules(struct serve_request *request)
{
    const struct bw_watch *watch = &request->server->config->watch;
    json_t *rows = json_array();

    for (size_t i = 0; i < watch->n_rules; i++)
        json_array_append_new(rows, rule_json(&watch->rules[i]));
    reply_data(request, rows, 0, NULL);
}

static int add_outbox(const struct bw_outbox_row *row, void *ctx)
{
    return json_array_append_new(ctx, serve_json_outbox(row));
}

void serve_api_alerts(struct serve_request *request)
{
    json_t *rows = json_array();
    struct bw_error err = {0};
    int64_t limit, alert;

    if (serve_param_number(request, "limit", SERVE_MOST_ROWS, SERVE_PAGE_ROWS, &limit) != 0 ||
        serve_param_number(request, "alert", INT64_MAX, 0, &alert) != 0) {
        json_decref(rows);
        return;
    }
    reply_data(request, rows,
               store_list_outbox(request->server->store, serve_param(request, "state"),
                                 serve_param(request, "channel"), alert, (size_t)limit, add_outbox,
                                 rows, &err),
               &err);
}

static int add_silence(const struct bw_silence *silence, void *ctx)
{
    return json_array_append_new(ctx, serve_json_silence(silence));
}

void serve_api_silences(struct serve_request *request)
{
    const char *all = serve_param(request, "all");
    int64_t now =
        all != NULL && strcmp(all, "0") != 0 ? BW_TIME_NONE : clock_now_ms(&bw_clock_real);
    json_t *rows = json_array();
    struct bw_error err = {0};

    reply_data(request, rows,
               store_list_silences(request->server->store, now, add_silence, rows, &err), &err);
}
