/* The outbox as a list: adding, listing, replaying, dropping. Owns `outbox` together with
 * message.c. */
#include "db.h"

#include <string.h>

static const char *const deliveries[] = {"pending", "delivered", "dead", "dropped"};

enum { DELIVERIES = sizeof deliveries / sizeof deliveries[0] };

const char *delivery_name(enum bw_delivery state)
{
    return deliveries[state];
}

int store_add_outbox(struct bw_store *store, int64_t alert, const char *channel, const char *group,
                     int64_t due_ms, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store,
                 "INSERT INTO outbox (alert, channel, grp, created_ms, first_due_ms, due_ms)"
                 " VALUES (?1, ?2, ?3, (SELECT created_ms FROM alert WHERE id = ?1), ?4, ?4)",
                 &query, err) != 0)
        return -1;
    db_int(&query, alert);
    db_text(&query, channel);
    db_text(&query, group != NULL ? group : "");
    db_int(&query, due_ms);
    return db_run(&query, err);
}

static int find_state(const char *name, int *state, struct bw_error *err)
{
    for (int i = 0; i < DELIVERIES; i++) {
        if (strcmp(deliveries[i], name) == 0) {
            *state = i;
            return 0;
        }
    }
    return error_set(err, BW_ERR_USAGE,
                     "unknown state '%s' of an alert: pending, delivered, dead or dropped", name);
}

static int tell_rows(struct db_query *query, store_outbox_fn *fn, void *ctx, struct bw_error *err)
{
    int row;

    while ((row = db_step(query, err)) > 0) {
        int64_t state = db_column(query, 5);
        struct bw_outbox_row out = {
            .id = db_column(query, 0),
            .alert = db_column(query, 1),
            .hit = db_column(query, 2),
            .channel = db_column_text(query, 3),
            .group = db_column_text(query, 4),
            .state = state >= 0 && state < DELIVERIES ? deliveries[state] : "unknown",
            .key = db_column_text(query, 6),
            .note = db_column_text(query, 7),
            .kind = db_column_text(query, 8),
            .rule = db_column_text(query, 9),
            .severity = db_column_text(query, 10),
            .payload = db_column_text(query, 11),
            .attempts = (int)db_column(query, 12),
            .created_ms = db_column_time(query, 13),
            .due_ms = db_column_time(query, 14),
            .tried_ms = db_column_time(query, 15),
            .delivered_ms = db_column_time(query, 16),
        };

        if (fn(&out, ctx) != 0)
            break;
    }
    db_end(query);
    return row < 0 ? -1 : 0;
}

int store_list_outbox(struct bw_store *store, const char *state, const char *channel, int64_t alert,
                      size_t limit, store_outbox_fn *fn, void *ctx, struct bw_error *err)
{
    struct db_query query;
    struct bw_buf sql;
    int number = 0, result;

    if (state != NULL && find_state(state, &number, err) != 0)
        return -1;
    buf_init(&sql);
    buf_puts(&sql,
             "SELECT o.id, o.alert, a.hit, o.channel, o.grp, o.state, o.key, o.note, a.kind,"
             " rule.name, a.severity, a.payload, o.attempts, o.created_ms, o.due_ms, o.tried_ms,"
             " o.delivered_ms FROM outbox AS o JOIN alert AS a ON a.id = o.alert"
             " LEFT JOIN rule ON rule.id = a.rule WHERE 1");
    if (state != NULL)
        buf_puts(&sql, " AND o.state = ?");
    if (channel != NULL)
        buf_puts(&sql, " AND o.channel = ?");
    if (alert != 0)
        buf_puts(&sql, " AND o.alert = ?");
    buf_puts(&sql, " ORDER BY o.id DESC LIMIT ?");
    result = sql.failed ? error_set(err, BW_ERR_MEMORY, "out of memory")
                        : db_query(store, sql.data, &query, err);
    buf_clear(&sql);
    if (result != 0)
        return -1;
    if (state != NULL)
        db_int(&query, number);
    if (channel != NULL)
        db_text(&query, channel);
    if (alert != 0)
        db_int(&query, alert);
    db_int(&query, limit == 0 ? -1 : (int64_t)limit);
    return tell_rows(&query, fn, ctx, err);
}

static int change_rows(struct bw_store *store, const char *sql, int64_t alert, int64_t now_ms,
                       size_t *changed, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_id(&query, alert);
    db_int(&query, now_ms);
    if (db_run(&query, err) != 0)
        return -1;
    *changed = (size_t)sqlite3_changes64(store->db);
    return 0;
}

/* A replay is a message of its own, so it gets a new key: a receiver that has seen the old one
 * would throw it away. */
int store_replay_outbox(struct bw_store *store, int64_t alert, int64_t now_ms, size_t *changed,
                        struct bw_error *err)
{
    return change_rows(store,
                       "UPDATE outbox SET state = 0, key = NULL, attempts = 0, due_ms = ?2,"
                       " first_due_ms = ?2"
                       " WHERE (?1 IS NULL AND state = 2) OR (alert = ?1 AND state IN (2, 3))",
                       alert, now_ms, changed, err);
}

int store_drop_outbox(struct bw_store *store, int64_t alert, int64_t now_ms, size_t *changed,
                      struct bw_error *err)
{
    return change_rows(store,
                       "UPDATE outbox SET state = 3, note = coalesce(note, 'dropped by hand'),"
                       " tried_ms = coalesce(tried_ms, ?2)"
                       " WHERE state = 0 AND (?1 IS NULL OR alert = ?1)",
                       alert, now_ms, changed, err);
}
