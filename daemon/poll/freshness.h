/* What an answer's header says about time, as a private cache reads it. Pure. */
#ifndef BLOCWATCH_POLL_FRESHNESS_H
#define BLOCWATCH_POLL_FRESHNESS_H

#include "transport.h"

/* An HTTP date in any of the three forms of RFC 9110 5.6.7, Unix seconds; BW_TIME_NONE. */
int64_t freshness_parse_date(const char *text);

/*
 * Seconds from `now` for which the answer says that it stays fresh; 0 when it does not, *rule then
 * untouched, otherwise "max-age" or "expires". RFC 9111 5.2.2 (max-age before Expires; no-cache
 * and no-store: not fresh; s-maxage is for shared caches), 5.3 (Expires seen from the server's own
 * Date, so that a wrong clock on either side does not matter; what is no date is in the past),
 * 4.2.3 (less the Age that shared caches have added).
 */
int64_t freshness_lifetime(const struct bw_response *response, int64_t now, const char **rule);

/* Retry-After (RFC 9110 10.2.3), delay or date, in seconds from `now`; -1 when absent or wrong. */
int64_t freshness_retry_after(const struct bw_response *response, int64_t now);

#endif
