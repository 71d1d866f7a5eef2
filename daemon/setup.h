/* Reading the configuration the way the daemon needs it: loaded, and its rules compiled once. */
#ifndef BLOCWATCH_SETUP_H
#define BLOCWATCH_SETUP_H

#include "blocwatch/config.h"

/* Called for each error, "FILE:LINE: what is wrong", and for each warning about a rule. */
typedef void setup_report_fn(const char *text, void *ctx);

/* Returns owned, or NULL after every error has been reported. */
struct bw_config *setup_load_config(const char *file, setup_report_fn *report, void *ctx);

#endif
