/* What a reader gives up before it sees a byte of a document. */
#ifndef BLOCWATCH_READER_SANDBOX_H
#define BLOCWATCH_READER_SANDBOX_H

#include "blocwatch/error.h"

#include <stddef.h>

/* Resource limits, no_new_privs, every descriptor but `fd` closed, seccomp allow-list: anything
 * outside it kills the process by SIGSYS. `memory` bytes of address space. */
int sandbox_close(int fd, size_t memory, struct bw_error *err);

/* From now on no memory may become executable: rules have been compiled. */
int sandbox_seal_code(struct bw_error *err);

/* The CPU time limit counts from now: `seconds` more, then SIGXCPU. */
int sandbox_limit_cpu(unsigned seconds, struct bw_error *err);

#endif
