/* base/: errors, arena, buffer, clock, names. */
#include "blocwatch/arena.h"
#include "blocwatch/buf.h"
#include "blocwatch/clock.h"
#include "blocwatch/error.h"
#include "blocwatch/hash.h"
#include "blocwatch/hit.h"
#include "blocwatch/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_error_prefix(void **state)
{
    struct bw_error err = {0};

    (void)state;
    assert_int_equal(error_set(&err, BW_ERR_IO, "no %s", "disk"), -1);
    assert_int_equal(error_prefix(&err, "store %d", 3), -1);
    assert_string_equal(err.text, "store 3: no disk");
    assert_int_equal(err.code, BW_ERR_IO);
    for (int i = 0; i < 300; i++)
        error_prefix(&err, "again and again");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void test_arena_limit(void **state)
{
    struct bw_arena *arena = arena_new(10000);
    char *text;

    (void)state;
    text = arena_printf(arena, "%s-%d", "x", 7);
    assert_string_equal(text, "x-7");
    assert_non_null(arena_alloc(arena, 9000));
    assert_null(arena_alloc(arena, 9000));
    assert_null(arena_calloc(arena, SIZE_MAX / 2, 4));
    assert_string_equal(text, "x-7");
    assert_null(arena_strdup(arena, NULL));
    arena_free(arena);
    arena_free(NULL);
}

static void test_buf(void **state)
{
    struct bw_buf buf;
    char *text;

    (void)state;
    buf_init(&buf);
    assert_string_equal(buf_text(&buf), "");
    assert_int_equal(buf_reserve(&buf, 4000), 0);
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "%d,", i % 10);
    assert_int_equal(buf.len, 2000);
    assert_false(buf.failed);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX / 2), -1);
    assert_true(buf.failed);
    buf_reset(&buf);
    buf_puts(&buf, "again");
    text = buf_steal(&buf);
    assert_string_equal(text, "again");
    buf_append(&buf, text, 5);
    assert_int_equal(buf.len, 5);
    buf_clear(&buf);
    free(text);
}

static void test_clock(void **state)
{
    struct bw_clock clock = {.simulated = true, .now_ms = 1729078920123};
    char text[BW_TIME_TEXT];

    (void)state;
    assert_string_equal(clock_format(clock_now(&clock), text), "2024-10-16T11:42:00Z");
    assert_string_equal(clock_format(BW_TIME_NONE, text), "");
    assert_string_equal(clock_format_duration(5400, text), "1h30m");
    assert_string_equal(clock_format_duration(172800, text), "2d");
    assert_string_equal(clock_format_duration(0, text), "0s");
    assert_true(clock_now(&bw_clock_real) > 1700000000);
}

static void test_names(void **state)
{
    char key[BW_KEY_TEXT];

    (void)state;
    for (int i = 0; i < BW_STANCES; i++)
        assert_int_equal(stance_parse(stance_name((enum bw_stance)i)), i);
    for (int i = 0; i < BW_CERTAINTIES; i++)
        assert_int_equal(certainty_parse(certainty_name((enum bw_certainty)i)), i);
    for (int i = 0; i < BW_SEVERITIES; i++)
        assert_int_equal(severity_parse(severity_name((enum bw_severity)i)), i);
    assert_int_equal(stance_parse("joined"), -1);
    hash_key("blocwatch", 9, key);
    assert_int_equal(strlen(key), 32);
    assert_int_equal(hash_text(NULL), hash_64("", 0));
}

static void test_log_levels(void **state)
{
    static const char *const names[] = {"error", "warn", "notice", "info", "debug"};
    enum bw_log_level level;

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_true(log_parse_level(names[i], &level));
        assert_int_equal(level, BW_LOG_ERROR + i);
    }
    assert_true(log_parse_level("warning", &level));
    assert_int_equal(level, BW_LOG_WARN);
    assert_false(log_parse_level("loud", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_prefix), cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_buf),          cmocka_unit_test(test_clock),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_log_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
