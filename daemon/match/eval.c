/* How a query judges an item. Owns nothing but lists of places while it works. */
#include "matcher.h"

#include "fold.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct bw_scope query_whole(const struct bw_matcher *matcher)
{
    return (struct bw_scope){0, matcher->lanes[BW_LANE_TEXT].text.n_tokens, BW_NO_SENTENCE};
}

enum bw_lane_id query_lane(const struct bw_node *node)
{
    switch (node->channel) {
    case BW_IN_CATEGORY:
        return BW_LANE_CATEGORY;
    case BW_IN_AUTHOR:
        return BW_LANE_AUTHOR;
    case BW_IN_LINK:
        return BW_LANE_LINK;
    default:
        return BW_LANE_TEXT;
    }
}

struct bw_scope query_leaf_scope(const struct bw_matcher *matcher, const struct bw_node *node,
                                 struct bw_scope scope)
{
    if (node->channel == BW_IN_TITLE && scope.hi > matcher->title_end)
        scope.hi = matcher->title_end;
    if (node->channel == BW_IN_TEXT && scope.lo < matcher->title_end)
        scope.lo = matcher->title_end;
    return scope;
}

/* A scope of the text means nothing in another lane, unless the caller is inside that lane: NEAR
 * keeps its operands together, so its scope is the lane's own. */
static struct bw_scope scope_in(const struct bw_lane *lane, enum bw_lane_id id,
                                struct bw_scope scope)
{
    if (id == BW_LANE_TEXT)
        return scope;
    return (struct bw_scope){0, lane->text.n_tokens, BW_NO_SENTENCE};
}

