/* A week of a thousand sources of all kinds at once, many of them on shared hosts. */
#include "sim.h"

enum { SOURCES = 1000, DAYS = 7 };

/* Rhythms of the real world: breaking news, an outlet by day, a daily, a weekly. */
static const struct rhythm {
    int64_t gap;
    bool nights; /* pauses at night */
    int per_hundred;
} rhythms[] = {
    {10 * SIM_MINUTE, true, 15},
    {SIM_HOUR, true, 35},
    {SIM_DAY, false, 35},
    {7 * SIM_DAY, false, 15},
};

static const struct kind {
    uint32_t manners;
    int64_t wish, skew;
    int per_hundred;
} kinds[] = {
    {SIM_POLITE, 0, 0, 45},
    {SIM_MAX_AGE, 10 * SIM_MINUTE, 0, 10},
    {SIM_EXPIRES, 30 * SIM_MINUTE, -SIM_DAY, 4},
    {SIM_TTL, 30 * SIM_MINUTE, 0, 4},
    {SIM_SKIP_NIGHT, 0, 0, 2},
    {SIM_NO_VALIDATORS, 0, 0, 6},
    {SIM_IGNORES, 0, 0, 4},
    {SIM_REWRITES | SIM_NO_VALIDATORS, 0, 0, 2},
    {SIM_RATE_LIMIT, 30 * SIM_MINUTE, 0, 3},
    {SIM_BUSY, SIM_HOUR, 2 * SIM_HOUR, 3},
    {SIM_MOVED, 0, 0, 2},
    {SIM_TEMPORARY, 0, 0, 2},
    {SIM_DEAD, 0, 0, 5},
    {SIM_BACK, 0, 0, 2},
    {SIM_FLAPPING, 0, 0, 2},
    {SIM_GONE, 0, 0, 2},
    {SIM_SLOW, 0, 0, 2},
};

static const struct kind *pick_kind(struct sim *sim)
{
    int at = (int)(sim_random(sim) % 100);
    size_t i = 0;

    while (at >= kinds[i].per_hundred)
        at -= kinds[i++].per_hundred;
    return &kinds[i];
}

static const struct rhythm *pick_rhythm(struct sim *sim)
{
    int at = (int)(sim_random(sim) % 100);
    size_t i = 0;

    while (at >= rhythms[i].per_hundred)
        at -= rhythms[i++].per_hundred;
    return &rhythms[i];
}

/* Hosts with one feed, and some with up to twenty. */
static void populate(struct sim *sim)
{
    struct sim_server *haven = sim_add_server(sim, SIM_POLITE, 0);
    static char moved_to[64];

    snprintf(moved_to, sizeof moved_to, "http://%s/moved", haven->host);
    while (sim->n_feeds < SOURCES) {
        const struct kind *kind = pick_kind(sim);
        struct sim_server *server = sim_add_server(sim, kind->manners, kind->wish);
        size_t feeds = sim_random(sim) % 5 == 0 ? 1 + sim_random(sim) % 20 : 1;

        server->skew = kind->skew;
        server->moved_to = moved_to;
        for (; feeds > 0 && sim->n_feeds < SOURCES; feeds--) {
            const struct rhythm *rhythm = pick_rhythm(sim);

            sim_add_feed(sim, server, rhythm->gap, rhythm->nights, DAYS);
        }
    }
}

struct totals {
    uint64_t requests, whole, not_modified, bytes, dead_requests, dead_feeds;
};

static struct totals add_up(const struct sim *sim)
{
    struct totals totals = {0};

    for (size_t i = 0; i < sim->n_servers; i++) {
        totals.requests += sim->servers[i].requests;
        totals.whole += sim->servers[i].whole;
        totals.not_modified += sim->servers[i].not_modified;
        totals.bytes += sim->servers[i].bytes;
        if (sim->servers[i].manners & SIM_DEAD)
            totals.dead_requests += sim->servers[i].requests;
    }
    for (size_t i = 0; i < sim->n_feeds; i++)
        totals.dead_feeds += (sim->feeds[i].server->manners & SIM_DEAD) != 0;
    return totals;
}

