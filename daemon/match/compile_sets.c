/* Lexicon sets: copied, checked, and their terms made patterns. Owns nothing. */
#include "compile.h"
#include "event.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

static const char *const facets[BW_FACETS] = {"topic", "actor", "bloc", "stance", "cue", "guard"};

static struct bw_spot spot_of(const struct bw_set *set)
{
    return (struct bw_spot){.kind = "set", .name = set->id, .place = set->place};
}

static void refuse(struct bw_build *build, const struct bw_set *set, const char *text)
{
    struct bw_spot spot = spot_of(set);

    problem_add(build->problems, false, &spot, "%s", text);
}

/* Midnight UTC of "YYYY-MM-DD"; false when it is no date. */
static bool parse_date(const char *text, int64_t *time)
{
    static const char form[] = "dddd-dd-dd";
    struct tm tm = {0};
    int day;

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    }
    tm.tm_year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
                 (text[3] - '0') - 1900;
    tm.tm_mon = (text[5] - '0') * 10 + (text[6] - '0') - 1;
    tm.tm_mday = day = (text[8] - '0') * 10 + (text[9] - '0');
    if (tm.tm_mon < 0 || tm.tm_mon > 11 || day < 1)
        return false;
    *time = timegm(&tm);
    return tm.tm_mday == day;
}

static void check_dates(struct bw_build *build, const struct bw_set *set,
                        struct bw_compiled_set *compiled)
{
    struct bw_spot spot = spot_of(set);
    int64_t time;

    compiled->from = compiled->to = BW_TIME_NONE;
    if (set->since != NULL && !parse_date(set->since, &time))
        problem_add(build->problems, false, &spot, "since: '%s' is no date: expected YYYY-MM-DD",
                    set->since);
    else if (set->since != NULL)
        compiled->from = time;
    if (set->until != NULL && !parse_date(set->until, &time))
        problem_add(build->problems, false, &spot, "until: '%s' is no date: expected YYYY-MM-DD",
                    set->until);
    else if (set->until != NULL)
        compiled->to = time + 86400;
    if (compiled->from != BW_TIME_NONE && compiled->to != BW_TIME_NONE &&
        compiled->from >= compiled->to)
        problem_add(build->problems, false, &spot, "since: %s lies after until: %s", set->since,
                    set->until);
}

static bool is_iso_code(const char *code)
{
    return strlen(code) == 2 && isupper((unsigned char)code[0]) && isupper((unsigned char)code[1]);
}

static void check_stance(struct bw_build *build, const struct bw_set *set)
{
    struct bw_spot spot = spot_of(set);
    unsigned best = 99;
    int near = -1;

    if (set->code == NULL) {
        refuse(build, set, "a stance needs `stance:`, a name of the ladder");
        return;
    }
    if (stance_parse(set->code) >= 0)
        return;
    for (int i = 0; i < BW_STANCES; i++) {
        if (name_is_nearer(set->code, strlen(set->code), stance_name((enum bw_stance)i), &best))
            near = i;
    }
    if (near >= 0)
        problem_add(build->problems, false, &spot, "there is no stance '%s': did you mean %s?",
                    set->code, stance_name((enum bw_stance)near));
    else
        problem_add(build->problems, false, &spot,
                    "there is no stance '%s': expected a name of the ladder, such as joins",
                    set->code);
}

static void check_effect(struct bw_build *build, const struct bw_set *set)
{
    struct bw_spot spot = spot_of(set);
    struct bw_buf names;
    const char *name;

    if (set->code == NULL || set->code[0] == '\0') {
        refuse(build, set, "a cue needs `effect:`, what it does to a stance");
        return;
    }
    if (event_effect_is_known(set->code))
        return;
    buf_init(&names);
    for (unsigned i = 0; (name = event_effect_name(i)) != NULL; i++)
        buf_printf(&names, "%s, ", name);
    problem_add(build->problems, false, &spot,
                "there is no effect '%s': expected %smembership-bloc, or a name of the ladder with "
                "or without -bloc or -meeting behind it, such as joins-bloc",
                set->code, buf_text(&names));
    buf_clear(&names);
}

