/* The daemon's side of the readers: start, feed, watch and replace them. Owns processes and jobs.
 */
#include "blocwatch/reader.h"
#include "message.h"
#include "process.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    TIME_LIMIT_MS = 20000,
    START_LIMIT_MS = 60000,  /* compiling the rules, under sanitizers on a busy machine */
    RESTART_DELAY_MS = 1000, /* when a reader does not even start; doubled each time */
    RESTART_CAP_MS = 60000,
    GRACES = 10,     /* tenths of the time limit, while bytes are on their way */
    START_TRIES = 3, /* before documents go home unread, when there is no other reader */
    TRIES = 2,
    LARGEST_DOCUMENT_MEMORY = 512 << 20,
};

struct job {
    TAILQ_ENTRY(job) link;
    struct bw_poll *poll;
    uint32_t rules; /* generation at its submission: older ones are not for it */
    int tries;
};

enum reader_state {
    READER_OFF,  /* the spare: a new reader starts here before an old one ends */
    READER_DOWN, /* did not start, and is tried again by its timer */
    READER_STARTING,
    READER_IDLE,
    READER_BUSY,
};

struct reader {
    struct bw_reader_pool *pool;
    enum reader_state state;
    pid_t pid;
    struct bufferevent *wire;
    struct event *timer;
    struct job *job;
    uint32_t id;    /* of the frame that it works on */
    uint32_t rules; /* generation of the rules that it holds */
    int graces;     /* given for this document */
    int failures;   /* in a row: did not start, or ended without being asked anything */
};

struct bw_reader_pool {
    struct event_base *base;
    struct bw_reader_callbacks callbacks;
    int64_t time_limit_ms;
    struct bw_buf rules; /* encoded frame */
    uint32_t generation;
    struct reader *readers; /* n_readers and the spare */
    int n_readers;
    TAILQ_HEAD(job_queue, job) queue;
    struct event *kick; /* hands out jobs on the next turn of the loop */
    struct bw_reader_stats stats;
};

static void hand_out_jobs(struct bw_reader_pool *pool);
static void start_reader(struct reader *reader);
static void start_job(struct reader *reader, struct job *job);

