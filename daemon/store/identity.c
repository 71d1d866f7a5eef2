/* The identity of items within their source, and the tombstones of pruned ones. Owns `tombstone`.
 */
#include "identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sorted {
    struct identity *who;
};

static int compare_keys(const void *a, const void *b)
{
    const struct identity *x = ((const struct sorted *)a)->who,
                          *y = ((const struct sorted *)b)->who;
    int order = strcmp(x->key, y->key);

    if (order != 0)
        return order;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int compare_links(const void *a, const void *b)
{
    const struct identity *x = ((const struct sorted *)a)->who,
                          *y = ((const struct sorted *)b)->who;

    return strcmp(x->item->link_key, y->item->link_key);
}

/* The end of the run of equal keys (or links) that begins at `from`. */
static size_t find_run(struct sorted *sorted, size_t n, size_t from, bool links)
{
    size_t to = from + 1;

    while (to < n &&
           (links ? strcmp(sorted[to].who->item->link_key, sorted[from].who->item->link_key)
                  : strcmp(sorted[to].who->key, sorted[from].who->key)) == 0)
        to++;
    return to;
}

/* Some publishers give every item the same guid: such a key tells nothing without the link. */
static void add_link_to_key(struct identity *who)
{
    char text[2 * BW_KEY_TEXT + 1];
    int len = snprintf(text, sizeof text, "%s\n%s", who->item->key, who->item->link_key);

    hash_key(text, (size_t)len, who->key);
}

static void split_shared_keys(struct sorted *sorted, size_t n)
{
    for (size_t from = 0, to; from < n; from = to) {
        bool differ = false;

        to = find_run(sorted, n, from, false);
        for (size_t i = from + 1; i < to; i++)
            differ |= strcmp(sorted[i].who->item->link_key, sorted[from].who->item->link_key) != 0;
        for (size_t i = from; i < to && differ; i++)
            add_link_to_key(sorted[i].who);
    }
}

int identity_prepare(const struct bw_feed *feed, struct bw_arena *arena, struct identity **list,
                     struct bw_error *err)
{
    size_t n = feed->n_items, to;
    struct identity *all = arena_calloc(arena, n + 1, sizeof *all);
    struct sorted *sorted = calloc(n + 1, sizeof *sorted);

    if (all == NULL || sorted == NULL) {
        free(sorted);
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        all[i] = (struct identity){.item = &feed->items[i], .index = i};
        memcpy(all[i].key, feed->items[i].key, sizeof all[i].key);
        if (all[i].key[0] == '\0') /* nothing in it but perhaps text */
            memcpy(all[i].key, feed->items[i].content_hash, sizeof all[i].key);
        sorted[i].who = &all[i];
    }
    qsort(sorted, n, sizeof *sorted, compare_keys);
    split_shared_keys(sorted, n);
    qsort(sorted, n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < n; i++)
        sorted[i].who->repeated = strcmp(sorted[i - 1].who->key, sorted[i].who->key) == 0;
    qsort(sorted, n, sizeof *sorted, compare_links);
    for (size_t from = 0; from < n; from = to) {
        size_t distinct = 0;

        to = find_run(sorted, n, from, true);
        for (size_t i = from; i < to; i++)
            distinct += !sorted[i].who->repeated;
        for (size_t i = from; i < to; i++)
            sorted[i].who->shared_link = distinct > 1;
    }
    free(sorted);
    *list = all;
    return 0;
}

/* --- tombstones ------------------------------------------------------------------------------ */

enum mark_kind { MARK_KEY, MARK_LINK, MARK_CONTENT, MARKS };

/* The hash of one identity of an item; false when it has no such identity. */
static bool make_mark(enum mark_kind kind, int64_t source, const char *key, const char *title,
                      int64_t published, int64_t *mark)
{
    struct bw_buf text;
    uint64_t hash;

    if (key == NULL || *key == '\0')
        return false;
    buf_init(&text);
    buf_printf(&text, "%d\n%" PRId64 "\n%s\n", (int)kind, source, key);
    if (kind == MARK_LINK)
        buf_puts(&text, title != NULL ? title : "");
    if (kind == MARK_CONTENT)
        buf_printf(&text, "%" PRId64, published);
    hash = hash_64(text.data, text.len);
    memcpy(mark, &hash, sizeof hash);
    buf_clear(&text);
    return true;
}

static bool make_marks(enum mark_kind kind, int64_t source, const char *key, const char *link_key,
                       const char *content, const char *title, int64_t published, int64_t *mark)
{
    bool linked = link_key != NULL && *link_key != '\0';
    const char *identities[MARKS] = {key, link_key, linked ? content : NULL};

    return make_mark(kind, source, identities[kind], title, published, mark);
}

static int is_buried(struct bw_store *store, int64_t source, const struct identity *who,
                     struct bw_error *err)
{
    const struct bw_item *item = who->item;
    int found = 0;

    for (int kind = 0; kind < MARKS && found == 0; kind++) {
        struct db_query query;
        int64_t mark;

        if (kind == MARK_LINK && who->shared_link)
            continue;
        if (!make_marks(kind, source, who->key, item->link_key, item->content_hash, item->title,
                        item->published, &mark))
            continue;
        if (db_query(store, "SELECT 1 FROM tombstone WHERE mark = ?", &query, err) != 0)
            return -1;
        db_int(&query, mark);
        found = db_step(&query, err);
        db_end(&query);
    }
    return found;
}

/* A stored key as the text that it was bound from: the opposite of db_key(). */
static const char *key_text(struct db_query *query, int column, char text[BW_KEY_TEXT])
{
    const unsigned char *bytes = sqlite3_column_blob(query->stmt, column);
    int len = sqlite3_column_bytes(query->stmt, column);

    if (len == BW_KEY_TEXT / 2) {
        for (int i = 0; i < len; i++)
            snprintf(&text[(size_t)i * 2], 3, "%02x", bytes[i]);
    } else {
        snprintf(text, BW_KEY_TEXT, "%.*s", len, bytes != NULL ? (const char *)bytes : "");
    }
    return text;
}

int identity_any_buried(struct bw_store *store, bool *any, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT 1 FROM tombstone AS first LIMIT 1", &query, err) != 0)
        return -1;
    row = db_step(&query, err);
    db_end(&query);
    if (row >= 0)
        *any = row > 0;
    return row < 0 ? -1 : 0;
}

int identity_bury(struct bw_store *store, int64_t item, struct bw_error *err)
{
    char key[BW_KEY_TEXT], link_key[BW_KEY_TEXT], content[BW_KEY_TEXT];
    struct db_query query, put;
    int result;

    if (db_query(store,
                 "SELECT source, key, link_key, content_hash, title, published FROM item"
                 " WHERE id = ?",
                 &query, err) != 0)
        return -1;
    db_int(&query, item);
    result = db_step(&query, err);
    for (int kind = 0; kind < MARKS && result > 0; kind++) {
        int64_t mark;

        if (!make_marks(kind, db_column(&query, 0), key_text(&query, 1, key),
                        key_text(&query, 2, link_key), key_text(&query, 3, content),
                        db_column_text(&query, 4), db_column_time(&query, 5), &mark))
            continue;
        if (db_query(store, "INSERT OR IGNORE INTO tombstone (mark) VALUES (?)", &put, err) != 0) {
            result = -1;
            break;
        }
        db_int(&put, mark);
        result = db_run(&put, err) == 0 ? 1 : -1;
    }
    db_end(&query);
    return result < 0 ? -1 : 0;
}

/* --- finding --------------------------------------------------------------------------------- */

/* Steps the query whose columns are id and "the content is another"; 1 when there is a row. */
static int take_match(struct db_query *query, enum identity_match *match, int64_t *id,
                      struct bw_error *err)
{
    int row = db_step(query, err);

    if (row > 0) {
        *id = db_column(query, 0);
        *match = db_column(query, 1) ? IDENTITY_EDITED : IDENTITY_SAME;
    }
    db_end(query);
    return row;
}

/* *other: the stored item has this key, but another link, title and date: the guid is one that the
 * publisher uses again and again. */
static int find_by_key(struct bw_store *store, int64_t source, const struct identity *who,
                       enum identity_match *match, int64_t *id, bool *other, struct bw_error *err)
{
    const struct bw_item *item = who->item;
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT id, content_hash IS NOT ?1,"
                 " coalesce(link_key <> ?4 AND title <> ?5 AND published <> ?6, 0)"
                 " FROM item WHERE source = ?2 AND key = ?3",
                 &query, err) != 0)
        return -1;
    db_key(&query, item->content_hash);
    db_int(&query, source);
    db_key(&query, who->key);
    db_key(&query, item->link_key);
    db_text(&query, item->title);
    db_time(&query, item->published);
    row = db_step(&query, err);
    if (row > 0) {
        *id = db_column(&query, 0);
        *match = db_column(&query, 1) ? IDENTITY_EDITED : IDENTITY_SAME;
        *other = db_column(&query, 2) != 0;
    }
    db_end(&query);
    return row;
}

