/* Which charset a document is in, and the document in UTF-8. */
#ifndef FEED_CHARSET_H
#define FEED_CHARSET_H

#include "blocwatch/buf.h"

#include <stdbool.h>

struct bw_decoded {
    const char
        *text; /* UTF-8 that XML may hold: the input itself where that is clean, or `owned` */
    size_t len;
    struct bw_buf owned;
    const char *charset; /* static; what it was decoded from */
    bool guessed;        /* nothing declared it, or what did was wrong */
    bool cleaned;        /* broken sequences or control characters were replaced or dropped */
};

/* In the order of RFC 7303: byte order mark, `content_type` (may be NULL), XML declaration; then
 * UTF-8 where the bytes are, then a guess. -1 when out of memory. `out` is to be cleared. */
int charset_decode(const char *bytes, size_t len, const char *content_type, struct bw_decoded *out);
void charset_clear(struct bw_decoded *decoded);

/* Opens every converter once and keeps it, so that the C library reads nothing later on. */
int charset_prepare(void);

#endif
