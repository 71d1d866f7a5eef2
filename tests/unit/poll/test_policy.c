/* Each rule of the politeness policy, one test a rule: see the table in policy.h. */
#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, ITEMS = 50 };

/* 2026-11-25T10:30:00Z, a Wednesday */
static const int64_t start = 1795602600;
static const char url[] = "https://example.org/feed";

/* One visit after the other to one source; fields are set, then visit() decides. */
struct fixture {
    struct bw_config_polling settings;
    struct policy_input in;
    struct bw_response response;
    struct bw_error error;
    struct bw_feed feed;
    struct bw_item items[ITEMS];
    struct bw_poll_outcome outcome;
    struct bw_source_state state;
    uint32_t actions;
};

static int set_up(void **state)
{
    static struct fixture fix;

    fix = (struct fixture){
        .settings = {.interval_floor = 5 * MINUTE,
                     .interval_ceiling = 4 * HOUR,
                     .retry_after_cap = 2 * DAY,
                     .backoff_cap = DAY,
                     .jitter = 0.1,
                     .failing_after = DAY},
        .outcome = {.newest = BW_TIME_NONE},
        .in = {.url = url, .result = BW_FETCH_OK, .status = 200, .now = start},
    };
    source_state_init(&fix.state);
    *state = &fix;
    return 0;
}

static int tear_down(void **state)
{
    source_state_clear(&((struct fixture *)*state)->state);
    return 0;
}

static void visit(struct fixture *fix)
{
    struct bw_source_state after;
    struct bw_error err = {0};

    fix->in.settings = &fix->settings;
    fix->in.before = &fix->state;
    fix->in.response = &fix->response;
    fix->in.error = &fix->error;
    fix->in.outcome = &fix->outcome;
    assert_int_equal(policy_decide(&fix->in, &after, &fix->actions, &err), 0);
    source_state_clear(&fix->state);
    fix->state = after;
    assert_string_equal(fix->state.url, url);
    assert_int_equal(fix->state.last_poll, fix->in.now);
}

static int64_t delay(const struct fixture *fix)
{
    return fix->state.next_due - fix->in.now;
}

/* The next visit happens when it is due. */
static void advance(struct fixture *fix)
{
    fix->in.now = fix->state.next_due;
}

static void answer(struct fixture *fix, enum bw_fetch_result result, long status)
{
    fix->in.result = result;
    fix->in.status = status;
    fix->error = (struct bw_error){0};
    if (result != BW_FETCH_OK && result != BW_FETCH_NOT_MODIFIED)
        error_set(&fix->error, BW_ERR_NETWORK, "it failed");
    fix->in.feed = NULL;
    fix->outcome.n_new = 0;
}

/* A document of `n` items, the newest `age` old, one every `gap`; all are new. */
static void publish(struct fixture *fix, size_t n, int64_t age, int64_t gap)
{
    answer(fix, BW_FETCH_OK, 200);
    for (size_t i = 0; i < n; i++)
        fix->items[i].published = fix->in.now - age - (int64_t)i * gap;
    fix->feed.items = fix->items;
    fix->feed.n_items = n;
    fix->in.feed = &fix->feed;
    fix->outcome.n_new = n;
}

static void assert_due(const struct fixture *fix, int64_t least, const char *rule)
{
    if (strcmp(fix->state.due_rule, rule) != 0 || delay(fix) < least ||
        delay(fix) > least + least / 10 + 1)
        fail_msg("due in %lld s by %s, expected %lld s by %s", (long long)delay(fix),
                 fix->state.due_rule, (long long)least, rule);
}

/* --- the interval ---------------------------------------------------------------------------- */

static void test_configured_interval(void **state)
{
    struct fixture *fix = *state;

    fix->settings.interval = 20 * MINUTE;
    publish(fix, 10, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 20 * MINUTE, "interval");
}

/* Polled four times between two items, within floor and ceiling. */
static void test_adaptive_interval(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
    assert_int_equal(fix->state.rhythm, MINUTE);
    publish(fix, 20, 2 * HOUR, 2 * HOUR);
    visit(fix);
    assert_due(fix, 30 * MINUTE, "adaptive");
    publish(fix, 20, 30 * DAY, 30 * DAY);
    visit(fix);
    assert_due(fix, 4 * HOUR, "adaptive");
}

