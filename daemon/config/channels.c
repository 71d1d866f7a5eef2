/* `channels:`: id and type, and all other keys as flat options for the driver. Owns nothing. */
#include "schema.h"

#include <string.h>

enum { MOST_OPTIONS = 1000 }; /* of a channel: aliases can make many of little text */

/* The options of one channel while they are gathered. */
struct options {
    struct reader *r;
    struct list list;
    bool stopped; /* too many, or too deep: which has been told */
};

static bool ends_in_file(const char *key)
{
    const char *dot = strrchr(key, '.'), *last = dot != NULL ? dot + 1 : key;
    size_t len = strlen(last);

    return len > 5 && strcmp(last + len - 5, "_file") == 0;
}

static void add_option(struct options *options, const char *key, yaml_node_t *node)
{
    struct loader *loader = options->r->loader;
    struct bw_config_option *option;

    if (options->list.n == MOST_OPTIONS) {
        schema_error(options->r, node, key, "expected at most %d settings", MOST_OPTIONS);
        options->stopped = true;
        return;
    }
    option = loader_add(loader, &options->list);
    if (option == NULL)
        return;
    option->key = key;
    option->place = yamldoc_text_place(options->r->doc, node);
    option->value = arena_strdup(loader->arena, yamldoc_text(node));
    if (option->value == NULL)
        loader->out_of_memory = true;
    else if (ends_in_file(key))
        option->value = paths_resolve(loader, option->place, key, option->value);
    if (option->value == NULL)
        options->list.n--; /* an error has been added */
}

static void flatten(struct options *options, const char *key, yaml_node_t *node);

static void flatten_map(struct options *options, const char *prefix, yaml_node_t *node)
{
    struct reader *r = options->r;

    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *name = yamldoc_text(yamldoc_node(r->doc, pair->key));
        const char *key = NULL;

        if (name == NULL)
            schema_error(r, yamldoc_node(r->doc, pair->key), prefix, "expected a key");
        else
            key = arena_printf(r->loader->arena, "%s%s%s", prefix != NULL ? prefix : "",
                               prefix != NULL ? "." : "", name);
        if (prefix == NULL && key != NULL && (strcmp(key, "id") == 0 || strcmp(key, "type") == 0))
            continue;
        if (key != NULL)
            flatten(options, key, yamldoc_node(r->doc, pair->value));
    }
}

static void flatten(struct options *options, const char *key, yaml_node_t *node)
{
    struct reader *r = options->r;

    if (options->stopped)
        return;
    if (r->depth >= YAMLDOC_MAX_DEPTH) {
        schema_error(r, node, key, "nested more than %d deep", YAMLDOC_MAX_DEPTH);
        options->stopped = true;
        return;
    }
    r->depth++;
    if (node->type == YAML_MAPPING_NODE) {
        flatten_map(options, key, node);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        for (yaml_node_item_t *item = node->data.sequence.items.start;
             item < node->data.sequence.items.top; item++)
            flatten(options, key, yamldoc_node(r->doc, *item));
    } else if (!yamldoc_is_null(node)) {
        add_option(options, key, node);
    }
    r->depth--;
}

/* A repeated key of a channel is a slip; a list repeats it in our options only. */
static void check_repeated(struct reader *r, yaml_node_t *node)
{
    yaml_node_pair_t *start = node->data.mapping.pairs.start;

    for (yaml_node_pair_t *pair = start; pair < node->data.mapping.pairs.top; pair++) {
        const char *text = yamldoc_text(yamldoc_node(r->doc, pair->key));
        yaml_node_pair_t *first = start;

        while (text != NULL && first < pair) {
            const char *other = yamldoc_text(yamldoc_node(r->doc, first->key));

            if (other != NULL && strcmp(other, text) == 0)
                break;
            first++;
        }
        if (text != NULL && first < pair)
            schema_error(r, yamldoc_node(r->doc, pair->key), text, "stands twice; first in line %d",
                         yamldoc_place(r->doc, yamldoc_node(r->doc, first->key)).line);
    }
}

static const char *read_name(struct reader *r, yaml_node_t *node, const char *key)
{
    yaml_node_t *value = yamldoc_find(r->doc, node, key);
    const char *text = yamldoc_text(value);

    if (value == NULL || yamldoc_is_null(value))
        schema_error(r, node, key, "is missing");
    else if (text == NULL)
        schema_error(r, value, key, "expected text, not %s", yamldoc_kind(value));
    else
        return arena_strdup(r->loader->arena, text);
    return NULL;
}

static void read_channel(struct reader *r, yaml_node_t *node)
{
    struct options options = {.r = r, .list.size = sizeof(struct bw_config_option)};
    struct loader *loader = r->loader;
    struct bw_config_channel *channel;

    if (node->type != YAML_MAPPING_NODE) {
        schema_error(r, node, NULL, "expected a map of keys and values, not %s",
                     yamldoc_kind(node));
        return;
    }
    check_repeated(r, node);
    channel = loader_add(loader, &loader->channels);
    if (channel == NULL)
        return;
    channel->place = yamldoc_place(r->doc, node);
    channel->id = read_name(r, node, "id");
    channel->type = read_name(r, node, "type");
    schema_check_id(r, node, "id", channel->id, &loader->channel_ids, loader->channels.n - 1);
    flatten_map(&options, NULL, node);
    loader_settle(loader, &options.list, &channel->options, &channel->n_options);
    free(options.list.data);
}

void channels_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "id", "channel", read_channel);
}
