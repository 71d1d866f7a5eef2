/* Lexicon hits to marks: those that count, and what each is in its sentence. Owns the marks. */
#include "event.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const effect_names[BW_EFFECTS] = {
    [BW_EFFECT_PLANS] = "plans",
    [BW_EFFECT_NEGATES] = "negates",
    [BW_EFFECT_DENIES] = "denies",
    [BW_EFFECT_UNDECIDED] = "undecided",
    [BW_EFFECT_HYPOTHETICAL] = "hypothetical",
    [BW_EFFECT_REPORTED] = "reported",
    [BW_EFFECT_THREATENS] = "threatens",
    [BW_EFFECT_INVITES] = "invites",
    [BW_EFFECT_BACKGROUND] = "background",
    [BW_EFFECT_CLAUSE] = "clause",
    [BW_EFFECT_AND] = "and",
    [BW_EFFECT_OBLIQUE] = "oblique",
    [BW_EFFECT_LOCATIVE] = "locative",
    [BW_EFFECT_VENUE] = "venue",
    [BW_EFFECT_MEETING] = "meeting",
    [BW_EFFECT_BODY] = "body",
    [BW_EFFECT_ATTRIBUTE] = "attribute",
    [BW_EFFECT_BLOCKS] = "blocks",
    [BW_EFFECT_ANAPHOR] = "anaphor",
    [BW_EFFECT_FILLER] = "filler",
};

/* A name of the ladder, with or without "-bloc" or "-meeting" behind it; 0 when it is none. */
static enum bw_stance parse_ladder(struct bw_mark *mark, const char *name)
{
    size_t len = strcspn(name, "-");
    const char *tail = name + len;
    char ladder[16];
    int stance;

    mark->wants_meeting = strcmp(tail, "-meeting") == 0;
    mark->near = mark->wants_meeting || strcmp(tail, "-bloc") == 0;
    if (len >= sizeof ladder || (*tail != '\0' && !mark->near))
        return BW_STANCE_NONE;
    memcpy(ladder, name, len);
    ladder[len] = '\0';
    stance = stance_parse(ladder);
    return stance > 0 ? (enum bw_stance)stance : BW_STANCE_NONE;
}

/* Fills effect, stance and near of a cue; false when nothing is known of the effect. */
static bool parse_effect(struct bw_mark *mark, const char *name)
{
    for (int i = 0; i < BW_EFFECTS; i++) {
        if (effect_names[i] != NULL && strcmp(effect_names[i], name) == 0) {
            mark->effect = (enum bw_effect)i;
            mark->near = mark->effect == BW_EFFECT_UNDECIDED || mark->effect == BW_EFFECT_INVITES;
            return true;
        }
    }
    if (strcmp(name, "membership-bloc") == 0) {
        mark->near = true;
        mark->facet = BW_FACET_STANCE;
        return true;
    }
    mark->stance = parse_ladder(mark, name);
    if (mark->near)
        mark->facet = BW_FACET_STANCE;
    else
        mark->effect = BW_EFFECT_STANCE;
    return mark->stance != BW_STANCE_NONE;
}

const char *event_effect_name(unsigned i)
{
    const unsigned first = BW_EFFECT_PLANS; /* the ladder's names are none of these */

    return i < BW_EFFECTS - first ? effect_names[first + i] : NULL;
}

bool event_is_status(enum bw_stance stance)
{
    return stance == BW_STANCE_OBSERVES || stance == BW_STANCE_PARTNERS;
}

bool event_effect_is_known(const char *name)
{
    struct bw_mark mark = {0};

    return parse_effect(&mark, name);
}

/* --- which hits count ----------------------------------------------------------------------- */

/* Names are the same for a reader of any language; what grammar decides is not. */
static bool speaks(const char *lang, const struct bw_set *set, const struct bw_term *term)
{
    if ((set->facet == BW_FACET_ACTOR && !set->implied) || set->facet == BW_FACET_BLOC)
        return true;
    return text_speaks(lang, term->lang);
}

/* Whether the set's people were in office on the day of the item; yes when that is unknown. */
static bool in_office(const struct bw_text *text, const struct bw_set *set)
{
    char day[11];
    time_t when = (time_t)text->published;
    struct tm tm;

    if (text->published == BW_TIME_NONE || (set->since == NULL && set->until == NULL))
        return true;
    if (gmtime_r(&when, &tm) == NULL || strftime(day, sizeof day, "%Y-%m-%d", &tm) == 0)
        return true;
    return (set->since == NULL || strcmp(day, set->since) >= 0) &&
           (set->until == NULL || strcmp(day, set->until) <= 0);
}

