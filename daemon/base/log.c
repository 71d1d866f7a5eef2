/* Structured log lines on stderr. Owns the level and the prefix choice of the process. */
#include "blocwatch/log.h"

#include "blocwatch/buf.h"
#include "blocwatch/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum bw_log_level most_level = BW_LOG_INFO;
static bool for_journal;

static const char *const names[] = {
    [BW_LOG_ERROR] = "error", [BW_LOG_WARN] = "warning", [BW_LOG_NOTICE] = "notice",
    [BW_LOG_INFO] = "info",   [BW_LOG_DEBUG] = "debug",
};

void log_open(enum bw_log_level most)
{
    most_level = most;
    for_journal = getenv("JOURNAL_STREAM") != NULL;
}

bool log_parse_level(const char *name, enum bw_log_level *level)
{
    if (strcmp(name, "warn") == 0)
        name = names[BW_LOG_WARN];
    for (int i = BW_LOG_ERROR; i <= BW_LOG_DEBUG; i++) {
        if (strcmp(names[i], name) == 0) {
            *level = (enum bw_log_level)i;
            return true;
        }
    }
    return false;
}

static bool is_plain(const char *value)
{
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (c <= ' ' || c == '"' || c == '\\' || c == '=' || c == 0x7f)
            return false;
    }
    return true;
}

static void put_value(struct bw_buf *line, const char *value)
{
    if (is_plain(value)) {
        buf_puts(line, value);
        return;
    }
    buf_putc(line, '"');
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else if (c == '\n')
            buf_puts(line, "\\n");
        else if (c < ' ' || c == 0x7f)
            buf_printf(line, "\\x%02x", c);
        else
            buf_putc(line, (char)c);
    }
    buf_putc(line, '"');
}

static void write_line(struct bw_buf *line)
{
    size_t done = 0;

    while (done < line->len) {
        ssize_t put = write(STDERR_FILENO, line->data + done, line->len - done);

        if (put <= 0)
            return;
        done += (size_t)put;
    }
}

void log_write(enum bw_log_level level, const char *message, ...)
{
    struct bw_buf line;
    char when[BW_TIME_TEXT];
    const char *key, *value;
    va_list args;

    if (level > most_level)
        return;
    buf_init(&line);
    if (for_journal)
        buf_printf(&line, "<%d>%s", (int)level, message);
    else
        buf_printf(&line, "%s %s %s", clock_format(clock_now(&bw_clock_real), when), names[level],
                   message);
    va_start(args, message);
    while ((key = va_arg(args, const char *)) != NULL) {
        value = va_arg(args, const char *);
        if (value == NULL)
            continue;
        buf_printf(&line, " %s=", key);
        put_value(&line, value);
    }
    va_end(args);
    buf_putc(&line, '\n');
    if (!line.failed)
        write_line(&line);
    buf_clear(&line);
}