/* No host is asked more often than its feeds at the floor of the interval would be. */
static void check_rates(const struct sim *sim)
{
    for (size_t i = 1; i < sim->n_servers; i++) {
        const struct sim_server *server = &sim->servers[i];
        int feeds = 0;

        for (size_t j = 0; j < sim->n_feeds; j++)
            feeds += sim->feeds[j].server == server;
        if (server->most_per_hour > feeds * 12)
            fail_msg("%s: %d requests in an hour for %d feeds", server->host, server->most_per_hour,
                     feeds);
    }
}

/* All items of all living sources with this manner and rhythm. */
static int64_t common_delay(struct sim *sim, uint32_t manners, size_t least_items, double share)
{
    struct sim_feed all = {0};
    int64_t result;

    all.delays = calloc(SOURCES * 2000, sizeof *all.delays);
    for (size_t i = 0; i < sim->n_feeds; i++) {
        const struct sim_feed *feed = &sim->feeds[i];

        if (feed->server->manners != manners || feed->n_delays < least_items)
            continue;
        memcpy(all.delays + all.n_delays, feed->delays, feed->n_delays * sizeof *all.delays);
        all.n_delays += feed->n_delays;
    }
    result = sim_delay(&all, share);
    free(all.delays);
    return result;
}

static void check_alerts(const struct sim *sim)
{
    for (size_t i = 0; i < sim->n_feeds; i++) {
        const struct sim_feed *feed = &sim->feeds[i];
        uint32_t manners = feed->server->manners;

        assert_int_equal(feed->raised[0], (manners & SIM_GONE) != 0);
        assert_int_equal(feed->raised[1], (manners & (SIM_DEAD | SIM_BACK)) != 0);
        if (manners & SIM_BACK)
            assert_in_range(feed->raised[4], 1, 2);
        assert_int_equal(feed->moved, (manners & SIM_MOVED) != 0);
    }
}

static void test_week(void **ctx)
{
    struct sim *sim = sim_new(SOURCES + 1);
    struct totals totals;
    struct bw_poller_stats stats;

    (void)ctx;
    populate(sim);
    sim_start_poller(sim);
    poller_start(sim->poller);
    sim_run_until(sim, SIM_START + DAYS * SIM_DAY);
    sim_check_manners(sim);
    check_rates(sim);
    check_alerts(sim);
    stats = poller_stats(sim->poller);
    totals = add_up(sim);
    print_message("%zu sources, %zu hosts: %llu requests, %llu whole, %llu not modified, %llu MB; "
                  "breaking news seen after %lld s (median), %lld s (worst)\n",
                  sim->n_feeds, sim->n_servers, (unsigned long long)totals.requests,
                  (unsigned long long)totals.whole, (unsigned long long)totals.not_modified,
                  (unsigned long long)totals.bytes / 1000000,
                  (long long)common_delay(sim, SIM_POLITE, 500, 0.5),
                  (long long)common_delay(sim, SIM_POLITE, 500, 1));
    assert_true(stats.started > 150000);
    /* most answers have no body, although a poll of breaking news often finds something */
    assert_true(totals.not_modified > totals.whole * 5 / 4);
    /* a dead source costs two tries a day */
    assert_true(totals.dead_requests <= totals.dead_feeds * 16);
    /* breaking news: within three minutes on average; the first of a morning takes longest */
    assert_true(common_delay(sim, SIM_POLITE, 500, 0.5) < 3 * SIM_MINUTE);
    assert_true(common_delay(sim, SIM_POLITE, 500, 0.95) < 7 * SIM_MINUTE);
    assert_true(common_delay(sim, SIM_POLITE, 500, 1) < 25 * SIM_MINUTE);
    /* hourly ones */
    assert_true(common_delay(sim, SIM_POLITE, 50, 0.5) < 6 * SIM_MINUTE);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_week),
    };

    return cmocka_run_group_tests_name("simulation: a week", tests, NULL, NULL);
}
