/* The conversation with a receiver as people may see it: line by line, without secrets. */
#ifndef BLOCWATCH_ALERT_TRACE_H
#define BLOCWATCH_ALERT_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct trace {
    void (*tell)(char direction, const char *line, void *ctx);
    void *ctx;
    char *secret;  /* owned; NULL: none */
    bool in_login; /* an SMTP login is under way: nothing that we say is shown */
};

/* `secret` may be NULL; it is copied. */
void trace_init(struct trace *trace, void (*tell)(char direction, const char *line, void *ctx),
                void *ctx, const char *secret);
void trace_clear(struct trace *trace); /* a zeroed one is fine */
void trace_write(struct trace *trace, char direction, const char *data, size_t len);

#endif
