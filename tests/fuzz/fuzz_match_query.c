/* Any text as a query and as a lexicon term: it compiles or is refused with a problem that can be
 * printed, and what compiles can be matched and explained. */
#include "blocwatch/match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const struct bw_ruleset *rules, const char *text)
{
    struct bw_item item = {.title = "Kazakhstan will not seek BRICS membership",
                           .summary = text,
                           .link = "https://example.org/brics",
                           .published = BW_TIME_NONE};
    struct bw_matcher *matcher = matcher_new(rules);
    struct bw_arena *arena = arena_new(0);
    struct bw_buf out;
    struct bw_hits hits;

    buf_init(&out);
    if (matcher != NULL && arena != NULL &&
        matcher_match_item(matcher, &item, "fuzz", arena, &hits, NULL) == 0) {
        for (size_t i = 0; i < hits.n_hits; i++) {
            if (hits.hits[i].rule == NULL || hits.n_signature != BW_SIGNATURE_SIZE)
                abort();
        }
        match_explain_item(matcher, "r", &item, "fuzz", &out, NULL);
    }
    buf_clear(&out);
    arena_free(arena);
    matcher_free(matcher);
}

static void compile(const char *query, const char *term)
{
    struct bw_term terms[] = {{.text = term}};
    struct bw_set set = {.id = "set", .terms = terms, .n_terms = 1, .cased = true};
    struct bw_rule rule = {.id = "r", .query = query, .enabled = true};
    struct bw_watch watch = {.sets = &set, .n_sets = 1, .rules = &rule, .n_rules = 1};
    struct bw_match_problems problems = {0};
    struct bw_ruleset *rules = NULL;
    struct bw_buf out;

    buf_init(&out);
    if (match_compile_rules(&watch, &rules, &problems) == 0)
        match(rules, query);
    else if (problems.n_errors == 0)
        abort();
    for (size_t i = 0; i < problems.n; i++)
        match_format_problem(&problems.list[i], &out);
    buf_clear(&out);
    match_clear_problems(&problems);
    ruleset_free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    compile(text, "brics");
    compile("@set", text);
    free(text);
    return 0;
}
