/*
 * blocwatchctl: what a command is, and what commands share. A command is one file, cmd_….c, with
 * one struct ctl_command, and one line in the table of ctl.c. Help is made from the struct.
 */
#ifndef BLOCWATCH_CTL_H
#define BLOCWATCH_CTL_H

#include "blocwatch/config.h"
#include "blocwatch/error.h"
#include "blocwatch/store.h"

#include <stdbool.h>
#include <stddef.h>

enum ctl_code { CTL_FINE = 0, CTL_FAILED = 1, CTL_USAGE = 2 };
enum { CTL_MAX_OPTIONS = 12 };

struct ctl_option {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, "TIME"; NULL: a flag */
    const char *help;
};

/* One run. */
struct ctl {
    const struct ctl_command *command;
    const char *config_file, *state_dir;
    bool json;
    const char *values[CTL_MAX_OPTIONS]; /* by the command's options; a flag that is given: "" */
    char **argv;                         /* the command's arguments */
    int argc;
    struct bw_config *config; /* after ctl_load_config() */
    struct bw_store *store;   /* after ctl_open_store() */
    char database[4096];
};

struct ctl_command {
    const char *name;      /* "feed parse" */
    const char *alias;     /* "alerts list" for "alerts", or NULL */
    const char *arguments; /* "FILE"; "" for none */
    const char *summary;   /* one line */
    const char *help;      /* further paragraphs, or NULL */
    int min_arguments, max_arguments;
    struct ctl_option options[CTL_MAX_OPTIONS]; /* --json and --help are everywhere */
    enum ctl_code (*run)(struct ctl *ctl);
};

/* The table, and the options that every command has. */
extern const struct ctl_command *const ctl_commands[];
extern const size_t ctl_n_commands;
extern const struct ctl_option ctl_global_options[]; /* ended by a NULL name */

/* NULL when the option is not given. */
const char *ctl_value(const struct ctl *ctl, const char *option);
/* The option as a number of at most `max`; `fallback` when it is not given. -1 when it is none,
 * which has been told. */
int ctl_number(const struct ctl *ctl, const char *option, size_t fallback, size_t max,
               size_t *number);
/* The option as a time in Unix milliseconds: RFC 3339, a date, or how long ago ("2h", "7d");
 * BW_TIME_NONE when it is not given. -1 when it is none, which has been told. */
int ctl_time(const struct ctl *ctl, const char *option, int64_t *ms);
/* An argument as an id (a positive number). -1 when it is none, which has been told. */
int ctl_id(const char *text, int64_t *id);

/* "blocwatchctl: …" on standard error. */
__attribute__((format(printf, 1, 2))) enum ctl_code ctl_fail(const char *format, ...);
__attribute__((format(printf, 1, 2))) enum ctl_code ctl_misuse(const char *format, ...);

/* ctl->config, without looking into the rules. Every error has been told on failure. */
enum ctl_code ctl_load_config(struct ctl *ctl);
/* Tells the errors on standard error, and clears them. */
void ctl_report_config(const struct ctl *ctl, struct bw_config_errors *errors);
/* Of ctl->config; NULL when there is none, which has been told. */
const struct bw_config_source *ctl_find_source(const struct ctl *ctl, const char *id);
/* ctl->store by --state-dir or the configuration. What failed has been told. */
enum ctl_code ctl_open_store(struct ctl *ctl);       /* for questions */
enum ctl_code ctl_open_store_write(struct ctl *ctl); /* for changes */
/* After an error of the store's in `err`. */
enum ctl_code ctl_store_failed(const struct bw_error *err);

#endif
