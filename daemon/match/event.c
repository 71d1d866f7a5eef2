/* Events of an item: sentence by sentence, and the title joined with the summary. Owns nothing that
 * outlives a call but what is in the caller's arena. */
#include "event.h"

#include <stdlib.h>
#include <string.h>

enum { NUCLEI_LIMIT = 24, EVENTS_LIMIT = 256 };

struct finder {
    struct bw_frame frame;
    struct bw_arena *arena; /* NULL: only explains */
    struct bw_buf *trace;   /* NULL: only finds */
    struct bw_event_found *events;
    size_t n_events;
    bool failed;
};

static struct bw_span mark_span(const struct finder *finder, const struct bw_mark *mark)
{
    return text_span(finder->frame.text, mark->first, mark->last);
}

/* --- joining the title with the summary ----------------------------------------------------- */

/* The sentence that an item's title is joined with, and the reverse; -1 when there is none. */
static int64_t partner_of(const struct bw_text *text, uint32_t sentence)
{
    if (text->n_sentences == 0 || text->sentences[0].field != BW_FIELD_TITLE)
        return -1;
    if (sentence > 0)
        return 0;
    return text->n_sentences > 1 ? 1 : -1;
}

/* The bloc that the partner names for itself, when it names one only. */
static const struct bw_mark *borrow_bloc(const struct bw_frame *frame, uint32_t sentence)
{
    int64_t partner = partner_of(frame->text, sentence);
    const struct bw_mark *found = NULL;
    uint32_t from, to;

    if (partner < 0)
        return NULL;
    frame_sentence(frame, (uint32_t)partner, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->facet != BW_FACET_BLOC || mark->anaphor || mark->body ||
            (partner == 0 && mark->venue))
            continue;
        if (found != NULL && strcmp(found->code, mark->code) != 0)
            return NULL;
        found = mark;
    }
    return found;
}

/* Another state is who acts only at the beginning: "Russia's Senate ...", not "... at the consulate
 * of Russia". */
static bool is_late_foreigner(const struct bw_frame *frame, const struct bw_mark *actor)
{
    enum { SUBJECT_REACH = 5 };

    return actor->set->foreign &&
           actor->first > frame->text->sentences[actor->sentence].first + SUBJECT_REACH;
}

/* The first actor that the partner names and that is no mere companion. */
static const struct bw_mark *borrow_actor(const struct bw_frame *frame, uint32_t sentence)
{
    int64_t partner = partner_of(frame->text, sentence);
    uint32_t from, to;

    if (partner < 0)
        return NULL;
    frame_sentence(frame, (uint32_t)partner, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_ACTOR && !frame->marks[i].oblique &&
            !is_late_foreigner(frame, &frame->marks[i]))
            return &frame->marks[i];
    }
    return NULL;
}

/* --- nuclei --------------------------------------------------------------------------------- */

static void trace_mark(struct finder *finder, const struct bw_mark *mark, const char *text)
{
    struct bw_span span = mark_span(finder, mark);

    if (finder->trace != NULL)
        buf_printf(finder->trace, "    '%.*s' (%s): %s\n", (int)span.len,
                   finder->frame.text->field[span.field] + span.start, mark->set->id, text);
}

/* "Bishkek joins the EAEU, Dushanbe still hesitates": a clause that has a subject of its own and
 * leaves out the bloc means the one before it. NULL: it is no such clause. */
static const struct bw_mark *gapped_bloc(const struct bw_frame *frame, const struct bw_mark *modal,
                                         const struct bw_nucleus *nuclei, uint32_t n)
{
    if (modal->stance != BW_STANCE_CONSIDERS && modal->stance != BW_STANCE_DECLINES &&
        modal->effect != BW_EFFECT_UNDECIDED)
        return NULL;
    for (uint32_t i = n; i-- > 0;) {
        const struct bw_mark *subject = bind_actor(frame, &nuclei[i]);

        if (subject != NULL && !subject->set->foreign &&
            nuclei[i].bloc->sentence == modal->sentence && nuclei[i].bloc->first < modal->first &&
            turn_has_own_subject(frame, modal, &nuclei[i]))
            return nuclei[i].bloc;
    }
    return NULL;
}

