/* The index finds exactly what a naive evaluation of every rule on every item finds: random rules
 * over random items, from fixed seeds. The naive evaluation knows words and sentences only. */
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

enum { ROUNDS = 150, RULES = 40, ITEMS = 12, SETS = 4, TERMS = 3, NODES = 64, PLACES = 4096 };

enum kind { WORDS, SET, AND, OR, NOT, NEAR, BEFORE, SENTENCE };
enum part { ALL, TITLE, TEXT };

/* Words of a pattern: "x", "x*", or "*" for any; `joined` as in "БРИКС-ке". */
struct words {
    char word[3][32];
    bool joined[3];
    int n;
};

struct node {
    enum kind kind;
    enum part part;
    struct words words;
    int set, distance, n, child[3];
};

struct place {
    uint32_t first, last;
};

static struct node nodes[NODES];
static int n_nodes;
static struct words set_terms[SETS][TERMS];
static struct bw_text text;
static uint64_t seed;

static const char *const vocabulary[] = {"alpha", "alphabet", "beta",     "be",
                                         "gamma", "альфа",    "альфабет", "бета",
                                         "казах", "брикс",    "a",        "omega"};
enum { VOCABULARY = sizeof vocabulary / sizeof vocabulary[0] };

static unsigned rnd(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % below);
}

static struct words make_words(void)
{
    struct words words = {.n = rnd(3) == 0 ? 2 + (int)rnd(2) : 1};
    int real = 0;

    for (int i = 0; i < words.n; i++) {
        const char *word = vocabulary[rnd(VOCABULARY)];

        if (words.n > 1 && rnd(5) == 0 && (real > 0 || i < words.n - 1)) {
            strcpy(words.word[i], "*");
            continue;
        }
        real++;
        snprintf(words.word[i], sizeof words.word[i], "%s%s", word, rnd(4) == 0 ? "*" : "");
    }
    if (rnd(12) == 0) {
        words = (struct words){.n = 2};
        strcpy(words.word[0], "брикс");
        strcpy(words.word[1], "ке");
        words.joined[1] = true;
    }
    return words;
}

static int make_place(int depth);

static int make_leaf(void)
{
    struct node *node = &nodes[n_nodes];

    memset(node, 0, sizeof *node);
    node->kind = rnd(5) == 0 ? SET : WORDS;
    node->words = make_words();
    node->set = (int)rnd(SETS - 1); /* the last one is the guard */
    node->part = rnd(5) == 0 ? TITLE + rnd(2) : ALL;
    return n_nodes++;
}

/* What NEAR takes. */
static int make_place(int depth)
{
    int children[2], at;
    enum kind kind = (enum kind[]){OR, NEAR, BEFORE}[rnd(3)];

    if (depth == 0 || rnd(2) == 0 || n_nodes > NODES - 12)
        return make_leaf();
    children[0] = make_place(depth - 1);
    children[1] = make_place(depth - 1);
    at = n_nodes++;
    nodes[at] = (struct node){.kind = kind, .n = 2, .distance = 1 + (int)rnd(6)};
    memcpy(nodes[at].child, children, sizeof children);
    return at;
}

static int make_node(int depth, bool in_sentence)
{
    struct node node = {0};
    unsigned choice = rnd(10);

    if (depth == 0 || choice < 2 || n_nodes > NODES - 24)
        return make_leaf();
    if (choice < 5)
        node.kind = AND;
    else if (choice < 6)
        node.kind = OR;
    else if (choice < 7)
        node.kind = NOT;
    else if (choice < 9 || in_sentence)
        return make_place(2);
    else
        node.kind = SENTENCE;
    node.n = node.kind == AND || node.kind == OR ? 2 + (int)rnd(2) : 1;
    for (int i = 0; i < node.n; i++)
        node.child[i] = make_node(depth - 1, in_sentence || node.kind == SENTENCE);
    nodes[n_nodes] = node;
    return n_nodes++;
}

static void write_words(const struct words *words, struct bw_buf *out)
{
    if (words->joined[1]) {
        buf_printf(out, "%s-%s", words->word[0], words->word[1]);
        return;
    }
    buf_puts(out, words->n > 1 ? "\"" : "");
    for (int i = 0; i < words->n; i++)
        buf_printf(out, "%s%s", i > 0 ? " " : "", words->word[i]);
    buf_puts(out, words->n > 1 ? "\"" : "");
}

static void write_query(int index, struct bw_buf *out)
{
    static const char *const between[] = {[AND] = " ", [OR] = " OR "};
    static const char *const parts[] = {"", "title:", "text:"};
    const struct node *node = &nodes[index];

    buf_puts(out, parts[node->part]);
    switch (node->kind) {
    case WORDS:
        write_words(&node->words, out);
        return;
    case SET:
        buf_printf(out, "@set%d", node->set);
        return;
    case NOT:
        buf_puts(out, "NOT ");
        break;
    case SENTENCE:
        buf_puts(out, "SENTENCE");
        break;
    default:
        break;
    }
    buf_puts(out, "(");
    for (int i = 0; i < node->n; i++) {
        if (i > 0 && (node->kind == NEAR || node->kind == BEFORE))
            buf_printf(out, " %s/%d ", node->kind == NEAR ? "NEAR" : "BEFORE", node->distance);
        else if (i > 0)
            buf_puts(out, between[node->kind]);
        write_query(node->child[i], out);
    }
    buf_puts(out, ")");
}

