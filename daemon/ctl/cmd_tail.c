/* `tail`: hits as they come. Owns its place in the list. */
#include "commands.h"
#include "hits.h"

#include <stdio.h>
#include <time.h>

struct tail {
    const struct ctl *ctl;
    int64_t last; /* id of the newest hit shown */
    bool quiet, failed;
};

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct tail *tail = ctx;

    if (hit->id > tail->last)
        tail->last = hit->id;
    if (tail->quiet)
        return 0;
    if (!tail->ctl->json)
        hits_print_text(hit);
    else if (hits_print_json(hit) != 0)
        tail->failed = true;
    return tail->failed ? 1 : 0;
}

/* The newest hit there is: what comes after it is new. */
static int find_end(struct tail *tail, struct bw_error *err)
{
    const struct bw_hit_query newest = {
        .since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .limit = 1};
    int result;

    tail->quiet = true;
    result = store_list_hits(tail->ctl->store, &newest, on_hit, tail, err);
    tail->quiet = false;
    return result;
}

static enum ctl_code run(struct ctl *ctl)
{
    const struct timespec pause = {.tv_sec = 1};
    struct tail tail = {.ctl = ctl};
    struct bw_hit_query query;
    struct bw_error err = {0};
    enum ctl_code code;

    if (hits_read_query(ctl, &query) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (query.since_ms == BW_TIME_NONE && find_end(&tail, &err) != 0)
        return ctl_store_failed(&err);
    query.oldest_first = true;
    for (;;) {
        query.after_id = tail.last;
        if (store_list_hits(ctl->store, &query, on_hit, &tail, &err) != 0)
            return ctl_store_failed(&err);
        if (tail.failed || fflush(stdout) != 0)
            return CTL_FAILED;
        nanosleep(&pause, NULL);
    }
}

const struct ctl_command cmd_tail = {
    .name = "tail",
    .arguments = "",
    .summary = "show hits as they come, until Ctrl-C",
    .help = "With --since those found since then come first.",
    .options = {HITS_OPTIONS},
    .run = run,
};
