/* What negations, modals and other cues make of a stance. Owns nothing. */
#include "event.h"

#include <string.h>

/* --- negation ------------------------------------------------------------------------------- */

/* A negation belongs to one stance or cue: the nearest that it reaches. */
static struct bw_mark *negated_by(struct bw_frame *frame, const struct bw_mark *negation)
{
    struct bw_mark *best = NULL;
    uint32_t best_distance = UINT32_MAX, from, to;

    frame_sentence(frame, negation->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        struct bw_mark *mark = &frame->marks[i];
        uint32_t distance;

        if (!mark_is_predicate(mark) || !mark_reaches(frame, negation, mark, EVENT_NEGATION_REACH))
            continue;
        distance = mark_distance(frame, negation, mark);
        if (distance == mark_gap(frame, negation, mark) && distance < best_distance) {
            best_distance = distance;
            best = mark;
        }
    }
    return best;
}

/* What shares its words is negated as well: "bid" in "bid for". */
static void negate(struct bw_frame *frame, const struct bw_mark *target,
                   const struct bw_mark *negation)
{
    uint32_t from, to;

    frame_sentence(frame, target->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        struct bw_mark *mark = &frame->marks[i];

        if (mark_is_predicate(mark) && mark->first <= target->last && target->first <= mark->last) {
            mark->negations++;
            mark->negation = negation;
        }
    }
}

void turn_negations(struct bw_frame *frame)
{
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        struct bw_mark *mark = &frame->marks[i], *target;

        if (mark->effect != BW_EFFECT_NEGATES)
            continue;
        target = negated_by(frame, mark);
        if (target != NULL)
            negate(frame, target, mark);
    }
}

/* --- the ladder ----------------------------------------------------------------------------- */

struct state {
    enum bw_stance stance;
    enum bw_certainty certainty;
    bool turned;                  /* a refusal has been heard: the next one only repeats it */
    const struct bw_mark *turner; /* the cue that said it; NULL: the stance itself */
};

static bool is_away(enum bw_stance stance)
{
    return stance == BW_STANCE_LEAVES || stance == BW_STANCE_SUSPENDS;
}

/* A stance into its opposite. */
static void flip(struct state *state)
{
    state->turned = true;
    if (state->certainty == BW_CERTAINTY_HYPOTHETICAL) /* who refuses what may be, refuses it */
        state->certainty = BW_CERTAINTY_STATED;
    switch (state->stance) {
    case BW_STANCE_LEAVES:
    case BW_STANCE_SUSPENDS:
        state->stance = BW_STANCE_STAYS;
        break;
    case BW_STANCE_STAYS:
        state->stance = BW_STANCE_LEAVES;
        break;
    case BW_STANCE_DECLINES:
        state->stance = BW_STANCE_CONSIDERS;
        break;
    case BW_STANCE_OPPOSES:
        state->stance = BW_STANCE_STAYS;
        break;
    default:
        state->stance = BW_STANCE_DECLINES;
    }
}

/* It may happen, or somebody wishes that it does. A refusal of that is none the weaker for it. */
static void weaken(struct state *state)
{
    if (state->turned && (state->stance == BW_STANCE_DECLINES || state->stance == BW_STANCE_STAYS))
        return;
    if (state->stance == BW_STANCE_JOINS || state->stance == BW_STANCE_NONE)
        state->stance = BW_STANCE_CONSIDERS;
    state->certainty = BW_CERTAINTY_HYPOTHETICAL;
}

