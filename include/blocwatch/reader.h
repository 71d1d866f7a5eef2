/*
 * Readers: sandboxed processes that parse and match untrusted bytes. The daemon side is a pool of
 * them on the event loop; the process side is reader_main(), run as `blocwatchd --reader` on a
 * socket pair at descriptor 3.
 *
 * A reader drops everything before it reads the first byte of its socket: no file (RLIMIT_FSIZE 0,
 * seccomp kills open), no network, no new process, no new privileges, bounded memory and, per
 * document, bounded CPU time. One that dies, hangs or breaks the protocol is replaced at once; its
 * document is tried once more in a fresh reader, and then it is called poison.
 */
#ifndef BLOCWATCH_READER_H
#define BLOCWATCH_READER_H

#include "blocwatch/envelope.h"
#include "blocwatch/watch.h"

enum { BW_READER_FD = 3 };

struct event_base;
struct bw_reader_pool;

enum bw_read_outcome {
    BW_READ_DONE,      /* doc and hits are filled, or error says what is wrong with the document, or
                          that no reader starts */
    BW_READ_POISON,    /* killed two readers: error says how */
    BW_READ_CANCELLED, /* the pool is being freed */
};

struct bw_reader_callbacks {
    /* The envelope comes back; called once for each submitted one, on the loop. */
    void (*on_read)(struct bw_poll *poll, enum bw_read_outcome outcome, void *ctx);
    /* A reader had to be replaced, or will not start; for the log. */
    void (*on_trouble)(const char *text, void *ctx);
    void *ctx;
};

struct bw_reader_options {
    int readers;           /* 0: one per core */
    int64_t time_limit_ms; /* per document; 0: 20 s */
};

struct bw_reader_stats {
    uint64_t documents, restarts, poisoned;
    int readers, busy, queued;
};

/* Starts the readers. `watch` is encoded at once and need not outlive the call. Returns owned, or
 * NULL with `err`. */
struct bw_reader_pool *reader_pool_new(struct event_base *base,
                                       const struct bw_reader_options *options,
                                       const struct bw_watch *watch,
                                       const struct bw_reader_callbacks *callbacks,
                                       struct bw_error *err);
/* Kills the readers; envelopes still inside come back as BW_READ_CANCELLED. NULL is fine. */
void reader_pool_free(struct bw_reader_pool *pool);

/* Takes `poll`, whose fetch.body is the document; it comes back by on_read. */
void reader_pool_submit(struct bw_reader_pool *pool, struct bw_poll *poll);

/* New rules: a new reader starts, then an old one ends, one by one. Documents submitted from now on
 * are read by the new ones, unless these do not start. The same rules again change nothing. -1
 * leaves the old ones. */
int reader_pool_replace_watch(struct bw_reader_pool *pool, const struct bw_watch *watch,
                              struct bw_error *err);

struct bw_reader_stats reader_pool_stats(const struct bw_reader_pool *pool);

/* The process side; returns its exit code when the daemon closes the socket. */
int reader_main(int fd);

#endif
