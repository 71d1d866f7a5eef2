/* match_explain_item(): why a rule hits an item or does not, for people. Owns the events' arena
 * while it writes. */
#include "matcher.h"

#include "lex.h"

#include <string.h>

enum { SHOWN_MOST = 8, STEP = 2 };

struct explainer {
    struct bw_matcher *matcher;
    const struct bw_compiled_rule *rule;
    struct bw_buf *out;
};

static void explain_node(struct explainer *explainer, uint32_t index, struct bw_scope scope,
                         int depth);

static void indent(struct explainer *explainer, int depth)
{
    buf_printf(explainer->out, "%*s", depth * STEP, "");
}

/* On one line, in quotes. */
static void put_text(struct bw_buf *out, const char *text, size_t len)
{
    buf_puts(out, "'");
    for (size_t i = 0; i < len; i++)
        buf_putc(out, text[i] == '\n' ? ' ' : text[i]);
    buf_puts(out, "'");
}

static void put_field(struct bw_buf *out, enum bw_field field)
{
    static const char *const names[] = {"title", "summary", "content", "elsewhere"};

    buf_printf(out, " (%s)", names[field]);
}

/* The words that made a leaf true. */
static void put_words(struct explainer *explainer, uint32_t index, struct bw_scope scope)
{
    struct bw_matcher *matcher = explainer->matcher;

    matcher->n_matched = 0;
    query_collect(matcher, index, scope);
    for (size_t i = 0; i < matcher->n_matched && i < SHOWN_MOST; i++) {
        const struct bw_matched *matched = &matcher->matched[i];

        buf_puts(explainer->out, i == 0 ? ": " : ", ");
        put_text(explainer->out, matched->text, matched->span.len);
        put_field(explainer->out, matched->span.field);
    }
    if (matcher->n_matched > SHOWN_MOST)
        buf_printf(explainer->out, " and %zu more", matcher->n_matched - SHOWN_MOST);
}

/* A term of the set stands in the item and yet was not found: by whose fault? */
static void put_hidden_term(struct explainer *explainer, const struct bw_node *node)
{
    const struct bw_ruleset *rules = explainer->matcher->rules;
    struct bw_lane *lane = matcher_scan_lane(explainer->matcher, query_lane(node));
    const struct bw_set *set = &rules->sets[node->arg];
    const struct bw_pattern_hit *hits;
    size_t n;

    for (size_t i = 0; lane != NULL && i < set->n_terms; i++) {
        hits = lane_find_pattern(lane, rules->compiled_sets[node->arg].patterns[i], &n);
        if (n == 0)
            continue;
        lane_find_set(explainer->matcher, lane, node->arg, &n);
        if (n > 0) /* elsewhere in the item */
            return;
        buf_puts(explainer->out, ": ");
        put_text(
            explainer->out,
            lane->text.field[query_lane(node) == BW_LANE_TEXT ? lane->text.tokens[hits->first].field
                                                              : BW_FIELD_TITLE] +
                lane->text.tokens[hits->first].start,
            lane->text.tokens[hits->last].start + lane->text.tokens[hits->last].len -
                lane->text.tokens[hits->first].start);
        buf_puts(explainer->out, set_is_in_office(&rules->compiled_sets[node->arg],
                                                  explainer->matcher->item->published)
                                     ? " stands within a guard's words"
                                     : " was not in office when the item was published");
        return;
    }
}

static void put_value(struct explainer *explainer, const struct bw_node *node)
{
    const struct bw_matcher *matcher = explainer->matcher;
    const char *value = node->channel == BW_IN_LANG ? matcher->item->lang : matcher->source_id;

    buf_puts(explainer->out,
             node->channel == BW_IN_LANG ? ": the item's language is " : ": the source is ");
    if (value != NULL)
        put_text(explainer->out, value, strlen(value));
    else
        buf_puts(explainer->out, "not known");
}

/* "true   @kazakhstan" with what decided it. */
static void explain_leaf(struct explainer *explainer, uint32_t index, struct bw_scope scope,
                         bool truth)
{
    const struct bw_node *node = &explainer->matcher->rules->nodes[index];

    buf_printf(explainer->out, "%s%.*s", channel_name((enum bw_channel)node->channel),
               (int)node->len, explainer->rule->query + node->at);
    if (node->op == BW_OP_ATTR)
        put_value(explainer, node);
    else if (truth)
        put_words(explainer, index, scope);
    else if (node->op == BW_OP_SET)
        put_hidden_term(explainer, node);
    buf_putc(explainer->out, '\n');
}

