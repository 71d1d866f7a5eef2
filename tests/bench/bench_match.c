/*
 * How fast rules are matched: bench_match [RULES ...]. For each number of rules, on the same texts:
 * Blocwatch's whole path (fold, tokenise, look up, evaluate), Hyperscan (the rarest word of each
 * rule as a literal, of two common ones both in a row; caseless, UTF-8), and one PCRE2-JIT
 * expression per rule. Texts and rules are
 * made of invented Latin and Cyrillic words with Zipf's frequencies; a tenth of the texts hit.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "blocwatch/match.h"

#include <hs/hs.h>
#include <inttypes.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
    VOCABULARY = 40000, /* words of each script */
    NAMES = 240000,     /* rare words that rules ask for */
    TEXTS = 20000,
    TEXT_BYTES = 1200,
    FEED_ITEMS = 40,
    TOPICS_FROM = 500, /* the rank of the first word that is a topic */
    TOPICS = 2000,
    PLANTED_RULES = 10, /* the first rules are those that texts hit */
    PCRE_TEXTS_TIMES_RULES = 2000000,
};

static const double SECONDS = 1.0; /* each measurement takes at least so long */

struct rule_text {
    char query[256];
    char literal[128]; /* its rarest word, for Hyperscan */
    char regex[256];
    char plant[192]; /* words that hit it */
};

struct corpus {
    char (*words)[48]; /* VOCABULARY Latin, then VOCABULARY Cyrillic */
    char (*names)[48];
    double *sums; /* of Zipf's frequencies */
    struct bw_item *items;
    size_t bytes;
    struct rule_text *rules;
    size_t n_rules;
};

static uint64_t state = 88172645463325252ULL;

