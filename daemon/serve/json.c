/* Rows of the store as JSON. Owns nothing; every function returns a new reference. */
#include "json.h"

#include <stdio.h>
#include <string.h>

json_t *serve_json_text(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

json_t *serve_json_seconds(int64_t seconds)
{
    char text[BW_TIME_TEXT];

    clock_format(seconds, text);
    return text[0] == '\0' ? json_null() : json_string(text);
}

json_t *serve_json_ms(int64_t ms)
{
    return serve_json_seconds(ms == BW_TIME_NONE ? BW_TIME_NONE : ms / 1000);
}

json_t *serve_json_words(const char *words)
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

json_t *serve_json_events(const char *lines)
{
    json_t *list = json_array();
    char actor[16], stance[16], bloc[32];

    while (lines != NULL && *lines != '\0') {
        if (sscanf(lines, "%15s %15s %31s", actor, stance, bloc) == 3)
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:s}", "actor", actor, "stance", stance, "bloc", bloc));
        lines += strcspn(lines, "\n");
        lines += *lines == '\n';
    }
    return list;
}

static json_t *span_json(const struct bw_span *span)
{
    static const char *const fields[] = {"title", "summary", "content", "other"};

    return json_pack("{s:s, s:i, s:i}", "field", fields[span->field], "start", (int)span->cp_start,
                     "length", (int)span->cp_len);
}

static json_t *event_json(const struct bw_event *event)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "actor", event->actor, "stance",
                     stance_name(event->stance), "bloc", event->bloc, "certainty",
                     certainty_name(event->certainty), "sentence",
                     serve_json_text(event->sentence_text), "why", serve_json_text(event->why));
}

json_t *serve_json_hit(const struct bw_hit_row *hit)
{
    json_t *events = json_array(), *matched = json_array(), *spans = json_array();

    for (size_t i = 0; i < hit->n_events; i++)
        json_array_append_new(events, event_json(&hit->events[i]));
    for (size_t i = 0; i < hit->n_matched; i++) {
        json_array_append_new(matched, serve_json_text(hit->matched[i].text));
        json_array_append_new(spans, span_json(&hit->matched[i].span));
    }
    return json_pack(
        "{s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}",
        "id", (json_int_t)hit->id, "time", serve_json_ms(hit->time_ms), "rule", hit->rule,
        "severity", serve_json_text(hit->severity), "source", serve_json_text(hit->source), "title",
        serve_json_text(hit->title), "link", serve_json_text(hit->link), "published",
        serve_json_seconds(hit->published), "lang", serve_json_text(hit->lang), "summary",
        serve_json_text(hit->summary), "events", events, "matched", matched, "spans", spans, "item",
        (json_int_t)hit->item, "story", (json_int_t)hit->story, "fate", serve_json_text(hit->fate),
        "fate_reason", serve_json_text(hit->fate_reason));
}

json_t *serve_json_item(const struct bw_item_row *item)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "id",
                     (json_int_t)item->id, "seen", serve_json_ms(item->seen_ms), "source",
                     serve_json_text(item->source), "title", serve_json_text(item->title), "link",
                     serve_json_text(item->link), "lang", serve_json_text(item->lang), "summary",
                     serve_json_text(item->summary), "author", serve_json_text(item->author),
                     "published", serve_json_seconds(item->published), "updated",
                     serve_json_seconds(item->updated), "hits", (json_int_t)item->n_hits);
}

json_t *serve_json_story(const struct bw_story_row *story)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "id", (json_int_t)story->id,
                     "first", serve_json_ms(story->first_ms), "last", serve_json_ms(story->last_ms),
                     "title", serve_json_text(story->title), "events",
                     serve_json_events(story->events), "sources", serve_json_words(story->sources),
                     "langs", serve_json_words(story->langs), "items", (json_int_t)story->n_items);
}

json_t *serve_json_outbox(const struct bw_outbox_row *row)
{
    return json_pack("{s:I, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "id",
                     (json_int_t)row->id, "alert", (json_int_t)row->alert, "hit",
                     (json_int_t)row->hit, "channel", row->channel, "state", row->state, "kind",
                     serve_json_text(row->kind), "rule", serve_json_text(row->rule), "severity",
                     serve_json_text(row->severity), "note", serve_json_text(row->note), "attempts",
                     row->attempts, "created", serve_json_ms(row->created_ms), "due",
                     serve_json_ms(row->due_ms), "tried", serve_json_ms(row->tried_ms), "delivered",
                     serve_json_ms(row->delivered_ms));
}

json_t *serve_json_silence(const struct bw_silence *silence)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:o}", "id", (json_int_t)silence->id, "matchers",
                     silence->matchers, "comment", serve_json_text(silence->comment), "starts",
                     serve_json_ms(silence->starts_ms), "ends", serve_json_ms(silence->ends_ms));
}
