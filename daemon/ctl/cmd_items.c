/* `items` and `search`: all that has been read, whether a rule has hit it or not. Owns nothing. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>

struct listing {
    const struct ctl *ctl;
    size_t n;
    bool failed;
};

static int print_json(const struct bw_item_row *item)
{
    return out_json_line(json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "id", (json_int_t)item->id,
        "seen", out_json_time_ms(item->seen_ms), "source", out_json_text(item->source), "title",
        out_json_text(item->title), "link", out_json_text(item->link), "lang",
        out_json_text(item->lang), "published", out_json_time(item->published), "updated",
        out_json_time(item->updated), "author", out_json_text(item->author), "summary",
        out_json_text(item->summary), "hits", (json_int_t)item->n_hits));
}

static void print_text(const struct bw_item_row *item)
{
    char time[BW_TIME_TEXT];
    int64_t at = item->published != BW_TIME_NONE ? item->published : item->seen_ms / 1000;

    printf("%s  ", clock_format(at, time));
    out_text(item->source);
    fputs("  ", stdout);
    out_text(item->title != NULL ? item->title : "(no title)");
    if (item->n_hits > 0)
        printf("  [%zu hit%s]", item->n_hits, item->n_hits == 1 ? "" : "s");
    if (item->link != NULL) {
        fputs("\n    ", stdout);
        out_text(item->link);
    }
    putchar('\n');
}

static int on_item(const struct bw_item_row *item, void *ctx)
{
    struct listing *listing = ctx;

    listing->n++;
    if (!listing->ctl->json)
        print_text(item);
    else if (print_json(item) != 0)
        listing->failed = true;
    return listing->failed ? 1 : 0;
}

static enum ctl_code list(struct ctl *ctl, const char *search)
{
    struct bw_item_query query = {
        .until_ms = BW_TIME_NONE,
        .source = ctl_value(ctl, "source"),
        .lang = ctl_value(ctl, "lang"),
        .search = search,
    };
    struct listing listing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;

    if (ctl_time(ctl, "since", &query.since_ms) != 0 ||
        ctl_number(ctl, "limit", 50, SIZE_MAX / 2, &query.limit) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_items(ctl->store, &query, on_item, &listing, &err) != 0)
        return ctl_store_failed(&err);
    if (listing.n == 0 && !ctl->json)
        puts("no items");
    return listing.failed ? CTL_FAILED : CTL_FINE;
}

static enum ctl_code run_items(struct ctl *ctl)
{
    return list(ctl, NULL);
}

static enum ctl_code run_search(struct ctl *ctl)
{
    enum ctl_code code;
    struct bw_buf words;

    buf_init(&words);
    for (int i = 0; i < ctl->argc; i++)
        buf_printf(&words, "%s%s", i > 0 ? " " : "", ctl->argv[i]);
    code = list(ctl, buf_text(&words));
    buf_clear(&words);
    return code;
}

#define OPTIONS                                                                                    \
    {"since", "T", "seen since then: a time, a date, or how long ago"},                            \
        {"source", "ID", "of this source only"}, {"lang", "LANG", "in this language only"},        \
    {                                                                                              \
        "limit", "N", "at most N; default 50, 0 for all"                                           \
    }

const struct ctl_command cmd_items = {
    .name = "items",
    .arguments = "",
    .summary = "all that has been read, newest first",
    .options = {OPTIONS},
    .run = run_items,
};

const struct ctl_command cmd_search = {
    .name = "search",
    .arguments = "WORD...",
    .summary = "items that hold all the words",
    .help = "Words are folded as rules fold them: case, ё, and the Uzbek apostrophes make no\n"
            "difference. A word may end in * for any ending.",
    .min_arguments = 1,
    .max_arguments = 62,
    .options = {OPTIONS},
    .run = run_search,
};
