/* Sources and alerts: whether the machinery works, and what waits. Owns nothing. */
#include "page.h"
#include "routes.h"
#include "spark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OUTBOX_ROWS = 100 };

struct source_list {
    struct serve_request *request;
    struct bw_buf *out;
    const struct sparks *sparks;
    int64_t now;
};

static void put_due(struct bw_buf *out, const struct bw_source_state *state, int64_t now)
{
    char left[BW_TIME_TEXT];

    if (state->next_due > now)
        buf_printf(out, "in %s", clock_format_duration(state->next_due - now, left));
    else
        buf_puts(out, "now");
    if (state->due_rule != NULL) {
        buf_puts(out, " <small>by ");
        html_text(out, state->due_rule);
        buf_puts(out, "</small>");
    }
}

static void put_poll_button(struct serve_request *request, struct bw_buf *out, const char *source)
{
    buf_puts(out, "<form method=\"post\" action=\"/api/v1/sources/poll\">");
    page_put_hidden(request, out, "/sources");
    buf_puts(out, "<input type=\"hidden\" name=\"source\" value=\"");
    html_text(out, source);
    buf_puts(out, "\"><button aria-label=\"Poll ");
    html_text(out, source);
    buf_puts(out, " now\">Poll now</button></form>");
}

static int put_source(const struct bw_serve_source *row, void *ctx)
{
    struct source_list *list = ctx;
    struct bw_buf *out = list->out;
    const struct bw_source_state *state = row->state;
    enum bw_health health = !row->source->enabled ? BW_HEALTH_DISABLED
                            : state == NULL       ? BW_HEALTH_NEW
                                                  : state->health;

    buf_puts(out, "<tr><th scope=\"row\">");
    html_link(out, row->source->url,
              row->source->title != NULL ? row->source->title : row->source->id);
    buf_puts(out, "<br><small>");
    html_text(out, row->source->id);
    buf_printf(out, "</small></th><td><span class=\"health health-%s\">%s</span>",
               health_name(health), health_name(health));
    if (state != NULL && state->why != NULL) {
        buf_puts(out, "<br><small>");
        html_text(out, state->why);
        buf_puts(out, "</small>");
    }
    buf_puts(out, "</td><td>");
    if (state == NULL) {
        buf_puts(out, "</td><td></td><td class=\"number\"></td><td class=\"number\"></td><td>");
    } else {
        html_age(out, state->last_poll, list->now);
        if (state->last_status != 0)
            buf_printf(out, " <small>%" PRId32 "</small>", state->last_status);
        buf_puts(out, "</td><td>");
        put_due(out, state, list->now);
        buf_printf(out,
                   "</td><td class=\"number\">%" PRId64 "</td><td class=\"number\">%" PRId32
                   "</td><td>",
                   state->items, state->failures);
    }
    sparks_put(list->sparks, out, row->source->id);
    buf_puts(out, "</td><td>");
    put_poll_button(list->request, out, row->source->id);
    buf_puts(out, "</td></tr>\n");
    return 0;
}

void serve_page_sources(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    struct bw_error err = {0};
    struct sparks *sparks = sparks_load(request->server->store, &err);
    struct bw_buf out;
    struct source_list list = {request, &out, sparks, clock_now(&bw_clock_real)};

    if (sparks == NULL) {
        serve_reply_error(request, &err);
        return;
    }
    buf_init(&out);
    page_begin(request, &out, "Sources", "/sources");
    buf_puts(&out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                   "aria-label=\"Sources\"><table><thead><tr><th scope=\"col\">Source</th><th "
                   "scope=\"col\">State</th><th scope=\"col\">Last poll</th><th "
                   "scope=\"col\">Next</th><th scope=\"col\">Items</th><th "
                   "scope=\"col\">Failures</th><th scope=\"col\">Rhythm</th><th "
                   "scope=\"col\">Do</th></tr></thead><tbody>\n");
    hooks->each_source(put_source, &list, hooks->ctx);
    buf_puts(&out, "</tbody></table></div>\n");
    sparks_free(sparks);
    page_end(request, &out);
}

struct outbox_list {
    struct serve_request *request;
    struct bw_buf *out;
    size_t rows;
};

static void put_replay_button(struct outbox_list *list, int64_t alert)
{
    buf_puts(list->out, "<form method=\"post\" action=\"/api/v1/alerts/replay\">");
    page_put_hidden(list->request, list->out, "/alerts");
    buf_printf(list->out,
               "<input type=\"hidden\" name=\"alert\" value=\"%" PRId64 "\"><button "
               "aria-label=\"Replay alert %" PRId64 "\">Replay</button></form>",
               alert, alert);
}

