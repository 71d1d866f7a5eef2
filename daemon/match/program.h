/*
 * A compiled rule set: sets, patterns, rules, and the index that finds which rules to look at.
 * Inside match/ only; made by compile.c, never changed afterwards.
 */
#ifndef BLOCWATCH_MATCH_PROGRAM_H
#define BLOCWATCH_MATCH_PROGRAM_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include "blocwatch/match.h"
#include "index.h"

#include <pcre2.h>

enum bw_op {
    BW_OP_WORD,  /* arg: pattern */
    BW_OP_SET,   /* arg: set */
    BW_OP_REGEX, /* arg: regex */
    BW_OP_ATTR,  /* arg: string; source: and lang: */
    BW_OP_NOT,   /* this and the following: children[arg, arg + n) */
    BW_OP_AND,
    BW_OP_OR,
    BW_OP_NEAR,
    BW_OP_BEFORE,
    BW_OP_SENTENCE
};

/* Where a leaf looks. The first three are parts of the text, the next three texts of their own. */
enum bw_channel {
    BW_IN_ANY, /* title, summary, content */
    BW_IN_TITLE,
    BW_IN_TEXT, /* summary, content */
    BW_IN_CATEGORY,
    BW_IN_AUTHOR,
    BW_IN_LINK,
    BW_IN_SOURCE,
    BW_IN_LANG,
    BW_CHANNELS
};

struct bw_node {
    uint8_t op, channel;
    uint16_t distance; /* NEAR, BEFORE */
    uint32_t arg, n;
    uint32_t at, len; /* in the query's text */
};

enum { BW_NO_NODE = 0xFFFFFFFF };

struct bw_rule_set_term { /* a term of a set that is a certain pattern */
    uint32_t set, term;
};

struct bw_compiled_rule {
    const char *id, *title, *query;
    uint32_t root; /* BW_NO_NODE without a query */
    bool has_event, enabled;
    uint8_t severity, within;
    uint16_t stances;         /* bit per enum bw_stance; 0: any */
    uint32_t *actors, *blocs; /* sets, each the first one with its code */
    uint32_t n_actors, n_blocs;
};

struct bw_compiled_set {
    uint32_t *patterns; /* of each term */
    uint32_t same_code; /* the first set of the facet with the same code; itself without one */
    int64_t from, to;   /* in office, [from, to); BW_TIME_NONE open */
};

/* A rule to look at when an atom is there and, unless 0, a word of the hash `need` too, and the
 * atom `set`. */
struct bw_entry {
    uint32_t rule, need, set;
};

/* By atom: list[first[atom], first[atom + 1]). */
struct bw_entries {
    uint32_t *first;
    struct bw_entry *list;
};

struct bw_ruleset {
    struct bw_arena *arena; /* owns names, patterns, nodes */
    struct bw_set *sets;    /* a copy */
    struct bw_compiled_set *compiled_sets;
    uint32_t n_sets;
    struct bw_pattern *patterns;
    uint32_t n_patterns;
    struct bw_rule_set_term *terms; /* by pattern: terms[first_term[p], first_term[p + 1]) */
    uint32_t *first_term;
    uint32_t n_term_patterns; /* those from here on are no terms */
    struct bw_node *nodes;
    uint32_t n_nodes;
    uint32_t *children;
    pcre2_code **regexes;
    uint32_t n_regexes;
    const char **strings;
    struct bw_compiled_rule *rules;
    uint32_t n_rules, n_enabled;
    bool has_guards;
    /*
     * Which rules to look at. An atom is something that a rule requires: a pattern; behind the
     * patterns, a set; behind these, a bloc code (by its first set); the last one, any bloc.
     */
    struct bw_entries by_atom;
    uint32_t n_atoms;
    uint32_t *always; /* rules that require nothing the index finds */
    uint32_t n_always;
    struct bw_index gate; /* patterns that are atoms, or terms of sets that are or are needed */
    struct bw_index full; /* all patterns */
};

#endif
