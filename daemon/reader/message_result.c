/* Documents with their hits as frames, checked field by field on the way in. Owns nothing. */
#include "message.h"

#include <string.h>

static void put_item(struct bw_buf *out, const struct bw_item *item)
{
    const char *texts[] = {item->id,      item->title,  item->link, item->summary,
                           item->content, item->author, item->lang};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        wire_put_text(out, texts[i]);
    wire_put_i64(out, item->published);
    wire_put_i64(out, item->updated);
    wire_put_text(out, item->key);
    wire_put_text(out, item->link_key);
    wire_put_text(out, item->content_hash);
    wire_put_u32(out, (uint32_t)item->n_categories);
    for (size_t i = 0; i < item->n_categories; i++)
        wire_put_text(out, item->categories[i]);
    wire_put_u32(out, (uint32_t)item->n_enclosures);
    for (size_t i = 0; i < item->n_enclosures; i++) {
        wire_put_text(out, item->enclosures[i].url);
        wire_put_text(out, item->enclosures[i].type);
        wire_put_i64(out, item->enclosures[i].length);
    }
}

static void get_key(struct bw_wire *in, char key[BW_KEY_TEXT], bool may_be_empty)
{
    const char *text = wire_get_text(in);
    size_t len = text == NULL ? 0 : strlen(text);

    if ((len != BW_KEY_TEXT - 1 && !(len == 0 && may_be_empty)) ||
        (len > 0 && strspn(text, "0123456789abcdef") != len)) {
        in->bad = true;
        return;
    }
    if (len > 0)
        memcpy(key, text, len);
    key[len] = '\0';
}

static void get_item_lists(struct bw_wire *in, struct bw_item *item)
{
    uint32_t count = wire_get_count(in, sizeof(uint32_t));

    item->categories = wire_new_array(in, count, sizeof *item->categories);
    item->n_categories = item->categories == NULL ? 0 : count;
    for (size_t i = 0; i < item->n_categories; i++) {
        item->categories[i] = wire_get_text(in);
        if (item->categories[i] == NULL)
            in->bad = true;
    }
    count = wire_get_count(in, 16);
    item->enclosures = wire_new_array(in, count, sizeof *item->enclosures);
    item->n_enclosures = item->enclosures == NULL ? 0 : count;
    for (size_t i = 0; i < item->n_enclosures; i++) {
        item->enclosures[i].url = wire_get_text(in);
        item->enclosures[i].type = wire_get_text(in);
        item->enclosures[i].length = wire_get_i64(in);
    }
}

static void get_item(struct bw_wire *in, struct bw_item *item)
{
    const char **texts[] = {&item->id,      &item->title,  &item->link, &item->summary,
                            &item->content, &item->author, &item->lang};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = wire_get_text(in);
    item->published = wire_get_i64(in);
    item->updated = wire_get_i64(in);
    get_key(in, item->key, false);
    get_key(in, item->link_key, true);
    get_key(in, item->content_hash, false);
    get_item_lists(in, item);
}

static void put_span(struct bw_buf *out, const struct bw_span *span)
{
    wire_put_u8(out, (uint8_t)span->field);
    wire_put_u32(out, span->start);
    wire_put_u32(out, span->len);
    wire_put_u32(out, span->cp_start);
    wire_put_u32(out, span->cp_len);
}

static const char *field_text(const struct bw_item *item, enum bw_field field)
{
    switch (field) {
    case BW_FIELD_TITLE:
        return item->title;
    case BW_FIELD_SUMMARY:
        return item->summary;
    case BW_FIELD_CONTENT:
        return item->content;
    default:
        return NULL;
    }
}

/* A span must lie in its field; one in another field (link, category …) is only bounded. */
static struct bw_span get_span(struct bw_wire *in, const struct bw_item *item)
{
    struct bw_span span;
    const char *text;
    size_t len = BW_FRAME_LIMIT;

    span.field = wire_get_enum(in, BW_FIELD_OTHER + 1);
    span.start = wire_get_u32(in);
    span.len = wire_get_u32(in);
    span.cp_start = wire_get_u32(in);
    span.cp_len = wire_get_u32(in);
    if (span.field != BW_FIELD_OTHER) {
        text = field_text(item, span.field);
        len = text == NULL ? 0 : strlen(text);
    }
    if (span.start > len || span.len > len - span.start || span.cp_start > len ||
        span.cp_len > len - span.cp_start)
        in->bad = true;
    return span;
}

static void put_event(struct bw_buf *out, const struct bw_event *event)
{
    wire_put_text(out, event->actor);
    wire_put_text(out, event->bloc);
    wire_put_u8(out, (uint8_t)event->stance);
    wire_put_u8(out, (uint8_t)event->certainty);
    put_span(out, &event->actor_span);
    put_span(out, &event->stance_span);
    put_span(out, &event->bloc_span);
    put_span(out, &event->sentence);
    wire_put_text(out, event->sentence_text);
    wire_put_text(out, event->why);
}

static void get_event(struct bw_wire *in, const struct bw_item *item, struct bw_event *event)
{
    event->actor = wire_get_text(in);
    event->bloc = wire_get_text(in);
    event->stance = wire_get_enum(in, BW_STANCES);
    event->certainty = wire_get_enum(in, BW_CERTAINTIES);
    event->actor_span = get_span(in, item);
    event->stance_span = get_span(in, item);
    event->bloc_span = get_span(in, item);
    event->sentence = get_span(in, item);
    event->sentence_text = wire_get_text(in);
    event->why = wire_get_text(in);
    if (event->actor == NULL || event->bloc == NULL)
        in->bad = true;
}

