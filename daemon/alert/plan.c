/* Groups, digests, quiet hours, rate caps. Owns what it remembers of groups and windows. */
#include "plan.h"
#include "zone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
    LOADED_ROWS = 5000,
    LONGEST_INTERVAL_MS = 7 * 86400000, /* that a route may ask for */
    SWEEP_AT = 4096, /* groups, or windows, in memory before the idle ones are looked for */
};

/* A group of one channel, or a rate window of one route and channel. */
struct memory {
    char *key;
    int64_t due_ms;  /* of the group's last message; of a window: its end */
    int64_t keep_ms; /* nothing is asked of it after that */
    int used;        /* messages in the window */
    UT_hash_handle hh;
};

struct planner {
    struct memory *groups, *windows;
    size_t sweep_at; /* so that a sweep costs little for each entry */
};

struct planner *planner_new(void)
{
    struct planner *planner = calloc(1, sizeof *planner);

    if (planner != NULL)
        planner->sweep_at = SWEEP_AT;
    return planner;
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): the analyzer does not follow uthash's macros */
static void forget(struct memory **table, struct memory *memory)
{
    HASH_DEL(*table, memory);
    free(memory->key);
    free(memory);
}

/* All that nothing is asked of after `now_ms`. */
static void forget_idle(struct memory **table, int64_t now_ms)
{
    struct memory *memory = *table;

    while (memory != NULL) {
        struct memory *next = memory->hh.next;

        if (memory->keep_ms < now_ms)
            forget(table, memory);
        memory = next;
    }
}

void planner_free(struct planner *planner)
{
    if (planner == NULL)
        return;
    forget_idle(&planner->groups, INT64_MAX);
    forget_idle(&planner->windows, INT64_MAX);
    free(planner);
}

static void sweep(struct planner *planner, int64_t now_ms)
{
    size_t left;

    if (HASH_COUNT(planner->groups) + HASH_COUNT(planner->windows) < planner->sweep_at)
        return;
    forget_idle(&planner->groups, now_ms);
    forget_idle(&planner->windows, now_ms);
    left = HASH_COUNT(planner->groups) + HASH_COUNT(planner->windows);
    planner->sweep_at = left * 2 > SWEEP_AT ? left * 2 : SWEEP_AT;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

static struct memory *recall(struct memory **table, const char *first, const char *second)
{
    struct memory *memory = NULL;
    struct bw_buf key;

    buf_init(&key);
    buf_printf(&key, "%s\x1f%s", first, second);
    if (key.failed)
        goto out;
    HASH_FIND_STR(*table, key.data, memory);
    if (memory != NULL)
        goto out;
    memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        goto out;
    memory->due_ms = INT64_MIN / 2;
    memory->key = buf_steal(&key);
    if (memory->key == NULL) {
        free(memory);
        memory = NULL;
        goto out;
    }
    HASH_ADD_KEYPTR(hh, *table, memory->key, strlen(memory->key), memory);
out:
    buf_clear(&key);
    return memory;
}

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct planner *planner = ctx;
    struct memory *memory = recall(&planner->groups, row->channel, row->group);

    if (memory != NULL && row->due_ms != BW_TIME_NONE && row->due_ms > memory->due_ms &&
        (row->attempts == 0 || strcmp(row->state, "pending") != 0))
        memory->due_ms = row->due_ms;
    if (memory != NULL)
        memory->keep_ms = memory->due_ms + LONGEST_INTERVAL_MS;
    return 0;
}

int planner_load(struct planner *planner, struct bw_store *store, struct bw_error *err)
{
    return store_list_outbox(store, NULL, NULL, 0, LOADED_ROWS, on_row, planner, err);
}

static void write_value(struct bw_buf *out, const struct alert_subject *subject, const char *name)
{
    const struct bw_event *event = subject->n_events > 0 ? &subject->events[0] : NULL;
    const char *value = "";

    if (strcmp(name, "story") == 0) {
        buf_printf(out, "|story=%" PRId64, subject->story);
        return;
    }
    if (strcmp(name, "rule") == 0)
        value = subject->rule;
    else if (strcmp(name, "severity") == 0)
        value = severity_name(subject->severity);
    else if (strcmp(name, "source") == 0)
        value = subject->source;
    else if (strcmp(name, "lang") == 0)
        value = subject->lang;
    else if (event != NULL && strcmp(name, "actor") == 0)
        value = event->actor;
    else if (event != NULL && strcmp(name, "bloc") == 0)
        value = event->bloc;
    else if (event != NULL && strcmp(name, "stance") == 0)
        value = stance_name(event->stance);
    else if (event != NULL && strcmp(name, "certainty") == 0)
        value = certainty_name(event->certainty);
    buf_printf(out, "|%s=%s", name, value != NULL ? value : "");
}

/* One message a story, where the route does not say otherwise. */
static void write_group(struct bw_buf *out, const struct route_settings *settings,
                        const struct alert_subject *subject)
{
    buf_puts(out, settings->path);
    for (size_t i = 0; i < settings->group_by->n; i++)
        write_value(out, subject, settings->group_by->values[i]);
    if (settings->group_by->n > 0)
        return;
    if (subject->story != 0)
        write_value(out, subject, "story");
    else
        buf_printf(out, "|%s=%s", subject->kind, subject->source != NULL ? subject->source : "");
}

static void set_group(struct plan *plan, const struct route_settings *settings, const char *name)
{
    buf_reset(&plan->group);
    buf_printf(&plan->group, "%s|%s", settings->path, name);
}

