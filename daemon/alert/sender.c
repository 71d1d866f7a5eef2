/* libcurl's multi interface on libevent, for everything that alerts send. Owns handles, sockets'
 * events and jobs. */
#include "sender.h"
#include "address.h"
#include "trace.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct sender_job {
    LIST_ENTRY(sender_job) link;
    struct sender *sender;
    CURL *curl;
    struct curl_slist *headers, *mail_to;
    struct bw_buf body, reply;
    size_t sent; /* of the body, for mail */
    bool is_mail, in_multi;
    char error[CURL_ERROR_SIZE];
    sender_done_fn *done;
    void *ctx;
    struct trace trace;
};

struct sender {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    LIST_HEAD(, sender_job) jobs;
};

static void free_job(struct sender_job *job)
{
    if (job->in_multi)
        curl_multi_remove_handle(job->sender->multi, job->curl);
    curl_easy_cleanup(job->curl);
    curl_slist_free_all(job->headers);
    curl_slist_free_all(job->mail_to);
    if (job->body.data != NULL)
        explicit_bzero(job->body.data, job->body.len);
    buf_clear(&job->body);
    buf_clear(&job->reply);
    trace_clear(&job->trace);
    LIST_REMOVE(job, link);
    free(job);
}

static void fill_reply(struct sender_job *job, CURLcode code, struct sender_reply *reply)
{
    curl_off_t wait = 0;

    curl_easy_getinfo(job->curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(job->curl, CURLINFO_RETRY_AFTER, &wait);
    reply->retry_after_ms = wait > 0 && wait < INT64_MAX / 1000 ? (int64_t)wait * 1000 : 0;
    /* An SMTP refusal is an error to libcurl, and still an answer. */
    reply->answered = reply->status >= 100 && (code == CURLE_OK || job->is_mail);
    if (job->is_mail && code != CURLE_OK && reply->status < 400)
        reply->answered = false;
    reply->text = code == CURLE_OK     ? buf_text(&job->reply)
                  : job->error[0] != 0 ? job->error
                                       : curl_easy_strerror(code);
    reply->len = strlen(reply->text);
}

static void take_done(struct sender *sender)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
        struct sender_job *job = NULL;
        struct sender_reply reply = {0};

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        fill_reply(job, message->data.result, &reply);
        /* Out of the list first: the callback may free the sender's other jobs. */
        curl_multi_remove_handle(sender->multi, job->curl);
        job->in_multi = false;
        job->done(&reply, job->ctx);
        free_job(job);
    }
}

static void on_socket_event(evutil_socket_t fd, short what, void *ctx)
{
    struct sender *sender = ctx;
    int running, mask = ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
                        ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);

    curl_multi_socket_action(sender->multi, fd, mask, &running);
    take_done(sender);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct sender *sender = ctx;
    int running;

    (void)fd, (void)what;
    curl_multi_socket_action(sender->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_done(sender);
}

static int on_curl_timer(CURLM *multi, long ms, void *ctx)
{
    struct sender *sender = ctx;
    struct timeval delay = {ms / 1000, ms % 1000 * 1000};

    (void)multi;
    if (ms < 0)
        event_del(sender->timer);
    else
        event_add(sender->timer, &delay);
    return 0;
}

static int on_curl_socket(CURL *curl, curl_socket_t fd, int what, void *ctx, void *known)
{
    struct sender *sender = ctx;
    struct event *event = known;
    short mask = EV_PERSIST;

    (void)curl;
    if (event != NULL)
        event_free(event);
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(sender->multi, fd, NULL);
        return 0;
    }
    mask |= (what & CURL_POLL_IN) ? EV_READ : 0;
    mask |= (what & CURL_POLL_OUT) ? EV_WRITE : 0;
    event = event_new(sender->base, fd, mask, on_socket_event, sender);
    if (event != NULL)
        event_add(event, NULL);
    curl_multi_assign(sender->multi, fd, event);
    return 0;
}

struct sender *sender_new(struct event_base *base, struct bw_error *err)
{
    struct sender *sender = calloc(1, sizeof *sender);

    if (sender == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto fail;
    LIST_INIT(&sender->jobs);
    sender->base = base;
    sender->multi = curl_multi_init();
    sender->timer = evtimer_new(base, on_timer, sender);
    if (sender->multi == NULL || sender->timer == NULL)
        goto fail;
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETDATA, sender);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERDATA, sender);
    return sender;
fail:
    sender_free(sender);
    error_set(err, BW_ERR_MEMORY, "libcurl cannot start");
    return NULL;
}

