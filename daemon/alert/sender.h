/*
 * The room's one door to libcurl: sends HTTP requests and mails on the event loop. A request is
 * copied; its callback runs exactly once, on the loop, never before sender_start() has returned,
 * unless it is cancelled. Only https, http, smtp and smtps; no redirects are followed.
 */
#ifndef BLOCWATCH_ALERT_SENDER_H
#define BLOCWATCH_ALERT_SENDER_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct sender;
struct sender_job;

enum { SENDER_REPLY_LIMIT = 16384 }; /* bytes of an answer that are kept */

enum sender_tls { SENDER_TLS_REQUIRED, SENDER_TLS_TRY, SENDER_TLS_NONE }; /* STARTTLS */

struct sender_request {
    const char *url;
    const char *method;         /* HTTP; NULL: POST */
    const char *const *headers; /* "Name: value" */
    size_t n_headers;
    const void *body;
    size_t body_len;
    const char *proxy, *ca_file;     /* NULL: none, the system's */
    const char *username, *password; /* NULL: none */
    const char *mail_from;           /* smtp: the envelope's sender; then the rest counts: */
    const char *const *mail_to;      /* the envelope's receivers */
    size_t n_mail_to;
    enum sender_tls tls; /* smtp:// only */
    bool public_only;    /* refuse to connect to private and loopback addresses */
    int64_t timeout_ms;
    const char *secret; /* shown as *** in a trace; NULL: none */
    void (*trace)(char direction, const char *line, void *ctx); /* NULL: none */
    void *trace_ctx;
};

struct sender_reply {
    bool answered;          /* the receiver has answered in its protocol: `status` is set */
    long status;            /* HTTP or SMTP */
    int64_t retry_after_ms; /* 0: not asked for */
    const char *text;       /* its body, or why there was no answer; borrowed for the call */
    size_t len;
};

typedef void sender_done_fn(const struct sender_reply *reply, void *ctx);

struct sender *sender_new(struct event_base *base, struct bw_error *err);
void sender_free(struct sender *sender); /* cancels all; NULL is fine */

struct sender_job *sender_start(struct sender *sender, const struct sender_request *request,
                                sender_done_fn *done, void *ctx, struct bw_error *err);
void sender_cancel(struct sender_job *job); /* frees it; NULL is fine */

#endif
