/* Reading the configuration the way the daemon needs it: loaded, and its rules compiled once. */
#ifndef BLOCWATCH_SETUP_H
#define BLOCWATCH_SETUP_H

#include "blocwatch/config.h"

/* For who is not the service: $CREDENTIALS_DIRECTORY is where systemd puts the service's, unless it
 * is set. The configuration then reads the same, whether or not the secrets may be read. */
void setup_assume_credentials(void);
/* A credential of the service, in a folder that we may not look into, or that is only there while
 * the service runs. */
bool setup_is_out_of_sight(const char *path);

/* Called for each error, "FILE:LINE: what is wrong", and for each warning about a rule. */
typedef void setup_report_fn(const char *text, void *ctx);

/* Returns owned, or NULL after every error has been reported. A secret that is out of sight is a
 * warning. */
struct bw_config *setup_load_config(const char *file, setup_report_fn *report, void *ctx);

#endif
