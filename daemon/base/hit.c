/* The names of stances, certainties and severities. Owns nothing. */
#include "blocwatch/hit.h"

#include <string.h>

static const char *const stances[BW_STANCES] = {
    "none",     "considers", "applies", "signs",    "joins",  "observes",
    "partners", "declines",  "opposes", "suspends", "leaves", "stays",
};
static const char *const certainties[BW_CERTAINTIES] = {"stated", "denied", "hypothetical",
                                                        "reported"};
static const char *const severities[BW_SEVERITIES] = {"low", "medium", "high", "critical"};

static int find_name(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

const char *stance_name(enum bw_stance stance)
{
    return stances[stance];
}

const char *certainty_name(enum bw_certainty certainty)
{
    return certainties[certainty];
}

const char *severity_name(enum bw_severity severity)
{
    return severities[severity];
}

int stance_parse(const char *name)
{
    return find_name(stances, BW_STANCES, name);
}

int certainty_parse(const char *name)
{
    return find_name(certainties, BW_CERTAINTIES, name);
}

int severity_parse(const char *name)
{
    return find_name(severities, BW_SEVERITIES, name);
}
