/* Outbox rows as messages: which one is next, under which key, and what became of it. Owns `key`
 * and the states of `outbox`. */
#include "db.h"

#include <stdio.h>
#include <string.h>

/* The row that a message begins with. */
struct head {
    char key[BW_KEY_TEXT]; /* "" not fixed yet */
    int64_t id;
    char *group; /* in the message's arena */
};

static bool is_busy(const char *key, const char *const *busy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(busy[i], key) == 0)
            return true;
    }
    return false;
}

/* 1 with the pending row of `channel` that has been due the longest and is not busy. */
static int find_head(struct bw_store *store, const char *channel, int64_t now_ms,
                     const char *const *busy, size_t n_busy, struct bw_arena *arena,
                     struct head *head, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT id, key, grp FROM outbox WHERE state = 0 AND channel = ? AND due_ms <= ?"
                 " ORDER BY due_ms",
                 &query, err) != 0)
        return -1;
    db_text(&query, channel);
    db_int(&query, now_ms);
    while ((row = db_step(&query, err)) > 0 && is_busy(db_column_word(&query, 1), busy, n_busy))
        ;
    if (row > 0) {
        head->id = db_column(&query, 0);
        snprintf(head->key, sizeof head->key, "%s", db_column_word(&query, 1));
        head->group = arena_strdup(arena, db_column_word(&query, 2));
        if (head->group == NULL)
            row = error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    db_end(&query);
    return row;
}

/* Binds the due rows of the head's group to one new key, oldest alerts first. */
static int fix_key(struct bw_store *store, const char *channel, int64_t now_ms, size_t max_alerts,
                   struct head *head, struct bw_error *err)
{
    unsigned char bytes[(BW_KEY_TEXT - 1) / 2];
    char key[BW_KEY_TEXT];
    struct db_query query;

    sqlite3_randomness(sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    if (db_query(store,
                 "UPDATE outbox SET key = ?1 WHERE id IN (SELECT id FROM outbox"
                 " WHERE state = 0 AND key IS NULL AND channel = ?2 AND grp = ?3 AND due_ms <= ?4"
                 " ORDER BY alert, id LIMIT ?5)",
                 &query, err) != 0)
        return -1;
    db_text(&query, key);
    db_text(&query, channel);
    db_text(&query, head->group);
    db_int(&query, now_ms);
    db_int(&query, max_alerts == 0 ? -1 : (int64_t)max_alerts);
    if (db_run(&query, err) != 0)
        return -1;
    memcpy(head->key, key, sizeof key);
    return 0;
}

static void read_alert(struct db_query *query, struct bw_arena *arena, struct bw_alert_row *alert)
{
    *alert = (struct bw_alert_row){
        .id = db_column(query, 0),
        .kind = arena_strdup(arena, db_column_text(query, 1)),
        .rule = arena_strdup(arena, db_column_text(query, 2)),
        .story = db_column(query, 3),
        .hit = db_column(query, 4),
        .severity = arena_strdup(arena, db_column_text(query, 5)),
        .events = arena_strdup(arena, db_column_word(query, 6)),
        .payload = arena_strdup(arena, db_column_text(query, 7)),
        .created_ms = db_column(query, 8),
    };
}

static int count_alerts(struct bw_store *store, struct bw_message *message, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT count(*), max(attempts), min(first_due_ms) FROM outbox"
                 " WHERE key = ? AND state = 0",
                 &query, err) != 0)
        return -1;
    db_text(&query, message->key);
    row = db_step(&query, err);
    if (row > 0) {
        message->n_alerts = (size_t)db_column(&query, 0);
        message->attempts = (int)db_column(&query, 1);
        message->first_due_ms = db_column(&query, 2);
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}

