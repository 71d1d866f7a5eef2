/* Limits of time and size, lanes, and configuration that changes, on the wire. */
#include "wire.h"

static struct evhttp_request *held[16];
static int n_held;

static void on_more(struct evhttp_connection *connection, void *ctx)
{
    static const char block[65536] = "x";
    struct evbuffer *out = evbuffer_new();

    (void)connection;
    evbuffer_add(out, block, sizeof block);
    evhttp_send_reply_chunk_with_cb(ctx, out, on_more, ctx);
    evbuffer_free(out);
}

static void answer_limits(struct evhttp_request *request, struct wire *wire)
{
    const char *uri = evhttp_request_get_uri(request);
    char line[32];

    (void)wire;
    if (strcmp(uri, "/endless") == 0) {
        evhttp_send_reply_start(request, 200, "OK");
        on_more(NULL, request);
    } else if (strcmp(uri, "/endless-error") == 0) {
        evhttp_send_reply_start(request, 404, "Not Found");
        on_more(NULL, request);
    } else if (strcmp(uri, "/headers") == 0) {
        for (int i = 0; i < 5000; i++) {
            snprintf(line, sizeof line, "X-Long-Header-%d", i);
            wire_header(request, line, "0123456789");
        }
        wire_reply(request, 200, "x");
    } else if (strcmp(uri, "/hold") == 0) {
        held[n_held++] = request;
    } else if (strcmp(uri, "/stall") == 0) {
        evhttp_send_reply_start(request, 200, "OK");
    } else if (strncmp(uri, "/status/", 8) == 0) {
        wire_reply(request, atoi(uri + 8), "no");
    } else if (strcmp(uri, "/evil") == 0) {
        wire_header(request, "ETag", "\"a\tb\"");
        wire_header(request, "Cache-Control", "max-age=7200");
        wire_header(request, "Cache-Control", "private");
        wire_reply(request, 200, "x");
    } else {
        wire_reply(request, 200, "<rss/>");
    }
}

static struct wire *make(const char *path)
{
    struct wire *wire = wire_new(answer_limits);

    n_held = 0;
    wire_add(wire, "127.0.0.1", path);
    wire_make_poller(wire);
    return wire;
}

static void check_size(const char *path, enum bw_fetch_result result, long status)
{
    struct wire *wire = make(path);
    struct bw_poll *poll = wire_visit(wire);

    if (poll->fetch.result != result)
        fail_msg("%s: %d %s", path, (int)poll->fetch.result, poll->error.text);
    assert_int_equal(poll->fetch.status, status);
    /* stopped early: not more was read than could be needed */
    assert_true(poll->fetch.wire_bytes < 2 << 20);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

static void test_sizes(void **ctx)
{
    (void)ctx;
    check_size("/endless", BW_FETCH_TOO_LARGE, 200);
    check_size("/headers", BW_FETCH_TOO_LARGE, 200);
    /* an error page that does not end: its status is what counts */
    check_size("/endless-error", BW_FETCH_HTTP_ERROR, 404);
}

static void test_first_byte_timeout(void **ctx)
{
    struct wire *wire = make("/hold");
    struct bw_poll *poll;

    (void)ctx;
    wire->sources[0].polling.first_byte_timeout = 1;
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_TIMEOUT);
    assert_string_equal(poll->error.text, "no answer within 1 s of the request");
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

static void test_total_timeout(void **ctx)
{
    struct wire *wire = make("/stall");
    struct bw_poll *poll;

    (void)ctx;
    wire->sources[0].polling.total_timeout = 1;
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_TIMEOUT);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

static void test_low_speed(void **ctx)
{
    struct wire *wire = make("/stall");
    struct bw_poll *poll;

    (void)ctx;
    wire->sources[0].polling.low_speed_time = 2;
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_TIMEOUT);
    assert_non_null(strstr(poll->error.text, "too slow"));
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

static void test_statuses(void **ctx)
{
    static const struct {
        const char *path, *text;
    } rows[] = {
        {"/status/404", "the server answers 404 Not Found"},
        {"/status/403", "the server answers 403 Forbidden"},
        {"/status/401", "the server answers 401 Unauthorized: it wants a user name and password"},
        {"/status/410", "the server answers 410 Gone"},
        {"/status/503", "the server answers 503 Service Unavailable"},
        {"/status/599", "the server answers status 599"},
        {"/status/206", "the server answers 206 Partial Content"},
    };

    (void)ctx;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire *wire = make(rows[i].path);
        struct bw_poll *poll = wire_visit(wire);

        assert_int_equal(poll->fetch.result, BW_FETCH_HTTP_ERROR);
        assert_string_equal(poll->error.text, rows[i].text);
        wire_go_home(wire, poll, 0);
        wire_free(wire);
    }
}

