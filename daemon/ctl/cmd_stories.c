/* `stories`: what several outlets tell, as one. Owns nothing. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <string.h>

struct listing {
    const struct ctl *ctl;
    size_t n;
    bool failed;
};

/* Words separated by spaces, as a list. */
static json_t *split_words(const char *text)
{
    json_t *list = json_array();

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, " ");

        if (len > 0)
            json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] != '\0');
    }
    return list;
}

/* "KZ declines BRICS\n…" as events. */
static json_t *split_events(const char *text)
{
    json_t *list = json_array();
    char actor[64], stance[64], bloc[64];

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "\n");

        if (sscanf(text, "%63s %63s %63s", actor, stance, bloc) == 3)
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:s}", "actor", actor, "stance", stance, "bloc", bloc));
        text += len + (text[len] != '\0');
    }
    return list;
}

static int print_json(const struct bw_story_row *story)
{
    return out_json_line(
        json_pack("{s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "id", (json_int_t)story->id, "title",
                  out_json_text(story->title), "first", out_json_time_ms(story->first_ms), "last",
                  out_json_time_ms(story->last_ms), "items", (json_int_t)story->n_items, "sources",
                  split_words(story->sources), "langs", split_words(story->langs), "events",
                  split_events(story->events)));
}

static void print_text(const struct bw_story_row *story)
{
    char time[BW_TIME_TEXT];

    printf("%s  #%lld  ", clock_format(story->last_ms / 1000, time), (long long)story->id);
    out_text(story->title);
    printf("\n    %zu item%s: ", story->n_items, story->n_items == 1 ? "" : "s");
    out_text(story->sources);
    if (story->events != NULL && story->events[0] != '\0') {
        fputs("\n    ", stdout);
        for (const char *p = story->events; *p != '\0'; p++)
            fputs(*p == '\n' ? (p[1] != '\0' ? ", " : "") : (char[]){*p, '\0'}, stdout);
    }
    putchar('\n');
}

static int on_story(const struct bw_story_row *story, void *ctx)
{
    struct listing *listing = ctx;

    listing->n++;
    if (!listing->ctl->json)
        print_text(story);
    else if (print_json(story) != 0)
        listing->failed = true;
    return listing->failed ? 1 : 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct bw_story_query query = {
        .actor = ctl_value(ctl, "actor"),
        .bloc = ctl_value(ctl, "bloc"),
        .stance = ctl_value(ctl, "stance"),
    };
    struct listing listing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;

    if (query.stance != NULL && stance_parse(query.stance) < 0)
        return ctl_misuse("--stance: there is no stance \"%s\"", query.stance);
    if (ctl_time(ctl, "since", &query.since_ms) != 0 ||
        ctl_number(ctl, "limit", 50, SIZE_MAX / 2, &query.limit) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_stories(ctl->store, &query, on_story, &listing, &err) != 0)
        return ctl_store_failed(&err);
    if (listing.n == 0 && !ctl->json)
        puts("no stories");
    return listing.failed ? CTL_FAILED : CTL_FINE;
}

const struct ctl_command cmd_stories = {
    .name = "stories",
    .arguments = "",
    .summary = "hits about the same, told once",
    .options = {{"since", "T", "still told since then: a time, a date, or how long ago"},
                {"actor", "CODE", "with an event of this actor"},
                {"bloc", "CODE", "with an event towards this bloc"},
                {"stance", "NAME", "with an event of this stance"},
                {"limit", "N", "at most N; default 50, 0 for all"}},
    .run = run,
};
