/* All commands, for the table in ctl.c. */
#ifndef BLOCWATCH_CTL_COMMANDS_H
#define BLOCWATCH_CTL_COMMANDS_H

#include "ctl.h"

extern const struct ctl_command cmd_alerts;
extern const struct ctl_command cmd_alerts_drop;
extern const struct ctl_command cmd_alerts_replay;
extern const struct ctl_command cmd_alerts_show;
extern const struct ctl_command cmd_alerts_why;
extern const struct ctl_command cmd_backup;
extern const struct ctl_command cmd_channel_test;
extern const struct ctl_command cmd_completion;
extern const struct ctl_command cmd_doctor;
extern const struct ctl_command cmd_export_csv;
extern const struct ctl_command cmd_export_jsonl;
extern const struct ctl_command cmd_export_opml;
extern const struct ctl_command cmd_feed_parse;
extern const struct ctl_command cmd_hits;
extern const struct ctl_command cmd_import_opml;
extern const struct ctl_command cmd_items;
extern const struct ctl_command cmd_matrix;
extern const struct ctl_command cmd_prune;
extern const struct ctl_command cmd_rules_backtest;
extern const struct ctl_command cmd_rules_check;
extern const struct ctl_command cmd_rules_explain;
extern const struct ctl_command cmd_rules_test;
extern const struct ctl_command cmd_search;
extern const struct ctl_command cmd_silence;
extern const struct ctl_command cmd_silence_add;
extern const struct ctl_command cmd_silence_end;
extern const struct ctl_command cmd_sources;
extern const struct ctl_command cmd_sources_add;
extern const struct ctl_command cmd_sources_disable;
extern const struct ctl_command cmd_sources_enable;
extern const struct ctl_command cmd_sources_poll;
extern const struct ctl_command cmd_sources_show;
extern const struct ctl_command cmd_stories;
extern const struct ctl_command cmd_tail;

#endif
