/* The politeness policy (see policy.h for its rules). Owns nothing. */
#include "policy.h"

#include "freshness.h"
#include "rhythm.h"
#include "url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HOUR = 3600, DAY = 86400, SKIP_SPREAD = 300 };

/* The latest time of all rules so far, and the rule that asked for it. */
struct due {
    int64_t when;
    const char *rule;
};

static void not_before(struct due *due, int64_t when, const char *rule)
{
    if (when > due->when)
        *due = (struct due){when, rule};
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static double chance(const struct policy_input *in)
{
    return (double)(in->random >> 11) * 0x1p-53;
}

/* Chance only adds: a publisher's wish is never undercut. */
static void add_jitter(const struct policy_input *in, struct due *due)
{
    int64_t delay = least(due->when - in->now, in->settings->interval_ceiling);

    due->when += (int64_t)((double)delay * in->settings->jitter * chance(in));
}

/* Monday is 0: 1970-01-01 was a Thursday. */
static int weekday(int64_t when)
{
    return (int)((when / DAY + 3) % 7);
}

static bool is_skipped(const struct bw_source_state *state, int64_t when, const char **rule)
{
    if ((state->skip_days >> weekday(when) & 1) != 0)
        *rule = "skip-days";
    else if ((state->skip_hours >> (when % DAY / HOUR) & 1) != 0)
        *rule = "skip-hours";
    else
        return false;
    return true;
}

/* Moves to the next hour that is not skipped; a week that is skipped whole is a mistake. */
static void skip_hours(const struct policy_input *in, const struct bw_source_state *state,
                       struct due *due)
{
    const char *rule = due->rule;
    int64_t when = due->when;

    if (!is_skipped(state, when, &rule))
        return;
    when -= when % HOUR;
    for (int hours = 0; hours < 7 * 24; hours++) {
        when += HOUR;
        if (!is_skipped(state, when, &rule)) {
            /* Not all of them on the stroke of the hour. */
            *due = (struct due){when + (int64_t)(SKIP_SPREAD * chance(in)), rule};
            return;
        }
    }
}

static int set_due(const struct policy_input *in, struct bw_source_state *after, struct due due)
{
    add_jitter(in, &due);
    skip_hours(in, after, &due);
    after->next_due = due.when;
    return source_state_set(&after->due_rule, due.rule);
}

static int64_t base_interval(const struct policy_input *in, int64_t adaptive)
{
    if (in->settings->interval > 0)
        return in->settings->interval;
    return most(adaptive, in->settings->interval_floor);
}

/* --- a visit that went well ------------------------------------------------------------------ */

static int keep_validators(const struct policy_input *in, struct bw_source_state *after)
{
    const struct bw_response *response = in->response;
    bool renewed = in->status == 304;

    if (!renewed || response->etag != NULL) {
        if (source_state_set(&after->etag, response->etag) != 0)
            return -1;
    }
    if (!renewed || response->last_modified != NULL) {
        if (source_state_set(&after->last_modified, response->last_modified) != 0)
            return -1;
    }
    if (in->body_hash != NULL)
        snprintf(after->body_hash, sizeof after->body_hash, "%s", in->body_hash);
    return 0;
}

/* 301 and 308 are believed once they have held, and never down to http. */
static int follow_move(const struct policy_input *in, struct bw_source_state *after,
                       uint32_t *actions)
{
    const char *to = in->permanent_to;

    if (to != NULL && url_is_https(in->url) && !url_is_https(to))
        to = NULL;
    if (to == NULL) {
        after->redirect_count = 0;
        return source_state_set(&after->redirect_seen, NULL);
    }
    if (after->redirect_seen == NULL || strcmp(after->redirect_seen, to) != 0) {
        after->redirect_count = 1;
        return source_state_set(&after->redirect_seen, to);
    }
    if (++after->redirect_count < POLICY_MOVED_AFTER)
        return 0;
    *actions |= BW_ACTION_LOG_MOVED;
    after->redirect_count = 0;
    if (source_state_set(&after->redirect_to, strcmp(to, in->url) == 0 ? NULL : to) != 0)
        return -1;
    return source_state_set(&after->redirect_seen, NULL);
}

static void keep_hints(const struct policy_input *in, struct bw_source_state *after)
{
    if (in->feed == NULL)
        return;
    after->publisher_interval = most((int64_t)in->feed->ttl_minutes * 60, in->feed->update_seconds);
    after->skip_hours = in->feed->skip_hours;
    after->skip_days = in->feed->skip_days;
}

/* 200s without anything new, one after the other; only a 304 clears the server. */
static void count_ignored(const struct policy_input *in, struct bw_source_state *after)
{
    if (in->status == 304)
        after->ignored_validators = 0;
    else if (in->outcome->n_new == 0 && in->before->last_success != BW_TIME_NONE)
        after->ignored_validators++;
}

static struct due find_due(const struct policy_input *in, const struct bw_source_state *after)
{
    const struct bw_config_polling *settings = in->settings;
    int64_t cap = most(POLICY_WISH_CAP, settings->interval_ceiling);
    int64_t interval = base_interval(in, after->interval), fresh;
    struct due due = {in->now + interval, settings->interval > 0 ? "interval" : "adaptive"};
    const char *rule = NULL;

    if (url_is_file(in->url)) {
        interval = settings->interval > 0 ? interval : settings->interval_floor;
        return (struct due){in->now + interval, "local-file"};
    }
    if (after->ignored_validators >= POLICY_IGNORED_AFTER && settings->interval == 0)
        not_before(&due, in->now + least(interval * 2, settings->interval_ceiling),
                   "ignores-validators");
    not_before(&due, in->now + least(after->publisher_interval, cap), "publisher-interval");
    fresh = freshness_lifetime(in->response, in->now, &rule);
    not_before(&due, in->now + least(fresh, cap), rule);
    return due;
}

static int explain_health(const struct policy_input *in, struct bw_source_state *after,
                          const struct due *due)
{
    char text[256], gap[BW_TIME_TEXT], usual[BW_TIME_TEXT];

    if (in->before->health == BW_HEALTH_QUARANTINED && in->result == BW_FETCH_NOT_MODIFIED) {
        after->health = BW_HEALTH_QUARANTINED;
        return 0; /* the reason stands */
    }
    if (rhythm_is_silent(after, in->now)) {
        after->health = BW_HEALTH_SILENT;
        snprintf(text, sizeof text, "no new item for %s; one every %s is usual",
                 clock_format_duration(in->now - after->last_item, gap),
                 clock_format_duration(after->rhythm, usual));
        return source_state_set(&after->why, text);
    }
    if (after->ignored_validators >= POLICY_IGNORED_AFTER) {
        after->health = BW_HEALTH_SLOW;
        snprintf(text, sizeof text,
                 "the server sends the whole document each time although nothing is new (%" PRId32
                 " times)",
                 after->ignored_validators);
        return source_state_set(&after->why, text);
    }
    if (due->when - in->now > in->settings->interval_ceiling && in->settings->interval == 0) {
        after->health = BW_HEALTH_SLOW;
        snprintf(text, sizeof text, "the publisher asks to come every %s (%s)",
                 clock_format_duration(due->when - in->now, gap), due->rule);
        return source_state_set(&after->why, text);
    }
    after->health = BW_HEALTH_OK;
    return source_state_set(&after->why, NULL);
}

static void tell_health(const struct policy_input *in, struct bw_source_state *after,
                        uint32_t *actions)
{
    bool well = after->health == BW_HEALTH_OK || after->health == BW_HEALTH_SLOW;

    if (after->health == BW_HEALTH_SILENT && in->before->health != BW_HEALTH_SILENT &&
        !after->raised) {
        *actions |= BW_ACTION_RAISE_SILENT;
        after->raised = true;
    } else if (well && after->raised) {
        *actions |= BW_ACTION_RAISE_BACK;
        after->raised = false;
    }
}

static int decide_success(const struct policy_input *in, struct bw_source_state *after,
                          uint32_t *actions)
{
    struct due due;

    after->failures = 0;
    after->failing_since = BW_TIME_NONE;
    after->last_success = in->now;
    if (keep_validators(in, after) != 0 || follow_move(in, after, actions) != 0)
        return -1;
    keep_hints(in, after);
    count_ignored(in, after);
    rhythm_learn(in, after);
    due = find_due(in, after);
    if (explain_health(in, after, &due) != 0)
        return -1;
    tell_health(in, after, actions);
    if (after->health == BW_HEALTH_QUARANTINED)
        not_before(&due, in->now + in->settings->interval_ceiling, "quarantine");
    return set_due(in, after, due);
}

/* --- a visit that failed --------------------------------------------------------------------- */

/* What another try within minutes seldom mends. */
static bool is_refusal(const struct policy_input *in)
{
    switch (in->result) {
    case BW_FETCH_OK: /* it came, and was no feed */
    case BW_FETCH_NOT_MODIFIED:
    case BW_FETCH_TLS:
    case BW_FETCH_TOO_LARGE:
    case BW_FETCH_REFUSED:
        return true;
    case BW_FETCH_HTTP_ERROR:
        return in->status >= 400 && in->status < 500 && in->status != 408 && in->status != 425 &&
               in->status != 429;
    default:
        return false;
    }
}

static struct due find_backoff(const struct policy_input *in, const struct bw_source_state *after)
{
    const struct bw_config_polling *settings = in->settings;
    int64_t base = base_interval(in, after->interval);
    int64_t cap = most(settings->backoff_cap, base);
    int shift = after->failures - 1 + (is_refusal(in) ? 1 : 0);
    int64_t retry = freshness_retry_after(in->response, in->now), fresh;
    struct due due = {in->now + least(cap, base << (shift < 24 ? shift : 24)), "backoff"};
    const char *rule = NULL;

    fresh = freshness_lifetime(in->response, in->now, &rule);
    not_before(&due, in->now + least(fresh, most(POLICY_WISH_CAP, settings->interval_ceiling)),
               rule);
    if (retry >= 0)
        not_before(&due, in->now + least(retry, settings->retry_after_cap), "retry-after");
    return due;
}

/* An address that was saved and does not answer any more is forgotten. */
static int forget_move(struct bw_source_state *after)
{
    after->redirect_count = 0;
    if (source_state_set(&after->redirect_to, NULL) != 0)
        return -1;
    return source_state_set(&after->redirect_seen, NULL);
}

static int decide_gone(const struct policy_input *in, struct bw_source_state *after,
                       uint32_t *actions)
{
    if (in->before->health != BW_HEALTH_GONE)
        *actions |= BW_ACTION_RAISE_GONE;
    after->health = BW_HEALTH_GONE;
    after->raised = true;
    after->next_due = BW_TIME_NONE;
    if (source_state_set(&after->due_rule, "gone") != 0)
        return -1;
    return source_state_set(&after->why, "410 Gone: the publisher has ended it; not asked again");
}

static int decide_failure(const struct policy_input *in, struct bw_source_state *after,
                          uint32_t *actions)
{
    bool moved = after->redirect_to != NULL;

    after->failures++;
    if (after->failing_since == BW_TIME_NONE)
        after->failing_since = in->now;
    if (in->status == 410 && in->result == BW_FETCH_HTTP_ERROR && !moved)
        return decide_gone(in, after, actions);
    if (moved && (after->failures >= POLICY_MOVED_AFTER || in->status == 410) &&
        forget_move(after) != 0)
        return -1;
    if (in->status == 429)
        after->interval = least(base_interval(in, after->interval) * 2,
                                most(in->settings->interval_ceiling, after->interval));
    after->health = BW_HEALTH_FAILING;
    if (!after->raised && in->now - after->failing_since >= in->settings->failing_after) {
        *actions |= BW_ACTION_RAISE_FAILING;
        after->raised = true;
    }
    if (source_state_set(&after->why, in->error->text) != 0)
        return -1;
    return set_due(in, after, find_backoff(in, after));
}

/* The bytes are remembered, so that they are not given to a reader again. */
static int decide_quarantine(const struct policy_input *in, struct bw_source_state *after,
                             uint32_t *actions)
{
    struct due due = {in->now + in->settings->interval_ceiling, "quarantine"};

    if (in->before->health != BW_HEALTH_QUARANTINED)
        *actions |= BW_ACTION_RAISE_QUARANTINED;
    after->health = BW_HEALTH_QUARANTINED;
    after->raised = true;
    after->failures = 0;
    after->failing_since = BW_TIME_NONE;
    if (keep_validators(in, after) != 0 || source_state_set(&after->why, in->error->text) != 0)
        return -1;
    return set_due(in, after, due);
}

int policy_decide(const struct policy_input *in, struct bw_source_state *after, uint32_t *actions,
                  struct bw_error *err)
{
    struct bw_source_state state;
    uint32_t found = 0;
    int result;

    source_state_init(&state);
    if (source_state_copy(&state, in->before) != 0 || source_state_set(&state.url, in->url) != 0)
        goto memory;
    state.last_poll = in->now;
    state.polls++;
    state.last_result = in->result;
    state.last_status = (int32_t)in->status;
    state.last_ms = in->took_ms;
    state.last_bytes = (int64_t)in->wire_bytes;
    if (in->outcome->poison)
        result = decide_quarantine(in, &state, &found);
    else if (in->error->code != BW_OK)
        result = decide_failure(in, &state, &found);
    else
        result = decide_success(in, &state, &found);
    if (result != 0)
        goto memory;
    *after = state;
    *actions = found;
    return 0;
memory:
    source_state_clear(&state);
    return error_set(err, BW_ERR_MEMORY, "out of memory");
}
