/* The index over patterns. Owns its tables. */
#include "index.h"

#include "wordhash.h"

#include <stdlib.h>
#include <string.h>

enum { CLASSES = 8, STARTS = 1 << 12, LONGEST_CLASS = 16, SHORT_CLASSES = 0x0F, HEAD = 6 };

/* How many first bytes of a prefix are hashed: the largest class that is not longer. Few classes,
 * for each is a probe for each word; what they leave undecided is compared. */
static const uint8_t class_len[CLASSES] = {1, 2, 3, 4, 6, 8, 12, 16};

/* Classes that a word of so many bytes can hold. */
static const uint8_t classes_of_len[LONGEST_CLASS + 1] = {0x00, 0x01, 0x03, 0x07, 0x0F, 0x0F,
                                                          0x1F, 0x1F, 0x3F, 0x3F, 0x3F, 0x3F,
                                                          0x7F, 0x7F, 0x7F, 0x7F, 0xFF};

static inline uint8_t fit_classes(uint16_t len)
{
    return classes_of_len[len < LONGEST_CLASS ? len : LONGEST_CLASS];
}

static inline uint32_t hash_start(const char *fold)
{
    uint16_t two;

    memcpy(&two, fold, sizeof two);
    return (two * 0x9E3779B1u) >> 20;
}

static inline uint32_t head_of(const struct bw_index *index, const char *fold)
{
    return (uint32_t)((word_load(fold, HEAD) * 0x9E3779B97F4A7C15ULL) >> index->heads_shift);
}

static void set_head(struct bw_index *index, const char *fold)
{
    uint32_t head = head_of(index, fold);

    index->heads[head / 64] |= 1ULL << head % 64;
}

static inline bool has_head(const struct bw_index *index, const char *fold)
{
    uint32_t head = head_of(index, fold);

    return index->heads[head / 64] >> head % 64 & 1;
}

static inline uint64_t bit_mask(uint32_t hash)
{
    return 1ULL << (hash & 63) | 1ULL << (hash >> 6 & 63);
}

static inline bool lookup_may_hold(const struct bw_lookup *lookup, uint32_t hash)
{
    uint64_t mask = bit_mask(hash);

    return (lookup->bits[(hash * 0x85EBCA6Bu) >> lookup->bits_shift] & mask) == mask;
}

/* The entry + 1; 0 when there is none, or when the text cannot hold what it needs. */
static inline uint32_t lookup_find(const struct bw_lookup *lookup, uint32_t hash,
                                   struct bw_text *text)
{
    uint32_t at = hash & lookup->slots_mask;

    while (lookup->slots[at].entry != 0 && lookup->slots[at].hash != hash)
        at = (at + 1) & lookup->slots_mask;
    if (lookup->slots[at].need != 0 && !text_may_hold(text, lookup->slots[at].need))
        return 0;
    return lookup->slots[at].entry;
}

/* Sixteen bits for each prefix, so that most words find nothing. */
static int heads_init(struct bw_index *index, size_t n_prefixes)
{
    uint32_t log = 9;

    while (((size_t)1 << log) < n_prefixes * 16)
        log++;
    index->heads_shift = 64 - log;
    index->heads = calloc((size_t)1 << (log - 6), sizeof *index->heads);
    index->starts = calloc(STARTS, sizeof *index->starts);
    return index->heads == NULL || index->starts == NULL ? -1 : 0;
}

static int lookup_init(struct bw_lookup *lookup, size_t n)
{
    size_t slots = 64;
    uint32_t words_log = 6;

    while (slots * 3 < n * 4)
        slots *= 2;
    while ((64ULL << words_log) < n * 8)
        words_log++;
    lookup->slots_mask = (uint32_t)(slots - 1);
    lookup->bits_shift = 32 - words_log;
    lookup->slots = calloc(slots, sizeof *lookup->slots);
    lookup->bits = calloc((size_t)1 << words_log, sizeof *lookup->bits);
    return lookup->slots == NULL || lookup->bits == NULL ? -1 : 0;
}

static void lookup_clear(struct bw_lookup *lookup)
{
    free(lookup->slots);
    free(lookup->bits);
}

static struct bw_slot *lookup_slot(struct bw_lookup *lookup, uint32_t hash)
{
    uint32_t at = hash & lookup->slots_mask;

    while (lookup->slots[at].entry != 0 && lookup->slots[at].hash != hash)
        at = (at + 1) & lookup->slots_mask;
    lookup->bits[(hash * 0x85EBCA6Bu) >> lookup->bits_shift] |= bit_mask(hash);
    lookup->slots[at].hash = hash;
    return &lookup->slots[at];
}

static const struct bw_element *key_of(const struct bw_pattern *pattern)
{
    return &pattern->elements[pattern->key];
}

static uint16_t class_of(uint16_t len)
{
    uint16_t i = CLASSES - 1;

    while (class_len[i] > len)
        i--;
    return i;
}

