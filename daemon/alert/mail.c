/* Composes mails: multipart/alternative, threads by story. Owns nothing. */
#include "mail.h"
#include "mime.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ADDRESS = 320 };

void mail_address(const char *text, char *address, size_t size)
{
    const char *open = strrchr(text, '<');
    size_t len;

    if (open != NULL)
        text = open + 1;
    text += strspn(text, " ");
    len = strcspn(text, "> \r\n");
    snprintf(address, size, "%.*s", (int)(len < size ? len : size - 1), text);
}

/* A name that is not ASCII is encoded; the address never is. */
static void write_person(struct bw_buf *out, const char *name, const char *text)
{
    const char *open = strrchr(text, '<');
    char address[ADDRESS];
    struct bw_buf shown;

    mail_address(text, address, sizeof address);
    if (open == NULL || open == text) {
        buf_printf(out, "%s: %s\r\n", name, address);
        return;
    }
    buf_init(&shown);
    buf_append(&shown, text, (size_t)(open - text));
    while (shown.len > 0 && shown.data[shown.len - 1] == ' ')
        shown.data[--shown.len] = '\0';
    mime_write_header(out, name, buf_text(&shown));
    if (out->len >= 2 && !out->failed)
        out->len -= 2; /* the line goes on */
    buf_printf(out, "\r\n <%s>\r\n", address);
    buf_clear(&shown);
}

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL && at[1] != '\0' ? at + 1 : "blocwatch.invalid";
}

/* The story's root is named by every mail of it, though nobody has ever sent it: mail programs make
 * one thread of those that refer to the same. */
static void write_ids(struct bw_buf *out, const struct alert_message *message, const char *domain)
{
    buf_printf(out, "Message-ID: <%s@%s>\r\n", message->key, domain);
    if (message->story != 0)
        buf_printf(out,
                   "In-Reply-To: <story.%" PRId64 "@%s>\r\nReferences: <story.%" PRId64 "@%s>\r\n",
                   message->story, domain, message->story, domain);
}

static void write_headers(const struct mail *mail, const struct alert_message *message,
                          struct bw_buf *out)
{
    static const char *const urgent[BW_SEVERITIES] = {"5 (Lowest)", "3 (Normal)", "2 (High)",
                                                      "1 (Highest)"};
    char from[ADDRESS];

    mail_address(mail->from, from, sizeof from);
    write_person(out, "From", mail->from);
    for (size_t i = 0; i < mail->n_to; i++)
        write_person(out, "To", mail->to[i]);
    mime_write_header(out, "Subject", message->title);
    buf_puts(out, "Date: ");
    mime_write_date(out, mail->now);
    buf_puts(out, "\r\n");
    write_ids(out, message, domain_of(from));
    buf_printf(out,
               "X-Blocwatch-Key: %s\r\nX-Priority: %s\r\nAuto-Submitted: auto-generated\r\n"
               "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n"
               " boundary=\"=_%s\"\r\n\r\n",
               message->key, urgent[message->severity], message->key);
}

static void write_part(struct bw_buf *out, const char *key, const char *type,
                       const struct bw_buf *content)
{
    buf_printf(out,
               "--=_%s\r\nContent-Type: %s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n",
               key, type);
    mime_write_base64(out, buf_text(content), content->len);
}

static void write_text(const struct alert_message *message, struct bw_buf *out)
{
    if (message->n_alerts == 1)
        buf_printf(out, "%s\n\n", message->title);
    buf_printf(out, "%s\n", message->body);
    if (message->page != NULL)
        buf_printf(out, "\nWhy: %s\n", message->page);
}

/* Escapes text line by line; a line that is the link becomes one. */
static void write_html_body(const char *body, const char *link, struct bw_buf *out)
{
    while (*body != '\0') {
        size_t len = strcspn(body, "\n");
        struct bw_buf line;

        buf_init(&line);
        buf_append(&line, body, len);
        if (link != NULL && strcmp(buf_text(&line), link) == 0) {
            buf_puts(out, "<a href=\"");
            text_escape_html(out, link);
            buf_puts(out, "\">");
            text_escape_html(out, link);
            buf_puts(out, "</a>");
        } else {
            text_escape_html(out, buf_text(&line));
        }
        buf_clear(&line);
        buf_puts(out, "<br>\n");
        body += len + (body[len] == '\n');
    }
}

static void write_html(const struct alert_message *message, struct bw_buf *out)
{
    buf_puts(out,
             "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
             "content=\"width=device-width\"></head>\n<body style=\"font-family:sans-serif\">\n");
    for (size_t i = 0; i < message->n_alerts && i < MESSAGE_LISTED; i++) {
        const struct alert_view *view = &message->alerts[i];

        buf_puts(out, "<h3>");
        text_escape_html(out, view->title);
        buf_puts(out, "</h3>\n<p>");
        write_html_body(view->body, view->link, out);
        if (view->page != NULL) {
            buf_puts(out, "<a href=\"");
            text_escape_html(out, view->page);
            buf_puts(out, "\">Why this alert</a>\n");
        }
        buf_puts(out, "</p>\n");
    }
    if (message->n_alerts > MESSAGE_LISTED)
        buf_printf(out, "<p>\xe2\x80\xa6 and %zu more</p>\n", message->n_alerts - MESSAGE_LISTED);
    buf_puts(out, "</body></html>\n");
}

void mail_write(const struct mail *mail, const struct alert_message *message, struct bw_buf *out)
{
    struct bw_buf text, html;

    buf_init(&text);
    buf_init(&html);
    write_text(message, &text);
    write_html(message, &html);
    write_headers(mail, message, out);
    write_part(out, message->key, "text/plain", &text);
    write_part(out, message->key, "text/html", &html);
    buf_printf(out, "--=_%s--\r\n", message->key);
    out->failed = out->failed || text.failed || html.failed;
    buf_clear(&text);
    buf_clear(&html);
}
