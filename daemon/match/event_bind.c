/* Which bloc is a stance's object, and which actor its subject. Owns nothing. */
#include "event.h"

#include <string.h>

static bool scope_is(const struct bw_mark *mark, const char *scope)
{
    return mark->set->scope != NULL && strcmp(mark->set->scope, scope) == 0;
}

/* A word that parts a stance from its object stands between them: "joins a call AT the summit". The
 * summit itself parts only from the bloc. */
static bool is_blocked(const struct bw_frame *frame, const struct bw_mark *a,
                       const struct bw_mark *b)
{
    const struct bw_mark *left = a->first < b->first ? a : b, *right = left == a ? b : a;
    uint32_t from, to;

    frame_sentence(frame, a->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->first <= left->last || mark->last >= right->first)
            continue;
        /* "joined the CIS's agreement on visas": a treaty that is not the bloc's founding one */
        if (a->stance != BW_STANCE_NONE && mark->facet == BW_FACET_STANCE && mark->near &&
            mark->stance == BW_STANCE_NONE && bind_bloc(frame, mark, NULL) == NULL)
            return true;
        if (mark->effect == BW_EFFECT_BLOCKS || mark->effect == BW_EFFECT_CLAUSE ||
            mark->effect == BW_EFFECT_BODY || (!a->wants_meeting && mark_is_venue_cue(mark)))
            return true;
    }
    return false;
}

/* Words between a stance and a bloc that are neither actors nor other marks. */
static uint32_t loose_words(const struct bw_frame *frame, const struct bw_mark *a,
                            const struct bw_mark *b)
{
    const struct bw_mark *left = a->first < b->first ? a : b, *right = left == a ? b : a;
    uint32_t words = mark_gap(frame, a, b), from, to, known = 0;
    uint32_t covered_to = left->last;

    frame_sentence(frame, a->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->first <= covered_to || mark->last >= right->first)
            continue;
        for (uint32_t t = mark->first; t <= mark->last; t++)
            known += (frame->text->tokens[t].flags & BW_TOKEN_SUFFIX) == 0;
        covered_to = mark->last;
    }
    return words > known ? words - known : 0;
}

/* "ЕАЭС: вступит ли Узбекистан?": the bloc is named first, as what it is about. */
static bool is_topic(const struct bw_frame *frame, const struct bw_mark *bloc,
                     const struct bw_mark *stance)
{
    const struct bw_sentence *sentence = &frame->text->sentences[bloc->sentence];
    const struct bw_token *tokens = frame->text->tokens;

    if (bloc->first > sentence->first + 3 || stance->first < bloc->first)
        return false;
    for (uint32_t i = bloc->last; i < stance->first && i <= bloc->last + 3; i++) {
        if (tokens[i].after & (BW_GAP_COLON | BW_GAP_DASH))
            return true;
    }
    return false;
}

static bool lies_in_scope(const struct bw_mark *stance, const struct bw_mark *bloc)
{
    return !(scope_is(stance, "after") && bloc->first <= stance->last) &&
           !(scope_is(stance, "before") && bloc->last >= stance->first);
}

/* "Long outside the WTO, now toys with joining", "'No plans to join': Astana on BRICS": the stance
 * ends its clause, and no bloc stands where it wants one. */
static bool is_elliptic(const struct bw_frame *frame, const struct bw_mark *stance,
                        const struct bw_mark *bloc)
{
    const struct bw_sentence *sentence = &frame->text->sentences[stance->sentence];
    const uint16_t ends = BW_GAP_COMMA | BW_GAP_SEMICOLON | BW_GAP_COLON | BW_GAP_DASH |
                          BW_GAP_QUOTE_CLOSE | BW_GAP_QUESTION | BW_GAP_STOP;
    uint32_t from, to;

    const uint16_t after = frame->text->tokens[stance->last].after;
    bool quoted = after & (BW_GAP_QUOTE_CLOSE | BW_GAP_COLON);

    if ((lies_in_scope(stance, bloc) && !(after & BW_GAP_COLON)) ||
        (stance->last != sentence->last && !(frame->text->tokens[stance->last].after & ends)) ||
        (scope_is(stance, "before") && !quoted))
        return false;
    frame_sentence(frame, stance->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_BLOC && lies_in_scope(stance, &frame->marks[i]) &&
            mark_distance(frame, stance, &frame->marks[i]) <= 2)
            return false;
    }
    return true;
}

/* "Settles for observer status AND CONTINUES talks on joining the WTO": behind `and`, another verb
 * has a stance of its own before the bloc comes. */
static bool is_next_clause(const struct bw_frame *frame, const struct bw_mark *stance,
                           const struct bw_mark *bloc)
{
    const struct bw_mark *and = NULL, *verb = NULL;
    uint32_t from, to;

    frame_sentence(frame, stance->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->first <= stance->last || mark->last >= bloc->first)
            continue;
        if (mark->effect == BW_EFFECT_AND)
            and = mark;
        else if (and != NULL && mark->facet == BW_FACET_CUE && mark_is_predicate(mark) &&
                 mark_gap(frame, and, mark) == 0)
            verb = mark;
        else if (verb != NULL && mark->facet == BW_FACET_STANCE)
            return true;
    }
    return false;
}

