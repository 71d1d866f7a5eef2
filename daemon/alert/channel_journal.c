/* Channel "journal": structured fields for systemd-journald, or one clear line on stderr where
 * there is none. Owns nothing but the deliveries that wait for the next turn of the loop. */
#include "channel.h"
#include "text.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum { LINE_LIMIT = 1000, FIELDS = 16 };

static const char *const targets[] = {"auto", "journal", "stderr", NULL};
static const struct alert_option options[] = {
    {.key = "to", .kind = OPTION_CHOICE, .choices = targets},
    {.key = NULL},
};

/* JOURNAL_STREAM says that the service manager has started us (systemd.exec(5)). */
static bool to_journal(const struct alert_channel *channel)
{
    const char *to = options_text(&channel->options, "to");

    if (to != NULL && strcmp(to, "auto") != 0)
        return strcmp(to, "journal") == 0;
    return getenv("JOURNAL_STREAM") != NULL && access("/run/systemd/journal/socket", W_OK) == 0;
}

static const char *priority(enum bw_severity severity)
{
    static const char *const levels[BW_SEVERITIES] = {"6", "5", "4", "2"}; /* info … critical */

    return levels[severity];
}

struct fields {
    struct bw_buf text[FIELDS];
    struct iovec list[FIELDS];
    int n;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
    struct bw_buf *text = &fields->text[fields->n];

    if (value == NULL || *value == '\0')
        return;
    buf_init(text);
    buf_printf(text, "%s=%s", name, value);
    if (!text->failed)
        fields->list[fields->n++] = (struct iovec){text->data, text->len};
}

static int send_fields(const struct alert_message *message, const struct alert_view *view)
{
    const char *const *of = view->values.of;
    struct fields fields = {.n = 0};
    int result;

    add_field(&fields, "MESSAGE", view->title);
    add_field(&fields, "PRIORITY", priority(view->severity));
    add_field(&fields, "SYSLOG_IDENTIFIER", "blocwatch");
    add_field(&fields, "BLOCWATCH_KEY", message->key);
    add_field(&fields, "BLOCWATCH_ALERT", of[FIELD_ID]);
    add_field(&fields, "BLOCWATCH_KIND", of[FIELD_KIND]);
    add_field(&fields, "BLOCWATCH_RULE", of[FIELD_RULE]);
    add_field(&fields, "BLOCWATCH_SEVERITY", of[FIELD_SEVERITY]);
    add_field(&fields, "BLOCWATCH_ACTOR", of[FIELD_ACTOR]);
    add_field(&fields, "BLOCWATCH_STANCE", of[FIELD_STANCE]);
    add_field(&fields, "BLOCWATCH_BLOC", of[FIELD_BLOC]);
    add_field(&fields, "BLOCWATCH_SOURCE",
              json_string_value(json_object_get(view->json, "source")));
    add_field(&fields, "BLOCWATCH_LINK", view->link);
    add_field(&fields, "BLOCWATCH_TEXT", view->body);
    result = sd_journal_sendv(fields.list, fields.n);
    for (int i = 0; i < fields.n; i++)
        buf_clear(&fields.text[i]);
    return result;
}

static int print_line(const struct alert_view *view)
{
    char title[LINE_LIMIT], link[LINE_LIMIT];
    const char *severity = severity_name(view->severity);

    text_one_line(view->title, strlen(view->title), title, sizeof title);
    text_one_line(view->link == NULL ? "" : view->link, LINE_LIMIT, link, sizeof link);
    return dprintf(STDERR_FILENO, "ALERT [%s] %s%s%s\n", severity, title, *link != '\0' ? " " : "",
                   link) < 0
               ? -1
               : 0;
}

static void on_turn(evutil_socket_t fd, short what, void *ctx)
{
    struct alert_delivery *delivery = ctx;

    (void)fd, (void)what;
    event_free(delivery->work);
    delivery->work = NULL;
    delivery_finish(delivery, ALERT_DELIVERED, 0, "written");
}

static int start(struct alert_channel *channel, const struct alert_message *message,
                 struct alert_delivery *delivery, struct bw_error *err)
{
    bool journal = to_journal(channel);
    struct event *turn;

    for (size_t i = 0; i < message->n_alerts; i++) {
        const struct alert_view *view = &message->alerts[i];

        if ((journal ? send_fields(message, view) : print_line(view)) < 0)
            return error_set(err, BW_ERR_IO, "%s does not take the alert",
                             journal ? "the journal" : "stderr");
    }
    turn = event_new(channel->room->base, -1, 0, on_turn, delivery);
    if (turn == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    delivery->work = turn;
    event_active(turn, EV_TIMEOUT, 0);
    return 0;
}

static void cancel(struct alert_channel *channel, struct alert_delivery *delivery)
{
    (void)channel;
    if (delivery->work != NULL)
        event_free(delivery->work);
    delivery->work = NULL;
}

const struct alert_channel_type channel_journal = {
    .name = "journal",
    .options = options,
    .start = start,
    .cancel = cancel,
};
