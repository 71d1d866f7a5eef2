/* Stories: candidates by band, link and event; membership; the list. */
#include "fixture.h"

static const uint32_t signature[4] = {1, 2, 3, 0xfffffff0};

struct found {
    int64_t items[16], story;
    size_t n, stop_after;
    char text[256];
};

static int on_item(const struct bw_story_item *item, void *ctx)
{
    struct found *found = ctx;

    found->items[found->n++] = item->item;
    found->story = item->story;
    assert_int_equal(item->n_signature, 4);
    assert_memory_equal(item->signature, signature, sizeof signature);
    snprintf(found->text, sizeof found->text, "%s %s %s %s", item->source, item->lang, item->title,
             item->events);
    assert_int_equal(strlen(item->link_key), 32);
    return found->n == found->stop_after;
}

/* An item with a hit; returns its id. */
static int64_t make_item(struct fixture *f, const char *source, const char *key, const char *link)
{
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    int64_t id;

    add_item(&poll, key, key, link);
    add_hit(&poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    save(f, source, &poll, NOW, &saved);
    id = saved.items[0].id;
    store_clear_saved(&saved);
    return id;
}

static int64_t add(struct fixture *f, int64_t story, int64_t item, int64_t time_ms, uint64_t band,
                   const char *events)
{
    struct bw_story_item row = {.item = item,
                                .time_ms = time_ms,
                                .title = "A story",
                                .signature = signature,
                                .n_signature = 4,
                                .events = events};
    uint64_t bands[2] = {band, UINT64_MAX - band};

    assert_fine(store_add_to_story(f->store, &story, &row, bands, 2, &f->err), f);
    return story;
}

static struct found find(struct fixture *f, uint64_t band, const char *link, const char *events,
                         int64_t since_ms, size_t stop_after)
{
    struct found found = {.stop_after = stop_after};
    char key[BW_KEY_TEXT] = "";

    if (link != NULL)
        hash_key(link, strlen(link), key);
    assert_fine(
        store_find_story_items(f->store, &band, 1, key, events, since_ms, on_item, &found, &f->err),
        f);
    return found;
}

static void test_find(void **state)
{
    struct fixture *f = *state;
    int64_t a = make_item(f, "rferl", "a", "http://x/a"),
            b = make_item(f, "tass", "b", "http://y/b");
    int64_t story = add(f, 0, a, NOW, 7, "KZ declines BRICS\nUZ stays EAEU");
    struct found found;

    assert_true(story > 0);
    assert_true(add(f, story, b, NOW + 10, 8, "KZ declines BRICS") == story);
    found = find(f, 7, NULL, NULL, NOW, 0);
    assert_int_equal(found.n, 1);
    assert_true(found.items[0] == a && found.story == story);
    assert_string_equal(found.text, "rferl en a KZ declines BRICS\nUZ stays EAEU");
    assert_int_equal(find(f, UINT64_MAX - 7, NULL, NULL, NOW, 0).n, 1);
    assert_int_equal(find(f, 7, NULL, NULL, NOW + 1, 0).n, 0);
    assert_int_equal(find(f, 0, "http://y/b", NULL, NOW, 0).n, 1);
    assert_int_equal(find(f, 0, "http://y/b", NULL, NOW + 11, 0).n, 0);
    assert_int_equal(find(f, 0, "http://y/c", NULL, NOW, 0).n, 0);
    assert_int_equal(find(f, 0, NULL, "KZ declines BRICS", NOW, 0).n, 2);
    assert_int_equal(find(f, 0, NULL, "nothing\nUZ stays EAEU", NOW, 0).n, 1);
    assert_int_equal(find(f, 0, NULL, "UZ stays", NOW, 0).n, 0);
    /* Whatever an item shares, it is told once. */
    assert_int_equal(find(f, 7, "http://x/a", "KZ declines BRICS\nUZ stays EAEU", NOW, 0).n, 2);
    assert_int_equal(find(f, 7, "http://x/a", "KZ declines BRICS", NOW, 1).n, 1);
}

struct listed {
    size_t n, n_items, n_sources;
    int64_t id, first_ms, last_ms;
    char text[256];
};

static int on_story(const struct bw_story_row *story, void *ctx)
{
    struct listed *listed = ctx;

    listed->n++;
    listed->id = story->id;
    listed->n_items = story->n_items;
    listed->n_sources = story->n_sources;
    listed->first_ms = story->first_ms;
    listed->last_ms = story->last_ms;
    snprintf(listed->text, sizeof listed->text, "%s|%s|%s|%s", story->title, story->events,
             story->sources, story->langs);
    return 0;
}

static struct listed list(struct fixture *f, struct bw_story_query query)
{
    struct listed listed = {.n = 0};

    assert_fine(store_list_stories(f->store, &query, on_story, &listed, &f->err), f);
    return listed;
}

static void test_list(void **state)
{
    struct fixture *f = *state;
    int64_t a = make_item(f, "rferl", "a", "http://x/a"),
            b = make_item(f, "tass", "b", "http://y/b"),
            c = make_item(f, "tass", "c", "http://y/c");
    int64_t story = add(f, 0, a, NOW, 7, "KZ declines BRICS"), other;
    struct listed listed;

    add(f, story, b, NOW - 10, 8, "KZ declines BRICS");
    other = add(f, 0, c, NOW - 20, 9, "KZ declines BRICS");
    listed = list(f, (struct bw_story_query){.id = story});
    assert_int_equal(listed.n, 1);
    assert_int_equal(listed.n_items, 2);
    assert_int_equal(listed.n_sources, 2);
    assert_true(listed.first_ms == NOW - 10 && listed.last_ms == NOW);
    assert_string_equal(listed.text, "A story|KZ declines BRICS|rferl tass|en");
    assert_int_equal(list(f, (struct bw_story_query){.limit = 0}).n, 2);
    assert_true(list(f, (struct bw_story_query){.limit = 1}).id == other);
    assert_true(list(f, (struct bw_story_query){.before_id = other}).id == story);
    assert_int_equal(list(f, (struct bw_story_query){.since_ms = NOW}).n, 1);
    assert_int_equal(list(f, (struct bw_story_query){.since_ms = BW_TIME_NONE}).n, 2);
    assert_int_equal(list(f, (struct bw_story_query){.actor = "KZ", .bloc = "BRICS"}).n, 2);
    assert_int_equal(list(f, (struct bw_story_query){.actor = "UZ"}).n, 0);
    assert_int_equal(list(f, (struct bw_story_query){.stance = "declines"}).n, 2);
    assert_int_equal(list(f, (struct bw_story_query){.stance = "joins"}).n, 0);
}

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    *(int64_t *)ctx = hit->story;
    return 0;
}