static void add_nucleus(struct finder *finder, const struct bw_mark *stance,
                        struct bw_nucleus *nuclei, uint32_t *n)
{
    const struct bw_frame *frame = &finder->frame;
    const char *why_not;
    const struct bw_mark *bloc = bind_bloc(frame, stance, &why_not);
    uint32_t from, to;
    bool has_bloc = false;

    if (bloc == NULL)
        bloc = gapped_bloc(frame, stance, nuclei, *n);

    frame_sentence(frame, stance->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++)
        has_bloc |= frame->marks[i].facet == BW_FACET_BLOC;
    if (bloc == NULL && !has_bloc && !stance->near)
        bloc = borrow_bloc(frame, stance->sentence);
    if (bloc == NULL) {
        trace_mark(finder, stance, why_not);
        return;
    }
    if (*n == NUCLEI_LIMIT)
        return;
    nuclei[*n] = (struct bw_nucleus){.stance = stance, .bloc = bloc, .sentence = stance->sentence};
    if (stance->set->object != NULL && (bloc->venue || bind_actor(frame, &nuclei[*n]) == NULL)) {
        trace_mark(finder, stance, "its object is no actor");
        return;
    }
    buf_init(&nuclei[*n].why);
    ++*n;
}

/* Whether a modal acts on one of the nuclei, rather than on a bloc itself. */
static bool acts_on_nucleus(const struct bw_frame *frame, const struct bw_mark *modal,
                            const struct bw_nucleus *nuclei, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (nuclei[i].stance == modal)
            return true;
        if (turn_is_modifier(frame, modal, &nuclei[i]) &&
            mark_reaches(frame, modal, nuclei[i].stance, EVENT_MODIFIER_REACH) &&
            !turn_has_own_subject(frame, modal, &nuclei[i]))
            return true;
    }
    return false;
}

/* A membership is the object of the stance beside it ("leaves its membership"), and joining the
 * verb of a lesser status ("joins as an observer"). */
static bool is_absorbed(const struct bw_frame *frame, const struct bw_nucleus *nucleus,
                        const struct bw_nucleus *other)
{
    uint32_t distance = mark_distance(frame, nucleus->stance, other->stance);

    if (nucleus == other || other->dropped || strcmp(nucleus->bloc->code, other->bloc->code) != 0 ||
        turn_has_own_subject(frame, nucleus->stance, other))
        return false;
    if (nucleus->stance->stance == BW_STANCE_NONE &&
        (other->stance->stance != BW_STANCE_NONE ||
         (nucleus->stance->near && !other->stance->near)))
        return distance < EVENT_MODIFIER_REACH;
    return nucleus->stance->stance == BW_STANCE_JOINS && nucleus->stance->negations == 0 &&
           event_is_status(other->stance->stance) && distance <= 3;
}

static void absorb(struct bw_nucleus *nuclei, uint32_t n, const struct bw_frame *frame)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n && !nuclei[i].dropped; j++) {
            if (is_absorbed(frame, &nuclei[i], &nuclei[j])) {
                nuclei[i].dropped = true;
                nuclei[i].drop_why = "it is the object of another stance";
            }
        }
    }
}

/* Whether a mark may be a nucleus by itself when no other stance is there to act on. */
static bool is_modal_candidate(const struct bw_mark *mark)
{
    return (mark->facet == BW_FACET_STANCE && mark_is_modal(mark)) ||
           mark->effect == BW_EFFECT_UNDECIDED || mark->effect == BW_EFFECT_INVITES;
}

