/* `alerts replay` and `alerts drop`: a second chance, or none. Owns nothing. */
#include "commands.h"

#include "blocwatch/clock.h"

#include <stdio.h>

typedef int change_fn(struct bw_store *store, int64_t alert, int64_t now_ms, size_t *changed,
                      struct bw_error *err);

/* `from`: the deliveries that can be changed, as "dead or dropped". */
static enum ctl_code change(struct ctl *ctl, int64_t alert, change_fn *fn, const char *from,
                            const char *what)
{
    enum ctl_code code = ctl_open_store_write(ctl);
    struct bw_error err = {0};
    size_t changed = 0;

    if (code != CTL_FINE)
        return code;
    if (fn(ctl->store, alert, clock_now_ms(&bw_clock_real), &changed, &err) != 0)
        return ctl_store_failed(&err);
    if (changed == 0 && alert != 0)
        return ctl_fail("alert %lld: no delivery of it is %s", (long long)alert, from);
    if (ctl->json)
        printf("{\"changed\":%zu}\n", changed);
    else
        printf("%zu deliver%s %s\n", changed, changed == 1 ? "y" : "ies", what);
    return CTL_FINE;
}

static enum ctl_code run_replay(struct ctl *ctl)
{
    bool all = ctl_value(ctl, "all") != NULL;
    int64_t alert = 0;

    if (all == (ctl->argc == 1))
        return ctl_misuse("alerts replay: expected ALERT, or --all for all that is dead");
    if (!all && ctl_id(ctl->argv[0], &alert) != 0)
        return CTL_USAGE;
    return change(ctl, alert, store_replay_outbox, "dead or dropped", "due again");
}

static enum ctl_code run_drop(struct ctl *ctl)
{
    int64_t alert;

    if (ctl_id(ctl->argv[0], &alert) != 0)
        return CTL_USAGE;
    return change(ctl, alert, store_drop_outbox, "pending", "dropped");
}

const struct ctl_command cmd_alerts_replay = {
    .name = "alerts replay",
    .arguments = "[ALERT]",
    .summary = "deliver a dead or dropped alert after all",
    .help = "Its deliveries become pending and due; a running daemon sees them within a minute.",
    .max_arguments = 1,
    .options = {{"all", NULL, "all dead ones"}},
    .run = run_replay,
};

const struct ctl_command cmd_alerts_drop = {
    .name = "alerts drop",
    .arguments = "ALERT",
    .summary = "deliver a pending alert no more",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_drop,
};
