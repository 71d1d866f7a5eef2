/* Errors as values: a code for programs and a sentence for people. Owns nothing. */
#include "blocwatch/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct bw_error *err, enum bw_error_code code, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return -1;
    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return -1;
}

int error_prefix(struct bw_error *err, const char *format, ...)
{
    char head[sizeof err->text], tail[sizeof err->text];
    va_list args;
    size_t used, rest;

    if (err == NULL)
        return -1;
    va_start(args, format);
    vsnprintf(head, sizeof head, format, args);
    va_end(args);
    memcpy(tail, err->text, sizeof tail);
    used = strnlen(head, sizeof head - 3);
    memcpy(err->text, head, used);
    memcpy(err->text + used, ": ", 2);
    used += 2;
    rest = strnlen(tail, sizeof err->text - used - 1);
    memcpy(err->text + used, tail, rest);
    err->text[used + rest] = '\0';
    return -1;
}
