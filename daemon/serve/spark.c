/* Sparklines of sources from the store's counts by day. Owns the counts. */
#include "spark.h"

#include "html.h"

#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 18, STEP = 3 };
static const int64_t day_ms = INT64_C(86400) * 1000;

struct line {
    char *source;
    unsigned counts[SPARK_DAYS];
};

struct sparks {
    struct line *lines; /* by source, as the store gives them */
    size_t n, cap;
    int64_t first_ms;
};

static struct line *line_for(struct sparks *sparks, const char *source)
{
    struct line *grown;

    if (sparks->n > 0 && strcmp(sparks->lines[sparks->n - 1].source, source) == 0)
        return &sparks->lines[sparks->n - 1];
    if (sparks->n == sparks->cap) {
        grown = realloc(sparks->lines, (sparks->cap * 2 + 16) * sizeof *grown);
        if (grown == NULL)
            return NULL;
        sparks->lines = grown;
        sparks->cap = sparks->cap * 2 + 16;
    }
    grown = &sparks->lines[sparks->n];
    *grown = (struct line){.source = strdup(source)};
    if (grown->source == NULL)
        return NULL;
    sparks->n++;
    return grown;
}

static int add_day(const struct bw_source_day *day, void *ctx)
{
    struct sparks *sparks = ctx;
    int64_t index = (day->day_ms - sparks->first_ms) / day_ms;
    struct line *line = line_for(sparks, day->source);

    if (line != NULL && index >= 0 && index < SPARK_DAYS)
        line->counts[index] += (unsigned)day->items;
    return 0;
}

static int by_source(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->source, ((const struct line *)b)->source);
}

struct sparks *sparks_load(struct bw_store *store, struct bw_error *err)
{
    struct sparks *sparks = calloc(1, sizeof *sparks);
    int64_t now = clock_now_ms(&bw_clock_real);

    if (sparks == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    sparks->first_ms = now - now % day_ms - (SPARK_DAYS - 1) * day_ms;
    if (store_list_source_days(store, NULL, sparks->first_ms, add_day, sparks, err) != 0) {
        sparks_free(sparks);
        return NULL;
    }
    if (sparks->n > 1)
        qsort(sparks->lines, sparks->n, sizeof *sparks->lines, by_source);
    return sparks;
}

void sparks_free(struct sparks *sparks)
{
    if (sparks == NULL)
        return;
    for (size_t i = 0; i < sparks->n; i++)
        free(sparks->lines[i].source);
    free(sparks->lines);
    free(sparks);
}

void sparks_put(const struct sparks *sparks, struct bw_buf *out, const char *source)
{
    const struct line key = {.source = (char *)(uintptr_t)source};
    const struct line *line =
        sparks->n == 0 ? NULL : bsearch(&key, sparks->lines, sparks->n, sizeof key, by_source);
    unsigned sum = 0, most = 1;

    for (int i = 0; line != NULL && i < SPARK_DAYS; i++) {
        sum += line->counts[i];
        most = line->counts[i] > most ? line->counts[i] : most;
    }
    if (sum == 0)
        return;
    buf_printf(out,
               "<svg class=\"spark\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%u items in "
               "%d days\"><path d=\"",
               SPARK_DAYS * STEP, HEIGHT, sum, SPARK_DAYS);
    for (int i = 0; i < SPARK_DAYS; i++)
        buf_printf(out, "%s%d %u", i == 0 ? "M" : "L", i * STEP,
                   HEIGHT - 1 - line->counts[i] * (HEIGHT - 3) / most);
    buf_puts(out, "\"/></svg>");
}
