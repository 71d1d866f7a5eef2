/*
 * `rules backtest`: a rule set over the items that are stored, and how its hits differ from those
 * that are stored. Owns the table of stored hits.
 */
#include "commands.h"
#include "items.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

/* One stored hit. */
struct old_hit {
    struct old_hit *next; /* of the same item */
    char *rule, *events;
    bool found; /* the tested rules found it too */
};

struct old_item {
    int64_t id;
    struct old_hit *hits;
    UT_hash_handle hh;
};

struct backtest {
    struct ctl *ctl;
    struct bw_matcher *matcher;
    struct old_item *old;
    size_t items, total; /* done, and all that there are */
    size_t same, fresh, lost, changed;
    bool progress, failed;
};

/* --- what is stored --------------------------------------------------------------------------- */

static int by_event(const void *a, const void *b)
{
    const struct bw_event *x = a, *y = b;
    int order = strcmp(x->actor, y->actor);

    if (order == 0)
        order = strcmp(x->bloc, y->bloc);
    return order != 0 ? order : (int)x->stance - (int)y->stance;
}

/* "KZ declines BRICS, UZ joins EAEU": sorted, each once, so that equal events give equal texts.
 * Returns owned. */
static char *events_text(const struct bw_event *events, size_t n)
{
    struct bw_event *sorted = calloc(n + 1, sizeof *sorted);
    struct bw_buf text;

    buf_init(&text);
    if (sorted == NULL)
        return NULL;
    if (n > 0)
        memcpy(sorted, events, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_event);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_event(&sorted[i - 1], &sorted[i]) != 0)
            buf_printf(&text, "%s%s %s %s", text.len > 0 ? ", " : "", sorted[i].actor,
                       stance_name(sorted[i].stance), sorted[i].bloc);
    }
    free(sorted);
    return buf_steal(&text);
}

static struct old_item *get_item(struct backtest *test, int64_t id)
{
    struct old_item *item;

    HASH_FIND(hh, test->old, &id, sizeof id, item);
    if (item != NULL)
        return item;
    item = calloc(1, sizeof *item);
    if (item == NULL)
        return NULL;
    item->id = id;
    HASH_ADD(hh, test->old, id, sizeof item->id, item);
    return item;
}

static int on_old_hit(const struct bw_hit_row *row, void *ctx)
{
    struct backtest *test = ctx;
    struct old_item *item = get_item(test, row->item);
    struct old_hit *hit = item != NULL ? calloc(1, sizeof *hit) : NULL;

    if (hit == NULL) {
        test->failed = true;
        return 1;
    }
    hit->next = item->hits;
    item->hits = hit;
    hit->rule = strdup(row->rule);
    hit->events = events_text(row->events, row->n_events);
    test->failed = hit->rule == NULL || hit->events == NULL;
    return test->failed ? 1 : 0;
}

static void clear_old(struct backtest *test)
{
    struct old_item *item = test->old, *next;

    HASH_CLEAR(hh, test->old); /* the table; the items hang together still */
    for (; item != NULL; item = next) {
        next = item->hh.next;
        while (item->hits != NULL) {
            struct old_hit *hit = item->hits;

            item->hits = hit->next;
            free(hit->rule);
            free(hit->events);
            free(hit);
        }
        free(item);
    }
}

static struct old_hit *find_old(const struct old_item *item, const char *rule)
{
    struct old_hit *hit = item != NULL ? item->hits : NULL;

    while (hit != NULL && strcmp(hit->rule, rule) != 0)
        hit = hit->next;
    return hit;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void clear_progress(const struct backtest *test)
{
    if (test->progress)
        fputs("\r\033[K", stderr);
}

static void show_progress(const struct backtest *test)
{
    enum { WIDTH = 30 };
    size_t full = test->total > 0 ? test->items * WIDTH / test->total : 0;

    if (!test->progress || (test->items % 500 != 0 && test->items != test->total))
        return;
    fputs("\r[", stderr);
    for (size_t i = 0; i < WIDTH; i++)
        fputc(i < full ? '#' : ' ', stderr);
    fprintf(stderr, "] %zu of %zu items", test->items, test->total);
}

static void tell(struct backtest *test, const char *change, const struct bw_item_row *item,
                 const char *rule, const char *events, const char *was)
{
    if (test->ctl->json) {
        if (out_json_line(json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "change", change,
                                    "item", (json_int_t)item->id, "rule", out_json_text(rule),
                                    "source", out_json_text(item->source), "title",
                                    out_json_text(item->title), "link", out_json_text(item->link),
                                    "events", out_json_text(events), "was", out_json_text(was))) !=
            0)
            test->failed = true;
        return;
    }
    clear_progress(test);
    printf("%-8s %s  ", change, rule);
    out_text(item->source);
    fputs("  ", stdout);
    out_text(item->title);
    if (events != NULL && events[0] != '\0')
        printf("\n         %s", events);
    if (was != NULL && was[0] != '\0')
        printf("\n         was: %s", was);
    putchar('\n');
}

/* --- one item --------------------------------------------------------------------------------- */

