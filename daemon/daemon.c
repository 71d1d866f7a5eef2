/* The daemon: builds the rooms, joins them, reacts to signals. Owns all of them, and the loop. */
#include "daemon.h"

#include "blocwatch/log.h"
#include "blocwatch/match.h"
#include "blocwatch/paths.h"
#include "intake.h"
#include "notify.h"
#include "setup.h"
#include "state_dir.h"
#include "upkeep.h"
#include "web.h"

#include <event2/event.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STOP_MS = 3500, STOP_STEP_MS = 20, SIGNALS = 3 };

struct bw_daemon {
    struct bw_daemon_options options;
    struct bw_config *config;
    char state_dir[PATH_MAX - 64];
    int lock;
    struct event_base *base;
    struct bw_store *store;
    struct bw_alerter *alerter;
    struct bw_reader_pool *readers;
    struct bw_poller *poller;
    struct bw_intake *intake;
    struct bw_upkeep *upkeep;
    struct bw_notify *notify;
    struct bw_web *web;
    struct event *signals[SIGNALS], *stop_timer;
    bool polled_once, stopping;
    int64_t stop_by_ms;
};

/* --- the rooms' callbacks --------------------------------------------------------------------- */

static void on_fetched(struct bw_poll *poll, void *ctx)
{
    struct bw_daemon *daemon = ctx;

    intake_take_fetched(daemon->intake, poll);
}

static void on_read(struct bw_poll *poll, enum bw_read_outcome outcome, void *ctx)
{
    struct bw_daemon *daemon = ctx;

    if (!web_take_read(poll, outcome))
        intake_take_read(daemon->intake, poll, outcome);
}

static void on_reader_trouble(const char *text, void *ctx)
{
    (void)ctx;
    log_warn("reader replaced", "reason", text);
}

static void on_commit(void *ctx)
{
    struct bw_daemon *daemon = ctx;

    if (daemon->web != NULL)
        web_announce(daemon->web);
}

static void on_progress(void *ctx)
{
    struct bw_daemon *daemon = ctx;

    notify_alive(daemon->notify);
}

static void on_delivery(bool failed, const char *text, void *ctx)
{
    (void)ctx;
    if (failed)
        log_warn("alert", "delivery", text);
    else
        log_info("alert", "delivery", text);
}

/* With --once: when every source has been home, the alerts are given their first try. */
static void on_polled_once(void *ctx)
{
    struct bw_daemon *daemon = ctx;

    daemon->polled_once = true;
    alerter_wake(daemon->alerter);
}

static void on_alerts_idle(void *ctx)
{
    struct bw_daemon *daemon = ctx;

    if (daemon->options.once && daemon->polled_once)
        event_base_loopbreak(daemon->base);
}

/* --- ending ------------------------------------------------------------------------------------
 */

/* What readers hold is waited for, but not for ever: what is not committed is fetched again. */
static void on_stop_timer(evutil_socket_t fd, short what, void *ctx)
{
    static const struct timeval step = {0, STOP_STEP_MS * 1000L};
    struct bw_daemon *daemon = ctx;

    (void)fd;
    (void)what;
    intake_flush(daemon->intake);
    if (intake_count(daemon->intake) == 0 ||
        clock_monotonic_ms(&bw_clock_real) >= daemon->stop_by_ms)
        event_base_loopbreak(daemon->base);
    else
        evtimer_add(daemon->stop_timer, &step);
}

static void on_stop_signal(evutil_socket_t number, short what, void *ctx)
{
    struct bw_daemon *daemon = ctx;

    (void)what;
    if (daemon->stopping)
        return;
    log_notice("ending", "signal", number == SIGINT ? "INT" : "TERM");
    notify_stopping(daemon->notify);
    daemon->stopping = true;
    if (daemon->web != NULL)
        web_end(daemon->web);
    daemon->stop_by_ms = clock_monotonic_ms(&bw_clock_real) + STOP_MS;
    poller_stop(daemon->poller);
    event_active(daemon->stop_timer, EV_TIMEOUT, 1);
}

