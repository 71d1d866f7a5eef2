/* The query parser: text to nodes. The grammar is in doc/rules.md. Inside match/ only. */
#ifndef BLOCWATCH_MATCH_PARSE_H
#define BLOCWATCH_MATCH_PARSE_H

#include "names.h"
#include "problem.h"
#include "program.h"

enum { BW_QUERY_DEPTH = 64, BW_QUERY_NODES = 4096, BW_NEAR_MOST = 1000, BW_QUERY_LIMIT = 1 << 16 };

/* What the compiler gathers; the arrays are grown with realloc and end in the rule set. */
struct bw_build {
    struct bw_ruleset *rules;
    struct bw_match_problems *problems;
    struct bw_names set_names, pattern_names, code_names;
    struct bw_text scratch;
    struct bw_buf key;
    size_t patterns_cap, nodes_cap, n_children, children_cap, regexes_cap, n_strings, strings_cap;
    bool no_memory;
};

/* The number of the pattern, an equal one's when there is one; 0xFFFFFFFF when out of memory. */
uint32_t build_intern_pattern(struct bw_build *build, const struct bw_pattern *pattern);
/* Makes room for one more element in an array; NULL when out of memory. */
void *build_grow(struct bw_build *build, void *array, size_t n, size_t *cap, size_t size);
/* The id nearest to the `len` bytes at `name`; NULL when none is near. */
const char *build_nearest_set(const struct bw_build *build, const char *name, size_t len);

/*
 * Parses `query`, told by `spot` (whose place is the query's). 0 with *root set; -1 when a problem
 * was added or memory ran out.
 */
int query_parse(struct bw_build *build, const struct bw_spot *spot, const char *query,
                uint32_t *root);
/* Warns about a query that can be true of an item that holds nothing, or of none at all. */
void query_check(struct bw_build *build, const struct bw_spot *spot, const char *query,
                 uint32_t root);

#endif
