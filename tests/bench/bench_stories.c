/* Measures how well stories are found: pairwise precision and recall on labelled items, through the
 * real matcher, store and story search. Owns a store in a temporary directory.
 *
 *   bench_stories CONFIG ITEMS.jsonl [--pairs] [--min PRECISION RECALL]
 *
 * A line of ITEMS has id, lang, title, summary, source, date (YYYY-MM-DD) and, where it belongs to
 * a labelled story, cluster. Clusters are labelled within a language, so pairs are counted within
 * one. --pairs prints every pair that is near in time, for choosing thresholds. */
#include "blocwatch/config.h"
#include "blocwatch/match.h"
#include "blocwatch/store.h"

#include "../../daemon/alert/payload.h"
#include "../../daemon/alert/story.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096 };
static const int64_t window_ms = INT64_C(72) * 3600000;

struct sample {
    struct bw_item item;
    const char *id, *source, *cluster;
    struct bw_hits hits;
    struct bw_story_item entry;
    struct story_place place;
};

struct bench {
    struct bw_arena *arena;
    struct bw_config *config;
    struct bw_ruleset *rules;
    struct bw_matcher *matcher;
    struct bw_store *store;
    struct sample samples[MOST];
    size_t n;
};

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static char *field(struct bench *bench, const json_t *json, const char *key)
{
    return arena_strdup(bench->arena, json_string_value(json_object_get(json, key)));
}

