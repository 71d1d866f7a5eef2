/* Showing a conversation without its secrets. Owns a copy of the secret. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_LIMIT = 1024, LINE_SIZE = LINE_LIMIT + 32, SHORTEST_SECRET = 4 };

void trace_init(struct trace *trace, void (*tell)(char direction, const char *line, void *ctx),
                void *ctx, const char *secret)
{
    *trace = (struct trace){.tell = tell, .ctx = ctx};
    if (secret != NULL && strlen(secret) >= SHORTEST_SECRET)
        trace->secret = strdup(secret);
}

void trace_clear(struct trace *trace)
{
    if (trace->secret != NULL)
        explicit_bzero(trace->secret, strlen(trace->secret));
    free(trace->secret);
    *trace = (struct trace){0};
}

static bool starts(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/* Header lines that hold a secret are shown by name only; a login by its first word. */
static void hide_login(struct trace *trace, char direction, char text[LINE_SIZE])
{
    static const char *const names[] = {"authorization:", "proxy-authorization:", "auth "};

    if (direction == '<' && trace->in_login && text[0] != '3')
        trace->in_login = false;
    if (direction != '>')
        return;
    if (trace->in_login)
        snprintf(text, LINE_SIZE, "(not shown)");
    trace->in_login = trace->in_login || starts(text, "auth ");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);

        if (starts(text, names[i]))
            snprintf(text + len, LINE_SIZE - len, " (not shown)");
    }
}

static void hide_secret(const struct trace *trace, char *text)
{
    size_t len = trace->secret == NULL ? 0 : strlen(trace->secret);
    char *at;

    while (len > 0 && (at = strstr(text, trace->secret)) != NULL) {
        memset(at, '*', 3);
        memmove(at + 3, at + len, strlen(at + len) + 1);
    }
}

static void write_line(struct trace *trace, char direction, const char *line, size_t len)
{
    char text[LINE_SIZE];

    len = len < LINE_LIMIT ? len : LINE_LIMIT;
    memcpy(text, line, len);
    text[len] = '\0';
    hide_login(trace, direction, text);
    hide_secret(trace, text);
    trace->tell(direction, text, trace->ctx);
}

void trace_write(struct trace *trace, char direction, const char *data, size_t len)
{
    size_t start = 0;

    for (size_t i = 0; i <= len; i++) {
        size_t n = i - start;

        if (i < len && data[i] != '\n')
            continue;
        if (n > 0 && data[start + n - 1] == '\r')
            n--;
        if (n > 0)
            write_line(trace, direction, data + start, n);
        start = i + 1;
    }
}
