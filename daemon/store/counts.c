/* Numbers over everything: totals, signals by week, rules, days of sources. Owns nothing. */
#include "db.h"

int store_list_signals(struct bw_store *store, int64_t since_ms, store_signal_fn *fn, void *ctx,
                       struct bw_error *err)
{
    struct db_query query;
    int row;

    /* Two rules that find the same in one item have found one signal. */
    if (db_query(store,
                 "SELECT actor, bloc, stance, week_ms, max(time_ms), count(DISTINCT item), max(hit)"
                 " FROM event WHERE gone = 0 AND time_ms >= ?"
                 " GROUP BY actor, bloc, stance, week_ms"
                 " ORDER BY week_ms DESC, actor, bloc, stance",
                 &query, err) != 0)
        return -1;
    db_int(&query, since_ms);
    while ((row = db_step(&query, err)) > 0) {
        int64_t stance = db_column(&query, 2);
        struct bw_signal_row signal = {
            .actor = db_column_text(&query, 0),
            .bloc = db_column_text(&query, 1),
            .stance = stance_name(stance >= 0 && stance < BW_STANCES ? (enum bw_stance)stance
                                                                     : BW_STANCE_NONE),
            .week_ms = db_column(&query, 3),
            .last_ms = db_column(&query, 4),
            .count = (size_t)db_column(&query, 5),
            .last_hit = db_column(&query, 6),
        };

        if (fn(&signal, ctx) != 0)
            break;
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}

int store_list_rule_counts(struct bw_store *store, store_rule_count_fn *fn, void *ctx,
                           struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT rule.name, rule.title, c.n, (SELECT found_ms FROM hit WHERE id = c.last)"
                 " FROM rule LEFT JOIN (SELECT rule, count(*) AS n, max(id) AS last FROM hit"
                 " GROUP BY rule) AS c ON c.rule = rule.id ORDER BY rule.name",
                 &query, err) != 0)
        return -1;
    while ((row = db_step(&query, err)) > 0) {
        struct bw_rule_count count = {
            .rule = db_column_text(&query, 0),
            .title = db_column_text(&query, 1),
            .hits = (size_t)db_column(&query, 2),
            .last_ms = db_column_time(&query, 3),
        };

        if (fn(&count, ctx) != 0)
            break;
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}

int store_list_source_days(struct bw_store *store, const char *source, int64_t since_ms,
                           store_source_day_fn *fn, void *ctx, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store,
                 "SELECT source.name, day_ms, items, hits FROM source CROSS JOIN source_day"
                 " ON source_day.source = source.id"
                 " WHERE (?1 IS NULL OR source.name = ?1) AND day_ms >= ?2"
                 " ORDER BY source.name, day_ms",
                 &query, err) != 0)
        return -1;
    db_text(&query, source);
    db_int(&query, since_ms);
    while ((row = db_step(&query, err)) > 0) {
        struct bw_source_day day = {
            .source = db_column_text(&query, 0),
            .day_ms = db_column(&query, 1),
            .items = (size_t)db_column(&query, 2),
            .hits = (size_t)db_column(&query, 3),
        };

        if (fn(&day, ctx) != 0)
            break;
    }
    db_end(&query);
    return row < 0 ? -1 : 0;
}

/* --- totals ---------------------------------------------------------------------------------- */

static int read_number(struct bw_store *store, const char *sql, int64_t *value,
                       struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, sql, &query, err) != 0)
        return -1;
    row = db_step(&query, err);
    if (row > 0)
        *value = db_column_time(&query, 0);
    db_end(&query);
    return row < 0 ? -1 : 0;
}

static int count_fates(struct bw_store *store, struct bw_store_counts *counts, struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT fate, count(*) FROM hit GROUP BY fate", &query, err) != 0)
        return -1;
    while ((row = db_step(&query, err)) > 0) {
        int64_t fate = db_column(&query, 0);

        if (fate >= 0 && fate < BW_FATES)
            counts->fates[fate] = db_column(&query, 1);
        counts->hits += db_column(&query, 1);
    }
    db_end(&query);
    return row;
}

static int count_deliveries(struct bw_store *store, struct bw_store_counts *counts,
                            struct bw_error *err)
{
    struct db_query query;
    int row;

    if (db_query(store, "SELECT state, count(*) FROM outbox GROUP BY state", &query, err) != 0)
        return -1;
    while ((row = db_step(&query, err)) > 0) {
        int64_t number = db_column(&query, 1);

        switch (db_column(&query, 0)) {
        case BW_DELIVERY_PENDING:
            counts->pending = number;
            break;
        case BW_DELIVERY_DELIVERED:
            counts->delivered = number;
            break;
        case BW_DELIVERY_DEAD:
            counts->dead = number;
            break;
        case BW_DELIVERY_DROPPED:
            counts->dropped = number;
            break;
        }
    }
    db_end(&query);
    return row;
}

static int count_all(struct bw_store *store, struct bw_store_counts *counts, struct bw_error *err)
{
    int64_t pages = 0, page_size = 0;

    if (read_number(store, "SELECT count(*) FROM item", &counts->items, err) != 0 ||
        read_number(store, "SELECT count(*) FROM story", &counts->stories, err) != 0 ||
        read_number(store, "SELECT count(*) FROM alert", &counts->alerts, err) != 0 ||
        read_number(store, "SELECT min(created_ms) FROM outbox WHERE state = 0",
                    &counts->oldest_pending_ms, err) != 0 ||
        read_number(store, "PRAGMA page_count", &pages, err) != 0 ||
        read_number(store, "PRAGMA page_size", &page_size, err) != 0 ||
        count_fates(store, counts, err) != 0)
        return -1;
    counts->bytes = pages * page_size;
    return count_deliveries(store, counts, err);
}

int store_count(struct bw_store *store, struct bw_store_counts *counts, struct bw_error *err)
{
    struct bw_store_counts all = {.oldest_pending_ms = BW_TIME_NONE};
    int result;

    if (db_enter_view(store, err) != 0)
        return -1;
    result = count_all(store, &all, err);
    db_leave_view(store);
    if (result == 0)
        *counts = all;
    return result;
}
