/* Items: new, known under every disguise, edited; their hits: new, changed, retracted. */
#include "fixture.h"

static void test_new_and_known(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;

    add_item(&poll, "a", "Kazakhstan declines BRICS", "http://x/a");
    add_hit(&poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    add_item(&poll, "b", "Football", "http://x/b")->published = NOW / 1000 - 60;
    save(f, "rferl", &poll, NOW, &saved);
    assert_int_equal(saved.n_new, 2);
    assert_int_equal(saved.n_items, 2);
    assert_int_equal(saved.newest, NOW / 1000 - 60);
    assert_true(saved.items[0].is_new);
    assert_ptr_equal(saved.items[0].item, &poll.items[0]);
    assert_ptr_equal(saved.items[0].found, &poll.hits[0]);
    assert_int_equal(saved.items[0].n_hits, 1);
    assert_true(saved.items[0].hits[0].is_new);
    assert_false(saved.items[0].hits[0].changed);
    assert_ptr_equal(saved.items[0].hits[0].hit, &poll.hit[0][0]);
    assert_true(saved.items[0].hits[0].id > 0);
    assert_int_equal(saved.items[1].n_hits, 0);
    store_clear_saved(&saved);

    save(f, "rferl", &poll, NOW + 1, &saved);
    assert_int_equal(saved.n_known, 2);
    assert_int_equal(saved.n_items, 0);
    assert_int_equal(saved.n_new, 0);
    assert_true(saved.newest == BW_TIME_NONE);
    store_clear_saved(&saved);

    save(f, "other", &poll, NOW + 2, &saved); /* identity is within the source */
    assert_int_equal(saved.n_new, 2);
    store_clear_saved(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_known, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
