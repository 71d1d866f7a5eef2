/* A message as a mail: text and HTML of the same words. Pure. */
#ifndef BLOCWATCH_ALERT_MAIL_H
#define BLOCWATCH_ALERT_MAIL_H

#include "message.h"

struct mail {
    const char *from;      /* "Blocwatch <alerts@example.org>" or an address */
    const char *const *to; /* likewise */
    size_t n_to;
    int64_t now; /* Unix seconds, for Date */
};

/* Appends the whole mail with CRLF line ends. */
void mail_write(const struct mail *mail, const struct alert_message *message, struct bw_buf *out);
/* The bare address of "Name <address>", or all of it; cut to `size`. */
void mail_address(const char *text, char *address, size_t size);

#endif
