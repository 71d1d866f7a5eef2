/* Private addresses. Owns nothing. */
#include "address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static bool is_private_v4(uint32_t ip)
{
    static const struct {
        uint32_t net;
        int bits;
    } nets[] = {{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
                {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0a80000, 16}, {0xe0000000, 3}};

    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        if ((ip ^ nets[i].net) >> (32 - nets[i].bits) == 0)
            return true;
    }
    return false;
}

bool address_is_private(const struct sockaddr *address)
{
    const struct in6_addr *ip6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    uint32_t ip4;

    if (address->sa_family == AF_INET)
        return is_private_v4(
            ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    if (address->sa_family != AF_INET6)
        return true;
    memcpy(&ip4, ip6->s6_addr + 12, sizeof ip4);
    if (IN6_IS_ADDR_V4MAPPED(ip6))
        return is_private_v4(ntohl(ip4));
    return (ip6->s6_addr[0] & 0xe0) != 0x20; /* only 2000::/3 is out there */
}
