/*
 * The store: one SQLite database in WAL mode, and the only room that knows SQL. Writers work
 * inside store_begin() … store_commit(): a poll's items, hits, outbox rows and source state stand
 * or fall together. Times are Unix milliseconds unless a field is named otherwise (published and
 * updated are seconds, as in struct bw_item). Rows handed to callbacks are borrowed for the call;
 * a callback that returns non-zero ends the query (which then returns 0).
 * The file outlives versions: numbered migrations by PRAGMA user_version. See doc/store.md.
 */
#ifndef BLOCWATCH_STORE_H
#define BLOCWATCH_STORE_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"
#include "blocwatch/hit.h"
#include "blocwatch/item.h"
#include "blocwatch/source.h"

#include <stdbool.h>
#include <stdint.h>

struct bw_store;

struct bw_store_options {
    bool read_only; /* fails when the file is missing; never migrates */
    /* A second writer beside the daemon, which may be of another version: as read_only, it never
     * makes or migrates a database, nor its search index. */
    bool second;
    /* Folds text for the search index and for search queries: match_fold_text(); NULL: as is. */
    int (*fold)(const char *text, size_t len, struct bw_buf *out);
};

struct bw_store *store_open(const char *path, const struct bw_store_options *options,
                            struct bw_error *err);
void store_close(struct bw_store *store); /* rolls back what is open; NULL is fine */

int store_begin(struct bw_store *store, struct bw_error *err);
int store_commit(struct bw_store *store, struct bw_error *err); /* durable when it returns 0 */
void store_rollback(struct bw_store *store);

/* --- items and hits ------------------------------------------------------------------------ */

struct bw_saved_hit {
    int64_t id;
    const struct bw_hit *hit; /* borrowed from the poll */
    bool is_new;              /* this rule had not hit this item before */
    bool changed;             /* it had, and the events are others now: a correction */
};

struct bw_saved_item {
    int64_t id;
    const struct bw_item *item; /* borrowed from the poll */
    const struct bw_hits *found;
    bool is_new;    /* its key was unknown, and so were its link and content in this source */
    bool is_edited; /* known, with another content hash */
    struct bw_saved_hit *hits;
    size_t n_hits;
    int64_t *retracted; /* ids of stored hits of an edited item that hit no more */
    size_t n_retracted;
};

struct bw_saved {
    struct bw_arena *arena;      /* owns the lists */
    struct bw_saved_item *items; /* new and edited ones only, in document order */
    size_t n_items;
    size_t n_new, n_edited, n_known;
    int64_t newest; /* published, of the new ones; else BW_TIME_NONE */
};

/*
 * In a transaction: stores new items with their hits and events, updates edited ones, leaves known
 * ones. Known, within the source: same key; or same link_key, or same content_hash with a link (a
 * publisher who rewrites guids). Tombstones of pruned items count as known. Not fooled by a link
 * that many items share (then it is no identity), by one whose title and date are both others (a
 * page whose content is replaced), by equal texts of another date, or by a guid that is used again:
 * with other links in one document, or with another link, title and date (the link tells then).
 * `saved` zeroed by the caller, cleared with store_clear_saved().
 */
int store_save_items(struct bw_store *store, const char *source_id, const struct bw_feed *feed,
                     const struct bw_hits *hits, int64_t now_ms, struct bw_saved *saved,
                     struct bw_error *err);
void store_clear_saved(struct bw_saved *saved);

/*
 * In a transaction: what changed rules find in a stored item. Hits that are new are stored, those
 * that say something else are changed (as a correction), and stored ones that `found` does not hold
 * are retracted, but for those of `other_rules` (ended by NULL; NULL: none). `saved` is filled as
 * for a known item, without `item`; it borrows `found`, and its lists live in `arena`.
 * BW_ERR_NOTFOUND: no such item (any more).
 */
int store_match_again(struct bw_store *store, int64_t item, const struct bw_hits *found,
                      const char *const *other_rules, int64_t now_ms, struct bw_arena *arena,
                      struct bw_saved_item *saved, struct bw_error *err);

/* --- sources --------------------------------------------------------------------------------- */

int store_save_state(struct bw_store *store, const char *source_id,
                     const struct bw_source_state *state, struct bw_error *err);
typedef int store_state_fn(const char *source_id, const struct bw_source_state *state, void *ctx);
int store_load_states(struct bw_store *store, store_state_fn *fn, void *ctx, struct bw_error *err);

