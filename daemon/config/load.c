/*
 * Loading: the main file, what it includes, and all of it joined. Owns documents and lists until
 * the end of config_load(); what stays is in the configuration's arena.
 */
#include "loader.h"
#include "schema.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_INCLUDES = 16 }; /* files that include each other, one in the other */

struct section {
    const char *key;
    void (*read)(struct loader *loader, struct yamldoc *doc, yaml_node_t *node);
};

static void keep_polling(struct loader *loader, struct yamldoc *doc, yaml_node_t *node)
{
    loader->polling_doc = doc;
    loader->polling = node;
}

static void keep_route(struct loader *loader, struct yamldoc *doc, yaml_node_t *node)
{
    loader->route_doc = doc;
    loader->route = node;
}

static const struct section sections[] = {
    {"polling", keep_polling},   {"sources", sources_read},   {"lexicon", lexicon_read},
    {"rules", rules_read},       {"channels", channels_read}, {"route", keep_route},
    {"standing", standing_read},
};

static void read_file(struct loader *loader, const char *path, struct bw_place from, int depth);

/* --- includes ------------------------------------------------------------------------------- */

static void include_pattern(struct loader *loader, struct bw_place place, const char *text,
                            int depth)
{
    const char *pattern = paths_resolve(loader, place, "include", text);
    bool plain = pattern != NULL && strpbrk(pattern, "*?[{") == NULL;
    glob_t found = {0};
    int error;

    if (pattern == NULL)
        return;
    if (plain) {
        read_file(loader, pattern, place, depth + 1);
        return;
    }
    error = glob(pattern, GLOB_ERR | GLOB_BRACE, NULL, &found);
    if (error == GLOB_NOSPACE)
        loader->out_of_memory = true;
    else if (error == GLOB_ABORTED && errno != ENOENT)
        config_add_error(loader->errors, place, "include: cannot read %s: %s", pattern,
                         strerror(errno));
    for (size_t i = 0; error == 0 && i < found.gl_pathc; i++)
        read_file(loader, found.gl_pathv[i], place, depth + 1);
    globfree(&found);
}

static void read_includes(struct loader *loader, struct yamldoc *doc, yaml_node_t *node, int depth)
{
    struct reader r = {.loader = loader, .doc = doc};

    if (depth >= MOST_INCLUDES) {
        schema_error(&r, node, "include", "nested more than %d deep", MOST_INCLUDES);
        return;
    }
    if (yamldoc_text(node) != NULL) {
        include_pattern(loader, yamldoc_place(doc, node), yamldoc_text(node), depth);
        return;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        schema_error(&r, node, "include", "expected a list of patterns, not %s",
                     yamldoc_kind(node));
        return;
    }
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        yaml_node_t *pattern = yamldoc_node(doc, *item);

        if (yamldoc_text(pattern) == NULL)
            schema_error(&r, pattern, "include", "expected a pattern, not %s",
                         yamldoc_kind(pattern));
        else
            include_pattern(loader, yamldoc_place(doc, pattern), yamldoc_text(pattern), depth);
    }
}

/* --- files ---------------------------------------------------------------------------------- */

/* Enters the document; NULL when it is wrong or has been read already. */
static struct yamldoc *open_file(struct loader *loader, const char *path, struct bw_place from)
{
    char real[PATH_MAX];
    struct yamldoc *doc;
    const char *file;

    if (realpath(path, real) == NULL)
        snprintf(real, sizeof real, "%s", path); /* the error comes from opening it */
    if (loader_add_name(loader, &loader->files, real, from, HASH_COUNT(loader->files)) != NULL)
        return NULL;
    file = arena_strdup(loader->arena, path);
    if (file == NULL) {
        loader->out_of_memory = true;
        return NULL;
    }
    doc = yamldoc_open(file, from, loader->errors);
    if (doc != NULL) {
        *loader->docs_end = doc;
        loader->docs_end = &doc->next;
    }
    return doc;
}

static void read_file(struct loader *loader, const char *path, struct bw_place from, int depth)
{
    struct yamldoc *doc = open_file(loader, path, from);
    yaml_node_t *root = doc != NULL ? yamldoc_root(doc) : NULL, *node;

    /* A main file that is being written anew is empty for a moment: a reload then keeps the old. */
    if (doc != NULL && depth == 0 && (root == NULL || yamldoc_is_null(root)))
        config_add_error(loader->errors, (struct bw_place){path, 0},
                         "the file is empty: expected settings, such as include: or sources:");
    if (root == NULL || yamldoc_is_null(root))
        return; /* empty, wrong, or read already */
    settings_check_keys(loader, doc, root);
    settings_read(loader, doc);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        node = yamldoc_find(doc, root, sections[i].key);
        if (node != NULL && !yamldoc_is_null(node))
            sections[i].read(loader, doc, node);
    }
    node = yamldoc_find(doc, root, "include");
    if (node != NULL && !yamldoc_is_null(node))
        read_includes(loader, doc, node, depth);
}

