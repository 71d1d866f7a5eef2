/* Keys of items (doc/feeds.md says which). Owns nothing. */
#include "identity.h"
#include "url.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *identity_resolve(struct bw_parse *p, const char *link, size_t len)
{
    buf_reset(&p->link);
    if (url_resolve(p->frames[p->depth].base, link, len, &p->link) != 0) {
        p->failed = BW_ERR_MEMORY;
        return NULL;
    }
    return parse_keep(p, buf_text(&p->link), p->link.len);
}

/* The field and its NUL: fields that stand one behind the other stay apart. */
static void append_field(struct bw_buf *buf, const char *text)
{
    if (text == NULL)
        text = "";
    buf_append(buf, text, strlen(text) + 1);
}

static void hash_buf(struct bw_parse *p, const struct bw_buf *buf, char key[BW_KEY_TEXT])
{
    if (buf->failed)
        p->failed = BW_ERR_MEMORY;
    else
        hash_key(buf->data, buf->len, key);
}

void identity_fill(struct bw_parse *p, struct bw_item *item)
{
    struct bw_buf *buf = &p->link;

    if (item->link != NULL) {
        buf_reset(buf);
        url_clean(item->link, buf);
        hash_buf(p, buf, item->link_key);
    }
    buf_reset(buf);
    if (item->id != NULL) {
        buf_puts(buf, "id");
        append_field(buf, item->id);
    } else if (item->link != NULL) {
        /* A fragment tells the entries of one page apart. */
        buf_puts(buf, "link");
        url_clean(item->link, buf);
        url_append_fragment(item->link, buf);
    } else {
        buf_puts(buf, "title");
        append_field(buf, item->title);
        buf_printf(buf, "date%" PRId64, item->published);
        if (item->title == NULL) {
            buf_puts(buf, "text");
            append_field(buf, item->summary);
        }
    }
    hash_buf(p, buf, item->key);
    buf_reset(buf);
    append_field(buf, item->title);
    append_field(buf, item->summary);
    append_field(buf, item->content);
    hash_buf(p, buf, item->content_hash);
}

static int by_key(const void *a, const void *b)
{
    const struct bw_item *const *left = a, *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);

    return order != 0 ? order : strcmp((*left)->link_key, (*right)->link_key);
}

static void add_link_to_key(struct bw_item *item)
{
    char both[2 * BW_KEY_TEXT];
    size_t len = strlen(item->key);

    memcpy(both, item->key, len);
    memcpy(both + len, item->link_key, strlen(item->link_key));
    hash_key(both, len + strlen(item->link_key), item->key);
}

/* Do two items have the same key? By a table of their keys' first digits, which are a hash. */
static int have_same_key(const struct bw_item *items, size_t n, bool *same)
{
    size_t size = 64, slot;
    uint32_t *table;

    while (size < n * 2)
        size *= 2;
    table = calloc(size, sizeof *table);
    if (table == NULL)
        return -1;
    *same = false;
    for (size_t i = 0; i < n && !*same; i++) {
        uint64_t digits;

        memcpy(&digits, items[i].key, sizeof digits);
        slot = digits * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (size - 1);
        while (table[slot] != 0 && strcmp(items[table[slot] - 1].key, items[i].key) != 0)
            slot = (slot + 1) & (size - 1);
        *same = table[slot] != 0;
        table[slot] = (uint32_t)i + 1;
    }
    free(table);
    return 0;
}

static void separate(struct bw_item **sorted, size_t n)
{
    size_t end;

    qsort(sorted, n, sizeof(struct bw_item *), by_key);
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && strcmp(sorted[end]->key, sorted[i]->key) == 0; end++)
            ;
        if (end - i < 2 || strcmp(sorted[i]->link_key, sorted[end - 1]->link_key) == 0)
            continue;
        for (size_t k = i; k < end; k++)
            add_link_to_key(sorted[k]);
    }
}

void identity_separate(struct bw_parse *p, struct bw_item *items, size_t n)
{
    struct bw_item **sorted;
    bool same;

    if (n < 2)
        return;
    if (have_same_key(items, n, &same) != 0) {
        p->failed = BW_ERR_MEMORY;
        return;
    }
    if (!same)
        return;
    sorted = calloc(n, sizeof *sorted);
    if (sorted == NULL) {
        p->failed = BW_ERR_MEMORY;
        return;
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = &items[i];
    separate(sorted, n);
    free(sorted);
}
