/* The routes tree, silences, and when a message goes out. */
#include "cm.h"
#include "plan.h"
#include "silence.h"
#include "zone.h"

#include "blocwatch/alert.h"

#include <string.h>
#include <time.h>

#define LIST(...)                                                                                  \
    {                                                                                              \
        (const char *[]){__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)      \
    }
#define ROUTE .group_wait = -1, .group_interval = -1, .rate_limit = -1

static const struct bw_event declines = {
    .actor = "KZ", .bloc = "BRICS", .stance = BW_STANCE_DECLINES};
static const struct bw_event two[] = {
    {.actor = "KZ", .bloc = "BRICS", .stance = BW_STANCE_DECLINES},
    {.actor = "UZ", .bloc = "EAEU", .stance = BW_STANCE_JOINS},
};
static const struct alert_subject subject = {.kind = "hit",
                                             .rule = "ca-bloc-membership",
                                             .source = "rferl",
                                             .lang = "kk-cyrl",
                                             .severity = BW_SEVERITY_HIGH,
                                             .events = &declines,
                                             .n_events = 1,
                                             .story = 7};

static size_t find(const struct bw_config_route *root, const struct alert_subject *of,
                   struct route_settings picks[ROUTE_PICKS])
{
    struct bw_config config = {.route = *root};

    return route_find(&config, of, picks);
}

static void test_the_deepest_match_takes_it(void **state)
{
    struct bw_config_route grand[] = {{ROUTE, .bloc = LIST("BRICS"), .channels = LIST("desk")}};
    struct bw_config_route children[] = {
        {ROUTE, .severity = LIST("low"), .channels = LIST("digest")},
        {ROUTE, .actor = LIST("kz"), .routes = grand, .n_routes = 1},
        {ROUTE, .channels = LIST("never")},
    };
    struct bw_config_route root = {ROUTE, .channels = LIST("all"), .routes = children,
                                   .n_routes = 3};
    struct route_settings picks[ROUTE_PICKS];
    struct alert_subject other = subject;

    (void)state;
    children[1].group_wait = 30;
    assert_int_equal(find(&root, &subject, picks), 1);
    assert_string_equal(picks[0].channels->values[0], "desk");
    assert_string_equal(picks[0].path, "0.1.0");
    assert_int_equal(picks[0].group_wait_ms, 30000);
    other.severity = BW_SEVERITY_LOW;
    assert_int_equal(find(&root, &other, picks), 1);
    assert_string_equal(picks[0].channels->values[0], "digest");
}

static void test_continue_goes_on(void **state)
{
    struct bw_config_route children[] = {
        {ROUTE, .rule = LIST("ca-*"), .channels = LIST("one"), .keep_going = true},
        {ROUTE, .source = LIST("x", "rferl"), .channels = LIST("two")},
        {ROUTE, .channels = LIST("three")},
    };
    struct bw_config_route root = {ROUTE, .routes = children, .n_routes = 3};
    struct route_settings picks[ROUTE_PICKS];

    (void)state;
    assert_int_equal(find(&root, &subject, picks), 2);
    assert_string_equal(picks[0].channels->values[0], "one");
    assert_string_equal(picks[1].channels->values[0], "two");
}

/* "KZ" and "EAEU" are in the item, but not in one event. */
static void test_one_event_must_be_all_of_it(void **state)
{
    struct bw_config_route children[] = {
        {ROUTE, .actor = LIST("KZ"), .bloc = LIST("EAEU"), .channels = LIST("wrong")}};
    struct bw_config_route root = {ROUTE, .channels = LIST("all"), .routes = children,
                                   .n_routes = 1};
    struct route_settings picks[ROUTE_PICKS];
    struct alert_subject both = subject;

    (void)state;
    both.events = two;
    both.n_events = 2;
    assert_int_equal(find(&root, &both, picks), 1);
    assert_string_equal(picks[0].channels->values[0], "all");
    children[0].bloc = (struct bw_config_list)LIST("BRICS");
    assert_int_equal(find(&root, &both, picks), 1);
    assert_string_equal(picks[0].channels->values[0], "wrong");
}