static void check_code(struct bw_build *build, const struct bw_set *set)
{
    struct bw_spot spot = spot_of(set);

    switch (set->facet) {
    case BW_FACET_ACTOR:
        if (set->code == NULL || !is_iso_code(set->code))
            refuse(build, set, "an actor needs `iso:`, two capital letters such as KZ");
        break;
    case BW_FACET_BLOC:
        if (set->code == NULL || set->code[0] == '\0')
            refuse(build, set,
                   "a bloc needs `code:`; a bloc without events is a set of facet topic");
        break;
    case BW_FACET_STANCE:
        check_stance(build, set);
        break;
    case BW_FACET_CUE:
        check_effect(build, set);
        break;
    default:
        if (set->code != NULL)
            problem_add(build->problems, true, &spot, "'%s' has no meaning in a set of facet %s",
                        set->code, facets[set->facet]);
        break;
    }
}

/* Keys that belong to another facet. */
static void check_keys(struct bw_build *build, const struct bw_set *set)
{
    bool cue = set->facet == BW_FACET_CUE, actor = set->facet == BW_FACET_ACTOR;

    if (set->scope != NULL && strcmp(set->scope, "before") != 0 &&
        strcmp(set->scope, "after") != 0 && strcmp(set->scope, "both") != 0)
        refuse(build, set, "`scope:` is before, after or both");
    if (!cue && (set->scope != NULL || set->reach != 0))
        refuse(build, set, "`scope:` and `reach:` belong to a set of facet cue");
    if (cue && set->reach < 0)
        refuse(build, set, "`reach:` is a number of words, not below zero");
    if (!actor && (set->foreign || set->implied))
        refuse(build, set, "`foreign:` and `implied:` belong to a set of facet actor");
    if (set->object != NULL && set->facet != BW_FACET_STANCE)
        refuse(build, set, "`object:` belongs to a set of facet stance");
    else if (set->object != NULL && strcmp(set->object, "actor") != 0)
        refuse(build, set, "`object:` can be actor only");
}

/* The text of a term without the quotation marks that it may stand in. */
static const char *unquote(const char *text, size_t *len)
{
    *len = strlen(text);
    while (*len > 0 && isspace((unsigned char)text[0]))
        text++, --*len;
    while (*len > 0 && isspace((unsigned char)text[*len - 1]))
        --*len;
    if (*len >= 2 && text[0] == '"' && text[*len - 1] == '"') {
        text++;
        *len -= 2;
    }
    return text;
}

static int compile_term(struct bw_build *build, const struct bw_set *set,
                        const struct bw_term *term, uint32_t *out)
{
    struct bw_spot spot = {.kind = "set", .name = set->id, .place = term->place};
    struct bw_pattern_fault fault = {0};
    struct bw_pattern pattern;
    const char *text;
    size_t len;

    if (spot.place.line == 0)
        spot.place = set->place;
    if (term->text == NULL || (text = unquote(term->text, &len), len == 0)) {
        problem_add(build->problems, false, &spot, "an empty term");
        return 0;
    }
    if (pattern_parse(text, len, set->cased, &build->scratch, build->rules->arena, &pattern,
                      &fault) != 0) {
        if (fault.text == NULL)
            return -1;
        spot.text = term->text;
        spot.at = (size_t)(text - term->text) + fault.at;
        spot.len = 1;
        problem_add(build->problems, false, &spot, "term '%s': %s", term->text, fault.text);
        return 0;
    }
    spot.text = term->text;
    if (pattern_is_wide(&pattern))
        problem_add(build->problems, true, &spot, "every word with this first letter is found");
    *out = build_intern_pattern(build, &pattern);
    return *out == BW_NO_NODE ? -1 : 0;
}

