/* Pruning with tombstones, backups, and the check. */
#include "fixture.h"

#include "db.h"

#include <sys/stat.h>

static struct bw_store_counts count(struct fixture *f)
{
    struct bw_store_counts counts;

    assert_fine(store_count(f->store, &counts, &f->err), f);
    return counts;
}

static size_t prune(struct fixture *f, int64_t before_ms, int64_t hits_before_ms, size_t limit)
{
    size_t removed = 999;

    assert_fine(store_prune(f->store, before_ms, hits_before_ms, limit, &removed, &f->err), f);
    return removed;
}

static void fill(struct poll *poll)
{
    add_item(poll, "a", "Kazakhstan declines BRICS", "http://x/a");
    add_hit(poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    for (int i = 0; i < 5; i++) {
        static const char *const names[] = {"p", "q", "r", "s", "t"};
        static const char *const links[] = {"http://x/p", "http://x/q", "http://x/r", "http://x/s",
                                            "http://x/t"};

        add_item(poll, names[i], names[i], links[i])->summary = links[i];
        set_keys(&poll->items[i + 1], names[i]);
    }
}

static void test_small_steps(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    fill(&poll);
    save_quietly(f, "s", &poll, NOW);
    assert_int_equal(prune(f, NOW, BW_TIME_NONE, 2), 0);
    assert_int_equal(prune(f, NOW + 1, BW_TIME_NONE, 2), 2);
    assert_int_equal(count(f).items, 4);
    assert_int_equal(prune(f, NOW + 1, BW_TIME_NONE, 2), 2);
    assert_int_equal(prune(f, NOW + 1, BW_TIME_NONE, 2), 1);
    assert_int_equal(prune(f, NOW + 1, BW_TIME_NONE, 2), 0);
    assert_int_equal(count(f).items, 1); /* the one with a hit */
    assert_int_equal(count(f).hits, 1);
    assert_fine(store_check(f->store, &f->err), f);
}

static void test_tombstones(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}}, again = {.feed = {.n_items = 0}};
    struct bw_saved saved;

    fill(&poll);
    save_quietly(f, "s", &poll, NOW);
    assert_int_equal(prune(f, NOW + 1, BW_TIME_NONE, 100), 5);
    save(f, "s", &poll, NOW + DAY, &saved);
    assert_int_equal(saved.n_known, 6);
    store_clear_saved(&saved);

    /* Under another guid, with its link and title; then with its content and date. */
    add_item(&again, "new-p", "p", "http://x/p")->summary = "edited";
    set_keys(&again.items[0], "new-p");
    add_item(&again, "new-q", "q", "http://x/elsewhere")->summary = "http://x/q";
    set_keys(&again.items[1], "new-q");
    add_item(&again, "new-r", "another", "http://x/r")->published = NOW / 1000;
    set_keys(&again.items[2], "new-r");
    save(f, "s", &again, NOW + DAY, &saved);
    assert_int_equal(saved.n_known, 2);
    assert_int_equal(saved.n_new, 1);
    assert_ptr_equal(saved.items[0].item, &again.items[2]);
    store_clear_saved(&saved);
    save(f, "other", &poll, NOW + DAY, &saved);
    assert_int_equal(saved.n_new, 6);
    store_clear_saved(&saved);
}

static void test_index_forgets(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    fill(&poll);
    save_quietly(f, "s", &poll, NOW);
    assert_int_equal(prune(f, NOW + 1, NOW + 1, 100), 1 + 6);
    assert_fine(
        db_execute(f->store,
                   "INSERT INTO item_index (item_index) VALUES ('integrity-check');"
                   "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, 'item_index', 'row');"
                   "CREATE TEMP TABLE left_over AS SELECT term FROM temp.words"
                   " UNION ALL SELECT 'tombstones' WHERE (SELECT count(*) FROM tombstone) < 6;",
                   &f->err),
        f);
    assert_fine(db_execute(f->store,
                           "CREATE TEMP TABLE proof (n INTEGER CHECK (n = 0));"
                           "INSERT INTO proof SELECT count(*) FROM left_over",
                           &f->err),
                f);
}

