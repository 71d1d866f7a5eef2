/* Wrong files: each error names its line, its key, and what was expected. Owns a directory. */
#include "blocwatch/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct wrong {
    const char *yaml;
    int line;         /* of the error */
    const char *text; /* that the error holds */
};

static char path[] = "/tmp/blocwatch-config-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool holds(const struct bw_config_errors *errors, const struct wrong *wrong)
{
    for (size_t i = 0; i < errors->n; i++) {
        if (errors->list[i].place.line == wrong->line &&
            strstr(errors->list[i].text, wrong->text) != NULL)
            return true;
    }
    return false;
}

static void check(const struct wrong *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct bw_config_errors errors = {0};
        struct bw_config *config = NULL;

        write_file(list[i].yaml);
        assert_int_equal(config_load(path, &config, &errors), -1);
        assert_null(config);
        if (!holds(&errors, &list[i])) {
            print_error("%s\nexpected in line %d: %s\n", list[i].yaml, list[i].line, list[i].text);
            for (size_t k = 0; k < errors.n; k++)
                print_error("found %s:%d: %s\n", errors.list[k].place.file,
                            errors.list[k].place.line, errors.list[k].text);
            fail();
        }
        assert_string_equal(errors.list[0].place.file, path);
        config_clear_errors(&errors);
    }
}

#define CHECK(list) check(list, sizeof(list) / sizeof(list)[0])

#define TERMS "terms: {en: [kazakh*]}"
#define KZ "lexicon: [{set: kz, facet: actor, iso: KZ, " TERMS "}]\n"

static void test_yaml(void **state)
{
    static const struct wrong list[] = {
        {"sources: [\n  {id: a\n", 3, "not valid YAML"},
        {"a: b\n c: d\n", 2, "not valid YAML"},
        {"\tx: y\n", 1, "not valid YAML"},
        {"readers: 1\nlog_level: \"\xff\"\n", 2, "not valid YAML"},
        {"x: *nowhere\n", 1, "not valid YAML"},
        {"x: [*-stan]\n", 1, "text that begins with * needs quotes"},
        {"- a\n- b\n", 1, "expected a map"},
        {"just text\n", 1, "expected a map"},
    };

    (void)state;
    CHECK(list);
}

static void test_keys(void **state)
{
    static const struct wrong list[] = {
        {"readers: 1\nsuorces: []\n", 2, "suorces: unknown key; did you mean sources?"},
        {"zzzzzz: 1\n", 1, "zzzzzz: unknown key; expected one of state_dir, log_level"},
        {"serve:\n  lissten: x\n", 2, "serve: lissten: unknown key; did you mean listen?"},
        {"alerting:\n  templates:\n    tilte: x\n", 3, "templates: tilte: unknown key; did you"},
        {"serve:\n  listen: 'off'\n  listen: 'off'\n", 3,
         "serve: listen: stands twice; first in line 2"},
        {"readers: 1\nreaders: 2\n", 2, "readers: stands twice; first in line 1"},
        {"polling:\n  intervall: 5m\n", 2, "intervall: unknown key; did you mean interval?"},
        {"sources:\n  - id: a\n    url: http://x/\n    langg: en\n", 4,
         "source a: langg: unknown key"},
        {"sources:\n  - id: a\n    id: b\n    url: http://x/\n", 3,
         "id: stands twice; first in line 2"},
        {"channels:\n  - id: a\n    type: exec\n    type: exec\n", 4,
         "stands twice; first in line 3"},
        {"[a]: 1\n", 1, "expected a key, not a list"},
    };

    (void)state;
    CHECK(list);
}

