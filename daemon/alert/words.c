/* How events and codes are said in a headline. Owns nothing. */
#include "payload.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What stands before and behind the bloc. */
static const struct {
    const char *before, *behind;
} phrases[BW_STANCES] = {
    [BW_STANCE_NONE] = {"and", ""},
    [BW_STANCE_CONSIDERS] = {"considers", " membership"},
    [BW_STANCE_APPLIES] = {"applies for", " membership"},
    [BW_STANCE_SIGNS] = {"signs with", ""},
    [BW_STANCE_JOINS] = {"joins", ""},
    [BW_STANCE_OBSERVES] = {"is an observer at", ""},
    [BW_STANCE_PARTNERS] = {"becomes a partner of", ""},
    [BW_STANCE_DECLINES] = {"declines", " membership"},
    [BW_STANCE_OPPOSES] = {"opposes", ""},
    [BW_STANCE_SUSPENDS] = {"suspends its part in", ""},
    [BW_STANCE_LEAVES] = {"leaves", ""},
    [BW_STANCE_STAYS] = {"stays in", ""},
};

static const struct {
    const char *code, *name;
} states[] = {
    {"KZ", "Kazakhstan"},   {"KG", "Kyrgyzstan"}, {"TJ", "Tajikistan"},
    {"TM", "Turkmenistan"}, {"UZ", "Uzbekistan"},
};

/* "united_states" → "United States": a lexicon set's id is the best name that we have. */
static void write_set_name(const char *id, struct bw_buf *out)
{
    bool first = true;

    for (; *id != '\0'; id++) {
        if (*id == '-' || *id == '_') {
            buf_putc(out, ' ');
            first = true;
            continue;
        }
        buf_putc(out, first ? (char)toupper((unsigned char)*id) : *id);
        first = false;
    }
}

static void write_actor(const struct bw_config *config, const char *code, struct bw_buf *out)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i].code, code) == 0) {
            buf_puts(out, states[i].name);
            return;
        }
    }
    for (size_t i = 0; config != NULL && i < config->watch.n_sets; i++) {
        const struct bw_set *set = &config->watch.sets[i];

        if (set->facet == BW_FACET_ACTOR && set->code != NULL && strcmp(set->code, code) == 0) {
            write_set_name(set->id, out);
            return;
        }
    }
    buf_puts(out, code);
}

void payload_write_event(const struct bw_config *config, const char *actor, const char *stance,
                         const char *bloc, const char *certainty, struct bw_buf *out)
{
    int s = stance_parse(stance), c = certainty_parse(certainty);

    if (s < 0)
        s = BW_STANCE_NONE;
    write_actor(config, actor, out);
    buf_printf(out, " %s %s%s", phrases[s].before, bloc, phrases[s].behind);
    if (c > BW_CERTAINTY_STATED)
        buf_printf(out, " (%s)", certainty);
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *payload_event_lines(const struct bw_event *events, size_t n, struct bw_arena *arena)
{
    char **lines = arena_calloc(arena, n + 1, sizeof *lines), *text;
    size_t size = 1, used = 0;

    for (size_t i = 0; lines != NULL && i < n; i++) {
        lines[i] = arena_printf(arena, "%s %s %s", events[i].actor, stance_name(events[i].stance),
                                events[i].bloc);
        if (lines[i] == NULL)
            return NULL;
        size += strlen(lines[i]) + 1;
    }
    text = arena_alloc(arena, size);
    if (lines == NULL || text == NULL)
        return NULL;
    qsort(lines, n, sizeof *lines, compare_text);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(lines[i], lines[i - 1]) == 0)
            continue;
        if (used > 0)
            text[used++] = '\n';
        memcpy(text + used, lines[i], strlen(lines[i]));
        used += strlen(lines[i]);
    }
    return text;
}

const char *payload_source_title(const struct bw_config *config, const char *id)
{
    for (size_t i = 0; config != NULL && i < config->n_sources; i++) {
        if (strcmp(config->sources[i].id, id) == 0)
            return config->sources[i].title != NULL ? config->sources[i].title : id;
    }
    return id;
}