/* A modal stance reaches the state: "applies" for "to join". */
static void lend_modal(struct state *state, enum bw_stance lent)
{
    enum bw_stance now = state->stance;

    switch (lent) {
    case BW_STANCE_CONSIDERS:
        if (is_away(now) || now == BW_STANCE_STAYS || now == BW_STANCE_DECLINES ||
            now == BW_STANCE_OPPOSES || now == BW_STANCE_OBSERVES || now == BW_STANCE_PARTNERS)
            state->certainty = BW_CERTAINTY_HYPOTHETICAL;
        else
            state->stance = BW_STANCE_CONSIDERS;
        break;
    case BW_STANCE_APPLIES:
        if (now == BW_STANCE_JOINS || now == BW_STANCE_NONE || now == BW_STANCE_CONSIDERS)
            state->stance = BW_STANCE_APPLIES;
        break;
    case BW_STANCE_SIGNS:
        if (now == BW_STANCE_JOINS || now == BW_STANCE_NONE)
            state->stance = BW_STANCE_SIGNS;
        break;
    case BW_STANCE_OPPOSES:
        state->stance =
            is_away(now) || now == BW_STANCE_STAYS ? BW_STANCE_STAYS : BW_STANCE_OPPOSES;
        break;
    case BW_STANCE_STAYS: /* keeps its membership, but continues its talks */
        if (now == BW_STANCE_NONE || now == BW_STANCE_LEAVES)
            state->stance = BW_STANCE_STAYS;
        break;
    case BW_STANCE_LEAVES: /* a membership is given up, or the plan of one */
        state->stance = now == BW_STANCE_JOINS || now == BW_STANCE_CONSIDERS ||
                                now == BW_STANCE_APPLIES || now == BW_STANCE_DECLINES
                            ? BW_STANCE_DECLINES
                            : BW_STANCE_LEAVES;
        break;
    case BW_STANCE_SUSPENDS: /* a membership is frozen, a plan is shelved */
        state->stance =
            now == BW_STANCE_JOINS || now == BW_STANCE_CONSIDERS || now == BW_STANCE_DECLINES
                ? BW_STANCE_DECLINES
                : BW_STANCE_SUSPENDS;
        break;
    default:
        state->stance = lent;
    }
}

static void lend(struct state *state, enum bw_stance lent, bool negated)
{
    if (lent == BW_STANCE_DECLINES && !negated) {
        if (!state->turned)
            flip(state);
        state->turned = true;
    } else if (lent == BW_STANCE_DECLINES) { /* does not rule out */
        if (!is_away(state->stance))
            state->stance = BW_STANCE_CONSIDERS;
        state->certainty = BW_CERTAINTY_HYPOTHETICAL;
    } else if (!negated) {
        lend_modal(state, lent);
    } else if (lent == BW_STANCE_SUSPENDS || lent == BW_STANCE_LEAVES) {
        state->stance = BW_STANCE_STAYS;
    } else if (lent == BW_STANCE_STAYS) {
        state->stance = BW_STANCE_LEAVES;
    } else if (lent != BW_STANCE_OPPOSES) {
        flip(state);
    } else if (state->stance == BW_STANCE_NONE) { /* "its membership is not under review" */
        state->stance = BW_STANCE_STAYS;
    }
}

/* --- cues ----------------------------------------------------------------------------------- */

/* A stance that has its own bloc and needs no other: "will not leave the CIS, nor JOIN the EAEU";
 * "observer status is enough: Tashkent WILL NOT JOIN the EAEU". */
static bool stands_alone(const struct bw_frame *frame, const struct bw_mark *mark,
                         const struct bw_nucleus *nucleus)
{
    const struct bw_mark *bloc = mark->near ? bind_bloc(frame, mark, NULL) : NULL;
    uint32_t distance = mark_distance(frame, mark, nucleus->stance);

    if (bloc == NULL)
        return false;
    return strcmp(bloc->code, nucleus->bloc->code) != 0 ||
           (distance != mark_gap(frame, mark, nucleus->stance) &&
            mark_distance(frame, mark, bloc) < distance);
}

bool turn_is_modifier(const struct bw_frame *frame, const struct bw_mark *mark,
                      const struct bw_nucleus *nucleus)
{
    switch (mark->effect) {
    case BW_EFFECT_STANCE:
    case BW_EFFECT_PLANS:
    case BW_EFFECT_DENIES:
    case BW_EFFECT_UNDECIDED:
    case BW_EFFECT_HYPOTHETICAL:
    case BW_EFFECT_REPORTED:
    case BW_EFFECT_THREATENS:
    case BW_EFFECT_INVITES:
    case BW_EFFECT_BACKGROUND:
        return true;
    default:
        break;
    }
    if (mark->facet != BW_FACET_STANCE || mark == nucleus->stance || mark->wants_meeting ||
        stands_alone(frame, mark, nucleus))
        return false;
    if (mark_is_modal(mark))
        return true;
    /* Whatever is done with a membership is the stance. */
    return nucleus->stance->stance == BW_STANCE_NONE && mark->stance != BW_STANCE_NONE &&
           (!mark->near || mark_distance(frame, mark, nucleus->stance) <= 2);
}