static void test_old_hits(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    struct bw_story_item story_item = {.time_ms = NOW, .title = "t", .events = "KZ declines BRICS"};
    struct bw_alert_row alert = {.kind = "hit", .rule = "ca", .created_ms = NOW};
    uint64_t band = 1;
    int64_t waiting, done;
    struct bw_message message;

    fill(&poll);
    save(f, "s", &poll, NOW, &saved);
    story_item.item = saved.items[0].id;
    alert.hit = saved.items[0].hits[0].id;
    store_clear_saved(&saved);
    assert_fine(store_add_to_story(f->store, &alert.story, &story_item, &band, 1, &f->err), f);
    assert_fine(store_add_alert(f->store, &alert, &waiting, &f->err), f);
    assert_fine(store_add_alert(f->store, &alert, &done, &f->err), f);
    assert_fine(store_set_fate(f->store, alert.hit, BW_FATE_ALERTED, waiting, "x", &f->err), f);
    assert_fine(store_add_outbox(f->store, waiting, "hook", "g", NOW, &f->err), f);

    assert_int_equal(prune(f, NOW, NOW, 100), 0);
    assert_int_equal(prune(f, BW_TIME_NONE, NOW + 1, 1), 1); /* the hit */
    assert_int_equal(count(f).hits, 0);
    assert_int_equal(prune(f, BW_TIME_NONE, NOW + 1, 100), 1); /* the alert that waits for nobody */
    assert_int_equal(count(f).alerts, 1);
    assert_int_equal(count(f).items, 6);
    assert_int_equal(store_next_message(f->store, "hook", NOW, 9, NULL, 0, &message, &f->err), 1);
    assert_true(message.alerts[0].id == waiting && message.alerts[0].hit == 0);
    store_clear_message(&message);
    assert_int_equal(count(f).stories, 1);
    assert_int_equal(prune(f, NOW + 1, NOW + 1, 100), 6); /* now its item may go, and the story */
    assert_int_equal(count(f).stories, 0);
    assert_int_equal(count(f).items, 0);
    assert_fine(store_check(f->store, &f->err), f);
}

static void test_backup(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_store *reader;
    struct stat status;
    char path[160];

    fill(&poll);
    save_quietly(f, "s", &poll, NOW);
    snprintf(path, sizeof path, "%s/copy.db", f->folder);
    reader = open_reader(f);
    assert_fine(store_backup(reader, path, &f->err), f);
    assert_int_equal(store_backup(reader, f->path, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_USAGE);
    assert_int_equal(store_backup(reader, "/nonexistent/copy.db", &f->err), -1);
    assert_non_null(strstr(f->err.text, "/nonexistent/copy.db"));
    store_close(reader);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(prune(f, NOW + 1, NOW + 1, 100), 7);
    assert_fine(store_backup(f->store, path, &f->err), f); /* by the writer, over the old one */
    assert_int_equal(count(f).items, 0);

    store_close(f->store);
    snprintf(f->path, sizeof f->path, "%s/copy.db", f->folder);
    f->store = NULL;
    reopen(f);
    assert_int_equal(count(f).items, 0);
    assert_fine(store_check(f->store, &f->err), f);
}

static void test_damage_is_found(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    char noise[4096];
    FILE *file;
    long end;

    fill(&poll);
    save_quietly(f, "s", &poll, NOW);
    assert_fine(store_check(f->store, &f->err), f);
    store_close(f->store); /* the log is in the file now */
    f->store = NULL;
    memset(noise, 0x5a, sizeof noise);
    file = fopen(f->path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    end = ftell(file);
    for (long at = 8 * 4096; at < end; at += 4096) {
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        assert_int_equal(fwrite(noise, 1, sizeof noise, file), sizeof noise);
    }
    fclose(file);
    f->store = store_open(f->path, &(struct bw_store_options){.fold = test_fold}, &f->err);
    if (f->store != NULL) {
        assert_int_equal(store_check(f->store, &f->err), -1);
        assert_int_equal(f->err.code, BW_ERR_FORMAT);
    } else {
        assert_int_equal(f->err.code, BW_ERR_FORMAT);
    }
    assert_non_null(strstr(f->err.text, "test.db"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_small_steps), TEST(test_tombstones), TEST(test_index_forgets),
        TEST(test_old_hits),    TEST(test_backup),     TEST(test_damage_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
