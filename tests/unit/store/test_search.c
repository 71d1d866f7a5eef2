/* Search: folding, safe queries, filters in the index, edits, and an index that was folded
 * otherwise. */
#include "fixture.h"

#include "db.h"

static int on_item(const struct bw_item_row *item, void *ctx)
{
    (void)item;
    (*(size_t *)ctx)++;
    return 0;
}

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    (void)hit;
    (*(size_t *)ctx)++;
    return 0;
}

static int search(struct fixture *f, const char *words)
{
    struct bw_item_query query = {.search = words};
    size_t n = 0;

    return store_list_items(f->store, &query, on_item, &n, &f->err) == 0 ? (int)n : -1;
}

static size_t find(struct fixture *f, struct bw_item_query query)
{
    size_t n = 0;

    assert_fine(store_list_items(f->store, &query, on_item, &n, &f->err), f);
    return n;
}

static int search_hits(struct fixture *f, const char *words)
{
    struct bw_hit_query query = {.search = words};
    size_t n = 0;

    return store_list_hits(f->store, &query, on_hit, &n, &f->err) == 0 ? (int)n : -1;
}

static void fill(struct fixture *f, struct poll *poll)
{
    add_item(poll, "a", "O‘zbekiston BRICSga qo‘shilmaydi", "http://x/a")->lang = "uz-latn";
    add_item(poll, "b", "Ещё один самолёт: «Ту-154»", "http://x/b")->lang = "ru";
    add_item(poll, "c", "Kazakhstan declines to join BRICS", "http://x/c");
    add_hit(poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    save_quietly(f, "s", poll, NOW);
}

static void test_words(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    fill(f, &poll);
    assert_int_equal(search(f, "o'zbekiston"), 1);
    assert_int_equal(search(f, "Oʻzbekiston"), 1);
    assert_int_equal(search(f, "O’ZBEK*"), 1);
    assert_int_equal(search(f, "o'zbek"), 0);
    assert_int_equal(search(f, "ka*"), 1);
    assert_int_equal(search(f, "са*"), 1);
    assert_int_equal(search(f, "o‘z*"), 1);
    assert_int_equal(search(f, "с*"), -1);
    assert_non_null(strstr(f->err.text, "two letters"));
    assert_int_equal(search(f, "самолет"), 1);
    assert_int_equal(search(f, "Ту-154"), 1);
    assert_int_equal(search(f, "kazakhstan brics"), 1);
    assert_int_equal(search(f, "brics* summary"), 2);
    assert_int_equal(search(f, "\"declines to join\""), 1);
    assert_int_equal(search(f, "\"join declines\""), 0);
    assert_int_equal(search(f, "\"declines to jo\"*"), 1);
    assert_int_equal(search(f, "join -declines"), 1); /* no operator, a word */
    assert_int_equal(search_hits(f, "kazakhstan"), 1);
    assert_int_equal(search_hits(f, "o'zbekiston"), 0);
}

/* None of these may be a syntax error, or reach another column. */
static void test_hostile_queries(void **state)
{
    static const char *const queries[] = {
        "\"",
        "\"\"\"",
        "a\"b",
        "title:kazakhstan",
        "NEAR(a b)",
        "AND",
        "NOT",
        "a OR",
        "(",
        ")",
        "^kazakhstan",
        "{title}: x",
        "tags:xs1",
        "xs1",
        "xlen",
        "*",
        "w**",
        "'; DROP",
        "- kazakhstan",
        "+",
        "a AND NOT b",
        "\"unfinished",
        "\xff\xfe",
        "kaz\x01hstan",
        "—",
    };
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    char large[5000], many[512] = "";

    fill(f, &poll);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        int n = search(f, queries[i]);

        if (n < 0 && f->err.code != BW_ERR_USAGE)
            fail_msg("'%s': %s", queries[i], f->err.text);
        if (n > 0 && strcmp(queries[i], "- kazakhstan") != 0 &&
            strcmp(queries[i], "^kazakhstan") != 0)
            fail_msg("'%s' finds %d", queries[i], n);
    }
    assert_int_equal(search(f, "   "), -1);
    assert_int_equal(f->err.code, BW_ERR_USAGE);
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_int_equal(search(f, large), -1);
    assert_int_equal(f->err.code, BW_ERR_LIMIT);
    for (int i = 0; i < 70; i++)
        strcat(many, "a ");
    assert_int_equal(search(f, many), -1);
    assert_int_equal(f->err.code, BW_ERR_LIMIT);
}

