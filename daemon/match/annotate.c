/* What only a hit needs: case, code points, punctuation between words, sentences. Owns nothing. */
#include "fold.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Ends no sentence, each between spaces. Single letters (initials) never do. */
static const char abbreviations[] =
    /* English */
    " mr mrs ms dr prof st jr sr gen col lt sgt capt sen rep gov pres vs etc inc ltd co corp no "
    "nos "
    " jan feb mar apr jun jul aug sep sept oct nov dec approx est dept fig al eg ie cf "
    /* Russian and the Cyrillic of the region */
    " г гг в вв им ул д стр др пр т тыс млн млрд трлн руб коп долл тг проф акад ген полк кв ред "
    " янв фев февр апр июн июл авг сен сент окт ноя нояб дек қар қаз нау сәу там "
    " см напр англ каз рус тел обл р п св мин гос зам ж жж б ғ ғғ мин мың ш т ст соат й с "
    /* Latin of the region */
    " h k va mln mlrd trln ming soat yy vb sh ";

/* Those that may well stand at a sentence's end; a capital then decides that they do. */
static const char ambiguous[] =
    " г гг др etc inc ltd co corp млн млрд трлн тыс руб тг долл р п ж жж б "
    " т mln mlrd trln мың тел обл й с no d ";

static bool is_listed(const char *list, const struct bw_token *token)
{
    char key[16];

    if (token->fold_len > sizeof key - 3)
        return false;
    key[0] = ' ';
    memcpy(key + 1, token->fold, token->fold_len);
    key[token->fold_len + 1] = ' ';
    key[token->fold_len + 2] = '\0';
    return strstr(list, key) != NULL;
}

static unsigned gap_of_ascii(uint32_t cp)
{
    switch (cp) {
    case ',':
        return BW_GAP_COMMA;
    case ';':
        return BW_GAP_SEMICOLON;
    case ':':
        return BW_GAP_COLON;
    case '(':
    case '[':
        return BW_GAP_PAREN_OPEN;
    case ')':
    case ']':
        return BW_GAP_PAREN_CLOSE;
    case '?':
        return BW_GAP_QUESTION;
    case '!':
        return BW_GAP_EXCLAMATION;
    case '.':
        return BW_GAP_STOP;
    case '\n':
        return BW_GAP_LINE;
    default:
        return 0;
    }
}

static unsigned gap_of(uint32_t cp)
{
    switch (cp) {
    case 0xAB:
    case 0x201C:
    case 0x201E:
    case 0x2039:
    case 0x201A:
        return BW_GAP_QUOTE_OPEN;
    case 0xBB:
    case 0x201D:
    case 0x203A:
        return BW_GAP_QUOTE_CLOSE;
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
        return BW_GAP_DASH;
    case 0x2026:
    case 0x3002:
        return BW_GAP_STOP;
    case 0x2028:
    case 0x2029:
        return BW_GAP_LINE;
    case 0xFF1F:
        return BW_GAP_QUESTION;
    case 0xFF01:
        return BW_GAP_EXCLAMATION;
    case 0xFF0C:
    case 0x3001:
        return BW_GAP_COMMA;
    default:
        return cp < 0x80 ? gap_of_ascii(cp) : 0;
    }
}

static bool is_space_at(const char *text, size_t len, size_t at)
{
    return at >= len || text[at] == ' ' || text[at] == '\n' || (unsigned char)text[at] == 0xC2;
}

/* A straight quotation mark opens when a space stands before it. */
static unsigned gap_of_straight(const char *text, size_t len, size_t at)
{
    if (at == 0 || is_space_at(text, len, at - 1) || text[at - 1] == '(')
        return BW_GAP_QUOTE_OPEN;
    return BW_GAP_QUOTE_CLOSE;
}

struct gap {
    unsigned mask;
    unsigned lines;     /* line breaks */
    bool space_in_stop; /* a space or the end follows the stop */
    uint32_t cps;       /* code points */
    size_t closing;     /* bytes from the gap's start to the end of its closing punctuation */
};