/* Marks compete in layers: names, predicates, and the small words of structure. */
enum layer { LAYER_ACTOR, LAYER_BLOC, LAYER_PREDICATE, LAYER_STRUCTURE, LAYER_GUARD };

static enum layer layer_of(const struct bw_mark *mark)
{
    switch (mark->facet) {
    case BW_FACET_ACTOR:
        return LAYER_ACTOR;
    case BW_FACET_BLOC:
        return LAYER_BLOC;
    case BW_FACET_GUARD:
        return LAYER_GUARD;
    default:
        return mark->effect >= BW_EFFECT_CLAUSE ? LAYER_STRUCTURE : LAYER_PREDICATE;
    }
}

/* The words of a term that are not a bare *, and its letters. */
static void measure(const struct bw_mark *mark, size_t *words, size_t *letters)
{
    const char *text = mark->set->terms[mark->term].text;

    *words = *letters = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        bool stem = len > 0 && text[len - 1] == '*';

        *words += len > (size_t)stem;
        *letters += len - stem;
        text += len + strspn(text + len, " ");
    }
}

/* Which of two terms says more: in words, then in letters. */
static int compare_length(const struct bw_mark *a, const struct bw_mark *b)
{
    size_t words_a, words_b, letters_a, letters_b;

    measure(a, &words_a, &letters_a);
    measure(b, &words_b, &letters_b);
    if (words_a != words_b)
        return words_a > words_b ? 1 : -1;
    return letters_a == letters_b ? 0 : letters_a > letters_b ? 1 : -1;
}

/* Whether the mark's token stands where its term has a bare *: it is no word of the term. */
static bool is_gap_of(const struct bw_token *tokens, const struct bw_mark *mark, uint32_t token)
{
    const char *text = mark->set->terms[mark->term].text;

    for (uint32_t t = mark->first; t < token; t++) {
        if ((tokens[t + 1].flags & BW_TOKEN_SUFFIX) == 0) {
            text += strcspn(text, " ");
            text += strspn(text, " ");
        }
    }
    return text[0] == '*' && (text[1] == ' ' || text[1] == '\0');
}

/* The same stance, which takes its bloc from another side: "bid for" and "bid". */
static bool looks_elsewhere(const struct bw_mark *a, const struct bw_mark *b)
{
    const char *left = a->set->scope, *right = b->set->scope;

    return ((a->near && b->near) || a->effect == BW_EFFECT_NEGATES) && a->effect == b->effect &&
           a->stance == b->stance && left != NULL && right != NULL && strcmp(left, right) != 0;
}

/* A free stance can do more than one that wants its bloc near, and that one more than a cue. */
static int rank_of(const struct bw_mark *mark)
{
    return mark->facet != BW_FACET_STANCE ? 0 : mark->near ? 1 : 2;
}

/* Two terms that lend the same stance by the same words, "пайда берме*" and "пайда бермед*". */
static bool lends_the_same(const struct bw_mark *a, const struct bw_mark *b)
{
    return a->first == b->first && a->last == b->last && a->stance == b->stance &&
           a->stance != BW_STANCE_NONE && a->wants_meeting == b->wants_meeting &&
           layer_of(a) == LAYER_PREDICATE && layer_of(b) == LAYER_PREDICATE &&
           rank_of(a) != rank_of(b);
}

/* Whether `a` leaves no room for `b`. */
static bool hides(const struct bw_token *tokens, const struct bw_mark *a, const struct bw_mark *b)
{
    enum layer over = layer_of(a), under = layer_of(b);
    bool overlap = a->first <= b->last && b->first <= a->last;
    bool inside = a->first <= b->first && b->last <= a->last;

    if (!overlap || under == LAYER_GUARD)
        return false;
    if (inside && b->first == b->last && is_gap_of(tokens, a, b->first))
        return false; /* "станет ЛИ Ташкент членом" */
    if (over == LAYER_GUARD)
        return inside && compare_length(a, b) >= 0;
    if (a->effect == BW_EFFECT_FILLER && under == LAYER_ACTOR) /* "Moscow-led" */
        return inside && a->last > a->first;
    if (over == LAYER_BLOC && under != LAYER_BLOC) /* "the Union State of Russia and Belarus" */
        return inside && a->last > a->first;
    if (lends_the_same(a, b))
        return rank_of(a) > rank_of(b);
    if (over == under)
        return compare_length(a, b) > 0 && !looks_elsewhere(a, b);
    return over >= LAYER_PREDICATE && under >= LAYER_PREDICATE && inside &&
           a->last - a->first > b->last - b->first;
}

