/*
 * What all HTTP channels share: a driver builds one request from one message, and the answer's
 * status gives the verdict: 2xx delivered; 4xx other than 408, 425 and 429 dead; the rest is tried
 * again, when Retry-After (RFC 9110) says so.
 */
#ifndef BLOCWATCH_ALERT_HTTP_H
#define BLOCWATCH_ALERT_HTTP_H

#include "channel.h"
#include "sender.h"

#include "blocwatch/arena.h"

enum { HTTP_HEADERS = 24 };

struct http_request {
    struct bw_arena *arena; /* for whatever the driver needs until the request is sent */
    const char *url, *method;
    const char *headers[HTTP_HEADERS];
    size_t n_headers;
    struct bw_buf body;
    const char *username, *password;
    const char *secret; /* is never shown in a trace: a token in the URL */
};

/* Options that every HTTP channel has. */
/* clang-format off */
#define HTTP_OPTIONS                                                                               \
    {.key = "proxy", .kind = OPTION_TEXT},                                                         \
    {.key = "ca_file", .kind = OPTION_FILE},                                                       \
    {.key = "allow_private", .kind = OPTION_BOOLEAN}
/* clang-format on */

int http_start(struct alert_channel *channel, const struct alert_message *message,
               struct alert_delivery *delivery, struct bw_error *err);
void http_cancel(struct alert_channel *channel, struct alert_delivery *delivery);

/* Adds "name: value"; a line break in the value is refused. */
__attribute__((format(printf, 3, 4))) int
http_add_header(struct http_request *request, struct bw_error *err, const char *format, ...);
/* Adds "Authorization: Bearer …" from the secret file of `key`; nothing when it is not set. */
int http_add_bearer(struct alert_channel *channel, const char *key, struct http_request *request,
                    struct bw_error *err);
/* Takes `json`, also NULL, into the body, with its Content-Type. */
int http_write_json(struct http_request *request, json_t *json, struct bw_error *err);
/* HTTP authentication by the options username and password_file. */
int http_add_login(struct alert_channel *channel, struct http_request *request,
                   struct bw_error *err);
void http_check_login(const struct alert_options *options, struct bw_config_errors *errors);
enum alert_verdict http_verdict(long status);

#endif
