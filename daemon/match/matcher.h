/*
 * One item under evaluation: its texts, what was found in them, and how a query judges them.
 * Inside match/ only.
 */
#ifndef BLOCWATCH_MATCH_MATCHER_H
#define BLOCWATCH_MATCH_MATCHER_H

#include "program.h"

enum bw_lane_id { BW_LANE_TEXT, BW_LANE_CATEGORY, BW_LANE_AUTHOR, BW_LANE_LINK, BW_LANES };

enum {
    BW_DIRECT_MOST = 16,         /* rules up to which each looks for its words itself */
    BW_MATCHED_MOST = 64,        /* matched spans that a hit keeps */
    BW_SPANS_MOST = 4096,        /* places that a NEAR inside a NEAR hands on */
    BW_REGEX_STEPS = 1000000,    /* PCRE2 match limit */
    BW_REGEX_DEPTH = 10000,      /* its depth limit */
    BW_REGEX_MEMORY_KIB = 16384, /* its heap limit, and the JIT stack's bound */
};

/* One text, and all that the full index finds in it once somebody asks. */
struct bw_lane {
    struct bw_text text;
    struct bw_pattern_hits hits; /* by pattern, then place */
    struct bw_term_hit *terms;   /* in the order of text.h; guards obeyed, sets in office */
    struct bw_term_hit *by_set;  /* the same by set, then place; made when asked for */
    size_t n_terms, terms_cap, by_set_cap;
    bool ready, scanned, by_set_ready;
};

/* Tokens [lo, hi); `sentence` when they are one. */
struct bw_scope {
    uint32_t lo, hi, sentence;
};

enum { BW_NO_SENTENCE = 0xFFFFFFFF };

struct bw_place_list { /* tokens first to last; pattern unused */
    struct bw_pattern_hit *list;
    size_t n, cap;
};

struct bw_numbers {
    uint32_t *list;
    size_t n, cap;
};

struct bw_matcher {
    const struct bw_ruleset *rules;
    const struct bw_item *item;
    const char *source_id;
    struct bw_lane lanes[BW_LANES];
    uint32_t title_end; /* tokens of the title */
    /* Which atoms and rules have been met: equal to `stamp` when in this item. */
    uint32_t stamp, *atom_stamps, *rule_stamps;
    struct bw_pattern_hits gate_hits;
    struct bw_numbers met, candidates; /* atoms; rules */
    struct bw_event_found *events;
    size_t n_events;
    bool events_ready;
    struct bw_matched *matched; /* being collected: text not yet copied */
    size_t n_matched;
    pcre2_match_data *regex_data;
    pcre2_match_context *regex_context;
    pcre2_jit_stack *regex_stack;
    struct bw_buf joined; /* the categories, one a line */
    bool trusts_gate;     /* takes its word for what stands in the text */
    bool no_memory;
};

/* Sets the item; builds its text and nothing else. -1 out of memory. */
int matcher_begin_item(struct bw_matcher *matcher, const struct bw_item *item,
                       const char *source_id);
/* The lane's text, made when it is asked for first. NULL when out of memory. */
struct bw_lane *matcher_lane(struct bw_matcher *matcher, enum bw_lane_id id);
/* The same with hits and terms. */
struct bw_lane *matcher_scan_lane(struct bw_matcher *matcher, enum bw_lane_id id);
/* Sentences, case and code points of the item's text. -1 out of memory. */
int matcher_annotate(struct bw_matcher *matcher);
/* The hits of one pattern or set in a scanned lane. */
const struct bw_pattern_hit *lane_find_pattern(const struct bw_lane *lane, uint32_t pattern,
                                               size_t *n);
const struct bw_term_hit *lane_find_set(struct bw_matcher *matcher, struct bw_lane *lane,
                                        uint32_t set, size_t *n);

/* Whether a term of the set counts in an item of that date. */
bool set_is_in_office(const struct bw_compiled_set *set, int64_t published);

/* The events of the item, found once; their text lives in `arena`. */
int matcher_find_events(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_error *err);
struct bw_event_input matcher_event_input(const struct bw_matcher *matcher,
                                          const struct bw_lane *lane);
bool rule_allows_event(const struct bw_ruleset *rules, const struct bw_compiled_rule *rule,
                       const struct bw_event_found *event);

/* Whether the node is true of the item. Sets no_memory when it could not be told. */
bool query_eval(struct bw_matcher *matcher, uint32_t node, struct bw_scope scope);
struct bw_scope query_whole(const struct bw_matcher *matcher);
/* The part of `scope` that a leaf of the channel looks at. */
struct bw_scope query_leaf_scope(const struct bw_matcher *matcher, const struct bw_node *node,
                                 struct bw_scope scope);
enum bw_lane_id query_lane(const struct bw_node *node);
/* The places of a positional node, sorted, at most `most`. */
int query_places(struct bw_matcher *matcher, uint32_t node, struct bw_scope scope, size_t most,
                 struct bw_place_list *out);
/* Calls on_found for each match of a regex leaf, until it returns false. */
void query_regex(struct bw_matcher *matcher, const struct bw_node *node, struct bw_scope scope,
                 bool (*on_found)(struct bw_matcher *matcher, const struct bw_span *span,
                                  const char *text),
                 bool *found);
bool query_attribute(const struct bw_matcher *matcher, const struct bw_node *node);

/* Adds to matched[] what made the node true. */
void query_collect(struct bw_matcher *matcher, uint32_t node, struct bw_scope scope);
void matched_add(struct bw_matcher *matcher, const struct bw_span *span, const char *text,
                 const char *set);
/* matched[] in the order of the text, copied into `arena`. */
int matched_finish(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_hit *hit);

/* The story signature of the item's text. */
void signature_compute(const struct bw_text *text, uint32_t signature[BW_SIGNATURE_SIZE]);

#endif