static int64_t next_digest_ms(const struct route_settings *settings, int64_t now_ms)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < settings->digest_at->n; i++) {
        int minute = zone_parse_minute(settings->digest_at->values[i]);
        int64_t at = minute < 0 ? INT64_MAX : zone_next(settings->time_zone, now_ms / 1000, minute);

        if (at < next)
            next = at;
    }
    return next == INT64_MAX ? now_ms : next * 1000;
}

static bool is_quiet(const struct route_settings *settings, const struct alert_subject *subject,
                     int64_t at_ms)
{
    int from, to, at, override;

    if (settings->quiet_from == NULL || settings->quiet_to == NULL)
        return false;
    override =
        settings->quiet_override == NULL ? BW_SEVERITIES : severity_parse(settings->quiet_override);
    if ((int)subject->severity >= override)
        return false;
    from = zone_parse_minute(settings->quiet_from);
    to = zone_parse_minute(settings->quiet_to);
    at = zone_minute_of_day(settings->time_zone, at_ms / 1000);
    return from <= to ? at >= from && at < to : at >= from || at < to;
}

static int64_t quiet_end_ms(const struct route_settings *settings, int64_t at_ms)
{
    return zone_next(settings->time_zone, at_ms / 1000, zone_parse_minute(settings->quiet_to)) *
           1000;
}

/* Takes one message out of the window's allowance; false when it is used up. */
static bool take_allowance(struct memory *window, const struct route_settings *settings,
                           int64_t now_ms)
{
    if (now_ms >= window->due_ms || now_ms < window->due_ms - settings->rate_period_ms) {
        window->due_ms = now_ms + settings->rate_period_ms;
        window->used = 0;
        window->keep_ms = window->due_ms;
    }
    if (window->used >= settings->rate_limit)
        return false;
    window->used++;
    return true;
}

static int out_of_memory(struct bw_error *err)
{
    return error_set(err, BW_ERR_MEMORY, "out of memory");
}

/* What is over the cap comes as one message when the window ends. While such a message is to come,
 * all goes into it: that also holds after a restart, which forgets windows. */
static int plan_capped(struct planner *planner, const struct route_settings *settings,
                       const char *channel, int64_t now_ms, struct plan *plan, struct bw_error *err)
{
    struct memory *window = recall(&planner->windows, channel, settings->rate_path);
    struct memory *rest;
    struct plan capped = {.how = PLAN_RATE};
    int result = 0;

    buf_init(&capped.group);
    set_group(&capped, settings, "rest");
    rest = recall(&planner->groups, channel, buf_text(&capped.group));
    if (rest == NULL || window == NULL) {
        result = out_of_memory(err);
    } else if (rest->due_ms > now_ms || !take_allowance(window, settings, now_ms)) {
        if (rest->due_ms <= now_ms)
            rest->due_ms = rest->keep_ms = window->due_ms;
        capped.due_ms = rest->due_ms;
        buf_clear(&plan->group);
        *plan = capped;
        return 0;
    }
    buf_clear(&capped.group);
    return result;
}

static int plan_grouped(struct planner *planner, const struct route_settings *settings,
                        const struct alert_subject *subject, const char *channel, int64_t now_ms,
                        struct plan *plan, struct bw_error *err)
{
    struct memory *group;

    write_group(&plan->group, settings, subject);
    group = recall(&planner->groups, channel, buf_text(&plan->group));
    if (group == NULL)
        return out_of_memory(err);
    if (group->due_ms >= now_ms) {
        plan->how = PLAN_JOINED;
        plan->due_ms = group->due_ms;
        return 0;
    }
    plan->due_ms = now_ms + settings->group_wait_ms;
    if (group->due_ms + settings->group_interval_ms > plan->due_ms)
        plan->due_ms = group->due_ms + settings->group_interval_ms;
    if (is_quiet(settings, subject, plan->due_ms)) {
        plan->how = PLAN_QUIET;
        plan->due_ms = quiet_end_ms(settings, plan->due_ms);
        set_group(plan, settings, "quiet");
        return 0;
    }
    if (settings->rate_limit > 0 && plan_capped(planner, settings, channel, now_ms, plan, err) != 0)
        return -1;
    if (plan->how == PLAN_RATE)
        return 0;
    group->due_ms = plan->due_ms;
    group->keep_ms = plan->due_ms + settings->group_interval_ms;
    return 0;
}

int planner_plan(struct planner *planner, const struct route_settings *settings,
                 const struct alert_subject *subject, const char *channel, int64_t now_ms,
                 struct plan *plan, struct bw_error *err)
{
    *plan = (struct plan){.how = PLAN_NOW, .due_ms = now_ms};
    buf_init(&plan->group);
    sweep(planner, now_ms);
    if (settings->digest_at->n > 0) {
        plan->how = PLAN_DIGEST;
        plan->due_ms = next_digest_ms(settings, now_ms);
        set_group(plan, settings, "digest");
    } else if (plan_grouped(planner, settings, subject, channel, now_ms, plan, err) != 0) {
        return -1;
    }
    return plan->group.failed ? out_of_memory(err) : 0;
}

void plan_explain(const struct plan *plan, char *text, size_t size)
{
    char at[BW_TIME_TEXT];

    clock_format(plan->due_ms / 1000, at);
    text[0] = '\0';
    if (plan->how == PLAN_JOINED)
        snprintf(text, size, "goes with the message of its group at %s", at);
    else if (plan->how == PLAN_DIGEST)
        snprintf(text, size, "rides in the digest of %s", at);
    else if (plan->how == PLAN_QUIET)
        snprintf(text, size, "quiet hours: goes with the rest at %s", at);
    else if (plan->how == PLAN_RATE)
        snprintf(text, size, "over the rate cap: goes with the rest at %s", at);
}
