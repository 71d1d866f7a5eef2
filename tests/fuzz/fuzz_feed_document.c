/* Any bytes as a feed document, with and without a declared charset. */
#include "blocwatch/feed.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The promise of item.h: valid UTF-8 without control characters but newline. */
static void check_text(const char *text)
{
    if (text == NULL)
        return;
    if (utf8_check(text, strlen(text), NULL) != strlen(text) || strpbrk(text, "\t\r") != NULL)
        abort();
}

static void check(const struct bw_document *doc, const struct bw_feed_limits *limits)
{
    check_text(doc->feed.title);
    if (doc->feed.n_items > limits->max_items || arena_used(doc->arena) > limits->memory)
        abort();
    for (size_t i = 0; i < doc->feed.n_items; i++) {
        const struct bw_item *item = &doc->feed.items[i];

        check_text(item->id);
        check_text(item->title);
        check_text(item->link);
        check_text(item->summary);
        check_text(item->content);
        check_text(item->author);
        check_text(item->lang);
        for (size_t k = 0; k < item->n_categories; k++)
            check_text(item->categories[k]);
        for (size_t k = 0; k < item->n_enclosures; k++) {
            check_text(item->enclosures[k].url);
            check_text(item->enclosures[k].type);
        }
        if (strlen(item->key) != BW_KEY_TEXT - 1 || strlen(item->content_hash) != BW_KEY_TEXT - 1)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {NULL, "text/xml; charset=windows-1251",
                                        "application/xml; charset=utf-8",
                                        "text/xml; charset=shift_jis"};
    struct bw_feed_limits limits = {
        .memory = 1 << 20, .max_items = 50, .max_depth = 60, .max_text = 4096};

    struct bw_feed_input input = {.bytes = (const char *)data,
                                  .len = size,
                                  .content_type = types[size % 4],
                                  .base_url = "https://base.example/a/b?c#d",
                                  .now = BW_TIME_NONE};
    struct bw_document *doc = NULL;
    struct bw_error err;

    if (feed_parse_document(&input, &limits, &doc, &err) == 0)
        check(doc, &limits);
    else if (doc != NULL || err.text[0] == '\0')
        abort();
    document_free(doc);
    return 0;
}
