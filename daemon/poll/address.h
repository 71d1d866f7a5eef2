/* Which addresses of the network are public. */
#ifndef BLOCWATCH_POLL_ADDRESS_H
#define BLOCWATCH_POLL_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether the address is of the public internet: not loopback, private, link-local, shared,
 * reserved, documentation, multicast or unspecified (the IANA special-purpose registries, RFC
 * 6890), also not when such an IPv4 address is wrapped into IPv6 (mapped, NAT64, 6to4, Teredo). */
bool address_is_public(const struct sockaddr *address);
/* The same of an address in text, as curl gives it; false for what is none. */
bool address_text_is_public(const char *text);
/* Whether `host` of a URL is an address that is not public, or a name that means this machine
 * (localhost). For requests through a proxy, which resolves all other names itself. */
bool address_host_is_private(const char *host);

#endif
