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

static void test_retry_keeps_key(void **state)
{
    struct fixture *f = *state;
    struct bw_message message;
    char key[BW_KEY_TEXT];

    put(f, "hook", "g", NOW);
    assert_int_equal(take(f, "hook", NOW, 10, NULL, &message), 1);
    strcpy(key, message.key);
    store_clear_message(&message);
    for (int try = 1; try <= 3; try++) {
        assert_fine(store_finish_message(f->store, key, BW_DELIVERY_PENDING, NOW + try * 1000,
                                         "503 Busy", NOW, &f->err),
                    f);
        assert_int_equal(take(f, "hook", NOW + try * 1000 - 1, 10, NULL, &message), 0);
        put(f, "hook", "g", NOW + 100000); /* does not ride along */
        assert_int_equal(take(f, "hook", NOW + try * 1000, 10, NULL, &message), 1);
        assert_string_equal(message.key, key);
        assert_int_equal(message.attempts, try);
        assert_int_equal(message.n_alerts, 1);
        assert_true(message.first_due_ms == NOW);
        store_clear_message(&message);
    }
}

static void test_limit_splits(void **state)
{
    struct fixture *f = *state;
    struct bw_message one, two;

    for (int i = 0; i < 5; i++)
        put(f, "hook", "g", NOW);
    assert_int_equal(take(f, "hook", NOW, 3, NULL, &one), 1);
    assert_int_equal(take(f, "hook", NOW, 3, one.key, &two), 1);
    assert_int_equal(one.n_alerts, 3);
    assert_int_equal(two.n_alerts, 2);
    assert_string_not_equal(one.key, two.key);
    assert_true(one.alerts[2].id < two.alerts[0].id);
    store_clear_message(&one);
    store_clear_message(&two);
}

static void test_not_in_transaction(void **state)
{
    struct fixture *f = *state;
    struct bw_message message;

    put(f, "hook", "g", NOW);
    assert_fine(store_begin(f->store, &f->err), f);
    assert_int_equal(store_next_message(f->store, "hook", NOW, 1, NULL, 0, &message, &f->err), -1);
    assert_int_equal(store_finish_message(f->store, "k", BW_DELIVERY_DEAD, 0, "", 0, &f->err), -1);
    store_rollback(f->store);
}

struct listed {
    size_t n;
    char last[256];
    int attempts;
    int64_t alert;
};

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct listed *listed = ctx;

    listed->n++;
    listed->attempts = row->attempts;
    listed->alert = row->alert;
    snprintf(listed->last, sizeof listed->last, "%s %s %s %s %s %s %s%s", row->channel, row->group,
             row->state, row->kind, row->rule, row->severity, row->note != NULL ? row->note : "-",
             row->delivered_ms != BW_TIME_NONE ? " at" : "");
    return 0;
}

static struct listed list(struct fixture *f, const char *state, const char *channel, int64_t alert,
                          size_t limit)
{
    struct listed listed = {.n = 0};

    assert_fine(store_list_outbox(f->store, state, channel, alert, limit, on_row, &listed, &f->err),
                f);
    return listed;
}

static void finish(struct fixture *f, const char *channel, enum bw_delivery state)
{
    struct bw_message message;

    assert_int_equal(take(f, channel, NOW, 10, NULL, &message), 1);
    assert_fine(store_finish_message(f->store, message.key, state, NOW, "said so", NOW, &f->err),
                f);
    store_clear_message(&message);
}

static void test_list(void **state)
{
    struct fixture *f = *state;
    int64_t first = put(f, "hook", "g", NOW), second = put(f, "mail", "h", NOW);

    finish(f, "hook", BW_DELIVERY_DELIVERED);
    assert_int_equal(list(f, NULL, NULL, 0, 0).n, 2);
    assert_true(list(f, NULL, NULL, 0, 1).alert == second); /* newest first */
    assert_int_equal(list(f, NULL, NULL, 0, 1).n, 1);
    assert_int_equal(list(f, "delivered", NULL, 0, 0).n, 1);
    assert_string_equal(list(f, "delivered", NULL, 0, 0).last,
                        "hook g delivered hit ca high said so at");
    assert_string_equal(list(f, "pending", NULL, 0, 0).last, "mail h pending hit ca high -");
    assert_int_equal(list(f, NULL, "hook", 0, 0).n, 1);
    assert_int_equal(list(f, NULL, NULL, first, 0).n, 1);
    assert_int_equal(list(f, "dead", "hook", first, 0).n, 0);
    assert_int_equal(store_list_outbox(f->store, "lost", NULL, 0, 0, on_row, NULL, &f->err), -1);
}

