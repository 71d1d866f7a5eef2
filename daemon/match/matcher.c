/* matcher_match_item(): the gate, the candidates, and what they hit. Owns a matcher's memory. */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

enum { JIT_STACK_START = 32 * 1024, JIT_STACK_MOST = 1024 * 1024 };

static int make_regex_memory(struct bw_matcher *matcher)
{
    matcher->regex_data = pcre2_match_data_create(1, NULL);
    matcher->regex_context = pcre2_match_context_create(NULL);
    matcher->regex_stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MOST, NULL);
    if (matcher->regex_data == NULL || matcher->regex_context == NULL)
        return -1;
    pcre2_set_match_limit(matcher->regex_context, BW_REGEX_STEPS);
    pcre2_set_depth_limit(matcher->regex_context, BW_REGEX_DEPTH);
    pcre2_set_heap_limit(matcher->regex_context, BW_REGEX_MEMORY_KIB);
    if (matcher->regex_stack != NULL)
        pcre2_jit_stack_assign(matcher->regex_context, NULL, matcher->regex_stack);
    return 0;
}

struct bw_matcher *matcher_new(const struct bw_ruleset *rules)
{
    struct bw_matcher *matcher = calloc(1, sizeof *matcher);

    if (matcher == NULL)
        return NULL;
    matcher->rules = rules;
    buf_init(&matcher->joined);
    for (int i = 0; i < BW_LANES; i++)
        text_init(&matcher->lanes[i].text);
    matcher->atom_stamps = calloc((size_t)rules->n_atoms + 1, sizeof *matcher->atom_stamps);
    matcher->rule_stamps = calloc((size_t)rules->n_rules + 1, sizeof *matcher->rule_stamps);
    matcher->matched = calloc(BW_MATCHED_MOST, sizeof *matcher->matched);
    if (matcher->atom_stamps == NULL || matcher->rule_stamps == NULL || matcher->matched == NULL ||
        make_regex_memory(matcher) != 0) {
        matcher_free(matcher);
        return NULL;
    }
    return matcher;
}

void matcher_free(struct bw_matcher *matcher)
{
    if (matcher == NULL)
        return;
    for (int i = 0; i < BW_LANES; i++) {
        text_clear(&matcher->lanes[i].text);
        pattern_hits_clear(&matcher->lanes[i].hits);
        free(matcher->lanes[i].terms);
        free(matcher->lanes[i].by_set);
    }
    pattern_hits_clear(&matcher->gate_hits);
    pcre2_match_data_free(matcher->regex_data);
    pcre2_match_context_free(matcher->regex_context);
    pcre2_jit_stack_free(matcher->regex_stack);
    buf_clear(&matcher->joined);
    free(matcher->atom_stamps);
    free(matcher->rule_stamps);
    free(matcher->met.list);
    free(matcher->candidates.list);
    free(matcher->matched);
    free(matcher);
}

