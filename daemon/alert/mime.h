/* Mail as RFC 5322 and MIME (RFC 2045 to 2047) want it. Pure. */
#ifndef BLOCWATCH_ALERT_MIME_H
#define BLOCWATCH_ALERT_MIME_H

#include "blocwatch/buf.h"

#include <stddef.h>
#include <stdint.h>

/* "Name: value", the value as encoded words where it is not plain ASCII, folded. No line break of
 * `value` gets through. */
void mime_write_header(struct bw_buf *out, const char *name, const char *value);
/* base64 in lines of 76. */
void mime_write_base64(struct bw_buf *out, const void *data, size_t len);
/* "Wed, 16 Oct 2024 11:42:00 +0000" */
void mime_write_date(struct bw_buf *out, int64_t seconds);

#endif
