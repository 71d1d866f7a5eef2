/* What becomes of a hit: raised, an update, grouped, silenced, suppressed; and stories. */
#include "world.h"

#include "story.h"

#include "blocwatch/poll.h"

#define BRICS(kz_stance)                                                                           \
    {                                                                                              \
        .actor = "KZ", .bloc = "BRICS", .stance = kz_stance                                        \
    }

static const struct world_item first = {.source = "rferl",
                                        .guid = "kz-1",
                                        .title = "Kazakhstan will not seek BRICS membership",
                                        .link = "https://rferl.example/1",
                                        .event = BRICS(BW_STANCE_DECLINES)};
static const struct world_item second = {.source = "reuters",
                                         .guid = "kz-2",
                                         .title = "No plans to join BRICS, Astana says",
                                         .link = "https://reuters.example/2",
                                         .event = BRICS(BW_STANCE_DECLINES)};

static void start(struct world *w)
{
    world_init(w);
    world_add_channel(w, "log", "journal", "to", "stderr", NULL);
    world_start(w);
}

static void expect_fate(struct world *w, int64_t hit, const char *fate, const char *reason)
{
    struct world_fate found = world_fate(w, hit);

    if (strcmp(found.fate, fate) != 0 || strstr(found.reason, reason) == NULL)
        fail_msg("expected %s (… %s …), found %s (%s)", fate, reason, found.fate, found.reason);
}

static size_t count_alerts(struct world *w)
{
    struct bw_store_counts counts;
    struct bw_error err;

    assert_int_equal(store_count(w->store, &counts, &err), 0);
    return (size_t)counts.alerts;
}

static void test_one_story_one_alert(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    expect_fate(&w, world_raise(&w, &first), "alerted", "the first of its story");
    expect_fate(&w, world_raise(&w, &second), "grouped", "no route asks for updates of the kind");
    assert_int_equal(count_alerts(&w), 1);
    world_clear(&w);
}

static void test_second_source_confirms(void **state)
{
    static const char *updates[] = {"confirmed"};
    struct world w;
    struct world_item third = second;

    (void)state;
    start(&w);
    w.config.route.has_updates = true;
    w.config.route.updates = (struct bw_config_list){updates, 1};
    world_raise(&w, &first);
    expect_fate(&w, world_raise(&w, &second), "alerted", "an update (confirmed)");
    third.source = "tass";
    third.guid = third.link = "https://tass.example/3";
    expect_fate(&w, world_raise(&w, &third), "grouped", "adds nothing");
    assert_int_equal(count_alerts(&w), 2);
    world_clear(&w);
}

static void test_a_copy_confirms_nothing(void **state)
{
    static const char *updates[] = {"confirmed"};
    struct world w;
    struct world_item copy = first;

    (void)state;
    start(&w);
    w.config.route.has_updates = true;
    w.config.route.updates = (struct bw_config_list){updates, 1};
    world_raise(&w, &first);
    copy.source = "aggregator"; /* the same link */
    expect_fate(&w, world_raise(&w, &copy), "grouped", "adds nothing");
    world_clear(&w);
}

static void test_stance_changes(void **state)
{
    static uint32_t signature[64];
    struct world w;
    struct world_item changed = second, before = first;

    (void)state;
    for (uint32_t i = 0; i < 64; i++)
        signature[i] = i;
    start(&w);
    before.signature = changed.signature = signature;
    world_raise(&w, &before);
    changed.event.stance = BW_STANCE_APPLIES;
    expect_fate(&w, world_raise(&w, &changed), "alerted", "an update (stance)");
    world_clear(&w);
}