/* --- stories --------------------------------------------------------------------------------- */

/* A story: near-duplicate items across sources. Which item belongs to which is decided in alert/.
 */
struct bw_story_item {
    int64_t story, item;
    int64_t time_ms; /* published, else seen */
    const char *source, *lang, *title, *link_key;
    const uint32_t *signature;
    size_t n_signature;
    const char *events; /* "KZ declines BRICS\n…", each once, sorted */
};
typedef int store_story_fn(const struct bw_story_item *item, void *ctx);

/* Items with hits that share a band of the signature (`bands`: 64-bit keys), the link key, or an
 * event line with these, since `since_ms`: candidates for one story, each once, and the item itself
 * if it is in one already. Of those that share one thing, the newest 200. */
int store_find_story_items(struct bw_store *store, const uint64_t *bands, size_t n_bands,
                           const char *link_key, const char *events, int64_t since_ms,
                           store_story_fn *fn, void *ctx, struct bw_error *err);
/* Puts the item into `*story`, or into a new one when it is 0 (*story gets its id). An item that is
 * in another story moves; one that it leaves empty is gone, and its alerts move along. */
int store_add_to_story(struct bw_store *store, int64_t *story, const struct bw_story_item *item,
                       const uint64_t *bands, size_t n_bands, struct bw_error *err);

/* --- facts ----------------------------------------------------------------------------------- */

/* Small facts by name that must outlive a restart ("alert.digest.morning"). Appends the value: 1,
 * or 0 when there is none, -1. A NULL value removes. */
int store_get_meta(struct bw_store *store, const char *key, struct bw_buf *value,
                   struct bw_error *err);
int store_set_meta(struct bw_store *store, const char *key, const char *value,
                   struct bw_error *err);

/* --- alerts and their outbox ----------------------------------------------------------------- */

enum bw_fate {                  /* what became of a hit: exactly one of these, with its reason */
               BW_FATE_PENDING, /* not decided yet */
               BW_FATE_ALERTED,
               BW_FATE_GROUPED, /* belongs to an alert that was raised already, or rides in a digest
                                 */
               BW_FATE_SILENCED,   /* by a silence */
               BW_FATE_SUPPRESSED, /* too old, no route, backtest … */
               BW_FATES
};
const char *fate_name(enum bw_fate fate);
int store_set_fate(struct bw_store *store, int64_t hit, enum bw_fate fate, int64_t alert,
                   const char *reason, struct bw_error *err);

struct bw_alert_row {
    int64_t id;
    const char *kind; /* hit update source channel test */
    const char *rule; /* NULL for other kinds */
    int64_t story;    /* 0 none */
    int64_t hit;      /* the hit that raised it; 0 none */
    const char *severity;
    const char *events;  /* as in bw_story_item; "" none */
    const char *payload; /* JSON: all that a channel needs to tell it */
    int64_t created_ms;
};
/* *id by the store. */
int store_add_alert(struct bw_store *store, const struct bw_alert_row *alert, int64_t *id,
                    struct bw_error *err);
/* The alerts of one story and rule, oldest first. */
typedef int store_alert_fn(const struct bw_alert_row *alert, void *ctx);
int store_find_alerts(struct bw_store *store, int64_t story, const char *rule, store_alert_fn *fn,
                      void *ctx, struct bw_error *err);
/* One alert; BW_ERR_NOTFOUND. */
int store_get_alert(struct bw_store *store, int64_t id, store_alert_fn *fn, void *ctx,
                    struct bw_error *err);
struct bw_alert_query {
    int64_t since_ms;        /* BW_TIME_NONE: open */
    const char *kind, *rule; /* NULL: any */
    int64_t before_id;       /* cursor; 0 none */
    size_t limit;            /* 0: all */
};
/* Newest first. */
int store_list_alerts(struct bw_store *store, const struct bw_alert_query *query,
                      store_alert_fn *fn, void *ctx, struct bw_error *err);

/*
 * An outbox row is one alert for one channel. Pending rows of one channel and group that are due go
 * out as one message; the message's key is fixed and stored before its first try, so that every
 * retry, also after a crash, carries the same alerts under the same key.
 */
enum bw_delivery {
    BW_DELIVERY_PENDING,
    BW_DELIVERY_DELIVERED,
    BW_DELIVERY_DEAD,
    BW_DELIVERY_DROPPED
};
const char *delivery_name(enum bw_delivery state);

int store_add_outbox(struct bw_store *store, int64_t alert, const char *channel, const char *group,
                     int64_t due_ms, struct bw_error *err);

