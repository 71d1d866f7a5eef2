/* The query's lexemes. Inside match/ only. */
#ifndef BLOCWATCH_MATCH_LEX_H
#define BLOCWATCH_MATCH_LEX_H

#include "parse.h"

enum bw_lexeme_kind {
    BW_LEX_END,
    BW_LEX_OPEN,
    BW_LEX_CLOSE,
    BW_LEX_AND,
    BW_LEX_OR,
    BW_LEX_NOT,
    BW_LEX_NEAR,   /* number */
    BW_LEX_BEFORE, /* number */
    BW_LEX_SENTENCE,
    BW_LEX_FIELD, /* channel */
    BW_LEX_WORD,
    BW_LEX_PHRASE,
    BW_LEX_REGEX, /* flags in `number`: PCRE2 options */
    BW_LEX_SET,
    BW_LEX_BAD /* a problem has been added */
};

struct bw_lexeme {
    enum bw_lexeme_kind kind;
    uint32_t at, len;             /* as written */
    uint32_t inner_at, inner_len; /* without quotes, slashes, @ */
    uint32_t number;
    enum bw_channel channel;
};

struct bw_lexer {
    struct bw_match_problems *problems;
    struct bw_spot spot;
    const char *query;
    uint32_t len, at;
};

struct bw_lexeme lex_next(struct bw_lexer *lexer);
/* Adds an error, or a warning, about query[at, at + len). */
__attribute__((format(printf, 5, 6))) void lex_problem(struct bw_lexer *lexer, bool warning,
                                                       uint32_t at, uint32_t len,
                                                       const char *format, ...);
const char *channel_name(enum bw_channel channel); /* "title:"; "" for BW_IN_ANY */

#endif