static void test_correction_and_retraction(void **state)
{
    static const char *updates[] = {"corrected", "retracted"};
    struct world w;
    struct world_item edited = first;
    struct bw_item item = {.id = "kz-1",
                           .title = "Kazakhstan and its football",
                           .link = "https://rferl.example/1",
                           .published = BW_TIME_NONE,
                           .updated = BW_TIME_NONE};
    struct bw_feed feed = {.format = "rss-2.0", .items = &item, .n_items = 1};
    struct bw_hits none = {0};
    struct bw_poll poll = {.source_id = "rferl"};
    struct bw_saved saved = {0};
    struct bw_error err = {0};

    (void)state;
    start(&w);
    w.config.route.has_updates = true;
    w.config.route.updates = (struct bw_config_list){updates, 2};
    world_raise(&w, &first);
    edited.title = "Kazakhstan will seek BRICS membership (corrected)";
    edited.event.stance = BW_STANCE_APPLIES;
    expect_fate(&w, world_raise(&w, &edited), "alerted", "an update (corrected)");
    assert_int_equal(count_alerts(&w), 2);
    hash_key("kz-1", 4, item.key);
    hash_key(item.link, strlen(item.link), item.link_key);
    hash_key("other", 5, item.content_hash);
    assert_int_equal(store_begin(w.store, &err), 0);
    assert_int_equal(
        store_save_items(w.store, "rferl", &feed, &none, clock_now_ms(&w.clock), &saved, &err), 0);
    assert_int_equal(saved.items[0].n_retracted, 1);
    assert_int_equal(alerter_raise_hits(w.alerter, &poll, &saved, false, &err), 0);
    assert_int_equal(store_commit(w.store, &err), 0);
    store_clear_saved(&saved);
    assert_int_equal(count_alerts(&w), 3);
    world_clear(&w);
}

/* An edited item stays in its story, also when it tells now what another story tells. */
static void test_an_edit_keeps_its_story(void **state)
{
    struct world w;
    struct world_item other = second, edited = first;

    (void)state;
    start(&w);
    other.event.bloc = "EAEU";
    world_raise(&w, &first);
    world_raise(&w, &other);
    edited.title = "Kazakhstan will not seek to deepen the EAEU";
    edited.event.bloc = "EAEU";
    expect_fate(&w, world_raise(&w, &edited), "alerted", "an update (corrected)");
    assert_int_equal(count_alerts(&w), 3);
    world_clear(&w);
}

static void test_old_and_undated_items(void **state)
{
    struct world w;
    struct world_item old = first, undated = second;

    (void)state;
    start(&w);
    old.published = clock_now(&w.clock) - 2 * 86400;
    expect_fate(&w, world_raise(&w, &old), "suppressed", "too old: published");
    undated.published = BW_TIME_NONE;
    undated.first_poll = true;
    expect_fate(&w, world_raise(&w, &undated), "suppressed", "has no date");
    undated.guid = undated.link = "https://reuters.example/3";
    undated.title = "Astana says no to BRICS";
    undated.first_poll = false;
    expect_fate(&w, world_raise(&w, &undated), "alerted", "");
    assert_int_equal(count_alerts(&w), 1);
    world_clear(&w);
}

static void test_silenced(void **state)
{
    struct world w;
    struct bw_error err = {0};
    int64_t now, id;
    struct bw_silence silence = {.matchers = "actor=KZ", .comment = "known"};

    (void)state;
    start(&w);
    now = clock_now_ms(&w.clock);
    silence.starts_ms = now - 1000;
    silence.ends_ms = now + 3600000;
    assert_int_equal(store_add_silence(w.store, &silence, &id, &err), 0);
    expect_fate(&w, world_raise(&w, &first), "silenced", "silence 1, until 2");
    assert_int_equal(store_end_silence(w.store, id, now, &err), 0);
    w.clock.simulated = true;
    w.clock.now_ms = now + 1000;
    expect_fate(&w, world_raise(&w, &second), "alerted", "");
    world_clear(&w);
}

static void test_nobody_is_told(void **state)
{
    static const char *rules[] = {"other"};
    struct world w;

    (void)state;
    start(&w);
    w.config.route.rule = (struct bw_config_list){rules, 1};
    expect_fate(&w, world_raise(&w, &first), "suppressed", "no route");
    w.config.n_channels = 0;
    w.config.route.rule.n = 0;
    w.config.route.channels.n = 0;
    expect_fate(&w, world_raise(&w, &second), "suppressed", "no channel is configured");
    world_clear(&w);
}

static void test_digest_is_grouped(void **state)
{
    static const char *at[] = {"07:30"};
    struct world w;

    (void)state;
    start(&w);
    w.config.route.digest_at = (struct bw_config_list){at, 1};
    expect_fate(&w, world_raise(&w, &first), "grouped", "rides in the digest of");
    assert_int_equal(count_alerts(&w), 1);
    world_clear(&w);
}

