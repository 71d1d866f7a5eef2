/* Channel "email": SMTP with STARTTLS or TLS and authentication. Owns nothing. */
#include "channel.h"
#include "mail.h"
#include "sender.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 60000, RECEIVERS = 64, ADDRESS = 320, NOTE_LIMIT = 200, SECRET_LIMIT = 4097 };

static const char *const schemes[] = {"smtp", "smtps", NULL};
static const char *const tls_names[] = {"required", "try", "none", NULL};
static const struct alert_option options[] = {
    {.key = "server", .kind = OPTION_URL, .required = true, .choices = schemes},
    {.key = "from", .kind = OPTION_TEXT, .required = true},
    {.key = "to", .kind = OPTION_LIST, .required = true},
    {.key = "tls", .kind = OPTION_CHOICE, .choices = tls_names},
    {.key = "username", .kind = OPTION_TEXT},
    {.key = "password_file", .kind = OPTION_FILE},
    {.key = "ca_file", .kind = OPTION_FILE},
    {.key = "proxy", .kind = OPTION_TEXT},
    {.key = NULL},
};

static void check_address(const struct alert_options *set, const char *key, const char *text,
                          struct bw_config_errors *errors)
{
    char address[ADDRESS];

    mail_address(text, address, sizeof address);
    if (strchr(address, '@') == NULL || strpbrk(text, "\r\n") != NULL)
        config_add_error(errors, options_place(set, key),
                         "channel %s: %s: expected a mail address, found \"%s\"", set->config->id,
                         key, text);
}

static void check(const struct alert_options *set, struct bw_config_errors *errors)
{
    const char *to;
    size_t n;

    if (options_text(set, "from") != NULL)
        check_address(set, "from", options_text(set, "from"), errors);
    for (n = 0; (to = options_item(set, "to", n)) != NULL; n++)
        check_address(set, "to", to, errors);
    if (n > RECEIVERS)
        config_add_error(errors, options_place(set, "to"),
                         "channel %s: to: expected at most %d receivers", set->config->id,
                         RECEIVERS);
    if ((options_text(set, "username") != NULL) != (options_text(set, "password_file") != NULL))
        config_add_error(errors, options_place(set, "username"),
                         "channel %s: username and password_file go together", set->config->id);
}

/* 55x speaks of this mail and its receivers; everything else, also a refused password, is a trouble
 * that can pass or be mended. */
static void on_sent(const struct sender_reply *reply, void *ctx)
{
    struct alert_delivery *delivery = ctx;
    enum alert_verdict verdict = ALERT_RETRY;
    char note[NOTE_LIMIT], text[NOTE_LIMIT - 16];

    delivery->work = NULL;
    if (reply->answered && reply->status >= 200 && reply->status < 300)
        verdict = ALERT_DELIVERED;
    else if (reply->answered && reply->status >= 550 && reply->status < 560)
        verdict = ALERT_DEAD;
    text_one_line(reply->text, reply->len, text, sizeof text);
    if (reply->answered)
        snprintf(note, sizeof note, "SMTP %ld%s%s", reply->status, text[0] != '\0' ? ": " : "",
                 text);
    else
        snprintf(note, sizeof note, "%s", text);
    delivery_finish(delivery, verdict, 0, note);
}

static enum sender_tls tls_of(const struct alert_options *set)
{
    const char *name = options_text(set, "tls");

    if (name == NULL || strcmp(name, "required") == 0)
        return SENDER_TLS_REQUIRED;
    return strcmp(name, "try") == 0 ? SENDER_TLS_TRY : SENDER_TLS_NONE;
}

/* Writes the mail and fills the request; the lists are the caller's. */
static void fill_request(struct alert_channel *channel, const struct alert_message *message,
                         struct sender_request *send, struct bw_buf *text,
                         char (*addresses)[ADDRESS], const char **receivers)
{
    const struct alert_options *set = &channel->options;
    const char *people[RECEIVERS];
    struct mail mail = {
        .from = options_text(set, "from"), .to = people, .now = clock_now(channel->room->clock)};

    for (size_t i = 0; i < RECEIVERS && options_item(set, "to", i) != NULL; i++) {
        people[i] = options_item(set, "to", i);
        mail_address(people[i], addresses[i + 1], ADDRESS);
        receivers[i] = addresses[i + 1];
        mail.n_to = i + 1;
    }
    mail_address(mail.from, addresses[0], ADDRESS);
    mail_write(&mail, message, text);
    *send = (struct sender_request){.url = options_text(set, "server"),
                                    .body = buf_text(text),
                                    .body_len = text->len,
                                    .proxy = options_text(set, "proxy"),
                                    .ca_file = options_text(set, "ca_file"),
                                    .username = options_text(set, "username"),
                                    .mail_from = addresses[0],
                                    .mail_to = receivers,
                                    .n_mail_to = mail.n_to,
                                    .tls = tls_of(set),
                                    .timeout_ms = options_duration_ms(set, "timeout", TIMEOUT_MS),
                                    .trace = channel->room->trace,
                                    .trace_ctx = channel->room->trace_ctx};
}

static int start(struct alert_channel *channel, const struct alert_message *message,
                 struct alert_delivery *delivery, struct bw_error *err)
{
    char addresses[RECEIVERS + 1][ADDRESS], password[SECRET_LIMIT];
    const char *receivers[RECEIVERS];
    struct sender_request send;
    struct bw_buf text;
    int got = options_secret(&channel->options, "password_file", password, sizeof password, err);

    if (got < 0)
        return -1;
    buf_init(&text);
    fill_request(channel, message, &send, &text, addresses, receivers);
    if (got > 0)
        send.password = password;
    delivery->channel = channel;
    if (text.failed)
        error_set(err, BW_ERR_MEMORY, "out of memory");
    else
        delivery->work = sender_start(channel->room->sender, &send, on_sent, delivery, err);
    explicit_bzero(password, sizeof password);
    buf_clear(&text);
    return delivery->work == NULL ? -1 : 0;
}

static void cancel(struct alert_channel *channel, struct alert_delivery *delivery)
{
    (void)channel;
    sender_cancel(delivery->work);
    delivery->work = NULL;
}

const struct alert_channel_type channel_email = {
    .name = "email",
    .options = options,
    .check = check,
    .start = start,
    .cancel = cancel,
};