/* A source that was slow and publishes now is polled near the floor at once. */
static void test_breaking_news(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, 2 * DAY, 2 * DAY);
    visit(fix);
    assert_due(fix, 4 * HOUR, "adaptive");
    advance(fix);
    publish(fix, 20, 2 * DAY, 2 * DAY);
    for (int i = 0; i < 5; i++)
        fix->items[i].published = fix->in.now - i * 4 * MINUTE;
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

/* Without anything new it is polled more and more rarely, up to the ceiling, never faster. */
static void test_silence_slows_down(void **state)
{
    struct fixture *fix = *state;
    int64_t last = 0;
    int polls = 0;

    publish(fix, 20, MINUTE, 10 * MINUTE);
    visit(fix);
    for (; fix->in.now < start + 4 * DAY; polls++) {
        advance(fix);
        answer(fix, BW_FETCH_NOT_MODIFIED, 304);
        fix->settings.jitter = 0;
        visit(fix);
        assert_true(delay(fix) >= last);
        last = delay(fix);
    }
    assert_int_equal(last, 4 * HOUR);
    assert_in_range(polls, 80, 130);
}

/* No dates in the document: the gaps between what was new. */
static void test_rhythm_without_dates(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 10, 0, 0);
    for (int i = 0; i < 10; i++)
        fix->items[i].published = BW_TIME_NONE;
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
    assert_int_equal(fix->state.rhythm, 0);
    fix->in.now += 8 * HOUR;
    fix->outcome.n_new = 2;
    visit(fix);
    assert_int_equal(fix->state.rhythm, 4 * HOUR);
    assert_due(fix, HOUR, "adaptive");
    assert_int_equal(fix->state.items, 12);
}

/* Dates of the future count as now, and one old item does not make a rhythm. */
static void test_rhythm_from_odd_dates(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 2, -DAY, 10 * DAY);
    visit(fix);
    assert_int_equal(fix->state.rhythm, 0);
    publish(fix, 10, -DAY, 0);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

/* Chance only adds, up to the share that is configured. */
static void test_jitter(void **state)
{
    struct fixture *fix = *state;
    int64_t least = INT64_MAX, most = 0;

    fix->settings.interval = HOUR;
    for (uint64_t i = 0; i < 1000; i++) {
        fix->in.random = i * 0x9e3779b97f4a7c15;
        visit(fix);
        least = delay(fix) < least ? delay(fix) : least;
        most = delay(fix) > most ? delay(fix) : most;
    }
    assert_in_range(least, HOUR, HOUR + 5);
    assert_in_range(most, HOUR + 350, HOUR + 360);
}

/* A server that sends the whole each time is polled half as often, until it answers 304. */
static void test_ignores_validators(void **state)
{
    struct fixture *fix = *state;

    fix->response.etag = strdup("\"x\"");
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    for (int i = 1; i <= 3; i++) {
        assert_due(fix, 5 * MINUTE, "adaptive");
        fix->in.now += 5 * MINUTE;
        answer(fix, BW_FETCH_NOT_MODIFIED, 200);
        visit(fix);
        assert_int_equal(fix->state.ignored_validators, i);
    }
    assert_due(fix, 10 * MINUTE, "ignores-validators");
    assert_int_equal(fix->state.health, BW_HEALTH_SLOW);
    assert_non_null(strstr(fix->state.why, "whole document"));
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
    assert_null(fix->state.why);
    response_clear(&fix->response);
}

static void test_local_file(void **state)
{
    struct fixture *fix = *state;
    struct bw_source_state after;
    struct bw_error err = {0};

    publish(fix, 20, 300 * DAY, DAY);
    visit(fix);
    fix->in.url = "file:/feed.xml";
    fix->in.before = &fix->state;
    assert_int_equal(policy_decide(&fix->in, &after, &fix->actions, &err), 0);
    assert_string_equal(after.due_rule, "local-file");
    assert_in_range(after.next_due - fix->in.now, 5 * MINUTE, 5 * MINUTE + 30);
    source_state_clear(&after);
}

/* --- what the publisher asks for ------------------------------------------------------------- */

static void test_ttl_and_update_period(void **state)
{
    struct fixture *fix = *state;

    fix->feed.ttl_minutes = 60;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, HOUR, "publisher-interval");
    /* remembered for the 304s that follow */
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_due(fix, HOUR, "publisher-interval");
    /* sy:updatePeriod is the longer one; a year is a mistake */
    fix->feed.update_seconds = 2 * HOUR;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 2 * HOUR, "publisher-interval");
    fix->feed.update_seconds = 365 * DAY;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_in_range(delay(fix), DAY, DAY + HOUR);
    assert_int_equal(fix->state.health, BW_HEALTH_SLOW);
    /* the next document says nothing of it any more */
    fix->feed.update_seconds = fix->feed.ttl_minutes = 0;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

