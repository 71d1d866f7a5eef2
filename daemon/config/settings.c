/*
 * The settings of fixed shape (state_dir, log_level, readers, serve, alerting, retention): loaded
 * by libcyaml under its schema. Owns libcyaml's copy during the call only.
 *
 * libcyaml tells no line for unknown and repeated keys, nor for values once loaded: these two are
 * looked up in libyaml's node graph, under the same tables.
 */
#include "loader.h"
#include "schema.h"
#include "units.h"

#include "blocwatch/log.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings_serve {
    char *listen, *token_file, *standing, *public_url;
};

struct settings_templates {
    char *title, *body;
};

struct settings_alerting {
    char *max_age, *story_window, *give_up;
    struct settings_templates *templates;
};

struct settings_retention {
    char *items, *hits;
};

struct settings {
    char *state_dir, *log_level;
    int readers;
    struct settings_serve *serve;
    struct settings_alerting *alerting;
    struct settings_retention *retention;
};

#define TEXT(key, type, member)                                                                    \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL, type, member, 0,    \
                           CYAML_UNLIMITED)
#define MAP(key, type, member, fields)                                                             \
    CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL, type, member,      \
                            fields)

static const cyaml_schema_field_t serve_fields[] = {
    TEXT("listen", struct settings_serve, listen),
    TEXT("token_file", struct settings_serve, token_file),
    TEXT("standing", struct settings_serve, standing),
    TEXT("public_url", struct settings_serve, public_url),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t template_fields[] = {
    TEXT("title", struct settings_templates, title),
    TEXT("body", struct settings_templates, body),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t alerting_fields[] = {
    TEXT("max_age", struct settings_alerting, max_age),
    TEXT("story_window", struct settings_alerting, story_window),
    TEXT("give_up", struct settings_alerting, give_up),
    MAP("templates", struct settings_alerting, templates, template_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t retention_fields[] = {
    TEXT("items", struct settings_retention, items),
    TEXT("hits", struct settings_retention, hits),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t fields[] = {
    TEXT("state_dir", struct settings, state_dir),
    TEXT("log_level", struct settings, log_level),
    CYAML_FIELD_INT("readers", CYAML_FLAG_OPTIONAL, struct settings, readers),
    MAP("serve", struct settings, serve, serve_fields),
    MAP("alerting", struct settings, alerting, alerting_fields),
    MAP("retention", struct settings, retention, retention_fields),
    /* The sections with places and alternatives in them: see schema.h. */
    CYAML_FIELD_IGNORE("include", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("polling", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("sources", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("lexicon", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("rules", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("channels", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("route", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_IGNORE("standing", CYAML_FLAG_OPTIONAL),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, fields),
};

void settings_defaults(struct bw_config *config)
{
    const int64_t hour = 3600, day = 86400;

    config->log_level = "info";
    config->alerting.max_age = 24 * hour;
    config->alerting.story_window = 72 * hour;
    config->alerting.give_up = 3 * day;
    config->serve.listen = "127.0.0.1:8780";
    config->retention.items = 90 * day;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* The keys of `node` and of the maps in it, under libcyaml's tables, by the walk of schema.h. */
static void check_map(struct reader *r, const cyaml_schema_field_t *known, yaml_node_t *node);

static void check_submap(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const cyaml_schema_field_t *known = *(const cyaml_schema_field_t **)base;
    const char *outer = r->subject;

    while (strcmp(known->key, field->key) != 0)
        known++;
    if (known->value.type != CYAML_MAPPING || node->type != YAML_MAPPING_NODE)
        return; /* a value: libcyaml judges it */
    r->subject =
        outer == NULL ? field->key : arena_printf(r->loader->arena, "%s: %s", outer, field->key);
    check_map(r, known->value.mapping.fields, node);
    r->subject = outer;
}

static void check_map(struct reader *r, const cyaml_schema_field_t *known, yaml_node_t *node)
{
    struct field table[CYAML_ARRAY_LEN(fields)] = {0};

    for (size_t i = 0; known[i].key != NULL; i++)
        table[i] = (struct field){.key = known[i].key, .read = check_submap};
    schema_read_map(r, table, node, &known);
}

/* Sections that are no lists stand once in all files together. */
static void check_once(struct loader *loader, struct yamldoc *doc, yaml_node_t *root)
{
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yamldoc_node(doc, pair->key);
        yaml_node_t *value = yamldoc_node(doc, pair->value);
        struct bw_place place = yamldoc_place(doc, key);
        const char *text = yamldoc_text(key);
        const struct name *first;

        if (text == NULL || value->type == YAML_SEQUENCE_NODE || yamldoc_is_null(value))
            continue;
        first = loader_add_name(loader, &loader->settings, text, place, 0);
        if (first != NULL && strcmp(first->place.file, doc->file) != 0)
            config_add_error(loader->errors, place,
                             "%s: may stand in one file only; it stands in %s:%d already", text,
                             first->place.file, first->place.line);
    }
}

void settings_check_keys(struct loader *loader, struct yamldoc *doc, yaml_node_t *root)
{
    struct reader r = {.loader = loader, .doc = doc};

    check_map(&r, fields, root);
    if (root->type == YAML_MAPPING_NODE)
        check_once(loader, doc, root);
}

/* --- values --------------------------------------------------------------------------------- */

/* What libcyaml says of an error: a sentence, then the way to it from inside out. */
struct complaint {
    char text[256];
    char key[128]; /* "serve: listen" */
    int line;
};

__attribute__((format(printf, 3, 0))) static void on_complaint(cyaml_log_t level, void *ctx,
                                                               const char *format, va_list args)
{
    struct complaint *complaint = ctx;
    char line[512], field[64], outer[sizeof complaint->key];
    int number;

    (void)level;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, " in mapping field '%63[^']' (line: %d", field, &number) == 2) {
        snprintf(outer, sizeof outer, "%s", complaint->key);
        snprintf(complaint->key, sizeof complaint->key, "%s%s%.60s", field,
                 outer[0] != '\0' ? ": " : "", outer);
        if (complaint->line == 0)
            complaint->line = number;
    } else if (complaint->text[0] == '\0' && strncmp(line, "Load: ", 6) == 0) {
        snprintf(complaint->text, sizeof complaint->text, "%.250s", line + 6);
    }
}

/* What the field at `key` ("serve: listen") should have been. */
static const char *expected(const char *key)
{
    const cyaml_schema_field_t *field = fields;

    while (field->key != NULL) {
        size_t len = strcspn(key, ":");

        if (strlen(field->key) != len || strncmp(field->key, key, len) != 0) {
            field++;
        } else if (key[len] == ':' && field->value.type == CYAML_MAPPING) {
            key += len + 2;
            field = field->value.mapping.fields;
        } else {
            return field->value.type == CYAML_INT       ? "a whole number"
                   : field->value.type == CYAML_MAPPING ? "a map of keys and values"
                                                        : "text";
        }
    }
    return "something else";
}

static struct settings *load(struct loader *loader, struct yamldoc *doc,
                             const cyaml_config_t *cyaml, struct complaint *complaint)
{
    struct bw_place place = {doc->file, 0};
    cyaml_data_t *data = NULL;
    cyaml_err_t error = cyaml_load_data((const uint8_t *)doc->bytes.data, doc->bytes.len, cyaml,
                                        &schema, &data, NULL);

    if (error == CYAML_OK)
        return data;
    if (strncmp(complaint->text, "Mapping field already seen", 26) == 0)
        return NULL; /* settings_check_keys() has told it, with both lines */
    place.line = complaint->line;
    config_add_error(loader->errors, place, "%s%sexpected %s (%s)", complaint->key,
                     complaint->key[0] != '\0' ? ": " : "", expected(complaint->key),
                     complaint->text[0] != '\0' ? complaint->text : cyaml_strerror(error));
    return NULL;
}

/* Where a loaded value stands. */
static struct bw_place find_place(struct yamldoc *doc, const char *section, const char *key)
{
    yaml_node_t *node = yamldoc_root(doc);

    if (section != NULL)
        node = yamldoc_find(doc, node, section);
    return yamldoc_place(doc, yamldoc_find(doc, node, key));
}

struct context {
    struct loader *loader;
    struct yamldoc *doc;
    const char *section;
};

static void put_text(struct context *c, const char *text, const char **to)
{
    if (text == NULL)
        return;
    *to = arena_strdup(c->loader->arena, text);
    if (*to == NULL)
        c->loader->out_of_memory = true;
}

static void put_path(struct context *c, const char *key, const char *text, const char **to)
{
    const char *path;

    if (text == NULL)
        return;
    path = paths_resolve(c->loader, find_place(c->doc, c->section, key), key, text);
    if (path != NULL)
        *to = path;
}

static void put_duration(struct context *c, const char *key, const char *text, int64_t *to)
{
    int64_t ms;

    if (text == NULL)
        return;
    if (units_parse_duration(text, &ms) && ms % 1000 == 0)
        *to = ms / 1000;
    else
        config_add_error(c->loader->errors, find_place(c->doc, c->section, key),
                         "%s: %s: expected a duration such as 30s, 5m, 1h30m, 2d, or seconds; not "
                         "\"%s\"",
                         c->section, key, text);
}

static void take_serve(struct context *c, const struct settings_serve *in,
                       struct bw_config_serve *out)
{
    c->section = "serve";
    if (in->listen != NULL && strncmp(in->listen, "unix:", 5) == 0 && in->listen[5] != '/') {
        const char *path = NULL;

        put_path(c, "listen", in->listen + 5, &path);
        if (path != NULL)
            out->listen = arena_printf(c->loader->arena, "unix:%s", path);
    } else if (in->listen != NULL && strcmp(in->listen, "off") != 0 &&
               strrchr(in->listen, ':') == NULL) {
        config_add_error(c->loader->errors, find_place(c->doc, c->section, "listen"),
                         "serve: listen: expected ADDRESS:PORT, unix:PATH, or off; not \"%s\"",
                         in->listen);
    } else {
        put_text(c, in->listen, &out->listen);
    }
    put_path(c, "token_file", in->token_file, &out->token_file);
    put_path(c, "standing", in->standing, &out->standing);
    put_text(c, in->public_url, &out->public_url);
}

static void take_alerting(struct context *c, const struct settings_alerting *in,
                          struct bw_config_alerting *out)
{
    yaml_node_t *node = yamldoc_find(c->doc, yamldoc_root(c->doc), "alerting");

    c->section = "alerting";
    put_duration(c, "max_age", in->max_age, &out->max_age);
    put_duration(c, "story_window", in->story_window, &out->story_window);
    put_duration(c, "give_up", in->give_up, &out->give_up);
    if (in->templates == NULL)
        return;
    node = yamldoc_find(c->doc, node, "templates");
    put_text(c, in->templates->title, &out->templates.title);
    put_text(c, in->templates->body, &out->templates.body);
    out->templates.title_place = yamldoc_text_place(c->doc, yamldoc_find(c->doc, node, "title"));
    out->templates.body_place = yamldoc_text_place(c->doc, yamldoc_find(c->doc, node, "body"));
}

static void take_top(struct context *c, const struct settings *in, struct bw_config *out)
{
    enum bw_log_level level;

    c->section = NULL;
    put_path(c, "state_dir", in->state_dir, &out->state_dir);
    if (in->log_level != NULL && !log_parse_level(in->log_level, &level))
        config_add_error(c->loader->errors, find_place(c->doc, NULL, "log_level"),
                         "log_level: expected one of error, warn, notice, info, debug; not \"%s\"",
                         in->log_level);
    else
        put_text(c, in->log_level, &out->log_level);
    if (in->readers < 0 || in->readers > 256)
        config_add_error(c->loader->errors, find_place(c->doc, NULL, "readers"),
                         "readers: expected a whole number from 0 to 256, not %d", in->readers);
    else if (in->readers > 0)
        out->readers = in->readers;
}

/* Most files hold lists only: libcyaml need not go through these. */
static bool has_settings(struct yamldoc *doc)
{
    for (size_t i = 0; fields[i].key != NULL; i++) {
        if (fields[i].value.type != CYAML_IGNORE &&
            yamldoc_find(doc, yamldoc_root(doc), fields[i].key) != NULL)
            return true;
    }
    return false;
}

void settings_read(struct loader *loader, struct yamldoc *doc)
{
    struct complaint complaint = {0};
    const cyaml_config_t cyaml = {
        .log_fn = on_complaint,
        .log_ctx = &complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_WARNING,
        .flags = CYAML_CFG_IGNORE_UNKNOWN_KEYS, /* settings_check_keys() has told them */
    };
    struct context c = {.loader = loader, .doc = doc};
    struct settings *in = NULL;

    if (has_settings(doc))
        in = load(loader, doc, &cyaml, &complaint);
    if (in != NULL) {
        take_top(&c, in, loader->config);
        if (in->serve != NULL)
            take_serve(&c, in->serve, &loader->config->serve);
        if (in->alerting != NULL)
            take_alerting(&c, in->alerting, &loader->config->alerting);
        c.section = "retention";
        if (in->retention != NULL) {
            put_duration(&c, "items", in->retention->items, &loader->config->retention.items);
            put_duration(&c, "hits", in->retention->hits, &loader->config->retention.hits);
        }
        cyaml_free(&cyaml, &schema, in, 0);
    }
}
