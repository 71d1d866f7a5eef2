/* What actors and blocs are in their sentence: coordinated, companions, places, speakers, part of
 * something else's name, or a word that stands for a bloc. Owns nothing. */
#include "event.h"

#include <string.h>

/* Whether only commas and `and` lie between two marks that touch or nearly do. */
static bool is_coordinated(const struct bw_frame *frame, const struct bw_mark *a,
                           const struct bw_mark *b)
{
    const uint16_t parting = BW_GAP_SEMICOLON | BW_GAP_COLON | BW_GAP_DASH | BW_GAP_QUESTION |
                             BW_GAP_EXCLAMATION | BW_GAP_STOP;
    uint32_t words = mark_gap(frame, a, b), links = 0, from, to;
    uint16_t between = 0;

    for (uint32_t i = a->last; i < b->first; i++)
        between |= frame->text->tokens[i].after;
    if (between & parting)
        return false;
    frame_sentence(frame, a->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++)
        links += frame->marks[i].effect == BW_EFFECT_AND && frame->marks[i].first > a->last &&
                 frame->marks[i].last < b->first;
    if (words > 0)
        return links > 0 && words <= 2;
    if (between & BW_GAP_COMMA) /* "Unlike Chisinau, Astana means to remain" */
        return !a->oblique && !a->locative;
    return strcmp(a->code, b->code) == 0 ||
           (frame->text->tokens[b->first].flags & BW_TOKEN_JOINED) != 0;
}

static void group_facet(struct bw_frame *frame, enum bw_facet facet)
{
    struct bw_mark *previous = NULL;
    uint32_t group = 0;

    for (uint32_t i = 0; i < frame->n_marks; i++) {
        struct bw_mark *mark = &frame->marks[i];

        if (mark->facet != facet)
            continue;
        if (previous == NULL || previous->sentence != mark->sentence ||
            !is_coordinated(frame, previous, mark))
            group++;
        mark->group = group;
        previous = mark;
    }
}

/* Nothing but words lies between the cue and what it reaches, and no nearer mark of that facet. */
static bool touches(const struct bw_frame *frame, const struct bw_mark *cue,
                    const struct bw_mark *mark, uint32_t default_reach)
{
    const struct bw_mark *left = cue->first < mark->first ? cue : mark;
    const struct bw_mark *right = left == cue ? mark : cue;
    uint32_t from, to;

    if (mark->facet == BW_FACET_BLOC && cue->first <= mark->last && mark->first <= cue->last)
        return false; /* a word of the bloc's own name */
    if (!mark_reaches(frame, cue, mark, default_reach) ||
        mark_distance(frame, cue, mark) != mark_gap(frame, cue, mark))
        return false;
    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *other = &frame->marks[i];

        if (other->first > left->last && other->last < right->first &&
            (other->facet == mark->facet || mark_is_predicate(other) ||
             other->effect == BW_EFFECT_BLOCKS))
            return false;
    }
    return true;
}

/* Another state that invites: "Moscow invites Tashkent", "Tashkent rejects Moscow's invitation";
 * but in "Moscow urges Yerevan" the second one is the guest. */
static bool is_host(const struct bw_frame *frame, const struct bw_mark *cue,
                    const struct bw_mark *mark)
{
    uint32_t from, to;

    if (cue->effect != BW_EFFECT_INVITES || !mark->set->foreign || mark_gap(frame, cue, mark) > 1)
        return false;
    if (mark->first < cue->first)
        return true;
    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_ACTOR && frame->marks[i].first < cue->first &&
            !frame->marks[i].set->foreign)
            return true;
    }
    return false;
}

/* Whether the cue is a word of its own, rather than the ending of an actor's name. */
static bool stands_apart(const struct bw_frame *frame, const struct bw_mark *cue, uint32_t from,
                         uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_ACTOR && frame->marks[i].first <= cue->last &&
            cue->first <= frame->marks[i].last)
            return false;
    }
    return true;
}

/* "Belarus Astanadaky sammitde": an ending that tells the place belongs to its own word only. */
static bool is_another_word(const struct bw_frame *frame, const struct bw_mark *cue,
                            const struct bw_mark *mark)
{
    uint32_t from, to;

    if (cue->first <= mark->last && mark->first <= cue->last)
        return false;
    frame_sentence(frame, cue->sentence, &from, &to);
    return !stands_apart(frame, cue, from, to);
}

/* "Беларусь Астана саммитінде мүше болды": the host of a meeting, behind another state. */
static bool is_host_town(const struct bw_frame *frame, const struct bw_mark *cue,
                         const struct bw_mark *mark)
{
    uint32_t from, to;

    if (!mark_is_venue_cue(cue) || mark->set->foreign ||
        (mark->last + 1 != cue->first && cue->last + 1 != mark->first))
        return false;
    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_ACTOR && frame->marks[i].last < mark->first &&
            frame->marks[i].set->foreign)
            return true;
    }
    return false;
}

/* "Exit from the EAEU IN an election programme", "leaves the CSTO IN the midst of its summit". */
static bool is_parted_by_place(const struct bw_frame *frame, const struct bw_mark *bloc,
                               const struct bw_mark *cue)
{
    uint32_t from, to;

    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->effect == BW_EFFECT_LOCATIVE && mark->first > bloc->last &&
            mark->last < cue->first && stands_apart(frame, mark, from, to))
            return true;
    }
    return false;
}