static uint64_t rnd(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long memory_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &size, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * 4;
}

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("bench_match: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void invent_word(char word[48], bool cyrillic, unsigned syllables)
{
    static const char *const heads[2][16] = {
        {"k", "t", "s", "m", "n", "b", "r", "l", "d", "z", "sh", "g", "p", "v", "j", "br"},
        {"к", "т", "с", "м", "н", "б", "р", "л", "д", "з", "ш", "г", "п", "в", "ж", "пр"}};
    static const char *const tails[2][12] = {
        {"a", "e", "i", "o", "u", "an", "er", "ist", "ay", "on", "ul", "ek"},
        {"а", "е", "и", "о", "у", "ан", "ер", "ист", "ай", "он", "ул", "ек"}};

    word[0] = '\0';
    for (unsigned i = 0; i < syllables; i++) {
        strcat(word, heads[cyrillic][rnd(16)]);
        strcat(word, tails[cyrillic][rnd(12)]);
    }
}

static void invent_words(struct corpus *corpus)
{
    double sum = 0;

    corpus->words = must(calloc(2 * VOCABULARY, sizeof *corpus->words));
    corpus->names = must(calloc(NAMES, sizeof *corpus->names));
    corpus->sums = must(calloc(VOCABULARY, sizeof *corpus->sums));
    for (unsigned i = 0; i < 2 * VOCABULARY; i++) /* frequent words are short */
        invent_word(corpus->words[i], i >= VOCABULARY,
                    i % VOCABULARY < 200 ? 1 : 2 + (unsigned)rnd(2));
    for (unsigned i = 0; i < NAMES; i++)
        invent_word(corpus->names[i], i % 2, 4 + (unsigned)rnd(2));
    for (unsigned i = 0; i < VOCABULARY; i++)
        corpus->sums[i] = sum += 1.0 / (i + 1.0);
}

static const char *pick_word(const struct corpus *corpus, bool cyrillic)
{
    double at = (double)rnd(1u << 30) / (1u << 30) * corpus->sums[VOCABULARY - 1];
    size_t low = 0, high = VOCABULARY - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (corpus->sums[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return corpus->words[low + (cyrillic ? VOCABULARY : 0)];
}

/* A word that many rules ask for beside a name, as "membership" or "summit": seen now and then. */
static const char *pick_topic(const struct corpus *corpus, bool cyrillic)
{
    return corpus->words[TOPICS_FROM + rnd(TOPICS) + (cyrillic ? VOCABULARY : 0)];
}

static void make_rule(struct corpus *corpus, struct rule_text *rule, size_t index)
{
    bool cyrillic = index % 2;
    size_t pair = (index * 2) % (NAMES - 4);
    const char *name = corpus->names[pair + cyrillic],
               *second = corpus->names[(pair + 2) % NAMES + cyrillic];
    const char *word = pick_topic(corpus, cyrillic), *other = pick_topic(corpus, cyrillic);
    size_t stem = strlen(name) - (cyrillic ? 2 : 1);
    unsigned kind = index < PLANTED_RULES ? (unsigned)index * 10 : (unsigned)rnd(100);

    snprintf(rule->literal, sizeof rule->literal, "%.47s", name);
    if (kind < 35) {
        snprintf(rule->query, sizeof rule->query, "%s", name);
        snprintf(rule->plant, sizeof rule->plant, "%s", name);
        snprintf(rule->regex, sizeof rule->regex, "\\b%s\\b", name);
    } else if (kind < 50) {
        snprintf(rule->query, sizeof rule->query, "%.*s*", (int)stem, name);
        snprintf(rule->literal, sizeof rule->literal, "%.*s", (int)stem, name);
        snprintf(rule->plant, sizeof rule->plant, "%s", name);
        snprintf(rule->regex, sizeof rule->regex, "\\b%.*s", (int)stem, name);
    } else if (kind < 70) {
        snprintf(rule->query, sizeof rule->query, "\"%s %s\"", word, name);
        snprintf(rule->plant, sizeof rule->plant, "%s %s", word, name);
        snprintf(rule->regex, sizeof rule->regex, "\\b%s\\W+%s\\b", word, name);
    } else if (kind < 85) {
        snprintf(rule->query, sizeof rule->query, "%s NEAR/8 %s", name, word);
        snprintf(rule->plant, sizeof rule->plant, "%s %s %s", word, other, name);
        snprintf(rule->regex, sizeof rule->regex, "\\b%s\\b(?:\\W+\\w+){0,7}?\\W+%s\\b", word,
                 name);
    } else if (kind < 90) {
        snprintf(rule->query, sizeof rule->query, "%s NEAR/5 %s", word, other);
        snprintf(rule->literal, sizeof rule->literal, "%.47s %.47s", word, other);
        snprintf(rule->plant, sizeof rule->plant, "%s %s", word, other);
        snprintf(rule->regex, sizeof rule->regex, "\\b%s\\b(?:\\W+\\w+){0,4}?\\W+%s\\b", word,
                 other);
    } else {
        snprintf(rule->query, sizeof rule->query, "%s AND (%s OR %s*) NOT %s", name, word, second,
                 other);
        snprintf(rule->plant, sizeof rule->plant, "%s %s", word, name);
        snprintf(rule->regex, sizeof rule->regex, "\\b%s\\b", name);
    }
}

/* One item's text of about `bytes` bytes; `plant` goes into its middle. */
static char *make_text(struct corpus *corpus, bool cyrillic, size_t bytes, const char *plant)
{
    char *text = must(malloc(bytes + 512));
    size_t used = 0, words = 0;

    while (used < bytes) {
        const char *word = pick_word(corpus, cyrillic);

        if (plant != NULL && used > bytes / 2) {
            word = plant;
            plant = NULL;
        }
        used += (size_t)sprintf(text + used, "%s%s", word,
                                ++words % 14 == 0 ? ". "
                                : words % 7 == 0  ? ", "
                                                  : " ");
    }
    return text;
}

static void make_texts(struct corpus *corpus)
{
    corpus->items = must(calloc(TEXTS, sizeof *corpus->items));
    for (size_t i = 0; i < TEXTS; i++) {
        bool cyrillic = rnd(2);
        size_t planted = rnd(PLANTED_RULES);
        const char *plant = rnd(10) == 0 ? corpus->rules[planted].plant : NULL;
        struct bw_item *item = &corpus->items[i];

        item->title = make_text(corpus, cyrillic, 80, NULL);
        item->summary = make_text(corpus, cyrillic, TEXT_BYTES - 80, plant);
        item->published = BW_TIME_NONE;
        corpus->bytes += strlen(item->title) + strlen(item->summary);
    }
}

static void report(const char *name, size_t rules, double compile, long kib, double rate,
                   const struct corpus *corpus, double share)
{
    printf("%-10s %7zu rules  compile %8.3f s  %7.1f MiB  %10.0f items/s  %7.1f MB/s  %5.1f %% of "
           "the texts hit\n",
           name, rules, compile, (double)kib / 1024, rate,
           rate * (double)corpus->bytes / TEXTS / 1e6, share * 100);
    fflush(stdout);
}

static struct bw_ruleset *compile_rules(const struct corpus *corpus, size_t n)
{
    struct bw_rule *rules = must(calloc(n + 1, sizeof *rules));
    char(*ids)[32] = must(calloc(n + 1, sizeof *ids));
    struct bw_watch watch = {.rules = rules, .n_rules = n};
    struct bw_match_problems problems = {0};
    struct bw_ruleset *out = NULL;

    for (size_t i = 0; i < n; i++) {
        snprintf(ids[i], sizeof ids[i], "rule-%zu", i);
        rules[i] = (struct bw_rule){.id = ids[i],
                                    .title = ids[i],
                                    .severity = BW_SEVERITY_LOW,
                                    .query = corpus->rules[i].query,
                                    .enabled = true};
    }
    if (match_compile_rules(&watch, &out, &problems) != 0) {
        fprintf(stderr, "bench_match: %s\n", problems.list[0].text);
        exit(1);
    }
    match_clear_problems(&problems);
    free(rules);
    free(ids);
    return out;
}

/* As a reader does: an arena per document. Returns how many items hit. */
static size_t match_feed(struct bw_matcher *matcher, const struct bw_item *items)
{
    struct bw_arena *arena = must(arena_new(0));
    struct bw_error err = {0};
    struct bw_hits hits;
    size_t hit = 0;

    for (size_t i = 0; i < FEED_ITEMS; i++) {
        if (matcher_match_item(matcher, &items[i], "bench", arena, &hits, &err) != 0) {
            fprintf(stderr, "bench_match: %s\n", err.text);
            exit(1);
        }
        hit += hits.n_hits > 0;
    }
    arena_free(arena);
    return hit;
}

static void bench_blocwatch(const struct corpus *corpus, size_t n)
{
    long before = memory_kib(), used;
    double start = now(), compile, took;
    struct bw_ruleset *rules = compile_rules(corpus, n);
    struct bw_matcher *matcher;
    size_t items = 0, hit = 0;

    compile = now() - start;
    matcher = must(matcher_new(rules));
    used = memory_kib() - before;
    start = now();
    do {
        for (size_t i = 0; i < TEXTS; i += FEED_ITEMS) {
            hit += match_feed(matcher, &corpus->items[i]);
            items += FEED_ITEMS;
        }
        took = now() - start;
    } while (took < SECONDS);
    report("blocwatch", n, compile, used, (double)items / took, corpus,
           (double)hit / (double)items);
    matcher_free(matcher);
    ruleset_free(rules);
}

static int on_hyperscan(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *ctx)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    ++*(size_t *)ctx;
    return 0;
}

static hs_database_t *compile_hyperscan(const struct corpus *corpus, size_t n)
{
    const char **patterns = must(calloc(n, sizeof *patterns));
    unsigned *flags = must(calloc(n, sizeof *flags)), *ids = must(calloc(n, sizeof *ids));
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;

    for (size_t i = 0; i < n; i++) {
        patterns[i] = corpus->rules[i].literal;
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_UTF8;
        ids[i] = (unsigned)i;
    }
    if (hs_compile_multi(patterns, flags, ids, (unsigned)n, HS_MODE_BLOCK, NULL, &database,
                         &error) != HS_SUCCESS) {
        fprintf(stderr, "bench_match: Hyperscan: %s\n", error->message);
        exit(1);
    }
    free(patterns);
    free(flags);
    free(ids);
    return database;
}

static void bench_hyperscan(const struct corpus *corpus, size_t n)
{
    long before = memory_kib(), used;
    double start = now(), compile, took;
    hs_database_t *database = compile_hyperscan(corpus, n);
    hs_scratch_t *scratch = NULL;
    size_t items = 0, hit = 0;

    compile = now() - start;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
        must(NULL);
    used = memory_kib() - before;
    start = now();
    do {
        for (size_t i = 0; i < TEXTS; i++, items++) {
            const struct bw_item *item = &corpus->items[i];
            size_t found = 0;

            hs_scan(database, item->title, (unsigned)strlen(item->title), 0, scratch, on_hyperscan,
                    &found);
            hs_scan(database, item->summary, (unsigned)strlen(item->summary), 0, scratch,
                    on_hyperscan, &found);
            hit += found > 0;
        }
        took = now() - start;
    } while (took < SECONDS);
    report("hyperscan", n, compile, used, (double)items / took, corpus,
           (double)hit / (double)items);
    hs_free_scratch(scratch);
    hs_free_database(database);
}

static pcre2_code *compile_pcre(const char *regex)
{
    PCRE2_SIZE offset;
    int error;
    pcre2_code *code =
        must(pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
                           PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &error, &offset, NULL));

    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static bool search_pcre(pcre2_code *const *codes, size_t n, const char *text,
                        pcre2_match_data *data)
{
    size_t len = strlen(text);
    bool found = false;

    for (size_t i = 0; i < n; i++)
        found |= pcre2_jit_match(codes[i], (PCRE2_SPTR)text, len, 0, 0, data, NULL) > 0;
    return found;
}

static void bench_pcre(const struct corpus *corpus, size_t n)
{
    pcre2_code **codes = must(calloc(n, sizeof *codes));
    pcre2_match_data *data = must(pcre2_match_data_create(4, NULL));
    size_t texts = PCRE_TEXTS_TIMES_RULES / n, hit = 0;
    long before = memory_kib(), used;
    double start = now(), compile, took;

    for (size_t i = 0; i < n; i++)
        codes[i] = compile_pcre(corpus->rules[i].regex);
    compile = now() - start;
    used = memory_kib() - before;
    texts = texts < TEXTS ? texts : TEXTS;
    start = now();
    for (size_t i = 0; i < texts; i++)
        hit += search_pcre(codes, n, corpus->items[i].title, data) |
               search_pcre(codes, n, corpus->items[i].summary, data);
    took = now() - start;
    report("pcre2-jit", n, compile, used, (double)texts / took, corpus,
           (double)hit / (double)texts);
    for (size_t i = 0; i < n; i++)
        pcre2_code_free(codes[i]);
    pcre2_match_data_free(data);
    free(codes);
}

static void clear_corpus(struct corpus *corpus)
{
    for (size_t i = 0; i < TEXTS; i++) {
        free((char *)corpus->items[i].title);
        free((char *)corpus->items[i].summary);
    }
    free(corpus->words);
    free(corpus->names);
    free(corpus->sums);
    free(corpus->items);
    free(corpus->rules);
}

int main(int argc, char **argv)
{
    static char *defaults[] = {"bench_match", "10", "100", "1000", "10000", "100000", NULL};
    const char *only = getenv("BENCH_ONLY"); /* one engine's name */
    struct corpus corpus = {0};

    if (argc < 2)
        argv = defaults;
    for (char **arg = argv + 1; *arg != NULL; arg++) {
        size_t n = strtoul(*arg, NULL, 10);

        if (n < PLANTED_RULES || n > 1000000) {
            fprintf(stderr, "usage: bench_match [RULES ...], each from %d to 1000000\n",
                    PLANTED_RULES);
            return 2;
        }
        corpus.n_rules = n > corpus.n_rules ? n : corpus.n_rules;
    }
    invent_words(&corpus);
    corpus.rules = must(calloc(corpus.n_rules, sizeof *corpus.rules));
    for (size_t i = 0; i < corpus.n_rules; i++)
        make_rule(&corpus, &corpus.rules[i], i);
    make_texts(&corpus);
    printf("%d texts of %zu bytes on average\n", TEXTS, corpus.bytes / TEXTS);
    for (char **arg = argv + 1; *arg != NULL; arg++) {
        size_t n = strtoul(*arg, NULL, 10);

        if (only == NULL || strcmp(only, "blocwatch") == 0)
            bench_blocwatch(&corpus, n);
        if (only == NULL || strcmp(only, "hyperscan") == 0)
            bench_hyperscan(&corpus, n);
        if ((only == NULL || strcmp(only, "pcre2") == 0) && n <= 10000)
            bench_pcre(&corpus, n);
    }
    clear_corpus(&corpus);
    return 0;
}