static void test_dead_and_replayed(void **state)
{
    struct fixture *f = *state;
    int64_t alert = put(f, "hook", "g", NOW);
    struct bw_message message;
    char key[BW_KEY_TEXT];
    size_t changed;

    assert_int_equal(take(f, "hook", NOW, 10, NULL, &message), 1);
    strcpy(key, message.key);
    store_clear_message(&message);
    finish(f, "hook", BW_DELIVERY_DEAD);
    assert_int_equal(take(f, "hook", NOW + DAY, 10, NULL, &message), 0);
    assert_string_equal(list(f, "dead", NULL, 0, 0).last, "hook g dead hit ca high said so");

    assert_fine(store_replay_outbox(f->store, 0, NOW + DAY, &changed, &f->err), f);
    assert_int_equal(changed, 1);
    assert_int_equal(take(f, "hook", NOW + DAY, 10, NULL, &message), 1);
    assert_true(message.alerts[0].id == alert);
    assert_int_equal(message.attempts, 0);
    assert_string_not_equal(message.key, key);
    assert_true(message.first_due_ms == NOW + DAY);
    store_clear_message(&message);
    assert_fine(store_replay_outbox(f->store, alert, NOW, &changed, &f->err), f);
    assert_int_equal(changed, 0); /* it is pending */
}

static void test_drop(void **state)
{
    struct fixture *f = *state;
    int64_t first = put(f, "hook", "g", NOW);
    struct bw_message message;
    size_t changed;

    put(f, "hook", "h", NOW);
    assert_int_equal(take(f, "hook", NOW, 10, NULL, &message), 1);
    assert_fine(store_drop_outbox(f->store, first, NOW, &changed, &f->err), f);
    assert_int_equal(changed, 1);
    assert_string_equal(list(f, "dropped", NULL, 0, 0).last,
                        "hook g dropped hit ca high dropped by hand");
    /* It was under way: a failure leaves it dropped, a yes counts. */
    assert_fine(store_finish_message(f->store, message.key, BW_DELIVERY_PENDING, NOW + 9, "no", NOW,
                                     &f->err),
                f);
    assert_int_equal(list(f, "dropped", NULL, 0, 0).n, 1);
    assert_fine(
        store_finish_message(f->store, message.key, BW_DELIVERY_DELIVERED, 0, "yes", NOW, &f->err),
        f);
    assert_int_equal(list(f, "delivered", NULL, 0, 0).n, 1);
    store_clear_message(&message);
    assert_fine(store_drop_outbox(f->store, 0, NOW, &changed, &f->err), f);
    assert_int_equal(changed, 1);
    assert_fine(store_replay_outbox(f->store, 0, NOW, &changed, &f->err), f);
    assert_int_equal(changed, 0); /* all dead ones: dropped ones only by their alert */
}

static void test_counts(void **state)
{
    struct fixture *f = *state;
    struct bw_store_counts counts;

    put(f, "a", "g", NOW + 7);
    put(f, "b", "g", NOW);
    put(f, "c", "g", NOW);
    finish(f, "b", BW_DELIVERY_DELIVERED);
    finish(f, "c", BW_DELIVERY_DEAD);
    assert_fine(store_count(f->store, &counts, &f->err), f);
    assert_int_equal(counts.alerts, 3);
    assert_int_equal(counts.pending, 1);
    assert_int_equal(counts.delivered, 1);
    assert_int_equal(counts.dead, 1);
    assert_int_equal(counts.dropped, 0);
    assert_true(counts.oldest_pending_ms == NOW + 7);
    assert_true(counts.bytes > 4096);
}

