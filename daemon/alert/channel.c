/* The table of channel types, and what all channels have in common. Owns a channel's options. */
#include "channel.h"

#include "blocwatch/buf.h"

#include <stdlib.h>
#include <string.h>

static const struct alert_channel_type *const types[] = {
    &channel_journal, &channel_exec,     &channel_webhook, &channel_ntfy,
    &channel_email,   &channel_telegram, &channel_desktop, &channel_alertmanager,
};

enum { N_TYPES = sizeof types / sizeof types[0] };

const struct alert_channel_type *channel_find_type(const char *name)
{
    for (size_t i = 0; name != NULL && i < N_TYPES; i++) {
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    }
    return NULL;
}

static void report_type(const struct bw_config_channel *config, struct bw_config_errors *errors)
{
    struct bw_buf names;

    buf_init(&names);
    for (size_t i = 0; i < N_TYPES; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", types[i]->name);
    config_add_error(errors, config->place, "channel %s: type: no such type \"%s\"; expected %s",
                     config->id, config->type == NULL ? "" : config->type, buf_text(&names));
    buf_clear(&names);
}

static int set_options(struct alert_options *options, const struct bw_config_channel *config,
                       const struct alert_option *schemas[3])
{
    const struct alert_channel_type *type = channel_find_type(config->type);

    if (type == NULL)
        return -1;
    schemas[0] = type->options;
    schemas[1] = options_common;
    schemas[2] = NULL;
    options->config = config;
    options->known = schemas;
    return 0;
}

void channel_check(const struct bw_config_channel *config, struct bw_config_errors *errors)
{
    const struct alert_option *schemas[3];
    struct alert_options options;

    if (set_options(&options, config, schemas) != 0) {
        report_type(config, errors);
        return;
    }
    options_check(&options, errors);
    if (channel_find_type(config->type)->check != NULL)
        channel_find_type(config->type)->check(&options, errors);
}

int channel_open(struct alert_channel *channel, const struct bw_config_channel *config,
                 const struct alert_room *room, struct bw_error *err)
{
    const struct alert_option **schemas = calloc(3, sizeof(void *));

    if (schemas == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (set_options(&channel->options, config, schemas) != 0) {
        free(schemas);
        return error_set(err, BW_ERR_CONFIG, "channel %s: no such type", config->id);
    }
    channel->type = channel_find_type(config->type);
    channel->room = room;
    channel->id = config->id;
    return channel->type->open == NULL ? 0 : channel->type->open(channel, err);
}

void channel_close(struct alert_channel *channel)
{
    if (channel->type != NULL && channel->type->close != NULL)
        channel->type->close(channel);
    free((void *)channel->options.known);
    memset(channel, 0, sizeof *channel);
}

void delivery_finish(struct alert_delivery *delivery, enum alert_verdict verdict,
                     int64_t retry_after_ms, const char *note)
{
    struct alert_result result = {verdict, retry_after_ms, note == NULL ? "" : note};

    delivery->done(delivery, &result);
}
