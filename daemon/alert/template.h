/*
 * Templates of titles and bodies: text with {{ .field }} in it. A field that does not exist is an
 * error of the configuration. `{{ .field | upper }}` and the like do not exist on purpose: what a
 * receiver needs beyond text, it takes from the JSON.
 */
#ifndef BLOCWATCH_ALERT_TEMPLATE_H
#define BLOCWATCH_ALERT_TEMPLATE_H

#include "blocwatch/buf.h"
#include "blocwatch/error.h"

/* What a template can name. */
enum alert_field {
    FIELD_ID,
    FIELD_KIND,
    FIELD_HEADLINE,
    FIELD_EVENT,
    FIELD_TITLE,
    FIELD_SENTENCE,
    FIELD_SUMMARY,
    FIELD_LINK,
    FIELD_TIME,
    FIELD_PUBLISHED,
    FIELD_SOURCE,
    FIELD_SOURCES,
    FIELD_N_SOURCES,
    FIELD_MORE,
    FIELD_LANG,
    FIELD_ACTOR,
    FIELD_STANCE,
    FIELD_BLOC,
    FIELD_CERTAINTY,
    FIELD_RULE,
    FIELD_RULE_TITLE,
    FIELD_SEVERITY,
    FIELD_MATCHED,
    FIELD_STORY,
    FIELD_REASON,
    ALERT_FIELDS
};

struct alert_values {
    const char *of[ALERT_FIELDS]; /* NULL reads as "" */
};

#define TEMPLATE_TITLE "{{ .headline }} \xe2\x80\x94 {{ .source }}{{ .more }}"
#define TEMPLATE_BODY "{{ .sentence }}\n{{ .link }}\n{{ .time }}"

/* -1 with what is wrong; *line (may be NULL) counts from 0 at the template's first line. */
int template_check(const char *text, int *line, struct bw_error *err);
/* Appends; a line that held only fields, all of them empty, is left out. The template must have
 * been checked. */
void template_render(const char *text, const struct alert_values *values, struct bw_buf *out);

#endif
