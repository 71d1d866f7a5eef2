/* The two readers of XML that drive a parse. */
#ifndef FEED_DRIVER_H
#define FEED_DRIVER_H

#include "parse.h"

/* Reads well-formed XML (clean UTF-8) by libxml2's SAX2. 0 when the document was well-formed to
 * its end, or the parse was full or failed; -1 when it is not well-formed. */
int xml_read(struct bw_parse *p, const char *text, size_t len);

/* Reads what only looks like XML, and never fails: tags that cross, lack their end or are cut off,
 * bare '&' and '<', unknown entities. */
void loose_read(struct bw_parse *p, const char *text, size_t len);

#endif
