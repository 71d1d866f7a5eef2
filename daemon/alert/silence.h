/* Silences: matchers such as "rule=ca-* actor=KZ severity=low", all of which must hold. */
#ifndef BLOCWATCH_ALERT_SILENCE_H
#define BLOCWATCH_ALERT_SILENCE_H

#include "route.h"

#include "blocwatch/error.h"

bool silence_matches(const struct bw_config *config, const char *matchers,
                     const struct alert_subject *subject);

#endif
