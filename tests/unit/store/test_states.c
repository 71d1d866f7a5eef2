/* The remembered state of sources, facts by name, days and rules. */
#include "fixture.h"

static void fill_state(struct bw_source_state *state)
{
    source_state_init(state);
    source_state_set(&state->url, "https://x/feed");
    source_state_set(&state->etag, "W/\"a\"");
    source_state_set(&state->last_modified, "Mon, 25 Nov 2024 00:00:00 GMT");
    source_state_set(&state->redirect_seen, "https://y/feed");
    source_state_set(&state->redirect_to, "https://z/feed");
    source_state_set(&state->why, "why so");
    source_state_set(&state->due_rule, "interval");
    strcpy(state->body_hash, "0123456789abcdef0123456789abcdef");
    state->health = BW_HEALTH_FAILING;
    state->last_result = BW_FETCH_TLS;
    state->last_status = 503;
    state->redirect_count = 1;
    state->failures = 2;
    state->ignored_validators = 3;
    state->raised = true;
    state->next_due = 4;
    state->interval = 5;
    state->rhythm = 6;
    state->last_poll = 7;
    state->last_success = 8;
    state->last_item = 9;
    state->failing_since = 10;
    state->publisher_interval = 11;
    state->skip_hours = 0xffffffff;
    state->skip_days = 0x7f;
    state->last_ms = 12;
    state->last_bytes = 13;
    state->polls = 14;
    state->items = 15;
}

struct loaded {
    struct bw_source_state states[4];
    char ids[4][16];
    size_t n;
};

static int on_state(const char *id, const struct bw_source_state *state, void *ctx)
{
    struct loaded *loaded = ctx;

    snprintf(loaded->ids[loaded->n], sizeof loaded->ids[0], "%s", id);
    source_state_init(&loaded->states[loaded->n]);
    return source_state_copy(&loaded->states[loaded->n++], state);
}

static void test_state(void **state)
{
    struct fixture *f = *state;
    struct bw_source_state full, empty, *got;
    struct loaded loaded = {.n = 0};

    fill_state(&full);
    source_state_init(&empty);
    assert_fine(store_save_state(f->store, "full", &empty, &f->err), f);
    assert_fine(store_save_state(f->store, "full", &full, &f->err), f);
    assert_fine(store_save_state(f->store, "empty", &empty, &f->err), f);
    reopen(f);
    assert_fine(store_load_states(f->store, on_state, &loaded, &f->err), f);
    assert_int_equal(loaded.n, 2);
    assert_string_equal(loaded.ids[0], "empty");
    got = &loaded.states[0];
    assert_null(got->url);
    assert_null(got->etag);
    assert_true(got->last_poll == BW_TIME_NONE && got->failing_since == BW_TIME_NONE);
    got = &loaded.states[1];
    assert_string_equal(got->url, full.url);
    assert_string_equal(got->etag, full.etag);
    assert_string_equal(got->last_modified, full.last_modified);
    assert_string_equal(got->redirect_seen, full.redirect_seen);
    assert_string_equal(got->redirect_to, full.redirect_to);
    assert_string_equal(got->why, full.why);
    assert_string_equal(got->due_rule, full.due_rule);
    assert_string_equal(got->body_hash, full.body_hash);
    assert_int_equal(got->health, BW_HEALTH_FAILING);
    assert_int_equal(got->last_result, BW_FETCH_TLS);
    assert_int_equal(got->last_status, 503);
    assert_int_equal(got->redirect_count, 1);
    assert_int_equal(got->failures, 2);
    assert_int_equal(got->ignored_validators, 3);
    assert_true(got->raised);
    assert_int_equal(got->next_due, 4);
    assert_int_equal(got->interval, 5);
    assert_int_equal(got->rhythm, 6);
    assert_int_equal(got->last_poll, 7);
    assert_int_equal(got->last_success, 8);
    assert_int_equal(got->last_item, 9);
    assert_int_equal(got->failing_since, 10);
    assert_int_equal(got->publisher_interval, 11);
    assert_true(got->skip_hours == 0xffffffff);
    assert_int_equal(got->skip_days, 0x7f);
    assert_int_equal(got->last_ms, 12);
    assert_int_equal(got->last_bytes, 13);
    assert_int_equal(got->polls, 14);
    assert_int_equal(got->items, 15);
    source_state_clear(&loaded.states[0]);
    source_state_clear(&loaded.states[1]);
    source_state_clear(&full);
}

static void test_meta(void **state)
{
    struct fixture *f = *state;
    struct bw_buf value;

    buf_init(&value);
    assert_int_equal(store_get_meta(f->store, "digest", &value, &f->err), 0);
    assert_fine(store_set_meta(f->store, "digest", "1", &f->err), f);
    assert_fine(store_set_meta(f->store, "digest", "22", &f->err), f);
    assert_int_equal(store_get_meta(f->store, "digest", &value, &f->err), 1);
    assert_string_equal(buf_text(&value), "22");
    assert_fine(store_set_meta(f->store, "digest", NULL, &f->err), f);
    assert_int_equal(store_get_meta(f->store, "digest", &value, &f->err), 0);
    buf_clear(&value);
}

