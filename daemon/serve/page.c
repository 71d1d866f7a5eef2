/* The frame of every page and the pieces that views share. Owns nothing. */
#include "page.h"

#include "routes.h"
#include "signals.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

static const struct {
    const char *path, *title;
} views[] = {
    {"/", "Overview"},       {"/stories", "Stories"}, {"/search", "Search"},
    {"/sources", "Sources"}, {"/alerts", "Alerts"},   {"/rules", "Rules"},
};

void page_begin(struct serve_request *request, struct bw_buf *out, const char *title,
                const char *here)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_text(out, title);
    buf_puts(out, " – Blocwatch</title>\n<link rel=\"stylesheet\" href=\"/assets/style.css\">\n"
                  "<link rel=\"icon\" href=\"/assets/icon.svg\" type=\"image/svg+xml\">\n"
                  "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Hits\" "
                  "href=\"/hits.atom\">\n<script src=\"/assets/app.js\" defer></script>\n"
                  "</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n"
                  "<header><p class=\"brand\"><a href=\"/\">Blocwatch</a></p>\n"
                  "<nav aria-label=\"Views\"><ul>");
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
        buf_printf(out, "<li><a href=\"%s\"%s>%s</a></li>", views[i].path,
                   strcmp(views[i].path, here) == 0 ? " aria-current=\"page\"" : "",
                   views[i].title);
    buf_puts(out, "</ul></nav></header>\n<p id=\"live\" role=\"status\" aria-live=\"polite\"></p>\n"
                  "<main id=\"main\">\n<h1>");
    html_text(out, title);
    buf_puts(out, "</h1>\n");
    (void)request;
}

void page_end(struct serve_request *request, struct bw_buf *out)
{
    buf_puts(out, "</main>\n<footer><p>Blocwatch " BLOCWATCH_VERSION
                  " · <a href=\"/hits.atom\">Atom</a> · <a href=\"/hits.csv\">CSV</a> · "
                  "<a href=\"/api/v1/hits\">JSON</a> · <a href=\"/metrics\">metrics</a>"
                  "</p></footer>\n</body>\n</html>\n");
    serve_reply_buf(request, "text/html; charset=utf-8", out);
}

void page_put_hidden(struct serve_request *request, struct bw_buf *out, const char *back)
{
    buf_printf(out, "<input type=\"hidden\" name=\"csrf\" value=\"%s\">",
               request->server->access.csrf);
    buf_puts(out, "<input type=\"hidden\" name=\"back\" value=\"");
    html_text(out, back);
    buf_puts(out, "\">");
}

void page_put_lang(struct bw_buf *out, const char *lang)
{
    if (lang != NULL) {
        buf_puts(out, " lang=\"");
        html_text(out, lang);
        buf_putc(out, '"');
    }
    buf_puts(out, " dir=\"auto\"");
}

