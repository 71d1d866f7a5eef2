/* What is told about wrong and doubtful sets and rules. */
#include "blocwatch/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bw_term one_term[] = {{.text = "kazakhstan*", .place = {"l.yaml", 3}}};
static struct bw_set sets[] = {
    {.id = "kazakhstan", .facet = BW_FACET_ACTOR, .code = "KZ", .terms = one_term, .n_terms = 1},
    {.id = "brics", .facet = BW_FACET_BLOC, .code = "BRICS", .terms = one_term, .n_terms = 1},
    {.id = "empty", .facet = BW_FACET_TOPIC},
};

/* All problems as text, the warning about the empty set left out. */
static const char *problems_of(const struct bw_watch *watch)
{
    static char text[8192];
    struct bw_match_problems problems = {0};
    struct bw_ruleset *rules = NULL;
    struct bw_buf out;
    int result = match_compile_rules(watch, &rules, &problems);

    assert_int_equal(result, problems.n_errors > 0 ? -1 : 0);
    assert_true((rules == NULL) == (result != 0));
    buf_init(&out);
    for (size_t i = 0; i < problems.n; i++) {
        if (strstr(problems.list[i].subject, "empty") == NULL)
            match_format_problem(&problems.list[i], &out);
    }
    snprintf(text, sizeof text, "%s", buf_text(&out));
    buf_clear(&out);
    match_clear_problems(&problems);
    ruleset_free(rules);
    return text;
}

static const char *problems_of_query(const char *query)
{
    struct bw_rule rule = {.id = "r",
                           .query = query,
                           .enabled = true,
                           .place = {"r.yaml", 1},
                           .query_place = {"r.yaml", 3}};
    struct bw_watch watch = {.sets = sets, .n_sets = 3, .rules = &rule, .n_rules = 1};

    return problems_of(&watch);
}

/* The column of the caret, from 1, on the last line; 0 when there is none. */
static int caret_of(const char *text)
{
    const char *last = text, *caret = strchr(text, '^');

    for (const char *p = text; caret != NULL && p < caret; p++)
        last = *p == '\n' ? p + 1 : last;
    return caret == NULL ? 0 : (int)(caret - last) + 1 - 4;
}

static void test_wrong_queries(void **state)
{
    static const struct {
        const char *query, *told;
        int caret; /* column */
    } rows[] = {
        {"", "expected a word", 1},
        {"brics AND", "expected a word", 10},
        {"brics AND OR x", "unexpected OR", 11},
        {"AND brics", "unexpected AND", 1},
        {"NOT", "the query ends here", 4},
        {"(brics", "this parenthesis has no end: expected )", 1},
        {"brics)", "no parenthesis is open", 6},
        {"()", "something between the parentheses", 2},
        {"\"brics", "has no end: expected \"", 1},
        {"a b \"c d", "has no end: expected \"", 5},
        {"/brics", "has no end: expected /", 1},
        {"/bri(cs/", "not a regular expression", 8},
        {"/brics/q", "unknown flag 'q'", 8},
        {"@kazahstan", "did you mean @kazakhstan?", 1},
        {"x @nothinglikeit", "there is no set @nothinglikeit: expected", 3},
        {"x @", "expected the name of a set", 3},
        {"a NEAR b", "expected for example NEAR/5", 3},
        {"a NEAR/0 b", "from 1 to 1000", 3},
        {"a NEAR/x b", "expected for example NEAR/5", 3},
        {"a BEFORE/2000 b", "from 1 to 1000", 3},
        {"a NEAR/5", "expected a word", 9},
        {"a NAER/5 b", "did you mean NEAR/n?", 3},
        {"a NEAR/5 NOT b", "measures words", 10},
        {"(a AND b) NEAR/5 c", "measures words", 2},
        {"title:a NEAR/5 link:b", "words of different fields", 21},
        {"a && b", "&& is no operator: expected AND", 3},
        {"a || b", "|| is no operator: expected OR", 3},
        {"!a", "! is no operator: expected NOT", 1},
        {"a -b", "- is no operator: expected NOT", 3},
        {"titel:a", "did you mean title:?", 1},
        {"http://x", "goes into quotes", 1},
        {"title: a", "directly behind", 8},
        {"title:(a text:b)", "a field cannot stand inside another", 10},
        {"source:@brics", "takes names", 8},
        {"SENTENCE a", "expected ( behind SENTENCE", 10},
        {"SENTENCE(a SENTENCE(b))", "cannot stand inside SENTENCE", 12},
        {"SENTENCE(lang:ru)", "has no sentences", 10},
        {"br*cs", "a * may stand at the end", 3},
        {"x \"* *\"", "holds no letter", 4},
        {"—", "holds no letter", 1},
        {"“brics”", "expected the straight mark", 1},
        {"ұлттық @nothing", "there is no set", 8}, /* columns, not bytes */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = problems_of_query(rows[i].query);

        if (strstr(text, rows[i].told) == NULL || strstr(text, "r.yaml:3: error: rule r: ") != text)
            fail_msg("%s: told '%s'", rows[i].query, text);
        if (caret_of(text) != rows[i].caret)
            fail_msg("%s: caret at %d\n%s", rows[i].query, caret_of(text), text);
    }
}

