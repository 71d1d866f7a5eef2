/* `sources:` and the file of `standing:`. Owns nothing: all goes to the loader. */
#include "schema.h"

#define S(member) offsetof(struct bw_config_source, member)

static const struct field source_fields[] = {
    FIELD("id", type_text, S(id), .required = true),
    FIELD("url", type_text, S(url), .required = true),
    FIELD("title", type_text, S(title)),
    FIELD("lang", type_text, S(lang)),
    FIELD("enabled", type_bool, S(enabled)),
    FIELD("allow_private", type_bool, S(allow_private)),
    FIELD("ca_file", type_path, S(ca_file)),
    FIELD("proxy", type_text, S(proxy)),
    FIELD("user_agent", type_text, S(user_agent)),
    FIELD("username", type_text, S(username)),
    FIELD("password_file", type_path, S(password_file)),
    FIELD_LIST("tags", type_list, offsetof(struct bw_config_source, tags),
               offsetof(struct bw_config_source, n_tags)),
    FIELD("polling", type_skip, 0), /* read when all files have been: see load.c */
    FIELD_END,
};

static void read_source(struct reader *r, yaml_node_t *node)
{
    struct bw_config_source source = {.enabled = true}, *added;
    struct loader *loader = r->loader;
    struct pending_polling *pending;

    source.place = yamldoc_place(r->doc, node);
    schema_read_map(r, source_fields, node, &source);
    schema_check_id(r, node, "id", source.id, &loader->source_ids, loader->sources.n);
    if (source.url != NULL)
        source.url =
            paths_resolve_url(loader, yamldoc_place(r->doc, yamldoc_find(r->doc, node, "url")),
                              r->subject, source.url);
    if (source.password_file != NULL && source.username == NULL)
        schema_error(r, node, "username", "is missing beside password_file");
    added = loader_add(loader, &loader->sources);
    pending = loader_add(loader, &loader->pending);
    if (added == NULL || pending == NULL)
        return;
    *added = source;
    pending->doc = r->doc;
    pending->node = yamldoc_find(r->doc, node, "polling");
}

void sources_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "id", "source", read_source);
}

#define T(member) offsetof(struct bw_config_standing, member)

static const struct field standing_fields[] = {
    FIELD("actor", type_text, T(actor), .required = true),
    FIELD("bloc", type_text, T(bloc), .required = true),
    FIELD("standing", type_text, T(standing), .required = true),
    FIELD("since", type_text, T(since)),
    FIELD("source", type_text, T(source)),
    FIELD_END,
};

static void read_standing(struct reader *r, yaml_node_t *node)
{
    struct bw_config_standing *standing = loader_add(r->loader, &r->loader->standing);

    if (standing == NULL)
        return;
    standing->place = yamldoc_place(r->doc, node);
    schema_read_map(r, standing_fields, node, standing);
}

void standing_read(struct loader *loader, struct yamldoc *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "actor", "standing", read_standing);
}
