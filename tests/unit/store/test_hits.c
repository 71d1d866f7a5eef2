/* Hits: what is kept of them, and what an edit of their item does to them. */
#include "fixture.h"

static const struct bw_hit_query all = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE};

static int on_full_hit(const struct bw_hit_row *hit, void *ctx)
{
    const struct bw_event *event = hit->events;

    (*(int *)ctx)++;
    assert_string_equal(hit->rule, "ca");
    assert_string_equal(hit->rule_title, "A rule");
    assert_string_equal(hit->severity, "high");
    assert_string_equal(hit->source, "rferl");
    assert_string_equal(hit->title, "Kazakhstan declines BRICS");
    assert_string_equal(hit->link, "http://x/a");
    assert_string_equal(hit->lang, "en");
    assert_string_equal(hit->summary, "A summary.");
    assert_string_equal(hit->fate, "pending");
    assert_null(hit->fate_reason);
    assert_true(hit->time_ms == NOW && hit->published == NOW / 1000 - 3600);
    assert_true(hit->updated == BW_TIME_NONE && hit->retracted_ms == BW_TIME_NONE);
    assert_int_equal(hit->n_events, 1);
    assert_string_equal(event->actor, "KZ");
    assert_string_equal(event->bloc, "BRICS");
    assert_int_equal(event->stance, BW_STANCE_DECLINES);
    assert_int_equal(event->certainty, BW_CERTAINTY_STATED);
    assert_int_equal(event->actor_span.field, BW_FIELD_TITLE);
    assert_int_equal(event->stance_span.len, 6);
    assert_int_equal(event->bloc_span.cp_len, 12);
    assert_int_equal(event->sentence.field, BW_FIELD_OTHER);
    assert_int_equal(event->sentence.start, 13);
    assert_string_equal(event->sentence_text, "The sentence.");
    assert_string_equal(event->why, "because");
    assert_int_equal(hit->n_matched, 1);
    assert_string_equal(hit->matched[0].text, "Kazakhstan");
    assert_string_equal(hit->matched[0].set, "kazakhstan");
    assert_int_equal(hit->matched[0].span.cp_start, 2);
    return 0;
}

