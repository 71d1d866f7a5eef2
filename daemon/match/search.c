/* match_fold_text(): text folded for search, with what lies between its words. Owns nothing. */
#include "blocwatch/match.h"
#include "fold.h"
#include "text.h"

#include <string.h>

/*
 * The folded form with its letter marks as the letters that they are, ʻ behind o and g, ʼ
 * elsewhere: other tokenisers then keep the word whole, and folding again finds the same.
 */
static void put_word(struct bw_buf *out, const struct bw_token *token)
{
    const char *at = token->fold, *end = at + token->fold_len, *mark;

    while ((mark = memchr(at, '\'', (size_t)(end - at))) != NULL) {
        buf_append(out, at, (size_t)(mark - at));
        if (mark > token->fold && (mark[-1] == 'o' || mark[-1] == 'g'))
            buf_puts(out, "\xCA\xBB");
        else if (mark + 1 < end) /* none ends a word: it would close a quotation */
            buf_puts(out, "\xCA\xBC");
        at = mark + 1;
    }
    buf_append(out, at, (size_t)(end - at));
}

/* Most words are written as they fold. */
static bool is_unchanged(const struct bw_token *token, const char *text)
{
    return token->len == token->fold_len &&
           memcmp(token->fold, text + token->start, token->len) == 0 &&
           memchr(token->fold, '\'', token->fold_len) == NULL;
}

/* Whether the word ends in o or g only once it is folded: "S.O.", or with a Cyrillic о. */
static bool ends_otherwise(const struct bw_token *token, char written)
{
    char last = token->fold[token->fold_len - 1];

    return (token->flags & BW_TOKEN_DOTTED) ||
           ((last == 'o' || last == 'g') && (unsigned char)written >= 0x80);
}

/* An apostrophe behind such a word is no letter mark, but would be one behind the folded form. It
 * becomes a space. Its length. */
static size_t put_space_for_mark(struct bw_buf *out, const struct bw_token *token, const char *text,
                                 size_t at, size_t end)
{
    size_t used;

    if (at == end || !ends_otherwise(token, text[at - 1]) ||
        fold_classify(fold_decode(text + at, end - at, &used)) != BW_CHAR_APOSTROPHE)
        return 0;
    buf_putc(out, ' ');
    return used;
}

int match_fold_text(const char *text, size_t len, struct bw_buf *out)
{
    struct bw_text words;
    size_t at = 0, end = 0; /* what is in `out`; the end of the word before */
    int result;

    text_init(&words);
    result = text_build_string(&words, BW_FIELD_TITLE, text, len);
    for (uint32_t i = 0; result == 0 && i < words.n_tokens; i++) {
        const struct bw_token *token = &words.tokens[i];

        if ((token->flags & BW_TOKEN_JOINED) && token->start > end) {
            buf_append(out, text + at, end - at);
            buf_putc(out, '-');
            at = token->start;
        } else if (i > 0 && at == end) {
            at += put_space_for_mark(out, token - 1, text, at, token->start);
        }
        end = token->start + token->len;
        if (is_unchanged(token, text))
            continue;
        buf_append(out, text + at, token->start - at);
        put_word(out, token);
        at = end;
    }
    if (result == 0 && words.n_tokens > 0 && at == end)
        at += put_space_for_mark(out, &words.tokens[words.n_tokens - 1], text, at, len);
    if (result == 0)
        buf_append(out, text + at, len - at);
    text_clear(&words);
    return result != 0 || out->failed ? -1 : 0;
}