/* Two marks that say the same of the same words: the one that can do more stays. */
static bool repeats(const struct bw_mark *a, const struct bw_mark *b, bool a_is_first)
{
    if (a->first != b->first || a->last != b->last || layer_of(a) != layer_of(b) ||
        compare_length(a, b) != 0 || a->wants_meeting != b->wants_meeting)
        return false;
    if (layer_of(a) == LAYER_PREDICATE || layer_of(a) == LAYER_STRUCTURE) {
        if (a->stance != b->stance || (a->effect != b->effect && a->effect != BW_EFFECT_STANCE &&
                                       b->effect != BW_EFFECT_STANCE))
            return false;
        if (rank_of(a) != rank_of(b))
            return rank_of(a) < rank_of(b);
        if (looks_elsewhere(a, b))
            return false;
    }
    return !a_is_first;
}

static int compare_marks(const void *left, const void *right)
{
    const struct bw_mark *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->last != b->last)
        return a->last > b->last ? -1 : 1;
    return (a->set_index > b->set_index) - (a->set_index < b->set_index);
}

/* The first set of the same facet and code that is neither implied nor bounded by an office: rules
 * name that one. */
static uint32_t canonical_set(const struct bw_event_input *input, uint32_t index)
{
    const struct bw_set *set = &input->sets[index];

    for (uint32_t i = 0; i < input->n_sets && set->code != NULL; i++) {
        const struct bw_set *other = &input->sets[i];

        if (other->facet == set->facet && other->code != NULL && !other->implied &&
            other->since == NULL && other->until == NULL && other->foreign == set->foreign &&
            strcmp(other->code, set->code) == 0)
            return i;
    }
    return index;
}

static bool mark_init(struct bw_mark *mark, const struct bw_event_input *input,
                      const struct bw_term_hit *hit, const char *lang)
{
    const struct bw_set *set = &input->sets[hit->set];

    if (set->facet == BW_FACET_TOPIC || !speaks(lang, set, &set->terms[hit->term]) ||
        !in_office(input->text, set))
        return false;
    *mark = (struct bw_mark){.set = set,
                             .set_index = hit->set,
                             .term = hit->term,
                             .first = hit->first,
                             .last = hit->last,
                             .sentence = input->text->tokens[hit->first].sentence,
                             .facet = set->facet,
                             .code = set->code,
                             .canon = hit->set};
    if (set->facet == BW_FACET_CUE)
        return parse_effect(mark, set->code != NULL ? set->code : "");
    if (set->facet == BW_FACET_STANCE)
        mark->stance = (enum bw_stance)(stance_parse(set->code) > 0 ? stance_parse(set->code) : 0);
    else if (set->facet != BW_FACET_GUARD)
        mark->canon = canonical_set(input, hit->set);
    return true;
}

void frame_sentence(const struct bw_frame *frame, uint32_t sentence, uint32_t *from, uint32_t *to)
{
    *from = frame->starts[sentence];
    *to = frame->starts[sentence + 1];
}

/* Where each sentence's marks begin. */
static void fill_starts(struct bw_frame *frame)
{
    uint32_t mark = 0;

    for (uint32_t s = 0; s <= frame->text->n_sentences; s++) {
        while (mark < frame->n_marks && frame->marks[mark].sentence < s)
            mark++;
        frame->starts[s] = mark;
    }
}

/* A sentence with too many marks is no sentence: its marks are dropped. */
static void drop_overfull(struct bw_frame *frame, uint32_t limit)
{
    uint32_t kept = 0, from, to;

    for (uint32_t i = 0; i < frame->n_marks; i++) {
        frame_sentence(frame, frame->marks[i].sentence, &from, &to);
        if (to - from <= limit)
            frame->marks[kept++] = frame->marks[i];
    }
    frame->n_marks = kept;
    fill_starts(frame);
}

