/* What makes an item itself: its keys and its content hash. */
#ifndef FEED_IDENTITY_H
#define FEED_IDENTITY_H

#include "parse.h"

/* key, link_key and content_hash of an item whose other fields stand. */
void identity_fill(struct bw_parse *p, struct bw_item *item);

/* Publishers that give the same id to different pages: their items are told apart by link too. */
void identity_separate(struct bw_parse *p, struct bw_item *items, size_t n);

/* A link resolved against the base in effect, in the document's arena; NULL on failure. */
char *identity_resolve(struct bw_parse *p, const char *link, size_t len);

#endif
