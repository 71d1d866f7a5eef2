/* What each rule is found by: the rarest of what it requires. Owns nothing. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

struct atom_entry {
    uint32_t atom;
    struct bw_entry entry;
};

struct need {
    uint32_t pattern, hash;
    float cost;
};

/* What every item that the rule hits has to hold: the two rarest words, and the rarest set. */
struct needs {
    struct need list[2];
    unsigned n;
    uint32_t set; /* as an atom; 0 for none */
    float set_cost;
};

struct chooser {
    struct bw_build *build;
    struct bw_ruleset *rules;
    float *set_costs, *bloc_costs; /* bloc_costs: by the first set of a code */
    float any_bloc;
    bool *needed;       /* by set: some rule is not looked at without it */
    struct needs needs; /* of the rule that is being entered */
    struct atom_entry *entries;
    size_t n, cap;
};

/* More than anything the index finds costs: there is nothing required. */
static const float NOTHING = 1e30f;

static uint32_t count_slot(const struct bw_element *element, uint32_t mask)
{
    return (element->hash ^ (uint32_t)element->kind * 0x9E3779B9u) & mask;
}

/* How many patterns use each word, near enough: words that share a slot are counted together. */
static int count_uses(struct bw_ruleset *rules)
{
    uint32_t size = 1024, *counts;

    while (size < rules->n_patterns * 4)
        size *= 2;
    counts = calloc(size, sizeof *counts);
    if (counts == NULL)
        return -1;
    for (uint32_t i = 0; i < rules->n_nodes; i++) {
        if (rules->nodes[i].op == BW_OP_WORD)
            rules->patterns[rules->nodes[i].arg].uses++;
    }
    for (uint32_t i = 0; i < rules->n_patterns; i++) {
        struct bw_pattern *pattern = &rules->patterns[i];

        for (uint16_t k = 0; k < pattern->n; k++)
            counts[count_slot(&pattern->elements[k], size - 1)] += pattern->uses;
    }
    for (uint32_t i = 0; i < rules->n_patterns; i++) {
        struct bw_pattern *pattern = &rules->patterns[i];

        for (uint16_t k = 0; k < pattern->n; k++)
            pattern->elements[k].uses = counts[count_slot(&pattern->elements[k], size - 1)];
        pattern_choose_key(pattern);
    }
    free(counts);
    return 0;
}

/* Which sets each pattern is a term of. */
static int invert_terms(struct bw_ruleset *rules)
{
    uint32_t *first = arena_calloc(rules->arena, (size_t)rules->n_patterns + 2, sizeof *first);
    size_t total = 0;

    for (uint32_t s = 0; s < rules->n_sets; s++)
        total += rules->sets[s].n_terms;
    rules->terms = arena_calloc(rules->arena, total + 1, sizeof *rules->terms);
    if (first == NULL || rules->terms == NULL)
        return -1;
    for (uint32_t s = 0; s < rules->n_sets; s++) {
        for (size_t t = 0; t < rules->sets[s].n_terms; t++) {
            uint32_t pattern = rules->compiled_sets[s].patterns[t];

            first[pattern + 2]++;
            if (pattern >= rules->n_term_patterns)
                rules->n_term_patterns = pattern + 1;
        }
    }
    for (uint32_t p = 1; p < rules->n_patterns + 1; p++)
        first[p + 1] += first[p];
    for (uint32_t s = 0; s < rules->n_sets; s++) {
        for (size_t t = 0; t < rules->sets[s].n_terms; t++)
            rules->terms[first[rules->compiled_sets[s].patterns[t] + 1]++] =
                (struct bw_rule_set_term){s, (uint32_t)t};
    }
    rules->first_term = first;
    return 0;
}

