/*
 * Folding of words, so that what reads alike compares alike: NFKC and case folding, then
 *   ё → е; combining stress marks, soft hyphens, zero-width and direction marks dropped
 *   (letters such as й, ў, ї, é are composed and stay);
 *   the apostrophe family (ʻ ʼ ‘ ’ ' ` ´ ′ …) inside a word → ';
 *   full stops of an acronym dropped;
 *   look-alike letters of the other script in a word that mixes Latin and Cyrillic → the script
 *   that the whole word can be written in.
 * Folding what has been folded changes nothing.
 */
#ifndef BLOCWATCH_MATCH_FOLD_H
#define BLOCWATCH_MATCH_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bw_char {
    BW_CHAR_OTHER,
    BW_CHAR_WORD,       /* letter, digit or letter number: may begin a word */
    BW_CHAR_MARK,       /* combining: may go on with one */
    BW_CHAR_IGNORED,    /* soft hyphen, zero width … */
    BW_CHAR_APOSTROPHE, /* a letter mark, a suffix separator or a quote */
    BW_CHAR_HYPHEN
};

enum { FOLD_FIRST = 0x80, FOLD_END = 0x530 };

/* What a letter from U+0080 to U+052F folds to when it stands for one letter below U+0800; 0:
 * not a letter, or not as simple. A test proves it against utf8proc. */
extern const uint16_t fold_table[FOLD_END - FOLD_FIRST];

enum bw_char fold_classify(uint32_t cp);
/* Decodes one code point of text[0..len), len > 0; a wrong byte gives U+FFFD of length 1. */
uint32_t fold_decode(const char *text, size_t len, size_t *used);
bool fold_is_upper(uint32_t cp); /* a capital or title-case letter */
/* Writes 1 to 4 bytes. */
size_t fold_encode(uint32_t cp, char *out);

enum { FOLD_WORD_LIMIT = 256, FOLD_WORD_ROOM = 4096 };

/*
 * Folds one word the thorough way into out[0..FOLD_WORD_ROOM): any word of up to FOLD_WORD_LIMIT
 * bytes fits but some ligatures' longest rows, which are cut. Returns the folded length.
 */
size_t fold_word(const char *word, size_t len, char *out);

#endif
