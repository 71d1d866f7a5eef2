/* Rules: copied, checked, their queries parsed. Owns nothing. */
#include "compile.h"

#include <string.h>

static struct bw_spot spot_of(const struct bw_rule *rule)
{
    return (struct bw_spot){.kind = "rule", .name = rule->id, .place = rule->place};
}

/* The sets that an event names, as the first sets with their codes. */
static int compile_names(struct bw_build *build, const struct bw_rule *rule, enum bw_facet facet,
                         const char *const *names, size_t n, uint32_t **out, uint32_t *n_out)
{
    const char *key = facet == BW_FACET_ACTOR ? "actor" : "bloc";
    struct bw_spot spot = spot_of(rule);
    const struct bw_set *set;
    uint32_t index;

    *out = arena_calloc(build->rules->arena, n + 1, sizeof **out);
    *n_out = 0;
    if (*out == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const char *near;

        if (!names_get(&build->set_names, names[i], strlen(names[i]), &index)) {
            near = build_nearest_set(build, names[i], strlen(names[i]));
            problem_add(build->problems, false, &spot, "event %s: there is no set '%s'%s%s%s", key,
                        names[i], near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                        near != NULL ? "?" : "");
            continue;
        }
        set = &build->rules->sets[index];
        if (set->facet != facet)
            problem_add(build->problems, false, &spot, "event %s: set '%s' is no %s", key, names[i],
                        key);
        else if (facet == BW_FACET_ACTOR && set->foreign)
            problem_add(build->problems, true, &spot,
                        "event actor: set '%s' is foreign and never makes an event", names[i]);
        (*out)[(*n_out)++] = build->rules->compiled_sets[index].same_code;
    }
    return 0;
}

static uint16_t compile_stances(struct bw_build *build, const struct bw_rule *rule)
{
    struct bw_spot spot = spot_of(rule);
    uint16_t mask = 0;

    for (size_t i = 0; i < rule->n_stances; i++) {
        const char *name = rule->stances[i], *near = NULL;
        int stance = stance_parse(name);
        unsigned best = 99;

        if (strcmp(name, "any") == 0)
            return 0;
        if (stance >= 0) {
            mask |= (uint16_t)(1u << stance);
            continue;
        }
        for (int k = 0; k < BW_STANCES; k++) {
            if (name_is_nearer(name, strlen(name), stance_name((enum bw_stance)k), &best))
                near = stance_name((enum bw_stance)k);
        }
        problem_add(build->problems, false, &spot, "event stance: there is no stance '%s'%s%s%s",
                    name, near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                    near != NULL ? "?" : ": expected a name of the ladder, such as joins");
    }
    return mask;
}

static bool is_any_set(const struct bw_ruleset *rules, enum bw_facet facet)
{
    for (uint32_t i = 0; i < rules->n_sets; i++) {
        if (rules->sets[i].facet == facet && !rules->sets[i].foreign)
            return true;
    }
    return false;
}

static int compile_event(struct bw_build *build, const struct bw_rule *rule,
                         struct bw_compiled_rule *out)
{
    struct bw_spot spot = spot_of(rule);

    out->has_event = true;
    out->within = (uint8_t)rule->within;
    out->stances = compile_stances(build, rule);
    if (rule->n_actors == 0 && !is_any_set(build->rules, BW_FACET_ACTOR))
        problem_add(build->problems, true, &spot,
                    "can never match: there is no set of facet actor that makes events");
    if (rule->n_blocs == 0 && !is_any_set(build->rules, BW_FACET_BLOC))
        problem_add(build->problems, true, &spot, "can never match: there is no set of facet bloc");
    return compile_names(build, rule, BW_FACET_ACTOR, rule->actors, rule->n_actors, &out->actors,
                         &out->n_actors) != 0 ||
                   compile_names(build, rule, BW_FACET_BLOC, rule->blocs, rule->n_blocs,
                                 &out->blocs, &out->n_blocs) != 0
               ? -1
               : 0;
}

static int name_rule(struct bw_build *build, struct bw_names *names, const struct bw_rule *rule,
                     uint32_t index)
{
    struct bw_spot spot = spot_of(rule);
    int result;

    if (rule->id == NULL || rule->id[0] == '\0') {
        problem_add(build->problems, false, &spot, "a rule needs an id");
        return 0;
    }
    result = names_put(names, rule->id, strlen(rule->id), &index);
    if (result == 1)
        problem_add(build->problems, false, &spot, "there is another rule of this id");
    return result < 0 ? -1 : 0;
}

static int compile_query(struct bw_build *build, const struct bw_rule *rule,
                         struct bw_compiled_rule *out)
{
    struct bw_spot spot = spot_of(rule);

    if (rule->query_place.line > 0)
        spot.place = rule->query_place;
    out->query = arena_strdup(build->rules->arena, rule->query);
    if (out->query == NULL)
        return -1;
    if (query_parse(build, &spot, out->query, &out->root) != 0)
        return build->no_memory ? -1 : 0;
    query_check(build, &spot, out->query, out->root);
    return 0;
}

static int compile_rule(struct bw_build *build, const struct bw_rule *rule,
                        struct bw_compiled_rule *out)
{
    struct bw_arena *arena = build->rules->arena;
    struct bw_spot spot = spot_of(rule);

    out->id = arena_strdup(arena, rule->id != NULL ? rule->id : "");
    out->title = arena_strdup(arena, rule->title);
    out->severity = (uint8_t)rule->severity;
    out->enabled = rule->enabled;
    out->root = BW_NO_NODE;
    if (out->id == NULL)
        return -1;
    if (rule->query == NULL && !rule->has_event)
        problem_add(build->problems, false, &spot, "a rule needs a query, an event, or both");
    if (rule->has_event && compile_event(build, rule, out) != 0)
        return -1;
    return rule->query != NULL ? compile_query(build, rule, out) : 0;
}

int compile_rules(struct bw_build *build, const struct bw_watch *watch)
{
    struct bw_ruleset *rules = build->rules;
    struct bw_names names = {0};
    int result = 0;

    rules->rules = arena_calloc(rules->arena, watch->n_rules + 1, sizeof *rules->rules);
    /* Leaves add nothing to it and yet point into it. */
    rules->children = build_grow(build, NULL, 0, &build->children_cap, sizeof *rules->children);
    if (rules->rules == NULL || rules->children == NULL)
        return -1;
    for (size_t i = 0; i < watch->n_rules && result == 0; i++) {
        const struct bw_rule *rule = &watch->rules[i];

        result = name_rule(build, &names, rule, (uint32_t)i);
        if (result == 0)
            result = compile_rule(build, rule, &rules->rules[i]);
        rules->n_enabled += rule->enabled;
        rules->n_rules++;
    }
    names_clear(&names);
    return result;
}
