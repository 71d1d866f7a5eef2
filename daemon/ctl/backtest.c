/* Comparing a rule set's hits with those that are stored, and storing them. Owns the sorted list of
 * rule ids. */
#include "backtest.h"

#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct bw_error *err)
{
    return error_set(err, BW_ERR_MEMORY, "out of memory");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int backtest_init(struct backtest *test, struct bw_store *store, const struct bw_ruleset *rules,
                  const struct bw_watch *watch, struct bw_error *err)
{
    *test = (struct backtest){.store = store};
    test->matcher = matcher_new(rules);
    test->rules = calloc(watch->n_rules + 1, sizeof *test->rules);
    if (test->matcher == NULL || test->rules == NULL) {
        backtest_clear(test);
        return out_of_memory(err);
    }
    for (size_t i = 0; i < watch->n_rules; i++) {
        if (watch->rules[i].enabled)
            test->rules[test->n_rules++] = watch->rules[i].id;
    }
    qsort(test->rules, test->n_rules, sizeof *test->rules, by_name);
    return 0;
}

void backtest_clear(struct backtest *test)
{
    matcher_free(test->matcher);
    free(test->rules);
    *test = (struct backtest){.store = NULL};
}

static bool is_tried(const struct backtest *test, const char *rule)
{
    return bsearch(&rule, test->rules, test->n_rules, sizeof *test->rules, by_name) != NULL;
}

/* --- hits as text ----------------------------------------------------------------------------- */

static int by_event(const void *a, const void *b)
{
    const struct bw_event *x = a, *y = b;
    int order = strcmp(x->actor, y->actor);

    if (order == 0)
        order = strcmp(x->bloc, y->bloc);
    if (order == 0)
        order = (int)x->stance - (int)y->stance;
    return order != 0 ? order : (int)x->certainty - (int)y->certainty;
}

/* Sorted, each once, so that equal events give equal texts. NULL: out of memory. */
static const char *events_text(const struct bw_event *events, size_t n, struct bw_arena *arena)
{
    struct bw_event *sorted = arena_calloc(arena, n + 1, sizeof *sorted);
    const char *result;
    struct bw_buf text;

    if (sorted == NULL)
        return NULL;
    if (n > 0)
        memcpy(sorted, events, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_event);
    buf_init(&text);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && by_event(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        buf_printf(&text, "%s%s %s %s", text.len > 0 ? ", " : "", sorted[i].actor,
                   stance_name(sorted[i].stance), sorted[i].bloc);
        if (sorted[i].certainty != BW_CERTAINTY_STATED)
            buf_printf(&text, " (%s)", certainty_name(sorted[i].certainty));
    }
    result = text.failed ? NULL : arena_strdup(arena, buf_text(&text));
    buf_clear(&text);
    return result;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* One item's comparison. */
struct comparison {
    const struct backtest *test;
    struct bw_arena *arena;
    struct backtest_hit *hits;
    size_t n, cap;
    bool failed;
};

static struct backtest_hit *add_hit(struct comparison *all, const char *rule)
{
    size_t cap = all->cap == 0 ? 8 : all->cap * 2;

    if (all->n == all->cap) {
        struct backtest_hit *hits = arena_calloc(all->arena, cap, sizeof *hits);

        if (hits == NULL)
            return NULL;
        if (all->n > 0)
            memcpy(hits, all->hits, all->n * sizeof *hits);
        all->hits = hits;
        all->cap = cap;
    }
    all->hits[all->n].rule = arena_strdup(all->arena, rule);
    return all->hits[all->n].rule != NULL ? &all->hits[all->n++] : NULL;
}

/* All begin as lost. */
static int on_stored(const struct bw_hit_row *row, void *ctx)
{
    struct comparison *all = ctx;
    struct backtest_hit *hit = add_hit(all, row->rule);

    all->failed = true;
    if (hit == NULL)
        return 1;
    hit->change = BACKTEST_LOST;
    hit->other_rule = !is_tried(all->test, row->rule);
    hit->was_severity = arena_strdup(all->arena, row->severity);
    hit->was_events = events_text(row->events, row->n_events, all->arena);
    all->failed = hit->was_severity == NULL || hit->was_events == NULL;
    return all->failed ? 1 : 0;
}

static struct backtest_hit *find_stored(const struct comparison *all, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all->hits[i].rule, rule) == 0)
            return &all->hits[i];
    }
    return NULL;
}

