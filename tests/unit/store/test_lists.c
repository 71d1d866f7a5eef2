/* The lists of hits and items: every filter, cursor, order and limit. */
#include "fixture.h"

struct seen {
    int64_t ids[32];
    size_t n, stop_after;
};

static int note(struct seen *seen, int64_t id)
{
    seen->ids[seen->n++] = id;
    return seen->stop_after != 0 && seen->n == seen->stop_after;
}

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    return note(ctx, hit->id);
}

static int on_item(const struct bw_item_row *item, void *ctx)
{
    return note(ctx, item->id);
}

static size_t hits(struct fixture *f, struct bw_hit_query query)
{
    struct seen seen = {.n = 0};

    assert_fine(store_list_hits(f->store, &query, on_hit, &seen, &f->err), f);
    return seen.n;
}

static size_t items(struct fixture *f, struct bw_item_query query)
{
    struct seen seen = {.n = 0};

    assert_fine(store_list_items(f->store, &query, on_item, &seen, &f->err), f);
    return seen.n;
}

static void fill(struct fixture *f)
{
    struct poll one = {.feed = {.n_items = 0}}, two = {.feed = {.n_items = 0}};

    add_item(&one, "a", "Kazakhstan declines BRICS", "http://x/a");
    add_hit(&one, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    add_item(&one, "b", "Football in Tashkent", "http://x/b");
    save_quietly(f, "rferl", &one, NOW);
    add_item(&two, "c", "Узбекистан не вступит в ЕАЭС", "http://y/c")->lang = "ru-kz";
    add_hit(&two, "ca", "UZ", BW_STANCE_DECLINES, "EAEU");
    add_hit(&two, "other", NULL, 0, NULL)->severity = BW_SEVERITY_LOW;
    save_quietly(f, "tass", &two, NOW + 1000);
}

static void test_hit_filters(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(hits(f, (struct bw_hit_query){.limit = 0}), 3);
    assert_int_equal(
        hits(f, (struct bw_hit_query){.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE}), 3);
    assert_int_equal(hits(f, (struct bw_hit_query){.since_ms = NOW + 1000}), 2);
    assert_int_equal(hits(f, (struct bw_hit_query){.since_ms = NOW + 1001}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.until_ms = NOW + 1000}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.rule = "ca"}), 2);
    assert_int_equal(hits(f, (struct bw_hit_query){.rule = "none"}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.source = "rferl"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.source = "none"}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.lang = "ru"}), 2);
    assert_int_equal(hits(f, (struct bw_hit_query){.lang = "ru-kz"}), 2);
    assert_int_equal(hits(f, (struct bw_hit_query){.lang = "ru-k"}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.lang = "r"}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.actor = "KZ"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.bloc = "EAEU"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.stance = "declines"}), 2);
    assert_int_equal(hits(f, (struct bw_hit_query){.actor = "KZ", .bloc = "EAEU"}), 0);
    assert_int_equal(
        hits(f, (struct bw_hit_query){.actor = "KZ", .bloc = "BRICS", .stance = "declines"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.severity = "low"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.fate = "pending"}), 3);
    assert_int_equal(hits(f, (struct bw_hit_query){.item = 1}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.id = 2}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.story = 1}), 0);
    assert_int_equal(hits(f, (struct bw_hit_query){.search = "kazakh*"}), 1);
    assert_int_equal(hits(f, (struct bw_hit_query){.search = "football"}), 0);
    /* All of them together. */
    assert_int_equal(hits(f, (struct bw_hit_query){.since_ms = NOW,
                                                   .until_ms = NOW + 1,
                                                   .rule = "ca",
                                                   .source = "rferl",
                                                   .lang = "en",
                                                   .actor = "KZ",
                                                   .bloc = "BRICS",
                                                   .stance = "declines",
                                                   .severity = "high",
                                                   .search = "brics",
                                                   .fate = "pending",
                                                   .item = 1,
                                                   .after_id = 0,
                                                   .before_id = 2,
                                                   .limit = 5}),
                     1);
}

static void test_unknown_names(void **state)
{
    struct fixture *f = *state;
    static const struct bw_hit_query wrong[] = {
        {.stance = "dances"}, {.severity = "dreadful"}, {.fate = "sealed"}};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(store_list_hits(f->store, &wrong[i], on_hit, NULL, &f->err), -1);
        assert_int_equal(f->err.code, BW_ERR_USAGE);
    }
    assert_int_equal(store_list_stories(f->store, &(struct bw_story_query){.stance = "dances"},
                                        NULL, NULL, &f->err),
                     -1);
    assert_int_equal(f->err.code, BW_ERR_USAGE);
}

