/* Redirects and credentials on the wire. Different loopback addresses are different hosts. */
#include "wire.h"

#include <unistd.h>

/* "/to/STATUS/HOST/PATH" answers STATUS with a Location of http://HOST:port/PATH. */
static void answer_script(struct evhttp_request *request, struct wire *wire)
{
    const char *uri = evhttp_request_get_uri(request);
    char location[256], host[64], path[128];
    int status;

    if (strncmp(uri, "http://feeds.example", 20) == 0) /* asked as a proxy */
        uri += 20;
    if (sscanf(uri, "/to/%d/%63[^/]%127s", &status, host, path) == 3) {
        snprintf(location, sizeof location, "http://%s:%d%s", host, wire->port, path);
        wire_header(request, "Location", location);
        wire_reply(request, status, "moved");
    } else if (sscanf(uri, "/raw/%127s", path) == 1) {
        wire_header(request, "Location", path);
        wire_reply(request, 302, "moved");
    } else if (strcmp(uri, "/loop-a") == 0) {
        wire_header(request, "Location", "/loop-b");
        wire_reply(request, 301, "moved");
    } else if (strcmp(uri, "/loop-b") == 0) {
        wire_header(request, "Location", "loop-a");
        wire_reply(request, 308, "moved");
    } else if (strncmp(uri, "/count/", 7) == 0) {
        snprintf(location, sizeof location, "/count/%d", atoi(uri + 7) + 1);
        wire_header(request, "Location", location);
        wire_reply(request, 302, "moved");
    } else if (strcmp(uri, "/nowhere") == 0) {
        wire_reply(request, 301, "moved");
    } else {
        wire_reply(request, 200, "<rss/>");
    }
}

static struct wire *make(const char *path)
{
    struct wire *wire = wire_new(answer_script);

    wire_add(wire, "127.0.0.1", path);
    wire_make_poller(wire);
    return wire;
}

/* Followed by hand, each hop a request of its own; saved after the third poll, then polled. */
static void test_permanent(void **ctx)
{
    struct wire *wire = make("/to/301/127.0.0.2/to/308/127.0.0.3/feed");
    const struct bw_source_state *state;
    struct bw_poll *poll;
    char target[64];

    (void)ctx;
    snprintf(target, sizeof target, "http://127.0.0.3:%d/feed", wire->port);
    for (int i = 0; i < 3; i++) {
        poll = wire_visit(wire);
        assert_int_equal(poll->error.code, BW_OK);
        assert_string_equal(poll->fetch.url, target);
        wire_go_home(wire, poll, 0);
        assert_int_equal(wire->n_requests, 3 * (i + 1));
    }
    assert_string_equal(wire->requests[2].path, "/feed");
    assert_string_equal(wire->requests[2].referer, "");
    state = poller_state(wire->poller, "s0");
    assert_string_equal(state->redirect_to, target);
    assert_string_equal(state->url, wire->urls[0]);
    wire_go_home(wire, wire_visit(wire), 0);
    assert_int_equal(wire->n_requests, 10);
    assert_string_equal(wire->requests[9].path, "/feed");
    wire_free(wire);
}

/* A temporary hop ends what can be saved. */
static void test_temporary(void **ctx)
{
    struct wire *wire = make("/to/301/127.0.0.2/to/302/127.0.0.3/feed");
    struct wire *other = make("/to/307/127.0.0.2/to/301/127.0.0.3/feed");
    char target[128];

    (void)ctx;
    snprintf(target, sizeof target, "http://127.0.0.2:%d/to/302/127.0.0.3/feed", wire->port);
    for (int i = 0; i < 3; i++) {
        wire_go_home(wire, wire_visit(wire), 0);
        wire_go_home(other, wire_visit(other), 0);
    }
    assert_string_equal(poller_state(wire->poller, "s0")->redirect_to, target);
    assert_null(poller_state(other->poller, "s0")->redirect_to);
    assert_null(poller_state(other->poller, "s0")->redirect_seen);
    wire_free(wire);
    wire_free(other);
}

static void check_refused(const char *path, int requests, const char *text)
{
    struct wire *wire = make(path);
    struct bw_poll *poll = wire_visit(wire);

    if (poll->fetch.result != BW_FETCH_REFUSED || strstr(poll->error.text, text) == NULL)
        fail_msg("%s: %d %s", path, (int)poll->fetch.result, poll->error.text);
    assert_int_equal(wire->n_requests, requests);
    assert_int_equal(poll->fetch.body.len, 0);
    wire_go_home(wire, poll, 0);
    assert_int_equal(poller_state(wire->poller, "s0")->health, BW_HEALTH_FAILING);
    wire_free(wire);
}

static void test_refused(void **ctx)
{
    (void)ctx;
    check_refused("/loop-a", 2, "in a circle");
    check_refused("/count/1", 6, "more than 5 redirects");
    check_refused("/raw/file:///etc/passwd", 1, "only http and https");
    check_refused("/raw/ftp://127.0.0.1/x", 1, "only http and https");
    check_refused("/raw/gopher://127.0.0.1/x", 1, "only http and https");
    check_refused("/raw/http://[bad", 1, "no URL");
}

static void test_without_location(void **ctx)
{
    struct wire *wire = make("/nowhere");
    struct bw_poll *poll = wire_visit(wire);

    (void)ctx;
    assert_int_equal(poll->fetch.result, BW_FETCH_HTTP_ERROR);
    assert_int_equal(poll->fetch.status, 301);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

/* Loopback is private: nothing is sent to it without allow_private. */
static void test_private(void **ctx)
{
    struct wire *wire = make("/feed");
    struct bw_poll *poll;

    (void)ctx;
    wire->sources[0].allow_private = false;
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_REFUSED);
    assert_non_null(strstr(poll->error.text, "private address 127.0.0.1"));
    wire_go_home(wire, poll, 0);
    assert_int_equal(wire->n_requests, 0);
    wire_free(wire);
}

