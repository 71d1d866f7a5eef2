/*
 * What a rule found in an item: plain data, made by match/, kept by store/, told by alert/.
 * Text is owned by the arena that the matcher was given.
 */
#ifndef BLOCWATCH_HIT_H
#define BLOCWATCH_HIT_H

#include <stddef.h>
#include <stdint.h>

enum bw_field { BW_FIELD_TITLE, BW_FIELD_SUMMARY, BW_FIELD_CONTENT, BW_FIELD_OTHER };

/* The stance ladder. BW_STANCE_NONE: a statement about the standing with no stance of its own. */
enum bw_stance {
    BW_STANCE_NONE,
    BW_STANCE_CONSIDERS,
    BW_STANCE_APPLIES,
    BW_STANCE_SIGNS,
    BW_STANCE_JOINS,
    BW_STANCE_OBSERVES,
    BW_STANCE_PARTNERS,
    BW_STANCE_DECLINES,
    BW_STANCE_OPPOSES,
    BW_STANCE_SUSPENDS,
    BW_STANCE_LEAVES,
    BW_STANCE_STAYS,
    BW_STANCES
};

enum bw_certainty {
    BW_CERTAINTY_STATED,
    BW_CERTAINTY_DENIED,
    BW_CERTAINTY_HYPOTHETICAL,
    BW_CERTAINTY_REPORTED,
    BW_CERTAINTIES
};

enum bw_severity {
    BW_SEVERITY_LOW,
    BW_SEVERITY_MEDIUM,
    BW_SEVERITY_HIGH,
    BW_SEVERITY_CRITICAL,
    BW_SEVERITIES
};

const char *stance_name(enum bw_stance stance); /* "declines"; "none" */
const char *certainty_name(enum bw_certainty certainty);
const char *severity_name(enum bw_severity severity);
int stance_parse(const char *name); /* enum value, -1 unknown; likewise: */
int certainty_parse(const char *name);
int severity_parse(const char *name);

/* A place in one field of the original text, never in the folded one. */
struct bw_span {
    enum bw_field field;
    uint32_t start, len;       /* bytes */
    uint32_t cp_start, cp_len; /* code points */
};

struct bw_matched {
    const char *text; /* the words as they stand in the item */
    const char *set;  /* lexicon set that found them; NULL for a word of the query */
    struct bw_span span;
};

struct bw_event {
    const char *actor; /* ISO 3166 code: "KZ" */
    const char *bloc;  /* event code: "BRICS" */
    enum bw_stance stance;
    enum bw_certainty certainty;
    struct bw_span actor_span, stance_span, bloc_span, sentence;
    const char *sentence_text;
    const char *why; /* why this stance: "'has no plans to' turns joins into declines" */
};

struct bw_hit {
    const char *rule, *rule_title;
    enum bw_severity severity;
    struct bw_event *events;
    size_t n_events;
    struct bw_matched *matched;
    size_t n_matched;
};

/* All hits of one item; `tokens` is the story signature's input (sorted set of folded-token
 * hashes). */
struct bw_hits {
    struct bw_hit *hits;
    size_t n_hits;
    uint32_t *signature; /* MinHash over folded tokens */
    size_t n_signature;
};

#endif
