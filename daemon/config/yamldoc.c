/* YAML files by libyaml, which tells each node's line. Owns a file's bytes and its node graph. */
#include "yamldoc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of bytes that are no text, libyaml tells the offset only. */
static int problem_line(const struct yamldoc *doc, const yaml_parser_t *parser)
{
    int line = 1;

    if (parser->error != YAML_READER_ERROR)
        return (int)parser->problem_mark.line + 1;
    for (size_t i = 0; i < parser->problem_offset && i < doc->bytes.len; i++)
        line += doc->bytes.data[i] == '\n';
    return line;
}

static int parse(struct yamldoc *doc, struct bw_config_errors *errors)
{
    struct bw_place place = {doc->file, 0};
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return config_add_error(errors, place, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)buf_text(&doc->bytes),
                                 doc->bytes.len);
    if (yaml_parser_load(&parser, &doc->yaml)) {
        doc->parsed = true;
    } else {
        place.line = problem_line(doc, &parser);
        bool is_alias = (parser.context != NULL && strstr(parser.context, "alias") != NULL) ||
                        (parser.problem != NULL && strstr(parser.problem, "alias") != NULL);

        config_add_error(errors, place, "not valid YAML: %s%s%s%s",
                         parser.problem != NULL ? parser.problem : "unreadable",
                         parser.context != NULL ? " " : "",
                         parser.context != NULL ? parser.context : "",
                         is_alias ? "; text that begins with * needs quotes" : "");
    }
    yaml_parser_delete(&parser);
    return doc->parsed ? 0 : -1;
}

struct yamldoc *yamldoc_open(const char *file, struct bw_place from,
                             struct bw_config_errors *errors)
{
    struct yamldoc *doc = calloc(1, sizeof *doc);

    if (doc == NULL) {
        config_add_error(errors, from, "out of memory");
        return NULL;
    }
    doc->file = file;
    buf_init(&doc->bytes);
    if (buf_read_file(&doc->bytes, file, YAMLDOC_MAX_SIZE) != 0) {
        config_add_error(errors, from, "%scannot read %s: %s", from.line > 0 ? "include: " : "",
                         file, strerror(errno));
        yamldoc_close(doc);
        return NULL;
    }
    if (parse(doc, errors) != 0) {
        yamldoc_close(doc);
        return NULL;
    }
    return doc;
}

void yamldoc_close(struct yamldoc *doc)
{
    if (doc == NULL)
        return;
    if (doc->parsed)
        yaml_document_delete(&doc->yaml);
    buf_clear(&doc->bytes);
    free(doc);
}

yaml_node_t *yamldoc_root(struct yamldoc *doc)
{
    return yaml_document_get_root_node(&doc->yaml);
}

yaml_node_t *yamldoc_node(struct yamldoc *doc, int id)
{
    return yaml_document_get_node(&doc->yaml, id);
}

struct bw_place yamldoc_place(const struct yamldoc *doc, const yaml_node_t *node)
{
    struct bw_place place = {doc->file, node != NULL ? (int)node->start_mark.line + 1 : 0};

    return place;
}

struct bw_place yamldoc_text_place(const struct yamldoc *doc, const yaml_node_t *node)
{
    struct bw_place place = yamldoc_place(doc, node);

    if (node != NULL && node->type == YAML_SCALAR_NODE &&
        (node->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
         node->data.scalar.style == YAML_FOLDED_SCALAR_STYLE))
        place.line++;
    return place;
}

yaml_node_t *yamldoc_find(struct yamldoc *doc, const yaml_node_t *node, const char *key)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *text = yamldoc_text(yamldoc_node(doc, pair->key));

        if (text != NULL && strcmp(text, key) == 0)
            return yamldoc_node(doc, pair->value);
    }
    return NULL;
}

const char *yamldoc_text(const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return NULL;
    return (const char *)node->data.scalar.value;
}

bool yamldoc_is_null(const yaml_node_t *node)
{
    const char *text = yamldoc_text(node);

    if (text == NULL || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

const char *yamldoc_kind(const yaml_node_t *node)
{
    if (node == NULL || yamldoc_is_null(node))
        return "nothing";
    if (node->type == YAML_SEQUENCE_NODE)
        return "a list";
    return node->type == YAML_MAPPING_NODE ? "a map" : "text";
}
