/*
 * An item's text as words and sentences, and the lexicon terms found in it: what the query
 * evaluator and the event finder read. Inside match/ only.
 *
 * Words. A word is a run of letters, marks and digits; the folded form is in fold.h. A hyphen or a
 * suffix apostrophe ends a word, and what follows directly is the next word, marked JOINED:
 *   БРИКС-ке        брикс | ке (JOINED, SUFFIX)
 *   BRICSʼga        brics | ga (JOINED, SUFFIX)
 *   EAEU's          eaeu | s   (JOINED, SUFFIX)
 *   EU-Kazakhstan   eu | kazakhstan (JOINED)
 *   Oʻzbekiston     o'zbekiston    (the apostrophe family is a letter there, folded to ')
 *   a’zo, don't     a'zo, don't
 *   E.A.E.U.        eaeu
 * So a stem with its suffix is found by the stem, and a compound by each of its parts; phrases
 * step over SUFFIX words, which do not count as words in distances either.
 */
#ifndef BLOCWATCH_MATCH_TEXT_H
#define BLOCWATCH_MATCH_TEXT_H

#include "blocwatch/arena.h"
#include "blocwatch/buf.h"
#include "blocwatch/error.h"
#include "blocwatch/hit.h"
#include "blocwatch/item.h"
#include "blocwatch/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bw_token_flags {
    BW_TOKEN_JOINED = 1 << 0, /* follows the token before it by a hyphen or apostrophe only */
    BW_TOKEN_SUFFIX = 1 << 1, /* JOINED, and a grammatical ending rather than a word */
    BW_TOKEN_UPPER = 1 << 2,  /* every letter is a capital (also a single one: "I", "С") */
    BW_TOKEN_TITLE = 1 << 3,  /* the first letter is a capital, not all are */
    BW_TOKEN_DIGIT = 1 << 4,  /* digits only */
    BW_TOKEN_DOTTED = 1 << 5, /* written with full stops: "E.A.E.U." */
};

/* Punctuation in the gap between two words, as a mask. */
enum bw_gap {
    BW_GAP_COMMA = 1 << 0,
    BW_GAP_SEMICOLON = 1 << 1,
    BW_GAP_COLON = 1 << 2,
    BW_GAP_DASH = 1 << 3, /* en, em or a hyphen with a space beside it; not "БРИКС-ке" */
    BW_GAP_QUOTE_OPEN = 1 << 4,
    BW_GAP_QUOTE_CLOSE = 1 << 5,
    BW_GAP_PAREN_OPEN = 1 << 6,
    BW_GAP_PAREN_CLOSE = 1 << 7,
    BW_GAP_QUESTION = 1 << 8,
    BW_GAP_EXCLAMATION = 1 << 9,
    BW_GAP_STOP = 1 << 10, /* a full stop or ellipsis, at a sentence's end or not */
    BW_GAP_LINE = 1 << 11, /* a line break */
};

struct bw_token {
    const char *fold;    /* folded, not terminated */
    uint32_t start, len; /* bytes in the original text of the field */
    uint32_t hash;       /* of the folded form */
    uint16_t fold_len;   /* bytes */
    uint16_t flags;      /* enum bw_token_flags; all but JOINED and SUFFIX after annotation */
    uint32_t field;      /* enum bw_field */
    uint32_t pos;        /* number of words before it, SUFFIX ones left out */
    /* Filled by text_annotate(): */
    uint32_t cp_start, cp_len; /* code points in the original text of the field */
    uint32_t sentence;         /* index */
    uint16_t before, after;    /* enum bw_gap */
};

/* The title is one sentence; no sentence crosses a field. */
struct bw_sentence {
    uint32_t first, last; /* tokens, inclusive */
    uint32_t field;
    uint32_t start, len; /* bytes in the field, first letter to closing punctuation */
};

enum { BW_TEXT_FIELDS = 3 }; /* title, summary, content */
enum { BW_WORD_BITS = 1 << 14 };

