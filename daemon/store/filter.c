/* The WHERE part of lists. Owns the text of the statement until it is prepared. */
#include "filter.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Ids grow with time but where the clock was set back, so the bound is the outermost id of so many
 * rows: more than are stored before anybody notices a wrong clock. */
enum { BOUND_ROWS = 10000 };

void filter_init(struct filter *filter, const char *sql)
{
    memset(filter, 0, sizeof *filter);
    buf_puts(&filter->sql, sql);
}

void filter_clear(struct filter *filter)
{
    buf_clear(&filter->sql);
    buf_clear(&filter->search);
}

void filter_add_number(struct filter *filter, const char *condition, int64_t number)
{
    assert(filter->n < FILTER_VALUES);
    buf_puts(&filter->sql, " AND ");
    buf_puts(&filter->sql, condition);
    filter->values[filter->n].text = NULL;
    filter->values[filter->n++].number = number;
}

void filter_add_text(struct filter *filter, const char *condition, const char *text)
{
    assert(filter->n < FILTER_VALUES);
    buf_puts(&filter->sql, " AND ");
    buf_puts(&filter->sql, condition);
    filter->values[filter->n++].text = text;
}

void filter_add_time(struct filter *filter, const char *condition, int64_t time_ms)
{
    if (time_ms != BW_TIME_NONE && time_ms != 0)
        filter_add_number(filter, condition, time_ms);
}

void filter_add_id(struct filter *filter, const char *condition, int64_t id)
{
    if (id != 0)
        filter_add_number(filter, condition, id);
}

void filter_add_word(struct filter *filter, const char *condition, const char *text)
{
    if (text != NULL)
        filter_add_text(filter, condition, text);
}

/* '.' follows '-', so that all subtags lie between the two. */
void filter_add_lang(struct filter *filter, const char *lower, const char *upper, const char *lang)
{
    if (lang == NULL)
        return;
    snprintf(filter->lang_end, sizeof filter->lang_end, "%s.", lang);
    filter_add_text(filter, lower, lang);
    filter_add_text(filter, upper, filter->lang_end);
}

/* Jumps through an index from one code to the next: there are few of them in many events. */
#define CODES_OF(column)                                                                           \
    "WITH RECURSIVE code (name) AS (SELECT min(" column ") FROM event UNION ALL"                   \
    " SELECT (SELECT min(" column ") FROM event WHERE " column " > name) FROM code"                \
    " WHERE name IS NOT NULL) SELECT name FROM code WHERE name = ? COLLATE NOCASE"

int filter_add_code(struct filter *filter, struct bw_store *store, const char *column,
                    const char *condition, const char *code, struct bw_error *err)
{
    const char *sql = strcmp(column, "actor") == 0 ? CODES_OF("actor") : CODES_OF("bloc");
    char *stored = filter->codes[filter->n_codes];
    struct db_query query;
    int row;

    if (code == NULL)
        return 0;
    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_text(&query, code);
    while ((row = db_step(&query, err)) > 0) {
        const char *name = db_column_word(&query, 0);

        if (stored[0] == '\0' || strcmp(name, code) == 0)
            snprintf(stored, FILTER_CODE, "%s", name);
    }
    db_end(&query);
    if (row < 0)
        return -1;
    if (stored[0] == '\0') {
        filter->nothing = true;
    } else {
        filter_add_text(filter, condition, stored);
        filter->n_codes++;
    }
    return 0;
}

int filter_add_name(struct filter *filter, struct bw_store *store, const char *table,
                    const char *condition, const char *name, struct bw_error *err)
{
    bool source = strcmp(table, "source") == 0;
    struct db_query query;
    int row;

    if (name == NULL)
        return 0;
    if (db_query(store,
                 source ? "SELECT id FROM source WHERE name = ?"
                        : "SELECT id FROM rule WHERE name = ?",
                 &query, err) != 0)
        return -1;
    db_text(&query, name);
    row = db_step(&query, err);
    if (row > 0)
        filter_add_number(filter, condition, db_column(&query, 0));
    filter->nothing |= row == 0;
    db_end(&query);
    return row < 0 ? -1 : 0;
}

/* The lowest id (or, `upper`, the highest) among the rows nearest to the bound, inside it. */
static int find_bound(struct bw_store *store, const char *table, const char *time_column,
                      bool upper, int64_t time_ms, int64_t *id, struct bw_error *err)
{
    struct db_query query;
    struct bw_buf sql;
    int row;

    buf_init(&sql);
    buf_printf(&sql, "SELECT %s(id) FROM (SELECT id FROM %s WHERE %s %s ? ORDER BY %s%s LIMIT %d)",
               upper ? "max" : "min", table, time_column, upper ? "<" : ">=", time_column,
               upper ? " DESC" : "", (int)BOUND_ROWS);
    row = sql.failed ? error_set(err, BW_ERR_MEMORY, "out of memory")
                     : db_query(store, sql.data, &query, err);
    buf_clear(&sql);
    if (row != 0)
        return -1;
    db_int(&query, time_ms);
    row = db_step(&query, err);
    if (row > 0) /* without a row inside, nothing can be */
        *id = db_column_time(&query, 0) != BW_TIME_NONE ? db_column(&query, 0)
              : upper                                   ? INT64_MIN
                                                        : INT64_MAX;
    db_end(&query);
    return row < 0 ? -1 : 0;
}

int filter_add_bounds(struct filter *filter, struct bw_store *store, const char *table,
                      const char *time_column, const char *column, int64_t since_ms,
                      int64_t until_ms, struct bw_error *err)
{
    char condition[64];
    int64_t id = 0;

    for (int upper = 0; upper < 2; upper++) {
        int64_t time_ms = upper ? until_ms : since_ms;

        if (time_ms == BW_TIME_NONE || time_ms == 0)
            continue;
        if (find_bound(store, table, time_column, upper, time_ms, &id, err) != 0)
            return -1;
        snprintf(condition, sizeof condition, "%s %s ?", column, upper ? "<=" : ">=");
        filter_add_number(filter, condition, id);
    }
    return 0;
}

int filter_begin(struct filter *filter, struct bw_store *store, const char *order, size_t limit,
                 struct db_query *query, struct bw_error *err)
{
    buf_puts(&filter->sql, order);
    buf_puts(&filter->sql, " LIMIT ?");
    if (filter->sql.failed || filter->search.failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_query(store, filter->sql.data, query, err) != 0)
        return -1;
    for (size_t i = 0; i < filter->n; i++) {
        if (filter->values[i].text != NULL)
            db_text(query, filter->values[i].text);
        else
            db_int(query, filter->values[i].number);
    }
    db_int(query, limit == 0 ? -1 : (int64_t)limit);
    return 0;
}
