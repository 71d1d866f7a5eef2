/* Alerts, their outbox, and the way of a message: keys that stay, retries, dead letters, replay. */
#include "fixture.h"

static int64_t raise_alert(struct fixture *f, int64_t created_ms)
{
    struct bw_alert_row alert = {.kind = "hit",
                                 .rule = "ca",
                                 .severity = "high",
                                 .events = "KZ declines BRICS",
                                 .payload = "{\"title\":\"x\"}",
                                 .created_ms = created_ms};
    int64_t id = 0;

    assert_fine(store_add_alert(f->store, &alert, &id, &f->err), f);
    return id;
}

static int64_t put(struct fixture *f, const char *channel, const char *group, int64_t due_ms)
{
    int64_t alert = raise_alert(f, due_ms);

    assert_fine(store_add_outbox(f->store, alert, channel, group, due_ms, &f->err), f);
    return alert;
}

static int take(struct fixture *f, const char *channel, int64_t now_ms, size_t max,
                const char *busy, struct bw_message *message)
{
    int found =
        store_next_message(f->store, channel, now_ms, max, &busy, busy != NULL, message, &f->err);

    if (found < 0)
        fail_msg("%s", f->err.text);
    return found;
}

static void test_group_is_one_message(void **state)
{
    struct fixture *f = *state;
    struct bw_message message, again;
    int64_t first = put(f, "hook", "g", NOW), second = put(f, "hook", "g", NOW + 1), due;

    put(f, "hook", "g", NOW + 5000);
    put(f, "hook", "other", NOW + 2);
    put(f, "mail", "g", NOW);
    assert_int_equal(take(f, "hook", NOW - 1, 10, NULL, &message), 0);
    assert_int_equal(take(f, "hook", NOW + 10, 10, NULL, &message), 1);
    assert_string_equal(message.channel, "hook");
    assert_string_equal(message.group, "g");
    assert_int_equal(message.n_alerts, 2);
    assert_int_equal(message.alerts[0].id, first);
    assert_int_equal(message.alerts[1].id, second);
    assert_string_equal(message.alerts[0].rule, "ca");
    assert_string_equal(message.alerts[0].payload, "{\"title\":\"x\"}");
    assert_int_equal(message.attempts, 0);
    assert_true(message.first_due_ms == NOW);
    assert_int_equal(strlen(message.key), 32);

    reopen(f); /* the same alerts under the same key, although another has become due */
    assert_int_equal(take(f, "hook", NOW + 9000, 10, NULL, &again), 1);
    assert_string_equal(again.key, message.key);
    assert_int_equal(again.n_alerts, 2);
    store_clear_message(&again);

    assert_int_equal(take(f, "hook", NOW + 9000, 10, message.key, &again), 1);
    assert_string_equal(again.group, "other");
    store_clear_message(&again);
    assert_fine(
        store_finish_message(f->store, message.key, BW_DELIVERY_DELIVERED, 0, "200", NOW, &f->err),
        f);
    store_clear_message(&message);
    assert_fine(store_next_due(f->store, "hook", &due, &f->err), f);
    assert_true(due == NOW + 2);
    assert_fine(store_next_due(f->store, "none", &due, &f->err), f);
    assert_true(due == BW_TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_group_is_one_message, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
