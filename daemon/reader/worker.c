/* The reader process: frames in, feed/ and match/, frames out. Owns its rule set and matcher. */
#include "blocwatch/feed.h"
#include "blocwatch/match.h"
#include "blocwatch/reader.h"
#include "message.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROCESS_MEMORY = 1 << 30, DOCUMENT_MEMORY = 512 << 20, CPU_SECONDS = 15 };

struct worker {
    int fd;
    struct bw_buf in, out;
    struct bw_ruleset *rules;
    struct bw_matcher *matcher;
};

/* 1 when `len` bytes are there, 0 at the end of the stream, -1 on an error. */
static int read_full(int fd, void *data, size_t len)
{
    char *at = data;

    while (len > 0) {
        ssize_t got = recv(fd, at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        at += got;
        len -= (size_t)got;
    }
    return 1;
}

static int write_full(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        data += put;
        len -= (size_t)put;
    }
    return 0;
}

static int read_frame(struct worker *worker, struct bw_frame *frame)
{
    uint8_t header[BW_FRAME_HEADER];
    int result = read_full(worker->fd, header, sizeof header);

    if (result <= 0)
        return result;
    buf_reset(&worker->in);
    if (frame_parse_header(header, frame) != 0 || buf_reserve(&worker->in, frame->length) != 0)
        return -1;
    worker->in.len = frame->length;
    return read_full(worker->fd, worker->in.data, frame->length);
}

static int send_out(struct worker *worker)
{
    int result =
        worker->out.failed ? -1 : write_full(worker->fd, worker->out.data, worker->out.len);

    buf_reset(&worker->out);
    return result;
}

