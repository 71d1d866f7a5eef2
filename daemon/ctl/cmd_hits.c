/* `hits`: what the rules have found, newest first. Owns nothing. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>

struct listing {
    const struct ctl *ctl;
    bool failed;
    size_t n;
};

static int print_json(const struct bw_hit_row *hit)
{
    return out_json_line(json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)hit->id, "time",
        out_json_time_ms(hit->time_ms), "rule", out_json_text(hit->rule), "severity",
        out_json_text(hit->severity), "source", out_json_text(hit->source), "title",
        out_json_text(hit->title), "link", out_json_text(hit->link), "published",
        out_json_time(hit->published), "events", out_json_events(hit->events, hit->n_events),
        "matched", out_json_matched(hit->matched, hit->n_matched)));
}

static void print_text(const struct bw_hit_row *hit)
{
    char time[BW_TIME_TEXT];

    printf("%s  #%lld  %s  ", clock_format(hit->time_ms / 1000, time), (long long)hit->id,
           hit->severity);
    out_text(hit->rule);
    fputs("  ", stdout);
    out_text(hit->source);
    fputs("\n    ", stdout);
    out_text(hit->title != NULL ? hit->title : "(no title)");
    if (hit->n_events > 0) {
        fputs("\n    ", stdout);
        out_events(hit->events, hit->n_events);
    }
    if (hit->n_matched > 0) {
        fputs("\n    matched: ", stdout);
        out_matched(hit->matched, hit->n_matched);
    }
    if (hit->link != NULL) {
        fputs("\n    ", stdout);
        out_text(hit->link);
    }
    putchar('\n');
}

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct listing *listing = ctx;

    listing->n++;
    if (!listing->ctl->json)
        print_text(hit);
    else if (print_json(hit) != 0)
        listing->failed = true;
    return listing->failed ? 1 : 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct bw_hit_query query = {
        .until_ms = BW_TIME_NONE,
        .rule = ctl_value(ctl, "rule"),
        .source = ctl_value(ctl, "source"),
        .lang = ctl_value(ctl, "lang"),
        .actor = ctl_value(ctl, "actor"),
        .bloc = ctl_value(ctl, "bloc"),
        .stance = ctl_value(ctl, "stance"),
        .severity = ctl_value(ctl, "severity"),
        .search = ctl_value(ctl, "search"),
    };
    struct listing listing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;

    if (ctl_time(ctl, "since", &query.since_ms) != 0 ||
        ctl_number(ctl, "limit", 0, SIZE_MAX / 2, &query.limit) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_hits(ctl->store, &query, on_hit, &listing, &err) != 0)
        return ctl_store_failed(&err);
    if (listing.n == 0 && !ctl->json)
        puts("no hits");
    return listing.failed ? CTL_FAILED : CTL_FINE;
}

const struct ctl_command cmd_hits = {
    .name = "hits",
    .arguments = "",
    .summary = "what the rules have found, newest first",
    .help = "With --json each line is {\"id\",\"time\",\"rule\",\"severity\",\"source\",\"title\","
            "\"link\",\n\"published\",\"events\":[{\"actor\",\"stance\",\"bloc\"}],\"matched\":"
            "[\"...\"]}.",
    .options = {{"since", "T", "found since then: a time, a date, or how long ago (2h, 7d)"},
                {"rule", "R", "of this rule only"},
                {"source", "ID", "from this source only"},
                {"lang", "LANG", "in this language only"},
                {"actor", "CODE", "with an event of this actor, such as KZ"},
                {"bloc", "CODE", "with an event towards this bloc, such as BRICS"},
                {"stance", "NAME", "with an event of this stance, such as declines"},
                {"severity", "NAME", "of this severity only"},
                {"search", "WORDS", "whose item holds these words"},
                {"limit", "N", "at most N"}},
    .run = run,
};
