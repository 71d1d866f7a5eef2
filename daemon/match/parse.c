/* The query parser, by recursive descent: OR over AND over NEAR and BEFORE over NOT. Owns its stack
 * of unfinished children. */
#include "parse.h"

#include "lex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    struct bw_build *build;
    struct bw_lexer lexer;
    struct bw_lexeme next;
    enum bw_channel channel;
    bool in_sentence;
    int depth;
    uint32_t n_nodes; /* of this query */
    uint32_t *stack;  /* children whose parent is not finished */
    size_t n_stack, stack_cap;
};

static int parse_or(struct parser *parser, uint32_t *node);

static int out_of_memory(struct parser *parser)
{
    parser->build->no_memory = true;
    return -1;
}

static const char *written(const struct parser *parser, const struct bw_lexeme *lexeme)
{
    return parser->lexer.query + lexeme->at;
}

static void advance(struct parser *parser)
{
    parser->next = lex_next(&parser->lexer);
}

/* Adds a node that stands at query[at, at + len). */
static int add_node(struct parser *parser, enum bw_op op, uint32_t arg, uint32_t at, uint32_t len,
                    uint32_t *out)
{
    struct bw_build *build = parser->build;
    struct bw_node *nodes;

    if (++parser->n_nodes > BW_QUERY_NODES) {
        lex_problem(&parser->lexer, false, at, len, "a query has at most %d words and operators",
                    BW_QUERY_NODES);
        return -1;
    }
    nodes = build_grow(build, build->rules->nodes, build->rules->n_nodes, &build->nodes_cap,
                       sizeof *nodes);
    if (nodes == NULL)
        return out_of_memory(parser);
    build->rules->nodes = nodes;
    nodes[build->rules->n_nodes] = (struct bw_node){
        .op = (uint8_t)op, .channel = (uint8_t)parser->channel, .arg = arg, .at = at, .len = len};
    *out = build->rules->n_nodes++;
    return 0;
}

static int push(struct parser *parser, uint32_t node)
{
    uint32_t *stack = build_grow(parser->build, parser->stack, parser->n_stack, &parser->stack_cap,
                                 sizeof *stack);

    if (stack == NULL)
        return out_of_memory(parser);
    parser->stack = stack;
    stack[parser->n_stack++] = node;
    return 0;
}

/* Makes a node of the children on the stack from `base` on, and takes them off. */
static int reduce(struct parser *parser, enum bw_op op, size_t base, uint32_t at, uint32_t *out)
{
    struct bw_build *build = parser->build;
    uint32_t first = (uint32_t)build->n_children, node;
    const struct bw_node *last;

    for (size_t i = base; i < parser->n_stack; i++) {
        uint32_t *children = build_grow(build, build->rules->children, build->n_children,
                                        &build->children_cap, sizeof *children);

        if (children == NULL)
            return out_of_memory(parser);
        build->rules->children = children;
        children[build->n_children++] = parser->stack[i];
    }
    last = &build->rules->nodes[parser->stack[parser->n_stack - 1]];
    if (add_node(parser, op, first, at, last->at + last->len - at, &node) != 0)
        return -1;
    build->rules->nodes[node].n = (uint32_t)(parser->n_stack - base);
    parser->n_stack = base;
    *out = node;
    return 0;
}

static int expected(struct parser *parser, const char *what)
{
    const struct bw_lexeme *next = &parser->next;

    if (next->kind == BW_LEX_BAD)
        return -1;
    if (next->kind == BW_LEX_END)
        lex_problem(&parser->lexer, false, next->at, 1, "the query ends here: expected %s", what);
    else
        lex_problem(&parser->lexer, false, next->at, next->len, "unexpected %.*s: expected %s",
                    (int)next->len, written(parser, next), what);
    return -1;
}

static int add_pattern(struct parser *parser, const struct bw_lexeme *lexeme, uint32_t *out)
{
    struct bw_build *build = parser->build;
    const char *text = parser->lexer.query + lexeme->inner_at;
    struct bw_pattern_fault fault;
    struct bw_pattern pattern;
    uint32_t id;

    if (pattern_parse(text, lexeme->inner_len, false, &build->scratch, build->rules->arena,
                      &pattern, &fault) != 0) {
        if (fault.text == NULL)
            return out_of_memory(parser);
        lex_problem(&parser->lexer, false, lexeme->inner_at + (uint32_t)fault.at, 1, "%.*s: %s",
                    (int)lexeme->len, written(parser, lexeme), fault.text);
        return -1;
    }
    if (pattern_is_wide(&pattern))
        lex_problem(&parser->lexer, true, lexeme->at, lexeme->len,
                    "every word with this first letter is found");
    id = build_intern_pattern(build, &pattern);
    if (id == BW_NO_NODE)
        return out_of_memory(parser);
    return add_node(parser, BW_OP_WORD, id, lexeme->at, lexeme->len, out);
}

