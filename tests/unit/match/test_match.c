/* Rules against items: queries, sets, guards, dates, events' place in rules. The event finder is
 * a double here: every actor with every bloc in one sentence "joins". */
#include "text.h"

#include "blocwatch/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int finder_calls;

int event_find(const struct bw_event_input *input, struct bw_arena *arena,
               struct bw_event_found **events, size_t *n_events, struct bw_error *err)
{
    (void)err;
    finder_calls++;
    *events = arena_calloc(arena, input->n_hits * input->n_hits + 1, sizeof **events);
    *n_events = 0;
    for (size_t i = 0; i < input->n_hits; i++) {
        for (size_t k = 0; k < input->n_hits; k++) {
            const struct bw_term_hit *a = &input->hits[i], *b = &input->hits[k];
            const struct bw_set *actor = &input->sets[a->set], *bloc = &input->sets[b->set];
            uint32_t sentence = input->text->tokens[a->first].sentence;
            struct bw_event_found *found = &(*events)[*n_events];

            if (actor->facet != BW_FACET_ACTOR || bloc->facet != BW_FACET_BLOC || actor->foreign)
                continue;
            found->across = sentence != input->text->tokens[b->first].sentence;
            found->actor_set = a->set;
            found->bloc_set = b->set;
            found->event =
                (struct bw_event){.actor = actor->code,
                                  .bloc = bloc->code,
                                  .stance = BW_STANCE_JOINS,
                                  .actor_span = text_span(input->text, a->first, a->last),
                                  .bloc_span = text_span(input->text, b->first, b->last),
                                  .sentence = text_sentence_span(input->text, sentence),
                                  .sentence_text = "",
                                  .why = ""};
            ++*n_events;
        }
    }
    return 0;
}

void event_explain(const struct bw_event_input *input, struct bw_buf *out)
{
    buf_printf(out, "  %zu terms\n", input->n_hits);
}

#define TERMS(...)                                                                                 \
    .terms = (struct bw_term[]){__VA_ARGS__},                                                      \
    .n_terms = sizeof((struct bw_term[]){__VA_ARGS__}) / sizeof(struct bw_term)

static struct bw_set sets[] = {
    {.id = "kazakhstan",
     .facet = BW_FACET_ACTOR,
     .code = "KZ",
     TERMS({.text = "kazakhstan*"}, {.text = "астан*"}, {.text = "Казахстан*"})},
    {.id = "tokayev",
     .facet = BW_FACET_ACTOR,
     .code = "KZ",
     .since = "2019-03-20",
     .until = "2029-03-20",
     TERMS({.text = "tokayev*"})},
    {.id = "uzbekistan",
     .facet = BW_FACET_ACTOR,
     .code = "UZ",
     TERMS({.text = "uzbek*"}, {.text = "oʻzbekiston*"})},
    {.id = "serbia",
     .facet = BW_FACET_ACTOR,
     .code = "RS",
     .foreign = true,
     TERMS({.text = "serbia"})},
    {.id = "brics",
     .facet = BW_FACET_BLOC,
     .code = "BRICS",
     TERMS({.text = "brics"}, {.text = "БРИКС"})},
    {.id = "sco",
     .facet = BW_FACET_BLOC,
     .code = "SCO",
     .cased = true,
     TERMS({.text = "SCO"}, {.text = "\"Shanghai Cooperation Org*\""})},
    {.id = "sco-group", .facet = BW_FACET_GUARD, TERMS({.text = "sco group"})},
};
enum { N_SETS = sizeof sets / sizeof sets[0] };

/* The rule set of one query; fails the test when it does not compile. */
static struct bw_ruleset *compile(const struct bw_rule *rules, size_t n)
{
    struct bw_watch watch = {
        .sets = sets, .n_sets = N_SETS, .rules = (struct bw_rule *)rules, .n_rules = n};
    struct bw_match_problems problems = {0};
    struct bw_ruleset *out = NULL;

    if (match_compile_rules(&watch, &out, &problems) != 0)
        fail_msg("%s: %s", problems.list[0].subject, problems.list[0].text);
    match_clear_problems(&problems);
    return out;
}

/* The ids of the rules that hit, and behind each its matched words: "a[x|y]". */
static const char *hits_of(const struct bw_rule *rules, size_t n, const struct bw_item *item)
{
    static char text[4096];
    struct bw_ruleset *compiled = compile(rules, n);
    struct bw_matcher *matcher = matcher_new(compiled);
    struct bw_arena *arena = arena_new(0);
    struct bw_error err = {0};
    struct bw_hits hits;
    size_t used = 0;

    assert_int_equal(matcher_match_item(matcher, item, "src-one", arena, &hits, &err), 0);
    assert_int_equal(hits.n_signature, hits.n_hits > 0 ? BW_SIGNATURE_SIZE : 0);
    text[0] = '\0';
    for (size_t i = 0; i < hits.n_hits; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s[", i > 0 ? " " : "",
                                 hits.hits[i].rule);
        for (size_t k = 0; k < hits.hits[i].n_matched; k++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k > 0 ? "|" : "",
                                     hits.hits[i].matched[k].text);
        used += (size_t)snprintf(text + used, sizeof text - used, "]");
    }
    arena_free(arena);
    matcher_free(matcher);
    ruleset_free(compiled);
    return text;
}

