/* `sources`: the configured sources with what the daemon remembers of them. Owns the list. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One configured source, and its state when it has been polled. */
struct row {
    const struct bw_config_source *source;
    struct bw_source_state state;
};

struct table {
    struct row *rows; /* sorted by id */
    size_t n;
    bool out_of_memory;
};

static int by_id(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return strcmp(x->source->id, y->source->id);
}

static int id_of(const void *key, const void *row)
{
    return strcmp(key, ((const struct row *)row)->source->id);
}

static int on_state(const char *source_id, const struct bw_source_state *state, void *ctx)
{
    struct table *table = ctx;
    struct row *row = bsearch(source_id, table->rows, table->n, sizeof *table->rows, id_of);

    /* A state of another URL belongs to what the source was before. */
    if (row == NULL || (state->url != NULL && strcmp(state->url, row->source->url) != 0))
        return 0;
    source_state_clear(&row->state);
    source_state_init(&row->state);
    if (source_state_copy(&row->state, state) != 0)
        table->out_of_memory = true;
    return table->out_of_memory ? 1 : 0;
}

static int fill(struct table *table, const struct bw_config *config)
{
    table->rows = calloc(config->n_sources + 1, sizeof *table->rows);
    if (table->rows == NULL)
        return -1;
    table->n = config->n_sources;
    for (size_t i = 0; i < table->n; i++) {
        table->rows[i].source = &config->sources[i];
        source_state_init(&table->rows[i].state);
    }
    qsort(table->rows, table->n, sizeof *table->rows, by_id);
    return 0;
}

static void clear(struct table *table)
{
    for (size_t i = 0; i < table->n; i++)
        source_state_clear(&table->rows[i].state);
    free(table->rows);
}

static const char *health(const struct row *row)
{
    return health_name(row->source->enabled ? row->state.health : BW_HEALTH_DISABLED);
}

/* How the last visit ended; NULL when there was none. */
static const char *result_name(const struct bw_source_state *state)
{
    static const char *const names[] = {
        [BW_FETCH_OK] = "ok",
        [BW_FETCH_NOT_MODIFIED] = "not modified",
        [BW_FETCH_HTTP_ERROR] = "http error",
        [BW_FETCH_DNS] = "no address",
        [BW_FETCH_CONNECT] = "no connection",
        [BW_FETCH_TLS] = "tls error",
        [BW_FETCH_TIMEOUT] = "timeout",
        [BW_FETCH_TOO_LARGE] = "too large",
        [BW_FETCH_REFUSED] = "refused",
        [BW_FETCH_OTHER] = "other error",
    };

    if (state->last_poll == BW_TIME_NONE ||
        (size_t)state->last_result >= sizeof names / sizeof names[0])
        return NULL;
    if (state->last_result == BW_FETCH_OK && state->failures > 0)
        return "not readable"; /* it came, but it is no feed */
    return names[state->last_result];
}

static int print_json(const struct row *row)
{
    const struct bw_source_state *state = &row->state;
    bool polled = state->last_poll != BW_TIME_NONE;

    return out_json_line(json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I,"
        " s:I}",
        "id", out_json_text(row->source->id), "url", out_json_text(row->source->url), "title",
        out_json_text(row->source->title), "lang", out_json_text(row->source->lang), "state",
        health(row), "why", out_json_text(state->why), "next_due",
        polled && row->source->enabled ? out_json_time(state->next_due) : json_null(), "due_rule",
        out_json_text(state->due_rule), "last_result", out_json_text(result_name(state)),
        "last_status", (json_int_t)state->last_status, "failures", (json_int_t)state->failures,
        "last_poll", out_json_time(state->last_poll), "last_success",
        out_json_time(state->last_success), "last_item", out_json_time(state->last_item), "polls",
        (json_int_t)state->polls, "items", (json_int_t)state->items, "interval",
        (json_int_t)state->interval, "last_ms", (json_int_t)state->last_ms, "last_bytes",
        (json_int_t)state->last_bytes));
}

static void print_text(const struct row *row, int width, int64_t now)
{
    const struct bw_source_state *state = &row->state;
    const char *result = result_name(state);
    char next[64], last[64], text[128];

    out_column(row->source->id, width);
    printf("  %-11s  ", health(row));
    snprintf(text, sizeof text, "%s%s%s", out_ago(state->last_poll, now, last),
             result != NULL ? ", " : "", result != NULL ? result : "");
    printf("%-28s  ", text);
    printf("%-10s  %8lld  %6ld  ",
           !row->source->enabled              ? "-"
           : state->last_poll == BW_TIME_NONE ? "now"
                                              : out_ago(state->next_due, now, next),
           (long long)state->items, (long)state->failures);
    out_text(state->why);
    putchar('\n');
}

static int print(const struct ctl *ctl, const struct table *table)
{
    int64_t now = clock_now(&bw_clock_real);
    int width = 6;

    for (size_t i = 0; i < table->n; i++) {
        if ((int)strlen(table->rows[i].source->id) > width)
            width = (int)strlen(table->rows[i].source->id);
    }
    if (!ctl->json)
        printf("%-*s  %-11s  %-28s  %-10s  %8s  %6s  %s\n", width, "SOURCE", "HEALTH", "LAST POLL",
               "NEXT", "ITEMS", "FAILED", "WHY");
    for (size_t i = 0; i < table->n; i++) {
        if (!ctl->json)
            print_text(&table->rows[i], width, now);
        else if (print_json(&table->rows[i]) != 0)
            return -1;
    }
    return 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct table table = {0};
    struct bw_error err = {0};
    enum ctl_code code = ctl_load_config(ctl);

    if (code == CTL_FINE)
        code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (fill(&table, ctl->config) != 0)
        return ctl_fail("out of memory");
    if (store_load_states(ctl->store, on_state, &table, &err) != 0)
        code = ctl_store_failed(&err);
    else if (table.out_of_memory)
        code = ctl_fail("out of memory");
    else if (print(ctl, &table) != 0)
        code = CTL_FAILED;
    clear(&table);
    return code;
}

const struct ctl_command cmd_sources = {
    .name = "sources",
    .alias = "sources list",
    .arguments = "",
    .summary = "the state of each source",
    .help = "When it is due next, how the last visit ended, failures in a row, items so far. A\n"
            "source that has never been polled is \"new\".",
    .run = run,
};
