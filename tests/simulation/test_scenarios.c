/* One server after the other, each for a week: what it sees of us, and how soon we see it. */
#include "sim.h"

static struct sim *run_week(uint32_t manners, int64_t wish, int64_t gap, int64_t skew)
{
    struct sim *sim = sim_new(4);
    struct sim_server *server = sim_add_server(sim, manners, wish);

    server->skew = skew;
    sim_add_feed(sim, server, gap, false, 7);
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 7 * SIM_DAY);
    sim_check_manners(sim);
    return sim;
}

static const struct bw_source_state *get_state(struct sim *sim)
{
    return poller_state(sim->poller, "s0");
}

static void check_requests(const struct sim *sim, uint64_t least, uint64_t most)
{
    if (sim->servers[0].requests < least || sim->servers[0].requests > most)
        fail_msg("%llu requests in a week, expected %llu to %llu",
                 (unsigned long long)sim->servers[0].requests, (unsigned long long)least,
                 (unsigned long long)most);
}

/* Breaking news, one item in ten minutes: polled near the floor, seen within minutes. */
static void test_polite_breaking(void **ctx)
{
    struct sim *sim = run_week(SIM_POLITE, 0, 10 * SIM_MINUTE, 0);

    (void)ctx;
    check_requests(sim, 1700, 2016);
    assert_in_range(sim->servers[0].most_per_hour, 10, 12);
    assert_in_range(sim_delay(&sim->feeds[0], 0.5), 60, 180);
    assert_in_range(sim_delay(&sim->feeds[0], 1), 200, 330);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_OK);
    sim_free(sim);
}

/* One item in six hours: some twenty polls a day, nearly all of them 304. */
static void test_polite_slow(void **ctx)
{
    struct sim *sim = run_week(SIM_POLITE, 0, 6 * SIM_HOUR, 0);

    (void)ctx;
    check_requests(sim, 90, 200);
    assert_true(sim->servers[0].whole <= 30);
    assert_true(sim->servers[0].bytes < 30 * SIM_BYTES + 200 * SIM_304_BYTES);
    assert_true(sim_delay(&sim->feeds[0], 0.5) < SIM_HOUR);
    sim_free(sim);
}

/* Ended a month ago: near the ceiling. */
static void test_dead_feed(void **ctx)
{
    struct sim *sim = sim_new(1);

    (void)ctx;
    sim_add_feed(sim, sim_add_server(sim, SIM_POLITE, 0), SIM_DAY, false, -25);
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 7 * SIM_DAY);
    sim_check_manners(sim);
    check_requests(sim, 38, 43);
    assert_int_equal(sim->servers[0].whole, 1);
    assert_int_equal(sim->servers[0].most_per_hour, 1);
    sim_free(sim);
}

static void test_wishes(void **ctx)
{
    static const uint32_t manners[] = {SIM_MAX_AGE, SIM_EXPIRES, SIM_TTL};

    (void)ctx;
    for (size_t i = 0; i < 3; i++) {
        /* the server itself counts who comes too early */
        struct sim *sim = run_week(manners[i], SIM_HOUR, 10 * SIM_MINUTE, 0);

        check_requests(sim, 150, 168);
        sim_free(sim);
        /* its clock is a day behind, or ahead: nothing changes */
        sim = run_week(manners[i], SIM_HOUR, 10 * SIM_MINUTE, -SIM_DAY);
        check_requests(sim, 150, 168);
        sim_free(sim);
        sim = run_week(manners[i], SIM_HOUR, 10 * SIM_MINUTE, SIM_DAY);
        check_requests(sim, 150, 168);
        sim_free(sim);
    }
}

static void test_skewed_breaking(void **ctx)
{
    struct sim *sim = run_week(SIM_POLITE, 0, 10 * SIM_MINUTE, 3 * SIM_HOUR);

    (void)ctx;
    check_requests(sim, 1700, 2016);
    sim_free(sim);
    /* a wrong time zone: its items seem three hours old when they appear */
    sim = run_week(SIM_POLITE, 0, 10 * SIM_MINUTE, -3 * SIM_HOUR);
    check_requests(sim, 1700, 2016);
    assert_true(sim_delay(&sim->feeds[0], 0.5) < 3 * SIM_MINUTE);
    sim_free(sim);
}

/* Nobody comes at night. */
static void test_skip_night(void **ctx)
{
    struct sim *sim = run_week(SIM_SKIP_NIGHT, 0, 10 * SIM_MINUTE, 0);

    (void)ctx;
    check_requests(sim, 1100, 1440);
    assert_in_range(sim->servers[0].last_request % SIM_DAY, 5 * SIM_HOUR, 22 * SIM_HOUR);
    sim_free(sim);
}

/* The whole document each time: half as often. */
static void test_rude(void **ctx)
{
    struct sim *sim = run_week(SIM_NO_VALIDATORS, 0, 40 * SIM_MINUTE, 0);
    struct sim *other = run_week(SIM_IGNORES, 0, 40 * SIM_MINUTE, 0);
    struct sim *polite = run_week(SIM_POLITE, 0, 40 * SIM_MINUTE, 0);

    (void)ctx;
    assert_int_equal(get_state(sim)->health, BW_HEALTH_SLOW);
    assert_int_equal(get_state(other)->health, BW_HEALTH_SLOW);
    assert_int_equal(get_state(polite)->health, BW_HEALTH_OK);
    assert_true(sim->servers[0].requests * 10 < polite->servers[0].requests * 6);
    assert_true(other->servers[0].requests * 10 < polite->servers[0].requests * 6);
    assert_true(sim_delay(&sim->feeds[0], 0.5) < 15 * SIM_MINUTE);
    sim_free(sim);
    sim_free(other);
    sim_free(polite);
}

