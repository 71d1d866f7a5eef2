/* What chat services take at their incoming webhooks: slack, mattermost, discord, teams. */
#ifndef BLOCWATCH_ALERT_PRESET_H
#define BLOCWATCH_ALERT_PRESET_H

#include "message.h"

/* Appends the service's JSON, cut to its limits. */
int preset_write(const char *name, const struct alert_message *message, struct bw_buf *out,
                 struct bw_error *err);

#endif
