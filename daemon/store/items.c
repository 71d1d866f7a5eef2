/* A poll's items into the database: new ones in, edited ones anew, known ones left. Owns `item`,
 * `item_text` and `source_day`. */
#include "hits.h"
#include "identity.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000 };

struct batch {
    struct bw_store *store;
    int64_t source;
    int64_t now_ms;
    bool matched_again; /* the items are known, the rules are others */
    const char *const *other_rules;
    struct bw_saved *saved;
    bool any_buried;
    struct {
        int64_t day_ms;
        size_t items, hits;
    } day; /* counted, and not yet written */
};

static int write_text(struct batch *batch, const struct bw_item *item, int64_t id,
                      struct bw_error *err)
{
    struct bw_buf categories;
    struct db_query query;
    int result = -1;

    buf_init(&categories);
    for (size_t i = 0; i < item->n_categories; i++) {
        if (item->categories[i] != NULL)
            buf_printf(&categories, "%s%s", categories.len > 0 ? "\n" : "", item->categories[i]);
    }
    if (db_query(batch->store,
                 "INSERT OR REPLACE INTO item_text (item, summary, content, categories)"
                 " VALUES (?,?,?,?)",
                 &query, err) == 0) {
        db_int(&query, id);
        db_text(&query, item->summary);
        db_text(&query, item->content);
        db_text(&query, categories.len > 0 ? categories.data : NULL);
        result = db_run(&query, err);
    }
    buf_clear(&categories);
    return result;
}

static int insert_item(struct batch *batch, const struct identity *who, int64_t *id,
                       struct bw_error *err)
{
    const struct bw_item *item = who->item;
    struct db_query query;

