/* `alerts show` and `alerts why`: one alert with its deliveries, and what became of a hit. */
#include "commands.h"
#include "hits.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct showing {
    const struct ctl *ctl;
    size_t n;
    bool failed;
};

/* --- an alert's rows ------------------------------------------------------------------------ */

static void print_payload(const char *payload)
{
    json_t *json = payload != NULL ? json_loads(payload, 0, NULL) : NULL;
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;

    puts(text != NULL ? text : "(no payload)");
    free(text);
    json_decref(json);
}

static void print_delivery(const struct bw_outbox_row *row)
{
    char created[BW_TIME_TEXT], tried[BW_TIME_TEXT], due[BW_TIME_TEXT];

    out_text(row->channel);
    printf(": %s, %d tr%s", row->state, row->attempts, row->attempts == 1 ? "y" : "ies");
    printf("; raised %s", clock_format(row->created_ms / 1000, created));
    if (row->tried_ms != BW_TIME_NONE)
        printf(", last tried %s", clock_format(row->tried_ms / 1000, tried));
    if (strcmp(row->state, "pending") == 0 && row->due_ms != BW_TIME_NONE)
        printf(", due %s", clock_format(row->due_ms / 1000, due));
    if (row->key != NULL && row->key[0] != '\0')
        printf(", key %s", row->key);
    if (row->note != NULL) {
        fputs("\n    ", stdout);
        out_text(row->note);
    }
    putchar('\n');
}

static int print_json(const struct bw_outbox_row *row)
{
    json_t *payload = row->payload != NULL ? json_loads(row->payload, 0, NULL) : NULL;

    return out_json_line(json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)row->id,
        "alert", (json_int_t)row->alert, "hit",
        row->hit != 0 ? json_integer(row->hit) : json_null(), "channel",
        out_json_text(row->channel), "state", out_json_text(row->state), "attempts", row->attempts,
        "key", out_json_text(row->key), "created", out_json_time_ms(row->created_ms), "tried",
        out_json_time_ms(row->tried_ms), "delivered", out_json_time_ms(row->delivered_ms), "note",
        out_json_text(row->note), "payload", payload != NULL ? payload : json_null()));
}

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct showing *showing = ctx;

    if (showing->ctl->json) {
        showing->failed = print_json(row) != 0;
    } else {
        if (showing->n == 0)
            print_payload(row->payload);
        print_delivery(row);
    }
    showing->n++;
    return showing->failed ? 1 : 0;
}

static enum ctl_code run_show(struct ctl *ctl)
{
    struct showing showing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;
    int64_t alert;

    if (ctl_id(ctl->argv[0], &alert) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_outbox(ctl->store, NULL, NULL, alert, 0, on_row, &showing, &err) != 0)
        return ctl_store_failed(&err);
    if (showing.n == 0)
        return ctl_fail("there is no alert %s", ctl->argv[0]);
    return showing.failed ? CTL_FAILED : CTL_FINE;
}

const struct ctl_command cmd_alerts_show = {
    .name = "alerts show",
    .arguments = "ALERT",
    .summary = "one alert: what it says, and each delivery",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_show,
};

/* --- what became of a hit -------------------------------------------------------------------- */

struct why {
    const struct ctl *ctl;
    int64_t alert;
    bool found, failed;
};

static int on_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct why *why = ctx;

    why->found = true;
    why->alert = hit->alert;
    if (why->ctl->json) {
        why->failed = out_json_line(json_pack(
                          "{s:I, s:o, s:o, s:o, s:o}", "hit", (json_int_t)hit->id, "fate",
                          out_json_text(hit->fate), "reason", out_json_text(hit->fate_reason),
                          "alert", hit->alert != 0 ? json_integer(hit->alert) : json_null(),
                          "story", hit->story != 0 ? json_integer(hit->story) : json_null())) != 0;
        return 0;
    }
    hits_print_text(hit);
    printf("    %s", hit->fate);
    if (hit->fate_reason != NULL && hit->fate_reason[0] != '\0') {
        fputs(": ", stdout);
        out_text(hit->fate_reason);
    }
    if (hit->alert != 0)
        printf(" (alert %lld)", (long long)hit->alert);
    putchar('\n');
    return 0;
}

static int on_delivery(const struct bw_outbox_row *row, void *ctx)
{
    (void)ctx;
    fputs("    ", stdout);
    print_delivery(row);
    return 0;
}

static enum ctl_code run_why(struct ctl *ctl)
{
    struct bw_hit_query query = {.since_ms = BW_TIME_NONE, .until_ms = BW_TIME_NONE, .limit = 1};
    struct why why = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;

    if (ctl_id(ctl->argv[0], &query.id) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_hits(ctl->store, &query, on_hit, &why, &err) != 0)
        return ctl_store_failed(&err);
    if (!why.found)
        return ctl_fail("there is no hit %s", ctl->argv[0]);
    if (why.alert != 0 && !ctl->json &&
        store_list_outbox(ctl->store, NULL, NULL, why.alert, 0, on_delivery, NULL, &err) != 0)
        return ctl_store_failed(&err);
    return why.failed ? CTL_FAILED : CTL_FINE;
}

const struct ctl_command cmd_alerts_why = {
    .name = "alerts why",
    .arguments = "HIT",
    .summary = "what became of a hit, and why",
    .help = "A hit is alerted, grouped with another one, silenced, or suppressed: each has its\n"
            "reason. HIT is the number that `hits` shows.",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_why,
};
