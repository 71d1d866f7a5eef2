/* `lexicon:` and `rules:`: what is watched, as plain data with its places. Owns nothing. */
#include "schema.h"
#include "words.h"

#include <string.h>

WORDS(facet_words, "topic", "actor", "bloc", "stance", "cue", "guard")
WORDS(scope_words, "before", "after", "both")
WORDS(object_words, "actor")
WORDS(within_words, "sentence", "item")

const char *words_severity(int i, const void *ctx)
{
    (void)ctx;
    return i < BW_SEVERITIES ? severity_name((enum bw_severity)i) : NULL;
}

const char *words_stance(int i, const void *ctx)
{
    (void)ctx;
    return i < BW_STANCES ? stance_name((enum bw_stance)i) : NULL;
}

const char *words_certainty(int i, const void *ctx)
{
    (void)ctx;
    return i < BW_CERTAINTIES ? certainty_name((enum bw_certainty)i) : NULL;
}

/* --- lexicon -------------------------------------------------------------------------------- */

/* A set while it is read: the key that gives its code depends on the facet. */
struct set_in {
    struct bw_set set;
    int facet; /* -1 while unknown */
    const char *iso, *code, *stance, *effect;
    yaml_node_t *terms;
};

static void keep_node(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    (void)r;
    *(yaml_node_t **)(void *)((char *)base + field->offset) = node;
}

#define I(member) offsetof(struct set_in, member)

static const struct field set_fields[] = {
    FIELD("set", type_text, I(set.id), .required = true),
    FIELD("facet", type_enum, I(facet), .allowed = facet_words, .required = true),
    FIELD("iso", type_text, I(iso)),
    FIELD("code", type_text, I(code)),
    FIELD("stance", type_word, I(stance), .allowed = words_stance),
    FIELD("effect", type_text, I(effect)), /* match/ knows the effects */
    FIELD("scope", type_word, I(set.scope), .allowed = scope_words),
    FIELD("reach", type_int, I(set.reach), .max = 1000),
    FIELD("foreign", type_bool, I(set.foreign)),
    FIELD("implied", type_bool, I(set.implied)),
    FIELD("cased", type_bool, I(set.cased)),
    FIELD("object", type_word, I(set.object), .allowed = object_words),
    FIELD("since", type_date, I(set.since)),
    FIELD("until", type_date, I(set.until)),
    FIELD("terms", keep_node, I(terms), .required = true),
    FIELD_END,
};
_Static_assert(sizeof(enum bw_facet) == sizeof(int) && sizeof(enum bw_severity) == sizeof(int) &&
                   sizeof(enum bw_within) == sizeof(int),
               "type_enum() writes an int");

struct code_key {
    const char *key, *value;
};

/* Takes the code from the one key that the facet allows. */
static void take_code(struct reader *r, yaml_node_t *node, struct set_in *in)
{
    static const char *const wanted[BW_FACETS] = {
        [BW_FACET_ACTOR] = "iso",
        [BW_FACET_BLOC] = "code",
        [BW_FACET_STANCE] = "stance",
        [BW_FACET_CUE] = "effect",
    };
    const struct code_key keys[] = {
        {"iso", in->iso}, {"code", in->code}, {"stance", in->stance}, {"effect", in->effect}};
    const char *want = wanted[in->facet], *facet = facet_words(in->facet, NULL);

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        bool is_wanted = want != NULL && strcmp(keys[i].key, want) == 0;

        if (is_wanted && keys[i].value != NULL)
            in->set.code = keys[i].value;
        else if (is_wanted && yamldoc_find(r->doc, node, want) == NULL)
            schema_error(r, node, want, "is missing: a set of facet %s needs it", facet);
        else if (!is_wanted && keys[i].value != NULL)
            schema_error(r, yamldoc_find(r->doc, node, keys[i].key), keys[i].key,
                         "does not belong to a set of facet %s; expected %s%s", facet,
                         want != NULL ? want : "none of iso, code, stance, effect",
                         want != NULL ? ":" : "");
    }
}

static bool is_language(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return text[len] == '\0' && len >= 2 && len <= 35 && text[0] != '-';
}

static size_t count_terms(struct yamldoc *doc, const yaml_node_t *map)
{
    size_t n = 0;

    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *value = yamldoc_node(doc, pair->value);

        n += value->type == YAML_SEQUENCE_NODE
                 ? (size_t)(value->data.sequence.items.top - value->data.sequence.items.start)
                 : 1;
    }
    return n;
}

