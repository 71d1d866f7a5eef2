/* A request's options, its guards, and what comes back. Owns the header list and the body until
 * they are handed on. */
#include "http_transfer.h"

#include "address.h"
#include "blocwatch/source.h"
#include "http_status.h"
#include "url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_HEADER_BYTES = 64 << 10,
    MAX_ERROR_PAGE = 64 << 10, /* read to its end, so that the connection can be used again */
    MAX_VALIDATOR = 2048,
    SECRET_TEXT = 4097,
    MAX_IDLE_S = 15, /* a connection that nobody has used for longer is closed */
};

static const char accept_header[] =
    "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
    "application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, "
    "*/*;q=0.5";

/* --- guards ---------------------------------------------------------------------------------- */

static void refuse_address(struct transfer *transfer, const char *text)
{
    transfer->private_address = true;
    snprintf(transfer->refused_address, sizeof transfer->refused_address, "%s", text);
}

static void format_address(const struct sockaddr *address, char *text, size_t size)
{
    const struct sockaddr_in *in4 = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;

    text[0] = '\0';
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &in4->sin_addr, text, (socklen_t)size);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
}

/* The address that is really connected to, after any resolving: no rebinding gets around it. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = ctx;
    char text[64];

    (void)purpose;
    if (!transfer->allow_private && !transfer->has_proxy && !address_is_public(&address->addr)) {
        format_address(&address->addr, text, sizeof text);
        refuse_address(transfer, text);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before the request leaves: a connection that another source opened may lead where this one must
 * not go. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type that curl wants */
static int on_request_ready(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *transfer = ctx;

    (void)local;
    (void)remote_port;
    (void)local_port;
    if (!transfer->allow_private && !transfer->has_proxy && !address_text_is_public(remote)) {
        refuse_address(transfer, remote);
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->on_ready(transfer);
    return CURL_PREREQFUNC_OK;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): likewise */
static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t len = size * count;

    (void)data;
    transfer->n_header_bytes += len;
    if (transfer->n_header_bytes > MAX_HEADER_BYTES) {
        transfer->too_large = true;
        return 0;
    }
    if (!transfer->answered) {
        transfer->answered = true;
        transfer->on_first_byte(transfer);
        /* Before this, silence is the first byte's time limit; from now on it is low speed. */
        curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_LIMIT,
                         (long)transfer->limits.low_speed_bytes);
        curl_easy_setopt(transfer->easy, CURLOPT_LOW_SPEED_TIME,
                         (long)transfer->limits.low_speed_time);
    }
    return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t len = size * count;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != HTTP_OK) {
        transfer->n_discarded += len;
        transfer->enough = transfer->n_discarded > MAX_ERROR_PAGE;
        return transfer->enough ? 0 : len;
    }
    if (len > transfer->limits.max_size - transfer->body.len) {
        transfer->too_large = true;
        return 0;
    }
    return buf_append(&transfer->body, data, len) == 0 ? len : 0;
}

/* --- the request ----------------------------------------------------------------------------- */

static int add_header(struct transfer *transfer, const char *text)
{
    struct curl_slist *list = curl_slist_append(transfer->headers, text);

    if (list == NULL)
        return -1;
    transfer->headers = list;
    return 0;
}

/* A remembered validator that could break a header line is not sent. */
static bool is_header_value(const char *value)
{
    if (value == NULL || value[0] == '\0' || strlen(value) > MAX_VALIDATOR)
        return false;
    for (const unsigned char *c = (const void *)value; *c != '\0'; c++) {
        if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
            return false;
    }
    return true;
}

static int add_validator(struct transfer *transfer, const char *name, const char *value)
{
    char line[MAX_VALIDATOR + 64];

    if (!is_header_value(value))
        return 0;
    snprintf(line, sizeof line, "%s: %s", name, value);
    transfer->sent_validators = true;
    return add_header(transfer, line);
}

static void set_user_agent(CURL *easy, const struct bw_config_source *source)
{
    const char *name = source->user_agent != NULL ? source->user_agent : source->polling.user_agent;
    char text[512];

    if (name == NULL && source->polling.contact != NULL)
        snprintf(text, sizeof text, "blocwatch/%s (+%s)", BLOCWATCH_VERSION,
                 source->polling.contact);
    else
        snprintf(text, sizeof text, "%s", name != NULL ? name : "blocwatch/" BLOCWATCH_VERSION);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, text);
}

/* Read at each request, wiped at once: the configuration never holds a secret. */
static int set_credentials(CURL *easy, const struct bw_config_source *source, struct bw_error *err)
{
    char secret[SECRET_TEXT] = "";
    int result = 0;

    if (source->username == NULL)
        return 0;
    if (source->password_file != NULL)
        result = config_read_secret(source->password_file, secret, sizeof secret, err);
    if (result == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, source->username);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, secret);
    }
    explicit_bzero(secret, sizeof secret);
    return result;
}

static void set_limits(struct transfer *transfer)
{
    const struct bw_config_polling *limits = &transfer->limits;
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)limits->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)limits->total_timeout);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)limits->max_size);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A resolver thread that hangs must not hold up the loop when its request is given up. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_ready);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->problem);
}

