/* GET hits, stories, items and the matrix, as JSON. Owns nothing. */
#include "json.h"
#include "query.h"
#include "routes.h"
#include "signals.h"

#include <inttypes.h>
#include <stdio.h>

/* A page of rows: {"data": […], "next": "cursor"}; next is null on the last page. */
struct list {
    json_t *rows;
    int64_t last_id;
    size_t limit;
};

static void reply_list(struct serve_request *request, struct list *list)
{
    char cursor[24];
    bool more = json_array_size(list->rows) == list->limit;

    snprintf(cursor, sizeof cursor, "%" PRId64, list->last_id);
    serve_reply_json(request, json_pack("{s:o, s:o}", "data", list->rows, "next",
                                        more ? json_string(cursor) : json_null()));
}

/* One row by its id, or a page. */
static void reply_rows(struct serve_request *request, struct list *list, int result,
                       const struct bw_error *err)
{
    json_t *row;

    if (result != 0) {
        json_decref(list->rows);
        serve_reply_error(request, err);
    } else if (request->rest[0] == '\0') {
        reply_list(request, list);
    } else {
        row = json_incref(json_array_get(list->rows, 0));
        json_decref(list->rows);
        if (row == NULL)
            serve_reply_problem(request, 404, "there is no %s", request->rest);
        else
            serve_reply_json(request, row);
    }
}

static int add_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct list *list = ctx;

    list->last_id = hit->id;
    return json_array_append_new(list->rows, serve_json_hit(hit));
}

void serve_api_hits(struct serve_request *request)
{
    struct bw_hit_query query;
    struct bw_error err = {0};
    struct list list;

    if (serve_query_hits(request, &query) != 0)
        return;
    list = (struct list){json_array(), 0, query.limit};
    reply_rows(request, &list,
               store_list_hits(request->server->store, &query, add_hit, &list, &err), &err);
}

static int add_story(const struct bw_story_row *story, void *ctx)
{
    struct list *list = ctx;

    list->last_id = story->id;
    return json_array_append_new(list->rows, serve_json_story(story));
}

void serve_api_stories(struct serve_request *request)
{
    struct bw_story_query query;
    struct bw_error err = {0};
    struct list list;

    if (serve_query_stories(request, &query) != 0)
        return;
    list = (struct list){json_array(), 0, query.limit};
    reply_rows(request, &list,
               store_list_stories(request->server->store, &query, add_story, &list, &err), &err);
}

static int add_item(const struct bw_item_row *item, void *ctx)
{
    struct list *list = ctx;

    list->last_id = item->id;
    return json_array_append_new(list->rows, serve_json_item(item));
}

void serve_api_items(struct serve_request *request)
{
    struct bw_item_query query;
    struct bw_error err = {0};
    struct list list;

    if (serve_query_items(request, &query) != 0)
        return;
    list = (struct list){json_array(), 0, query.limit};
    reply_rows(request, &list,
               store_list_items(request->server->store, &query, add_item, &list, &err), &err);
}

static json_t *signal_json(const struct serve_signal *signal)
{
    return json_pack("{s:s, s:I, s:o, s:I}", "stance", signal->stance, "count",
                     (json_int_t)signal->count, "last", serve_json_ms(signal->last_ms), "last_hit",
                     (json_int_t)signal->last_hit);
}

static json_t *cell_json(const struct serve_cell *cell)
{
    json_t *signals = json_array();
    const struct bw_config_standing *standing = cell->standing;

    for (size_t i = 0; i < cell->n_signals; i++)
        json_array_append_new(signals, signal_json(&cell->signals[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "actor", cell->actor, "bloc", cell->bloc,
                     "standing", serve_json_text(standing ? standing->standing : NULL), "since",
                     serve_json_text(standing ? standing->since : NULL), "source",
                     serve_json_text(standing ? standing->source : NULL), "signals", signals);
}

void serve_api_matrix(struct serve_request *request)
{
    struct serve_matrix matrix;
    struct bw_error err = {0};
    int64_t since;
    json_t *cells;

    if (serve_param_time(request, "since", &since) != 0)
        return;
    if (serve_matrix_load(request->server, since, &matrix, &err) != 0) {
        serve_reply_error(request, &err);
        return;
    }
    cells = json_array();
    for (size_t i = 0; i < matrix.n_actors * matrix.n_blocs; i++)
        json_array_append_new(cells, cell_json(&matrix.cells[i]));
    serve_matrix_clear(&matrix);
    serve_reply_json(request, json_pack("{s:o}", "data", cells));
}
