/* What all parts of a load share: the growing lists, the names seen, the place of errors. */
#ifndef BLOCWATCH_CONFIG_LOADER_H
#define BLOCWATCH_CONFIG_LOADER_H

#include "yamldoc.h"

#include "blocwatch/arena.h"

#include <uthash.h>

/* A growing array; its memory moves, so that nobody keeps a pointer into it. */
struct list {
    void *data;
    size_t n, cap, size;
};

/* A name and where it stands first. */
struct name {
    const char *text;
    struct bw_place place;
    size_t index; /* in the list that the name belongs to */
    UT_hash_handle hh;
};

/* Overrides of a source that wait for the defaults, which may stand in a later file. */
struct pending_polling {
    struct yamldoc *doc;
    yaml_node_t *node; /* NULL: none */
};

struct loader {
    struct bw_config *config;
    struct bw_arena *arena; /* config's */
    struct bw_config_errors *errors;
    struct yamldoc *docs, **docs_end; /* in the order of reading */
    struct list sources, pending;     /* struct bw_config_source, struct pending_polling */
    struct list sets, rules, channels, standing;
    struct name *files, *settings; /* files read; top-level keys that may stand once */
    struct name *source_ids, *set_ids, *rule_ids, *channel_ids;
    struct yamldoc *polling_doc, *route_doc; /* where the sections stand; NULL: nowhere */
    yaml_node_t *polling, *route;
    size_t n_routes;
    bool out_of_memory;
};

/* A zeroed new element; NULL (and out_of_memory) when there is no memory. */
void *loader_add(struct loader *loader, struct list *list);
/* Moves the elements to the arena. */
int loader_settle(struct loader *loader, struct list *list, void *data, size_t *n);

/* Enters `text`; when it is there already, returns the first one and leaves it. */
const struct name *loader_add_name(struct loader *loader, struct name **names, const char *text,
                                   struct bw_place place, size_t index);
const struct name *loader_find_name(struct name *names, const char *text);
void loader_clear_names(struct name **names); /* the entries live in the arena */
/* "; did you mean X?" or "", in the arena. */
const char *loader_suggest_name(struct loader *loader, struct name *names, const char *text);

/* paths.c: `text` with ${…} expanded, absolute against the directory of `place`'s file. NULL after
 * an error has been added. */
const char *paths_resolve(struct loader *loader, struct bw_place place, const char *key,
                          const char *text);
/* A source's URL: relative file: URLs are resolved likewise, all else is checked and kept. */
const char *paths_resolve_url(struct loader *loader, struct bw_place place, const char *subject,
                              const char *text);

/* settings.c: the sections of fixed shape, by libcyaml. */
void settings_check_keys(struct loader *loader, struct yamldoc *doc, yaml_node_t *root);
void settings_read(struct loader *loader, struct yamldoc *doc);
void settings_defaults(struct bw_config *config);

/* The sections with places and alternatives in them, by libyaml. */
void polling_defaults(struct bw_config_polling *polling);
void polling_read(struct loader *loader, struct yamldoc *doc, const char *subject,
                  yaml_node_t *node, struct bw_config_polling *polling);
void sources_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section);
void lexicon_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section);
void rules_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section);
void channels_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section);
void standing_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section);
void route_defaults(struct bw_config_route *route);
void route_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section,
                struct bw_config_route *route);

/* check.c: what can only be judged when all files have been read. */
void check_references(struct loader *loader);
void check_rules(struct loader *loader); /* their sets only */

#endif
