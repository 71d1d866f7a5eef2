/*
 * `rules backtest`: a rule set over the items that are stored, how its hits differ from those that
 * are stored, and with --apply their storing. Owns nothing beyond the run.
 */
#include "backtest.h"
#include "commands.h"
#include "items.h"
#include "output.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Items read at once, and stored in one transaction: the daemon waits for a transaction. */
enum { PAGE = 500, BATCH = 50, MAX_PAUSE_MS = 200 };

struct job {
    struct ctl *ctl;
    struct backtest test;
    bool all, apply;
    size_t items, counts[BACKTEST_CHANGES], others;
    int64_t first, last, done; /* ids: of all items, and how far we are */
    int64_t differ[PAGE];      /* items of this page that differ */
    size_t n_differ, n_page;
    bool progress, failed;
};

/* --- telling ---------------------------------------------------------------------------------- */

static const char *const change_names[BACKTEST_CHANGES] = {
    [BACKTEST_SAME] = "same",
    [BACKTEST_NEW] = "new",
    [BACKTEST_LOST] = "lost",
    [BACKTEST_CHANGED] = "changed",
};

static void clear_progress(const struct job *job)
{
    if (job->progress)
        fputs("\r\033[K", stderr);
}

/* By the ids, which are near enough to the order in which items were seen. */
static void show_progress(const struct job *job)
{
    enum { WIDTH = 30, EVERY = 200 };
    int64_t all = job->last - job->first;
    int percent = all > 0 ? (int)((job->done - job->first) * 100 / all) : 100;

    if (!job->progress || (job->items % EVERY != 0 && job->done != job->last))
        return;
    fputs("\r[", stderr);
    for (int i = 0; i < WIDTH; i++)
        fputc(i < percent * WIDTH / 100 ? '#' : ' ', stderr);
    fprintf(stderr, "] %3d%%  %zu items", percent, job->items);
}

static void tell_json(struct job *job, const struct bw_item_row *item,
                      const struct backtest_hit *hit)
{
    json_t *line =
        json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "change",
                  change_names[hit->change], "item", (json_int_t)item->id, "rule",
                  out_json_text(hit->rule), "source", out_json_text(item->source), "title",
                  out_json_text(item->title), "link", out_json_text(item->link), "events",
                  out_json_text(hit->events), "was", out_json_text(hit->was_events), "severity",
                  out_json_text(hit->severity), "was_severity", out_json_text(hit->was_severity));

    if (out_json_line(line) != 0)
        job->failed = true;
}

static void tell(struct job *job, const struct bw_item_row *item, const struct backtest_hit *hit)
{
    bool severity =
        hit->change == BACKTEST_CHANGED && strcmp(hit->severity, hit->was_severity) != 0;
    bool events = hit->change == BACKTEST_CHANGED && strcmp(hit->events, hit->was_events) != 0;

    if (job->ctl->json) {
        tell_json(job, item, hit);
        return;
    }
    clear_progress(job);
    printf("%-8s %s  ", change_names[hit->change], hit->rule);
    out_text(item->source);
    fputs("  ", stdout);
    out_text(item->title);
    if (hit->other_rule)
        fputs("\n         this rule set has no such rule", stdout);
    if (hit->events != NULL && hit->events[0] != '\0')
        printf("\n         %s", hit->events);
    if (events || (hit->change == BACKTEST_LOST && hit->was_events[0] != '\0'))
        printf("\n         was: %s", hit->was_events[0] != '\0' ? hit->was_events : "no event");
    if (severity)
        printf("\n         severity %s, was: %s", hit->severity, hit->was_severity);
    putchar('\n');
}

static void tell_sum(const struct job *job)
{
    const size_t *n = job->counts;

    clear_progress(job);
    fprintf(stderr, "%zu items: %zu hits the same, %zu new, %zu lost, %zu changed", job->items,
            n[BACKTEST_SAME], n[BACKTEST_NEW], n[BACKTEST_LOST], n[BACKTEST_CHANGED]);
    if (job->apply)
        fputs("; stored, and nobody was alerted", stderr);
    if (job->apply && job->others > 0)
        fprintf(stderr, "; %zu of the lost stay, as their rules were not tried", job->others);
    fputc('\n', stderr);
}

/* --- the run ---------------------------------------------------------------------------------- */

static int judge_item(struct job *job, const struct bw_item_row *item, struct bw_arena *arena,
                      struct bw_error *err)
{
    struct backtest_hit *hits = NULL;
    bool differs = false;
    size_t n = 0;

