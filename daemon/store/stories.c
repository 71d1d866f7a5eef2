/* Stories: which items are candidates for one, and what belongs to it. Owns `story`, `story_item`,
 * `story_band`, `story_event`. */
#include "db.h"

#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_PER_KEY = 200 };

struct finding {
    struct bw_store *store;
    store_story_fn *fn;
    void *ctx;
    int64_t *seen; /* items told already */
    size_t n, cap;
    bool over;
};

static bool was_told(struct finding *find, int64_t item)
{
    for (size_t i = 0; i < find->n; i++) {
        if (find->seen[i] == item)
            return true;
    }
    return false;
}

static int note_told(struct finding *find, int64_t item, struct bw_error *err)
{
    size_t cap = find->cap < 32 ? 32 : find->cap * 2;
    int64_t *seen;

    if (find->n == find->cap) {
        seen = realloc(find->seen, cap * sizeof *seen);
        if (seen == NULL)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
        find->seen = seen;
        find->cap = cap;
    }
    find->seen[find->n++] = item;
    return 0;
}

static int tell_item(struct finding *find, int64_t id, struct bw_error *err)
{
    struct bw_story_item item = {.item = id};
    struct db_query query;
    int row, result = 0;

    if (was_told(find, id))
        return 0;
    if (note_told(find, id, err) != 0)
        return -1;
    if (db_query(find->store,
                 "SELECT si.story, si.time_ms, source.name, i.lang, i.title, hex(i.link_key),"
                 " si.signature, si.events FROM story_item AS si JOIN item AS i ON i.id = si.item"
                 " JOIN source ON source.id = i.source WHERE si.item = ?",
                 &query, err) != 0)
        return -1;
    db_int(&query, id);
    row = db_step(&query, err);
    if (row > 0) {
        char key[BW_KEY_TEXT] = "";
        const char *hex = db_column_word(&query, 5);

        for (size_t i = 0; i + 1 < sizeof key && hex[i] != '\0'; i++)
            key[i] = hex[i] >= 'A' ? (char)(hex[i] | 32) : hex[i];
        item.story = db_column(&query, 0);
        item.time_ms = db_column(&query, 1);
        item.source = db_column_text(&query, 2);
        item.lang = db_column_text(&query, 3);
        item.title = db_column_text(&query, 4);
        item.link_key = key;
        item.signature = sqlite3_column_blob(query.stmt, 6);
        item.n_signature = (size_t)sqlite3_column_bytes(query.stmt, 6) / sizeof(uint32_t);
        item.events = db_column_word(&query, 7);
        find->over = find->fn(&item, find->ctx) != 0;
    }
    db_end(&query);
    result = row < 0 ? -1 : 0;
    return result;
}

/* Tells the items that a query with one column gives, newest first. */
static int tell_all(struct finding *find, struct db_query *query, struct bw_error *err)
{
    int row = 0, result = 0;

    while (result == 0 && !find->over && (row = db_step(query, err)) > 0)
        result = tell_item(find, db_column(query, 0), err);
    db_end(query);
    return row < 0 ? -1 : result;
}

static int find_by_bands(struct finding *find, const uint64_t *bands, size_t n, int64_t since_ms,
                         struct bw_error *err)
{
    struct db_query query;

    for (size_t i = 0; i < n && !find->over; i++) {
        if (db_query(find->store,
                     "SELECT item FROM story_band WHERE band = ? AND time_ms >= ?"
                     " ORDER BY time_ms DESC LIMIT ?",
                     &query, err) != 0)
            return -1;
        db_int(&query, (int64_t)bands[i]);
        db_int(&query, since_ms);
        db_int(&query, CANDIDATES_PER_KEY);
        if (tell_all(find, &query, err) != 0)
            return -1;
    }
    return 0;
}

static int find_by_link(struct finding *find, const char *link_key, int64_t since_ms,
                        struct bw_error *err)
{
    struct db_query query;

