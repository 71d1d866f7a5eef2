/* Reads maps and lists under the schema table of schema.h. Owns nothing. */
#include "schema.h"
#include "units.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIELDS = 48 };

void schema_error(struct reader *r, yaml_node_t *node, const char *key, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    config_add_error(r->loader->errors, yamldoc_place(r->doc, node), "%s%s%s%s%s",
                     r->subject != NULL ? r->subject : "", r->subject != NULL ? ": " : "",
                     key != NULL ? key : "", key != NULL ? ": " : "", text);
}

static const char *field_key(int i, const void *ctx)
{
    const struct field *fields = ctx;

    return fields[i].key;
}

static void report_unknown(struct reader *r, const struct field *fields, yaml_node_t *key)
{
    const char *text = yamldoc_text(key);
    const char *near = text != NULL ? units_nearest(text, field_key, fields) : NULL;
    struct bw_buf known;

    if (text == NULL) {
        schema_error(r, key, NULL, "expected a key, not %s", yamldoc_kind(key));
        return;
    }
    buf_init(&known);
    for (int i = 0; fields[i].key != NULL; i++)
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", fields[i].key);
    schema_error(r, key, text, "unknown key%s%s%s; expected one of %s",
                 near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                 near != NULL ? "?" : "", buf_text(&known));
    buf_clear(&known);
}

static void report_missing(struct reader *r, const struct field *fields, const int *lines,
                           yaml_node_t *node)
{
    for (int i = 0; fields[i].key != NULL; i++) {
        if (fields[i].required && lines[i] == 0)
            schema_error(r, node, fields[i].key, "is missing");
    }
}

void schema_read_map(struct reader *r, const struct field *fields, yaml_node_t *node, void *base)
{
    int lines[MOST_FIELDS] = {0};

    if (node->type != YAML_MAPPING_NODE) {
        schema_error(r, node, NULL, "expected a map of keys and values, not %s",
                     yamldoc_kind(node));
        return;
    }
    if (r->depth >= YAMLDOC_MAX_DEPTH) {
        schema_error(r, node, NULL, "nested more than %d deep", YAMLDOC_MAX_DEPTH);
        return;
    }
    r->depth++;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yamldoc_node(r->doc, pair->key);
        yaml_node_t *value = yamldoc_node(r->doc, pair->value);
        const char *text = yamldoc_text(key);
        int i = 0;

        while (text != NULL && fields[i].key != NULL && strcmp(fields[i].key, text) != 0)
            i++;
        if (text == NULL || fields[i].key == NULL) {
            report_unknown(r, fields, key);
        } else if (lines[i] != 0) {
            schema_error(r, key, text, "stands twice; first in line %d", lines[i]);
        } else {
            lines[i] = yamldoc_place(r->doc, key).line;
            if (!yamldoc_is_null(value))
                fields[i].read(r, &fields[i], value, base);
            else if (fields[i].required)
                schema_error(r, key, text, "is empty");
        }
    }
    report_missing(r, fields, lines, node);
    r->depth--;
}

/* "rule kz-brics", or "rule 3" while it has no id. */
static const char *name_subject(struct reader *r, yaml_node_t *node, const char *key,
                                const char *noun, size_t number)
{
    const char *id = yamldoc_text(yamldoc_find(r->doc, node, key));

    if (id != NULL && id[0] != '\0' && strlen(id) <= 128)
        return arena_printf(r->loader->arena, "%s %s", noun, id);
    return arena_printf(r->loader->arena, "%s %zu", noun, number);
}

void schema_read_list(struct loader *loader, struct yamldoc *doc, yaml_node_t *section,
                      const char *key, const char *noun,
                      void (*read)(struct reader *r, yaml_node_t *node))
{
    struct reader r = {.loader = loader, .doc = doc};
    size_t number = 0;

    if (section->type != YAML_SEQUENCE_NODE) {
        schema_error(&r, section, NULL, "expected a list of %ss, not %s", noun,
                     yamldoc_kind(section));
        return;
    }
    for (yaml_node_item_t *item = section->data.sequence.items.start;
         item < section->data.sequence.items.top; item++) {
        yaml_node_t *node = yamldoc_node(doc, *item);

        r.subject = name_subject(&r, node, key, noun, ++number);
        if (r.subject == NULL)
            loader->out_of_memory = true;
        read(&r, node);
    }
}

void schema_check_id(struct reader *r, yaml_node_t *node, const char *key, const char *id,
                     struct name **names, size_t index)
{
    const struct name *first;
    yaml_node_t *at = yamldoc_find(r->doc, node, key);

    if (id == NULL)
        return;
    if (id[0] == '\0' || strlen(id) > 128) {
        schema_error(r, at, key, "expected 1 to 128 bytes");
        return;
    }
    for (const unsigned char *p = (const unsigned char *)id; *p != '\0'; p++) {
        if (*p <= ' ' || *p == 0x7f || strchr("\"'`,=", *p) != NULL) {
            schema_error(r, at, key, "expected a name without spaces, quotes, commas, or =");
            return;
        }
    }
    first = loader_add_name(r->loader, names, id, yamldoc_place(r->doc, at), index);
    if (first != NULL)
        schema_error(r, at, key, "stands twice; first in %s:%d", first->place.file,
                     first->place.line);
}
