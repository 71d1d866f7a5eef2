/* Opening: versions of the database, readers beside the writer and without one, what is refused. */
#include "fixture.h"

#include "db.h"

#include <sys/stat.h>
#include <sys/wait.h>

static const struct bw_store_options reading = {.read_only = true, .fold = test_fold};
static const struct bw_store_options writing = {.fold = test_fold};

static void expect_refusal(struct fixture *f, const struct bw_store_options *options,
                           const char *part)
{
    struct bw_store *store = store_open(f->path, options, &f->err);

    if (store != NULL)
        fail_msg("opened, but expected: %s", part);
    if (strstr(f->err.text, part) == NULL || strstr(f->err.text, f->path) == NULL)
        fail_msg("'%s' does not tell '%s' and the file", f->err.text, part);
}

static void set_version(struct fixture *f, int version)
{
    char pragma[64];

    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", version);
    assert_fine(db_execute(f->store, pragma, &f->err), f);
    store_close(f->store);
    f->store = NULL;
}

static void test_newer_database(void **state)
{
    struct fixture *f = *state;

    set_version(f, schema_version() + 1);
    expect_refusal(f, &writing, "newer blocwatch");
    assert_int_equal(f->err.code, BW_ERR_STORE);
    expect_refusal(f, &reading, "newer blocwatch");
}

static void test_reader_never_migrates(void **state)
{
    struct fixture *f = *state;

    set_version(f, schema_version() - 1);
    expect_refusal(f, &reading, schema_version() == 1 ? "no blocwatch database" : "older");
}

/* blocwatchctl of another version must not change the database under a running daemon. */
static void test_second_writer_never_migrates(void **state)
{
    static const struct bw_store_options second = {.second = true, .fold = test_fold};
    struct fixture *f = *state;
    struct bw_store *other = store_open(f->path, &second, &f->err);

    assert_non_null(other);
    assert_fine(store_set_meta(other, "a", "b", &f->err), f);
    store_close(other);
    set_version(f, schema_version() - 1);
    expect_refusal(f, &second, schema_version() == 1 ? "no blocwatch database" : "older");
    strcat(f->path, ".missing");
    expect_refusal(f, &second, "No such file");
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);
    assert_int_equal(access(f->path, F_OK), -1);
}

/* What version 1 had instead. */
static const char back_to_version_1[] =
    "DROP INDEX item_by_link; DROP INDEX item_by_content; DROP INDEX story_item_by_link;"
    "CREATE INDEX item_by_link ON item (link_key) WHERE link_key IS NOT NULL;"
    "CREATE INDEX item_by_content ON item (content_hash) WHERE link_key IS NOT NULL;"
    "CREATE INDEX item_by_source ON item (source);"
    "ALTER TABLE story_item DROP COLUMN link_key;"
    "DROP TABLE item_index;"
    "CREATE VIRTUAL TABLE item_index USING fts5("
    "  title, body, tags, content='', prefix='2 3', tokenize=\"unicode61 remove_diacritics 0\");";

static int count_item(const struct bw_item_row *item, void *ctx)
{
    (void)item;
    ++*(int *)ctx;
    return 0;
}

static int count_story_item(const struct bw_story_item *item, void *ctx)
{
    (void)item;
    ++*(int *)ctx;
    return 0;
}

