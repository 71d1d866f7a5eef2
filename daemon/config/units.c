/* Parsing of durations, sizes and their like, and the nearest word for a slip. Owns nothing. */
#include "units.h"

#include "blocwatch/config.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_WORD = 64 };

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1},      {"s", 1000},     {"m", 60000},     {"min", 60000},
    {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
};
static const struct unit sizes[] = {
    {"B", 1},     {"KiB", 1024},  {"MiB", 1048576},  {"GiB", 1073741824},
    {"kB", 1000}, {"KB", 1000},   {"MB", 1000000},   {"GB", 1000000000},
    {"K", 1024},  {"M", 1048576}, {"G", 1073741824},
};

/* Digits at *text; leaves *text behind them. */
static bool take_digits(const char **text, int64_t *value)
{
    int64_t n = 0;

    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, **text - '0', &n))
            return false;
    }
    *value = n;
    return true;
}

static const struct unit *take_unit(const char **text, const struct unit *units, size_t n)
{
    size_t len = 0;

    while (isalpha((unsigned char)(*text)[len]))
        len++;
    for (size_t i = 0; i < n; i++) {
        if (strlen(units[i].name) == len && strncmp(units[i].name, *text, len) == 0) {
            *text += len;
            return &units[i];
        }
    }
    return NULL;
}

bool units_parse_duration(const char *text, int64_t *ms)
{
    int64_t sum = 0, n, part;

    if (units_parse_integer(text, &n)) {
        if (n < 0 || __builtin_mul_overflow(n, 1000, &sum))
            return false;
        *ms = sum;
        return true;
    }
    if (*text == '\0')
        return false;
    while (*text != '\0') {
        const struct unit *unit;

        if (!take_digits(&text, &n))
            return false;
        unit = take_unit(&text, durations, sizeof durations / sizeof durations[0]);
        if (unit == NULL || __builtin_mul_overflow(n, unit->factor, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return false;
    }
    *ms = sum;
    return true;
}

bool units_parse_size(const char *text, int64_t *bytes)
{
    const struct unit *unit;
    int64_t n;

    if (!take_digits(&text, &n))
        return false;
    while (*text == ' ')
        text++;
    if (*text == '\0') {
        *bytes = n;
        return true;
    }
    unit = take_unit(&text, sizes, sizeof sizes / sizeof sizes[0]);
    if (unit == NULL || *text != '\0' || __builtin_mul_overflow(n, unit->factor, &n))
        return false;
    *bytes = n;
    return true;
}

bool units_parse_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    int64_t n;

    if (negative)
        text++;
    if (!take_digits(&text, &n) || *text != '\0')
        return false;
    *value = negative ? -n : n;
    return true;
}

bool units_parse_number(const char *text, double *value)
{
    int64_t whole, digits = 0;
    double scale = 1;

    if (!take_digits(&text, &whole))
        return false;
    if (*text == '.') {
        const char *start = ++text;

        if (!take_digits(&text, &digits) || text - start > 9)
            return false;
        for (; start < text; start++)
            scale *= 10;
    }
    *value = (double)whole + (double)digits / scale;
    return *text == '\0';
}

bool units_parse_bool(const char *text, bool *value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* Each 0 in `form` stands for a digit, all else for itself. */
static bool has_form(const char *text, const char *form)
{
    for (; *form != '\0'; form++, text++) {
        if (*form == '0' ? !isdigit((unsigned char)*text) : *text != *form)
            return false;
    }
    return *text == '\0';
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

bool units_is_time_of_day(const char *text)
{
    return has_form(text, "00:00") && two_digits(text) < 24 && two_digits(text + 3) < 60;
}

bool units_is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    if (!has_form(text, "0000-00-00"))
        return false;
    year = two_digits(text) * 100 + two_digits(text + 2);
    month = two_digits(text + 5);
    day = two_digits(text + 8);
    if (month < 1 || month > 12 || day < 1)
        return false;
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return day <= 29;
    return day <= days[month - 1];
}

/* Edits (insert, delete, replace, swap of neighbours) between two words of at most LONGEST_WORD. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST_WORD + 1] = {{0}};
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

const char *units_nearest(const char *text, const char *(*words)(int i, const void *ctx),
                          const void *ctx)
{
    size_t len = strlen(text), least = len / 3 + 1;
    const char *best = NULL, *word;

    if (len > LONGEST_WORD)
        return NULL;
    for (int i = 0; (word = words(i, ctx)) != NULL; i++) {
        size_t word_len = strlen(word), edits;

        if (word_len > LONGEST_WORD || word_len > len + least || len > word_len + least)
            continue;
        edits = distance(text, len, word, word_len);
        /* As many edits as letters is another word, not a slip. */
        if (edits < word_len && (edits < least || (edits == least && best == NULL))) {
            least = edits;
            best = word;
        }
    }
    return best;
}

int config_parse_duration(const char *text, int64_t *seconds)
{
    int64_t ms;

    if (!units_parse_duration(text, &ms) || ms % 1000 != 0)
        return -1;
    *seconds = ms / 1000;
    return 0;
}