static bool is_suffix(uint32_t i)
{
    return (text.tokens[i].flags & BW_TOKEN_SUFFIX) != 0;
}

static bool word_is(const char *word, bool joined, uint32_t i)
{
    char base[32];

    if (is_suffix(i) && !joined)
        return false;
    if (strcmp(word, "*") == 0)
        return true;
    if (word[strlen(word) - 1] != '*')
        return token_is(&text.tokens[i], word);
    snprintf(base, sizeof base, "%.*s", (int)strlen(word) - 1, word);
    return token_starts(&text.tokens[i], base);
}

static bool words_stand_at(const struct words *words, uint32_t first, uint32_t *last)
{
    uint32_t at = first;

    for (int i = 0; i < words->n; i++) {
        if (i > 0) {
            at++;
            while (!words->joined[i] && at < text.n_tokens && is_suffix(at))
                at++;
        }
        if (at >= text.n_tokens || text.tokens[at].field != text.tokens[first].field ||
            !word_is(words->word[i], words->joined[i], at))
            return false;
    }
    *last = at;
    return true;
}

static int find_words(const struct words *words, struct place *out)
{
    int n = 0;

    for (uint32_t i = 0; i < text.n_tokens; i++)
        n += words_stand_at(words, i, &out[n].last) ? (out[n].first = i, 1) : 0;
    return n;
}

static bool is_guarded(struct place place)
{
    for (int t = 0; t < TERMS; t++) {
        for (uint32_t i = 0, last; i <= place.first; i++) {
            if (words_stand_at(&set_terms[SETS - 1][t], i, &last) && last >= place.last)
                return true;
        }
    }
    return false;
}

static int find_set(int set, struct place *out)
{
    static struct place found[PLACES];
    int n = 0;

    for (int t = 0; t < TERMS; t++) {
        int some = find_words(&set_terms[set][t], found);

        for (int i = 0; i < some; i++) {
            if (!is_guarded(found[i]))
                out[n++] = found[i];
        }
    }
    return n;
}

static bool in_part(const struct node *node, struct place place)
{
    bool title = text.tokens[place.first].field == BW_FIELD_TITLE;

    return node->part == ALL || title == (node->part == TITLE);
}

/* All places of the node in tokens [lo, hi). */
static int places_of(int index, uint32_t lo, uint32_t hi, struct place *out)
{
    const struct node *node = &nodes[index];
    struct place *left = calloc(PLACES, sizeof *left), *right = calloc(PLACES, sizeof *right);
    int n = 0, n_left, n_right;

    if (node->kind == WORDS || node->kind == SET) {
        n_left = node->kind == WORDS ? find_words(&node->words, left) : find_set(node->set, left);
        for (int i = 0; i < n_left; i++) {
            if (left[i].first >= lo && left[i].last < hi && in_part(node, left[i]))
                out[n++] = left[i];
        }
        free(left);
        free(right);
        return n;
    }
    n_left = places_of(node->child[0], lo, hi, left);
    n_right = places_of(node->child[1], lo, hi, right);
    for (int i = 0; node->kind == OR && i < n_left + n_right && n < PLACES; i++)
        out[n++] = i < n_left ? left[i] : right[i - n_left];
    for (int i = 0; node->kind != OR && i < n_left; i++) {
        for (int k = 0; k < n_right && n < PLACES; k++) {
            const struct place *a = &left[i], *b = &right[k];
            bool before = b->first > a->last;
            const struct bw_token *from = &text.tokens[before ? a->last : b->last];
            const struct bw_token *to = &text.tokens[before ? b->first : a->first];

            if ((!before && (node->kind == BEFORE || a->first <= b->last)) ||
                from->field != to->field || to->pos - from->pos > (uint32_t)node->distance)
                continue;
            out[n++] = (struct place){before ? a->first : b->first, before ? b->last : a->last};
        }
    }
    free(left);
    free(right);
    return n;
}

static bool is_true(int index, uint32_t lo, uint32_t hi)
{
    static struct place found[PLACES];
    const struct node *node = &nodes[index];
    bool truth = node->kind == AND;

    switch (node->kind) {
    case NOT:
        return !is_true(node->child[0], lo, hi);
    case AND:
    case OR:
        for (int i = 0; i < node->n; i++) {
            bool one = is_true(node->child[i], lo, hi);

            truth = node->kind == AND ? truth && one : truth || one;
        }
        return truth;
    case SENTENCE:
        for (uint32_t s = 0; s < text.n_sentences; s++)
            truth = truth ||
                    is_true(node->child[0], text.sentences[s].first, text.sentences[s].last + 1);
        return truth;
    default:
        return places_of(index, lo, hi, found) > 0;
    }
}

