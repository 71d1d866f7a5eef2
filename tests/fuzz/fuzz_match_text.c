/* Any bytes as text: words lie in it in order, spans are valid in bytes and in code points,
 * sentences cover the words, and folding twice changes nothing. */
#include "fold.h"
#include "text.h"

#include "blocwatch/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define check(truth) check_line(truth, __LINE__)

static void check_line(bool truth, int line)
{
    if (truth)
        return;
    fprintf(stderr, "line %d: not true\n", line);
    abort();
}

static uint32_t count_points(const char *text, size_t len)
{
    uint32_t n = 0;
    size_t used;

    for (size_t at = 0; at < len; at += used, n++)
        fold_decode(text + at, len - at, &used);
    return n;
}

static void check_tokens(const struct bw_text *text, const char *string, size_t len)
{
    char twice[FOLD_WORD_ROOM];
    uint32_t end = 0, points = 0;

    for (uint32_t i = 0; i < text->n_tokens; i++) {
        const struct bw_token *token = &text->tokens[i];
        struct bw_span span = text_span(text, i, i);

        check(token->len > 0 && token->fold_len > 0);
        check(token->start >= end && (size_t)token->start + token->len <= len);
        points += count_points(string + end, token->start - end);
        check(span.start == token->start && span.len == token->len && span.cp_start == points);
        check(span.cp_len == count_points(string + token->start, token->len));
        check(i == 0 || token->pos - token[-1].pos == !(token[-1].flags & BW_TOKEN_SUFFIX));
        if (token->fold_len <= FOLD_WORD_LIMIT)
            check(fold_word(token->fold, token->fold_len, twice) == token->fold_len &&
                  memcmp(twice, token->fold, token->fold_len) == 0);
        points += span.cp_len;
        end = token->start + token->len;
    }
}

static void check_sentences(const struct bw_text *text, size_t len)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < text->n_sentences; i++) {
        const struct bw_sentence *sentence = &text->sentences[i];
        struct bw_span span = text_sentence_span(text, i);

        check(sentence->first == next && sentence->last >= sentence->first);
        check((size_t)span.start + span.len <= len && span.cp_len <= span.len);
        for (uint32_t t = sentence->first; t <= sentence->last; t++)
            check(text->tokens[t].sentence == i);
        next = sentence->last + 1;
    }
    check(next == text->n_tokens);
}

/* Longer words than anybody writes are cut in pieces, and their folded forms elsewhere. */
static bool has_long_word(const struct bw_text *text)
{
    for (uint32_t i = 0; i < text->n_tokens; i++) {
        if (text->tokens[i].len > FOLD_WORD_LIMIT / 4)
            return true;
    }
    return false;
}

static void check_fold(const struct bw_text *text, const char *string, size_t len)
{
    struct bw_buf once, twice;

    if (has_long_word(text))
        return;
    buf_init(&once);
    buf_init(&twice);
    if (match_fold_text(string, len, &once) == 0 &&
        match_fold_text(buf_text(&once), once.len, &twice) == 0)
        check(once.len == twice.len && memcmp(buf_text(&once), buf_text(&twice), once.len) == 0);
    buf_clear(&once);
    buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *string = malloc(size > 0 ? size : 1); /* not terminated: an overread is seen */
    struct bw_text text;

    if (string == NULL)
        return 0;
    if (size > 0)
        memcpy(string, data, size);
    text_init(&text);
    if (text_build_string(&text, BW_FIELD_SUMMARY, string, size) == 0 &&
        text_annotate(&text) == 0) {
        check_tokens(&text, string, size);
        check_sentences(&text, size);
    }
    check_fold(&text, string, size);
    text_clear(&text);
    free(string);
    return 0;
}