/* A link that two stored items share, or this document's items, is a page and no identity. So is
 * one whose title and date are both others: a page whose content is replaced. */
static int find_by_link(struct bw_store *store, int64_t source, const struct identity *who,
                        enum identity_match *match, int64_t *id, struct bw_error *err)
{
    const struct bw_item *item = who->item;
    struct db_query query;

    if (item->link_key[0] == '\0' || who->shared_link)
        return 0;
    if (db_query(store,
                 "SELECT min(id), content_hash IS NOT ?1 FROM item"
                 " WHERE source = ?3 AND link_key = ?2"
                 " HAVING count(*) = 1 AND (max(title) IS ?4 OR max(published) IS ?5)",
                 &query, err) != 0)
        return -1;
    db_key(&query, item->content_hash);
    db_key(&query, item->link_key);
    db_int(&query, source);
    db_text(&query, item->title);
    db_time(&query, item->published);
    return take_match(&query, match, id, err);
}

static int find_by_content(struct bw_store *store, int64_t source, const struct identity *who,
                           enum identity_match *match, int64_t *id, struct bw_error *err)
{
    const struct bw_item *item = who->item;
    struct db_query query;

    if (item->link_key[0] == '\0' || item->content_hash[0] == '\0')
        return 0;
    if (db_query(store,
                 "SELECT id, 0 FROM item WHERE source = ?2 AND content_hash = ?1"
                 " AND link_key IS NOT NULL AND published IS ?3 ORDER BY id LIMIT 1",
                 &query, err) != 0)
        return -1;
    db_key(&query, item->content_hash);
    db_int(&query, source);
    db_time(&query, item->published);
    return take_match(&query, match, id, err);
}

int identity_find(struct bw_store *store, int64_t source, bool any_buried, struct identity *who,
                  enum identity_match *match, int64_t *id, struct bw_error *err)
{
    bool other = false;
    int found = find_by_key(store, source, who, match, id, &other, err);

    if (other) {
        add_link_to_key(who);
        found = find_by_key(store, source, who, match, id, &other, err);
    }
    if (found == 0)
        found = find_by_link(store, source, who, match, id, err);
    if (found == 0)
        found = find_by_content(store, source, who, match, id, err);
    if (found != 0)
        return found < 0 ? -1 : 0;
    found = any_buried ? is_buried(store, source, who, err) : 0;
    *match = found > 0 ? IDENTITY_PRUNED : IDENTITY_NEW;
    return found < 0 ? -1 : 0;
}