static void write_text(struct bw_buf *out)
{
    for (unsigned i = rnd(14) + 1; i > 0; i--) {
        unsigned kind = rnd(16);

        if (kind == 0)
            buf_puts(out, "БРИКС-ке ");
        else if (kind == 1)
            buf_puts(out, "Alpha's ");
        else if (kind == 2)
            buf_puts(out, "Beta-gamma. ");
        else if (kind == 3)
            buf_printf(out, "%s. Gamma ", vocabulary[rnd(VOCABULARY)]);
        else
            buf_printf(out, "%s ", vocabulary[rnd(VOCABULARY)]);
    }
}

struct round {
    struct bw_set sets[SETS];
    struct bw_term terms[SETS][TERMS];
    struct bw_rule rules[RULES];
    char *term_texts[SETS][TERMS], *queries[RULES], ids[RULES][16], names[SETS][16];
    int roots[RULES];
    struct node trees[RULES][NODES];
};

static void make_sets(struct round *round)
{
    for (int s = 0; s < SETS; s++) {
        snprintf(round->names[s], sizeof round->names[s], "set%d", s);
        round->sets[s] = (struct bw_set){.id = round->names[s],
                                         .facet = s == SETS - 1 ? BW_FACET_GUARD : BW_FACET_TOPIC,
                                         .terms = round->terms[s],
                                         .n_terms = TERMS};
        for (int t = 0; t < TERMS; t++) {
            struct bw_buf buf;

            buf_init(&buf);
            set_terms[s][t] = make_words();
            write_words(&set_terms[s][t], &buf);
            round->terms[s][t].text = round->term_texts[s][t] = buf_steal(&buf);
        }
    }
}

static void make_rules(struct round *round)
{
    for (int i = 0; i < RULES; i++) {
        struct bw_buf buf;

        buf_init(&buf);
        n_nodes = 0;
        round->roots[i] = make_node(3, false);
        memcpy(round->trees[i], nodes, sizeof nodes);
        write_query(round->roots[i], &buf);
        round->queries[i] = buf_steal(&buf);
        snprintf(round->ids[i], sizeof round->ids[i], "r%d", i);
        round->rules[i] =
            (struct bw_rule){.id = round->ids[i], .query = round->queries[i], .enabled = true};
    }
}

static void check_item(const struct round *round, int n_rules, struct bw_matcher *matcher)
{
    struct bw_arena *arena = arena_new(0);
    struct bw_buf title, summary;
    struct bw_item item = {.published = BW_TIME_NONE};
    struct bw_hits hits;
    size_t at = 0;

    buf_init(&title);
    buf_init(&summary);
    write_text(&title);
    write_text(&summary);
    item.title = title.data;
    item.summary = summary.data;
    assert_int_equal(text_build(&text, &item), 0);
    assert_int_equal(text_annotate(&text), 0);
    assert_int_equal(matcher_match_item(matcher, &item, NULL, arena, &hits, NULL), 0);
    for (int i = 0; i < n_rules; i++) {
        bool found = at < hits.n_hits && strcmp(hits.hits[at].rule, round->ids[i]) == 0;

        memcpy(nodes, round->trees[i], sizeof nodes);
        if (is_true(round->roots[i], 0, text.n_tokens) != found)
            fail_msg("%s is %s of '%s' / '%s'", round->queries[i], found ? "not true" : "true",
                     item.title, item.summary);
        at += found;
    }
    assert_int_equal(at, hits.n_hits);
    arena_free(arena);
    buf_clear(&title);
    buf_clear(&summary);
}

/* With few rules each looks for its words itself, with many the index does: both are tried. */
static void check_round(struct round *round, int n_rules)
{
    struct bw_watch watch = {
        .sets = round->sets, .n_sets = SETS, .rules = round->rules, .n_rules = (size_t)n_rules};
    struct bw_match_problems problems = {0};
    struct bw_ruleset *rules = NULL;
    struct bw_matcher *matcher;

    if (match_compile_rules(&watch, &rules, &problems) != 0) {
        for (size_t i = 0; i < problems.n; i++) {
            if (!problems.list[i].warning)
                fail_msg("%s: %s\n%s", problems.list[i].subject, problems.list[i].text,
                         problems.list[i].excerpt);
        }
    }
    match_clear_problems(&problems);
    matcher = matcher_new(rules);
    for (int i = 0; i < ITEMS; i++)
        check_item(round, n_rules, matcher);
    matcher_free(matcher);
    ruleset_free(rules);
}

static void test_index_is_naive(void **state)
{
    struct round *round = calloc(1, sizeof *round);

    (void)state;
    text_init(&text);
    for (int i = 1; i <= ROUNDS; i++) {
        seed = (uint64_t)i * 0x9E3779B97F4A7C15ULL;
        make_sets(round);
        make_rules(round);
        check_round(round, RULES);
        check_round(round, 5);
        for (int k = 0; k < RULES; k++)
            free(round->queries[k]);
        for (int s = 0; s < SETS; s++) {
            for (int t = 0; t < TERMS; t++)
                free(round->term_texts[s][t]);
        }
    }
    text_clear(&text);
    free(round);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_is_naive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
