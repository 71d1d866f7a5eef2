/* Guesses a charset by what its bytes would mean: scripts have habits. Owns nothing. */
#include "charset_guess.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { MOST_BYTES = 1 << 16 };

struct counts {
    unsigned n[256];
    unsigned high;       /* bytes from 0x80 on */
    unsigned high_pairs; /* of them, such as follow another */
};

static struct counts count(const unsigned char *s, size_t len)
{
    struct counts c = {0};

    for (size_t i = 0; i < len; i++) {
        c.n[s[i]]++;
        c.high += s[i] >= 0x80;
        c.high_pairs += i > 0 && s[i] >= 0x80 && s[i - 1] >= 0x80;
    }
    return c;
}

static unsigned sum(const struct counts *c, unsigned from, unsigned to)
{
    unsigned total = 0;

    for (unsigned i = from; i <= to; i++)
        total += c->n[i];
    return total;
}

/* A charset of two-byte characters: how many there are, how many of them are usual, and whether
 * something stands that the charset does not have. */
struct score {
    unsigned characters, usual;
    bool broken;
};

typedef unsigned (*step_fn)(const unsigned char *s, size_t left, bool *usual);

static struct score walk(const unsigned char *s, size_t len, step_fn step)
{
    struct score score = {0};

    for (size_t i = 0; i < len;) {
        bool usual = false;
        unsigned n;

        if (s[i] < 0x80) {
            i++;
            continue;
        }
        n = step(s + i, len - i, &usual);
        if (n == 0) {
            score.broken = len - i > 4; /* the sample may end inside a character */
            break;
        }
        score.characters++;
        score.usual += usual;
        i += n;
    }
    return score;
}

static bool is_euc(unsigned char c)
{
    return c >= 0xA1 && c <= 0xFE;
}

/* Japanese lives on its kana. */
static unsigned step_euc_jp(const unsigned char *s, size_t left, bool *usual)
{
    if (left < 2)
        return 0;
    if (s[0] == 0x8E)
        return is_euc(s[1]) ? 2 : 0;
    if (s[0] == 0x8F)
        return left > 2 && is_euc(s[1]) && is_euc(s[2]) ? 3 : 0;
    *usual = s[0] == 0xA4 || s[0] == 0xA5;
    return is_euc(s[0]) && is_euc(s[1]) ? 2 : 0;
}

static unsigned step_shift_jis(const unsigned char *s, size_t left, bool *usual)
{
    if (s[0] >= 0xA1 && s[0] <= 0xDF)
        return 1;
    if (left < 2 || s[0] == 0x80 || s[0] == 0xA0 || s[0] > 0xFC)
        return 0;
    *usual = (s[0] == 0x82 && s[1] >= 0x9F) || s[0] == 0x83;
    return s[1] >= 0x40 && s[1] <= 0xFC && s[1] != 0x7F ? 2 : 0;
}

/* Korean is nearly all Hangul, which KS X 1001 has in rows 16 to 40. */
static unsigned step_euc_kr(const unsigned char *s, size_t left, bool *usual)
{
    if (left < 2)
        return 0;
    *usual = s[0] >= 0xB0 && s[0] <= 0xC8;
    return is_euc(s[0]) && is_euc(s[1]) ? 2 : 0;
}

/* Chinese is nearly all from GB 2312's first level, rows 16 to 55, all over it. */
static unsigned step_gb(const unsigned char *s, size_t left, bool *usual)
{
    if (left < 2 || s[0] == 0x80 || s[0] == 0xFF)
        return 0;
    *usual = s[0] >= 0xB0 && s[0] <= 0xD7 && is_euc(s[1]);
    return s[1] >= 0x40 && s[1] != 0x7F && s[1] != 0xFF ? 2 : 0;
}

static unsigned step_big5(const unsigned char *s, size_t left, bool *usual)
{
    if (left < 2 || s[0] < 0x81 || s[0] == 0xFF)
        return 0;
    *usual = s[0] >= 0xA4 && s[0] <= 0xC6;
    return (s[1] >= 0x40 && s[1] <= 0x7E) || is_euc(s[1]) ? 2 : 0;
}

