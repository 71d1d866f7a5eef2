/* What elements mean: turns starts, ends and text into fields. Owns the frames of open elements. */
#include "parse.h"
#include "text.h"
#include "url.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A field may be this many times longer as markup than as text. */
enum { MARKUP_FACTOR = 4, FIRST_ROOM = 2048 };

int parse_init(struct bw_parse *p, const struct bw_feed_input *input,
               const struct bw_feed_limits *limits)
{
    memset(p, 0, sizeof *p);
    p->input = input;
    p->limits = limits;
    p->frames = malloc(((size_t)limits->max_depth + 2) * sizeof *p->frames);
    p->doc = document_new(limits->memory);
    if (p->frames == NULL || p->doc == NULL || buf_reserve(&p->scratch, FIRST_ROOM) != 0 ||
        buf_reserve(&p->plain, FIRST_ROOM) != 0 || buf_reserve(&p->link, FIRST_ROOM) != 0) {
        parse_clear(p);
        return -1;
    }
    p->frames[0] = (struct bw_frame){.base = input->base_url};
    return 0;
}

void parse_clear(struct bw_parse *p)
{
    free(p->frames);
    free(p->items);
    document_free(p->doc);
    buf_clear(&p->scratch);
    buf_clear(&p->plain);
    buf_clear(&p->link);
    memset(p, 0, sizeof *p);
}

const struct bw_attr *attr_find(const struct bw_attr *attrs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        /* Most differ in their first letter already. */
        if ((attrs[i].name[0] | 0x20) == name[0] && strcasecmp(attrs[i].name, name) == 0 &&
            attrs[i].len > 0)
            return &attrs[i];
    }
    return NULL;
}

static bool attr_is(const struct bw_attr *attr, const char *value)
{
    size_t len = strlen(value);

    return attr != NULL && attr->len == len && strncasecmp(attr->value, value, len) == 0;
}

char *parse_keep(struct bw_parse *p, const char *text, size_t len)
{
    char *copy = arena_strndup(p->doc->arena, text, len);

    if (copy == NULL)
        p->failed = BW_ERR_LIMIT;
    return copy;
}

void parse_root(struct bw_parse *p, const char *uri, const char *prefix, const char *local,
                const struct bw_attr *attrs, size_t n_attrs)
{
    const struct bw_attr *version = attr_find(attrs, n_attrs, "version");
    char text[8] = "";

    if (version != NULL && version->len < sizeof text)
        memcpy(text, version->value, version->len);
    p->format = tag_format(uri, prefix, local, version == NULL ? NULL : text);
    p->is_atom = p->format != NULL && strncmp(p->format, "atom", 4) == 0;
}

/* xml:base and xml:lang, which all elements inside inherit. */
static void inherit(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct bw_attr *attr = &attrs[i];

        if (attr->prefix == NULL || strcmp(attr->prefix, "xml") != 0)
            continue;
        if (attr->len > LONGEST_LINK)
            continue;
        if (strcmp(attr->name, "lang") == 0) {
            frame->lang = attr->len == 0 ? NULL : parse_keep(p, attr->value, attr->len);
        } else if (strcmp(attr->name, "base") == 0 && attr->len > 0) {
            buf_reset(&p->link);
            if (url_is_openable(attr->value, attr->len) &&
                url_resolve(frame->base, attr->value, attr->len, &p->link) == 0)
                frame->base = parse_keep(p, p->link.data, p->link.len);
        }
    }
}

static void capture(struct bw_parse *p, struct bw_frame *frame)
{
    frame->captures = true;
    frame->start = p->scratch.len;
    p->n_captures++;
}

static bool ends_with(const struct bw_attr *attr, const char *end)
{
    size_t len = strlen(end);

    return attr->len >= len && strncasecmp(attr->value + attr->len - len, end, len) == 0;
}

static void start_text(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                       size_t n)
{
    const struct bw_attr *type = attr_find(attrs, n, "type"), *mode = attr_find(attrs, n, "mode");

    frame->html = frame->tag->type == TYPE_HTML && !(p->is_atom && type != NULL);
    frame->is_explicit = type != NULL;
    if (attr_is(type, "html") || attr_is(type, "text/html"))
        frame->html = true;
    else if (type != NULL && !attr_is(type, "text") && !attr_is(type, "plain") &&
             !attr_is(type, "xhtml") && !ends_with(type, "+xml") && !ends_with(type, "/xml") &&
             !(type->len > 5 && strncasecmp(type->value, "text/", 5) == 0))
        frame->base64 = p->is_atom;
    if (attr_is(mode, "base64"))
        frame->base64 = true;
    capture(p, frame);
    p->content_depth = p->depth;
}

