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

static void test_order_and_disabled(void **state)
{
    const struct bw_rule rules[] = {
        {.id = "b", .query = "brics", .enabled = true},
        {.id = "off", .query = "brics", .enabled = false},
        {.id = "a", .query = "kazakhstan", .enabled = true},
        {.id = "never", .query = "zebra", .enabled = true},
    };
    struct bw_ruleset *compiled = compile(rules, 4);

    (void)state;
    assert_int_equal(ruleset_count(compiled), 3);
    ruleset_free(compiled);
    assert_string_equal(hits_of(rules, 4, &item), "b[BRICS] a[Kazakhstan]");
}

static void test_guards_and_case(void **state)
{
    struct bw_item one = {.title = "SCO Group sues IBM", .published = BW_TIME_NONE};

    (void)state;
    assert_string_equal(hits_of_query("@sco", &one), "");
    assert_string_equal(hits_of_query("sco", &one), "r[SCO]");
    assert_string_equal(hits_of_query("@sco-group", &one), "r[SCO Group]");
    one.title = "Astana and the SCO: Shanghai Cooperation Organisation meets";
    assert_string_equal(hits_of_query("@sco", &one), "r[SCO|Shanghai Cooperation Organisation]");
    one.title = "sco and Sco and shanghai cooperation org";
    assert_string_equal(hits_of_query("@sco", &one), "");
    one.title = "the S.C.O. met";
    assert_string_equal(hits_of_query("@sco", &one), "r[S.C.O.]");
}

static void test_dates_of_office(void **state)
{
    struct bw_item one = {.title = "Tokayev speaks", .published = BW_TIME_NONE};

    (void)state;
    assert_string_equal(hits_of_query("@tokayev", &one), "r[Tokayev]");
    one.published = 1729000000; /* 2024 */
    assert_string_equal(hits_of_query("@tokayev", &one), "r[Tokayev]");
    one.published = 1553040000 - 1; /* the second before 2019-03-20 */
    assert_string_equal(hits_of_query("@tokayev", &one), "");
    one.published = 1553040000;
    assert_string_equal(hits_of_query("@tokayev", &one), "r[Tokayev]");
    one.published = 1868659200 + 86399; /* the last second of 2029-03-20 */
    assert_string_equal(hits_of_query("@tokayev", &one), "r[Tokayev]");
    one.published = 1868659200 + 86400;
    assert_string_equal(hits_of_query("@tokayev", &one), "");
}

static const char *event_hits(struct bw_rule rule, const struct bw_item *one)
{
    rule.id = "e";
    rule.has_event = true;
    rule.enabled = true;
    return hits_of(&rule, 1, one);
}

static void test_events(void **state)
{
    const char *kazakhstan[] = {"kazakhstan"}, *uzbekistan[] = {"uzbekistan"}, *sco[] = {"sco"},
               *brics[] = {"sco", "brics"}, *joins[] = {"leaves", "joins"}, *leaves[] = {"leaves"};
    struct bw_item one = {.title = "Kazakhstan in BRICS", .published = BW_TIME_NONE};
    struct bw_item two = {
        .title = "Tokayev speaks", .summary = "Serbia and BRICS.", .published = BW_TIME_NONE};

    (void)state;
    assert_string_equal(event_hits((struct bw_rule){0}, &one), "e[Kazakhstan|BRICS]");
    assert_string_equal(event_hits((struct bw_rule){.actors = kazakhstan, .n_actors = 1}, &one),
                        "e[Kazakhstan|BRICS]");
    assert_string_equal(event_hits((struct bw_rule){.actors = uzbekistan, .n_actors = 1}, &one),
                        "");
    assert_string_equal(event_hits((struct bw_rule){.blocs = sco, .n_blocs = 1}, &one), "");
    assert_string_equal(event_hits((struct bw_rule){.blocs = brics, .n_blocs = 2}, &one),
                        "e[Kazakhstan|BRICS]");
    assert_string_equal(event_hits((struct bw_rule){.stances = joins, .n_stances = 2}, &one),
                        "e[Kazakhstan|BRICS]");
    assert_string_equal(event_hits((struct bw_rule){.stances = leaves, .n_stances = 1}, &one), "");
    assert_string_equal(event_hits((struct bw_rule){.query = "kazakhstan"}, &one),
                        "e[Kazakhstan|BRICS]");
    assert_string_equal(event_hits((struct bw_rule){.query = "football"}, &one), "");
    /* Another set of the same code counts; the foreign one does not; sentences are kept apart. */
    assert_string_equal(event_hits((struct bw_rule){.within = BW_WITHIN_SENTENCE}, &two), "");
    assert_string_equal(
        event_hits((struct bw_rule){.within = BW_WITHIN_ITEM, .actors = kazakhstan, .n_actors = 1},
                   &two),
        "e[Tokayev|BRICS]");
}

