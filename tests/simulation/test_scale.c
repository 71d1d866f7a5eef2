/* A hundred thousand sources: the backlog of a start is spread, a restart asks for nothing that is
 * not due. */
#include "sim.h"

enum { SOURCES = 100000, RATE = SOURCES / (5 * SIM_MINUTE) };

static struct sim *make(size_t sources, size_t per_host)
{
    struct sim *sim = sim_new(sources);
    struct sim_server *server = NULL;

    for (size_t i = 0; i < sources; i++) {
        if (i % per_host == 0)
            server = sim_add_server(sim, SIM_POLITE, 0);
        sim_add_feed(sim, server, SIM_DAY, false, 1);
    }
    return sim;
}

/* All of them due: spread over five minutes, never more than the rate and one burst of the
 * connections at once. */
static void test_start(void **ctx)
{
    struct sim *sim = make(SOURCES, 1);

    (void)ctx;
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 4 * SIM_MINUTE);
    assert_in_range(poller_stats(sim->poller).started, 4 * 60 * RATE, 4 * 60 * RATE + 300);
    assert_true(sim->most_per_second <= RATE + 64);
    sim_run_until(sim, SIM_START + 6 * SIM_MINUTE);
    assert_int_equal(poller_stats(sim->poller).started, SOURCES);
    assert_int_equal(poller_stats(sim->poller).home, SOURCES);
    sim_check_manners(sim);
    sim_free(sim);
}

/* The states go into a new process; what was not due is not asked for. */
static void test_restart(void **ctx)
{
    struct sim *sim = make(SOURCES / 10, 1);
    struct bw_poller *old;
    uint64_t requests = 0;

    (void)ctx;
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + SIM_HOUR);
    old = sim->poller;
    sim_start_poller(sim);
    for (size_t i = 0; i < sim->n_feeds; i++)
        poller_load_state(sim->poller, sim->sources[i].id, poller_state(old, sim->sources[i].id));
    poller_free(old);
    for (size_t i = 0; i < sim->n_servers; i++)
        requests += sim->servers[i].requests;
    assert_int_equal(requests, SOURCES / 10);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + SIM_HOUR + 10 * SIM_MINUTE);
    assert_int_equal(poller_stats(sim->poller).started, 0);
    /* and after a night without the daemon the backlog does not burst */
    sim->clock.now_ms = (SIM_START + SIM_DAY) * 1000;
    sim->most_per_second = 0;
    sim_run_until(sim, SIM_START + SIM_DAY + 10 * SIM_MINUTE);
    assert_int_equal(poller_stats(sim->poller).started, SOURCES / 10);
    assert_true(sim->most_per_second <= 50 + 64);
    sim_check_manners(sim);
    sim_free(sim);
}

/* One host with a thousand feeds holds no other back. */
static void test_big_host(void **ctx)
{
    struct sim *sim = make(1000, 1000);
    int64_t last = 0;

    (void)ctx;
    sim->cap_feeds += 100;
    sim->cap_servers += 100;
    sim->feeds = realloc(sim->feeds, sim->cap_feeds * sizeof *sim->feeds);
    sim->sources = realloc(sim->sources, sim->cap_feeds * sizeof *sim->sources);
    memset(&sim->feeds[1000], 0, 100 * sizeof *sim->feeds);
    sim->config.sources = sim->sources;
    for (int i = 0; i < 100; i++)
        sim_add_feed(sim, sim_add_server(sim, SIM_POLITE, 0), SIM_DAY, false, 1);
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + 30 * SIM_MINUTE);
    for (size_t i = 1; i < sim->n_servers; i++)
        last = sim->servers[i].first_request > last ? sim->servers[i].first_request : last;
    assert_true(last <= SIM_START + SIM_MINUTE);
    /* a second between two of its requests: a quarter of an hour and more */
    assert_int_equal(sim->servers[0].requests, 1000);
    assert_true(sim->servers[0].last_request >= SIM_START + 999);
    sim_check_manners(sim);
    sim_free(sim);
}

/* A fifth of the hosts are dead and take ten seconds each to say so; the living are not late. */
static void test_dead_fifth(void **ctx)
{
    struct sim *sim = make(10000, 1);
    int64_t last = 0;

    (void)ctx;
    for (size_t i = 0; i < sim->n_servers; i += 5)
        sim->servers[i].manners = SIM_DEAD;
    sim_start_poller(sim);
    poller_poll_due_once(sim->poller);
    while (!sim->idle)
        sim_run_until(sim, sim_now(sim) + 1);
    for (size_t i = 0; i < sim->n_servers; i++) {
        assert_int_equal(sim->servers[i].requests, 1);
        if (i % 5 != 0 && sim->servers[i].first_request > last)
            last = sim->servers[i].first_request;
    }
    /* 8,000 answers of 150 ms over 64 connections need 19 s, the dead a second of each place */
    print_message("the last of 8,000 living hosts was asked after %lld s, all done after %lld s\n",
                  (long long)(last - SIM_START), (long long)(sim_now(sim) - SIM_START));
    assert_true(last - SIM_START < 100);
    assert_true(sim_now(sim) - SIM_START < 120);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_big_host),
        cmocka_unit_test(test_dead_fifth),
    };

    return cmocka_run_group_tests_name("simulation: scale", tests, NULL, NULL);
}