/* Of the modals of [from, to) that act on no nucleus yet, the nearest to a bloc; NULL. */
static const struct bw_mark *next_modal(struct finder *finder, uint32_t from, uint32_t to,
                                        const bool *tried, const struct bw_nucleus *nuclei,
                                        uint32_t n)
{
    const struct bw_frame *frame = &finder->frame;
    const struct bw_mark *best = NULL;
    uint32_t best_distance = UINT32_MAX;

    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i], *bloc, *gapped;
        uint32_t distance;

        gapped = gapped_bloc(frame, mark, nuclei, n);
        if (tried[i - from] || (!is_modal_candidate(mark) && gapped == NULL) ||
            acts_on_nucleus(frame, mark, nuclei, n))
            continue;
        bloc = mark->facet == BW_FACET_STANCE ? bind_bloc(frame, mark, NULL) : NULL;
        distance = bloc != NULL ? mark_distance(frame, mark, bloc) : EVENT_FAR - (gapped != NULL);
        if (distance < best_distance) {
            best_distance = distance;
            best = mark;
        }
    }
    return best;
}

static uint32_t find_nuclei(struct finder *finder, uint32_t sentence,
                            struct bw_nucleus nuclei[NUCLEI_LIMIT])
{
    const struct bw_frame *frame = &finder->frame;
    bool tried[EVENT_MARKS_LIMIT] = {false}; /* a modal that has no bloc hides no other */
    const struct bw_mark *modal;
    uint32_t n = 0, from, to;

    frame_sentence(frame, sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_STANCE && !mark_is_modal(&frame->marks[i]))
            add_nucleus(finder, &frame->marks[i], nuclei, &n);
    }
    while ((modal = next_modal(finder, from, to, tried, nuclei, n)) != NULL) {
        tried[modal - &frame->marks[from]] = true;
        add_nucleus(finder, modal, nuclei, &n);
    }
    absorb(nuclei, n, frame);
    return n;
}

/* --- events --------------------------------------------------------------------------------- */

static void add_event(struct finder *finder, const struct bw_nucleus *nucleus,
                      const struct bw_mark *actor, const struct bw_mark *bloc)
{
    const struct bw_text *text = finder->frame.text;
    const struct bw_sentence *sentence = &text->sentences[nucleus->sentence];
    struct bw_event_found *found;

    if (finder->arena == NULL || finder->n_events == EVENTS_LIMIT)
        return;
    found = &finder->events[finder->n_events];
    *found = (struct bw_event_found){
        .event = {.actor = arena_strdup(finder->arena, actor->code),
                  .bloc = arena_strdup(finder->arena, bloc->code),
                  .stance = nucleus->result,
                  .certainty = nucleus->certainty,
                  .actor_span = mark_span(finder, actor),
                  .stance_span = mark_span(finder, nucleus->stance),
                  .bloc_span = mark_span(finder, bloc),
                  .sentence = text_sentence_span(text, nucleus->sentence),
                  .sentence_text = arena_strndup(
                      finder->arena, text->field[sentence->field] + sentence->start, sentence->len),
                  .why = arena_strdup(finder->arena, buf_text(&nucleus->why))},
        .actor_set = actor->canon,
        .bloc_set = bloc->canon,
        .across = actor->sentence != nucleus->sentence || bloc->sentence != nucleus->sentence ||
                  bloc->anaphor};
    if (found->event.actor == NULL || found->event.bloc == NULL ||
        found->event.sentence_text == NULL || found->event.why == NULL || nucleus->why.failed)
        finder->failed = true;
    else
        finder->n_events++;
}