static int sum_set_costs(struct chooser *chooser)
{
    struct bw_ruleset *rules = chooser->rules;

    chooser->set_costs = calloc((size_t)rules->n_sets * 2 + 1, sizeof(float));
    if (chooser->set_costs == NULL)
        return -1;
    chooser->bloc_costs = chooser->set_costs + rules->n_sets;
    for (uint32_t s = 0; s < rules->n_sets; s++) {
        for (size_t t = 0; t < rules->sets[s].n_terms; t++)
            chooser->set_costs[s] += rules->patterns[rules->compiled_sets[s].patterns[t]].cost;
        if (rules->sets[s].facet == BW_FACET_BLOC) {
            chooser->bloc_costs[rules->compiled_sets[s].same_code] += chooser->set_costs[s];
            chooser->any_bloc += chooser->set_costs[s];
        }
    }
    return 0;
}

/* What it costs to find the node's rule by what the node requires. */
static float cost_of(const struct chooser *chooser, uint32_t index)
{
    const struct bw_node *node = &chooser->rules->nodes[index];
    const uint32_t *children = chooser->rules->children + node->arg;
    float cost;

    switch (node->op) {
    case BW_OP_WORD:
        return node->channel > BW_IN_TEXT ? NOTHING : chooser->rules->patterns[node->arg].cost;
    case BW_OP_SET:
        return node->channel > BW_IN_TEXT ? NOTHING : chooser->set_costs[node->arg];
    case BW_OP_OR:
        cost = 0;
        for (uint32_t i = 0; i < node->n; i++)
            cost += cost_of(chooser, children[i]);
        return cost < NOTHING ? cost : NOTHING;
    case BW_OP_AND:
    case BW_OP_NEAR:
    case BW_OP_BEFORE:
    case BW_OP_SENTENCE:
        cost = NOTHING;
        for (uint32_t i = 0; i < node->n; i++) {
            float one = cost_of(chooser, children[i]);

            cost = one < cost ? one : cost;
        }
        return cost;
    default:
        return NOTHING;
    }
}

static void add_need(struct needs *needs, struct need need)
{
    for (unsigned i = 0; i < 2; i++) {
        struct need swap = needs->list[i];

        if (i == needs->n) {
            needs->list[needs->n++] = need;
            return;
        }
        if (need.cost < swap.cost) {
            needs->list[i] = need;
            need = swap;
        }
    }
}

/* The rarest whole word of the pattern. */
static void add_pattern_need(struct needs *needs, const struct bw_ruleset *rules, uint32_t id)
{
    const struct bw_pattern *pattern = &rules->patterns[id];
    const struct bw_element *best = NULL;

    for (uint16_t i = 0; i < pattern->n; i++) {
        if (pattern->elements[i].kind == BW_ELEMENT_WORD &&
            (best == NULL || pattern->elements[i].uses < best->uses))
            best = &pattern->elements[i];
    }
    if (best != NULL)
        add_need(needs, (struct need){id, best->hash, pattern->cost});
}

/* What an item has to hold for the node to be true. */
static void find_needs(struct chooser *chooser, uint32_t index)
{
    const struct bw_ruleset *rules = chooser->rules;
    const struct bw_node *node = &rules->nodes[index];
    struct needs *needs = &chooser->needs;

    if (node->op == BW_OP_WORD && node->channel <= BW_IN_TEXT)
        add_pattern_need(needs, rules, node->arg);
    if (node->op == BW_OP_SET && node->channel <= BW_IN_TEXT &&
        (needs->set == 0 || chooser->set_costs[node->arg] < needs->set_cost)) {
        needs->set = rules->n_patterns + node->arg;
        needs->set_cost = chooser->set_costs[node->arg];
    }
    if (node->op != BW_OP_AND && node->op != BW_OP_NEAR && node->op != BW_OP_BEFORE &&
        node->op != BW_OP_SENTENCE)
        return;
    for (uint32_t i = 0; i < node->n; i++)
        find_needs(chooser, rules->children[node->arg + i]);
}

/* A word that is needed where the atom is there already; 0 for none. */
static uint32_t need_beside(const struct needs *needs, uint32_t atom)
{
    for (unsigned i = 0; i < needs->n; i++) {
        if (needs->list[i].pattern != atom)
            return needs->list[i].hash;
    }
    return 0;
}

