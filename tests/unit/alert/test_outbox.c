/* The outbox runner against a real store and a real HTTP receiver. */
#include "world.h"

#include <jansson.h>
#include <signal.h>

static const struct world_item brics = {
    .source = "rferl",
    .guid = "kz-1",
    .title = "Kazakhstan will not seek BRICS membership",
    .link = "https://news.example/1",
    .event = {.actor = "KZ", .bloc = "BRICS", .stance = BW_STANCE_DECLINES},
};

static bool one_accepted(struct world *w)
{
    return w->n_requests > 0 && w->requests[w->n_requests - 1].status == 200 &&
           strstr(w->log, "delivered") != NULL;
}

static bool dead_once(struct world *w)
{
    struct bw_store_counts counts;
    struct bw_error err;

    assert_int_equal(store_count(w->store, &counts, &err), 0);
    return counts.dead == 1;
}

static void test_delivers_one_alert(void **state)
{
    struct world w;
    json_t *json;
    int64_t hit;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), "headers.X-Own", "yes",
                      NULL);
    world_start(&w);
    hit = world_raise(&w, &brics);
    world_run(&w, one_accepted, 10);
    assert_int_equal(w.n_requests, 1);
    assert_string_equal(w.requests[0].path, "/hook");
    assert_int_equal(strlen(w.requests[0].key), BW_KEY_TEXT - 1);
    assert_non_null(strstr(w.requests[0].headers, "X-Own: yes\n"));
    json = json_loads(w.requests[0].body, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "title")),
                        "Kazakhstan declines BRICS membership \xe2\x80\x94 rferl");
    assert_string_equal(json_string_value(json_object_get(json, "key")), w.requests[0].key);
    assert_int_equal(json_integer_value(json_object_get(json, "hit")), hit);
    json_decref(json);
    assert_string_equal(world_fate(&w, hit).fate, "alerted");
    world_clear(&w);
}

static void test_retries_under_one_key(void **state)
{
    static const int answers[] = {503, 500, 429};
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), "backoff", "20ms",
                      NULL);
    memcpy(w.answers, answers, sizeof answers);
    w.n_answers = 3;
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, one_accepted, 20);
    assert_int_equal(w.n_requests, 4);
    for (size_t i = 1; i < 4; i++)
        assert_string_equal(w.requests[i].key, w.requests[0].key);
    world_clear(&w);
}

static void test_client_errors_are_dead_at_once(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), NULL);
    w.answers[0] = 404;
    w.n_answers = 1;
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, dead_once, 10);
    assert_int_equal(w.n_requests, 1);
    assert_non_null(strstr(w.log, "gave up"));
    assert_non_null(strstr(w.log, "HTTP 404"));
    world_clear(&w);
}

static void test_gives_up_after_the_set_age(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), "backoff", "10ms",
                      NULL);
    for (int i = 0; i < WORLD_ANSWERS; i++)
        w.answers[i] = 503;
    w.n_answers = WORLD_ANSWERS;
    w.config.alerting.give_up = 1;
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, dead_once, 20);
    assert_true(w.n_requests > 1);
    world_clear(&w);
}

static void test_retry_after_is_obeyed(void **state)
{
    struct world w;
    int64_t begin;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), "backoff", "10ms",
                      NULL);
    w.answers[0] = 503;
    w.n_answers = 1;
    w.answer_header = "Retry-After";
    w.answer_value = "2";
    world_start(&w);
    world_raise(&w, &brics);
    begin = clock_monotonic_ms(&bw_clock_real);
    world_run(&w, one_accepted, 20);
    assert_true(clock_monotonic_ms(&bw_clock_real) - begin >= 1900);
    world_clear(&w);
}

static void test_a_rest_is_delivered_after_a_restart(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), "backoff", "10ms",
                      NULL);
    w.answers[0] = -1;
    w.n_answers = 1;
    world_start(&w);
    world_raise(&w, &brics);
    while (w.n_requests == 0)
        event_base_loop(w.base, EVLOOP_ONCE);
    alerter_free(w.alerter);
    world_start(&w);
    alerter_wake(w.alerter);
    world_run(&w, one_accepted, 10);
    assert_int_equal(w.n_requests, 2);
    assert_string_equal(w.requests[0].key, w.requests[1].key);
    world_clear(&w);
}