/* Marks in the order in which they take their place: guards first, then by length. */
static int compare_claims(const void *left, const void *right)
{
    const struct bw_mark *a = *(const struct bw_mark *const *)left;
    const struct bw_mark *b = *(const struct bw_mark *const *)right;
    bool guard_a = a->facet == BW_FACET_GUARD, guard_b = b->facet == BW_FACET_GUARD;
    int length = compare_length(b, a);

    if (guard_a != guard_b)
        return guard_a ? -1 : 1;
    if (length != 0)
        return length;
    return (a > b) - (a < b);
}

/* Of one sentence: drops what a longer one or a guard hides; a hidden one hides nothing. */
static void keep_longest_of(struct bw_frame *frame, uint32_t from, uint32_t to, bool *hidden,
                            const struct bw_mark **claims)
{
    uint32_t n = to - from;

    for (uint32_t i = 0; i < n; i++)
        claims[i] = &frame->marks[from + i];
    qsort(claims, n, sizeof *claims, compare_claims);
    for (uint32_t i = 0; i < n; i++) {
        bool *mine = &hidden[claims[i] - frame->marks];

        for (uint32_t j = 0; j < n && !*mine; j++)
            *mine = i != j && !hidden[claims[j] - frame->marks] &&
                    (hides(frame->text->tokens, claims[j], claims[i]) ||
                     repeats(claims[i], claims[j], claims[i] < claims[j]));
    }
}

/* Drops what is hidden, then the guards. */
static int keep_longest(struct bw_frame *frame)
{
    uint32_t kept = 0, from, to;
    bool *hidden = calloc(frame->n_marks + 1, sizeof *hidden);
    const struct bw_mark **claims = calloc(frame->n_marks + 1, sizeof *claims);

    if (hidden == NULL || claims == NULL) {
        free(hidden);
        free(claims);
        return -1;
    }
    for (uint32_t s = 0; s < frame->text->n_sentences; s++) {
        frame_sentence(frame, s, &from, &to);
        if (to > from)
            keep_longest_of(frame, from, to, hidden, claims);
    }
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        if (!hidden[i] && frame->marks[i].facet != BW_FACET_GUARD)
            frame->marks[kept++] = frame->marks[i];
    }
    frame->n_marks = kept;
    free(hidden);
    free(claims);
    fill_starts(frame);
    return 0;
}

/* Whether the item names another of the watched states than the one that `implied` stands for, or
 * any other in its sentence or before. */
static bool names_another(const struct bw_frame *frame, const struct bw_mark *implied)
{
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->facet == BW_FACET_ACTOR && !mark->set->implied &&
            strcmp(mark->code, implied->code) != 0 &&
            (!mark->set->foreign || mark->sentence <= implied->sentence))
            return true;
    }
    return false;
}

static void drop_implied(struct bw_frame *frame)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < frame->n_marks; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->facet != BW_FACET_ACTOR || !mark->set->implied || !names_another(frame, mark))
            frame->marks[kept++] = *mark;
    }
    frame->n_marks = kept;
    fill_starts(frame);
}

/* --- distances ------------------------------------------------------------------------------ */

uint32_t mark_gap(const struct bw_frame *frame, const struct bw_mark *a, const struct bw_mark *b)
{
    const struct bw_token *tokens = frame->text->tokens;
    uint32_t words = 0;

    if (a->first > b->first) {
        const struct bw_mark *swap = a;

        a = b;
        b = swap;
    }
    for (uint32_t i = a->last + 1; i < b->first; i++)
        words += (tokens[i].flags & BW_TOKEN_SUFFIX) == 0;
    return words;
}

/* What it costs to step over the punctuation behind a token. */
static uint32_t edge_cost(uint16_t after)
{
    uint32_t cost = 0;

    if (after & (BW_GAP_SEMICOLON | BW_GAP_QUESTION | BW_GAP_EXCLAMATION | BW_GAP_LINE))
        cost += 6;
    if (after & (BW_GAP_COLON | BW_GAP_DASH))
        cost += 2;
    if (after & (BW_GAP_COMMA | BW_GAP_PAREN_OPEN | BW_GAP_PAREN_CLOSE))
        cost += 1;
    return cost;
}

