/* Ids of sources and rules as small integers, so that millions of rows do not repeat them. Owns
 * `source` and `rule`. */
#include "db.h"

/* 1 with *number, 0 when unknown. */
static int find_name(struct bw_store *store, const char *sql, const char *id, int64_t *number,
                     struct bw_error *err)
{
    struct db_query query;
    int result;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_text(&query, id);
    result = db_step(&query, err);
    if (result > 0)
        *number = db_column(&query, 0);
    db_end(&query);
    return result;
}

int names_source(struct bw_store *store, const char *id, int64_t *number, struct bw_error *err)
{
    struct db_query query;
    int found = find_name(store, "SELECT id FROM source WHERE name = ?", id, number, err);

    if (found != 0)
        return found < 0 ? -1 : 0;
    if (db_query(store, "INSERT INTO source (name) VALUES (?)", &query, err) != 0)
        return -1;
    db_text(&query, id);
    if (db_run(&query, err) != 0)
        return -1;
    *number = sqlite3_last_insert_rowid(store->db);
    return 0;
}

int names_rule(struct bw_store *store, const char *id, const char *title, int64_t *number,
               struct bw_error *err)
{
    struct db_query query;
    int found;

    if (db_query(store,
                 "INSERT INTO rule (name, title) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE"
                 " SET title = excluded.title"
                 " WHERE excluded.title IS NOT NULL AND title IS NOT excluded.title",
                 &query, err) != 0)
        return -1;
    db_text(&query, id);
    db_text(&query, title);
    if (db_run(&query, err) != 0)
        return -1;
    found = find_name(store, "SELECT id FROM rule WHERE name = ?", id, number, err);
    return found > 0 ? 0 : -1;
}
