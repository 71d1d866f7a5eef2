/* Durations, sizes, numbers, dates, and the nearest word. Owns nothing. */
#include "units.h"

#include "blocwatch/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define N(list) (sizeof(list) / sizeof(list)[0])

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: none */
    } list[] = {
        {"0", 0},
        {"90", 90000},
        {"500ms", 500},
        {"30s", 30000},
        {"5m", 300000},
        {"5min", 300000},
        {"4h", 14400000},
        {"1h30m", 5400000},
        {"2d", 172800000},
        {"1w", 604800000},
        {"1m1m", 120000},
        {"", -1},
        {"5", 5000},
        {"5x", -1},
        {"m", -1},
        {"-5m", -1},
        {"-5", -1},
        {"5 m", -1},
        {"5m ", -1},
        {"1.5h", -1},
        {"5M", -1},
        {"1h30", -1},
        {"9223372036854775807", -1},
        {"9999999999999999d", -1},
        {"99999999999999999999", -1},
    };

    (void)state;
    for (size_t i = 0; i < N(list); i++) {
        int64_t ms = -2;

        assert_int_equal(units_parse_duration(list[i].text, &ms), list[i].ms >= 0);
        assert_int_equal(ms, list[i].ms >= 0 ? list[i].ms : -2); /* untouched on failure */
    }
}

static void test_whole_seconds(void **state)
{
    int64_t seconds = -2;

    (void)state;
    assert_int_equal(config_parse_duration("1h", &seconds), 0);
    assert_int_equal(seconds, 3600);
    assert_int_equal(config_parse_duration("500ms", &seconds), -1);
    assert_int_equal(config_parse_duration("", &seconds), -1);
    assert_int_equal(seconds, 3600);
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } list[] = {
        {"0", 0},           {"100", 100},        {"100B", 100},
        {"512KiB", 524288}, {"16MiB", 16777216}, {"1GiB", 1 << 30},
        {"1MB", 1000000},   {"2 K", 2048},       {"", -1},
        {"MiB", -1},        {"-1", -1},          {"1.5MiB", -1},
        {"1mib", -1},       {"1MiBx", -1},       {"99999999999GiB", -1},
    };

    (void)state;
    for (size_t i = 0; i < N(list); i++) {
        int64_t bytes = -2;

        assert_int_equal(units_parse_size(list[i].text, &bytes), list[i].bytes >= 0);
        assert_int_equal(bytes, list[i].bytes >= 0 ? list[i].bytes : -2);
    }
}

static void test_numbers(void **state)
{
    double number = 0;
    int64_t integer = 0;
    bool flag = false;

    (void)state;
    assert_true(units_parse_number("0.25", &number) && number > 0.2499 && number < 0.2501);
    assert_true(units_parse_number("3", &number) && number > 2.99);
    assert_false(units_parse_number("0,5", &number));
    assert_false(units_parse_number(".5", &number));
    assert_false(units_parse_number("1e5", &number));
    assert_true(units_parse_integer("-12", &integer) && integer == -12);
    assert_false(units_parse_integer("", &integer));
    assert_false(units_parse_integer("-", &integer));
    assert_false(units_parse_integer("1 ", &integer));
    assert_true(units_parse_bool("yes", &flag) && flag);
    assert_true(units_parse_bool("off", &flag) && !flag);
    assert_false(units_parse_bool("1", &flag));
}

static void test_dates(void **state)
{
    static const char *const right[] = {"2024-02-29", "2000-02-29", "1999-12-31"};
    static const char *const wrong[] = {"2023-02-29", "1900-02-29",  "2024-13-01",
                                        "2024-00-10", "2024-04-31",  "2024-1-1",
                                        "24-01-01",   "2024-01-01x", ""};

    (void)state;
    for (size_t i = 0; i < N(right); i++)
        assert_true(units_is_date(right[i]));
    for (size_t i = 0; i < N(wrong); i++)
        assert_false(units_is_date(wrong[i]));
    assert_true(units_is_time_of_day("00:00"));
    assert_true(units_is_time_of_day("23:59"));
    assert_false(units_is_time_of_day("24:00"));
    assert_false(units_is_time_of_day("7:30"));
    assert_false(units_is_time_of_day("07:60"));
}

static const char *word(int i, const void *ctx)
{
    static const char *const words[] = {"joins", "declines", "leaves", "brics", "x"};

    (void)ctx;
    return i < (int)N(words) ? words[i] : NULL;
}

static void test_nearest(void **state)
{
    static const struct {
        const char *text, *near;
    } list[] = {
        {"joyns", "joins"},  {"jions", "joins"},  {"delcines", "declines"},
        {"leave", "leaves"}, {"bricks", "brics"}, {"brcis", "brics"},
        {"football", NULL},  {"y", NULL},         {"", NULL},
    };
    char longest[200];

    (void)state;
    for (size_t i = 0; i < N(list); i++) {
        const char *near = units_nearest(list[i].text, word, NULL);

        if (list[i].near == NULL)
            assert_null(near);
        else
            assert_string_equal(near, list[i].near);
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_null(units_nearest(longest, word, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_whole_seconds),
        cmocka_unit_test(test_sizes),     cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_dates),     cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
