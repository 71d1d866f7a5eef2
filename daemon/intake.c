/* The way of an item from the poller to the store and home. Owns the envelopes that wait for a
 * commit. */
#include "intake.h"

#include "blocwatch/log.h"
#include "quarantine.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GROUP_MS = 50,             /* how long the first envelope of a group waits for others */
    GROUP_MOST = 64,           /* envelopes in one transaction */
    TELL_AGAIN_MS = 600 * 1000 /* a store that keeps failing */
};

/* An envelope that waits for its commit, and what the commit makes of it. */
struct letter {
    struct bw_poll *poll;
    bool poison;
    struct bw_saved saved;
    struct bw_source_state state;
    uint32_t actions;
};

struct bw_intake {
    struct bw_intake_rooms rooms;
    struct event *timer;
    struct letter *letters;
    size_t n_letters, cap_letters, in_readers;
    char *failed_source; /* whose commit failed, and was told; NULL while the store works */
    int64_t told_ms;
    struct bw_metrics metrics;
};

struct bw_intake *intake_new(struct bw_error *err)
{
    struct bw_intake *intake = calloc(1, sizeof *intake);

    if (intake == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    metrics_init(&intake->metrics);
    return intake;
}

static void on_group_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    intake_flush(ctx);
}

void intake_join(struct bw_intake *intake, const struct bw_intake_rooms *rooms)
{
    intake->rooms = *rooms;
    if (intake->timer == NULL)
        intake->timer = evtimer_new(rooms->base, on_group_timer, intake);
}

void intake_free(struct bw_intake *intake)
{
    if (intake == NULL)
        return;
    for (size_t i = 0; i < intake->n_letters; i++)
        poll_free(intake->letters[i].poll);
    free(intake->letters);
    free(intake->failed_source);
    if (intake->timer != NULL)
        event_free(intake->timer);
    free(intake);
}

/* --- what the log tells -------------------------------------------------------------------- */

static void log_hit(const struct bw_poll *poll, const struct bw_saved_item *item,
                    const struct bw_hit *hit)
{
    struct bw_buf events;

    buf_init(&events);
    for (size_t i = 0; i < hit->n_events; i++)
        buf_printf(&events, "%s%s %s %s", i == 0 ? "" : ", ", hit->events[i].actor,
                   stance_name(hit->events[i].stance), hit->events[i].bloc);
    log_notice("hit", "rule", hit->rule, "events", events.len > 0 ? buf_text(&events) : NULL,
               "source", poll->source_id, "title", item->item->title, "link", item->item->link);
    buf_clear(&events);
}

static void log_failure(const struct letter *letter, const char *reason)
{
    char failures[16];

    snprintf(failures, sizeof failures, "%" PRId32, letter->state.failures);
    if (letter->state.failures <= 1)
        log_warn("source failed", "source", letter->poll->source_id, "reason", reason);
    else
        log_info("source still fails", "source", letter->poll->source_id, "times", failures,
                 "reason", reason);
}

static bool has_failed(const struct letter *letter)
{
    const struct bw_poll *poll = letter->poll;

    return poll->error.code != BW_OK || letter->poison ||
           (poll->fetch.result != BW_FETCH_OK && poll->fetch.result != BW_FETCH_NOT_MODIFIED);
}

static void log_letter(const struct letter *letter)
{
    const struct bw_poll *poll = letter->poll;
    char status[16], items[24], fresh[24];

    if (letter->actions & BW_ACTION_LOG_MOVED)
        log_notice("source has moved for good", "source", poll->source_id, "to",
                   letter->state.redirect_to);
    if (has_failed(letter)) {
        log_failure(letter, letter->state.why);
        return;
    }
    snprintf(status, sizeof status, "%ld", poll->fetch.status);
    snprintf(items, sizeof items, "%zu", poll->doc != NULL ? poll->doc->feed.n_items : 0);
    snprintf(fresh, sizeof fresh, "%zu", letter->saved.n_new);
    log_write(letter->saved.n_new > 0 ? BW_LOG_INFO : BW_LOG_DEBUG, "polled", "source",
              poll->source_id, "status", poll->fetch.status != 0 ? status : NULL, "items", items,
              "new", fresh, "warning", poll->doc != NULL ? poll->doc->feed.warning : NULL,
              (char *)0);
    for (size_t i = 0; i < letter->saved.n_items; i++) {
        const struct bw_saved_item *item = &letter->saved.items[i];

        for (size_t j = 0; j < item->n_hits; j++) {
            if (item->hits[j].is_new || item->hits[j].changed)
                log_hit(poll, item, item->hits[j].hit);
        }
    }
}