static int on_alert(const struct bw_alert_row *alert, void *ctx)
{
    struct listed *listed = ctx;

    listed->n++;
    listed->alert = alert->id;
    snprintf(listed->last, sizeof listed->last, "%s %s %s", alert->kind,
             alert->rule != NULL ? alert->rule : "-", alert->events);
    return 0;
}

static void test_alerts(void **state)
{
    struct fixture *f = *state;
    int64_t hit = raise_alert(f, NOW), other;
    struct bw_alert_row down = {.kind = "source", .payload = "{}", .created_ms = NOW + 1};
    struct listed listed = {.n = 0};

    assert_fine(store_add_alert(f->store, &down, &other, &f->err), f);
    assert_fine(store_get_alert(f->store, hit, on_alert, &listed, &f->err), f);
    assert_string_equal(listed.last, "hit ca KZ declines BRICS");
    assert_fine(store_get_alert(f->store, other, on_alert, &listed, &f->err), f);
    assert_string_equal(listed.last, "source - ");
    assert_int_equal(store_get_alert(f->store, 99, on_alert, &listed, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);

    listed.n = 0;
    assert_fine(store_list_alerts(f->store, &(struct bw_alert_query){.limit = 0}, on_alert, &listed,
                                  &f->err),
                f);
    assert_int_equal(listed.n, 2);
    assert_true(listed.alert == hit); /* the last one told is the oldest */
    listed.n = 0;
    assert_fine(store_list_alerts(f->store, &(struct bw_alert_query){.kind = "source"}, on_alert,
                                  &listed, &f->err),
                f);
    assert_int_equal(listed.n, 1);
    listed.n = 0;
    assert_fine(store_list_alerts(f->store,
                                  &(struct bw_alert_query){.since_ms = NOW + 1, .rule = "ca"},
                                  on_alert, &listed, &f->err),
                f);
    assert_int_equal(listed.n, 0);
    assert_fine(store_list_alerts(f->store, &(struct bw_alert_query){.before_id = other}, on_alert,
                                  &listed, &f->err),
                f);
    assert_int_equal(listed.n, 1);
}

static int on_silence(const struct bw_silence *silence, void *ctx)
{
    snprintf(ctx, 64, "%s (%s)", silence->matchers, silence->comment);
    return 0;
}

static void test_silences(void **state)
{
    struct fixture *f = *state;
    struct bw_silence silence = {
        .matchers = "actor=KZ", .comment = "elections", .starts_ms = NOW, .ends_ms = NOW + DAY};
    char text[64] = "";
    int64_t id;

    assert_fine(store_add_silence(f->store, &silence, &id, &f->err), f);
    assert_fine(store_list_silences(f->store, NOW - 1, on_silence, text, &f->err), f);
    assert_string_equal(text, "");
    assert_fine(store_list_silences(f->store, NOW + DAY, on_silence, text, &f->err), f);
    assert_string_equal(text, "");
    assert_fine(store_list_silences(f->store, NOW, on_silence, text, &f->err), f);
    assert_string_equal(text, "actor=KZ (elections)");
    assert_fine(store_end_silence(f->store, id, NOW + 5, &f->err), f);
    assert_int_equal(store_end_silence(f->store, 77, NOW + 5, &f->err), -1);
    text[0] = '\0';
    assert_fine(store_list_silences(f->store, NOW + 6, on_silence, text, &f->err), f);
    assert_string_equal(text, "");
    assert_fine(store_list_silences(f->store, BW_TIME_NONE, on_silence, text, &f->err), f);
    assert_string_equal(text, "actor=KZ (elections)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_group_is_one_message),
        TEST(test_retry_keeps_key),
        TEST(test_limit_splits),
        TEST(test_not_in_transaction),
        TEST(test_list),
        TEST(test_dead_and_replayed),
        TEST(test_drop),
        TEST(test_counts),
        TEST(test_alerts),
        TEST(test_silences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
