/* Silences: matchers such as "rule=ca-* actor=KZ severity=low", all of which must hold. */
#ifndef BLOCWATCH_ALERT_SILENCE_H
#define BLOCWATCH_ALERT_SILENCE_H

#include "route.h"

#include "blocwatch/error.h"
#include "blocwatch/store.h"

bool silence_matches(const struct bw_config *config, const char *matchers,
                     const struct alert_subject *subject);

struct silence_found {
    int64_t id; /* 0: none */
    int64_t ends_ms;
};
/* The first silence that holds at `now_ms` and matches. */
int silence_find(struct bw_store *store, const struct bw_config *config,
                 const struct alert_subject *subject, int64_t now_ms, struct silence_found *found,
                 struct bw_error *err);

#endif
