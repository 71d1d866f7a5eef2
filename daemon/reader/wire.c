/* Encoding and checked decoding of frames' bytes. Owns nothing. */
#include "wire.h"

#include <endian.h>
#include <string.h>
#include <utf8proc.h>

static const uint32_t MAGIC = 0x31435742; /* "BWC1" */
static const uint32_t NO_TEXT = 0xffffffff;

size_t frame_begin(struct bw_buf *out, uint32_t type, uint32_t id)
{
    size_t begin = out->len;

    wire_put_u32(out, MAGIC);
    wire_put_u32(out, type);
    wire_put_u32(out, id);
    wire_put_u32(out, 0);
    return begin;
}

void frame_end(struct bw_buf *out, size_t begin)
{
    uint32_t length;

    if (out->failed || out->len - begin - BW_FRAME_HEADER > BW_FRAME_LIMIT) {
        out->failed = true;
        return;
    }
    length = htole32((uint32_t)(out->len - begin - BW_FRAME_HEADER));
    memcpy(out->data + begin + 12, &length, sizeof length);
}

int frame_parse_header(const uint8_t header[BW_FRAME_HEADER], struct bw_frame *frame)
{
    uint32_t words[4];

    memcpy(words, header, sizeof words);
    frame->type = le32toh(words[1]);
    frame->id = le32toh(words[2]);
    frame->length = le32toh(words[3]);
    if (le32toh(words[0]) != MAGIC || frame->type < BW_FRAME_RULES ||
        frame->type > BW_FRAME_RESULT || frame->length > BW_FRAME_LIMIT)
        return -1;
    return 0;
}

void wire_put_u8(struct bw_buf *out, uint8_t value)
{
    buf_append(out, &value, 1);
}

void wire_put_u32(struct bw_buf *out, uint32_t value)
{
    value = htole32(value);
    buf_append(out, &value, sizeof value);
}

void wire_put_u64(struct bw_buf *out, uint64_t value)
{
    value = htole64(value);
    buf_append(out, &value, sizeof value);
}

void wire_put_i64(struct bw_buf *out, int64_t value)
{
    wire_put_u64(out, (uint64_t)value);
}

void wire_put_text(struct bw_buf *out, const char *text)
{
    if (text == NULL)
        wire_put_u32(out, NO_TEXT);
    else
        wire_put_bytes(out, text, strlen(text));
}

void wire_put_bytes(struct bw_buf *out, const void *data, size_t len)
{
    if (len > BW_FRAME_LIMIT) {
        out->failed = true;
        return;
    }
    wire_put_u32(out, (uint32_t)len);
    buf_append(out, data, len);
}

static const uint8_t *take(struct bw_wire *in, size_t len)
{
    const uint8_t *at = in->data + in->pos;

    if (in->bad || in->len - in->pos < len) {
        in->bad = true;
        return NULL;
    }
    in->pos += len;
    return at;
}

uint8_t wire_get_u8(struct bw_wire *in)
{
    const uint8_t *at = take(in, 1);

    return at == NULL ? 0 : *at;
}

uint8_t wire_get_enum(struct bw_wire *in, int count)
{
    uint8_t value = wire_get_u8(in);

    if (value < count)
        return value;
    in->bad = true;
    return 0;
}

uint32_t wire_get_u32(struct bw_wire *in)
{
    const uint8_t *at = take(in, sizeof(uint32_t));
    uint32_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return le32toh(value);
}

uint64_t wire_get_u64(struct bw_wire *in)
{
    const uint8_t *at = take(in, sizeof(uint64_t));
    uint64_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return le64toh(value);
}

int64_t wire_get_i64(struct bw_wire *in)
{
    return (int64_t)wire_get_u64(in);
}

const uint8_t *wire_get_bytes(struct bw_wire *in, size_t *len)
{
    *len = wire_get_u32(in);
    return take(in, *len);
}

static bool is_utf8(const uint8_t *text, size_t len)
{
    while (len > 0) {
        utf8proc_int32_t point;
        utf8proc_ssize_t used = 1;

        if (*text == 0)
            return false;
        if (*text >= 0x80)
            used = utf8proc_iterate(text, (utf8proc_ssize_t)len, &point);
        if (used < 1)
            return false;
        text += used;
        len -= (size_t)used;
    }
    return true;
}

const char *wire_get_text(struct bw_wire *in)
{
    uint32_t len = wire_get_u32(in);
    const uint8_t *at;
    char *text;

    if (in->bad || len == NO_TEXT)
        return NULL;
    at = take(in, len);
    if (at == NULL || !is_utf8(at, len)) {
        in->bad = true;
        return NULL;
    }
    text = arena_strndup(in->arena, (const char *)at, len);
    if (text == NULL)
        in->bad = true;
    return text;
}

uint32_t wire_get_count(struct bw_wire *in, size_t least)
{
    uint32_t count = wire_get_u32(in);

    if (in->bad || count > (in->len - in->pos) / least) {
        in->bad = true;
        return 0;
    }
    return count;
}

void *wire_new_array(struct bw_wire *in, uint32_t count, size_t size)
{
    void *array;

    if (in->bad || count == 0)
        return NULL;
    array = arena_calloc(in->arena, count, size);
    if (array == NULL)
        in->bad = true;
    return array;
}
