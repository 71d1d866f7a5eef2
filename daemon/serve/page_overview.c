/* The overview: the matrix of states and blocs, the timeline, the latest stories. Owns nothing. */
#include "page.h"
#include "routes.h"
#include "signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CELL_SHOWN = 3, LATEST_STORIES = 12 };

static void put_signal(struct bw_buf *out, const struct serve_cell *cell,
                       const struct serve_signal *signal, int64_t now)
{
    int direction = serve_stance_direction(signal->stance);

    buf_printf(out, "<a class=\"signal %s\" href=\"/search?actor=",
               direction > 0   ? "towards"
               : direction < 0 ? "away"
                               : "still");
    html_query(out, cell->actor);
    buf_puts(out, "&amp;bloc=");
    html_query(out, cell->bloc);
    buf_printf(out, "&amp;stance=%s\"><span aria-hidden=\"true\">%s</span> %s", signal->stance,
               direction > 0   ? "▲"
               : direction < 0 ? "▼"
                               : "●",
               signal->stance);
    if (signal->count > 1)
        buf_printf(out, " ×%zu", signal->count);
    buf_puts(out, " <small>");
    html_age(out, signal->last_ms / 1000, now);
    buf_puts(out, "</small></a>");
}

static void put_cell(struct bw_buf *out, const struct serve_cell *cell, int64_t now)
{
    const struct bw_config_standing *standing = cell->standing;

    buf_printf(out, "<td class=\"%s\">", cell->n_signals > 0 ? "has-signals" : "quiet");
    if (standing != NULL) {
        buf_puts(out, "<span class=\"standing standing-");
        html_text(out, standing->standing);
        buf_puts(out, "\" title=\"");
        html_text(out, standing->since);
        buf_puts(out, standing->since != NULL && standing->source != NULL ? ", " : "");
        html_text(out, standing->source);
        buf_puts(out, "\">");
        html_text(out, standing->standing);
        buf_puts(out, "</span>");
    } else {
        buf_puts(out, "<span class=\"standing standing-unknown\">–</span>");
    }
    for (size_t i = 0; i < cell->n_signals && i < CELL_SHOWN; i++)
        put_signal(out, cell, &cell->signals[i], now);
    if (cell->n_signals > CELL_SHOWN) {
        buf_puts(out, "<a class=\"signal more\" href=\"/search?actor=");
        html_query(out, cell->actor);
        buf_puts(out, "&amp;bloc=");
        html_query(out, cell->bloc);
        buf_printf(out, "\">%zu more</a>", cell->n_signals - CELL_SHOWN);
    }
    buf_puts(out, "</td>");
}

static void put_matrix(struct bw_buf *out, const struct serve_matrix *matrix)
{
    int64_t now = clock_now(&bw_clock_real);
    char title[64];

    buf_puts(out,
             "<section aria-labelledby=\"matrix-title\"><h2 id=\"matrix-title\">Where each state "
             "stands</h2>\n<p class=\"legend\"><span class=\"event towards\">▲ towards the "
             "bloc</span> <span class=\"event away\">▼ away from it</span> <span class=\"event "
             "still\">● no move</span> Below the known standing of each state: its "
             "latest signals.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
             "aria-labelledby=\"matrix-title\"><table class=\"matrix\"><thead><tr><th "
             "scope=\"col\">State</th>");
    for (size_t i = 0; i < matrix->n_blocs; i++) {
        buf_puts(out, "<th scope=\"col\">");
        html_text(out, matrix->blocs[i]->code);
        buf_puts(out, "</th>");
    }
    buf_puts(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < matrix->n_actors; i++) {
        serve_set_title(matrix->actors[i], title, sizeof title);
        buf_puts(out, "<tr><th scope=\"row\">");
        html_text(out, title);
        buf_puts(out, "</th>");
        for (size_t j = 0; j < matrix->n_blocs; j++)
            put_cell(out, &matrix->cells[i * matrix->n_blocs + j], now);
        buf_puts(out, "</tr>\n");
    }
    buf_puts(out, "</tbody></table></div></section>\n");
}

void serve_page_overview(struct serve_request *request)
{
    const struct bw_story_query latest = {.since_ms = BW_TIME_NONE, .limit = LATEST_STORIES};
    struct serve_matrix matrix;
    struct bw_error err = {0};
    struct bw_buf out;

    if (serve_matrix_load(request->server, BW_TIME_NONE, &matrix, &err) != 0) {
        serve_reply_error(request, &err);
        return;
    }
    buf_init(&out);
    page_begin(request, &out, "Overview", "/");
    put_matrix(&out, &matrix);
    if (page_put_timeline(request, &out, &matrix, &err) != 0)
        goto fail;
    buf_puts(&out, "<section aria-labelledby=\"latest-title\"><h2 id=\"latest-title\">Latest "
                   "stories</h2>\n");
    if (page_put_stories(request, &out, &latest, &err) != 0)
        goto fail;
    buf_puts(&out, "</section>\n");
    serve_matrix_clear(&matrix);
    page_end(request, &out);
    return;
fail:
    serve_matrix_clear(&matrix);
    buf_clear(&out);
    serve_reply_error(request, &err);
}
