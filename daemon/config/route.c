/* `route:`, a tree: who gets which alerts, and when. Owns nothing. */
#include "schema.h"
#include "units.h"
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ZONES "/usr/share/zoneinfo"
enum { MOST_ROUTES = 10000 }; /* aliases can make many of little text */

WORDS(group_words, "rule", "severity", "actor", "bloc", "stance", "source", "lang", "certainty",
      "story")
WORDS(update_words, "stance", "confirmed", "corrected", "retracted")

#define O(member) offsetof(struct bw_config_route, member)
/* A struct bw_config_list: its values, and how many. */
#define LIST(member) O(member.values), O(member.n) // NOLINT(bugprone-macro-parentheses)
#define DAYS(n) ((int64_t)86400 * (n))

static void field_updates(struct reader *r, const struct field *field, yaml_node_t *node,
                          void *base)
{
    struct bw_config_route *route = base;

    route->has_updates = true;
    type_list(r, field, node, base);
}

static void field_times(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    struct bw_config_route *route = base;

    type_list(r, field, node, base);
    for (size_t i = 0; i < route->digest_at.n; i++) {
        if (!units_is_time_of_day(route->digest_at.values[i]))
            schema_error(r, node, field->key,
                         "expected times of day such as [\"07:30\"], not \"%s\"",
                         route->digest_at.values[i]);
    }
}

/* Checked against the machine's zones, where it has them. */
static void field_zone(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = yamldoc_text(node);
    char path[256];

    if (text != NULL && strcmp(text, "UTC") != 0 && access(ZONES, R_OK) == 0) {
        int len = snprintf(path, sizeof path, ZONES "/%s", text);

        if (text[0] == '\0' || text[0] == '/' || strstr(text, "..") != NULL ||
            len >= (int)sizeof path || access(path, R_OK) != 0) {
            schema_error(r, node, field->key,
                         "expected an IANA time zone such as Asia/Almaty, not \"%s\"", text);
            return;
        }
    }
    type_text(r, field, node, base);
}

static const struct field quiet_fields[] = {
    FIELD("from", type_time, O(quiet_from), .required = true),
    FIELD("to", type_time, O(quiet_to), .required = true),
    FIELD("override", type_word, O(quiet_override), .allowed = words_severity),
    FIELD_END,
};
static const struct field rate_fields[] = {
    FIELD("limit", type_int, O(rate_limit), .max = 1000000, .required = true),
    FIELD("period", type_seconds, O(rate_period), .min = 1, .max = DAYS(31), .required = true),
    FIELD_END,
};

static type_fn field_routes;

static const struct field route_fields[] = {
    FIELD_LIST("rule", type_list_any, LIST(rule)),
    FIELD_LIST("severity", type_list_any, LIST(severity), .allowed = words_severity),
    FIELD_LIST("actor", type_list_any, LIST(actor)),
    FIELD_LIST("bloc", type_list_any, LIST(bloc)),
    FIELD_LIST("stance", type_list_any, LIST(stance), .allowed = words_stance),
    FIELD_LIST("source", type_list_any, LIST(source)),
    FIELD_LIST("lang", type_list_any, LIST(lang)),
    FIELD_LIST("certainty", type_list_any, LIST(certainty), .allowed = words_certainty),
    FIELD_LIST("channels", type_list, LIST(channels)),
    FIELD_LIST("group_by", type_list, LIST(group_by), .allowed = group_words),
    FIELD_LIST("updates", field_updates, LIST(updates), .allowed = update_words),
    FIELD("group_wait", type_seconds, O(group_wait), .max = DAYS(7)),
    FIELD("group_interval", type_seconds, O(group_interval), .max = DAYS(7)),
    FIELD_LIST("digest_at", field_times, LIST(digest_at)),
    FIELD("time_zone", field_zone, O(time_zone)),
    FIELD("quiet", type_map, 0, .fields = quiet_fields),
    FIELD("rate", type_map, 0, .fields = rate_fields),
    FIELD("continue", type_bool, O(keep_going)),
    FIELD("routes", field_routes, 0),
    FIELD_END,
};

void route_defaults(struct bw_config_route *route)
{
    *route = (struct bw_config_route){.group_wait = -1, .group_interval = -1, .rate_limit = -1};
}

static void field_routes(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    struct bw_config_route *route = base, *child;
    struct loader *loader = r->loader;
    const char *outer = r->subject;
    size_t n;

    if (node->type != YAML_SEQUENCE_NODE) {
        schema_error(r, node, field->key, "expected a list of routes, not %s", yamldoc_kind(node));
        return;
    }
    n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (loader->n_routes + n > MOST_ROUTES) {
        if (loader->n_routes <= MOST_ROUTES)
            schema_error(r, node, field->key, "expected at most %d routes in all", MOST_ROUTES);
        loader->n_routes = MOST_ROUTES + 1;
        return;
    }
    loader->n_routes += n;
    route->routes = arena_calloc(loader->arena, n + 1, sizeof *route->routes);
    if (route->routes == NULL) {
        loader->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = yamldoc_node(r->doc, node->data.sequence.items.start[i]);

        child = &route->routes[route->n_routes++];
        route_defaults(child);
        child->place = yamldoc_place(r->doc, item);
        r->subject = arena_printf(loader->arena, "%s %zu", outer, i + 1);
        schema_read_map(r, route_fields, item, child);
    }
    r->subject = outer;
}

void route_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section,
                struct bw_config_route *route)
{
    struct reader r = {.loader = loader, .doc = doc, .subject = "route"};

    route->place = yamldoc_place(doc, section);
    schema_read_map(&r, route_fields, section, route);
}
