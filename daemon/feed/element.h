/* The elements of HTML that matter for turning it into text. */
#ifndef FEED_ELEMENT_H
#define FEED_ELEMENT_H

#include <stddef.h>

enum bw_element {
    ELEMENT_UNKNOWN, /* not HTML */
    ELEMENT_INLINE,  /* joins what stands on both sides */
    ELEMENT_BLOCK,   /* begins and ends a line */
    ELEMENT_CELL,    /* separates by a space */
    ELEMENT_RAW,     /* its content is no text and is not parsed: scripts, styles */
};

enum bw_element element_find(const char *name, size_t len);

#endif
