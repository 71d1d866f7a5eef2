/* match_compile_rules(): sets, then rules, then the index. Owns what is being built. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

void *build_grow(struct bw_build *build, void *array, size_t n, size_t *cap, size_t size)
{
    size_t more;
    void *grown;

    if (n < *cap)
        return array;
    more = *cap == 0 ? 64 : *cap * 2;
    grown = more > SIZE_MAX / size ? NULL : realloc(array, more * size);
    if (grown == NULL) {
        build->no_memory = true;
        return NULL;
    }
    *cap = more;
    return grown;
}

uint32_t build_intern_pattern(struct bw_build *build, const struct bw_pattern *pattern)
{
    struct bw_ruleset *rules = build->rules;
    uint32_t id = rules->n_patterns;
    struct bw_pattern *patterns;
    char *key;

    buf_reset(&build->key);
    if (pattern_write_key(pattern, &build->key) != 0)
        return BW_NO_NODE;
    if (names_get(&build->pattern_names, build->key.data, build->key.len, &id))
        return id;
    patterns = build_grow(build, rules->patterns, rules->n_patterns, &build->patterns_cap,
                          sizeof *patterns);
    if (patterns == NULL)
        return BW_NO_NODE;
    rules->patterns = patterns;
    key = arena_strndup(rules->arena, build->key.data, build->key.len);
    if (key == NULL || names_put(&build->pattern_names, key, build->key.len, &id) < 0)
        return BW_NO_NODE;
    patterns[rules->n_patterns++] = *pattern;
    return id;
}

const char *build_nearest_set(const struct bw_build *build, const char *name, size_t len)
{
    const char *near = NULL;
    unsigned best = 99;

    for (uint32_t i = 0; i < build->rules->n_sets; i++) {
        if (name_is_nearer(name, len, build->rules->sets[i].id, &best))
            near = build->rules->sets[i].id;
    }
    return near;
}

void ruleset_free(struct bw_ruleset *rules)
{
    if (rules == NULL)
        return;
    for (uint32_t i = 0; i < rules->n_regexes; i++)
        pcre2_code_free(rules->regexes[i]);
    index_clear(&rules->gate);
    index_clear(&rules->full);
    free(rules->patterns);
    free(rules->nodes);
    free(rules->children);
    free(rules->regexes);
    free(rules->strings);
    free(rules->by_atom.first);
    free(rules->by_atom.list);
    arena_free(rules->arena);
    free(rules);
}

size_t ruleset_count(const struct bw_ruleset *rules)
{
    return rules->n_enabled;
}

static int compile(struct bw_build *build, const struct bw_watch *watch)
{
    build->rules->arena = arena_new(0);
    if (build->rules->arena == NULL || compile_sets(build, watch) != 0 ||
        compile_rules(build, watch) != 0)
        return -1;
    return build->problems->n_errors > 0 ? 0 : compile_index(build);
}

int match_compile_rules(const struct bw_watch *watch, struct bw_ruleset **out,
                        struct bw_match_problems *problems)
{
    struct bw_build build = {.problems = problems};
    struct bw_spot whole = {.kind = "the", .name = "rule set"};
    int result = -1;

    text_init(&build.scratch);
    buf_init(&build.key);
    build.rules = calloc(1, sizeof *build.rules);
    if (build.rules != NULL)
        result = compile(&build, watch);
    if (result != 0 || build.no_memory)
        problem_add(problems, false, &whole, "out of memory");
    names_clear(&build.set_names);
    names_clear(&build.pattern_names);
    names_clear(&build.code_names);
    text_clear(&build.scratch);
    buf_clear(&build.key);
    if (problems->n_errors > 0) {
        ruleset_free(build.rules);
        return -1;
    }
    *out = build.rules;
    return 0;
}
