/* The types of the schema table: each reads one value, or says what was expected. Owns nothing. */
#include "schema.h"
#include "units.h"

#include <limits.h>
#include <string.h>

#define AT(type, base, offset) ((type *)(void *)((char *)(base) + (offset)))

/* The scalar's text; NULL after an error. */
static const char *scalar(struct reader *r, const struct field *field, yaml_node_t *node,
                          const char *expected)
{
    const char *text = yamldoc_text(node);

    if (text == NULL)
        schema_error(r, node, field->key, "expected %s, not %s", expected, yamldoc_kind(node));
    else if (strlen(text) != node->data.scalar.length) {
        schema_error(r, node, field->key, "holds a NUL character");
        text = NULL;
    }
    return text;
}

static const char *keep(struct reader *r, const char *text)
{
    const char *copy = arena_strdup(r->loader->arena, text);

    if (copy == NULL)
        r->loader->out_of_memory = true;
    return copy;
}

static const char *allowed_word(int i, const void *ctx)
{
    const struct field *field = ctx;

    return field->allowed(i, NULL);
}

/* The index of `text` among the allowed words; -1 after an error. */
static int find_word(struct reader *r, const struct field *field, yaml_node_t *node,
                     const char *text)
{
    const char *word, *near;
    struct bw_buf words;

    for (int i = 0; (word = field->allowed(i, NULL)) != NULL; i++) {
        if (strcmp(word, text) == 0)
            return i;
    }
    near = units_nearest(text, allowed_word, field);
    buf_init(&words);
    for (int i = 0; (word = field->allowed(i, NULL)) != NULL; i++)
        buf_printf(&words, "%s%s", i > 0 ? ", " : "", word);
    schema_error(r, node, field->key, "expected one of %s; not \"%s\"%s%s%s", buf_text(&words),
                 text, near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                 near != NULL ? "?" : "");
    buf_clear(&words);
    return -1;
}

void type_text(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "text");

    if (text != NULL)
        *AT(const char *, base, field->offset) = keep(r, text);
}

void type_word(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a word");
    int i = text != NULL ? find_word(r, field, node, text) : -1;

    if (i >= 0)
        *AT(const char *, base, field->offset) = keep(r, text);
}

void type_enum(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a word");
    int i = text != NULL ? find_word(r, field, node, text) : -1;

    /* All enums of ours are of int's size: checked where the tables stand. */
    if (i >= 0)
        memcpy((char *)base + field->offset, &i, sizeof i);
}

void type_bool(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "true or false");

    if (text != NULL && !units_parse_bool(text, AT(bool, base, field->offset)))
        schema_error(r, node, field->key, "expected true or false, not \"%s\"", text);
}

static bool read_integer(struct reader *r, const struct field *field, yaml_node_t *node,
                         int64_t *value)
{
    const char *text = scalar(r, field, node, "a whole number");
    int64_t max = field->max != 0 ? field->max : INT_MAX, n;

    if (text == NULL)
        return false;
    if (!units_parse_integer(text, &n) || n < field->min || n > max) {
        schema_error(r, node, field->key, "expected a whole number from %lld to %lld, not \"%s\"",
                     (long long)field->min, (long long)max, text);
        return false;
    }
    *value = n;
    return true;
}

void type_int(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    int64_t value;

    if (read_integer(r, field, node, &value))
        *AT(int, base, field->offset) = (int)value;
}

void type_int64(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    int64_t value;

    if (read_integer(r, field, node, &value))
        *AT(int64_t, base, field->offset) = value;
}

static bool read_duration(struct reader *r, const struct field *field, yaml_node_t *node,
                          int64_t *ms)
{
    const char *text = scalar(r, field, node, "a duration such as 5m");

    if (text == NULL)
        return false;
    if (!units_parse_duration(text, ms)) {
        schema_error(r, node, field->key,
                     "expected a duration such as 30s, 5m, 1h30m, 2d, or seconds; not \"%s\"",
                     text);
        return false;
    }
    if (*ms < field->min * 1000 || (field->max != 0 && *ms > field->max * 1000)) {
        char low[BW_TIME_TEXT], high[BW_TIME_TEXT];

        clock_format_duration(field->min, low);
        clock_format_duration(field->max, high);
        schema_error(r, node, field->key, "expected at least %s%s%s, not \"%s\"", low,
                     field->max != 0 ? " and at most " : "", field->max != 0 ? high : "", text);
        return false;
    }
    return true;
}

