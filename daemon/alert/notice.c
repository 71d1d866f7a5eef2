/* Alerts about the watcher itself: a source that is gone, failing or silent, a channel that keeps
 * failing. Owns nothing beyond the call. */
#include "raise.h"
#include "silence.h"

#include "blocwatch/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every channel but the one that the notice is about: for when no route takes it. */
static const char **all_channels(const struct bw_config *config, size_t *n)
{
    const char **list = calloc(config->n_channels + 1, sizeof *list);

    *n = list == NULL ? 0 : config->n_channels;
    for (size_t i = 0; i < *n; i++)
        list[i] = config->channels[i].id;
    return list;
}

static int send_notice(struct bw_alerter *alerter, const struct notice *notice,
                       const struct alert_subject *subject, int64_t id, int64_t now_ms,
                       struct bw_error *err)
{
    struct route_settings picks[ROUTE_PICKS] = {0};
    struct dispatch dispatch = {subject, picks, 0, NULL, notice->except};
    struct bw_config_list channels = {0}, none = {0};
    char why[256];
    size_t sent;
    int result;

    dispatch.n_picks = route_find(alerter->config, subject, picks);
    if (dispatch_count(&dispatch) == 0) {
        channels.values = all_channels(alerter->config, &channels.n);
        picks[0] = (struct route_settings){.path = "all",
                                           .rate_path = "all",
                                           .channels = &channels,
                                           .group_by = &none,
                                           .digest_at = &none};
        dispatch.n_picks = 1;
    }
    result = dispatch_alert(alerter, &dispatch, id, now_ms, &sent, why, sizeof why, err);
    free(channels.values);
    return result;
}

int notice_raise(struct bw_alerter *alerter, const struct notice *notice, struct bw_error *err)
{
    int64_t now = clock_now_ms(alerter->room.clock), id;
    char *payload = payload_build_notice(notice->kind, notice->severity, notice->subject,
                                         notice->title, notice->text, now);
    struct bw_alert_row row = {.kind = notice->kind,
                               .severity = notice->severity,
                               .events = "",
                               .payload = payload,
                               .created_ms = now};
    struct alert_subject subject = {.kind = notice->kind,
                                    .source = notice->subject,
                                    .severity = (enum bw_severity)severity_parse(notice->severity)};
    struct silence_found silence = {0};
    int result;

    if (payload == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    result = store_add_alert(alerter->store, &row, &id, err);
    free(payload);
    if (result != 0 ||
        silence_find(alerter->store, alerter->config, &subject, now, &silence, err) != 0)
        return -1;
    return silence.id != 0 ? 0 : send_notice(alerter, notice, &subject, id, now, err);
}

static const struct {
    uint32_t action;
    const char *severity, *what;
} source_notices[] = {
    {BW_ACTION_RAISE_GONE, "high", "is gone"},
    {BW_ACTION_RAISE_QUARANTINED, "high", "is in quarantine"},
    {BW_ACTION_RAISE_FAILING, "medium", "keeps failing"},
    {BW_ACTION_RAISE_SILENT, "medium", "has gone silent"},
    {BW_ACTION_RAISE_BACK, "low", "is back"},
};

int alerter_raise_source(struct bw_alerter *alerter, const char *source_id,
                         const struct bw_source_state *state, uint32_t actions,
                         struct bw_error *err)
{
    const char *name = payload_source_title(alerter->config, source_id);
    char title[300], text[1500], last[BW_TIME_TEXT];

    for (size_t i = 0; i < sizeof source_notices / sizeof source_notices[0]; i++) {
        struct notice notice = {"source", source_notices[i].severity, source_id, title, text, NULL};

        if ((actions & source_notices[i].action) == 0)
            continue;
        snprintf(title, sizeof title, "Source %s %s", name, source_notices[i].what);
        snprintf(text, sizeof text, "%s%s%s%s%s", state->why == NULL ? "" : state->why,
                 state->why == NULL ? "" : "\n", state->url == NULL ? "" : state->url,
                 state->last_item == BW_TIME_NONE ? "" : "\nlast item: ",
                 clock_format(state->last_item, last));
        if (notice_raise(alerter, &notice, err) != 0)
            return -1;
    }
    return 0;
}
