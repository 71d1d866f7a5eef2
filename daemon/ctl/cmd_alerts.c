/* `alerts`: the outbox. Owns nothing. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <string.h>

struct listing {
    const struct ctl *ctl;
    bool failed;
    size_t n;
};

/* The title of the item that raised it, or the alert's own: owned, NULL when there is none. */
static json_t *title_of(const struct bw_outbox_row *row)
{
    json_t *payload = row->payload != NULL ? json_loads(row->payload, 0, NULL) : NULL;
    json_t *title = json_object_get(json_object_get(payload, "item"), "title");

    if (title == NULL)
        title = json_object_get(payload, "title");
    json_incref(title);
    json_decref(payload);
    return title;
}

static int print_json(const struct bw_outbox_row *row)
{
    json_t *title = title_of(row);

    return out_json_line(json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "id",
        (json_int_t)row->id, "alert", (json_int_t)row->alert, "hit",
        row->hit != 0 ? json_integer(row->hit) : json_null(), "channel",
        out_json_text(row->channel), "state", out_json_text(row->state), "kind",
        out_json_text(row->kind), "rule", out_json_text(row->rule), "severity",
        out_json_text(row->severity), "title", title != NULL ? title : json_null(), "attempts",
        row->attempts, "key", out_json_text(row->key), "created", out_json_time_ms(row->created_ms),
        "due", out_json_time_ms(row->due_ms), "delivered", out_json_time_ms(row->delivered_ms),
        "note", out_json_text(row->note)));
}

static void print_text(const struct bw_outbox_row *row)
{
    char time[BW_TIME_TEXT], text[64];
    json_t *title = title_of(row);

    printf("%s  alert %lld  %-9s  ", clock_format(row->created_ms / 1000, time),
           (long long)row->alert, row->state);
    out_text(row->channel);
    printf("  %s  ", row->kind);
    out_text(row->rule);
    if (json_is_string(title)) {
        fputs("\n    ", stdout);
        out_text(json_string_value(title));
    }
    if (strcmp(row->state, "pending") == 0 || row->attempts > 1 || row->note != NULL) {
        printf("\n    %d tr%s", row->attempts, row->attempts == 1 ? "y" : "ies");
        if (strcmp(row->state, "pending") == 0)
            printf(", next %s",
                   out_ago(row->due_ms == BW_TIME_NONE ? BW_TIME_NONE : row->due_ms / 1000,
                           clock_now(&bw_clock_real), text));
        fputs(row->note != NULL ? ": " : "", stdout);
        out_text(row->note);
    }
    putchar('\n');
    json_decref(title);
}

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct listing *listing = ctx;

    listing->n++;
    if (!listing->ctl->json)
        print_text(row);
    else if (print_json(row) != 0)
        listing->failed = true;
    return listing->failed ? 1 : 0;
}

static bool is_state(const char *name)
{
    for (int i = 0; i <= BW_DELIVERY_DROPPED; i++) {
        if (strcmp(delivery_name((enum bw_delivery)i), name) == 0)
            return true;
    }
    return false;
}

static enum ctl_code run(struct ctl *ctl)
{
    const char *state = ctl_value(ctl, "state");
    struct listing listing = {.ctl = ctl};
    struct bw_error err = {0};
    enum ctl_code code;
    size_t limit;

    if (state != NULL && !is_state(state))
        return ctl_misuse("--state: expected pending, delivered, dead or dropped, not \"%s\"",
                          state);
    if (ctl_number(ctl, "limit", 0, SIZE_MAX / 2, &limit) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (store_list_outbox(ctl->store, state, ctl_value(ctl, "channel"), 0, limit, on_row, &listing,
                          &err) != 0)
        return ctl_store_failed(&err);
    if (listing.n == 0 && !ctl->json)
        puts("no alerts");
    return listing.failed ? CTL_FAILED : CTL_FINE;
}

const struct ctl_command cmd_alerts = {
    .name = "alerts",
    .alias = "alerts list",
    .arguments = "",
    .summary = "the outbox: pending, delivered, dead; newest first",
    .options = {{"state", "STATE", "pending, delivered, dead or dropped only"},
                {"channel", "ID", "of this channel only"},
                {"limit", "N", "at most N"}},
    .run = run,
};
