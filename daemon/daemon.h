/*
 * The daemon as a whole: builds the rooms, joins them, and runs the loop. main.c makes one and
 * runs it; intake.c carries an item from room to room.
 */
#ifndef BLOCWATCH_DAEMON_H
#define BLOCWATCH_DAEMON_H

#include "blocwatch/config.h"
#include "blocwatch/error.h"

#include <stdbool.h>

struct bw_daemon;

struct bw_daemon_options {
    const char *config_file;
    const char *state_dir; /* --state-dir or NULL */
    bool once;             /* poll every due source once, deliver, end */
};

/* Takes `config`. Opens the store, starts readers, poller and channels. Returns owned, or NULL
 * with `err`; the config is freed in both cases. */
struct bw_daemon *daemon_new(const struct bw_daemon_options *options, struct bw_config *config,
                             struct bw_error *err);
/* Runs until SIGTERM or SIGINT, or with `once` until all is done. Returns the exit code. */
int daemon_run(struct bw_daemon *daemon);
void daemon_free(struct bw_daemon *daemon); /* NULL is fine */

#endif
