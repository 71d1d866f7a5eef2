/* The pause between tries. Owns nothing. */
#include "backoff.h"

enum { RETRY_AFTER_CAP_S = 86400 }; /* a receiver cannot put us off for longer */

int64_t backoff_delay_ms(const struct backoff *backoff, int attempts, int64_t retry_after_ms,
                         uint32_t random)
{
    int64_t delay = backoff->first_ms, cap = (int64_t)RETRY_AFTER_CAP_S * 1000;

    for (int i = 1; i < attempts && delay < backoff->cap_ms; i++)
        delay *= 2;
    if (delay > backoff->cap_ms)
        delay = backoff->cap_ms;
    delay = delay / 2 + (int64_t)((uint64_t)(delay - delay / 2) * random / UINT32_MAX);
    if (retry_after_ms > cap)
        retry_after_ms = cap;
    return delay > retry_after_ms ? delay : retry_after_ms;
}
