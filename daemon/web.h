/* What the web server asks of the other rooms: its hooks, filled in by the daemon. */
#ifndef BLOCWATCH_WEB_H
#define BLOCWATCH_WEB_H

#include "intake.h"

#include "blocwatch/serve.h"

struct bw_web;

/* Borrows the rooms; the server is started. Returns owned, or NULL with `err`. */
struct bw_web *web_new(const struct bw_intake_rooms *rooms, struct bw_intake *intake,
                       struct bw_error *err);
void web_free(struct bw_web *web); /* NULL is fine */
/* After a reload. A changed address is told in the log, and takes a restart. */
void web_join(struct bw_web *web, const struct bw_intake_rooms *rooms);
const char *web_url(const struct bw_web *web); /* NULL when off */
void web_announce(struct bw_web *web);         /* after a commit */
void web_end(struct bw_web *web);              /* not ready any more */

/* A text that somebody tries goes the way of a document: through a reader. True when `poll` is one,
 * and is taken. */
bool web_take_read(struct bw_poll *poll, enum bw_read_outcome outcome);

#endif