    if (db_query(batch->store,
                 "INSERT INTO item (source, key, link_key, content_hash, seen_ms, published,"
                 " updated, lang, title, link, author) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                 &query, err) != 0)
        return -1;
    db_int(&query, batch->source);
    if (who->key[0] != '\0')
        db_key(&query, who->key);
    else
        db_blob(&query, "", 0);
    db_key(&query, item->link_key);
    db_key(&query, item->content_hash);
    db_int(&query, batch->now_ms);
    db_time(&query, item->published);
    db_time(&query, item->updated);
    db_text(&query, item->lang);
    db_text(&query, item->title);
    db_text(&query, item->link);
    db_text(&query, item->author);
    if (db_run(&query, err) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(batch->store->db);
    return write_text(batch, item, *id, err);
}

static int has_hits(struct bw_store *store, int64_t item, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT 1 FROM hit WHERE item = ? LIMIT 1", &query, err) != 0)
        return -1;
    db_int(&query, item);
    row = db_step(&query, err);
    db_end(&query);
    return row;
}

/* The key under which it was first seen stays. An edit that drops the date does not take it away.
 */
static int update_item(struct batch *batch, const struct bw_item *item, int64_t id,
                       struct bw_error *err)
{
    struct db_query query;

    if (db_query(batch->store,
                 "UPDATE item SET link_key = ?, content_hash = ?, edited_ms = ?,"
                 " published = coalesce(?, published), updated = coalesce(?, updated), lang = ?,"
                 " title = ?, link = ?, author = ? WHERE id = ?",
                 &query, err) != 0)
        return -1;
    db_key(&query, item->link_key);
    db_key(&query, item->content_hash);
    db_int(&query, batch->now_ms);
    db_time(&query, item->published);
    db_time(&query, item->updated);
    db_text(&query, item->lang);
    db_text(&query, item->title);
    db_text(&query, item->link);
    db_text(&query, item->author);
    db_int(&query, id);
    if (db_run(&query, err) != 0)
        return -1;
    return write_text(batch, item, id, err);
}

/* The index forgets by being told the old words, so it is told before they go. */
static int replace_item(struct batch *batch, const struct bw_item *item, int64_t id,
                        struct bw_error *err)
{
    struct bw_store *store = batch->store;
    int indexed = has_hits(store, id, err);

    if (indexed < 0 || search_write_later(store, err) != 0 ||
        search_remove_item(store, id, err) != 0)
        return -1;
    if (indexed && search_remove_hit(store, id, err) != 0)
        return -1;
    if (update_item(batch, item, id, err) != 0 || search_add_item(store, id, err) != 0)
        return -1;
    return indexed ? search_add_hit(store, id, err) : 0;
}

static int write_day(struct batch *batch, struct bw_error *err)
{
    struct db_query query;

    if (batch->day.items + batch->day.hits == 0)
        return 0;
    if (db_query(batch->store,
                 "INSERT INTO source_day (source, day_ms, items, hits) VALUES (?,?,?,?)"
                 " ON CONFLICT DO UPDATE SET items = items + excluded.items,"
                 " hits = hits + excluded.hits",
                 &query, err) != 0)
        return -1;
    db_int(&query, batch->source);
    db_int(&query, batch->day.day_ms);
    db_int(&query, (int64_t)batch->day.items);
    db_int(&query, (int64_t)batch->day.hits);
    batch->day.items = batch->day.hits = 0;
    return db_run(&query, err);
}

/* For the rhythm of sources: by the day of publication, else of finding. Neighbours in a document
 * mostly share it, and are written together. */
static int count_day(struct batch *batch, int64_t published, size_t items, size_t hits,
                     struct bw_error *err)
{
    int64_t time_ms = batch->now_ms;

    if (published != BW_TIME_NONE && published >= 0 && published < batch->now_ms / 1000)
        time_ms = published * 1000;
    time_ms -= time_ms % DAY_MS;
    if (time_ms != batch->day.day_ms && write_day(batch, err) != 0)
        return -1;
    batch->day.day_ms = time_ms;
    batch->day.items += items;
    batch->day.hits += hits;
    return 0;
}

/* The date that is stored, which an edit without one has left alone. */
static int read_published(struct bw_store *store, int64_t item, int64_t *published,
                          struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT published FROM item WHERE id = ?", &query, err) != 0)
        return -1;
    db_int(&query, item);
    row = db_step(&query, err);
    if (row > 0)
        *published = db_column_time(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

static int save_hits(struct batch *batch, const struct bw_item *item, const struct bw_hits *found,
                     struct bw_saved_item *out, struct bw_error *err)
{
    struct hits_owner owner = {
        .item = out->id,
        .source = batch->source,
        .lang = item->lang,
        .published = item->published,
        .now_ms = batch->now_ms,
        .matched_again = batch->matched_again || (out->is_edited && found != NULL),
        .other_rules = batch->other_rules,
        .arena = batch->saved->arena,
    };
    size_t fresh = 0;
    int indexed = out->is_new ? 0 : has_hits(batch->store, out->id, err);

    if (out->is_edited && read_published(batch->store, out->id, &owner.published, err) != 0)
        return -1;
    if (indexed < 0 || hits_save(batch->store, &owner, found, out, err) != 0)
        return -1;
    for (size_t i = 0; i < out->n_hits; i++)
        fresh += out->hits[i].is_new;
    if (!out->is_new && !indexed && out->n_hits > 0 &&
        search_add_hit(batch->store, out->id, err) != 0)
        return -1;
    if (!out->is_new && fresh == 0)
        return 0;
    return count_day(batch, item->published, out->is_new, fresh, err);
}

static int save_item(struct batch *batch, struct identity *who, const struct bw_hits *found,
                     struct bw_error *err)
{
    struct bw_saved *saved = batch->saved;
    struct bw_saved_item *out = &saved->items[saved->n_items];
    enum identity_match match = IDENTITY_SAME;
    int64_t id = 0;

    if (!who->repeated &&
        identity_find(batch->store, batch->source, batch->any_buried, who, &match, &id, err) != 0)
        return -1;
    if (match == IDENTITY_SAME || match == IDENTITY_PRUNED) {
        saved->n_known++;
        return 0;
    }
    *out = (struct bw_saved_item){
        .item = who->item, .is_new = match == IDENTITY_NEW, .is_edited = match == IDENTITY_EDITED};
    if (out->is_new ? insert_item(batch, who, &id, err) : replace_item(batch, who->item, id, err))
        return -1;
    out->id = id;
    if (save_hits(batch, who->item, found, out, err) != 0)
        return -1;
    if (out->is_new &&
        search_add_later(batch->store, id, who->item, batch->source, out->n_hits > 0, err) != 0)
        return -1;
    saved->n_items++;
    saved->n_new += out->is_new;
    saved->n_edited += out->is_edited;
    if (out->is_new && who->item->published != BW_TIME_NONE &&
        (saved->newest == BW_TIME_NONE || who->item->published > saved->newest))
        saved->newest = who->item->published;
    return 0;
}

static int save_all(struct batch *batch, const char *source_id, const struct bw_feed *feed,
                    const struct bw_hits *hits, struct bw_error *err)
{
    struct bw_saved *saved = batch->saved;
    struct identity *list;

    if (names_source(batch->store, source_id, &batch->source, err) != 0 ||
        identity_any_buried(batch->store, &batch->any_buried, err) != 0 ||
        identity_prepare(feed, saved->arena, &list, err) != 0)
        return -1;
    saved->items = arena_calloc(saved->arena, feed->n_items + 1, sizeof *saved->items);
    if (saved->items == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < feed->n_items; i++) {
        if (save_item(batch, &list[i], hits != NULL ? &hits[i] : NULL, err) != 0)
            return -1;
    }
    if (write_day(batch, err) != 0)
        return -1;
    return batch->store->in_transaction ? 0 : search_write_later(batch->store, err);
}

int store_save_items(struct bw_store *store, const char *source_id, const struct bw_feed *feed,
                     const struct bw_hits *hits, int64_t now_ms, struct bw_saved *saved,
                     struct bw_error *err)
{
    struct bw_saved result = {.arena = arena_new(0), .newest = BW_TIME_NONE};
    struct batch batch = {.store = store, .now_ms = now_ms, .saved = &result};
    size_t mark = store->n_later;
    int status;

    if (result.arena == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    status = db_enter(store, err);
    if (status == 0)
        status = db_leave(store, save_all(&batch, source_id, feed, hits, err), err);
    if (status != 0) {
        store->n_later = store->n_later < mark ? store->n_later : mark;
        arena_free(result.arena);
        return -1;
    }
    *saved = result;
    return 0;
}

/* What hits take over from their stored item: 1 with it, 0 when there is no such item. */
static int load_item(struct bw_store *store, int64_t id, struct bw_arena *arena, int64_t *source,
                     struct bw_item *item, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT source, lang, published FROM item WHERE id = ?", &query, err) != 0)
        return -1;
    db_int(&query, id);
    row = db_step(&query, err);
    if (row > 0) {
        *source = db_column(&query, 0);
        item->lang = arena_strdup(arena, db_column_text(&query, 1));
        item->published = db_column_time(&query, 2);
        if (item->lang == NULL && db_column_text(&query, 1) != NULL)
            row = error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    db_end(&query);
    return row;
}

int store_match_again(struct bw_store *store, int64_t item_id, const struct bw_hits *found,
                      const char *const *other_rules, int64_t now_ms, struct bw_arena *arena,
                      struct bw_saved_item *saved, struct bw_error *err)
{
    struct bw_saved home = {.arena = arena};
    struct batch batch = {.store = store,
                          .now_ms = now_ms,
                          .matched_again = true,
                          .other_rules = other_rules,
                          .saved = &home};
    struct bw_saved_item result = {.id = item_id};
    struct bw_item item = {.published = BW_TIME_NONE};
    int status = db_enter(store, err), row;

    if (status != 0)
        return -1;
    row = load_item(store, item_id, arena, &batch.source, &item, err);
    if (row == 0)
        error_set(err, BW_ERR_NOTFOUND, "there is no item %lld", (long long)item_id);
    status =
        row > 0 && save_hits(&batch, &item, found, &result, err) == 0 ? write_day(&batch, err) : -1;
    status = db_leave(store, status, err);
    if (status == 0)
        *saved = result;
    return status;
}

void store_clear_saved(struct bw_saved *saved)
{
    if (saved == NULL)
        return;
    arena_free(saved->arena);
    *saved = (struct bw_saved){.newest = BW_TIME_NONE};
}
