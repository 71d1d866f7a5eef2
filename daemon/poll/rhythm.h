/* How often a source publishes, from its document and from what was new. Pure. */
#ifndef BLOCWATCH_POLL_RHYTHM_H
#define BLOCWATCH_POLL_RHYTHM_H

#include "policy.h"

/* Sets after->rhythm (the usual gap between items, smoothed), after->interval (the adaptive one,
 * between the settings' floor and ceiling), after->last_item and after->items from a visit that
 * went well. */
void rhythm_learn(const struct policy_input *in, struct bw_source_state *after);

/* Whether the source has been silent for longer than its rhythm makes likely. */
bool rhythm_is_silent(const struct bw_source_state *state, int64_t now);

#endif
