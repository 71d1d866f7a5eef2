/* Inside the room: one event against one value of an event matcher (actor bloc stance certainty).
 */
#ifndef BLOCWATCH_ALERT_SUBJECT_H
#define BLOCWATCH_ALERT_SUBJECT_H

#include "route.h"

bool subject_event_matches(const struct bw_config *config, const struct bw_event *event,
                           const char *name, const char *value);

#endif