uint32_t mark_distance(const struct bw_frame *frame, const struct bw_mark *a,
                       const struct bw_mark *b)
{
    const struct bw_token *tokens = frame->text->tokens;
    uint32_t cost = mark_gap(frame, a, b);
    uint32_t left = a->first < b->first ? a->last : b->last;
    uint32_t right = a->first < b->first ? b->first : a->first, from, to;

    for (uint32_t i = left; i < right; i++)
        cost += edge_cost(tokens[i].after);
    frame_sentence(frame, a->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->effect == BW_EFFECT_CLAUSE && mark->first > left && mark->last < right)
            cost += 4;
    }
    return cost;
}

bool mark_reaches(const struct bw_frame *frame, const struct bw_mark *cue,
                  const struct bw_mark *mark, uint32_t default_reach)
{
    uint32_t reach = cue->set->reach > 0 ? (uint32_t)cue->set->reach : default_reach;
    const char *scope = cue->set->scope;

    if (cue->near) { /* its scope and reach are for blocs */
        reach = default_reach;
        scope = NULL;
    }
    if (cue->sentence != mark->sentence || cue == mark)
        return false;
    if (scope != NULL && strcmp(scope, "after") == 0 && mark->first <= cue->last)
        return false;
    if (scope != NULL && strcmp(scope, "before") == 0 && mark->last >= cue->first)
        return false;
    return mark_distance(frame, cue, mark) < reach;
}

bool mark_is_modal(const struct bw_mark *mark)
{
    switch (mark->stance) {
    case BW_STANCE_CONSIDERS:
    case BW_STANCE_APPLIES:
    case BW_STANCE_SIGNS:
    case BW_STANCE_DECLINES:
    case BW_STANCE_OPPOSES:
    case BW_STANCE_SUSPENDS:
        return true;
    default:
        return false;
    }
}

bool mark_is_venue_cue(const struct bw_mark *mark)
{
    return mark->effect == BW_EFFECT_VENUE || mark->effect == BW_EFFECT_MEETING;
}

bool mark_is_predicate(const struct bw_mark *mark)
{
    return mark->facet == BW_FACET_STANCE ||
           (mark->facet == BW_FACET_CUE &&
            (mark->effect == BW_EFFECT_STANCE || mark->effect == BW_EFFECT_PLANS ||
             mark->effect == BW_EFFECT_DENIES || mark->effect == BW_EFFECT_UNDECIDED ||
             mark->effect == BW_EFFECT_INVITES));
}

/* The lead of each field: what comes after it is background. */
static bool in_lead(const struct bw_frame *frame, uint32_t sentence)
{
    const struct bw_sentence *sentences = frame->text->sentences;

    return sentence < EVENT_LEAD ||
           sentences[sentence - EVENT_LEAD].field != sentences[sentence].field;
}

/* The marks of terms in the item's language; all when `lang` is NULL. Whether one is a predicate.
 */
static bool collect_marks(struct bw_frame *frame, const char *lang)
{
    bool predicate = false;

    frame->n_marks = 0;
    for (size_t i = 0; i < frame->input->n_hits; i++) {
        struct bw_mark *mark = &frame->marks[frame->n_marks];

        if (!mark_init(mark, frame->input, &frame->input->hits[i], lang) ||
            !in_lead(frame, mark->sentence))
            continue;
        predicate |= mark_is_predicate(mark);
        frame->n_marks++;
    }
    return predicate;
}

int frame_build(struct bw_frame *frame, const struct bw_event_input *input)
{
    memset(frame, 0, sizeof *frame);
    frame->input = input;
    frame->text = input->text;
    frame->marks = calloc(input->n_hits + 1, sizeof *frame->marks);
    frame->starts = calloc((size_t)input->text->n_sentences + 2, sizeof *frame->starts);
    if (frame->marks == NULL || frame->starts == NULL)
        return -1;
    /* A feed may be in another language than it says. */
    if (!collect_marks(frame, input->text->lang) && input->text->lang != NULL)
        collect_marks(frame, NULL);
    qsort(frame->marks, frame->n_marks, sizeof *frame->marks, compare_marks);
    fill_starts(frame);
    drop_overfull(frame, 4 * EVENT_MARKS_LIMIT);
    if (keep_longest(frame) != 0)
        return -1;
    drop_overfull(frame, EVENT_MARKS_LIMIT);
    drop_implied(frame);
    roles_find(frame);
    return 0;
}

void frame_clear(struct bw_frame *frame)
{
    free(frame->marks);
    free(frame->starts);
    memset(frame, 0, sizeof *frame);
}