static int copy_set(struct bw_arena *arena, const struct bw_set *from, struct bw_set *to)
{
    *to = *from;
    to->id = arena_strdup(arena, from->id != NULL ? from->id : "");
    to->code = arena_strdup(arena, from->code);
    to->scope = arena_strdup(arena, from->scope);
    to->object = arena_strdup(arena, from->object);
    to->since = arena_strdup(arena, from->since);
    to->until = arena_strdup(arena, from->until);
    to->place.file = arena_strdup(arena, from->place.file);
    to->terms = arena_calloc(arena, from->n_terms + 1, sizeof *to->terms);
    if (to->id == NULL || to->terms == NULL)
        return -1;
    for (size_t i = 0; i < from->n_terms; i++) {
        to->terms[i].lang = arena_strdup(arena, from->terms[i].lang);
        to->terms[i].text = arena_strdup(arena, from->terms[i].text);
        to->terms[i].place.line = from->terms[i].place.line;
        to->terms[i].place.file = to->place.file;
        if (from->terms[i].text != NULL && to->terms[i].text == NULL)
            return -1;
    }
    return 0;
}

static int name_set(struct bw_build *build, const struct bw_set *set, uint32_t index)
{
    struct bw_spot spot = spot_of(set);
    uint32_t other = index;
    int result;

    if (set->id[0] == '\0') {
        refuse(build, set, "a set needs a name");
        return 0;
    }
    result = names_put(&build->set_names, set->id, strlen(set->id), &other);
    if (result == 1)
        problem_add(build->problems, false, &spot, "there is another set of this name at %s:%d",
                    build->rules->sets[other].place.file != NULL
                        ? build->rules->sets[other].place.file
                        : "line",
                    build->rules->sets[other].place.line);
    return result < 0 ? -1 : 0;
}

/* Sets of one facet with the same code are told apart by nobody but the matched words. */
static int join_code(struct bw_build *build, const struct bw_set *set, uint32_t index)
{
    struct bw_compiled_set *compiled = &build->rules->compiled_sets[index];
    char *key;

    compiled->same_code = index;
    if (set->code == NULL)
        return 0;
    key = arena_printf(build->rules->arena, "%d %s", (int)set->facet, set->code);
    if (key == NULL)
        return -1;
    return names_put(&build->code_names, key, strlen(key), &compiled->same_code) < 0 ? -1 : 0;
}

static int compile_set(struct bw_build *build, const struct bw_set *from, uint32_t index)
{
    struct bw_ruleset *rules = build->rules;
    struct bw_set *set = &rules->sets[index];
    struct bw_compiled_set *compiled = &rules->compiled_sets[index];
    struct bw_spot spot;

    if (copy_set(rules->arena, from, set) != 0 || name_set(build, set, index) != 0 ||
        join_code(build, set, index) != 0)
        return -1;
    spot = spot_of(set);
    check_code(build, set);
    check_keys(build, set);
    check_dates(build, set, compiled);
    rules->has_guards = rules->has_guards || set->facet == BW_FACET_GUARD;
    if (set->n_terms == 0)
        problem_add(build->problems, true, &spot, "has no terms: nothing is ever found by it");
    compiled->patterns = arena_calloc(rules->arena, set->n_terms + 1, sizeof *compiled->patterns);
    if (compiled->patterns == NULL)
        return -1;
    for (size_t i = 0; i < set->n_terms; i++) {
        if (compile_term(build, set, &set->terms[i], &compiled->patterns[i]) != 0)
            return -1;
    }
    return 0;
}

int compile_sets(struct bw_build *build, const struct bw_watch *watch)
{
    struct bw_ruleset *rules = build->rules;

    rules->sets = arena_calloc(rules->arena, watch->n_sets + 1, sizeof *rules->sets);
    rules->compiled_sets =
        arena_calloc(rules->arena, watch->n_sets + 1, sizeof *rules->compiled_sets);
    if (rules->sets == NULL || rules->compiled_sets == NULL)
        return -1;
    for (size_t i = 0; i < watch->n_sets; i++) {
        if (compile_set(build, &watch->sets[i], rules->n_sets) != 0)
            return -1;
        rules->n_sets++;
    }
    return 0;
}
