/*
 * No statement reads a large table from one end to the other: SQLite is asked for its plan of every
 * statement that the room runs. A walk is allowed where its order is that of the list, so that the
 * limit ends it, and over the small tables.
 */
#include "fixture.h"

#include "db.h"

enum { STATEMENTS = 256 };

struct traced {
    char *sql[STATEMENTS];
    size_t n;
};

static int on_statement(unsigned type, void *ctx, void *stmt, void *text)
{
    struct traced *traced = ctx;
    const char *sql = sqlite3_sql(stmt);

    (void)type;
    (void)text;
    for (size_t i = 0; i < traced->n; i++) {
        if (strcmp(traced->sql[i], sql) == 0)
            return 0;
    }
    assert_true(traced->n < STATEMENTS);
    traced->sql[traced->n++] = strdup(sql);
    return 0;
}

/* Tables that stay small, and walks in the order of a list ("alias" of its statement). */
static const char *const allowed[] = {
    "SCAN CONSTANT ROW",
    "SCAN rule",
    "SCAN source",
    "SCAN source_state",
    "SCAN silence",
    "SCAN source_day",
    "SCAN first", /* and that one only */
    "SCAN c",
    "SCAN 2",
    "SCAN h",
    "SCAN i",
    "SCAN s",
    "SCAN a",
    "SCAN o",
};

static bool is_allowed(const char *step)
{
    if (strstr(step, "event_by_signal (gone=?)") != NULL)
        return false; /* all events there are */
    if (strncmp(step, "SCAN ", 5) != 0)
        return true;
    if (strstr(step, "(subquery") != NULL || strstr(step, "VIRTUAL TABLE") != NULL ||
        strstr(step, "USING COVERING INDEX") != NULL)
        return true;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        size_t len = strlen(allowed[i]);

        if (strncmp(step, allowed[i], len) == 0 && (step[len] == '\0' || step[len] == ' '))
            return true;
    }
    return false;
}