struct bw_message {
    char key[BW_KEY_TEXT]; /* Idempotency-Key */
    const char *channel, *group;
    int attempts; /* made before */
    int64_t first_due_ms;
    struct bw_alert_row *alerts; /* in the order of their raising */
    size_t n_alerts;
    struct bw_arena *arena; /* owns all of it */
};
/* The next message of `channel` that is due: 1 with *message filled (cleared with
 * store_clear_message()), 0 when there is none, -1. Fixes keys in a transaction of its own; not to
 * be called inside one. At most `max_alerts` in a message. Keys in `busy` are skipped. */
int store_next_message(struct bw_store *store, const char *channel, int64_t now_ms,
                       size_t max_alerts, const char *const *busy, size_t n_busy,
                       struct bw_message *message, struct bw_error *err);
void store_clear_message(struct bw_message *message);
/* When the next pending row of `channel` is due; BW_TIME_NONE when none. */
int store_next_due(struct bw_store *store, const char *channel, int64_t *due_ms,
                   struct bw_error *err);
/* Marks what became of a try, in a transaction of its own: DELIVERED, DEAD, or PENDING with the
 * next try at `due_ms`; `note`: the receiver's last words. */
int store_finish_message(struct bw_store *store, const char *key, enum bw_delivery state,
                         int64_t due_ms, const char *note, int64_t now_ms, struct bw_error *err);

struct bw_outbox_row {
    int64_t id, alert, hit;
    const char *channel, *group, *state, *key, *note, *kind, *rule, *severity, *payload;
    int attempts;
    int64_t created_ms, due_ms, tried_ms, delivered_ms; /* BW_TIME_NONE where not */
};
typedef int store_outbox_fn(const struct bw_outbox_row *row, void *ctx);
/* Newest first; `state` or `channel` NULL: any; `alert` 0: any; `limit` 0: all. */
int store_list_outbox(struct bw_store *store, const char *state, const char *channel, int64_t alert,
                      size_t limit, store_outbox_fn *fn, void *ctx, struct bw_error *err);
/* Dead or dropped rows of the alert become pending and due again (0: all dead ones), as a message
 * with a new key; or pending ones are dropped (0: all). *changed rows. */
int store_replay_outbox(struct bw_store *store, int64_t alert, int64_t now_ms, size_t *changed,
                        struct bw_error *err);
int store_drop_outbox(struct bw_store *store, int64_t alert, int64_t now_ms, size_t *changed,
                      struct bw_error *err);

struct bw_silence {
    int64_t id;
    const char *matchers; /* "rule=… actor=KZ", all must hold */
    const char *comment;
    int64_t starts_ms, ends_ms;
};
typedef int store_silence_fn(const struct bw_silence *silence, void *ctx);
int store_add_silence(struct bw_store *store, const struct bw_silence *silence, int64_t *id,
                      struct bw_error *err);
int store_end_silence(struct bw_store *store, int64_t id, int64_t now_ms, struct bw_error *err);
/* Those that hold at `now_ms`; BW_TIME_NONE: all. */
int store_list_silences(struct bw_store *store, int64_t now_ms, store_silence_fn *fn, void *ctx,
                        struct bw_error *err);

/* --- questions ------------------------------------------------------------------------------- */

struct bw_hit_row {
    int64_t id, item, story, alert;
    int64_t time_ms; /* when it was found */
    const char *rule, *severity, *source, *title, *link, *lang, *summary, *author;
    int64_t published, updated; /* seconds; BW_TIME_NONE */
    const struct bw_event *events;
    size_t n_events;
    const struct bw_matched *matched;
    size_t n_matched;
    const char *fate, *fate_reason;
    const char *rule_title, *content; /* NULL where absent */
    int64_t changed_ms;               /* last correction; BW_TIME_NONE */
    int64_t retracted_ms;             /* the item was edited and this hits no more; BW_TIME_NONE */
};
struct bw_hit_query {
    int64_t since_ms, until_ms; /* BW_TIME_NONE, 0: open */
    /* NULL: any. Actor and bloc in any case, "brics" as "BRICS". */
    const char *rule, *source, *lang, *actor, *bloc, *stance, *severity;
    const char *search;          /* words, folded as the index is; NULL: none */
    int64_t story, id;           /* 0: any */
    int64_t before_id, after_id; /* cursor: only hits with a lower, or higher, id; 0 none */
    bool oldest_first;
    size_t limit;        /* 0: all */
    const char *fate;    /* name; NULL: any */
    int64_t item, alert; /* 0: any */
    bool retracted;      /* also those taken back; by `id` they are found always */
};
typedef int store_hit_fn(const struct bw_hit_row *hit, void *ctx);
/* Newest first (by id) unless oldest_first. */
int store_list_hits(struct bw_store *store, const struct bw_hit_query *query, store_hit_fn *fn,
                    void *ctx, struct bw_error *err);

