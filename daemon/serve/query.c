/* Parameters to queries: since, until, rule, source, lang, actor, bloc, stance, severity, q, story,
 * limit, cursor. Owns nothing. */
#include "query.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* Codes are shown in their own case, and taken in any: ?bloc=brics. */
static const char *set_code(const struct serve_request *request, const char *name,
                            enum bw_facet facet)
{
    const char *value = serve_param(request, name);
    const struct bw_watch *watch = &request->server->config->watch;

    for (size_t i = 0; value != NULL && i < watch->n_sets; i++) {
        const struct bw_set *set = &watch->sets[i];

        if (set->facet == facet && set->code != NULL &&
            (strcasecmp(set->code, value) == 0 || strcasecmp(set->id, value) == 0))
            return set->code;
    }
    return value;
}

/* The id that ends the path, or 0. */
static int rest_id(struct serve_request *request, int64_t *id)
{
    char *end;

    *id = 0;
    if (request->rest[0] == '\0')
        return 0;
    *id = strtoll(request->rest, &end, 10);
    if (*end == '\0' && *id > 0)
        return 0;
    serve_reply_problem(request, 404, "%s: there is no such page", request->path);
    return -1;
}

static int page_of(struct serve_request *request, size_t *limit, int64_t *before)
{
    int64_t rows;

    if (serve_param_number(request, "limit", SERVE_MOST_ROWS, SERVE_PAGE_ROWS, &rows) != 0 ||
        serve_param_number(request, "cursor", INT64_MAX, 0, before) != 0)
        return -1;
    *limit = rows > 0 ? (size_t)rows : 1;
    return 0;
}

int serve_query_hits(struct serve_request *request, struct bw_hit_query *query)
{
    *query = (struct bw_hit_query){
        .rule = serve_param(request, "rule"),
        .source = serve_param(request, "source"),
        .lang = serve_param(request, "lang"),
        .actor = set_code(request, "actor", BW_FACET_ACTOR),
        .bloc = set_code(request, "bloc", BW_FACET_BLOC),
        .stance = serve_param(request, "stance"),
        .severity = serve_param(request, "severity"),
        .search = serve_param(request, "q"),
    };
    if (rest_id(request, &query->id) != 0 ||
        serve_param_number(request, "story", INT64_MAX, 0, &query->story) != 0 ||
        serve_param_time(request, "since", &query->since_ms) != 0 ||
        serve_param_time(request, "until", &query->until_ms) != 0)
        return -1;
    return page_of(request, &query->limit, &query->before_id);
}

int serve_query_items(struct serve_request *request, struct bw_item_query *query)
{
    *query = (struct bw_item_query){
        .source = serve_param(request, "source"),
        .lang = serve_param(request, "lang"),
        .search = serve_param(request, "q"),
    };
    if (rest_id(request, &query->id) != 0 ||
        serve_param_time(request, "since", &query->since_ms) != 0 ||
        serve_param_time(request, "until", &query->until_ms) != 0)
        return -1;
    return page_of(request, &query->limit, &query->before_id);
}

int serve_query_stories(struct serve_request *request, struct bw_story_query *query)
{
    *query = (struct bw_story_query){
        .actor = set_code(request, "actor", BW_FACET_ACTOR),
        .bloc = set_code(request, "bloc", BW_FACET_BLOC),
        .stance = serve_param(request, "stance"),
    };
    if (rest_id(request, &query->id) != 0 ||
        serve_param_time(request, "since", &query->since_ms) != 0)
        return -1;
    return page_of(request, &query->limit, &query->before_id);
}
