/* `sources:` and the file of `standing:`. Owns nothing: all goes to the loader. */
#include "schema.h"

#define S(member) offsetof(struct bw_config_source, member)

static const struct field source_fields[] = {
    FIELD("id", field_text, S(id), .required = true),
    FIELD("url", field_text, S(url), .required = true),
    FIELD("title", field_text, S(title)),
    FIELD("lang", field_text, S(lang)),
    FIELD("enabled", field_bool, S(enabled)),
    FIELD("allow_private", field_bool, S(allow_private)),
    FIELD("ca_file", field_path, S(ca_file)),
    FIELD("proxy", field_text, S(proxy)),
    FIELD("user_agent", field_text, S(user_agent)),
    FIELD("username", field_text, S(username)),
    FIELD("password_file", field_path, S(password_file)),
    FIELD_LIST("tags", field_list, offsetof(struct bw_config_source, tags),
               offsetof(struct bw_config_source, n_tags)),
    FIELD("polling", field_skip, 0), /* read when all files have been: see load.c */
    FIELD_END,
};

static void read_source(struct reader *r, yaml_node_t *node)
{
    struct bw_config_source source = {.enabled = true}, *added;
    struct loader *loader = r->loader;
    struct pending_polling *pending;

    source.place = document_place(r->doc, node);
    schema_read_map(r, source_fields, node, &source);
    schema_check_id(r, node, "id", source.id, &loader->source_ids, loader->sources.n);
    if (source.url != NULL)
        source.url =
            paths_resolve_url(loader, document_place(r->doc, document_find(r->doc, node, "url")),
                              r->subject, source.url);
    if (source.password_file != NULL && source.username == NULL)
        schema_error(r, node, "username", "is missing beside password_file");
    added = list_add(loader, &loader->sources);
    pending = list_add(loader, &loader->pending);
    if (added == NULL || pending == NULL)
        return;
    *added = source;
    pending->doc = r->doc;
    pending->node = document_find(r->doc, node, "polling");
}

void sources_read(struct loader *loader, struct document *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "id", "source", read_source);
}

#define T(member) offsetof(struct bw_config_standing, member)

static const struct field standing_fields[] = {
    FIELD("actor", field_text, T(actor), .required = true),
    FIELD("bloc", field_text, T(bloc), .required = true),
    FIELD("standing", field_text, T(standing), .required = true),
    FIELD("since", field_text, T(since)),
    FIELD("source", field_text, T(source)),
    FIELD_END,
};

static void read_standing(struct reader *r, yaml_node_t *node)
{
    struct bw_config_standing *standing = list_add(r->loader, &r->loader->standing);

    if (standing == NULL)
        return;
    standing->place = document_place(r->doc, node);
    schema_read_map(r, standing_fields, node, standing);
}

void standing_read(struct loader *loader, struct document *doc, yaml_node_t *section)
{
    schema_read_list(loader, doc, section, "actor", "standing", read_standing);
}
