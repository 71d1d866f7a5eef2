/* The list of items, by any filter. Owns nothing. */
#include "filter.h"

#include <stdio.h>
#include <string.h>

#define ITEM_COLUMNS                                                                               \
    "SELECT i.id, i.seen_ms, source.name, i.title, i.link, i.lang, t.summary, t.content,"          \
    " i.author, i.published, i.updated,"                                                           \
    " (SELECT count(*) FROM hit WHERE hit.item = i.id AND retracted_ms IS NULL), t.categories"

/* With words, a source or a language, the search index leads: it gives rows in the order of ids,
 * and knows the source and the language too. */
static const char by_search[] =
    ITEM_COLUMNS " FROM item_index CROSS JOIN item AS i ON i.id = item_index.rowid"
                 " CROSS JOIN source ON source.id = i.source"
                 " LEFT JOIN item_text AS t ON t.item = i.id WHERE 1";
static const char by_rows[] =
    ITEM_COLUMNS " FROM item AS i CROSS JOIN source ON source.id = i.source"
                 " LEFT JOIN item_text AS t ON t.item = i.id WHERE 1";

static bool is_indexed(const struct bw_item_query *query)
{
    return query->search != NULL || query->source != NULL || query->lang != NULL;
}

static int add_filters(struct filter *filter, struct bw_store *store,
                       const struct bw_item_query *query, struct bw_error *err)
{
    bool indexed = is_indexed(query);
    const char *id = indexed ? "item_index.rowid" : "i.id";
    char condition[64];
    int64_t source = 0;

    filter_add_id(filter, "i.id = ?", query->id);
    snprintf(condition, sizeof condition, "%s < ?", id);
    filter_add_id(filter, condition, query->before_id);
    snprintf(condition, sizeof condition, "%s > ?", id);
    filter_add_id(filter, condition, query->after_id);
    filter_add_time(filter, "+i.seen_ms >= ?", query->since_ms);
    filter_add_time(filter, "+i.seen_ms < ?", query->until_ms);
    if (filter_add_bounds(filter, store, "item", "seen_ms", id, query->since_ms, query->until_ms,
                          err) != 0)
        return -1;
    if (filter_add_name(filter, store, "source", "i.source = ?", query->source, err) != 0)
        return -1;
    if (query->source != NULL && !filter->nothing)
        source = filter->values[filter->n - 1].number;
    filter_add_lang(filter, "i.lang >= ?", "i.lang < ?", query->lang);
    if (!indexed || filter->nothing)
        return 0;
    if (search_write_query(store, query->search, source, query->lang, &filter->search, err) != 0)
        return -1;
    filter_add_text(filter, "item_index MATCH ?", filter->search.data);
    return 0;
}

/* Cuts the stored lines into a list in `arena`. */
static int read_categories(const char *lines, struct bw_arena *arena, struct bw_item_row *item,
                           struct bw_error *err)
{
    size_t n = 1, count = 0;
    const char **list;
    char *copy;

    if (lines == NULL)
        return 0;
    for (const char *c = lines; *c != '\0'; c++)
        n += *c == '\n';
    copy = arena_strdup(arena, lines);
    list = arena_calloc(arena, n + 1, sizeof *list);
    if (copy == NULL || list == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    while (copy != NULL)
        list[count++] = strsep(&copy, "\n");
    item->categories = list;
    item->n_categories = count;
    return 0;
}

static void read_row(struct db_query *query, struct bw_item_row *item)
{
    *item = (struct bw_item_row){
        .id = db_column(query, 0),
        .seen_ms = db_column(query, 1),
        .source = db_column_word(query, 2),
        .title = db_column_text(query, 3),
        .link = db_column_text(query, 4),
        .lang = db_column_text(query, 5),
        .summary = db_column_text(query, 6),
        .content = db_column_text(query, 7),
        .author = db_column_text(query, 8),
        .published = db_column_time(query, 9),
        .updated = db_column_time(query, 10),
        .n_hits = (size_t)db_column(query, 11),
    };
}

static int tell_items(struct db_query *query, store_item_fn *fn, void *ctx, struct bw_error *err)
{
    int row, stop = 0;

    while (stop == 0 && (row = db_step(query, err)) > 0) {
        struct bw_arena *arena = arena_new(0);
        struct bw_item_row item;

        read_row(query, &item);
        if (arena == NULL)
            stop = error_set(err, BW_ERR_MEMORY, "out of memory");
        else if (read_categories(db_column_text(query, 12), arena, &item, err) != 0)
            stop = -1;
        else if (fn(&item, ctx) != 0)
            stop = 1;
        arena_free(arena);
    }
    if (stop != 0)
        return stop < 0 ? -1 : 0;
    return row;
}

int store_list_items(struct bw_store *store, const struct bw_item_query *query, store_item_fn *fn,
                     void *ctx, struct bw_error *err)
{
    bool search = is_indexed(query);
    const char *orders[2][2] = {{" ORDER BY i.id DESC", " ORDER BY i.id"},
                                {" ORDER BY item_index.rowid DESC", " ORDER BY item_index.rowid"}};
    struct db_query rows = {.store = NULL};
    struct filter filter;
    int result = -1;

    if (db_enter_view(store, err) != 0)
        return -1;
    filter_init(&filter, search ? by_search : by_rows);
    if (add_filters(&filter, store, query, err) != 0)
        goto out;
    if (filter.nothing)
        result = 0;
    else if (filter_begin(&filter, store, orders[search][query->oldest_first], query->limit, &rows,
                          err) == 0)
        result = tell_items(&rows, fn, ctx, err);
out:
    db_end(&rows);
    filter_clear(&filter);
    db_leave_view(store);
    return result;
}
