/* Sparklines: how many items each source has published, day by day. */
#ifndef BLOCWATCH_SERVE_SPARK_H
#define BLOCWATCH_SERVE_SPARK_H

#include "server.h"

enum { SPARK_DAYS = 30 };

struct sparks; /* of all sources */

/* Returns owned, or NULL with `err`. */
struct sparks *sparks_load(struct bw_store *store, struct bw_error *err);
void sparks_free(struct sparks *sparks); /* NULL is fine */
/* An inline SVG of the source's last days, with its sum as text for those who do not see it. */
void sparks_put(const struct sparks *sparks, struct bw_buf *out, const char *source);

#endif
