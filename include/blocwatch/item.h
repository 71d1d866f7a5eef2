/*
 * The project's nouns, as plain data that every room may pass on: a feed document and its items.
 * Made by feed/, read by match/, store/, poll/ (the publisher's hints) and alert/. All text is
 * valid UTF-8 without control characters but newline, owned by the document's arena; NULL where
 * absent. Times are Unix seconds UTC or BW_TIME_NONE.
 */
#ifndef BLOCWATCH_ITEM_H
#define BLOCWATCH_ITEM_H

#include "blocwatch/arena.h"
#include "blocwatch/clock.h"
#include "blocwatch/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct bw_enclosure {
    const char *url, *type;
    int64_t length; /* bytes, -1 unknown */
};

struct bw_item {
    const char *id;      /* guid, atom:id or JSON Feed id as published; NULL when there is none */
    const char *title;   /* plain text */
    const char *link;    /* absolute where a base is known */
    const char *summary; /* plain text: the teaser, or the content where there is no teaser */
    const char *content; /* plain text of the full content when it differs from summary */
    const char *author;
    const char *lang; /* BCP 47, lower case, as declared nearest to the item */
    const char **categories;
    size_t n_categories;
    struct bw_enclosure *enclosures;
    size_t n_enclosures;
    int64_t published, updated;
    char key[BW_KEY_TEXT]; /* identity within its source: id, else clean link, else title + date */
    char link_key[BW_KEY_TEXT];     /* of the link without tracking parameters; "" when no link */
    char content_hash[BW_KEY_TEXT]; /* title + summary + content: tells an edited item */
};

/* What a document says of itself, and the publisher's hints about when to come back. */
struct bw_feed {
    const char *format; /* "rss-2.0", "atom-1.0", "json-feed-1.1" … */
    const char *title, *link, *lang;
    int ttl_minutes;        /* RSS <ttl>; 0 when absent */
    uint32_t skip_hours;    /* bit h set: not in hour h, UTC (RSS <skipHours>) */
    uint8_t skip_days;      /* bit 0 Monday … bit 6 Sunday (RSS <skipDays>) */
    int64_t update_seconds; /* sy:updatePeriod / sy:updateFrequency; 0 when absent */
    struct bw_item *items;  /* in document order */
    size_t n_items;
    bool truncated;      /* the document ended before its end; whole items are kept */
    const char *warning; /* one sentence of what was repaired; NULL when clean */
};

/* A parsed document: owns all that hangs on it. */
struct bw_document {
    struct bw_arena *arena;
    struct bw_feed feed;
};

/* Returns owned, empty; `limit` bytes for the arena (0: none). NULL when out of memory. */
struct bw_document *document_new(size_t limit);
void document_free(struct bw_document *doc); /* NULL is fine */

#endif
