/* Reading what hangs on a hit: its events and matched words. Owns nothing. */
#include "hits.h"

enum { EVENT_SPANS = 4 };

static int count_rows(struct bw_store *store, const char *sql, int64_t hit, size_t *n,
                      struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    db_int(&query, hit);
    row = db_step(&query, err);
    if (row > 0)
        *n = (size_t)db_column(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

static void read_event(struct db_query *query, struct bw_arena *arena, struct bw_event *event)
{
    struct bw_span spans[EVENT_SPANS];
    int64_t stance = db_column(query, 2), certainty = db_column(query, 3);

    event->actor = arena_strdup(arena, db_column_word(query, 0));
    event->bloc = arena_strdup(arena, db_column_word(query, 1));
    event->stance = stance >= 0 && stance < BW_STANCES ? (enum bw_stance)stance : BW_STANCE_NONE;
    event->certainty = certainty >= 0 && certainty < BW_CERTAINTIES ? (enum bw_certainty)certainty
                                                                    : BW_CERTAINTY_STATED;
    hits_read_spans(db_column_text(query, 4), spans, EVENT_SPANS);
    event->actor_span = spans[0];
    event->stance_span = spans[1];
    event->bloc_span = spans[2];
    event->sentence = spans[3];
    event->sentence_text = arena_strdup(arena, db_column_text(query, 5));
    event->why = arena_strdup(arena, db_column_text(query, 6));
}

static int load_events(struct bw_store *store, struct bw_arena *arena, struct bw_hit_row *hit,
                       struct bw_error *err)
{
    struct bw_event *events;
    struct db_query query;
    size_t n = 0, i = 0;
    int row;

    if (count_rows(store, "SELECT count(*) FROM event WHERE hit = ?", hit->id, &n, err) != 0)
        return -1;
    events = arena_calloc(arena, n + 1, sizeof *events);
    if (events == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_query(store,
                 "SELECT actor, bloc, stance, certainty, spans, sentence, why FROM event"
                 " WHERE hit = ? ORDER BY nr",
                 &query, err) != 0)
        return -1;
    db_int(&query, hit->id);
    while ((row = db_step(&query, err)) > 0 && i < n)
        read_event(&query, arena, &events[i++]);
    db_end(&query);
    hit->events = events;
    hit->n_events = i;
    return row < 0 ? -1 : 0;
}

static int load_matched(struct bw_store *store, struct bw_arena *arena, struct bw_hit_row *hit,
                        struct bw_error *err)
{
    struct bw_matched *matched;
    struct db_query query;
    size_t n = 0, i = 0;
    int row;

    if (count_rows(store, "SELECT count(*) FROM matched WHERE hit = ?", hit->id, &n, err) != 0)
        return -1;
    matched = arena_calloc(arena, n + 1, sizeof *matched);
    if (matched == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (db_query(store, "SELECT text, lexicon_set, span FROM matched WHERE hit = ? ORDER BY nr",
                 &query, err) != 0)
        return -1;
    db_int(&query, hit->id);
    while ((row = db_step(&query, err)) > 0 && i < n) {
        matched[i].text = arena_strdup(arena, db_column_word(&query, 0));
        matched[i].set = arena_strdup(arena, db_column_text(&query, 1));
        hits_read_spans(db_column_text(&query, 2), &matched[i].span, 1);
        i++;
    }
    db_end(&query);
    hit->matched = matched;
    hit->n_matched = i;
    return row < 0 ? -1 : 0;
}

int hits_load_details(struct bw_store *store, struct bw_arena *arena, struct bw_hit_row *hit,
                      struct bw_error *err)
{
    if (load_events(store, arena, hit, err) != 0)
        return -1;
    return load_matched(store, arena, hit, err);
}
