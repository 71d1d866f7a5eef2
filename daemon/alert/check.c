/* Everything about channels, routes and templates that can be wrong in a configuration. Owns
 * nothing. */
#include "channel.h"
#include "route.h"
#include "template.h"

#include "blocwatch/alert.h"

#include <stdio.h>

static void check_template(const char *key, const char *text, struct bw_place place,
                           struct bw_config_errors *errors)
{
    struct bw_error err = {0};
    int line = 0;

    if (text == NULL || template_check(text, &line, &err) == 0)
        return;
    /* A block scalar begins on the line behind its key. */
    config_add_error(errors, place, "alerting: templates: %s: %s (in line %d of the template)", key,
                     err.text, line + 1);
}

int alert_check_config(const struct bw_config *config, struct bw_config_errors *errors)
{
    const struct bw_config_template *templates = &config->alerting.templates;
    size_t before = errors->n;

    for (size_t i = 0; i < config->n_channels; i++)
        channel_check(&config->channels[i], errors);
    route_check(config, errors);
    check_template("title", templates->title, templates->title_place, errors);
    check_template("body", templates->body, templates->body_place, errors);
    return errors->n == before ? 0 : -1;
}
