/* Building an alert's JSON, and reading it back as template values. Owns nothing. */
#include "payload.h"
#include "text.h"

#include "blocwatch/buf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, SUMMARY_LIMIT = 2000, SENTENCE_UNITS = 500, SUMMARY_UNITS = 1000 };

static json_t *text_or_null(const char *text)
{
    return text == NULL || *text == '\0' ? json_null() : json_string(text);
}

static json_t *time_or_null(int64_t seconds)
{
    char text[BW_TIME_TEXT];

    return text_or_null(clock_format(seconds, text));
}

static json_t *build_events(const struct bw_hit *hit)
{
    json_t *list = json_array();

    for (size_t i = 0; i < hit->n_events; i++) {
        const struct bw_event *event = &hit->events[i];

        json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "actor", event->actor, "stance",
                            stance_name(event->stance), "bloc", event->bloc, "certainty",
                            certainty_name(event->certainty), "sentence",
                            text_or_null(event->sentence_text), "why", text_or_null(event->why)));
    }
    return list;
}

static json_t *build_matched(const struct bw_hit *hit)
{
    json_t *list = json_array();

    for (size_t i = 0; i < hit->n_matched; i++) {
        json_t *text = json_string(hit->matched[i].text);
        size_t j;

        for (j = 0; j < json_array_size(list); j++) {
            if (json_equal(json_array_get(list, j), text))
                break;
        }
        if (j == json_array_size(list))
            json_array_append(list, text);
        json_decref(text);
    }
    return list;
}

json_t *payload_words(const char *words)
{
    json_t *list = json_array();

    while (words != NULL && *words != '\0') {
        size_t len = strcspn(words, " ");

        if (len > 0)
            json_array_append_new(list, json_stringn(words, len));
        words += len + (words[len] == ' ');
    }
    return list;
}

static json_t *build_item(const struct bw_item *item)
{
    const char *summary = item->summary != NULL ? item->summary : item->content;
    size_t len = summary == NULL ? 0 : strlen(summary);

    if (len > SUMMARY_LIMIT) {
        len = SUMMARY_LIMIT;
        while (len > 0 && ((unsigned char)summary[len] & 0xc0) == 0x80)
            len--;
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "title", text_or_null(item->title), "link",
                     text_or_null(item->link), "published", time_or_null(item->published), "lang",
                     text_or_null(item->lang), "author", text_or_null(item->author), "summary",
                     len == 0 ? json_null() : json_stringn(summary, len));
}

static char *dump(json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    json_decref(json);
    return text;
}

char *payload_build_hit(const struct payload_hit *from)
{
    const struct bw_hit *hit = from->hit;
    json_t *json = json_pack("{s:i,s:o,s:s,s:o,s:s,s:o,s:s,s:I,s:I,s:s,s:s}", "version", VERSION,
                             "time", time_or_null(from->now_ms / 1000), "kind", from->kind,
                             "reason", text_or_null(from->reason), "rule", hit->rule, "rule_title",
                             text_or_null(hit->rule_title), "severity",
                             severity_name(hit->severity), "story", (json_int_t)from->story, "hit",
                             (json_int_t)from->hit_id, "source", from->source_id, "source_title",
                             payload_source_title(from->config, from->source_id));

    if (json == NULL || json_object_set_new(json, "events", build_events(hit)) != 0 ||
        json_object_set_new(json, "item", build_item(from->item)) != 0 ||
        json_object_set_new(json, "matched", build_matched(hit)) != 0 ||
        json_object_set_new(json, "sources", payload_words(from->sources)) != 0) {
        json_decref(json);
        return NULL;
    }
    return dump(json);
}

char *payload_build_notice(const char *kind, const char *severity, const char *subject,
                           const char *title, const char *text, int64_t now_ms)
{
    return dump(json_pack("{s:i,s:o,s:s,s:n,s:n,s:s,s:n,s:n,s:o,s:s,s:s,s:[],s:n,s:[],s:[]}",
                          "version", VERSION, "time", time_or_null(now_ms / 1000), "kind", kind,
                          "reason", "rule", "severity", severity, "story", "hit", "source",
                          text_or_null(subject), "title", title, "text", text, "events", "item",
                          "matched", "sources"));
}