static const char *hits_of_query(const char *query, const struct bw_item *item)
{
    struct bw_rule rule = {.id = "r", .title = "R", .query = query, .enabled = true};

    return hits_of(&rule, 1, item);
}

static const struct bw_item item = {
    .title = "Kazakhstan will not seek BRICS membership",
    .summary = "БРИКС-ке кірмейді, dedi Tokayev. The U.N. matters more. E.A.E.U. stays.",
    .link = "https://rferl.org/a/kazakhstan-brics.html",
    .author = "Aigerim Toleukhanova",
    .lang = "en-us",
    .categories = (const char *[]){"Central Asia", "World Politics"},
    .n_categories = 2,
    .published = 1729000000,
};

static void test_queries(void **state)
{
    static const char *const rows[][2] = {
        {"brics", "r[BRICS]"},
        {"BRICS*", "r[BRICS]"},
        {"football", ""},
        {"brics AND football", ""},
        {"brics kazakhstan", "r[Kazakhstan|BRICS]"},
        {"football OR membership", "r[membership]"},
        {"brics NOT football", "r[BRICS]"},
        {"NOT brics", ""},
        {"NOT (football OR (NOT brics))", "r[]"},
        {"\"not seek brics\"", "r[not seek BRICS]"},
        {"\"not * brics\"", "r[not seek BRICS]"},
        {"\"not see* bri*\"", "r[not seek BRICS]"},
        {"\"seek not\"", ""},
        {"\"брикс кірмейді\"", "r[БРИКС-ке кірмейді]"},
        {"БРИКС-ке", "r[БРИКС-ке]"},
        {"ке", ""},
        {"eaeu", "r[E.A.E.U.]"},
        {"@kazakhstan @brics", "r[Kazakhstan|BRICS|БРИКС]"},
        {"title:tokayev", ""},
        {"text:tokayev", "r[Tokayev]"},
        {"title:(kazakhstan AND tokayev)", ""},
        {"kazakhstan NEAR/3 brics", ""},
        {"kazakhstan NEAR/4 brics", "r[Kazakhstan|BRICS]"},
        {"kazakhstan NEAR/6 membership", "r[Kazakhstan|membership]"},
        {"kazakhstan BEFORE/5 brics", "r[Kazakhstan|BRICS]"},
        {"brics BEFORE/9 kazakhstan", ""},
        {"membership NEAR/1 brics", "r[BRICS|membership]"},
        {"membership BEFORE/1 brics", ""},
        {"membership NEAR/3 \"брикс\"", ""}, /* not from field to field */
        {"(x OR seek) NEAR/2 not NEAR/5 brics", "r[not|seek|BRICS]"},
        {"SENTENCE(tokayev брикс)", "r[БРИКС|Tokayev]"},
        {"SENTENCE(tokayev eaeu)", ""},
        {"SENTENCE(tokayev NOT eaeu)", "r[Tokayev]"},
        {"/B.ICS/", "r[BRICS]"},
        {"/b.ics/", ""},
        {"/b.ics/i", "r[BRICS]"},
        {"/кір\\w+/", "r[кірмейді]"},
        {"text:/BRICS/", ""},
        {"SENTENCE(/БРИКС.*Tokayev/)", "r[БРИКС-ке кірмейді, dedi Tokayev]"},
        {"SENTENCE(/U.N..*E.A/)", ""},
        {"category:politics", "r[Politics]"},
        {"category:\"asia world\"", ""},
        {"category:(asia AND politics)", "r[Asia|Politics]"},
        {"category:(asia NEAR/5 politics)", ""},
        {"category:(world NEAR/1 politics)", "r[World|Politics]"},
        {"author:toleukhan*", "r[Toleukhanova]"},
        {"link:rferl.org", "r[rferl.org]"},
        {"link:brics", "r[brics]"},
        {"source:src-one", "r[]"},
        {"source:src*", "r[]"},
        {"source:src", ""},
        {"lang:en", "r[]"},
        {"lang:(ru OR kk)", ""},
        {"lang:en brics", "r[BRICS]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = hits_of_query(rows[i][0], &item);

        if (strcmp(got, rows[i][1]) != 0)
            fail_msg("%s: '%s', expected '%s'", rows[i][0], got, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
