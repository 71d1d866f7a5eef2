/* The heap, the lanes and the packed state. */
#include "lane.h"
#include "pack.h"
#include "schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IDS = 1000, STEPS = 20000 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Against a plain array: the earliest is always the earliest, whatever was put, moved, removed. */
static void test_heap(void **state)
{
    struct schedule schedule = {0};
    int64_t when[IDS], found;
    uint32_t seed = 1, id;

    (void)state;
    assert_int_equal(schedule_grow(&schedule, IDS / 2), 0);
    assert_int_equal(schedule_grow(&schedule, IDS), 0);
    assert_false(schedule_peek(&schedule, &id, &found));
    for (int i = 0; i < IDS; i++)
        when[i] = INT64_MAX;
    for (int step = 0; step < STEPS; step++) {
        int64_t earliest = INT64_MAX;

        id = next_random(&seed) % IDS;
        if (next_random(&seed) % 3 == 0) {
            schedule_remove(&schedule, id);
            when[id] = INT64_MAX;
        } else {
            when[id] = next_random(&seed) % 5000;
            schedule_put(&schedule, id, when[id]);
        }
        assert_int_equal(schedule_when(&schedule, id), when[id]);
        if (step % 50 != 0)
            continue;
        for (int i = 0; i < IDS; i++)
            earliest = when[i] < earliest ? when[i] : earliest;
        assert_int_equal(schedule_peek(&schedule, &id, &found), earliest < INT64_MAX);
        if (earliest == INT64_MAX)
            continue;
        assert_int_equal(found, earliest);
        assert_int_equal(when[id], earliest);
    }
    found = INT64_MIN;
    while (schedule.n > 0) {
        int64_t last = found;

        schedule_peek(&schedule, &id, &found);
        assert_true(found >= last);
        schedule_remove(&schedule, id);
        assert_false(schedule_has(&schedule, id));
    }
    schedule_clear(&schedule);
}

static void wait_in(struct lanes *lanes, const char *host, uint32_t slot, int64_t now_ms)
{
    struct ticket ticket = {.slot = slot, .per_host = 2, .gap_ms = 1000};

    assert_non_null(lanes_wait(lanes, host, &ticket, now_ms));
}

/* The slot that may go at `now_ms`, or -1. */
static int take_from(struct lanes *lanes, int64_t now_ms, struct lane **lane)
{
    struct ticket *ticket = lanes_take(lanes, now_ms);
    int slot = ticket == NULL ? -1 : (int)ticket->slot;

    if (ticket != NULL)
        *lane = ticket->lane;
    free(ticket);
    return slot;
}

static void test_lane_gap_and_width(void **state)
{
    struct lanes *lanes = lanes_new();
    struct lane *a, *b, *c;

    (void)state;
    for (uint32_t slot = 0; slot < 4; slot++)
        wait_in(lanes, "example.org", slot, 0);
    assert_int_equal(take_from(lanes, 0, &a), 0);
    assert_int_equal(take_from(lanes, 0, &b), -1);
    assert_int_equal(lanes_next_ms(lanes), 1000);
    assert_int_equal(take_from(lanes, 999, &b), -1);
    assert_int_equal(take_from(lanes, 1000, &b), 1);
    /* two are under way: the third waits for one of them, however long */
    assert_int_equal(take_from(lanes, 60000, &c), -1);
    assert_int_equal(lanes_next_ms(lanes), INT64_MAX);
    lanes_release(lanes, a, 60000);
    assert_int_equal(take_from(lanes, 60000, &c), 2);
    lanes_release(lanes, b, 60001);
    lanes_release(lanes, c, 60001);
    assert_int_equal(take_from(lanes, 60500, &c), -1);
    assert_int_equal(take_from(lanes, 61000, &c), 3);
    lanes_release(lanes, c, 61001);
    /* an idle lane remembers its gap, and is gone after it */
    assert_int_equal(lanes_count(lanes), 1);
    wait_in(lanes, "example.org", 9, 61500);
    assert_false(lanes_ready(lanes, 61999));
    assert_int_equal(take_from(lanes, 62000, &c), 9);
    lanes_release(lanes, c, 62001);
    assert_false(lanes_ready(lanes, 70000));
    assert_int_equal(lanes_count(lanes), 0);
    lanes_free(lanes);
}

/* Hosts take turns, however many wait at one of them. */
static void test_lanes_take_turns(void **state)
{
    struct lanes *lanes = lanes_new();
    struct lane *lane;
    int order[4];

    (void)state;
    for (uint32_t slot = 0; slot < 100; slot++) {
        struct ticket ticket = {.slot = slot, .per_host = 100, .gap_ms = 0};

        assert_non_null(lanes_wait(lanes, "big.example", &ticket, 0));
    }
    wait_in(lanes, "small.example", 200, 0);
    for (int i = 0; i < 4; i++)
        order[i] = take_from(lanes, 0, &lane);
    assert_int_equal(order[0], 0);
    assert_int_equal(order[1], 200);
    assert_int_equal(order[2], 1);
    assert_int_equal(order[3], 2);
    assert_int_equal(lanes_waiting(lanes), 97);
    lanes_free(lanes);
}

