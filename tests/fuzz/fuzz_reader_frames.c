/* What a captured reader may send: any bytes behind a frame's header. */
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_document *doc = document_new(16 << 20);
    struct bw_arena *arena = arena_new(16 << 20);
    struct bw_wire result = {data, size, 0, false, doc->arena};
    struct bw_wire watch = {data, size, 0, false, arena};
    struct bw_wire request = {data, size, 0, false, arena};
    struct bw_read_request read;
    struct bw_hits *hits = NULL;
    struct bw_watch defs = {0};
    struct bw_error err = {0};
    struct bw_frame frame;

    if (size >= BW_FRAME_HEADER)
        frame_parse_header(data, &frame);
    if (message_get_error(&result, &err) == 0)
        message_get_result(&result, doc, &hits);
    message_get_watch(&watch, &defs);
    message_get_document(&request, &read);
    arena_free(arena);
    document_free(doc);
    return 0;
}
