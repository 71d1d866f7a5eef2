/* Writing sources as YAML, for `import opml` and `sources add`. */
#ifndef BLOCWATCH_CTL_YAML_OUT_H
#define BLOCWATCH_CTL_YAML_OUT_H

#include "ctl.h"

#include "blocwatch/buf.h"

struct yaml_source {
    const char *url, *title, *lang; /* title and lang may be NULL */
};

/* Ids that are taken, and those made so far: an id is made from title or host. */
struct yaml_ids {
    char **ids;
    size_t n;
};

/* The ids of the configured sources. -1 out of memory. */
int yaml_ids_init(struct yaml_ids *ids, const struct bw_config *config);
void yaml_ids_clear(struct yaml_ids *ids);
/* A new id for the source, entered. Borrowed; NULL out of memory. */
const char *yaml_ids_make(struct yaml_ids *ids, const struct yaml_source *source);

/* One list entry below "sources:". */
void yaml_put_source(struct bw_buf *out, const char *id, const struct yaml_source *source);

/* Writes the entries to `path` as a new file, or with `path` NULL to standard output. */
enum ctl_code yaml_write_sources(const char *path, const struct bw_buf *entries);

#endif