/* Also faster than the ceiling allows, but never faster than the interval. */
static void test_short_ttl(void **state)
{
    struct fixture *fix = *state;

    fix->feed.ttl_minutes = 1;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

static void test_max_age(void **state)
{
    struct fixture *fix = *state;

    fix->response.cache_control = strdup("max-age=3600");
    fix->response.age = strdup("600");
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 3000, "max-age");
    /* on a 304 as well */
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_due(fix, 3000, "max-age");
    /* a year of it is a mistake */
    source_state_set(&fix->response.cache_control, "max-age=31536000");
    visit(fix);
    assert_in_range(delay(fix), DAY, DAY + HOUR);
    source_state_set(&fix->response.cache_control, "max-age=60");
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
    response_clear(&fix->response);
}

static void test_expires(void **state)
{
    struct fixture *fix = *state;

    /* a server whose clock is years behind */
    fix->response.date = strdup("Sun, 06 Nov 1994 08:49:37 GMT");
    fix->response.expires = strdup("Sun, 06 Nov 1994 09:49:37 GMT");
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, HOUR, "expires");
    response_clear(&fix->response);
}

/* The latest of all wishes counts. */
static void test_latest_wins(void **state)
{
    struct fixture *fix = *state;

    fix->response.cache_control = strdup("max-age=1800");
    fix->feed.ttl_minutes = 45;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 45 * MINUTE, "publisher-interval");
    fix->feed.ttl_minutes = 15;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 30 * MINUTE, "max-age");
    response_clear(&fix->response);
}

static int hour_of(int64_t when)
{
    return (int)(when % DAY / HOUR);
}

static void test_skip_hours(void **state)
{
    struct fixture *fix = *state;

    /* 10:35 is in a skipped hour: the next that is not begins at 13:00 */
    fix->feed.skip_hours = 1U << 10 | 1U << 11 | 1U << 12;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_string_equal(fix->state.due_rule, "skip-hours");
    assert_in_range(fix->state.next_due, start + 150 * MINUTE, start + 155 * MINUTE);
    /* over midnight, remembered for a 304 */
    fix->feed.skip_hours = 0xfffffe;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(hour_of(fix->state.next_due), 0);
    assert_true(delay(fix) < DAY);
    /* all hours: a mistake */
    fix->feed.skip_hours = 0xffffff;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

static void test_skip_days(void **state)
{
    struct fixture *fix = *state;

    /* Wednesday and Thursday: the next is Friday, 2026-11-27T00:00Z */
    fix->feed.skip_days = 1U << 2 | 1U << 3;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_string_equal(fix->state.due_rule, "skip-days");
    assert_in_range(fix->state.next_due, 1795737600, 1795737600 + 5 * MINUTE);
    /* Thursday only: today is fine */
    fix->feed.skip_days = 1U << 3;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
    fix->feed.skip_days = 0x7f;
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "adaptive");
}

/* --- failures -------------------------------------------------------------------------------- */

static void test_backoff(void **state)
{
    struct fixture *fix = *state;
    static const int64_t delays[] = {5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440};

    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    fix->settings.failing_after = 100 * DAY;
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        answer(fix, BW_FETCH_TIMEOUT, 0);
        visit(fix);
        assert_due(fix, delays[i] * MINUTE, "backoff");
        assert_int_equal(fix->state.failures, i + 1);
        assert_int_equal(fix->state.health, BW_HEALTH_FAILING);
        assert_string_equal(fix->state.why, "it failed");
        assert_int_equal(fix->state.failing_since, start);
        advance(fix);
    }
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_int_equal(fix->state.failures, 0);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
    assert_true(fix->state.failing_since == BW_TIME_NONE);
}

