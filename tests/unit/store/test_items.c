/* Items: new, known under every disguise, edited. */
#include "fixture.h"

#include "blocwatch/arena.h"

/* Saves one item under `source` and tells what it was taken for: 'n'ew, 'e'dited, 'k'nown. */
static char save_one(struct fixture *f, const char *source, const struct bw_item *item)
{
    struct poll poll = {.feed = {.n_items = 1, .items = poll.items}};
    struct bw_saved saved;
    char what;

    poll.items[0] = *item;
    save(f, source, &poll, NOW, &saved);
    what = saved.n_new ? 'n' : saved.n_edited ? 'e' : 'k';
    assert_int_equal(saved.n_new + saved.n_edited + saved.n_known, 1);
    assert_int_equal(saved.n_items, what != 'k');
    store_clear_saved(&saved);
    return what;
}

static struct bw_item make_item(const char *key, const char *title, const char *link,
                                int64_t published)
{
    struct bw_item item = {
        .id = key, .title = title, .link = link, .published = published, .updated = BW_TIME_NONE};

    set_keys(&item, key);
    return item;
}

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

static void test_rewritten_guid(void **state)
{
    struct fixture *f = *state;
    struct bw_item first = make_item("guid-1", "Title", "http://x/a", 1000);
    struct bw_item again = make_item("guid-2", "Title", "http://x/a", 1000);
    struct bw_item edited = make_item("guid-3", "Title, corrected", "http://x/a", 1000);
    struct bw_item redated = make_item("guid-4", "Title, corrected", "http://x/a", 2000);
    struct bw_item moved = make_item("guid-5", "Title, corrected", "http://x/a?session=1", 1000);

    assert_int_equal(save_one(f, "s", &first), 'n');
    assert_int_equal(save_one(f, "s", &again), 'k');
    assert_int_equal(save_one(f, "s", &edited), 'e');
    assert_int_equal(save_one(f, "s", &redated), 'k');
    assert_int_equal(save_one(f, "s", &moved), 'k');
    assert_int_equal(save_one(f, "t", &again), 'n');
}

/* What looks like a disguise and is none. */
static void test_other_items(void **state)
{
    struct fixture *f = *state;
    struct bw_item live = make_item("1", "Morning", "http://x/live", 1000);
    struct bw_item later = make_item("2", "Evening", "http://x/live", 2000);
    struct bw_item bulletin = make_item("3", "News bulletin", "http://x/n1", 1000);
    struct bw_item next = make_item("4", "News bulletin", "http://x/n2", 2000);
    struct bw_item bare = make_item("5", "Same words", NULL, 1000);
    struct bw_item other = make_item("6", "Same words", NULL, 1000);

    assert_int_equal(save_one(f, "s", &live), 'n');
    assert_int_equal(save_one(f, "s", &later), 'n');
    assert_int_equal(save_one(f, "s", &bulletin), 'n');
    assert_int_equal(save_one(f, "s", &next), 'n');
    assert_int_equal(save_one(f, "s", &bare), 'n');
    assert_int_equal(save_one(f, "s", &other), 'n');
}

/* Items that all link to one page, and then one of them under another title. */
static void test_shared_link(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_item third = make_item("3", "Three", "http://x/", NOW / 1000 - 3600);
    struct bw_saved saved;

    add_item(&poll, "1", "One", "http://x/");
    add_item(&poll, "2", "Two", "http://x/");
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.n_new, 2);
    store_clear_saved(&saved);
    assert_int_equal(save_one(f, "s", &third), 'n');
}

/* A publisher who gives every item the same guid, and repeats one. */
static void test_shared_guid(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;

    add_item(&poll, "0", "One", "http://x/1");
    add_item(&poll, "0", "Two", "http://x/2");
    add_item(&poll, "0", "Two", "http://x/2");
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.n_new, 2);
    assert_int_equal(saved.n_known, 1);
    store_clear_saved(&saved);
    add_item(&poll, "0", "Three", "http://x/3");
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.n_new, 1);
    assert_int_equal(saved.n_edited, 0);
    assert_int_equal(saved.n_known, 3);
    store_clear_saved(&saved);
}

/* A feed of one item that always has the same guid; and a mere edit. */
static void test_guid_used_again(void **state)
{
    struct fixture *f = *state;
    struct bw_item first = make_item("latest", "Morning", "http://x/1", 1000);
    struct bw_item second = make_item("latest", "Evening", "http://x/2", 2000);

    assert_int_equal(save_one(f, "s", &first), 'n');
    assert_int_equal(save_one(f, "s", &second), 'n');
    assert_int_equal(save_one(f, "s", &second), 'k');
    assert_int_equal(save_one(f, "s", &first), 'k');
    first.title = "Morning, corrected";
    first.published = 3000;
    set_keys(&first, "latest");
    assert_int_equal(save_one(f, "s", &first), 'e');
}