/* A reload gives up what is under way, and takes it up again under the same key. */
static void test_a_reload_takes_up_what_hangs(void **state)
{
    struct world w;
    struct bw_error err = {0};

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), NULL);
    w.answers[0] = -1;
    w.n_answers = 1;
    world_start(&w);
    world_raise(&w, &brics);
    while (w.n_requests == 0)
        event_base_loop(w.base, EVLOOP_ONCE);
    assert_int_equal(alerter_replace_config(w.alerter, &w.config, &err), 0);
    world_run(&w, one_accepted, 10);
    assert_int_equal(w.n_requests, 2);
    assert_string_equal(w.requests[0].key, w.requests[1].key);
    world_clear(&w);
}

/* A long sentence is cut, so that the link is still seen; a title is one line. */
static void test_long_words(void **state)
{
    struct world w;
    struct world_item item = brics;
    char sentence[4000];
    json_t *json;
    const char *text;

    (void)state;
    memset(sentence, 'x', sizeof sentence - 1);
    sentence[sizeof sentence - 1] = '\0';
    item.event.sentence_text = sentence;
    world_init(&w);
    w.config.alerting.templates.title = "{{ .event }}\n{{ .lang }}";
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), NULL);
    world_start(&w);
    world_raise(&w, &item);
    world_run(&w, one_accepted, 10);
    json = json_loads(w.requests[0].body, 0, NULL);
    text = json_string_value(json_object_get(json, "text"));
    assert_memory_equal(text + 499, "\xe2\x80\xa6\nhttps://news.example/1\n", 27);
    assert_string_equal(json_string_value(json_object_get(json, "title")),
                        "Kazakhstan declines BRICS membership en");
    json_decref(json);
    world_clear(&w);
}

static bool replayed(struct world *w)
{
    return w->n_requests == 2;
}

static void test_dead_letters_can_be_replayed(void **state)
{
    struct world w;
    struct bw_error err = {0};
    size_t changed = 0;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), NULL);
    w.answers[0] = 403;
    w.n_answers = 1;
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, dead_once, 10);
    assert_int_equal(store_replay_outbox(w.store, 0, clock_now_ms(&w.clock), &changed, &err), 0);
    assert_int_equal(changed, 1);
    alerter_wake(w.alerter);
    world_run(&w, replayed, 10);
    assert_int_equal(w.requests[1].status, 200);
    world_clear(&w);
}

static void test_a_group_is_one_message(void **state)
{
    static const char *by[] = {"rule"};
    static const char *const blocs[] = {"BRICS", "EAEU", "CSTO"};
    struct world w;
    json_t *json, *alerts;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "hook", "webhook", "url", world_url(&w, "/hook"), NULL);
    w.config.route.group_by = (struct bw_config_list){by, 1};
    w.config.route.group_wait = 1;
    world_start(&w);
    for (int i = 0; i < 3; i++) {
        struct world_item item = brics;

        item.guid = item.title = item.link = blocs[i];
        item.event.bloc = blocs[i];
        world_raise(&w, &item);
    }
    world_run(&w, one_accepted, 10);
    assert_int_equal(w.n_requests, 1);
    json = json_loads(w.requests[0].body, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "kind")), "group");
    assert_string_equal(json_string_value(json_object_get(json, "title")),
                        "3 alerts: Kazakhstan declines BRICS membership — rferl, …");
    alerts = json_object_get(json, "alerts");
    assert_int_equal(json_array_size(alerts), 3);
    assert_non_null(
        strstr(json_string_value(json_object_get(json, "text")), "declines CSTO membership"));
    json_decref(json);
    world_clear(&w);
}

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct world_fate *found = ctx; /* counts in .alert */

    if (strcmp(row->kind, "channel") == 0 && strcmp(row->channel, "well") == 0) {
        found->alert++;
        snprintf(found->reason, sizeof found->reason, "%s", row->payload);
    }
    return 0;
}

static struct world_fate find_notices(struct world *w)
{
    struct world_fate found = {0};
    struct bw_error err;

    assert_int_equal(store_list_outbox(w->store, NULL, NULL, 0, 0, on_row, &found, &err), 0);
    return found;
}

