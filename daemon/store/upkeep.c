/* Keeping the database small and sound: pruning, backup, check. Owns nothing. */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run_for(struct bw_store *store, const char *sql, int64_t id, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, id);
    return db_run(&query, err);
}

/* Up to `limit` ids that `sql` gives for two values. */
static int list_ids(struct bw_store *store, const char *sql, int64_t from, int64_t before,
                    size_t limit, int64_t *ids, size_t *n, struct bw_error *err)
{
    struct db_query query;
    int row;

    *n = 0;
    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, from);
    db_int(&query, before);
    db_int(&query, (int64_t)limit);
    while ((row = db_step(&query, err)) > 0 && *n < limit)
        ids[(*n)++] = db_column(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

static int remove_hit(struct bw_store *store, int64_t hit, struct bw_error *err)
{
    struct db_query query;
    int64_t item = 0, left = 0;
    int row;

    if (db_query(store,
                 "SELECT item, (SELECT count(*) FROM hit AS other WHERE other.item = hit.item)"
                 " FROM hit WHERE id = ?",
                 &query, err) != 0)
        return -1;
    db_int(&query, hit);
    row = db_step(&query, err);
    if (row > 0) {
        item = db_column(&query, 0);
        left = db_column(&query, 1);
    }
    db_end(&query);
    if (row < 0 || (left == 1 && search_remove_hit(store, item, err) != 0))
        return -1;
    return run_for(store, "DELETE FROM hit WHERE id = ?", hit, err);
}

/* A story lives as long as an item of it does. */
static int remove_item(struct bw_store *store, int64_t item, struct bw_error *err)
{
    struct db_query query;
    int64_t story = 0;
    int row;

    if (identity_bury(store, item, err) != 0 || search_remove_item(store, item, err) != 0)
        return -1;
    if (db_query(store, "SELECT story FROM story_item WHERE item = ?", &query, err) != 0)
        return -1;
    db_int(&query, item);
    row = db_step(&query, err);
    if (row > 0)
        story = db_column(&query, 0);
    db_end(&query);
    if (row < 0 || run_for(store, "DELETE FROM item WHERE id = ?", item, err) != 0)
        return -1;
    return story == 0 ? 0
                      : run_for(store,
                                "DELETE FROM story WHERE id = ?1 AND NOT EXISTS"
                                " (SELECT 1 FROM story_item WHERE story = ?1)",
                                story, err);
}

static int prune_hits(struct bw_store *store, int64_t before_ms, size_t limit, int64_t *ids,
                      size_t *removed, struct bw_error *err)
{
    size_t n;

    if (list_ids(store,
                 "SELECT id FROM hit WHERE found_ms >= ? AND found_ms < ?"
                 " ORDER BY found_ms LIMIT ?",
                 INT64_MIN, before_ms, limit, ids, &n, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (remove_hit(store, ids[i], err) != 0)
            return -1;
    }
    if (n > 0)
        store->prune_mark = INT64_MIN; /* their items may go now */
    *removed += n;
    return 0;
}

/* What waits to be delivered stays. */
static int prune_alerts(struct bw_store *store, int64_t before_ms, size_t limit, int64_t *ids,
                        size_t *removed, struct bw_error *err)
{
    size_t n;

    if (list_ids(store,
                 "SELECT id FROM alert WHERE created_ms >= ? AND created_ms < ? AND NOT EXISTS"
                 " (SELECT 1 FROM outbox WHERE outbox.alert = alert.id AND state = 0)"
                 " ORDER BY created_ms LIMIT ?",
                 INT64_MIN, before_ms, limit, ids, &n, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (run_for(store, "DELETE FROM alert WHERE id = ?", ids[i], err) != 0)
            return -1;
    }
    *removed += n;
    return 0;
}

static int prune_items(struct bw_store *store, int64_t before_ms, size_t limit, int64_t *ids,
                       size_t *removed, struct bw_error *err)
{
    size_t n;

    if (list_ids(store,
                 "SELECT id FROM item WHERE seen_ms >= ? AND seen_ms < ?"
                 " AND NOT EXISTS (SELECT 1 FROM hit WHERE hit.item = item.id)"
                 " ORDER BY seen_ms LIMIT ?",
                 store->prune_mark, before_ms, limit, ids, &n, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (remove_item(store, ids[i], err) != 0)
            return -1;
    }
    if (n < limit && before_ms > store->prune_mark)
        store->prune_mark = before_ms; /* what is left before it has hits */
    *removed += n;
    return 0;
}

int store_prune(struct bw_store *store, int64_t before_ms, int64_t hits_before_ms, size_t limit,
                size_t *removed, struct bw_error *err)
{
    int64_t *ids = calloc(limit + 1, sizeof *ids), mark = store->prune_mark;
    size_t n = 0;
    int result = 0;

    if (ids == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_enter(store, err) != 0) {
        free(ids);
        return -1;
    }
    if (hits_before_ms != BW_TIME_NONE) {
        result = prune_hits(store, hits_before_ms, limit, ids, &n, err);
        if (result == 0 && n < limit)
            result = prune_alerts(store, hits_before_ms, limit - n, ids, &n, err);
    }
    if (result == 0 && n < limit && before_ms != BW_TIME_NONE)
        result = prune_items(store, before_ms, limit - n, ids, &n, err);
    result = db_leave(store, result, err);
    free(ids);
    if (result == 0)
        *removed = n;
    else
        store->prune_mark = mark;
    return result;
}

/* --- backup ---------------------------------------------------------------------------------- */

/* All pages in one step: inside one read transaction, which a WAL does not mind. */
static int copy_pages(struct bw_store *store, const char *path, struct bw_error *err)
{
    sqlite3_backup *backup;
    sqlite3 *copy = NULL;
    int rc = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(copy, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        backup = sqlite3_backup_init(copy, "main", store->db, "main");
        if (backup != NULL)
            sqlite3_backup_step(backup, -1);
        rc = backup != NULL ? sqlite3_backup_finish(backup) : sqlite3_errcode(copy);
    }
    /* One file, without a log beside it. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        error_set(err, BW_ERR_IO, "cannot write the backup %s: %s", path,
                  (rc & 0xff) == SQLITE_FULL ? "the disk is full" : sqlite3_errmsg(copy));
    sqlite3_close(copy);
    return rc == SQLITE_OK ? 0 : -1;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int store_backup(struct bw_store *store, const char *path, struct bw_error *err)
{
    char *part = NULL;
    int fd, result = -1;

    if (is_same_file(store->path, path))
        return error_set(err, BW_ERR_USAGE, "%s is the database itself", path);
    if (asprintf(&part, "%s.part", path) < 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set(err, BW_ERR_IO, "cannot write the backup %s: %s", part, strerror(errno));
        goto out;
    }
    close(fd);
    result = copy_pages(store, part, err);
    if (result == 0 && rename(part, path) != 0)
        result = error_set(err, BW_ERR_IO, "cannot write the backup %s: %s", path, strerror(errno));
    if (result != 0)
        unlink(part);
out:
    free(part);
    return result;
}

int store_check(struct bw_store *store, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "PRAGMA integrity_check(1)", &query, err) != 0)
        return -1;
    row = db_step(&query, err);
    if (row > 0 && strcmp(db_column_word(&query, 0), "ok") != 0)
        row = error_set(err, BW_ERR_FORMAT, "%s: damaged: %s", store->path,
                        db_column_word(&query, 0));
    db_end(&query);
    if (row < 0)
        return -1;
    if (db_query(store, "PRAGMA foreign_key_check", &query, err) != 0)
        return -1;
    row = db_step(&query, err);
    if (row > 0)
        row = error_set(err, BW_ERR_FORMAT, "%s: damaged: a row of %s points nowhere", store->path,
                        db_column_word(&query, 0));
    db_end(&query);
    return row;
}