static int put_outbox(const struct bw_outbox_row *row, void *ctx)
{
    struct outbox_list *list = ctx;
    struct bw_buf *out = list->out;

    list->rows++;
    buf_printf(out, "<tr><td class=\"number\">%" PRId64 "</td><td>", row->alert);
    html_text(out, row->kind);
    buf_puts(out, "</td><td>");
    html_text(out, row->rule);
    buf_puts(out, "</td><td>");
    html_text(out, row->channel);
    buf_puts(out, "</td><td><span class=\"delivery delivery-");
    html_text(out, row->state);
    buf_puts(out, "\">");
    html_text(out, row->state);
    buf_printf(out, "</span></td><td class=\"number\">%d</td><td>", row->attempts);
    html_time(out, row->created_ms / 1000);
    buf_puts(out, "</td><td>");
    html_text(out, row->note);
    buf_puts(out, "</td><td>");
    if (strcmp(row->state, "dead") == 0)
        put_replay_button(list, row->alert);
    buf_puts(out, "</td></tr>\n");
    return 0;
}

static int put_silence(const struct bw_silence *silence, void *ctx)
{
    struct bw_buf *out = ctx;

    buf_puts(out, "<li><code>");
    html_text(out, silence->matchers);
    buf_puts(out, "</code> until ");
    html_time(out, silence->ends_ms / 1000);
    if (silence->comment != NULL && silence->comment[0] != '\0') {
        buf_puts(out, ": ");
        html_text(out, silence->comment);
    }
    buf_puts(out, "</li>\n");
    return 0;
}

static int put_silences(struct serve_request *request, struct bw_buf *out, struct bw_error *err)
{
    buf_puts(out, "<h2>Silences</h2>\n<ul class=\"silences\">");
    if (store_list_silences(request->server->store, clock_now_ms(&bw_clock_real), put_silence, out,
                            err) != 0)
        return -1;
    buf_puts(out, "</ul>\n<form class=\"filters\" method=\"post\" action=\"/api/v1/silences\">");
    page_put_hidden(request, out, "/alerts");
    buf_puts(out,
             "<label class=\"words\">Silence alerts that match <input name=\"matchers\" required "
             "placeholder=\"actor=KZ bloc=BRICS\"></label>\n<label>Minutes <input name=\"minutes\" "
             "type=\"number\" min=\"1\" value=\"60\" required></label>\n<label>Why <input "
             "name=\"comment\"></label>\n<button>Silence</button></form>\n");
    return 0;
}

void serve_page_alerts(struct serve_request *request)
{
    struct bw_store_counts counts;
    struct bw_error err = {0};
    struct bw_buf out;
    struct outbox_list list = {request, &out, 0};

    buf_init(&out);
    page_begin(request, &out, "Alerts", "/alerts");
    if (store_count(request->server->store, &counts, &err) != 0)
        goto fail;
    buf_printf(&out,
               "<p>%" PRId64 " delivered, %" PRId64 " waiting, %" PRId64 " given up. Of %" PRId64
               " hits %" PRId64 " alerted, %" PRId64 " grouped, %" PRId64 " silenced, %" PRId64
               " suppressed, %" PRId64 " not decided.</p>\n",
               counts.delivered, counts.pending, counts.dead, counts.hits,
               counts.fates[BW_FATE_ALERTED], counts.fates[BW_FATE_GROUPED],
               counts.fates[BW_FATE_SILENCED], counts.fates[BW_FATE_SUPPRESSED],
               counts.fates[BW_FATE_PENDING]);
    if (put_silences(request, &out, &err) != 0)
        goto fail;
    buf_puts(&out, "<h2>Outbox</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                   "aria-label=\"Outbox\"><table><thead><tr><th scope=\"col\">Alert</th><th "
                   "scope=\"col\">Kind</th><th scope=\"col\">Rule</th><th "
                   "scope=\"col\">Channel</th><th scope=\"col\">State</th><th "
                   "scope=\"col\">Tries</th><th scope=\"col\">Raised</th><th "
                   "scope=\"col\">Last words</th><th scope=\"col\">Do</th></tr></thead><tbody>\n");
    if (store_list_outbox(request->server->store, serve_param(request, "state"),
                          serve_param(request, "channel"), 0, OUTBOX_ROWS, put_outbox, &list,
                          &err) != 0)
        goto fail;
    buf_puts(&out, "</tbody></table></div>\n");
    page_end(request, &out);
    return;
fail:
    buf_clear(&out);
    serve_reply_error(request, &err);
}