static void test_events_are_looked_for_once(void **state)
{
    const struct bw_rule rules[] = {
        {.id = "a", .has_event = true, .enabled = true},
        {.id = "b", .has_event = true, .enabled = true},
    };
    struct bw_item none = {.title = "Kazakhstan and Serbia", .published = BW_TIME_NONE};
    struct bw_item foreign = {.title = "Serbia in BRICS", .published = BW_TIME_NONE};
    struct bw_item one = {.title = "Uzbekistan in BRICS", .published = BW_TIME_NONE};

    (void)state;
    finder_calls = 0;
    assert_string_equal(hits_of(rules, 2, &none), "");
    assert_string_equal(hits_of(rules, 2, &foreign), "");
    assert_int_equal(finder_calls, 0);
    assert_string_equal(hits_of(rules, 2, &one), "a[Uzbekistan|BRICS] b[Uzbekistan|BRICS]");
    assert_int_equal(finder_calls, 1);
}

static void test_spans(void **state)
{
    const struct bw_rule rule = {.id = "r", .query = "кірмейді OR brics", .enabled = true};
    struct bw_item one = {
        .title = "№ BRICS", .summary = "Қазақстан кірмейді", .published = BW_TIME_NONE};
    struct bw_ruleset *compiled = compile(&rule, 1);
    struct bw_matcher *matcher = matcher_new(compiled);
    struct bw_arena *arena = arena_new(0);
    struct bw_hits hits;
    const struct bw_span *span;

    (void)state;
    assert_int_equal(matcher_match_item(matcher, &one, NULL, arena, &hits, NULL), 0);
    assert_int_equal(hits.n_hits, 1);
    assert_int_equal(hits.hits[0].n_matched, 2);
    span = &hits.hits[0].matched[0].span;
    assert_int_equal(span->field, BW_FIELD_TITLE);
    assert_int_equal(span->start, 4);
    assert_int_equal(span->cp_start, 2);
    assert_int_equal(span->cp_len, 5);
    span = &hits.hits[0].matched[1].span;
    assert_int_equal(span->field, BW_FIELD_SUMMARY);
    assert_int_equal(span->cp_start, 10);
    assert_int_equal(span->cp_len, 8);
    assert_int_equal(span->len, 16);
    arena_free(arena);
    matcher_free(matcher);
    ruleset_free(compiled);
}

/* The share of the signatures' places that are equal. */
static double similarity(const char *a, const char *b)
{
    const struct bw_rule rule = {.id = "r", .query = "w0", .enabled = true};
    struct bw_item one = {.title = a}, two = {.title = b};
    struct bw_ruleset *compiled = compile(&rule, 1);
    struct bw_matcher *matcher = matcher_new(compiled);
    struct bw_arena *arena = arena_new(0);
    struct bw_hits x, y;
    int equal = 0;

    assert_int_equal(matcher_match_item(matcher, &one, NULL, arena, &x, NULL), 0);
    assert_int_equal(matcher_match_item(matcher, &two, NULL, arena, &y, NULL), 0);
    assert_int_equal(x.n_signature, BW_SIGNATURE_SIZE);
    assert_int_equal(y.n_signature, BW_SIGNATURE_SIZE);
    for (int i = 0; i < BW_SIGNATURE_SIZE; i++)
        equal += x.signature[i] == y.signature[i];
    arena_free(arena);
    matcher_free(matcher);
    ruleset_free(compiled);
    return (double)equal / BW_SIGNATURE_SIZE;
}

static void test_signature(void **state)
{
    char a[2048], b[2048];
    double sum = 0;

    (void)state;
    for (int k = 0; k < 20; k++) { /* 60 words, 30 of them in both: 30 of 90 */
        size_t n = 0, m = 0;

        n += (size_t)snprintf(a, sizeof a, "w0");
        m += (size_t)snprintf(b, sizeof b, "w0");
        for (int i = 1; i < 60; i++) {
            n += (size_t)snprintf(a + n, sizeof a - n, " w%d", k * 100 + i);
            m += (size_t)snprintf(b + m, sizeof b - m, " w%d", k * 100 + i + 30);
        }
        sum += similarity(a, b);
    }
    assert_true(sum / 20 > 0.26 && sum / 20 < 0.40);
    assert_true(similarity("w0 a b c", "W0: a, b – c!") == 1);
    assert_true(similarity("w0 a b c", "w0 x y z") < 0.5);
}

