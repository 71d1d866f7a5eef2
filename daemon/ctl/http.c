/* One request at a time, by libcurl's easy interface. Owns the handle during the call. */
#include "http.h"

#include <curl/curl.h>
#include <string.h>

enum { CONNECT_SECONDS = 10, TOTAL_SECONDS = 60, MOST_REDIRECTS = 5 };

static size_t on_bytes(char *bytes, size_t size, size_t n, void *ctx)
{
    struct bw_buf *body = ctx;

    if (body->len + size * n > HTTP_MOST_BYTES || buf_append(body, bytes, size * n) != 0)
        return 0; /* ends the transfer */
    return size * n;
}

static void set_options(CURL *curl, const struct http_request *request, struct curl_slist *headers,
                        struct bw_buf *body, char *error)
{
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request->follow ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TOTAL_SECONDS);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT,
                     request->user_agent != NULL ? request->user_agent
                                                 : "blocwatchctl/" BLOCWATCH_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    if (request->unix_socket != NULL) {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (request->token != NULL) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, request->token);
    }
    if (request->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
    if (request->body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
}

static int take_reply(CURL *curl, struct http_reply *reply, struct bw_error *err)
{
    char *text = NULL;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    if (curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK && text != NULL)
        buf_puts(&reply->url, text);
    text = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text != NULL)
        buf_puts(&reply->content_type, text);
    if (reply->body.failed || reply->url.failed || reply->content_type.failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return 0;
}

int http_ask(const struct http_request *request, struct http_reply *reply, struct bw_error *err)
{
    struct curl_slist *headers = NULL;
    char error[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    CURLcode code;
    int result;

    memset(reply, 0, sizeof *reply);
    if (curl == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
        headers = curl_slist_append(headers, request->headers[i]);
    if (request->body != NULL)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    set_options(curl, request, headers, &reply->body, error);
    code = curl_easy_perform(curl);
    if (code == CURLE_WRITE_ERROR)
        result = error_set(err, BW_ERR_LIMIT, "%s: more than %d MiB", request->url,
                           HTTP_MOST_BYTES >> 20);
    else if (code != CURLE_OK)
        result = error_set(err, BW_ERR_NETWORK, "%s: %s", request->url,
                           error[0] != '\0' ? error : curl_easy_strerror(code));
    else
        result = take_reply(curl, reply, err);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (result != 0)
        http_reply_clear(reply);
    return result;
}

void http_reply_clear(struct http_reply *reply)
{
    buf_clear(&reply->body);
    buf_clear(&reply->url);
    buf_clear(&reply->content_type);
}
