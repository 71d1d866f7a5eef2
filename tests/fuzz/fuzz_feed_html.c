/* Any bytes as HTML: to text, and for the feeds that it links to. */
#include "blocwatch/feed.h"
#include "text.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_conversion(const char *html, size_t len)
{
    struct bw_buf clean, out;

    buf_init(&clean);
    buf_init(&out);
    if (utf8_clean(html, len, &clean) == 0 &&
        feed_html_to_text(buf_text(&clean), clean.len, &out) == 0) {
        if (out.len > clean.len + clean.len / 2 ||
            utf8_check(buf_text(&out), out.len, NULL) != out.len)
            abort();
        if (out.len > 0 && (strchr(" \n", out.data[0]) != NULL || strstr(out.data, "  ") != NULL))
            abort();
    }
    text_looks_like_html(buf_text(&clean), clean.len);
    buf_reset(&out);
    feed_html_to_text(html, len, &out); /* broken UTF-8 must at least do no harm */
    buf_clear(&clean);
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = arena_new(1 << 20);
    struct bw_feed_link *links;
    struct bw_error err;
    char *text = malloc(size + 1);
    size_t n;

    if (arena != NULL && text != NULL) {
        memcpy(text, data, size);
        text[size] = '\0';
        check_conversion(text, size);
        feed_find_links(text, size, "https://base.example/", arena, &links, &n, &err);
        if (size < 4096) {
            struct bw_buf link;

            buf_init(&link);
            feed_clean_link(text, &link);
            buf_clear(&link);
        }
    }
    arena_free(arena);
    free(text);
    return 0;
}
