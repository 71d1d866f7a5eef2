/* Choosing and showing hits. Owns nothing. */
#include "hits.h"

#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>

static bool is_name(const char *name, int (*parse)(const char *name), const char *option)
{
    if (name == NULL || parse(name) >= 0)
        return true;
    ctl_misuse("--%s: there is no %s \"%s\"", option, option, name);
    return false;
}

int hits_read_query(const struct ctl *ctl, struct bw_hit_query *query)
{
    *query = (struct bw_hit_query){
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
    if (!is_name(query->stance, stance_parse, "stance") ||
        !is_name(query->severity, severity_parse, "severity"))
        return -1;
    return ctl_time(ctl, "since", &query->since_ms);
}

int hits_print_json(const struct bw_hit_row *hit)
{
    return out_json_line(json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)hit->id, "time",
        out_json_time_ms(hit->time_ms), "rule", out_json_text(hit->rule), "severity",
        out_json_text(hit->severity), "source", out_json_text(hit->source), "title",
        out_json_text(hit->title), "link", out_json_text(hit->link), "published",
        out_json_time(hit->published), "events", out_json_events(hit->events, hit->n_events),
        "matched", out_json_matched(hit->matched, hit->n_matched)));
}

void hits_print_text(const struct bw_hit_row *hit)
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