static int by_start(const void *a, const void *b)
{
    const struct bw_span *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

/* A byte in the middle of a character of UTF-8. */
static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void page_put_marked(struct bw_buf *out, const struct bw_hit_row *hit, enum bw_field field)
{
    const char *text = field == BW_FIELD_TITLE ? hit->title : hit->summary;
    struct bw_span *spans = calloc(hit->n_matched + 1, sizeof *spans);
    size_t len = text == NULL ? 0 : strlen(text), n = 0, done = 0;

    for (size_t i = 0; spans != NULL && i < hit->n_matched; i++) {
        if (hit->matched[i].span.field == field)
            spans[n++] = hit->matched[i].span;
    }
    if (n > 1)
        qsort(spans, n, sizeof *spans, by_start);
    for (size_t i = 0; i < n; i++) {
        size_t start = spans[i].start, end = start + spans[i].len;

        if (start < done || end > len || end == start || is_inside(text[start]) ||
            is_inside(text[end]))
            continue; /* overlaps what is marked, or the item has been edited since */
        html_text_n(out, text + done, start - done);
        buf_puts(out, "<mark>");
        html_text_n(out, text + start, end - start);
        buf_puts(out, "</mark>");
        done = end;
    }
    if (len > done)
        html_text_n(out, text + done, len - done);
    free(spans);
}

void page_put_event(struct bw_buf *out, const char *actor, const char *stance, const char *bloc,
                    const char *certainty)
{
    int direction = serve_stance_direction(stance);

    buf_printf(out, "<span class=\"event %s\">",
               direction > 0   ? "towards"
               : direction < 0 ? "away"
                               : "still");
    html_text(out, actor);
    buf_printf(out, " <span aria-hidden=\"true\">%s</span> %s ",
               direction > 0   ? "▲"
               : direction < 0 ? "▼"
                               : "●",
               stance);
    html_text(out, bloc);
    if (certainty != NULL && strcmp(certainty, "stated") != 0)
        buf_printf(out, " <small>(%s)</small>", certainty);
    buf_puts(out, "</span> ");
}

void page_put_hit(struct bw_buf *out, const struct bw_hit_row *hit, int64_t now)
{
    buf_printf(out, "<article class=\"hit\" id=\"hit-%" PRId64 "\"><h3", hit->id);
    page_put_lang(out, hit->lang);
    buf_printf(out, "><a href=\"/hits/%" PRId64 "\">", hit->id);
    if (hit->title != NULL)
        page_put_marked(out, hit, BW_FIELD_TITLE);
    else
        buf_puts(out, "(no title)");
    buf_puts(out, "</a></h3><p class=\"events\">");
    for (size_t i = 0; i < hit->n_events; i++)
        page_put_event(out, hit->events[i].actor, stance_name(hit->events[i].stance),
                       hit->events[i].bloc, certainty_name(hit->events[i].certainty));
    buf_puts(out, "</p>");
    if (hit->summary != NULL) {
        buf_puts(out, "<p class=\"summary\"");
        page_put_lang(out, hit->lang);
        buf_putc(out, '>');
        page_put_marked(out, hit, BW_FIELD_SUMMARY);
        buf_puts(out, "</p>");
    }
    buf_puts(out, "<p class=\"meta\">");
    html_link(out, hit->link, hit->source);
    buf_puts(out, " · ");
    html_time(out, hit->published != BW_TIME_NONE ? hit->published : hit->time_ms / 1000);
    buf_puts(out, " · ");
    html_age(out, hit->published != BW_TIME_NONE ? hit->published : hit->time_ms / 1000, now);
    buf_puts(out, " · ");
    html_text(out, hit->rule);
    buf_puts(out, "</p></article>\n");
}

static bool is_cursor(const char *name)
{
    return strcmp(name, "cursor") == 0 || strcmp(name, "csrf") == 0;
}

void page_put_older(struct serve_request *request, struct bw_buf *out, const char *path,
                    int64_t cursor)
{
    const struct evkeyval *pair;

    buf_printf(out, "<p class=\"older\"><a rel=\"next\" href=\"%s?cursor=%" PRId64, path, cursor);
    TAILQ_FOREACH(pair, &request->query, next)
    {
        if (pair->value[0] == '\0' || is_cursor(pair->key))
            continue;
        buf_puts(out, "&amp;");
        html_query(out, pair->key);
        buf_putc(out, '=');
        html_query(out, pair->value);
    }
    buf_puts(out, "\">Older</a></p>\n");
}

void page_put_option(struct bw_buf *out, const char *value, const char *title, const char *chosen)
{
    buf_puts(out, "<option value=\"");
    html_text(out, value);
    buf_printf(out, "\"%s>", chosen != NULL && strcmp(chosen, value) == 0 ? " selected" : "");
    html_text(out, title);
    buf_puts(out, "</option>");
}

void serve_asset_get(struct serve_request *request)
{
    for (size_t i = 0; i < serve_n_assets; i++) {
        const struct serve_asset *asset = &serve_assets[i];

        if (strcmp(asset->path, request->rest) == 0) {
            serve_reply(request, 200, asset->type, (const char *)asset->data, asset->len);
            return;
        }
    }
    serve_reply_problem(request, 404, "%s: there is no such page", request->path);
}
