/* `channel test`: a test alert through one channel, and what was said. Owns nothing. */
#include "commands.h"
#include "output.h"
#include "setup.h"

#include "blocwatch/alert.h"
#include "blocwatch/clock.h"

#include <stdio.h>

static void on_problem(const char *text, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "%s\n", text);
}

static void on_line(char direction, const char *line, void *ctx)
{
    (void)ctx;
    printf("%c ", direction);
    out_text(line);
    putchar('\n');
}

static enum ctl_code run(struct ctl *ctl)
{
    struct bw_error err = {0};

    ctl->config = setup_load_config(ctl->config_file, on_problem, NULL);
    if (ctl->config == NULL)
        return CTL_USAGE;
    if (alert_test_channel(ctl->config, ctl->argv[0], &bw_clock_real, ctl->json ? NULL : on_line,
                           NULL, &err) != 0)
        return ctl_fail("%s: %s", ctl->argv[0], err.text);
    if (ctl->json)
        return out_json_line(json_pack("{s:s, s:b}", "channel", ctl->argv[0], "delivered", 1)) == 0
                   ? CTL_FINE
                   : CTL_FAILED;
    printf("%s: delivered\n", ctl->argv[0]);
    return CTL_FINE;
}

const struct ctl_command cmd_channel_test = {
    .name = "channel test",
    .arguments = "CHANNEL",
    .summary = "send a test alert through a channel, and show the conversation",
    .help =
        "Sent at once, past routes, silences and the outbox. Lines beginning with > were sent,\n"
        "with < received; secrets show as ***.",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
