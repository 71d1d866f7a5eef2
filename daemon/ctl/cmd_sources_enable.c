/* `sources enable` and `sources disable`: one line in the file that configures it. Owns nothing. */
#include "commands.h"

#include <stdio.h>

static enum ctl_code change(struct ctl *ctl, bool enabled)
{
    const struct bw_config_source *source;
    enum ctl_code code = ctl_load_config(ctl);
    struct bw_error err = {0};

    if (code != CTL_FINE)
        return code;
    source = ctl_find_source(ctl, ctl->argv[0]);
    if (source == NULL)
        return CTL_FAILED;
    if (source->enabled == enabled) {
        printf("%s is %s already\n", source->id, enabled ? "enabled" : "disabled");
        return CTL_FINE;
    }
    if (config_enable_source(source, enabled, &err) != 0)
        return ctl_fail("%s", err.text);
    printf("%s: %s is %s; reload the daemon (systemctl reload blocwatchd)\n", source->place.file,
           source->id, enabled ? "enabled" : "disabled");
    return CTL_FINE;
}

static enum ctl_code run_enable(struct ctl *ctl)
{
    return change(ctl, true);
}

static enum ctl_code run_disable(struct ctl *ctl)
{
    return change(ctl, false);
}

const struct ctl_command cmd_sources_enable = {
    .name = "sources enable",
    .arguments = "SOURCE",
    .summary = "poll a source again, from the next reload on",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_enable,
};

const struct ctl_command cmd_sources_disable = {
    .name = "sources disable",
    .arguments = "SOURCE",
    .summary = "poll a source no more, from the next reload on",
    .help = "Writes `enabled: false` into the file that configures it; comments stay.",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_disable,
};