struct bw_item_row {
    int64_t id, seen_ms;
    const char *source, *title, *link, *lang, *summary, *content, *author;
    int64_t published, updated;
    size_t n_hits;
    const char *const *categories;
    size_t n_categories;
};
struct bw_item_query {
    int64_t since_ms, until_ms;
    const char *source, *lang, *search;
    int64_t id, before_id, after_id;
    bool oldest_first;
    size_t limit;
};
typedef int store_item_fn(const struct bw_item_row *item, void *ctx);
int store_list_items(struct bw_store *store, const struct bw_item_query *query, store_item_fn *fn,
                     void *ctx, struct bw_error *err);

struct bw_story_row {
    int64_t id, first_ms, last_ms;
    const char *title, *events;  /* of its first item; all events of its hits, one a line */
    const char *sources, *langs; /* each once, separated by spaces */
    size_t n_items, n_sources;
};
struct bw_story_query {
    int64_t since_ms, before_id, id;   /* since_ms: last seen; 0 and BW_TIME_NONE: open */
    const char *actor, *bloc, *stance; /* as for hits */
    size_t limit;
};
typedef int store_story_row_fn(const struct bw_story_row *story, void *ctx);
int store_list_stories(struct bw_store *store, const struct bw_story_query *query,
                       store_story_row_fn *fn, void *ctx, struct bw_error *err);

/* Signals: events counted by actor, bloc, stance and week (Monday, UTC), newest week first. The
 * time is that of publication, else of finding; an item counts once, however many rules hit. */
struct bw_signal_row {
    const char *actor, *bloc, *stance;
    int64_t week_ms, last_ms;
    size_t count;
    int64_t last_hit;
};
typedef int store_signal_fn(const struct bw_signal_row *signal, void *ctx);
int store_list_signals(struct bw_store *store, int64_t since_ms, store_signal_fn *fn, void *ctx,
                       struct bw_error *err);

struct bw_rule_count {
    const char *rule, *title; /* title may be NULL */
    size_t hits;
    int64_t last_ms; /* last found; BW_TIME_NONE */
};
typedef int store_rule_count_fn(const struct bw_rule_count *count, void *ctx);
/* Every rule that has ever hit, by name. */
int store_list_rule_counts(struct bw_store *store, store_rule_count_fn *fn, void *ctx,
                           struct bw_error *err);

/* New items and hits of a source by day (UTC) of publication, else of finding; days with none are
 * not told. `source` NULL: all. By source and day. */
struct bw_source_day {
    const char *source;
    int64_t day_ms;
    size_t items, hits;
};
typedef int store_source_day_fn(const struct bw_source_day *day, void *ctx);
int store_list_source_days(struct bw_store *store, const char *source, int64_t since_ms,
                           store_source_day_fn *fn, void *ctx, struct bw_error *err);

struct bw_store_counts {
    int64_t items, hits, stories, alerts, pending, delivered, dead, dropped;
    int64_t oldest_pending_ms; /* created; BW_TIME_NONE */
    int64_t fates[BW_FATES];
    int64_t bytes; /* of the database file */
};
int store_count(struct bw_store *store, struct bw_store_counts *counts, struct bw_error *err);

/* --- upkeep ---------------------------------------------------------------------------------- */

/* Removes at most `limit` items without hits seen before `before_ms` (leaving tombstones), and,
 * when `hits_before_ms` is not BW_TIME_NONE, hits older than that, and alerts that wait for no
 * delivery. *removed tells how many: below `limit`, all is done. */
int store_prune(struct bw_store *store, int64_t before_ms, int64_t hits_before_ms, size_t limit,
                size_t *removed, struct bw_error *err);
/* A consistent copy while others write; it appears at `path` when it is whole. */
int store_backup(struct bw_store *store, const char *path, struct bw_error *err);
/* PRAGMA integrity_check; 0 when fine, -1 with its first complaint. */
int store_check(struct bw_store *store, struct bw_error *err);

#endif
