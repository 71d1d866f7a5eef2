/* The JSON of chat services' incoming webhooks. Owns nothing. */
#include "preset.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* What each service takes, in characters; counted in UTF-16 units. */
enum {
    SLACK_HEADER = 150,
    SLACK_SECTION = 3000,
    MATTERMOST_POST = 16383,
    DISCORD_CONTENT = 2000,
    TEAMS_BODY = 7000, /* of 28 KB for the whole card */
};

/* Cut first, then escaped: an escape sequence is never cut. `limit` holds for the result. */
typedef void escape_fn(struct bw_buf *out, const char *text);

static char *escape_cut(const char *text, size_t limit, escape_fn *escape)
{
    for (size_t budget = limit;; budget -= budget / 8 + 1) {
        struct bw_buf cut, out;

        buf_init(&cut);
        buf_init(&out);
        text_append_cut(&cut, text, budget, text_fit_utf16);
        escape(&out, buf_text(&cut));
        out.failed = out.failed || cut.failed;
        buf_clear(&cut);
        if (out.failed || budget == 0 || text_fit_utf16(buf_text(&out), limit) == out.len)
            return buf_steal(&out);
        buf_clear(&out);
    }
}

/* Slack reads & < > as its own; nothing else can be escaped there. */
static void escape_slack(struct bw_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            buf_puts(out, "&amp;");
        else if (*text == '<')
            buf_puts(out, "&lt;");
        else if (*text == '>')
            buf_puts(out, "&gt;");
        else
            buf_putc(out, *text);
    }
}

static json_t *build_slack(const struct alert_message *message)
{
    char *title = escape_cut(message->title, SLACK_HEADER, escape_slack);
    char *body = escape_cut(message->body, SLACK_SECTION, escape_slack);
    json_t *json = title == NULL || body == NULL
                       ? NULL
                       : json_pack("{s:s,s:[{s:s,s:{s:s,s:s,s:b}},{s:s,s:{s:s,s:s}}]}", "text",
                                   title, "blocks", "type", "header", "text", "type", "plain_text",
                                   "text", title, "emoji", 0, "type", "section", "text", "type",
                                   "mrkdwn", "text", *body == '\0' ? title : body);

    free(title);
    free(body);
    return json;
}

/* "**title**", a blank line, the body; all of it within `limit`. */
static char *write_markdown(const struct alert_message *message, size_t limit)
{
    char *title = escape_cut(message->title, limit / 4, text_escape_markdown);
    char *body;
    struct bw_buf out;

    if (title == NULL)
        return NULL;
    body =
        escape_cut(message->body, limit - strlen(title) - strlen("****\n"), text_escape_markdown);
    buf_init(&out);
    buf_printf(&out, "**%s**\n%s", title, body == NULL ? "" : body);
    free(title);
    free(body);
    return buf_steal(&out);
}

static json_t *build_mattermost(const struct alert_message *message)
{
    char *text = write_markdown(message, MATTERMOST_POST);
    json_t *json = text == NULL ? NULL : json_pack("{s:s}", "text", text);

    free(text);
    return json;
}

static json_t *build_discord(const struct alert_message *message)
{
    char *text = write_markdown(message, DISCORD_CONTENT);
    json_t *json = text == NULL
                       ? NULL
                       : json_pack("{s:s,s:{s:[]}}", "content", text, "allowed_mentions", "parse");

    free(text);
    return json;
}

/* An Adaptive Card in a message, as Teams' workflows take it. */
static json_t *build_teams(const struct alert_message *message)
{
    char *title = escape_cut(message->title, 1000, text_escape_markdown);
    char *body = escape_cut(message->body, TEAMS_BODY, text_escape_markdown);
    json_t *card = NULL, *json;

    if (title != NULL && body != NULL)
        card =
            json_pack("{s:s,s:s,s:s,s:[{s:s,s:s,s:s,s:b},{s:s,s:s,s:b}]}", "$schema",
                      "http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard",
                      "version", "1.4", "body", "type", "TextBlock", "text", title, "weight",
                      "Bolder", "wrap", 1, "type", "TextBlock", "text", body, "wrap", 1);
    if (card != NULL && message->link != NULL)
        json_object_set_new(card, "actions",
                            json_pack("[{s:s,s:s,s:s}]", "type", "Action.OpenUrl", "title", "Open",
                                      "url", message->link));
    json = card == NULL ? NULL
                        : json_pack("{s:s,s:[{s:s,s:n,s:o}]}", "type", "message", "attachments",
                                    "contentType", "application/vnd.microsoft.card.adaptive",
                                    "contentUrl", "content", card);
    free(title);
    free(body);
    return json;
}

static const struct {
    const char *name;
    json_t *(*build)(const struct alert_message *message);
} presets[] = {
    {"slack", build_slack},
    {"mattermost", build_mattermost},
    {"discord", build_discord},
    {"teams", build_teams},
};

int preset_write(const char *name, const struct alert_message *message, struct bw_buf *out,
                 struct bw_error *err)
{
    json_t *json = NULL;
    char *text = NULL;

    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(presets[i].name, name) == 0)
            json = presets[i].build(message);
    }
    if (json != NULL)
        text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (text != NULL)
        buf_puts(out, text);
    free(text);
    return text == NULL || out->failed ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}
