/* What made a query true: the words of an item that a hit shows. Owns nothing. */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

void matched_add(struct bw_matcher *matcher, const struct bw_span *span, const char *text,
                 const char *set)
{
    for (size_t i = 0; i < matcher->n_matched; i++) {
        struct bw_matched *other = &matcher->matched[i];

        if (other->span.field != span->field || other->span.start != span->start ||
            other->span.len != span->len || other->text != text ||
            (other->set != set && other->set != NULL && set != NULL))
            continue;
        if (other->set == NULL) /* a word of the query that is a term as well */
            other->set = set;
        return;
    }
    if (matcher->n_matched < BW_MATCHED_MOST)
        matcher->matched[matcher->n_matched++] =
            (struct bw_matched){.text = text, .set = set, .span = *span};
}

static void add_tokens(struct bw_matcher *matcher, enum bw_lane_id id, uint32_t first,
                       uint32_t last, const char *set)
{
    const struct bw_text *text = &matcher->lanes[id].text;
    struct bw_span span = text_span(text, first, last);
    const char *value = text->field[id == BW_LANE_TEXT ? span.field : BW_FIELD_TITLE];
    size_t start = span.start;

    if (id != BW_LANE_TEXT)
        span.field = BW_FIELD_OTHER;
    if (id == BW_LANE_CATEGORY) { /* count from the beginning of the line */
        size_t line = span.start;
        uint32_t points = 0;

        while (line > 0 && value[line - 1] != '\n')
            points += ((unsigned char)value[--line] & 0xC0) != 0x80;
        span.start -= (uint32_t)line;
        span.cp_start = points;
    }
    matched_add(matcher, &span, value + start, set);
}

static bool on_regex(struct bw_matcher *matcher, const struct bw_span *span, const char *text)
{
    if (span->len > 0)
        matched_add(matcher, span, text, NULL);
    return matcher->n_matched < BW_MATCHED_MOST;
}

static void collect_leaf(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    const char *set = node->op == BW_OP_SET ? matcher->rules->sets[node->arg].id : NULL;
    struct bw_place_list places = {0};

    if (query_places(matcher, index, scope, BW_MATCHED_MOST, &places) != 0)
        matcher->no_memory = true;
    for (size_t i = 0; i < places.n; i++)
        add_tokens(matcher, query_lane(node), places.list[i].first, places.list[i].last, set);
    free(places.list);
}

/* The operands' words inside each place that the whole covers. */
static void collect_near(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    struct bw_place_list places = {0};

    if (query_places(matcher, index, scope, BW_MATCHED_MOST, &places) != 0)
        matcher->no_memory = true;
    for (size_t i = 0; i < places.n && matcher->n_matched < BW_MATCHED_MOST; i++) {
        struct bw_scope inner = {places.list[i].first, places.list[i].last + 1, scope.sentence};

        for (uint32_t k = 0; k < node->n; k++)
            query_collect(matcher, matcher->rules->children[node->arg + k], inner);
    }
    free(places.list);
}

static void collect_sentences(struct bw_matcher *matcher, uint32_t child, struct bw_scope scope)
{
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;

    for (uint32_t i = 0; i < text->n_sentences && matcher->n_matched < BW_MATCHED_MOST; i++) {
        struct bw_scope sentence = {text->sentences[i].first, text->sentences[i].last + 1, i};

        if (sentence.lo >= scope.lo && sentence.hi <= scope.hi &&
            query_eval(matcher, child, sentence))
            query_collect(matcher, child, sentence);
    }
}

void query_collect(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    const uint32_t *children = matcher->rules->children + node->arg;
    bool found;

    if (query_lane(node) != BW_LANE_TEXT && node->op <= BW_OP_SET)
        scope = (struct bw_scope){0, UINT32_MAX, BW_NO_SENTENCE};
    switch (node->op) {
    case BW_OP_WORD:
    case BW_OP_SET:
        collect_leaf(matcher, index, scope);
        break;
    case BW_OP_REGEX:
        query_regex(matcher, node, scope, on_regex, &found);
        break;
    case BW_OP_NEAR:
    case BW_OP_BEFORE:
        if (query_lane(node) != BW_LANE_TEXT)
            scope = (struct bw_scope){0, UINT32_MAX, BW_NO_SENTENCE};
        collect_near(matcher, index, scope);
        break;
    case BW_OP_SENTENCE:
        collect_sentences(matcher, children[0], scope);
        break;
    case BW_OP_AND:
    case BW_OP_OR:
        for (uint32_t i = 0; i < node->n; i++) {
            if (node->op == BW_OP_AND || query_eval(matcher, children[i], scope))
                query_collect(matcher, children[i], scope);
        }
        break;
    default: /* what is not there, and what is not in the text */
        break;
    }
}

static bool is_before(const struct bw_matched *x, const struct bw_matched *y)
{
    if (x->span.field != y->span.field)
        return x->span.field < y->span.field;
    if (x->span.field == BW_FIELD_OTHER) /* of several values: as they were found */
        return false;
    if (x->span.start != y->span.start)
        return x->span.start < y->span.start;
    return x->span.len > y->span.len;
}

/* By insertion: they are few, and equal ones keep their order. */
static void sort_matched(struct bw_matched *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t k = i; k > 0 && is_before(&list[k], &list[k - 1]); k--) {
            struct bw_matched swap = list[k];

            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
    }
}

int matched_finish(struct bw_matcher *matcher, struct bw_arena *arena, struct bw_hit *hit)
{
    hit->matched = arena_calloc(arena, matcher->n_matched + 1, sizeof *hit->matched);
    if (hit->matched == NULL)
        return -1;
    sort_matched(matcher->matched, matcher->n_matched);
    hit->n_matched = matcher->n_matched;
    for (size_t i = 0; i < matcher->n_matched; i++) {
        const struct bw_matched *from = &matcher->matched[i];

        hit->matched[i] = *from;
        hit->matched[i].text = arena_strndup(arena, from->text, from->span.len);
        hit->matched[i].set = arena_strdup(arena, from->set);
        if (hit->matched[i].text == NULL || (from->set != NULL && hit->matched[i].set == NULL))
            return -1;
    }
    return 0;
}
