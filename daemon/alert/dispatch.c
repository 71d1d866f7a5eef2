/* From an alert to outbox rows: one for each channel of the routes that take it. Owns nothing. */
#include "plan.h"
#include "raise.h"

#include <string.h>

/* A channel that two routes name gets the alert once, by the first. */
static bool is_repeated(const struct dispatch *dispatch, size_t pick, size_t index)
{
    const char *channel = dispatch->picks[pick].channels->values[index];

    for (size_t i = 0; i <= pick; i++) {
        const struct bw_config_list *list = dispatch->picks[i].channels;

        if (dispatch->update != NULL && !route_wants_update(&dispatch->picks[i], dispatch->update))
            continue;
        for (size_t j = 0; j < list->n && (i < pick || j < index); j++) {
            if (strcmp(list->values[j], channel) == 0)
                return true;
        }
    }
    return false;
}

static bool is_wanted(const struct dispatch *dispatch, size_t pick, size_t index)
{
    const char *channel = dispatch->picks[pick].channels->values[index];

    if (dispatch->update != NULL && !route_wants_update(&dispatch->picks[pick], dispatch->update))
        return false;
    if (dispatch->except != NULL && strcmp(dispatch->except, channel) == 0)
        return false;
    return !is_repeated(dispatch, pick, index);
}

size_t dispatch_count(const struct dispatch *dispatch)
{
    size_t count = 0;

    for (size_t i = 0; i < dispatch->n_picks; i++) {
        for (size_t j = 0; j < dispatch->picks[i].channels->n; j++)
            count += is_wanted(dispatch, i, j);
    }
    return count;
}

static int add_row(struct bw_alerter *alerter, const struct dispatch *dispatch, size_t pick,
                   const char *channel, int64_t id, int64_t now_ms, char *why, size_t size,
                   bool *at_once, struct bw_error *err)
{
    struct plan plan;
    int result = planner_plan(alerter->planner, &dispatch->picks[pick], dispatch->subject, channel,
                              now_ms, &plan, err);

    if (result == 0)
        result =
            store_add_outbox(alerter->store, id, channel, buf_text(&plan.group), plan.due_ms, err);
    if (plan.how == PLAN_NOW)
        *at_once = true;
    else if (why[0] == '\0')
        plan_explain(&plan, why, size);
    buf_clear(&plan.group);
    return result;
}

int dispatch_alert(struct bw_alerter *alerter, const struct dispatch *dispatch, int64_t id,
                   int64_t now_ms, size_t *sent, char *why, size_t size, struct bw_error *err)
{
    bool at_once = false;
    size_t count = 0;

    why[0] = '\0';
    for (size_t i = 0; i < dispatch->n_picks; i++) {
        const struct bw_config_list *channels = dispatch->picks[i].channels;

        for (size_t j = 0; j < channels->n; j++) {
            if (!is_wanted(dispatch, i, j))
                continue;
            if (add_row(alerter, dispatch, i, channels->values[j], id, now_ms, why, size, &at_once,
                        err) != 0)
                return -1;
            count++;
        }
    }
    if (at_once)
        why[0] = '\0';
    *sent = count;
    return 0;
}