/* A word behind source: or lang:. */
static int add_attribute(struct parser *parser, const struct bw_lexeme *lexeme, uint32_t *out)
{
    struct bw_build *build = parser->build;
    const char *text = parser->lexer.query + lexeme->inner_at;
    const char *star = memchr(text, '*', lexeme->inner_len);
    const char **strings, *copy;

    if (star != NULL && star != text + lexeme->inner_len - 1) {
        lex_problem(&parser->lexer, false, (uint32_t)(star - parser->lexer.query), 1,
                    "a * may stand at the end only");
        return -1;
    }
    strings = build_grow(build, build->rules->strings, build->n_strings, &build->strings_cap,
                         sizeof *strings);
    copy = arena_strndup(build->rules->arena, text, lexeme->inner_len);
    if (strings != NULL)
        build->rules->strings = strings;
    if (strings == NULL || copy == NULL)
        return out_of_memory(parser);
    strings[build->n_strings] = copy;
    return add_node(parser, BW_OP_ATTR, (uint32_t)build->n_strings++, lexeme->at, lexeme->len, out);
}

static int add_set(struct parser *parser, const struct bw_lexeme *lexeme, uint32_t *out)
{
    const char *name = parser->lexer.query + lexeme->inner_at, *near;
    uint32_t set;

    if (names_get(&parser->build->set_names, name, lexeme->inner_len, &set))
        return add_node(parser, BW_OP_SET, set, lexeme->at, lexeme->len, out);
    near = build_nearest_set(parser->build, name, lexeme->inner_len);
    if (near != NULL)
        lex_problem(&parser->lexer, false, lexeme->at, lexeme->len,
                    "there is no set %.*s: did you mean @%s?", (int)lexeme->len,
                    written(parser, lexeme), near);
    else
        lex_problem(&parser->lexer, false, lexeme->at, lexeme->len,
                    "there is no set %.*s: expected the name of a lexicon set", (int)lexeme->len,
                    written(parser, lexeme));
    return -1;
}

static int refuse_regex(struct parser *parser, const struct bw_lexeme *lexeme, int code,
                        size_t offset)
{
    PCRE2_UCHAR text[256];

    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
        return out_of_memory(parser);
    if (pcre2_get_error_message(code, text, sizeof text) < 0)
        text[0] = '\0';
    lex_problem(&parser->lexer, false, lexeme->inner_at + (uint32_t)offset, 1,
                "not a regular expression: %s", (const char *)text);
    return -1;
}

static int add_regex(struct parser *parser, const struct bw_lexeme *lexeme, uint32_t *out)
{
    struct bw_build *build = parser->build;
    const char *text = parser->lexer.query + lexeme->inner_at;
    pcre2_code **regexes, *code;
    PCRE2_SIZE offset;
    int error;

    regexes = build_grow(build, build->rules->regexes, build->rules->n_regexes, &build->regexes_cap,
                         sizeof *regexes);
    if (regexes == NULL)
        return out_of_memory(parser);
    build->rules->regexes = regexes;
    code = pcre2_compile((PCRE2_SPTR)text, lexeme->inner_len,
                         PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | lexeme->number, &error,
                         &offset, NULL);
    if (code == NULL)
        return refuse_regex(parser, lexeme, error, offset);
    /* Without JIT (no executable memory, or a pattern it cannot do) the interpreter does it. */
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    regexes[build->rules->n_regexes] = code;
    return add_node(parser, BW_OP_REGEX, build->rules->n_regexes++, lexeme->at, lexeme->len, out);
}

static int parse_leaf(struct parser *parser, uint32_t *out)
{
    struct bw_lexeme lexeme = parser->next;
    bool attribute = parser->channel >= BW_IN_SOURCE;

    advance(parser);
    if (attribute && (lexeme.kind == BW_LEX_SET || lexeme.kind == BW_LEX_REGEX)) {
        lex_problem(&parser->lexer, false, lexeme.at, lexeme.len,
                    "%s takes names, with a * at the end or not: expected one",
                    channel_name(parser->channel));
        return -1;
    }
    if (lexeme.kind == BW_LEX_SET)
        return add_set(parser, &lexeme, out);
    if (lexeme.kind == BW_LEX_REGEX)
        return add_regex(parser, &lexeme, out);
    return attribute ? add_attribute(parser, &lexeme, out) : add_pattern(parser, &lexeme, out);
}