/* Everything is still there, and found: by words, by link, and again as the same. */
static void test_version_1_is_brought_up(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_item_query words = {.search = "astan*"}, source = {.source = "s"};
    struct bw_story_item item = {.time_ms = NOW, .title = "A story"};
    struct bw_saved saved;
    int64_t story = 0;
    int found = 0;

    add_item(&poll, "a", "Astana speaks", "https://example.org/a");
    add_hit(&poll, "rule", "KZ", BW_STANCE_DECLINES, "BRICS");
    save(f, "s", &poll, NOW, &saved);
    item.item = saved.items[0].id;
    assert_fine(store_add_to_story(f->store, &story, &item, NULL, 0, &f->err), f);
    store_clear_saved(&saved);
    assert_fine(db_execute(f->store, back_to_version_1, &f->err), f);
    set_version(f, 1);
    reopen(f);
    assert_fine(store_list_items(f->store, &words, count_item, &found, &f->err), f);
    assert_int_equal(found, 1);
    assert_fine(store_list_items(f->store, &source, count_item, &found, &f->err), f);
    assert_int_equal(found, 2);
    assert_fine(store_find_story_items(f->store, NULL, 0, poll.items[0].link_key, NULL, NOW - DAY,
                                       count_story_item, &found, &f->err),
                f);
    assert_int_equal(found, 3);
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.n_known, 1);
    store_clear_saved(&saved);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    FILE *file;

    store_close(f->store);
    f->store = NULL;
    strcat(f->path, ".missing");
    expect_refusal(f, &reading, "No such file");
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);
    strcat(f->path, "/no/folder.db");
    expect_refusal(f, &writing, "No such file");
    assert_int_equal(f->err.code, BW_ERR_IO);
    snprintf(f->path, sizeof f->path, "%s/text.db", f->folder);
    file = fopen(f->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 2000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    expect_refusal(f, &writing, "not a database");
    assert_int_equal(f->err.code, BW_ERR_FORMAT);
    expect_refusal(f, &reading, "not a database");
}

