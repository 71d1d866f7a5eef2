/*
 * How the hits of a rule set on a stored item differ from those that are stored with it, and the
 * storing of the difference. Its telling is cmd_rules_backtest.c's.
 */
#ifndef BLOCWATCH_CTL_BACKTEST_H
#define BLOCWATCH_CTL_BACKTEST_H

#include "blocwatch/match.h"
#include "blocwatch/store.h"

enum backtest_change {
    BACKTEST_SAME,
    BACKTEST_NEW,
    BACKTEST_LOST,
    BACKTEST_CHANGED, /* another severity, or other events */
    BACKTEST_CHANGES
};

struct backtest {
    struct bw_store *store;
    struct bw_matcher *matcher;
    const char **rules; /* ids of the rules that are tried, sorted */
    size_t n_rules;
};

/* One hit, as the rules give it or as it is stored. Severity and events are NULL where there is
 * no such hit. */
struct backtest_hit {
    const char *rule;
    const char *severity, *events;         /* "KZ declines BRICS, UZ joins EAEU (reported)" */
    const char *was_severity, *was_events; /* stored */
    enum backtest_change change;
    bool other_rule; /* lost because the rule is not among those that are tried */
};

/* The watch is borrowed; -1 out of memory. backtest_clear() is fine for a zeroed one. */
int backtest_init(struct backtest *test, struct bw_store *store, const struct bw_ruleset *rules,
                  const struct bw_watch *watch, struct bw_error *err);
void backtest_clear(struct backtest *test);

/* Matches the item and compares: `*hits` in `arena`, one for each rule that hits or has hit. */
int backtest_compare(struct backtest *test, const struct bw_item_row *item, struct bw_arena *arena,
                     struct backtest_hit **hits, size_t *n, struct bw_error *err);

/*
 * Stores what the rules find in these items, in one transaction: new hits raise no alert, their
 * fate is "suppressed: backtest"; lost ones of other rules stay. Items are read and matched again
 * in it, so that it does not matter what has happened to them meanwhile; those that are gone are
 * skipped. BW_ERR_BUSY when another process would not let us write.
 */
int backtest_apply(struct backtest *test, const int64_t *items, size_t n, struct bw_error *err);

#endif
