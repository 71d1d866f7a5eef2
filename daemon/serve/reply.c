/* Answers: headers, ETags, problems. Owns nothing. */
#include "server.h"

#include "blocwatch/hash.h"

#include <event2/buffer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_headers(struct serve_request *request, const char *type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request->http);

    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
    evhttp_add_header(headers, "Cache-Control", "no-cache");
    evhttp_add_header(headers, "Content-Security-Policy",
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                      "connect-src 'self'; form-action 'self'; base-uri 'none'; "
                      "frame-ancestors 'none'");
}

/* True when the client has this very answer (RFC 9110, 13.1.2). */
static bool is_known(struct serve_request *request, const char *data, size_t len)
{
    const char *known =
        evhttp_find_header(evhttp_request_get_input_headers(request->http), "If-None-Match");
    char tag[BW_KEY_TEXT + 2], key[BW_KEY_TEXT];

    hash_key(data, len, key);
    snprintf(tag, sizeof tag, "\"%s\"", key);
    evhttp_add_header(evhttp_request_get_output_headers(request->http), "ETag", tag);
    return known != NULL && (strstr(known, tag) != NULL || strcmp(known, "*") == 0);
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 303:
        return "See Other";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

void serve_reply(struct serve_request *request, int status, const char *type, const char *data,
                 size_t len)
{
    struct evbuffer *body = evbuffer_new();
    enum evhttp_cmd_type method = evhttp_request_get_command(request->http);

    add_headers(request, type);
    if (status == 200 && (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) &&
        is_known(request, data, len)) {
        evhttp_send_reply(request->http, 304, "Not Modified", NULL);
    } else if (body == NULL || evbuffer_add(body, data, len) != 0) {
        evhttp_send_error(request->http, 503, "out of memory");
    } else {
        evhttp_send_reply(request->http, status, reason(status), body);
    }
    if (body != NULL)
        evbuffer_free(body);
    serve_request_free(request);
}

void serve_reply_buf(struct serve_request *request, const char *type, struct bw_buf *buf)
{
    if (buf->failed)
        serve_reply_problem(request, 503, "out of memory");
    else
        serve_reply(request, 200, type, buf_text(buf), buf->len);
    buf_clear(buf);
}

void serve_reply_json(struct serve_request *request, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    json_decref(json);
    if (text == NULL)
        serve_reply_problem(request, 503, "out of memory");
    else
        serve_reply(request, 200, "application/json", text, strlen(text));
    free(text);
}

void serve_reply_redirect(struct serve_request *request, const char *path)
{
    evhttp_add_header(evhttp_request_get_output_headers(request->http), "Location", path);
    serve_reply(request, 303, "text/plain; charset=utf-8", "", 0);
}

void serve_reply_problem(struct serve_request *request, int status, const char *format, ...)
{
    char detail[1024], *text;
    json_t *problem;
    va_list args;

    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    problem = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title", reason(status),
                        "status", status, "detail", detail);
    text = problem == NULL ? NULL : json_dumps(problem, JSON_COMPACT);
    json_decref(problem);
    serve_reply(request, status, "application/problem+json", text == NULL ? "{}" : text,
                text == NULL ? 2 : strlen(text));
    free(text);
}

void serve_reply_error(struct serve_request *request, const struct bw_error *err)
{
    int status = err->code == BW_ERR_NOTFOUND ? 404
                 : err->code == BW_ERR_USAGE  ? 400
                 : err->code == BW_ERR_BUSY   ? 409
                                              : 500;

    serve_reply_problem(request, status, "%s", err->text);
}
