/* `sources show` and `sources poll`: one source in full, and a visit as soon as its host allows. */
#include "commands.h"
#include "http.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- show ----------------------------------------------------------------------------------- */

struct showing {
    const struct bw_config_source *source;
    bool found;
};

static void print_line(const char *label, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    printf("  %-16s", label);
    out_text(value);
    putchar('\n');
}

static void print_time(const char *label, int64_t seconds)
{
    char time[BW_TIME_TEXT], ago[64], text[128];

    if (seconds == BW_TIME_NONE)
        return;
    clock_format(seconds, time);
    snprintf(text, sizeof text, "%s (%s)", time, out_ago(seconds, clock_now(&bw_clock_real), ago));
    print_line(label, text);
}

static void print_number(const char *label, int64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)number);
    print_line(label, text);
}

static int on_state(const char *source_id, const struct bw_source_state *state, void *ctx)
{
    struct showing *showing = ctx;
    char text[BW_TIME_TEXT];

    if (strcmp(source_id, showing->source->id) != 0)
        return 0;
    showing->found = true;
    print_line("health", health_name(state->health));
    print_line("why", state->why);
    print_time("last poll", state->last_poll);
    print_time("last success", state->last_success);
    print_time("last new item", state->last_item);
    print_time("failing since", state->failing_since);
    print_time("next due", state->next_due);
    print_line("set by", state->due_rule);
    print_line("interval", clock_format_duration(state->interval, text));
    if (state->rhythm > 0)
        print_line("rhythm", clock_format_duration(state->rhythm, text));
    print_number("last status", state->last_status);
    print_number("failures in row", state->failures);
    print_number("polls", state->polls);
    print_number("items", state->items);
    print_number("bytes last time", state->last_bytes);
    print_line("etag", state->etag);
    print_line("last-modified", state->last_modified);
    print_line("moved to", state->redirect_to);
    return 1;
}

static enum ctl_code run_show(struct ctl *ctl)
{
    struct showing showing = {0};
    enum ctl_code code = ctl_load_config(ctl);
    struct bw_error err = {0};
    char place[512];

    if (code != CTL_FINE)
        return code;
    showing.source = ctl_find_source(ctl, ctl->argv[0]);
    if (showing.source == NULL)
        return CTL_FAILED;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    out_text(showing.source->id);
    putchar('\n');
    print_line("title", showing.source->title);
    print_line("url", showing.source->url);
    print_line("lang", showing.source->lang);
    print_line("enabled", showing.source->enabled ? "yes" : "no");
    snprintf(place, sizeof place, "%s:%d", showing.source->place.file, showing.source->place.line);
    print_line("configured in", place);
    if (store_load_states(ctl->store, on_state, &showing, &err) != 0)
        return ctl_store_failed(&err);
    if (!showing.found)
        print_line("health", "new: never polled");
    return CTL_FINE;
}

const struct ctl_command cmd_sources_show = {
    .name = "sources show",
    .arguments = "SOURCE",
    .summary = "one source: all that is known of it",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_show,
};

/* --- poll ----------------------------------------------------------------------------------- */

/* Where the daemon listens, as request->url and unix_socket; `url` is the room for it. */
static void set_address(const struct bw_config *config, const char *path, char *url, size_t size,
                        struct http_request *request)
{
    bool is_unix = strncmp(config->serve.listen, "unix:", 5) == 0;

    request->unix_socket = is_unix ? config->serve.listen + 5 : NULL;
    snprintf(url, size, "http://%s%s", is_unix ? "localhost" : config->serve.listen, path);
    request->url = url;
}

/* Without a token, the page's own one proves that we can read what it shows: "X-CSRF-Token: …". */
static int read_page_token(const struct bw_config *config, char *header, size_t size,
                           struct bw_error *err)
{
    struct http_request request = {0};
    struct http_reply reply;
    const char *found;
    char url[512];
    int result = 0;

    set_address(config, "/rules", url, sizeof url, &request);
    if (http_ask(&request, &reply, err) != 0)
        return error_prefix(err, "is blocwatchd running?");
    found = strstr(buf_text(&reply.body), "name=\"csrf\" value=\"");
    if (found == NULL)
        result = error_set(err, BW_ERR_FORMAT, "%s is not the page of blocwatchd", url);
    else
        snprintf(header, size, "X-CSRF-Token: %.*s", (int)strcspn(found + 19, "\""), found + 19);
    http_reply_clear(&reply);
    return result;
}

static int post(const struct bw_config *config, const char *path, const char *body,
                struct http_reply *reply, struct bw_error *err)
{
    char url[512], token[4100] = "", csrf[128] = "";
    const char *headers[] = {csrf, NULL};
    struct http_request request = {.body = body};
    int result;

    set_address(config, path, url, sizeof url, &request);
    if (config->serve.token_file != NULL) {
        if (config_read_secret(config->serve.token_file, token, sizeof token, err) != 0)
            return -1;
        request.token = token;
    } else {
        if (read_page_token(config, csrf, sizeof csrf, err) != 0)
            return -1;
        request.headers = headers;
    }
    result = http_ask(&request, reply, err);
    explicit_bzero(token, sizeof token);
    return result;
}

static enum ctl_code run_poll(struct ctl *ctl)
{
    enum ctl_code code = ctl_load_config(ctl);
    struct bw_error err = {0};
    struct http_reply reply;
    json_t *object;
    char *body;

    if (code != CTL_FINE)
        return code;
    if (ctl_find_source(ctl, ctl->argv[0]) == NULL)
        return CTL_FAILED;
    if (strcmp(ctl->config->serve.listen, "off") == 0)
        return ctl_fail("the daemon cannot be asked: serve: listen: is off");
    object = json_pack("{s:s}", "source", ctl->argv[0]);
    body = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (body == NULL)
        return ctl_fail("out of memory");
    if (post(ctl->config, "/api/v1/sources/poll", body, &reply, &err) != 0) {
        code = ctl_fail("%s", err.text);
    } else {
        if (reply.status == 200)
            puts("due: it is polled as soon as its host allows");
        else
            code = ctl_fail("the daemon answered %ld: %s", reply.status, buf_text(&reply.body));
        http_reply_clear(&reply);
    }
    free(body);
    return code;
}

const struct ctl_command cmd_sources_poll = {
    .name = "sources poll",
    .arguments = "SOURCE",
    .summary = "let the running daemon visit a source now",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_poll,
};
