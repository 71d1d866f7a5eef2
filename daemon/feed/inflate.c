/* gzip by zlib, bounded. Owns nothing. */
#include "inflate.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

enum { STEP = 1 << 16 };

bool inflate_is_gzip(const char *bytes, size_t len)
{
    return len > 18 && memcmp(bytes, "\x1F\x8B\x08", 3) == 0;
}

static int inflate_all(z_stream *stream, size_t limit, struct bw_buf *out, bool *cut,
                       struct bw_error *err)
{
    size_t start = out->len;

    for (;;) {
        int result;

        if (buf_reserve(out, STEP) != 0)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
        stream->next_out = (Bytef *)out->data + out->len;
        stream->avail_out = STEP;
        result = inflate(stream, Z_NO_FLUSH);
        out->len += STEP - stream->avail_out;
        out->data[out->len] = '\0';
        if (out->len - start > limit)
            return error_set(err, BW_ERR_LIMIT, "the document unpacks to more than %zu bytes",
                             limit);
        if (result == Z_STREAM_END)
            return 0;
        if (result != Z_OK && (result != Z_BUF_ERROR || stream->avail_in > 0))
            return error_set(err, BW_ERR_FORMAT, "the gzip file is damaged");
        if (stream->avail_in == 0 && stream->avail_out > 0) {
            *cut = true;
            return 0;
        }
    }
}

int inflate_gzip(const char *bytes, size_t len, size_t limit, struct bw_buf *out, bool *cut,
                 struct bw_error *err)
{
    z_stream stream = {0};
    int result;

    if (len > UINT_MAX)
        return error_set(err, BW_ERR_LIMIT, "the document is too large");
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)len;
    result = inflate_all(&stream, limit, out, cut, err);
    inflateEnd(&stream);
    return result;
}
