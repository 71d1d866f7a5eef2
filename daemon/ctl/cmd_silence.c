/* `silence`: hits that shall not alert for a while. Owns the text of the matchers. */
#include "commands.h"
#include "output.h"

#include "blocwatch/alert.h"
#include "blocwatch/clock.h"

#include <stdio.h>

static enum ctl_code add(struct ctl *ctl, struct bw_silence *silence)
{
    char until[BW_TIME_TEXT];
    struct bw_error err = {0};
    enum ctl_code code;
    int64_t id;

    if (alert_check_matchers(silence->matchers, &err) != 0)
        return ctl_misuse("%s", err.text);
    code = ctl_open_store_write(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_add_silence(ctl->store, silence, &id, &err) != 0)
        return ctl_store_failed(&err);
    if (ctl->json)
        printf("{\"id\":%lld}\n", (long long)id);
    else
        printf("silence %lld until %s\n", (long long)id,
               clock_format(silence->ends_ms / 1000, until));
    return CTL_FINE;
}

static enum ctl_code run_add(struct ctl *ctl)
{
    const char *length = ctl_value(ctl, "for");
    struct bw_silence silence = {.starts_ms = clock_now_ms(&bw_clock_real)};
    enum ctl_code code;
    struct bw_buf text;
    int64_t seconds;

    if (length == NULL || config_parse_duration(length, &seconds) != 0 || seconds == 0 ||
        seconds > INT32_MAX)
        return ctl_misuse("silence add: expected --for and a duration such as 2h or 7d");
    buf_init(&text);
    for (int i = 0; i < ctl->argc; i++)
        buf_printf(&text, "%s%s", i > 0 ? " " : "", ctl->argv[i]);
    silence.matchers = buf_text(&text);
    silence.comment = ctl_value(ctl, "comment");
    silence.ends_ms = silence.starts_ms + seconds * 1000;
    code = add(ctl, &silence);
    buf_clear(&text);
    return code;
}

struct listing {
    const struct ctl *ctl;
    size_t n;
    bool failed;
};

static int on_silence(const struct bw_silence *silence, void *ctx)
{
    struct listing *listing = ctx;
    char until[BW_TIME_TEXT];

    listing->n++;
    if (listing->ctl->json) {
        listing->failed =
            out_json_line(json_pack("{s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)silence->id,
                                    "matchers", out_json_text(silence->matchers), "comment",
                                    out_json_text(silence->comment), "starts",
                                    out_json_time_ms(silence->starts_ms), "ends",
                                    out_json_time_ms(silence->ends_ms))) != 0;
        return listing->failed ? 1 : 0;
    }
    printf("%-5lld until %s  ", (long long)silence->id,
           clock_format(silence->ends_ms / 1000, until));
    out_text(silence->matchers);
    if (silence->comment != NULL && silence->comment[0] != '\0') {
        fputs("  # ", stdout);
        out_text(silence->comment);
    }
    putchar('\n');
    return 0;
}

static enum ctl_code run_list(struct ctl *ctl)
{
    int64_t at = ctl_value(ctl, "all") != NULL ? BW_TIME_NONE : clock_now_ms(&bw_clock_real);
    struct listing listing = {.ctl = ctl};
    enum ctl_code code = ctl_open_store(ctl);
    struct bw_error err = {0};

    if (code != CTL_FINE)
        return code;
    if (store_list_silences(ctl->store, at, on_silence, &listing, &err) != 0)
        return ctl_store_failed(&err);
    if (listing.n == 0 && !ctl->json)
        puts("no silences");
    return listing.failed ? CTL_FAILED : CTL_FINE;
}

static enum ctl_code run_end(struct ctl *ctl)
{
    struct bw_error err = {0};
    enum ctl_code code;
    int64_t id;

    if (ctl_id(ctl->argv[0], &id) != 0)
        return CTL_USAGE;
    code = ctl_open_store_write(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_end_silence(ctl->store, id, clock_now_ms(&bw_clock_real), &err) != 0)
        return ctl_store_failed(&err);
    if (!ctl->json)
        printf("silence %lld has ended\n", (long long)id);
    return CTL_FINE;
}

const struct ctl_command cmd_silence = {
    .name = "silence",
    .alias = "silence list",
    .arguments = "",
    .summary = "the silences that hold now",
    .options = {{"all", NULL, "past ones too"}},
    .run = run_list,
};

const struct ctl_command cmd_silence_add = {
    .name = "silence add",
    .arguments = "MATCHER...",
    .summary = "let hits that match raise no alert for a while",
    .help = "MATCHER is rule=ID, severity=, actor=KZ, bloc=BRICS, stance=, source= or lang=; all "
            "must hold.\nThe hits are stored all the same, with the reason.",
    .min_arguments = 1,
    .max_arguments = 32,
    .options = {{"for", "DURATION", "how long: 2h, 7d"}, {"comment", "TEXT", "why"}},
    .run = run_add,
};

const struct ctl_command cmd_silence_end = {
    .name = "silence end",
    .arguments = "ID",
    .summary = "end a silence now",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_end,
};