static int enter(struct chooser *chooser, uint32_t atom, uint32_t rule)
{
    struct atom_entry *entries =
        build_grow(chooser->build, chooser->entries, chooser->n, &chooser->cap, sizeof *entries);
    uint32_t set = chooser->needs.set != atom ? chooser->needs.set : 0;

    if (entries == NULL)
        return -1;
    chooser->entries = entries;
    entries[chooser->n++] =
        (struct atom_entry){atom, {rule, need_beside(&chooser->needs, atom), set}};
    if (set != 0)
        chooser->needed[set - chooser->rules->n_patterns] = true;
    return 0;
}

/* Enters the rule under what the node requires; cost_of() the node is less than NOTHING. */
static int enter_node(struct chooser *chooser, uint32_t index, uint32_t rule)
{
    const struct bw_node *node = &chooser->rules->nodes[index];
    const uint32_t *children = chooser->rules->children + node->arg;
    uint32_t best = 0;

    switch (node->op) {
    case BW_OP_WORD:
        return enter(chooser, node->arg, rule);
    case BW_OP_SET:
        return enter(chooser, chooser->rules->n_patterns + node->arg, rule);
    case BW_OP_OR:
        for (uint32_t i = 0; i < node->n; i++) {
            if (enter_node(chooser, children[i], rule) != 0)
                return -1;
        }
        return 0;
    default:
        for (uint32_t i = 1; i < node->n; i++) {
            if (cost_of(chooser, children[i]) < cost_of(chooser, children[best]))
                best = i;
        }
        return enter_node(chooser, children[best], rule);
    }
}

static float cost_of_event(const struct chooser *chooser, const struct bw_compiled_rule *rule)
{
    float cost = 0;

    if (!rule->has_event)
        return NOTHING;
    for (uint32_t i = 0; i < rule->n_blocs; i++)
        cost += chooser->bloc_costs[rule->blocs[i]];
    return rule->n_blocs == 0 ? chooser->any_bloc : cost;
}

static int enter_event(struct chooser *chooser, const struct bw_compiled_rule *rule, uint32_t index)
{
    uint32_t blocs = chooser->rules->n_patterns + chooser->rules->n_sets;

    if (rule->n_blocs == 0)
        return enter(chooser, blocs + chooser->rules->n_sets, index);
    for (uint32_t i = 0; i < rule->n_blocs; i++) {
        if (enter(chooser, blocs + rule->blocs[i], index) != 0)
            return -1;
    }
    return 0;
}

static int enter_rule(struct chooser *chooser, uint32_t index)
{
    struct bw_ruleset *rules = chooser->rules;
    const struct bw_compiled_rule *rule = &rules->rules[index];
    float by_event = cost_of_event(chooser, rule), by_query = NOTHING;

    if (!rule->enabled)
        return 0;
    chooser->needs = (struct needs){0};
    if (rule->root != BW_NO_NODE) {
        by_query = cost_of(chooser, rule->root);
        find_needs(chooser, rule->root);
    }
    if (by_event < NOTHING && by_event <= by_query)
        return enter_event(chooser, rule, index);
    if (by_query < NOTHING)
        return enter_node(chooser, rule->root, index);
    rules->always[rules->n_always++] = index;
    return 0;
}

static int list_entries(struct chooser *chooser)
{
    struct bw_entries *lists = &chooser->rules->by_atom;
    uint32_t n_atoms = chooser->rules->n_atoms;

    lists->first = calloc((size_t)n_atoms + 2, sizeof *lists->first);
    lists->list = calloc(chooser->n + 1, sizeof *lists->list);
    if (lists->first == NULL || lists->list == NULL)
        return -1;
    for (size_t i = 0; i < chooser->n; i++)
        lists->first[chooser->entries[i].atom + 2]++;
    for (uint32_t a = 1; a <= n_atoms; a++)
        lists->first[a + 1] += lists->first[a];
    for (size_t i = 0; i < chooser->n; i++)
        lists->list[lists->first[chooser->entries[i].atom + 1]++] = chooser->entries[i].entry;
    return 0;
}