static const char *get_text(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static const char *get_number(const json_t *json, const char *key, struct bw_arena *arena)
{
    json_int_t number = json_integer_value(json_object_get(json, key));

    return number == 0 ? NULL : arena_printf(arena, "%" JSON_INTEGER_FORMAT, number);
}

static int keep(struct bw_arena *arena, struct bw_buf *buf, const char **value)
{
    *value = buf->failed ? NULL : arena_strdup(arena, buf_text(buf));
    buf_reset(buf);
    return *value == NULL ? -1 : 0;
}

/* "2024-10-16T11:42:00Z" → "2024-10-16 11:42 UTC", which reads better on a phone. */
static const char *friendly_time(const char *time, struct bw_arena *arena)
{
    return time == NULL || strlen(time) < 16
               ? NULL
               : arena_printf(arena, "%.10s %.5s UTC", time, time + 11);
}

static int fill_events(const json_t *payload, const struct bw_config *config,
                       struct bw_arena *arena, struct alert_values *values)
{
    json_t *events = json_object_get(payload, "events"), *first = json_array_get(events, 0), *event;
    struct bw_buf text;
    size_t i;
    int result = 0;

    if (first == NULL)
        return 0;
    buf_init(&text);
    json_array_foreach(events, i, event)
    {
        if (i > 0)
            buf_puts(&text, "; ");
        if (i == 3) {
            buf_printf(&text, "+%zu", json_array_size(events) - i);
            break;
        }
        payload_write_event(config, get_text(event, "actor"), get_text(event, "stance"),
                            get_text(event, "bloc"), get_text(event, "certainty"), &text);
    }
    result = keep(arena, &text, &values->of[FIELD_EVENT]);
    buf_clear(&text);
    values->of[FIELD_ACTOR] = get_text(first, "actor");
    values->of[FIELD_STANCE] = get_text(first, "stance");
    values->of[FIELD_BLOC] = get_text(first, "bloc");
    values->of[FIELD_CERTAINTY] = get_text(first, "certainty");
    values->of[FIELD_SENTENCE] = get_text(first, "sentence");
    return result;
}

static int fill_sources(const json_t *payload, const struct bw_config *config,
                        struct bw_arena *arena, struct alert_values *values)
{
    json_t *list = json_object_get(payload, "sources"), *id;
    struct bw_buf text;
    size_t i, n = json_array_size(list);
    int result = 0;

    buf_init(&text);
    json_array_foreach(list, i, id)
    {
        buf_printf(&text, "%s%s", i > 0 ? ", " : "",
                   payload_source_title(config, json_string_value(id)));
    }
    result |= keep(arena, &text, &values->of[FIELD_SOURCES]);
    buf_printf(&text, "%zu", n);
    result |= keep(arena, &text, &values->of[FIELD_N_SOURCES]);
    if (n > 1)
        buf_printf(&text, " (+%zu source%s)", n - 1, n > 2 ? "s" : "");
    result |= keep(arena, &text, &values->of[FIELD_MORE]);
    buf_clear(&text);
    return result;
}

/* Long texts would push the link out of what a phone shows. */
static int shorten(const char **value, size_t units, struct bw_arena *arena)
{
    struct bw_buf cut;
    int result;

    if (*value == NULL || text_fit_utf16(*value, units) == strlen(*value))
        return 0;
    buf_init(&cut);
    text_append_cut(&cut, *value, units, text_fit_utf16);
    result = keep(arena, &cut, value);
    buf_clear(&cut);
    return result;
}

static int fill_matched(const json_t *payload, struct bw_arena *arena, struct alert_values *values)
{
    json_t *word;
    struct bw_buf text;
    size_t i;
    int result;

    buf_init(&text);
    json_array_foreach(json_object_get(payload, "matched"), i, word)
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", json_string_value(word));
    result = keep(arena, &text, &values->of[FIELD_MATCHED]);
    buf_clear(&text);
    return result;
}

static const char *headline_prefix(const char *reason)
{
    static const char *const prefixes[][2] = {{"stance", "Update: "},
                                              {"confirmed", "Confirmed: "},
                                              {"corrected", "Corrected: "},
                                              {"retracted", "Retracted: "}};

    for (size_t i = 0; reason != NULL && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (strcmp(prefixes[i][0], reason) == 0)
            return prefixes[i][1];
    }
    return "";
}

int payload_values(const json_t *payload, const struct bw_config *config, struct bw_arena *arena,
                   struct alert_values *values)
{
    json_t *item = json_object_get(payload, "item");
    const char **of = values->of, *headline;

    *values = (struct alert_values){0};
    of[FIELD_ID] = get_number(payload, "id", arena);
    of[FIELD_KIND] = get_text(payload, "kind");
    of[FIELD_REASON] = get_text(payload, "reason");
    of[FIELD_RULE] = get_text(payload, "rule");
    of[FIELD_RULE_TITLE] = get_text(payload, "rule_title");
    of[FIELD_SEVERITY] = get_text(payload, "severity");
    of[FIELD_STORY] = get_number(payload, "story", arena);
    of[FIELD_SOURCE] = get_text(payload, "source_title");
    of[FIELD_TITLE] = get_text(item, "title");
    of[FIELD_LINK] = get_text(item, "link");
    of[FIELD_LANG] = get_text(item, "lang");
    of[FIELD_SUMMARY] = get_text(item, "summary");
    of[FIELD_PUBLISHED] = friendly_time(get_text(item, "published"), arena);
    of[FIELD_TIME] = of[FIELD_PUBLISHED] != NULL ? of[FIELD_PUBLISHED]
                                                 : friendly_time(get_text(payload, "time"), arena);
    if (fill_events(payload, config, arena, values) != 0 ||
        fill_sources(payload, config, arena, values) != 0 ||
        fill_matched(payload, arena, values) != 0)
        return -1;
    if (of[FIELD_SENTENCE] == NULL)
        of[FIELD_SENTENCE] = of[FIELD_TITLE];
    if (shorten(&of[FIELD_SENTENCE], SENTENCE_UNITS, arena) != 0 ||
        shorten(&of[FIELD_SUMMARY], SUMMARY_UNITS, arena) != 0)
        return -1;
    headline = of[FIELD_EVENT] != NULL ? of[FIELD_EVENT] : of[FIELD_TITLE];
    of[FIELD_HEADLINE] = arena_printf(arena, "%s%s", headline_prefix(of[FIELD_REASON]),
                                      headline != NULL ? headline : "A hit without a title");
    return of[FIELD_HEADLINE] == NULL ? -1 : 0;
}
