/* Encoded headers, base64, signatures, back-off and pace: what is pure. */
#include "backoff.h"
#include "cm.h"
#include "mail.h"
#include "mime.h"
#include "options.h"
#include "pace.h"
#include "sign.h"

#include <string.h>

static void header(const char *value, const char *expected)
{
    struct bw_buf out;

    buf_init(&out);
    mime_write_header(&out, "Subject", value);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void test_headers(void **state)
{
    (void)state;
    header("Plain words", "Subject: Plain words\r\n");
    header("\xd0\x9a\xd0\xb0\xd0\xb7", "Subject: =?UTF-8?B?0JrQsNC3?=\r\n");
    header("x\r\nBcc: a@b.example", "Subject: =?UTF-8?B?eCAgQmNjOiBhQGIuZXhhbXBsZQ==?=\r\n");
    header("=?UTF-8?B?eA==?=", "Subject: =?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=\r\n");
}

/* No line is longer than 78, and no encoded word ends inside a character. */
static void test_long_headers(void **state)
{
    struct bw_buf title, out;

    (void)state;
    buf_init(&title);
    buf_init(&out);
    for (int i = 0; i < 40; i++)
        buf_puts(&title, "\xd2\x9a\xd0\xb0\xd0\xb7 ");
    mime_write_header(&out, "Subject", buf_text(&title));
    for (char *at = out.data, *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2)
        assert_true(end - at <= 78);
    buf_reset(&out);
    buf_reset(&title);
    for (int i = 0; i < 60; i++)
        buf_puts(&title, "word ");
    mime_write_header(&out, "Subject", buf_text(&title));
    for (char *at = out.data, *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2)
        assert_true(end - at <= 78);
    buf_clear(&title);
    buf_clear(&out);
}

static void test_addresses(void **state)
{
    char address[64];

    (void)state;
    mail_address("Blocwatch <alerts@example.org>", address, sizeof address);
    assert_string_equal(address, "alerts@example.org");
    mail_address("desk@example.org", address, sizeof address);
    assert_string_equal(address, "desk@example.org");
}

static void test_date(void **state)
{
    struct bw_buf out;

    (void)state;
    buf_init(&out);
    mime_write_date(&out, 1729078920);
    assert_string_equal(buf_text(&out), "Wed, 16 Oct 2024 11:42:00 +0000");
    buf_clear(&out);
}

/* The example of the Standard Webhooks specification. */
static void test_signature(void **state)
{
    static const char body[] = "{\"test\": 2432232314}";
    char signature[SIGN_TEXT];
    struct bw_error err = {0};

    (void)state;
    assert_int_equal(sign_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                  "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body),
                                  signature, &err),
                     0);
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_int_equal(sign_webhook("whsec_*", "x", 1, body, strlen(body), signature, &err), -1);
    assert_int_equal(sign_webhook("", "x", 1, body, strlen(body), signature, &err), -1);
}

static void test_backoff(void **state)
{
    struct backoff b = {1000, 60000};

    (void)state;
    assert_int_equal(backoff_delay_ms(&b, 1, 0, UINT32_MAX), 1000);
    assert_int_equal(backoff_delay_ms(&b, 1, 0, 0), 500);
    assert_int_equal(backoff_delay_ms(&b, 4, 0, UINT32_MAX), 8000);
    assert_int_equal(backoff_delay_ms(&b, 50, 0, UINT32_MAX), 60000);
    assert_int_equal(backoff_delay_ms(&b, 1, 5000, 0), 5000);
    assert_int_equal(backoff_delay_ms(&b, 1, INT64_C(1) << 50, 0), 86400000);
}

static void test_pace(void **state)
{
    struct pace pace = {.backoff = {1000, 60000}, .rate_limit = 2, .rate_period_ms = 1000};
    int64_t now = 1000000;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pace_blocked_until(&pace, now), 0);
        pace_note_start(&pace);
    }
    assert_int_equal(pace_blocked_until(&pace, now + 10), now + 1000);
    assert_int_equal(pace_blocked_until(&pace, now + 1000), 0);
    /* a receiver that asks to wait stops the whole channel */
    assert_false(pace_note_failure(&pace, now, 30000, 0));
    assert_int_equal(pace_blocked_until(&pace, now + 1), now + 30000);
    pace_note_success(&pace);
    assert_int_equal(pace_blocked_until(&pace, now + 2000), 0);
    /* told once after ten minutes of failures */
    for (int i = 0; i < 6; i++)
        assert_false(pace_note_failure(&pace, now + i * 1000, 0, 0));
    assert_true(pace_note_failure(&pace, now + 600000, 0, 0));
    assert_false(pace_note_failure(&pace, now + 700000, 0, 0));
    pace_note_success(&pace);
    assert_true(pace_note_dead(&pace));
    assert_false(pace_note_dead(&pace));
}

static void test_durations(void **state)
{
    int limit;
    int64_t period;

    (void)state;
    assert_int_equal(duration_parse_ms("90"), 90000);
    assert_int_equal(duration_parse_ms("1h30m"), 5400000);
    assert_int_equal(duration_parse_ms("500ms"), 500);
    assert_int_equal(duration_parse_ms("5 m"), -1);
    assert_int_equal(duration_parse_ms("-5"), -1);
    assert_int_equal(duration_parse_ms(""), -1);
    assert_true(rate_parse("30/1m", &limit, &period));
    assert_int_equal(limit, 30);
    assert_int_equal(period, 60000);
    assert_false(rate_parse("30", &limit, &period));
    assert_false(rate_parse("0/1m", &limit, &period));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),   cmocka_unit_test(test_long_headers),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_date),
        cmocka_unit_test(test_signature), cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_pace),      cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
