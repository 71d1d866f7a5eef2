/* Collecting what is wrong with sets and rules. Inside match/ only. */
#ifndef BLOCWATCH_MATCH_PROBLEM_H
#define BLOCWATCH_MATCH_PROBLEM_H

#include "blocwatch/match.h"

#include <stdarg.h>

enum { BW_PROBLEMS_MOST = 1000 }; /* later warnings are dropped; errors only counted */

/* Where a problem lies: the place and subject it is told with, and the text with the offset that
 * the caret marks; text NULL for no excerpt. */
struct bw_spot {
    const char *kind, *name; /* "rule", "kz-brics" */
    struct bw_place place;   /* of the text's first line */
    const char *text;
    size_t at, len; /* what is marked */
};

__attribute__((format(printf, 4, 5))) void problem_add(struct bw_match_problems *problems,
                                                       bool warning, const struct bw_spot *spot,
                                                       const char *format, ...);

#endif
