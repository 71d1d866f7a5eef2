/*
 * A growable byte buffer. An append that fails marks the buffer as failed and later appends do
 * nothing, so a writer checks once, at the end.
 */
#ifndef BLOCWATCH_BUF_H
#define BLOCWATCH_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bw_buf {
    char *data; /* owned; NULL while empty; a NUL stands behind the last byte otherwise */
    size_t len, cap;
    bool failed; /* out of memory on the way */
};

void buf_init(struct bw_buf *buf);
void buf_clear(struct bw_buf *buf); /* frees; the buffer can be used again */
void buf_reset(struct bw_buf *buf); /* empties, keeps the memory */

int buf_append(struct bw_buf *buf, const void *data, size_t len); /* 0, or -1 out of memory */
int buf_puts(struct bw_buf *buf, const char *text);
int buf_putc(struct bw_buf *buf, char byte);
__attribute__((format(printf, 2, 3))) int buf_printf(struct bw_buf *buf, const char *format, ...);
int buf_reserve(struct bw_buf *buf, size_t more); /* room for `more` bytes after len */
char *buf_steal(struct bw_buf *buf);            /* returns owned text, never NULL but when failed */
const char *buf_text(const struct bw_buf *buf); /* borrowed; "" while empty */

/* Appends the whole of `path`, at most `limit` bytes (0: no limit). -1 with errno; EFBIG when over.
 */
int buf_read_file(struct bw_buf *buf, const char *path, size_t limit);

#endif
