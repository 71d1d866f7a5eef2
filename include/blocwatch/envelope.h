/*
 * The envelope: a `struct bw_poll` is one visit to one source. Each stage fills its section and
 * hands it on; whoever holds it owns it; on an error it goes straight home with the reason.
 *
 *   poll    fills fetch   (what the server said, and the body)
 *   reader  fills doc and hits (runs feed/ and match/ in a sandbox)
 *   store   commits all of it, with the source's new state, in one transaction
 *   poll    takes it home: poller_finish_poll()
 */
#ifndef BLOCWATCH_ENVELOPE_H
#define BLOCWATCH_ENVELOPE_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"
#include "blocwatch/hit.h"
#include "blocwatch/item.h"

/* How a fetch ended; the kinds that the policy and the user tell apart. */
enum bw_fetch_result {
    BW_FETCH_OK,           /* a 200 with a body */
    BW_FETCH_NOT_MODIFIED, /* 304, or a 200 whose body hash is unchanged */
    BW_FETCH_HTTP_ERROR,   /* any other status: see `status` */
    BW_FETCH_DNS,
    BW_FETCH_CONNECT,
    BW_FETCH_TLS,
    BW_FETCH_TIMEOUT,
    BW_FETCH_TOO_LARGE,
    BW_FETCH_REFUSED, /* by our own safety rules: private address, scheme, redirect loop */
    BW_FETCH_OTHER,
};

struct bw_fetch {
    enum bw_fetch_result result;
    long status;              /* last HTTP status; 0 when there was none (file: 200 or 304) */
    struct bw_buf body;       /* decoded content; empty unless BW_FETCH_OK */
    const char *url;          /* effective URL, the base of relative links; owned by the envelope */
    const char *content_type; /* header value or NULL; owned by the envelope */
    int64_t started_ms, ended_ms; /* wall clock */
    uint64_t wire_bytes;
};

struct bw_poll {
    uint32_t source;       /* index in the running configuration's sources; UINT32_MAX: left it */
    const char *source_id; /* owned by the envelope: valid until it is home, also after a reload */
    const char *lang;      /* of items that declare none; likewise, may be NULL */
    struct bw_fetch fetch;
    struct bw_document *doc; /* owned; NULL until parsed */
    struct bw_hits *hits;    /* doc->feed.n_items of them, in doc's arena; NULL until matched */
    struct bw_error error;   /* code BW_OK while all is well */
    void *stage;             /* whatever the room that holds it needs; not ours to read */
};

#endif
