/*
 * The schema table of the sections that libcyaml cannot serve: those whose values need their line,
 * or may be one thing or a list of it. One line a key; the reader function is the type.
 */
#ifndef BLOCWATCH_CONFIG_SCHEMA_H
#define BLOCWATCH_CONFIG_SCHEMA_H

#include "loader.h"

#include "blocwatch/clock.h"

/* Where we are: `subject` ("rule kz-brics") begins every error. */
struct reader {
    struct loader *loader;
    struct yamldoc *doc;
    const char *subject;
    int depth;
};

struct field {
    const char *key;
    /* Puts the value into `base` at `offset`, or adds an error. */
    void (*read)(struct reader *r, const struct field *field, yaml_node_t *node, void *base);
    size_t offset, count_offset;
    const char *(*allowed)(int i, const void *ctx); /* the words of an enumeration */
    int64_t min, max;                               /* of numbers, when max is not 0 */
    const struct field *fields;                     /* of a map */
    bool required;
};

/* Readers: text, one of `allowed` (kept as text, or as its index in an int), bool, integer (int or
 * int64_t), duration in s or ms, size, share 0…1, path, date, time of day, and lists (one text or a
 * list of them) at offset/count_offset; `any` empties the list of type_list_any. */
typedef void type_fn(struct reader *r, const struct field *field, yaml_node_t *node, void *base);
type_fn type_text, type_word, type_enum, type_bool, type_int, type_int64, type_seconds,
    type_milliseconds, type_size, type_share, type_path, type_date, type_time, type_list,
    type_list_any, type_map, type_skip;

/* One line of a table; `...`: `.required = true` and the like. */
#define FIELD(key_, read_, offset_, ...)                                                           \
    {                                                                                              \
        .key = key_, .read = read_, .offset = offset_, __VA_ARGS__                                 \
    }
#define FIELD_LIST(key_, read_, ...) FIELD_LIST_AT(key_, read_, __VA_ARGS__, )
#define FIELD_LIST_AT(key_, read_, offset_, count_, ...)                                           \
    {                                                                                              \
        .key = key_, .read = read_, .offset = offset_, .count_offset = count_, __VA_ARGS__         \
    }
#define FIELD_END                                                                                  \
    {                                                                                              \
        .key = NULL                                                                                \
    }

/* Reads the map `node` into `base` under `fields` (ended by a NULL key): unknown and repeated keys,
 * missing ones, wrong values. */
void schema_read_map(struct reader *r, const struct field *fields, yaml_node_t *node, void *base);

/* Calls `read` for each map of the list `section`. `key` names the id's key, `noun` the thing: the
 * reader's subject becomes "noun ID", or "noun 3" for the third when it has no id. */
void schema_read_list(struct loader *loader, struct yamldoc *doc, yaml_node_t *section,
                      const char *key, const char *noun,
                      void (*read)(struct reader *r, yaml_node_t *node));

/* Adds "SUBJECT: KEY: text" at the node's line. */
__attribute__((format(printf, 4, 5))) void schema_error(struct reader *r, yaml_node_t *node,
                                                        const char *key, const char *format, ...);

/* An id: not empty, no spaces, quotes or control characters, at most 128 bytes. Enters it into
 * `names`, or says where it stands already. */
void schema_check_id(struct reader *r, yaml_node_t *node, const char *key, const char *id,
                     struct name **names, size_t index);

#endif