static int judge(struct comparison *all, size_t n_stored, const struct bw_hit *found)
{
    struct backtest_hit *hit = find_stored(all, n_stored, found->rule);

    if (hit == NULL && (hit = add_hit(all, found->rule)) == NULL)
        return -1;
    hit->severity = severity_name(found->severity);
    hit->events = events_text(found->events, found->n_events, all->arena);
    if (hit->events == NULL)
        return -1;
    if (hit->was_events == NULL)
        hit->change = BACKTEST_NEW;
    else if (strcmp(hit->events, hit->was_events) != 0 ||
             strcmp(hit->severity, hit->was_severity) != 0)
        hit->change = BACKTEST_CHANGED;
    else
        hit->change = BACKTEST_SAME;
    return 0;
}

static int match(struct backtest *test, const struct bw_item_row *row, struct bw_arena *arena,
                 struct bw_hits *found, struct bw_error *err)
{
    struct bw_item item = {
        .title = row->title,
        .summary = row->summary,
        .content = row->content,
        .link = row->link,
        .author = row->author,
        .lang = row->lang,
        .published = row->published,
        .updated = row->updated,
        .n_categories = row->n_categories,
    };

    item.categories = arena_calloc(arena, row->n_categories + 1, sizeof *item.categories);
    if (item.categories == NULL)
        return out_of_memory(err);
    for (size_t i = 0; i < row->n_categories; i++)
        item.categories[i] = row->categories[i];
    return matcher_match_item(test->matcher, &item, row->source, arena, found, err);
}

static int list_stored(struct comparison *all, int64_t item, struct bw_error *err)
{
    const struct bw_hit_query query = {
        .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .item = item};

    if (store_list_hits(all->test->store, &query, on_stored, all, err) != 0)
        return -1;
    return all->failed ? out_of_memory(err) : 0;
}

int backtest_compare(struct backtest *test, const struct bw_item_row *item, struct bw_arena *arena,
                     struct backtest_hit **hits, size_t *n, struct bw_error *err)
{
    struct comparison all = {.test = test, .arena = arena};
    struct bw_hits found = {0};
    size_t n_stored;

    if (match(test, item, arena, &found, err) != 0 ||
        (item->n_hits > 0 && list_stored(&all, item->id, err) != 0))
        return -1;
    n_stored = all.n;
    for (size_t i = 0; i < found.n_hits; i++) {
        if (judge(&all, n_stored, &found.hits[i]) != 0)
            return out_of_memory(err);
    }
    *hits = all.hits;
    *n = all.n;
    return 0;
}

/* --- storing ---------------------------------------------------------------------------------- */

/* The items of a transaction, one after the other. */
struct application {
    struct backtest *test;
    int64_t now_ms;
    int result;
    struct bw_error *err;
};

/* The rules of stored hits that were not tried. NULL: out of memory. */
static const char **list_others(const struct comparison *stored)
{
    const char **others = arena_calloc(stored->arena, stored->n + 1, sizeof *others);
    size_t n = 0;

    for (size_t i = 0; others != NULL && i < stored->n; i++) {
        if (stored->hits[i].other_rule)
            others[n++] = stored->hits[i].rule;
    }
    return others;
}

static int store_hits(struct application *work, const struct bw_item_row *row,
                      struct bw_arena *arena)
{
    struct bw_store *store = work->test->store;
    struct comparison stored = {.test = work->test, .arena = arena};
    struct bw_saved_item saved;
    struct bw_hits found = {0};
    const char **others;

    if (match(work->test, row, arena, &found, work->err) != 0 ||
        list_stored(&stored, row->id, work->err) != 0)
        return -1;
    others = list_others(&stored);
    if (others == NULL)
        return out_of_memory(work->err);
    if (store_match_again(store, row->id, &found, others, work->now_ms, arena, &saved, work->err) !=
        0)
        return -1;
    for (size_t i = 0; i < saved.n_hits; i++) {
        if (saved.hits[i].is_new && store_set_fate(store, saved.hits[i].id, BW_FATE_SUPPRESSED, 0,
                                                   "backtest", work->err) != 0)
            return -1;
    }
    return 0;
}

static int on_item(const struct bw_item_row *row, void *ctx)
{
    struct application *work = ctx;
    struct bw_arena *arena = arena_new(0);

    work->result = arena != NULL ? store_hits(work, row, arena) : out_of_memory(work->err);
    arena_free(arena);
    return work->result;
}

int backtest_apply(struct backtest *test, const int64_t *items, size_t n, struct bw_error *err)
{
    struct application work = {
        .test = test, .now_ms = clock_now_ms(&bw_clock_real), .result = 0, .err = err};

    if (store_begin(test->store, err) != 0)
        return -1;
    for (size_t i = 0; i < n && work.result == 0; i++) {
        const struct bw_item_query query = {
            .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .id = items[i]};

        if (store_list_items(test->store, &query, on_item, &work, err) != 0)
            work.result = -1;
    }
    if (work.result == 0)
        return store_commit(test->store, err);
    store_rollback(test->store);
    return -1;
}
