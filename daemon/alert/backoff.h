/* When to try again: exponential with jitter, and never before the receiver asked for. Pure. */
#ifndef BLOCWATCH_ALERT_BACKOFF_H
#define BLOCWATCH_ALERT_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms, cap_ms;
};

/* Milliseconds to wait after the `attempts`th failure (from 1): first × 2^(attempts-1), at most the
 * cap, and of that between one half and all, by `random`; at least `retry_after_ms`. */
int64_t backoff_delay_ms(const struct backoff *backoff, int attempts, int64_t retry_after_ms,
                         uint32_t random);

#endif