/* The file that `serve: standing:` names holds nothing but `standing:`. */
static void read_standing_file(struct loader *loader)
{
    const char *path = loader->config->serve.standing;
    struct bw_place place = {loader->config->file, 0};
    static const struct field fields[] = {FIELD("standing", type_skip, 0), FIELD_END};
    struct yamldoc *doc;
    yaml_node_t *root;

    if (path == NULL)
        return;
    for (doc = loader->docs; doc != NULL; doc = doc->next) {
        yaml_node_t *serve = yamldoc_find(doc, yamldoc_root(doc), "serve");
        yaml_node_t *node = yamldoc_find(doc, serve, "standing");

        if (node != NULL)
            place = yamldoc_place(doc, node);
    }
    doc = open_file(loader, path, place);
    root = doc != NULL ? yamldoc_root(doc) : NULL;
    if (root != NULL && !yamldoc_is_null(root)) {
        struct reader r = {.loader = loader, .doc = doc};
        yaml_node_t *node = yamldoc_find(doc, root, "standing");

        schema_read_map(&r, fields, root, NULL);
        if (node != NULL && !yamldoc_is_null(node))
            standing_read(loader, doc, node);
    }
}

/* --- joining -------------------------------------------------------------------------------- */

static void apply_polling(struct loader *loader)
{
    struct bw_config *config = loader->config;
    const struct pending_polling *pending = loader->pending.data;

    if (loader->polling != NULL)
        polling_read(loader, loader->polling_doc, "polling", loader->polling, &config->polling);
    for (size_t i = 0; i < config->n_sources; i++) {
        struct bw_config_source *source = &config->sources[i];

        source->polling = config->polling;
        if (pending[i].node != NULL && !yamldoc_is_null(pending[i].node))
            polling_read(loader, pending[i].doc,
                         arena_printf(loader->arena, "source %s: polling",
                                      source->id != NULL ? source->id : "?"),
                         pending[i].node, &source->polling);
    }
}

static void apply_route(struct loader *loader)
{
    struct bw_config_route *route = &loader->config->route;

    route_defaults(route);
    if (loader->route != NULL)
        route_read(loader, loader->route_doc, loader->route, route);
    if (route->time_zone == NULL)
        route->time_zone = "UTC";
}

static int settle(struct loader *loader)
{
    struct bw_config *config = loader->config;

    if (loader_settle(loader, &loader->sources, &config->sources, &config->n_sources) != 0 ||
        loader_settle(loader, &loader->sets, &config->watch.sets, &config->watch.n_sets) != 0 ||
        loader_settle(loader, &loader->rules, &config->watch.rules, &config->watch.n_rules) != 0 ||
        loader_settle(loader, &loader->channels, &config->channels, &config->n_channels) != 0 ||
        loader_settle(loader, &loader->standing, &config->standing, &config->n_standing) != 0)
        return -1;
    apply_polling(loader);
    apply_route(loader);
    return 0;
}

/* --- errors in file order -------------------------------------------------------------------- */

struct sorted {
    struct bw_config_problem problem;
    size_t file, order;
};

static int by_place(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->problem.place.line != y->problem.place.line)
        return x->problem.place.line < y->problem.place.line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static size_t file_order(const struct loader *loader, const char *file)
{
    size_t i = 0;

    for (const struct yamldoc *doc = loader->docs; doc != NULL; doc = doc->next, i++) {
        if (file != NULL && strcmp(doc->file, file) == 0)
            return i;
    }
    return i;
}

static void sort_errors(struct loader *loader)
{
    struct bw_config_errors *errors = loader->errors;
    struct sorted *sorted = calloc(errors->n + 1, sizeof *sorted);

    if (sorted == NULL)
        return;
    for (size_t i = 0; i < errors->n; i++) {
        sorted[i].problem = errors->list[i];
        sorted[i].order = i;
        sorted[i].file = file_order(loader, errors->list[i].place.file);
    }
    qsort(sorted, errors->n, sizeof *sorted, by_place);
    for (size_t i = 0; i < errors->n; i++)
        errors->list[i] = sorted[i].problem;
    free(sorted);
}

/* --- config_load() --------------------------------------------------------------------------- */

/* `path` as an absolute one: places and relative paths hold wherever the process goes. */
static const char *absolute(struct bw_arena *arena, const char *path)
{
    char cwd[PATH_MAX];

    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (path[0] == '/' || getcwd(cwd, sizeof cwd) == NULL)
        return arena_strdup(arena, path);
    return arena_printf(arena, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
}

static struct bw_config *new_config(const char *path)
{
    struct bw_arena *arena = arena_new(0);
    struct bw_config *config = arena != NULL ? arena_alloc(arena, sizeof *config) : NULL;

    if (config == NULL) {
        arena_free(arena);
        return NULL;
    }
    config->arena = arena;
    config->file = absolute(arena, path);
    settings_defaults(config);
    polling_defaults(&config->polling);
    if (config->file == NULL) {
        config_free(config);
        return NULL;
    }
    return config;
}

static void clear_loader(struct loader *loader)
{
    struct yamldoc *doc, *next;
    struct list *lists[] = {&loader->sources, &loader->pending,  &loader->sets,
                            &loader->rules,   &loader->channels, &loader->standing};

    for (doc = loader->docs; doc != NULL; doc = next) {
        next = doc->next;
        yamldoc_close(doc);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]->data);
    loader_clear_names(&loader->files);
    loader_clear_names(&loader->settings);
    loader_clear_names(&loader->source_ids);
    loader_clear_names(&loader->set_ids);
    loader_clear_names(&loader->rule_ids);
    loader_clear_names(&loader->channel_ids);
}

