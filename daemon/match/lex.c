/* Splits a query into lexemes, and says what looks like a slip. Owns nothing. */
#include "lex.h"

#include "fold.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const channel_names[BW_CHANNELS] = {
    "", "title:", "text:", "category:", "author:", "link:", "source:", "lang:"};

static const char *const operators[] = {"AND", "OR", "NOT", "NEAR", "BEFORE", "SENTENCE"};

const char *channel_name(enum bw_channel channel)
{
    return channel_names[channel];
}

void lex_problem(struct bw_lexer *lexer, bool warning, uint32_t at, uint32_t len,
                 const char *format, ...)
{
    struct bw_spot spot = lexer->spot;
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    spot.text = lexer->query;
    spot.at = at;
    spot.len = len;
    problem_add(lexer->problems, warning, &spot, "%s", text);
}

static struct bw_lexeme make(struct bw_lexer *lexer, enum bw_lexeme_kind kind, uint32_t end)
{
    struct bw_lexeme lexeme = {.kind = kind, .at = lexer->at, .len = end - lexer->at};

    lexeme.inner_at = lexeme.at;
    lexeme.inner_len = lexeme.len;
    lexer->at = end;
    return lexeme;
}

static bool is_space(const char *text, uint32_t len, uint32_t *used)
{
    size_t bytes;
    uint32_t cp = fold_decode(text, len, &bytes);

    *used = (uint32_t)bytes;
    return cp <= ' ' || cp == 0xA0 || cp == 0x202F || cp == 0xFEFF;
}

static uint32_t word_end(const struct bw_lexer *lexer)
{
    uint32_t at = lexer->at, used;

    while (at < lexer->len && strchr("()\"", lexer->query[at]) == NULL &&
           !is_space(lexer->query + at, lexer->len - at, &used))
        at += used;
    return at;
}

static struct bw_lexeme bad(struct bw_lexer *lexer)
{
    return make(lexer, BW_LEX_BAD, lexer->len);
}

static struct bw_lexeme lex_phrase(struct bw_lexer *lexer)
{
    const char *from = lexer->query + lexer->at + 1, *to = strchr(from, '"');
    struct bw_lexeme lexeme;

    if (to == NULL) {
        lex_problem(lexer, false, lexer->at, 1,
                    "the phrase that begins here has no end: expected \"");
        return bad(lexer);
    }
    lexeme = make(lexer, BW_LEX_PHRASE, (uint32_t)(to + 1 - lexer->query));
    lexeme.inner_at++;
    lexeme.inner_len -= 2;
    return lexeme;
}

/* "(i?)" is a slip for "(?i)". */
static void warn_of_flag_slip(struct bw_lexer *lexer, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i + 3 < to; i++) {
        const char *p = lexer->query + i;

        if (p[0] == '(' && strchr("imsx", p[1]) != NULL && p[2] == '?' && p[3] == ')')
            lex_problem(lexer, true, i, 4,
                        "(%c?) is an optional letter %c: for the option write (?%c), or /%c behind "
                        "the regular expression",
                        p[1], p[1], p[1], p[1]);
    }
}

static int lex_regex_flags(struct bw_lexer *lexer, uint32_t at, uint32_t *end, uint32_t *flags)
{
    for (; at < lexer->len && isalnum((unsigned char)lexer->query[at]); at++) {
        switch (lexer->query[at]) {
        case 'i':
            *flags |= PCRE2_CASELESS;
            break;
        case 's':
            *flags |= PCRE2_DOTALL;
            break;
        case 'm':
            *flags |= PCRE2_MULTILINE;
            break;
        case 'x':
            *flags |= PCRE2_EXTENDED;
            break;
        default:
            lex_problem(lexer, false, at, 1,
                        "unknown flag '%c' of a regular expression: expected i, s, m or x",
                        lexer->query[at]);
            return -1;
        }
    }
    *end = at;
    return 0;
}

static struct bw_lexeme lex_regex(struct bw_lexer *lexer)
{
    uint32_t close = lexer->at + 1, end = 0, flags = 0;
    struct bw_lexeme lexeme;

    while (close < lexer->len && lexer->query[close] != '/')
        close += lexer->query[close] == '\\' && close + 1 < lexer->len ? 2 : 1;
    if (close >= lexer->len) {
        lex_problem(lexer, false, lexer->at, 1,
                    "the regular expression that begins here has no end: expected /");
        return bad(lexer);
    }
    warn_of_flag_slip(lexer, lexer->at, close);
    if (lex_regex_flags(lexer, close + 1, &end, &flags) != 0)
        return bad(lexer);
    lexeme = make(lexer, BW_LEX_REGEX, end);
    lexeme.inner_at++;
    lexeme.inner_len = close - lexeme.inner_at;
    lexeme.number = flags;
    return lexeme;
}

