/* What becomes of each hit of a saved poll: raised, an update, grouped, silenced or suppressed, and
 * written down with its reason. Owns nothing beyond the call. */
#include "raise.h"
#include "silence.h"
#include "story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON = 300 };

/* One call of alerter_raise_hits(). */
struct raising {
    struct bw_alerter *alerter;
    const struct bw_poll *poll;
    bool first_poll;
    int64_t now_ms;
    struct bw_arena *arena;
    struct bw_error *err;
};

/* One hit on its way to its fate. */
struct decision {
    const struct bw_item *item;
    const struct bw_hit *hit;
    int64_t hit_id;
    struct story_place place;
    const char *events; /* lines */
    bool changed;
    struct alert_subject subject;
    struct told told;
    const char *update; /* NULL: the first alert of (story, rule) */
};

static int out_of_memory(struct raising *raising)
{
    return error_set(raising->err, BW_ERR_MEMORY, "out of memory");
}

__attribute__((format(printf, 5, 6))) static int set_fate(struct raising *raising,
                                                          const struct decision *decision,
                                                          enum bw_fate fate, int64_t alert,
                                                          const char *format, ...)
{
    char reason[REASON];
    va_list args;

    /* A change that is not told leaves the hit's fate as it was. */
    if (decision->changed && decision->told.n > 0 && fate != BW_FATE_ALERTED)
        return 0;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return store_set_fate(raising->alerter->store, decision->hit_id, fate, alert, reason,
                          raising->err);
}

/* Why the item is too old to alert anybody; "" when it is not. */
static void explain_age(const struct raising *raising, const struct bw_item *item, char *text,
                        size_t size)
{
    int64_t limit = raising->alerter->config->alerting.max_age;
    int64_t age = raising->now_ms / 1000 - item->published;
    char when[BW_TIME_TEXT], most[BW_TIME_TEXT];

    text[0] = '\0';
    if (limit <= 0)
        return;
    if (item->published == BW_TIME_NONE) {
        if (raising->first_poll)
            snprintf(text, size, "the item has no date, and this is the first poll of its source");
    } else if (age > limit) {
        snprintf(text, size, "too old: published %s, more than %s ago",
                 clock_format(item->published, when), clock_format_duration(limit, most));
    }
}

/* What is new about a hit whose story and rule have been told of; NULL: nothing. */
static const char *find_update(const struct raising *raising, const struct decision *decision)
{
    const struct told *told = &decision->told;

    if (decision->changed)
        return told_has_events(told, decision->events) ? NULL : "corrected";
    if (!told_has_events(told, decision->events))
        return "stance";
    if (!told->confirmed && !decision->place.copy &&
        !told_has_source(told, raising->poll->source_id))
        return "confirmed";
    return NULL;
}

static int add_alert(struct raising *raising, const struct decision *decision, int64_t *id)
{
    struct bw_alerter *alerter = raising->alerter;
    const char *source = raising->poll->source_id;
    char *sources = arena_printf(raising->arena, "%s%s", decision->told.sources, source);
    struct payload_hit from = {.config = alerter->config,
                               .source_id = source,
                               .item = decision->item,
                               .hit = decision->hit,
                               .hit_id = decision->hit_id,
                               .story = decision->place.story,
                               .now_ms = raising->now_ms,
                               .kind = decision->subject.kind,
                               .reason = decision->update,
                               .sources = sources};
    struct bw_alert_row row = {.kind = decision->subject.kind,
                               .rule = decision->hit->rule,
                               .story = decision->place.story,
                               .hit = decision->hit_id,
                               .severity = severity_name(decision->hit->severity),
                               .events = decision->events,
                               .created_ms = raising->now_ms};
    char *payload = sources == NULL ? NULL : payload_build_hit(&from);
    int result;

    if (payload == NULL)
        return out_of_memory(raising);
    row.payload = payload;
    result = store_add_alert(alerter->store, &row, id, raising->err);
    free(payload);
    return result;
}

static int send_alert(struct raising *raising, const struct decision *decision,
                      const struct dispatch *dispatch)
{
    char why[REASON];
    int64_t alert = 0;
    size_t sent = 0;

    if (add_alert(raising, decision, &alert) != 0 ||
        dispatch_alert(raising->alerter, dispatch, alert, raising->now_ms, &sent, why, sizeof why,
                       raising->err) != 0)
        return -1;
    if (why[0] != '\0' && !decision->changed)
        return set_fate(raising, decision, BW_FATE_GROUPED, alert, "%s", why);
    if (decision->update != NULL)
        return set_fate(raising, decision, BW_FATE_ALERTED, alert,
                        "an update (%s) on %zu channel%s", decision->update, sent,
                        sent == 1 ? "" : "s");
    return set_fate(raising, decision, BW_FATE_ALERTED, alert,
                    "the first of its story, on %zu channel%s", sent, sent == 1 ? "" : "s");
}

/* Nobody gets it: why? */
static int explain_unsent(struct raising *raising, const struct decision *decision,
                          const struct dispatch *dispatch)
{
    struct dispatch any = *dispatch;

    any.update = NULL;
    if (decision->update != NULL && dispatch_count(&any) > 0)
        return set_fate(raising, decision, BW_FATE_GROUPED, decision->told.last,
                        "the story was told before; no route asks for updates of the kind %s",
                        decision->update);
    if (raising->alerter->config->n_channels == 0)
        return set_fate(raising, decision, BW_FATE_SUPPRESSED, 0, "no channel is configured");
    return set_fate(raising, decision, BW_FATE_SUPPRESSED, 0, "no route takes it to a channel");
}

