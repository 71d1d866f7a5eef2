/* Writing HTML and XML: every text that comes from a feed goes through html_text(). */
#ifndef BLOCWATCH_SERVE_HTML_H
#define BLOCWATCH_SERVE_HTML_H

#include "blocwatch/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Escaped for HTML and XML, in text and in quoted attributes; control characters are left out and
 * marks that turn the direction of text are closed off. NULL writes nothing. */
void html_text(struct bw_buf *out, const char *text);
void html_text_n(struct bw_buf *out, const char *text, size_t len);
/* As a part of a query: percent-encoded (RFC 3986). */
void html_query(struct bw_buf *out, const char *text);
/* Whether a link may be followed: http or https. */
bool html_is_link(const char *url);
/* <a href>TEXT</a>, or the plain text when `url` is no link. */
void html_link(struct bw_buf *out, const char *url, const char *text);
/* <time datetime>…</time> for people; "never" for BW_TIME_NONE. */
void html_time(struct bw_buf *out, int64_t seconds);
/* "3 days", "5 minutes" since then. */
void html_age(struct bw_buf *out, int64_t seconds, int64_t now);

#endif
