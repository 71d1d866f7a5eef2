/* match_fold_text(): text folded for search, with what lies between its words. Owns nothing. */
#include "blocwatch/match.h"
#include "fold.h"
#include "text.h"

/*
 * The folded form with its letter marks as the letters that they are, ʻ behind o and g, ʼ
 * elsewhere: other tokenisers then keep the word whole, and folding again finds the same.
 */
static void put_word(struct bw_buf *out, const struct bw_token *token)
{
    for (uint16_t i = 0; i < token->fold_len; i++) {
        if (token->fold[i] != '\'')
            buf_putc(out, token->fold[i]);
        else if (i > 0 && (token->fold[i - 1] == 'o' || token->fold[i - 1] == 'g'))
            buf_puts(out, "\xCA\xBB");
        else
            buf_puts(out, "\xCA\xBC");
    }
}

static size_t mark_length(const char *text, size_t len)
{
    size_t used = 0;

    if (len == 0 || fold_classify(fold_decode(text, len, &used)) != BW_CHAR_APOSTROPHE)
        return 0;
    return used;
}

int match_fold_text(const char *text, size_t len, struct bw_buf *out)
{
    struct bw_text words;
    size_t at = 0;
    int result;

    text_init(&words);
    result = text_build_string(&words, BW_FIELD_TITLE, text, len);
    for (uint32_t i = 0; result == 0 && i < words.n_tokens; i++) {
        const struct bw_token *token = &words.tokens[i];

        /* "S.O'" has no letter mark, "so'" would. */
        if (i > 0 && (token[-1].flags & BW_TOKEN_DOTTED))
            at += mark_length(text + at, len - at);
        if ((token->flags & BW_TOKEN_JOINED) && token->start > token[-1].start + token[-1].len)
            buf_putc(out, '-');
        else
            buf_append(out, text + at, token->start - at);
        put_word(out, token);
        at = token->start + token->len;
    }
    if (words.n_tokens > 0 && (words.tokens[words.n_tokens - 1].flags & BW_TOKEN_DOTTED))
        at += mark_length(text + at, len - at);
    if (result == 0)
        buf_append(out, text + at, len - at);
    text_clear(&words);
    return result != 0 || out->failed ? -1 : 0;
}