/* The entry of the element, made when there is none yet. Words and prefixes whose hashes are equal
 * share a slot and are chained. */
static struct bw_index_entry *intern_entry(struct bw_index *index, const struct bw_element *element,
                                           uint32_t need)
{
    bool prefix = element->kind == BW_ELEMENT_PREFIX;
    uint16_t kind = prefix ? class_of(element->len) : 0;
    uint16_t key_len = prefix ? class_len[kind] : element->len;
    uint32_t hash = prefix ? word_hash(element->fold, key_len) + kind : element->hash;
    struct bw_slot *slot = lookup_slot(prefix ? &index->prefixes : &index->words, hash);
    struct bw_index_entry *entry;

    slot->need = slot->entry == 0 || slot->need == need ? need : 0;
    for (uint32_t at = slot->entry; at != 0; at = entry->next) {
        entry = &index->entries[at - 1];
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): every entry has its word */
        if (entry->len == element->len && memcmp(entry->fold, element->fold, element->len) == 0)
            return entry;
    }
    entry = &index->entries[index->n_entries++];
    *entry = (struct bw_index_entry){.fold = element->fold,
                                     .len = element->len,
                                     .key_len = key_len,
                                     .hash = hash,
                                     .next = slot->entry};
    slot->entry = index->n_entries;
    if (prefix && element->len == 1) { /* any second byte */
        for (uint32_t second = 0; second < 256; second++)
            index->starts[hash_start((char[]){element->fold[0], (char)second})] |= 1;
    } else if (prefix) {
        index->starts[hash_start(element->fold)] |= (uint8_t)(1u << kind);
        if (element->len >= HEAD)
            set_head(index, element->fold);
    }
    return entry;
}

/* Most entries of a filter are one word of one rule: found without another look into memory. */
static void shorten_slots(const struct bw_index *index)
{
    for (uint32_t i = 0; i <= index->words.slots_mask; i++) {
        struct bw_slot *slot = &index->words.slots[i];
        const struct bw_index_entry *entry;
        uint32_t id;

        if (slot->entry == 0)
            continue;
        entry = &index->entries[slot->entry - 1];
        id = index->uses[entry->first_use];
        if (entry->n_uses == 1 && entry->next == 0 && index->patterns[id].n == 1 &&
            !index->patterns[id].cased)
            slot->entry = BW_SLOT_PATTERN | id;
    }
}

/* Counts, then places: the patterns of an entry stand together. */
static int fill_uses(struct bw_index *index, const uint32_t *which, size_t n, const uint32_t *needs)
{
    uint32_t *entry_of = malloc((n + 1) * sizeof *entry_of);
    uint32_t sum = 0;

    if (entry_of == NULL)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct bw_index_entry *entry = intern_entry(index, key_of(&index->patterns[which[i]]),
                                                    needs != NULL ? needs[which[i]] : 0);

        entry_of[i] = (uint32_t)(entry - index->entries);
        entry->n_uses++;
    }
    for (uint32_t i = 0; i < index->n_entries; i++) {
        index->entries[i].first_use = sum;
        sum += index->entries[i].n_uses;
        index->entries[i].n_uses = 0;
    }
    for (size_t i = 0; i < n; i++) {
        struct bw_index_entry *entry = &index->entries[entry_of[i]];

        index->uses[entry->first_use + entry->n_uses++] = which[i];
    }
    free(entry_of);
    if (needs != NULL)
        shorten_slots(index);
    return 0;
}

int index_init(struct bw_index *index, const struct bw_pattern *patterns, const uint32_t *which,
               size_t n, const uint32_t *needs)
{
    size_t n_prefixes = 0;

    memset(index, 0, sizeof *index);
    index->patterns = patterns;
    for (size_t i = 0; i < n; i++)
        n_prefixes += key_of(&patterns[which[i]])->kind == BW_ELEMENT_PREFIX;
    index->entries = calloc(n + 1, sizeof *index->entries);
    index->uses = calloc(n + 1, sizeof *index->uses);
    if (heads_init(index, n_prefixes) != 0 || lookup_init(&index->words, n - n_prefixes) != 0 ||
        lookup_init(&index->prefixes, n_prefixes) != 0 || index->entries == NULL ||
        index->uses == NULL || fill_uses(index, which, n, needs) != 0) {
        index_clear(index);
        return -1;
    }
    return 0;
}

void index_clear(struct bw_index *index)
{
    lookup_clear(&index->words);
    lookup_clear(&index->prefixes);
    free(index->entries);
    free(index->uses);
    free(index->starts);
    free(index->heads);
    memset(index, 0, sizeof *index);
}

void pattern_hits_clear(struct bw_pattern_hits *hits)
{
    free(hits->list);
    memset(hits, 0, sizeof *hits);
}