/* The same guid twice in a document, with two texts: must not be edited for ever. */
static void test_repeated_item(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    add_item(&poll, "0", "Text", "http://x/1");
    add_item(&poll, "0", "Old text", "http://x/1");
    for (int i = 0; i < 3; i++) {
        struct bw_saved saved;

        save(f, "s", &poll, NOW, &saved);
        assert_int_equal(saved.n_new, i == 0);
        assert_int_equal(saved.n_edited, 0);
        store_clear_saved(&saved);
    }
}

static void test_no_identity(void **state)
{
    struct fixture *f = *state;
    struct bw_item one = {.summary = "only text", .published = BW_TIME_NONE},
                   two = {.summary = "another text", .published = BW_TIME_NONE};

    set_keys(&one, "");
    set_keys(&two, "");
    one.key[0] = two.key[0] = '\0';
    assert_int_equal(save_one(f, "s", &one), 'n');
    assert_int_equal(save_one(f, "s", &two), 'n');
    assert_int_equal(save_one(f, "s", &one), 'k');
}

struct read_item {
    char title[64], summary[64], content[64], author[64], lang[16], categories[128];
    int64_t published, updated, seen_ms;
    size_t n_hits, n;
};

static int on_item(const struct bw_item_row *item, void *ctx)
{
    struct read_item *read = ctx;

    read->n++;
    snprintf(read->title, sizeof read->title, "%s", item->title);
    snprintf(read->summary, sizeof read->summary, "%s", item->summary);
    snprintf(read->content, sizeof read->content, "%s", item->content);
    snprintf(read->author, sizeof read->author, "%s", item->author);
    snprintf(read->lang, sizeof read->lang, "%s", item->lang);
    read->categories[0] = '\0';
    for (size_t i = 0; i < item->n_categories; i++)
        snprintf(read->categories + strlen(read->categories),
                 sizeof read->categories - strlen(read->categories), "%s|", item->categories[i]);
    read->published = item->published;
    read->updated = item->updated;
    read->seen_ms = item->seen_ms;
    read->n_hits = item->n_hits;
    assert_string_equal(item->source, "s");
    return 0;
}

static void test_all_fields(void **state)
{
    struct fixture *f = *state;
    const char *categories[] = {"Politics", "Қазақстан"};
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_item *item = add_item(&poll, "a", "Title “quoted”", "http://x/a?b=c");
    struct bw_item_query all = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE};
    struct read_item read = {.n = 0};

    item->summary = "Summary";
    item->content = "Content";
    item->author = "Author";
    item->lang = "kk";
    item->categories = categories;
    item->n_categories = 2;
    item->published = 123;
    item->updated = 456;
    add_hit(&poll, "r", NULL, 0, NULL);
    save_quietly(f, "s", &poll, NOW);
    assert_fine(store_list_items(f->store, &all, on_item, &read, &f->err), f);
    assert_int_equal(read.n, 1);
    assert_string_equal(read.title, "Title “quoted”");
    assert_string_equal(read.summary, "Summary");
    assert_string_equal(read.content, "Content");
    assert_string_equal(read.author, "Author");
    assert_string_equal(read.lang, "kk");
    assert_string_equal(read.categories, "Politics|Қазақстан|");
    assert_true(read.published == 123 && read.updated == 456 && read.seen_ms == NOW);
    assert_int_equal(read.n_hits, 1);

    item->title = "New title"; /* an edit, without the date */
    item->published = BW_TIME_NONE;
    set_keys(item, "a");
    save_quietly(f, "s", &poll, NOW + 1);
    assert_fine(store_list_items(f->store, &all, on_item, &read, &f->err), f);
    assert_int_equal(read.n, 2);
    assert_string_equal(read.title, "New title");
    assert_true(read.published == 123 && read.seen_ms == NOW);
}

static void test_rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_store_counts counts;
    struct bw_saved saved = {.arena = NULL};

    add_item(&poll, "a", "Title", "http://x/a");
    assert_fine(store_begin(f->store, &f->err), f);
    assert_fine(store_save_items(f->store, "s", &poll.feed, poll.hits, NOW, &saved, &f->err), f);
    store_clear_saved(&saved);
    store_rollback(f->store);
    assert_fine(store_count(f->store, &counts, &f->err), f);
    assert_int_equal(counts.items, 0);
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.n_new, 1);
    store_clear_saved(&saved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rewritten_guid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared_guid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guid_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeated_item, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_identity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rollback_leaves_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
