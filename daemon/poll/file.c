/* file: sources: a regular file, read whole; its mtime and size are the validator. Owns the jobs
 * that wait for the next turn of the loop. */
#include "blocwatch/source.h"
#include "http_status.h"
#include "transport.h"
#include "url.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALIDATOR_TEXT = 80 };

struct file_transport {
    struct bw_transport transport;
    struct event_base *base;
};

struct file_job {
    struct event *event;
    char *path, *etag;
    size_t max_size;
    transport_done_fn *done;
    void *ctx;
};

static void free_job(struct file_job *job)
{
    if (job == NULL)
        return;
    if (job->event != NULL)
        event_free(job->event);
    free(job->path);
    free(job->etag);
    free(job);
}

/* A pipe or a device would block us, or never end. */
static int open_regular(const char *path, struct stat *info, struct bw_error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return error_set(err, BW_ERR_IO, "cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, info) != 0 || !S_ISREG(info->st_mode)) {
        close(fd);
        return error_set(err, BW_ERR_IO, "%s is not a regular file", path);
    }
    return fd;
}

static int read_all(int fd, size_t limit, struct bw_buf *body, struct bw_error *err)
{
    ssize_t got;

    do {
        if (buf_reserve(body, 65536) != 0)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
        got = read(fd, body->data + body->len, 65536);
        if (got < 0)
            return error_set(err, BW_ERR_IO, "cannot read: %s", strerror(errno));
        body->len += (size_t)got;
        if (body->len > limit)
            return error_set(err, BW_ERR_LIMIT, "larger than %zu bytes", limit);
        body->data[body->len] = '\0';
    } while (got > 0);
    return 0;
}

static void read_file(const struct file_job *job, struct bw_response *response)
{
    char validator[VALIDATOR_TEXT];
    struct stat info = {0};
    int fd = open_regular(job->path, &info, &response->error);

    response->result = BW_FETCH_OTHER;
    if (fd < 0)
        return;
    snprintf(validator, sizeof validator, "\"%lld.%09ld-%lld\"", (long long)info.st_mtim.tv_sec,
             info.st_mtim.tv_nsec, (long long)info.st_size);
    if (job->etag != NULL && strcmp(job->etag, validator) == 0) {
        response->status = HTTP_NOT_MODIFIED;
        response->result = BW_FETCH_OK;
    } else if (read_all(fd, job->max_size, &response->body, &response->error) == 0) {
        response->status = HTTP_OK;
        response->result = BW_FETCH_OK;
        response->wire_bytes = response->body.len;
    } else {
        error_prefix(&response->error, "%s", job->path);
        if (response->error.code == BW_ERR_LIMIT)
            response->result = BW_FETCH_TOO_LARGE;
        buf_clear(&response->body);
    }
    close(fd);
    if (response->result == BW_FETCH_OK && source_state_set(&response->etag, validator) != 0) {
        response->result = BW_FETCH_OTHER;
        error_set(&response->error, BW_ERR_MEMORY, "out of memory");
    }
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct file_job *job = ctx;
    struct bw_response response = {0};

    (void)fd;
    (void)what;
    read_file(job, &response);
    job->done(&response, job->ctx);
    response_clear(&response);
    free_job(job);
}

static void *start_file(struct bw_transport *transport, const struct bw_request *request,
                        transport_done_fn *done, void *ctx, struct bw_error *err)
{
    struct file_transport *files = (struct file_transport *)transport;
    struct file_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    job->done = done;
    job->ctx = ctx;
    job->max_size = request->source->polling.max_size;
    job->path = url_file_path(request->url, err);
    if (job->path == NULL)
        goto fail;
    job->event = event_new(files->base, -1, 0, on_turn, job);
    if (job->event == NULL || source_state_set(&job->etag, request->etag) != 0) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto fail;
    }
    event_active(job->event, EV_TIMEOUT, 1);
    return job;
fail:
    free_job(job);
    return NULL;
}

static void cancel_file(struct bw_transport *transport, void *handle)
{
    (void)transport;
    free_job(handle);
}

static void free_files(struct bw_transport *transport)
{
    free(transport);
}

struct bw_transport *file_transport_new(struct event_base *base, struct bw_error *err)
{
    struct file_transport *files = calloc(1, sizeof *files);

    if (files == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    files->transport = (struct bw_transport){start_file, cancel_file, free_files};
    files->base = base;
    return &files->transport;
}