/* Whether `mark` is nearer to this nucleus than to any other of the sentence. */
static bool is_nearest(const struct bw_frame *frame, const struct bw_mark *mark,
                       const struct bw_nucleus *nucleus, const struct bw_nucleus *nuclei,
                       uint32_t n)
{
    uint32_t mine = mark_distance(frame, mark, nucleus->stance);

    for (uint32_t i = 0; i < n; i++) {
        if (&nuclei[i] != nucleus && nuclei[i].stance != mark && !nuclei[i].dropped &&
            mark_reaches(frame, mark, nuclei[i].stance, EVENT_MODIFIER_REACH) &&
            mark_distance(frame, mark, nuclei[i].stance) < mine)
            return false;
    }
    return true;
}

static void explain_turn(const struct bw_frame *frame, struct bw_nucleus *nucleus,
                         const struct bw_mark *mark, const struct state *before,
                         const struct state *after)
{
    const struct bw_mark *first = mark, *last = mark;
    const struct bw_token *a, *b;

    if (mark->negation != NULL) {
        first = mark->negation->first < mark->first ? mark->negation : mark;
        last = mark->negation->last > mark->last ? mark->negation : mark;
    }
    a = &frame->text->tokens[first->first];
    b = &frame->text->tokens[last->last];
    if (before->stance != after->stance)
        buf_printf(&nucleus->why, "; '%.*s' turns %s into %s", (int)(b->start + b->len - a->start),
                   frame->text->field[a->field] + a->start, stance_name(before->stance),
                   stance_name(after->stance));
    else if (before->certainty != after->certainty)
        buf_printf(&nucleus->why, "; '%.*s' makes it %s", (int)(b->start + b->len - a->start),
                   frame->text->field[a->field] + a->start, certainty_name(after->certainty));
}

static void apply_modifier(const struct bw_frame *frame, struct bw_nucleus *nucleus,
                           struct state *state, const struct bw_mark *mark)
{
    bool negated = mark->negations % 2 == 1, turned = state->turned;

    switch (mark->effect) {
    case BW_EFFECT_DENIES:
        lend(state, BW_STANCE_DECLINES, negated);
        state->certainty = negated ? BW_CERTAINTY_HYPOTHETICAL : BW_CERTAINTY_DENIED;
        break;
    case BW_EFFECT_PLANS:
        if (negated)
            flip(state);
        else
            weaken(state);
        break;
    case BW_EFFECT_HYPOTHETICAL: /* "may refuse"; but "would not join" is a refusal */
        if (state->turned && state->turner != NULL && mark_gap(frame, mark, state->turner) <= 1)
            state->certainty = BW_CERTAINTY_HYPOTHETICAL;
        weaken(state);
        break;
    case BW_EFFECT_UNDECIDED:
    case BW_EFFECT_INVITES:
        weaken(state);
        break;
    case BW_EFFECT_THREATENS:
        state->stance = negated ? BW_STANCE_STAYS : BW_STANCE_OPPOSES;
        state->certainty = BW_CERTAINTY_HYPOTHETICAL;
        break;
    case BW_EFFECT_REPORTED:
        if (state->certainty == BW_CERTAINTY_STATED)
            state->certainty = BW_CERTAINTY_REPORTED;
        break;
    case BW_EFFECT_BACKGROUND:
        nucleus->dropped = true;
        nucleus->drop_why = "it is background, not news";
        break;
    default:
        /* an application for a status; but "backs observer status" */
        if (mark->stance == BW_STANCE_APPLIES && mark->facet == BW_FACET_STANCE && !negated &&
            event_is_status(state->stance))
            state->stance = BW_STANCE_APPLIES;
        else
            lend(state, mark->stance, negated);
    }
    if (state->turned && !turned)
        state->turner = mark;
}

/* A question asks what is not decided. */
static bool is_asked(const struct bw_frame *frame, const struct bw_mark *stance)
{
    const struct bw_sentence *sentence = &frame->text->sentences[stance->sentence];

    for (uint32_t i = stance->first; i <= sentence->last; i++) {
        const struct bw_token *token = &frame->text->tokens[i];

        if (token->after & BW_GAP_QUESTION)
            return true;
        /* a title is one sentence, whatever stands in it */
        if (token->after & (BW_GAP_STOP | BW_GAP_EXCLAMATION) && i < sentence->last &&
            token[1].flags & (BW_TOKEN_TITLE | BW_TOKEN_UPPER))
            return false;
    }
    return false;
}