static void tell_trouble(struct bw_reader_pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell_trouble(struct bw_reader_pool *pool, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pool->callbacks.on_trouble(text, pool->callbacks.ctx);
}

static void set_timer(struct reader *reader, int64_t ms)
{
    struct timeval delay = {ms / 1000, ms % 1000 * 1000};

    event_add(reader->timer, &delay);
}

/* Ends the process; `how` gets its end in words. */
static void stop_reader(struct reader *reader, char *how, size_t size)
{
    if (reader->wire != NULL)
        bufferevent_free(reader->wire);
    reader->wire = NULL;
    event_del(reader->timer);
    if (reader->pid > 0)
        process_end(reader->pid, how, size);
    reader->pid = 0;
    reader->state = READER_OFF;
}

static void finish_job(struct bw_reader_pool *pool, struct job *job, enum bw_read_outcome outcome)
{
    struct bw_poll *poll = job->poll;

    free(job);
    pool->callbacks.on_read(poll, outcome, pool->callbacks.ctx);
}

/* The document that ended two readers is poison. */
static void condemn_job(struct bw_reader_pool *pool, struct job *job, const char *how)
{
    pool->stats.poisoned++;
    error_set(&job->poll->error, BW_ERR_LIMIT, "the document ended %d readers: the last %s", TRIES,
              how);
    finish_job(pool, job, BW_READ_POISON);
}

static void queue_job(struct bw_reader_pool *pool, struct job *job, bool first)
{
    if (first)
        TAILQ_INSERT_HEAD(&pool->queue, job, link);
    else
        TAILQ_INSERT_TAIL(&pool->queue, job, link);
    pool->stats.queued++;
}

static struct job *next_job(struct bw_reader_pool *pool)
{
    struct job *job = TAILQ_FIRST(&pool->queue);

    if (job != NULL) {
        TAILQ_REMOVE(&pool->queue, job, link);
        pool->stats.queued--;
    }
    return job;
}

static void restart_later(struct reader *reader)
{
    int64_t delay_ms = RESTART_DELAY_MS;

    for (int i = 1; i < reader->failures && delay_ms < RESTART_CAP_MS; i++)
        delay_ms *= 2;
    reader->state = READER_DOWN;
    set_timer(reader, delay_ms < RESTART_CAP_MS ? delay_ms : RESTART_CAP_MS);
}

/* Documents do not wait for ever for readers that do not start: their sources say why. */
static void give_up_queue(struct bw_reader_pool *pool, const char *reason)
{
    size_t count = (size_t)pool->stats.queued;
    struct job *job;

    for (int i = 0; i <= pool->n_readers; i++) {
        const struct reader *reader = &pool->readers[i];

        if (reader->state == READER_IDLE || reader->state == READER_BUSY ||
            (reader->state == READER_STARTING && reader->failures < START_TRIES))
            return;
    }
    /* Those only that wait now: a callback may submit another. */
    while (count-- > 0 && (job = next_job(pool)) != NULL) {
        error_set(&job->poll->error, BW_ERR_INTERNAL, "no reader starts: %s", reason);
        finish_job(pool, job, BW_READ_DONE);
    }
}

/* A reader that did not come to work: its document, if it was to have one, may go to another. */
static void note_failed_start(struct reader *reader, const char *reason)
{
    struct bw_reader_pool *pool = reader->pool;
    struct job *job = reader->job;

    reader->failures++;
    reader->job = NULL;
    restart_later(reader);
    if (job != NULL)
        queue_job(pool, job, true);
    if (reader->failures >= START_TRIES)
        give_up_queue(pool, reason);
}

/* A reader that dies at its work keeps its document for the fresh process, once. */
static void replace_reader(struct reader *reader, const char *reason)
{
    struct bw_reader_pool *pool = reader->pool;
    struct job *poison = NULL;
    enum reader_state state = reader->state;
    char how[128] = "", text[256];

    stop_reader(reader, how, sizeof how);
    snprintf(text, sizeof text, "%s", reason != NULL ? reason : how);
    pool->stats.restarts++;
    tell_trouble(pool, "a reader %s%s%s", text, reader->job == NULL ? "" : " on a document of ",
                 reader->job == NULL ? "" : reader->job->poll->source_id);
    if (state == READER_BUSY) {
        pool->stats.busy--;
        if (++reader->job->tries >= TRIES) {
            poison = reader->job;
            reader->job = NULL;
        }
    }
    if (state == READER_BUSY || (state == READER_IDLE && reader->failures++ == 0))
        start_reader(reader);
    else
        note_failed_start(reader, text);
    if (poison != NULL)
        condemn_job(pool, poison, text);
    hand_out_jobs(pool);
}

static int decode_result(struct bw_poll *poll, const uint8_t *bytes, size_t len)
{
    struct bw_document *doc = document_new(LARGEST_DOCUMENT_MEMORY);
    struct bw_hits *hits = NULL;
    struct bw_wire in = {bytes, len, 0, false, doc == NULL ? NULL : doc->arena};
    int result = -1;

    if (doc == NULL || message_get_error(&in, &poll->error) != 0)
        goto out;
    result = 0;
    if (poll->error.code != BW_OK)
        goto out;
    result = message_get_result(&in, doc, &hits);
    if (result != 0)
        goto out;
    poll->doc = doc;
    poll->hits = hits;
    doc = NULL;
out:
    document_free(doc);
    return result;
}

static void take_result(struct reader *reader, const uint8_t *bytes, size_t len)
{
    struct bw_reader_pool *pool = reader->pool;
    struct job *job = reader->job;

    if (decode_result(job->poll, bytes, len) != 0) {
        replace_reader(reader, "sent a frame that is not valid");
        return;
    }
    event_del(reader->timer);
    reader->job = NULL;
    reader->state = READER_IDLE;
    reader->failures = 0;
    pool->stats.busy--;
    pool->stats.documents++;
    finish_job(pool, job, BW_READ_DONE);
    hand_out_jobs(pool);
}

static void take_ready(struct reader *reader, const uint8_t *bytes, size_t len)
{
    struct bw_arena *arena = arena_new(4096);
    struct bw_wire in = {bytes, len, 0, false, arena};
    struct bw_error err = {0};

    if (arena == NULL || message_get_error(&in, &err) != 0)
        error_set(&err, BW_ERR_FORMAT, "sent a frame that is not valid");
    arena_free(arena);
    if (err.code != BW_OK) {
        replace_reader(reader, err.text);
        return;
    }
    event_del(reader->timer);
    reader->state = READER_IDLE;
    if (reader->job != NULL)
        start_job(reader, reader->job);
    hand_out_jobs(reader->pool);
}

static void on_readable(struct bufferevent *wire, void *ctx)
{
    struct reader *reader = ctx;
    struct evbuffer *input = bufferevent_get_input(wire);
    uint8_t header[BW_FRAME_HEADER];
    struct bw_frame frame;
    uint8_t *bytes;

    if (evbuffer_copyout(input, header, sizeof header) < (ssize_t)sizeof header)
        return;
    if (frame_parse_header(header, &frame) != 0 || frame.id != reader->id ||
        (frame.type == BW_FRAME_READY) != (reader->state == READER_STARTING) ||
        (frame.type == BW_FRAME_RESULT) != (reader->state == READER_BUSY)) {
        replace_reader(reader, "sent a frame that was not asked for");
        return;
    }
    if (evbuffer_get_length(input) < sizeof header + frame.length) {
        bufferevent_setwatermark(wire, EV_READ, sizeof header + frame.length, 0);
        return;
    }
    bufferevent_setwatermark(wire, EV_READ, sizeof header, 0);
    evbuffer_drain(input, sizeof header);
    bytes = evbuffer_pullup(input, (ssize_t)frame.length);
    if (frame.type == BW_FRAME_READY)
        take_ready(reader, bytes, frame.length);
    else
        take_result(reader, bytes, frame.length);
    /* The callbacks may have replaced the reader: only a live wire is drained. */
    if (reader->wire == wire)
        evbuffer_drain(input, frame.length);
}

static void on_closed(struct bufferevent *wire, short what, void *ctx)
{
    (void)wire;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        replace_reader(ctx, NULL);
}

/* After a long commit it is the daemon that is late: the document is not yet sent whole, or the
 * result has begun to come. */
static bool deserves_grace(struct reader *reader)
{
    if (reader->state != READER_BUSY || reader->graces >= GRACES)
        return false;
    return evbuffer_get_length(bufferevent_get_output(reader->wire)) > 0 ||
           evbuffer_get_length(bufferevent_get_input(reader->wire)) > 0;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct reader *reader = ctx;

    (void)fd;
    (void)what;
    if (reader->state == READER_DOWN) {
        start_reader(reader);
    } else if (deserves_grace(reader)) {
        reader->graces++;
        set_timer(reader, reader->pool->time_limit_ms / GRACES);
    } else {
        replace_reader(reader, reader->state == READER_STARTING ? "did not start in time"
                                                                : "was over its time limit");
    }
}

/* -1 with `err` when there is no process, or no wire to it. */
static int open_wire(struct reader *reader, struct bw_error *err)
{
    int fd = process_start(&reader->pid, err);

    if (fd < 0)
        return -1;
    reader->wire = bufferevent_socket_new(reader->pool->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (reader->wire != NULL)
        return 0;
    close(fd);
    stop_reader(reader, NULL, 0);
    return error_set(err, BW_ERR_MEMORY, "out of memory");
}

static void start_reader(struct reader *reader)
{
    struct bw_reader_pool *pool = reader->pool;
    struct bw_error err = {0};

    if (open_wire(reader, &err) != 0) {
        tell_trouble(pool, "a reader cannot be started: %s", err.text);
        note_failed_start(reader, err.text);
        return;
    }
    reader->state = READER_STARTING;
    reader->rules = pool->generation;
    reader->id = 0;
    bufferevent_setcb(reader->wire, on_readable, NULL, on_closed, reader);
    bufferevent_setwatermark(reader->wire, EV_READ, BW_FRAME_HEADER, 0);
    bufferevent_enable(reader->wire, EV_READ | EV_WRITE);
    bufferevent_write(reader->wire, buf_text(&pool->rules), pool->rules.len);
    set_timer(reader, START_LIMIT_MS);
}

static void free_frame(const void *data, size_t len, void *ctx)
{
    (void)len;
    (void)ctx;
    free((void *)(uintptr_t)data);
}

static void start_job(struct reader *reader, struct job *job)
{
    struct bw_buf frame;
    size_t len;
    char *bytes;

    buf_init(&frame);
    message_put_document(&frame, ++reader->id, job->poll);
    len = frame.len;
    bytes = buf_steal(&frame);
    reader->job = job;
    reader->graces = 0;
    reader->state = READER_BUSY;
    reader->pool->stats.busy++;
    set_timer(reader, reader->pool->time_limit_ms);
    if (bytes == NULL || evbuffer_add_reference(bufferevent_get_output(reader->wire), bytes, len,
                                                free_frame, NULL) != 0) {
        free(bytes);
        replace_reader(reader, "could not be given its document: out of memory");
    }
}

static bool is_newer(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* The idle reader with the oldest rules; NULL when none is idle. */
static struct reader *oldest_idle(struct bw_reader_pool *pool)
{
    struct reader *oldest = NULL;

    for (int i = 0; i <= pool->n_readers; i++) {
        struct reader *reader = &pool->readers[i];

        if (reader->state == READER_IDLE &&
            (oldest == NULL || is_newer(oldest->rules, reader->rules)))
            oldest = reader;
    }
    return oldest;
}

/*
 * Readers with old rules are replaced one at a time: a new one starts in the spare place, and once
 * it is ready an old one ends. When the new one does not start, the old ones go on.
 */
static void renew_readers(struct bw_reader_pool *pool)
{
    struct reader *spare = NULL, *idle;
    bool stale = false;

    for (int i = 0; i <= pool->n_readers; i++) {
        struct reader *reader = &pool->readers[i];

        if (reader->state == READER_STARTING || reader->state == READER_DOWN)
            return;
        if (reader->state == READER_OFF)
            spare = reader;
        else if (reader->rules != pool->generation)
            stale = true;
    }
    idle = oldest_idle(pool);
    if (spare == NULL && idle != NULL && (!stale || idle->rules != pool->generation)) {
        stop_reader(idle, NULL, 0);
        return renew_readers(pool);
    }
    if (spare != NULL && stale)
        start_reader(spare);
}

/* A document waits for a reader with the rules of its time; when readers do not start, the old ones
 * have to do. */
static struct reader *find_reader(struct bw_reader_pool *pool, const struct job *job)
{
    struct reader *found = NULL;
    bool any = false;

    for (int i = 0; i <= pool->n_readers; i++)
        any = any || pool->readers[i].state == READER_DOWN;
    for (int i = 0; i <= pool->n_readers && found == NULL; i++) {
        struct reader *reader = &pool->readers[i];

        if (reader->state == READER_IDLE && (any || !is_newer(job->rules, reader->rules)))
            found = reader;
    }
    return found;
}

static void hand_out_jobs(struct bw_reader_pool *pool)
{
    struct reader *reader;

    renew_readers(pool);
    while (!TAILQ_EMPTY(&pool->queue) &&
           (reader = find_reader(pool, TAILQ_FIRST(&pool->queue))) != NULL)
        start_job(reader, next_job(pool));
}

static void on_kick(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    hand_out_jobs(ctx);
}

static int encode_rules(struct bw_buf *rules, const struct bw_watch *watch, struct bw_error *err)
{
    buf_init(rules);
    message_put_watch(rules, 0, watch);
    if (!rules->failed)
        return 0;
    buf_clear(rules);
    return error_set(err, BW_ERR_LIMIT, "the rules do not fit into a frame");
}

struct bw_reader_pool *reader_pool_new(struct event_base *base,
                                       const struct bw_reader_options *options,
                                       const struct bw_watch *watch,
                                       const struct bw_reader_callbacks *callbacks,
                                       struct bw_error *err)
{
    struct bw_reader_pool *pool = calloc(1, sizeof *pool);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (pool == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    TAILQ_INIT(&pool->queue);
    pool->base = base;
    pool->callbacks = *callbacks;
    pool->time_limit_ms = options->time_limit_ms > 0 ? options->time_limit_ms : TIME_LIMIT_MS;
    pool->n_readers = options->readers > 0 ? options->readers : (int)(cores > 0 ? cores : 1);
    pool->readers = calloc((size_t)pool->n_readers + 1, sizeof *pool->readers);
    pool->kick = event_new(base, -1, 0, on_kick, pool);
    if (encode_rules(&pool->rules, watch, err) != 0)
        goto fail;
    if (pool->readers == NULL || pool->kick == NULL)
        goto memory;
    for (int i = 0; i <= pool->n_readers; i++) {
        pool->readers[i].pool = pool;
        pool->readers[i].timer = event_new(base, -1, 0, on_timer, &pool->readers[i]);
        if (pool->readers[i].timer == NULL)
            goto memory;
    }
    for (int i = 0; i < pool->n_readers; i++)
        start_reader(&pool->readers[i]);
    return pool;
memory:
    error_set(err, BW_ERR_MEMORY, "out of memory");
fail:
    reader_pool_free(pool);
    return NULL;
}

void reader_pool_free(struct bw_reader_pool *pool)
{
    struct job *job;

    if (pool == NULL)
        return;
    for (int i = 0; pool->readers != NULL && i <= pool->n_readers; i++) {
        struct reader *reader = &pool->readers[i];

        if (reader->timer == NULL)
            continue;
        stop_reader(reader, NULL, 0);
        if (reader->job != NULL)
            finish_job(pool, reader->job, BW_READ_CANCELLED);
        event_free(reader->timer);
    }
    while ((job = next_job(pool)) != NULL)
        finish_job(pool, job, BW_READ_CANCELLED);
    if (pool->kick != NULL)
        event_free(pool->kick);
    free(pool->readers);
    buf_clear(&pool->rules);
    free(pool);
}

void reader_pool_submit(struct bw_reader_pool *pool, struct bw_poll *poll)
{
    struct job *job = calloc(1, sizeof *job);

    if (job == NULL)
        abort(); /* some bytes for a job: the machine is lost; systemd restarts us */
    job->poll = poll;
    job->rules = pool->generation;
    queue_job(pool, job, false);
    event_active(pool->kick, EV_TIMEOUT, 1);
}

int reader_pool_replace_watch(struct bw_reader_pool *pool, const struct bw_watch *watch,
                              struct bw_error *err)
{
    struct bw_buf rules;

    if (encode_rules(&rules, watch, err) != 0)
        return -1;
    if (rules.len == pool->rules.len && memcmp(rules.data, pool->rules.data, rules.len) == 0) {
        buf_clear(&rules);
        return 0;
    }
    buf_clear(&pool->rules);
    pool->rules = rules;
    pool->generation++;
    /* What did not start with the old rules may with the new. */
    for (int i = 0; i <= pool->n_readers; i++) {
        pool->readers[i].failures = 0;
        if (pool->readers[i].state == READER_DOWN)
            set_timer(&pool->readers[i], 0);
    }
    event_active(pool->kick, EV_TIMEOUT, 1);
    return 0;
}

struct bw_reader_stats reader_pool_stats(const struct bw_reader_pool *pool)
{
    struct bw_reader_stats stats = pool->stats;

    stats.readers = pool->n_readers;
    return stats;
}
