/* Statements, columns, transactions and errors of SQLite. Owns the cache of prepared statements. */
#include "db.h"

#include <stdlib.h>
#include <string.h>

int db_fail(struct bw_store *store, int rc, struct bw_error *err)
{
    const char *text = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(rc);
    enum bw_error_code code = BW_ERR_STORE;
    bool hopeless = true;

    switch (rc & 0xff) {
    case SQLITE_FULL:
        code = BW_ERR_IO;
        text = "the disk is full, or the database has reached its size limit";
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        code = BW_ERR_IO;
        break;
    case SQLITE_NOMEM:
        code = BW_ERR_MEMORY;
        break;
    case SQLITE_BUSY:
        code = BW_ERR_BUSY;
        text = "another process holds the database";
        hopeless = false;
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        code = BW_ERR_FORMAT;
        break;
    default:
        hopeless = false;
    }
    error_set(err, code, "%s: %s", store->path, text);
    if (store->in_transaction && (hopeless || sqlite3_get_autocommit(store->db))) {
        store->aborted = true;
        if (!sqlite3_get_autocommit(store->db))
            sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return -1;
}

/* The slot of this statement, or a free one for it, or NULL when all are taken. */
static struct db_slot *find_slot(struct bw_store *store, const char *sql, uint64_t hash)
{
    struct db_slot *oldest = NULL;

    for (size_t i = 0; i < DB_SLOTS; i++) {
        struct db_slot *slot = &store->slots[i];

        if (slot->taken)
            continue;
        if (slot->sql != NULL && slot->hash == hash && strcmp(slot->sql, sql) == 0)
            return slot;
        if (oldest == NULL || slot->used < oldest->used)
            oldest = slot;
    }
    return oldest;
}

static void clear_slot(struct db_slot *slot)
{
    sqlite3_finalize(slot->stmt);
    free(slot->sql);
    *slot = (struct db_slot){.sql = NULL};
}

void db_clear_slots(struct bw_store *store)
{
    for (size_t i = 0; i < DB_SLOTS; i++)
        clear_slot(&store->slots[i]);
}

int db_query(struct bw_store *store, const char *sql, struct db_query *query, struct bw_error *err)
{
    uint64_t hash = hash_text(sql);
    struct db_slot *slot = find_slot(store, sql, hash);
    sqlite3_stmt *stmt = NULL;
    int rc;

    *query = (struct db_query){.store = NULL};
    if (store->aborted)
        return error_set(err, BW_ERR_STORE, "%s: the transaction was rolled back after an error",
                         store->path);
    if (slot == NULL || slot->sql == NULL || slot->hash != hash || strcmp(slot->sql, sql) != 0) {
        rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        if (rc != SQLITE_OK)
            return db_fail(store, rc, err);
        if (slot != NULL) {
            clear_slot(slot);
            slot->sql = strdup(sql);
            slot->hash = hash;
            slot->stmt = stmt;
        }
    }
    if (slot != NULL) {
        slot->taken = true;
        slot->used = ++store->clock;
        stmt = slot->stmt;
    }
    *query = (struct db_query){.store = store, .stmt = stmt, .slot = slot, .next = 1};
    return 0;
}

void db_end(struct db_query *query)
{
    if (query->slot != NULL) {
        sqlite3_reset(query->stmt);
        sqlite3_clear_bindings(query->stmt);
        query->slot->taken = false;
    } else {
        sqlite3_finalize(query->stmt);
    }
    *query = (struct db_query){.store = NULL};
}

static void note_bound(struct db_query *query, int rc)
{
    query->next++;
    if (rc != SQLITE_OK && query->failed == SQLITE_OK)
        query->failed = rc;
}

void db_int(struct db_query *query, int64_t value)
{
    note_bound(query, sqlite3_bind_int64(query->stmt, query->next, value));
}

static void bind_null(struct db_query *query)
{
    note_bound(query, sqlite3_bind_null(query->stmt, query->next));
}

void db_text(struct db_query *query, const char *value)
{
    note_bound(query, sqlite3_bind_text(query->stmt, query->next, value, -1, SQLITE_STATIC));
}

void db_time(struct db_query *query, int64_t value)
{
    if (value == BW_TIME_NONE)
        bind_null(query);
    else
        db_int(query, value);
}

void db_id(struct db_query *query, int64_t value)
{
    if (value == 0)
        bind_null(query);
    else
        db_int(query, value);
}

void db_blob(struct db_query *query, const void *data, size_t len)
{
    note_bound(query, sqlite3_bind_blob64(query->stmt, query->next, len > 0 ? data : "", len,
                                          SQLITE_TRANSIENT));
}

/* -1 for what is none. */
static int hex_digit(char c)
{
    static const signed char digits[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    };

    return digits[(unsigned char)c] - 1;
}

/* Half the room in the row and in each index. Whatever is no such key is kept as its text. */
void db_key(struct db_query *query, const char *key)
{
    unsigned char bytes[BW_KEY_TEXT / 2];
    size_t len = key == NULL ? 0 : strlen(key);

    if (len == 0) {
        bind_null(query);
        return;
    }
    for (size_t i = 0; i < sizeof bytes && len == BW_KEY_TEXT - 1; i++) {
        int high = hex_digit(key[2 * i]), low = hex_digit(key[2 * i + 1]);

        if (high < 0 || low < 0)
            len = 0;
        else
            bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (len == BW_KEY_TEXT - 1)
        db_blob(query, bytes, sizeof bytes);
    else
        db_blob(query, key, strlen(key));
}

int db_step(struct db_query *query, struct bw_error *err)
{
    int rc = query->failed != SQLITE_OK ? query->failed : sqlite3_step(query->stmt);

    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : db_fail(query->store, rc, err);
}

int db_run(struct db_query *query, struct bw_error *err)
{
    int result;

    do
        result = db_step(query, err);
    while (result > 0);
    db_end(query);
    return result;
}

int64_t db_column(struct db_query *query, int column)
{
    return sqlite3_column_int64(query->stmt, column);
}

int64_t db_column_time(struct db_query *query, int column)
{
    if (sqlite3_column_type(query->stmt, column) == SQLITE_NULL)
        return BW_TIME_NONE;
    return sqlite3_column_int64(query->stmt, column);
}

const char *db_column_text(struct db_query *query, int column)
{
    return (const char *)sqlite3_column_text(query->stmt, column);
}

const char *db_column_word(struct db_query *query, int column)
{
    const char *text = db_column_text(query, column);

    return text != NULL ? text : "";
}

int db_execute(struct bw_store *store, const char *sql, struct bw_error *err)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : db_fail(store, rc, err);
}

int store_begin(struct bw_store *store, struct bw_error *err)
{
    if (store->in_transaction && !store->aborted)
        return error_set(err, BW_ERR_INTERNAL, "%s: a transaction is open already", store->path);
    store->in_transaction = store->aborted = false;
    if (db_execute(store, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    store->in_transaction = true;
    return 0;
}

int store_commit(struct bw_store *store, struct bw_error *err)
{
    int result;

    if (!store->in_transaction)
        return error_set(err, BW_ERR_INTERNAL, "%s: no transaction is open", store->path);
    if (store->aborted)
        result = error_set(err, BW_ERR_STORE, "%s: the transaction was rolled back after an error",
                           store->path);
    else
        result = search_write_later(store, err) != 0 ? -1 : db_execute(store, "COMMIT", err);
    if (result != 0)
        store_rollback(store);
    store->in_transaction = store->aborted = false;
    return result;
}

void store_rollback(struct bw_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->in_transaction = store->aborted = false;
    search_forget_later(store);
}

int db_enter(struct bw_store *store, struct bw_error *err)
{
    bool inside = store->in_transaction || store->depth > 0;

    if (store->read_only)
        return error_set(err, BW_ERR_USAGE, "%s: opened for reading only", store->path);
    if (store->aborted)
        return error_set(err, BW_ERR_STORE, "%s: the transaction was rolled back after an error",
                         store->path);
    if (db_execute(store, inside ? "SAVEPOINT piece" : "BEGIN IMMEDIATE", err) != 0)
        return -1;
    store->depth++;
    return 0;
}

int db_leave(struct bw_store *store, int result, struct bw_error *err)
{
    bool inside = store->in_transaction || store->depth > 1;

    store->depth--;
    if (result == 0)
        result = db_execute(store, inside ? "RELEASE piece" : "COMMIT", err);
    if (result == 0 || sqlite3_get_autocommit(store->db))
        return result;
    sqlite3_exec(store->db, inside ? "ROLLBACK TO piece; RELEASE piece" : "ROLLBACK", NULL, NULL,
                 NULL);
    return result;
}

int db_enter_view(struct bw_store *store, struct bw_error *err)
{
    return store->read_only ? db_execute(store, "SAVEPOINT view", err) : 0;
}

void db_leave_view(struct bw_store *store)
{
    if (store->read_only)
        sqlite3_exec(store->db, "RELEASE view", NULL, NULL, NULL);
}