static void test_fold_text(void **state)
{
    struct bw_buf once, twice;
    const char *string = "«Oʻzbekiston» — БРИКС-ке, ЁЛКА! E.A.E.U.’s";

    (void)state;
    buf_init(&once);
    buf_init(&twice);
    assert_int_equal(match_fold_text(string, strlen(string), &once), 0);
    assert_string_equal(once.data, "«oʻzbekiston» — брикс-ке, елка! eaeu-s");
    assert_int_equal(match_fold_text(once.data, once.len, &twice), 0);
    assert_string_equal(twice.data, once.data);
    buf_clear(&once);
    buf_clear(&twice);
}

static void check_explained(const struct bw_rule *rule, const struct bw_item *one,
                            const char *expected)
{
    struct bw_ruleset *compiled = compile(rule, 1);
    struct bw_matcher *matcher = matcher_new(compiled);
    struct bw_error err = {0};
    struct bw_buf out;

    buf_init(&out);
    assert_int_equal(match_explain_item(matcher, "nothing", one, NULL, &out, &err), -1);
    assert_int_equal(err.code, BW_ERR_NOTFOUND);
    assert_int_equal(match_explain_item(matcher, "r", one, "src-one", &out, &err), 0);
    assert_string_equal(out.data, expected);
    buf_clear(&out);
    matcher_free(matcher);
    ruleset_free(compiled);
}

static void test_explain(void **state)
{
    const char *uzbekistan[] = {"uzbekistan"};
    const struct bw_rule query = {.id = "r",
                                  .query = "title:(@kazakhstan AND @brics) OR kazakhstan NEAR/3 "
                                           "brics OR SENTENCE(tokayev eaeu) NOT source:src*",
                                  .enabled = true};
    const struct bw_rule event = {
        .id = "r", .has_event = true, .actors = uzbekistan, .n_actors = 1, .enabled = false};
    const struct bw_rule guard = {.id = "r", .query = "@sco @tokayev", .enabled = true};
    const struct bw_item old = {.title = "Tokayev and the SCO Group", .published = 0};

    (void)state;
    check_explained(&query, &item,
                    "rule r: hit\n"
                    "query:\n"
                    "  true   OR\n"
                    "    true   AND\n"
                    "      true   title:@kazakhstan: 'Kazakhstan' (title)\n"
                    "      true   title:@brics: 'BRICS' (title)\n"
                    "    false  NEAR/3: both are there, further apart\n"
                    "      true   kazakhstan: 'Kazakhstan' (title)\n"
                    "      true   brics: 'BRICS' (title)\n"
                    "    false  AND\n"
                    "      false  SENTENCE: the nearest is 'БРИКС-ке кірмейді, dedi Tokayev.'\n"
                    "        false  AND\n"
                    "          true   tokayev: 'Tokayev' (summary)\n"
                    "          false  eaeu\n"
                    "      false  NOT\n"
                    "        true   source:src*: the source is 'src-one'\n");
    check_explained(&event, &item,
                    "rule r: no hit (the rule is disabled)\n"
                    "events:\n"
                    "  4 terms\n"
                    "  event KZ joins BRICS, stated: not taken: the rule asks for other actors\n"
                    "  event KZ joins BRICS, stated: not taken: the rule wants one sentence\n"
                    "  event KZ joins BRICS, stated: not taken: the rule wants one sentence\n"
                    "  event KZ joins BRICS, stated: not taken: the rule asks for other actors\n");
    check_explained(
        &guard, &old,
        "rule r: no hit\n"
        "query:\n"
        "  false  AND\n"
        "    false  @sco: 'SCO' stands within a guard's words\n"
        "    false  @tokayev: 'Tokayev' was not in office when the item was published\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),         cmocka_unit_test(test_order_and_disabled),
        cmocka_unit_test(test_guards_and_case), cmocka_unit_test(test_dates_of_office),
        cmocka_unit_test(test_events),          cmocka_unit_test(test_events_are_looked_for_once),
        cmocka_unit_test(test_spans),           cmocka_unit_test(test_signature),
        cmocka_unit_test(test_fold_text),       cmocka_unit_test(test_explain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
