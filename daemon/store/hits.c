/* Hits with their events and matched words: saved, changed, retracted. Owns `hit`, `event`,
 * `matched`. */
#include "hits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_SPANS = 4, DAY_MS = 86400000, WEEK_MS = 7 * DAY_MS, MONDAY_MS = 4 * DAY_MS };

void hits_write_spans(const struct bw_span *spans, size_t n, struct bw_buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%d:%" PRIu32 ":%" PRIu32 ":%" PRIu32 ":%" PRIu32, i > 0 ? " " : "",
                   (int)spans[i].field, spans[i].start, spans[i].len, spans[i].cp_start,
                   spans[i].cp_len);
}

void hits_read_spans(const char *text, struct bw_span *spans, size_t n)
{
    memset(spans, 0, n * sizeof *spans);
    for (size_t i = 0; i < n && text != NULL; i++) {
        struct bw_span *span = &spans[i];
        int field, used = 0;

        if (sscanf(text, "%d:%" SCNu32 ":%" SCNu32 ":%" SCNu32 ":%" SCNu32 "%n", &field,
                   &span->start, &span->len, &span->cp_start, &span->cp_len, &used) < 5)
            return;
        span->field = field >= 0 && field <= BW_FIELD_OTHER ? (enum bw_field)field : BW_FIELD_OTHER;
        text += used;
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the hit says, whatever the order and the places of its events: a change of it is a
 * correction. */
static int hash_events(const struct bw_hit *hit, struct bw_arena *arena, int64_t *hash,
                       struct bw_error *err)
{
    char **lines = arena_calloc(arena, hit->n_events + 1, sizeof *lines);
    struct bw_buf all;
    uint64_t value;

    for (size_t i = 0; lines != NULL && i < hit->n_events; i++) {
        const struct bw_event *event = &hit->events[i];

        lines[i] = arena_printf(arena, "%s %d %s %d\n", event->actor != NULL ? event->actor : "",
                                (int)event->stance, event->bloc != NULL ? event->bloc : "",
                                (int)event->certainty);
        if (lines[i] == NULL)
            lines = NULL;
    }
    if (lines == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    qsort(lines, hit->n_events, sizeof *lines, compare_lines);
    buf_init(&all);
    for (size_t i = 0; i < hit->n_events; i++) {
        if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
            buf_puts(&all, lines[i]);
    }
    value = hash_text(buf_text(&all));
    memcpy(hash, &value, sizeof value);
    buf_clear(&all);
    return 0;
}

/* A signal counts in the week of its publication; a date in the future is not believed. An edit
 * moves it as little as it moves the time when it was found. */
static int64_t event_time(const struct hits_owner *owner, int64_t found_ms)
{
    if (owner->published == BW_TIME_NONE || owner->published > owner->now_ms / 1000 ||
        owner->published < 0)
        return found_ms;
    return owner->published * 1000;
}

/* The Monday before; 1970 began on a Thursday. */
static int64_t week_of(int64_t time_ms)
{
    int64_t since = (time_ms - MONDAY_MS) % WEEK_MS;

    return time_ms - (since < 0 ? since + WEEK_MS : since);
}

static int insert_event(struct bw_store *store, int64_t item, int64_t id, size_t nr,
                        const struct bw_event *event, int64_t time_ms, struct bw_error *err)
{
    const struct bw_span spans[EVENT_SPANS] = {event->actor_span, event->stance_span,
                                               event->bloc_span, event->sentence};
    struct db_query query;
    struct bw_buf text;
    int result = -1;

    buf_init(&text);
    hits_write_spans(spans, EVENT_SPANS, &text);
    if (db_query(store,
                 "INSERT INTO event (hit, nr, item, actor, bloc, stance, certainty, time_ms,"
                 " week_ms, spans, sentence, why) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                 &query, err) == 0) {
        db_int(&query, id);
        db_int(&query, (int64_t)nr);
        db_int(&query, item);
        db_text(&query, event->actor != NULL ? event->actor : "");
        db_text(&query, event->bloc != NULL ? event->bloc : "");
        db_int(&query, event->stance);
        db_int(&query, event->certainty);
        db_int(&query, time_ms);
        db_int(&query, week_of(time_ms));
        db_text(&query, buf_text(&text));
        db_text(&query, event->sentence_text);
        db_text(&query, event->why);
        result = db_run(&query, err);
    }
    buf_clear(&text);
    return result;
}

static int insert_matched(struct bw_store *store, int64_t id, size_t nr,
                          const struct bw_matched *matched, struct bw_error *err)
{
    struct db_query query;
    struct bw_buf text;
    int result = -1;

    buf_init(&text);
    hits_write_spans(&matched->span, 1, &text);
    if (db_query(store, "INSERT INTO matched (hit, nr, text, lexicon_set, span) VALUES (?,?,?,?,?)",
                 &query, err) == 0) {
        db_int(&query, id);
        db_int(&query, (int64_t)nr);
        db_text(&query, matched->text != NULL ? matched->text : "");
        db_text(&query, matched->set);
        db_text(&query, buf_text(&text));
        result = db_run(&query, err);
    }
    buf_clear(&text);
    return result;
}

static int insert_details(struct bw_store *store, const struct hits_owner *owner, int64_t id,
                          const struct bw_hit *hit, int64_t found_ms, struct bw_error *err)
{
    int64_t time_ms = event_time(owner, found_ms);

    for (size_t i = 0; i < hit->n_events; i++) {
        if (insert_event(store, owner->item, id, i, &hit->events[i], time_ms, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < hit->n_matched; i++) {
        if (insert_matched(store, id, i, &hit->matched[i], err) != 0)
            return -1;
    }
    return 0;
}

static int run_for_hit(struct bw_store *store, const char *sql, int64_t id, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, id);
    return db_run(&query, err);
}

/* A hit of an item that is in a story already belongs to it. */
static int insert_hit(struct bw_store *store, const struct hits_owner *owner,
                      const struct bw_hit *hit, int64_t rule, int64_t hash, int64_t *id,
                      struct bw_error *err)
{
    struct db_query query;

    if (db_query(
            store,
            "INSERT INTO hit (item, rule, source, lang, severity, found_ms, events_hash, story)"
            " VALUES (?1,?2,?3,?4,?5,?6,?7,(SELECT story FROM story_item WHERE item = ?1))",
            &query, err) != 0)
        return -1;
    db_int(&query, owner->item);
    db_int(&query, rule);
    db_int(&query, owner->source);
    db_text(&query, owner->lang);
    db_int(&query, hit->severity);
    db_int(&query, owner->now_ms);
    db_int(&query, hash);
    if (db_run(&query, err) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(store->db);
    return insert_details(store, owner, *id, hit, owner->now_ms, err);
}

/* What there is of a hit already. */
struct stored {
    int64_t id, hash, found_ms;
    bool retracted;
};

/* The text is another, so all spans are; `changed` when it says something else as well. */
static int update_hit(struct bw_store *store, const struct hits_owner *owner,
                      const struct bw_hit *hit, const struct stored *stored, int64_t hash,
                      bool changed, struct bw_error *err)
{
    struct db_query query;

    if (run_for_hit(store, "DELETE FROM event WHERE hit = ?", stored->id, err) != 0 ||
        run_for_hit(store, "DELETE FROM matched WHERE hit = ?", stored->id, err) != 0)
        return -1;
    if (db_query(store,
                 "UPDATE hit SET severity = ?, events_hash = ?, retracted_ms = NULL,"
                 " changed_ms = coalesce(?, changed_ms), lang = ? WHERE id = ?",
                 &query, err) != 0)
        return -1;
    db_int(&query, hit->severity);
    db_int(&query, hash);
    db_time(&query, changed ? owner->now_ms : BW_TIME_NONE);
    db_text(&query, owner->lang);
    db_int(&query, stored->id);
    if (db_run(&query, err) != 0)
        return -1;
    return insert_details(store, owner, stored->id, hit, stored->found_ms, err);
}

/* 1 with the hit of this item and rule, 0 none. */
static int find_hit(struct bw_store *store, int64_t item, int64_t rule, struct stored *stored,
                    struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT id, events_hash, found_ms, retracted_ms IS NOT NULL FROM hit"
                 " WHERE item = ? AND rule = ?",
                 &query, err) != 0)
        return -1;
    db_int(&query, item);
    db_int(&query, rule);
    row = db_step(&query, err);
    if (row > 0) {
        stored->id = db_column(&query, 0);
        stored->hash = db_column(&query, 1);
        stored->found_ms = db_column(&query, 2);
        stored->retracted = db_column(&query, 3) != 0;
    }
    db_end(&query);
    return row;
}

static bool is_saved(const struct bw_saved_item *saved, int64_t id)
{
    for (size_t i = 0; i < saved->n_hits; i++) {
        if (saved->hits[i].id == id)
            return true;
    }
    return false;
}

static int save_hit(struct bw_store *store, const struct hits_owner *owner,
                    const struct bw_hit *hit, struct bw_saved_item *saved, struct bw_error *err)
{
    struct bw_saved_hit *out = &saved->hits[saved->n_hits];
    struct stored stored = {.id = 0};
    int64_t rule = 0, hash = 0;
    int found;

    if (names_rule(store, hit->rule, hit->rule_title, &rule, err) != 0 ||
        hash_events(hit, owner->arena, &hash, err) != 0)
        return -1;
    found = find_hit(store, owner->item, rule, &stored, err);
    if (found < 0)
        return -1;
    if (found > 0 && is_saved(saved, stored.id))
        return 0; /* the same rule twice in one result: the first counts */
    *out = (struct bw_saved_hit){.hit = hit, .is_new = found == 0};
    if (found > 0) {
        out->changed = stored.retracted || stored.hash != hash;
        if (update_hit(store, owner, hit, &stored, hash, out->changed, err) != 0)
            return -1;
    } else if (insert_hit(store, owner, hit, rule, hash, &stored.id, err) != 0) {
        return -1;
    }
    out->id = stored.id;
    saved->n_hits++;
    return 0;
}

static bool is_other_rule(const struct hits_owner *owner, const char *rule)
{
    for (const char *const *other = owner->other_rules; other != NULL && *other != NULL; other++) {
        if (strcmp(*other, rule) == 0)
            return true;
    }
    return false;
}

static int list_stale(struct bw_store *store, const struct hits_owner *owner,
                      struct bw_saved_item *saved, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT count(*) FROM hit WHERE item = ?", &query, err) != 0)
        return -1;
    db_int(&query, owner->item);
    row = db_step(&query, err);
    if (row > 0)
        saved->retracted =
            arena_calloc(owner->arena, (size_t)db_column(&query, 0) + 1, sizeof *saved->retracted);
    db_end(&query);
    if (row < 0)
        return -1;
    if (saved->retracted == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_query(store,
                 "SELECT hit.id, rule.name FROM hit CROSS JOIN rule ON rule.id = hit.rule"
                 " WHERE item = ? AND retracted_ms IS NULL ORDER BY hit.id",
                 &query, err) != 0)
        return -1;
    db_int(&query, owner->item);
    while ((row = db_step(&query, err)) > 0) {
        if (!is_saved(saved, db_column(&query, 0)) &&
            !is_other_rule(owner, db_column_word(&query, 1)))
            saved->retracted[saved->n_retracted++] = db_column(&query, 0);
    }
    db_end(&query);
    return row;
}

/* Hits of the old text, or of other rules, that are found no more: kept, but they do not count. */
static int retract_stale(struct bw_store *store, const struct hits_owner *owner,
                         struct bw_saved_item *saved, struct bw_error *err)
{
    struct db_query query;

    if (list_stale(store, owner, saved, err) != 0)
        return -1;
    for (size_t i = 0; i < saved->n_retracted; i++) {
        if (db_query(store, "UPDATE hit SET retracted_ms = ? WHERE id = ?", &query, err) != 0)
            return -1;
        db_int(&query, owner->now_ms);
        db_int(&query, saved->retracted[i]);
        if (db_run(&query, err) != 0)
            return -1;
        if (run_for_hit(store, "UPDATE event SET gone = 1 WHERE hit = ?", saved->retracted[i],
                        err) != 0)
            return -1;
    }
    return 0;
}

int hits_save(struct bw_store *store, const struct hits_owner *owner, const struct bw_hits *found,
              struct bw_saved_item *saved, struct bw_error *err)
{
    size_t n = found != NULL ? found->n_hits : 0;

    saved->found = found;
    saved->hits = arena_calloc(owner->arena, n + 1, sizeof *saved->hits);
    if (saved->hits == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (save_hit(store, owner, &found->hits[i], saved, err) != 0)
            return -1;
    }
    if (owner->matched_again)
        return retract_stale(store, owner, saved, err);
    return 0;
}
