/* The server: address, limits, routes. Owns the listener and every request under way. */
#include "server.h"

#include "routes.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BODY_LIMIT = 256 << 10, HEADER_LIMIT = 16 << 10, TIMEOUT_SECONDS = 20, BACKLOG = 128 };

enum route_access {
    ROUTE_READ,
    ROUTE_WRITE, /* needs the token, or the page's form */
    ROUTE_OPEN,  /* for the machinery: no token, any host */
};

struct route {
    enum evhttp_cmd_type method;
    const char *path; /* ends in "/" when something may follow */
    serve_handler_fn *handle;
    enum route_access access;
};

static const struct route routes[] = {
    {EVHTTP_REQ_GET, "/", serve_page_overview, ROUTE_READ},
    {EVHTTP_REQ_GET, "/stories", serve_page_stories, ROUTE_READ},
    {EVHTTP_REQ_GET, "/stories/", serve_page_stories, ROUTE_READ},
    {EVHTTP_REQ_GET, "/hits/", serve_page_hit, ROUTE_READ},
    {EVHTTP_REQ_GET, "/search", serve_page_search, ROUTE_READ},
    {EVHTTP_REQ_GET, "/sources", serve_page_sources, ROUTE_READ},
    {EVHTTP_REQ_GET, "/alerts", serve_page_alerts, ROUTE_READ},
    {EVHTTP_REQ_GET, "/rules", serve_page_rules, ROUTE_READ},
    {EVHTTP_REQ_POST, "/rules", serve_page_rules_try, ROUTE_WRITE},
    {EVHTTP_REQ_GET, "/assets/", serve_asset_get, ROUTE_READ},
    {EVHTTP_REQ_GET, "/healthz", serve_healthz, ROUTE_OPEN},
    {EVHTTP_REQ_GET, "/readyz", serve_readyz, ROUTE_OPEN},
    {EVHTTP_REQ_GET, "/metrics", serve_metrics, ROUTE_READ},
    {EVHTTP_REQ_GET, "/events", serve_events_stream, ROUTE_READ},
    {EVHTTP_REQ_GET, "/hits.atom", serve_hits_atom, ROUTE_READ},
    {EVHTTP_REQ_GET, "/hits.csv", serve_hits_csv, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/hits", serve_api_hits, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/hits/", serve_api_hits, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/stories", serve_api_stories, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/stories/", serve_api_stories, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/items", serve_api_items, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/items/", serve_api_items, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/matrix", serve_api_matrix, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/sources", serve_api_sources, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/rules", serve_api_rules, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/alerts", serve_api_alerts, ROUTE_READ},
    {EVHTTP_REQ_GET, "/api/v1/silences", serve_api_silences, ROUTE_READ},
    {EVHTTP_REQ_POST, "/api/v1/rules/test", serve_api_rules_test, ROUTE_WRITE},
    {EVHTTP_REQ_POST, "/api/v1/silences", serve_api_add_silence, ROUTE_WRITE},
    {EVHTTP_REQ_DELETE, "/api/v1/silences/", serve_api_end_silence, ROUTE_WRITE},
    {EVHTTP_REQ_POST, "/api/v1/sources/poll", serve_api_poll_now, ROUTE_WRITE},
    {EVHTTP_REQ_POST, "/api/v1/alerts/replay", serve_api_replay, ROUTE_WRITE},
    {EVHTTP_REQ_POST, "/api/v1/alerts/drop", serve_api_drop, ROUTE_WRITE},
};
enum { ROUTES = sizeof routes / sizeof routes[0] };

/* --- requests ----------------------------------------------------------------------------------
 */

static bool route_fits(const struct route *route, struct serve_request *request)
{
    size_t len = strlen(route->path);

    if (len > 1 && route->path[len - 1] == '/' && strncmp(request->path, route->path, len) == 0 &&
        request->path[len] != '\0') {
        request->rest = request->path + len;
        return true;
    }
    return strcmp(route->path, request->path) == 0;
}

static const struct route *find_route(struct serve_request *request, bool *other_method)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(request->http);

    if (method == EVHTTP_REQ_HEAD)
        method = EVHTTP_REQ_GET;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!route_fits(&routes[i], request))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}

static void on_request(struct evhttp_request *http, void *ctx)
{
    struct bw_server *server = ctx;
    struct serve_request *request = serve_request_new(server, http);
    const struct route *route;
    bool other_method = false;

    server->requests++;
    if (request == NULL) {
        evhttp_send_error(http, 400, "the address cannot be read");
        return;
    }
    route = find_route(request, &other_method);
    if (route == NULL) {
        serve_reply_problem(request, other_method ? 405 : 404, "%s: %s", request->path,
                            other_method ? "not by this method" : "there is no such page");
        return;
    }
    if (evhttp_request_get_command(http) == EVHTTP_REQ_POST &&
        serve_request_read_body(request) != 0) {
        serve_reply_problem(request, 400, "the request's body cannot be read");
        return;
    }
    if (route->access == ROUTE_OPEN || serve_access_check(request, route->access == ROUTE_WRITE))
        route->handle(request);
}

/* --- the address -------------------------------------------------------------------------------
 */