static int compile_rules(struct worker *worker, struct bw_arena *arena, struct bw_error *err)
{
    struct bw_wire in = {(const uint8_t *)buf_text(&worker->in), worker->in.len, 0, false, arena};
    struct bw_match_problems problems = {0};
    struct bw_watch watch = {0};
    int result;

    if (arena == NULL || message_get_watch(&in, &watch) != 0)
        return error_set(err, BW_ERR_FORMAT, "the rules could not be read");
    result = match_compile_rules(&watch, &worker->rules, &problems);
    match_clear_problems(&problems);
    if (result != 0)
        return error_set(err, BW_ERR_CONFIG, "the rules do not compile");
    worker->matcher = matcher_new(worker->rules);
    if (worker->matcher == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return sandbox_seal_code(err);
}

static int take_rules(struct worker *worker, uint32_t id)
{
    struct bw_error err = {0};
    struct bw_arena *arena = arena_new(0);
    int result = compile_rules(worker, arena, &err);

    arena_free(arena);
    message_put_error(&worker->out, BW_FRAME_READY, id, &err);
    return send_out(worker) != 0 ? -1 : result;
}

static int match_items(struct worker *worker, const struct bw_read_request *request,
                       struct bw_document *doc, struct bw_hits **hits, struct bw_error *err)
{
    struct bw_feed *feed = &doc->feed;

    *hits = arena_calloc(doc->arena, feed->n_items + 1, sizeof **hits);
    if (*hits == NULL)
        return error_set(err, BW_ERR_MEMORY, "the document needs too much memory");
    if (feed->lang == NULL)
        feed->lang = arena_strdup(doc->arena, request->lang);
    for (size_t i = 0; i < feed->n_items; i++) {
        if (feed->items[i].lang == NULL)
            feed->items[i].lang = feed->lang;
        if (matcher_match_item(worker->matcher, &feed->items[i], request->source_id, doc->arena,
                               &(*hits)[i], err) != 0)
            return -1;
    }
    return 0;
}

static int read_document(struct worker *worker, const struct bw_read_request *request,
                         struct bw_document **doc, struct bw_hits **hits, struct bw_error *err)
{
    struct bw_feed_limits limits = feed_limits_default;
    struct bw_feed_input input = {
        .bytes = (const char *)request->bytes,
        .len = request->len,
        .content_type = request->content_type,
        .base_url = request->base_url,
        .now = request->now,
    };

    if (sandbox_limit_cpu(CPU_SECONDS, err) != 0)
        return -1;
    limits.memory = DOCUMENT_MEMORY;
    if (feed_parse_document(&input, &limits, doc, err) != 0)
        return -1;
    return match_items(worker, request, *doc, hits, err);
}

#ifdef BLOCWATCH_TEST_HOOKS
/* Documents by which tests ask a reader to misbehave; only test builds know them. */
static void obey_hook(const struct bw_read_request *request)
{
    static const char prefix[] = "blocwatch-test-hook:";
    char hook[32] = "";

    if (request->len < sizeof prefix - 1 || memcmp(request->bytes, prefix, sizeof prefix - 1) != 0)
        return;
    snprintf(hook, sizeof hook, "%.*s", (int)(request->len - (sizeof prefix - 1)),
             (const char *)request->bytes + sizeof prefix - 1);
    hook[strcspn(hook, "\r\n")] = '\0';
    if (strcmp(hook, "open") == 0)
        close(open("/etc/passwd", O_RDONLY));
    else if (strcmp(hook, "socket") == 0)
        close(socket(AF_INET, SOCK_STREAM, 0));
    else if (strcmp(hook, "exec") == 0)
        execl("/bin/true", "true", (char *)NULL);
    else if (strcmp(hook, "crash") == 0)
        __builtin_trap();
    else if (strcmp(hook, "hang") == 0)
        for (;;)
            poll(NULL, 0, 1000);
}
#else
static void obey_hook(const struct bw_read_request *request)
{
    (void)request;
}
#endif

/* What was found in it is larger than a frame may be, or than the memory that is left. */
static void refuse_document(struct worker *worker, uint32_t id)
{
    struct bw_error err;

    buf_reset(&worker->out);
    error_set(&err, BW_ERR_LIMIT, "the document's items do not fit into a frame of %d MiB",
              BW_FRAME_LIMIT >> 20);
    message_put_error(&worker->out, BW_FRAME_RESULT, id, &err);
}

static int take_document(struct worker *worker, uint32_t id)
{
    struct bw_arena *arena = arena_new(0);
    struct bw_wire in = {(const uint8_t *)buf_text(&worker->in), worker->in.len, 0, false, arena};
    struct bw_read_request request;
    struct bw_document *doc = NULL;
    struct bw_hits *hits = NULL;
    struct bw_error err = {0};
    int result = arena == NULL || message_get_document(&in, &request) != 0 ? -1 : 0;

    if (result == 0) {
        obey_hook(&request);
        if (read_document(worker, &request, &doc, &hits, &err) == 0)
            message_put_result(&worker->out, id, doc, hits);
        else
            message_put_error(&worker->out, BW_FRAME_RESULT, id, &err);
        if (worker->out.failed)
            refuse_document(worker, id);
        result = send_out(worker);
    }
    document_free(doc);
    arena_free(arena);
    return result;
}

static int serve_frames(struct worker *worker)
{
    struct bw_frame frame;
    int result;

    while ((result = read_frame(worker, &frame)) == 1) {
        if (frame.type == BW_FRAME_RULES && worker->rules == NULL)
            result = take_rules(worker, frame.id);
        else if (frame.type == BW_FRAME_DOCUMENT && worker->rules != NULL)
            result = take_document(worker, frame.id);
        else
            result = -1;
        if (result != 0)
            return -1;
    }
    return result;
}

int reader_main(int fd)
{
    struct worker worker = {.fd = fd};
    struct bw_error err = {0};
    int result;

    /* The C library reads the time zone's file at the first use of a calendar. */
    setenv("TZ", "UTC", 1);
    tzset();
    if (feed_prepare() != 0 || sandbox_close(fd, PROCESS_MEMORY, &err) != 0) {
        fprintf(stderr, "reader: %s\n", err.text);
        return 1;
    }
    result = serve_frames(&worker);
    matcher_free(worker.matcher);
    ruleset_free(worker.rules);
    buf_clear(&worker.in);
    buf_clear(&worker.out);
    return result == 0 ? 0 : 1;
}
