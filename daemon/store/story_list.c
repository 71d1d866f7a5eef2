/* The list of stories. Owns nothing. */
#include "filter.h"

static int add_event_filter(struct filter *filter, struct bw_store *store,
                            const struct bw_story_query *query, struct bw_error *err)
{
    int stance = query->stance != NULL ? stance_parse(query->stance) : 0;

    if (stance < 0)
        return error_set(err, BW_ERR_USAGE, "unknown stance '%s'", query->stance);
    if (query->actor == NULL && query->bloc == NULL && query->stance == NULL)
        return 0;
    /* The index by signal begins with `gone` and `actor`: without the latter, `+` keeps off it. */
    buf_printf(&filter->sql,
               " AND s.id IN (SELECT si.story FROM event AS e CROSS JOIN story_item AS si"
               " ON si.item = e.item WHERE %se.gone = 0",
               query->actor != NULL ? "" : "+");
    if (filter_add_code(filter, store, "actor", "e.actor = ?", query->actor, err) != 0 ||
        filter_add_code(filter, store, "bloc", "e.bloc = ?", query->bloc, err) != 0)
        return -1;
    if (query->stance != NULL)
        filter_add_number(filter, "e.stance = ?", stance);
    buf_putc(&filter->sql, ')');
    return 0;
}

/* Collects one text column of a query over one story, each value once, with `separator`. */
static int collect(struct bw_store *store, const char *sql, int64_t story, char separator,
                   struct bw_buf *out, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, story);
    while ((row = db_step(&query, err)) > 0) {
        if (out->len > 0)
            buf_putc(out, separator);
        buf_puts(out, db_column_word(&query, 0));
    }
    db_end(&query);
    if (row == 0 && out->failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return row;
}

static int collect_events(struct bw_store *store, int64_t story, struct bw_buf *out,
                          struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT DISTINCT e.actor, e.bloc, e.stance FROM story_item AS si"
                 " CROSS JOIN hit AS h ON h.item = si.item CROSS JOIN event AS e ON e.hit = h.id"
                 " WHERE si.story = ? AND +e.gone = 0 ORDER BY 1, 2, 3",
                 &query, err) != 0)
        return -1;
    db_int(&query, story);
    while ((row = db_step(&query, err)) > 0) {
        int64_t stance = db_column(&query, 2);

        buf_printf(out, "%s%s %s %s", out->len > 0 ? "\n" : "", db_column_word(&query, 0),
                   stance_name(stance >= 0 && stance < BW_STANCES ? (enum bw_stance)stance
                                                                  : BW_STANCE_NONE),
                   db_column_word(&query, 1));
    }
    db_end(&query);
    if (row == 0 && out->failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return row;
}

static size_t count_words(const struct bw_buf *words)
{
    size_t n = words->len > 0;

    for (size_t i = 0; i < words->len; i++)
        n += words->data[i] == ' ';
    return n;
}

/* 1 when the callback has had enough. */
static int tell_story(struct bw_store *store, struct db_query *query, store_story_row_fn *fn,
                      void *ctx, struct bw_error *err)
{
    struct bw_buf sources, langs, events;
    struct bw_story_row story = {.id = db_column(query, 0)};
    int result = -1;

    buf_init(&sources);
    buf_init(&langs);
    buf_init(&events);
    if (collect(store,
                "SELECT DISTINCT source.name FROM story_item AS si CROSS JOIN item AS i"
                " ON i.id = si.item CROSS JOIN source ON source.id = i.source WHERE si.story = ?"
                " ORDER BY 1",
                story.id, ' ', &sources, err) == 0 &&
        collect(store,
                "SELECT DISTINCT i.lang FROM story_item AS si CROSS JOIN item AS i"
                " ON i.id = si.item WHERE si.story = ? AND i.lang IS NOT NULL ORDER BY 1",
                story.id, ' ', &langs, err) == 0 &&
        collect_events(store, story.id, &events, err) == 0) {
        story.first_ms = db_column(query, 1);
        story.last_ms = db_column(query, 2);
        story.title = db_column_text(query, 3);
        story.n_items = (size_t)db_column(query, 4);
        story.sources = buf_text(&sources);
        story.langs = buf_text(&langs);
        story.events = buf_text(&events);
        story.n_sources = count_words(&sources);
        result = fn(&story, ctx) != 0;
    }
    buf_clear(&sources);
    buf_clear(&langs);
    buf_clear(&events);
    return result;
}

int store_list_stories(struct bw_store *store, const struct bw_story_query *query,
                       store_story_row_fn *fn, void *ctx, struct bw_error *err)
{
    struct db_query rows = {.store = NULL};
    struct filter filter;
    int result = -1;

    if (db_enter_view(store, err) != 0)
        return -1;
    filter_init(&filter, "SELECT s.id, s.first_ms, s.last_ms, s.title,"
                         " (SELECT count(*) FROM story_item WHERE story = s.id)"
                         " FROM story AS s WHERE 1");
    filter_add_id(&filter, "s.id = ?", query->id);
    filter_add_id(&filter, "s.id < ?", query->before_id);
    if (query->since_ms != 0)
        filter_add_time(&filter, "+s.last_ms >= ?", query->since_ms);
    if (add_event_filter(&filter, store, query, err) != 0)
        goto out;
    if (filter.nothing)
        result = 0;
    else if (filter_begin(&filter, store, " ORDER BY s.id DESC", query->limit, &rows, err) == 0) {
        while ((result = db_step(&rows, err)) > 0) {
            int told = tell_story(store, &rows, fn, ctx, err);

            if (told != 0) {
                result = told < 0 ? -1 : 0;
                break;
            }
        }
    }
out:
    db_end(&rows);
    filter_clear(&filter);
    db_leave_view(store);
    return result;
}