/* The whole plan in `plan`, a step a line. */
static void explain(struct fixture *f, const char *sql, struct bw_buf *plan)
{
    char *question = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *stmt;

    buf_reset(plan);
    assert_int_equal(sqlite3_prepare_v2(f->store->db, question, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        buf_printf(plan, "%s\n", (const char *)sqlite3_column_text(stmt, 3));
    sqlite3_finalize(stmt);
    sqlite3_free(question);
}

static void check_steps(const char *sql, const char *plan)
{
    char *copy = strdup(plan), *rest = copy, *step;

    while ((step = strsep(&rest, "\n")) != NULL) {
        if (!is_allowed(step) && strstr(sql, "GROUP BY actor") == NULL)
            fail_msg("%s\nis run as\n%s", sql, plan);
    }
    /* A page of a list must not sort all the others first; the few hits of one item it may. */
    if (strstr(sql, "id DESC LIMIT ?") != NULL && strstr(sql, "h.item = ?") == NULL &&
        strstr(plan, "FOR ORDER BY") != NULL)
        fail_msg("%s\nsorts\n%s", sql, plan);
    free(copy);
}

static int on_any_hit(const struct bw_hit_row *hit, void *ctx)
{
    (void)hit;
    (void)ctx;
    return 0;
}

static int on_any_item(const struct bw_item_row *item, void *ctx)
{
    (void)item;
    (void)ctx;
    return 0;
}

static int on_any_story(const struct bw_story_row *story, void *ctx)
{
    (void)story;
    (void)ctx;
    return 0;
}

static int on_any_story_item(const struct bw_story_item *item, void *ctx)
{
    (void)item;
    (void)ctx;
    return 0;
}

static int on_any_alert(const struct bw_alert_row *alert, void *ctx)
{
    (void)alert;
    (void)ctx;
    return 0;
}

static int on_any_row(const struct bw_outbox_row *row, void *ctx)
{
    (void)row;
    (void)ctx;
    return 0;
}

static int on_any_signal(const struct bw_signal_row *signal, void *ctx)
{
    (void)signal;
    (void)ctx;
    return 0;
}

static int on_any_rule(const struct bw_rule_count *count, void *ctx)
{
    (void)count;
    (void)ctx;
    return 0;
}

static int on_any_day(const struct bw_source_day *day, void *ctx)
{
    (void)day;
    (void)ctx;
    return 0;
}

static void run_lists(struct fixture *f)
{
    static const struct bw_hit_query hits[] = {
        {.limit = 9},
        {.rule = "ca"},
        {.source = "s"},
        {.lang = "en"},
        {.actor = "KZ"},
        {.bloc = "BRICS"},
        {.stance = "joins"},
        {.actor = "KZ", .bloc = "SCO"},
        {.search = "x"},
        {.story = 1},
        {.id = 1},
        {.item = 1},
        {.alert = 1},
        {.before_id = 9},
        {.after_id = 1, .oldest_first = true},
        {.since_ms = NOW},
        {.fate = "pending"},
        {.severity = "high"},
        {.rule = "ca", .source = "s", .actor = "KZ", .since_ms = NOW, .search = "x"},
    };
    static const struct bw_item_query items[] = {
        {.limit = 9},
        {.source = "s"},
        {.lang = "en"},
        {.search = "x"},
        {.id = 1},
        {.before_id = 9},
        {.since_ms = NOW},
        {.since_ms = NOW, .source = "s"},
        {.search = "x", .source = "s", .lang = "en", .since_ms = NOW},
    };
    static const struct bw_story_query stories[] = {
        {.limit = 9},      {.id = 1},       {.before_id = 9},
        {.since_ms = NOW}, {.actor = "KZ"}, {.bloc = "EAEU"},
    };

    for (size_t i = 0; i < sizeof hits / sizeof hits[0]; i++)
        assert_fine(store_list_hits(f->store, &hits[i], on_any_hit, NULL, &f->err), f);
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
        assert_fine(store_list_items(f->store, &items[i], on_any_item, NULL, &f->err), f);
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        assert_fine(store_list_stories(f->store, &stories[i], on_any_story, NULL, &f->err), f);
}

static void run_others(struct fixture *f)
{
    struct bw_store_counts counts;

    assert_fine(store_list_outbox(f->store, NULL, NULL, 0, 9, on_any_row, NULL, &f->err), f);
    assert_fine(store_list_outbox(f->store, "dead", NULL, 0, 9, on_any_row, NULL, &f->err), f);
    assert_fine(store_list_outbox(f->store, NULL, "hook", 0, 9, on_any_row, NULL, &f->err), f);
    assert_fine(store_list_outbox(f->store, NULL, NULL, 1, 9, on_any_row, NULL, &f->err), f);
    assert_fine(store_list_alerts(f->store, &(struct bw_alert_query){.limit = 9}, on_any_alert,
                                  NULL, &f->err),
                f);
    assert_fine(store_find_alerts(f->store, 1, "ca", on_any_alert, NULL, &f->err), f);
    assert_fine(store_get_alert(f->store, 1, on_any_alert, NULL, &f->err), f);
    assert_fine(store_list_signals(f->store, NOW, on_any_signal, NULL, &f->err), f);
    assert_fine(store_list_rule_counts(f->store, on_any_rule, NULL, &f->err), f);
    assert_fine(store_list_source_days(f->store, "s", NOW, on_any_day, NULL, &f->err), f);
    assert_fine(store_count(f->store, &counts, &f->err), f);
}

static void run_writers(struct fixture *f)
{
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_story_item item = {
        .item = 1, .time_ms = NOW, .title = "t", .events = "KZ joins EAEU"};
    struct bw_alert_row alert = {.kind = "hit", .rule = "ca", .hit = 1, .created_ms = NOW};
    struct bw_message message;
    uint64_t band = 5;
    char link[BW_KEY_TEXT];
    int64_t id, due;
    size_t n;

    add_item(&poll, "a", "A", "http://x/a");
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    add_item(&poll, "b", "B", "http://x/b");
    save_quietly(f, "s", &poll, NOW);
    poll.items[0].title = "A, edited";
    set_keys(&poll.items[0], "a");
    poll.hits[0].n_hits = 0;
    save_quietly(f, "s", &poll, NOW);
    strcpy(link, poll.items[0].link_key);
    assert_fine(store_add_to_story(f->store, &alert.story, &item, &band, 1, &f->err), f);
    assert_fine(store_find_story_items(f->store, &band, 1, link, "KZ joins EAEU", 0,
                                       on_any_story_item, NULL, &f->err),
                f);
    assert_fine(store_add_alert(f->store, &alert, &id, &f->err), f);
    assert_fine(store_set_fate(f->store, 1, BW_FATE_ALERTED, id, "x", &f->err), f);
    assert_fine(store_add_outbox(f->store, id, "hook", "g", NOW, &f->err), f);
    assert_fine(store_next_due(f->store, "hook", &due, &f->err), f);
    assert_int_equal(store_next_message(f->store, "hook", NOW, 5, NULL, 0, &message, &f->err), 1);
    assert_fine(store_finish_message(f->store, message.key, BW_DELIVERY_DEAD, 0, "", NOW, &f->err),
                f);
    store_clear_message(&message);
    assert_fine(store_replay_outbox(f->store, id, NOW, &n, &f->err), f);
    assert_fine(store_drop_outbox(f->store, id, NOW, &n, &f->err), f);
    run_lists(f);
    run_others(f);
    assert_fine(store_prune(f->store, NOW + 1, NOW + 1, 100, &n, &f->err), f);
}

static void test_no_full_scan(void **state)
{
    struct fixture *f = *state;
    struct traced traced = {.n = 0};
    struct bw_buf plan;
    size_t explained = 0;

    buf_init(&plan);
    sqlite3_trace_v2(f->store->db, SQLITE_TRACE_STMT, on_statement, &traced);
    run_writers(f);
    sqlite3_trace_v2(f->store->db, 0, NULL, NULL);
    for (size_t i = 0; i < traced.n; i++) {
        const char *sql = traced.sql[i];

        /* Those of FTS5 itself, and transactions. */
        if (strstr(sql, "'main'.") == NULL && strstr(sql, "--") != sql &&
            (strncmp(sql, "SELECT", 6) == 0 || strncmp(sql, "UPDATE", 6) == 0 ||
             strncmp(sql, "DELETE", 6) == 0)) {
            explain(f, sql, &plan);
            check_steps(sql, buf_text(&plan));
            explained++;
        }
        free(traced.sql[i]);
    }
    buf_clear(&plan);
    assert_true(explained > 80);
}

/* The index that must lead where another one would do as well in SQLite's eyes. */
static void test_identity_indexes(void **state)
{
    static const char *const expected[][2] = {
        {"FROM item WHERE source = ?2 AND key = ?3", "item_by_key"},
        {"HAVING count(*) = 1", "item_by_link (source=? AND link_key=?)"},
        {"AND content_hash = ?1", "item_by_content (source=? AND content_hash=?)"},
        {"FROM story_band", "PRIMARY KEY (band=? AND time_ms>?)"},
        {"FROM story_event", "PRIMARY KEY (line=? AND time_ms>?)"},
        {"WHERE link_key = ? AND time_ms >= ?", "story_item_by_link (link_key=? AND time_ms>?)"},
        {"SELECT id, key, grp FROM outbox", "outbox_pending"},
        {"SELECT min(due_ms) FROM outbox", "outbox_pending"},
        {"UPDATE outbox SET key", "outbox_forming"},
        {"FROM event WHERE gone = 0", "event_by_signal"},
    };
    struct fixture *f = *state;
    struct traced traced = {.n = 0};
    struct bw_buf plan;

    buf_init(&plan);
    sqlite3_trace_v2(f->store->db, SQLITE_TRACE_STMT, on_statement, &traced);
    run_writers(f);
    sqlite3_trace_v2(f->store->db, 0, NULL, NULL);
    for (size_t e = 0; e < sizeof expected / sizeof expected[0]; e++) {
        size_t i = 0;

        while (i < traced.n && strstr(traced.sql[i], expected[e][0]) == NULL)
            i++;
        if (i == traced.n)
            fail_msg("no statement with '%s' was run", expected[e][0]);
        explain(f, traced.sql[i], &plan);
        if (strstr(buf_text(&plan), expected[e][1]) == NULL)
            fail_msg("%s\ndoes not use %s but\n%s", traced.sql[i], expected[e][1], plan.data);
    }
    for (size_t i = 0; i < traced.n; i++)
        free(traced.sql[i]);
    buf_clear(&plan);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_full_scan),
        TEST(test_identity_indexes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
