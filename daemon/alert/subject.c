/* Matching one alert against values of a route or a silence. Owns nothing. */
#include "subject.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "kk" is also "kk-cyrl". */
static bool same_lang(const char *lang, const char *value)
{
    size_t len = strlen(value);

    return lang != NULL && strncasecmp(lang, value, len) == 0 &&
           (lang[len] == '\0' || lang[len] == '-');
}

/* A code, or a lexicon set's name for it. */
static bool same_code(const struct bw_config *config, enum bw_facet facet, const char *code,
                      const char *value)
{
    if (strcasecmp(code, value) == 0)
        return true;
    for (size_t i = 0; config != NULL && i < config->watch.n_sets; i++) {
        const struct bw_set *set = &config->watch.sets[i];

        if (set->facet == facet && strcmp(set->id, value) == 0)
            return set->code != NULL && strcmp(set->code, code) == 0;
    }
    return false;
}

static bool glob(const char *text, const char *pattern)
{
    return text != NULL && fnmatch(pattern, text, 0) == 0;
}

bool subject_event_matches(const struct bw_config *config, const struct bw_event *event,
                           const char *name, const char *value)
{
    if (strcmp(name, "actor") == 0)
        return same_code(config, BW_FACET_ACTOR, event->actor, value);
    if (strcmp(name, "bloc") == 0)
        return same_code(config, BW_FACET_BLOC, event->bloc, value);
    if (strcmp(name, "stance") == 0)
        return strcmp(stance_name(event->stance), value) == 0;
    return strcmp(certainty_name(event->certainty), value) == 0;
}

static const char *const event_names[] = {"actor", "bloc", "stance", "certainty"};
static const char *const plain_names[] = {"kind", "rule", "severity", "source", "lang", "story"};

static bool is_event_name(const char *name)
{
    for (size_t i = 0; i < sizeof event_names / sizeof event_names[0]; i++) {
        if (strcmp(event_names[i], name) == 0)
            return true;
    }
    return false;
}

bool subject_knows(const char *name)
{
    for (size_t i = 0; i < sizeof plain_names / sizeof plain_names[0]; i++) {
        if (strcmp(plain_names[i], name) == 0)
            return true;
    }
    return is_event_name(name);
}

bool subject_matches(const struct bw_config *config, const struct alert_subject *subject,
                     const char *name, const char *value)
{
    char story[24];

    if (is_event_name(name)) {
        for (size_t i = 0; i < subject->n_events; i++) {
            if (subject_event_matches(config, &subject->events[i], name, value))
                return true;
        }
        return false;
    }
    if (strcmp(name, "rule") == 0)
        return glob(subject->rule, value);
    if (strcmp(name, "source") == 0)
        return glob(subject->source, value);
    if (strcmp(name, "kind") == 0)
        return glob(subject->kind, value);
    if (strcmp(name, "severity") == 0)
        return strcmp(severity_name(subject->severity), value) == 0;
    if (strcmp(name, "lang") == 0)
        return same_lang(subject->lang, value);
    snprintf(story, sizeof story, "%lld", (long long)subject->story);
    return strcmp(name, "story") == 0 && subject->story != 0 && strcmp(story, value) == 0;
}
