/* Channel "ntfy": push to phones by ntfy.sh or an own server, published as JSON
 * (https://docs.ntfy.sh/publish/#publish-as-json). Owns nothing. */
#include "http.h"
#include "text.h"

/* The server takes 4,096 bytes of message; more would become an attachment. */
enum { MESSAGE_LIMIT = 4096, TITLE_LIMIT = 250 };

static const struct alert_option options[] = {
    {.key = "url", .kind = OPTION_URL},
    {.key = "topic", .kind = OPTION_TEXT, .required = true},
    {.key = "tags", .kind = OPTION_LIST},
    {.key = "token_file", .kind = OPTION_FILE},
    {.key = "username", .kind = OPTION_TEXT},
    {.key = "password_file", .kind = OPTION_FILE},
    HTTP_OPTIONS,
    {.key = NULL},
};

static const struct {
    int priority;
    const char *tag; /* ntfy shows it as an emoji */
} levels[BW_SEVERITIES] = {
    [BW_SEVERITY_LOW] = {2, "information_source"},
    [BW_SEVERITY_MEDIUM] = {3, "bell"},
    [BW_SEVERITY_HIGH] = {4, "warning"},
    [BW_SEVERITY_CRITICAL] = {5, "rotating_light"},
};

static json_t *cut_text(const char *text, size_t limit)
{
    struct bw_buf cut;
    json_t *json;

    buf_init(&cut);
    text_append_cut(&cut, text, limit, text_fit);
    json = cut.failed ? NULL : json_string(buf_text(&cut));
    buf_clear(&cut);
    return json;
}

static json_t *build_tags(const struct alert_channel *channel, const struct alert_message *message)
{
    json_t *tags = json_array();
    const char *tag;

    json_array_append_new(tags, json_string(levels[message->severity].tag));
    for (size_t i = 0; (tag = options_item(&channel->options, "tags", i)) != NULL; i++)
        json_array_append_new(tags, json_string(tag));
    return tags;
}

/* The article, and where there is a page of ours, why it was raised. */
static json_t *build_actions(const struct alert_message *message)
{
    json_t *actions = json_array();

    if (message->link != NULL)
        json_array_append_new(actions, json_pack("{s:s,s:s,s:s}", "action", "view", "label", "Open",
                                                 "url", message->link));
    if (message->page != NULL)
        json_array_append_new(actions, json_pack("{s:s,s:s,s:s}", "action", "view", "label", "Why",
                                                 "url", message->page));
    return actions;
}

static json_t *build_json(const struct alert_channel *channel, const struct alert_message *message)
{
    const char *body = *message->body != '\0' ? message->body : message->title;
    json_t *json = json_pack(
        "{s:s,s:o,s:o,s:i,s:o}", "topic", options_text(&channel->options, "topic"), "title",
        cut_text(message->title, TITLE_LIMIT), "message", cut_text(body, MESSAGE_LIMIT), "priority",
        levels[message->severity].priority, "tags", build_tags(channel, message));

    if (json != NULL && message->link != NULL)
        json_object_set_new(json, "click", json_string(message->link));
    if (json != NULL && (message->link != NULL || message->page != NULL))
        json_object_set_new(json, "actions", build_actions(message));
    return json;
}

static int build(struct alert_channel *channel, const struct alert_message *message,
                 struct http_request *request, struct bw_error *err)
{
    const char *url = options_text(&channel->options, "url");

    request->url = url != NULL ? url : "https://ntfy.sh";
    if (http_write_json(request, build_json(channel, message), err) != 0 ||
        http_add_header(request, err, "Idempotency-Key: %s", message->key) != 0 ||
        http_add_bearer(channel, "token_file", request, err) != 0)
        return -1;
    return http_add_login(channel, request, err);
}

const struct alert_channel_type channel_ntfy = {
    .name = "ntfy",
    .options = options,
    .check = http_check_login,
    .start = http_start,
    .cancel = http_cancel,
    .build = build,
};