static bool atom_is_used(const struct bw_ruleset *rules, uint32_t atom)
{
    return rules->by_atom.first[atom + 1] > rules->by_atom.first[atom];
}

/* Whether finding the pattern may make a rule worth looking at. */
static bool pattern_gates(const struct chooser *chooser, uint32_t pattern)
{
    const struct bw_ruleset *rules = chooser->rules;
    uint32_t sets = rules->n_patterns, blocs = sets + rules->n_sets;

    if (atom_is_used(rules, pattern))
        return true;
    for (uint32_t i = rules->first_term[pattern]; i < rules->first_term[pattern + 1]; i++) {
        uint32_t set = rules->terms[i].set;

        if (atom_is_used(rules, sets + set) || chooser->needed[set])
            return true;
        if (rules->sets[set].facet == BW_FACET_BLOC &&
            (atom_is_used(rules, blocs + rules->compiled_sets[set].same_code) ||
             atom_is_used(rules, rules->n_atoms - 1)))
            return true;
    }
    return false;
}

/* The hash of a word without which the pattern makes no rule worth looking at; 0 for none: another
 * word of its own, or what the only rule under it needs beside it. */
static uint32_t gate_need(const struct bw_ruleset *rules, uint32_t index)
{
    const struct bw_pattern *pattern = &rules->patterns[index];
    const struct bw_entries *entries = &rules->by_atom;

    for (uint16_t i = 0; i < pattern->n; i++) {
        if (i != pattern->key && pattern->elements[i].kind == BW_ELEMENT_WORD)
            return pattern->elements[i].hash;
    }
    if (rules->first_term[index] != rules->first_term[index + 1] ||
        entries->first[index + 1] - entries->first[index] != 1)
        return 0;
    return entries->list[entries->first[index]].need;
}

static int build_indexes(const struct chooser *chooser)
{
    struct bw_ruleset *rules = chooser->rules;
    uint32_t *which = calloc((size_t)rules->n_patterns + 1, sizeof *which);
    uint32_t *needs = calloc((size_t)rules->n_patterns + 1, sizeof *needs);
    size_t n = 0;
    int result = -1;

    if (which == NULL || needs == NULL)
        goto out;
    for (uint32_t i = 0; i < rules->n_patterns; i++) {
        which[n] = i;
        needs[i] = gate_need(rules, i);
        n += pattern_gates(chooser, i);
    }
    if (index_init(&rules->gate, rules->patterns, which, n, needs) != 0)
        goto out;
    for (uint32_t i = 0; i < rules->n_patterns; i++)
        which[i] = i;
    result = index_init(&rules->full, rules->patterns, which, rules->n_patterns, NULL);
out:
    free(which);
    free(needs);
    return result;
}

int compile_index(struct bw_build *build)
{
    struct bw_ruleset *rules = build->rules;
    struct chooser chooser = {.build = build, .rules = rules};
    int result = -1;

    rules->n_atoms = rules->n_patterns + 2 * rules->n_sets + 1;
    rules->always = arena_calloc(rules->arena, (size_t)rules->n_rules + 1, sizeof *rules->always);
    chooser.needed = calloc((size_t)rules->n_sets + 1, sizeof *chooser.needed);
    if (rules->always == NULL || chooser.needed == NULL || count_uses(rules) != 0 ||
        invert_terms(rules) != 0 || sum_set_costs(&chooser) != 0)
        goto out;
    for (uint32_t i = 0; i < rules->n_rules; i++) {
        if (enter_rule(&chooser, i) != 0)
            goto out;
    }
    if (list_entries(&chooser) == 0)
        result = build_indexes(&chooser);
out:
    free(chooser.needed);
    free(chooser.set_costs);
    free(chooser.entries);
    return result;
}