struct bw_text {
    const char *field[BW_TEXT_FIELDS]; /* borrowed; NULL when the item has none */
    uint32_t field_len[BW_TEXT_FIELDS];
    const char *lang;  /* as declared, borrowed; NULL unknown */
    int64_t published; /* BW_TIME_NONE unknown */
    struct bw_token *tokens;
    uint32_t n_tokens, n_words;
    struct bw_sentence *sentences; /* after text_annotate() */
    uint32_t n_sentences;
    bool annotated, words_ready;
    uint64_t words[BW_WORD_BITS / 64]; /* a bit for each word's hash, made when asked for */
    /* Memory, kept from item to item. */
    char *folds;
    size_t folds_len, folds_cap, tokens_cap, sentences_cap;
    struct bw_fold_scratch *scratch;
};

enum { BW_TEXT_LIMIT = 1 << 24 }; /* bytes of a field that are read; the rest is left out */

void text_init(struct bw_text *text);
void text_clear(struct bw_text *text);
/* Splits the item's title, summary and content into words. The text is borrowed until the next
 * call. -1 only when out of memory. */
int text_build(struct bw_text *text, const struct bw_item *item);
/* The same for one string, as field `field`. */
int text_build_string(struct bw_text *text, enum bw_field field, const char *string, size_t len);
/* Fills what only a hit needs: case, code points, punctuation, sentences. Does it once. */
int text_annotate(struct bw_text *text);
/* The span from token `first` to token `last` (annotated). */
struct bw_span text_span(const struct bw_text *text, uint32_t first, uint32_t last);
struct bw_span text_sentence_span(const struct bw_text *text, uint32_t sentence);
/* Makes text->words. */
void text_list_words(struct bw_text *text);
/* Whether a word of that hash may stand in the text; true is a guess, false is sure. */
static inline bool text_may_hold(struct bw_text *text, uint32_t hash)
{
    if (!text->words_ready)
        text_list_words(text);
    return text->words[hash >> 6 & (BW_WORD_BITS / 64 - 1)] >> (hash & 63) & 1;
}
/* Whether a term of the language `lang` (NULL and "any": of each) may stand in a text that is
 * declared to be in `declared` (NULL, "": unknown): "kk" in "kk-Latn-KZ". */
bool text_speaks(const char *declared, const char *lang);
/* Whether the token's folded form is `word` (already folded). */
bool token_is(const struct bw_token *token, const char *word);
bool token_starts(const struct bw_token *token, const char *prefix);

/* A term of a lexicon set, found. Sorted by first, then longest, then set. */
struct bw_term_hit {
    uint32_t set;         /* index into the sets */
    uint32_t term;        /* index into the set's terms */
    uint32_t first, last; /* tokens, inclusive */
};

/*
 * The event finder (event.c): actor × stance × bloc. `hits` are the lexicon hits of all sets in
 * the annotated text. Called once for an item that holds a bloc, when some rule asks for events;
 * the engine then keeps for each rule the events that its sets allow.
 */
struct bw_event_found {
    struct bw_event event; /* all its text in `arena` */
    uint32_t actor_set;    /* indexes into the sets */
    uint32_t bloc_set;
    bool across; /* joins the title with the first sentence of the summary: `within: item` only */
};

struct bw_event_input {
    const struct bw_set *sets;
    size_t n_sets;
    const struct bw_text *text;
    const struct bw_term_hit *hits;
    size_t n_hits;
};

/* Events in the order of the text, each (actor, stance, bloc) once. -1 out of memory. */
int event_find(const struct bw_event_input *input, struct bw_arena *arena,
               struct bw_event_found **events, size_t *n_events, struct bw_error *err);
/* Appends lines for people, indented by two spaces: for each sentence with an actor or a bloc, what
 * was found and why an event was made or not. */
void event_explain(const struct bw_event_input *input, struct bw_buf *out);

#endif
