/* reader/: the pool over real processes. This program is its own reader, as blocwatchd is; a file
 * beside it tells it how to behave. */
#include "blocwatch/reader.h"
#include "wire.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DOCUMENTS = 40, SOURCE_NAME = 32, TIME_LIMIT_MS = 3000 };

static char mode_file[4096];

static void set_mode(const char *mode)
{
    FILE *file = fopen(mode_file, "w");

    assert_non_null(file);
    fputs(mode, file);
    fclose(file);
}

/* --- a pool, and what came back from it ------------------------------------------------------ */

struct fixture {
    struct event_base *base;
    struct bw_reader_pool *pool;
    struct bw_poll polls[DOCUMENTS];
    enum bw_read_outcome outcomes[DOCUMENTS];
    char names[DOCUMENTS][SOURCE_NAME];
    int home, expected, troubles;
};

static void on_read(struct bw_poll *poll, enum bw_read_outcome outcome, void *ctx)
{
    struct fixture *fixture = ctx;

    fixture->outcomes[poll - fixture->polls] = outcome;
    if (++fixture->home == fixture->expected)
        event_base_loopbreak(fixture->base);
}

static void on_trouble(const char *text, void *ctx)
{
    struct fixture *fixture = ctx;

    (void)text;
    fixture->troubles++;
}

/* One rule, named after its number, that every document here hits. */
static struct bw_watch watch_of(int number)
{
    static char id[SOURCE_NAME];
    static struct bw_rule rule;

    snprintf(id, sizeof id, "%d", number);
    rule = (struct bw_rule){.id = id, .query = "snow", .enabled = true};
    return (struct bw_watch){.rules = &rule, .n_rules = 1};
}

static void open_pool(struct fixture *fixture, int readers)
{
    const struct bw_reader_callbacks callbacks = {on_read, on_trouble, fixture};
    const struct bw_reader_options options = {.readers = readers, .time_limit_ms = TIME_LIMIT_MS};
    struct bw_watch watch = watch_of(0);
    struct bw_error err = {0};

    memset(fixture, 0, sizeof *fixture);
    fixture->base = event_base_new();
    fixture->pool = reader_pool_new(fixture->base, &options, &watch, &callbacks, &err);
    assert_non_null(fixture->pool);
}

static void close_pool(struct fixture *fixture)
{
    reader_pool_free(fixture->pool);
    event_base_free(fixture->base);
    for (int i = 0; i < DOCUMENTS; i++) {
        document_free(fixture->polls[i].doc);
        buf_clear(&fixture->polls[i].fetch.body);
    }
}

static void submit(struct fixture *fixture, int i, const char *text)
{
    struct bw_poll *poll = &fixture->polls[i];

    snprintf(fixture->names[i], SOURCE_NAME, "source%d", i);
    poll->source_id = fixture->names[i];
    buf_puts(&poll->fetch.body, text);
    reader_pool_submit(fixture->pool, poll);
}

static const char snow[] =
    "<rss version='2.0'><channel><title>t</title><item><title>Snow</title></item></channel></rss>";

static void await(struct fixture *fixture, int home)
{
    fixture->expected = home;
    if (fixture->home < home)
        event_base_dispatch(fixture->base);
    assert_int_equal(fixture->home, home);
}

/* The number of the rule that document `i` was matched by. */
static int rule_of(const struct fixture *fixture, int i)
{
    const struct bw_poll *poll = &fixture->polls[i];

    assert_int_equal(fixture->outcomes[i], BW_READ_DONE);
    assert_string_equal(poll->error.text, "");
    assert_int_equal(poll->doc->feed.n_items, 1);
    assert_int_equal(poll->hits[0].n_hits, 1);
    return atoi(poll->hits[0].hits[0].rule);
}

static void replace(struct fixture *fixture, int number)
{
    struct bw_watch watch = watch_of(number);

    assert_int_equal(reader_pool_replace_watch(fixture->pool, &watch, NULL), 0);
}

/* --- tests ----------------------------------------------------------------------------------- */