static int listen_unix(struct bw_server *server, const char *path, struct bw_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct evconnlistener *listener;

    if (strlen(path) >= sizeof address.sun_path)
        return error_set(err, BW_ERR_CONFIG, "serve.listen: %s is too long for a socket", path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path); /* of a daemon that was killed: ours holds the state directory's lock */
    listener = evconnlistener_new_bind(server->base, NULL, NULL,
                                       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG,
                                       (struct sockaddr *)&address, sizeof address);
    if (listener == NULL || evhttp_bind_listener(server->http, listener) == NULL) {
        if (listener != NULL)
            evconnlistener_free(listener);
        return error_set(err, BW_ERR_BUSY, "cannot listen on %s: %s", path, strerror(errno));
    }
    chmod(path, 0660);
    snprintf(server->socket_path, sizeof server->socket_path, "%s", path);
    snprintf(server->url, sizeof server->url, "unix:%s", path);
    return serve_access_init(&server->access, server->config, "localhost", 0, true, err);
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

/* "127.0.0.1:8780" or "[::1]:8780" into host and port. */
static int split_address(const char *listen, char *host, size_t size, int *port)
{
    const char *colon = strrchr(listen, ':');
    char *end;
    long number;

    if (colon == NULL || colon == listen)
        return -1;
    number = strtol(colon + 1, &end, 10);
    if (*end != '\0' || end == colon + 1 || number < 0 || number > 65535)
        return -1;
    if (listen[0] == '[' && colon[-1] == ']')
        snprintf(host, size, "%.*s", (int)(colon - listen - 2), listen + 1);
    else
        snprintf(host, size, "%.*s", (int)(colon - listen), listen);
    *port = (int)number;
    return 0;
}

static int bound_port(struct evhttp_bound_socket *socket)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_family = AF_UNSPEC}};
    socklen_t len = sizeof address;

    if (getsockname(evhttp_bound_socket_get_fd(socket), &address.any, &len) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static int listen_tcp(struct bw_server *server, struct bw_error *err)
{
    struct evhttp_bound_socket *socket;
    char host[256];
    int port;

    if (split_address(server->listen, host, sizeof host, &port) != 0)
        return error_set(err, BW_ERR_CONFIG,
                         "serve.listen: \"%s\" is none of HOST:PORT, unix:PATH, off",
                         server->listen);
    if (serve_access_init(&server->access, server->config, host, port, is_loopback(host), err) != 0)
        return -1;
    socket = evhttp_bind_socket_with_handle(server->http, host, (uint16_t)port);
    if (socket == NULL)
        return error_set(err, BW_ERR_BUSY, "cannot listen on %s: %s", server->listen,
                         strerror(errno));
    if (port == 0) {
        port = bound_port(socket);
        if (serve_access_init(&server->access, server->config, host, port, is_loopback(host),
                              err) != 0)
            return -1;
    }
    snprintf(server->url, sizeof server->url,
             strchr(host, ':') ? "http://[%s]:%d/" : "http://%s:%d/", host, port);
    return 0;
}

static int start_listening(struct bw_server *server, struct bw_error *err)
{
    server->http = evhttp_new(server->base);
    server->events = serve_events_new(server);
    if (server->http == NULL || server->events == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    evhttp_set_max_body_size(server->http, BODY_LIMIT);
    evhttp_set_max_headers_size(server->http, HEADER_LIMIT);
    evhttp_set_timeout(server->http, TIMEOUT_SECONDS);
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
                                                 EVHTTP_REQ_DELETE);
    evhttp_set_gencb(server->http, on_request, server);
    if (strncmp(server->listen, "unix:", 5) == 0)
        return listen_unix(server, server->listen + 5, err);
    return listen_tcp(server, err);
}

struct bw_server *server_new(struct event_base *base, const struct bw_config *config,
                             struct bw_store *store, const struct bw_serve_hooks *hooks,
                             struct bw_error *err)
{
    struct bw_server *server = calloc(1, sizeof *server);

    if (server == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    server->base = base;
    server->config = config;
    server->store = store;
    server->hooks = *hooks;
    snprintf(server->listen, sizeof server->listen, "%s", config->serve.listen);
    if (strcmp(server->listen, "off") == 0)
        return server;
    if (start_listening(server, err) != 0) {
        server_free(server);
        return NULL;
    }
    serve_rest_when_crowded(server->http);
    return server;
}

void server_free(struct bw_server *server)
{
    if (server == NULL)
        return;
    serve_events_free(server->events);
    if (server->http != NULL)
        evhttp_free(server->http);
    if (server->socket_path[0] != '\0')
        unlink(server->socket_path);
    explicit_bzero(&server->access, sizeof server->access);
    free(server);
}

int server_replace_config(struct bw_server *server, const struct bw_config *config,
                          struct bw_error *err)
{
    server->config = config;
    if (strcmp(server->listen, config->serve.listen) == 0)
        return 0;
    return error_set(err, BW_ERR_CONFIG, "serve.listen: a new address needs a restart");
}

void server_announce(struct bw_server *server)
{
    if (server->events != NULL)
        serve_events_announce(server->events);
}

const char *server_url(const struct bw_server *server)
{
    return server->url[0] == '\0' ? NULL : server->url;
}