static int load(struct loader *loader)
{
    struct bw_config_errors *errors = loader->errors;
    struct bw_place start = {loader->config->file, 0};

    read_file(loader, loader->config->file, start, 0);
    read_standing_file(loader);
    if (settle(loader) == 0)
        check_references(loader);
    if (loader->out_of_memory)
        config_add_error(errors, start, "out of memory");
    sort_errors(loader);
    return errors->n == 0 && !loader->out_of_memory ? 0 : -1;
}

int config_load(const char *path, struct bw_config **config, struct bw_config_errors *errors)
{
    struct bw_config *fresh = new_config(path);
    struct loader loader = {
        .config = fresh,
        .errors = errors,
        .sources.size = sizeof(struct bw_config_source),
        .pending.size = sizeof(struct pending_polling),
        .sets.size = sizeof(struct bw_set),
        .rules.size = sizeof(struct bw_rule),
        .channels.size = sizeof(struct bw_config_channel),
        .standing.size = sizeof(struct bw_config_standing),
    };
    int result;

    if (fresh == NULL)
        return config_add_error(errors, (struct bw_place){0}, "%s: out of memory", path);
    loader.arena = fresh->arena;
    loader.docs_end = &loader.docs;
    result = load(&loader);
    clear_loader(&loader);
    if (result == 0)
        *config = fresh;
    else
        config_free(fresh);
    return result;
}

/* --- config_load_rules() -----------------------------------------------------------------------
 */

/* The sets that are there: further ones join them. */
static void seed_sets(struct loader *loader)
{
    const struct bw_watch *watch = &loader->config->watch;

    for (size_t i = 0; i < watch->n_sets; i++) {
        struct bw_set *set = loader_add(loader, &loader->sets);

        if (set == NULL)
            return;
        *set = watch->sets[i];
        loader_add_name(loader, &loader->set_ids, set->id, set->place, i);
    }
}

static void read_rules_file(struct loader *loader, const char *path)
{
    static const struct field fields[] = {FIELD("lexicon", type_skip, 0),
                                          FIELD("rules", type_skip, 0), FIELD_END};
    struct bw_place from = {path, 0};
    struct yamldoc *doc = open_file(loader, path, from);
    yaml_node_t *root = doc != NULL ? yamldoc_root(doc) : NULL, *node;
    struct reader r = {.loader = loader, .doc = doc};

    if (root == NULL || yamldoc_is_null(root))
        return;
    schema_read_map(&r, fields, root, NULL);
    node = yamldoc_find(doc, root, "lexicon");
    if (node != NULL && !yamldoc_is_null(node))
        lexicon_read(loader, doc, node);
    node = yamldoc_find(doc, root, "rules");
    if (node != NULL && !yamldoc_is_null(node))
        rules_read(loader, doc, node);
}

static void read_rules_dir(struct loader *loader, const char *dir)
{
    struct bw_place place = {dir, 0};
    char pattern[PATH_MAX];
    glob_t found = {0};
    int error;

    snprintf(pattern, sizeof pattern, "%s/*.yaml", dir);
    error = glob(pattern, GLOB_ERR, NULL, &found);
    if (error != 0 || found.gl_pathc == 0)
        config_add_error(loader->errors, place, "no readable *.yaml in this directory");
    for (size_t i = 0; error == 0 && i < found.gl_pathc; i++)
        read_rules_file(loader, found.gl_pathv[i]);
    globfree(&found);
}

int config_load_rules(const char *dir, struct bw_config *config, struct bw_config_errors *errors)
{
    struct bw_watch old = config->watch;
    struct loader loader = {
        .config = config,
        .arena = config->arena,
        .errors = errors,
        .sets.size = sizeof(struct bw_set),
        .rules.size = sizeof(struct bw_rule),
    };
    int result;

    loader.docs_end = &loader.docs;
    seed_sets(&loader);
    read_rules_dir(&loader, absolute(loader.arena, dir));
    if (loader_settle(&loader, &loader.sets, &config->watch.sets, &config->watch.n_sets) == 0 &&
        loader_settle(&loader, &loader.rules, &config->watch.rules, &config->watch.n_rules) == 0)
        check_rules(&loader);
    if (loader.out_of_memory)
        config_add_error(errors, (struct bw_place){dir, 0}, "out of memory");
    sort_errors(&loader);
    result = errors->n == 0 && !loader.out_of_memory ? 0 : -1;
    clear_loader(&loader);
    if (result != 0)
        config->watch = old;
    return result;
}

void config_free(struct bw_config *config)
{
    if (config != NULL)
        arena_free(config->arena); /* which holds the struct itself */
}
