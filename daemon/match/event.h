/*
 * Events inside the room: from lexicon hits to (actor, stance, bloc), in five steps, one file each.
 *
 *   event_mark.c   hits → marks: language, dates of office, false friends, the longest match
 *   event_role.c   what each bloc and actor is in its sentence: venue, companion, coordinated …
 *   event_bind.c   which bloc is a stance's object, and which actor its subject
 *   event_turn.c   what negations and other cues make of a stance
 *   event.c        sentences to events, the title joined with the summary, and the explanation
 *
 * All knowledge of languages is in the lexicon; doc/events.md tells how sets are written for it.
 */
#ifndef BLOCWATCH_MATCH_EVENT_H
#define BLOCWATCH_MATCH_EVENT_H

#include "text.h"

/*
 * What a cue does. A cue whose effect is a name of the ladder is BW_EFFECT_STANCE: it acts on the
 * stances that it reaches. With "-bloc" behind the name it is a stance itself, of the bloc that is
 * its object within its reach; with "-meeting", of the bloc whose meeting or drill is. Sets of
 * facet stance take a bloc anywhere in the clause.
 */
enum bw_effect {
    BW_EFFECT_NONE,
    BW_EFFECT_STANCE,       /* lends its stance to the one it reaches */
    BW_EFFECT_PLANS,        /* wants to, is ready to: not done yet */
    BW_EFFECT_NEGATES,      /* not, never, no */
    BW_EFFECT_DENIES,       /* dismisses reports of */
    BW_EFFECT_UNDECIDED,    /* no decision yet */
    BW_EFFECT_HYPOTHETICAL, /* may, could, if */
    BW_EFFECT_REPORTED,     /* rumours, reportedly */
    BW_EFFECT_THREATENS,    /* has the right to, threatens to: discontent rather than a move */
    BW_EFFECT_INVITES,      /* somebody else wants it: invited to, urged to */
    BW_EFFECT_BACKGROUND,   /* since joining, anniversary: no news */
    BW_EFFECT_CLAUSE,       /* begins another clause: where, while, after */
    BW_EFFECT_AND,          /* links actors, or blocs */
    BW_EFFECT_OBLIQUE,      /* the actor it reaches is no subject: with, unlike */
    BW_EFFECT_LOCATIVE,     /* the actor it reaches is likely a place: in, at */
    BW_EFFECT_VENUE,        /* the bloc it reaches belongs to it: summit, games, market */
    BW_EFFECT_MEETING,      /* the bloc it reaches holds it: summit, session, drill */
    BW_EFFECT_BODY,         /* the bloc it reaches is no bloc but that body: bank, court, fund */
    BW_EFFECT_ATTRIBUTE,    /* a participle: before an actor it tells who that is */
    BW_EFFECT_BLOCKS,       /* parts a stance from a bloc: at, during, with */
    BW_EFFECT_ANAPHOR,      /* stands for the bloc named before: the bloc, the organisation */
    BW_EFFECT_FILLER,       /* parts nothing from its bloc: the, officially, full */
    BW_EFFECTS
};

/* A hit that counts, with what was found out about it. */
struct bw_mark {
    const struct bw_set *set;
    uint32_t set_index, term;
    uint32_t first, last; /* tokens */
    uint32_t sentence;
    enum bw_facet facet;
    enum bw_effect effect; /* of a cue */
    enum bw_stance stance; /* of a stance, and of a cue that lends one */
    bool near;             /* a stance that wants its bloc in its scope and reach */
    bool wants_meeting;    /* and a meeting of the bloc, rather than the bloc itself */
    uint32_t group;        /* actors and blocs: coordinated ones share it */
    bool oblique, locative, venue, meeting;
    bool body;      /* bloc: only a word in the name of a bank, a court */
    bool anaphor;   /* bloc: a word that stands for it */
    uint32_t canon; /* actors and blocs: the set that events are reported under */
    const char *code;
    unsigned negations;             /* of a stance or a cue: how many negations reach it */
    const struct bw_mark *negation; /* the last of these */
};