void type_seconds(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    int64_t ms;

    if (!read_duration(r, field, node, &ms))
        return;
    if (ms % 1000 != 0)
        schema_error(r, node, field->key, "expected whole seconds, not \"%s\"", yamldoc_text(node));
    else
        *AT(int64_t, base, field->offset) = ms / 1000;
}

void type_milliseconds(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    read_duration(r, field, node, AT(int64_t, base, field->offset));
}

void type_size(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a size such as 16MiB");
    int64_t bytes;

    if (text == NULL)
        return;
    if (!units_parse_size(text, &bytes) || bytes < field->min ||
        (field->max != 0 && bytes > field->max))
        schema_error(r, node, field->key,
                     "expected a size such as 512KiB, 16MiB, or bytes, from %lld%s; not \"%s\"",
                     (long long)field->min, field->max != 0 ? " to 1GiB" : "", text);
    else
        *AT(size_t, base, field->offset) = (size_t)bytes;
}

void type_share(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a number from 0 to 1");
    double share;

    if (text == NULL)
        return;
    if (!units_parse_number(text, &share) || share > 1)
        schema_error(r, node, field->key, "expected a number from 0 to 1, not \"%s\"", text);
    else
        *AT(double, base, field->offset) = share;
}

void type_path(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a path"), *path;

    if (text == NULL)
        return;
    path = paths_resolve(r->loader, yamldoc_place(r->doc, node), field->key, text);
    if (path != NULL)
        *AT(const char *, base, field->offset) = path;
}

void type_date(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a date such as 2024-10-16");

    if (text == NULL)
        return;
    if (!units_is_date(text))
        schema_error(r, node, field->key, "expected a date such as 2024-10-16, not \"%s\"", text);
    else
        *AT(const char *, base, field->offset) = keep(r, text);
}

static bool check_time(struct reader *r, const struct field *field, yaml_node_t *node,
                       const char *text)
{
    if (units_is_time_of_day(text))
        return true;
    schema_error(r, node, field->key, "expected a time of day such as \"07:30\", not \"%s\"", text);
    return false;
}

void type_time(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *text = scalar(r, field, node, "a time of day such as \"07:30\"");

    if (text != NULL && check_time(r, field, node, text))
        *AT(const char *, base, field->offset) = keep(r, text);
}

/* A list's members, or the one text that stands for a list of one. */
void type_list(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    bool many = node->type == YAML_SEQUENCE_NODE;
    size_t n = 1, used = 0;
    const char **values;

    if (many)
        n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    values = arena_calloc(r->loader->arena, n + 1, sizeof *values);
    if (values == NULL) {
        r->loader->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = many ? yamldoc_node(r->doc, node->data.sequence.items.start[i]) : node;
        const char *text = scalar(r, field, item, many ? "text" : "text, or a list of it");

        if (text == NULL)
            continue;
        if (text[0] == '\0')
            schema_error(r, item, field->key, "expected text, not nothing");
        else if (field->allowed == NULL || find_word(r, field, item, text) >= 0)
            values[used++] = keep(r, text);
    }
    *AT(const char **, base, field->offset) = values;
    *AT(size_t, base, field->count_offset) = used;
}

void type_list_any(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const yaml_node_t *only = node;
    const char *text;

    if (node->type == YAML_SEQUENCE_NODE &&
        node->data.sequence.items.top - node->data.sequence.items.start == 1)
        only = yamldoc_node(r->doc, *node->data.sequence.items.start);
    text = yamldoc_text(only);
    if (text == NULL || strcmp(text, "any") != 0)
        type_list(r, field, node, base);
}

void type_map(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    const char *outer = r->subject;

    r->subject = arena_printf(r->loader->arena, "%s%s%s", outer != NULL ? outer : "",
                              outer != NULL ? ": " : "", field->key);
    schema_read_map(r, field->fields, node, (char *)base + field->offset);
    r->subject = outer;
}

void type_skip(struct reader *r, const struct field *field, yaml_node_t *node, void *base)
{
    (void)r;
    (void)field;
    (void)node;
    (void)base;
}
