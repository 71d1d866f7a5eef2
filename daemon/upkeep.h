/* Retention: what is older than the configuration keeps is removed in small steps on the loop. */
#ifndef BLOCWATCH_UPKEEP_H
#define BLOCWATCH_UPKEEP_H

#include "blocwatch/config.h"
#include "blocwatch/store.h"

struct event_base;
struct bw_upkeep;

/* Borrows the store, and `config` until replaced. Returns owned, or NULL with `err`. */
struct bw_upkeep *upkeep_new(struct event_base *base, const struct bw_config *config,
                             struct bw_store *store, struct bw_error *err);
void upkeep_free(struct bw_upkeep *upkeep);
void upkeep_replace_config(struct bw_upkeep *upkeep, const struct bw_config *config);

#endif