/* All of the coordinated actors with all of the coordinated blocs. */
static void emit(struct finder *finder, const struct bw_nucleus *nucleus,
                 const struct bw_mark *actor)
{
    const struct bw_frame *frame = &finder->frame;
    uint32_t a_from, a_to, b_from, b_to, made = 0;

    frame_sentence(frame, actor->sentence, &a_from, &a_to);
    frame_sentence(frame, nucleus->bloc->sentence, &b_from, &b_to);
    for (uint32_t i = a_from; i < a_to; i++) {
        const struct bw_mark *who = &frame->marks[i];

        if (who->facet != BW_FACET_ACTOR || who->group != actor->group || who->set->foreign)
            continue;
        for (uint32_t j = b_from; j < b_to; j++) {
            const struct bw_mark *bloc = &frame->marks[j];

            if (bloc->facet != BW_FACET_BLOC || bloc->group != nucleus->bloc->group)
                continue;
            add_event(finder, nucleus, who, bloc);
            if (finder->trace != NULL)
                buf_printf(finder->trace, "    event: %s %s %s (%s); %s\n", who->code,
                           stance_name(nucleus->result), bloc->code,
                           certainty_name(nucleus->certainty), buf_text(&nucleus->why));
            made++;
        }
    }
    if (made == 0)
        trace_mark(finder, actor, "the subject is another state");
}

/* The subject; where the sentence only tells the place, rather the partner's subject. */
static const struct bw_mark *choose_actor(const struct bw_frame *frame,
                                          const struct bw_nucleus *nucleus)
{
    const struct bw_mark *actor = bind_actor(frame, nucleus), *other;
    bool borrowed = nucleus->bloc->sentence != nucleus->sentence || nucleus->bloc->anaphor;

    if ((actor != NULL && !actor->locative) || nucleus->stance->set->object != NULL)
        return actor;
    other = borrow_actor(frame, nucleus->sentence);
    if (actor == NULL)
        return other;
    if (other != NULL && !other->locative &&
        (!other->set->foreign || borrowed || actor->first > nucleus->stance->first))
        return other;
    return nucleus->bloc->venue || (borrowed && other != NULL) ? NULL : actor;
}

/* "Tokayev proposed to reform the SCO" invites nobody: there must be a host and a guest, or a guest
 * who weighs it ("Astana analyses BRICS proposal"). */
static bool lacks_guest(const struct bw_frame *frame, const struct bw_nucleus *nucleus,
                        const struct bw_mark *actor)
{
    uint32_t from, to;

    if (nucleus->stance->effect != BW_EFFECT_INVITES || nucleus->result != BW_STANCE_CONSIDERS ||
        actor->first > nucleus->stance->last)
        return false;
    frame_sentence(frame, nucleus->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        if (mark->facet == BW_FACET_ACTOR && mark->group != actor->group)
            return false;
        if (mark->effect == BW_EFFECT_STANCE && mark->stance == BW_STANCE_CONSIDERS &&
            mark->first > actor->last && mark->last < nucleus->stance->first)
            return false;
    }
    return true;
}

