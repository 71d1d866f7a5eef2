/* match_fold_text(): text folded for search, with what lies between its words. Owns nothing. */
#include "blocwatch/match.h"
#include "text.h"

int match_fold_text(const char *text, size_t len, struct bw_buf *out)
{
    struct bw_text words;
    size_t at = 0;
    int result;

    text_init(&words);
    result = text_build_string(&words, BW_FIELD_TITLE, text, len);
    for (uint32_t i = 0; result == 0 && i < words.n_tokens; i++) {
        const struct bw_token *token = &words.tokens[i];

        buf_append(out, text + at, token->start - at);
        buf_append(out, token->fold, token->fold_len);
        at = token->start + token->len;
    }
    if (result == 0)
        buf_append(out, text + at, len - at);
    text_clear(&words);
    return result != 0 || out->failed ? -1 : 0;
}
