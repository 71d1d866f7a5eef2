/* /events: Server-Sent Events (WHATWG HTML, 9.2), one "hit" for each new hit; a client that comes
 * back with Last-Event-ID gets what it missed. Owns the listeners. */
#include "json.h"
#include "routes.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    LISTENERS_MOST = 64,
    MISSED_MOST = 200,      /* hits sent to a client that comes back */
    BACKLOG_MOST = 1 << 20, /* bytes that a slow client may leave unread */
    KEEP_ALIVE_SECONDS = 25,
};

struct listener {
    TAILQ_ENTRY(listener) link;
    struct serve_events *events;
    struct serve_request *request;
    int64_t last_id;
};

struct serve_events {
    struct bw_server *server;
    TAILQ_HEAD(, listener) listeners;
    size_t n_listeners;
    struct event *keep_alive;
};

/* The connection is closed already, or is about to be. */
static void drop_listener(struct listener *listener)
{
    TAILQ_REMOVE(&listener->events->listeners, listener, link);
    listener->events->n_listeners--;
    serve_request_free(listener->request);
    free(listener);
}

static void on_closed(struct evhttp_connection *connection, void *ctx)
{
    struct listener *listener = ctx;

    (void)connection;
    serve_request_gone(listener->request);
    drop_listener(listener);
}

static void send_text(struct listener *listener, const char *text, size_t len)
{
    struct evbuffer *chunk = evbuffer_new();

    if (chunk != NULL && evbuffer_add(chunk, text, len) == 0)
        evhttp_send_reply_chunk(listener->request->http, chunk);
    if (chunk != NULL)
        evbuffer_free(chunk);
}

static size_t unread_bytes(const struct listener *listener)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(listener->request->http);

    return evbuffer_get_length(
        bufferevent_get_output(evhttp_connection_get_bufferevent(connection)));
}

/* A client that does not read is let go: it comes back with Last-Event-ID. */
static void end_listener(struct listener *listener)
{
    struct evhttp_request *http = listener->request->http;

    evhttp_connection_set_closecb(evhttp_request_get_connection(http), NULL, NULL);
    evhttp_send_reply_end(http);
    drop_listener(listener);
}

static int send_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct listener *listener = ctx;
    json_t *json = serve_json_hit(hit);
    char *data = json_dumps(json, JSON_COMPACT);
    struct bw_buf text;

    buf_init(&text);
    buf_printf(&text, "id: %" PRId64 "\nevent: hit\ndata: %s\n\n", hit->id,
               data == NULL ? "{}" : data);
    send_text(listener, buf_text(&text), text.len);
    listener->last_id = hit->id;
    buf_clear(&text);
    free(data);
    json_decref(json);
    return unread_bytes(listener) > BACKLOG_MOST;
}

static void send_new_hits(struct listener *listener)
{
    struct bw_hit_query query = {.since_ms = BW_TIME_NONE,
                                 .until_ms = BW_TIME_NONE,
                                 .after_id = listener->last_id,
                                 .oldest_first = true,
                                 .limit = MISSED_MOST};
    struct bw_error err;

    store_list_hits(listener->events->server->store, &query, send_hit, listener, &err);
}

static void on_keep_alive(evutil_socket_t fd, short what, void *ctx)
{
    struct serve_events *events = ctx;
    struct listener *listener, *next;

    (void)fd;
    (void)what;
    for (listener = TAILQ_FIRST(&events->listeners); listener != NULL; listener = next) {
        next = TAILQ_NEXT(listener, link);
        if (unread_bytes(listener) > BACKLOG_MOST)
            end_listener(listener);
        else
            send_text(listener, ":\n\n", 3);
    }
}

static int note_id(const struct bw_hit_row *hit, void *ctx)
{
    *(int64_t *)ctx = hit->id;
    return 1;
}

static int64_t newest_hit(struct bw_store *store)
{
    struct bw_hit_query query = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .limit = 1};
    struct bw_error err;
    int64_t id = 0;

    store_list_hits(store, &query, note_id, &id, &err);
    return id;
}

void serve_events_stream(struct serve_request *request)
{
    struct serve_events *events = request->server->events;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request->http);
    const char *last =
        evhttp_find_header(evhttp_request_get_input_headers(request->http), "Last-Event-ID");
    struct listener *listener;

    if (events->n_listeners >= LISTENERS_MOST || (listener = calloc(1, sizeof *listener)) == NULL) {
        serve_reply_problem(request, 503, "too many listeners");
        return;
    }
    listener->events = events;
    listener->request = request;
    listener->last_id = last != NULL ? strtoll(last, NULL, 10) : newest_hit(request->server->store);
    TAILQ_INSERT_TAIL(&events->listeners, listener, link);
    events->n_listeners++;
    evhttp_add_header(headers, "Content-Type", "text/event-stream");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_connection_set_closecb(evhttp_request_get_connection(request->http), on_closed,
                                  listener);
    evhttp_send_reply_start(request->http, 200, "OK");
    send_text(listener, "retry: 5000\n\n", 13);
    send_new_hits(listener);
}

void serve_events_announce(struct serve_events *events)
{
    struct listener *listener;

    TAILQ_FOREACH(listener, &events->listeners, link)
    send_new_hits(listener);
}

struct serve_events *serve_events_new(struct bw_server *server)
{
    static const struct timeval period = {KEEP_ALIVE_SECONDS, 0};
    struct serve_events *events = calloc(1, sizeof *events);

    if (events == NULL)
        return NULL;
    events->server = server;
    TAILQ_INIT(&events->listeners);
    events->keep_alive = event_new(server->base, -1, EV_PERSIST, on_keep_alive, events);
    if (events->keep_alive == NULL) {
        free(events);
        return NULL;
    }
    event_add(events->keep_alive, &period);
    return events;
}

void serve_events_free(struct serve_events *events)
{
    struct listener *listener, *next;

    if (events == NULL)
        return;
    for (listener = TAILQ_FIRST(&events->listeners); listener != NULL; listener = next) {
        next = TAILQ_NEXT(listener, link);
        end_listener(listener);
    }
    event_free(events->keep_alive);
    free(events);
}
