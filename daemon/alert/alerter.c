/* The alerter: builds channels and routes from a configuration, and replaces them. Owns the sender,
 * the planner and the outbox runner. */
#include "alerter.h"
#include "orphans.h"
#include "sender.h"
#include "zone.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void alerter_log(const struct bw_alerter *alerter, bool failed, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    alerter->callbacks.on_log(failed, text, alerter->callbacks.ctx);
}

static void on_log(bool failed, const char *text, void *ctx)
{
    alerter_log(ctx, failed, "%s", text);
}

static void on_idle(void *ctx)
{
    struct bw_alerter *alerter = ctx;

    if (alerter->callbacks.on_idle != NULL)
        alerter->callbacks.on_idle(alerter->callbacks.ctx);
}

/* The watcher is watched: what one channel cannot take, the others tell. */
static void on_trouble(const char *channel, const char *note, int64_t since_ms, void *ctx)
{
    struct bw_alerter *alerter = ctx;
    char title[300], text[600], since[BW_TIME_TEXT];
    struct notice notice = {"channel", "high", NULL, title, text, channel};
    struct bw_error err = {0};

    snprintf(title, sizeof title, "Channel %s %s", channel,
             since_ms == BW_TIME_NONE ? "refuses alerts" : "keeps failing");
    if (since_ms == BW_TIME_NONE)
        snprintf(text, sizeof text, "One is a dead letter now: %s", note);
    else
        snprintf(text, sizeof text, "No alert has got through since %s: %s",
                 clock_format(since_ms / 1000, since), note);
    if (store_begin(alerter->store, &err) != 0)
        goto failed;
    if (notice_raise(alerter, &notice, &err) != 0 || store_commit(alerter->store, &err) != 0) {
        store_rollback(alerter->store);
        goto failed;
    }
    alerter_wake(alerter);
    return;
failed:
    alerter_log(alerter, true, "cannot tell that channel %s keeps failing: %s", channel, err.text);
}

static int check_config(const struct bw_config *config, struct bw_error *err)
{
    struct bw_config_errors errors = {0};
    const struct bw_config_problem *first;
    int result = alert_check_config(config, &errors);

    if (result != 0 && errors.n > 0) {
        first = &errors.list[0];
        error_set(err, BW_ERR_CONFIG, "%s:%d: %s", first->place.file ? first->place.file : "?",
                  first->place.line, first->text);
    } else if (result != 0) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    config_clear_errors(&errors);
    return result;
}

/* Not a reason to refuse a configuration: what cannot be buried now is looked at next time. */
static void bury_orphans(struct bw_alerter *alerter, const struct bw_config *config)
{
    struct bw_error err = {0};
    size_t moved = 0;

    if (orphans_bury(alerter->store, config, clock_now_ms(alerter->room.clock), &moved, &err) != 0)
        alerter_log(alerter, true, "cannot look for alerts without a channel: %s", err.text);
    else if (moved > 0)
        alerter_log(alerter, true, "gave up on %zu message%s: their channel is not configured",
                    moved, moved == 1 ? "" : "s");
}

static struct outbox *open_outbox(struct bw_alerter *alerter, const struct bw_config *config,
                                  struct bw_error *err)
{
    struct outbox_callbacks callbacks = {on_log, on_idle, on_trouble, alerter};

    if (check_config(config, err) != 0)
        return NULL;
    return outbox_new(&alerter->room, config, alerter->store, &callbacks, err);
}

struct bw_alerter *alerter_new(struct event_base *base, const struct bw_config *config,
                               struct bw_store *store, struct bw_clock *clock,
                               const struct bw_alert_callbacks *callbacks, struct bw_error *err)
{
    struct bw_alerter *alerter = calloc(1, sizeof *alerter);

    if (alerter == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    zone_init();
    alerter->callbacks = *callbacks;
    alerter->config = config;
    alerter->store = store;
    alerter->room.base = base;
    alerter->room.clock = clock;
    alerter->planner = planner_new();
    if (alerter->planner == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto fail;
    }
    alerter->room.sender = sender_new(base, err);
    if (alerter->room.sender == NULL || planner_load(alerter->planner, store, err) != 0)
        goto fail;
    alerter->outbox = open_outbox(alerter, config, err);
    if (alerter->outbox == NULL)
        goto fail;
    bury_orphans(alerter, config);
    return alerter;
fail:
    alerter_free(alerter);
    return NULL;
}

void alerter_free(struct bw_alerter *alerter)
{
    if (alerter == NULL)
        return;
    outbox_free(alerter->outbox);
    sender_free(alerter->room.sender);
    planner_free(alerter->planner);
    free(alerter);
}

int alerter_replace_config(struct bw_alerter *alerter, const struct bw_config *config,
                           struct bw_error *err)
{
    struct outbox *fresh = open_outbox(alerter, config, err);

    if (fresh == NULL)
        return -1;
    /* Tries under way end here; their rows are still pending and go out again at once. */
    outbox_free(alerter->outbox);
    alerter->outbox = fresh;
    alerter->config = config;
    bury_orphans(alerter, config);
    alerter_wake(alerter);
    return 0;
}

void alerter_wake(struct bw_alerter *alerter)
{
    outbox_wake(alerter->outbox);
}