static int on_alert(const struct bw_alert_row *alert, void *ctx)
{
    (void)alert;
    (*(int *)ctx)++;
    return 0;
}

static void test_moves(void **state)
{
    struct fixture *f = *state;
    int64_t a = make_item(f, "rferl", "a", "http://x/a"),
            b = make_item(f, "tass", "b", "http://y/b");
    int64_t one = add(f, 0, a, NOW, 7, "KZ declines BRICS"), two = add(f, 0, b, NOW, 8, "x"),
            hit = 0;
    struct bw_alert_row alert = {.kind = "hit", .rule = "ca", .story = one, .created_ms = NOW};
    int64_t raised, unknown = 99;
    int alerts = 0;

    assert_fine(store_add_alert(f->store, &alert, &raised, &f->err), f);
    assert_fine(
        store_list_hits(f->store, &(struct bw_hit_query){.story = one}, on_hit, &hit, &f->err), f);
    assert_true(hit == one);
    assert_fine(store_find_alerts(f->store, one, "ca", on_alert, &alerts, &f->err), f);
    assert_fine(store_find_alerts(f->store, one, "other", on_alert, &alerts, &f->err), f);
    assert_int_equal(alerts, 1);

    add(f, two, a, NOW, 7, "KZ joins BRICS"); /* the story it leaves is empty */
    assert_int_equal(list(f, (struct bw_story_query){.limit = 0}).n, 1);
    assert_int_equal(list(f, (struct bw_story_query){.id = two}).n_items, 2);
    assert_int_equal(find(f, 0, NULL, "KZ declines BRICS", NOW, 0).n, 0);
    assert_int_equal(find(f, 0, NULL, "KZ joins BRICS", NOW, 0).n, 1);
    assert_fine(store_find_alerts(f->store, two, "ca", on_alert, &alerts, &f->err), f);
    assert_int_equal(alerts, 2);

    assert_int_equal(store_add_to_story(f->store, &unknown,
                                        &(struct bw_story_item){.item = a, .time_ms = NOW}, NULL, 0,
                                        &f->err),
                     -1);
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);
    assert_fine(store_check(f->store, &f->err), f);
}

/* A hit that an edit adds to an item of a story is in the story too. */
static void test_later_hit(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    int64_t story, seen = 0, id;

    story = add(f, 0, make_item(f, "rferl", "a", "http://x/a"), NOW, 7, "");
    add_item(&poll, "a", "Another title", "http://x/a");
    add_hit(&poll, "new", NULL, 0, NULL);
    save(f, "rferl", &poll, NOW, &saved);
    assert_int_equal(saved.n_edited, 1);
    id = saved.items[0].hits[0].id;
    store_clear_saved(&saved);
    assert_fine(store_list_hits(f->store, &(struct bw_hit_query){.id = id}, on_hit, &seen, &f->err),
                f);
    assert_true(seen == story);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_list),
        TEST(test_moves),
        TEST(test_later_hit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
