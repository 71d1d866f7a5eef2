/*
 * The state of one document's parse. A driver (xml.c for what is well-formed, loose.c for what is
 * not) reports elements and text; parse.c decides what they mean; draft.c holds the item under way.
 */
#ifndef FEED_PARSE_H
#define FEED_PARSE_H

#include "blocwatch/feed.h"
#include "element.h"
#include "tag.h"

enum { LONGEST_LINK = 8192 }; /* longer ones are no links */

struct bw_attr {
    const char *prefix; /* NULL: none */
    const char *name;
    const char *value; /* not terminated */
    size_t len;
};

/* What stands for a field so far. */
struct bw_claim {
    const char *text;
    int64_t time;
    int rank, depth; /* rank 0: nothing yet */
};

/* An item, or the feed itself, while its elements come in. */
struct bw_draft {
    struct bw_claim slots[SLOT_COUNT];
    const char **categories;
    size_t n_categories, room_categories;
    struct bw_enclosure *enclosures;
    size_t n_enclosures, room_enclosures;
    const char *element_lang; /* xml:lang in effect */
};

enum { IN_ITEM = 1, IN_ASIDE = 2, IN_SOURCE = 4, IN_PERSON = 8, IN_CHANNEL = 16 };

struct bw_frame {
    const struct bw_tag *tag; /* NULL: means nothing */
    const char *base, *lang;
    size_t start; /* where its text begins in `scratch` */
    unsigned char inside;
    unsigned char kind; /* enum bw_element, for elements in text */
    bool captures;
    /* of a text */
    bool html, is_explicit, base64, markup;
    /* of an id: it serves as link */
    bool permalink;
};

struct bw_parse {
    const struct bw_feed_input *input;
    const struct bw_feed_limits *limits;
    struct bw_document *doc;

    struct bw_frame *frames; /* owned; max_depth + 1 of them, [0] is the document */
    int depth;
    int n_captures;    /* frames whose text is wanted */
    int content_depth; /* the frame whose children are markup; 0 none */
    int raw_depth;     /* the script or style sheet in it; 0 none */
    struct bw_buf scratch, plain, link;

    struct bw_draft item, feed;
    bool in_item;
    const char *person_name, *person_email;
    struct bw_item *items; /* owned until they move to the document */
    size_t n_items, room_items;

    const char *format;
    int frequency;
    int64_t period;
    bool is_atom;
    bool full;      /* max_items reached: the driver may stop */
    bool cut_text;  /* a field was longer than max_text */
    bool truncated; /* the document ended too early */
    enum bw_error_code failed;
};

int parse_init(struct bw_parse *p, const struct bw_feed_input *input,
               const struct bw_feed_limits *limits);
void parse_clear(struct bw_parse *p);

/* An element begins or ends, text stands in it. They do nothing once the parse has failed. `tag`
 * and `kind` are what the element's name means to feeds and to HTML. */
void parse_start(struct bw_parse *p, const struct bw_tag *tag, enum bw_element kind,
                 const struct bw_attr *attrs, size_t n_attrs);
void parse_end(struct bw_parse *p);
void parse_text(struct bw_parse *p, const char *text, size_t len);

/* The root: decides the format. */
void parse_root(struct bw_parse *p, const char *uri, const char *prefix, const char *local,
                const struct bw_attr *attrs, size_t n_attrs);

/* The document has ended; an item still open counts only where it would be the only one. */
void parse_finish(struct bw_parse *p);

/* A copy in the document's arena; NULL when that is full: the parse has failed then. */
char *parse_keep(struct bw_parse *p, const char *text, size_t len);

/* `name` in lower case; an attribute without a value is none. */
const struct bw_attr *attr_find(const struct bw_attr *attrs, size_t n, const char *name);

/* draft.c: the fields of an item or of the feed. */

/* May an element of this rank, at the present depth, claim the slot? */
bool draft_accepts(const struct bw_parse *p, const struct bw_tag *tag);
void draft_claim_text(struct bw_parse *p, const struct bw_tag *tag, const char *text, size_t len);
void draft_claim(struct bw_parse *p, enum bw_slot slot, int rank, const char *text, size_t len,
                 int64_t time);
void draft_add_category(struct bw_parse *p, const char *text, size_t len);
/* The same for text that field_convert() has not seen. */
void draft_add_raw_category(struct bw_parse *p, const char *text, size_t len);
void draft_add_enclosure(struct bw_parse *p, const char *url, size_t len,
                         const struct bw_attr *type, const struct bw_attr *length);
void draft_finish_item(struct bw_parse *p);
/* Gives the items to the document, with what only the feed says. */
void draft_finish_feed(struct bw_parse *p);

/* field.c: the text of an element as people read it, in p->plain. */
void field_convert(struct bw_parse *p, const struct bw_frame *frame, bool one_line);

/* The same for an attribute, in the document's arena; NULL when nothing is left of it or the parse
 * has failed. */
const char *field_keep(struct bw_parse *p, const char *text, size_t len);

#endif