static int add_hit(struct bw_pattern_hits *out, uint32_t pattern, uint32_t first, uint32_t last)
{
    if (out->n == out->cap) {
        size_t cap = out->cap == 0 ? 64 : out->cap * 2;
        struct bw_pattern_hit *grown = realloc(out->list, cap * sizeof *grown);

        if (grown == NULL)
            return -1;
        out->list = grown;
        out->cap = cap;
    }
    out->list[out->n++] = (struct bw_pattern_hit){pattern, first, last};
    return 0;
}

/* The key of the entry's patterns stands on `token`: which of them stand there as a whole? */
static int verify_uses(const struct bw_index *index, const struct bw_index_entry *entry,
                       const struct bw_text *text, uint32_t token, struct bw_pattern_hits *out)
{
    for (uint32_t i = 0; i < entry->n_uses; i++) {
        uint32_t id = index->uses[entry->first_use + i], last;
        const struct bw_pattern *pattern = &index->patterns[id];

        for (uint32_t first = pattern_earliest(pattern, text, token);
             pattern_match_around(pattern, text, token, &first, &last); first++) {
            if (add_hit(out, id, first, last) != 0)
                return -1;
        }
    }
    return 0;
}

static int visit_entries(const struct bw_index *index, uint32_t at, bool prefix,
                         const struct bw_text *text, uint32_t token, struct bw_pattern_hits *out)
{
    const struct bw_token *word = &text->tokens[token];

    if (at & BW_SLOT_PATTERN)
        return word->flags & BW_TOKEN_SUFFIX ? 0 : add_hit(out, at ^ BW_SLOT_PATTERN, token, token);
    for (; at != 0; at = index->entries[at - 1].next) {
        const struct bw_index_entry *entry = &index->entries[at - 1];

        if ((prefix ? entry->len <= word->fold_len : entry->len == word->fold_len) &&
            memcmp(entry->fold, word->fold, entry->len) == 0 &&
            verify_uses(index, entry, text, token, out) != 0)
            return -1;
    }
    return 0;
}

/* A word that the small tables let through, on its way to the large ones. */
struct probe {
    uint32_t token, hash, entry;
    bool prefix;
};

enum { BATCH = 256 }; /* words */

/* Which of the tokens [from, to) may be, or begin with, something that is looked for. Nothing is
 * branched on what the bit tables say, so that their loads overlap. */
static size_t probe_bits(const struct bw_index *index, const struct bw_text *text, uint32_t from,
                         uint32_t to, struct probe *out)
{
    size_t n = 0;

    for (uint32_t i = from; i < to; i++) {
        const struct bw_token *token = &text->tokens[i];
        uint32_t classes = index->starts[hash_start(token->fold)] & fit_classes(token->fold_len) &
                           (SHORT_CLASSES | -(uint32_t)has_head(index, token->fold));

        out[n] = (struct probe){.token = i, .hash = token->hash};
        n += lookup_may_hold(&index->words, token->hash);
        for (; classes != 0; classes &= classes - 1) {
            uint32_t kind = (uint32_t)__builtin_ctz(classes);
            uint32_t hash = word_hash(token->fold, class_len[kind]) + kind;

            out[n] = (struct probe){.token = i, .hash = hash, .prefix = true};
            n += lookup_may_hold(&index->prefixes, hash);
        }
    }
    return n;
}

/* Which of them are there; the large tables are fetched ahead, for they lie outside the caches. */
static size_t probe_slots(const struct bw_index *index, struct bw_text *text, struct probe *probes,
                          size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        const struct bw_lookup *lookup = probes[i].prefix ? &index->prefixes : &index->words;

        __builtin_prefetch(&lookup->slots[probes[i].hash & lookup->slots_mask]);
    }
    for (size_t i = 0; i < n; i++) {
        const struct bw_lookup *lookup = probes[i].prefix ? &index->prefixes : &index->words;

        probes[kept] = probes[i];
        probes[kept].entry = lookup_find(lookup, probes[i].hash, text);
        if (probes[kept].entry & BW_SLOT_PATTERN)
            kept++;
        else if (probes[kept].entry != 0)
            __builtin_prefetch(&index->entries[probes[kept++].entry - 1]);
    }
    for (size_t i = 0; i < kept; i++) {
        if ((probes[i].entry & BW_SLOT_PATTERN) == 0)
            __builtin_prefetch(index->entries[probes[i].entry - 1].fold);
    }
    return kept;
}

int index_scan(const struct bw_index *index, struct bw_text *text, struct bw_pattern_hits *out)
{
    struct probe probes[BATCH * (CLASSES + 1) + 1];

    for (uint32_t from = 0; from < text->n_tokens; from += BATCH) {
        uint32_t to = text->n_tokens - from < BATCH ? text->n_tokens : from + BATCH;
        size_t n = probe_bits(index, text, from, to, probes);

        n = probe_slots(index, text, probes, n);
        for (size_t i = 0; i < n; i++) {
            if (visit_entries(index, probes[i].entry, probes[i].prefix, text, probes[i].token,
                              out) != 0)
                return -1;
        }
    }
    return 0;
}
