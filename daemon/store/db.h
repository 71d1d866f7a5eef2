/*
 * The door to SQLite: the open database, its cached statements, and transactions. Everything that
 * fails here fills `err` and, when SQLite itself is in trouble (disk full, I/O), rolls the whole
 * transaction back, so that the caller can begin it again.
 */
#ifndef BLOCWATCH_STORE_DB_H
#define BLOCWATCH_STORE_DB_H

#include "blocwatch/arena.h"
#include "blocwatch/clock.h"
#include "blocwatch/store.h"

#include <sqlite3.h>

enum { DB_SLOTS = 96, DB_BUSY_MS = 5000 };

struct db_slot {
    char *sql; /* owned */
    uint64_t hash;
    sqlite3_stmt *stmt; /* owned */
    uint64_t used;      /* for the choice of the one to replace */
    bool taken;
};

/* What the search index has of an item: three texts, each with its end, in a buffer. */
struct db_words {
    size_t title, body, tags;
};

struct bw_store {
    sqlite3 *db;
    char *path;
    bool read_only, second;
    bool in_transaction; /* store_begin() … store_commit() */
    bool aborted;        /* SQLite rolled it back under way */
    int depth;           /* of db_enter() */
    int (*fold)(const char *text, size_t len, struct bw_buf *out);
    bool index_is_ours; /* the search index was folded as `fold` folds */
    struct db_later {
        int64_t item;
        bool has_hits;
        struct db_words words; /* offsets into later_words */
    } * later; /* new items of the open transaction that go into the search index at its end */
    size_t n_later, cap_later;
    struct bw_buf later_words;
    struct db_slot slots[DB_SLOTS];
    uint64_t clock;
    int64_t prune_mark; /* items seen before this and still there have hits */
};

/* A statement under way. Parameters are bound in their order; the first failure is kept. */
struct db_query {
    struct bw_store *store;
    sqlite3_stmt *stmt;
    struct db_slot *slot; /* NULL: not cached */
    int next, failed;
};

int db_query(struct bw_store *store, const char *sql, struct db_query *query, struct bw_error *err);
void db_end(struct db_query *query); /* fine for one that never began, if zeroed */

void db_int(struct db_query *query, int64_t value);
void db_text(struct db_query *query, const char *value); /* NULL: NULL; borrowed until db_end() */
void db_time(struct db_query *query, int64_t value);     /* BW_TIME_NONE: NULL */
void db_id(struct db_query *query, int64_t value);       /* 0: NULL */
void db_key(struct db_query *query, const char *key);    /* hex as bytes; "" and NULL: NULL */
void db_blob(struct db_query *query, const void *data, size_t len);

int db_step(struct db_query *query, struct bw_error *err); /* 1 a row, 0 the end, -1 */
int db_run(struct db_query *query, struct bw_error *err);  /* to the end, and db_end() */

int64_t db_column(struct db_query *query, int column); /* NULL: 0 */
int64_t db_column_time(struct db_query *query, int column);
const char *db_column_text(struct db_query *query, int column); /* borrowed; NULL: NULL */
const char *db_column_word(struct db_query *query, int column); /* the same, NULL: "" */

int db_execute(struct bw_store *store, const char *sql, struct bw_error *err);
/* Fills err for SQLite's `rc`; aborts the transaction when it cannot go on. Returns -1. */
int db_fail(struct bw_store *store, int rc, struct bw_error *err);

/* A piece of work that stands or falls alone: a savepoint inside the open transaction, else a
 * transaction of its own. db_leave() ends it by `result` and returns what came of it. */
int db_enter(struct bw_store *store, struct bw_error *err);
int db_leave(struct bw_store *store, int result, struct bw_error *err);

/* One snapshot for a question that takes several statements; nothing for the writer, who sees
 * only its own. */
int db_enter_view(struct bw_store *store, struct bw_error *err);
void db_leave_view(struct bw_store *store);

void db_clear_slots(struct bw_store *store);

/* schema.c: brings the database to this program's version, or says why it cannot be used. */
int schema_prepare(struct bw_store *store, struct bw_error *err);
int schema_version(void);

/* names.c: the integers that stand for ids of sources and rules; made when they are new. */
int names_source(struct bw_store *store, const char *id, int64_t *number, struct bw_error *err);
int names_rule(struct bw_store *store, const char *id, const char *title, int64_t *number,
               struct bw_error *err);

/* search.c: the full-text index. `has_hits`: also in the small index over items with hits. */
int search_prepare(struct bw_store *store, struct bw_error *err);
int search_add_item(struct bw_store *store, int64_t item, struct bw_error *err);
int search_add_hit(struct bw_store *store, int64_t item, struct bw_error *err);
/* FTS5 writes out what it has gathered at every savepoint, and SQLite makes one for many a
 * statement: so new items go into the index together, when nothing else is written between. The
 * first notes one, the second, before the commit, puts all that are noted in; the third, after a
 * rollback, forgets them. */
int search_add_later(struct bw_store *store, int64_t id, const struct bw_item *item, int64_t source,
                     bool has_hits, struct bw_error *err);
int search_write_later(struct bw_store *store, struct bw_error *err);
void search_forget_later(struct bw_store *store);
int search_remove_item(struct bw_store *store, int64_t item, struct bw_error *err);
int search_remove_hit(struct bw_store *store, int64_t item, struct bw_error *err);
/* Appends a safe FTS5 query for the user's words; NULL words, NULL lang and source 0: any, but one
 * must be given. */
int search_write_query(struct bw_store *store, const char *words, int64_t source, const char *lang,
                       struct bw_buf *out, struct bw_error *err);

#endif