static int add_number(struct bw_numbers *numbers, uint32_t number)
{
    if (numbers->n == numbers->cap) {
        size_t cap = numbers->cap == 0 ? 64 : numbers->cap * 2;
        uint32_t *grown = realloc(numbers->list, cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        numbers->list = grown;
        numbers->cap = cap;
    }
    numbers->list[numbers->n++] = number;
    return 0;
}

static int add_candidate(struct bw_matcher *matcher, uint32_t rule)
{
    if (matcher->rule_stamps[rule] == matcher->stamp)
        return 0;
    matcher->rule_stamps[rule] = matcher->stamp;
    __builtin_prefetch(&matcher->rules->rules[rule]);
    return add_number(&matcher->candidates, rule);
}

static int meet_atom(struct bw_matcher *matcher, uint32_t atom)
{
    if (matcher->atom_stamps[atom] == matcher->stamp)
        return 0;
    matcher->atom_stamps[atom] = matcher->stamp;
    return add_number(&matcher->met, atom);
}

/* The atom is in the item: its rules are candidates, unless something else that they need is not.
 */
static int add_candidates(struct bw_matcher *matcher, uint32_t atom)
{
    const struct bw_entries *lists = &matcher->rules->by_atom;
    struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;

    for (uint32_t i = lists->first[atom]; i < lists->first[atom + 1]; i++) {
        const struct bw_entry *entry = &lists->list[i];

        if ((entry->need == 0 || text_may_hold(text, entry->need)) &&
            (entry->set == 0 || matcher->atom_stamps[entry->set] == matcher->stamp) &&
            add_candidate(matcher, entry->rule) != 0)
            return -1;
    }
    return 0;
}

static int meet_pattern(struct bw_matcher *matcher, uint32_t pattern)
{
    const struct bw_ruleset *rules = matcher->rules;
    uint32_t sets = rules->n_patterns, blocs = sets + rules->n_sets;

    if (matcher->atom_stamps[pattern] == matcher->stamp)
        return 0;
    if (meet_atom(matcher, pattern) != 0)
        return -1;
    if (pattern >= rules->n_term_patterns)
        return 0;
    for (uint32_t i = rules->first_term[pattern]; i < rules->first_term[pattern + 1]; i++) {
        uint32_t set = rules->terms[i].set;

        if (meet_atom(matcher, sets + set) != 0)
            return -1;
        if (rules->sets[set].facet == BW_FACET_BLOC &&
            (meet_atom(matcher, blocs + rules->compiled_sets[set].same_code) != 0 ||
             meet_atom(matcher, rules->n_atoms - 1) != 0))
            return -1;
    }
    return 0;
}

/* With many rules these lie outside the caches. */
static void prefetch_atom(const struct bw_matcher *matcher, uint32_t atom)
{
    __builtin_prefetch(&matcher->atom_stamps[atom]);
    __builtin_prefetch(&matcher->rules->by_atom.first[atom]);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The rules that may hit, in the order of the watch. */
static int find_candidates(struct bw_matcher *matcher)
{
    const struct bw_ruleset *rules = matcher->rules;

    if (index_scan(&rules->gate, &matcher->lanes[BW_LANE_TEXT].text, &matcher->gate_hits) != 0)
        return -1;
    for (size_t i = 0; i < matcher->gate_hits.n; i++)
        prefetch_atom(matcher, matcher->gate_hits.list[i].pattern);
    for (size_t i = 0; i < matcher->gate_hits.n; i++) {
        if (meet_pattern(matcher, matcher->gate_hits.list[i].pattern) != 0)
            return -1;
    }
    for (size_t i = 0; i < matcher->met.n; i++)
        __builtin_prefetch(&rules->by_atom.list[rules->by_atom.first[matcher->met.list[i]]]);
    for (size_t i = 0; i < matcher->met.n; i++) {
        if (add_candidates(matcher, matcher->met.list[i]) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < rules->n_always; i++) {
        if (add_candidate(matcher, rules->always[i]) != 0)
            return -1;
    }
    if (matcher->candidates.n > 1)
        qsort(matcher->candidates.list, matcher->candidates.n, sizeof *matcher->candidates.list,
              by_number);
    return 0;
}

struct bw_event_input matcher_event_input(const struct bw_matcher *matcher,
                                          const struct bw_lane *lane)
{
    return (struct bw_event_input){.sets = matcher->rules->sets,
                                   .n_sets = matcher->rules->n_sets,
                                   .text = &lane->text,
                                   .hits = lane->terms,
                                   .n_hits = lane->n_terms};
}

/* Without an actor that may act, or without a bloc, there is no event to look for. */
static bool may_hold_event(const struct bw_ruleset *rules, const struct bw_lane *lane)
{
    bool actor = false, bloc = false;

    for (size_t i = 0; i < lane->n_terms; i++) {
        const struct bw_set *set = &rules->sets[lane->terms[i].set];

        actor = actor || (set->facet == BW_FACET_ACTOR && !set->foreign);
        bloc = bloc || set->facet == BW_FACET_BLOC;
    }
    return actor && bloc;
}

int matcher_find_events(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_error *err)
{
    struct bw_lane *lane = matcher_scan_lane(matcher, BW_LANE_TEXT);
    struct bw_event_input input;

    if (lane == NULL || matcher_annotate(matcher) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (matcher->events_ready)
        return 0;
    input = matcher_event_input(matcher, lane);
    matcher->n_events = 0;
    if (may_hold_event(matcher->rules, lane) &&
        event_find(&input, arena, &matcher->events, &matcher->n_events, err) != 0)
        return -1;
    matcher->events_ready = true;
    return 0;
}

static bool is_listed(const uint32_t *list, uint32_t n, uint32_t number)
{
    for (uint32_t i = 0; i < n; i++) {
        if (list[i] == number)
            return true;
    }
    return n == 0;
}

bool rule_allows_event(const struct bw_ruleset *rules, const struct bw_compiled_rule *rule,
                       const struct bw_event_found *event)
{
    const struct bw_compiled_set *sets = rules->compiled_sets;

    return (!event->across || rule->within == BW_WITHIN_ITEM) &&
           (rule->stances == 0 || (rule->stances >> event->event.stance & 1)) &&
           is_listed(rule->actors, rule->n_actors, sets[event->actor_set].same_code) &&
           is_listed(rule->blocs, rule->n_blocs, sets[event->bloc_set].same_code);
}

/* The set of the stance, which an event does not name: that of the term in the same place. */
static const char *stance_set(const struct bw_matcher *matcher, const struct bw_span *span)
{
    const struct bw_lane *lane = &matcher->lanes[BW_LANE_TEXT];

    for (size_t i = 0; i < lane->n_terms; i++) {
        const struct bw_term_hit *hit = &lane->terms[i];
        const struct bw_set *set = &matcher->rules->sets[hit->set];
        const struct bw_token *first = &lane->text.tokens[hit->first];
        const struct bw_token *last = &lane->text.tokens[hit->last];

        if (set->facet == BW_FACET_STANCE && first->field == (uint32_t)span->field &&
            first->start == span->start && last->start + last->len == span->start + span->len)
            return set->id;
    }
    return NULL;
}

static void add_event_spans(struct bw_matcher *matcher, const struct bw_event_found *found)
{
    const struct bw_event *event = &found->event;
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;
    const struct bw_span *spans[] = {&event->actor_span, &event->bloc_span, &event->stance_span};
    const char *sets[] = {matcher->rules->sets[found->actor_set].id,
                          matcher->rules->sets[found->bloc_set].id,
                          stance_set(matcher, &event->stance_span)};

    for (size_t i = 0; i < 3; i++) {
        if (spans[i]->len > 0 && (uint32_t)spans[i]->field < BW_TEXT_FIELDS &&
            text->field[spans[i]->field] != NULL)
            matched_add(matcher, spans[i], text->field[spans[i]->field] + spans[i]->start, sets[i]);
    }
}

/* Keeps the events that the rule allows. */
static int keep_events(struct bw_matcher *matcher, const struct bw_compiled_rule *rule,
                       struct bw_arena *arena, struct bw_hit *hit, struct bw_error *err)
{
    if (matcher_find_events(matcher, arena, err) != 0)
        return -1;
    hit->events = arena_calloc(arena, matcher->n_events + 1, sizeof *hit->events);
    if (hit->events == NULL)
        return error_set(err, BW_ERR_LIMIT, "the document needs too much memory");
    for (size_t i = 0; i < matcher->n_events; i++) {
        if (!rule_allows_event(matcher->rules, rule, &matcher->events[i]))
            continue;
        hit->events[hit->n_events++] = matcher->events[i].event;
        add_event_spans(matcher, &matcher->events[i]);
    }
    return 0;
}

/* Most candidates fail by where their words stand: that is looked at first, and the words
 * themselves, which lie far apart in memory, only if it fits. */
static bool holds(struct bw_matcher *matcher, uint32_t root, struct bw_scope scope)
{
    bool seems;

    matcher->trusts_gate = true;
    seems = query_eval(matcher, root, scope);
    matcher->trusts_gate = false;
    return seems && query_eval(matcher, root, scope);
}

/* Fills `hit` when the rule hits: 1; 0 when not. */
static int judge(struct bw_matcher *matcher, const struct bw_compiled_rule *rule,
                 struct bw_arena *arena, struct bw_hit *hit, struct bw_error *err)
{
    struct bw_scope whole = query_whole(matcher);

    *hit = (struct bw_hit){.severity = (enum bw_severity)rule->severity};
    matcher->n_matched = 0;
    if (rule->root != BW_NO_NODE && !holds(matcher, rule->root, whole))
        return matcher->no_memory ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
    if (matcher_annotate(matcher) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (rule->has_event && keep_events(matcher, rule, arena, hit, err) != 0)
        return -1;
    if (rule->has_event && hit->n_events == 0)
        return 0;
    if (rule->root != BW_NO_NODE)
        query_collect(matcher, rule->root, whole);
    if (matcher->no_memory)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    hit->rule = arena_strdup(arena, rule->id);
    hit->rule_title = arena_strdup(arena, rule->title);
    if (hit->rule == NULL || (rule->title != NULL && hit->rule_title == NULL) ||
        matched_finish(matcher, arena, hit) != 0)
        return error_set(err, BW_ERR_LIMIT, "the document needs too much memory");
    return 1;
}

static int sign(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_hits *hits,
                struct bw_error *err)
{
    hits->signature = arena_calloc(arena, BW_SIGNATURE_SIZE, sizeof *hits->signature);
    if (hits->signature == NULL)
        return error_set(err, BW_ERR_LIMIT, "the document needs too much memory");
    signature_compute(&matcher->lanes[BW_LANE_TEXT].text, hits->signature);
    hits->n_signature = BW_SIGNATURE_SIZE;
    return 0;
}

static int judge_candidates(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_hits *out,
                            struct bw_error *err)
{
    struct bw_hits hits = {0};
    size_t cap = 0;

    if (matcher_lane(matcher, BW_LANE_TEXT) == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < matcher->candidates.n; i++) {
        struct bw_hit hit;
        int result =
            judge(matcher, &matcher->rules->rules[matcher->candidates.list[i]], arena, &hit, err);

        if (result < 0)
            return -1;
        if (result == 0)
            continue;
        if (hits.n_hits == cap) {
            struct bw_hit *grown = arena_calloc(arena, cap = cap == 0 ? 4 : cap * 2, sizeof hit);

            if (grown == NULL)
                return error_set(err, BW_ERR_LIMIT, "the document needs too much memory");
            if (hits.n_hits > 0)
                memcpy(grown, hits.hits, hits.n_hits * sizeof hit);
            hits.hits = grown;
        }
        hits.hits[hits.n_hits++] = hit;
    }
    if (hits.n_hits > 0 && sign(matcher, arena, &hits, err) != 0)
        return -1;
    *out = hits;
    return 0;
}

int matcher_match_item(struct bw_matcher *matcher, const struct bw_item *item,
                       const char *source_id, struct bw_arena *arena, struct bw_hits *out,
                       struct bw_error *err)
{
    if (matcher_begin_item(matcher, item, source_id) != 0 || find_candidates(matcher) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (matcher->candidates.n > 0)
        return judge_candidates(matcher, arena, out, err);
    memset(out, 0, sizeof *out);
    return 0;
}