/* --- reloading ---------------------------------------------------------------------------------
 */

static void log_problem(const char *text, void *ctx)
{
    (void)ctx;
    log_error("configuration", "problem", text);
}

static struct bw_intake_rooms rooms_of(struct bw_daemon *daemon)
{
    return (struct bw_intake_rooms){
        .base = daemon->base,
        .config = daemon->config,
        .state_dir = daemon->state_dir,
        .clock = &bw_clock_real,
        .store = daemon->store,
        .poller = daemon->poller,
        .readers = daemon->readers,
        .alerter = daemon->alerter,
        .on_commit = on_commit,
        .on_progress = on_progress,
        .ctx = daemon,
    };
}

static void join_rooms(struct bw_daemon *daemon)
{
    struct bw_intake_rooms rooms = rooms_of(daemon);

    intake_join(daemon->intake, &rooms);
    if (daemon->web != NULL)
        web_join(daemon->web, &rooms);
}

static int load_state(const char *source_id, const struct bw_source_state *state, void *ctx)
{
    struct bw_daemon *daemon = ctx;

    poller_load_state(daemon->poller, source_id, state);
    return 0;
}

/* Room by room; one that refuses puts the ones before it back. */
static int replace_config(struct bw_daemon *daemon, const struct bw_config *config,
                          struct bw_error *err)
{
    struct bw_error ignored;

    if (alerter_replace_config(daemon->alerter, config, err) != 0)
        return -1;
    if (poller_replace_config(daemon->poller, config, err) == 0) {
        if (reader_pool_replace_watch(daemon->readers, &config->watch, err) == 0)
            return 0;
        poller_replace_config(daemon->poller, daemon->config, &ignored);
    }
    alerter_replace_config(daemon->alerter, daemon->config, &ignored);
    return -1;
}

