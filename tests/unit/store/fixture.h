/* A database in a folder of its own, and short ways to make what goes into it. */
#ifndef BLOCWATCH_TEST_STORE_FIXTURE_H
#define BLOCWATCH_TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocwatch/store.h"

#define NOW INT64_C(1732500000000) /* 2024-11-25, a Monday, 02:00 UTC */
#define DAY INT64_C(86400000)

struct fixture {
    char folder[64], path[96];
    struct bw_store *store;
    struct bw_error err;
};

#define assert_fine(call, fixture)                                                                 \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            fail_msg("%s: %s", #call, (fixture)->err.text);                                        \
    } while (0)

/* A small stand-in for the project's folding: ASCII case, ё, and the apostrophes. */
static inline int test_fold(const char *text, size_t len, struct bw_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 'A' && c <= 'Z') {
            buf_putc(out, (char)(c | 32));
        } else if (len - i >= 2 && memcmp(text + i, "ʻ", 2) == 0) {
            buf_putc(out, '\'');
            i++;
        } else if (len - i >= 3 &&
                   (memcmp(text + i, "‘", 3) == 0 || memcmp(text + i, "’", 3) == 0)) {
            buf_putc(out, '\'');
            i += 2;
        } else if (len - i >= 2 && memcmp(text + i, "ё", 2) == 0) {
            buf_puts(out, "е");
            i++;
        } else {
            buf_putc(out, (char)c);
        }
    }
    return out->failed ? -1 : 0;
}

static inline struct bw_store *reopen(struct fixture *f)
{
    struct bw_store_options options = {.fold = test_fold};

    store_close(f->store);
    f->store = store_open(f->path, &options, &f->err);
    if (f->store == NULL)
        fail_msg("%s", f->err.text);
    return f->store;
}

static inline struct bw_store *open_reader(struct fixture *f)
{
    struct bw_store_options options = {.read_only = true, .fold = test_fold};
    struct bw_store *reader = store_open(f->path, &options, &f->err);

    if (reader == NULL)
        fail_msg("%s", f->err.text);
    return reader;
}

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    strcpy(f->folder, "/tmp/blocwatch-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/test.db", f->folder);
    reopen(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[160];

    store_close(f->store);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

/* --- feeds ----------------------------------------------------------------------------------- */

enum { ITEMS = 8, HITS = 4, EVENTS = 4 };

/* A poll: its items, and their hits with one event each. */
struct poll {
    struct bw_item items[ITEMS];
    struct bw_hits hits[ITEMS];
    struct bw_hit hit[ITEMS][HITS];
    struct bw_event event[ITEMS][HITS][EVENTS];
    struct bw_matched matched[ITEMS][HITS];
    char text[ITEMS][64];
    struct bw_feed feed;
};

/* Identities by hand, as feed/ would make them. */
static inline void set_keys(struct bw_item *item, const char *key)
{
    char text[512];

    hash_key(key, strlen(key), item->key);
    item->link_key[0] = '\0';
    if (item->link != NULL)
        hash_key(item->link, strlen(item->link), item->link_key);
    snprintf(text, sizeof text, "%s\n%s\n%s", item->title != NULL ? item->title : "",
             item->summary != NULL ? item->summary : "",
             item->content != NULL ? item->content : "");
    hash_key(text, strlen(text), item->content_hash);
}

static inline struct bw_item *add_item(struct poll *poll, const char *key, const char *title,
                                       const char *link)
{
    size_t n = poll->feed.n_items++;
    struct bw_item *item = &poll->items[n];

    assert_true(n < ITEMS);
    poll->feed.items = poll->items;
    *item = (struct bw_item){.id = key,
                             .title = title,
                             .link = link,
                             .summary = "A summary.",
                             .lang = "en",
                             .published = NOW / 1000 - 3600,
                             .updated = BW_TIME_NONE};
    set_keys(item, key);
    poll->hits[n].hits = poll->hit[n];
    return item;
}

static inline struct bw_hit *add_hit(struct poll *poll, const char *rule, const char *actor,
                                     enum bw_stance stance, const char *bloc)
{
    size_t n = poll->feed.n_items - 1, h = poll->hits[n].n_hits++;
    struct bw_hit *hit = &poll->hit[n][h];

    assert_true(h < HITS);
    poll->matched[n][h] = (struct bw_matched){
        .text = "Kazakhstan", .set = "kazakhstan", .span = {BW_FIELD_TITLE, 1, 10, 2, 9}};
    *hit = (struct bw_hit){.rule = rule,
                           .rule_title = "A rule",
                           .severity = BW_SEVERITY_HIGH,
                           .matched = &poll->matched[n][h],
                           .n_matched = 1};
    if (actor == NULL)
        return hit;
    poll->event[n][h][0] = (struct bw_event){.actor = actor,
                                             .bloc = bloc,
                                             .stance = stance,
                                             .certainty = BW_CERTAINTY_STATED,
                                             .actor_span = {BW_FIELD_TITLE, 1, 2, 3, 4},
                                             .stance_span = {BW_FIELD_SUMMARY, 5, 6, 7, 8},
                                             .bloc_span = {BW_FIELD_CONTENT, 9, 10, 11, 12},
                                             .sentence = {BW_FIELD_OTHER, 13, 14, 15, 16},
                                             .sentence_text = "The sentence.",
                                             .why = "because"};
    hit->events = poll->event[n][h];
    hit->n_events = 1;
    return hit;
}

static inline void save(struct fixture *f, const char *source, struct poll *poll, int64_t now_ms,
                        struct bw_saved *saved)
{
    memset(saved, 0, sizeof *saved);
    assert_fine(store_begin(f->store, &f->err), f);
    assert_fine(store_save_items(f->store, source, &poll->feed, poll->hits, now_ms, saved, &f->err),
                f);
    assert_fine(store_commit(f->store, &f->err), f);
}

/* The same, for who does not ask what came of it. */
static inline void save_quietly(struct fixture *f, const char *source, struct poll *poll,
                                int64_t now_ms)
{
    struct bw_saved saved;

    save(f, source, poll, now_ms, &saved);
    store_clear_saved(&saved);
}

#endif