/* A channel that keeps failing is told of on the other ones: once, and not at once. */
static void test_trouble_is_told_elsewhere(void **state)
{
    struct world w;
    int64_t began;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "broken", "webhook", "url", world_url(&w, "/x"), "backoff", "1s", NULL);
    world_add_channel(&w, "well", "exec", "command", "/bin/true", NULL);
    for (int i = 0; i < WORLD_ANSWERS; i++)
        w.answers[i] = 503;
    w.n_answers = WORLD_ANSWERS;
    w.clock.simulated = true;
    w.clock.now_ms = began = INT64_C(1729078920000);
    world_start(&w);
    world_raise(&w, &brics);
    while (w.n_requests < 40) {
        size_t before = w.n_requests;

        alerter_wake(w.alerter);
        event_base_loop(w.base, EVLOOP_ONCE);
        if (w.n_requests > before || strstr(w.log, "try") == NULL)
            continue;
        w.clock.now_ms += 30000;
        if (w.clock.now_ms - began < 600000)
            assert_int_equal(find_notices(&w).alert, 0);
    }
    assert_int_equal(find_notices(&w).alert, 1);
    assert_non_null(strstr(find_notices(&w).reason, "Channel broken keeps failing"));
    world_clear(&w);
}

static bool file_filled(struct world *w)
{
    char path[128];

    snprintf(path, sizeof path, "%s/out", w->dir);
    return access(path, F_OK) == 0 && strstr(w->log, "delivered") != NULL;
}

static void test_exec_gets_json(void **state)
{
    struct world w;
    char script[256];
    struct bw_buf got;
    json_t *json;

    (void)state;
    world_init(&w);
    snprintf(script, sizeof script, "cat > %s/out; test -n \"$1\"", w.dir);
    world_add_channel(&w, "run", "exec", "command", "/bin/sh", "command", "-c", "command", script,
                      "command", "sh", "command", "a b", NULL);
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, file_filled, 10);
    snprintf(script, sizeof script, "%s/out", w.dir);
    buf_init(&got);
    assert_int_equal(buf_read_file(&got, script, 0), 0);
    json = json_loads(buf_text(&got), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json, "rule")), "ca-bloc-membership");
    json_decref(json);
    buf_clear(&got);
    world_clear(&w);
}

static bool tried_and_ended(struct world *w)
{
    return strstr(w->log, "took too long") != NULL;
}

static void test_exec_is_ended_with_its_children(void **state)
{
    struct world w;
    char script[256], path[128];
    struct bw_buf pid;

    (void)state;
    world_init(&w);
    snprintf(script, sizeof script, "sleep 600 & echo $! > %s/pid; wait", w.dir);
    world_add_channel(&w, "run", "exec", "command", "/bin/sh", "command", "-c", "command", script,
                      "timeout", "500ms", "backoff", "1h", NULL);
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, tried_and_ended, 10);
    snprintf(path, sizeof path, "%s/pid", w.dir);
    buf_init(&pid);
    assert_int_equal(buf_read_file(&pid, path, 0), 0);
    for (int i = 0; i < 100 && kill(atoi(buf_text(&pid)), 0) == 0; i++)
        usleep(20000); /* until somebody has reaped it */
    snprintf(path, sizeof path, "/proc/%d/stat", atoi(buf_text(&pid)));
    buf_reset(&pid);
    assert_true(buf_read_file(&pid, path, 0) != 0 || strstr(buf_text(&pid), ") Z ") != NULL);
    buf_clear(&pid);
    world_clear(&w);
}

static bool exit_told(struct world *w)
{
    return strstr(w->log, "exit 3: no such room") != NULL;
}

static void test_exec_failure_is_told_in_its_words(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_add_channel(&w, "run", "exec", "command", "/bin/sh", "command", "-c", "command",
                      "echo well; echo no such room >&2; exit 3", "backoff", "1h", NULL);
    world_start(&w);
    world_raise(&w, &brics);
    world_run(&w, exit_told, 10);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivers_one_alert),
        cmocka_unit_test(test_retries_under_one_key),
        cmocka_unit_test(test_client_errors_are_dead_at_once),
        cmocka_unit_test(test_gives_up_after_the_set_age),
        cmocka_unit_test(test_retry_after_is_obeyed),
        cmocka_unit_test(test_a_rest_is_delivered_after_a_restart),
        cmocka_unit_test(test_a_reload_takes_up_what_hangs),
        cmocka_unit_test(test_dead_letters_can_be_replayed),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_a_group_is_one_message),
        cmocka_unit_test(test_trouble_is_told_elsewhere),
        cmocka_unit_test(test_exec_gets_json),
        cmocka_unit_test(test_exec_is_ended_with_its_children),
        cmocka_unit_test(test_exec_failure_is_told_in_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
