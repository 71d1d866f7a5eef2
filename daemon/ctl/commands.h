/* All commands, for the table in ctl.c. */
#ifndef BLOCWATCH_CTL_COMMANDS_H
#define BLOCWATCH_CTL_COMMANDS_H

#include "ctl.h"

extern const struct ctl_command cmd_alerts;
extern const struct ctl_command cmd_feed_parse;
extern const struct ctl_command cmd_hits;
extern const struct ctl_command cmd_rules_check;
extern const struct ctl_command cmd_rules_test;
extern const struct ctl_command cmd_sources;

#endif
