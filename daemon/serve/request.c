/* A request: its path, parameters and body. Owned by whoever answers it. */
#include "server.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

void serve_request_free(struct serve_request *request)
{
    if (request == NULL)
        return;
    evhttp_clear_headers(&request->query);
    evhttp_clear_headers(&request->form);
    json_decref(request->body);
    free(request->path);
    free(request);
}

/* evhttp cuts a request that is being answered off its connection, and leaves it to us. */
void serve_request_gone(struct serve_request *request)
{
    if (evhttp_request_get_connection(request->http) == NULL)
        evhttp_request_free(request->http);
    request->http = NULL;
}

int serve_request_read_body(struct serve_request *request)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request->http);
    const char *type =
        evhttp_find_header(evhttp_request_get_input_headers(request->http), "Content-Type");
    size_t len = evbuffer_get_length(input);
    char *text = calloc(1, len + 1);
    int result = 0;

    if (text == NULL)
        return -1;
    evbuffer_copyout(input, text, len);
    if (type != NULL && strncmp(type, "application/json", 16) == 0)
        result = (request->body = json_loadb(text, len, 0, NULL)) == NULL ? -1 : 0;
    else if (len > 0)
        result = evhttp_parse_query_str(text, &request->form);
    free(text);
    return result;
}

struct serve_request *serve_request_new(struct bw_server *server, struct evhttp_request *http)
{
    struct serve_request *request = calloc(1, sizeof *request);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
    const char *query = uri == NULL ? NULL : evhttp_uri_get_query(uri);
    const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);

    if (request == NULL)
        return NULL;
    request->server = server;
    request->http = http;
    request->path = evhttp_uridecode(path == NULL || path[0] == '\0' ? "/" : path, 0, NULL);
    request->rest = "";
    TAILQ_INIT(&request->query);
    TAILQ_INIT(&request->form);
    if (request->path == NULL || (query != NULL && query[0] != '\0' &&
                                  evhttp_parse_query_str(query, &request->query) != 0)) {
        serve_request_free(request);
        return NULL;
    }
    return request;
}
