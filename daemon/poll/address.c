/* Special-purpose addresses. Owns nothing. */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct block4 {
    uint8_t prefix[4];
    int bits;
};
struct block6 {
    uint8_t prefix[16];
    int bits;
};

static const struct block4 special4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared, carrier-grade NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local, cloud metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarking */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, broadcast */
};

static const struct block6 special6[] = {
    {{0}, 8},                       /* unspecified, loopback, IPv4-compatible, reserved */
    {{0x01, 0x00}, 64},             /* discard */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, Teredo */
    {{0x3f, 0xff}, 20},             /* documentation */
    {{0x5f, 0x00}, 16},             /* segment routing */
    {{0xfc}, 7},                    /* unique local */
    {{0xfe, 0x80}, 10},             /* link-local */
    {{0xfe, 0xc0}, 10},             /* site-local */
    {{0xff}, 8},                    /* multicast */
};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, int bits)
{
    int bytes = bits / 8, rest = bits % 8;

    if (memcmp(address, prefix, (size_t)bytes) != 0)
        return false;
    return rest == 0 || (address[bytes] ^ prefix[bytes]) >> (8 - rest) == 0;
}

static bool is_public4(const uint8_t address[4])
{
    for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++) {
        if (has_prefix(address, special4[i].prefix, special4[i].bits))
            return false;
    }
    return true;
}

static bool is_public6(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t six_to_four[2] = {0x20, 0x02};

    if (memcmp(address, mapped, sizeof mapped) == 0 || memcmp(address, nat64, sizeof nat64) == 0)
        return is_public4(address + 12);
    if (memcmp(address, six_to_four, sizeof six_to_four) == 0)
        return is_public4(address + 2);
    for (size_t i = 0; i < sizeof special6 / sizeof special6[0]; i++) {
        if (has_prefix(address, special6[i].prefix, special6[i].bits))
            return false;
    }
    return true;
}

bool address_is_public(const struct sockaddr *address)
{
    const struct sockaddr_in *in4 = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;

    if (address->sa_family == AF_INET)
        return is_public4((const uint8_t *)&in4->sin_addr);
    if (address->sa_family == AF_INET6)
        return is_public6(in6->sin6_addr.s6_addr);
    return false;
}

bool address_text_is_public(const char *text)
{
    uint8_t bytes[16];
    char bare[INET6_ADDRSTRLEN];

    /* Without the zone of fe80::1%eth0 and the brackets of a URL. */
    if (text[0] == '[')
        text++;
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(text, "%]"), text);
    if (inet_pton(AF_INET, bare, bytes) == 1)
        return is_public4(bytes);
    if (inet_pton(AF_INET6, bare, bytes) == 1)
        return is_public6(bytes);
    return false;
}

bool address_host_is_private(const char *host)
{
    size_t len = strlen(host);
    uint8_t bytes[4];

    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len >= 9 && strncasecmp(host + len - 9, "localhost", 9) == 0 &&
        (len == 9 || host[len - 10] == '.'))
        return true;
    if (host[0] == '[' || inet_pton(AF_INET, host, bytes) == 1)
        return !address_text_is_public(host);
    return false;
}