/* Reads text[from, to), the gap between two words. */
static struct gap read_gap(const char *text, size_t len, size_t from, size_t to)
{
    const unsigned closers = BW_GAP_QUOTE_CLOSE | BW_GAP_PAREN_CLOSE | BW_GAP_QUESTION |
                             BW_GAP_EXCLAMATION | BW_GAP_STOP;
    struct gap gap = {0};
    bool still_closing = true;
    size_t used;

    for (size_t at = from; at < to; at += used, gap.cps++) {
        uint32_t cp = fold_decode(text + at, to - at, &used);
        unsigned bit = gap_of(cp);

        if (cp == '"')
            bit = gap_of_straight(text, len, at);
        else if (fold_classify(cp) == BW_CHAR_APOSTROPHE)
            bit =
                at > 0 && !is_space_at(text, len, at - 1) ? BW_GAP_QUOTE_CLOSE : BW_GAP_QUOTE_OPEN;
        else if (fold_classify(cp) == BW_CHAR_HYPHEN &&
                 ((at > 0 && is_space_at(text, len, at - 1)) || is_space_at(text, len, at + used)))
            bit = BW_GAP_DASH;
        gap.mask |= bit;
        gap.lines += bit == BW_GAP_LINE;
        if (bit & (BW_GAP_STOP | BW_GAP_QUESTION | BW_GAP_EXCLAMATION | BW_GAP_QUOTE_CLOSE))
            gap.space_in_stop |= is_space_at(text, len, at + used);
        still_closing = still_closing && (bit & closers) != 0;
        if (still_closing)
            gap.closing = at + used - from;
    }
    return gap;
}

/* Case flags and code points of one token. */
static void annotate_token(const char *text, struct bw_token *token)
{
    size_t letters = 0, upper = 0, digits = 0, used;
    bool first_upper = false;

    token->cp_len = 0;
    for (size_t at = 0; at < token->len; at += used, token->cp_len++) {
        uint32_t cp = fold_decode(text + token->start + at, token->len - at, &used);

        if (cp >= '0' && cp <= '9') {
            digits++;
        } else if (fold_classify(cp) == BW_CHAR_WORD) {
            if (letters == 0)
                first_upper = fold_is_upper(cp);
            letters++;
            upper += fold_is_upper(cp);
        }
    }
    if (letters == 0 && digits > 0)
        token->flags |= BW_TOKEN_DIGIT;
    else if (letters > 0 && upper == letters)
        token->flags |= BW_TOKEN_UPPER;
    else if (first_upper)
        token->flags |= BW_TOKEN_TITLE;
}

/* Whether a sentence ends between `left` and `right`, two tokens of one field. */
static bool is_boundary(const struct bw_token *left, const struct bw_token *right,
                        const struct gap *gap)
{
    bool capital = (right->flags & (BW_TOKEN_UPPER | BW_TOKEN_TITLE | BW_TOKEN_DIGIT)) != 0 ||
                   (gap->mask & BW_GAP_QUOTE_OPEN) != 0;

    if (right->flags & BW_TOKEN_JOINED)
        return false;
    if (gap->lines >= 2)
        return true;
    if (gap->lines == 1 && capital)
        return true;
    if (!capital || !gap->space_in_stop)
        return false;
    if (gap->mask & (BW_GAP_QUESTION | BW_GAP_EXCLAMATION))
        return true;
    if (left->flags & BW_TOKEN_DOTTED)
        return (right->flags & BW_TOKEN_TITLE) != 0 && (gap->mask & BW_GAP_STOP) != 0;
    if (!(gap->mask & BW_GAP_STOP))
        return false;
    if (left->flags & BW_TOKEN_DIGIT)
        return true;
    if (left->cp_len == 1 && (left->flags & BW_TOKEN_UPPER))
        return false; /* an initial */
    if (is_listed(ambiguous, left))
        return (right->flags & (BW_TOKEN_TITLE | BW_TOKEN_UPPER)) != 0;
    return !is_listed(abbreviations, left);
}