static void test_all_come_back(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("read");
    open_pool(&fixture, 3);
    for (int i = 0; i < DOCUMENTS; i++)
        submit(&fixture, i, snow);
    await(&fixture, DOCUMENTS);
    for (int i = 0; i < DOCUMENTS; i++)
        assert_int_equal(rule_of(&fixture, i), 0);
    assert_int_equal(reader_pool_stats(fixture.pool).documents, DOCUMENTS);
    assert_int_equal(reader_pool_stats(fixture.pool).busy, 0);
    assert_int_equal(reader_pool_stats(fixture.pool).queued, 0);
    close_pool(&fixture);
}

/* No document waits for ever; and what was wrong may be right later. */
static void test_readers_that_do_not_start(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("end");
    open_pool(&fixture, 2);
    submit(&fixture, 0, snow);
    await(&fixture, 1);
    assert_int_equal(fixture.outcomes[0], BW_READ_DONE);
    assert_int_equal(fixture.polls[0].error.code, BW_ERR_INTERNAL);
    assert_non_null(strstr(fixture.polls[0].error.text, "no reader starts: ended with code 9"));
    assert_true(fixture.troubles >= 3 && fixture.troubles < 20);
    set_mode("read");
    replace(&fixture, 1);
    submit(&fixture, 1, snow);
    await(&fixture, 2);
    assert_int_equal(rule_of(&fixture, 1), 1);
    close_pool(&fixture);
}

static void test_new_rules_that_do_not_start(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("read");
    open_pool(&fixture, 1);
    submit(&fixture, 0, snow);
    await(&fixture, 1);
    set_mode("end");
    replace(&fixture, 1);
    submit(&fixture, 1, snow);
    await(&fixture, 2);
    assert_int_equal(rule_of(&fixture, 1), 0);
    assert_true(fixture.troubles > 0);
    close_pool(&fixture);
}

/* A document is matched by the rules of its time, or by newer ones, and storms end. */
static void test_rules_replaced_under_way(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("read");
    open_pool(&fixture, 2);
    for (int i = 0; i < DOCUMENTS; i++) {
        replace(&fixture, i);
        submit(&fixture, i, snow);
        if (i % 5 == 0)
            event_base_loop(fixture.base, EVLOOP_NONBLOCK);
    }
    await(&fixture, DOCUMENTS);
    for (int i = 0; i < DOCUMENTS; i++)
        assert_true(rule_of(&fixture, i) >= i);
    assert_int_equal(fixture.troubles, 0);
    close_pool(&fixture);
}

static void test_same_rules_replace_nobody(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("read");
    open_pool(&fixture, 1);
    submit(&fixture, 0, snow);
    await(&fixture, 1);
    set_mode("end"); /* a reader that were started now would not come */
    for (int i = 0; i < 5; i++)
        replace(&fixture, 0);
    submit(&fixture, 1, snow);
    await(&fixture, 2);
    assert_int_equal(fixture.troubles, 0);
    close_pool(&fixture);
}

static void test_poison(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("end at a document");
    open_pool(&fixture, 1);
    submit(&fixture, 0, snow);
    await(&fixture, 1);
    assert_int_equal(fixture.outcomes[0], BW_READ_POISON);
    assert_non_null(strstr(fixture.polls[0].error.text, "2 readers: the last ended with code 8"));
    assert_int_equal(reader_pool_stats(fixture.pool).poisoned, 1);
    close_pool(&fixture);
}

static bool is_at_work(const struct fixture *fixture)
{
    return reader_pool_stats(fixture->pool).busy > 0;
}

/* The daemon may be held up by a commit, longer than a reader may take: that is not its fault. */
static void test_daemon_that_is_late(void **state)
{
    struct fixture fixture;
    struct bw_poll *poll = &fixture.polls[0];

    (void)state;
    set_mode("read");
    open_pool(&fixture, 1);
    buf_puts(&poll->fetch.body, "<rss version='2.0'><channel><title>t</title>");
    for (int i = 0; i < 2000; i++)
        buf_printf(&poll->fetch.body, "<item><title>Snow %d</title><guid>%d</guid></item>", i, i);
    submit(&fixture, 0, "</channel></rss>");
    while (!is_at_work(&fixture))
        event_base_loop(fixture.base, EVLOOP_ONCE);
    usleep((TIME_LIMIT_MS + 500) * 1000);
    await(&fixture, 1);
    assert_int_equal(fixture.troubles, 0);
    assert_int_equal(fixture.outcomes[0], BW_READ_DONE);
    assert_int_equal(poll->doc->feed.n_items, 2000);
    close_pool(&fixture);
}

