/* What can go wrong under a writer: killed with a transaction open, a full disk, another writer. */
#include "fixture.h"

#include "db.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static struct bw_store_counts count(struct fixture *f)
{
    struct bw_store_counts counts;

    assert_fine(store_count(f->store, &counts, &f->err), f);
    return counts;
}

/* One whole batch: item, hit, alert, outbox row and source state; `nr` tells them apart. */
static int write_batch(struct bw_store *store, int nr, struct bw_error *err)
{
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved = {.arena = NULL};
    struct bw_alert_row alert = {.kind = "hit", .rule = "ca", .payload = "{}", .created_ms = NOW};
    struct bw_source_state state;
    int64_t id;
    char key[32];
    int result;

    snprintf(key, sizeof key, "item %d", nr);
    add_item(&poll, key, key, NULL);
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "EAEU");
    source_state_init(&state);
    state.polls = nr;
    result = store_save_items(store, "s", &poll.feed, poll.hits, NOW, &saved, err);
    if (result == 0) {
        alert.hit = saved.items[0].hits[0].id;
        result = store_add_alert(store, &alert, &id, err);
    }
    if (result == 0)
        result = store_add_outbox(store, id, "hook", "g", NOW, err);
    if (result == 0)
        result = store_set_fate(store, alert.hit, BW_FATE_ALERTED, id, "first", err);
    if (result == 0)
        result = store_save_state(store, "s", &state, err);
    store_clear_saved(&saved);
    return result;
}

/* A child that commits batches for as long as it lives, one byte to the pipe after each. */
static void write_for_ever(const char *path, int out)
{
    struct bw_store_options options = {.fold = test_fold};
    struct bw_error err;
    struct bw_store *store = store_open(path, &options, &err);

    for (int nr = 0; store != NULL; nr++) {
        if (store_begin(store, &err) != 0 || write_batch(store, nr, &err) != 0 ||
            store_commit(store, &err) != 0 || write(out, "x", 1) != 1)
            break;
    }
    _exit(1);
}

static int on_state(const char *id, const struct bw_source_state *state, void *ctx)
{
    (void)id;
    *(int64_t *)ctx = state->polls;
    return 0;
}

