/* Who may ask what: Host, token, CSRF. Owns the token while the server stands. */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

static void add_host(struct serve_access *access, const char *host, size_t len, int port)
{
    for (int i = 0; i < 4; i++) {
        if (access->hosts[i] != NULL)
            continue;
        if (port > 0)
            snprintf(access->host_room[i], sizeof access->host_room[i], "%.*s:%d", (int)len, host,
                     port);
        else
            snprintf(access->host_room[i], sizeof access->host_room[i], "%.*s", (int)len, host);
        access->hosts[i] = access->host_room[i];
        return;
    }
}

static void add_public_host(struct serve_access *access, const char *url)
{
    const char *host = url == NULL ? NULL : strstr(url, "://");

    if (host != NULL)
        add_host(access, host + 3, strcspn(host + 3, "/"), 0);
}

int serve_access_init(struct serve_access *access, const struct bw_config *config, const char *host,
                      int port, bool local, struct bw_error *err)
{
    unsigned char random[16];

    memset(access, 0, sizeof *access);
    if (config->serve.token_file != NULL &&
        config_read_secret(config->serve.token_file, access->token, sizeof access->token, err) != 0)
        return -1;
    if (!local && access->token[0] == '\0')
        return error_set(err, BW_ERR_CONFIG,
                         "serve.listen: %s is not a loopback address; it needs serve.token_file",
                         host);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return error_set(err, BW_ERR_INTERNAL, "no random bytes");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(access->csrf + 2 * i, 3, "%02x", random[i]);
    access->needs_token = !local;
    if (local) {
        add_host(access, "localhost", 9, port);
        add_host(access, "127.0.0.1", 9, port);
        add_host(access, "[::1]", 5, port);
    } else {
        add_host(access, host, strlen(host), port);
    }
    add_public_host(access, config->serve.public_url);
    return 0;
}

static bool is_known_host(const struct serve_access *access, const char *host)
{
    for (int i = 0; i < 4; i++) {
        if (access->hosts[i] != NULL && host != NULL && strcasecmp(access->hosts[i], host) == 0)
            return true;
    }
    return false;
}

/* In the same time wherever the two begin to differ. */
static bool is_same_secret(const char *given, const char *secret)
{
    size_t len = strlen(secret), given_len = strlen(given);
    unsigned char differs = given_len != len;

    for (size_t i = 0; i < len; i++)
        differs |= (unsigned char)(given[i % (given_len + 1)] ^ secret[i]);
    return differs == 0;
}

static bool has_token(const struct serve_request *request)
{
    const char *given =
        evhttp_find_header(evhttp_request_get_input_headers(request->http), "Authorization");

    return request->server->access.token[0] != '\0' && given != NULL &&
           strncasecmp(given, "Bearer ", 7) == 0 &&
           is_same_secret(given + 7, request->server->access.token);
}

/* The page's own forms and scripts: the token that only they can read, from the same origin. */
static bool has_csrf_token(const struct serve_request *request)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
    const char *origin = evhttp_find_header(headers, "Origin");
    const char *given = evhttp_find_header(headers, "X-CSRF-Token");

    if (given == NULL)
        given = serve_param(request, "csrf");
    if (given == NULL || !is_same_secret(given, request->server->access.csrf))
        return false;
    origin = origin == NULL ? NULL : strstr(origin, "://");
    return origin == NULL || is_known_host(&request->server->access, origin + 3);
}

bool serve_access_check(struct serve_request *request, bool writes)
{
    const struct serve_access *access = &request->server->access;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
    bool token = has_token(request);

    if (!is_known_host(access, evhttp_find_header(headers, "Host"))) {
        serve_reply_problem(request, 421, "this server does not answer for that host");
        return false;
    }
    if (access->needs_token && !token) {
        evhttp_add_header(evhttp_request_get_output_headers(request->http), "WWW-Authenticate",
                          "Bearer");
        serve_reply_problem(request, 401, "a bearer token is needed");
        return false;
    }
    if (writes && !token && (access->needs_token || !has_csrf_token(request))) {
        serve_reply_problem(request, 403, "a change needs the token, or the page's own form");
        return false;
    }
    return true;
}