static void set_log_level(const struct bw_config *config)
{
    enum bw_log_level level;

    if (log_parse_level(config->log_level, &level))
        log_open(level);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void warn_of_nothing(const struct bw_config *config)
{
    if (config->n_sources == 0)
        log_warn("no source is configured: nothing is watched", "file", config->file);
}

/* What is only read at the start: said, so that nobody waits for it. */
static void warn_of_restart(const struct bw_config *old, const struct bw_config *config)
{
    if (!same_text(old->state_dir, config->state_dir))
        log_warn("a changed state_dir takes a restart", "file", config->file);
    if (old->readers != config->readers)
        log_warn("a changed number of readers takes a restart", "file", config->file);
}

/* Envelopes under way own what they need: none points into the old configuration. */
static void take_config(struct bw_daemon *daemon, struct bw_config *config)
{
    struct bw_config *old = daemon->config;
    struct bw_error err = {0};
    char sources[24], rules[24];

    daemon->config = config;
    join_rooms(daemon);
    upkeep_replace_config(daemon->upkeep, config);
    if (store_load_states(daemon->store, load_state, daemon, &err) != 0)
        log_error("cannot read the sources' state", "reason", err.text);
    warn_of_restart(old, config);
    config_free(old);
    set_log_level(config);
    snprintf(sources, sizeof sources, "%zu", config->n_sources);
    snprintf(rules, sizeof rules, "%zu", config->watch.n_rules);
    log_notice("configuration reloaded", "file", config->file, "sources", sources, "rules", rules);
    warn_of_nothing(config);
}

static void reload(struct bw_daemon *daemon)
{
    struct bw_config *config = setup_load_config(daemon->options.config_file, log_problem, NULL);
    struct bw_error err = {0};

    if (config != NULL && replace_config(daemon, config, &err) == 0) {
        take_config(daemon, config);
        return;
    }
    log_error("the new configuration is not used, the old one stays", "reason",
              err.text[0] != '\0' ? err.text : NULL);
    config_free(config);
}

static void on_reload_signal(evutil_socket_t number, short what, void *ctx)
{
    struct bw_daemon *daemon = ctx;

    (void)number;
    (void)what;
    if (daemon->stopping)
        return;
    notify_reloading(daemon->notify);
    reload(daemon);
    notify_ready(daemon->notify);
}

/* --- building ----------------------------------------------------------------------------------
 */

static int open_store(struct bw_daemon *daemon, struct bw_error *err)
{
    static const struct bw_store_options options = {.fold = match_fold_text};
    char path[PATH_MAX];

    if (config_state_dir(daemon->config, daemon->options.state_dir, daemon->state_dir,
                         sizeof daemon->state_dir, err) != 0)
        return -1;
    daemon->lock = state_dir_lock(daemon->state_dir, err);
    if (daemon->lock < 0)
        return -1;
    snprintf(path, sizeof path, "%s/" BW_DATABASE, daemon->state_dir);
    daemon->store = store_open(path, &options, err);
    return daemon->store == NULL ? -1 : 0;
}

static int build_rooms(struct bw_daemon *daemon, struct bw_error *err)
{
    const struct bw_alert_callbacks alerts = {on_delivery, on_alerts_idle, daemon};
    const struct bw_reader_callbacks reads = {on_read, on_reader_trouble, daemon};
    const struct bw_reader_options readers = {.readers = daemon->config->readers};
    const struct bw_poller_callbacks polls = {on_fetched, on_polled_once, daemon};

    if ((daemon->intake = intake_new(err)) == NULL)
        return -1;
    daemon->alerter =
        alerter_new(daemon->base, daemon->config, daemon->store, &bw_clock_real, &alerts, err);
    if (daemon->alerter == NULL)
        return -1;
    daemon->poller = poller_new(daemon->base, &bw_clock_real, daemon->config, &polls, err);
    if (daemon->poller == NULL)
        return -1;
    daemon->readers = reader_pool_new(daemon->base, &readers, &daemon->config->watch, &reads, err);
    if (daemon->readers == NULL)
        return -1;
    daemon->upkeep = upkeep_new(daemon->base, daemon->config, daemon->store, err);
    return daemon->upkeep == NULL ? -1 : 0;
}

static void on_libevent_log(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN)
        log_warn("event loop", "reason", text);
}

static int watch_signals(struct bw_daemon *daemon, struct bw_error *err)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of files is an error like a full disk */
    for (int i = 0; i < SIGNALS; i++) {
        daemon->signals[i] =
            evsignal_new(daemon->base, numbers[i],
                         numbers[i] == SIGHUP ? on_reload_signal : on_stop_signal, daemon);
        if (daemon->signals[i] == NULL || event_add(daemon->signals[i], NULL) != 0)
            return error_set(err, BW_ERR_MEMORY, "cannot watch for signals");
    }
    daemon->stop_timer = evtimer_new(daemon->base, on_stop_timer, daemon);
    return daemon->stop_timer == NULL ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}

/* Many sources want many connections; the soft limit is only a habit of old programs. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The watch goes on without a page when the address is taken: that is only said. */
static int start_web(struct bw_daemon *daemon, struct bw_error *err)
{
    struct bw_intake_rooms rooms = rooms_of(daemon);

    daemon->web = web_new(&rooms, daemon->intake, err);
    if (daemon->web != NULL)
        return 0;
    if (err->code != BW_ERR_BUSY)
        return -1;
    log_error("there is no page", "reason", err->text);
    err->code = BW_OK;
    return 0;
}