static void test_file_is_private(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* A database that could not be made to its end (here: no room) is still none, and made later. */
static void test_interrupted_migration(void **state)
{
    struct fixture *f = *state;
    struct bw_store_counts counts;
    sqlite3 *db;

    store_close(f->store);
    f->store = NULL;
    assert_int_equal(unlink(f->path), 0);
    f->store = calloc(1, sizeof *f->store);
    assert_non_null(f->store);
    f->store->path = strdup(f->path);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    f->store->db = db;
    assert_fine(
        db_execute(f->store, "PRAGMA journal_mode = WAL; PRAGMA max_page_count = 20", &f->err), f);
    assert_int_equal(schema_prepare(f->store, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_IO);
    assert_non_null(strstr(f->err.text, "cannot bring the database to version 1"));
    store_close(f->store);
    f->store = NULL;
    expect_refusal(f, &reading, "no blocwatch database");
    reopen(f);
    assert_fine(store_count(f->store, &counts, &f->err), f);
    assert_fine(store_check(f->store, &f->err), f);
}

static int64_t count_items(struct bw_store *store)
{
    struct bw_store_counts counts;
    struct bw_error err;

    if (store_count(store, &counts, &err) != 0)
        fail_msg("%s", err.text);
    return counts.items;
}

static void test_reader_beside_writer(void **state)
{
    struct fixture *f = *state;
    struct poll one = {.feed = {.n_items = 0}}, two = {.feed = {.n_items = 0}};
    struct bw_saved saved = {.arena = NULL};
    struct bw_store *reader;

    add_item(&one, "a", "A", NULL);
    add_item(&two, "b", "B", NULL);
    save_quietly(f, "s", &one, NOW);
    reader = open_reader(f);
    assert_int_equal(count_items(reader), 1);
    assert_fine(store_begin(f->store, &f->err), f);
    assert_fine(store_save_items(f->store, "s", &two.feed, two.hits, NOW, &saved, &f->err), f);
    store_clear_saved(&saved);
    assert_int_equal(count_items(reader), 1); /* not yet */
    assert_fine(store_commit(f->store, &f->err), f);
    assert_int_equal(count_items(reader), 2);
    assert_int_equal(store_set_meta(reader, "a", "b", &f->err), -1);
    assert_int_equal(store_save_items(reader, "s", &two.feed, two.hits, NOW, &saved, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_USAGE);
    store_close(reader);
}

struct slow_read {
    struct fixture *f;
    struct bw_store *reader;
    size_t told;
};

static int on_item_while_writing(const struct bw_item_row *item, void *ctx)
{
    struct slow_read *read = ctx;
    struct poll poll = {.feed = {.n_items = 0}};
    char key[16];

    (void)item;
    snprintf(key, sizeof key, "during-%zu", read->told++);
    add_item(&poll, key, key, NULL);
    save_quietly(read->f, "s", &poll, NOW);
    return 0;
}

/* A list is one moment's, however long it takes; the writer does not wait for it. */
static void test_list_is_one_snapshot(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct slow_read read = {.f = f};
    struct bw_item_query oldest_first = {.oldest_first = true};

    for (int i = 0; i < 5; i++) {
        static const char *const keys[] = {"1", "2", "3", "4", "5"};

        add_item(&poll, keys[i], keys[i], NULL);
    }
    save_quietly(f, "s", &poll, NOW);
    read.reader = open_reader(f);
    assert_fine(store_list_items(read.reader, &oldest_first, on_item_while_writing, &read, &f->err),
                f);
    assert_int_equal(read.told, 5);
    assert_int_equal(count_items(read.reader), 10);
    store_close(read.reader);
}

/* Runs `body` in a child as somebody who may not write here. */
static void as_stranger(struct fixture *f, int (*body)(struct fixture *f))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        _exit(body(f));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int read_one_item(struct fixture *f)
{
    struct bw_store *reader = store_open(f->path, &reading, &f->err);
    struct bw_store_counts counts;
    int result;

    if (reader == NULL) {
        fprintf(stderr, "%s\n", f->err.text);
        return 1;
    }
    result = store_count(reader, &counts, &f->err) != 0 || counts.items != 1 ? 2 : 0;
    store_close(reader);
    return result;
}

static int expect_log_refusal(struct fixture *f)
{
    struct bw_store *reader = store_open(f->path, &reading, &f->err);

    store_close(reader);
    return reader == NULL && strstr(f->err.text, "log to be replayed") != NULL ? 0 : 1;
}

/* Somebody who may read the files, but write nothing, beside the running daemon. */
static void test_stranger_beside_writer(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    store_close(f->store); /* so that the files beside it are made with its mode */
    f->store = NULL;
    assert_int_equal(chmod(f->path, 0644), 0);
    assert_int_equal(chmod(f->folder, 0755), 0);
    reopen(f);
    add_item(&poll, "a", "A", NULL);
    save_quietly(f, "s", &poll, NOW);
    as_stranger(f, read_one_item);
}

static void test_stopped_daemon(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    char command[1024];

    add_item(&poll, "a", "A", NULL);
    save_quietly(f, "s", &poll, NOW);
    snprintf(command, sizeof command,
             "mkdir '%s/killed' && cp '%s' '%s/killed/test.db' && cp '%s-wal' "
             "'%s/killed/test.db-wal' && chmod a+r '%s/killed'/*",
             f->folder, f->path, f->folder, f->path, f->folder, f->folder);
    assert_int_equal(system(command), 0);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    assert_int_equal(read_one_item(f), 0); /* we ourselves */
    as_stranger(f, read_one_item);

    /* Killed, with a log that holds what the file does not: not read as if it were not there. */
    strcpy(strrchr(f->path, '/'), "/killed/test.db");
    assert_int_equal(chmod(f->folder, 0755), 0);
    *strrchr(f->path, '/') = '\0';
    assert_int_equal(chmod(f->path, 0555), 0);
    strcat(f->path, "/test.db");
    as_stranger(f, expect_log_refusal);
    *strrchr(f->path, '/') = '\0';
    assert_int_equal(chmod(f->path, 0755), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_newer_database),
        TEST(test_reader_never_migrates),
        TEST(test_version_1_is_brought_up),
        TEST(test_refusals),
        TEST(test_second_writer_never_migrates),
        TEST(test_file_is_private),
        TEST(test_interrupted_migration),
        TEST(test_reader_beside_writer),
        TEST(test_list_is_one_snapshot),
        TEST(test_stopped_daemon),
        TEST(test_stranger_beside_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