static void set_network(struct transfer *transfer, const struct bw_config_source *source,
                        bool is_https)
{
    CURL *easy = transfer->easy;

    /* Only a proxy of the configuration: never one of the environment. */
    curl_easy_setopt(easy, CURLOPT_PROXY, source->proxy != NULL ? source->proxy : "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Rather wait for a connection that may carry several requests than open another. Over plain
     * http a slow first answer would hold the second request back for nothing. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, is_https ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    /* Polls of a host lie minutes apart: its address would be looked up again anyway, and libcurl
     * walks its whole cache at each look-up, which thousands of hosts make slow. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)MAX_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (source->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, source->ca_file);
}

/* A proxy resolves the name: what can be seen from the URL alone is refused here. */
static int check_proxied(const struct transfer *transfer, const char *url, struct bw_error *err)
{
    char *host;
    bool refused;

    if (!transfer->has_proxy || transfer->allow_private)
        return 0;
    host = url_host(url, err);
    if (host == NULL)
        return -1;
    refused = address_host_is_private(host);
    free(host);
    if (refused)
        return error_set(err, BW_ERR_NETWORK, "%s is a private address (allow_private is not set)",
                         url);
    return 0;
}

int transfer_prepare(struct transfer *transfer, const struct bw_request *request,
                     struct bw_error *err)
{
    const struct bw_config_source *source = request->source;

    if (!url_is_http(request->url))
        return error_set(err, BW_ERR_USAGE, "%s: only http, https and file are polled",
                         request->url);
    transfer->limits = source->polling;
    transfer->allow_private = source->allow_private;
    transfer->has_proxy = source->proxy != NULL && source->proxy[0] != '\0';
    if (check_proxied(transfer, request->url, err) != 0)
        return -1;
    set_limits(transfer);
    set_callbacks(transfer);
    set_network(transfer, source, url_is_https(request->url));
    set_user_agent(transfer->easy, source);
    curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, request->keep ? 0L : 1L);
    if (request->trusted && set_credentials(transfer->easy, source, err) != 0)
        return -1;
    if (add_header(transfer, accept_header) != 0 ||
        add_validator(transfer, "If-None-Match", request->etag) != 0 ||
        add_validator(transfer, "If-Modified-Since", request->last_modified) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    if (curl_easy_setopt(transfer->easy, CURLOPT_URL, request->url) != CURLE_OK)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return 0;
}

void transfer_clear(struct transfer *transfer)
{
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    buf_clear(&transfer->body);
}

/* --- the answer ------------------------------------------------------------------------------ */

static enum bw_fetch_result classify(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return BW_FETCH_DNS;
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return BW_FETCH_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return BW_FETCH_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return BW_FETCH_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return BW_FETCH_TOO_LARGE;
    case CURLE_URL_MALFORMAT:
        return BW_FETCH_REFUSED;
    default:
        return BW_FETCH_OTHER;
    }
}

static void explain_failure(const struct transfer *transfer, CURLcode code,
                            struct bw_response *response)
{
    struct bw_error *err = &response->error;

    response->result = classify(code);
    if (transfer->private_address) {
        response->result = BW_FETCH_REFUSED;
        error_set(err, BW_ERR_NETWORK,
                  "the host leads to the private address %s (allow_private is not set)",
                  transfer->refused_address);
    } else if (transfer->too_large || response->result == BW_FETCH_TOO_LARGE) {
        response->result = BW_FETCH_TOO_LARGE;
        error_set(err, BW_ERR_LIMIT, "the answer is larger than %zu bytes",
                  transfer->limits.max_size);
    } else if (transfer->no_first_byte) {
        error_set(err, BW_ERR_NETWORK, "no answer within %lld s of the request",
                  (long long)transfer->limits.first_byte_timeout);
    } else if (transfer->body.failed) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
    } else {
        error_set(err, BW_ERR_NETWORK, "%s",
                  transfer->problem[0] != '\0' ? transfer->problem : curl_easy_strerror(code));
    }
}

/* A header's value; fields of the same name are joined as RFC 9110 5.3 says. NULL: absent. */
static char *copy_header(CURL *easy, const char *name)
{
    struct curl_header *header;
    struct bw_buf joined;
    size_t amount;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    buf_init(&joined);
    buf_puts(&joined, header->value);
    amount = header->amount;
    for (size_t i = 1; i < amount; i++) {
        if (curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK)
            buf_printf(&joined, ", %s", header->value);
    }
    return buf_steal(&joined);
}

/* The first of several: for fields that are not lists. */
static char *copy_single(CURL *easy, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return strdup(header->value);
}

static char *copy_validator(CURL *easy, const char *name)
{
    char *value = copy_single(easy, name);

    if (is_header_value(value))
        return value;
    free(value);
    return NULL;
}

static void copy_headers(CURL *easy, struct bw_response *response)
{
    response->etag = copy_validator(easy, "ETag");
    response->last_modified = copy_validator(easy, "Last-Modified");
    response->content_type = copy_single(easy, "Content-Type");
    response->location = copy_single(easy, "Location");
    response->cache_control = copy_header(easy, "Cache-Control");
    response->expires = copy_single(easy, "Expires");
    response->date = copy_single(easy, "Date");
    response->age = copy_single(easy, "Age");
    response->retry_after = copy_single(easy, "Retry-After");
}

void transfer_finish(struct transfer *transfer, CURLcode code, struct bw_response *response)
{
    curl_off_t received = 0;
    long header_bytes = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    curl_easy_getinfo(transfer->easy, CURLINFO_HEADER_SIZE, &header_bytes);
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response->status);
    response->wire_bytes = (uint64_t)received + (uint64_t)header_bytes;
    if (code != CURLE_OK && !transfer->enough) {
        explain_failure(transfer, code, response);
        return;
    }
    response->result = BW_FETCH_OK;
    copy_headers(transfer->easy, response);
    if (response->status != HTTP_OK)
        return;
    response->body = transfer->body;
    buf_init(&transfer->body);
}
