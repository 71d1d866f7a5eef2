/* Documents that ended readers, kept in state_dir/quarantine/ for a report: the newest few. */
#ifndef BLOCWATCH_QUARANTINE_H
#define BLOCWATCH_QUARANTINE_H

#include "blocwatch/envelope.h"

/* Writes the poll's body and reason; removes the oldest beyond the bound. */
int quarantine_keep(const char *state_dir, const struct bw_poll *poll, struct bw_error *err);

#endif