static struct bw_sentence *add_sentence(struct bw_text *text, uint32_t token)
{
    struct bw_sentence *sentence;

    if (text->n_sentences == text->sentences_cap) {
        size_t cap = text->sentences_cap == 0 ? 32 : text->sentences_cap * 2;
        struct bw_sentence *grown = realloc(text->sentences, cap * sizeof *grown);

        if (grown == NULL)
            return NULL;
        text->sentences = grown;
        text->sentences_cap = cap;
    }
    sentence = &text->sentences[text->n_sentences++];
    sentence->first = sentence->last = token;
    sentence->field = text->tokens[token].field;
    sentence->start = text->tokens[token].start;
    sentence->len = text->tokens[token].len;
    return sentence;
}

/* Reads the gap behind token `i` (up to the next one of its field, or the field's end), and closes
 * the sentence with its punctuation. */
static struct gap close_token(struct bw_text *text, uint32_t i, const struct bw_token *next)
{
    struct bw_token *token = &text->tokens[i];
    struct bw_sentence *sentence = &text->sentences[text->n_sentences - 1];
    size_t end = token->start + token->len, len = text->field_len[token->field];
    struct gap gap =
        read_gap(text->field[token->field], len, end, next != NULL ? next->start : len);

    token->after = (uint16_t)gap.mask;
    if (token->flags & BW_TOKEN_DOTTED)
        gap.mask |= BW_GAP_STOP, gap.space_in_stop = true;
    sentence->last = i;
    sentence->len = (uint32_t)(end + gap.closing - sentence->start);
    return gap;
}

int text_annotate(struct bw_text *text)
{
    if (text->annotated)
        return 0;
    text->n_sentences = 0;
    for (uint32_t i = 0; i < text->n_tokens; i++)
        annotate_token(text->field[text->tokens[i].field], &text->tokens[i]);
    for (uint32_t i = 0; i < text->n_tokens; i++) {
        struct bw_token *token = &text->tokens[i], *left = i > 0 ? token - 1 : NULL;
        const char *field = text->field[token->field];
        bool fresh = left == NULL || left->field != token->field;
        struct gap gap;

        if (left != NULL && fresh)
            close_token(text, i - 1, NULL);
        if (fresh)
            gap = read_gap(field, text->field_len[token->field], 0, token->start);
        else
            gap = close_token(text, i - 1, token);
        token->before = fresh ? (uint16_t)gap.mask : left->after;
        token->cp_start = fresh ? gap.cps : left->cp_start + left->cp_len + gap.cps;
        if ((fresh || (token->field != BW_FIELD_TITLE && is_boundary(left, token, &gap))) &&
            add_sentence(text, i) == NULL)
            return -1;
        token->sentence = text->n_sentences - 1;
    }
    if (text->n_tokens > 0)
        close_token(text, text->n_tokens - 1, NULL);
    text->annotated = true;
    return 0;
}

struct bw_span text_span(const struct bw_text *text, uint32_t first, uint32_t last)
{
    const struct bw_token *a = &text->tokens[first], *b = &text->tokens[last];

    return (struct bw_span){.field = (enum bw_field)a->field,
                            .start = a->start,
                            .len = b->start + b->len - a->start,
                            .cp_start = a->cp_start,
                            .cp_len = b->cp_start + b->cp_len - a->cp_start};
}

struct bw_span text_sentence_span(const struct bw_text *text, uint32_t sentence)
{
    const struct bw_sentence *s = &text->sentences[sentence];
    const char *field = text->field[s->field];
    struct bw_span span = text_span(text, s->first, s->last);
    size_t used;

    for (size_t at = span.start + span.len; at < s->start + s->len; at += used, span.cp_len++)
        fold_decode(field + at, s->start + s->len - at, &used);
    span.len = s->len;
    return span;
}
