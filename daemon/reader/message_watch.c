/* Watch definitions, document requests and errors as frames. Owns nothing. */
#include "message.h"

#include <stdio.h>

static void put_place(struct bw_buf *out, const struct bw_place *place)
{
    wire_put_text(out, place->file);
    wire_put_u32(out, (uint32_t)place->line);
}

static struct bw_place get_place(struct bw_wire *in)
{
    struct bw_place place;

    place.file = wire_get_text(in);
    place.line = (int)(wire_get_u32(in) & 0x7fffffff);
    return place;
}

static void put_texts(struct bw_buf *out, const char *const *texts, size_t n)
{
    wire_put_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        wire_put_text(out, texts[i]);
}

static const char **get_texts(struct bw_wire *in, size_t *n)
{
    uint32_t count = wire_get_count(in, sizeof(uint32_t));
    const char **texts = wire_new_array(in, count, sizeof *texts);

    for (uint32_t i = 0; texts != NULL && i < count; i++)
        texts[i] = wire_get_text(in);
    *n = texts == NULL ? 0 : count;
    return texts;
}

static void put_set(struct bw_buf *out, const struct bw_set *set)
{
    wire_put_text(out, set->id);
    wire_put_u8(out, (uint8_t)set->facet);
    wire_put_text(out, set->code);
    wire_put_text(out, set->scope);
    wire_put_u32(out, (uint32_t)set->reach);
    wire_put_u8(out, (uint8_t)(set->foreign | set->implied << 1 | set->cased << 2));
    wire_put_text(out, set->object);
    wire_put_text(out, set->since);
    wire_put_text(out, set->until);
    put_place(out, &set->place);
    wire_put_u32(out, (uint32_t)set->n_terms);
    for (size_t i = 0; i < set->n_terms; i++) {
        wire_put_text(out, set->terms[i].lang);
        wire_put_text(out, set->terms[i].text);
        put_place(out, &set->terms[i].place);
    }
}

static void get_set(struct bw_wire *in, struct bw_set *set)
{
    uint32_t count;
    uint8_t flags;

    set->id = wire_get_text(in);
    set->facet = wire_get_enum(in, BW_FACETS);
    set->code = wire_get_text(in);
    set->scope = wire_get_text(in);
    set->reach = (int)(wire_get_u32(in) & 0xffff);
    flags = wire_get_u8(in);
    set->foreign = flags & 1;
    set->implied = flags & 2;
    set->cased = flags & 4;
    set->object = wire_get_text(in);
    set->since = wire_get_text(in);
    set->until = wire_get_text(in);
    set->place = get_place(in);
    count = wire_get_count(in, 16);
    set->terms = wire_new_array(in, count, sizeof *set->terms);
    set->n_terms = set->terms == NULL ? 0 : count;
    for (size_t i = 0; i < set->n_terms; i++) {
        set->terms[i].lang = wire_get_text(in);
        set->terms[i].text = wire_get_text(in);
        set->terms[i].place = get_place(in);
    }
}

static void put_rule(struct bw_buf *out, const struct bw_rule *rule)
{
    wire_put_text(out, rule->id);
    wire_put_text(out, rule->title);
    wire_put_u8(out, (uint8_t)rule->severity);
    wire_put_text(out, rule->query);
    wire_put_u8(out, (uint8_t)(rule->has_event | rule->enabled << 1));
    wire_put_u8(out, (uint8_t)rule->within);
    put_texts(out, rule->actors, rule->n_actors);
    put_texts(out, rule->blocs, rule->n_blocs);
    put_texts(out, rule->stances, rule->n_stances);
    put_place(out, &rule->place);
    put_place(out, &rule->query_place);
}

static void get_rule(struct bw_wire *in, struct bw_rule *rule)
{
    uint8_t flags;

    rule->id = wire_get_text(in);
    rule->title = wire_get_text(in);
    rule->severity = wire_get_enum(in, BW_SEVERITIES);
    rule->query = wire_get_text(in);
    flags = wire_get_u8(in);
    rule->has_event = flags & 1;
    rule->enabled = flags & 2;
    rule->within = wire_get_enum(in, BW_WITHIN_ITEM + 1);
    rule->actors = get_texts(in, &rule->n_actors);
    rule->blocs = get_texts(in, &rule->n_blocs);
    rule->stances = get_texts(in, &rule->n_stances);
    rule->place = get_place(in);
    rule->query_place = get_place(in);
}

void message_put_watch(struct bw_buf *out, uint32_t id, const struct bw_watch *watch)
{
    size_t begin = frame_begin(out, BW_FRAME_RULES, id);

    wire_put_u32(out, (uint32_t)watch->n_sets);
    for (size_t i = 0; i < watch->n_sets; i++)
        put_set(out, &watch->sets[i]);
    wire_put_u32(out, (uint32_t)watch->n_rules);
    for (size_t i = 0; i < watch->n_rules; i++)
        put_rule(out, &watch->rules[i]);
    frame_end(out, begin);
}

int message_get_watch(struct bw_wire *in, struct bw_watch *watch)
{
    uint32_t count = wire_get_count(in, 32);

    watch->sets = wire_new_array(in, count, sizeof *watch->sets);
    watch->n_sets = watch->sets == NULL ? 0 : count;
    for (size_t i = 0; i < watch->n_sets; i++)
        get_set(in, &watch->sets[i]);
    count = wire_get_count(in, 32);
    watch->rules = wire_new_array(in, count, sizeof *watch->rules);
    watch->n_rules = watch->rules == NULL ? 0 : count;
    for (size_t i = 0; i < watch->n_rules; i++)
        get_rule(in, &watch->rules[i]);
    return in->bad ? -1 : 0;
}

void message_put_document(struct bw_buf *out, uint32_t id, const struct bw_poll *poll)
{
    size_t begin = frame_begin(out, BW_FRAME_DOCUMENT, id);

    wire_put_text(out, poll->source_id);
    wire_put_text(out, poll->fetch.content_type);
    wire_put_text(out, poll->fetch.url);
    wire_put_text(out, poll->lang);
    wire_put_i64(out, poll->fetch.ended_ms / 1000);
    wire_put_bytes(out, buf_text(&poll->fetch.body), poll->fetch.body.len);
    frame_end(out, begin);
}

int message_get_document(struct bw_wire *in, struct bw_read_request *request)
{
    request->source_id = wire_get_text(in);
    request->content_type = wire_get_text(in);
    request->base_url = wire_get_text(in);
    request->lang = wire_get_text(in);
    request->now = wire_get_i64(in);
    request->bytes = wire_get_bytes(in, &request->len);
    return in->bad ? -1 : 0;
}

void message_put_error(struct bw_buf *out, uint32_t type, uint32_t id, const struct bw_error *err)
{
    size_t begin = frame_begin(out, type, id);

    wire_put_u8(out, (uint8_t)err->code);
    wire_put_text(out, err->text);
    frame_end(out, begin);
}

int message_get_error(struct bw_wire *in, struct bw_error *err)
{
    uint8_t code = wire_get_enum(in, BW_ERR_INTERNAL + 1);
    const char *text = wire_get_text(in);

    if (in->bad || text == NULL)
        return -1;
    err->code = (enum bw_error_code)code;
    snprintf(err->text, sizeof err->text, "%s", text);
    return 0;
}
