/*
 * Matching: the rule language, lexicon sets, events, and the index over all rules. Pure: no I/O,
 * no globals, no clock. The language is described in doc/rules.md.
 *
 * A rule set is compiled once, never changes, and may be shared; a matcher is the scratch memory
 * of one user of it. All spans point into the item's original text (bytes and code points).
 */
#ifndef BLOCWATCH_MATCH_H
#define BLOCWATCH_MATCH_H

#include "blocwatch/arena.h"
#include "blocwatch/buf.h"
#include "blocwatch/error.h"
#include "blocwatch/hit.h"
#include "blocwatch/item.h"
#include "blocwatch/watch.h"

#include <stdbool.h>
#include <stddef.h>

struct bw_ruleset;
struct bw_matcher;

/* What is wrong, or doubtful, with a term or a rule. */
struct bw_match_problem {
    bool warning;          /* false: an error, there is no rule set */
    struct bw_place place; /* file and line of the very line that is meant */
    const char *subject;   /* "rule kz-brics-mention", "set kazakhstan" */
    const char *text;      /* one sentence: what is wrong and what was expected */
    const char *excerpt;   /* the line and a second one with a caret; NULL when there is none */
};

struct bw_match_problems {
    struct bw_match_problem *list; /* errors and warnings in the order of the watch */
    size_t n, n_errors;
    struct bw_arena *arena; /* owns the text */
};

/*
 * Compiles sets and rules; the watch is borrowed during the call only. `problems` (zeroed by the
 * caller, cleared with match_clear_problems()) gets all errors and warnings. 0 with *out owned, or
 * -1 with at least one error. A disabled rule is checked, but not entered.
 */
int match_compile_rules(const struct bw_watch *watch, struct bw_ruleset **out,
                        struct bw_match_problems *problems);
void match_clear_problems(struct bw_match_problems *problems);
/* "FILE:LINE: error: SUBJECT: TEXT" and the excerpt, with a newline at the end. */
void match_format_problem(const struct bw_match_problem *problem, struct bw_buf *out);

void ruleset_free(struct bw_ruleset *rules); /* NULL is fine */
size_t ruleset_count(const struct bw_ruleset *rules);

/* Borrows the rule set, which must outlive it. Returns owned, NULL when out of memory. */
struct bw_matcher *matcher_new(const struct bw_ruleset *rules);
void matcher_free(struct bw_matcher *matcher);

enum { BW_SIGNATURE_SIZE = 64 };

/*
 * Matches one item. `out` is filled with the rules that hit, in the order of the watch, with their
 * events and matched spans, and with the story signature (n_signature is 0 when no rule hit:
 * nobody asks for it then). All text in `out` lives in `arena`. `source_id` is what `source:`
 * looks at; may be NULL. Fails only when out of memory or over the arena's limit.
 */
int matcher_match_item(struct bw_matcher *matcher, const struct bw_item *item,
                       const char *source_id, struct bw_arena *arena, struct bw_hits *out,
                       struct bw_error *err);

/*
 * Appends to `out`, for people, how the rule `rule_id` judges the item: the query tree with
 * true or false at each node and the words that decided it, and for an event rule what was found in
 * each sentence and why an event was made or not. BW_ERR_NOTFOUND when there is no such rule.
 */
int match_explain_item(struct bw_matcher *matcher, const char *rule_id, const struct bw_item *item,
                       const char *source_id, struct bw_buf *out, struct bw_error *err);

/*
 * Folds text as rules do, word by word, and keeps what lies between the words: for search, so that
 * it finds what rules find. Letter marks become letters (ʻ behind o and g, else ʼ), and what joins
 * a word to the one before a hyphen. Appends to `out`; idempotent. -1 when out of memory.
 */
int match_fold_text(const char *text, size_t len, struct bw_buf *out);

#endif
