/* Links: resolved against their base (RFC 3986 section 5). */
#ifndef FEED_URL_H
#define FEED_URL_H

#include "blocwatch/buf.h"

#include <stdbool.h>

/* Appends `link` resolved against `base` (NULL: none); white space around and line breaks inside
 * are dropped. What has no base stays relative. */
int url_resolve(const char *base, const char *link, size_t len, struct bw_buf *out);

/* As feed_clean_link(), for what url_resolve() has made. */
int url_clean(const char *link, struct bw_buf *out);

/* Could a reader open this? False for tag:, urn:, data:, javascript: and their like. */
bool url_is_openable(const char *link, size_t len);

/* Appends the fragment with its '#', when there is one. */
int url_append_fragment(const char *link, struct bw_buf *out);

#endif