/* A connection that one source may use is not lent to another that may not. */
static void test_private_reused(void **ctx)
{
    struct wire *wire = wire_new(answer_script);

    (void)ctx;
    wire_add(wire, "127.0.0.1", "/feed");
    wire_add(wire, "127.0.0.1", "/feed")->allow_private = false;
    wire->sources[0].polling.per_host = wire->sources[1].polling.per_host = 1;
    wire_make_poller(wire);
    poller_start(wire->poller);
    wire_await(wire, 2);
    for (int i = 0; i < 2; i++) {
        bool allowed = strcmp(wire->polls[i]->source_id, "s0") == 0;

        assert_int_equal(wire->polls[i]->fetch.result, allowed ? BW_FETCH_OK : BW_FETCH_REFUSED);
    }
    assert_int_equal(wire->n_requests, 1);
    wire_finish_all(wire);
    wire_free(wire);
}

/* Names that lead to private addresses are no way around it. */
static void test_private_name(void **ctx)
{
    struct wire *wire = wire_new(answer_script);
    struct bw_poll *poll;

    (void)ctx;
    wire_add(wire, "localhost", "/feed")->allow_private = false;
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_REFUSED);
    assert_int_equal(wire->n_requests, 0);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

/* The proxy resolves names: an address in the URL is refused before it is asked. */
static void test_private_through_proxy(void **ctx)
{
    struct wire *wire = wire_new(answer_script);
    struct bw_poll *poll;
    char proxy[64];

    (void)ctx;
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", wire->port);
    wire_add(wire, "10.0.0.1", "/feed")->allow_private = false;
    wire->sources[0].proxy = proxy;
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_REFUSED);
    assert_int_equal(wire->n_requests, 0);
    wire_go_home(wire, poll, 0);
    snprintf(wire->urls[0], sizeof wire->urls[0], "http://feeds.example/feed");
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    assert_int_equal(wire->n_requests, 1);
    assert_string_equal(wire->requests[0].host, "feeds.example");
    wire_go_home(wire, poll, 0);
    /* nor after a redirect */
    snprintf(wire->urls[0], sizeof wire->urls[0], "http://feeds.example/raw/http://[::1]/");
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_REFUSED);
    assert_int_equal(wire->n_requests, 2);
    assert_non_null(strstr(poll->error.text, "private address"));
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

static void make_secret(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Sent to the source's own host only, at each of its hops. */
static void test_credentials(void **ctx)
{
    struct wire *wire = wire_new(answer_script);
    char secret[] = "/tmp/blocwatch-secret-XXXXXX";
    struct bw_poll *poll;

    (void)ctx;
    make_secret(secret, "open sesame\n");
    wire_add(wire, "127.0.0.1", "/to/302/127.0.0.1/to/302/127.0.0.2/feed");
    wire->sources[0].username = "ali";
    wire->sources[0].password_file = secret;
    wire_make_poller(wire);
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_OK);
    wire_go_home(wire, poll, 0);
    assert_int_equal(wire->n_requests, 3);
    assert_string_equal(wire->requests[0].auth, "Basic YWxpOm9wZW4gc2VzYW1l");
    assert_string_equal(wire->requests[1].auth, wire->requests[0].auth);
    assert_string_equal(wire->requests[2].auth, "");
    unlink(secret);
    /* a secret that cannot be read is a failure that says so, not a request without it */
    poll = wire_visit(wire);
    assert_int_equal(poll->fetch.result, BW_FETCH_REFUSED);
    assert_non_null(strstr(poll->error.text, secret));
    assert_int_equal(wire->n_requests, 3);
    wire_go_home(wire, poll, 0);
    wire_free(wire);
}

/* A source that is given another URL while a visit is under way: what is configured for the new one
 * does not go to the old host. */
static void test_url_changed_meanwhile(void **ctx)
{
    struct wire *wire = make("/to/302/127.0.0.1/feed");
    struct bw_config_source changed;
    struct bw_config config;
    struct bw_error err = {0};

    (void)ctx;
    poller_start(wire->poller);
    while (wire->n_requests == 0)
        event_base_loop(wire->base, EVLOOP_ONCE);
    changed = wire->sources[0];
    changed.url = "http://127.0.0.9:1/";
    changed.username = "ali";
    config = wire->config;
    config.sources = &changed;
    assert_int_equal(poller_replace_config(wire->poller, &config, &err), 0);
    wire_await(wire, 1);
    assert_int_equal(wire->polls[0]->fetch.result, BW_FETCH_REFUSED);
    assert_int_equal(wire->n_requests, 1);
    wire_finish_all(wire);
    /* the state of the old URL is not the new one's */
    assert_int_equal(poller_state(wire->poller, "s0")->health, BW_HEALTH_NEW);
    wire_await(wire, 1);
    assert_int_equal(wire->polls[0]->fetch.result, BW_FETCH_CONNECT);
    wire_finish_all(wire);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_permanent),    cmocka_unit_test(test_temporary),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_without_location),
        cmocka_unit_test(test_private),      cmocka_unit_test(test_private_reused),
        cmocka_unit_test(test_private_name), cmocka_unit_test(test_private_through_proxy),
        cmocka_unit_test(test_credentials),  cmocka_unit_test(test_url_changed_meanwhile),
    };

    return cmocka_run_group_tests_name("poll: redirects", tests, NULL, NULL);
}