/* --- committing ------------------------------------------------------------------------------ */

/* A document of thousands of items takes its time: the watchdog is told that it goes on. */
static void note_progress(const struct bw_intake *intake)
{
    if (intake->rooms.on_progress != NULL)
        intake->rooms.on_progress(intake->rooms.ctx);
}

static int save_letter(struct bw_intake *intake, struct letter *letter, struct bw_error *err)
{
    const struct bw_intake_rooms *rooms = &intake->rooms;
    struct bw_poll *poll = letter->poll;
    const struct bw_source_state *before = poller_state(rooms->poller, poll->source_id);
    bool first_poll = before == NULL || before->last_success == BW_TIME_NONE;
    struct bw_poll_outcome outcome = {.newest = BW_TIME_NONE, .poison = letter->poison};

    if (poll->doc != NULL) {
        if (store_save_items(rooms->store, poll->source_id, &poll->doc->feed, poll->hits,
                             clock_now_ms(rooms->clock), &letter->saved, err) != 0)
            return -1;
        note_progress(intake);
        outcome.n_items = poll->doc->feed.n_items;
        outcome.n_new = letter->saved.n_new;
        outcome.newest = letter->saved.newest;
    }
    if (poller_plan_state(rooms->poller, poll, &outcome, &letter->state, &letter->actions, err) !=
            0 ||
        store_save_state(rooms->store, poll->source_id, &letter->state, err) != 0)
        return -1;
    if (poll->doc != NULL &&
        alerter_raise_hits(rooms->alerter, poll, &letter->saved, first_poll, err) != 0)
        return -1;
    if (letter->actions & ~(uint32_t)BW_ACTION_LOG_MOVED)
        return alerter_raise_source(rooms->alerter, poll->source_id, &letter->state,
                                    letter->actions, err);
    return 0;
}

static void forget_plan(struct letter *letter)
{
    store_clear_saved(&letter->saved);
    memset(&letter->saved, 0, sizeof letter->saved);
    source_state_clear(&letter->state);
    letter->actions = 0;
}

/* All of them, or none. */
static int commit_letters(struct bw_intake *intake, struct letter *letters, size_t count,
                          struct bw_error *err)
{
    struct bw_store *store = intake->rooms.store;

