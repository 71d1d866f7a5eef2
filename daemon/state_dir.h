/* The state directory: made when missing, held by one daemon at a time. */
#ifndef BLOCWATCH_STATE_DIR_H
#define BLOCWATCH_STATE_DIR_H

#include "blocwatch/error.h"

/* Makes `dir` (mode 0700, with its parents) and takes the lock in it. Returns the lock's
 * descriptor, which holds it until closed, or -1: BW_ERR_BUSY when another daemon has it. */
int state_dir_lock(const char *dir, struct bw_error *err);

#endif
