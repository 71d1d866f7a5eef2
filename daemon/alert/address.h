/* Which addresses are not out on the Internet. Pure. */
#ifndef BLOCWATCH_ALERT_ADDRESS_H
#define BLOCWATCH_ALERT_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Loopback, private (RFC 1918, RFC 4193), shared, link-local, multicast, and all that is not IP. */
bool address_is_private(const struct sockaddr *address);

#endif
