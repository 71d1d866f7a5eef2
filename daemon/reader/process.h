/* Starting and ending a reader process. */
#ifndef BLOCWATCH_READER_PROCESS_H
#define BLOCWATCH_READER_PROCESS_H

#include "blocwatch/error.h"

#include <stddef.h>
#include <sys/types.h>

/* Runs this program again as `--reader`; returns our end of the socket pair (non-blocking,
 * close-on-exec), or -1. */
int process_start(pid_t *pid, struct bw_error *err);

/* Kills and reaps; writes its end in words when `how` is not NULL ("was killed by signal 31 (Bad
 * system call)"; a reader that was still alive "was stopped"). */
void process_end(pid_t pid, char *how, size_t size);

#endif
