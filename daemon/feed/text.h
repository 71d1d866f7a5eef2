/* Text of fields: plain or HTML, to what readers and rules see. */
#ifndef FEED_TEXT_H
#define FEED_TEXT_H

#include "blocwatch/buf.h"
#include "element.h"

#include <stdbool.h>
#include <stddef.h>

/* What there is to read besides white space, which is collapsed, and soft hyphens and control
 * characters, which are dropped. */
enum {
    TEXT_TAGS = 1,       /* tags, comments and the like, as in HTML */
    TEXT_REFERENCES = 2, /* &amp; */
    TEXT_MARKS = 4,      /* what text_mark() has put in place of elements */
};

/* Appends plain text; -1 when out of memory. */
int text_convert(const char *text, size_t len, unsigned what, struct bw_buf *out);

/* Where an element begins or ends whose tag was never text: a mark to append to the text, or '\0'
 * for one that joins what stands on both sides. */
char text_mark(enum bw_element kind);

/* Is this text, which should be plain, HTML after all? Only when it has an end tag or a reference
 * and no tag or reference that HTML does not know: guessing wrong would lose text. */
bool text_looks_like_html(const char *text, size_t len);

#endif
