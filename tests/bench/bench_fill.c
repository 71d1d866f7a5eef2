/* Fills a database for `script/bench serve`: bench_fill FILE ITEMS HITS. Invented texts, spread
 * over two years, a hundred sources, seven languages. */
#include "blocwatch/clock.h"
#include "blocwatch/match.h"
#include "blocwatch/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1000, SOURCES = 100, WORDS = 40, MATCHED = 3 };

static const char *const words[WORDS] = {
    "president", "minister", "talks",     "summit",    "border",  "railway",   "harvest",
    "storm",     "election", "court",     "museum",    "exports", "pipeline",  "football",
    "school",    "hospital", "президент", "встреча",   "граница", "парламент", "урожай",
    "дорога",    "бюджет",   "инфляция",  "үкімет",    "мектеп",  "сайлау",    "ауа",
    "prezident", "vazir",    "maktab",    "saylov",    "өкмөт",   "мектеп",    "шайлоо",
    "hökümet",   "saýlaw",   "ҳукумат",   "интихобот", "Каспий",
};
static const char *const actors[] = {"KZ", "UZ", "KG", "TJ", "TM"};
static const char *const blocs[] = {"BRICS", "EAEU", "CSTO", "SCO", "CIS", "OTS", "WTO"};
static const char *const langs[] = {"en", "ru", "kk", "uz", "ky", "tg", "tk"};

static uint64_t state = 88172645463325252ULL;

static uint32_t random_below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % limit;
}

static const char *sentence(struct bw_arena *arena, int count)
{
    struct bw_buf text;
    const char *copy;

    buf_init(&text);
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i == 0 ? "" : " ", words[random_below(WORDS)]);
    copy = arena_strdup(arena, buf_text(&text));
    buf_clear(&text);
    return copy;
}

static void fill_item(struct bw_arena *arena, struct bw_item *item, int64_t number, int64_t now)
{
    *item = (struct bw_item){
        .id = arena_printf(arena, "urn:item:%" PRId64, number),
        .title = arena_printf(arena, "%s %" PRId64, sentence(arena, 7), number),
        .link = arena_printf(arena, "https://news.example/%" PRId64, number),
        .summary = sentence(arena, 30),
        .lang = langs[random_below(7)],
        .published = now - random_below(730 * 86400),
        .updated = BW_TIME_NONE,
    };
    hash_key(item->id, strlen(item->id), item->key);
    hash_key(item->link, strlen(item->link), item->link_key);
    hash_key(item->summary, strlen(item->summary), item->content_hash);
}

static void fill_hit(struct bw_arena *arena, struct bw_hits *hits)
{
    struct bw_hit *hit = arena_calloc(arena, 1, sizeof *hit);
    struct bw_event *event = arena_calloc(arena, 1, sizeof *event);

    *event = (struct bw_event){
        .actor = actors[random_below(5)],
        .bloc = blocs[random_below(7)],
        .stance = (enum bw_stance)(1 + random_below(BW_STANCES - 1)),
        .sentence_text = sentence(arena, 20),
        .why = "'joins' is joins",
    };
    *hit = (struct bw_hit){.rule = "ca-bloc-membership",
                           .severity = BW_SEVERITY_HIGH,
                           .events = event,
                           .n_events = 1,
                           .matched = arena_calloc(arena, MATCHED, sizeof *hit->matched),
                           .n_matched = MATCHED};
    for (int i = 0; i < MATCHED; i++)
        hit->matched[i] = (struct bw_matched){
            .text = words[i], .set = "set", .span = {BW_FIELD_TITLE, (uint32_t)i * 4, 3, 0, 3}};
    hits->hits = hit;
    hits->n_hits = 1;
}

static int add_story(struct bw_store *store, const struct bw_saved_item *saved,
                     struct bw_error *err)
{
    const struct bw_event *event;
    struct bw_story_item item = {.item = saved->id,
                                 .time_ms = saved->item->published * 1000,
                                 .lang = saved->item->lang,
                                 .title = saved->item->title,
                                 .source = "source",
                                 .link_key = saved->item->link_key};
    uint64_t band = hash_text(saved->item->title);
    char events[64];
    int64_t story = 0;

    if (saved->n_hits == 0)
        return 0;
    event = &saved->hits[0].hit->events[0];
    snprintf(events, sizeof events, "%s %s %s", event->actor, stance_name(event->stance),
             event->bloc);
    item.events = events;
    return store_add_to_story(store, &story, &item, &band, 1, err);
}

static int add_batch(struct bw_store *store, int64_t first, int64_t hit_every, struct bw_error *err)
{
    struct bw_document *doc = document_new(0);
    struct bw_hits *hits = arena_calloc(doc->arena, BATCH, sizeof *hits);
    int64_t now = clock_now(&bw_clock_real);
    struct bw_saved saved = {0};
    char source[32];
    int result;

    doc->feed.items = arena_calloc(doc->arena, BATCH, sizeof *doc->feed.items);
    doc->feed.n_items = BATCH;
    for (int i = 0; i < BATCH; i++) {
        fill_item(doc->arena, &doc->feed.items[i], first + i, now);
        if ((first + i) % hit_every == 0)
            fill_hit(doc->arena, &hits[i]);
    }
    snprintf(source, sizeof source, "source%u", random_below(SOURCES));
    result = store_begin(store, err);
    if (result == 0)
        result = store_save_items(store, source, &doc->feed, hits, now * 1000, &saved, err);
    for (size_t i = 0; result == 0 && i < saved.n_items; i++)
        result = add_story(store, &saved.items[i], err);
    if (result == 0)
        result = store_commit(store, err);
    store_clear_saved(&saved);
    document_free(doc);
    return result;
}

int main(int argc, char **argv)
{
    static const struct bw_store_options options = {.fold = match_fold_text};
    int64_t items = argc == 4 ? atoll(argv[2]) : 0, hits = argc == 4 ? atoll(argv[3]) : 0;
    struct bw_error err = {0};
    struct bw_store *store;
    int result = 0;

    if (items < BATCH || hits < 1 || hits > items) {
        fprintf(stderr, "usage: bench_fill FILE ITEMS HITS\n");
        return 2;
    }
    store = store_open(argv[1], &options, &err);
    for (int64_t done = 0; store != NULL && result == 0 && done < items; done += BATCH)
        result = add_batch(store, done, items / hits, &err);
    store_close(store);
    if (store == NULL || result != 0) {
        fprintf(stderr, "bench_fill: %s\n", err.text);
        return 1;
    }
    return 0;
}