static int64_t parse_date(const char *text)
{
    struct tm tm = {0};

    if (text == NULL || sscanf(text, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
        stop("date", text == NULL ? "missing" : text);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    tm.tm_hour = 12;
    return (int64_t)timegm(&tm);
}

static void read_sample(struct bench *bench, const char *line)
{
    struct sample *sample = &bench->samples[bench->n++];
    struct bw_item *item = &sample->item;
    json_error_t why;
    json_t *json = json_loads(line, 0, &why);

    if (json == NULL || bench->n == MOST)
        stop("items", json == NULL ? why.text : "too many");
    sample->id = field(bench, json, "id");
    sample->source = field(bench, json, "source");
    sample->cluster = field(bench, json, "cluster");
    if (sample->source == NULL)
        sample->source = "unknown";
    item->id = sample->id;
    item->title = field(bench, json, "title");
    item->summary = field(bench, json, "summary");
    item->lang = field(bench, json, "lang");
    item->published = parse_date(json_string_value(json_object_get(json, "date")));
    item->updated = BW_TIME_NONE;
    hash_key(sample->id, strlen(sample->id), item->key);
    hash_key(sample->id, strlen(sample->id), item->content_hash);
    json_decref(json);
}

static int by_date(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;

    if (x->item.published != y->item.published)
        return x->item.published < y->item.published ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void read_samples(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;

    if (file == NULL)
        stop(path, "cannot be read");
    while (getline(&line, &cap, file) > 0)
        read_sample(bench, line);
    free(line);
    fclose(file);
    qsort(bench->samples, bench->n, sizeof bench->samples[0], by_date);
}

static void load_rules(struct bench *bench, const char *path)
{
    struct bw_config_errors errors = {0};
    struct bw_match_problems problems = {0};

    if (config_load(path, &bench->config, &errors) != 0)
        stop(path, errors.n > 0 ? errors.list[0].text : "cannot be loaded");
    if (match_compile_rules(&bench->config->watch, &bench->rules, &problems) != 0)
        stop(path, problems.n > 0 ? problems.list[0].text : "has wrong rules");
    match_clear_problems(&problems);
    config_clear_errors(&errors);
    bench->matcher = matcher_new(bench->rules);
}

/* One item through matcher, store and story search, as the daemon does it. */
static void place_sample(struct bench *bench, struct sample *sample)
{
    struct bw_error err = {0};
    struct bw_feed feed = {.format = "bench", .items = &sample->item, .n_items = 1};
    struct bw_saved saved = {0};
    struct bw_event *events;
    size_t n = 0;

    if (matcher_match_item(bench->matcher, &sample->item, sample->source, bench->arena,
                           &sample->hits, &err) != 0)
        stop("match", err.text);
    if (sample->hits.n_hits == 0)
        return;
    for (size_t i = 0; i < sample->hits.n_hits; i++)
        n += sample->hits.hits[i].n_events;
    events = arena_calloc(bench->arena, n + 1, sizeof *events);
    n = 0;
    for (size_t i = 0; i < sample->hits.n_hits; i++) {
        for (size_t j = 0; j < sample->hits.hits[i].n_events; j++)
            events[n++] = sample->hits.hits[i].events[j];
    }
    if (store_begin(bench->store, &err) != 0 ||
        store_save_items(bench->store, sample->source, &feed, &sample->hits,
                         sample->item.published * 1000, &saved, &err) != 0)
        stop("store", err.text);
    sample->entry = (struct bw_story_item){.item = saved.items[0].id,
                                           .time_ms = sample->item.published * 1000,
                                           .source = sample->source,
                                           .lang = sample->item.lang,
                                           .title = sample->item.title,
                                           .link_key = "",
                                           .signature = sample->hits.signature,
                                           .n_signature = sample->hits.n_signature,
                                           .events = payload_event_lines(events, n, bench->arena)};
    if (story_place_item(bench->store, &sample->entry, window_ms, &sample->place, &err) != 0 ||
        store_commit(bench->store, &err) != 0)
        stop("story", err.text);
    store_clear_saved(&saved);
}

static bool is_labelled_same(const struct sample *a, const struct sample *b)
{
    return a->cluster != NULL && b->cluster != NULL && strcmp(a->cluster, b->cluster) == 0;
}

static void print_pair(const struct sample *a, const struct sample *b)
{
    const struct bw_story_item *x = &a->entry, *y = &b->entry;

    if (llabs(x->time_ms - y->time_ms) > window_ms || x->item == 0 || y->item == 0)
        return;
    printf("%s\t%s\t%d\t%d\t%.3f\t%d\t%d\t%.1f\n", a->id, b->id, is_labelled_same(a, b),
           a->place.story == b->place.story,
           story_similarity(x->signature, x->n_signature, y->signature, y->n_signature),
           story_share_event(x->events, y->events, false),
           story_share_event(x->events, y->events, true),
           (double)llabs(x->time_ms - y->time_ms) / 3600000);
}

struct figures {
    size_t found, right, labelled; /* pairs */
};

static double share(size_t part, size_t whole)
{
    return whole == 0 ? 1 : (double)part / (double)whole;
}

static struct figures count_pairs(const struct bench *bench, bool pairs)
{
    struct figures f = {0};

    for (size_t i = 0; i < bench->n; i++) {
        for (size_t j = i + 1; j < bench->n; j++) {
            const struct sample *a = &bench->samples[i], *b = &bench->samples[j];
            bool same = is_labelled_same(a, b), found = a->place.story == b->place.story;

            if (a->place.story == 0 || b->place.story == 0 ||
                strcmp(a->item.lang, b->item.lang) != 0)
                continue;
            if (pairs)
                print_pair(a, b);
            f.found += found;
            f.right += found && same;
            f.labelled += same;
            if (found != same && !pairs)
                printf("%s\t%s\t%s\n", same ? "missed" : "wrong", a->id, b->id);
        }
    }
    return f;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    char dir[] = "/tmp/blocwatch-stories-XXXXXX", path[64], command[96];
    struct bw_error err = {0};
    struct figures f;
    double least_precision = 0, least_recall = 0;
    size_t hits = 0;
    bool pairs = argc > 3 && strcmp(argv[3], "--pairs") == 0;

    if (argc < 3 || mkdtemp(dir) == NULL)
        stop("usage", "bench_stories CONFIG ITEMS.jsonl [--pairs] [--min PRECISION RECALL]");
    if (argc > 5 && strcmp(argv[3], "--min") == 0) {
        least_precision = atof(argv[4]);
        least_recall = atof(argv[5]);
    }
    snprintf(path, sizeof path, "%s/blocwatch.db", dir);
    bench.arena = arena_new(0);
    bench.store = store_open(path, &(struct bw_store_options){0}, &err);
    if (bench.store == NULL)
        stop(path, err.text);
    load_rules(&bench, argv[1]);
    read_samples(&bench, argv[2]);
    for (size_t i = 0; i < bench.n; i++) {
        place_sample(&bench, &bench.samples[i]);
        hits += bench.samples[i].place.story != 0;
    }
    f = count_pairs(&bench, pairs);
    fprintf(stderr,
            "%zu items, %zu with hits; pairs: %zu labelled, %zu found, %zu right; "
            "precision %.3f, recall %.3f\n",
            bench.n, hits, f.labelled, f.found, f.right, share(f.right, f.found),
            share(f.right, f.labelled));
    store_close(bench.store);
    matcher_free(bench.matcher);
    ruleset_free(bench.rules);
    config_free(bench.config);
    arena_free(bench.arena);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0)
        return 2;
    return share(f.right, f.found) < least_precision || share(f.right, f.labelled) < least_recall;
}