/* A reader's error leaves no snapshot open. */
static void test_reader_after_error(void **state)
{
    struct fixture *f = *state;
    struct bw_store *reader;
    struct seen seen = {.n = 0};

    fill(f);
    reader = open_reader(f);
    assert_int_equal(
        store_list_hits(reader, &(struct bw_hit_query){.stance = "dances"}, on_hit, NULL, &f->err),
        -1);
    assert_fine(
        store_list_hits(reader, &(struct bw_hit_query){.rule = "none"}, on_hit, &seen, &f->err), f);
    fill(f);
    save_quietly(f, "third", &(struct poll){.feed = {.n_items = 0}}, NOW);
    assert_fine(store_list_hits(reader, &(struct bw_hit_query){.limit = 0}, on_hit, &seen, &f->err),
                f);
    assert_int_equal(seen.n, 3);
    store_close(reader);
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct seen seen = {.n = 0};
    int64_t before = 0, expected = 6;

    for (int i = 0; i < 6; i++) {
        static const char *const keys[] = {"1", "2", "3", "4", "5", "6"};

        add_item(&poll, keys[i], keys[i], NULL);
        add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    }
    save_quietly(f, "s", &poll, NOW);
    do { /* by twos, newest first, without a gap or a repetition */
        struct bw_hit_query query = {.before_id = before, .limit = 2};

        seen.n = 0;
        assert_fine(store_list_hits(f->store, &query, on_hit, &seen, &f->err), f);
        for (size_t i = 0; i < seen.n; i++)
            assert_true(seen.ids[i] == expected--);
        before = seen.n > 0 ? seen.ids[seen.n - 1] : 0;
    } while (before != 0);
    assert_int_equal(expected, 0);

    seen.n = 0;
    assert_fine(store_list_items(f->store,
                                 &(struct bw_item_query){.after_id = 2, .oldest_first = true},
                                 on_item, &seen, &f->err),
                f);
    assert_int_equal(seen.n, 4);
    assert_true(seen.ids[0] == 3 && seen.ids[3] == 6);
    seen = (struct seen){.stop_after = 2};
    assert_fine(
        store_list_items(f->store, &(struct bw_item_query){.limit = 5}, on_item, &seen, &f->err),
        f);
    assert_int_equal(seen.n, 2);
    assert_true(seen.ids[0] == 6);
    seen = (struct seen){.stop_after = 3};
    assert_fine(
        store_list_hits(f->store, &(struct bw_hit_query){.limit = 5}, on_hit, &seen, &f->err), f);
    assert_int_equal(seen.n, 3);
}

/* Ids and times do not grow together when the clock is set back: nothing is overlooked. */
static void test_clock_set_back(void **state)
{
    struct fixture *f = *state;
    struct poll early = {.feed = {.n_items = 0}}, late = {.feed = {.n_items = 0}},
                last = {.feed = {.n_items = 0}};

    add_item(&late, "a", "a", NULL);
    save_quietly(f, "s", &late, NOW + DAY);
    add_item(&early, "b", "b", NULL);
    save_quietly(f, "s", &early, NOW);
    add_item(&last, "c", "c", NULL);
    save_quietly(f, "s", &last, NOW + 2 * DAY);
    assert_int_equal(items(f, (struct bw_item_query){.since_ms = NOW + 1}), 2);
    assert_int_equal(items(f, (struct bw_item_query){.until_ms = NOW + 1}), 1);
    assert_int_equal(
        items(f, (struct bw_item_query){.since_ms = NOW + DAY, .until_ms = NOW + DAY + 1}), 1);
    assert_int_equal(items(f, (struct bw_item_query){.since_ms = NOW + 3 * DAY}), 0);
    assert_int_equal(items(f, (struct bw_item_query){.until_ms = NOW}), 0);
    assert_int_equal(items(f, (struct bw_item_query){.since_ms = NOW + 1, .search = "summary"}), 2);
}

static void test_item_filters(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(items(f, (struct bw_item_query){.limit = 0}), 3);
    assert_int_equal(items(f, (struct bw_item_query){.id = 2}), 1);
    assert_int_equal(items(f, (struct bw_item_query){.id = 9}), 0);
    assert_int_equal(items(f, (struct bw_item_query){.source = "rferl"}), 2);
    assert_int_equal(items(f, (struct bw_item_query){.source = "none"}), 0);
    assert_int_equal(items(f, (struct bw_item_query){.lang = "ru"}), 1);
    assert_int_equal(items(f, (struct bw_item_query){.search = "football", .source = "rferl"}), 1);
    assert_int_equal(items(f, (struct bw_item_query){.search = "football", .source = "tass"}), 0);
    assert_int_equal(items(f, (struct bw_item_query){.search = "football", .lang = "ru"}), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hit_filters), TEST(test_unknown_names),  TEST(test_reader_after_error),
        TEST(test_pages),       TEST(test_clock_set_back), TEST(test_item_filters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
