/* Search over hits and items; every filter is a parameter, so every view has its URL. Owns nothing.
 */
#include "page.h"
#include "routes.h"
#include "signals.h"

#include <inttypes.h>
#include <string.h>

static const char *const langs[] = {"en", "ru", "kk", "uz", "ky", "tg", "tk"};

static void begin_select(struct bw_buf *out, const char *name, const char *label)
{
    buf_printf(out, "<label>%s <select name=\"%s\"><option value=\"\">any</option>", label, name);
}

static void put_sets(struct serve_request *request, struct bw_buf *out, const char *name,
                     const char *label, const struct bw_set *const *sets, size_t n)
{
    char title[64];

    begin_select(out, name, label);
    for (size_t i = 0; i < n; i++) {
        serve_set_title(sets[i], title, sizeof title);
        page_put_option(out, sets[i]->code, title, serve_param(request, name));
    }
    buf_puts(out, "</select></label>\n");
}

static int put_source_option(const struct bw_serve_source *source, void *ctx)
{
    void **pair = ctx;
    const char *title = source->source->title;

    page_put_option(pair[0], source->source->id, title != NULL ? title : source->source->id,
                    pair[1]);
    return 0;
}

static void put_time_field(struct serve_request *request, struct bw_buf *out, const char *name,
                           const char *label)
{
    buf_printf(out,
               "<label>%s <input name=\"%s\" size=\"10\" placeholder=\"2024-10-16 or 7d\" "
               "value=\"",
               label, name);
    html_text(out, serve_param(request, name));
    buf_puts(out, "\"></label>\n");
}

static void put_form(struct serve_request *request, struct bw_buf *out, bool in_items)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    void *pair[2] = {out, (void *)(uintptr_t)serve_param(request, "source")};
    struct serve_matrix matrix = {0};

    serve_matrix_sets(&request->server->config->watch, &matrix);
    buf_puts(out, "<form class=\"filters\" action=\"/search\" method=\"get\" role=\"search\">\n"
                  "<label class=\"words\">Words <input type=\"search\" name=\"q\" value=\"");
    html_text(out, serve_param(request, "q"));
    buf_puts(out, "\"></label>\n<label>In <select name=\"in\">");
    page_put_option(out, "hits", "hits", in_items ? "items" : "hits");
    page_put_option(out, "items", "all items", in_items ? "items" : "hits");
    buf_puts(out, "</select></label>\n");
    put_sets(request, out, "actor", "State", matrix.actors, matrix.n_actors);
    put_sets(request, out, "bloc", "Bloc", matrix.blocs, matrix.n_blocs);
    begin_select(out, "stance", "Stance");
    for (int i = 1; i < BW_STANCES; i++)
        page_put_option(out, stance_name(i), stance_name(i), serve_param(request, "stance"));
    buf_puts(out, "</select></label>\n");
    begin_select(out, "lang", "Language");
    for (size_t i = 0; i < sizeof langs / sizeof langs[0]; i++)
        page_put_option(out, langs[i], langs[i], serve_param(request, "lang"));
    buf_puts(out, "</select></label>\n");
    begin_select(out, "source", "Source");
    hooks->each_source(put_source_option, pair, hooks->ctx);
    buf_puts(out, "</select></label>\n");
    put_time_field(request, out, "since", "Since");
    put_time_field(request, out, "until", "Until");
    buf_puts(out, "<button>Search</button></form>\n");
}

struct result_list {
    struct bw_buf *out;
    int64_t now, last_id;
    size_t rows;
};

static int put_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct result_list *list = ctx;

    list->rows++;
    list->last_id = hit->id;
    page_put_hit(list->out, hit, list->now);
    return 0;
}

static int put_item(const struct bw_item_row *item, void *ctx)
{
    struct result_list *list = ctx;
    struct bw_buf *out = list->out;
    int64_t when = item->published != BW_TIME_NONE ? item->published : item->seen_ms / 1000;

    list->rows++;
    list->last_id = item->id;
    buf_puts(out, "<article class=\"item\"><h3");
    page_put_lang(out, item->lang);
    buf_putc(out, '>');
    html_link(out, item->link, item->title != NULL ? item->title : "(no title)");
    buf_puts(out, "</h3>");
    if (item->summary != NULL) {
        buf_puts(out, "<p class=\"summary\"");
        page_put_lang(out, item->lang);
        buf_putc(out, '>');
        html_text(out, item->summary);
        buf_puts(out, "</p>");
    }
    buf_puts(out, "<p class=\"meta\">");
    html_text(out, item->source);
    buf_puts(out, " · ");
    html_time(out, when);
    if (item->n_hits > 0)
        buf_printf(out, " · %zu hit%s", item->n_hits, item->n_hits == 1 ? "" : "s");
    buf_puts(out, "</p></article>\n");
    return 0;
}

/* 0 with *limit, 1 when the request has been answered already, -1 with `err`. */
static int put_results(struct serve_request *request, struct result_list *list, bool in_items,
                       size_t *limit, struct bw_error *err)
{
    struct bw_item_query items;
    struct bw_hit_query hits;

    if (in_items) {
        if (serve_query_items(request, &items) != 0)
            return 1;
        *limit = items.limit;
        return store_list_items(request->server->store, &items, put_item, list, err);
    }
    if (serve_query_hits(request, &hits) != 0)
        return 1;
    *limit = hits.limit;
    return store_list_hits(request->server->store, &hits, put_hit, list, err);
}

void serve_page_search(struct serve_request *request)
{
    const char *in = serve_param(request, "in");
    bool in_items = in != NULL && strcmp(in, "items") == 0;
    struct result_list list = {NULL, clock_now(&bw_clock_real), 0, 0};
    struct bw_error err = {0};
    size_t limit = 0;
    struct bw_buf out;
    int result;

    buf_init(&out);
    list.out = &out;
    page_begin(request, &out, "Search", "/search");
    put_form(request, &out, in_items);
    result = put_results(request, &list, in_items, &limit, &err);
    if (result != 0) {
        buf_clear(&out);
        if (result < 0)
            serve_reply_error(request, &err);
        return;
    }
    if (list.rows == 0)
        buf_puts(&out, "<p>Nothing found.</p>\n");
    else if (list.rows == limit)
        page_put_older(request, &out, "/search", list.last_id);
    page_end(request, &out);
}
