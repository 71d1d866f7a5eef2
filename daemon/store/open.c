/* Opening and closing the database, for the daemon or for a reader beside it. Owns struct bw_store.
 */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FULL: a commit that has returned survives a power failure. The size limit gives disk back after
 * a long reader has made the WAL grow. */
static const char writer_settings[] = "PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = FULL;"
                                      "PRAGMA foreign_keys = ON;"
                                      "PRAGMA journal_size_limit = 67108864;"
                                      "PRAGMA wal_autocheckpoint = 4000;"
                                      "PRAGMA cache_size = -16384;"
                                      "PRAGMA temp_store = MEMORY;";
static const char reader_settings[] = "PRAGMA query_only = ON;"
                                      "PRAGMA cache_size = -16384;"
                                      "PRAGMA temp_store = MEMORY;";

static bool has_log(const char *path)
{
    struct stat status;
    char *log;
    bool has = true;

    if (asprintf(&log, "%s-wal", path) < 0)
        return true;
    if (stat(log, &status) != 0)
        has = errno != ENOENT;
    else
        has = status.st_size > 0;
    free(log);
    return has;
}

/*
 * SQLite wants to make the -shm file of a WAL database that nobody has open, also for a reader.
 * Where that is not allowed and there is no log to replay, the file alone is the whole truth: it
 * is opened as immutable.
 */
static int open_immutable(struct bw_store *store)
{
    struct bw_buf uri;
    int rc = SQLITE_NOMEM;

    buf_init(&uri);
    buf_puts(&uri, "file:");
    for (const char *c = store->path; *c != '\0'; c++) {
        if (strchr("?#%", *c) != NULL)
            buf_printf(&uri, "%%%02X", (unsigned char)*c);
        else
            buf_putc(&uri, *c);
    }
    buf_puts(&uri, "?immutable=1");
    sqlite3_close(store->db);
    store->db = NULL;
    if (!uri.failed)
        rc = sqlite3_open_v2(uri.data, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    buf_clear(&uri);
    return rc;
}

static int open_reader(struct bw_store *store, struct bw_error *err)
{
    int rc;

    if (access(store->path, R_OK) != 0)
        return error_set(err, errno == ENOENT ? BW_ERR_NOTFOUND : BW_ERR_IO,
                         "cannot read the database %s: %s", store->path, strerror(errno));
    rc = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(store->db, DB_BUSY_MS);
        rc = sqlite3_exec(store->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    if ((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY) {
        if (has_log(store->path))
            return error_set(err, BW_ERR_IO,
                             "cannot read the database %s: it has a log to be replayed, and its "
                             "folder cannot be written to; try as the user that blocwatchd runs as",
                             store->path);
        rc = open_immutable(store);
    }
    if (rc != SQLITE_OK)
        return db_fail(store, rc, err);
    return db_execute(store, reader_settings, err);
}

static int open_writer(struct bw_store *store, struct bw_error *err)
{
    int create = store->second ? 0 : O_CREAT, rc;
    int fd = open(store->path, O_RDWR | create | O_CLOEXEC, 0600);

    if (fd < 0)
        return error_set(err, store->second && errno == ENOENT ? BW_ERR_NOTFOUND : BW_ERR_IO,
                         "cannot open the database %s: %s", store->path, strerror(errno));
    close(fd);
    rc = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE, NULL);
    if (rc != SQLITE_OK)
        return db_fail(store, rc, err);
    sqlite3_busy_timeout(store->db, DB_BUSY_MS);
    return db_execute(store, writer_settings, err);
}

/* No thread of ours but one ever touches SQLite: it can do without locks, and without statistics
 * of memory, which nobody reads. Once a database is open, SQLite refuses this, and keeps it. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct bw_store *store_open(const char *path, const struct bw_store_options *options,
                            struct bw_error *err)
{
    struct bw_store *store = calloc(1, sizeof *store);
    int result;

    if (store == NULL || (store->path = strdup(path)) == NULL) {
        free(store);
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    configure_library();
    store->read_only = options != NULL && options->read_only;
    store->second = options != NULL && options->second;
    store->fold = options != NULL ? options->fold : NULL;
    store->prune_mark = INT64_MIN;
    result = store->read_only ? open_reader(store, err) : open_writer(store, err);
    if (result == 0)
        sqlite3_extended_result_codes(store->db, 1);
    if (result == 0)
        result = schema_prepare(store, err);
    if (result == 0 && !store->read_only)
        result = search_prepare(store, err);
    if (result == 0)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct bw_store *store)
{
    if (store == NULL)
        return;
    if (store->db != NULL)
        store_rollback(store);
    db_clear_slots(store);
    sqlite3_close(store->db);
    free(store->path);
    free(store->later);
    buf_clear(&store->later_words);
    free(store);
}