/* The first token of [from, to] with a comma behind it. */
static bool has_comma(const struct bw_text *text, uint32_t from, uint32_t to, uint32_t *at)
{
    for (uint32_t i = from; i <= to; i++) {
        if (text->tokens[i].after & BW_GAP_COMMA) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* "Kazakhstan, a founding member of the EAEU, bans exports": between commas behind its actor, a
 * membership is who somebody is, no news. */
static bool is_apposition(const struct bw_frame *frame, const struct bw_nucleus *nucleus)
{
    enum { BEFORE = 4, AFTER = 5 };
    const struct bw_mark *stance = nucleus->stance, *bloc = nucleus->bloc;
    const struct bw_sentence *sentence = &frame->text->sentences[nucleus->sentence];
    uint32_t first, last, left, right, from, to;

    if (nucleus->result != BW_STANCE_JOINS || bloc->sentence != nucleus->sentence)
        return false;
    first = stance->first < bloc->first ? stance->first : bloc->first;
    last = stance->last > bloc->last ? stance->last : bloc->last;
    left = first > sentence->first + BEFORE ? first - BEFORE : sentence->first;
    right = last + AFTER < sentence->last ? last + AFTER : sentence->last;
    if (first == sentence->first || !has_comma(frame->text, left, first - 1, &left) ||
        !has_comma(frame->text, last, right, &right) || right == sentence->last)
        return false;
    frame_sentence(frame, nucleus->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        if (frame->marks[i].facet == BW_FACET_ACTOR && frame->marks[i].last == left)
            return true;
    }
    return false;
}

/* "ЕАЭБге кирген Кыргызстан": a participle right before its actor. */
static bool is_attribute(const struct bw_frame *frame, const struct bw_nucleus *nucleus)
{
    const struct bw_mark *stance = nucleus->stance;
    uint32_t from, to;
    bool participle = false, actor = false;

    frame_sentence(frame, nucleus->sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &frame->marks[i];

        participle |= mark->effect == BW_EFFECT_ATTRIBUTE && mark->first <= stance->last &&
                      stance->first <= mark->last;
        actor |= mark->facet == BW_FACET_ACTOR && mark->first > stance->last &&
                 mark_distance(frame, stance, mark) == 0;
    }
    return participle && actor && nucleus->result == stance->stance;
}

static void finish_nucleus(struct finder *finder, struct bw_nucleus *nucleus,
                           const struct bw_nucleus *nuclei, uint32_t n)
{
    const struct bw_frame *frame = &finder->frame;
    const struct bw_mark *actor;

    if (!nucleus->dropped)
        turn_nucleus(frame, nucleus, nuclei, n);
    if (!nucleus->dropped && nucleus->result == BW_STANCE_NONE && nucleus->stance->near) {
        nucleus->dropped = true;
        nucleus->drop_why = "nothing is done with it";
    }
    if (!nucleus->dropped && (is_apposition(frame, nucleus) || is_attribute(frame, nucleus))) {
        nucleus->dropped = true;
        nucleus->drop_why = "it tells who the actor is";
    }
    if (nucleus->dropped) {
        trace_mark(finder, nucleus->stance, nucleus->drop_why);
        return;
    }
    actor = choose_actor(frame, nucleus);
    if (actor == NULL)
        trace_mark(finder, nucleus->stance, "there is no actor");
    else if (lacks_guest(frame, nucleus, actor))
        trace_mark(finder, nucleus->stance, "nobody is invited");
    else
        emit(finder, nucleus, actor);
}

static void trace_sentence(struct finder *finder, uint32_t sentence)
{
    static const char *const facets[BW_FACETS] = {"", "actor", "bloc", "stance", "cue", "guard"};
    struct bw_span span = text_sentence_span(finder->frame.text, sentence);
    uint32_t from, to;

    if (finder->trace == NULL)
        return;
    buf_printf(finder->trace, "  \"%.*s\"\n", (int)span.len,
               finder->frame.text->field[span.field] + span.start);
    frame_sentence(&finder->frame, sentence, &from, &to);
    for (uint32_t i = from; i < to; i++) {
        const struct bw_mark *mark = &finder->frame.marks[i];
        struct bw_span place = mark_span(finder, mark);

        buf_printf(finder->trace, "    %s '%.*s' %s%s%s%s%s%s%s\n", facets[mark->facet],
                   (int)place.len, finder->frame.text->field[place.field] + place.start,
                   mark->anaphor ? mark->code : mark->set->code,
                   mark->set->foreign ? " foreign" : "", mark->set->implied ? " implied" : "",
                   mark->oblique ? " oblique" : "", mark->locative ? " locative" : "",
                   mark->venue ? " venue" : "", mark->negations % 2 == 1 ? " negated" : "");
    }
}

static void visit_sentence(struct finder *finder, uint32_t sentence)
{
    struct bw_nucleus nuclei[NUCLEI_LIMIT];
    uint32_t n, from, to;

    frame_sentence(&finder->frame, sentence, &from, &to);
    if (from == to)
        return;
    trace_sentence(finder, sentence);
    n = find_nuclei(finder, sentence, nuclei);
    for (uint32_t i = 0; i < n; i++)
        finish_nucleus(finder, &nuclei[i], nuclei, n);
    for (uint32_t i = 0; i < n; i++)
        buf_clear(&nuclei[i].why);
}

static int run(struct finder *finder, const struct bw_event_input *input)
{
    if (frame_build(&finder->frame, input) != 0)
        return -1;
    turn_negations(&finder->frame);
    for (uint32_t i = 0; i < input->text->n_sentences; i++)
        visit_sentence(finder, i);
    return finder->failed ? -1 : 0;
}

static bool same_pair(const struct bw_event_found *a, const struct bw_event_found *b)
{
    return a->actor_set == b->actor_set && a->bloc_set == b->bloc_set;
}

/* Whether the title says of the same actor and bloc what the event's sentence, below it, does not:
 * the news is in the title, and history or an aside in the text. A title that only raises the
 * matter
 * ("considers") leaves room for what was decided. */
static bool title_says_otherwise(const struct finder *finder, const struct bw_event_found *event)
{
    enum bw_stance stance = event->event.stance;
    bool vague = stance == BW_STANCE_NONE || stance == BW_STANCE_CONSIDERS;

    if (event->event.sentence.field == BW_FIELD_TITLE)
        return false;
    for (size_t i = 0; i < finder->n_events; i++) {
        const struct bw_event_found *other = &finder->events[i];

        if (other->event.sentence.field == BW_FIELD_TITLE && same_pair(event, other) &&
            other->event.stance != BW_STANCE_NONE &&
            !(event_is_status(other->event.stance) &&
              stance == BW_STANCE_DECLINES) && /* the full one */
            (vague || other->event.stance != BW_STANCE_CONSIDERS))
            return true;
    }
    return false;
}

/* Whether it joins sentences of the body, and one sentence says it all by itself. */
static bool is_said_whole(const struct finder *finder, const struct bw_event_found *event)
{
    if (!event->across || event->event.sentence.field == BW_FIELD_TITLE)
        return false;
    for (size_t i = 0; i < finder->n_events; i++) {
        if (!finder->events[i].across && same_pair(event, &finder->events[i]))
            return true;
    }
    return false;
}

/* Each (actor, stance, bloc) once, and the title's word before the text's. */
static void keep_distinct(struct finder *finder)
{
    bool drop[EVENTS_LIMIT];
    size_t kept = 0;

    for (size_t i = 0; i < finder->n_events; i++) {
        const struct bw_event_found *event = &finder->events[i];

        drop[i] = is_said_whole(finder, event) || title_says_otherwise(finder, event);
        for (size_t j = 0; j < i && !drop[i]; j++)
            drop[i] = !drop[j] && same_pair(event, &finder->events[j]) &&
                      event->event.stance == finder->events[j].event.stance;
    }
    for (size_t i = 0; i < finder->n_events; i++) {
        if (!drop[i])
            finder->events[kept++] = finder->events[i];
    }
    finder->n_events = kept;
}

int event_find(const struct bw_event_input *input, struct bw_arena *arena,
               struct bw_event_found **events, size_t *n_events, struct bw_error *err)
{
    struct finder finder = {.arena = arena};
    int result = -1;

    finder.events = calloc(EVENTS_LIMIT, sizeof *finder.events);
    if (finder.events == NULL || run(&finder, input) != 0) {
        error_set(err, BW_ERR_MEMORY, "out of memory while finding events");
        goto out;
    }
    keep_distinct(&finder);
    if (finder.n_events > 0) {
        struct bw_event_found *copy = arena_calloc(arena, finder.n_events, sizeof *copy);

        if (copy == NULL) {
            error_set(err, BW_ERR_MEMORY, "out of memory while finding events");
            goto out;
        }
        memcpy(copy, finder.events, finder.n_events * sizeof *copy);
        *events = copy;
    } else {
        *events = NULL;
    }
    *n_events = finder.n_events;
    result = 0;
out:
    frame_clear(&finder.frame);
    free(finder.events);
    return result;
}

void event_explain(const struct bw_event_input *input, struct bw_buf *out)
{
    struct finder finder = {.trace = out};

    if (run(&finder, input) != 0)
        out->failed = true;
    frame_clear(&finder.frame);
}
