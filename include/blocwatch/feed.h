/*
 * Feeds: bytes to items. Pure: no I/O, no globals that change, no network, no external entities.
 * Formats: RSS 0.90 to 2.0 and RSS 1.0 (RDF), Atom 0.3 and 1.0 (RFC 4287), JSON Feed 1.0 and 1.1,
 * with the modules that news feeds use. See doc/feeds.md.
 */
#ifndef BLOCWATCH_FEED_H
#define BLOCWATCH_FEED_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"
#include "blocwatch/item.h"

/*
 * Which element fills a field, best first; of equals the one that stands higher in the item, then
 * for id, link and dates the last, for texts the first. Elements are known by namespace, else by
 * prefix (table in daemon/feed/tag.c).
 *
 *   id         guid, atom:id; rdf:about
 *   title      title, dc:title; media:title; itunes:title
 *   link       feedburner:origLink; link (alternate, or by its text); a guid or atom:id that is a
 *              permanent link; a link of another type than HTML
 *   summary    description, summary; dc:description, abstract; dcterms:abstract;
 *              media:description, itunes:summary; itunes:subtitle; else the content
 *   content    content:encoded, atom:content; body, fullitem
 *   author     author; dc:creator; managingEditor; itunes:author; several of one kind together
 *   published  pubDate, published, issued, dcterms:issued; dcterms:available; dc:date; created
 *   updated    updated; modified, dcterms:modified; lastBuildDate; dc:date
 *   lang       language, dc:language; xml:lang in effect at the item; the same of the feed
 *   categories category, dc:subject, media:category, itunes:category; keywords, between commas
 *   enclosures enclosure, link rel=enclosure, media:content, media:thumbnail
 */
struct bw_feed_input {
    const char *bytes; /* the document as received, content coding removed; borrowed */
    size_t len;
    const char *content_type; /* header value; NULL unknown */
    const char *base_url;     /* where it was fetched from, for relative links; NULL unknown */
    int64_t now;              /* Unix seconds: dates far behind it are future nonsense */
};

/* What a document may cost; beyond it BW_ERR_LIMIT, or for items and text a cut and a warning. */
struct bw_feed_limits {
    size_t memory;    /* bytes of the document's arena */
    size_t max_items; /* further items are left out, with a warning */
    int max_depth;    /* of elements */
    size_t max_text;  /* bytes of one field; longer is cut at a character */
};
extern const struct bw_feed_limits feed_limits_default;

/* Loads what the parsers and charset converters need from disk, so that nothing is opened
 * afterwards, and has malloc keep some megabytes between documents: call once, before a sandbox
 * closes. 0, or -1 when a converter is missing. */
int feed_prepare(void);

/*
 * Parses one document. 0 with *doc owned; feed.warning tells what was repaired. -1 with
 * BW_ERR_FORMAT when it is no feed: the text quotes how it begins, and for an HTML page names the
 * feeds that it links to; BW_ERR_LIMIT, BW_ERR_MEMORY.
 */
int feed_parse_document(const struct bw_feed_input *input, const struct bw_feed_limits *limits,
                        struct bw_document **doc, struct bw_error *err);

/* A date in any of the forms seen in feeds, to Unix seconds UTC; BW_TIME_NONE for nonsense and for
 * dates more than two days after `now` (`now` BW_TIME_NONE: no such bound). */
int64_t feed_parse_date(const char *text, int64_t now);

/* HTML (or text with entities) to plain text: blocks separated by newlines, white space collapsed,
 * scripts and styles dropped. Appends to `out`. -1 when out of memory. */
int feed_html_to_text(const char *html, size_t len, struct bw_buf *out);

/* `link` without tracking parameters and fragment, scheme and host in lower case: for identity,
 * never for showing. Appends to `out`. */
int feed_clean_link(const char *link, struct bw_buf *out);

struct bw_feed_link {
    const char *url, *title, *type; /* title and type may be NULL */
};
/* The feeds that an HTML page offers: <link rel=alternate>, then links that look like feeds.
 * *links in `arena`. */
int feed_find_links(const char *html, size_t len, const char *base_url, struct bw_arena *arena,
                    struct bw_feed_link **links, size_t *n_links, struct bw_error *err);

#endif
