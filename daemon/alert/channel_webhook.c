/* Channel "webhook": a signed JSON POST. Presets say the same in the words of a chat service. Owns
 * nothing. */
#include "http.h"
#include "preset.h"
#include "sign.h"

#include <inttypes.h>
#include <string.h>

enum { SECRET_LIMIT = 4097 };

static const char *const preset_names[] = {"json", "slack", "mattermost", "discord", "teams", NULL};
static const struct alert_option options[] = {
    {.key = "url", .kind = OPTION_URL},
    {.key = "url_file", .kind = OPTION_FILE},
    {.key = "preset", .kind = OPTION_CHOICE, .choices = preset_names},
    {.key = "headers", .kind = OPTION_MAP},
    {.key = "token_file", .kind = OPTION_FILE},
    {.key = "secret_file", .kind = OPTION_FILE},
    HTTP_OPTIONS,
    {.key = NULL},
};

static void check(const struct alert_options *set, struct bw_config_errors *errors)
{
    if ((options_text(set, "url") != NULL) == (options_text(set, "url_file") != NULL))
        config_add_error(errors, options_place(set, "url"),
                         "channel %s: a webhook channel needs one of url and url_file",
                         set->config->id);
}

/* A chat service's URL is a secret: all that stands behind its host. */
static const char *secret_part(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');

    return path == NULL ? url : path;
}

static int set_url(struct alert_channel *channel, struct http_request *request,
                   struct bw_error *err)
{
    char url[SECRET_LIMIT];
    int got = options_secret(&channel->options, "url_file", url, sizeof url, err);

    request->url =
        got > 0 ? arena_strdup(request->arena, url) : options_text(&channel->options, "url");
    if (got > 0)
        request->secret = arena_strdup(request->arena, secret_part(url));
    explicit_bzero(url, sizeof url);
    if (got < 0)
        return -1;
    return request->url == NULL ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}

static int add_signature(struct alert_channel *channel, const struct alert_message *message,
                         struct http_request *request, struct bw_error *err)
{
    char secret[SECRET_LIMIT], signature[SIGN_TEXT];
    int64_t now = clock_now(channel->room->clock);
    int got = options_secret(&channel->options, "secret_file", secret, sizeof secret, err);

    if (got > 0)
        got = sign_webhook(secret, message->key, now, buf_text(&request->body), request->body.len,
                           signature, err);
    else if (got == 0)
        return 0;
    explicit_bzero(secret, sizeof secret);
    if (got < 0 || http_add_header(request, err, "webhook-id: %s", message->key) != 0 ||
        http_add_header(request, err, "webhook-timestamp: %" PRId64, now) != 0)
        return -1;
    return http_add_header(request, err, "webhook-signature: %s", signature);
}

static int add_own_headers(struct alert_channel *channel, struct http_request *request,
                           struct bw_error *err)
{
    const char *name, *value;

    for (size_t i = 0;; i++) {
        value = options_entry(&channel->options, "headers", i, &name);
        if (value == NULL)
            return 0;
        if (http_add_header(request, err, "%s: %s", name, value) != 0)
            return -1;
    }
}

static int build(struct alert_channel *channel, const struct alert_message *message,
                 struct http_request *request, struct bw_error *err)
{
    const char *preset = options_text(&channel->options, "preset");
    int result;

    if (set_url(channel, request, err) != 0)
        return -1;
    result = preset == NULL || strcmp(preset, "json") == 0
                 ? message_write_json(message, &request->body, err)
                 : preset_write(preset, message, &request->body, err);
    if (result != 0 || http_add_header(request, err, "Content-Type: application/json") != 0 ||
        http_add_header(request, err, "Idempotency-Key: %s", message->key) != 0 ||
        add_own_headers(channel, request, err) != 0 ||
        http_add_bearer(channel, "token_file", request, err) != 0)
        return -1;
    return add_signature(channel, message, request, err);
}

const struct alert_channel_type channel_webhook = {
    .name = "webhook",
    .options = options,
    .check = check,
    .start = http_start,
    .cancel = http_cancel,
    .build = build,
};