static bool word_is(const struct bw_lexer *lexer, uint32_t len, const char *word)
{
    return strlen(word) == len && memcmp(lexer->query + lexer->at, word, len) == 0;
}

/* NEAR/n and BEFORE/n. */
static struct bw_lexeme lex_distance(struct bw_lexer *lexer, enum bw_lexeme_kind kind,
                                     const char *name, uint32_t end)
{
    uint32_t digits = lexer->at + (uint32_t)strlen(name) + 1, number = 0;
    struct bw_lexeme lexeme;

    for (uint32_t i = digits; i < end && number <= BW_NEAR_MOST; i++)
        number = isdigit((unsigned char)lexer->query[i])
                     ? number * 10 + (uint32_t)(lexer->query[i] - '0')
                     : BW_NEAR_MOST + 1;
    if (digits >= end || number == 0 || number > BW_NEAR_MOST) {
        lex_problem(lexer, false, lexer->at, end - lexer->at,
                    "%s needs a distance in words from 1 to %d: expected for example %s/5", name,
                    BW_NEAR_MOST, name);
        return bad(lexer);
    }
    lexeme = make(lexer, kind, end);
    lexeme.number = number;
    return lexeme;
}

/* A field's name with its colon at the beginning of a word; BW_CHANNELS when there is none. */
static enum bw_channel find_field(const struct bw_lexer *lexer, uint32_t end, uint32_t *name_len)
{
    uint32_t at = lexer->at;

    while (at < end && isalpha((unsigned char)lexer->query[at]))
        at++;
    *name_len = 0;
    if (at == lexer->at || at >= end || lexer->query[at] != ':')
        return BW_CHANNELS;
    *name_len = at + 1 - lexer->at;
    for (int i = BW_IN_TITLE; i < BW_CHANNELS; i++) {
        if (word_is(lexer, *name_len, channel_names[i]))
            return (enum bw_channel)i;
    }
    return BW_CHANNELS;
}

static struct bw_lexeme refuse_field(struct bw_lexer *lexer, uint32_t name_len)
{
    const char *name = lexer->query + lexer->at, *near = NULL;
    unsigned best = 99;

    for (int i = BW_IN_TITLE; i < BW_CHANNELS; i++) {
        if (name_is_nearer(name, name_len, channel_names[i], &best))
            near = channel_names[i];
    }
    if (near != NULL)
        lex_problem(lexer, false, lexer->at, name_len, "unknown field %.*s: did you mean %s?",
                    (int)name_len, name, near);
    else
        lex_problem(lexer, false, lexer->at, name_len,
                    "unknown field %.*s: expected title:, text:, source:, lang:, category:, "
                    "author: or link:; a word with a colon goes into quotes",
                    (int)name_len, name);
    return bad(lexer);
}

/* Other languages' ways of writing operators. */
static bool refuse_foreign_operator(struct bw_lexer *lexer, uint32_t end)
{
    static const struct {
        const char *sign, *meant;
        bool whole;
    } signs[] = {{"&&", "AND", false}, {"||", "OR", false}, {"!", "NOT", false},
                 {"-", "NOT", false},  {"+", "AND", false}, {"&", "AND", true},
                 {"|", "OR", true}};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t len = strlen(signs[i].sign);

        if (end - lexer->at < len || memcmp(lexer->query + lexer->at, signs[i].sign, len) != 0 ||
            (signs[i].whole && end - lexer->at != len))
            continue;
        lex_problem(lexer, false, lexer->at, (uint32_t)len, "%s is no operator: expected %s",
                    signs[i].sign, signs[i].meant);
        return true;
    }
    return false;
}

static bool refuse_quotation_mark(struct bw_lexer *lexer)
{
    static const char *const marks[] = {"“", "”", "„", "«", "»"};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t len = strlen(marks[i]);

        if (lexer->len - lexer->at >= len && memcmp(lexer->query + lexer->at, marks[i], len) == 0) {
            lex_problem(lexer, false, lexer->at, (uint32_t)len,
                        "%s does not begin a phrase: expected the straight mark \"", marks[i]);
            return true;
        }
    }
    return false;
}

