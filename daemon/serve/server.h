/* Inside serve/: the server, a request, and the ways to answer it. */
#ifndef BLOCWATCH_SERVE_SERVER_H
#define BLOCWATCH_SERVE_SERVER_H

#include "blocwatch/serve.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <stddef.h>

enum {
    SERVE_PAGE_ROWS = 50,   /* of a list, when nothing is said */
    SERVE_MOST_ROWS = 500,  /* at most, whatever is said */
    SERVE_TOKEN_ROOM = 4097 /* bytes of a token, with its NUL */
};

struct serve_access {
    char token[SERVE_TOKEN_ROOM]; /* "" none */
    char csrf[BW_KEY_TEXT];
    bool needs_token; /* for reading too: the address is not a local one */
    const char *hosts[4];
    char host_room[4][256];
};

struct serve_events; /* the listeners of /events */

struct bw_server {
    struct event_base *base;
    const struct bw_config *config;
    struct bw_store *store;
    struct bw_serve_hooks hooks;
    struct evhttp *http;
    struct serve_access access;
    struct serve_events *events;
    char listen[512], url[512], socket_path[108];
    uint64_t requests;
};

struct serve_request {
    struct bw_server *server;
    struct evhttp_request *http;
    char *path;       /* decoded, owned */
    const char *rest; /* what follows the route's path: "17" of /api/v1/hits/17; "" nothing */
    struct evkeyvalq query;
    struct evkeyvalq form; /* of a POSTed form */
    json_t *body;          /* of a POST in JSON; NULL none */
};

/* Once it is bound: no descriptors, no new connections for a second. */
void serve_rest_when_crowded(struct evhttp *http);

/* NULL when the address cannot be read. */
struct serve_request *serve_request_new(struct bw_server *server, struct evhttp_request *http);
/* Of a POST: JSON or a form, by its type. -1 when it is neither. */
int serve_request_read_body(struct serve_request *request);

/* Handlers answer the request exactly once, now or later; then serve_request_free(). */
typedef void serve_handler_fn(struct serve_request *request);
void serve_request_free(struct serve_request *request);
/* For a connection's close callback: nobody is there to answer any more. */
void serve_request_gone(struct serve_request *request);

/* A parameter of the query or the form; NULL when absent or empty. */
const char *serve_param(const struct serve_request *request, const char *name);
/* A whole number from 0 to `most`; `otherwise` when absent. -1 after a 400 has been sent. */
int serve_param_number(struct serve_request *request, const char *name, int64_t most,
                       int64_t otherwise, int64_t *value);
/* A time: RFC 3339, a date, or an age as "7d"; BW_TIME_NONE when absent. -1: as above. */
int serve_param_time(struct serve_request *request, const char *name, int64_t *ms);

/* Each answers and frees the request. Text is copied. */
void serve_reply(struct serve_request *request, int status, const char *type, const char *data,
                 size_t len);
void serve_reply_buf(struct serve_request *request, const char *type, struct bw_buf *buf);
void serve_reply_json(struct serve_request *request, json_t *json);         /* takes json */
void serve_reply_redirect(struct serve_request *request, const char *path); /* 303 */
/* An RFC 9457 problem; for the page's paths a small HTML page. */
__attribute__((format(printf, 3, 4))) void serve_reply_problem(struct serve_request *request,
                                                               int status, const char *format, ...);
void serve_reply_error(struct serve_request *request, const struct bw_error *err);

/* access.c */
int serve_access_init(struct serve_access *access, const struct bw_config *config, const char *host,
                      int port, bool local, struct bw_error *err);
/* True when it may go on; otherwise the request has been answered. */
bool serve_access_check(struct serve_request *request, bool writes);

#endif
