/* Channel "telegram": sendMessage of the Bot API (https://core.telegram.org/bots/api#sendmessage).
 * Owns nothing. */
#include "http.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The API's limit, in UTF-16 units after its entities have been parsed. */
enum { TEXT_LIMIT = 4096, TITLE_LIMIT = 512, SECRET_LIMIT = 4097 };

static const struct alert_option options[] = {
    {.key = "token_file", .kind = OPTION_FILE, .required = true},
    {.key = "chat_id", .kind = OPTION_TEXT, .required = true},
    {.key = "thread_id", .kind = OPTION_INTEGER},
    {.key = "api", .kind = OPTION_URL},
    {.key = "silent", .kind = OPTION_BOOLEAN},
    HTTP_OPTIONS,
    {.key = NULL},
};

static void append_cut(struct bw_buf *out, const char *text, size_t limit)
{
    struct bw_buf cut;

    buf_init(&cut);
    text_append_cut(&cut, text, limit, text_fit_utf16);
    text_escape_html(out, buf_text(&cut));
    out->failed = out->failed || cut.failed;
    buf_clear(&cut);
}

static json_t *build_text(const struct alert_message *message)
{
    struct bw_buf text;
    json_t *json;

    buf_init(&text);
    buf_puts(&text, "<b>");
    append_cut(&text, message->title, TITLE_LIMIT);
    buf_puts(&text, "</b>\n");
    append_cut(&text, message->body, TEXT_LIMIT - TITLE_LIMIT - 1);
    json = text.failed ? NULL : json_string(buf_text(&text));
    buf_clear(&text);
    return json;
}

static json_t *build_json(const struct alert_channel *channel, const struct alert_message *message)
{
    const struct alert_options *set = &channel->options;
    bool silent = options_boolean(set, "silent", message->severity == BW_SEVERITY_LOW);
    json_t *json = json_pack("{s:s,s:o,s:s,s:{s:b}}", "chat_id", options_text(set, "chat_id"),
                             "text", build_text(message), "parse_mode", "HTML",
                             "link_preview_options", "is_disabled", message->n_alerts > 1);

    if (json != NULL && silent)
        json_object_set_new(json, "disable_notification", json_true());
    if (json != NULL && options_text(set, "thread_id") != NULL)
        json_object_set_new(json, "message_thread_id",
                            json_integer(options_integer(set, "thread_id", 0)));
    return json;
}

static int build(struct alert_channel *channel, const struct alert_message *message,
                 struct http_request *request, struct bw_error *err)
{
    const char *api = options_text(&channel->options, "api");
    char token[SECRET_LIMIT];
    int got = options_secret(&channel->options, "token_file", token, sizeof token, err);

    if (got > 0) {
        request->url = arena_printf(request->arena, "%s/bot%s/sendMessage",
                                    api != NULL ? api : "https://api.telegram.org", token);
        request->secret = arena_strdup(request->arena, token);
    }
    explicit_bzero(token, sizeof token);
    if (got < 0)
        return -1;
    if (request->url == NULL || request->secret == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return http_write_json(request, build_json(channel, message), err);
}

/* "Too Many Requests" says how long to wait in its body, not in a header. */
static void judge(const struct sender_reply *reply, struct alert_result *result)
{
    json_t *json = json_loadb(reply->text, reply->len, 0, NULL);
    json_int_t wait =
        json_integer_value(json_object_get(json_object_get(json, "parameters"), "retry_after"));

    if (wait > 0 && wait < 1000000)
        result->retry_after_ms = (int64_t)wait * 1000;
    json_decref(json);
}

const struct alert_channel_type channel_telegram = {
    .name = "telegram",
    .options = options,
    .start = http_start,
    .cancel = http_cancel,
    .build = build,
    .judge = judge,
};