static void judge_hit(struct backtest *test, const struct bw_item_row *row,
                      const struct bw_hit *hit, const struct old_item *item)
{
    bool all = ctl_value(test->ctl, "all") != NULL;
    struct old_hit *old = find_old(item, hit->rule);
    char *events = events_text(hit->events, hit->n_events);

    if (events == NULL) {
        test->failed = true;
        return;
    }
    if (old == NULL) {
        test->fresh++;
        tell(test, "new", row, hit->rule, events, NULL);
    } else if (strcmp(old->events, events) != 0) {
        test->changed++;
        tell(test, "changed", row, hit->rule, events, old->events);
    } else {
        test->same++;
        if (all)
            tell(test, "same", row, hit->rule, events, NULL);
    }
    if (old != NULL)
        old->found = true;
    free(events);
}

static void judge_item(struct backtest *test, const struct bw_item_row *row,
                       const struct bw_hits *found)
{
    struct old_item *item;

    HASH_FIND(hh, test->old, &row->id, sizeof row->id, item);
    for (size_t i = 0; i < found->n_hits; i++)
        judge_hit(test, row, &found->hits[i], item);
    for (struct old_hit *old = item != NULL ? item->hits : NULL; old != NULL; old = old->next) {
        if (old->found)
            continue;
        test->lost++;
        tell(test, "lost", row, old->rule, NULL, old->events);
    }
}

static int on_item(const struct bw_item_row *row, void *ctx)
{
    const struct bw_item item = {
        .title = row->title,
        .summary = row->summary,
        .content = row->content,
        .link = row->link,
        .author = row->author,
        .lang = row->lang,
        .published = row->published,
        .updated = row->updated,
    };
    struct backtest *test = ctx;
    struct bw_arena *arena = arena_new(0);
    struct bw_hits found = {0};
    struct bw_error err = {0};

    if (arena == NULL ||
        matcher_match_item(test->matcher, &item, row->source, arena, &found, &err) != 0) {
        ctl_fail("item %lld: %s", (long long)row->id, arena != NULL ? err.text : "out of memory");
        test->failed = true;
    } else {
        judge_item(test, row, &found);
        test->items++;
        show_progress(test);
    }
    arena_free(arena);
    return test->failed ? 1 : 0;
}

/* --- the run ---------------------------------------------------------------------------------- */

static enum ctl_code compare(struct backtest *test, int64_t since)
{
    const struct bw_hit_query hits = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE};
    const struct bw_item_query items = {
        .since_ms = since, .until_ms = BW_TIME_NONE, .oldest_first = true};
    struct bw_store *store = test->ctl->store;
    struct bw_store_counts counts;
    struct bw_error err = {0};

    if (store_count(store, &counts, &err) != 0 ||
        store_list_hits(store, &hits, on_old_hit, test, &err) != 0)
        return ctl_store_failed(&err);
    if (test->failed)
        return ctl_fail("out of memory");
    test->total = (size_t)counts.items;
    test->progress = isatty(STDERR_FILENO) && since == BW_TIME_NONE;
    if (store_list_items(store, &items, on_item, test, &err) != 0)
        return ctl_store_failed(&err);
    clear_progress(test);
    if (!test->failed)
        fprintf(stderr, "%zu items: %zu hits the same, %zu new, %zu lost, %zu changed\n",
                test->items, test->same, test->fresh, test->lost, test->changed);
    return test->failed ? CTL_FAILED : CTL_FINE;
}

static enum ctl_code load_rules(struct ctl *ctl)
{
    const char *dir = ctl_value(ctl, "rules");
    struct bw_config_errors errors = {0};
    enum ctl_code code = ctl_load_config(ctl);

    if (code != CTL_FINE || dir == NULL)
        return code;
    if (config_load_rules(dir, ctl->config, &errors) != 0)
        code = CTL_USAGE;
    ctl_report_config(ctl, &errors);
    return code;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct backtest test = {.ctl = ctl};
    struct bw_ruleset *rules;
    enum ctl_code code;
    int64_t since;

    if (ctl_time(ctl, "since", &since) != 0)
        return CTL_USAGE;
    code = load_rules(ctl);
    if (code == CTL_FINE)
        code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    rules = items_compile_rules(ctl, true);
    if (rules == NULL)
        return CTL_USAGE;
    test.matcher = matcher_new(rules);
    code = test.matcher != NULL ? compare(&test, since) : ctl_fail("out of memory");
    clear_old(&test);
    matcher_free(test.matcher);
    ruleset_free(rules);
    return code;
}

const struct ctl_command cmd_rules_backtest = {
    .name = "rules backtest",
    .arguments = "",
    .summary = "try rules on the items that are stored",
    .help = "Tells how the hits of the configured rules, or of those in DIR, differ from the hits\n"
            "that are stored: new, lost, changed (other events). Nothing is stored, nobody is\n"
            "alerted. Categories are not kept with items, so `category:` finds nothing here.",
    .options = {{"rules", "DIR", "the rules of DIR/*.yaml instead of the configured ones"},
                {"since", "T", "items seen since then: a time, a date, or how long ago (7d)"},
                {"all", NULL, "hits that are the same too"}},
    .run = run,
};
