/* The poller against a server on loopback: requests and answers on the wire. */
#include "wire.h"

#include <sys/stat.h>
#include <unistd.h>

static const char etag[] = "W/\"a,b; c\"";
static const char modified[] = "Sat, 01 Jan 2000 00:00:00 GMT";

static void answer_feed(struct evhttp_request *request, struct wire *wire)
{
    (void)wire;
    wire_header(request, "ETag", etag);
    wire_header(request, "Last-Modified", modified);
    wire_header(request, "Set-Cookie", "id=1");
    wire_header(request, "Content-Type", "application/rss+xml");
    if (evhttp_find_header(evhttp_request_get_input_headers(request), "If-None-Match") != NULL)
        evhttp_send_reply(request, 304, NULL, NULL);
    else
        wire_reply(request, 200, "<rss/>");
}

static void test_validators(void **ctx)
{
    struct wire *wire = wire_new(answer_feed);
    struct bw_poll *poll;
    const struct bw_source_state *state;

    (void)ctx;
    wire->config.polling.contact = "https://example.org/bot";
    wire_add(wire, "127.0.0.1", "/feed");
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->error.code, BW_OK);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    assert_int_equal(poll->fetch.status, 200);
    assert_string_equal(buf_text(&poll->fetch.body), "<rss/>");
    assert_string_equal(poll->fetch.content_type, "application/rss+xml");
    assert_string_equal(poll->fetch.url, wire->urls[0]);
    assert_string_equal(poll->source_id, "s0");
    assert_true(poll->fetch.wire_bytes > 6);
    assert_int_equal(poller_stats(wire->poller).under_way, 1);
    wire_go_home(wire, poll, 1);
    assert_int_equal(poller_stats(wire->poller).under_way, 0);
    assert_string_equal(wire->requests[0].etag, "");
    assert_string_equal(wire->requests[0].agent,
                        "blocwatch/" BLOCWATCH_VERSION " (+https://example.org/bot)");
    assert_non_null(strstr(wire->requests[0].accept, "application/rss+xml"));
    assert_non_null(strstr(wire->requests[0].encoding, "gzip"));

    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_NOT_MODIFIED);
    assert_int_equal(poll->fetch.status, 304);
    assert_int_equal(poll->fetch.body.len, 0);
    wire_go_home(wire, poll, 0);
    assert_string_equal(wire->requests[1].etag, etag);
    assert_string_equal(wire->requests[1].modified, modified);
    assert_string_equal(wire->requests[1].cookie, "");
    assert_string_equal(wire->requests[1].referer, "");
    state = poller_state(wire->poller, "s0");
    assert_string_equal(state->etag, etag);
    assert_int_equal(state->health, BW_HEALTH_OK);
    assert_int_equal(poller_stats(wire->poller).not_modified, 1);
    wire_free(wire);
}

static void answer_anything(struct evhttp_request *request, struct wire *wire)
{
    (void)wire;
    wire_reply(request, 200, "the same body");
}

/* A server without validators: the hash of the body says that nothing has changed. */
static void test_unchanged_body(void **ctx)
{
    struct wire *wire = wire_new(answer_anything);
    struct bw_poll *poll;

    (void)ctx;
    wire_add(wire, "127.0.0.1", "/");
    wire_make_poller(wire);
    wire_go_home(wire, wire_visit(wire), 1);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_NOT_MODIFIED);
    assert_int_equal(poll->fetch.status, 200);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

/* A document that no reader could read leaves no validators behind. */
static void test_failed_document(void **ctx)
{
    struct wire *wire = wire_new(answer_feed);
    struct bw_poll *poll;
    const struct bw_source_state *state;

    (void)ctx;
    wire_add(wire, "127.0.0.1", "/");
    wire_make_poller(wire);
    poll = wire_visit(wire);
    error_set(&poll->error, BW_ERR_FORMAT, "no feed: it begins \"<rss/>\"");
    wire_go_home(wire, poll, 0);
    state = poller_state(wire->poller, "s0");
    assert_int_equal(state->health, BW_HEALTH_FAILING);
    assert_string_equal(state->why, "no feed: it begins \"<rss/>\"");
    assert_null(state->etag);
    assert_int_equal(state->failures, 1);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    assert_string_equal(wire->requests[1].etag, "");
    wire_go_home(wire, poll, 1);
    wire_free(wire);
}

/* What could not be committed is asked for again with the old validators. */
static void test_failed_commit(void **ctx)
{
    struct wire *wire = wire_new(answer_feed);
    struct bw_poll *poll;

    (void)ctx;
    wire_add(wire, "127.0.0.1", "/");
    wire_make_poller(wire);
    poller_finish_poll(wire->poller, wire_visit(wire), NULL);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    assert_string_equal(wire->requests[1].etag, "");
    wire_go_home(wire, poll, 1);
    wire_free(wire);
}

