/* Cache-Control, Expires, Age and Retry-After, as RFC 9110 and RFC 9111 have them. */
#include "freshness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 784111777 }; /* 1994-11-06T08:49:37Z */

static void test_dates(void **state)
{
    (void)state;
    assert_int_equal(freshness_parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), NOW);
    assert_int_equal(freshness_parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), NOW);
    assert_int_equal(freshness_parse_date("Sun Nov  6 08:49:37 1994"), NOW);
    assert_int_equal(freshness_parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    assert_int_equal(freshness_parse_date("Wednesday, 25-Nov-26 00:00:00 GMT"), 1795564800);
    assert_true(freshness_parse_date("0") == BW_TIME_NONE);
    assert_true(freshness_parse_date("-1") == BW_TIME_NONE);
    assert_true(freshness_parse_date("") == BW_TIME_NONE);
    assert_true(freshness_parse_date(NULL) == BW_TIME_NONE);
    assert_true(freshness_parse_date("Sun, 06 Nov 1994 08:49:37 CET") == BW_TIME_NONE);
    assert_true(freshness_parse_date("Sun, 06 Now 1994 08:49:37 GMT") == BW_TIME_NONE);
    assert_true(freshness_parse_date("Sun, 06 Nov 1994 25:49:37 GMT") == BW_TIME_NONE);
}

struct lifetime {
    const char *cache_control, *expires, *date, *age;
    int64_t seconds;
    const char *rule;
};

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";
static const char hour_later[] = "Sun, 06 Nov 1994 09:49:37 GMT";

static const struct lifetime lifetimes[] = {
    {NULL, NULL, NULL, NULL, 0, NULL},
    {"max-age=600", NULL, NULL, NULL, 600, "max-age"},
    {"public, MAX-AGE = 600", NULL, NULL, NULL, 0, NULL}, /* white space is not allowed there */
    {"public, Max-Age=600 , must-revalidate", NULL, NULL, NULL, 600, "max-age"},
    {"max-age=\"600\"", NULL, NULL, NULL, 600, "max-age"},
    {"max-age=600, max-age=5", NULL, NULL, NULL, 600, "max-age"},
    {"max-age=-5", NULL, NULL, NULL, 0, NULL},
    {"max-age", NULL, NULL, NULL, 0, NULL},
    {"max-age=99999999999999999999", NULL, NULL, NULL, 366 * 86400, "max-age"},
    /* a shared cache's business */
    {"s-maxage=600", NULL, NULL, NULL, 0, NULL},
    {"s-maxage=600, max-age=60", NULL, NULL, NULL, 60, "max-age"},
    {"no-cache, max-age=600", NULL, NULL, NULL, 0, NULL},
    {"no-store, max-age=600", NULL, NULL, NULL, 0, NULL},
    /* a field name restricts no-cache to that field; commas inside of quotes do not end it */
    {"no-cache=\"Set-Cookie, X\", max-age=600", NULL, NULL, NULL, 600, "max-age"},
    {"ext=\"a, max-age=5\", max-age=600", NULL, NULL, NULL, 600, "max-age"},
    /* Age is what other caches have used up */
    {"max-age=600", NULL, NULL, "100", 500, "max-age"},
    {"max-age=600", NULL, NULL, "600", 0, NULL},
    {"max-age=600", NULL, NULL, "-3", 600, "max-age"},
    /* Expires, seen from the server's clock */
    {NULL, hour_later, date, NULL, 3600, "expires"},
    {NULL, hour_later, "Sun, 06 Nov 1994 07:49:37 GMT", NULL, 7200, "expires"},
    {NULL, hour_later, NULL, NULL, 3600, "expires"},
    {NULL, hour_later, date, "600", 3000, "expires"},
    {NULL, date, hour_later, NULL, 0, NULL},
    {NULL, "0", date, NULL, 0, NULL},
    {"max-age=60", hour_later, date, NULL, 60, "max-age"},
    {"max-age=0", hour_later, date, NULL, 0, NULL},
    {"private", hour_later, date, NULL, 3600, "expires"},
    {"no-cache", hour_later, date, NULL, 0, NULL},
};

static void test_lifetimes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++) {
        const struct lifetime *row = &lifetimes[i];
        struct bw_response response = {
            .cache_control = (char *)(uintptr_t)row->cache_control,
            .expires = (char *)(uintptr_t)row->expires,
            .date = (char *)(uintptr_t)row->date,
            .age = (char *)(uintptr_t)row->age,
        };
        const char *rule = NULL;
        int64_t seconds = freshness_lifetime(&response, NOW, &rule);

        if (seconds != row->seconds)
            print_error("row %zu: %lld\n", i, (long long)seconds);
        assert_int_equal(seconds, row->seconds);
        assert_int_equal(rule == NULL, row->rule == NULL);
        if (rule != NULL)
            assert_string_equal(rule, row->rule);
    }
}

static int64_t retry_after(const char *value, const char *server_date)
{
    struct bw_response response = {
        .retry_after = (char *)(uintptr_t)value,
        .date = (char *)(uintptr_t)server_date,
    };

    return freshness_retry_after(&response, NOW);
}

static void test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(retry_after(NULL, NULL), -1);
    assert_int_equal(retry_after("120", NULL), 120);
    assert_int_equal(retry_after("0", NULL), 0);
    assert_int_equal(retry_after("soon", NULL), -1);
    assert_int_equal(retry_after("-5", NULL), -1);
    assert_int_equal(retry_after(hour_later, NULL), 3600);
    assert_int_equal(retry_after(hour_later, date), 3600);
    /* a server whose clock is an hour behind */
    assert_int_equal(retry_after(date, "Sun, 06 Nov 1994 07:49:37 GMT"), 3600);
    assert_int_equal(retry_after(date, hour_later), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_lifetimes),
        cmocka_unit_test(test_retry_after),
    };

    return cmocka_run_group_tests_name("poll: freshness", tests, NULL, NULL);
}