static void test_doubtful_queries(void **state)
{
    static const char *const rows[][2] = {
        {"brics", ""},
        {"NOT brics", "matches every item that holds none of its words"},
        {"brics OR NOT x", "matches every item that holds none of its words"},
        {"a OR NOT a", "matches every item"},
        {"/x*/", "matches every item"},
        {"a AND NOT a", "can never match"},
        {"(a OR b) NOT a NOT b", "can never match"},
        {"title:a NOT text:a", ""},
        {"@empty", "can never match"},
        {"a @empty", "can never match"},
        {"a and b", "the operator is written AND"},
        {"a or b", "the operator is written OR"},
        {"a ADN b", "did you mean AND?"},
        {"/(i?)brics/", "for the option write (?i)"},
        {"k*", "every word with this first letter"},
        {"a b c d e f g h i j k l m n o", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = problems_of_query(rows[i][0]);

        if (strstr(text, rows[i][1]) == NULL || (rows[i][1][0] == '\0' && text[0] != '\0') ||
            strstr(text, "error") != NULL)
            fail_msg("%s: told '%s'", rows[i][0], text);
    }
}

static void test_lines(void **state)
{
    (void)state;
    assert_string_equal(problems_of_query("brics AND\n  (kazakhstan OR\n   @brisc)"),
                        "r.yaml:5: error: rule r: there is no set @brisc: did you mean @brics?\n"
                        "       @brisc)\n"
                        "       ^~~~~~\n");
}

static void test_deep_and_long(void **state)
{
    char *query = malloc(200002);

    (void)state;
    memset(query, '(', 200000);
    strcpy(query + 1000, "a");
    assert_non_null(strstr(problems_of_query(query), "nested deeper than 64 levels"));
    for (int i = 0; i < 60000; i += 2)
        memcpy(query + i, "a ", 3);
    assert_non_null(strstr(problems_of_query(query), "at most 4096"));
    memset(query, 'a', 100000);
    query[100000] = '\0';
    assert_non_null(strstr(problems_of_query(query), "at most 65536 bytes"));
    free(query);
}

static const char *problems_of_set(struct bw_set set, const char *term)
{
    struct bw_term terms[] = {{.text = term, .place = {"l.yaml", 7}}};
    struct bw_watch watch = {.sets = &set, .n_sets = 1};

    set.id = set.id != NULL ? set.id : "s";
    set.place = (struct bw_place){"l.yaml", 2};
    set.terms = terms;
    set.n_terms = 1;
    return problems_of(&watch);
}

static void test_sets(void **state)
{
    const struct {
        struct bw_set set;
        const char *term, *told;
    } rows[] = {
        {{.facet = BW_FACET_TOPIC}, "kazakhstan", ""},
        {{.facet = BW_FACET_TOPIC}, "\"no plans to\"", ""},
        {{.facet = BW_FACET_TOPIC}, "", "l.yaml:7: error: set s: an empty term"},
        {{.facet = BW_FACET_TOPIC}, " \"\" ", "an empty term"},
        {{.facet = BW_FACET_TOPIC}, "—", "holds no letter or digit"},
        {{.facet = BW_FACET_TOPIC}, "*", "holds no letter or digit"},
        {{.facet = BW_FACET_TOPIC}, "ka*an", "a * may stand at the end"},
        {{.facet = BW_FACET_TOPIC}, "k*", "warning: set s: every word with this first letter"},
        {{.facet = BW_FACET_TOPIC, .id = ""}, "x", "a set needs a name"},
        {{.facet = BW_FACET_ACTOR}, "x", "l.yaml:2: error: set s: an actor needs `iso:`"},
        {{.facet = BW_FACET_ACTOR, .code = "kz"}, "x", "two capital letters"},
        {{.facet = BW_FACET_BLOC}, "x", "a bloc needs `code:`"},
        {{.facet = BW_FACET_STANCE, .code = "join"}, "x", "did you mean joins?"},
        {{.facet = BW_FACET_STANCE, .code = "zzz"}, "x", "there is no stance 'zzz': expected"},
        {{.facet = BW_FACET_CUE}, "x", "a cue needs `effect:`"},
        {{.facet = BW_FACET_CUE, .code = "negate"},
         "x",
         "there is no effect 'negate': expected plans, negates, denies"},
        {{.facet = BW_FACET_CUE, .code = "join-bloc"}, "x", "such as joins-bloc"},
        {{.facet = BW_FACET_CUE, .code = "leaves-bloc"}, "x", ""},
        {{.facet = BW_FACET_CUE, .code = "membership-bloc"}, "x", ""},
        {{.facet = BW_FACET_TOPIC, .code = "KZ"}, "x", "warning: set s: 'KZ' has no meaning"},
        {{.facet = BW_FACET_TOPIC, .scope = "before"}, "x", "belong to a set of facet cue"},
        {{.facet = BW_FACET_CUE, .code = "negates", .scope = "left"}, "x", "before, after or both"},
        {{.facet = BW_FACET_CUE, .code = "negates", .reach = -1}, "x", "not below zero"},
        {{.facet = BW_FACET_BLOC, .code = "X", .foreign = true}, "x", "facet actor"},
        {{.facet = BW_FACET_BLOC, .code = "X", .object = "actor"}, "x", "facet stance"},
        {{.facet = BW_FACET_STANCE, .code = "joins", .object = "bloc"}, "x", "actor only"},
        {{.facet = BW_FACET_TOPIC, .since = "2024-13-01"}, "x", "since: '2024-13-01' is no date"},
        {{.facet = BW_FACET_TOPIC, .until = "2023-02-29"}, "x", "until: '2023-02-29' is no date"},
        {{.facet = BW_FACET_TOPIC, .since = "2024-02-29"}, "x", ""},
        {{.facet = BW_FACET_TOPIC, .since = "2024-02-02", .until = "2024-02-01"},
         "x",
         "lies after"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = problems_of_set(rows[i].set, rows[i].term);

        if (strstr(text, rows[i].told) == NULL || (rows[i].told[0] == '\0' && text[0] != '\0'))
            fail_msg("row %zu, %s: told '%s'", i, rows[i].term, text);
    }
}

static const char *problems_of_rules(struct bw_rule a, struct bw_rule b)
{
    struct bw_rule rules[] = {a, b};
    struct bw_watch watch = {.sets = sets, .n_sets = 3, .rules = rules, .n_rules = 2};

    rules[0].enabled = true;
    rules[0].place = rules[1].place = (struct bw_place){"r.yaml", 9};
    return problems_of(&watch);
}

static void test_rules(void **state)
{
    const char *kazahstan[] = {"kazahstan"}, *brics[] = {"brics"}, *joints[] = {"joints"};
    const struct bw_rule fine = {.id = "fine", .query = "x"};

    (void)state;
    assert_string_equal(problems_of_rules(fine, (struct bw_rule){.id = "b", .query = "y"}), "");
    assert_non_null(strstr(problems_of_rules(fine, fine), "another rule of this id"));
    assert_non_null(strstr(problems_of_rules(fine, (struct bw_rule){.query = "x"}), "needs an id"));
    assert_non_null(strstr(problems_of_rules(fine, (struct bw_rule){.id = "b"}),
                           "r.yaml:9: error: rule b: a rule needs a query, an event, or both"));
    assert_non_null(strstr(
        problems_of_rules(
            fine,
            (struct bw_rule){.id = "b", .has_event = true, .actors = kazahstan, .n_actors = 1}),
        "event actor: there is no set 'kazahstan': did you mean kazakhstan?"));
    assert_non_null(strstr(
        problems_of_rules(
            fine, (struct bw_rule){.id = "b", .has_event = true, .actors = brics, .n_actors = 1}),
        "set 'brics' is no actor"));
    assert_non_null(strstr(
        problems_of_rules(
            fine,
            (struct bw_rule){.id = "b", .has_event = true, .stances = joints, .n_stances = 1}),
        "there is no stance 'joints': did you mean joins?"));
    /* A disabled rule is checked as well: the second one is. */
    assert_non_null(
        strstr(problems_of_rules(fine, (struct bw_rule){.id = "b", .query = "(x"}), "no end"));
}

static void test_no_lexicon(void **state)
{
    struct bw_rule rule = {.id = "r", .has_event = true, .enabled = true};
    struct bw_watch watch = {.rules = &rule, .n_rules = 1};

    (void)state;
    assert_non_null(strstr(problems_of(&watch), "can never match: there is no set of facet actor"));
    watch.n_rules = 0;
    assert_string_equal(problems_of(&watch), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_queries), cmocka_unit_test(test_doubtful_queries),
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_deep_and_long),
        cmocka_unit_test(test_sets),          cmocka_unit_test(test_rules),
        cmocka_unit_test(test_no_lexicon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
