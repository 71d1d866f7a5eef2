/*
 * What the user asks to be watched, as plain data: lexicon sets and rules as they stand in the
 * configuration, with their place in it. Filled by config/, compiled by match/, sent to readers
 * by reader/. All text lives in the arena of whoever filled it.
 */
#ifndef BLOCWATCH_WATCH_H
#define BLOCWATCH_WATCH_H

#include "blocwatch/hit.h"

#include <stdbool.h>
#include <stddef.h>

struct bw_place {
    const char *file; /* NULL when not from a file */
    int line;         /* from 1; 0 unknown */
};

enum bw_facet {
    BW_FACET_TOPIC,  /* a plain set for queries */
    BW_FACET_ACTOR,  /* who */
    BW_FACET_BLOC,   /* towards which bloc */
    BW_FACET_STANCE, /* does what */
    BW_FACET_CUE,    /* turns or colours a stance */
    BW_FACET_GUARD,  /* hides what it covers from the other facets: a false friend */
    BW_FACETS
};

/* One way of writing it: `word`, `prefix*`, `"a phrase wi*"`, or `CASED` (see doc of `cased`). */
struct bw_term {
    const char *lang; /* key under `terms:`; "any" applies to every language */
    const char *text;
    struct bw_place place;
};

struct bw_set {
    const char *id;
    enum bw_facet facet;
    const char *code; /* actor: `iso:`; bloc: `code:`; stance: the ladder's name; cue: its effect */
    const char *scope;  /* cue: where it reaches, "before" | "after" | "both"; else NULL */
    int reach;          /* cue: how many tokens away at most; 0 for the default */
    bool foreign;       /* actor: competes for the subject, never makes an event */
    bool implied;       /* actor: counts only when no other actor is named in the item */
    bool cased;         /* terms match only in the case they are written in (short acronyms) */
    const char *object; /* stance: "actor" when the actor is its object (admits X), else NULL */
    const char *since, *until; /* YYYY-MM-DD: in office; NULL open */
    struct bw_term *terms;
    size_t n_terms;
    struct bw_place place;
};

enum bw_within { BW_WITHIN_SENTENCE, BW_WITHIN_ITEM };

/* A rule has a query, an event pattern, or both (both must hold). */
struct bw_rule {
    const char *id, *title;
    enum bw_severity severity;
    const char *query; /* NULL when event only */
    bool has_event;
    const char **actors; /* set ids; n 0: any */
    size_t n_actors;
    const char **blocs;
    size_t n_blocs;
    const char **stances; /* ladder names; n 0: any */
    size_t n_stances;
    enum bw_within within;
    bool enabled;
    struct bw_place place, query_place;
};

struct bw_watch {
    struct bw_set *sets;
    size_t n_sets;
    struct bw_rule *rules;
    size_t n_rules;
};

#endif