/* Says no by itself, or by a negation: "rules out", "no plans". */
static bool denies(const struct bw_mark *mark)
{
    bool negated = mark->negations % 2 == 1;

    return mark->effect == BW_EFFECT_PLANS ? negated
                                           : !negated && (mark->effect == BW_EFFECT_DENIES ||
                                                          mark->stance == BW_STANCE_DECLINES ||
                                                          mark->stance == BW_STANCE_STAYS);
}

/* "Is Astana leaving? There are no such plans": whether the sentence behind the title says no, and
 * of no other bloc. */
static bool is_answered_no(const struct bw_frame *frame, const struct bw_nucleus *nucleus)
{
    bool no = false;
    uint32_t from, to;

    if (nucleus->sentence != 0 || frame->text->n_sentences < 2 ||
        frame->text->sentences[0].field != BW_FIELD_TITLE)
        return false;
    frame_sentence(frame, 1, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if ((mark->facet == BW_FACET_BLOC && strcmp(mark->code, nucleus->bloc->code) != 0) ||
            (mark->stance == BW_STANCE_DECLINES && !denies(mark))) /* "does not rule it out" */
            return false;
        no |= denies(mark);
    }
    return no;
}

enum { MODIFIERS_LIMIT = 16 };

/* "X is in, WHILE Y still ponders", "X asks, Y refuses", "X joins as Y waits": the mark stands
 * behind a connector and an actor, or another of the watched states than the subject before the
 * stance. */
bool turn_has_own_subject(const struct bw_frame *frame, const struct bw_mark *mark,
                          const struct bw_nucleus *nucleus)
{
    const struct bw_mark *stance = nucleus->stance, *subject = bind_actor(frame, nucleus);
    bool connector = false;
    uint32_t from, to;

    if (mark->first < stance->first)
        return false;
    frame_sentence(frame, mark->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *other = &frame->marks[i];
        const uint16_t comma = BW_GAP_COMMA | BW_GAP_SEMICOLON;

        if (other->first <= stance->last || other->last >= mark->first)
            continue;
        connector |= other->effect == BW_EFFECT_CLAUSE;
        if (other->facet != BW_FACET_ACTOR || other->oblique || other->locative)
            continue;
        if (connector)
            return true;
        if (((frame->text->tokens[other->first - 1].after & comma) ||
             (subject != NULL && subject->first < stance->first)) &&
            !other->set->foreign && !other->set->implied && subject != NULL &&
            strcmp(subject->code, other->code) != 0)
            return true;
    }
    return false;
}

/* "Hopes" is a noun before a bloc's name, and else a plan like the cue that shares its word. */
static bool is_plan(const struct bw_frame *frame, const struct bw_mark *mark)
{
    uint32_t from, to;

    if (!mark->near || mark->stance != BW_STANCE_CONSIDERS)
        return false;
    frame_sentence(frame, mark->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].effect == BW_EFFECT_PLANS && frame->marks[i].first == mark->first &&
            frame->marks[i].last == mark->last)
            return true;
    }
    return false;
}

/* Whether a mark shares just the words of a stance: it is another reading of them ("launch the
 * union", "launch talks"; "skips the bloc", "skips its summit"). */
static bool is_another_reading(const struct bw_mark *mark, const struct bw_mark *stance)
{
    return (mark->effect == BW_EFFECT_STANCE || mark->facet == BW_FACET_STANCE) &&
           mark->first == stance->first && mark->last == stance->last;
}

/* Whether two marks say the same of shared words ("application" in "application to"). */
static bool echoes(const struct bw_mark *a, const struct bw_mark *b)
{
    return a->first <= b->last && b->first <= a->last && a->stance == b->stance &&
           a->stance != BW_STANCE_NONE;
}

/* "Settles for observer status AND CONTINUES talks": the cue has its object already, and behind
 * `and` another verb begins. */