/* "NAER/5" is an error, "and" and "ADN" may be meant. */
static bool check_for_typo(struct bw_lexer *lexer, uint32_t end)
{
    const char *word = lexer->query + lexer->at;
    const char *slash = memchr(word, '/', end - lexer->at);
    uint32_t len = slash != NULL ? (uint32_t)(slash - word) : end - lexer->at;
    bool distance = slash != NULL && slash + 1 < lexer->query + end &&
                    isdigit((unsigned char)slash[1]) && len >= 3,
         lower = true, upper = true;

    for (uint32_t i = 0; i < len; i++) {
        lower = lower && islower((unsigned char)word[i]);
        upper = upper && isupper((unsigned char)word[i]);
    }
    for (size_t i = 0; i < sizeof operators / sizeof operators[0] && (lower || upper); i++) {
        unsigned away = name_distance(word, len, operators[i], strlen(operators[i]));

        if (distance && i >= 3 && i <= 4 && away <= 2) {
            lex_problem(lexer, false, lexer->at, end - lexer->at,
                        "unknown operator %.*s: did you mean %s/%s?", (int)(end - lexer->at), word,
                        operators[i], slash + 1 < lexer->query + end ? "n" : "");
            return true;
        }
        if (lower && away == 0 && i < 3)
            lex_problem(lexer, true, lexer->at, end - lexer->at,
                        "'%.*s' is looked for as a word: the operator is written %s", (int)len,
                        word, operators[i]);
        else if (upper && slash == NULL && away == 1 && len >= 3)
            lex_problem(lexer, true, lexer->at, end - lexer->at,
                        "'%.*s' is looked for as a word: did you mean %s?", (int)len, word,
                        operators[i]);
    }
    return false;
}

static struct bw_lexeme lex_word(struct bw_lexer *lexer, uint32_t end)
{
    static const enum bw_lexeme_kind kinds[] = {BW_LEX_AND, BW_LEX_OR, BW_LEX_NOT};
    struct bw_lexeme lexeme;

    for (size_t i = 0; i < 3; i++) {
        if (word_is(lexer, end - lexer->at, operators[i]))
            return make(lexer, kinds[i], end);
    }
    if (word_is(lexer, end - lexer->at, "SENTENCE"))
        return make(lexer, BW_LEX_SENTENCE, end);
    for (size_t i = 3; i < 5; i++) {
        size_t len = strlen(operators[i]);
        const char *behind = lexer->query + lexer->at + len;

        if (end - lexer->at >= len && memcmp(lexer->query + lexer->at, operators[i], len) == 0 &&
            (end - lexer->at == len || *behind == '/' || isdigit((unsigned char)*behind) ||
             *behind == '~'))
            return lex_distance(lexer, i == 3 ? BW_LEX_NEAR : BW_LEX_BEFORE, operators[i], end);
    }
    if (refuse_foreign_operator(lexer, end) || refuse_quotation_mark(lexer) ||
        check_for_typo(lexer, end))
        return bad(lexer);
    lexeme = make(lexer, BW_LEX_WORD, end);
    return lexeme;
}

static struct bw_lexeme lex_set(struct bw_lexer *lexer, uint32_t end)
{
    struct bw_lexeme lexeme;

    if (end == lexer->at + 1) {
        lex_problem(lexer, false, lexer->at, 1, "expected the name of a set behind @");
        return bad(lexer);
    }
    lexeme = make(lexer, BW_LEX_SET, end);
    lexeme.inner_at++;
    lexeme.inner_len--;
    return lexeme;
}

struct bw_lexeme lex_next(struct bw_lexer *lexer)
{
    uint32_t used, end, name_len;
    enum bw_channel channel;
    struct bw_lexeme lexeme;

    while (lexer->at < lexer->len &&
           is_space(lexer->query + lexer->at, lexer->len - lexer->at, &used))
        lexer->at += used;
    if (lexer->at >= lexer->len)
        return make(lexer, BW_LEX_END, lexer->len);
    switch (lexer->query[lexer->at]) {
    case '(':
        return make(lexer, BW_LEX_OPEN, lexer->at + 1);
    case ')':
        return make(lexer, BW_LEX_CLOSE, lexer->at + 1);
    case '"':
        return lex_phrase(lexer);
    case '/':
        return lex_regex(lexer);
    default:
        break;
    }
    end = word_end(lexer);
    if (lexer->query[lexer->at] == '@')
        return lex_set(lexer, end);
    channel = find_field(lexer, end, &name_len);
    if (channel == BW_CHANNELS)
        return name_len > 0 ? refuse_field(lexer, name_len) : lex_word(lexer, end);
    lexeme = make(lexer, BW_LEX_FIELD, lexer->at + name_len);
    lexeme.channel = channel;
    return lexeme;
}