    if (link_key == NULL || *link_key == '\0' || find->over)
        return 0;
    if (db_query(find->store,
                 "SELECT item FROM story_item WHERE link_key = ? AND time_ms >= ?"
                 " ORDER BY time_ms DESC LIMIT ?",
                 &query, err) != 0)
        return -1;
    db_key(&query, link_key);
    db_int(&query, since_ms);
    db_int(&query, CANDIDATES_PER_KEY);
    return tell_all(find, &query, err);
}

/* Calls `each` with every line of `events` that is not empty. */
static int for_each_line(const char *events, struct bw_error *err,
                         int (*each)(const char *line, void *ctx, struct bw_error *err), void *ctx)
{
    int result = 0;

    while (events != NULL && *events != '\0' && result == 0) {
        size_t len = strcspn(events, "\n");
        char *line = strndup(events, len);

        if (line == NULL)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
        if (len > 0)
            result = each(line, ctx, err);
        free(line);
        events += len + (events[len] == '\n');
    }
    return result;
}

struct line_finding {
    struct finding *find;
    int64_t since_ms;
};

static int find_by_line(const char *line, void *ctx, struct bw_error *err)
{
    struct line_finding *lines = ctx;
    struct db_query query;

    if (lines->find->over)
        return 0;
    if (db_query(lines->find->store,
                 "SELECT item FROM story_event WHERE line = ? AND time_ms >= ?"
                 " ORDER BY time_ms DESC LIMIT ?",
                 &query, err) != 0)
        return -1;
    db_text(&query, line);
    db_int(&query, lines->since_ms);
    db_int(&query, CANDIDATES_PER_KEY);
    return tell_all(lines->find, &query, err);
}

int store_find_story_items(struct bw_store *store, const uint64_t *bands, size_t n_bands,
                           const char *link_key, const char *events, int64_t since_ms,
                           store_story_fn *fn, void *ctx, struct bw_error *err)
{
    struct finding find = {.store = store, .fn = fn, .ctx = ctx};
    struct line_finding lines = {.find = &find, .since_ms = since_ms};
    int result = find_by_link(&find, link_key, since_ms, err);

    if (result == 0)
        result = find_by_bands(&find, bands, n_bands, since_ms, err);
    if (result == 0)
        result = for_each_line(events, err, find_by_line, &lines);
    free(find.seen);
    return result;
}

/* --- adding ---------------------------------------------------------------------------------- */

static int make_story(struct bw_store *store, const struct bw_story_item *item, int64_t *story,
                      struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, "INSERT INTO story (first_ms, last_ms, title) VALUES (?1, ?1, ?2)", &query,
                 err) != 0)
        return -1;
    db_int(&query, item->time_ms);
    db_text(&query, item->title);
    if (db_run(&query, err) != 0)
        return -1;
    *story = sqlite3_last_insert_rowid(store->db);
    return 0;
}

static int stretch_story(struct bw_store *store, int64_t story, int64_t time_ms,
                         struct bw_error *err)
{
    struct db_query query;

    if (db_query(store,
                 "UPDATE story SET first_ms = min(first_ms, ?1), last_ms = max(last_ms, ?1)"
                 " WHERE id = ?2",
                 &query, err) != 0)
        return -1;
    db_int(&query, time_ms);
    db_int(&query, story);
    if (db_run(&query, err) != 0)
        return -1;
    return sqlite3_changes(store->db) > 0
               ? 0
               : error_set(err, BW_ERR_NOTFOUND, "there is no story %lld", (long long)story);
}

