/* Items from JSON lines, as `rules test` and `rules explain` take them; and rule sets. */
#ifndef BLOCWATCH_CTL_ITEMS_H
#define BLOCWATCH_CTL_ITEMS_H

#include "ctl.h"

#include "blocwatch/match.h"

#include <jansson.h>

struct ctl_item {
    const char *id; /* as given */
    const char *source;
    struct bw_item item;
};

typedef enum ctl_code items_fn(const struct ctl_item *item, void *ctx);

/* Compiles the rules of ctl->config; errors, and with `warnings` warnings too, go to standard
 * error. NULL after an error. */
struct bw_ruleset *items_compile_rules(const struct ctl *ctl, bool warnings);

/*
 * Loads the configuration, compiles its rules, and calls `fn` for each line of `file` ("-":
 * standard input), which holds {"id","title","summary"} and as far as they are known "content",
 * "link", "author", "categories", "lang", "source" and "published". `fn` finds *matcher, made for
 * the call, by its `ctx`. Stops at the first wrong line (told with its number; CTL_USAGE), or when
 * `fn` returns something else than CTL_FINE.
 */
enum ctl_code items_match(struct ctl *ctl, const char *file, struct bw_matcher **matcher,
                          items_fn *fn, void *ctx);

#endif
