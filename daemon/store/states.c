/* What is remembered of each source between polls. Owns `source_state`. */
#include "db.h"

#include <stdio.h>
#include <string.h>

static void bind_texts(struct db_query *query, const struct bw_source_state *state)
{
    db_text(query, state->url);
    db_text(query, state->etag);
    db_text(query, state->last_modified);
    db_text(query, state->redirect_seen);
    db_text(query, state->redirect_to);
    db_text(query, state->why);
    db_text(query, state->due_rule);
    db_text(query, state->body_hash);
}

static void bind_numbers(struct db_query *query, const struct bw_source_state *state)
{
    db_int(query, state->health);
    db_int(query, state->last_result);
    db_int(query, state->last_status);
    db_int(query, state->redirect_count);
    db_int(query, state->failures);
    db_int(query, state->ignored_validators);
    db_int(query, state->raised);
    db_int(query, state->next_due);
    db_int(query, state->interval);
    db_int(query, state->rhythm);
    db_time(query, state->last_poll);
    db_time(query, state->last_success);
    db_time(query, state->last_item);
    db_time(query, state->failing_since);
    db_int(query, state->publisher_interval);
    db_int(query, state->skip_hours);
    db_int(query, state->skip_days);
    db_int(query, state->last_ms);
    db_int(query, state->last_bytes);
    db_int(query, state->polls);
    db_int(query, state->items);
}

int store_save_state(struct bw_store *store, const char *source_id,
                     const struct bw_source_state *state, struct bw_error *err)
{
    struct db_query query;
    int64_t source;

    if (names_source(store, source_id, &source, err) != 0)
        return -1;
    if (db_query(store,
                 "INSERT OR REPLACE INTO source_state (source, url, etag, last_modified,"
                 " redirect_seen, redirect_to, why, due_rule, body_hash, health, last_result,"
                 " last_status, redirect_count, failures, ignored_validators, raised, next_due,"
                 " interval, rhythm, last_poll, last_success, last_item, failing_since,"
                 " publisher_interval, skip_hours, skip_days, last_ms, last_bytes, polls, items)"
                 " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                 &query, err) != 0)
        return -1;
    db_int(&query, source);
    bind_texts(&query, state);
    bind_numbers(&query, state);
    return db_run(&query, err);
}

/* The texts stay SQLite's: the state is borrowed for one call. */
static void read_texts(struct db_query *query, struct bw_source_state *state)
{
    state->url = (char *)db_column_text(query, 1);
    state->etag = (char *)db_column_text(query, 2);
    state->last_modified = (char *)db_column_text(query, 3);
    state->redirect_seen = (char *)db_column_text(query, 4);
    state->redirect_to = (char *)db_column_text(query, 5);
    state->why = (char *)db_column_text(query, 6);
    state->due_rule = (char *)db_column_text(query, 7);
    snprintf(state->body_hash, sizeof state->body_hash, "%s", db_column_word(query, 8));
}

static void read_numbers(struct db_query *query, struct bw_source_state *state)
{
    int64_t health = db_column(query, 9);

    state->health = health >= 0 && health < BW_HEALTHS ? (enum bw_health)health : BW_HEALTH_NEW;
    state->last_result = (enum bw_fetch_result)db_column(query, 10);
    state->last_status = (int32_t)db_column(query, 11);
    state->redirect_count = (int32_t)db_column(query, 12);
    state->failures = (int32_t)db_column(query, 13);
    state->ignored_validators = (int32_t)db_column(query, 14);
    state->raised = db_column(query, 15) != 0;
    state->next_due = db_column(query, 16);
    state->interval = db_column(query, 17);
    state->rhythm = db_column(query, 18);
    state->last_poll = db_column_time(query, 19);
    state->last_success = db_column_time(query, 20);
    state->last_item = db_column_time(query, 21);
    state->failing_since = db_column_time(query, 22);
    state->publisher_interval = db_column(query, 23);
    state->skip_hours = (uint32_t)db_column(query, 24);
    state->skip_days = (uint8_t)db_column(query, 25);
    state->last_ms = db_column(query, 26);
    state->last_bytes = db_column(query, 27);
    state->polls = db_column(query, 28);
    state->items = db_column(query, 29);
}

int store_load_states(struct bw_store *store, store_state_fn *fn, void *ctx, struct bw_error *err)
{
    struct bw_source_state state;
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT name, url, etag, last_modified, redirect_seen, redirect_to, why, due_rule,"
                 " body_hash, health, last_result, last_status, redirect_count, failures,"
                 " ignored_validators, raised, next_due, interval, rhythm, last_poll,"
                 " last_success, last_item, failing_since, publisher_interval, skip_hours,"
                 " skip_days, last_ms, last_bytes, polls, items"
                 " FROM source_state JOIN source ON source.id = source ORDER BY name",
                 &query, err) != 0)
        return -1;
    while ((row = db_step(&query, err)) > 0) {
        source_state_init(&state);
        read_texts(&query, &state);
        read_numbers(&query, &state);
        if (fn(db_column_text(&query, 0), &state, ctx) != 0)
            break;
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}