struct bw_frame {
    const struct bw_event_input *input;
    const struct bw_text *text;
    struct bw_mark *marks; /* by first token */
    uint32_t *starts;      /* by sentence: its first mark; one more at the end */
    uint32_t n_marks;
};

/* A stance that has its bloc. */
struct bw_nucleus {
    const struct bw_mark *stance, *bloc;
    uint32_t sentence;
    /* What the cues made of it: */
    enum bw_stance result;
    enum bw_certainty certainty;
    bool dropped; /* background, or the object of another stance */
    const char *drop_why;
    struct bw_buf why;
};

enum {
    EVENT_FREE_REACH = 14,     /* from a stance to its bloc when the stance asks for no nearness */
    EVENT_OBJECT_REACH = 4,    /* to its bloc when it does */
    EVENT_MODIFIER_REACH = 11, /* from a cue to its stance */
    EVENT_NEGATION_REACH = 4,
    EVENT_ACTOR_REACH = 28,
    EVENT_FAR = 1000,        /* farther than any bloc */
    EVENT_MARKS_LIMIT = 160, /* marks of one sentence that is read */
    EVENT_LEAD = 12          /* sentences of a field that are read */
};

/* event_mark.c */
/* The names that `effect:` may have: the i-th of those that are no stance's, NULL behind the last.
 */
const char *event_effect_name(unsigned i);
bool event_effect_is_known(const char *name);
bool event_is_status(enum bw_stance stance); /* less than membership */
int frame_build(struct bw_frame *frame, const struct bw_event_input *input);
void frame_clear(struct bw_frame *frame);
/* Marks of one sentence: [*from, *to). */
void frame_sentence(const struct bw_frame *frame, uint32_t sentence, uint32_t *from, uint32_t *to);
/* Words between two marks, 0 when they touch or overlap. */
uint32_t mark_gap(const struct bw_frame *frame, const struct bw_mark *a, const struct bw_mark *b);
/* The same, with the punctuation and the connectors that lie between them weighed in. */
uint32_t mark_distance(const struct bw_frame *frame, const struct bw_mark *a,
                       const struct bw_mark *b);
/* Whether a cue at `cue` reaches `mark`, by its scope and reach. */
bool mark_reaches(const struct bw_frame *frame, const struct bw_mark *cue,
                  const struct bw_mark *mark, uint32_t default_reach);
bool mark_is_modal(const struct bw_mark *mark); /* considers, applies, signs, declines … */
bool mark_is_predicate(const struct bw_mark *mark);
bool mark_is_venue_cue(const struct bw_mark *mark); /* a meeting is a venue too */

/* event_role.c */
/* Fills group, oblique, locative, venue and anaphor of all marks. */
void roles_find(struct bw_frame *frame);

/* event_bind.c */
/* The bloc that is the object of `stance` in its own sentence; NULL. `why_not` tells what was
 * wrong with the nearest one; may be NULL. */
const struct bw_mark *bind_bloc(const struct bw_frame *frame, const struct bw_mark *stance,
                                const char **why_not);
/* The actor that is the subject; it may be foreign. NULL when the sentence has none. */
const struct bw_mark *bind_actor(const struct bw_frame *frame, const struct bw_nucleus *nucleus);

/* event_turn.c */
/* Counts the negations of each stance and cue, once per item. */
void turn_negations(struct bw_frame *frame);
/* Whether `mark` is of a kind that acts on the nucleus, wherever it stands. */
bool turn_is_modifier(const struct bw_frame *frame, const struct bw_mark *mark,
                      const struct bw_nucleus *nucleus);
/* Whether `mark` belongs to another clause than the nucleus, with a subject of its own. */
bool turn_has_own_subject(const struct bw_frame *frame, const struct bw_mark *mark,
                          const struct bw_nucleus *nucleus);
/* Fills result, certainty and why from the cues and stances that reach the nucleus; `nuclei` are
 * all of its sentence. */
void turn_nucleus(const struct bw_frame *frame, struct bw_nucleus *nucleus,
                  const struct bw_nucleus *nuclei, uint32_t n_nuclei);

#endif
