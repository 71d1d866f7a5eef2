/* References between sections, which may stand in any file and any order. Owns nothing. */
#include "loader.h"

#include <string.h>

static bool is_code(const struct loader *loader, enum bw_facet facet, const char *code)
{
    const struct bw_watch *watch = &loader->config->watch;

    for (size_t i = 0; i < watch->n_sets; i++) {
        if (watch->sets[i].facet == facet && watch->sets[i].code != NULL &&
            strcmp(watch->sets[i].code, code) == 0)
            return true;
    }
    return false;
}

/* --- rules ---------------------------------------------------------------------------------- */

static void check_sets(struct loader *loader, const struct bw_rule *rule, const char *key,
                       enum bw_facet facet, const char **ids, size_t n)
{
    const char *noun = facet == BW_FACET_ACTOR ? "actor" : "bloc";

    for (size_t i = 0; i < n; i++) {
        const struct name *name = loader_find_name(loader->set_ids, ids[i]);

        if (name == NULL)
            config_add_error(loader->errors, rule->place,
                             "rule %s: event: %s: there is no set \"%s\" in the lexicon%s",
                             rule->id, key, ids[i],
                             loader_suggest_name(loader, loader->set_ids, ids[i]));
        else if (loader->config->watch.sets[name->index].facet != facet)
            config_add_error(loader->errors, rule->place,
                             "rule %s: event: %s: expected a set of facet %s; \"%s\" (%s:%d) is "
                             "of another facet",
                             rule->id, key, noun, ids[i], name->place.file, name->place.line);
    }
}

void check_rules(struct loader *loader)
{
    const struct bw_watch *watch = &loader->config->watch;

    for (size_t i = 0; i < watch->n_rules; i++) {
        const struct bw_rule *rule = &watch->rules[i];

        if (rule->id == NULL)
            continue;
        check_sets(loader, rule, "actor", BW_FACET_ACTOR, rule->actors, rule->n_actors);
        check_sets(loader, rule, "bloc", BW_FACET_BLOC, rule->blocs, rule->n_blocs);
    }
}

/* --- routes --------------------------------------------------------------------------------- */

static void check_names(struct loader *loader, const struct bw_config_route *route, const char *key,
                        const struct bw_config_list *list, struct name *names, const char *noun)
{
    for (size_t i = 0; i < list->n; i++) {
        if (loader_find_name(names, list->values[i]) == NULL)
            config_add_error(loader->errors, route->place, "route: %s: there is no %s \"%s\"%s",
                             key, noun, list->values[i],
                             loader_suggest_name(loader, names, list->values[i]));
    }
}

/* Events carry codes; a route may name the set instead. */
static void check_codes(struct loader *loader, const struct bw_config_route *route, const char *key,
                        struct bw_config_list *list, enum bw_facet facet)
{
    const struct bw_watch *watch = &loader->config->watch;

    for (size_t i = 0; i < list->n; i++) {
        const struct name *name = loader_find_name(loader->set_ids, list->values[i]);

        if (is_code(loader, facet, list->values[i]))
            continue;
        if (name != NULL && watch->sets[name->index].facet == facet &&
            watch->sets[name->index].code != NULL)
            list->values[i] = watch->sets[name->index].code;
        else
            config_add_error(loader->errors, route->place,
                             "route: %s: no set of facet %s has the code or name \"%s\"%s", key,
                             key, list->values[i],
                             loader_suggest_name(loader, loader->set_ids, list->values[i]));
    }
}

static void check_route(struct loader *loader, struct bw_config_route *route)
{
    check_names(loader, route, "rule", &route->rule, loader->rule_ids, "rule");
    check_names(loader, route, "source", &route->source, loader->source_ids, "source");
    check_names(loader, route, "channels", &route->channels, loader->channel_ids, "channel");
    check_codes(loader, route, "actor", &route->actor, BW_FACET_ACTOR);
    check_codes(loader, route, "bloc", &route->bloc, BW_FACET_BLOC);
    for (size_t i = 0; i < route->n_routes; i++)
        check_route(loader, &route->routes[i]);
}

void check_references(struct loader *loader)
{
    check_rules(loader);
    check_route(loader, &loader->config->route);
}