static size_t count_true_leaves(struct bw_matcher *matcher, uint32_t index, struct bw_scope scope)
{
    const struct bw_node *node = &matcher->rules->nodes[index];
    size_t count = 0;

    if (node->op < BW_OP_NOT)
        return query_eval(matcher, index, scope);
    for (uint32_t i = 0; i < node->n && node->op != BW_OP_NOT; i++)
        count += count_true_leaves(matcher, matcher->rules->children[node->arg + i], scope);
    return count;
}

/* The sentence in which it is true, or else the one that comes nearest. */
static struct bw_scope pick_sentence(struct bw_matcher *matcher, uint32_t child)
{
    const struct bw_text *text = &matcher->lanes[BW_LANE_TEXT].text;
    struct bw_scope best = {0, 0, BW_NO_SENTENCE};
    size_t most = 0;

    for (uint32_t i = 0; i < text->n_sentences; i++) {
        struct bw_scope scope = {text->sentences[i].first, text->sentences[i].last + 1, i};
        size_t count = count_true_leaves(matcher, child, scope);

        if (query_eval(matcher, child, scope))
            return scope;
        if (count > most) {
            most = count;
            best = scope;
        }
    }
    return best;
}

static void explain_sentence(struct explainer *explainer, uint32_t child, bool truth, int depth)
{
    struct bw_scope scope = pick_sentence(explainer->matcher, child);
    const struct bw_text *text = &explainer->matcher->lanes[BW_LANE_TEXT].text;
    struct bw_span span;

    if (scope.sentence == BW_NO_SENTENCE) {
        buf_puts(explainer->out, "SENTENCE: no sentence holds anything of it\n");
        return;
    }
    span = text_sentence_span(text, scope.sentence);
    buf_puts(explainer->out, truth ? "SENTENCE: " : "SENTENCE: the nearest is ");
    put_text(explainer->out, text->field[span.field] + span.start, span.len);
    buf_putc(explainer->out, '\n');
    explain_node(explainer, child, scope, depth + 1);
}

static void explain_near(struct explainer *explainer, uint32_t index, struct bw_scope scope,
                         bool truth)
{
    const struct bw_node *node = &explainer->matcher->rules->nodes[index];

    buf_printf(explainer->out, "%s/%u", node->op == BW_OP_NEAR ? "NEAR" : "BEFORE", node->distance);
    if (truth)
        put_words(explainer, index, scope);
    else if (query_eval(explainer->matcher, explainer->matcher->rules->children[node->arg],
                        scope) &&
             query_eval(explainer->matcher, explainer->matcher->rules->children[node->arg + 1],
                        scope))
        buf_puts(explainer->out, node->op == BW_OP_NEAR
                                     ? ": both are there, further apart"
                                     : ": both are there, further apart or the other way round");
    buf_putc(explainer->out, '\n');
}

static void explain_node(struct explainer *explainer, uint32_t index, struct bw_scope scope,
                         int depth)
{
    static const char *const labels[] = {
        [BW_OP_NOT] = "NOT\n", [BW_OP_AND] = "AND\n", [BW_OP_OR] = "OR\n"};
    const struct bw_ruleset *rules = explainer->matcher->rules;
    const struct bw_node *node = &rules->nodes[index];
    bool truth = query_eval(explainer->matcher, index, scope);

    indent(explainer, depth);
    buf_puts(explainer->out, truth ? "true   " : "false  ");
    switch (node->op) {
    case BW_OP_SENTENCE:
        explain_sentence(explainer, rules->children[node->arg], truth, depth);
        return;
    case BW_OP_NEAR:
    case BW_OP_BEFORE:
        explain_near(explainer, index, scope, truth);
        break;
    case BW_OP_NOT:
    case BW_OP_AND:
    case BW_OP_OR:
        buf_puts(explainer->out, labels[node->op]);
        break;
    default:
        explain_leaf(explainer, index, scope, truth);
        return;
    }
    for (uint32_t i = 0; i < node->n; i++)
        explain_node(explainer, rules->children[node->arg + i], scope, depth + 1);
}

