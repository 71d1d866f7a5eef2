/* From outbox rows to a message: templates, titles of groups, JSON. Owns the views' JSON. */
#include "message.h"

#include <stdlib.h>
#include <string.h>

enum { TOLD_IN_FULL = 3 }; /* more than these are a digest: titles and links */

static int out_of_memory(struct bw_error *err)
{
    return error_set(err, BW_ERR_MEMORY, "out of memory");
}

static int on_story(const struct bw_story_row *story, void *ctx)
{
    struct bw_buf *sources = ctx;

    buf_puts(sources, story->sources == NULL ? "" : story->sources);
    return 1;
}

/* The source that raised the alert first, then the others: "RFE/RL (+3 sources)". */
static int find_sources(struct bw_store *store, int64_t story, struct bw_buf *sources,
                        struct bw_error *err)
{
    struct bw_story_query query = {.since_ms = BW_TIME_NONE, .id = story, .limit = 1};

    if (store == NULL || story == 0)
        return 0;
    return store_list_stories(store, &query, on_story, sources, err);
}

static char *render(struct bw_arena *arena, const char *text, const struct alert_values *values)
{
    struct bw_buf out;
    char *copy;

    buf_init(&out);
    template_render(text, values, &out);
    copy = out.failed ? NULL : arena_strdup(arena, buf_text(&out));
    buf_clear(&out);
    return copy;
}

/* A title is one line, whatever an item's title holds. */
static const char *one_line(char *text)
{
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            *c = ' ';
    }
    return text;
}

static int render_texts(struct alert_view *view, const struct bw_config *config,
                        struct bw_arena *arena)
{
    const struct bw_config_template *own = &config->alerting.templates;

    if (view->values.of[FIELD_RULE] == NULL) { /* a notice brings its own words */
        view->title = arena_strdup(arena, json_string_value(json_object_get(view->json, "title")));
        view->body = arena_strdup(arena, json_string_value(json_object_get(view->json, "text")));
    } else {
        view->title = one_line(
            render(arena, own->title != NULL ? own->title : TEMPLATE_TITLE, &view->values));
        view->body = render(arena, own->body != NULL ? own->body : TEMPLATE_BODY, &view->values);
    }
    return view->title == NULL || view->body == NULL ? -1 : 0;
}

/* What receivers make clickable; a feed may hold anything. */
static const char *safe_link(const char *link)
{
    return link != NULL && (strncmp(link, "http://", 7) == 0 || strncmp(link, "https://", 8) == 0)
               ? link
               : NULL;
}

static int render_view(struct alert_view *view, const struct bw_alert_row *row,
                       struct alert_message *message, const struct bw_config *config,
                       struct bw_store *store, struct bw_error *err)
{
    struct bw_buf sources;
    json_error_t why;
    int severity = severity_parse(row->severity == NULL ? "" : row->severity), result = -1;

    buf_init(&sources);
    view->row = row;
    view->severity = severity < 0 ? BW_SEVERITY_MEDIUM : (enum bw_severity)severity;
    view->json = json_loads(row->payload, 0, &why);
    if (!json_is_object(view->json)) {
        error_set(err, BW_ERR_FORMAT, "alert %lld: its payload is no JSON object: %s",
                  (long long)row->id, why.text);
        goto out;
    }
    if (find_sources(store, row->story, &sources, err) != 0)
        goto out;
    if (sources.len > 0)
        json_object_set_new(view->json, "sources", payload_words(sources.data));
    if (json_object_set_new(view->json, "id", json_integer(row->id)) != 0 ||
        payload_values(view->json, config, message->arena, &view->values) != 0 ||
        render_texts(view, config, message->arena) != 0) {
        out_of_memory(err);
        goto out;
    }
    if (message->public_url != NULL && row->hit != 0)
        view->page =
            arena_printf(message->arena, "%s/hits/%lld", message->public_url, (long long)row->hit);
    view->link = safe_link(view->values.of[FIELD_LINK]);
    view->time = view->values.of[FIELD_TIME];
    if (json_object_set_new(view->json, "title", json_string(view->title)) != 0 ||
        json_object_set_new(view->json, "text", json_string(view->body)) != 0) {
        out_of_memory(err);
        goto out;
    }
    result = 0;
out:
    buf_clear(&sources);
    return result;
}