/* The story that the item is in; 0 none. */
static int find_story(struct bw_store *store, int64_t item, int64_t *story, struct bw_error *err)
{
    struct db_query query;
    int row;

    *story = 0;
    if (db_query(store, "SELECT story FROM story_item WHERE item = ?", &query, err) != 0)
        return -1;
    db_int(&query, item);
    row = db_step(&query, err);
    if (row > 0)
        *story = db_column(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

/* A story that its last item has left for another becomes part of that one, with its alerts: they
 * have been told. */
static int dissolve_story(struct bw_store *store, int64_t from, int64_t to, struct bw_error *err)
{
    static const char *const steps[] = {
        "UPDATE alert SET story = ?2 WHERE story = ?1 AND NOT EXISTS"
        " (SELECT 1 FROM story_item WHERE story = ?1)",
        "DELETE FROM story WHERE id = ?1 AND id <> ?2 AND NOT EXISTS"
        " (SELECT 1 FROM story_item WHERE story = ?1)",
    };
    struct db_query query;

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (db_query(store, steps[i], &query, err) != 0)
            return -1;
        db_int(&query, from);
        db_int(&query, to);
        if (db_run(&query, err) != 0)
            return -1;
    }
    return 0;
}

static int place_item(struct bw_store *store, const struct bw_story_item *item, int64_t story,
                      struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, "DELETE FROM story_item WHERE item = ?", &query, err) != 0)
        return -1;
    db_int(&query, item->item);
    if (db_run(&query, err) != 0)
        return -1;
    if (db_query(store,
                 "INSERT INTO story_item (item, story, time_ms, signature, events, link_key)"
                 " VALUES (?1,?2,?3,?4,?5,(SELECT link_key FROM item WHERE id = ?1))",
                 &query, err) != 0)
        return -1;
    db_int(&query, item->item);
    db_int(&query, story);
    db_int(&query, item->time_ms);
    db_blob(&query, item->signature, item->n_signature * sizeof *item->signature);
    db_text(&query, item->events != NULL ? item->events : "");
    if (db_run(&query, err) != 0)
        return -1;
    if (db_query(store, "UPDATE hit SET story = ? WHERE item = ?", &query, err) != 0)
        return -1;
    db_int(&query, story);
    db_int(&query, item->item);
    return db_run(&query, err);
}

struct line_adding {
    struct bw_store *store;
    const struct bw_story_item *item;
};

static int add_line(const char *line, void *ctx, struct bw_error *err)
{
    struct line_adding *adding = ctx;
    struct db_query query;

    if (db_query(adding->store,
                 "INSERT OR IGNORE INTO story_event (line, time_ms, item) VALUES (?,?,?)", &query,
                 err) != 0)
        return -1;
    db_text(&query, line);
    db_int(&query, adding->item->time_ms);
    db_int(&query, adding->item->item);
    return db_run(&query, err);
}

static int add_bands(struct bw_store *store, const struct bw_story_item *item,
                     const uint64_t *bands, size_t n, struct bw_error *err)
{
    struct db_query query;

    for (size_t i = 0; i < n; i++) {
        if (db_query(store, "INSERT OR IGNORE INTO story_band (band, time_ms, item) VALUES (?,?,?)",
                     &query, err) != 0)
            return -1;
        db_int(&query, (int64_t)bands[i]);
        db_int(&query, item->time_ms);
        db_int(&query, item->item);
        if (db_run(&query, err) != 0)
            return -1;
    }
    return 0;
}

static int add_to_story(struct bw_store *store, int64_t *story, const struct bw_story_item *item,
                        const uint64_t *bands, size_t n_bands, struct bw_error *err)
{
    struct line_adding adding = {.store = store, .item = item};
    int64_t before;

    if (find_story(store, item->item, &before, err) != 0)
        return -1;
    if (*story == 0 ? make_story(store, item, story, err)
                    : stretch_story(store, *story, item->time_ms, err))
        return -1;
    if (place_item(store, item, *story, err) != 0 ||
        add_bands(store, item, bands, n_bands, err) != 0)
        return -1;
    if (before != 0 && before != *story && dissolve_story(store, before, *story, err) != 0)
        return -1;
    return for_each_line(item->events, err, add_line, &adding);
}

int store_add_to_story(struct bw_store *store, int64_t *story, const struct bw_story_item *item,
                       const uint64_t *bands, size_t n_bands, struct bw_error *err)
{
    int64_t id = *story;

    if (db_enter(store, err) != 0)
        return -1;
    if (db_leave(store, add_to_story(store, &id, item, bands, n_bands, err), err) != 0)
        return -1;
    *story = id;
    return 0;
}