static void test_languages_and_sets(void **state)
{
    struct bw_set set = {.id = "kazakhstan", .facet = BW_FACET_ACTOR, .code = "KZ"};
    struct bw_config config = {.watch = {.sets = &set, .n_sets = 1}};

    (void)state;
    assert_true(subject_matches(&config, &subject, "lang", "kk"));
    assert_false(subject_matches(&config, &subject, "lang", "k"));
    assert_true(subject_matches(&config, &subject, "actor", "kazakhstan"));
    assert_false(subject_matches(&config, &subject, "bloc", "kazakhstan"));
    assert_true(subject_matches(&config, &subject, "story", "7"));
    assert_false(subject_matches(&config, &subject, "story", "8"));
}

static void test_updates_are_inherited(void **state)
{
    struct bw_config_route children[] = {{ROUTE, .channels = LIST("one")},
                                         {ROUTE, .has_updates = true, .channels = LIST("two")}};
    struct bw_config_route root = {ROUTE, .has_updates = true, .updates = LIST("confirmed"),
                                   .routes = children, .n_routes = 2};
    struct route_settings picks[ROUTE_PICKS];

    (void)state;
    children[0].keep_going = true;
    assert_int_equal(find(&root, &subject, picks), 2);
    assert_true(route_wants_update(&picks[0], "confirmed"));
    assert_false(route_wants_update(&picks[0], "stance"));
    assert_false(route_wants_update(&picks[1], "confirmed"));
    root.has_updates = false;
    children[1].has_updates = false;
    assert_int_equal(find(&root, &subject, picks), 2);
    assert_true(route_wants_update(&picks[0], "stance"));
}

static void test_silences(void **state)
{
    struct bw_error err = {0};

    (void)state;
    assert_true(silence_matches(NULL, "rule=ca-* actor=KZ", &subject));
    assert_false(silence_matches(NULL, "rule=ca-* actor=UZ", &subject));
    assert_false(silence_matches(NULL, "", &subject));
    assert_false(silence_matches(NULL, "nonsense", &subject));
    assert_int_equal(alert_check_matchers("rule=ca-* severity=low", &err), 0);
    assert_int_equal(alert_check_matchers("colour=red", &err), -1);
    assert_non_null(strstr(err.text, "unknown matcher colour"));
    assert_int_equal(alert_check_matchers("rule", &err), -1);
    assert_int_equal(alert_check_matchers("  ", &err), -1);
}

/* --- when ------------------------------------------------------------------------------------ */

static const struct bw_config_list none;
static struct route_settings settings(void)
{
    return (struct route_settings){
        .path = "0", .rate_path = "0", .channels = &none, .group_by = &none, .digest_at = &none};
}

static struct plan plan_at(struct planner *planner, const struct route_settings *s,
                           const struct alert_subject *of, int64_t now_ms)
{
    struct plan plan;
    struct bw_error err = {0};

    assert_int_equal(planner_plan(planner, s, of, "desk", now_ms, &plan, &err), 0);
    return plan;
}

static void planned(struct planner *planner, const struct route_settings *s,
                    const struct alert_subject *of, int64_t now_ms, enum plan_how how,
                    int64_t due_ms, const char *group)
{
    struct plan plan = plan_at(planner, s, of, now_ms);

    assert_int_equal(plan.how, how);
    assert_int_equal(plan.due_ms, due_ms);
    assert_string_equal(buf_text(&plan.group), group);
    buf_clear(&plan.group);
}

enum { T = 1000000000 };

static void test_groups(void **state)
{
    struct planner *planner = planner_new();
    struct route_settings s = settings();
    struct bw_config_list by = LIST("actor", "bloc");

    (void)state;
    planned(planner, &s, &subject, T, PLAN_NOW, T, "0|story=7");
    planned(planner, &s, &subject, T, PLAN_JOINED, T, "0|story=7");
    planned(planner, &s, &subject, T + 1, PLAN_NOW, T + 1, "0|story=7");
    s.group_by = &by;
    s.group_wait_ms = 30000;
    s.group_interval_ms = 300000;
    planned(planner, &s, &subject, T, PLAN_NOW, T + 30000, "0|actor=KZ|bloc=BRICS");
    planned(planner, &s, &subject, T + 20000, PLAN_JOINED, T + 30000, "0|actor=KZ|bloc=BRICS");
    planned(planner, &s, &subject, T + 31000, PLAN_NOW, T + 330000, "0|actor=KZ|bloc=BRICS");
    planned(planner, &s, &subject, T + 900000, PLAN_NOW, T + 930000, "0|actor=KZ|bloc=BRICS");
    planner_free(planner);
}