/* What a retry seldom mends is asked again half as often. */
static void test_refusals(void **state)
{
    struct fixture *fix = *state;
    static const struct {
        enum bw_fetch_result result;
        long status;
        int64_t minutes;
    } rows[] = {
        {BW_FETCH_HTTP_ERROR, 401, 10}, {BW_FETCH_HTTP_ERROR, 403, 10},
        {BW_FETCH_HTTP_ERROR, 404, 10}, {BW_FETCH_TLS, 0, 10},
        {BW_FETCH_TOO_LARGE, 200, 10},  {BW_FETCH_REFUSED, 0, 10},
        {BW_FETCH_HTTP_ERROR, 408, 5},  {BW_FETCH_HTTP_ERROR, 429, 10},
        {BW_FETCH_HTTP_ERROR, 500, 5},  {BW_FETCH_HTTP_ERROR, 503, 5},
        {BW_FETCH_DNS, 0, 5},           {BW_FETCH_CONNECT, 0, 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        source_state_clear(&fix->state);
        answer(fix, rows[i].result, rows[i].status);
        visit(fix);
        assert_due(fix, rows[i].minutes * MINUTE, "backoff");
        assert_int_equal(fix->state.last_status, rows[i].status);
        assert_int_equal(fix->state.last_result, rows[i].result);
    }
    /* a 200 that is no feed */
    source_state_clear(&fix->state);
    answer(fix, BW_FETCH_OK, 200);
    error_set(&fix->error, BW_ERR_FORMAT, "it is no feed");
    fix->response.etag = strdup("\"x\"");
    visit(fix);
    assert_due(fix, 10 * MINUTE, "backoff");
    assert_null(fix->state.etag);
    response_clear(&fix->response);
}

static void test_retry_after(void **state)
{
    struct fixture *fix = *state;

    fix->response.retry_after = strdup("7200");
    answer(fix, BW_FETCH_HTTP_ERROR, 503);
    visit(fix);
    assert_due(fix, 2 * HOUR, "retry-after");
    source_state_clear(&fix->state);
    answer(fix, BW_FETCH_HTTP_ERROR, 429);
    visit(fix);
    assert_due(fix, 2 * HOUR, "retry-after");
    /* as a date, on the server's clock */
    source_state_set(&fix->response.retry_after, "Sun, 06 Nov 1994 18:49:37 GMT");
    fix->response.date = strdup("Sun, 06 Nov 1994 08:49:37 GMT");
    source_state_clear(&fix->state);
    visit(fix);
    assert_string_equal(fix->state.due_rule, "retry-after");
    assert_in_range(delay(fix), 10 * HOUR, 10 * HOUR + 24 * MINUTE);
    /* at most two days */
    source_state_set(&fix->response.retry_after, "99999999");
    source_state_clear(&fix->state);
    visit(fix);
    assert_in_range(delay(fix), 2 * DAY, 2 * DAY + 24 * MINUTE);
    /* shorter than the back-off: that holds */
    source_state_set(&fix->response.retry_after, "1");
    source_state_clear(&fix->state);
    answer(fix, BW_FETCH_HTTP_ERROR, 503);
    visit(fix);
    assert_due(fix, 5 * MINUTE, "backoff");
    response_clear(&fix->response);
}

/* A server that limits us is polled half as often from then on, until it publishes again. */
static void test_rate_limit_is_remembered(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    answer(fix, BW_FETCH_HTTP_ERROR, 429);
    visit(fix);
    assert_due(fix, 10 * MINUTE, "backoff");
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_due(fix, 10 * MINUTE, "adaptive");
}

static void test_failure_keeps_validators(void **state)
{
    struct fixture *fix = *state;

    fix->response.etag = strdup("W/\"x\"");
    fix->response.last_modified = strdup("Sun, 06 Nov 1994 08:49:37 GMT");
    fix->in.body_hash = "0123456789abcdef0123456789abcdef";
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_string_equal(fix->state.etag, "W/\"x\"");
    response_clear(&fix->response);
    fix->in.body_hash = NULL;
    answer(fix, BW_FETCH_HTTP_ERROR, 500);
    visit(fix);
    assert_string_equal(fix->state.etag, "W/\"x\"");
    assert_non_null(fix->state.last_modified);
    /* a 304 renews what it names and keeps the rest */
    fix->response.etag = strdup("\"y\"");
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_string_equal(fix->state.etag, "\"y\"");
    assert_string_equal(fix->state.last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_string_equal(fix->state.body_hash, "0123456789abcdef0123456789abcdef");
    /* a 200 replaces both */
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_string_equal(fix->state.etag, "\"y\"");
    assert_null(fix->state.last_modified);
    response_clear(&fix->response);
}

/* --- redirects and 410 ----------------------------------------------------------------------- */

static void test_permanent_redirect(void **state)
{
    struct fixture *fix = *state;

    fix->in.permanent_to = "https://example.net/feed";
    for (int i = 1; i < POLICY_MOVED_AFTER; i++) {
        answer(fix, BW_FETCH_NOT_MODIFIED, 304);
        visit(fix);
        assert_int_equal(fix->actions, 0);
        assert_null(fix->state.redirect_to);
        assert_int_equal(fix->state.redirect_count, i);
    }
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_LOG_MOVED);
    assert_string_equal(fix->state.redirect_to, "https://example.net/feed");
    assert_null(fix->state.redirect_seen);
    /* the new address fails: after as many polls the old one is asked again */
    fix->in.permanent_to = NULL;
    for (int i = 0; i < POLICY_MOVED_AFTER; i++) {
        assert_non_null(fix->state.redirect_to);
        answer(fix, BW_FETCH_DNS, 0);
        visit(fix);
    }
    assert_null(fix->state.redirect_to);
}

/* Another target, or none, starts the count afresh. */
static void test_redirect_must_hold(void **state)
{
    struct fixture *fix = *state;
    static const char *const targets[] = {"https://a.example/", "https://a.example/",
                                          "https://b.example/", "https://a.example/",
                                          "https://a.example/", NULL,
                                          "https://a.example/", "https://a.example/"};

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        fix->in.permanent_to = targets[i];
        visit(fix);
        assert_null(fix->state.redirect_to);
    }
    assert_int_equal(fix->state.redirect_count, 2);
}