static void test_file(void **ctx)
{
    struct wire *wire = wire_new(answer_anything);
    char path[] = "/tmp/blocwatch-poll-XXXXXX";
    int fd = mkstemp(path);
    struct bw_poll *poll;

    (void)ctx;
    assert_int_equal(write(fd, "one", 3), 3);
    wire_add(wire, "127.0.0.1", "/");
    snprintf(wire->urls[0], sizeof wire->urls[0], "file:%s", path);
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    assert_int_equal(poll->fetch.status, 200);
    assert_string_equal(buf_text(&poll->fetch.body), "one");
    wire_go_home(wire, poll, 1);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_NOT_MODIFIED);
    assert_int_equal(poll->fetch.status, 304);
    wire_go_home(wire, poll, 0);
    assert_int_equal(write(fd, "two", 3), 3);
    close(fd);
    poll = wire_visit(wire);
    assert_string_equal(buf_text(&poll->fetch.body), "onetwo");
    wire_go_home(wire, poll, 1);
    unlink(path);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OTHER);
    assert_non_null(strstr(poll->error.text, "No such file"));
    wire_go_home(wire, poll, 0);
    assert_int_equal(poller_state(wire->poller, "s0")->health, BW_HEALTH_FAILING);
    assert_int_equal(wire->n_requests, 0);
    wire_free(wire);
}

/* A pipe would hang us. */
static void test_file_not_regular(void **ctx)
{
    struct wire *wire = wire_new(answer_anything);
    char path[] = "/tmp/blocwatch-poll-XXXXXX";
    struct bw_poll *poll;

    (void)ctx;
    assert_non_null(mkdtemp(path));
    wire_add(wire, "127.0.0.1", "/");
    snprintf(wire->urls[0], sizeof wire->urls[0], "file://%s/pipe", path);
    assert_int_equal(mkfifo(wire->urls[0] + 7, 0600), 0);
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OTHER);
    assert_non_null(strstr(poll->error.text, "not a regular file"));
    wire_go_home(wire, poll, 0);
    unlink(wire->urls[0] + 7);
    rmdir(path);
    wire_free(wire);
}

static void test_once(void **ctx)
{
    struct wire *wire = wire_new(answer_feed);
    struct bw_source_state state;

    (void)ctx;
    for (int i = 0; i < 5; i++)
        wire_add(wire, "127.0.0.1", "/");
    wire->sources[3].enabled = false;
    wire_make_poller(wire);
    source_state_init(&state);
    source_state_set(&state.url, wire->urls[4]);
    state.next_due = clock_now(&bw_clock_real) + 3600;
    poller_load_state(wire->poller, "s4", &state);
    poller_poll_due_once(wire->poller);
    wire_await(wire, 3);
    assert_false(wire->idle);
    wire_finish_all(wire);
    wire_await_idle(wire);
    assert_int_equal(wire->n_requests, 3);
    assert_int_equal(poller_state(wire->poller, "s3")->health, BW_HEALTH_DISABLED);
    assert_null(poller_state(wire->poller, "nobody"));
    source_state_clear(&state);
    wire_free(wire);
}

/* Nothing is due: idle all the same. */
static void test_once_nothing(void **ctx)
{
    struct wire *wire = wire_new(answer_feed);

    (void)ctx;
    wire_make_poller(wire);
    poller_poll_due_once(wire->poller);
    assert_false(wire->idle);
    wire_await_idle(wire);
    wire_free(wire);
}

static void answer_slowly(struct evhttp_request *request, struct wire *wire)
{
    (void)wire;
    evhttp_send_reply_start(request, 200, "OK");
}

/* Envelopes under way at the end are freed; nothing is handed out afterwards. */
static void test_stop(void **ctx)
{
    struct wire *wire = wire_new(answer_slowly);

    (void)ctx;
    for (int i = 0; i < 5; i++)
        wire_add(wire, "127.0.0.1", "/");
    wire_make_poller(wire);
    poller_start(wire->poller);
    while (wire->n_requests < 2)
        event_base_loop(wire->base, EVLOOP_ONCE);
    assert_int_equal(poller_stats(wire->poller).under_way, 2);
    assert_int_equal(poller_stats(wire->poller).waiting_for_lane, 3);
    poller_stop(wire->poller);
    assert_int_equal(poller_stats(wire->poller).under_way, 0);
    assert_int_equal(poller_stats(wire->poller).waiting_for_lane, 0);
    assert_int_equal(wire->n_polls, 0);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_validators),
        cmocka_unit_test(test_unchanged_body),
        cmocka_unit_test(test_failed_document),
        cmocka_unit_test(test_failed_commit),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_file_not_regular),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_once_nothing),
        cmocka_unit_test(test_stop),
    };

    return cmocka_run_group_tests_name("poll: the wire", tests, NULL, NULL);
}
