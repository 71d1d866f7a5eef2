/* Small facts by name, for whoever needs to remember one across restarts. Owns `meta`. */
#include "db.h"

#include <stdlib.h>

int store_get_meta(struct bw_store *store, const char *key, struct bw_buf *value,
                   struct bw_error *err)
{
    struct db_query query;
    int result;

    if (db_query(store, "SELECT value FROM meta WHERE key = ?", &query, err) != 0)
        return -1;
    db_text(&query, key);
    result = db_step(&query, err);
    if (result > 0 && buf_puts(value, db_column_word(&query, 0)) != 0)
        result = error_set(err, BW_ERR_MEMORY, "out of memory");
    db_end(&query);
    return result;
}

int store_set_meta(struct bw_store *store, const char *key, const char *value, struct bw_error *err)
{
    static const char remove[] = "DELETE FROM meta WHERE key = ?";
    static const char put[] = "INSERT INTO meta (key, value) VALUES (?, ?)"
                              " ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    struct db_query query;

    if (db_query(store, value == NULL ? remove : put, &query, err) != 0)
        return -1;
    db_text(&query, key);
    if (value != NULL)
        db_text(&query, value);
    return db_run(&query, err);
}
