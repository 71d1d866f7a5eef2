/* Channel "alertmanager": hands alerts to Prometheus Alertmanager by its API v2, for teams whose
 * on-call duty lives there. Owns nothing. */
#include "http.h"

#include <string.h>

enum { LASTS_MS = 3600000 }; /* an event has no end of its own: it counts as firing for so long */

static const struct alert_option options[] = {
    {.key = "url", .kind = OPTION_URL, .required = true},
    {.key = "lasts", .kind = OPTION_DURATION},
    {.key = "labels", .kind = OPTION_MAP},
    {.key = "token_file", .kind = OPTION_FILE},
    {.key = "username", .kind = OPTION_TEXT},
    {.key = "password_file", .kind = OPTION_FILE},
    HTTP_OPTIONS,
    {.key = NULL},
};

static void set_text(json_t *object, const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        json_object_set_new(object, name, json_string(value));
}

/* Labels identify an alert: what differs between two tellings of one story stays out of them. */
static json_t *build_labels(const struct alert_channel *channel, const struct alert_view *view)
{
    const char *const *of = view->values.of;
    json_t *labels = json_object();
    const char *name, *value;

    for (size_t i = 0; (value = options_entry(&channel->options, "labels", i, &name)) != NULL; i++)
        set_text(labels, name, value);
    set_text(labels, "alertname", of[FIELD_RULE] != NULL ? of[FIELD_RULE] : of[FIELD_KIND]);
    set_text(labels, "severity", of[FIELD_SEVERITY]);
    set_text(labels, "kind", of[FIELD_KIND]);
    set_text(labels, "actor", of[FIELD_ACTOR]);
    set_text(labels, "stance", of[FIELD_STANCE]);
    set_text(labels, "bloc", of[FIELD_BLOC]);
    set_text(labels, "story", of[FIELD_STORY]);
    if (of[FIELD_STORY] == NULL)
        set_text(labels, "source", json_string_value(json_object_get(view->json, "source")));
    return labels;
}

static json_t *build_alert(const struct alert_channel *channel, const struct alert_message *message,
                           const struct alert_view *view)
{
    int64_t lasts = options_duration_ms(&channel->options, "lasts", LASTS_MS);
    int64_t now = clock_now_ms(channel->room->clock);
    char starts[BW_TIME_TEXT], ends[BW_TIME_TEXT];
    json_t *notes = json_object(), *alert;

    set_text(notes, "summary", view->title);
    set_text(notes, "description", view->body);
    set_text(notes, "link", view->link);
    set_text(notes, "key", message->key);
    alert = json_pack("{s:o,s:o,s:s,s:s}", "labels", build_labels(channel, view), "annotations",
                      notes, "startsAt", clock_format(view->row->created_ms / 1000, starts),
                      "endsAt", clock_format((now + lasts) / 1000, ends));
    if (alert != NULL)
        set_text(alert, "generatorURL", view->page != NULL ? view->page : view->link);
    return alert;
}

static int build(struct alert_channel *channel, const struct alert_message *message,
                 struct http_request *request, struct bw_error *err)
{
    const char *base = options_text(&channel->options, "url");
    size_t len = strlen(base);
    json_t *list = json_array();

    while (len > 0 && base[len - 1] == '/')
        len--;
    request->url = arena_printf(request->arena, "%.*s/api/v2/alerts", (int)len, base);
    for (size_t i = 0; i < message->n_alerts; i++)
        json_array_append_new(list, build_alert(channel, message, &message->alerts[i]));
    if (request->url == NULL) {
        json_decref(list);
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    if (http_write_json(request, list, err) != 0 ||
        http_add_bearer(channel, "token_file", request, err) != 0)
        return -1;
    return http_add_login(channel, request, err);
}

const struct alert_channel_type channel_alertmanager = {
    .name = "alertmanager",
    .options = options,
    .check = http_check_login,
    .start = http_start,
    .cancel = http_cancel,
    .build = build,
};