static void test_redirect_to_http_is_not_saved(void **state)
{
    struct fixture *fix = *state;

    fix->in.permanent_to = "http://example.org/feed";
    for (int i = 0; i < 10; i++)
        visit(fix);
    assert_null(fix->state.redirect_to);
    assert_null(fix->state.redirect_seen);
}

/* Moved back: the configured address is polled again. */
static void test_redirect_home(void **state)
{
    struct fixture *fix = *state;

    source_state_set(&fix->state.redirect_to, "https://example.net/feed");
    fix->in.permanent_to = url;
    for (int i = 0; i < POLICY_MOVED_AFTER; i++)
        visit(fix);
    assert_null(fix->state.redirect_to);
    assert_int_equal(fix->actions, BW_ACTION_LOG_MOVED);
}

static void test_gone(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    answer(fix, BW_FETCH_HTTP_ERROR, 410);
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_GONE);
    assert_int_equal(fix->state.health, BW_HEALTH_GONE);
    assert_true(fix->state.next_due == BW_TIME_NONE);
    assert_string_equal(fix->state.due_rule, "gone");
    assert_non_null(strstr(fix->state.why, "410"));
    /* asked for by hand, gone as before: told once */
    visit(fix);
    assert_int_equal(fix->actions, 0);
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_BACK);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
}

/* A 410 at an address that we were sent to: the configured one has the last word. */
static void test_gone_after_move(void **state)
{
    struct fixture *fix = *state;

    source_state_set(&fix->state.redirect_to, "https://example.net/feed");
    answer(fix, BW_FETCH_HTTP_ERROR, 410);
    visit(fix);
    assert_null(fix->state.redirect_to);
    assert_int_equal(fix->state.health, BW_HEALTH_FAILING);
    assert_due(fix, 10 * MINUTE, "backoff");
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_GONE);
}

/* --- health ---------------------------------------------------------------------------------- */

/* Told once when failing for a day, and once when it is back. */
static void test_failing_is_told_once(void **state)
{
    struct fixture *fix = *state;
    int raised = 0;

    while (fix->in.now < start + 5 * DAY) {
        answer(fix, BW_FETCH_CONNECT, 0);
        visit(fix);
        if (fix->actions == BW_ACTION_RAISE_FAILING) {
            raised++;
            assert_true(fix->in.now - start >= DAY);
        } else {
            assert_int_equal(fix->actions, 0);
        }
        advance(fix);
    }
    assert_int_equal(raised, 1);
    assert_true(fix->state.raised);
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_BACK);
    assert_false(fix->state.raised);
    visit(fix);
    assert_int_equal(fix->actions, 0);
}

static void test_silent(void **state)
{
    struct fixture *fix = *state;
    int raised = 0;

    /* one item an hour: the least silence that counts is three days */
    publish(fix, 20, HOUR, HOUR);
    visit(fix);
    while (fix->in.now < start + 6 * DAY) {
        advance(fix);
        answer(fix, BW_FETCH_NOT_MODIFIED, 304);
        visit(fix);
        if (fix->actions == BW_ACTION_RAISE_SILENT) {
            raised++;
            assert_in_range(fix->in.now - start, 3 * DAY, 3 * DAY + 5 * HOUR);
            assert_int_equal(fix->state.health, BW_HEALTH_SILENT);
            assert_memory_equal(fix->state.why, "no new item for 3d", 18);
            assert_non_null(strstr(fix->state.why, "; one every 1h is usual"));
        }
    }
    assert_int_equal(raised, 1);
    publish(fix, 1, MINUTE, 0);
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_BACK);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
}

