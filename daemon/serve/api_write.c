/* Requests that change or start something. Forms of the page are sent back to it, scripts get JSON.
 * Owns nothing. */
#include "json.h"
#include "routes.h"

#include <stdlib.h>
#include <string.h>

/* A page's form names where to go on; only ways within this server are taken. */
static void reply_done(struct serve_request *request, json_t *json)
{
    const char *back = serve_param(request, "back");

    if (back != NULL && back[0] == '/' && back[1] != '/' && strpbrk(back, "\r\n\\") == NULL) {
        json_decref(json);
        serve_reply_redirect(request, back);
        return;
    }
    serve_reply_json(request, json);
}

/* The client may be gone when the answer comes: then there is nobody to tell. */
static void on_closed(struct evhttp_connection *connection, void *ctx)
{
    (void)connection;
    serve_request_gone(ctx);
}

/* A text that is being matched, and what shall be done with the answer. */
struct trial {
    struct serve_request *request;
    serve_tried_fn *tried;
};

static void on_answer(const char *json, const struct bw_error *err, void *reply)
{
    struct trial *trial = reply;
    struct serve_request *request = trial->request;
    serve_tried_fn *tried = trial->tried;

    free(trial);
    if (request->http == NULL) {
        serve_request_free(request);
        return;
    }
    evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), NULL, NULL);
    if (err != NULL)
        serve_reply_error(request, err);
    else
        tried(request, json);
}

void serve_try_item(struct serve_request *request, serve_tried_fn *tried)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    const char *title = serve_param(request, "title");
    const char *summary = serve_param(request, "summary");
    struct trial *trial = malloc(sizeof *trial);

    if (trial == NULL || (title == NULL && summary == NULL)) {
        free(trial);
        serve_reply_problem(request, 400, "title or summary is needed");
        return;
    }
    *trial = (struct trial){request, tried};
    evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), on_closed, request);
    hooks->try_item(title, summary, serve_param(request, "lang"), on_answer, trial, hooks->ctx);
}

static void reply_tried(struct serve_request *request, const char *json)
{
    serve_reply(request, 200, "application/json", json, strlen(json));
}

void serve_api_rules_test(struct serve_request *request)
{
    serve_try_item(request, reply_tried);
}

void serve_api_add_silence(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    const char *matchers = serve_param(request, "matchers");
    int64_t now = clock_now_ms(&bw_clock_real), minutes, id;
    struct bw_error err = {0};
    struct bw_silence silence;

    if (serve_param_number(request, "minutes", 525600, 0, &minutes) != 0)
        return;
    if (matchers == NULL || minutes == 0) {
        serve_reply_problem(request, 400, "matchers (\"rule=… actor=KZ\") and minutes are needed");
        return;
    }
    if (hooks->check_matchers(matchers, &err) != 0) {
        serve_reply_error(request, &err);
        return;
    }
    silence = (struct bw_silence){.matchers = matchers,
                                  .comment = serve_param(request, "comment"),
                                  .starts_ms = now,
                                  .ends_ms = now + minutes * 60000};
    if (store_begin(request->server->store, &err) != 0 ||
        store_add_silence(request->server->store, &silence, &id, &err) != 0 ||
        store_commit(request->server->store, &err) != 0) {
        store_rollback(request->server->store);
        serve_reply_error(request, &err);
        return;
    }
    silence.id = id;
    reply_done(request, serve_json_silence(&silence));
}

void serve_api_end_silence(struct serve_request *request)
{
    struct bw_store *store = request->server->store;
    struct bw_error err = {0};

    if (store_begin(store, &err) != 0 ||
        store_end_silence(store, strtoll(request->rest, NULL, 10), clock_now_ms(&bw_clock_real),
                          &err) != 0 ||
        store_commit(store, &err) != 0) {
        store_rollback(store);
        serve_reply_error(request, &err);
        return;
    }
    reply_done(request, json_pack("{s:b}", "ended", 1));
}

void serve_api_poll_now(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    const char *source = serve_param(request, "source");
    struct bw_error err = {0};

    if (source == NULL)
        serve_reply_problem(request, 400, "source is needed");
    else if (hooks->poll_now(source, &err, hooks->ctx) != 0)
        serve_reply_error(request, &err);
    else
        reply_done(request, json_pack("{s:s, s:b}", "source", source, "due", 1));
}

static void change_outbox(struct serve_request *request,
                          int (*change)(struct bw_store *, int64_t, int64_t, size_t *,
                                        struct bw_error *))
{
    struct bw_error err = {0};
    size_t changed = 0;
    int64_t alert;

    if (serve_param_number(request, "alert", INT64_MAX, 0, &alert) != 0)
        return;
    if (change(request->server->store, alert, clock_now_ms(&bw_clock_real), &changed, &err) != 0)
        serve_reply_error(request, &err);
    else
        reply_done(request, json_pack("{s:I}", "changed", (json_int_t)changed));
}

void serve_api_replay(struct serve_request *request)
{
    change_outbox(request, store_replay_outbox);
}

void serve_api_drop(struct serve_request *request)
{
    change_outbox(request, store_drop_outbox);
}