static bool is_html_type(const struct bw_attr *type)
{
    return type == NULL || attr_is(type, "text/html") || attr_is(type, "html") ||
           attr_is(type, "xhtml") || attr_is(type, "application/xhtml+xml");
}

/* A link from an attribute; `rank` in the slot. */
static void claim_link(struct bw_parse *p, int rank, const char *text, size_t len)
{
    if (len == 0 || len > LONGEST_LINK || p->failed != BW_OK || !url_is_openable(text, len))
        return;
    buf_reset(&p->link);
    if (url_resolve(p->frames[p->depth].base, text, len, &p->link) != 0)
        p->failed = BW_ERR_MEMORY;
    else
        draft_claim(p, SLOT_LINK, rank, p->link.data, p->link.len, 0);
}

static void start_link(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                       size_t n)
{
    const struct bw_attr *href = attr_find(attrs, n, "href"), *rel = attr_find(attrs, n, "rel"),
                         *type = attr_find(attrs, n, "type");

    if (frame->inside & IN_ASIDE)
        return;
    if (href == NULL)
        href = attr_find(attrs, n, "url");
    if (href == NULL)
        href = attr_find(attrs, n, "uri");
    if (href == NULL) {
        capture(p, frame);
        return;
    }
    if (attr_is(rel, "enclosure"))
        draft_add_enclosure(p, href->value, href->len, type, attr_find(attrs, n, "length"));
    else if (rel == NULL || attr_is(rel, "alternate"))
        claim_link(p, is_html_type(type) ? frame->tag->rank : 1, href->value, href->len);
}

static void start_item(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                       size_t n)
{
    const struct bw_attr *about, *href, *changed;

    if (p->in_item)
        draft_finish_item(p);
    memset(&p->item, 0, sizeof p->item);
    p->in_item = true;
    frame->inside = IN_ITEM;
    p->item.element_lang = frame->lang;
    if (n == 0)
        return;
    about = attr_find(attrs, n, "about");
    href = attr_find(attrs, n, "href");
    changed = attr_find(attrs, n, "lastmod");
    if (about != NULL) {
        const char *id = field_keep(p, about->value, about->len);

        draft_claim(p, SLOT_ID, 1, id, id == NULL ? 0 : strlen(id), 0);
    }
    if (href != NULL)
        claim_link(p, 2, href->value, href->len);
    if (changed != NULL) {
        const char *text = parse_keep(p, changed->value, changed->len);

        draft_claim(p, SLOT_UPDATED, 1, NULL, 0, feed_parse_date(text, p->input->now));
    }
}

static void start_category(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                           size_t n)
{
    const struct bw_attr *name = attr_find(attrs, n, "label");

    if (name == NULL)
        name = attr_find(attrs, n, "term");
    if (name == NULL)
        name = attr_find(attrs, n, "text");
    if (name != NULL)
        draft_add_raw_category(p, name->value, name->len);
    capture(p, frame);
}

static void start_enclosure(struct bw_parse *p, const struct bw_attr *attrs, size_t n)
{
    const struct bw_attr *url = attr_find(attrs, n, "url"), *length;

    if (url == NULL)
        url = attr_find(attrs, n, "href");
    length = attr_find(attrs, n, "length");
    if (length == NULL)
        length = attr_find(attrs, n, "filesize");
    if (url != NULL)
        draft_add_enclosure(p, url->value, url->len, attr_find(attrs, n, "type"), length);
}

static void start_channel(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                          size_t n)
{
    const struct bw_attr *href = attr_find(attrs, n, "href");

    frame->inside |= IN_CHANNEL;
    if (href != NULL && !p->in_item)
        claim_link(p, 2, href->value, href->len);
}

static void start_known(struct bw_parse *p, struct bw_frame *frame, const struct bw_attr *attrs,
                        size_t n)
{
    const struct bw_attr *permalink;

    switch ((enum bw_role)frame->tag->role) {
    case ROLE_ITEM:
        start_item(p, frame, attrs, n);
        break;
    case ROLE_CHANNEL:
        start_channel(p, frame, attrs, n);
        break;
    case ROLE_ASIDE:
        frame->inside |= IN_ASIDE;
        break;
    case ROLE_SOURCE:
        frame->inside |= IN_SOURCE;
        break;
    case ROLE_PERSON:
        frame->inside |= IN_PERSON;
        p->person_name = p->person_email = NULL;
        capture(p, frame);
        break;
    case ROLE_TEXT:
        start_text(p, frame, attrs, n);
        break;
    case ROLE_LINK:
        start_link(p, frame, attrs, n);
        break;
    case ROLE_ID:
        permalink = attr_find(attrs, n, "ispermalink");
        frame->permalink = permalink == NULL || attr_is(permalink, "true");
        capture(p, frame);
        break;
    case ROLE_CATEGORY:
        start_category(p, frame, attrs, n);
        break;
    case ROLE_ENCLOSURE:
        start_enclosure(p, attrs, n);
        break;
    case ROLE_NONE:
    case ROLE_ROOT:
    case ROLE_SILENT:
        break;
    default:
        capture(p, frame);
        break;
    }
}