/* Killed at any moment: whole batches only, and every one whose commit had returned. */
static void test_killed(void **state)
{
    struct fixture *f = *state;
    struct bw_store_counts counts;

    for (int round = 0; round < 12; round++) {
        int pipe_ends[2], told = 0;
        int64_t polls = -1;
        pid_t child;
        char byte;

        store_close(f->store);
        f->store = NULL;
        snprintf(f->path, sizeof f->path, "%s/round-%d.db", f->folder, round);
        assert_int_equal(pipe(pipe_ends), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_for_ever(f->path, pipe_ends[1]);
        close(pipe_ends[1]);
        for (int i = 0; i < 1 + round; i++)
            told += read(pipe_ends[0], &byte, 1) == 1;
        nanosleep(&(struct timespec){.tv_nsec = round * 700000L}, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(pipe_ends[0], &byte, 1) == 1)
            told++;
        close(pipe_ends[0]);
        assert_true(told >= 1 + round);

        reopen(f);
        counts = count(f);
        assert_fine(store_check(f->store, &f->err), f);
        assert_fine(store_load_states(f->store, on_state, &polls, &f->err), f);
        assert_true(counts.items >= told && counts.items <= told + 1);
        assert_int_equal(counts.hits, counts.items);
        assert_int_equal(counts.pending, counts.items);
        assert_int_equal(counts.fates[BW_FATE_ALERTED], counts.items);
        assert_int_equal(polls, counts.items - 1);
    }
}

/* A reader beside a writer that never rests sees whole batches only, and ever more of them. */
static void test_reader_while_writing(void **state)
{
    struct fixture *f = *state;
    struct bw_store_counts counts = {.items = 0};
    struct bw_store *reader;
    int64_t last = 0;
    int pipe_ends[2];
    pid_t child;
    char byte;

    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_for_ever(f->path, pipe_ends[1]);
    close(pipe_ends[1]);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
    reader = open_reader(f);
    for (int reads = 0; reads < 100 || last < 30; reads++) {
        assert_fine(store_count(reader, &counts, &f->err), f);
        assert_true(counts.items >= 1 && counts.items >= last);
        assert_int_equal(counts.hits, counts.items);
        assert_int_equal(counts.alerts, counts.items);
        assert_int_equal(counts.pending, counts.items);
        last = counts.items;
    }
    assert_fine(store_check(reader, &f->err), f);
    store_close(reader);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(pipe_ends[0]);
}

/* A key that was fixed for a first try that nobody saw the end of. */
static void test_killed_while_delivering(void **state)
{
    struct fixture *f = *state;
    struct bw_message message;
    char key[BW_KEY_TEXT] = "";
    int pipe_ends[2];
    pid_t child;

    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(write_batch(f->store, 1, &f->err), 0);
    assert_fine(store_commit(f->store, &f->err), f);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(pipe(pipe_ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct bw_store_options options = {.fold = test_fold};

        f->store = store_open(f->path, &options, &f->err);
        if (store_next_message(f->store, "hook", NOW, 9, NULL, 0, &message, &f->err) != 1 ||
            write(pipe_ends[1], message.key, sizeof message.key) < 0)
            _exit(1);
        pause();
    }
    assert_int_equal(read(pipe_ends[0], key, sizeof key), sizeof key);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(pipe_ends[0]);
    close(pipe_ends[1]);

    reopen(f);
    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(write_batch(f->store, 2, &f->err), 0);
    assert_fine(store_commit(f->store, &f->err), f);
    assert_int_equal(store_next_message(f->store, "hook", NOW, 9, NULL, 0, &message, &f->err), 1);
    assert_string_equal(message.key, key);
    assert_int_equal(message.n_alerts, 1);
    store_clear_message(&message);
}

static void limit_pages(struct fixture *f, int64_t more)
{
    struct bw_store_counts counts = count(f);
    char pragma[64];

    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld",
             (long long)(more < 0 ? 1000000 : counts.bytes / 4096 + more));
    assert_fine(db_execute(f->store, pragma, &f->err), f);
}

/* The disk fills up at any place of a batch: a clear error, nothing of it stays, and once there is
 * room the same batch goes in. */
static void test_full_disk(void **state)
{
    struct fixture *f = *state;
    int failures = 0;

    for (int nr = 0; nr < 300; nr++) {
        struct bw_store_counts before = count(f), after;
        int result;

        limit_pages(f, 0);
        assert_fine(store_begin(f->store, &f->err), f);
        result = write_batch(f->store, nr, &f->err);
        if (result != 0) {
            assert_int_equal(f->err.code, BW_ERR_IO);
            assert_non_null(strstr(f->err.text, "full"));
            assert_int_equal(store_set_meta(f->store, "in", "between", &f->err), -1);
            assert_int_equal(store_commit(f->store, &f->err), -1);
            assert_int_equal(f->err.code, BW_ERR_STORE);
        } else if ((result = store_commit(f->store, &f->err)) != 0) {
            assert_int_equal(f->err.code, BW_ERR_IO); /* the search index is written last */
        }
        if (result != 0) {
            failures++;
            after = count(f);
            assert_int_equal(after.items, before.items);
            assert_int_equal(after.alerts, before.alerts);
            limit_pages(f, -1);
            assert_fine(store_begin(f->store, &f->err), f);
            assert_int_equal(write_batch(f->store, nr, &f->err), 0);
            assert_fine(store_commit(f->store, &f->err), f);
        }
        assert_int_equal(count(f).items, before.items + 1);
    }
    assert_true(failures > 5);
    assert_fine(store_check(f->store, &f->err), f);
}

/* The file cannot grow when the log is written: it is the commit that fails, or what spills before
 * it. */
static void test_commit_fails(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit, small;
    int failed_commits = 0;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int nr = 0; nr < 20; nr++) {
        struct bw_store_counts before = count(f);
        int result;

        small = (struct rlimit){.rlim_cur = (rlim_t)before.bytes / 2, .rlim_max = limit.rlim_max};
        assert_fine(store_begin(f->store, &f->err), f);
        result = write_batch(f->store, nr, &f->err);
        assert_int_equal(result, 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        result = store_commit(f->store, &f->err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        if (result != 0) {
            failed_commits++;
            assert_int_equal(f->err.code, BW_ERR_IO);
            assert_int_equal(count(f).items, before.items);
            assert_fine(store_begin(f->store, &f->err), f);
            assert_int_equal(write_batch(f->store, nr, &f->err), 0);
            assert_fine(store_commit(f->store, &f->err), f);
        }
        assert_int_equal(count(f).items, before.items + 1);
    }
    signal(SIGXFSZ, SIG_DFL);
    assert_true(failed_commits > 5);
    assert_fine(store_check(f->store, &f->err), f);
}

static void test_full_disk_outside(void **state)
{
    struct fixture *f = *state;
    char large[8192];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    limit_pages(f, 0);
    assert_int_equal(store_set_meta(f->store, "large", large, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_IO);
    limit_pages(f, -1);
    assert_fine(store_set_meta(f->store, "large", large, &f->err), f);
}

/* A second writer (blocwatchctl's silence) waits its turn, or says that it is busy. */
static void test_two_writers(void **state)
{
    struct fixture *f = *state;
    struct bw_store_options options = {.fold = test_fold};
    struct bw_store *other = store_open(f->path, &options, &f->err);
    struct bw_buf value;

    assert_non_null(other);
    sqlite3_busy_timeout(other->db, 20);
    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(store_set_meta(other, "who", "other", &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_BUSY);
    assert_int_equal(store_begin(other, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_BUSY);
    assert_fine(store_set_meta(f->store, "who", "first", &f->err), f);
    assert_fine(store_commit(f->store, &f->err), f);
    assert_fine(store_set_meta(other, "who", "other", &f->err), f);
    buf_init(&value);
    assert_int_equal(store_get_meta(f->store, "who", &value, &f->err), 1);
    assert_string_equal(buf_text(&value), "other");
    buf_clear(&value);
    store_close(other);
}

static void test_misuse(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_commit(f->store, &f->err), -1);
    store_rollback(f->store); /* nothing to do is fine */
    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(store_begin(f->store, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_INTERNAL);
    assert_fine(store_set_meta(f->store, "a", "b", &f->err), f);
    assert_fine(store_commit(f->store, &f->err), f);
    store_close(NULL);
    store_clear_saved(NULL);
    store_clear_message(NULL);
}

/* One piece of a transaction fails: it leaves nothing, the rest stands. */
static void test_failed_piece(void **state)
{
    struct fixture *f = *state;
    struct bw_alert_row alert = {
        .kind = "hit", .rule = "made-on-the-way", .hit = 4711, .created_ms = NOW};
    struct bw_store_counts counts;
    int64_t id = -1;

    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(write_batch(f->store, 1, &f->err), 0);
    assert_int_equal(store_add_alert(f->store, &alert, &id, &f->err),
                     -1); /* there is no such hit */
    assert_true(id == -1);
    assert_fine(store_commit(f->store, &f->err), f);
    counts = count(f);
    assert_int_equal(counts.items, 1);
    assert_int_equal(counts.alerts, 1);
    assert_fine(db_execute(f->store,
                           "CREATE TEMP TABLE proof (n INTEGER CHECK (n = 1));"
                           "INSERT INTO proof SELECT count(*) FROM rule",
                           &f->err),
                f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_killed),
        TEST(test_reader_while_writing),
        TEST(test_killed_while_delivering),
        TEST(test_full_disk),
        TEST(test_commit_fails),
        TEST(test_full_disk_outside),
        TEST(test_two_writers),
        TEST(test_misuse),
        TEST(test_failed_piece),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