/* The cost of taking `bloc` as the object of `stance`; UINT32_MAX with *why when it cannot be. */
static uint32_t object_cost(const struct bw_frame *frame, const struct bw_mark *stance,
                            const struct bw_mark *bloc, const char **why)
{
    bool near = stance->near;
    uint32_t distance = mark_distance(frame, stance, bloc);
    uint32_t reach = EVENT_FREE_REACH;

    if (near)
        reach = stance->set->reach > 0 ? (uint32_t)stance->set->reach : EVENT_OBJECT_REACH;
    if (bloc->body) {
        *why = "the bloc's name is part of another's there";
        return UINT32_MAX;
    }
    if (!near && bloc->first > stance->last && is_next_clause(frame, stance, bloc)) {
        *why = "the bloc is the object of the next verb";
        return UINT32_MAX;
    }
    if (stance->wants_meeting && !bloc->meeting) {
        *why = "it is no meeting of the bloc";
        return UINT32_MAX;
    }
    if (near && !bloc->venue && (is_topic(frame, bloc, stance) || is_elliptic(frame, stance, bloc)))
        return distance;
    if (near && bloc->venue && !stance->wants_meeting) {
        *why = "the bloc belongs to another word there";
        return UINT32_MAX;
    }
    if (near && !lies_in_scope(stance, bloc)) {
        *why = "the bloc stands on the wrong side of the stance";
        return UINT32_MAX;
    }
    if (near && is_blocked(frame, stance, bloc)) {
        *why = "the bloc is not the object of the stance";
        return UINT32_MAX;
    }
    if (near)
        distance = distance - mark_gap(frame, stance, bloc) + loose_words(frame, stance, bloc);
    if (distance >= reach) {
        *why = "the bloc is too far from the stance";
        return UINT32_MAX;
    }
    return distance + (bloc->venue && !near ? 4 : 0) + (bloc->first > stance->first ? 0 : 1);
}

const struct bw_mark *bind_bloc(const struct bw_frame *frame, const struct bw_mark *stance,
                                const char **why_not)
{
    const struct bw_mark *best = NULL;
    const char *why = "there is no bloc in the sentence";
    uint32_t best_cost = UINT32_MAX, from, to;

    frame_sentence(frame, stance->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        uint32_t cost;

        if (frame->marks[i].facet != BW_FACET_BLOC)
            continue;
        cost = object_cost(frame, stance, &frame->marks[i], &why);
        if (cost < best_cost) {
            best_cost = cost;
            best = &frame->marks[i];
        }
    }
    if (why_not != NULL)
        *why_not = best == NULL ? why : NULL;
    return best;
}

/* --- the subject ---------------------------------------------------------------------------- */

/* Words of the bloc do not part a stance from its subject: "Uzbekistan's WTO accession". */
static uint32_t words_of_bloc_between(const struct bw_frame *frame, const struct bw_mark *actor,
                                      const struct bw_nucleus *nucleus)
{
    const struct bw_mark *stance = nucleus->stance, *bloc = nucleus->bloc;
    uint32_t words = 0;

    if (bloc == NULL || bloc->sentence != stance->sentence ||
        (stance->first <= bloc->first && bloc->last <= stance->last))
        return 0;
    if (!(actor->first < bloc->first && bloc->first < stance->first) &&
        !(stance->first < bloc->first && bloc->first < actor->first))
        return 0;
    for (uint32_t t = bloc->first; t <= bloc->last; t++)
        words += (frame->text->tokens[t].flags & BW_TOKEN_SUFFIX) == 0;
    return words;
}

/* "Admits": the actor is its object. */
static bool wants_actor(const struct bw_mark *stance)
{
    return stance->facet == BW_FACET_STANCE && stance->set->object != NULL &&
           strcmp(stance->set->object, "actor") == 0;
}

static uint32_t subject_cost(const struct bw_frame *frame, const struct bw_mark *actor,
                             const struct bw_nucleus *nucleus)
{
    const struct bw_mark *stance = nucleus->stance;
    bool takes_object = stance->effect == BW_EFFECT_INVITES ||
                        (stance->set->object != NULL && strcmp(stance->set->object, "actor") == 0);
    bool inside = actor->first >= stance->first && actor->last <= stance->last;
    uint32_t gap = mark_gap(frame, actor, stance);
    uint32_t cost =
        mark_distance(frame, actor, stance) - words_of_bloc_between(frame, actor, nucleus);

    if (inside) /* "welcomes Kyrgyzstan into" */
        return 0;
    cost++;
    if (actor->first > stance->first && !takes_object &&
        (gap > 1 || loose_words(frame, actor, stance) > 0 ||
         mark_distance(frame, actor, stance) > gap))
        cost += 4;
    if (actor->first < stance->first && takes_object)
        cost += 4;
    if (actor->locative)
        cost += actor->first > stance->first ? 16 : 8;
    return cost;
}

static bool is_right_behind(const struct bw_frame *frame, const struct bw_mark *stance,
                            const struct bw_mark *actor)
{
    return actor->last >= stance->first && mark_distance(frame, stance, actor) <= 1;
}

const struct bw_mark *bind_actor(const struct bw_frame *frame, const struct bw_nucleus *nucleus)
{
    const struct bw_mark *best = NULL;
    uint32_t best_cost = EVENT_ACTOR_REACH, from, to;

    frame_sentence(frame, nucleus->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];
        uint32_t cost;

        if (mark->facet != BW_FACET_ACTOR || mark->oblique ||
            (wants_actor(nucleus->stance) && !is_right_behind(frame, nucleus->stance, mark)))
            continue;
        cost = subject_cost(frame, mark, nucleus);
        /* "узвияти Эронро": of two neighbours, a noun's is the one behind it. */
        if (cost < best_cost || (cost == best_cost && best != NULL && !nucleus->stance->near &&
                                 mark->first > nucleus->stance->first)) {
            best_cost = cost;
            best = mark;
        }
    }
    return best;
}