/* An element inside text begins or ends: its tag becomes a mark. */
static void mark_element(struct bw_parse *p, enum bw_element kind)
{
    char mark = text_mark(kind);

    p->frames[p->content_depth].markup = true;
    if (mark != '\0' && buf_putc(&p->scratch, mark) != 0)
        p->failed = BW_ERR_MEMORY;
}

/* Not what an item's source says, nor what stands in an item behind another one inside it, which
 * has ended it. */
static bool is_meant(const struct bw_parse *p, const struct bw_frame *frame)
{
    if (frame->inside & IN_SOURCE)
        return false;
    return p->in_item || !(frame->inside & IN_ITEM) || frame->tag->role == ROLE_ITEM;
}

void parse_start(struct bw_parse *p, const struct bw_tag *tag, enum bw_element kind,
                 const struct bw_attr *attrs, size_t n_attrs)
{
    struct bw_frame *frame;

    if (p->failed != BW_OK)
        return;
    if (p->depth >= p->limits->max_depth) {
        p->failed = BW_ERR_LIMIT;
        return;
    }
    p->depth++;
    frame = &p->frames[p->depth];
    *frame = (struct bw_frame){.tag = tag,
                               .base = frame[-1].base,
                               .lang = frame[-1].lang,
                               .inside = frame[-1].inside,
                               .kind = (unsigned char)kind};
    if (n_attrs > 0)
        inherit(p, frame, attrs, n_attrs);
    if (p->content_depth > 0) {
        mark_element(p, kind);
        if (p->raw_depth == 0 && kind == ELEMENT_RAW)
            p->raw_depth = p->depth;
        frame->tag = NULL;
    } else if (tag != NULL && is_meant(p, frame)) {
        start_known(p, frame, attrs, n_attrs);
    }
}

/* What does not fit into a field, even as markup, is cut off. */
static size_t cut_text(struct bw_parse *p, const char *text, size_t len)
{
    size_t most = p->limits->max_text * MARKUP_FACTOR, used = p->scratch.len;

    if (used <= most && len <= most - used)
        return len;
    p->cut_text = true;
    return used >= most ? 0 : utf8_cut(text, len, most - used);
}

void parse_text(struct bw_parse *p, const char *text, size_t len)
{
    struct bw_buf *buf = &p->scratch;

    if (p->n_captures == 0 || p->raw_depth > 0 || p->failed != BW_OK)
        return;
    len = cut_text(p, text, len);
    /* Most pieces are short, and there is nearly always room. */
    if (buf->cap - buf->len <= len && buf_reserve(buf, len) != 0) {
        p->failed = BW_ERR_MEMORY;
        return;
    }
    if (len == 1) /* a reference */
        buf->data[buf->len] = *text;
    else
        memcpy(buf->data + buf->len, text, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

static void end_person(struct bw_parse *p, const struct bw_frame *frame)
{
    field_convert(p, frame, true);
    if (p->person_name != NULL)
        draft_claim_text(p, frame->tag, p->person_name, strlen(p->person_name));
    else if (p->plain.len > 0)
        draft_claim_text(p, frame->tag, p->plain.data, p->plain.len);
    else if (p->person_email != NULL)
        draft_claim_text(p, frame->tag, p->person_email, strlen(p->person_email));
    p->person_name = p->person_email = NULL;
}

static void add_keywords(struct bw_parse *p)
{
    const char *at = p->plain.data;

    while (*at != '\0') {
        size_t len = strcspn(at, ",");

        draft_add_raw_category(p, at, len);
        at += len + (at[len] == ',');
    }
}

static void end_hint(struct bw_parse *p, enum bw_hint hint)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    static const struct {
        const char *name;
        int64_t seconds;
    } periods[] = {{"hourly", 3600},
                   {"daily", 86400},
                   {"weekly", 7 * 86400},
                   {"monthly", 30 * 86400},
                   {"yearly", 365 * 86400}};
    struct bw_feed *feed = &p->doc->feed;
    const char *text = p->plain.data;
    long number = strtol(text, NULL, 10);

    if (p->in_item)
        return;
    switch (hint) {
    case HINT_TTL:
        if (number > 0 && number <= 60 * 24 * 366)
            feed->ttl_minutes = (int)number;
        break;
    case HINT_HOUR: /* some count from 1 to 24 */
        if (number >= 0 && number <= 24)
            feed->skip_hours |= UINT32_C(1) << (number % 24);
        break;
    case HINT_DAY:
        for (size_t i = 0; i < 7; i++) {
            if (strncasecmp(text, days[i], 3) == 0)
                feed->skip_days |= (uint8_t)(1U << i);
        }
        break;
    case HINT_PERIOD:
        for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
            if (strcasecmp(text, periods[i].name) == 0)
                p->period = periods[i].seconds;
        }
        break;
    case HINT_FREQUENCY:
        p->frequency = number > 0 && number < 100000 ? (int)number : 0;
        break;
    }
}