static void put_hit(struct bw_buf *out, const struct bw_hit *hit)
{
    wire_put_text(out, hit->rule);
    wire_put_text(out, hit->rule_title);
    wire_put_u8(out, (uint8_t)hit->severity);
    wire_put_u32(out, (uint32_t)hit->n_events);
    for (size_t i = 0; i < hit->n_events; i++)
        put_event(out, &hit->events[i]);
    wire_put_u32(out, (uint32_t)hit->n_matched);
    for (size_t i = 0; i < hit->n_matched; i++) {
        wire_put_text(out, hit->matched[i].text);
        wire_put_text(out, hit->matched[i].set);
        put_span(out, &hit->matched[i].span);
    }
}

static void get_hit(struct bw_wire *in, const struct bw_item *item, struct bw_hit *hit)
{
    uint32_t count;

    hit->rule = wire_get_text(in);
    hit->rule_title = wire_get_text(in);
    hit->severity = wire_get_enum(in, BW_SEVERITIES);
    if (hit->rule == NULL)
        in->bad = true;
    count = wire_get_count(in, 64);
    hit->events = wire_new_array(in, count, sizeof *hit->events);
    hit->n_events = hit->events == NULL ? 0 : count;
    for (size_t i = 0; i < hit->n_events; i++)
        get_event(in, item, &hit->events[i]);
    count = wire_get_count(in, 24);
    hit->matched = wire_new_array(in, count, sizeof *hit->matched);
    hit->n_matched = hit->matched == NULL ? 0 : count;
    for (size_t i = 0; i < hit->n_matched; i++) {
        hit->matched[i].text = wire_get_text(in);
        hit->matched[i].set = wire_get_text(in);
        hit->matched[i].span = get_span(in, item);
        if (hit->matched[i].text == NULL)
            in->bad = true;
    }
}

static void put_hits(struct bw_buf *out, const struct bw_hits *hits)
{
    wire_put_u32(out, (uint32_t)hits->n_hits);
    for (size_t i = 0; i < hits->n_hits; i++)
        put_hit(out, &hits->hits[i]);
    wire_put_u32(out, (uint32_t)hits->n_signature);
    for (size_t i = 0; i < hits->n_signature; i++)
        wire_put_u32(out, hits->signature[i]);
}

static void get_hits(struct bw_wire *in, const struct bw_item *item, struct bw_hits *hits)
{
    uint32_t count = wire_get_count(in, 17);

    hits->hits = wire_new_array(in, count, sizeof *hits->hits);
    hits->n_hits = hits->hits == NULL ? 0 : count;
    for (size_t i = 0; i < hits->n_hits; i++)
        get_hit(in, item, &hits->hits[i]);
    count = wire_get_count(in, sizeof(uint32_t));
    hits->signature = wire_new_array(in, count, sizeof *hits->signature);
    hits->n_signature = hits->signature == NULL ? 0 : count;
    for (size_t i = 0; i < hits->n_signature; i++)
        hits->signature[i] = wire_get_u32(in);
}

void message_put_result(struct bw_buf *out, uint32_t id, const struct bw_document *doc,
                        const struct bw_hits *hits)
{
    const struct bw_feed *feed = &doc->feed;
    size_t begin = frame_begin(out, BW_FRAME_RESULT, id);

    wire_put_u8(out, BW_OK);
    wire_put_text(out, "");
    wire_put_text(out, feed->format);
    wire_put_text(out, feed->title);
    wire_put_text(out, feed->link);
    wire_put_text(out, feed->lang);
    wire_put_u32(out, (uint32_t)feed->ttl_minutes);
    wire_put_u32(out, feed->skip_hours);
    wire_put_u8(out, feed->skip_days);
    wire_put_i64(out, feed->update_seconds);
    wire_put_u8(out, feed->truncated);
    wire_put_text(out, feed->warning);
    wire_put_u32(out, (uint32_t)feed->n_items);
    for (size_t i = 0; i < feed->n_items; i++) {
        put_item(out, &feed->items[i]);
        put_hits(out, &hits[i]);
    }
    frame_end(out, begin);
}

int message_get_result(struct bw_wire *in, struct bw_document *doc, struct bw_hits **hits)
{
    struct bw_feed *feed = &doc->feed;
    uint32_t count;

    in->arena = doc->arena;
    feed->format = wire_get_text(in);
    feed->title = wire_get_text(in);
    feed->link = wire_get_text(in);
    feed->lang = wire_get_text(in);
    feed->ttl_minutes = (int)(wire_get_u32(in) & 0x7fffffff);
    feed->skip_hours = wire_get_u32(in);
    feed->skip_days = wire_get_u8(in);
    feed->update_seconds = wire_get_i64(in);
    feed->truncated = wire_get_u8(in) != 0;
    feed->warning = wire_get_text(in);
    count = wire_get_count(in, 64);
    feed->items = wire_new_array(in, count, sizeof *feed->items);
    *hits = wire_new_array(in, count, sizeof **hits);
    feed->n_items = in->bad ? 0 : count;
    for (size_t i = 0; i < feed->n_items && !in->bad; i++) {
        get_item(in, &feed->items[i]);
        get_hits(in, &feed->items[i], &(*hits)[i]);
    }
    return in->bad || in->pos != in->len ? -1 : 0;
}
