/* Queries that are true, or false, whatever an item says: by trying all truths of their leaves,
 * when these are few. Owns nothing. */
#include "parse.h"

#include <string.h>

enum { LEAVES_MOST = 12 };

/* Leaves are what the index or PCRE2 answers, and whole SENTENCE and NEAR nodes. Equal ones are
 * one. */
struct leaves {
    const struct bw_ruleset *rules;
    const char *query;
    uint32_t nodes[LEAVES_MOST];
    uint32_t n;
    bool too_many;
};

static bool is_leaf(const struct bw_node *node)
{
    return node->op != BW_OP_NOT && node->op != BW_OP_AND && node->op != BW_OP_OR;
}

static bool same_leaf(const struct leaves *leaves, const struct bw_node *a, const struct bw_node *b)
{
    if (a->op != b->op || a->channel != b->channel)
        return false;
    if (a->op == BW_OP_WORD || a->op == BW_OP_SET)
        return a->arg == b->arg;
    return a->len == b->len && memcmp(leaves->query + a->at, leaves->query + b->at, a->len) == 0;
}

static uint32_t find_leaf(const struct leaves *leaves, const struct bw_node *node)
{
    uint32_t i = 0;

    while (i < leaves->n && !same_leaf(leaves, &leaves->rules->nodes[leaves->nodes[i]], node))
        i++;
    return i;
}

static void gather(struct leaves *leaves, uint32_t index)
{
    const struct bw_node *node = &leaves->rules->nodes[index];

    if (!is_leaf(node)) {
        for (uint32_t i = 0; i < node->n; i++)
            gather(leaves, leaves->rules->children[node->arg + i]);
    } else if (find_leaf(leaves, node) == leaves->n) {
        if (leaves->n < LEAVES_MOST)
            leaves->nodes[leaves->n++] = index;
        else
            leaves->too_many = true;
    }
}

/* A set without terms is never found. */
static bool is_never(const struct bw_ruleset *rules, const struct bw_node *node)
{
    return node->op == BW_OP_SET && rules->sets[node->arg].n_terms == 0;
}

/* The node's truth when leaf i is true as bit i of `truths` says; one too many is false. */
static bool try_truths(const struct leaves *leaves, uint32_t index, uint32_t truths)
{
    const struct bw_node *node = &leaves->rules->nodes[index];
    const uint32_t *children = leaves->rules->children + node->arg;

    if (is_leaf(node))
        return !is_never(leaves->rules, node) && (truths >> find_leaf(leaves, node) & 1);
    if (node->op == BW_OP_NOT)
        return !try_truths(leaves, children[0], truths);
    for (uint32_t i = 0; i < node->n; i++) {
        if (try_truths(leaves, children[i], truths) == (node->op == BW_OP_OR))
            return node->op == BW_OP_OR;
    }
    return node->op == BW_OP_AND;
}

/* What is true of an item that holds nothing: a regular expression that matches the empty text. */
static uint32_t truths_of_nothing(const struct leaves *leaves)
{
    uint32_t truths = 0, empty;

    for (uint32_t i = 0; i < leaves->n; i++) {
        const struct bw_node *node = &leaves->rules->nodes[leaves->nodes[i]];

        empty = 0;
        if (node->op == BW_OP_REGEX)
            pcre2_pattern_info(leaves->rules->regexes[node->arg], PCRE2_INFO_MATCHEMPTY, &empty);
        truths |= (uint32_t)(empty != 0) << i;
    }
    return truths;
}

void query_check(struct bw_build *build, const struct bw_spot *spot, const char *query,
                 uint32_t root)
{
    struct leaves leaves = {.rules = build->rules, .query = query};
    struct bw_spot marked = *spot;
    bool ever = false;

    gather(&leaves, root);
    ever = leaves.too_many;
    marked.text = query;
    marked.len = strlen(query);
    for (uint32_t truths = 0; truths < 1u << leaves.n && !ever; truths++)
        ever = try_truths(&leaves, root, truths);
    if (!ever)
        problem_add(build->problems, true, &marked, "can never match: it contradicts itself");
    else if (try_truths(&leaves, root, truths_of_nothing(&leaves)))
        problem_add(build->problems, true, &marked,
                    "matches every item that holds none of its words: require one");
}