/* Every hit has exactly one fate, and none is left undecided. */
static void test_a_storm_is_accounted_for(void **state)
{
    static char guids[2000][32];
    struct world w;
    struct bw_store_counts counts;
    struct bw_error err = {0};
    struct bw_message message;
    int64_t messages = 0, decided = 0;

    (void)state;
    start(&w);
    for (int i = 0; i < 2000; i++) {
        static const char *const blocs[] = {"BRICS", "EAEU", "CSTO", "SCO"};
        struct world_item item = {
            .source = "storm",
            .guid = guids[i],
            .title = guids[i],
            .link = guids[i],
            .event = {.actor = "KZ", .bloc = blocs[i % 4], .stance = (enum bw_stance)(1 + i % 11)}};

        snprintf(guids[i], sizeof guids[i], "https://s.example/%d", i);
        world_raise(&w, &item);
    }
    assert_int_equal(store_count(w.store, &counts, &err), 0);
    assert_int_equal(counts.hits, 2000);
    for (int i = 1; i < BW_FATES; i++)
        decided += counts.fates[i];
    assert_int_equal(decided, 2000);
    assert_int_equal(counts.fates[BW_FATE_PENDING], 0);
    while (store_next_message(w.store, "log", INT64_MAX / 2, 1000, NULL, 0, &message, &err) == 1) {
        assert_int_equal(
            store_finish_message(w.store, message.key, BW_DELIVERY_DELIVERED, 0, "", 1, &err), 0);
        store_clear_message(&message);
        messages++;
    }
    assert_true(messages > 0 && messages <= 45);
    world_clear(&w);
}

struct rows {
    size_t n;
    int64_t last_due;
    char kinds[16][16], channels[16][16];
};

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct rows *rows = ctx;

    if (rows->n == 0)
        rows->last_due = row->due_ms;
    snprintf(rows->kinds[rows->n % 16], 16, "%s", row->kind);
    snprintf(rows->channels[rows->n % 16], 16, "%s", row->channel);
    rows->n++;
    return 0;
}

static struct rows list_rows(struct world *w)
{
    struct rows rows = {0};
    struct bw_error err = {0};

    assert_int_equal(store_list_outbox(w->store, NULL, NULL, 0, 0, on_row, &rows, &err), 0);
    return rows;
}

/* Groups and rate caps outlive a restart. */
static void test_restart_remembers_groups(void **state)
{
    struct world w;
    struct world_item more = first;
    char guid[32];

    (void)state;
    start(&w);
    w.clock.simulated = true;
    w.clock.now_ms = INT64_C(1729078920000);
    w.config.route.group_by = (struct bw_config_list){(const char *[]){"rule"}, 1};
    w.config.route.group_interval = 3600;
    world_raise(&w, &first);
    alerter_free(w.alerter);
    world_start(&w);
    w.clock.now_ms += 60000;
    more.guid = more.title = more.link = "https://rferl.example/2";
    more.event.bloc = "EAEU";
    world_raise(&w, &more);
    assert_int_equal(list_rows(&w).last_due, w.clock.now_ms - 60000 + 3600000);

    w.config.route.group_by.n = 0;
    w.config.route.group_interval = -1;
    w.config.route.rate_limit = 1;
    w.config.route.rate_period = 600;
    for (int i = 0; i < 3; i++) {
        snprintf(guid, sizeof guid, "https://rferl.example/x%d", i);
        more.guid = more.title = more.link = guid;
        more.event.bloc = (const char *[]){"CSTO", "SCO", "CIS"}[i];
        world_raise(&w, &more);
        if (i == 1) {
            alerter_free(w.alerter);
            world_start(&w);
        }
    }
    assert_int_equal(list_rows(&w).last_due, w.clock.now_ms + 600000);
    world_clear(&w);
}

static void raise_source(struct world *w, const char *source, uint32_t actions)
{
    struct bw_source_state source_state;
    struct bw_error err = {0};

    source_state_init(&source_state);
    source_state_set(&source_state.why, "410 Gone");
    assert_int_equal(store_begin(w->store, &err), 0);
    assert_int_equal(alerter_raise_source(w->alerter, source, &source_state, actions, &err), 0);
    assert_int_equal(store_commit(w->store, &err), 0);
    source_state_clear(&source_state);
}