static void test_types(void **state)
{
    static const struct wrong list[] = {
        {"\nreaders: many\n", 2, "readers: expected a whole number"},
        {"readers: -1\n", 1, "readers: expected a whole number from 0 to 256"},
        {"readers: [1]\n", 1, "readers: expected a whole number"},
        {"serve:\n  listen: [a, b]\n", 2, "serve: listen: expected text"},
        {"serve: 5\n", 1, "serve: expected a map"},
        {"serve:\n  listen: here\n", 2, "serve: listen: expected ADDRESS:PORT"},
        {"log_level: loud\n", 1, "log_level: expected one of error, warn, notice, info, debug"},
        {"alerting:\n  max_age: soon\n", 2, "alerting: max_age: expected a duration"},
        {"polling:\n  interval: ''\n", 2, "interval: expected a duration"},
        {"retention:\n  items: 500ms\n", 2, "retention: items: expected a duration"},
        {"polling:\n  interval_floor: 5x\n", 2, "interval_floor: expected a duration"},
        {"polling:\n  interval_floor: 5h\n", 2, "a floor that is at most the ceiling"},
        {"polling:\n  jitter: 1.5\n", 2, "jitter: expected a number from 0 to 1"},
        {"polling:\n  max_size: big\n", 2, "max_size: expected a size"},
        {"polling:\n  max_size: 10GiB\n", 2, "max_size: expected a size"},
        {"polling:\n  per_host: 0\n", 2, "per_host: expected a whole number from 1"},
        {"polling:\n  total_timeout: 0\n", 2, "total_timeout: expected at least"},
        {"sources: yes\n", 1, "expected a list of sources"},
        {"sources:\n  - a\n", 2, "source 1: expected a map"},
        {"sources:\n  - {id: a, url: [b]}\n", 2, "source a: url: expected text, not a list"},
        {"sources:\n  - {id: a, url: http://x/, enabled: maybe}\n", 2, "expected true or false"},
        {"rules:\n  - {id: a, query: b, severity: hgih}\n", 2,
         "severity: expected one of low, medium, high, critical; not \"hgih\"; did you mean high?"},
        {"rules:\n  - id: a\n    event: {stance: joyns}\n", 3, "did you mean joins?"},
        {"rules:\n  - id: a\n    event: [kz]\n", 3, "rule a: event: expected a map"},
        {"include: {a: b}\n", 1, "include: expected a list of patterns, not a map"},
        {"include:\n  - [x]\n", 2, "include: expected a pattern, not a list"},
        {"route:\n  digest_at: ['7:30']\n", 2, "digest_at: expected times of day"},
        {"route:\n  quiet: {from: '22:00', to: '24:00'}\n", 2, "to: expected a time of day"},
        {"route:\n  updates: [changed]\n", 2, "updates: expected one of stance, confirmed"},
        {"route:\n  time_zone: ../x\n", 2, "expected an IANA time zone"},
    };

    (void)state;
    CHECK(list);
}

static void test_missing(void **state)
{
    static const struct wrong list[] = {
        {"# being written\n", 0, "the file is empty: expected settings"},
        {"sources:\n  - id: a\n", 2, "source a: url: is missing"},
        {"sources:\n  - id: a\n    url:\n", 3, "source a: url: is empty"},
        {"sources:\n  - url: http://x/\n", 2, "source 1: id: is missing"},
        {"sources:\n  - {id: a, url: 'http://x/', password_file: p}\n", 2, "username: is missing"},
        {"rules:\n  - id: a\n", 2, "rule a: expected a query:, an event:, or both"},
        {"channels:\n  - id: a\n", 2, "channel a: type: is missing"},
        {"lexicon:\n  - {set: a, facet: actor, " TERMS "}\n", 2, "set a: iso: is missing"},
        {"lexicon:\n  - {set: a, facet: bloc, " TERMS "}\n", 2, "set a: code: is missing"},
        {"lexicon:\n  - {set: a, facet: topic}\n", 2, "set a: terms: is missing"},
        {"lexicon:\n  - {set: a, facet: topic, terms: {}}\n", 2, "at least one term"},
        {"route:\n  rate: {limit: 5}\n", 2, "period: is missing"},
    };

    (void)state;
    CHECK(list);
}

static void test_lexicon(void **state)
{
    static const struct wrong list[] = {
        {"lexicon:\n  - {set: a, facet: bloc, code: B, iso: KZ, " TERMS "}\n", 2,
         "set a: iso: does not belong to a set of facet bloc; expected code:"},
        {"lexicon:\n  - {set: a, facet: blok, code: B, " TERMS "}\n", 2, "did you mean bloc?"},
        {"lexicon:\n  - {set: a, facet: stance, stance: flies, " TERMS "}\n", 2,
         "stance: expected one of"},
        {"lexicon:\n  - {set: a, facet: actor, iso: KZ, since: 2023-02-29, " TERMS "}\n", 2,
         "since: expected a date"},
        {"lexicon:\n  - set: a\n    facet: topic\n    terms:\n      'e n': [x]\n", 5,
         "expected a language"},
        {"lexicon:\n  - set: a\n    facet: topic\n    terms:\n      en:\n        - x\n        - "
         "[y]\n",
         7, "terms: expected a word"},
        {"lexicon:\n  - {set: a, facet: topic, terms: [x]}\n", 2, "terms: expected a map"},
    };

    (void)state;
    CHECK(list);
}

