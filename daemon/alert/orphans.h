/* Outbox rows whose channel is no longer configured. */
#ifndef BLOCWATCH_ALERT_ORPHANS_H
#define BLOCWATCH_ALERT_ORPHANS_H

#include "blocwatch/config.h"
#include "blocwatch/store.h"

/* Makes them dead letters that say so: shown, and to be replayed once the channel is back. *moved
 * messages. Outside of any transaction. */
int orphans_bury(struct bw_store *store, const struct bw_config *config, int64_t now_ms,
                 size_t *moved, struct bw_error *err);

#endif
