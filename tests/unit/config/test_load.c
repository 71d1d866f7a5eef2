/* Right files: defaults, joining, places, paths, options. Owns a directory of its own. */
#include "blocwatch/config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char dir[] = "/tmp/blocwatch-config-XXXXXX";

static const char *at(const char *name)
{
    static char path[4][PATH_MAX];
    static int next;
    char *out = path[next++ % 4];

    snprintf(out, PATH_MAX, "%s/%s", dir, name);
    return out;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(at(name), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct bw_config *load(const char *name)
{
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;
    int result = config_load(at(name), &config, &errors);

    for (size_t i = 0; i < errors.n; i++)
        print_error("%s:%d: %s\n", errors.list[i].place.file, errors.list[i].place.line,
                    errors.list[i].text);
    assert_int_equal(result, 0);
    assert_int_equal(errors.n, 0);
    return config;
}

static void test_defaults(void **state)
{
    struct bw_config *config;

    (void)state;
    write_file("empty.yaml", "log_level: info\n");
    config = load("empty.yaml");
    assert_string_equal(config->file, at("empty.yaml"));
    assert_null(config->state_dir);
    assert_string_equal(config->log_level, "info");
    assert_int_equal(config->polling.interval_floor, 300);
    assert_int_equal(config->polling.interval_ceiling, 4 * 3600);
    assert_int_equal(config->polling.max_size, 16 << 20);
    assert_int_equal(config->polling.host_gap_ms, 1000);
    assert_int_equal(config->alerting.give_up, 3 * 86400);
    assert_int_equal(config->retention.items, 90 * 86400);
    assert_int_equal(config->retention.hits, 0);
    assert_string_equal(config->serve.listen, "127.0.0.1:8780");
    assert_int_equal(config->route.channels.n, 0);
    assert_int_equal(config->route.group_wait, -1);
    assert_string_equal(config->route.time_zone, "UTC");
    config_free(config);
    config_free(NULL);
}

static void test_settings(void **state)
{
    struct bw_config *config;

    (void)state;
    setenv("CREDENTIALS_DIRECTORY", "/run/cred", 1);
    write_file("settings.yaml", "state_dir: ../state\nlog_level: debug\nreaders: 3\n"
                                "serve:\n  listen: unix:sock\n  token_file: "
                                "${CREDENTIALS_DIRECTORY}/token\n  public_url:\n"
                                "alerting:\n  max_age: 1h30m\n  give_up: 90\n  templates:\n"
                                "    title: T\n    body: |\n      B\n"
                                "retention: {items: 2w, hits: 1d}\n");
    config = load("settings.yaml");
    assert_string_equal(config->state_dir, at("../state"));
    assert_string_equal(config->log_level, "debug");
    assert_int_equal(config->readers, 3);
    assert_true(strncmp(config->serve.listen, "unix:/tmp/", 10) == 0);
    assert_string_equal(config->serve.token_file, "/run/cred/token");
    assert_null(config->serve.public_url);
    assert_int_equal(config->alerting.max_age, 5400);
    assert_int_equal(config->alerting.give_up, 90);
    assert_string_equal(config->alerting.templates.title, "T");
    assert_string_equal(config->alerting.templates.body, "B\n");
    assert_int_equal(config->alerting.templates.title_place.line, 12);
    assert_int_equal(config->alerting.templates.body_place.line, 14);
    assert_int_equal(config->retention.items, 14 * 86400);
    assert_int_equal(config->retention.hits, 86400);
    unsetenv("CREDENTIALS_DIRECTORY");
    config_free(config);
}

static void test_includes_join(void **state)
{
    struct bw_config *config;

    (void)state;
    assert_int_equal(mkdir(at("d"), 0700), 0);
    write_file("d/1.yaml", "sources:\n  - {id: b, url: 'file:feeds/my feed.xml', tags: one}\n"
                           "include: ['*.yaml']\n"); /* itself too: read once */
    write_file("d/2.yaml", "polling: {interval_floor: 10m}\nrules:\n"
                           "  - id: r\n    query: >-\n      a\n      b\n");
    write_file("main.yaml", "include: ['d/*.yaml', 'none/*.yaml']\nsources:\n  - id: a\n"
                            "    url: https://example.org/feed\n    enabled: no\n    tags: [x, y]\n"
                            "    polling: {interval: 1h, max_size: 1MiB, host_gap: 250ms}\n");
    config = load("main.yaml");
    assert_int_equal(config->n_sources, 2);
    assert_string_equal(config->sources[0].id, "a");
    assert_false(config->sources[0].enabled);
    assert_int_equal(config->sources[0].n_tags, 2);
    assert_int_equal(config->sources[0].place.line, 3);
    /* The defaults of a file that was read later hold here too, under the source's own. */
    assert_int_equal(config->sources[0].polling.interval_floor, 600);
    assert_int_equal(config->sources[0].polling.interval, 3600);
    assert_int_equal(config->sources[0].polling.max_size, 1 << 20);
    assert_int_equal(config->sources[0].polling.host_gap_ms, 250);
    assert_int_equal(config->polling.interval, 0);
    assert_true(config->sources[1].enabled);
    assert_int_equal(config->sources[1].n_tags, 1);
    assert_true(strncmp(config->sources[1].url, "file:///tmp/", 12) == 0);
    assert_non_null(strstr(config->sources[1].url, "/d/feeds/my%20feed.xml"));
    assert_string_equal(config->sources[1].place.file, at("d/1.yaml"));
    assert_string_equal(config->watch.rules[0].query, "a b");
    assert_int_equal(config->watch.rules[0].place.line, 3);
    assert_int_equal(config->watch.rules[0].query_place.line, 5);
    config_free(config);
}

static void test_one_section_twice(void **state)
{
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;

    (void)state;
    write_file("twice.yaml", "include: [other.yaml]\nserve: {listen: 'off'}\n");
    write_file("other.yaml", "\nserve: {listen: 'off'}\n");
    assert_int_equal(config_load(at("twice.yaml"), &config, &errors), -1);
    assert_int_equal(errors.n, 1);
    assert_string_equal(errors.list[0].place.file, at("other.yaml"));
    assert_int_equal(errors.list[0].place.line, 2);
    assert_non_null(strstr(errors.list[0].text, "twice.yaml:2"));
    config_clear_errors(&errors);
}

static void test_watch(void **state)
{
    struct bw_config *config;
    struct bw_set *set;
    struct bw_rule *rule;

    (void)state;
    write_file(
        "watch.yaml",
        "lexicon:\n"
        "  - set: kz\n    facet: actor\n    iso: KZ\n    cased: true\n    since: 2019-03-20\n"
        "    terms:\n      en: [kazakh*, astana]\n      ru:\n        - казах*\n      any: KZ\n"
        "  - {set: brics, facet: bloc, code: BRICS, terms: {any: brics}}\n"
        "  - {set: joins, facet: stance, stance: joins, object: actor, terms: {en: join*}}\n"
        "  - {set: not, facet: cue, effect: negates, scope: before, reach: 3, terms: {en: no}}\n"
        "rules:\n"
        "  - id: r\n    title: T\n    severity: high\n    event: {actor: any, bloc: brics, "
        "stance: [joins, leaves], within: item}\n    enabled: false\n"
        "  - {id: s, query: kz, event: {}}\n");
    config = load("watch.yaml");
    assert_int_equal(config->watch.n_sets, 4);
    set = &config->watch.sets[0];
    assert_int_equal(set->facet, BW_FACET_ACTOR);
    assert_string_equal(set->code, "KZ");
    assert_true(set->cased);
    assert_string_equal(set->since, "2019-03-20");
    assert_int_equal(set->n_terms, 4);
    assert_string_equal(set->terms[2].lang, "ru");
    assert_string_equal(set->terms[2].text, "казах*");
    assert_int_equal(set->terms[2].place.line, 10);
    assert_int_equal(set->terms[3].place.line, 11);
    assert_string_equal(config->watch.sets[2].object, "actor");
    assert_string_equal(config->watch.sets[3].scope, "before");
    assert_int_equal(config->watch.sets[3].reach, 3);
    rule = &config->watch.rules[0];
    assert_int_equal(rule->severity, BW_SEVERITY_HIGH);
    assert_int_equal(rule->n_actors, 0);
    assert_int_equal(rule->n_blocs, 1);
    assert_string_equal(rule->blocs[0], "brics");
    assert_int_equal(rule->n_stances, 2);
    assert_int_equal(rule->within, BW_WITHIN_ITEM);
    assert_false(rule->enabled);
    assert_int_equal(config->watch.rules[1].severity, BW_SEVERITY_MEDIUM);
    assert_true(config->watch.rules[1].has_event);
    assert_string_equal(config->watch.rules[1].title, "s");
    config_free(config);
}

static void test_channels_and_routes(void **state)
{
    struct bw_config *config;
    struct bw_config_channel *channel;
    struct bw_config_route *route;

    (void)state;
    write_file("alerts.yaml",
               "lexicon: [{set: kz, facet: actor, iso: KZ, terms: {en: kazakh*}}]\n"
               "channels:\n  - id: hook\n    type: webhook\n    url: https://x/\n"
               "    secret_file: secrets/hook\n    headers: {X-A: one, X-B: [two, three]}\n"
               "    command: [./run, ../x]\n"
               "route:\n  channels: hook\n  group_wait: 30s\n"
               "  quiet: {from: '22:00', to: '07:00', override: critical}\n"
               "  rate: {limit: 10, period: 1h}\n"
               "  routes:\n    - {actor: kz, updates: [], continue: true}\n"
               "    - {severity: [high, critical], digest_at: ['07:30'], channels: [hook]}\n");
    config = load("alerts.yaml");
    channel = &config->channels[0];
    assert_string_equal(channel->type, "webhook");
    assert_int_equal(channel->n_options, 7);
    assert_string_equal(channel->options[1].key, "secret_file");
    assert_string_equal(channel->options[1].value, at("secrets/hook"));
    assert_string_equal(channel->options[2].key, "headers.X-A");
    assert_string_equal(channel->options[4].key, "headers.X-B");
    assert_string_equal(channel->options[4].value, "three");
    assert_string_equal(channel->options[5].value, "./run");
    assert_int_equal(channel->options[5].place.line, 8);
    route = &config->route;
    assert_string_equal(route->channels.values[0], "hook");
    assert_int_equal(route->group_wait, 30);
    assert_string_equal(route->quiet_override, "critical");
    assert_int_equal(route->rate_limit, 10);
    assert_int_equal(route->rate_period, 3600);
    assert_int_equal(route->n_routes, 2);
    assert_string_equal(route->routes[0].actor.values[0], "KZ");
    assert_true(route->routes[0].has_updates);
    assert_true(route->routes[0].keep_going);
    assert_int_equal(route->routes[0].group_wait, -1);
    assert_null(route->routes[0].time_zone);
    assert_false(route->routes[1].has_updates);
    assert_int_equal(route->routes[1].place.line, 16);
    config_free(config);
}

static void test_standing(void **state)
{
    struct bw_config *config;

    (void)state;
    write_file("standing.yaml", "standing:\n  - {actor: KZ, bloc: BRICS, standing: partner, "
                                "since: 2025-01-01, source: 'https://x/'}\n");
    write_file("served.yaml", "serve: {standing: standing.yaml}\n");
    config = load("served.yaml");
    assert_string_equal(config->serve.standing, at("standing.yaml"));
    assert_int_equal(config->n_standing, 1);
    assert_string_equal(config->standing[0].standing, "partner");
    assert_int_equal(config->standing[0].place.line, 2);
    config_free(config);
}

static void test_state_dir(void **state)
{
    struct bw_config config = {.file = "x"};
    struct bw_error err;
    char path[PATH_MAX];

    (void)state;
    setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
    setenv("XDG_STATE_HOME", "/xdg", 1);
    setenv("HOME", "/home/u", 1);
    assert_int_equal(config_state_dir(&config, NULL, path, sizeof path, &err), 0);
    assert_string_equal(path, "/var/lib/one");
    config.state_dir = "/configured";
    assert_int_equal(config_state_dir(&config, NULL, path, sizeof path, &err), 0);
    assert_string_equal(path, "/configured");
    assert_int_equal(config_state_dir(&config, "/argument", path, sizeof path, &err), 0);
    assert_string_equal(path, "/argument");
    config.state_dir = NULL;
    unsetenv("STATE_DIRECTORY");
    assert_int_equal(config_state_dir(&config, NULL, path, sizeof path, &err), 0);
    assert_string_equal(path, "/xdg/blocwatch");
    unsetenv("XDG_STATE_HOME");
    assert_int_equal(config_state_dir(&config, NULL, path, sizeof path, &err), 0);
    assert_string_equal(path, "/home/u/.local/state/blocwatch");
    assert_int_equal(config_state_dir(&config, NULL, path, 8, &err), -1);
    assert_int_equal(err.code, BW_ERR_LIMIT);
    unsetenv("HOME");
    assert_int_equal(config_state_dir(&config, NULL, path, sizeof path, &err), -1);
    assert_int_equal(err.code, BW_ERR_CONFIG);
}

static void test_secret(void **state)
{
    struct bw_error err;
    char text[16];

    (void)state;
    write_file("secret", "hush \n\n");
    assert_int_equal(config_read_secret(at("secret"), text, sizeof text, &err), 0);
    assert_string_equal(text, "hush \n");
    assert_int_equal(config_read_secret(at("secret"), text, 6, &err), -1);
    assert_int_equal(err.code, BW_ERR_LIMIT);
    write_file("secret", "");
    assert_int_equal(config_read_secret(at("secret"), text, sizeof text, &err), 0);
    assert_string_equal(text, "");
    assert_int_equal(config_read_secret(at("no-secret"), text, sizeof text, &err), -1);
    assert_int_equal(err.code, BW_ERR_IO);
}

/* Many rules and sources: tables, not lists, find the twins. */
static void test_many(void **state)
{
    FILE *file = fopen(at("many.yaml"), "w");
    struct bw_config *config;

    (void)state;
    assert_non_null(file);
    fputs("sources:\n", file);
    for (int i = 0; i < 20000; i++)
        fprintf(file, "  - {id: s%d, url: 'https://h%d.example/feed'}\n", i, i);
    fputs("rules:\n", file);
    for (int i = 0; i < 20000; i++)
        fprintf(file, "  - {id: r%d, query: word%d}\n", i, i);
    assert_int_equal(fclose(file), 0);
    config = load("many.yaml");
    assert_int_equal(config->n_sources, 20000);
    assert_string_equal(config->watch.rules[19999].query, "word19999");
    assert_int_equal(config->watch.rules[19999].place.line, 40002);
    config_free(config);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[PATH_MAX];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_settings),
        cmocka_unit_test(test_includes_join), cmocka_unit_test(test_one_section_twice),
        cmocka_unit_test(test_watch),         cmocka_unit_test(test_channels_and_routes),
        cmocka_unit_test(test_standing),      cmocka_unit_test(test_state_dir),
        cmocka_unit_test(test_secret),        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