/* "The summit of the CIS", "the EAEU's court". */
static bool owns(const struct bw_frame *frame, const struct bw_mark *bloc,
                 const struct bw_mark *cue)
{
    return bloc->facet == BW_FACET_BLOC && touches(frame, cue, bloc, 1) &&
           !is_parted_by_place(frame, bloc, cue);
}

static void apply_cue(struct bw_frame *frame, const struct bw_mark *cue)
{
    uint32_t from, to;

    frame_sentence(frame, cue->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        struct bw_mark *mark = &frame->marks[i];

        if (mark->facet == BW_FACET_ACTOR && is_another_word(frame, cue, mark))
            continue;
        if (mark->facet == BW_FACET_ACTOR && cue->effect == BW_EFFECT_OBLIQUE &&
            touches(frame, cue, mark, 2))
            mark->oblique = true;
        if (mark->facet == BW_FACET_ACTOR && is_host(frame, cue, mark))
            mark->oblique = true;
        if (mark->facet == BW_FACET_ACTOR && cue->effect == BW_EFFECT_LOCATIVE &&
            touches(frame, cue, mark, 1))
            mark->locative = true;
        if (mark->facet == BW_FACET_ACTOR && is_host_town(frame, cue, mark))
            mark->locative = true;
        if (cue->effect == BW_EFFECT_VENUE && owns(frame, mark, cue))
            mark->venue = true;
        if (cue->effect == BW_EFFECT_MEETING && owns(frame, mark, cue))
            mark->venue = mark->meeting = true;
        if (cue->effect == BW_EFFECT_BODY && owns(frame, mark, cue))
            mark->venue = mark->body = true;
    }
}

/* "Lavrov: joining is up to Dushanbe": another state's man before a colon only speaks, if the rest
 * has an actor of its own. */
static void find_speaker(struct bw_frame *frame, struct bw_mark *mark)
{
    uint32_t colon = mark->first, from, to;

    frame_sentence(frame, mark->sentence, &from, &to);
    while (colon <= mark->last + 3 && colon < frame->text->sentences[mark->sentence].last &&
           !(frame->text->tokens[colon].after & BW_GAP_COLON))
        colon++;
    if (!mark->set->foreign || colon < mark->last ||
        !(frame->text->tokens[colon].after & BW_GAP_COLON))
        return;
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *other = &frame->marks[i];

        if (other->facet == BW_FACET_ACTOR && other->first > colon && !other->locative &&
            !other->oblique)
            mark->oblique = true;
    }
}

/* The one bloc that a sentence names, by its first mark; NULL when there is none, or several. */
static const struct bw_mark *only_bloc(const struct bw_frame *frame, uint32_t sentence)
{
    const struct bw_mark *found = NULL;
    uint32_t from, to;

    frame_sentence(frame, sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->facet != BW_FACET_BLOC || mark->anaphor || mark->body)
            continue;
        if (found != NULL && strcmp(found->code, mark->code) != 0)
            return NULL;
        if (found == NULL)
            found = mark;
    }
    return found;
}

static bool names_bloc(const struct bw_frame *frame, uint32_t sentence)
{
    uint32_t from, to;

    frame_sentence(frame, sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_BLOC && !frame->marks[i].anaphor)
            return true;
    }
    return false;
}

/* "The bloc" stands for the title's one in sentences that name none, and in such a title for the
 * one of the sentence that follows. */
static void resolve_anaphors(struct bw_frame *frame)
{
    const struct bw_text *text = frame->text;
    const struct bw_mark *title, *lead;

    if (text->n_sentences < 2 || text->sentences[0].field != BW_FIELD_TITLE)
        return;
    title = only_bloc(frame, 0);
    lead = only_bloc(frame, 1);
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        struct bw_mark *mark = &frame->marks[i];
        const struct bw_mark *bloc = mark->sentence == 0 ? lead : title;

        if (mark->effect != BW_EFFECT_ANAPHOR || bloc == NULL || names_bloc(frame, mark->sentence))
            continue;
        mark->facet = BW_FACET_BLOC;
        mark->effect = BW_EFFECT_NONE;
        mark->anaphor = true;
        mark->code = bloc->code;
        mark->canon = bloc->canon;
    }
}

/* What holds for one of several coordinated actors holds for all of them. */
static void share_in_groups(struct bw_frame *frame)
{
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        const struct bw_mark *mark = &frame->marks[i];
        uint32_t from, to;

        if (mark->group == 0 || !(mark->oblique || mark->venue))
            continue;
        frame_sentence(frame, mark->sentence, &from, &to);
        for (uint32_t j = from; j < to; j++) {
            struct bw_mark *other = &frame->marks[j];

            if (other->facet == mark->facet && other->group == mark->group) {
                other->oblique |= mark->oblique;
                other->venue |= mark->venue;
            }
        }
    }
}

void roles_find(struct bw_frame *frame)
{
    resolve_anaphors(frame);
    for (uint32_t i = 0; i < frame->n_marks; i++) {
        if (frame->marks[i].facet == BW_FACET_CUE)
            apply_cue(frame, &frame->marks[i]);
        else if (frame->marks[i].facet == BW_FACET_ACTOR)
            find_speaker(frame, &frame->marks[i]);
    }
    group_facet(frame, BW_FACET_ACTOR);
    group_facet(frame, BW_FACET_BLOC);
    share_in_groups(frame);
}