static bool has_own_object(const struct bw_frame *frame, const struct bw_mark *cue,
                           const struct bw_nucleus *nucleus)
{
    const struct bw_mark *object = NULL, *and = NULL;
    uint32_t from, to;

    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->first <= cue->last || mark->last >= nucleus->stance->first)
            continue;
        if (mark->facet == BW_FACET_STANCE)
            object = mark;
        else if (mark->effect == BW_EFFECT_AND && object != NULL)
            and = mark;
        else if (and != NULL && mark->facet == BW_FACET_CUE && mark_is_predicate(mark) &&
                 mark_gap(frame, and, mark) == 0)
            return true;
    }
    return false;
}

/* The modifiers of the nucleus, nearest first. */
static uint32_t collect(const struct bw_frame *frame, const struct bw_nucleus *nucleus,
                        const struct bw_nucleus *nuclei, uint32_t n_nuclei,
                        const struct bw_mark *out[MODIFIERS_LIMIT])
{
    uint32_t distance[MODIFIERS_LIMIT], n = 0, from, to;
    const struct bw_mark *last = NULL;

    frame_sentence(frame, nucleus->sentence, &from, &to);
    for (uint32_t i = from; i < to && n < MODIFIERS_LIMIT; i++) {
        const struct bw_mark *mark = &frame->marks[i];
        uint32_t at = n, mine;

        if (!turn_is_modifier(frame, mark, nucleus) ||
            !mark_reaches(frame, mark, nucleus->stance, EVENT_MODIFIER_REACH) ||
            !is_nearest(frame, mark, nucleus, nuclei, n_nuclei) ||
            turn_has_own_subject(frame, mark, nucleus) || has_own_object(frame, mark, nucleus) ||
            is_plan(frame, mark) || echoes(mark, nucleus->stance) ||
            is_another_reading(mark, nucleus->stance) || (n > 0 && echoes(mark, last)))
            continue;
        last = mark;
        mine = mark_distance(frame, mark, nucleus->stance);
        for (; at > 0 && distance[at - 1] > mine; at--) {
            distance[at] = distance[at - 1];
            out[at] = out[at - 1];
        }
        distance[at] = mine;
        out[at] = mark;
        n++;
    }
    return n;
}

void turn_nucleus(const struct bw_frame *frame, struct bw_nucleus *nucleus,
                  const struct bw_nucleus *nuclei, uint32_t n_nuclei)
{
    const struct bw_mark *modifiers[MODIFIERS_LIMIT];
    struct state state = {.stance = nucleus->stance->stance, .certainty = BW_CERTAINTY_STATED};
    struct state before;
    const struct bw_token *a = &frame->text->tokens[nucleus->stance->first];
    const struct bw_token *b = &frame->text->tokens[nucleus->stance->last];
    uint32_t n = collect(frame, nucleus, nuclei, n_nuclei, modifiers);

    if (nucleus->stance->effect != BW_EFFECT_NONE && nucleus->stance->effect != BW_EFFECT_STANCE)
        weaken(&state); /* undecided, invited: of the bloc itself */
    before = state;
    state.turned = state.stance == BW_STANCE_DECLINES || state.stance == BW_STANCE_STAYS;

    buf_printf(&nucleus->why, "'%.*s' is %s", (int)(b->start + b->len - a->start),
               frame->text->field[a->field] + a->start,
               state.stance == BW_STANCE_NONE ? "about membership" : stance_name(state.stance));
    if (nucleus->stance->negations % 2 == 1) {
        flip(&state);
        explain_turn(frame, nucleus, nucleus->stance, &before, &state);
    }
    for (uint32_t i = 0; i < n; i++) {
        before = state;
        apply_modifier(frame, nucleus, &state, modifiers[i]);
        explain_turn(frame, nucleus, modifiers[i], &before, &state);
    }
    if (is_asked(frame, nucleus->stance)) {
        before = state;
        if (state.stance != BW_STANCE_STAYS && state.stance != BW_STANCE_DECLINES &&
            is_answered_no(frame, nucleus))
            flip(&state);
        else
            weaken(&state);
        state.certainty = BW_CERTAINTY_HYPOTHETICAL;
        if (before.stance != state.stance)
            buf_printf(&nucleus->why, "; the question turns %s into %s", stance_name(before.stance),
                       stance_name(state.stance));
    }
    if (nucleus->dropped && state.stance == BW_STANCE_OPPOSES)
        nucleus->dropped = false; /* "since joining, nothing but losses" is news */
    nucleus->result = state.stance;
    nucleus->certainty = state.certainty;
}
