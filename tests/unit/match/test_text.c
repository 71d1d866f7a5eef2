/* Words, their joints and spans, punctuation and sentences. */
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* The words of `string`: "-" before a JOINED one, "+" before a SUFFIX one. */
static const char *words_of(const char *string)
{
    static char out[1024];
    struct bw_text text;
    size_t used = 0;

    text_init(&text);
    assert_int_equal(text_build_string(&text, BW_FIELD_TITLE, string, strlen(string)), 0);
    out[0] = '\0';
    for (uint32_t i = 0; i < text.n_tokens; i++) {
        const struct bw_token *token = &text.tokens[i];
        const char *mark = token->flags & BW_TOKEN_SUFFIX   ? "+"
                           : token->flags & BW_TOKEN_JOINED ? "-"
                                                            : "";

        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s%.*s", i > 0 ? " " : "", mark,
                                 (int)token->fold_len, token->fold);
    }
    text_clear(&text);
    return out;
}

static void test_words(void **state)
{
    static const char *const rows[][2] = {
        {"Kazakhstan will not seek BRICS membership.", "kazakhstan will not seek brics membership"},
        {"БРИКС-ке, ЕАЭО-ға", "брикс +ке еаэо +ға"},
        {"BRICSʼga BRICS’ga BRICS-ga", "brics +ga brics +ga brics +ga"},
        {"O‘ZBEKISTON BRICS’GA A’ZO BO‘LMAYDI, SAN’AT",
         "o'zbekiston brics +ga a'zo bo'lmaydi san'at"},
        {"EAEU's Tokayev’s", "eaeu +s tokayev +s"},
        {"EU-Kazakhstan EU-led", "eu -kazakhstan eu -led"},
        {"O‘zbekiston Oʻzbekiston O'ZBEKISTON Oʼzbekiston",
         "o'zbekiston o'zbekiston o'zbekiston o'zbekiston"},
        {"a’zo bo‘lmaydi don't", "a'zo bo'lmaydi don't"},
        {"E.A.E.U. and the U.S. again", "eaeu and the us again"},
        {"‘Yo‘q’, dedi. 'no'", "yo'q dedi no"},
        {"tog‘ tog'", "tog' tog'"},
        {"Кaзaхстан вступил", "казахстан вступил"},
        {"C5+1", "c5 1"},
        {"", ""},
        {"—«»… ", ""},
        {"Ка\xC2\xADзах\xE2\x80\x8Bстан", "казахстан"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(words_of(rows[i][0]), rows[i][1]);
}

static void check_sentences(const char *string, const char *const *expected, size_t n)
{
    struct bw_text text;

    text_init(&text);
    assert_int_equal(text_build_string(&text, BW_FIELD_SUMMARY, string, strlen(string)), 0);
    assert_int_equal(text_annotate(&text), 0);
    for (uint32_t i = 0; i < text.n_sentences && i < n; i++) {
        struct bw_span span = text_sentence_span(&text, i);

        assert_int_equal(span.len, strlen(expected[i]));
        assert_memory_equal(string + span.start, expected[i], span.len);
    }
    assert_int_equal(text.n_sentences, n);
    text_clear(&text);
}

static void test_sentences(void **state)
{
    const char *const plain[] = {"Astana declined.", "Moscow was puzzled!", "Why?"};
    const char *const initials[] = {"К.-Ж. Токаев и В. Путин встретились в 2024 г. в Казани.",
                                    "Они говорили о БРИКС."};
    const char *const months[] = {"Решение принято 16 окт. 2024 г.", "Москва удивлена."};
    const char *const dotted[] = {"The E.A.E.U. and Mr. Smith of the U.S. agreed.", "It is done."};
    const char *const quoted[] = {"Мы не вступим.»", "Так сказал он"};
    const char *const lines[] = {"First line", "Second one"};

    (void)state;
    check_sentences("Astana declined. Moscow was puzzled! Why?", plain, 3);
    check_sentences("К.-Ж. Токаев и В. Путин встретились в 2024 г. в Казани. Они говорили о БРИКС.",
                    initials, 2);
    check_sentences("Решение принято 16 окт. 2024 г. Москва удивлена.", months, 2);
    check_sentences("The E.A.E.U. and Mr. Smith of the U.S. agreed. It is done.", dotted, 2);
    check_sentences("«Мы не вступим.» Так сказал он", quoted, 2);
    check_sentences("First line\nSecond one", lines, 2);
    check_sentences("", NULL, 0);
}

static void test_annotation(void **state)
{
    const char *string = "Ақорда: ЕАЭО-ға «жоқ» — деді, 42";
    struct bw_text text;
    struct bw_span span;

    (void)state;
    text_init(&text);
    assert_int_equal(text_build_string(&text, BW_FIELD_TITLE, string, strlen(string)), 0);
    assert_int_equal(text_annotate(&text), 0);
    assert_int_equal(text.n_tokens, 6);
    assert_true(text.tokens[0].flags & BW_TOKEN_TITLE);
    assert_int_equal(text.tokens[0].after, BW_GAP_COLON);
    assert_true(text.tokens[1].flags & BW_TOKEN_UPPER);
    assert_true(text.tokens[2].flags & BW_TOKEN_SUFFIX);
    assert_int_equal(text.tokens[3].pos, 2);
    assert_int_equal(text.tokens[3].before, BW_GAP_QUOTE_OPEN);
    assert_int_equal(text.tokens[3].after, BW_GAP_QUOTE_CLOSE | BW_GAP_DASH);
    assert_int_equal(text.tokens[4].after, BW_GAP_COMMA);
    assert_true(text.tokens[5].flags & BW_TOKEN_DIGIT);
    span = text_span(&text, 1, 2);
    assert_int_equal(span.cp_start, 8);
    assert_int_equal(span.cp_len, 7);
    assert_memory_equal(string + span.start, "ЕАЭО-ға", span.len);
    text_clear(&text);
}

static void test_fields(void **state)
{
    struct bw_item item = {.title = "Title here", .content = "Content. More", .lang = "en"};
    struct bw_text text;

    (void)state;
    text_init(&text);
    assert_int_equal(text_build(&text, &item), 0);
    assert_int_equal(text_annotate(&text), 0);
    assert_int_equal(text.n_tokens, 4);
    assert_int_equal(text.n_sentences, 3);
    assert_int_equal(text.tokens[2].field, BW_FIELD_CONTENT);
    assert_int_equal(text.tokens[2].cp_start, 0);
    assert_true(token_is(&text.tokens[0], "title"));
    assert_true(token_starts(&text.tokens[2], "cont"));
    text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_annotation),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
