/* The messages between the daemon and a reader, as frames' payloads (see wire.h). */
#ifndef BLOCWATCH_READER_MESSAGE_H
#define BLOCWATCH_READER_MESSAGE_H

#include "blocwatch/envelope.h"
#include "blocwatch/watch.h"
#include "wire.h"

/* What a reader needs to know of one document; texts borrowed from the frame's arena. */
struct bw_read_request {
    const char *source_id, *content_type, *base_url, *lang;
    int64_t now;
    const uint8_t *bytes;
    size_t len;
};

void message_put_watch(struct bw_buf *out, uint32_t id, const struct bw_watch *watch);
int message_get_watch(struct bw_wire *in, struct bw_watch *watch);

void message_put_document(struct bw_buf *out, uint32_t id, const struct bw_poll *poll);
int message_get_document(struct bw_wire *in, struct bw_read_request *request);

/* BW_FRAME_READY, or a BW_FRAME_RESULT that is an error: `err` with code BW_OK means fine. */
void message_put_error(struct bw_buf *out, uint32_t type, uint32_t id, const struct bw_error *err);
int message_get_error(struct bw_wire *in, struct bw_error *err);

/* A BW_FRAME_RESULT: an error with code BW_OK, then the document and the hits of each item. */
void message_put_result(struct bw_buf *out, uint32_t id, const struct bw_document *doc,
                        const struct bw_hits *hits);
/* Behind message_get_error() gave BW_OK: fills `doc` and *hits, all in doc's arena. */
int message_get_result(struct bw_wire *in, struct bw_document *doc, struct bw_hits **hits);

#endif
