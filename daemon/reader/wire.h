/*
 * The bytes between the daemon and a reader. A frame is a header and a payload; numbers are
 * little endian, text is a 32-bit length and its bytes (0xffffffff: NULL). Both sides check every
 * length and count against what is there, and texts for being UTF-8: the daemon does not trust a
 * reader that a hostile document may have taken over.
 */
#ifndef BLOCWATCH_READER_WIRE_H
#define BLOCWATCH_READER_WIRE_H

#include "blocwatch/arena.h"
#include "blocwatch/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bw_frame_type {
    BW_FRAME_RULES = 1, /* daemon → reader, first: the watch definitions */
    BW_FRAME_DOCUMENT,  /* daemon → reader: one document */
    BW_FRAME_READY,     /* reader → daemon: rules compiled and sandbox closed, or an error */
    BW_FRAME_RESULT,    /* reader → daemon: error, or feed, items and hits */
};

enum { BW_FRAME_HEADER = 16, BW_FRAME_LIMIT = 256 << 20 };

struct bw_frame {
    uint32_t type, id; /* id: chosen by the daemon, echoed by the reader */
    uint32_t length;   /* of the payload */
};

/* Writes the header with length 0; frame_end() fills in the length. */
size_t frame_begin(struct bw_buf *out, uint32_t type, uint32_t id);
void frame_end(struct bw_buf *out, size_t begin);
/* 0, or -1 when magic, type or length are not ours. */
int frame_parse_header(const uint8_t header[BW_FRAME_HEADER], struct bw_frame *frame);

void wire_put_u8(struct bw_buf *out, uint8_t value);
void wire_put_u32(struct bw_buf *out, uint32_t value);
void wire_put_u64(struct bw_buf *out, uint64_t value);
void wire_put_i64(struct bw_buf *out, int64_t value);
void wire_put_text(struct bw_buf *out, const char *text); /* NULL is kept */
void wire_put_bytes(struct bw_buf *out, const void *data, size_t len);

/* Reads past the end or of bad data set `bad` and give zeros; check once, at the end. */
struct bw_wire {
    const uint8_t *data;
    size_t len, pos;
    bool bad;
    struct bw_arena *arena; /* texts are copied into it */
};

uint8_t wire_get_u8(struct bw_wire *in);
uint8_t wire_get_enum(struct bw_wire *in, int count); /* bad when not below `count` */
uint32_t wire_get_u32(struct bw_wire *in);
uint64_t wire_get_u64(struct bw_wire *in);
int64_t wire_get_i64(struct bw_wire *in);
const char *wire_get_text(struct bw_wire *in);                  /* UTF-8 without NUL, or NULL */
const uint8_t *wire_get_bytes(struct bw_wire *in, size_t *len); /* borrowed from the input */
/* A count of things that take at least `least` bytes each; bad when they cannot be there. */
uint32_t wire_get_count(struct bw_wire *in, size_t least);
/* Zeroed array in the arena, NULL for 0; sets `bad` when out of memory. */
void *wire_new_array(struct bw_wire *in, uint32_t count, size_t size);

#endif
