/* Silences: until when which alerts are not wanted. Owns `silence`. */
#include "db.h"

#include <inttypes.h>

int store_add_silence(struct bw_store *store, const struct bw_silence *silence, int64_t *id,
                      struct bw_error *err)
{
    struct db_query query;

    if (db_query(store,
                 "INSERT INTO silence (matchers, comment, starts_ms, ends_ms) VALUES (?,?,?,?)",
                 &query, err) != 0)
        return -1;
    db_text(&query, silence->matchers);
    db_text(&query, silence->comment);
    db_int(&query, silence->starts_ms);
    db_int(&query, silence->ends_ms);
    if (db_run(&query, err) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(store->db);
    return 0;
}

int store_end_silence(struct bw_store *store, int64_t id, int64_t now_ms, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, "UPDATE silence SET ends_ms = min(ends_ms, ?) WHERE id = ?", &query, err) !=
        0)
        return -1;
    db_int(&query, now_ms);
    db_int(&query, id);
    if (db_run(&query, err) != 0)
        return -1;
    if (sqlite3_changes(store->db) == 0)
        return error_set(err, BW_ERR_NOTFOUND, "there is no silence %" PRId64, id);
    return 0;
}

int store_list_silences(struct bw_store *store, int64_t now_ms, store_silence_fn *fn, void *ctx,
                        struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT id, matchers, comment, starts_ms, ends_ms FROM silence"
                 " WHERE ?1 IS NULL OR (starts_ms <= ?1 AND ends_ms > ?1) ORDER BY id",
                 &query, err) != 0)
        return -1;
    db_time(&query, now_ms);
    while ((row = db_step(&query, err)) > 0) {
        struct bw_silence silence = {
            .id = db_column(&query, 0),
            .matchers = db_column_word(&query, 1),
            .comment = db_column_text(&query, 2),
            .starts_ms = db_column(&query, 3),
            .ends_ms = db_column(&query, 4),
        };

        if (fn(&silence, ctx) != 0)
            break;
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}