/* Another body each time with the same items in it: nothing is new, so it counts as unchanged. */
static void test_rewriting(void **ctx)
{
    struct sim *sim = run_week(SIM_REWRITES | SIM_NO_VALIDATORS, 0, 6 * SIM_HOUR, 0);

    (void)ctx;
    check_requests(sim, 40, 200);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_SLOW);
    assert_int_equal(get_state(sim)->items, SIM_WINDOW + sim->feeds[0].n_delays);
    sim_free(sim);
}

/* 429 to who comes within the hour: the time that it gives is kept to the second, and it is asked
 * less often from then on. */
static void test_rate_limit(void **ctx)
{
    struct sim *sim = run_week(SIM_RATE_LIMIT, SIM_HOUR, 10 * SIM_MINUTE, 0);

    (void)ctx;
    check_requests(sim, 150, 345);
    assert_true(sim->servers[0].most_per_hour <= 3);
    sim_free(sim);
}

static void test_busy(void **ctx)
{
    struct sim *sim = run_week(SIM_BUSY, 2 * SIM_HOUR, 10 * SIM_MINUTE, -SIM_DAY);

    (void)ctx;
    check_requests(sim, 500, 1000);
    assert_int_equal(sim->feeds[0].raised[1], 0);
    sim_free(sim);
}

/* Ten tries on the first day, one a day from then on; told once. */
static void test_dead_host(void **ctx)
{
    struct sim *sim = run_week(SIM_DEAD, 0, SIM_HOUR, 0);

    (void)ctx;
    check_requests(sim, 12, 16);
    assert_int_equal(sim->feeds[0].raised[1], 1);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_FAILING);
    sim_free(sim);
}

/* Dead for three days, then well: told once when failing, once when back, and quick again. */
static void test_back(void **ctx)
{
    struct sim *sim = run_week(SIM_BACK, 0, 10 * SIM_MINUTE, 0);

    (void)ctx;
    assert_int_equal(sim->feeds[0].raised[1], 1);
    assert_int_equal(sim->feeds[0].raised[4], 1);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_OK);
    check_requests(sim, 800, 1200);
    sim_free(sim);
}

static void test_flapping(void **ctx)
{
    struct sim *sim = run_week(SIM_FLAPPING, 0, 10 * SIM_MINUTE, 0);

    (void)ctx;
    check_requests(sim, 1000, 2016);
    assert_int_equal(sim->feeds[0].raised[1], 0);
    /* down for half an hour, and found up again soon after */
    assert_true(sim_delay(&sim->feeds[0], 1) < 75 * SIM_MINUTE);
    sim_free(sim);
}

/* 410 on the third day: told once, never asked again. */
static void test_gone(void **ctx)
{
    struct sim *sim = run_week(SIM_GONE, 0, 10 * SIM_MINUTE, 0);

    (void)ctx;
    assert_int_equal(sim->feeds[0].raised[0], 1);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_GONE);
    assert_true(sim->servers[0].last_request < SIM_START + 3 * SIM_DAY + 10 * SIM_MINUTE);
    sim_free(sim);
}

static struct sim *run_moved(uint32_t manners)
{
    struct sim *sim = sim_new(2);
    struct sim_server *from = sim_add_server(sim, manners, 0);

    from->moved_to = "http://h1.example/feed";
    sim_add_feed(sim, from, 10 * SIM_MINUTE, false, 7);
    sim_add_server(sim, SIM_POLITE, 0);
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 7 * SIM_DAY);
    sim_check_manners(sim);
    return sim;
}

/* The old address is asked three times, then no more. */
static void test_moved(void **ctx)
{
    struct sim *sim = run_moved(SIM_MOVED);

    (void)ctx;
    assert_int_equal(sim->servers[0].requests, 3);
    assert_true(sim->servers[1].requests > 1700);
    assert_int_equal(sim->feeds[0].moved, 1);
    sim_free(sim);
}

static void test_moved_temporarily(void **ctx)
{
    struct sim *sim = run_moved(SIM_TEMPORARY);

    (void)ctx;
    assert_int_equal(sim->servers[0].requests, sim->servers[1].requests);
    assert_int_equal(sim->feeds[0].moved, 0);
    sim_free(sim);
}

/* An hourly source falls silent: told after three days, and once more when it is back. */
static void test_silent(void **ctx)
{
    struct sim *sim = sim_new(1);
    struct sim_feed *feed;

    (void)ctx;
    feed = sim_add_feed(sim, sim_add_server(sim, SIM_POLITE, 0), SIM_HOUR, false, 1);
    feed->times[feed->n_times++] = SIM_START + 6 * SIM_DAY;
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 4 * SIM_DAY - SIM_HOUR);
    assert_int_equal(feed->raised[2], 0);
    sim_run_until(sim, SIM_START + 5 * SIM_DAY);
    assert_int_equal(feed->raised[2], 1);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_SILENT);
    sim_run_until(sim, SIM_START + 7 * SIM_DAY);
    assert_int_equal(feed->raised[2], 1);
    assert_int_equal(feed->raised[4], 1);
    assert_int_equal(get_state(sim)->health, BW_HEALTH_OK);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polite_breaking),
        cmocka_unit_test(test_polite_slow),
        cmocka_unit_test(test_dead_feed),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_skewed_breaking),
        cmocka_unit_test(test_skip_night),
        cmocka_unit_test(test_rude),
        cmocka_unit_test(test_rewriting),
        cmocka_unit_test(test_rate_limit),
        cmocka_unit_test(test_busy),
        cmocka_unit_test(test_dead_host),
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_flapping),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_moved_temporarily),
        cmocka_unit_test(test_silent),
    };

    return cmocka_run_group_tests_name("simulation: scenarios", tests, NULL, NULL);
}
