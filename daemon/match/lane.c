/* The texts of an item and the lexicon terms in them. Owns a matcher's lanes. */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

static void next_stamp(struct bw_matcher *matcher)
{
    if (++matcher->stamp != 0)
        return;
    memset(matcher->atom_stamps, 0, matcher->rules->n_atoms * sizeof *matcher->atom_stamps);
    memset(matcher->rule_stamps, 0, matcher->rules->n_rules * sizeof *matcher->rule_stamps);
    matcher->stamp = 1;
}

int matcher_begin_item(struct bw_matcher *matcher, const struct bw_item *item,
                       const char *source_id)
{
    struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;

    matcher->item = item;
    matcher->source_id = source_id;
    matcher->events_ready = false;
    matcher->n_events = 0;
    matcher->no_memory = false;
    for (int i = 0; i < BW_LANES; i++)
        matcher->lanes[i].ready = matcher->lanes[i].scanned = false;
    next_stamp(matcher);
    matcher->met.n = matcher->candidates.n = matcher->gate_hits.n = 0;
    return text_build(text, item);
}

static int by_pattern(const void *a, const void *b)
{
    const struct bw_pattern_hit *x = a, *y = b;

    if (x->pattern != y->pattern)
        return x->pattern < y->pattern ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* The order that text.h states. */
static int by_place(const void *a, const void *b)
{
    const struct bw_term_hit *x = a, *y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    return (x->term > y->term) - (x->term < y->term);
}

static int by_set(const void *a, const void *b)
{
    const struct bw_term_hit *x = a, *y = b;

    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    return by_place(a, b);
}

bool set_is_in_office(const struct bw_compiled_set *set, int64_t published)
{
    if (published == BW_TIME_NONE)
        return true;
    return (set->from == BW_TIME_NONE || published >= set->from) &&
           (set->to == BW_TIME_NONE || published < set->to);
}

static int add_term(struct bw_lane *lane, struct bw_term_hit hit)
{
    if (lane->n_terms == lane->terms_cap) {
        size_t cap = lane->terms_cap == 0 ? 64 : lane->terms_cap * 2;
        struct bw_term_hit *grown = realloc(lane->terms, cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        lane->terms = grown;
        lane->terms_cap = cap;
    }
    lane->terms[lane->n_terms++] = hit;
    return 0;
}

static int list_terms(const struct bw_ruleset *rules, struct bw_lane *lane, int64_t published)
{
    lane->n_terms = 0;
    for (size_t i = 0; i < lane->hits.n; i++) {
        const struct bw_pattern_hit *hit = &lane->hits.list[i];

        for (uint32_t k = rules->first_term[hit->pattern]; k < rules->first_term[hit->pattern + 1];
             k++) {
            const struct bw_rule_set_term *term = &rules->terms[k];

            if (set_is_in_office(&rules->compiled_sets[term->set], published) &&
                add_term(lane,
                         (struct bw_term_hit){term->set, term->term, hit->first, hit->last}) != 0)
                return -1;
        }
    }
    return 0;
}

/* "гана" is no Ghana in Kyrgyz, but it is in Russian. */
static bool guards(const struct bw_ruleset *rules, const struct bw_term_hit *hit, const char *lang)
{
    const struct bw_set *set = &rules->sets[hit->set];

    return set->facet == BW_FACET_GUARD && text_speaks(lang, set->terms[hit->term].lang);
}

/* Drops what lies within a guard's span; `terms` are in order. The guards themselves stay, for the
 * event finder, which does not always trust the declared language. */
static void obey_guards(const struct bw_ruleset *rules, struct bw_lane *lane, const char *lang)
{
    uint32_t end = 0; /* behind the furthest guard that began so far */
    size_t kept = 0;

    for (size_t i = 0, group = 0; i < lane->n_terms; i++) {
        const struct bw_term_hit hit = lane->terms[i];

        for (; group < lane->n_terms && lane->terms[group].first <= hit.first; group++) {
            if (guards(rules, &lane->terms[group], lang) && lane->terms[group].last >= end)
                end = lane->terms[group].last + 1;
        }
        if (rules->sets[hit.set].facet == BW_FACET_GUARD || hit.last >= end)
            lane->terms[kept++] = hit;
    }
    lane->n_terms = kept;
}

static int find_terms(const struct bw_ruleset *rules, struct bw_lane *lane,
                      const struct bw_item *item)
{
    if (list_terms(rules, lane, item->published) != 0)
        return -1;
    if (lane->n_terms > 1)
        qsort(lane->terms, lane->n_terms, sizeof *lane->terms, by_place);
    if (rules->has_guards)
        obey_guards(rules, lane, item->lang);
    return 0;
}

/* Categories are one text, a line each; each is a field of its own then, so that no phrase goes
 * from one into the next. */
static int build_categories(struct bw_matcher *matcher, struct bw_lane *lane)
{
    const struct bw_item *item = matcher->item;
    uint32_t line = 0;
    size_t at = 0;

    buf_reset(&matcher->joined);
    for (size_t i = 0; i < item->n_categories; i++) {
        if (item->categories[i] != NULL)
            buf_puts(&matcher->joined, item->categories[i]);
        buf_putc(&matcher->joined, '\n');
    }
    if (matcher->joined.failed ||
        text_build_string(&lane->text, BW_FIELD_TITLE, buf_text(&matcher->joined),
                          matcher->joined.len) != 0 ||
        text_annotate(&lane->text) != 0)
        return -1;
    for (uint32_t i = 0; i < lane->text.n_tokens; i++) {
        for (; at < lane->text.tokens[i].start; at++)
            line += matcher->joined.data[at] == '\n';
        lane->text.tokens[i].field = line;
    }
    return 0;
}

static int build_other(struct bw_lane *lane, const char *string)
{
    if (string == NULL)
        string = "";
    if (text_build_string(&lane->text, BW_FIELD_TITLE, string, strlen(string)) != 0)
        return -1;
    return text_annotate(&lane->text);
}

static int build_lane(struct bw_matcher *matcher, struct bw_lane *lane, enum bw_lane_id id)
{
    switch (id) {
    case BW_LANE_CATEGORY:
        return build_categories(matcher, lane);
    case BW_LANE_AUTHOR:
        return build_other(lane, matcher->item->author);
    case BW_LANE_LINK:
        return build_other(lane, matcher->item->link);
    default:
        matcher->title_end = 0;
        while (matcher->title_end < lane->text.n_tokens &&
               lane->text.tokens[matcher->title_end].field == BW_FIELD_TITLE)
            matcher->title_end++;
        return 0;
    }
}

struct bw_lane *matcher_lane(struct bw_matcher *matcher, enum bw_lane_id id)
{
    struct bw_lane *lane = &matcher->lanes[id];

    if (!lane->ready && build_lane(matcher, lane, id) != 0) {
        matcher->no_memory = true;
        return NULL;
    }
    lane->ready = true;
    return lane;
}

struct bw_lane *matcher_scan_lane(struct bw_matcher *matcher, enum bw_lane_id id)
{
    struct bw_lane *lane = matcher_lane(matcher, id);

    if (lane == NULL || lane->scanned)
        return lane;
    lane->hits.n = 0;
    lane->by_set_ready = false;
    if (index_scan(&matcher->rules->full, &lane->text, &lane->hits) != 0 ||
        find_terms(matcher->rules, lane, matcher->item) != 0) {
        matcher->no_memory = true;
        return NULL;
    }
    if (lane->hits.n > 1)
        qsort(lane->hits.list, lane->hits.n, sizeof *lane->hits.list, by_pattern);
    lane->scanned = true;
    return lane;
}

int matcher_annotate(struct bw_matcher *matcher)
{
    if (text_annotate(&matcher->lanes[BW_LANE_TEXT].text) == 0)
        return 0;
    matcher->no_memory = true;
    return -1;
}

const struct bw_pattern_hit *lane_find_pattern(const struct bw_lane *lane, uint32_t pattern,
                                               size_t *n)
{
    size_t low = 0, high = lane->hits.n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (lane->hits.list[middle].pattern < pattern)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < lane->hits.n && lane->hits.list[high].pattern == pattern;)
        high++;
    *n = high - low;
    return *n > 0 ? lane->hits.list + low : NULL;
}

static int sort_by_set(struct bw_lane *lane)
{
    if (lane->by_set_cap < lane->n_terms) {
        struct bw_term_hit *grown = realloc(lane->by_set, lane->terms_cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        lane->by_set = grown;
        lane->by_set_cap = lane->terms_cap;
    }
    if (lane->n_terms > 0) {
        memcpy(lane->by_set, lane->terms, lane->n_terms * sizeof *lane->terms);
        qsort(lane->by_set, lane->n_terms, sizeof *lane->by_set, by_set);
    }
    lane->by_set_ready = true;
    return 0;
}

const struct bw_term_hit *lane_find_set(struct bw_matcher *matcher, struct bw_lane *lane,
                                        uint32_t set, size_t *n)
{
    size_t low = 0, high = lane->n_terms;

    *n = 0;
    if (!lane->by_set_ready && sort_by_set(lane) != 0) {
        matcher->no_memory = true;
        return NULL;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (lane->by_set[middle].set < set)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < lane->n_terms && lane->by_set[high].set == set;)
        high++;
    *n = high - low;
    return *n > 0 ? lane->by_set + low : NULL;
}
