/* The steps of match_compile_rules(). Each returns -1 only when out of memory. */
#ifndef BLOCWATCH_MATCH_COMPILE_H
#define BLOCWATCH_MATCH_COMPILE_H

#include "parse.h"

int compile_sets(struct bw_build *build, const struct bw_watch *watch);
int compile_rules(struct bw_build *build, const struct bw_watch *watch);
/* Chooses what each rule is found by, and builds the index. */
int compile_index(struct bw_build *build);

#endif
