/* URLs, as RFC 3986 and the WHATWG read them, by libcurl's URL parser. */
#ifndef BLOCWATCH_POLL_URL_H
#define BLOCWATCH_POLL_URL_H

#include "blocwatch/error.h"

#include <stdbool.h>

/* Whether `url` is a file: URL. */
bool url_is_file(const char *url);
/* The absolute path of a file: URL, percent-decoded; returns owned, NULL with `err`. */
char *url_file_path(const char *url, struct bw_error *err);
/* Host in lower case without port, the name of its lane; "" for file:. Returns owned, or NULL with
 * `err`. */
char *url_host(const char *url, struct bw_error *err);
/* `location` (a Location field, maybe relative) seen from `base`; without fragment and without
 * user and password. Returns owned, or NULL with `err`. */
char *url_follow(const char *base, const char *location, struct bw_error *err);
/* Whether what is meant for `from` (credentials) may be sent to `to`: same host and port, or its
 * default port for https after http; never from https to http. */
bool url_same_origin(const char *from, const char *to);
bool url_is_https(const char *url);
bool url_is_http(const char *url); /* http or https */

#endif