/* Two-byte characters come in runs; letters of Latin script alone, of Cyrillic in words. */
static const char *guess_wide(const unsigned char *s, size_t len)
{
    static const struct {
        const char *charset;
        step_fn step;
        unsigned usual; /* percent of the characters that must be usual ones */
    } rows[] = {
        {"EUC-JP-MS", step_euc_jp, 35}, {"CP932", step_shift_jis, 30}, {"CP949", step_euc_kr, 92},
        {"GB18030", step_gb, 75},       {"BIG5-HKSCS", step_big5, 80},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct score score = walk(s, len, rows[i].step);

        if (!score.broken && score.characters > 0 &&
            score.usual * 100 >= score.characters * rows[i].usual)
            return rows[i].charset;
    }
    return NULL;
}

/* Share, in percent, of the letters that Cyrillic text has most: о е а и н т с р в л, in lower
 * case. */
static unsigned share_of(const struct counts *c, const unsigned char *letters)
{
    unsigned total = 0;

    for (size_t i = 0; letters[i] != '\0'; i++)
        total += c->n[letters[i]];
    return c->high == 0 ? 0 : total * 100 / c->high;
}

/* Words of Cyrillic letters are the only ones in which high bytes stand together for long. */
static const char *guess_cyrillic(const struct counts *c)
{
    static const struct {
        const char *charset;
        const unsigned char letters[11];
    } rows[] = {
        {"WINDOWS-1251", {0xEE, 0xE5, 0xE0, 0xE8, 0xED, 0xF2, 0xF1, 0xF0, 0xE2, 0xEB, 0}},
        {"KOI8-R", {0xCF, 0xC5, 0xC1, 0xC9, 0xCE, 0xD4, 0xD3, 0xD2, 0xD7, 0xCC, 0}},
        {"ISO-8859-5", {0xDE, 0xD5, 0xD0, 0xD8, 0xDD, 0xE2, 0xE1, 0xE0, 0xD2, 0xDB, 0}},
        {"IBM866", {0xAE, 0xA5, 0xA0, 0xA8, 0xAD, 0xE2, 0xE1, 0xE0, 0xA2, 0xAB, 0}},
    };
    const char *best = NULL;
    unsigned most = 45;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned share = share_of(c, rows[i].letters);

        if (share > most) {
            most = share;
            best = rows[i].charset;
        }
    }
    return best;
}

const char *charset_guess(const char *bytes, size_t len)
{
    const unsigned char *s = (const unsigned char *)bytes;
    size_t n = len < MOST_BYTES ? len : MOST_BYTES;
    const char *wide = NULL, *cyrillic;
    struct counts c;

    if (n < len) /* let the sample begin where there is more text than markup */
        s += (len - n) / 2;
    c = count(s, n);
    if (c.high == 0 || c.high_pairs * 3 < c.high)
        return "WINDOWS-1252"; /* letters of a Latin script, alone among others */
    cyrillic = guess_cyrillic(&c);
    /* Hebrew has letters only in E0..FA, Russian many in FB..FF. */
    if (sum(&c, 0xE0, 0xFA) * 100 > c.high * 95 && sum(&c, 0xFB, 0xFF) == 0 && c.high > 40)
        return "WINDOWS-1255";
    if (cyrillic == NULL || c.high > 12)
        wide = guess_wide(s, n);
    if (wide != NULL && (cyrillic == NULL || strcmp(cyrillic, "WINDOWS-1251") != 0))
        return cyrillic != NULL && strcmp(wide, "GB18030") == 0 ? cyrillic : wide;
    if (cyrillic != NULL)
        return cyrillic;
    if (sum(&c, 0xA1, 0xDA) + sum(&c, 0xE0, 0xEE) > c.high * 95 / 100 && c.high > 40)
        return "CP874";
    return sum(&c, 0xE0, 0xFF) > sum(&c, 0xC0, 0xDF) ? "WINDOWS-1251" : "WINDOWS-1252";
}
