/* Every list and every filter of it. */
#include "fixture.h"

struct seen {
    int64_t ids[32];
    size_t n, stop_after;
};

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct seen *seen = ctx;

    seen->ids[seen->n++] = hit->id;
    return seen->stop_after != 0 && seen->n == seen->stop_after;
}

static int on_item(const struct bw_item_row *item, void *ctx)
{
    struct seen *seen = ctx;

    seen->ids[seen->n++] = item->id;
    return seen->stop_after != 0 && seen->n == seen->stop_after;
}

#define ANY_TIME .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE

static size_t count_hits(struct fixture *f, struct bw_hit_query query)
{
    struct seen seen = {.n = 0};

    assert_fine(store_list_hits(f->store, &query, on_hit, &seen, &f->err), f);
    return seen.n;
}

static size_t count_items(struct fixture *f, struct bw_item_query query)
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
    add_item(&one, "b", "Football in O‘zbekiston", "http://x/b");
    save_quietly(f, "rferl", &one, NOW);
    add_item(&two, "c", "Узбекистан не вступит в ЕАЭС", "http://y/c")->lang = "ru";
    add_hit(&two, "ca", "UZ", BW_STANCE_DECLINES, "EAEU");
    add_hit(&two, "other", NULL, 0, NULL)->severity = BW_SEVERITY_LOW;
    save_quietly(f, "tass", &two, NOW + 1000);
}

static void test_hit_filters(void **state)
{
    struct fixture *f = *state;

    fill(f);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME}), 3);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .rule = "ca"}), 2);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .rule = "none"}), 0);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .source = "rferl"}), 1);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .lang = "ru"}), 2);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .actor = "KZ"}), 1);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .bloc = "EAEU"}), 1);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .stance = "declines"}), 2);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .severity = "low"}), 1);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .search = "kazakh*"}), 1);
    assert_int_equal(count_hits(f, (struct bw_hit_query){ANY_TIME, .search = "football"}), 0);
    assert_int_equal(count_items(f, (struct bw_item_query){ANY_TIME}), 3);
    assert_int_equal(count_items(f, (struct bw_item_query){ANY_TIME, .search = "o'zbekiston"}), 1);
    assert_int_equal(
        count_items(f, (struct bw_item_query){ANY_TIME, .search = "summary", .lang = "en"}), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hit_filters, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