static bool same_titles(const struct alert_message *message)
{
    for (size_t i = 1; i < message->n_alerts; i++) {
        if (strcmp(message->alerts[i].title, message->alerts[0].title) != 0)
            return false;
    }
    return true;
}

static void write_body(const struct alert_message *message, struct bw_buf *out)
{
    for (size_t i = 0; i < message->n_alerts && i < MESSAGE_LISTED; i++) {
        const struct alert_view *view = &message->alerts[i];

        if (i > 0)
            buf_puts(out, "\n\n");
        if (message->n_alerts > 1)
            buf_printf(out, "%s\n", view->title);
        buf_puts(out, message->n_alerts <= TOLD_IN_FULL ? view->body
                      : view->link != NULL              ? view->link
                                                        : "");
    }
    if (message->n_alerts > MESSAGE_LISTED)
        buf_printf(out, "\n\n\xe2\x80\xa6 and %zu more", message->n_alerts - MESSAGE_LISTED);
}

static int join_views(struct alert_message *message, struct bw_error *err)
{
    struct bw_buf body;

    message->severity = message->alerts[0].severity;
    message->story = message->alerts[0].row->story;
    message->time_ms = message->alerts[0].row->created_ms;
    message->title = message->alerts[0].title;
    message->link = message->n_alerts == 1 ? message->alerts[0].link : NULL;
    message->page = message->n_alerts == 1 ? message->alerts[0].page : NULL;
    for (size_t i = 1; i < message->n_alerts; i++) {
        if (message->alerts[i].severity > message->severity)
            message->severity = message->alerts[i].severity;
        if (message->alerts[i].row->story != message->story)
            message->story = 0;
    }
    if (message->n_alerts > 1 && !same_titles(message))
        message->title = arena_printf(message->arena, "%zu alerts: %s, \xe2\x80\xa6",
                                      message->n_alerts, message->alerts[0].title);
    buf_init(&body);
    write_body(message, &body);
    message->body = body.failed ? NULL : arena_strdup(message->arena, buf_text(&body));
    buf_clear(&body);
    return message->title == NULL || message->body == NULL ? out_of_memory(err) : 0;
}

int message_render(struct alert_message *message, const struct bw_message *from,
                   const struct bw_config *config, struct bw_store *store, struct bw_error *err)
{
    *message = (struct alert_message){.key = from->key,
                                      .channel = from->channel,
                                      .group = from->group,
                                      .attempts = from->attempts,
                                      .public_url = config->serve.public_url};
    if (from->n_alerts == 0)
        return error_set(err, BW_ERR_INTERNAL, "a message without an alert");
    message->arena = arena_new(0);
    if (message->arena == NULL)
        return out_of_memory(err);
    message->alerts = arena_calloc(message->arena, from->n_alerts, sizeof *message->alerts);
    if (message->alerts == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < from->n_alerts; i++) {
        message->n_alerts = i + 1;
        if (render_view(&message->alerts[i], &from->alerts[i], message, config, store, err) != 0)
            return -1;
    }
    return join_views(message, err);
}

void message_clear(struct alert_message *message)
{
    for (size_t i = 0; i < message->n_alerts; i++)
        json_decref(message->alerts[i].json);
    arena_free(message->arena);
    *message = (struct alert_message){0};
}

static json_t *build_group(const struct alert_message *message)
{
    char time[BW_TIME_TEXT];
    json_t *list = json_array();

    for (size_t i = 0; i < message->n_alerts; i++)
        json_array_append(list, message->alerts[i].json);
    return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:o}", "version", 1, "kind", "group", "time",
                     clock_format(message->time_ms / 1000, time), "severity",
                     severity_name(message->severity), "title", message->title, "text",
                     message->body, "alerts", list);
}

int message_write_json(const struct alert_message *message, struct bw_buf *out,
                       struct bw_error *err)
{
    json_t *json =
        message->n_alerts == 1 ? json_incref(message->alerts[0].json) : build_group(message);
    char *text = NULL;

    if (json != NULL && json_object_set_new(json, "key", json_string(message->key)) == 0)
        text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text != NULL)
        buf_puts(out, text);
    free(text);
    return text == NULL || out->failed ? out_of_memory(err) : 0;
}
