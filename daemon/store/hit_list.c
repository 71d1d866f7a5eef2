/* The list of hits, by any filter. Owns nothing. */
#include "filter.h"
#include "hits.h"

#include <string.h>

/* Events are looked up once for the whole list, and not once a hit. */
static int add_event_filter(struct filter *filter, struct bw_store *store,
                            const struct bw_hit_query *query, struct bw_error *err)
{
    int stance = query->stance != NULL ? stance_parse(query->stance) : 0;

    if (stance < 0)
        return error_set(err, BW_ERR_USAGE, "unknown stance '%s'", query->stance);
    if (query->actor == NULL && query->bloc == NULL && query->stance == NULL)
        return 0;
    buf_puts(&filter->sql, " AND h.id IN (SELECT hit FROM event WHERE 1");
    if (filter_add_code(filter, store, "actor", "actor = ?", query->actor, err) != 0 ||
        filter_add_code(filter, store, "bloc", "bloc = ?", query->bloc, err) != 0)
        return -1;
    if (query->stance != NULL)
        filter_add_number(filter, "stance = ?", stance);
    buf_putc(&filter->sql, ')');
    return 0;
}

static int add_search(struct filter *filter, struct bw_store *store, const char *search,
                      struct bw_error *err)
{
    if (search == NULL)
        return 0;
    if (search_write_query(store, search, 0, NULL, &filter->search, err) != 0)
        return -1;
    filter_add_text(filter, "+h.item IN (SELECT rowid FROM hit_index WHERE hit_index MATCH ?)",
                    filter->search.data);
    return 0;
}

static int add_severity(struct filter *filter, const char *severity, struct bw_error *err)
{
    int number;

    if (severity == NULL)
        return 0;
    number = severity_parse(severity);
    if (number < 0)
        return error_set(err, BW_ERR_USAGE, "unknown severity '%s'", severity);
    filter_add_number(filter, "h.severity = ?", number);
    return 0;
}

static int add_fate(struct filter *filter, const char *fate, struct bw_error *err)
{
    if (fate == NULL)
        return 0;
    for (int i = 0; i < BW_FATES; i++) {
        if (strcmp(fate_name((enum bw_fate)i), fate) == 0) {
            filter_add_number(filter, "h.fate = ?", i);
            return 0;
        }
    }
    return error_set(err, BW_ERR_USAGE, "unknown fate '%s' of a hit", fate);
}

/* A hit that is asked for by name is shown even when it was taken back. */
static int add_filters(struct filter *filter, struct bw_store *store,
                       const struct bw_hit_query *query, struct bw_error *err)
{
    filter_add_id(filter, "h.id = ?", query->id);
    filter_add_id(filter, "h.story = ?", query->story);
    filter_add_id(filter, "h.item = ?", query->item);
    filter_add_id(filter, "h.alert = ?", query->alert);
    filter_add_id(filter, "h.id < ?", query->before_id);
    filter_add_id(filter, "h.id > ?", query->after_id);
    filter_add_time(filter, "+h.found_ms >= ?", query->since_ms);
    filter_add_time(filter, "+h.found_ms < ?", query->until_ms);
    filter_add_lang(filter, "h.lang >= ?", "h.lang < ?", query->lang);
    if (query->id == 0 && !query->retracted)
        buf_puts(&filter->sql, " AND h.retracted_ms IS NULL");
    if (filter_add_bounds(filter, store, "hit", "found_ms", "h.id", query->since_ms,
                          query->until_ms, err) != 0 ||
        filter_add_name(filter, store, "rule", "h.rule = ?", query->rule, err) != 0 ||
        filter_add_name(filter, store, "source", "h.source = ?", query->source, err) != 0 ||
        add_severity(filter, query->severity, err) != 0 ||
        add_fate(filter, query->fate, err) != 0 || add_event_filter(filter, store, query, err) != 0)
        return -1;
    return add_search(filter, store, query->search, err);
}

static void read_row(struct db_query *query, struct bw_hit_row *hit)
{
    int64_t severity = db_column(query, 6), fate = db_column(query, 15);

    *hit = (struct bw_hit_row){
        .id = db_column(query, 0),
        .item = db_column(query, 1),
        .story = db_column(query, 2),
        .alert = db_column(query, 3),
        .time_ms = db_column(query, 4),
        .rule = db_column_word(query, 5),
        .severity = severity >= 0 && severity < BW_SEVERITIES
                        ? severity_name((enum bw_severity)severity)
                        : "low",
        .source = db_column_word(query, 7),
        .title = db_column_text(query, 8),
        .link = db_column_text(query, 9),
        .lang = db_column_text(query, 10),
        .summary = db_column_text(query, 11),
        .author = db_column_text(query, 12),
        .published = db_column_time(query, 13),
        .updated = db_column_time(query, 14),
        .fate = fate >= 0 && fate < BW_FATES ? fate_name((enum bw_fate)fate) : "pending",
        .fate_reason = db_column_text(query, 16),
        .changed_ms = db_column_time(query, 17),
        .retracted_ms = db_column_time(query, 18),
        .rule_title = db_column_text(query, 19),
        .content = db_column_text(query, 20),
    };
}

static int tell_hits(struct bw_store *store, struct db_query *query, store_hit_fn *fn, void *ctx,
                     struct bw_error *err)
{
    int row, stop = 0;

    while (stop == 0 && (row = db_step(query, err)) > 0) {
        struct bw_arena *arena = arena_new(0);
        struct bw_hit_row hit;

        read_row(query, &hit);
        if (arena == NULL)
            stop = error_set(err, BW_ERR_MEMORY, "out of memory");
        else if (hits_load_details(store, arena, &hit, err) != 0)
            stop = -1;
        else if (fn(&hit, ctx) != 0)
            stop = 1;
        arena_free(arena);
    }
    if (stop != 0)
        return stop < 0 ? -1 : 0;
    return row;
}

int store_list_hits(struct bw_store *store, const struct bw_hit_query *query, store_hit_fn *fn,
                    void *ctx, struct bw_error *err)
{
    struct db_query rows = {.store = NULL};
    struct filter filter;
    int result = -1;

    if (db_enter_view(store, err) != 0)
        return -1;
    filter_init(&filter,
                "SELECT h.id, h.item, h.story, h.alert, h.found_ms, rule.name, h.severity,"
                " source.name, i.title, i.link, h.lang, t.summary, i.author, i.published,"
                " i.updated, h.fate, h.fate_reason, h.changed_ms, h.retracted_ms, rule.title,"
                " t.content FROM hit AS h CROSS JOIN item AS i ON i.id = h.item"
                " CROSS JOIN rule ON rule.id = h.rule CROSS JOIN source ON source.id = h.source"
                " LEFT JOIN item_text AS t ON t.item = h.item WHERE 1");
    if (add_filters(&filter, store, query, err) != 0)
        goto out;
    if (filter.nothing)
        result = 0;
    else if (filter_begin(&filter, store,
                          query->oldest_first ? " ORDER BY h.id" : " ORDER BY h.id DESC",
                          query->limit, &rows, err) == 0)
        result = tell_hits(store, &rows, fn, ctx, err);
out:
    db_end(&rows);
    filter_clear(&filter);
    db_leave_view(store);
    return result;
}
