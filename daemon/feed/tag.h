/*
 * The elements of all feed formats in one table: what each one means, and how much its word counts
 * when several elements claim the same field of an item (doc/feeds.md shows the table).
 */
#ifndef FEED_TAG_H
#define FEED_TAG_H

#include <stddef.h>

enum bw_role {
    ROLE_NONE,
    ROLE_ROOT,      /* rss, rdf:RDF, feed */
    ROLE_CHANNEL,   /* what describes the feed */
    ROLE_ITEM,      /* item, entry */
    ROLE_ASIDE,     /* image, textInput: their titles and links are not the item's */
    ROLE_SOURCE,    /* where an item was taken from: nothing in it is the item's */
    ROLE_PERSON,    /* author, with name and e-mail inside or as plain text */
    ROLE_NAME,      /* a person's name */
    ROLE_EMAIL,     /* a person's e-mail address */
    ROLE_TEXT,      /* title, summary, content */
    ROLE_LINK,      /* <link>, by href or by its text */
    ROLE_TEXT_LINK, /* a link by its text only */
    ROLE_ID,
    ROLE_DATE,
    ROLE_LANGUAGE,
    ROLE_CATEGORY,
    ROLE_KEYWORDS,  /* categories between commas */
    ROLE_ENCLOSURE, /* by url, type, length */
    ROLE_HINT,      /* ttl, skipHours …: the publisher's wishes */
    ROLE_SILENT,    /* its text is nobody's */
};

/* Fields of an item that elements compete for. */
enum bw_slot {
    SLOT_TITLE,
    SLOT_SUMMARY,
    SLOT_CONTENT,
    SLOT_LINK,
    SLOT_ID,
    SLOT_AUTHOR,
    SLOT_LANG,
    SLOT_PUBLISHED,
    SLOT_UPDATED,
    SLOT_COUNT,
};

/* What an element's text is when it does not say itself. */
enum bw_text_type { TYPE_TEXT, TYPE_HTML };

enum bw_hint { HINT_TTL, HINT_HOUR, HINT_DAY, HINT_PERIOD, HINT_FREQUENCY };

struct bw_tag {
    const char *name; /* "title", "dc:title": in lower case, with the usual prefix */
    unsigned char role, slot, rank, type;
};

/* The table's row for an element; NULL when it means nothing to us. `uri` and `prefix` may be
 * NULL. A namespace that is known decides; an unknown one leaves it to the prefix. */
const struct bw_tag *tag_find(const char *uri, const char *prefix, const char *local);

/* The format that a root element announces, "rss-2.0" for example; NULL when it is no root of a
 * feed. `version` may be NULL. */
const char *tag_format(const char *uri, const char *prefix, const char *local, const char *version);

#endif