static void end_id(struct bw_parse *p, const struct bw_frame *frame)
{
    draft_claim_text(p, frame->tag, p->plain.data, p->plain.len);
    /* The first permanent link stands in for a link, as long as there is none. */
    if (frame->permalink && p->in_item && p->item.slots[SLOT_LINK].rank < 2)
        claim_link(p, 2, p->plain.data, p->plain.len);
}

static void end_date(struct bw_parse *p, const struct bw_frame *frame)
{
    int64_t time = feed_parse_date(buf_text(&p->scratch) + frame->start, p->input->now);

    if (time == BW_TIME_NONE)
        return;
    draft_claim(p, (enum bw_slot)frame->tag->slot, frame->tag->rank, NULL, 0, time);
    if (strcmp(frame->tag->name, "dc:date") == 0)
        draft_claim(p, SLOT_UPDATED, 2, NULL, 0, time);
}

static void end_known(struct bw_parse *p, const struct bw_frame *frame)
{
    switch ((enum bw_role)frame->tag->role) {
    case ROLE_PERSON:
        end_person(p, frame);
        return;
    case ROLE_TEXT:
        if ((p->in_item || !(frame->inside & IN_ASIDE)) && draft_accepts(p, frame->tag)) {
            field_convert(p, frame, frame->tag->slot == SLOT_TITLE);
            draft_claim_text(p, frame->tag, p->plain.data, p->plain.len);
        }
        return;
    case ROLE_DATE:
        end_date(p, frame);
        return;
    case ROLE_LINK:
    case ROLE_TEXT_LINK:
        claim_link(p, frame->tag->rank, buf_text(&p->scratch) + frame->start,
                   p->scratch.len - frame->start);
        return;
    default:
        field_convert(p, frame, true);
        break;
    }
    if (p->failed != BW_OK || p->plain.len == 0)
        return;
    switch ((enum bw_role)frame->tag->role) {
    case ROLE_NAME:
        if (frame->inside & IN_PERSON)
            p->person_name = parse_keep(p, p->plain.data, p->plain.len);
        break;
    case ROLE_EMAIL:
        if (frame->inside & IN_PERSON)
            p->person_email = parse_keep(p, p->plain.data, p->plain.len);
        break;
    case ROLE_ID:
        end_id(p, frame);
        break;
    case ROLE_LANGUAGE:
        draft_claim_text(p, frame->tag, p->plain.data, p->plain.len);
        break;
    case ROLE_CATEGORY:
        draft_add_category(p, p->plain.data, p->plain.len);
        break;
    case ROLE_KEYWORDS:
        add_keywords(p);
        break;
    case ROLE_HINT:
        end_hint(p, (enum bw_hint)frame->tag->slot);
        break;
    default:
        break;
    }
}

void parse_end(struct bw_parse *p)
{
    struct bw_frame *frame = &p->frames[p->depth];

    if (p->failed != BW_OK || p->depth == 0)
        return;
    if (p->content_depth > 0 && p->depth > p->content_depth) {
        mark_element(p, (enum bw_element)frame->kind);
        if (p->raw_depth == p->depth)
            p->raw_depth = 0;
        p->depth--;
        return;
    }
    if (p->content_depth == p->depth)
        p->content_depth = 0;
    if (frame->captures) {
        p->n_captures--;
        end_known(p, frame);
        p->scratch.len = frame->start;
    }
    p->depth--;
    if (frame->tag != NULL && frame->tag->role == ROLE_ITEM && p->in_item)
        draft_finish_item(p);
}

void parse_finish(struct bw_parse *p)
{
    if (p->failed == BW_OK && p->in_item && (!p->truncated || p->n_items == 0))
        draft_finish_item(p);
    if (p->failed == BW_OK)
        draft_finish_feed(p);
}