static void test_references(void **state)
{
    static const struct wrong list[] = {
        {"sources:\n  - {id: a, url: 'http://x/'}\n  - {id: a, url: 'http://y/'}\n", 3,
         "source a: id: stands twice; first in /tmp/blocwatch-config-"},
        {KZ "rules:\n  - {id: r, query: x}\n  - {id: r, query: y}\n", 4,
         "rule r: id: stands twice"},
        {KZ "rules:\n  - id: r\n    event: {actor: [kz, kzz]}\n", 3,
         "rule r: event: actor: there is no set \"kzz\" in the lexicon; did you mean kz?"},
        {KZ "rules:\n  - id: r\n    event: {bloc: kz}\n", 3, "expected a set of facet bloc"},
        {"channels: [{id: desk, type: journal}]\nroute:\n  channels: [dekc]\n", 3,
         "there is no channel \"dekc\"; did you mean desk?"},
        {"route:\n  routes:\n    - rule: nope\n", 3, "there is no rule \"nope\""},
        {"route:\n  source: [nope]\n", 2, "there is no source \"nope\""},
        {KZ "route:\n  actor: [UZ]\n", 3, "no set of facet actor has the code or name \"UZ\""},
        {"sources:\n  - {id: 'a b', url: 'http://x/'}\n", 2, "expected a name without spaces"},
        {"sources:\n  - {id: a, url: 'ftp://x/'}\n", 2, "expected https://"},
        {"sources:\n  - {id: a, url: 'http:///x'}\n", 2, "expected https://"},
        {"sources:\n  - {id: a, url: 'file://host/x'}\n", 2, "expected file:PATH"},
    };

    (void)state;
    CHECK(list);
}

static void test_files(void **state)
{
    static const struct wrong list[] = {
        {"\ninclude: [missing.yaml]\n", 2, "include: cannot read /tmp/missing.yaml: No such file"},
        {"serve:\n  standing: missing.yaml\n", 2, "cannot read /tmp/missing.yaml: No such file"},
        {"serve:\n  token_file: ${CREDENTIALS_DIRECTORY}/t\n", 2,
         "${CREDENTIALS_DIRECTORY} is not set"},
        {"serve:\n  token_file: ${HOME}/t\n", 2, "expected ${CREDENTIALS_DIRECTORY} or"},
        {"serve:\n  token_file: ${STATE_DIRECTORY\n", 2, "expected ${CREDENTIALS_DIRECTORY} or"},
    };

    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(list);
}

/* Deep nesting, a map that holds itself, and aliases that multiply end in an error. */
static void test_nesting(void **state)
{
    static const struct wrong list[] = {
        {"route: &r\n  routes: [*r]\n", 1, "nested more than"},
        {"route: &r\n  routes: [*r, *r, *r]\n", 2, "at most 10000 routes"},
        {"channels:\n  - &c {id: a, type: exec, x: *c}\n", 2, "nested more than"},
        {"channels:\n  - &c {id: a, type: exec, x: *c, y: *c, z: *c}\n", 2, "nested more than"},
        {"channels:\n  - id: a\n    type: exec\n    a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
         "    b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
         "    c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
         "    d: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
         4, "at most 1000"},
    };

    (void)state;
    CHECK(list);
}

/* All semantic errors of a run, in the order of their lines. */
static void test_all_errors(void **state)
{
    static const int lines[] = {1, 2, 5, 6, 8, 9};
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;

    (void)state;
    write_file("readers: 999\nlog_level: loud\nsources:\n"
               "  - {id: a, url: 'http://x/'}\n  - {id: a, url: 'http://x/'}\n  - {id: b, url: x}\n"
               "rules:\n  - {id: r, event: {actor: nope}}\n  - {id: s, severity: x, query: y}\n");
    assert_int_equal(config_load(path, &config, &errors), -1);
    assert_int_equal(errors.n, sizeof lines / sizeof lines[0]);
    for (size_t i = 0; i < errors.n; i++)
        assert_int_equal(errors.list[i].place.line, lines[i]);
    config_clear_errors(&errors);
}

static int set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml),       cmocka_unit_test(test_keys),
        cmocka_unit_test(test_types),      cmocka_unit_test(test_missing),
        cmocka_unit_test(test_lexicon),    cmocka_unit_test(test_references),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_all_errors),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
