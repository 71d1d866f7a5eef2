/* Burying outbox rows that no channel will ever take. Owns nothing beyond the call. */
#include "orphans.h"

#include <stdbool.h>
#include <string.h>

enum { MESSAGE_ALERTS = 1000 };

struct search {
    const struct bw_config *config;
    struct bw_buf channel; /* of a row without one */
};

static bool is_configured(const struct bw_config *config, const char *channel)
{
    for (size_t i = 0; i < config->n_channels; i++) {
        if (strcmp(config->channels[i].id, channel) == 0)
            return true;
    }
    return false;
}

static int on_row(const struct bw_outbox_row *row, void *ctx)
{
    struct search *search = ctx;

    if (is_configured(search->config, row->channel))
        return 0;
    buf_puts(&search->channel, row->channel);
    return 1;
}

static int bury_next(struct bw_store *store, const char *channel, int64_t now_ms,
                     struct bw_error *err)
{
    struct bw_message message = {0};
    int got =
        store_next_message(store, channel, INT64_MAX / 2, MESSAGE_ALERTS, NULL, 0, &message, err);

    if (got > 0 && store_finish_message(store, message.key, BW_DELIVERY_DEAD, now_ms,
                                        "its channel is not configured any more", now_ms, err) != 0)
        got = -1;
    store_clear_message(&message);
    return got;
}

int orphans_bury(struct bw_store *store, const struct bw_config *config, int64_t now_ms,
                 size_t *moved, struct bw_error *err)
{
    struct search search = {.config = config};
    size_t count = 0;
    int got;

    buf_init(&search.channel);
    do {
        buf_reset(&search.channel);
        got = store_list_outbox(store, delivery_name(BW_DELIVERY_PENDING), NULL, 0, 0, on_row,
                                &search, err);
        if (got != 0 || search.channel.len == 0)
            break;
        while ((got = bury_next(store, buf_text(&search.channel), now_ms, err)) > 0)
            count++;
    } while (got == 0);
    buf_clear(&search.channel);
    if (got == 0)
        *moved = count;
    return got;
}
