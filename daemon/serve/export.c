/* /hits.atom (RFC 4287) and /hits.csv (RFC 4180), with the filters of the hits' view. Owns nothing.
 */
#include "html.h"
#include "query.h"
#include "routes.h"

#include <inttypes.h>
#include <string.h>

static void put_event_text(struct bw_buf *out, const struct bw_hit_row *hit)
{
    for (size_t i = 0; i < hit->n_events; i++)
        buf_printf(out, "%s%s %s %s", i == 0 ? "" : ", ", hit->events[i].actor,
                   stance_name(hit->events[i].stance), hit->events[i].bloc);
}

static void put_atom_time(struct bw_buf *out, const char *element, int64_t seconds)
{
    char text[BW_TIME_TEXT];

    clock_format(seconds, text);
    if (text[0] != '\0')
        buf_printf(out, "<%s>%s</%s>", element, text, element);
}

static void put_categories(struct bw_buf *out, const struct bw_hit_row *hit)
{
    for (size_t i = 0; i < hit->n_events; i++) {
        buf_puts(out, "<category term=\"");
        html_text(out, hit->events[i].actor);
        buf_printf(out, " %s ", stance_name(hit->events[i].stance));
        html_text(out, hit->events[i].bloc);
        buf_puts(out, "\"/>");
    }
}

/* The time of an entry is when the hit was found: readers sort by it. */
static int put_entry(const struct bw_hit_row *hit, void *ctx)
{
    struct bw_buf *out = ctx;

    buf_printf(out, "<entry><id>urn:blocwatch:hit:%" PRId64 "</id><title>", hit->id);
    html_text(out, hit->title != NULL ? hit->title : "(no title)");
    buf_puts(out, "</title>");
    put_atom_time(out, "updated", hit->time_ms / 1000);
    put_atom_time(out, "published", hit->published);
    if (html_is_link(hit->link)) {
        buf_puts(out, "<link rel=\"alternate\" href=\"");
        html_text(out, hit->link);
        buf_puts(out, "\"/>");
    }
    buf_puts(out, "<author><name>");
    html_text(out, hit->source);
    buf_puts(out, "</name></author>");
    put_categories(out, hit);
    buf_puts(out, "<summary>");
    put_event_text(out, hit);
    buf_puts(out, hit->n_events > 0 && hit->summary != NULL ? " — " : "");
    html_text(out, hit->summary);
    buf_puts(out, "</summary></entry>\n");
    return 0;
}

static int note_time(const struct bw_hit_row *hit, void *ctx)
{
    *(int64_t *)ctx = hit->time_ms / 1000;
    return 1;
}

static void put_feed_head(struct serve_request *request, struct bw_buf *out, int64_t updated)
{
    const char *uri = evhttp_request_get_uri(request->http);

    buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:blocwatch:hits:");
    html_query(out, uri);
    buf_puts(out, "</id><title>Blocwatch hits</title><link rel=\"self\" href=\"");
    if (server_url(request->server) != NULL &&
        strncmp(server_url(request->server), "http", 4) == 0) {
        html_text_n(out, server_url(request->server), strlen(server_url(request->server)) - 1);
    }
    html_text(out, uri);
    buf_puts(out, "\"/><generator>Blocwatch</generator>");
    put_atom_time(out, "updated", updated);
    buf_putc(out, '\n');
}

void serve_hits_atom(struct serve_request *request)
{
    struct bw_store *store = request->server->store;
    struct bw_hit_query query, newest;
    struct bw_error err = {0};
    int64_t updated = 0;
    struct bw_buf out;

    if (serve_query_hits(request, &query) != 0)
        return;
    buf_init(&out);
    newest = query;
    newest.limit = 1;
    if (store_list_hits(store, &newest, note_time, &updated, &err) != 0)
        goto fail;
    put_feed_head(request, &out, updated);
    if (store_list_hits(store, &query, put_entry, &out, &err) != 0)
        goto fail;
    buf_puts(&out, "</feed>\n");
    serve_reply_buf(request, "application/atom+xml; charset=utf-8", &out);
    return;
fail:
    buf_clear(&out);
    serve_reply_error(request, &err);
}

/* A cell that a spreadsheet would run as a formula is kept text by a quote in front. */
static void put_cell(struct bw_buf *out, const char *text, char end)
{
    buf_putc(out, '"');
    if (text != NULL && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
        buf_putc(out, '\'');
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
    if (end == '\n')
        buf_putc(out, '\r');
    buf_putc(out, end);
}

static int put_row(const struct bw_hit_row *hit, void *ctx)
{
    char time[BW_TIME_TEXT], published[BW_TIME_TEXT];
    struct bw_buf *out = ctx, events;

    buf_init(&events);
    put_event_text(&events, hit);
    buf_printf(out, "%" PRId64 ",", hit->id);
    put_cell(out, clock_format(hit->time_ms / 1000, time), ',');
    put_cell(out, hit->rule, ',');
    put_cell(out, hit->severity, ',');
    put_cell(out, buf_text(&events), ',');
    put_cell(out, hit->source, ',');
    put_cell(out, hit->lang, ',');
    put_cell(out, clock_format(hit->published, published), ',');
    put_cell(out, hit->title, ',');
    put_cell(out, hit->link, '\n');
    buf_clear(&events);
    return 0;
}

void serve_hits_csv(struct serve_request *request)
{
    struct bw_hit_query query;
    struct bw_error err = {0};
    struct bw_buf out;

    if (serve_query_hits(request, &query) != 0)
        return;
    buf_init(&out);
    buf_puts(&out, "id,time,rule,severity,events,source,lang,published,title,link\r\n");
    if (store_list_hits(request->server->store, &query, put_row, &out, &err) != 0) {
        buf_clear(&out);
        serve_reply_error(request, &err);
        return;
    }
    serve_reply_buf(request, "text/csv; charset=utf-8", &out);
}