static void test_sources_are_told_of(void **state)
{
    static const char *rules[] = {"x"};
    struct world w;
    struct rows rows;
    struct bw_silence silence = {.matchers = "kind=source source=quiet-*"};
    struct bw_error err = {0};
    int64_t id;

    (void)state;
    start(&w);
    raise_source(&w, "rferl", BW_ACTION_LOG_MOVED);
    assert_int_equal(list_rows(&w).n, 0);
    raise_source(&w, "rferl", BW_ACTION_RAISE_GONE);
    rows = list_rows(&w);
    assert_int_equal(rows.n, 1);
    assert_string_equal(rows.kinds[0], "source");
    /* Nobody asks for it: then everybody gets it. */
    w.config.route.rule = (struct bw_config_list){rules, 1};
    raise_source(&w, "rferl", BW_ACTION_RAISE_BACK);
    assert_int_equal(list_rows(&w).n, 2);
    silence.starts_ms = clock_now_ms(&w.clock) - 1000;
    silence.ends_ms = silence.starts_ms + 3600000;
    assert_int_equal(store_add_silence(w.store, &silence, &id, &err), 0);
    raise_source(&w, "quiet-one", BW_ACTION_RAISE_FAILING);
    assert_int_equal(list_rows(&w).n, 2);
    world_clear(&w);
}

static void test_what_was_told_is_corrected_at_any_age(void **state)
{
    struct world w;
    struct world_item edited = first;

    (void)state;
    start(&w);
    w.clock.simulated = true;
    w.clock.now_ms = INT64_C(1729078920000);
    edited.published = w.clock.now_ms / 1000;
    world_raise(&w, &edited);
    w.clock.now_ms += INT64_C(2) * 86400000;
    edited.title = "Kazakhstan will seek BRICS membership (corrected)";
    edited.event.stance = BW_STANCE_APPLIES;
    expect_fate(&w, world_raise(&w, &edited), "alerted", "an update (corrected)");
    world_clear(&w);
}

static void test_story_fit(void **state)
{
    uint32_t a[64], b[64];
    struct bw_story_item x = {.item = 1, .link_key = "", .signature = a, .n_signature = 64};
    struct bw_story_item y = {.item = 2, .link_key = "", .signature = b, .n_signature = 64};
    const int64_t hour = 3600000, window = 72 * hour;

    (void)state;
    for (uint32_t i = 0; i < 64; i++) {
        a[i] = i;
        b[i] = i < 32 ? i : 1000 + i;
    }
    x.events = y.events = "";
    assert_true(story_fit(&x, &y, window) >= 0.5); /* alike, no events */
    x.events = "KZ joins WTO";
    y.events = "UZ joins WTO";
    assert_true(story_fit(&x, &y, window) == 0); /* alike, and another event */
    y.events = "KZ declines WTO\nUZ joins WTO";
    assert_true(story_fit(&x, &y, window) > 0);
    for (uint32_t i = 0; i < 64; i++)
        b[i] = 1000 + i;
    assert_true(story_fit(&x, &y, window) == 0); /* the same pair, but not a word in common */
    y.events = "KZ joins WTO";
    assert_true(story_fit(&x, &y, window) > 0); /* the same event */
    y.time_ms = 71 * hour;
    assert_true(story_fit(&x, &y, window) == 0); /* but not close in time */
    y.link_key = x.link_key = "l";
    assert_true(story_fit(&x, &y, window) == 1);
    y.time_ms = 73 * hour;
    assert_true(story_fit(&x, &y, window) == 0);
    x.events = y.events = "KZ none WTO";
    y.time_ms = 0;
    y.link_key = "";
    assert_true(story_fit(&x, &y, window) == 0); /* a mention is no event */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_story_one_alert),
        cmocka_unit_test(test_second_source_confirms),
        cmocka_unit_test(test_a_copy_confirms_nothing),
        cmocka_unit_test(test_stance_changes),
        cmocka_unit_test(test_correction_and_retraction),
        cmocka_unit_test(test_an_edit_keeps_its_story),
        cmocka_unit_test(test_old_and_undated_items),
        cmocka_unit_test(test_silenced),
        cmocka_unit_test(test_nobody_is_told),
        cmocka_unit_test(test_digest_is_grouped),
        cmocka_unit_test(test_a_storm_is_accounted_for),
        cmocka_unit_test(test_restart_remembers_groups),
        cmocka_unit_test(test_sources_are_told_of),
        cmocka_unit_test(test_what_was_told_is_corrected_at_any_age),
        cmocka_unit_test(test_story_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