static void test_all_fields(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    int told = 0;

    add_item(&poll, "a", "Kazakhstan declines BRICS", "http://x/a");
    add_hit(&poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    save_quietly(f, "rferl", &poll, NOW);
    assert_fine(store_list_hits(f->store, &all, on_full_hit, &told, &f->err), f);
    assert_int_equal(told, 1);
}

static int on_count(const struct bw_hit_row *hit, void *ctx)
{
    (void)hit;
    (*(int *)ctx)++;
    return 0;
}

static int count(struct fixture *f, struct bw_hit_query query)
{
    int told = 0;

    query.since_ms = query.until_ms = BW_TIME_NONE;
    assert_fine(store_list_hits(f->store, &query, on_count, &told, &f->err), f);
    return told;
}

/* The poll again with another title, so that its content is another. */
static void edit(struct poll *poll, const char *title)
{
    poll->items[0].title = title;
    set_keys(&poll->items[0], "a");
}

static void start(struct fixture *f, struct poll *poll, int64_t ids[2])
{
    struct bw_saved saved;

    add_item(poll, "a", "Kazakhstan declines BRICS", "http://x/a");
    add_hit(poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    add_hit(poll, "word", NULL, 0, NULL);
    save(f, "rferl", poll, NOW, &saved);
    ids[0] = saved.items[0].hits[0].id;
    ids[1] = saved.items[0].hits[1].id;
    store_clear_saved(&saved);
}

static void test_edit_without_change(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    int64_t ids[2];

    start(f, &poll, ids);
    edit(&poll, "Kazakhstan now declines BRICS");
    poll.event[0][0][0].actor_span.start = 99;
    save(f, "rferl", &poll, NOW + 1, &saved);
    assert_int_equal(saved.n_edited, 1);
    assert_true(saved.items[0].is_edited && !saved.items[0].is_new);
    assert_int_equal(saved.items[0].n_hits, 2);
    assert_true(saved.items[0].hits[0].id == ids[0]);
    assert_false(saved.items[0].hits[0].is_new);
    assert_false(saved.items[0].hits[0].changed);
    assert_int_equal(saved.items[0].n_retracted, 0);
    store_clear_saved(&saved);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ"}), 1);
}

static void test_correction(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    int64_t ids[2];

    start(f, &poll, ids);
    edit(&poll, "Kazakhstan joins BRICS");
    poll.event[0][0][0].stance = BW_STANCE_JOINS;
    add_hit(&poll, "third", "KZ", BW_STANCE_JOINS, "BRICS");
    save(f, "rferl", &poll, NOW + 1, &saved);
    assert_true(saved.items[0].hits[0].changed && !saved.items[0].hits[0].is_new);
    assert_false(saved.items[0].hits[1].changed);
    assert_true(saved.items[0].hits[2].is_new && !saved.items[0].hits[2].changed);
    store_clear_saved(&saved);
    assert_int_equal(count(f, (struct bw_hit_query){.stance = "declines"}), 0);
    assert_int_equal(count(f, (struct bw_hit_query){.stance = "joins"}), 2);

    edit(&poll, "Kazakhstan said to join BRICS"); /* certainty is part of what is said */
    poll.event[0][0][0].certainty = BW_CERTAINTY_REPORTED;
    save(f, "rferl", &poll, NOW + 2, &saved);
    assert_true(saved.items[0].hits[0].changed);
    assert_false(saved.items[0].hits[2].changed);
    store_clear_saved(&saved);
}

static void test_retraction(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;
    struct bw_hit first;
    int64_t ids[2];

    start(f, &poll, ids);
    first = poll.hit[0][0];
    edit(&poll, "Weather in Astana");
    poll.hit[0][0] = poll.hit[0][1];
    poll.hits[0].n_hits = 1; /* only "word" is left */
    save(f, "rferl", &poll, NOW + 1, &saved);
    assert_int_equal(saved.items[0].n_hits, 1);
    assert_true(saved.items[0].hits[0].id == ids[1]);
    assert_int_equal(saved.items[0].n_retracted, 1);
    assert_true(saved.items[0].retracted[0] == ids[0]);
    store_clear_saved(&saved);
    assert_int_equal(count(f, (struct bw_hit_query){.limit = 0}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ"}), 0);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ", .retracted = true}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.id = ids[0]}), 1);

    edit(&poll, "Weather in Astana, again"); /* is taken back only once */
    save(f, "rferl", &poll, NOW + 2, &saved);
    assert_int_equal(saved.items[0].n_retracted, 0);
    store_clear_saved(&saved);

    edit(&poll, "Kazakhstan declines BRICS after all"); /* and comes back as a correction */
    poll.hit[0][0] = first;
    save(f, "rferl", &poll, NOW + 3, &saved);
    assert_true(saved.items[0].hits[0].id == ids[0]);
    assert_true(saved.items[0].hits[0].changed && !saved.items[0].hits[0].is_new);
    assert_int_equal(saved.items[0].n_retracted, 1);
    store_clear_saved(&saved);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ"}), 1);
}

/* Codes are found in any case, but what is written exactly so comes first. */
static void test_case_of_codes(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};

    add_item(&poll, "a", "First", "http://x/a");
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "UnionState");
    add_item(&poll, "b", "Second", "http://x/b");
    add_hit(&poll, "ca", "UZ", BW_STANCE_JOINS, "UNIONSTATE");
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ"}), 0);
    save_quietly(f, "s", &poll, NOW);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "kz"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "K"}), 0);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "TM"}), 0);
    assert_int_equal(count(f, (struct bw_hit_query){.bloc = "unionstate"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "kZ", .bloc = "UnionState"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.actor = "KZ", .bloc = "UNIONSTATE"}), 0);
}

