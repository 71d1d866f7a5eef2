/* Alerts, and what became of each hit. Owns `alert`, and `fate` and `alert` of `hit`. */
#include "filter.h"

#include <inttypes.h>

#define ALERT_COLUMNS                                                                              \
    "SELECT a.id, a.kind, rule.name, a.story, a.hit, a.severity, a.events, a.payload,"             \
    " a.created_ms FROM alert AS a LEFT JOIN rule ON rule.id = a.rule "

static const char *const fates[BW_FATES] = {"pending", "alerted", "grouped", "silenced",
                                            "suppressed"};

const char *fate_name(enum bw_fate fate)
{
    return fates[fate];
}

int store_set_fate(struct bw_store *store, int64_t hit, enum bw_fate fate, int64_t alert,
                   const char *reason, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store, "UPDATE hit SET fate = ?, alert = ?, fate_reason = ? WHERE id = ?", &query,
                 err) != 0)
        return -1;
    db_int(&query, fate);
    db_id(&query, alert);
    db_text(&query, reason);
    db_int(&query, hit);
    if (db_run(&query, err) != 0)
        return -1;
    if (sqlite3_changes(store->db) == 0)
        return error_set(err, BW_ERR_NOTFOUND, "there is no hit %" PRId64, hit);
    return 0;
}

static int insert_alert(struct bw_store *store, const struct bw_alert_row *alert, int64_t *id,
                        struct bw_error *err)
{
    struct db_query query;
    int64_t rule = 0;

    if (alert->rule != NULL && names_rule(store, alert->rule, NULL, &rule, err) != 0)
        return -1;
    if (db_query(store,
                 "INSERT INTO alert (kind, rule, story, hit, severity, events, payload, created_ms)"
                 " VALUES (?,?,?,?,?,?,?,?)",
                 &query, err) != 0)
        return -1;
    db_text(&query, alert->kind);
    db_id(&query, rule);
    db_id(&query, alert->story);
    db_id(&query, alert->hit);
    db_text(&query, alert->severity);
    db_text(&query, alert->events != NULL ? alert->events : "");
    db_text(&query, alert->payload != NULL ? alert->payload : "{}");
    db_int(&query, alert->created_ms);
    if (db_run(&query, err) != 0)
        return -1;
    *id = sqlite3_last_insert_rowid(store->db);
    return 0;
}

int store_add_alert(struct bw_store *store, const struct bw_alert_row *alert, int64_t *id,
                    struct bw_error *err)
{
    int64_t added = 0;

    if (db_enter(store, err) != 0)
        return -1;
    if (db_leave(store, insert_alert(store, alert, &added, err), err) != 0)
        return -1;
    *id = added;
    return 0;
}

/* Tells every row and ends the query; *told, where wanted, counts them. */
static int tell_alerts(struct db_query *query, store_alert_fn *fn, void *ctx, size_t *told,
                       struct bw_error *err)
{
    int row;

    while ((row = db_step(query, err)) > 0) {
        struct bw_alert_row alert = {
            .id = db_column(query, 0),
            .kind = db_column_word(query, 1),
            .rule = db_column_text(query, 2),
            .story = db_column(query, 3),
            .hit = db_column(query, 4),
            .severity = db_column_text(query, 5),
            .events = db_column_word(query, 6),
            .payload = db_column_word(query, 7),
            .created_ms = db_column(query, 8),
        };

        if (told != NULL)
            (*told)++;
        if (fn(&alert, ctx) != 0)
            break;
    }
    db_end(query);
    return row < 0 ? -1 : 0;
}

int store_find_alerts(struct bw_store *store, int64_t story, const char *rule, store_alert_fn *fn,
                      void *ctx, struct bw_error *err)
{
    struct db_query query;

    if (db_query(store,
                 ALERT_COLUMNS "WHERE a.story = ? AND (?2 IS NULL OR rule.name = ?2) ORDER BY a.id",
                 &query, err) != 0)
        return -1;
    db_int(&query, story);
    db_text(&query, rule);
    return tell_alerts(&query, fn, ctx, NULL, err);
}

int store_get_alert(struct bw_store *store, int64_t id, store_alert_fn *fn, void *ctx,
                    struct bw_error *err)
{
    struct db_query query;
    size_t told = 0;

    if (db_query(store, ALERT_COLUMNS "WHERE a.id = ?", &query, err) != 0)
        return -1;
    db_int(&query, id);
    if (tell_alerts(&query, fn, ctx, &told, err) != 0)
        return -1;
    if (told == 0)
        return error_set(err, BW_ERR_NOTFOUND, "there is no alert %" PRId64, id);
    return 0;
}

int store_list_alerts(struct bw_store *store, const struct bw_alert_query *query,
                      store_alert_fn *fn, void *ctx, struct bw_error *err)
{
    struct db_query rows = {.store = NULL};
    struct filter filter;
    int result = -1;

    filter_init(&filter, ALERT_COLUMNS "WHERE 1");
    filter_add_id(&filter, "a.id < ?", query->before_id);
    filter_add_word(&filter, "a.kind = ?", query->kind);
    filter_add_time(&filter, "+a.created_ms >= ?", query->since_ms);
    if (filter_add_bounds(&filter, store, "alert", "created_ms", "a.id", query->since_ms,
                          BW_TIME_NONE, err) != 0 ||
        filter_add_name(&filter, store, "rule", "a.rule = ?", query->rule, err) != 0)
        goto out;
    if (filter.nothing)
        result = 0;
    else if (filter_begin(&filter, store, " ORDER BY a.id DESC", query->limit, &rows, err) == 0)
        result = tell_alerts(&rows, fn, ctx, NULL, err);
out:
    db_end(&rows);
    filter_clear(&filter);
    return result;
}