/* Whatever is typed is words: random rows of what means something to FTS5. */
static void test_random_queries(void **state)
{
    static const char *const parts[] = {"\"",  "*",     "(",   ")",   "{",    "}",    ":",
                                        "^",   "-",     "+",   ",",   "NEAR", "OR",   " ",
                                        "AND", "'",     "NOT", "kaz", "ка",   "\xd0", "\xe2\x80",
                                        "’",   "title", "0",   "\\",  ";",    "\n"};
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    unsigned seed = 7;

    fill(f, &poll);
    for (int round = 0; round < 3000; round++) {
        char query[128] = "";

        for (int i = rand_r(&seed) % 10; i >= 0; i--)
            strcat(query, parts[(size_t)rand_r(&seed) % (sizeof parts / sizeof parts[0])]);
        if (search(f, query) < 0 && f->err.code != BW_ERR_USAGE)
            fail_msg("'%s': %s", query, f->err.text);
    }
}

static void test_filters(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}}, other = {.feed = {.n_items = 0}};

    fill(f, &poll);
    add_item(&other, "d", "Uzbekistan", "http://y/d")->lang = "uz";
    add_item(&other, "e", "Uzbekistan", NULL)->lang = NULL;
    save_quietly(f, "t", &other, NOW + 1000);
    assert_int_equal(find(f, (struct bw_item_query){.lang = "uz"}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.lang = "uz-latn"}), 1);
    assert_int_equal(find(f, (struct bw_item_query){.lang = "uz-cyrl"}), 0);
    assert_int_equal(find(f, (struct bw_item_query){.lang = "u"}), 0);
    assert_int_equal(find(f, (struct bw_item_query){.source = "t"}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.source = "t", .lang = "uz"}), 1);
    assert_int_equal(find(f, (struct bw_item_query){.source = "t", .search = "summary"}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.lang = "uz", .search = "summary"}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.source = "u", .search = "summary"}), 0);
    assert_int_equal(find(f, (struct bw_item_query){.search = "summary", .since_ms = NOW + 1}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.search = "summary", .until_ms = NOW + 1}), 3);
    assert_int_equal(find(f, (struct bw_item_query){.search = "summary", .before_id = 3}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.search = "summary", .after_id = 3}), 2);
    assert_int_equal(find(f, (struct bw_item_query){.search = "summary", .limit = 4}), 4);
}

static void test_edit_is_found(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    fill(f, &poll);
    poll.items[2].title = "Astana stays out";
    set_keys(&poll.items[2], "c");
    save_quietly(f, "s", &poll, NOW);
    assert_int_equal(search(f, "kazakhstan"), 0);
    assert_int_equal(search_hits(f, "kazakhstan"), 0);
    assert_int_equal(search(f, "astana"), 1);
    assert_int_equal(search_hits(f, "astana"), 1);
    assert_fine(store_check(f->store, &f->err), f);
    assert_fine(db_execute(f->store,
                           "INSERT INTO item_index (item_index) VALUES ('integrity-check')",
                           &f->err),
                f);
}

static int fold_otherwise(const char *text, size_t len, struct bw_buf *out)
{
    return test_fold(text, len, out) != 0 || buf_puts(out, "x") != 0 ? -1 : 0;
}

/* Another version folds otherwise: the index is made anew. Who does not fold leaves it alone. */
static void test_folding_changes(void **state)
{
    struct fixture *f = *state;
    struct bw_store_options other = {.fold = fold_otherwise}, none = {.fold = NULL},
                            second = {.fold = test_fold, .second = true};
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved = {.arena = NULL};
    size_t removed;

    fill(f, &poll);
    store_close(f->store);
    f->store = store_open(f->path, &other, &f->err);
    assert_non_null(f->store);
    assert_int_equal(search(f, "самолет"), 0);
    assert_int_equal(search(f, "brics"), 1); /* "… join bricsx" */
    assert_int_equal(search(f, "kazakhstan"), 0);
    assert_int_equal(search_hits(f, "\"to join brics\""), 1);
    store_close(f->store);

    f->store = store_open(f->path, &second, &f->err);
    assert_non_null(f->store);
    assert_int_equal(search_hits(f, "\"to join bricsx\""), 1); /* the index is as it was */
    assert_int_equal(store_prune(f->store, NOW + 1, BW_TIME_NONE, 10, &removed, &f->err), -1);
    store_close(f->store);

    f->store = store_open(f->path, &none, &f->err);
    assert_non_null(f->store);
    assert_int_equal(store_save_items(f->store, "new", &poll.feed, poll.hits, NOW, &saved, &f->err),
                     -1);
    assert_int_equal(f->err.code, BW_ERR_USAGE);
    assert_int_equal(store_prune(f->store, NOW + 1, BW_TIME_NONE, 10, &removed, &f->err), -1);
    assert_fine(store_set_meta(f->store, "x", "y", &f->err), f);

    reopen(f);
    assert_int_equal(search(f, "самолет"), 1);
    assert_int_equal(search_hits(f, "kazakhstan"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_words),          TEST(test_hostile_queries), TEST(test_filters),
        TEST(test_random_queries), TEST(test_edit_is_found),   TEST(test_folding_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