static int parse_parentheses(struct parser *parser, uint32_t *out)
{
    struct bw_lexeme open = parser->next;

    advance(parser);
    if (parser->next.kind == BW_LEX_CLOSE)
        return expected(parser, "something between the parentheses");
    if (parse_or(parser, out) != 0)
        return -1;
    if (parser->next.kind == BW_LEX_BAD)
        return -1;
    if (parser->next.kind != BW_LEX_CLOSE) {
        lex_problem(&parser->lexer, false, open.at, 1, "this parenthesis has no end: expected )");
        return -1;
    }
    advance(parser);
    return 0;
}

static int parse_sentence(struct parser *parser, uint32_t *out)
{
    struct bw_lexeme lexeme = parser->next;
    size_t base = parser->n_stack;
    uint32_t inner = 0;

    if (parser->in_sentence || parser->channel > BW_IN_TEXT) {
        lex_problem(&parser->lexer, false, lexeme.at, lexeme.len,
                    parser->in_sentence ? "SENTENCE cannot stand inside SENTENCE"
                                        : "SENTENCE has no meaning inside this field");
        return -1;
    }
    advance(parser);
    if (parser->next.kind != BW_LEX_OPEN)
        return expected(parser, "( behind SENTENCE");
    parser->in_sentence = true;
    if (parse_parentheses(parser, &inner) != 0 || push(parser, inner) != 0)
        return -1;
    parser->in_sentence = false;
    return reduce(parser, BW_OP_SENTENCE, base, lexeme.at, out);
}

static int parse_primary(struct parser *parser, uint32_t *out);

static int parse_field(struct parser *parser, uint32_t *out)
{
    struct bw_lexeme lexeme = parser->next;
    int result;

    if (parser->channel != BW_IN_ANY) {
        lex_problem(&parser->lexer, false, lexeme.at, lexeme.len,
                    "a field cannot stand inside another field");
        return -1;
    }
    if (parser->in_sentence && lexeme.channel > BW_IN_TEXT) {
        lex_problem(&parser->lexer, false, lexeme.at, lexeme.len,
                    "%s has no sentences: write it outside SENTENCE( )",
                    channel_name(lexeme.channel));
        return -1;
    }
    advance(parser);
    if (parser->next.at != lexeme.at + lexeme.len || parser->next.kind == BW_LEX_END)
        return expected(parser, "a word, a phrase or ( directly behind the field's colon");
    parser->channel = lexeme.channel;
    result = parse_primary(parser, out);
    parser->channel = BW_IN_ANY;
    return result;
}

static int parse_primary(struct parser *parser, uint32_t *out)
{
    switch (parser->next.kind) {
    case BW_LEX_WORD:
    case BW_LEX_PHRASE:
    case BW_LEX_REGEX:
    case BW_LEX_SET:
        return parse_leaf(parser, out);
    case BW_LEX_OPEN:
        return parse_parentheses(parser, out);
    case BW_LEX_SENTENCE:
        return parse_sentence(parser, out);
    case BW_LEX_FIELD:
        return parse_field(parser, out);
    default:
        return expected(parser, "a word, a \"phrase\", @set, /regex/ or (");
    }
}

static int parse_not(struct parser *parser, uint32_t *out)
{
    struct bw_lexeme lexeme = parser->next;
    size_t base = parser->n_stack;
    uint32_t inner = 0;
    int result;

    if (++parser->depth > BW_QUERY_DEPTH) {
        lex_problem(&parser->lexer, false, lexeme.at, 1, "nested deeper than %d levels",
                    BW_QUERY_DEPTH);
        return -1;
    }
    if (lexeme.kind != BW_LEX_NOT) {
        result = parse_primary(parser, out);
    } else {
        advance(parser);
        result = parse_not(parser, &inner) != 0 || push(parser, inner) != 0
                     ? -1
                     : reduce(parser, BW_OP_NOT, base, lexeme.at, out);
    }
    parser->depth--;
    return result;
}

/* The operands of NEAR and BEFORE are places: words, phrases, sets, either of several, and what
 * NEAR and BEFORE themselves give. Adds a problem when `node` is not one. */
static int check_operand(struct parser *parser, const struct bw_lexeme *operator, uint32_t node)
{
    const struct bw_node *n = &parser->build->rules->nodes[node];

    switch (n->op) {
    case BW_OP_WORD:
    case BW_OP_SET:
        return 0;
    case BW_OP_OR:
    case BW_OP_NEAR:
    case BW_OP_BEFORE:
        for (uint32_t i = 0; i < n->n; i++) {
            if (check_operand(parser, operator, parser->build->rules->children[n->arg + i]) != 0)
                return -1;
        }
        return 0;
    default:
        lex_problem(&parser->lexer, false, n->at, n->len,
                    "%.*s measures words: expected words, phrases or sets on both sides, or "
                    "several of them with OR in parentheses",
                    (int)operator->len, written(parser, operator));
        return -1;
    }
}

