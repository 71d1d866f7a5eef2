/* The timeline: signals by week and state as an SVG. Owns nothing. */
#include "page.h"
#include "signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WEEKS = 26,
    LEFT = 110, /* for the states' names */
    STEP = 30,  /* pixels a week */
    ROW = 46,   /* pixels a state */
    TOP = 10,
    BOTTOM = 34, /* for the months */
};
static const int64_t week_ms = 7LL * 86400 * 1000;

/* What each week of each state holds, by stance. */
struct timeline {
    const struct serve_matrix *matrix;
    int64_t first_ms; /* Monday of the first week */
    unsigned counts[SERVE_MOST_ACTORS][WEEKS][BW_STANCES];
};

static int add_row(const struct bw_signal_row *row, void *ctx)
{
    struct timeline *timeline = ctx;
    int64_t week = (row->week_ms - timeline->first_ms) / week_ms;
    int stance = stance_parse(row->stance);

    for (size_t i = 0; i < timeline->matrix->n_actors; i++) {
        if (strcmp(timeline->matrix->actors[i]->code, row->actor) == 0 && week >= 0 &&
            week < WEEKS && stance >= 0)
            timeline->counts[i][week][stance] += (unsigned)row->count;
    }
    return 0;
}

/* The Monday before, at midnight UTC; 1970-01-05 was one. */
static int64_t monday_of(int64_t ms)
{
    const int64_t first = 4LL * 86400 * 1000;

    return ms - (ms - first) % week_ms;
}

static int radius(unsigned count)
{
    return count >= 50 ? 9 : count >= 10 ? 7 : count >= 3 ? 5 : 4;
}

/* One circle for all stances of a direction: +1 towards, 0 neither, -1 away. */
static void put_circle(struct bw_buf *out, const struct timeline *timeline, size_t actor, int week,
                       int direction)
{
    static const char *const classes[] = {"away", "still", "towards"};
    const unsigned *counts = timeline->counts[actor][week];
    const char *code = timeline->matrix->actors[actor]->code;
    time_t when = (time_t)((timeline->first_ms + week * week_ms) / 1000);
    unsigned sum = 0;
    char day[16];
    struct tm tm;

    for (int i = 0; i < BW_STANCES; i++)
        sum += serve_stance_direction(stance_name(i)) == direction ? counts[i] : 0;
    if (sum == 0)
        return;
    gmtime_r(&when, &tm);
    strftime(day, sizeof day, "%Y-%m-%d", &tm);
    buf_printf(out,
               "<a href=\"/search?actor=%s&amp;since=%s\"><circle class=\"%s\" cx=\"%d\" cy=\"%d\" "
               "r=\"%d\"><title>%s, week of %s:",
               code, day, classes[direction + 1], LEFT + week * STEP + STEP / 2,
               TOP + (int)actor * ROW + ROW / 2 - direction * 14, radius(sum), code, day);
    for (int i = 0; i < BW_STANCES; i++) {
        if (counts[i] > 0 && serve_stance_direction(stance_name(i)) == direction)
            buf_printf(out, " %s %u", stance_name(i), counts[i]);
    }
    buf_puts(out, "</title></circle></a>");
}

static void put_months(struct bw_buf *out, const struct timeline *timeline, int height)
{
    int last_month = -1;

    for (int week = 0; week < WEEKS; week++) {
        time_t when = (time_t)((timeline->first_ms + week * week_ms) / 1000);
        char month[16];
        struct tm tm;

        gmtime_r(&when, &tm);
        if (tm.tm_mon == last_month)
            continue;
        last_month = tm.tm_mon;
        strftime(month, sizeof month, tm.tm_mon == 0 ? "%b %Y" : "%b", &tm);
        buf_printf(out,
                   "<line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/><text "
                   "class=\"month\" x=\"%d\" y=\"%d\">%s</text>",
                   LEFT + week * STEP, TOP, LEFT + week * STEP, height - BOTTOM + 6,
                   LEFT + week * STEP + 3, height - 12, month);
    }
}

static void put_svg(struct bw_buf *out, const struct timeline *timeline)
{
    const struct serve_matrix *matrix = timeline->matrix;
    int width = LEFT + WEEKS * STEP + 10, height = TOP + (int)matrix->n_actors * ROW + BOTTOM;
    char title[64];

    buf_printf(out,
               "<svg class=\"timeline\" viewBox=\"0 0 %d %d\" role=\"group\" "
               "aria-label=\"Signals by week and state\">",
               width, height);
    put_months(out, timeline, height);
    for (size_t i = 0; i < matrix->n_actors; i++) {
        serve_set_title(matrix->actors[i], title, sizeof title);
        buf_printf(out, "<text class=\"state\" x=\"4\" y=\"%d\">",
                   TOP + (int)i * ROW + ROW / 2 + 5);
        html_text(out, title);
        buf_printf(out, "</text><line class=\"grid\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
                   LEFT, TOP + (int)(i + 1) * ROW, width, TOP + (int)(i + 1) * ROW);
        for (int week = 0; week < WEEKS; week++)
            for (int direction = -1; direction <= 1; direction++)
                put_circle(out, timeline, i, week, direction);
    }
    buf_puts(out, "</svg>");
}

/* The newest signal decides: a quiet half year would show nothing. */
static int64_t last_week(const struct serve_matrix *matrix)
{
    int64_t newest = BW_TIME_NONE;

    for (size_t i = 0; i < matrix->n_actors * matrix->n_blocs; i++) {
        const struct serve_cell *cell = &matrix->cells[i];

        if (cell->n_signals > 0 && cell->signals[0].last_ms > newest)
            newest = cell->signals[0].last_ms;
    }
    return monday_of(newest != BW_TIME_NONE ? newest : clock_now_ms(&bw_clock_real));
}

int page_put_timeline(struct serve_request *request, struct bw_buf *out,
                      const struct serve_matrix *matrix, struct bw_error *err)
{
    struct timeline *timeline = calloc(1, sizeof *timeline);
    int result = -1;

    if (timeline == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    timeline->matrix = matrix;
    timeline->first_ms = last_week(matrix) - (WEEKS - 1) * week_ms;
    if (store_list_signals(request->server->store, timeline->first_ms, add_row, timeline, err) ==
        0) {
        buf_puts(out, "<section aria-labelledby=\"timeline-title\"><h2 "
                      "id=\"timeline-title\">Half a year of signals, to ");
        html_time(out, (timeline->first_ms + WEEKS * week_ms) / 1000 - 1);
        buf_puts(
            out,
            "</h2>\n<p class=\"legend\">Above each line moves towards a bloc, below it moves "
            "away; the larger, the more.</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
            "aria-labelledby=\"timeline-title\">");
        put_svg(out, timeline);
        buf_puts(out, "</div></section>\n");
        result = 0;
    }
    free(timeline);
    return result;
}