static int build(struct bw_daemon *daemon, struct bw_error *err)
{
    if (open_store(daemon, err) != 0)
        return -1;
    raise_file_limit();
    event_set_log_callback(on_libevent_log);
    daemon->base = event_base_new();
    if (daemon->base == NULL)
        return error_set(err, BW_ERR_MEMORY, "cannot make an event loop");
    if (watch_signals(daemon, err) != 0 || build_rooms(daemon, err) != 0)
        return -1;
    join_rooms(daemon);
    if (!daemon->options.once && start_web(daemon, err) != 0)
        return -1;
    daemon->notify = notify_new(daemon->base);
    return store_load_states(daemon->store, load_state, daemon, err);
}

struct bw_daemon *daemon_new(const struct bw_daemon_options *options, struct bw_config *config,
                             struct bw_error *err)
{
    struct bw_daemon *daemon = calloc(1, sizeof *daemon);

    if (daemon == NULL) {
        config_free(config);
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    daemon->options = *options;
    daemon->config = config;
    daemon->lock = -1;
    set_log_level(config);
    if (build(daemon, err) != 0) {
        daemon_free(daemon);
        return NULL;
    }
    return daemon;
}

/* The readers go before the poller and the intake: what they hold comes back on the way. */
void daemon_free(struct bw_daemon *daemon)
{
    if (daemon == NULL)
        return;
    notify_free(daemon->notify);
    upkeep_free(daemon->upkeep);
    reader_pool_free(daemon->readers);
    web_free(daemon->web);
    intake_free(daemon->intake);
    poller_free(daemon->poller);
    alerter_free(daemon->alerter);
    store_close(daemon->store);
    for (int i = 0; i < SIGNALS; i++) {
        if (daemon->signals[i] != NULL)
            event_free(daemon->signals[i]);
    }
    if (daemon->stop_timer != NULL)
        event_free(daemon->stop_timer);
    if (daemon->base != NULL)
        event_base_free(daemon->base);
    config_free(daemon->config);
    if (daemon->lock >= 0)
        close(daemon->lock);
    free(daemon);
}

/* --- running -----------------------------------------------------------------------------------
 */

static void log_start(const struct bw_daemon *daemon)
{
    const struct bw_config *config = daemon->config;
    char database[PATH_MAX], sources[24], rules[24], channels[24];

    snprintf(database, sizeof database, "%s/" BW_DATABASE, daemon->state_dir);
    snprintf(sources, sizeof sources, "%zu", config->n_sources);
    snprintf(rules, sizeof rules, "%zu", config->watch.n_rules);
    snprintf(channels, sizeof channels, "%zu", config->n_channels);
    log_notice("blocwatchd " BLOCWATCH_VERSION " starts", "config", config->file, "database",
               database, "sources", sources, "rules", rules, "channels", channels, "page",
               daemon->web != NULL ? web_url(daemon->web) : NULL);
    warn_of_nothing(config);
}

static int once_exit_code(const struct bw_daemon *daemon)
{
    const struct bw_metrics *stats = intake_metrics(daemon->intake);
    char polls[24], items[24], hits[24], failed[24];

    snprintf(polls, sizeof polls, "%" PRIu64, stats->polls);
    snprintf(failed, sizeof failed, "%" PRIu64, stats->failed_polls);
    snprintf(items, sizeof items, "%" PRIu64, stats->items);
    snprintf(hits, sizeof hits, "%" PRIu64, stats->hits);
    log_notice("polled once", "polls", polls, "failed", failed, "new_items", items, "hits", hits);
    return stats->failed_commits > 0 || (stats->polls > 0 && stats->failed_polls == stats->polls);
}

int daemon_run(struct bw_daemon *daemon)
{
    log_start(daemon);
    notify_ready(daemon->notify);
    if (daemon->options.once)
        poller_poll_due_once(daemon->poller);
    else
        poller_start(daemon->poller);
    alerter_wake(daemon->alerter);
    event_base_dispatch(daemon->base);
    intake_flush(daemon->intake);
    if (daemon->options.once && !daemon->stopping)
        return once_exit_code(daemon);
    log_notice("ended");
    return 0;
}
