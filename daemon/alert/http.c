/* HTTP channels: from a message to a request, from an answer to a verdict. Owns the request until
 * it is sent. */
#include "http.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000, NOTE_LIMIT = 200, SECRET_LIMIT = 4097 };

enum alert_verdict http_verdict(long status)
{
    if (status >= 200 && status < 300)
        return ALERT_DELIVERED;
    if (status == 408 || status == 425 || status == 429)
        return ALERT_RETRY;
    return status >= 400 && status < 500 ? ALERT_DEAD : ALERT_RETRY;
}

int http_add_header(struct http_request *request, struct bw_error *err, const char *format, ...)
{
    va_list args;
    char line[8192], *copy;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line || request->n_headers == HTTP_HEADERS)
        return error_set(err, BW_ERR_LIMIT, "too many or too long headers");
    if (strpbrk(line, "\r\n") != NULL)
        return error_set(err, BW_ERR_FORMAT, "a header holds a line break");
    copy = arena_strdup(request->arena, line);
    explicit_bzero(line, sizeof line);
    if (copy == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    request->headers[request->n_headers++] = copy;
    return 0;
}

int http_add_bearer(struct alert_channel *channel, const char *key, struct http_request *request,
                    struct bw_error *err)
{
    char token[SECRET_LIMIT];
    int got = options_secret(&channel->options, key, token, sizeof token, err);

    if (got > 0)
        got = http_add_header(request, err, "Authorization: Bearer %s", token);
    explicit_bzero(token, sizeof token);
    return got < 0 ? -1 : 0;
}

int http_write_json(struct http_request *request, json_t *json, struct bw_error *err)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

    json_decref(json);
    if (text != NULL)
        buf_puts(&request->body, text);
    free(text);
    if (text == NULL || request->body.failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return http_add_header(request, err, "Content-Type: application/json");
}

int http_add_login(struct alert_channel *channel, struct http_request *request,
                   struct bw_error *err)
{
    char password[SECRET_LIMIT];
    int got = options_secret(&channel->options, "password_file", password, sizeof password, err);

    if (got > 0) {
        request->username = options_text(&channel->options, "username");
        request->password = arena_strdup(request->arena, password);
        if (request->password == NULL)
            got = error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    explicit_bzero(password, sizeof password);
    return got < 0 ? -1 : 0;
}

void http_check_login(const struct alert_options *options, struct bw_config_errors *errors)
{
    if ((options_text(options, "username") != NULL) !=
        (options_text(options, "password_file") != NULL))
        config_add_error(errors, options_place(options, "username"),
                         "channel %s: username and password_file go together", options->config->id);
}

/* "HTTP 503: first line of the answer", safe to show on one line. */
static void write_note(const struct sender_reply *reply, char *note, size_t size)
{
    int used = 0;

    if (reply->answered)
        used = snprintf(note, size, "HTTP %ld%s", reply->status, reply->len > 0 ? ": " : "");
    text_one_line(reply->text, reply->len, note + used, size - (size_t)used);
}

static void on_reply(const struct sender_reply *reply, void *ctx)
{
    struct alert_delivery *delivery = ctx;
    struct alert_channel *channel = delivery->channel;
    struct alert_result result = {ALERT_RETRY, reply->retry_after_ms, NULL};
    char note[NOTE_LIMIT];

    delivery->work = NULL;
    if (reply->answered)
        result.verdict = http_verdict(reply->status);
    if (reply->answered && channel->type->judge != NULL)
        channel->type->judge(reply, &result);
    write_note(reply, note, sizeof note);
    delivery_finish(delivery, result.verdict, result.retry_after_ms, note);
}

int http_start(struct alert_channel *channel, const struct alert_message *message,
               struct alert_delivery *delivery, struct bw_error *err)
{
    struct http_request request = {.arena = arena_new(0)};
    struct sender_request send = {0};
    int result = -1;

    buf_init(&request.body);
    if (request.arena == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto out;
    }
    if (channel->type->build(channel, message, &request, err) != 0)
        goto out;
    if (request.body.failed) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto out;
    }
    send.url = request.url;
    send.method = request.method;
    send.headers = request.headers;
    send.n_headers = request.n_headers;
    send.body = buf_text(&request.body);
    send.body_len = request.body.len;
    send.username = request.username;
    send.password = request.password;
    send.proxy = options_text(&channel->options, "proxy");
    send.ca_file = options_text(&channel->options, "ca_file");
    send.public_only = !options_boolean(&channel->options, "allow_private", true);
    send.timeout_ms = options_duration_ms(&channel->options, "timeout", TIMEOUT_MS);
    send.secret = request.secret;
    send.trace = channel->room->trace;
    send.trace_ctx = channel->room->trace_ctx;
    delivery->channel = channel;
    delivery->work = sender_start(channel->room->sender, &send, on_reply, delivery, err);
    result = delivery->work == NULL ? -1 : 0;
out:
    buf_clear(&request.body);
    arena_free(request.arena);
    return result;
}

void http_cancel(struct alert_channel *channel, struct alert_delivery *delivery)
{
    (void)channel;
    sender_cancel(delivery->work);
    delivery->work = NULL;
}