    if (store_begin(store, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (save_letter(intake, &letters[i], err) != 0)
            goto fail;
        note_progress(intake);
    }
    if (store_commit(store, err) == 0)
        return 0;
fail:
    store_rollback(store);
    for (size_t i = 0; i < count; i++)
        forget_plan(&letters[i]);
    return -1;
}

static void count_item(struct bw_metrics *metrics, const struct bw_saved_item *item, int64_t now)
{
    metrics->hits += item->n_hits;
    if (item->is_new && item->n_hits > 0 && item->item->published != BW_TIME_NONE)
        metrics_observe(&metrics->delay_seconds,
                        item->item->published < now ? (double)(now - item->item->published) : 0);
}

static void count_letter(struct bw_intake *intake, const struct letter *letter)
{
    struct bw_metrics *metrics = &intake->metrics;
    const struct bw_fetch *fetch = &letter->poll->fetch;
    int64_t now = clock_now(intake->rooms.clock);

    metrics->polls++;
    metrics->failed_polls += has_failed(letter);
    metrics->not_modified += fetch->result == BW_FETCH_NOT_MODIFIED;
    metrics->wire_bytes += fetch->wire_bytes;
    metrics->items += letter->saved.n_new;
    metrics_observe(&metrics->poll_seconds, (double)(fetch->ended_ms - fetch->started_ms) / 1000);
    for (size_t i = 0; i < letter->saved.n_items; i++)
        count_item(metrics, &letter->saved.items[i], now);
}

static void send_home(struct bw_intake *intake, struct letter *letter, bool committed)
{
    if (committed) {
        count_letter(intake, letter);
        log_letter(letter);
    }
    poller_finish_poll(intake->rooms.poller, letter->poll, committed ? &letter->state : NULL);
    forget_plan(letter);
}

/* Told once, and from time to time. */
static void note_failure(struct bw_intake *intake, const char *source, const struct bw_error *err)
{
    int64_t now_ms = clock_monotonic_ms(intake->rooms.clock);

    intake->metrics.commits++;
    intake->metrics.failed_commits++;
    if (intake->failed_source != NULL && now_ms - intake->told_ms < TELL_AGAIN_MS)
        return;
    log_error("cannot store: sources will be polled again, nothing is lost", "source", source,
              "reason", err->text);
    free(intake->failed_source);
    intake->failed_source = strdup(source);
    intake->told_ms = now_ms;
}

/* It works again when it has taken what it refused: others may fit into a disk that is full. */
static void note_success(struct bw_intake *intake, const struct letter *letters, size_t count)
{
    intake->metrics.commits++;
    for (size_t i = 0; intake->failed_source != NULL && i < count; i++) {
        if (strcmp(letters[i].poll->source_id, intake->failed_source) != 0)
            continue;
        log_notice("the store works again");
        free(intake->failed_source);
        intake->failed_source = NULL;
    }
}

/* Those that could not be committed go home as well: their sources stay as they were, and due. */
static void send_all_home(struct bw_intake *intake, struct letter *letters, size_t count,
                          bool committed)
{
    for (size_t i = 0; i < count; i++)
        send_home(intake, &letters[i], committed);
}

static void commit_group(struct bw_intake *intake, struct letter *letters, size_t count)
{
    struct bw_error err = {0};

    if (commit_letters(intake, letters, count, &err) == 0) {
        note_success(intake, letters, count);
        send_all_home(intake, letters, count, true);
    } else if (count == 1 || err.code == BW_ERR_BUSY) {
        /* One wait for somebody who holds the database is enough for all. */
        note_failure(intake, letters[0].poll->source_id, &err);
        send_all_home(intake, letters, count, false);
    } else {
        /* One by one, so that a poll which cannot be stored holds up no other. */
        for (size_t i = 0; i < count; i++)
            commit_group(intake, &letters[i], 1);
    }
}

void intake_flush(struct bw_intake *intake)
{
    struct letter *letters = intake->letters;
    size_t count = intake->n_letters;

    if (count == 0)
        return;
    evtimer_del(intake->timer);
    intake->letters = NULL;
    intake->n_letters = intake->cap_letters = 0;
    for (size_t done = 0; done < count; done += GROUP_MOST)
        commit_group(intake, letters + done, count - done < GROUP_MOST ? count - done : GROUP_MOST);
    free(letters);
    alerter_wake(intake->rooms.alerter);
    if (intake->rooms.on_commit != NULL)
        intake->rooms.on_commit(intake->rooms.ctx);
}

static struct letter *new_letter(struct bw_intake *intake)
{
    if (intake->n_letters == intake->cap_letters) {
        size_t cap = intake->cap_letters == 0 ? GROUP_MOST : intake->cap_letters * 2;
        struct letter *grown = realloc(intake->letters, cap * sizeof *grown);

        if (grown == NULL)
            abort(); /* nothing is committed yet, so nothing is lost; the manager restarts us */
        intake->letters = grown;
        intake->cap_letters = cap;
    }
    return &intake->letters[intake->n_letters++];
}

/* The commit comes on a later turn of the loop: the caller may be in the middle of its work. */
static void add_letter(struct bw_intake *intake, struct bw_poll *poll, bool poison)
{
    static const struct timeval delay = {0, GROUP_MS * 1000L};
    struct letter *letter = new_letter(intake);

    *letter = (struct letter){.poll = poll, .poison = poison};
    source_state_init(&letter->state);
    if (intake->n_letters == 1)
        evtimer_add(intake->timer, &delay);
    else if (intake->n_letters == GROUP_MOST)
        event_active(intake->timer, EV_TIMEOUT, 1);
}

/* --- the stations ---------------------------------------------------------------------------- */

void intake_take_fetched(struct bw_intake *intake, struct bw_poll *poll)
{
    if (poll->fetch.result != BW_FETCH_OK || poll->error.code != BW_OK) {
        add_letter(intake, poll, false);
        return;
    }
    intake->in_readers++;
    reader_pool_submit(intake->rooms.readers, poll);
}

void intake_take_read(struct bw_intake *intake, struct bw_poll *poll, enum bw_read_outcome outcome)
{
    struct bw_error err = {0};

    intake->in_readers--;
    if (outcome == BW_READ_CANCELLED) {
        poller_finish_poll(intake->rooms.poller, poll, NULL);
        return;
    }
    if (outcome == BW_READ_POISON && quarantine_keep(intake->rooms.state_dir, poll, &err) != 0)
        log_error("cannot keep a document in quarantine", "source", poll->source_id, "reason",
                  err.text);
    add_letter(intake, poll, outcome == BW_READ_POISON);
}

size_t intake_count(const struct bw_intake *intake)
{
    return intake->n_letters + intake->in_readers;
}

const struct bw_metrics *intake_metrics(const struct bw_intake *intake)
{
    return &intake->metrics;
}
