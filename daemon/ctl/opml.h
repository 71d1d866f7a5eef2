/* OPML subscription lists (opml.org): the outlines with an xmlUrl. */
#ifndef BLOCWATCH_CTL_OPML_H
#define BLOCWATCH_CTL_OPML_H

#include "yaml_out.h"

/* Calls `fn` for each feed of the document, in order, until it returns non-zero; texts are borrowed
 * for the call. 0; -1 when the document is no OPML. */
typedef int opml_fn(const struct yaml_source *source, void *ctx);
int opml_read(const char *text, opml_fn *fn, void *ctx);

#endif