static int load_message(struct bw_store *store, struct bw_message *message, struct bw_error *err)
{
    struct db_query query;
    size_t n = 0;
    int row;

    if (count_alerts(store, message, err) != 0)
        return -1;
    message->alerts = arena_calloc(message->arena, message->n_alerts + 1, sizeof *message->alerts);
    if (message->alerts == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_query(store,
                 "SELECT a.id, a.kind, rule.name, a.story, a.hit, a.severity, a.events, a.payload,"
                 " a.created_ms FROM outbox AS o JOIN alert AS a ON a.id = o.alert"
                 " LEFT JOIN rule ON rule.id = a.rule WHERE o.key = ? AND o.state = 0"
                 " ORDER BY a.id",
                 &query, err) != 0)
        return -1;
    db_text(&query, message->key);
    while ((row = db_step(&query, err)) > 0 && n < message->n_alerts)
        read_alert(&query, message->arena, &message->alerts[n++]);
    db_end(&query);
    message->n_alerts = n;
    return row < 0 ? -1 : 0;
}

static int take_message(struct bw_store *store, const char *channel, int64_t now_ms,
                        size_t max_alerts, struct head *head, struct bw_message *message,
                        struct bw_error *err)
{
    if (head->key[0] == '\0') {
        if (db_enter(store, err) != 0)
            return -1;
        if (db_leave(store, fix_key(store, channel, now_ms, max_alerts, head, err), err) != 0)
            return -1;
    }
    message->channel = arena_strdup(message->arena, channel);
    message->group = head->group;
    memcpy(message->key, head->key, sizeof message->key);
    if (message->channel == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return load_message(store, message, err);
}

int store_next_message(struct bw_store *store, const char *channel, int64_t now_ms,
                       size_t max_alerts, const char *const *busy, size_t n_busy,
                       struct bw_message *message, struct bw_error *err)
{
    struct bw_message next = {.arena = arena_new(0)};
    struct head head = {.id = 0};
    int result;

    if (next.arena == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (store->in_transaction)
        result = error_set(err, BW_ERR_INTERNAL, "%s: no message can be taken in a transaction",
                           store->path);
    else
        result = find_head(store, channel, now_ms, busy, n_busy, next.arena, &head, err);
    if (result > 0 && take_message(store, channel, now_ms, max_alerts, &head, &next, err) != 0)
        result = -1;
    if (result <= 0) {
        arena_free(next.arena);
        return result;
    }
    *message = next;
    return 1;
}

void store_clear_message(struct bw_message *message)
{
    if (message == NULL)
        return;
    arena_free(message->arena);
    *message = (struct bw_message){.channel = NULL};
}

int store_next_due(struct bw_store *store, const char *channel, int64_t *due_ms,
                   struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT min(due_ms) FROM outbox WHERE state = 0 AND channel = ?", &query,
                 err) != 0)
        return -1;
    db_text(&query, channel);
    row = db_step(&query, err);
    if (row > 0)
        *due_ms = db_column_time(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

/* One that was dropped while it was under way is delivered all the same, if it was. */
int store_finish_message(struct bw_store *store, const char *key, enum bw_delivery state,
                         int64_t due_ms, const char *note, int64_t now_ms, struct bw_error *err)
{
    struct db_query query;

    if (store->in_transaction)
        return error_set(err, BW_ERR_INTERNAL, "%s: no message can be finished in a transaction",
                         store->path);
    if (db_query(store,
                 "UPDATE outbox SET state = ?1, due_ms = coalesce(?2, due_ms), note = ?3,"
                 " tried_ms = ?4, attempts = attempts + 1,"
                 " delivered_ms = CASE WHEN ?1 = 1 THEN ?4 END"
                 " WHERE key = ?5 AND (state = 0 OR (state = 3 AND ?1 = 1))",
                 &query, err) != 0)
        return -1;
    db_int(&query, state);
    db_time(&query, state == BW_DELIVERY_PENDING ? due_ms : BW_TIME_NONE);
    db_text(&query, note);
    db_int(&query, now_ms);
    db_text(&query, key);
    return db_run(&query, err);
}
