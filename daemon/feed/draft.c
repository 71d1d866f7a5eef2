/* Items under way: which element may fill which field, and what a finished item is. Owns the array
 * of items until the document takes it. */
#include "identity.h"
#include "parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CATEGORIES = 256, MOST_ENCLOSURES = 256 };

static struct bw_draft *target(struct bw_parse *p)
{
    return p->in_item ? &p->item : &p->feed;
}

/* The higher rank wins, then the outer element. Of equals the first title, summary and content
 * wins, but the last id, link and date, as most readers have it. */
static bool accepts(const struct bw_claim *claim, enum bw_slot slot, int rank, int depth)
{
    if (rank != claim->rank)
        return rank > claim->rank;
    if (depth != claim->depth)
        return depth < claim->depth;
    return slot != SLOT_TITLE && slot != SLOT_SUMMARY && slot != SLOT_CONTENT;
}

bool draft_accepts(const struct bw_parse *p, const struct bw_tag *tag)
{
    const struct bw_draft *draft = p->in_item ? &p->item : &p->feed;

    if (!p->in_item && tag->slot != SLOT_TITLE)
        return false; /* nobody asks for a feed's description */
    return accepts(&draft->slots[tag->slot], (enum bw_slot)tag->slot, tag->rank, p->depth);
}

void draft_claim(struct bw_parse *p, enum bw_slot slot, int rank, const char *text, size_t len,
                 int64_t time)
{
    struct bw_claim *claim = &target(p)->slots[slot];
    const char *copy = NULL;

    if (p->failed != BW_OK || time == BW_TIME_NONE || !accepts(claim, slot, rank, p->depth))
        return;
    if (text != NULL) {
        if (len == 0)
            return;
        copy = parse_keep(p, text, len);
        if (copy == NULL)
            return;
    }
    *claim = (struct bw_claim){.text = copy, .time = time, .rank = rank, .depth = p->depth};
}

/* Several authors of the same kind of element stand together. */
static void claim_author(struct bw_parse *p, const struct bw_tag *tag, const char *text, size_t len)
{
    struct bw_claim *claim = &target(p)->slots[SLOT_AUTHOR];
    char *both;

    if (claim->rank != tag->rank || claim->text == NULL || claim->depth != p->depth) {
        draft_claim(p, SLOT_AUTHOR, tag->rank, text, len, 0);
        return;
    }
    if (memmem(claim->text, strlen(claim->text), text, len) != NULL || strlen(claim->text) > 512)
        return;
    both = arena_printf(p->doc->arena, "%s, %.*s", claim->text, (int)len, text);
    if (both == NULL)
        p->failed = BW_ERR_LIMIT;
    else
        claim->text = both;
}

/* "a@example.com (A. Author)" is A. Author. */
static void find_name(const char **text, size_t *len)
{
    const char *open = memchr(*text, '(', *len), *at = memchr(*text, '@', *len);
    const char *close = *text + *len - 1;

    if (at != NULL && open != NULL && at < open && *close == ')' && close > open + 1) {
        *text = open + 1;
        *len = (size_t)(close - open - 1);
    }
}

void draft_claim_text(struct bw_parse *p, const struct bw_tag *tag, const char *text, size_t len)
{
    if (p->failed != BW_OK || len == 0)
        return;
    if (tag->slot == SLOT_AUTHOR) {
        find_name(&text, &len);
        claim_author(p, tag, text, len);
        return;
    }
    draft_claim(p, (enum bw_slot)tag->slot, tag->rank, text, len, 0);
}

/* Doubles an arena array; the old one stays behind, which at most doubles the cost. */
static void *grow(struct bw_parse *p, const void *old, size_t n, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 4 : *room * 2;
    void *new = arena_calloc(p->doc->arena, more, size);

    if (new == NULL) {
        p->failed = BW_ERR_LIMIT;
        return NULL;
    }
    if (n > 0)
        memcpy(new, old, n * size);
    *room = more;
    return new;
}

static bool wants_category(const struct bw_parse *p)
{
    return p->failed == BW_OK && p->in_item && p->item.n_categories < MOST_CATEGORIES;
}

/* `copy` in the arena; NULL adds none. */
static void keep_category(struct bw_parse *p, const char *copy)
{
    struct bw_draft *draft = &p->item;

    if (copy == NULL)
        return;
    for (size_t i = 0; i < draft->n_categories; i++) {
        if (strcmp(draft->categories[i], copy) == 0)
            return;
    }
    if (draft->n_categories == draft->room_categories) {
        const char **array =
            grow(p, draft->categories, draft->n_categories, &draft->room_categories, sizeof *array);

        if (array == NULL)
            return;
        draft->categories = array;
    }
    draft->categories[draft->n_categories++] = copy;
}

void draft_add_category(struct bw_parse *p, const char *text, size_t len)
{
    if (wants_category(p))
        keep_category(p, parse_keep(p, text, len));
}

void draft_add_raw_category(struct bw_parse *p, const char *text, size_t len)
{
    if (wants_category(p))
        keep_category(p, field_keep(p, text, len));
}

