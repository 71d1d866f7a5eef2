/* Matching silences. Owns nothing. */
#include "silence.h"

#include "blocwatch/alert.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 32, VALUE = 256 };

/* The next "name=value" at *at: 1, 0 at the end, -1 when it is none. */
static int next_matcher(const char **at, char name[NAME], char value[VALUE])
{
    const char *equals;
    size_t len;

    *at += strspn(*at, " \t\n");
    if (**at == '\0')
        return 0;
    len = strcspn(*at, " \t\n");
    equals = memchr(*at, '=', len);
    if (equals == NULL || equals == *at || equals - *at >= NAME ||
        len - (size_t)(equals - *at) - 1 >= VALUE || equals + 1 == *at + len)
        return -1;
    snprintf(name, NAME, "%.*s", (int)(equals - *at), *at);
    snprintf(value, VALUE, "%.*s", (int)(len - (size_t)(equals - *at) - 1), equals + 1);
    *at += len;
    return 1;
}

bool silence_matches(const struct bw_config *config, const char *matchers,
                     const struct alert_subject *subject)
{
    char name[NAME], value[VALUE];
    bool any = false;
    int got;

    while ((got = next_matcher(&matchers, name, value)) > 0) {
        if (!subject_matches(config, subject, name, value))
            return false;
        any = true;
    }
    return got == 0 && any;
}

struct search {
    const struct bw_config *config;
    const struct alert_subject *subject;
    struct silence_found found;
};

static int on_silence(const struct bw_silence *silence, void *ctx)
{
    struct search *search = ctx;

    if (!silence_matches(search->config, silence->matchers, search->subject))
        return 0;
    search->found = (struct silence_found){silence->id, silence->ends_ms};
    return 1;
}

int silence_find(struct bw_store *store, const struct bw_config *config,
                 const struct alert_subject *subject, int64_t now_ms, struct silence_found *found,
                 struct bw_error *err)
{
    struct search search = {config, subject, {0, 0}};

    if (store_list_silences(store, now_ms, on_silence, &search, err) != 0)
        return -1;
    *found = search.found;
    return 0;
}

int alert_check_matchers(const char *matchers, struct bw_error *err)
{
    char name[NAME], value[VALUE];
    const char *at = matchers;
    bool any = false;
    int got;

    while ((got = next_matcher(&at, name, value)) > 0) {
        if (!subject_knows(name))
            return error_set(err, BW_ERR_USAGE,
                             "unknown matcher %s; expected kind, rule, severity, actor, bloc, "
                             "stance, certainty, source, lang or story",
                             name);
        any = true;
    }
    if (got < 0 || !any)
        return error_set(err, BW_ERR_USAGE,
                         "expected matchers such as rule=ca-* actor=KZ, not "
                         "\"%.200s\"",
                         matchers);
    return 0;
}