static enum bw_channel group_of(enum bw_channel channel)
{
    return channel <= BW_IN_TEXT ? BW_IN_ANY : channel;
}

/* The first leaf's channel; all of an operand's leaves have to lie in one text. */
static int check_channel(struct parser *parser, uint32_t node, enum bw_channel *channel)
{
    const struct bw_node *n = &parser->build->rules->nodes[node];

    if (n->op == BW_OP_WORD || n->op == BW_OP_SET) {
        if (*channel == BW_CHANNELS)
            *channel = group_of((enum bw_channel)n->channel);
        if (*channel == group_of((enum bw_channel)n->channel))
            return 0;
        lex_problem(&parser->lexer, false, n->at, n->len,
                    "words of different fields have no distance");
        return -1;
    }
    for (uint32_t i = 0; i < n->n; i++) {
        if (check_channel(parser, parser->build->rules->children[n->arg + i], channel) != 0)
            return -1;
    }
    return 0;
}

static int parse_near(struct parser *parser, uint32_t *out)
{
    uint32_t at = parser->next.at, left, right;

    if (parse_not(parser, &left) != 0)
        return -1;
    while (parser->next.kind == BW_LEX_NEAR || parser->next.kind == BW_LEX_BEFORE) {
        struct bw_lexeme lexeme = parser->next;
        enum bw_channel channel = BW_CHANNELS;
        size_t base = parser->n_stack;

        advance(parser);
        if (parse_not(parser, &right) != 0 || check_operand(parser, &lexeme, left) != 0 ||
            check_operand(parser, &lexeme, right) != 0 ||
            check_channel(parser, left, &channel) != 0 ||
            check_channel(parser, right, &channel) != 0 || push(parser, left) != 0 ||
            push(parser, right) != 0 ||
            reduce(parser, lexeme.kind == BW_LEX_NEAR ? BW_OP_NEAR : BW_OP_BEFORE, base, at,
                   &left) != 0)
            return -1;
        parser->build->rules->nodes[left].distance = (uint16_t)lexeme.number;
        parser->build->rules->nodes[left].channel = (uint8_t)channel;
    }
    *out = left;
    return 0;
}

/* A list of operands; one alone stays itself. */
static int finish_list(struct parser *parser, enum bw_op op, size_t base, uint32_t at,
                       uint32_t *out)
{
    if (parser->n_stack - base > 1)
        return reduce(parser, op, base, at, out);
    *out = parser->stack[--parser->n_stack];
    return 0;
}

static int parse_and(struct parser *parser, uint32_t *out)
{
    size_t base = parser->n_stack;
    uint32_t at = parser->next.at, node;

    for (;;) {
        if (parse_near(parser, &node) != 0 || push(parser, node) != 0)
            return -1;
        if (parser->next.kind == BW_LEX_AND)
            advance(parser);
        else if (parser->next.kind == BW_LEX_OR || parser->next.kind == BW_LEX_CLOSE ||
                 parser->next.kind == BW_LEX_END)
            return finish_list(parser, BW_OP_AND, base, at, out);
    }
}

static int parse_or(struct parser *parser, uint32_t *out)
{
    size_t base = parser->n_stack;
    uint32_t at = parser->next.at, node;

    for (;;) {
        if (parse_and(parser, &node) != 0 || push(parser, node) != 0)
            return -1;
        if (parser->next.kind != BW_LEX_OR)
            return finish_list(parser, BW_OP_OR, base, at, out);
        advance(parser);
    }
}

static int parse_all(struct parser *parser, uint32_t *root)
{
    advance(parser);
    if (parse_or(parser, root) != 0)
        return -1;
    if (parser->next.kind == BW_LEX_END)
        return 0;
    return expected(parser, "an operator or the end; no parenthesis is open");
}

int query_parse(struct bw_build *build, const struct bw_spot *spot, const char *query,
                uint32_t *root)
{
    size_t len = strlen(query);
    struct parser parser = {
        .build = build,
        .lexer = {
            .problems = build->problems, .spot = *spot, .query = query, .len = (uint32_t)len}};
    int result;

    if (len > BW_QUERY_LIMIT) {
        lex_problem(&parser.lexer, false, 0, 1, "a query has at most %d bytes", BW_QUERY_LIMIT);
        return -1;
    }
    result = parse_all(&parser, root);
    free(parser.stack);
    return result;
}