static void drop_odd(struct ticket *ticket, void *ctx)
{
    if (ticket->slot % 2 == 1)
        lanes_drop(ctx, ticket, 0);
}

/* A visit that follows a redirect goes before those that have not begun; waiting can be dropped. */
static void test_lane_order_and_drop(void **state)
{
    struct lanes *lanes = lanes_new();
    struct ticket hop = {.slot = 7, .visit = (struct visit *)(uintptr_t)lanes, .per_host = 9};
    struct lane *lane;
    char host[32];

    (void)state;
    for (uint32_t slot = 0; slot < 6; slot++) {
        struct ticket ticket = {.slot = slot, .per_host = 9};

        lanes_wait(lanes, "example.org", &ticket, 0);
    }
    for (uint32_t slot = 1001; slot < 1301; slot += 2) {
        snprintf(host, sizeof host, "host%u.example", slot);
        wait_in(lanes, host, slot, 0);
    }
    lanes_each(lanes, drop_odd, lanes);
    assert_int_equal(lanes_waiting(lanes), 3);
    assert_int_equal(lanes_count(lanes), 1);
    hop.slot = 8;
    lanes_wait(lanes, "example.org", &hop, 0);
    assert_int_equal(take_from(lanes, 0, &lane), 8);
    assert_int_equal(take_from(lanes, 0, &lane), 0);
    assert_int_equal(take_from(lanes, 0, &lane), 2);
    lanes_free(lanes);
}

static void test_pack(void **state)
{
    struct bw_source_state from, to;
    struct packed *packed;

    (void)state;
    source_state_init(&from);
    source_state_set(&from.url, "https://example.org/feed");
    source_state_set(&from.etag, "\"x\"");
    source_state_set(&from.redirect_to, "https://example.net/feed");
    source_state_set(&from.due_rule, "max-age");
    snprintf(from.body_hash, sizeof from.body_hash, "0123456789abcdef0123456789abcdef");
    from.health = BW_HEALTH_SLOW;
    from.last_result = BW_FETCH_TIMEOUT;
    from.last_status = 503;
    from.redirect_count = 2;
    from.failures = 3;
    from.ignored_validators = 4;
    from.raised = true;
    from.next_due = 5000000000;
    from.interval = 300;
    from.rhythm = 1200;
    from.last_poll = 6000000000;
    from.last_item = 7;
    from.failing_since = 8;
    from.publisher_interval = 3600;
    from.skip_hours = 0xffffff;
    from.skip_days = 0x7f;
    from.last_ms = 120000;
    from.last_bytes = 5000000000;
    from.polls = 9;
    from.items = 10;
    packed = pack_state(&from);
    assert_non_null(packed);
    assert_string_equal(packed_redirect_to(packed), from.redirect_to);
    assert_int_equal(unpack_state(packed, from.url, &to), 0);
    assert_string_equal(to.url, from.url);
    assert_string_equal(to.etag, from.etag);
    assert_null(to.last_modified);
    assert_null(to.redirect_seen);
    assert_string_equal(to.redirect_to, from.redirect_to);
    assert_null(to.why);
    assert_string_equal(to.due_rule, from.due_rule);
    assert_string_equal(to.body_hash, from.body_hash);
    assert_int_equal(to.health, from.health);
    assert_int_equal(to.last_result, from.last_result);
    assert_int_equal(to.last_status, 503);
    assert_int_equal(to.redirect_count, 2);
    assert_int_equal(to.failures, 3);
    assert_int_equal(to.ignored_validators, 4);
    assert_true(to.raised);
    assert_int_equal(to.next_due, from.next_due);
    assert_int_equal(to.interval, 300);
    assert_int_equal(to.rhythm, 1200);
    assert_int_equal(to.last_poll, from.last_poll);
    assert_true(to.last_success == BW_TIME_NONE);
    assert_int_equal(to.last_item, 7);
    assert_int_equal(to.failing_since, 8);
    assert_int_equal(to.publisher_interval, 3600);
    assert_int_equal(to.skip_hours, 0xffffff);
    assert_int_equal(to.skip_days, 0x7f);
    assert_int_equal(to.last_ms, 120000);
    assert_int_equal(to.last_bytes, from.last_bytes);
    assert_int_equal(to.polls, 9);
    assert_int_equal(to.items, 10);
    source_state_clear(&to);
    free(packed);
    source_state_clear(&from);

    assert_int_equal(unpack_state(NULL, "u", &to), 0);
    assert_int_equal(to.health, BW_HEALTH_NEW);
    assert_true(to.last_poll == BW_TIME_NONE);
    assert_null(packed_peek(NULL));
    assert_null(packed_redirect_to(NULL));
    source_state_clear(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heap),
        cmocka_unit_test(test_lane_gap_and_width),
        cmocka_unit_test(test_lanes_take_turns),
        cmocka_unit_test(test_lane_order_and_drop),
        cmocka_unit_test(test_pack),
    };

    return cmocka_run_group_tests_name("poll: schedule and lanes", tests, NULL, NULL);
}
