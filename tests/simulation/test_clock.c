/* A wall clock that somebody sets: back, forth, or wrong for a while. Polling goes on at its pace.
 */
#include "sim.h"

enum { FEEDS = 20, PER_HOST = 5 };

static struct sim *make(void)
{
    struct sim *sim = sim_new(FEEDS);
    struct sim_server *server = NULL;

    for (int i = 0; i < FEEDS; i++) {
        if (i % PER_HOST == 0)
            server = sim_add_server(sim, SIM_POLITE, 0);
        sim_add_feed(sim, server, 10 * SIM_MINUTE, false, 1);
    }
    sim_start_poller(sim);
    return sim;
}

static void set_clock(struct sim *sim, int64_t seconds)
{
    sim->clock.now_ms += seconds * 1000;
    sim->clock.set_ms += seconds * 1000;
    poller_run(sim->poller); /* as its timer does within a minute */
}

static uint64_t requests_of(const struct sim *sim)
{
    uint64_t count = 0;

    for (size_t i = 0; i < sim->n_servers; i++)
        count += sim->servers[i].requests;
    return count;
}

static uint64_t requests_within(struct sim *sim, int64_t seconds)
{
    uint64_t before = requests_of(sim);

    sim_run_until(sim, sim->clock.now_ms / 1000 + seconds);
    return requests_of(sim) - before;
}

static void test_set_back(void **ctx)
{
    struct sim *sim = make();
    uint64_t usual;

    (void)ctx;
    poller_start(sim->poller);
    requests_within(sim, SIM_HOUR);
    usual = requests_within(sim, SIM_HOUR);
    assert_true(usual >= FEEDS);
    set_clock(sim, -6 * SIM_HOUR);
    assert_in_range(requests_within(sim, SIM_HOUR), usual / 2, usual * 2);
    assert_in_range(requests_within(sim, SIM_HOUR), usual / 2, usual * 2);
    sim_free(sim);
}

static void test_set_forth(void **ctx)
{
    struct sim *sim = make();
    uint64_t usual;

    (void)ctx;
    poller_start(sim->poller);
    requests_within(sim, SIM_HOUR);
    usual = requests_within(sim, SIM_HOUR);
    set_clock(sim, 6 * SIM_HOUR);
    assert_in_range(requests_within(sim, SIM_HOUR), usual / 2, usual * 2);
    sim_free(sim);
}

/* A machine that was a year ahead when it last ran: its states are from the future. */
static void test_states_from_the_future(void **ctx)
{
    struct sim *sim = make();
    struct bw_poller *old;

    (void)ctx;
    poller_start(sim->poller);
    requests_within(sim, SIM_HOUR);
    old = sim->poller;
    set_clock(sim, -365 * SIM_DAY);
    sim_start_poller(sim);
    for (size_t i = 0; i < sim->n_feeds; i++)
        poller_load_state(sim->poller, sim->sources[i].id, poller_state(old, sim->sources[i].id));
    poller_free(old);
    poller_start(sim->poller);
    assert_true(requests_within(sim, SIM_HOUR) >= FEEDS);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_back),
        cmocka_unit_test(test_set_forth),
        cmocka_unit_test(test_states_from_the_future),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