static void test_reader_that_hangs(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("hang at a document");
    open_pool(&fixture, 1);
    submit(&fixture, 0, snow);
    await(&fixture, 1);
    assert_int_equal(fixture.outcomes[0], BW_READ_POISON);
    assert_non_null(strstr(fixture.polls[0].error.text, "was over its time limit"));
    close_pool(&fixture);
}

static void test_ending_gives_all_back(void **state)
{
    struct fixture fixture;

    (void)state;
    set_mode("read");
    open_pool(&fixture, 2);
    for (int i = 0; i < DOCUMENTS; i++)
        submit(&fixture, i, snow);
    await(&fixture, 3);
    reader_pool_free(fixture.pool);
    fixture.pool = NULL;
    assert_int_equal(fixture.home, DOCUMENTS);
    assert_int_equal(fixture.outcomes[DOCUMENTS - 1], BW_READ_CANCELLED);
    close_pool(&fixture);
}

/* --- the reader's side ----------------------------------------------------------------------- */

static int read_frame(void)
{
    uint8_t header[BW_FRAME_HEADER], byte;
    struct bw_frame frame;

    for (size_t i = 0; i < sizeof header; i++) {
        if (read(BW_READER_FD, &header[i], 1) != 1)
            return -1;
    }
    if (frame_parse_header(header, &frame) != 0)
        return -1;
    for (size_t i = 0; i < frame.length; i++) {
        if (read(BW_READER_FD, &byte, 1) != 1)
            return -1;
    }
    return (int)frame.type;
}

/* Says that it is ready, as message_put_error() has it, and ends or hangs at its first document. */
static int wait_for_document(bool hang)
{
    struct bw_buf ready;
    size_t begin;

    buf_init(&ready);
    if (read_frame() != BW_FRAME_RULES)
        return 7;
    begin = frame_begin(&ready, BW_FRAME_READY, 0);
    wire_put_u8(&ready, BW_OK);
    wire_put_text(&ready, "");
    frame_end(&ready, begin);
    if (write(BW_READER_FD, ready.data, ready.len) != (ssize_t)ready.len)
        return 7;
    if (read_frame() != BW_FRAME_DOCUMENT)
        return 7;
    while (hang)
        pause();
    return 8;
}

static int be_reader(void)
{
    char mode[64] = "";
    FILE *file = fopen(mode_file, "r");

    if (file == NULL || fgets(mode, sizeof mode, file) == NULL)
        return 1;
    fclose(file);
    if (strcmp(mode, "read") == 0)
        return reader_main(BW_READER_FD);
    return strcmp(mode, "end") == 0 ? 9 : wait_for_document(strncmp(mode, "hang", 4) == 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_come_back),
        cmocka_unit_test(test_readers_that_do_not_start),
        cmocka_unit_test(test_new_rules_that_do_not_start),
        cmocka_unit_test(test_rules_replaced_under_way),
        cmocka_unit_test(test_same_rules_replace_nobody),
        cmocka_unit_test(test_poison),
        cmocka_unit_test(test_daemon_that_is_late),
        cmocka_unit_test(test_reader_that_hangs),
        cmocka_unit_test(test_ending_gives_all_back),
    };
    ssize_t len = readlink("/proc/self/exe", mode_file, sizeof mode_file - 10);
    int result;

    if (len < 0)
        return 1;
    snprintf(mode_file + len, 10, ".mode");
    if (argc == 2 && strcmp(argv[1], "--reader") == 0)
        _exit(be_reader());
    result = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(mode_file);
    return result;
}
