/* Rules, and the box to try a text against them. Owns nothing. */
#include "page.h"
#include "routes.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    const struct bw_rule *rule;
    int64_t hits, last_ms;
};

static int find_count(const struct bw_rule_count *row, void *ctx)
{
    struct counts *counts = ctx;

    if (strcmp(row->rule, counts->rule->id) != 0)
        return 0;
    counts->hits = row->hits;
    counts->last_ms = row->last_ms;
    return 1;
}

static void put_list(struct bw_buf *out, const char *label, const char **values, size_t n)
{
    buf_printf(out, "%s: ", label);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, i == 0 ? "" : ", ");
        html_text(out, values[i]);
    }
    buf_puts(out, n == 0 ? "any<br>" : "<br>");
}

static void put_pattern(struct bw_buf *out, const struct bw_rule *rule)
{
    if (rule->query != NULL) {
        buf_puts(out, "<code>");
        html_text(out, rule->query);
        buf_puts(out, "</code><br>");
    }
    if (rule->has_event) {
        put_list(out, "who", rule->actors, rule->n_actors);
        put_list(out, "did what", rule->stances, rule->n_stances);
        put_list(out, "towards", rule->blocs, rule->n_blocs);
    }
}

static int put_rules(struct serve_request *request, struct bw_buf *out, struct bw_error *err)
{
    const struct bw_watch *watch = &request->server->config->watch;

    buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                  "aria-label=\"Rules\"><table><thead><tr><th scope=\"col\">Rule</th><th "
                  "scope=\"col\">Severity</th><th scope=\"col\">Looks for</th><th "
                  "scope=\"col\">Hits</th><th scope=\"col\">Last</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < watch->n_rules; i++) {
        const struct bw_rule *rule = &watch->rules[i];
        struct counts counts = {rule, 0, BW_TIME_NONE};

        if (store_list_rule_counts(request->server->store, find_count, &counts, err) != 0)
            return -1;
        buf_puts(out, "<tr><th scope=\"row\">");
        html_text(out, rule->title != NULL ? rule->title : rule->id);
        buf_puts(out, "<br><small>");
        html_text(out, rule->id);
        buf_printf(out, "%s</small></th><td>%s</td><td>", rule->enabled ? "" : " (disabled)",
                   severity_name(rule->severity));
        put_pattern(out, rule);
        buf_printf(out, "</td><td class=\"number\">%" PRId64 "</td><td>", counts.hits);
        html_time(out, counts.last_ms == BW_TIME_NONE ? BW_TIME_NONE : counts.last_ms / 1000);
        buf_puts(out, "</td></tr>\n");
    }
    buf_puts(out, "</tbody></table></div>\n");
    return 0;
}

static void put_try_form(struct serve_request *request, struct bw_buf *out)
{
    buf_puts(out, "<section aria-labelledby=\"try-title\"><h2 id=\"try-title\">Try a text</h2>\n"
                  "<form class=\"try\" method=\"post\" action=\"/rules\">");
    page_put_hidden(request, out, "/rules");
    buf_puts(out, "<label>Title <input name=\"title\" value=\"");
    html_text(out, serve_param(request, "title"));
    buf_puts(out, "\"></label>\n<label>Text <textarea name=\"summary\" rows=\"4\">");
    html_text(out, serve_param(request, "summary"));
    buf_puts(out, "</textarea></label>\n<button>Try</button></form>\n");
}

static void put_tried_event(struct bw_buf *out, json_t *event)
{
    const char *sentence = json_string_value(json_object_get(event, "sentence"));
    const char *why = json_string_value(json_object_get(event, "why"));
    const char *stance = json_string_value(json_object_get(event, "stance"));

    buf_puts(out, "<p>");
    page_put_event(out, json_string_value(json_object_get(event, "actor")),
                   stance != NULL ? stance : "none",
                   json_string_value(json_object_get(event, "bloc")),
                   json_string_value(json_object_get(event, "certainty")));
    buf_puts(out, "</p><blockquote dir=\"auto\">");
    html_text(out, sentence);
    buf_puts(out, "</blockquote><p>");
    html_text(out, why);
    buf_puts(out, "</p>");
}

static void put_tried(struct bw_buf *out, json_t *answer)
{
    json_t *hits = json_object_get(answer, "hits"), *hit, *event;
    size_t i, j;

    if (json_array_size(hits) == 0)
        buf_puts(out, "<p role=\"status\">No rule hits this text.</p>\n");
    json_array_foreach(hits, i, hit)
    {
        buf_puts(out, "<div class=\"why\"><h3>");
        html_text(out, json_string_value(json_object_get(hit, "rule")));
        buf_puts(out, "</h3>");
        json_array_foreach(json_object_get(hit, "events"), j, event) put_tried_event(out, event);
        buf_puts(out, "<p>Matched: ");
        json_array_foreach(json_object_get(hit, "matched"), j, event)
        {
            buf_puts(out, j == 0 ? "<mark>" : " <mark>");
            html_text(out, json_string_value(event));
            buf_puts(out, "</mark>");
        }
        buf_puts(out, "</p></div>\n");
    }
}

static void reply_rules(struct serve_request *request, json_t *answer)
{
    struct bw_error err = {0};
    struct bw_buf out;

    buf_init(&out);
    page_begin(request, &out, "Rules", "/rules");
    put_try_form(request, &out);
    if (answer != NULL)
        put_tried(&out, answer);
    buf_puts(&out, "</section>\n<h2>Rules</h2>\n");
    if (put_rules(request, &out, &err) != 0) {
        buf_clear(&out);
        serve_reply_error(request, &err);
        return;
    }
    page_end(request, &out);
}

void serve_page_rules(struct serve_request *request)
{
    reply_rules(request, NULL);
}

static void on_tried(struct serve_request *request, const char *json)
{
    json_t *answer = json_loads(json, 0, NULL);

    reply_rules(request, answer);
    json_decref(answer);
}

void serve_page_rules_try(struct serve_request *request)
{
    serve_try_item(request, on_tried);
}
