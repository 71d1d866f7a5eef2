/* Entities that a document declares itself: expanded here, within fixed bounds. */
#ifndef FEED_DTD_H
#define FEED_DTD_H

#include "blocwatch/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct bw_dtd;

struct bw_dtd *dtd_new(void); /* owned; NULL when out of memory */
void dtd_free(struct bw_dtd *dtd);

/* Takes note of an internal entity; what is too much is ignored. */
void dtd_declare(struct bw_dtd *dtd, const char *name, const char *value);

/* The entity's text, references inside it expanded; borrowed until the next call. NULL when it is
 * unknown or the document has used up what expansion may cost. HTML's names are known too. */
const char *dtd_expand(struct bw_dtd *dtd, const char *name);

#endif
