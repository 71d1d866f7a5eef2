/* Status codes with their names (RFC 9110, RFC 6585). */
#ifndef BLOCWATCH_POLL_HTTP_STATUS_H
#define BLOCWATCH_POLL_HTTP_STATUS_H

#include <stddef.h>

enum { HTTP_OK = 200, HTTP_NOT_MODIFIED = 304 };

/* "404 Not Found"; only the number when it has no name. Returns `text`. */
const char *http_status_text(long status, char *text, size_t size);

#endif
