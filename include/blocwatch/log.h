/*
 * The log: one line an event on stderr, "level message key=value …"; with the "<N>" prefix of
 * sd-daemon(3) when JOURNAL_STREAM is set. Only the daemon's top rooms log; lower rooms return
 * errors. Values with spaces or quotes are quoted, control characters are escaped, so that text
 * from a feed can never forge a line.
 */
#ifndef BLOCWATCH_LOG_H
#define BLOCWATCH_LOG_H

#include <stdbool.h>

enum bw_log_level {
    BW_LOG_ERROR = 3,
    BW_LOG_WARN = 4,
    BW_LOG_NOTICE = 5,
    BW_LOG_INFO = 6,
    BW_LOG_DEBUG = 7
};

void log_open(enum bw_log_level most); /* reads JOURNAL_STREAM; call once at start */
/* "info" → BW_LOG_INFO; "warn" and "warning" are the same. */
bool log_parse_level(const char *name, enum bw_log_level *level);

/* `message` is a constant sentence; then pairs of const char * key and value, ended by NULL.
 * A NULL value is left out. */
__attribute__((sentinel)) void log_write(enum bw_log_level level, const char *message, ...);

#define log_error(...) log_write(BW_LOG_ERROR, __VA_ARGS__, (char *)0)
#define log_warn(...) log_write(BW_LOG_WARN, __VA_ARGS__, (char *)0)
#define log_notice(...) log_write(BW_LOG_NOTICE, __VA_ARGS__, (char *)0)
#define log_info(...) log_write(BW_LOG_INFO, __VA_ARGS__, (char *)0)
#define log_debug(...) log_write(BW_LOG_DEBUG, __VA_ARGS__, (char *)0)

#endif