static int route_hit(struct raising *raising, struct decision *decision)
{
    struct bw_alerter *alerter = raising->alerter;
    struct route_settings picks[ROUTE_PICKS];
    struct dispatch dispatch = {&decision->subject, picks, 0, decision->update, NULL};
    struct silence_found silence;
    char until[BW_TIME_TEXT];

    if (silence_find(alerter->store, alerter->config, &decision->subject, raising->now_ms, &silence,
                     raising->err) != 0)
        return -1;
    if (silence.id != 0)
        return set_fate(raising, decision, BW_FATE_SILENCED, 0, "silence %" PRId64 ", until %s",
                        silence.id, clock_format(silence.ends_ms / 1000, until));
    dispatch.n_picks = route_find(alerter->config, &decision->subject, picks);
    if (dispatch_count(&dispatch) == 0)
        return explain_unsent(raising, decision, &dispatch);
    return send_alert(raising, decision, &dispatch);
}

static int decide_hit(struct raising *raising, struct decision *decision)
{
    char age[REASON];

    decision->events =
        payload_event_lines(decision->hit->events, decision->hit->n_events, raising->arena);
    if (decision->events == NULL)
        return out_of_memory(raising);
    if (told_find(raising->alerter->store, decision->place.story, decision->hit->rule,
                  raising->arena, &decision->told, raising->err) != 0)
        return -1;
    decision->subject = (struct alert_subject){.kind = "hit",
                                               .rule = decision->hit->rule,
                                               .source = raising->poll->source_id,
                                               .lang = decision->item->lang,
                                               .severity = decision->hit->severity,
                                               .events = decision->hit->events,
                                               .n_events = decision->hit->n_events,
                                               .story = decision->place.story};
    explain_age(raising, decision->item, age, sizeof age);
    /* What was told is corrected at any age. */
    if (age[0] != '\0' && !(decision->changed && decision->told.n > 0))
        return set_fate(raising, decision, BW_FATE_SUPPRESSED, 0, "%s", age);
    if (decision->told.n > 0) {
        decision->subject.kind = "update";
        decision->update = find_update(raising, decision);
        if (decision->update == NULL)
            return set_fate(raising, decision, BW_FATE_GROUPED, decision->told.last,
                            "its story %" PRId64 " was told before, and this adds nothing",
                            decision->place.story);
    }
    return route_hit(raising, decision);
}

/* The lines of all hits of the item, each once. */
static const char *gather_events(struct raising *raising, const struct bw_saved_item *saved)
{
    struct bw_event *all;
    size_t n = 0;

    for (size_t i = 0; i < saved->n_hits; i++)
        n += saved->hits[i].hit->n_events;
    all = arena_calloc(raising->arena, n + 1, sizeof *all);
    n = 0;
    for (size_t i = 0; all != NULL && i < saved->n_hits; i++) {
        const struct bw_hit *hit = saved->hits[i].hit;

        if (hit->n_events > 0)
            memcpy(all + n, hit->events, hit->n_events * sizeof *all);
        n += hit->n_events;
    }
    return all == NULL ? NULL : payload_event_lines(all, n, raising->arena);
}

static int place_item(struct raising *raising, const struct bw_saved_item *saved,
                      struct story_place *place)
{
    const struct bw_item *item = saved->item;
    struct bw_story_item entry = {
        .item = saved->id,
        .time_ms = item->published != BW_TIME_NONE ? item->published * 1000 : raising->now_ms,
        .source = raising->poll->source_id,
        .lang = item->lang,
        .title = item->title,
        .link_key = item->link_key,
        .signature = saved->found->signature,
        .n_signature = saved->found->n_signature,
        .events = gather_events(raising, saved),
    };

    if (entry.events == NULL)
        return out_of_memory(raising);
    /* Some publishers date their items ahead; a story's window counts from what is known. */
    if (entry.time_ms > raising->now_ms)
        entry.time_ms = raising->now_ms;
    return story_place_item(raising->alerter->store, &entry,
                            raising->alerter->config->alerting.story_window * 1000, place,
                            raising->err);
}

static int raise_item(struct raising *raising, const struct bw_saved_item *saved)
{
    struct story_place place = {0};

    if (saved->n_hits > 0 && place_item(raising, saved, &place) != 0)
        return -1;
    for (size_t i = 0; i < saved->n_hits; i++) {
        struct decision decision = {.item = saved->item,
                                    .hit = saved->hits[i].hit,
                                    .hit_id = saved->hits[i].id,
                                    .place = place,
                                    .changed = saved->hits[i].changed};

        if (!saved->hits[i].is_new && !saved->hits[i].changed)
            continue;
        if (decide_hit(raising, &decision) != 0)
            return -1;
    }
    for (size_t i = 0; i < saved->n_retracted; i++) {
        if (retract_hit(raising->alerter, saved->retracted[i], raising->now_ms, raising->arena,
                        raising->err) != 0)
            return -1;
    }
    return 0;
}

int alerter_raise_hits(struct bw_alerter *alerter, const struct bw_poll *poll,
                       const struct bw_saved *saved, bool first_poll, struct bw_error *err)
{
    struct raising raising = {.alerter = alerter,
                              .poll = poll,
                              .first_poll = first_poll,
                              .now_ms = clock_now_ms(alerter->room.clock),
                              .arena = arena_new(0),
                              .err = err};
    int result = 0;

    if (raising.arena == NULL)
        return out_of_memory(&raising);
    for (size_t i = 0; i < saved->n_items && result == 0; i++)
        result = raise_item(&raising, &saved->items[i]);
    arena_free(raising.arena);
    return result;
}
