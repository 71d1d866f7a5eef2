/* Parameters of a request. Owns nothing. */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *serve_param(const struct serve_request *request, const char *name)
{
    const char *value = evhttp_find_header(&request->query, name);

    if (value == NULL)
        value = evhttp_find_header(&request->form, name);
    if (value == NULL && request->body != NULL)
        value = json_string_value(json_object_get(request->body, name));
    return value == NULL || value[0] == '\0' ? NULL : value;
}

int serve_param_number(struct serve_request *request, const char *name, int64_t most,
                       int64_t otherwise, int64_t *value)
{
    const char *text = serve_param(request, name);
    char *end;

    *value = otherwise;
    if (text == NULL)
        return 0;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0' && *value >= 0) {
        if (*value > most)
            *value = most;
        return 0;
    }
    serve_reply_problem(request, 400, "%s: \"%s\" is no whole number", name, text);
    return -1;
}

/* "7d", "12h", "30m": that long ago, in milliseconds; 0 when it is none. */
static int64_t parse_age(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    int64_t unit = *end == 'm'   ? 60
                   : *end == 'h' ? 3600
                   : *end == 'd' ? 86400
                   : *end == 'w' ? 604800
                                 : 0;

    return number <= 0 || number > 100000 || unit == 0 || end[1] != '\0' ? 0 : number * unit * 1000;
}

static int parse_time(const char *text, int64_t *ms)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"};
    int64_t age = parse_age(text);

    if (age > 0) {
        *ms = clock_now_ms(&bw_clock_real) - age;
        return 0;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);

        if (end != NULL && *end == '\0') {
            *ms = (int64_t)timegm(&tm) * 1000;
            return 0;
        }
    }
    return -1;
}

int serve_param_time(struct serve_request *request, const char *name, int64_t *ms)
{
    const char *text = serve_param(request, name);

    *ms = BW_TIME_NONE;
    if (text == NULL || parse_time(text, ms) == 0)
        return 0;
    serve_reply_problem(request, 400,
                        "%s: \"%s\" is no time: 2024-10-16, 2024-10-16T11:42:00Z, or an age as 7d",
                        name, text);
    return -1;
}
