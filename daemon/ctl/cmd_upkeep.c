/* `backup` and `prune`. Owns nothing. */
#include "commands.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 500 }; /* items of one transaction: the daemon writes in between */

static enum ctl_code run_backup(struct ctl *ctl)
{
    enum ctl_code code = ctl_open_store(ctl);
    struct bw_error err = {0};

    if (code != CTL_FINE)
        return code;
    if (access(ctl->argv[0], F_OK) == 0)
        return ctl_fail("%s exists already", ctl->argv[0]);
    if (store_backup(ctl->store, ctl->argv[0], &err) != 0)
        return ctl_store_failed(&err);
    printf("%s: a copy of %s\n", ctl->argv[0], ctl->database);
    return CTL_FINE;
}

const struct ctl_command cmd_backup = {
    .name = "backup",
    .arguments = "FILE",
    .summary = "a consistent copy of the database, while the daemon runs",
    .help =
        "To restore it, stop the daemon, put FILE in the place of blocwatch.db (and remove its\n"
        "-wal and -shm), start the daemon.",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_backup,
};

/* The option, else what the configuration says, in seconds; 0: for ever. */
static int read_age(struct ctl *ctl, const char *option, int64_t configured, int64_t *age)
{
    const char *text = ctl_value(ctl, option);

    *age = configured;
    if (text == NULL || config_parse_duration(text, age) == 0)
        return 0;
    ctl_misuse("--%s: expected a duration such as 90d, not \"%s\"", option, text);
    return -1;
}

static enum ctl_code run_prune(struct ctl *ctl)
{
    int64_t now = clock_now_ms(&bw_clock_real), items, hits;
    size_t total = 0, removed = 0;
    struct bw_error err = {0};
    enum ctl_code code = ctl_load_config(ctl);

    if (code != CTL_FINE)
        return code;
    if (read_age(ctl, "items", ctl->config->retention.items, &items) != 0 ||
        read_age(ctl, "hits", ctl->config->retention.hits, &hits) != 0)
        return CTL_USAGE;
    code = ctl_open_store_write(ctl);
    if (code != CTL_FINE)
        return code;
    do {
        if (store_prune(ctl->store, items > 0 ? now - items * 1000 : 0,
                        hits > 0 ? now - hits * 1000 : BW_TIME_NONE, STEP, &removed, &err) != 0)
            return ctl_store_failed(&err);
        total += removed;
    } while (removed > 0);
    if (ctl->json)
        printf("{\"removed\":%zu}\n", total);
    else
        printf("%zu removed\n", total);
    return CTL_FINE;
}

const struct ctl_command cmd_prune = {
    .name = "prune",
    .arguments = "",
    .summary = "remove old items now, as the daemon does in time",
    .help = "What has been removed is remembered by its identity: an old item never comes back as\n"
            "new. 0 keeps for ever.",
    .options = {{"items", "AGE", "items that no rule has hit; default: `retention:`"},
                {"hits", "AGE", "hits with their items; default: `retention:`"}},
    .run = run_prune,
};
