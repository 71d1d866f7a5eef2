/* A YAML file as libyaml's node graph: the form in which every value knows its line. */
#ifndef BLOCWATCH_CONFIG_YAMLDOC_H
#define BLOCWATCH_CONFIG_YAMLDOC_H

#include "blocwatch/buf.h"
#include "blocwatch/config.h"

#include <yaml.h>

enum {
    YAMLDOC_MAX_SIZE = 256 << 20, /* bytes of one file */
    YAMLDOC_MAX_DEPTH = 32        /* nested maps and lists that a reader follows */
};

struct yamldoc {
    struct yamldoc *next;
    const char *file; /* borrowed; absolute */
    struct bw_buf bytes;
    yaml_document_t yaml;
    bool parsed;
};

/* Reads and parses `file` (borrowed for the document's life). Returns owned, or NULL with the
 * reason added to `errors`; `from` is the place that named the file. */
struct yamldoc *yamldoc_open(const char *file, struct bw_place from,
                             struct bw_config_errors *errors);
void yamldoc_close(struct yamldoc *doc); /* NULL is fine */

yaml_node_t *yamldoc_root(struct yamldoc *doc); /* NULL when the file is empty */
yaml_node_t *yamldoc_node(struct yamldoc *doc, int id);
struct bw_place yamldoc_place(const struct yamldoc *doc, const yaml_node_t *node);
/* Where the first line of a scalar's text stands: a block's begins below its | or >. */
struct bw_place yamldoc_text_place(const struct yamldoc *doc, const yaml_node_t *node);

/* The value of `key` in the map `node`; NULL when there is none, or `node` is no map. */
yaml_node_t *yamldoc_find(struct yamldoc *doc, const yaml_node_t *node, const char *key);

const char *yamldoc_text(const yaml_node_t *node); /* a scalar's text; NULL when it is none */
bool yamldoc_is_null(const yaml_node_t *node);     /* nothing, or a plain ~ or null */
const char *yamldoc_kind(const yaml_node_t *node); /* "a list", "a map", "text" */

#endif
