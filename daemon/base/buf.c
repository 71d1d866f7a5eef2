/* Growable byte buffer. Owns its memory. */
#include "blocwatch/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void buf_init(struct bw_buf *buf)
{
    memset(buf, 0, sizeof *buf);
}

void buf_clear(struct bw_buf *buf)
{
    free(buf->data);
    buf_init(buf);
}

void buf_reset(struct bw_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

int buf_reserve(struct bw_buf *buf, size_t more)
{
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    char *data;

    if (buf->failed || more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
        buf->failed = true;
        return -1;
    }
    if (buf->cap > buf->len + more)
        return 0;
    while (cap <= buf->len + more)
        cap *= 2;
    data = realloc(buf->data, cap);
    if (data == NULL) {
        buf->failed = true;
        return -1;
    }
    buf->data = data;
    buf->cap = cap;
    buf->data[buf->len] = '\0'; /* also of a buffer that nothing has been written to */
    return 0;
}

int buf_append(struct bw_buf *buf, const void *data, size_t len)
{
    if (buf_reserve(buf, len) != 0)
        return -1;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

int buf_puts(struct bw_buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

int buf_putc(struct bw_buf *buf, char byte)
{
    if (buf_reserve(buf, 1) != 0)
        return -1;
    buf->data[buf->len++] = byte;
    buf->data[buf->len] = '\0';
    return 0;
}

int buf_printf(struct bw_buf *buf, const char *format, ...)
{
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || buf_reserve(buf, (size_t)len + 1) != 0) {
        va_end(again);
        buf->failed = true;
        return -1;
    }
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
    return 0;
}

char *buf_steal(struct bw_buf *buf)
{
    char *data;

    if (buf->data == NULL)
        buf_append(buf, "", 0);
    data = buf->failed ? NULL : buf->data;
    if (buf->failed)
        free(buf->data);
    buf_init(buf);
    return data;
}

const char *buf_text(const struct bw_buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

static int read_all(struct bw_buf *buf, int fd, size_t limit)
{
    size_t start = buf->len;

    for (;;) {
        ssize_t got;

        if (buf_reserve(buf, 65536) != 0) {
            errno = ENOMEM;
            return -1;
        }
        got = read(fd, buf->data + buf->len, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (limit != 0 && buf->len - start + (size_t)got > limit) {
            errno = EFBIG;
            return -1;
        }
        buf->len += (size_t)got;
        buf->data[buf->len] = '\0';
        if (got == 0)
            return 0;
    }
}

int buf_read_file(struct bw_buf *buf, const char *path, size_t limit)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), result, saved;

    if (fd < 0)
        return -1;
    result = read_all(buf, fd, limit);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}
