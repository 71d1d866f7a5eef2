/*
 * The politeness policy: when a source is asked again, and what is remembered of it. A pure
 * function of settings, remembered state, answer, time and chance; nothing here knows of sockets
 * or clocks. The latest of all times that hold wins; its rule is named in the state (`due_rule`).
 *
 *   rule                 next poll not before                        specification
 *   -------------------  ------------------------------------------  ---------------------------
 *   interval             the configured interval                     the user's word
 *   adaptive             a quarter of the usual gap of the latest   ours: between interval_floor
 *                        items; a 24th of the silence since           and interval_ceiling
 *   ignores-validators   twice the adaptive one, while 200s that     RFC 9110 13.1 (conditional
 *                        bring nothing new keep coming               requests)
 *   publisher-interval   ttl; updatePeriod / updateFrequency         RSS 2.0 <ttl>, RSS syndication
 *                                                                    module
 *   max-age, expires     the answer's freshness, on 200 and on 304,  RFC 9111 4.2, 4.3.4, 5.2, 5.3
 *                        less its Age
 *   skip-hours,          the next hour or day that is not skipped    RSS 2.0 <skipHours>,
 *   skip-days                                                        <skipDays>, UTC
 *   backoff              interval × 2^(failures - 1), to             ours
 *                        backoff_cap; twice that for what a retry
 *                        seldom mends: 401, 403, 404, TLS, no feed
 *   retry-after          delay or date, at most retry_after_cap      RFC 9110 10.2.3, RFC 6585 4
 *   gone                 never (410); the user is told               RFC 9110 15.5.11
 *   quarantine           interval_ceiling; the same bytes are not    ours: it killed readers
 *                        read again
 *   local-file           interval_floor                              a file: source asks no server
 *
 * The publisher's wishes (publisher-interval, max-age, expires) are followed for a day at most, or
 * interval_ceiling when that is more: a year of max-age on a news feed is a mistake. Chance only
 * adds: up to `jitter` of the delay.
 *
 *   301 and 308          followed; after the same target on          RFC 9110 15.4.2, 15.4.9
 *                        POLICY_MOVED_AFTER polls it is polled
 *                        instead. Never from https to http. When the
 *                        new address fails as often, the old one is
 *                        asked again.
 *   302, 303, 307        followed, never saved                       RFC 9110 15.4
 *   validators           ETag and Last-Modified are kept verbatim    RFC 9110 8.8, 13.1; 9111 4.3
 *                        from a 200 whose document was read, and
 *                        renewed by a 304; failures do not touch them
 */
#ifndef BLOCWATCH_POLL_POLICY_H
#define BLOCWATCH_POLL_POLICY_H

#include "blocwatch/config.h"
#include "blocwatch/poll.h"
#include "transport.h"

enum {
    POLICY_MOVED_AFTER = 3,   /* polls in a row */
    POLICY_IGNORED_AFTER = 3, /* unchanged 200s in a row */
    POLICY_WISH_CAP = 86400,  /* seconds */
    POLICY_SILENT_RHYTHMS = 10 /* usual gaps without an item: 1 in 20,000 by chance */,
    POLICY_SILENT_LEAST = 3 * 86400,
};

struct policy_input {
    const struct bw_config_polling *settings;
    const char *url; /* as configured */
    const struct bw_source_state *before;
    enum bw_fetch_result result;
    long status;
    const struct bw_response *response;    /* its header */
    const char *permanent_to;              /* reached by 301 and 308 only; NULL none */
    const char *body_hash;                 /* of a 200; NULL otherwise */
    const struct bw_error *error;          /* why the visit failed; code BW_OK: it did not */
    const struct bw_feed *feed;            /* NULL: no document */
    const struct bw_poll_outcome *outcome; /* what the store made of it */
    int64_t now;                           /* Unix seconds */
    int64_t took_ms;
    uint64_t wire_bytes;
    uint64_t random;
};

/* *after is initialised by the call; the caller clears it. -1: memory. */
int policy_decide(const struct policy_input *in, struct bw_source_state *after, uint32_t *actions,
                  struct bw_error *err);

#endif
