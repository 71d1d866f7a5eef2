/* Text of fields: plain or HTML, to what readers and rules see. */
#ifndef FEED_TEXT_H
#define FEED_TEXT_H

#include "blocwatch/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Plain text: white space collapsed, soft hyphens and control characters dropped. Appends. */
int text_collapse(const char *text, size_t len, struct bw_buf *out);

/* As feed_html_to_text(); with `references` only &…; are decoded and '<' is text. */
int text_from_html(const char *html, size_t len, bool references, struct bw_buf *out);

/* Is this text, which should be plain, HTML after all? Only when it has an end tag or a reference
 * and no tag or reference that HTML does not know: guessing wrong would lose text. */
bool text_looks_like_html(const char *text, size_t len);

#endif
