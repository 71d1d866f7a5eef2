/* Folding: the table against utf8proc, families of spellings, idempotence on random words. */
#include "fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *folded(const char *word)
{
    static char out[FOLD_WORD_ROOM + 1];

    out[fold_word(word, strlen(word), out)] = '\0';
    return out;
}

/* What the table should hold: a letter that folds to one letter, alone and behind another. */
static uint32_t expect_entry(uint32_t cp)
{
    char word[16], out[FOLD_WORD_ROOM];
    size_t len = fold_encode(cp, word), used, n = fold_word(word, len, out);
    uint32_t result;

    if (fold_classify(cp) != BW_CHAR_WORD || n == 0)
        return 0;
    result = fold_decode(out, n, &used);
    return used == n && result < 0x800 && fold_classify(result) == BW_CHAR_WORD ? result : 0;
}

static void test_table_is_utf8proc(void **state)
{
    (void)state;
    for (uint32_t cp = FOLD_FIRST; cp < FOLD_END; cp++) {
        if (fold_table[cp - FOLD_FIRST] != 0 && fold_table[cp - FOLD_FIRST] != expect_entry(cp))
            fail_msg("U+%04X folds to U+%04X, the table has U+%04X", cp, expect_entry(cp),
                     fold_table[cp - FOLD_FIRST]);
    }
    assert_int_equal(fold_table[0x41A - FOLD_FIRST], 0x43A);
}

static void test_families(void **state)
{
    static const char *const rows[][2] = {
        {"KAZAKHSTAN", "kazakhstan"},
        {"Щётка", "щетка"},
        {"Казахста\xCC\x81н", "казахстан"},
        {"soft\xC2\xADhyphen", "softhyphen"},
        {"Oʻzbekiston", "o'zbekiston"},
        {"O‘zbekiston", "o'zbekiston"},
        {"O’zbekiston", "o'zbekiston"},
        {"O`zbekiston", "o'zbekiston"},
        {"E.A.E.U.", "eaeu"},
        {"Йод", "йод"},
        {"И\xCC\x86од", "йод"},
        {"Кaзaхстан", "казахстан"}, /* with two Latin a */
        {"ВRICS", "brics"},         /* with a Cyrillic В */
        {"ﬁnal", "final"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(folded(rows[i][0]), rows[i][1]);
}

static void test_idempotent(void **state)
{
    char word[FOLD_WORD_LIMIT], once[FOLD_WORD_ROOM], twice[FOLD_WORD_ROOM];

    (void)state;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t len = 0, n, m;

        for (int i = rand() % 8 + 1; i > 0; i--) {
            uint32_t cp = rand() % 3 ? (uint32_t)rand() % 0x530 : (uint32_t)rand() % 0x11000;

            if (cp >= 0xD800 && cp < 0xE000)
                continue;
            len += fold_encode(cp, word + len);
        }
        n = fold_word(word, len, once);
        m = fold_word(once, n, twice);
        if (n != m || memcmp(once, twice, n) != 0)
            fail_msg("'%.*s' folds to '%.*s' and then to '%.*s'", (int)len, word, (int)n, once,
                     (int)m, twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_utf8proc),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_idempotent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
