/* Which addresses are public, and the few questions asked of URLs. */
#include "address.h"
#include "url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const not_public[] = {
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.7",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.2.3",
    "255.255.255.255",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fdff::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001::1",
    "[::1]",
    "::127.0.0.1",
    "nonsense",
    "",
};

static const char *const is_public[] = {
    "8.8.8.8",          "172.15.255.255",  "172.32.0.1",      "100.63.0.1",
    "100.128.0.1",      "192.169.0.1",     "198.17.0.1",      "198.20.0.1",
    "223.255.255.1",    "2606:4700::1111", "2001:4860::8888", "::ffff:8.8.8.8",
    "64:ff9b::808:808", "2002:808:808::1", "2a00::1",         "[2606:4700::1111]",
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof not_public / sizeof not_public[0]; i++) {
        if (address_text_is_public(not_public[i]))
            fail_msg("%s", not_public[i]);
    }
    for (size_t i = 0; i < sizeof is_public / sizeof is_public[0]; i++) {
        if (!address_text_is_public(is_public[i]))
            fail_msg("%s", is_public[i]);
    }
}

static void test_sockaddr(void **state)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr other = {.sa_family = AF_UNIX};

    (void)state;
    assert_false(address_is_public((struct sockaddr *)&in4));
    assert_false(address_is_public((struct sockaddr *)&in6));
    assert_false(address_is_public(&other));
    in4.sin_addr.s_addr = htonl(0x08080808);
    assert_true(address_is_public((struct sockaddr *)&in4));
    inet_pton(AF_INET6, "2606:4700::1111", &in6.sin6_addr);
    assert_true(address_is_public((struct sockaddr *)&in6));
}

static void test_hosts(void **state)
{
    (void)state;
    assert_true(address_host_is_private("localhost"));
    assert_true(address_host_is_private("LOCALHOST."));
    assert_true(address_host_is_private("a.localhost"));
    assert_true(address_host_is_private("10.0.0.1"));
    assert_true(address_host_is_private("[::1]"));
    assert_false(address_host_is_private("example.org"));
    assert_false(address_host_is_private("notlocalhost"));
    assert_false(address_host_is_private("8.8.8.8"));
    assert_false(address_host_is_private("[2606:4700::1111]"));
}

static void check_host(const char *url, const char *host)
{
    char *found = url_host(url, NULL);

    assert_non_null(found);
    assert_string_equal(found, host);
    free(found);
}

static void test_url_host(void **state)
{
    struct bw_error err = {0};

    (void)state;
    check_host("https://Example.ORG:8443/x?y", "example.org");
    check_host("http://user:secret@example.org/", "example.org");
    check_host("http://[2606:4700::1111]/", "[2606:4700::1111]");
    check_host("file:/etc/feed", "");
    /* other spellings of an IPv4 address have one lane */
    check_host("http://0x7f.1/", "127.0.0.1");
    assert_null(url_host("http://", &err));
    assert_int_equal(err.code, BW_ERR_NETWORK);
}

static void check_resolve(const char *base, const char *location, const char *expected)
{
    char *url = url_follow(base, location, NULL);

    assert_non_null(url);
    assert_string_equal(url, expected);
    free(url);
}

static void test_url_resolve(void **state)
{
    const char *base = "https://user:secret@example.org/a/b?c#d";
    struct bw_error err = {0};

    (void)state;
    check_resolve(base, "https://other.example/x", "https://other.example/x");
    check_resolve(base, "//other.example/x", "https://other.example/x");
    check_resolve(base, "/x?y#z", "https://example.org/x?y");
    check_resolve(base, "x", "https://example.org/a/x");
    check_resolve(base, "http://u:p@other.example/", "http://other.example/");
    check_resolve(base, "ftp://example.org/x", "ftp://example.org/x");
    check_resolve(base, "/a b", "https://example.org/a%20b");
    assert_null(url_follow(base, "http://[bad", &err));
    assert_int_equal(err.code, BW_ERR_NETWORK);
}

/* Where credentials may go. */
static void test_url_same_origin(void **state)
{
    (void)state;
    assert_true(url_same_origin("https://example.org/a", "https://EXAMPLE.org:443/b"));
    assert_true(url_same_origin("http://example.org/a", "https://example.org/a"));
    assert_false(url_same_origin("https://example.org/a", "http://example.org/a"));
    assert_false(url_same_origin("https://example.org/a", "https://example.net/a"));
    assert_false(url_same_origin("https://example.org/a", "https://www.example.org/a"));
    assert_false(url_same_origin("https://example.org/a", "https://example.org:8443/a"));
    assert_false(url_same_origin("http://example.org:8080/a", "https://example.org/a"));
}

static void check_path(const char *url, const char *path)
{
    char *found = url_file_path(url, NULL);

    assert_non_null(found);
    assert_string_equal(found, path);
    free(found);
}

static void test_url_file(void **state)
{
    struct bw_error err = {0};

    (void)state;
    assert_true(url_is_file("FILE:/x"));
    assert_false(url_is_file("files:/x"));
    check_path("file:/a/b", "/a/b");
    check_path("file:///a/b%20c", "/a/b c");
    check_path("file://localhost/a", "/a");
    assert_null(url_file_path("file:relative", &err));
    assert_null(url_file_path("file://elsewhere/a", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),   cmocka_unit_test(test_sockaddr),
        cmocka_unit_test(test_hosts),       cmocka_unit_test(test_url_host),
        cmocka_unit_test(test_url_resolve), cmocka_unit_test(test_url_same_origin),
        cmocka_unit_test(test_url_file),
    };

    return cmocka_run_group_tests_name("poll: addresses and URLs", tests, NULL, NULL);
}