static int add_place(struct bw_place_list *out, uint32_t first, uint32_t last)
{
    if (out->n == out->cap) {
        size_t cap = out->cap == 0 ? 16 : out->cap * 2;
        struct bw_pattern_hit *grown = realloc(out->list, cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        out->list = grown;
        out->cap = cap;
    }
    out->list[out->n++] = (struct bw_pattern_hit){0, first, last};
    return 0;
}

static int by_first(const void *a, const void *b)
{
    const struct bw_pattern_hit *x = a, *y = b;

    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

static void sort_places(struct bw_place_list *list)
{
    size_t kept = 0;

    if (list->n < 2)
        return;
    qsort(list->list, list->n, sizeof *list->list, by_first);
    for (size_t i = 0; i < list->n; i++) {
        if (kept == 0 || by_first(&list->list[kept - 1], &list->list[i]) != 0)
            list->list[kept++] = list->list[i];
    }
    list->n = kept;
}

/* Of a pattern that the gate has met: it has met it everywhere, as far as hashes tell. */
static int gate_places(const struct bw_matcher *matcher, uint32_t pattern, struct bw_scope scope,
                       size_t most, struct bw_place_list *out)
{
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;
    uint32_t last;

    for (size_t i = 0; i < matcher->gate_hits.n && out->n < most; i++) {
        const struct bw_pattern_hit *hit = &matcher->gate_hits.list[i];

        if (hit->pattern == pattern && hit->first >= scope.lo && hit->last < scope.hi &&
            (matcher->trusts_gate ||
             pattern_match_at(&matcher->rules->patterns[pattern], text, hit->first, &last)) &&
            add_place(out, hit->first, hit->last) != 0)
            return -1;
    }
    return 0;
}

/* Looks at each word of the scope: cheaper than the index when few rules ask. */
static int direct_places(const struct bw_pattern *pattern, struct bw_text *text,
                         struct bw_scope scope, size_t most, struct bw_place_list *out)
{
    const struct bw_element *element = &pattern->elements[0];
    uint32_t last;

    if (scope.hi > text->n_tokens)
        scope.hi = text->n_tokens;
    if (element->kind == BW_ELEMENT_WORD && !text_may_hold(text, element->hash))
        return 0;
    for (uint32_t i = scope.lo; i < scope.hi && out->n < most; i++) {
        if (element->kind == BW_ELEMENT_WORD && text->tokens[i].hash != element->hash)
            continue;
        if (pattern_match_at(pattern, text, i, &last) && last < scope.hi &&
            add_place(out, i, last) != 0)
            return -1;
    }
    return 0;
}

static int word_places(struct bw_matcher *matcher, const struct bw_node *node,
                       struct bw_scope scope, size_t most, struct bw_place_list *out)
{
    struct bw_lane *lane = matcher_lane(matcher, query_lane(node));
    const struct bw_pattern_hit *hits;
    size_t n;

    if (query_lane(node) == BW_LANE_TEXT && matcher->atom_stamps[node->arg] == matcher->stamp)
        return gate_places(matcher, node->arg, scope, most, out);
    if (lane != NULL && !lane->scanned &&
        (query_lane(node) != BW_LANE_TEXT || matcher->candidates.n <= BW_DIRECT_MOST))
        return direct_places(&matcher->rules->patterns[node->arg], &lane->text, scope, most, out);
    lane = matcher_scan_lane(matcher, query_lane(node));
    if (lane == NULL)
        return -1;
    hits = lane_find_pattern(lane, node->arg, &n);
    for (size_t i = 0; i < n && out->n < most; i++) {
        if (hits[i].first >= scope.lo && hits[i].last < scope.hi &&
            add_place(out, hits[i].first, hits[i].last) != 0)
            return -1;
    }
    return 0;
}

static int set_places(struct bw_matcher *matcher, const struct bw_node *node, struct bw_scope scope,
                      size_t most, struct bw_place_list *out)
{
    struct bw_lane *lane = matcher_scan_lane(matcher, query_lane(node));
    const struct bw_term_hit *hits;
    size_t n;

    if (lane == NULL)
        return -1;
    hits = lane_find_set(matcher, lane, node->arg, &n);
    for (size_t i = 0; i < n && out->n < most; i++) {
        if (hits[i].first >= scope.lo && hits[i].last < scope.hi &&
            add_place(out, hits[i].first, hits[i].last) != 0)
            return -1;
    }
    return 0;
}

/* The first of `list` that begins behind `token`. */
static size_t find_behind(const struct bw_place_list *list, uint32_t token)
{
    size_t low = 0, high = list->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (list->list[middle].first <= token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Pairs of one of `left` and one of `right` that begins at most `distance` words behind it. */
static int pair_places(const struct bw_text *text, const struct bw_place_list *left,
                       const struct bw_place_list *right, uint32_t distance, size_t most,
                       struct bw_place_list *out)
{
    for (size_t i = 0; i < left->n && out->n < most; i++) {
        const struct bw_token *from = &text->tokens[left->list[i].last];

        for (size_t k = find_behind(right, left->list[i].last); k < right->n && out->n < most;
             k++) {
            const struct bw_token *to = &text->tokens[right->list[k].first];

            if (to->field != from->field || to->pos - from->pos > distance)
                break;
            if (add_place(out, left->list[i].first, right->list[k].last) != 0)
                return -1;
        }
    }
    return 0;
}

static int near_places(struct bw_matcher *matcher, const struct bw_node *node,
                       struct bw_scope scope, size_t most, struct bw_place_list *out)
{
    const uint32_t *children = matcher->rules->children + node->arg;
    struct bw_place_list left = {0}, right = {0};
    struct bw_lane *lane = matcher_lane(matcher, query_lane(node));
    int result = -1;

    if (lane != NULL && query_places(matcher, children[0], scope, SIZE_MAX, &left) == 0 &&
        query_places(matcher, children[1], scope, SIZE_MAX, &right) == 0)
        result = pair_places(&lane->text, &left, &right, node->distance, most, out);
    if (result == 0 && node->op == BW_OP_NEAR)
        result = pair_places(&lane->text, &right, &left, node->distance, most, out);
    free(left.list);
    free(right.list);
    return result;
}

int query_places(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope, size_t most,
                 struct bw_place_list *out)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    int result = 0;

    switch (node->op) {
    case BW_OP_WORD:
        return word_places(matcher, node, query_leaf_scope(matcher, node, scope), most, out);
    case BW_OP_SET:
        return set_places(matcher, node, query_leaf_scope(matcher, node, scope), most, out);
    case BW_OP_NEAR:
    case BW_OP_BEFORE:
        result =
            near_places(matcher, node, scope, most < BW_SPANS_MOST ? most : BW_SPANS_MOST, out);
        break;
    default: /* BW_OP_OR: the parser lets nothing else in */
        for (uint32_t i = 0; i < node->n && result == 0; i++)
            result =
                query_places(matcher, matcher->rules->children[node->arg + i], scope, most, out);
        break;
    }
    sort_places(out);
    return result;
}

static bool has_place(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    struct bw_place_list places = {0};
    const struct bw_node *node = &matcher->rules->nodes[index];
    enum bw_lane_id id = query_lane(node);
    struct bw_lane *lane = matcher_lane(matcher, id);
    bool found;

    if (lane == NULL || query_places(matcher, index, scope_in(lane, id, scope), 1, &places) != 0)
        matcher->no_memory = true;
    found = places.n > 0;
    free(places.list);
    return found;
}

static bool sentence_is_true(struct bw_matcher *matcher, uint32_t child, struct bw_scope scope)
{
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;

    if (matcher_annotate(matcher) != 0)
        return false;
    for (uint32_t i = 0; i < text->n_sentences; i++) {
        struct bw_scope sentence = {text->sentences[i].first, text->sentences[i].last + 1, i};

        if (sentence.lo >= scope.lo && sentence.hi <= scope.hi &&
            query_eval(matcher, child, sentence))
            return true;
    }
    return false;
}

/* "ru" is true of "ru-kz" too; case does not count, nor does _ for -. */
static bool is_language(const char *lang, const char *want, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char a = lang[i] == '_' ? '-' : lang[i], b = want[i] == '_' ? '-' : want[i];

        if (a == '\0' || strncasecmp(&a, &b, 1) != 0)
            return false;
    }
    return lang[len] == '\0' || lang[len] == '-' || lang[len] == '_';
}

bool query_attribute(const struct bw_matcher *matcher, const struct bw_node *node)
{
    const char *want = matcher->rules->strings[node->arg];
    size_t len = strlen(want);
    bool prefix = len > 0 && want[len - 1] == '*';
    const char *value = node->channel == BW_IN_LANG ? matcher->item->lang : matcher->source_id;

    if (value == NULL)
        return false;
    if (prefix)
        return strncasecmp(value, want, len - 1) == 0;
    if (node->channel == BW_IN_LANG)
        return is_language(value, want, len);
    return strcasecmp(value, want) == 0;
}

static bool on_any(struct bw_matcher *matcher, const struct bw_span *span, const char *text)
{
    (void)matcher;
    (void)span;
    (void)text;
    return false;
}

bool query_eval(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    const uint32_t *children = matcher->rules->children + node->arg;
    bool found = false, trusted = matcher->trusts_gate;

    switch (node->op) {
    case BW_OP_ATTR:
        return query_attribute(matcher, node);
    case BW_OP_REGEX:
        query_regex(matcher, node, scope, on_any, &found);
        return found;
    case BW_OP_NOT:
        matcher->trusts_gate = false; /* for what is not there */
        found = query_eval(matcher, children[0], scope);
        matcher->trusts_gate = trusted;
        return !found;
    case BW_OP_AND:
        for (uint32_t i = 0; i < node->n; i++) {
            if (!query_eval(matcher, children[i], scope))
                return false;
        }
        return true;
    case BW_OP_OR:
        for (uint32_t i = 0; i < node->n; i++) {
            if (query_eval(matcher, children[i], scope))
                return true;
        }
        return false;
    case BW_OP_SENTENCE:
        return sentence_is_true(matcher, children[0], scope);
    default:
        return has_place(matcher, index, scope);
    }
}
