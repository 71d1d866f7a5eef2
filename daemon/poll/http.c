/* http and https by libcurl's multi interface on the event loop. Owns the transfers, the easy
 * handles kept for reuse, and the connections. */
#include "http_transfer.h"

#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT_HANDLES = 64,
    IDLE_SHARE = 4, /* idle connections, times `connections` */
};

struct http_transport {
    struct bw_transport transport;
    struct event_base *base;
    CURLM *multi;
    CURLSH *share; /* TLS sessions, resumed by later connections */
    struct event *timer;
    CURL *kept[KEPT_HANDLES];
    int n_kept;
};

/* One running transfer, and the loop's part of it. */
struct http_job {
    struct transfer transfer;
    struct http_transport *http;
    struct event *first_byte;
    transport_done_fn *done;
    void *ctx;
};

static CURL *take_easy(struct http_transport *http)
{
    return http->n_kept > 0 ? http->kept[--http->n_kept] : curl_easy_init();
}

static void keep_easy(struct http_transport *http, CURL *easy)
{
    if (easy == NULL)
        return;
    curl_easy_reset(easy);
    if (http->n_kept < KEPT_HANDLES)
        http->kept[http->n_kept++] = easy;
    else
        curl_easy_cleanup(easy);
}

static void free_job(struct http_job *job)
{
    if (job == NULL)
        return;
    if (job->first_byte != NULL)
        event_free(job->first_byte);
    keep_easy(job->http, job->transfer.easy);
    job->transfer.easy = NULL;
    transfer_clear(&job->transfer);
    free(job);
}

static void finish_job(struct http_job *job, CURLcode code)
{
    struct bw_response response = {0};

    curl_multi_remove_handle(job->http->multi, job->transfer.easy);
    transfer_finish(&job->transfer, code, &response);
    job->done(&response, job->ctx);
    response_clear(&response);
    free_job(job);
}

static void take_finished(struct http_transport *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_job *job = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job);
        finish_job(job, code);
    }
}

static void on_socket_event(evutil_socket_t fd, short what, void *ctx)
{
    struct http_transport *http = ctx;
    int running, flags = 0;

    flags |= (what & EV_READ) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0;
    curl_multi_socket_action(http->multi, fd, flags, &running);
    take_finished(http);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct http_transport *http = ctx;
    int running;

    (void)fd;
    (void)what;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_finished(http);
}

/* curl: watch this socket for these. Its event is kept at the socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct http_transport *http = ctx;
    struct event *event = socket_ctx;
    short kind = EV_PERSIST;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (event != NULL)
            event_free(event);
        curl_multi_assign(http->multi, fd, NULL);
        return 0;
    }
    kind |= (what & CURL_POLL_IN) != 0 ? EV_READ : 0;
    kind |= (what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0;
    if (event != NULL) {
        event_del(event);
        event_assign(event, http->base, fd, kind, on_socket_event, http);
    } else {
        event = event_new(http->base, fd, kind, on_socket_event, http);
        curl_multi_assign(http->multi, fd, event);
    }
    return event == NULL || event_add(event, NULL) != 0 ? -1 : 0;
}

static int on_timeout_change(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http_transport *http = ctx;
    struct timeval delay = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    (void)multi;
    if (timeout_ms < 0)
        event_del(http->timer);
    else
        event_add(http->timer, &delay);
    return 0;
}

static void on_no_first_byte(evutil_socket_t fd, short what, void *ctx)
{
    struct http_job *job = ctx;

    (void)fd;
    (void)what;
    job->transfer.no_first_byte = true;
    finish_job(job, CURLE_OPERATION_TIMEDOUT);
}

/* Counted from the moment at which the request leaves. */
static void on_ready(struct transfer *transfer)
{
    struct http_job *job = (struct http_job *)transfer;
    struct timeval delay = {transfer->limits.first_byte_timeout, 0};

    event_add(job->first_byte, &delay);
}

static void on_first_byte(struct transfer *transfer)
{
    struct http_job *job = (struct http_job *)transfer;

    event_del(job->first_byte);
}

static void *start_http(struct bw_transport *transport, const struct bw_request *request,
                        transport_done_fn *done, void *ctx, struct bw_error *err)
{
    struct http_transport *http = (struct http_transport *)transport;
    struct http_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        goto memory;
    *job = (struct http_job){.http = http, .done = done, .ctx = ctx};
    job->transfer.on_ready = on_ready;
    job->transfer.on_first_byte = on_first_byte;
    job->transfer.easy = take_easy(http);
    job->first_byte = evtimer_new(http->base, on_no_first_byte, job);
    if (job->transfer.easy == NULL || job->first_byte == NULL)
        goto memory;
    if (transfer_prepare(&job->transfer, request, err) != 0)
        goto fail;
    curl_easy_setopt(job->transfer.easy, CURLOPT_SHARE, http->share);
    curl_easy_setopt(job->transfer.easy, CURLOPT_PRIVATE, job);
    if (curl_multi_add_handle(http->multi, job->transfer.easy) != CURLM_OK)
        goto memory;
    return job;
memory:
    error_set(err, BW_ERR_MEMORY, "out of memory");
fail:
    free_job(job);
    return NULL;
}

static void cancel_http(struct bw_transport *transport, void *handle)
{
    struct http_transport *http = (struct http_transport *)transport;
    struct http_job *job = handle;

    curl_multi_remove_handle(http->multi, job->transfer.easy);
    free_job(job);
}

static void free_http(struct bw_transport *transport)
{
    struct http_transport *http = (struct http_transport *)transport;

    if (http == NULL)
        return;
    while (http->n_kept > 0)
        curl_easy_cleanup(http->kept[--http->n_kept]);
    if (http->multi != NULL)
        curl_multi_cleanup(http->multi);
    if (http->share != NULL)
        curl_share_cleanup(http->share);
    if (http->timer != NULL)
        event_free(http->timer);
    free(http);
    curl_global_cleanup();
}

struct bw_transport *http_transport_new(struct event_base *base, int connections,
                                        struct bw_error *err)
{
    struct http_transport *http;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_set(err, BW_ERR_INTERNAL, "libcurl does not start");
        return NULL;
    }
    /* libcurl resolves names in threads: one heap for all, instead of one for every few of them. */
    mallopt(M_ARENA_MAX, 1);
    http = calloc(1, sizeof *http);
    if (http == NULL) {
        curl_global_cleanup();
        goto memory;
    }
    http->transport = (struct bw_transport){start_http, cancel_http, free_http};
    http->base = base;
    http->multi = curl_multi_init();
    http->share = curl_share_init();
    http->timer = evtimer_new(base, on_timer, http);
    if (http->multi == NULL || http->share == NULL || http->timer == NULL) {
        free_http(&http->transport);
        goto memory;
    }
    curl_share_setopt(http->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout_change);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    /* Connections are closed when nobody waits for their host. Never by this limit, if it can be
     * helped: for each that goes that way, libcurl 7.88 keeps an empty list that it walks later. */
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)connections * IDLE_SHARE);
    return &http->transport;
memory:
    error_set(err, BW_ERR_MEMORY, "out of memory");
    return NULL;
}