static void add_term(struct reader *r, struct bw_set *set, const char *lang, yaml_node_t *node)
{
    const char *text = yamldoc_text(node);
    struct bw_term *term;

    if (text == NULL || text[0] == '\0') {
        schema_error(r, node, "terms", "expected a word, prefix* or phrase, not %s",
                     text != NULL ? "nothing" : yamldoc_kind(node));
        return;
    }
    term = &set->terms[set->n_terms++];
    term->lang = lang;
    term->text = arena_strdup(r->loader->arena, text);
    term->place = yamldoc_place(r->doc, node);
    if (term->text == NULL)
        r->loader->out_of_memory = true;
}

static void read_language(struct reader *r, struct bw_set *set, yaml_node_t *key,
                          yaml_node_t *value)
{
    const char *lang = yamldoc_text(key);

    if (lang == NULL || !is_language(lang)) {
        schema_error(r, key, "terms", "expected a language such as en, ru, or any; not \"%s\"",
                     lang != NULL ? lang : yamldoc_kind(key));
        return;
    }
    lang = arena_strdup(r->loader->arena, lang);
    if (value->type != YAML_SEQUENCE_NODE) {
        if (!yamldoc_is_null(value))
            add_term(r, set, lang, value);
        return;
    }
    for (yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++)
        add_term(r, set, lang, yamldoc_node(r->doc, *item));
}

static void read_terms(struct reader *r, struct bw_set *set, yaml_node_t *map)
{
    if (map->type != YAML_MAPPING_NODE) {
        schema_error(r, map, "terms", "expected a map such as {en: [word, prefix*]}, not %s",
                     yamldoc_kind(map));
        return;
    }
    set->terms = arena_calloc(r->loader->arena, count_terms(r->doc, map) + 1, sizeof *set->terms);
    if (set->terms == NULL) {
        r->loader->out_of_memory = true;
        return;
    }
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++)
        read_language(r, set, yamldoc_node(r->doc, pair->key), yamldoc_node(r->doc, pair->value));
    if (set->n_terms == 0)
        schema_error(r, map, "terms", "expected at least one term");
}

static void read_set(struct reader *r, yaml_node_t *node)
{
    struct loader *loader = r->loader;
    struct set_in in = {.set.place = yamldoc_place(r->doc, node), .facet = -1};
    struct bw_set *set;

    schema_read_map(r, set_fields, node, &in);
    schema_check_id(r, node, "set", in.set.id, &loader->set_ids, loader->sets.n);
    if (in.facet >= 0) {
        in.set.facet = (enum bw_facet)in.facet;
        take_code(r, node, &in);
    }
    if (in.terms != NULL)
        read_terms(r, &in.set, in.terms);
    set = loader_add(loader, &loader->sets);
    if (set != NULL)
        *set = in.set;
}

void lexicon_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "set", "set", read_set);
}

/* --- rules ---------------------------------------------------------------------------------- */

#define R(member) offsetof(struct bw_rule, member)

static const struct field event_fields[] = {
    FIELD_LIST("actor", type_list_any, offsetof(struct bw_rule, actors),
               offsetof(struct bw_rule, n_actors)),
    FIELD_LIST("bloc", type_list_any, offsetof(struct bw_rule, blocs),
               offsetof(struct bw_rule, n_blocs)),
    FIELD_LIST("stance", type_list_any, offsetof(struct bw_rule, stances),
               offsetof(struct bw_rule, n_stances), .allowed = words_stance),
    FIELD("within", type_enum, R(within), .allowed = within_words),
    FIELD_END,
};

/* Also `event: {}`, which is an event of any kind. */
static void field_event(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    struct bw_rule *rule = base;

    rule->has_event = true;
    type_map(r, field, node, base);
}

static const struct field rule_fields[] = {
    FIELD("id", type_text, R(id), .required = true),
    FIELD("title", type_text, R(title)),
    FIELD("severity", type_enum, R(severity), .allowed = words_severity),
    FIELD("query", type_text, R(query)),
    FIELD("event", field_event, 0, .fields = event_fields),
    FIELD("enabled", type_bool, R(enabled)),
    FIELD_END,
};

static void read_rule(struct reader *r, yaml_node_t *node)
{
    struct bw_rule rule = {.enabled = true, .severity = BW_SEVERITY_MEDIUM}, *added;
    struct loader *loader = r->loader;

    rule.place = yamldoc_place(r->doc, node);
    schema_read_map(r, rule_fields, node, &rule);
    schema_check_id(r, node, "id", rule.id, &loader->rule_ids, loader->rules.n);
    if (rule.title == NULL)
        rule.title = rule.id;
    rule.query_place = yamldoc_text_place(r->doc, yamldoc_find(r->doc, node, "query"));
    if (rule.query == NULL && !rule.has_event && node->type == YAML_MAPPING_NODE)
        schema_error(r, node, NULL, "expected a query:, an event:, or both");
    added = loader_add(loader, &loader->rules);
    if (added != NULL)
        *added = rule;
}

void rules_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "id", "rule", read_rule);
}
