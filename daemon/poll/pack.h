/*
 * A source's state in one small block (about 200 bytes with its texts), as the poller keeps it for
 * each of 100,000 sources. The URL is not in it: it is the configured one.
 */
#ifndef BLOCWATCH_POLL_PACK_H
#define BLOCWATCH_POLL_PACK_H

#include "blocwatch/source.h"

struct packed;

struct packed *pack_state(const struct bw_source_state *state); /* returns owned; NULL: memory */
/* *state initialised by the call, with `url`; a NULL block is a source never polled. -1: memory. */
int unpack_state(const struct packed *packed, const char *url, struct bw_source_state *state);
/* A look at it without unpacking: the texts of the struct are not set. NULL for a NULL block. */
const struct bw_source_state *packed_peek(const struct packed *packed);
const char *packed_redirect_to(const struct packed *packed); /* NULL: none */

#endif