static void test_rate_cap(void **state)
{
    struct planner *planner = planner_new();
    struct route_settings s = settings();
    struct alert_subject of = subject;

    (void)state;
    s.rate_limit = 2;
    s.rate_period_ms = 60000;
    of.story = 1;
    planned(planner, &s, &of, T, PLAN_NOW, T, "0|story=1");
    of.story = 2;
    planned(planner, &s, &of, T + 1, PLAN_NOW, T + 1, "0|story=2");
    for (of.story = 3; of.story < 100; of.story++)
        planned(planner, &s, &of, T + 2, PLAN_RATE, T + 60000, "0|rest");
    planned(planner, &s, &of, T + 60001, PLAN_NOW, T + 60001, "0|story=100");
    planner_free(planner);
}

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute};

    return (int64_t)timegm(&tm) * 1000;
}

static void test_zones(void **state)
{
    (void)state;
    /* Almaty went from UTC+6 to UTC+5 on 1 March 2024. */
    assert_int_equal(zone_minute_of_day("Asia/Almaty", utc(2024, 2, 1, 0, 0) / 1000), 360);
    assert_int_equal(zone_minute_of_day("Asia/Almaty", utc(2024, 4, 1, 0, 0) / 1000), 300);
    assert_int_equal(zone_minute_of_day(NULL, utc(2024, 4, 1, 5, 5) / 1000), 305);
    assert_int_equal(zone_next("Asia/Almaty", utc(2024, 4, 1, 0, 0) / 1000, 450),
                     utc(2024, 4, 1, 2, 30) / 1000);
    assert_int_equal(zone_next("Asia/Almaty", utc(2024, 4, 1, 2, 30) / 1000, 450),
                     utc(2024, 4, 2, 2, 30) / 1000);
    /* Across the night in which clocks are set: 07:30 stays 07:30. */
    assert_int_equal(zone_next("Europe/Prague", utc(2024, 3, 30, 12, 0) / 1000, 450),
                     utc(2024, 3, 31, 5, 30) / 1000);
    assert_int_equal(zone_parse_minute("07:30"), 450);
    assert_int_equal(zone_parse_minute("24:00"), -1);
    assert_int_equal(zone_parse_minute("7.30"), -1);
}

static void test_digest(void **state)
{
    struct planner *planner = planner_new();
    struct route_settings s = settings();
    struct bw_config_list at = LIST("07:30", "18:00");

    (void)state;
    s.digest_at = &at;
    s.time_zone = "Asia/Tashkent";
    planned(planner, &s, &subject, utc(2024, 10, 16, 1, 0), PLAN_DIGEST, utc(2024, 10, 16, 2, 30),
            "0|digest");
    planned(planner, &s, &subject, utc(2024, 10, 16, 3, 0), PLAN_DIGEST, utc(2024, 10, 16, 13, 0),
            "0|digest");
    planner_free(planner);
}

static void test_quiet_hours(void **state)
{
    struct planner *planner = planner_new();
    struct route_settings s = settings();
    struct alert_subject of = subject;

    (void)state;
    s.time_zone = "Asia/Bishkek"; /* UTC+6 */
    s.quiet_from = "22:00";
    s.quiet_to = "07:00";
    s.quiet_override = "critical";
    planned(planner, &s, &of, utc(2024, 10, 16, 15, 59), PLAN_NOW, utc(2024, 10, 16, 15, 59),
            "0|story=7");
    planned(planner, &s, &of, utc(2024, 10, 16, 16, 0), PLAN_QUIET, utc(2024, 10, 17, 1, 0),
            "0|quiet");
    planned(planner, &s, &of, utc(2024, 10, 17, 0, 59), PLAN_QUIET, utc(2024, 10, 17, 1, 0),
            "0|quiet");
    planned(planner, &s, &of, utc(2024, 10, 17, 1, 0), PLAN_NOW, utc(2024, 10, 17, 1, 0),
            "0|story=7");
    of.severity = BW_SEVERITY_CRITICAL;
    of.story = 8;
    planned(planner, &s, &of, utc(2024, 10, 16, 20, 0), PLAN_NOW, utc(2024, 10, 16, 20, 0),
            "0|story=8");
    planner_free(planner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_deepest_match_takes_it),
        cmocka_unit_test(test_continue_goes_on),
        cmocka_unit_test(test_one_event_must_be_all_of_it),
        cmocka_unit_test(test_languages_and_sets),
        cmocka_unit_test(test_updates_are_inherited),
        cmocka_unit_test(test_silences),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_rate_cap),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_quiet_hours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
