/* Hits as `hits`, `tail` and `export` choose and show them. */
#ifndef BLOCWATCH_CTL_HITS_H
#define BLOCWATCH_CTL_HITS_H

#include "ctl.h"

/* The options that choose hits. */
#define HITS_OPTIONS                                                                               \
    {"since", "T", "found since then: a time, a date, or how long ago (2h, 7d)"},                  \
        {"rule", "R", "of this rule only"}, {"source", "ID", "from this source only"},             \
        {"lang", "LANG", "in this language only"},                                                 \
        {"actor", "CODE", "with an event of this actor, such as KZ"},                              \
        {"bloc", "CODE", "with an event towards this bloc, such as BRICS"},                        \
        {"stance", "NAME", "with an event of this stance, such as declines"},                      \
        {"severity", "NAME", "of this severity only"},                                             \
    {                                                                                              \
        "search", "WORDS", "whose item holds these words"                                          \
    }

/* Fills the query by these options; all else is zero. -1 when one is wrong, which has been told. */
int hits_read_query(const struct ctl *ctl, struct bw_hit_query *query);

int hits_print_json(const struct bw_hit_row *hit); /* one line; -1 out of memory, which is told */
void hits_print_text(const struct bw_hit_row *hit);

#endif