/* Why the rule does not take the event; NULL when it does. */
static const char *refusal(const struct bw_ruleset *rules, const struct bw_compiled_rule *rule,
                           const struct bw_event_found *event)
{
    struct bw_compiled_rule only = *rule;

    if (rule_allows_event(rules, rule, event))
        return NULL;
    only.n_blocs = only.n_actors = 0;
    if (!rule_allows_event(rules, &only, event))
        return event->across && rule->within == BW_WITHIN_SENTENCE
                   ? "not taken: the rule wants one sentence"
                   : "not taken: the rule asks for other stances";
    only.n_blocs = rule->n_blocs;
    return rule_allows_event(rules, &only, event) ? "not taken: the rule asks for other actors"
                                                  : "not taken: the rule asks for other blocs";
}

/* True when the rule takes an event. */
static bool explain_events(struct explainer *explainer)
{
    struct bw_matcher *matcher = explainer->matcher;
    struct bw_event_input input = matcher_event_input(matcher, &matcher->lanes[BW_LANE_TEXT]);
    bool taken = false;

    event_explain(&input, explainer->out);
    for (size_t i = 0; i < matcher->n_events; i++) {
        const struct bw_event *event = &matcher->events[i].event;
        const char *why = refusal(matcher->rules, explainer->rule, &matcher->events[i]);

        buf_printf(explainer->out, "  event %s %s %s, %s: %s\n", event->actor,
                   stance_name(event->stance), event->bloc, certainty_name(event->certainty),
                   why != NULL ? why : "taken");
        taken = taken || why == NULL;
    }
    if (matcher->n_events == 0)
        buf_puts(explainer->out, "  no event\n");
    return taken;
}

static int explain_rule(struct explainer *explainer, struct bw_arena *arena, struct bw_error *err)
{
    struct bw_matcher *matcher = explainer->matcher;
    const struct bw_compiled_rule *rule = explainer->rule;
    bool hit = true;
    struct bw_buf body, *out = explainer->out;

    buf_init(&body);
    explainer->out = &body;
    if (rule->root != BW_NO_NODE) {
        hit = query_eval(matcher, rule->root, query_whole(matcher));
        buf_puts(&body, "query:\n");
        explain_node(explainer, rule->root, query_whole(matcher), 1);
    }
    if (rule->has_event) {
        if (matcher_find_events(matcher, arena, err) != 0) {
            explainer->out = out;
            buf_clear(&body);
            return -1;
        }
        buf_puts(&body, "events:\n");
        hit = explain_events(explainer) && hit;
    }
    explainer->out = out;
    buf_printf(out, "rule %s: %s%s\n", rule->id, hit ? "hit" : "no hit",
               rule->enabled ? "" : " (the rule is disabled)");
    buf_append(out, buf_text(&body), body.len);
    hit = body.failed || out->failed || matcher->no_memory;
    buf_clear(&body);
    return hit ? error_set(err, BW_ERR_MEMORY, "out of memory") : 0;
}

int match_explain_item(struct bw_matcher *matcher, const char *rule_id, const struct bw_item *item,
                       const char *source_id, struct bw_buf *out, struct bw_error *err)
{
    struct explainer explainer = {.matcher = matcher, .out = out};
    struct bw_arena *arena;
    int result;

    for (uint32_t i = 0; i < matcher->rules->n_rules && explainer.rule == NULL; i++) {
        if (strcmp(matcher->rules->rules[i].id, rule_id) == 0)
            explainer.rule = &matcher->rules->rules[i];
    }
    if (explainer.rule == NULL)
        return error_set(err, BW_ERR_NOTFOUND, "there is no rule '%s'", rule_id);
    arena = arena_new(0);
    if (arena == NULL || matcher_begin_item(matcher, item, source_id) != 0 ||
        matcher_scan_lane(matcher, BW_LANE_TEXT) == NULL || matcher_annotate(matcher) != 0)
        result = error_set(err, BW_ERR_MEMORY, "out of memory");
    else
        result = explain_rule(&explainer, arena, err);
    matcher->n_events = 0; /* they die with the arena */
    arena_free(arena);
    return result;
}