/* A weekly source is not silent after nine weeks, and one without rhythm never is. */
static void test_not_silent(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, HOUR, 7 * DAY);
    visit(fix);
    fix->in.now += 69 * DAY;
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
    fix->in.now += 2 * DAY;
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_SILENT);

    source_state_clear(&fix->state);
    publish(fix, 1, HOUR, 0);
    visit(fix);
    fix->in.now += 900 * DAY;
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
}

/* A feed that had ended before we came is no news: its silence is counted from then. */
static void test_old_feed_is_not_silent_at_first(void **state)
{
    struct fixture *fix = *state;

    publish(fix, 20, 700 * DAY, HOUR);
    visit(fix);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
    assert_int_equal(fix->actions, 0);
    assert_due(fix, 4 * HOUR, "adaptive");
}

static void test_quarantine(void **state)
{
    struct fixture *fix = *state;

    fix->response.etag = strdup("\"poison\"");
    fix->in.body_hash = "0123456789abcdef0123456789abcdef";
    answer(fix, BW_FETCH_OK, 200);
    error_set(&fix->error, BW_ERR_LIMIT, "the document ended 2 readers");
    fix->outcome.poison = true;
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_QUARANTINED);
    assert_int_equal(fix->state.health, BW_HEALTH_QUARANTINED);
    assert_string_equal(fix->state.why, "the document ended 2 readers");
    assert_due(fix, 4 * HOUR, "quarantine");
    /* the same bytes are not read again */
    assert_string_equal(fix->state.etag, "\"poison\"");
    fix->outcome.poison = false;
    fix->in.body_hash = NULL;
    answer(fix, BW_FETCH_NOT_MODIFIED, 304);
    visit(fix);
    assert_int_equal(fix->actions, 0);
    assert_int_equal(fix->state.health, BW_HEALTH_QUARANTINED);
    assert_string_equal(fix->state.why, "the document ended 2 readers");
    assert_due(fix, 4 * HOUR, "quarantine");
    /* another document heals it */
    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    assert_int_equal(fix->actions, BW_ACTION_RAISE_BACK);
    assert_int_equal(fix->state.health, BW_HEALTH_OK);
    response_clear(&fix->response);
}

/* The same question has the same answer, and the state before is not touched. */
static void test_pure(void **state)
{
    struct fixture *fix = *state;
    struct bw_source_state a, b;
    uint32_t actions;
    struct bw_error err;

    publish(fix, 20, MINUTE, MINUTE);
    visit(fix);
    fix->in.before = &fix->state;
    fix->in.random = 1234567890123456789;
    assert_int_equal(policy_decide(&fix->in, &a, &actions, &err), 0);
    assert_int_equal(policy_decide(&fix->in, &b, &actions, &err), 0);
    assert_int_equal(a.next_due, b.next_due);
    assert_int_equal(a.polls, 2);
    assert_int_equal(fix->state.polls, 1);
    source_state_clear(&a);
    source_state_clear(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_configured_interval),
        TEST(test_adaptive_interval),
        TEST(test_breaking_news),
        TEST(test_silence_slows_down),
        TEST(test_rhythm_without_dates),
        TEST(test_rhythm_from_odd_dates),
        TEST(test_jitter),
        TEST(test_ignores_validators),
        TEST(test_local_file),
        TEST(test_ttl_and_update_period),
        TEST(test_short_ttl),
        TEST(test_max_age),
        TEST(test_expires),
        TEST(test_latest_wins),
        TEST(test_skip_hours),
        TEST(test_skip_days),
        TEST(test_backoff),
        TEST(test_refusals),
        TEST(test_retry_after),
        TEST(test_rate_limit_is_remembered),
        TEST(test_failure_keeps_validators),
        TEST(test_permanent_redirect),
        TEST(test_redirect_must_hold),
        TEST(test_redirect_to_http_is_not_saved),
        TEST(test_redirect_home),
        TEST(test_gone),
        TEST(test_gone_after_move),
        TEST(test_failing_is_told_once),
        TEST(test_silent),
        TEST(test_not_silent),
        TEST(test_old_feed_is_not_silent_at_first),
        TEST(test_quarantine),
        TEST(test_pure),
    };

    return cmocka_run_group_tests_name("poll: policy", tests, NULL, NULL);
}
