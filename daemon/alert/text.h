/*
 * Text on its way to a receiver: escaping by format, and cutting where a reader would cut. All
 * input is UTF-8 from elsewhere; what is not valid becomes U+FFFD.
 */
#ifndef BLOCWATCH_ALERT_TEXT_H
#define BLOCWATCH_ALERT_TEXT_H

#include "blocwatch/buf.h"

#include <stddef.h>

/* The first line of `text`, without control characters, cut to `size` with its NUL. */
void text_one_line(const char *text, size_t len, char *line, size_t size);
/* Bytes of `text` that fit into `limit` without cutting a grapheme cluster (UAX #29): the limit in
 * bytes, or in UTF-16 units, which is how chat services count, or more strictly than they do. */
typedef size_t text_fit_fn(const char *text, size_t limit);
text_fit_fn text_fit, text_fit_utf16;
/* Appends `text`, cut to the limit, with "…" within it when something was cut. */
void text_append_cut(struct bw_buf *out, const char *text, size_t limit, text_fit_fn *fit);

void text_escape_html(struct bw_buf *out, const char *text);
/* CommonMark and its chat dialects; URLs are left as they are, they would not work otherwise. */
void text_escape_markdown(struct bw_buf *out, const char *text);

#endif
