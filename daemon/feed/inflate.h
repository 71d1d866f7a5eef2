/* Compression inside what HTTP has already decompressed. */
#ifndef FEED_INFLATE_H
#define FEED_INFLATE_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"

#include <stdbool.h>

bool inflate_is_gzip(const char *bytes, size_t len);

/* Appends the content of a gzip file to `out`, at most `limit` bytes. *cut is set when the file
 * ends too early. -1 with BW_ERR_FORMAT, BW_ERR_LIMIT or BW_ERR_MEMORY. */
int inflate_gzip(const char *bytes, size_t len, size_t limit, struct bw_buf *out, bool *cut,
                 struct bw_error *err);

#endif
