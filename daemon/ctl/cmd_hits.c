/* `hits`: what the rules have found, newest first. Owns nothing. */
#include "commands.h"
#include "hits.h"

#include <stdio.h>

struct listing {
    const struct ctl *ctl;
    bool failed;
    size_t n;
};

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct listing *listing = ctx;

    listing->n++;
    if (!listing->ctl->json)
        hits_print_text(hit);
    else if (hits_print_json(hit) != 0)
        listing->failed = true;
    return listing->failed ? 1 : 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct bw_hit_query query;
    struct listing listing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;

    if (hits_read_query(ctl, &query) != 0 ||
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
    .options = {HITS_OPTIONS, {"limit", "N", "at most N"}},
    .run = run,
};