/* 304 to a request without validators would keep us without the document for ever. */
static void test_unasked_304(void **ctx)
{
    struct wire *wire = make("/status/304");
    struct bw_poll *poll = wire_visit(wire);

    (void)ctx;
    assert_int_equal(poll->fetch.result, BW_FETCH_HTTP_ERROR);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

/* A gone source is not scheduled again, also not by a poller that loads its state. */
static void test_gone_stays(void **ctx)
{
    struct wire *wire = make("/status/410");
    struct bw_source_state state;
    uint32_t actions;

    (void)ctx;
    source_state_init(&state);
    poller_start(wire->poller);
    wire_await(wire, 1);
    source_state_clear(&state);
    wire_plan(wire, wire->polls[0], 0, &state, &actions);
    assert_int_equal(actions, BW_ACTION_RAISE_GONE);
    poller_finish_poll(wire->poller, wire->polls[0], &state);
    wire->n_polls = 0;
    poller_free(wire->poller);
    wire_make_poller(wire);
    poller_load_state(wire->poller, "s0", &state);
    poller_poll_due_once(wire->poller);
    wire_await_idle(wire);
    assert_int_equal(wire->n_requests, 1);
    source_state_clear(&state);
    wire_free(wire);
}

/* Values with control characters are not sent back; two Cache-Control fields are one. */
static void test_header_values(void **ctx)
{
    struct wire *wire = make("/evil");
    const struct bw_source_state *state;
    struct bw_source_state loaded;

    (void)ctx;
    wire_go_home(wire, wire_visit(wire), 1);
    state = poller_state(wire->poller, "s0");
    assert_string_equal(state->etag, "\"a\tb\"");
    assert_string_equal(state->due_rule, "max-age");
    source_state_init(&loaded);
    source_state_set(&loaded.url, wire->urls[0]);
    source_state_set(&loaded.etag, "\"x\"\r\nX-Evil: 1");
    source_state_set(&loaded.last_modified, "");
    poller_load_state(wire->poller, "s0", &loaded);
    wire_go_home(wire, wire_visit(wire), 0);
    assert_string_equal(wire->requests[1].etag, "");
    assert_string_equal(wire->requests[1].modified, "");
    source_state_clear(&loaded);
    wire_free(wire);
}

/* Not more than two requests of one host at a time, and the gap between them is kept. */
static void test_lane(void **ctx)
{
    struct wire *wire = wire_new(answer_limits);

    (void)ctx;
    n_held = 0;
    wire->config.polling.host_gap_ms = 100;
    for (int i = 0; i < 6; i++)
        wire_add(wire, "127.0.0.1", "/hold");
    wire_add(wire, "127.0.0.2", "/feed");
    wire_make_poller(wire);
    poller_start(wire->poller);
    wire_await(wire, 1);
    assert_string_equal(wire->polls[0]->source_id, "s6");
    while (n_held < 2)
        event_base_loop(wire->base, EVLOOP_ONCE);
    for (int released = 0; released < 6; released++) {
        int64_t until = clock_monotonic_ms(&bw_clock_real) + 120;

        while (clock_monotonic_ms(&bw_clock_real) < until)
            event_base_loop(wire->base, EVLOOP_NONBLOCK);
        assert_true(n_held - released <= 2);
        wire_reply(held[released], 200, "<rss/>");
    }
    wire_await(wire, 7);
    for (int i = 1, last = -1; i < wire->n_requests; i++) {
        if (strcmp(wire->requests[i].path, "/hold") != 0)
            continue;
        if (last >= 0)
            assert_true(wire->requests[i].ms - wire->requests[last].ms >= 90);
        last = i;
    }
    wire_finish_all(wire);
    wire_free(wire);
}

/* Hosts that do not answer leave the others' places free: four places, five silent hosts. */
static void test_slow_hosts_hold_nobody(void **ctx)
{
    struct wire *wire = wire_new(answer_limits);
    struct bw_source_state state;
    char host[32];

    (void)ctx;
    n_held = 0;
    wire->config.polling.connections = 4;
    for (int i = 0; i < 5; i++) {
        snprintf(host, sizeof host, "127.0.1.%d", i + 1);
        wire_add(wire, host, "/hold");
    }
    for (int i = 0; i < 30; i++) {
        snprintf(host, sizeof host, "127.0.2.%d", i + 1);
        wire_add(wire, host, "/feed");
    }
    wire_make_poller(wire);
    source_state_init(&state);
    state.next_due = 1; /* those that were never polled, the silent ones, come first */
    for (int i = 5; i < 35; i++) {
        source_state_set(&state.url, wire->urls[i]);
        poller_load_state(wire->poller, wire->ids[i], &state);
    }
    source_state_clear(&state);
    poller_start(wire->poller);
    wire_await(wire, 30);
    for (int i = 0; i < 30; i++)
        assert_int_equal(wire->polls[i]->fetch.result, BW_FETCH_OK);
    assert_int_equal(poller_stats(wire->poller).under_way, 35);
    wire_finish_all(wire);
    assert_int_equal(poller_stats(wire->poller).under_way, 5);
    wire_free(wire);
}

/* Sources that stay keep their state, those that leave come home as usual. */
static void test_replace_config(void **ctx)
{
    struct wire *wire = wire_new(answer_limits);
    struct bw_config config;
    struct bw_error err = {0};
    struct bw_poll *gone = NULL;

    (void)ctx;
    wire_add(wire, "127.0.0.1", "/a");
    wire_add(wire, "127.0.0.1", "/b");
    wire_add(wire, "127.0.0.1", "/c");
    wire_make_poller(wire);
    poller_start(wire->poller);
    wire_await(wire, 3);
    config = wire->config;
    config.sources = &wire->sources[1];
    config.n_sources = 2;
    assert_int_equal(poller_replace_config(wire->poller, &config, &err), 0);
    for (int i = 0; i < 3; i++) {
        if (wire->polls[i]->source == UINT32_MAX)
            gone = wire->polls[i];
        else
            assert_string_equal(config.sources[wire->polls[i]->source].id,
                                wire->polls[i]->source_id);
    }
    assert_string_equal(gone->source_id, "s0");
    assert_int_equal(poller_poll_now(wire->poller, "s1", &err), -1);
    assert_int_equal(err.code, BW_ERR_BUSY);
    wire_finish_all(wire);
    assert_null(poller_state(wire->poller, "s0"));
    assert_int_equal(poller_state(wire->poller, "s1")->polls, 1);
    assert_int_equal(poller_state(wire->poller, "s2")->polls, 1);
    assert_int_equal(poller_poll_now(wire->poller, "s0", &err), -1);
    assert_int_equal(err.code, BW_ERR_NOTFOUND);
    /* back again: its state is gone unless it is loaded */
    assert_int_equal(poller_replace_config(wire->poller, &wire->config, &err), 0);
    assert_int_equal(poller_state(wire->poller, "s0")->polls, 0);
    assert_int_equal(poller_state(wire->poller, "s1")->polls, 1);
    wire_await(wire, 1);
    assert_string_equal(wire->polls[0]->source_id, "s0");
    wire_finish_all(wire);
    wire_free(wire);
}

/* A restart polls nothing that is not due. */
static void test_restart(void **ctx)
{
    struct wire *wire = make("/feed");
    struct bw_source_state state;

    (void)ctx;
    wire_go_home(wire, wire_visit(wire), 1);
    source_state_init(&state);
    assert_int_equal(source_state_copy(&state, poller_state(wire->poller, "s0")), 0);
    poller_free(wire->poller);
    wire_make_poller(wire);
    poller_load_state(wire->poller, "s0", &state);
    poller_poll_due_once(wire->poller);
    wire_await_idle(wire);
    assert_int_equal(wire->n_requests, 1);
    /* the state of another URL is another source's */
    source_state_set(&state.url, "http://127.0.0.1/other");
    poller_free(wire->poller);
    wire_make_poller(wire);
    poller_load_state(wire->poller, "s0", &state);
    assert_int_equal(poller_state(wire->poller, "s0")->health, BW_HEALTH_NEW);
    source_state_clear(&state);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),          cmocka_unit_test(test_first_byte_timeout),
        cmocka_unit_test(test_total_timeout),  cmocka_unit_test(test_low_speed),
        cmocka_unit_test(test_statuses),       cmocka_unit_test(test_unasked_304),
        cmocka_unit_test(test_gone_stays),     cmocka_unit_test(test_header_values),
        cmocka_unit_test(test_lane),           cmocka_unit_test(test_slow_hosts_hold_nobody),
        cmocka_unit_test(test_replace_config), cmocka_unit_test(test_restart),
    };

    return cmocka_run_group_tests_name("poll: limits", tests, NULL, NULL);
}