    if (backtest_compare(&job->test, item, arena, &hits, &n, err) != 0)
        return error_prefix(err, "item %lld", (long long)item->id);
    for (size_t i = 0; i < n; i++) {
        job->counts[hits[i].change]++;
        job->others += hits[i].other_rule;
        differs = differs || (hits[i].change != BACKTEST_SAME && !hits[i].other_rule);
        if (job->all || hits[i].change != BACKTEST_SAME)
            tell(job, item, &hits[i]);
    }
    if (differs)
        job->differ[job->n_differ++] = item->id;
    return 0;
}

static int on_item(const struct bw_item_row *item, void *ctx)
{
    struct job *job = ctx;
    struct bw_arena *arena = arena_new(0);
    struct bw_error err = {0};

    if (arena == NULL || judge_item(job, item, arena, &err) != 0) {
        clear_progress(job);
        ctl_fail("%s", arena != NULL ? err.text : "out of memory");
        job->failed = true;
    }
    arena_free(arena);
    if (job->items++ == 0)
        job->first = item->id;
    job->done = item->id;
    if (job->last < item->id) /* it has come meanwhile */
        job->last = item->id;
    job->n_page++;
    show_progress(job);
    return job->failed ? 1 : 0;
}

/* For as long as the daemon could not write: it has half of the time at least. */
static void pause_for(int64_t ms)
{
    int64_t part = ms < MAX_PAUSE_MS ? ms : MAX_PAUSE_MS;
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)(part + 1) * 1000000};

    nanosleep(&time, NULL);
}

static int apply_page(struct job *job, struct bw_error *err)
{
    for (size_t i = 0; i < job->n_differ; i += BATCH) {
        size_t left = job->n_differ - i;
        int64_t start = clock_monotonic_ms(&bw_clock_real);

        if (backtest_apply(&job->test, job->differ + i, left < BATCH ? left : BATCH, err) != 0)
            return -1;
        pause_for(clock_monotonic_ms(&bw_clock_real) - start);
    }
    return 0;
}

static int on_newest(const struct bw_item_row *item, void *ctx)
{
    *(int64_t *)ctx = item->id;
    return 1;
}

static enum ctl_code compare(struct job *job, int64_t since)
{
    const struct bw_item_query newest = {
        .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .limit = 1};
    struct bw_item_query page = {
        .since_ms = since, .until_ms = BW_TIME_NONE, .oldest_first = true, .limit = PAGE};
    struct bw_store *store = job->ctl->store;
    struct bw_error err = {0};

    if (store_list_items(store, &newest, on_newest, &job->last, &err) != 0)
        return ctl_store_failed(&err);
    job->progress = isatty(STDERR_FILENO);
    do {
        job->n_page = job->n_differ = 0;
        page.after_id = job->done;
        if (store_list_items(store, &page, on_item, job, &err) != 0 ||
            (!job->failed && job->apply && apply_page(job, &err) != 0)) {
            clear_progress(job);
            return ctl_store_failed(&err);
        }
    } while (job->n_page == PAGE && !job->failed);
    if (job->failed)
        return CTL_FAILED;
    tell_sum(job);
    return CTL_FINE;
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
    struct job job = {
        .ctl = ctl, .all = ctl_value(ctl, "all") != NULL, .apply = ctl_value(ctl, "apply") != NULL};
    struct bw_ruleset *rules;
    struct bw_error err = {0};
    enum ctl_code code;
    int64_t since;

    if (ctl_time(ctl, "since", &since) != 0)
        return CTL_USAGE;
    code = load_rules(ctl);
    if (code == CTL_FINE)
        code = job.apply ? ctl_open_store_write(ctl) : ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    rules = items_compile_rules(ctl, true);
    if (rules == NULL)
        return CTL_USAGE;
    if (backtest_init(&job.test, ctl->store, rules, &ctl->config->watch, &err) == 0)
        code = compare(&job, since);
    else
        code = ctl_fail("%s", err.text);
    backtest_clear(&job.test);
    ruleset_free(rules);
    return code;
}

const struct ctl_command cmd_rules_backtest = {
    .name = "rules backtest",
    .arguments = "",
    .summary = "try rules on the items that are stored",
    .help =
        "Tells how the hits of the configured rules, or of those in DIR, differ from the hits\n"
        "that are stored: new, lost, changed (other events, another severity). Nothing is\n"
        "stored without --apply, and nobody is alerted with it: new hits are kept with the\n"
        "fate \"suppressed: backtest\", changed ones as a correction, lost ones are taken back,\n"
        "but for those of rules that the tried set does not have. The daemon may run meanwhile;\n"
        "it goes on with the rules of its own configuration.",
    .options = {{"rules", "DIR", "the rules of DIR/*.yaml instead of the configured ones"},
                {"since", "T", "items seen since then: a time, a date, or how long ago (7d)"},
                {"all", NULL, "hits that are the same too"},
                {"apply", NULL, "store the difference, alert nobody"}},
    .run = run,
};