static int64_t parse_length(const struct bw_attr *attr)
{
    int64_t value = 0;

    if (attr == NULL || attr->len == 0 || attr->len > 15)
        return -1;
    for (size_t i = 0; i < attr->len; i++) {
        if (!isdigit((unsigned char)attr->value[i]))
            return -1;
        value = value * 10 + (attr->value[i] - '0');
    }
    return value;
}

void draft_add_enclosure(struct bw_parse *p, const char *url, size_t len,
                         const struct bw_attr *type, const struct bw_attr *length)
{
    struct bw_draft *draft = target(p);
    struct bw_enclosure *enclosure;
    char *text;

    if (p->failed != BW_OK || len == 0 || len > LONGEST_LINK || !p->in_item ||
        draft->n_enclosures >= MOST_ENCLOSURES)
        return;
    if (draft->n_enclosures == draft->room_enclosures) {
        struct bw_enclosure *array =
            grow(p, draft->enclosures, draft->n_enclosures, &draft->room_enclosures, sizeof *array);

        if (array == NULL)
            return;
        draft->enclosures = array;
    }
    text = identity_resolve(p, url, len);
    if (text == NULL)
        return;
    enclosure = &draft->enclosures[draft->n_enclosures++];
    enclosure->url = text;
    enclosure->length = parse_length(length);
    if (type != NULL)
        enclosure->type = field_keep(p, type->value, type->len);
}

/* "en_US " is en-us; what is no tag at all is left out. */
static const char *clean_lang(struct bw_parse *p, const char *lang)
{
    size_t len;
    char *copy;

    if (lang == NULL)
        return NULL;
    lang += strspn(lang, " \t\r\n");
    len = strspn(lang, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (len == 0 || len > 35)
        return NULL;
    copy = parse_keep(p, lang, len);
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < len; i++)
        copy[i] = copy[i] == '_' ? '-' : (char)tolower((unsigned char)copy[i]);
    return copy;
}

static struct bw_item *new_item(struct bw_parse *p)
{
    if (p->n_items >= p->limits->max_items) {
        p->full = true;
        return NULL;
    }
    if (p->n_items == p->room_items) {
        size_t room = p->room_items == 0 ? 32 : p->room_items * 2;
        struct bw_item *items = realloc(p->items, room * sizeof *items);

        if (items == NULL) {
            p->failed = BW_ERR_MEMORY;
            return NULL;
        }
        p->items = items;
        p->room_items = room;
    }
    memset(&p->items[p->n_items], 0, sizeof *p->items);
    return &p->items[p->n_items++];
}

static int64_t claimed_time(const struct bw_claim *claim)
{
    return claim->rank > 0 ? claim->time : BW_TIME_NONE;
}

void draft_finish_item(struct bw_parse *p)
{
    const struct bw_draft *draft = &p->item;
    const struct bw_claim *slots = draft->slots;
    struct bw_item *item;

    p->in_item = false;
    item = new_item(p);
    if (item == NULL)
        return;
    item->id = slots[SLOT_ID].text;
    item->title = slots[SLOT_TITLE].text;
    item->link = slots[SLOT_LINK].text;
    item->summary = slots[SLOT_SUMMARY].text;
    item->content = slots[SLOT_CONTENT].text;
    if (item->summary == NULL) {
        item->summary = item->content;
        item->content = NULL;
    } else if (item->content != NULL && strcmp(item->content, item->summary) == 0) {
        item->content = NULL;
    }
    item->author = slots[SLOT_AUTHOR].text;
    item->lang =
        clean_lang(p, slots[SLOT_LANG].text != NULL ? slots[SLOT_LANG].text : draft->element_lang);
    item->categories = draft->categories;
    item->n_categories = draft->n_categories;
    item->enclosures = draft->enclosures;
    item->n_enclosures = draft->n_enclosures;
    item->published = claimed_time(&slots[SLOT_PUBLISHED]);
    item->updated = claimed_time(&slots[SLOT_UPDATED]);
    identity_fill(p, item);
}

void draft_finish_feed(struct bw_parse *p)
{
    const struct bw_claim *slots = p->feed.slots;
    struct bw_feed *feed = &p->doc->feed;

    feed->format = p->format;
    feed->title = slots[SLOT_TITLE].text;
    feed->link = slots[SLOT_LINK].text;
    feed->lang =
        clean_lang(p, slots[SLOT_LANG].text != NULL ? slots[SLOT_LANG].text : p->feed.element_lang);
    if (p->period > 0)
        feed->update_seconds = p->period / (p->frequency > 0 ? p->frequency : 1);
    feed->truncated = p->truncated;
    if (p->n_items > 0) {
        feed->items = arena_calloc(p->doc->arena, p->n_items, sizeof *feed->items);
        if (feed->items == NULL) {
            p->failed = BW_ERR_LIMIT;
            return;
        }
        memcpy(feed->items, p->items, p->n_items * sizeof *feed->items);
        feed->n_items = p->n_items;
    }
    for (size_t i = 0; i < feed->n_items; i++) {
        if (feed->items[i].lang == NULL)
            feed->items[i].lang = feed->lang;
    }
    identity_separate(p, feed->items, feed->n_items);
}