/* Other rules on the stored item: its text stays. */
static void test_matched_again(void **state)
{
    struct fixture *f = *state;
    struct bw_arena *arena = arena_new(0);
    const char *others[] = {"elsewhere", "word", NULL};
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved_item again;
    struct bw_store_counts counts;
    int64_t ids[2], fresh;

    start(f, &poll, ids);
    poll.event[0][0][0].stance =
        BW_STANCE_JOINS; /* "ca" says something else, "word" is not tried */
    poll.hits[0].n_hits = 1;
    add_hit(&poll, "third", NULL, 0, NULL);
    assert_fine(
        store_match_again(f->store, 1, &poll.hits[0], others, NOW + 1, arena, &again, &f->err), f);
    assert_true(again.id == 1 && !again.is_new && !again.is_edited);
    assert_int_equal(again.n_hits, 2);
    assert_true(again.hits[0].id == ids[0] && again.hits[0].changed && !again.hits[0].is_new);
    assert_true(again.hits[1].is_new);
    fresh = again.hits[1].id;
    assert_int_equal(again.n_retracted, 0);
    assert_int_equal(count(f, (struct bw_hit_query){.stance = "joins"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.search = "Kazakhstan"}), 3);
    assert_int_equal(count(f, (struct bw_hit_query){.id = fresh}), 1);

    poll.hits[0].n_hits = 0;
    assert_fine(
        store_match_again(f->store, 1, &poll.hits[0], NULL, NOW + 2, arena, &again, &f->err), f);
    assert_int_equal(again.n_retracted, 3);
    assert_int_equal(count(f, (struct bw_hit_query){.limit = 0}), 0);
    assert_int_equal(
        store_match_again(f->store, 2, &poll.hits[0], NULL, NOW + 3, arena, &again, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);
    assert_fine(store_count(f->store, &counts, &f->err), f);
    assert_int_equal(counts.items, 1);
    arena_free(arena);
}

/* An item that had no hit can be searched for among the hits from its first one on. */
static void test_first_hit_later(void **state)
{
    struct fixture *f = *state;
    struct bw_arena *arena = arena_new(0);
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved_item again;

    add_item(&poll, "a", "Kazakhstan declines BRICS", "http://x/a");
    save_quietly(f, "rferl", &poll, NOW);
    assert_int_equal(count(f, (struct bw_hit_query){.search = "Kazakhstan"}), 0);
    add_hit(&poll, "ca", "KZ", BW_STANCE_DECLINES, "BRICS");
    assert_fine(
        store_match_again(f->store, 1, &poll.hits[0], NULL, NOW + 1, arena, &again, &f->err), f);
    assert_true(again.n_hits == 1 && again.hits[0].is_new);
    assert_int_equal(count(f, (struct bw_hit_query){.search = "Kazakhstan", .lang = "en"}), 1);
    arena_free(arena);
}

static int on_fate(const struct bw_hit_row *hit, void *ctx)
{
    snprintf(ctx, 64, "%s by %lld: %s", hit->fate, (long long)hit->alert,
             hit->fate_reason != NULL ? hit->fate_reason : "-");
    return 0;
}

static void test_fate(void **state)
{
    struct fixture *f = *state;
    struct bw_alert_row alert = {.kind = "hit", .rule = "ca", .severity = "high"};
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_store_counts counts;
    int64_t ids[2], raised;
    char text[64];

    start(f, &poll, ids);
    alert.hit = ids[0];
    assert_fine(store_add_alert(f->store, &alert, &raised, &f->err), f);
    assert_fine(
        store_set_fate(f->store, ids[0], BW_FATE_ALERTED, raised, "first of its story", &f->err),
        f);
    assert_fine(store_set_fate(f->store, ids[1], BW_FATE_SUPPRESSED, 0, "no route", &f->err), f);
    assert_int_equal(store_set_fate(f->store, 999, BW_FATE_ALERTED, 0, NULL, &f->err), -1);
    assert_int_equal(f->err.code, BW_ERR_NOTFOUND);
    assert_fine(
        store_list_hits(f->store, &(struct bw_hit_query){.id = ids[0]}, on_fate, text, &f->err), f);
    assert_string_equal(text, "alerted by 1: first of its story");
    assert_int_equal(count(f, (struct bw_hit_query){.fate = "suppressed"}), 1);
    assert_int_equal(count(f, (struct bw_hit_query){.alert = raised}), 1);
    assert_fine(store_count(f->store, &counts, &f->err), f);
    assert_int_equal(counts.fates[BW_FATE_ALERTED], 1);
    assert_int_equal(counts.fates[BW_FATE_SUPPRESSED], 1);
    assert_int_equal(counts.fates[BW_FATE_PENDING], 0);
    assert_int_equal(counts.hits, 2);
}

static void test_same_rule_twice(void **state)
{
    struct fixture *f = *state;
    struct poll poll = {.feed = {.n_items = 0}};
    struct bw_saved saved;

    add_item(&poll, "a", "Title", "http://x/a");
    add_hit(&poll, "ca", "KZ", BW_STANCE_JOINS, "BRICS");
    add_hit(&poll, "ca", "UZ", BW_STANCE_JOINS, "BRICS");
    save(f, "s", &poll, NOW, &saved);
    assert_int_equal(saved.items[0].n_hits, 1);
    store_clear_saved(&saved);
    assert_int_equal(count(f, (struct bw_hit_query){.limit = 0}), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_edit_without_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_correction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retraction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_case_of_codes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_matched_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_hit_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_rule_twice, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