void sender_free(struct sender *sender)
{
    struct sender_job *job;

    if (sender == NULL)
        return;
    while ((job = LIST_FIRST(&sender->jobs)) != NULL)
        free_job(job); // NOLINT(clang-analyzer-unix.Malloc): it has left the list
    if (sender->multi != NULL) {
        curl_multi_cleanup(sender->multi);
        curl_global_cleanup();
    }
    if (sender->timer != NULL)
        event_free(sender->timer);
    free(sender);
}

static size_t on_reply(char *data, size_t size, size_t n, void *ctx)
{
    struct sender_job *job = ctx;
    size_t len = size * n, room = SENDER_REPLY_LIMIT - job->reply.len;

    buf_append(&job->reply, data, len < room ? len : room);
    return len;
}

static size_t on_mail(char *data, size_t size, size_t n, void *ctx)
{
    struct sender_job *job = ctx;
    size_t room = size * n, left = job->body.len - job->sent;

    if (left < room)
        room = left;
    memcpy(data, job->body.data + job->sent, room);
    job->sent += room;
    return room;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *ctx)
{
    static const char directions[] = {
        [CURLINFO_TEXT] = '*',    [CURLINFO_HEADER_IN] = '<', [CURLINFO_HEADER_OUT] = '>',
        [CURLINFO_DATA_IN] = '<', [CURLINFO_DATA_OUT] = '>',
    };
    struct sender_job *job = ctx;

    (void)curl;
    if (type >= 0 && (size_t)type < sizeof directions)
        trace_write(&job->trace, directions[type], data, size);
    return 0;
}

static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)ctx, (void)purpose;
    if (address_is_private(&address->addr)) {
        errno = EACCES;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int add_lines(struct curl_slist **list, const char *const *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct curl_slist *longer = curl_slist_append(*list, lines[i]);

        if (longer == NULL)
            return -1;
        *list = longer;
    }
    return 0;
}

static void set_http(struct sender_job *job, const struct sender_request *request)
{
    CURL *curl = job->curl;

    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, buf_text(&job->body));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body.len);
    if (request->method != NULL)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, job->headers);
}

static void set_mail(struct sender_job *job, const struct sender_request *request)
{
    static const long tls[] = {[SENDER_TLS_REQUIRED] = CURLUSESSL_ALL,
                               [SENDER_TLS_TRY] = CURLUSESSL_TRY,
                               [SENDER_TLS_NONE] = CURLUSESSL_NONE};
    CURL *curl = job->curl;

    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, request->mail_from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, job->mail_to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_mail);
    curl_easy_setopt(curl, CURLOPT_READDATA, job);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)job->body.len);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, tls[request->tls]);
}

static void set_common(struct sender_job *job, const struct sender_request *request)
{
    CURL *curl = job->curl;

    curl_easy_setopt(curl, CURLOPT_PRIVATE, job);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, job->is_mail ? "smtp,smtps" : "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "blocwatch/" BLOCWATCH_VERSION);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, job->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, job);
    /* "" keeps libcurl from taking one out of the environment. */
    curl_easy_setopt(curl, CURLOPT_PROXY, request->proxy == NULL ? "" : request->proxy);
    if (request->public_only && request->proxy == NULL)
        curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    if (request->ca_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
    if (request->username != NULL)
        curl_easy_setopt(curl, CURLOPT_USERNAME, request->username);
    if (request->password != NULL)
        curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password);
    if (request->trace != NULL) {
        trace_init(&job->trace, request->trace, request->trace_ctx, request->secret);
        curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
        curl_easy_setopt(curl, CURLOPT_DEBUGDATA, job);
    }
}

struct sender_job *sender_start(struct sender *sender, const struct sender_request *request,
                                sender_done_fn *done, void *ctx, struct bw_error *err)
{
    struct sender_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    LIST_INSERT_HEAD(&sender->jobs, job, link);
    job->sender = sender;
    job->done = done;
    job->ctx = ctx;
    job->is_mail = request->mail_from != NULL;
    job->curl = curl_easy_init();
    if (job->curl == NULL || buf_append(&job->body, request->body, request->body_len) != 0 ||
        add_lines(&job->headers, request->headers, request->n_headers) != 0 ||
        add_lines(&job->mail_to, request->mail_to, request->n_mail_to) != 0)
        goto fail;
    set_common(job, request);
    if (job->is_mail)
        set_mail(job, request);
    else
        set_http(job, request);
    if (curl_multi_add_handle(sender->multi, job->curl) != CURLM_OK)
        goto fail;
    job->in_multi = true;
    return job;
fail:
    free_job(job);
    error_set(err, BW_ERR_MEMORY, "cannot start a transfer");
    return NULL;
}

void sender_cancel(struct sender_job *job)
{
    if (job != NULL)
        free_job(job);
}
