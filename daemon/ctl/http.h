/* HTTP for commands that ask a web server or the daemon: blocwatchctl's one door to libcurl. */
#ifndef BLOCWATCH_CTL_HTTP_H
#define BLOCWATCH_CTL_HTTP_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"

#include <stdbool.h>

enum { HTTP_MOST_BYTES = 16 << 20 };

struct http_request {
    const char *url;
    const char *unix_socket;          /* NULL: by TCP */
    const char *token;                /* bearer; NULL: none */
    const char *const *headers;       /* "Name: value", ended by NULL; may be NULL */
    const char *body;                 /* JSON to be posted; NULL: a GET */
    bool follow;                      /* redirects, at most five, to http and https only */
    const char *user_agent, *ca_file; /* NULL: the default */
};

struct http_reply {
    long status;
    struct bw_buf body;
    struct bw_buf url;          /* after redirects */
    struct bw_buf content_type; /* empty when there was none */
};

/* 0 with an answer of any status in *reply (cleared with http_reply_clear()); -1 without one. */
int http_ask(const struct http_request *request, struct http_reply *reply, struct bw_error *err);
void http_reply_clear(struct http_reply *reply);

#endif