struct told {
    size_t n;
    char text[4][64];
};

static int on_day(const struct bw_source_day *day, void *ctx)
{
    struct told *told = ctx;

    snprintf(told->text[told->n++], sizeof told->text[0], "%s %d %zu %zu", day->source,
             (int)((NOW - day->day_ms) / DAY), day->items, day->hits);
    return 0;
}

static int on_rule(const struct bw_rule_count *count, void *ctx)
{
    struct told *told = ctx;

    snprintf(told->text[told->n++], sizeof told->text[0], "%s (%s) %zu %d", count->rule,
             count->title, count->hits,
             count->last_ms == BW_TIME_NONE ? -1 : (int)(count->last_ms - NOW));
    return 0;
}

static void test_days_and_rules(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct told told = {.n = 0};

    add_item(&poll, "a", "A", NULL)->published = (NOW - 3 * DAY) / 1000;
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    add_hit(&poll, "word", NULL, 0, NULL);
    add_item(&poll, "b", "B", NULL)->published = BW_TIME_NONE;
    add_item(&poll, "c", "C", NULL)->published = (NOW + 9 * DAY) / 1000; /* not believed */
    save_quietly(f, "s", &poll, NOW);
    save_quietly(f, "s", &poll, NOW + 5);
    assert_fine(store_list_source_days(f->store, "s", 0, on_day, &told, &f->err), f);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.text[0], "s 3 1 2");
    assert_string_equal(told.text[1], "s 0 2 0");
    told.n = 0;
    assert_fine(store_list_source_days(f->store, NULL, NOW - DAY, on_day, &told, &f->err), f);
    assert_int_equal(told.n, 1);
    told.n = 0;
    assert_fine(store_list_rule_counts(f->store, on_rule, &told, &f->err), f);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.text[0], "ca (A rule) 1 0");
    assert_string_equal(told.text[1], "word (A rule) 1 0");
}

static int on_signal(const struct bw_signal_row *signal, void *ctx)
{
    struct told *told = ctx;

    snprintf(told->text[told->n++], sizeof told->text[0], "%s %s %s %zu week %d last %d",
             signal->actor, signal->stance, signal->bloc, signal->count,
             (int)((NOW - signal->week_ms) / DAY), (int)((NOW - signal->last_ms) / DAY));
    return 0;
}

static void test_signals(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct told told = {.n = 0};

    add_item(&poll, "a", "A", NULL)->published = (NOW - DAY) / 1000; /* Sunday: the week before */
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    add_hit(&poll, "other", "KZ", BW_STANCE_JOINS, "EAEU"); /* the same signal */
    add_item(&poll, "b", "B", NULL);                        /* an hour ago: this Monday */
    add_hit(&poll, "ca", "UZ", BW_STANCE_STAYS, "SCO");
    add_item(&poll, "c", "C", NULL)->published = (NOW - 2 * DAY) / 1000;
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    save_quietly(f, "s", &poll, NOW);
    assert_fine(store_list_signals(f->store, 0, on_signal, &told, &f->err), f);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.text[0], "UZ stays SCO 1 week 0 last 0");
    assert_string_equal(told.text[1], "KZ joins EAEU 2 week 7 last 1");
    told.n = 0;
    assert_fine(store_list_signals(f->store, NOW - DAY - 1, on_signal, &told, &f->err), f);
    assert_string_equal(told.text[1], "KZ joins EAEU 1 week 7 last 1");
}

/* An edit, which has lost its date on the way, does not make an old signal a new one. */
static void test_signal_stays_in_its_week(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct told told = {.n = 0};

    add_item(&poll, "a", "A", NULL)->published = (NOW - 20 * DAY) / 1000;
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    add_item(&poll, "b", "B", NULL)->published = BW_TIME_NONE;
    add_hit(&poll, "ca", "UZ", BW_STANCE_STAYS, "SCO");
    save_quietly(f, "s", &poll, NOW);
    poll.items[0].title = poll.items[1].title = "edited";
    poll.items[0].published = BW_TIME_NONE;
    set_keys(&poll.items[0], "a");
    set_keys(&poll.items[1], "b");
    save_quietly(f, "s", &poll, NOW + 30 * DAY);
    assert_fine(store_list_signals(f->store, 0, on_signal, &told, &f->err), f);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.text[0], "UZ stays SCO 1 week 0 last 0");
    assert_string_equal(told.text[1], "KZ joins EAEU 1 week 21 last 20");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_state),
        TEST(test_meta),
        TEST(test_days_and_rules),
        TEST(test_signals),
        TEST(test_signal_stays_in_its_week),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
