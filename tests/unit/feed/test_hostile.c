/* Documents that mean harm: bounded, and either cut with a warning or refused with a reason. */
#include "feed_help.h"

#define ITEM "<item><title>Good</title><guid>g</guid></item>"

static void repeat(struct bw_buf *buf, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_puts(buf, text);
}

/* Parses and clears `buf`; 0 or the error's code. *doc is to be freed. */
static enum bw_error_code parse_buf(struct bw_buf *buf, struct bw_document **doc)
{
    struct bw_error err = {0};
    int result;

    *doc = NULL;
    assert_false(buf->failed);
    result = parse_bytes(buf->data, buf->len, NULL, NULL, doc, &err);
    buf_clear(buf);
    if (result == 0)
        assert_true(arena_used((*doc)->arena) <= feed_limits_default.memory);
    return result == 0 ? BW_OK : err.code;
}

static void test_billion_laughs(void **state)
{
    struct bw_document *doc;
    struct bw_buf buf;

    (void)state;
    buf_init(&buf);
    buf_puts(&buf, "<!DOCTYPE rss [<!ENTITY l0 'lol'>");
    for (int i = 1; i < 12; i++) {
        buf_printf(&buf, "<!ENTITY l%d '", i);
        for (int k = 0; k < 10; k++)
            buf_printf(&buf, "&l%d;", i - 1);
        buf_puts(&buf, "'>");
    }
    buf_puts(&buf, "]><rss><channel><item><title>&l11;</title></item>" ITEM "</channel></rss>");
    assert_int_equal(parse_buf(&buf, &doc), BW_OK);
    assert_true(arena_used(doc->arena) < 1 << 20);
    assert_text(doc->feed.items[doc->feed.n_items - 1].title, "Good");
    document_free(doc);
}

static void test_quadratic_blow_up(void **state)
{
    struct bw_document *doc;
    struct bw_buf buf;

    (void)state;
    buf_init(&buf);
    buf_puts(&buf, "<!DOCTYPE rss [<!ENTITY a '");
    repeat(&buf, "xxxxxxxxxx", 5000);
    buf_puts(&buf, "'>]><rss><channel><item><title>");
    repeat(&buf, "&a;", 50000);
    buf_puts(&buf, "</title></item>" ITEM "</channel></rss>");
    assert_int_equal(parse_buf(&buf, &doc), BW_OK);
    assert_true(arena_used(doc->arena) < 4 << 20);
    assert_text(doc->feed.items[doc->feed.n_items - 1].title, "Good");
    document_free(doc);
}

/* Nothing outside the document is ever read. */
static void test_external_entities(void **state)
{
    static const char *const rows[] = {
        "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rss><item><title>x&a;</title>",
        "<!DOCTYPE rss [<!ENTITY a SYSTEM 'http://127.0.0.1:9/'>]><rss><item><title>x&a;</title>",
        "<!DOCTYPE rss [<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;]><rss><item><title>x</title>",
        "<!DOCTYPE rss SYSTEM 'file:///etc/passwd'><rss><item><title>x</title>",
        "<rss xmlns:xi='http://www.w3.org/2001/XInclude'><item><xi:include href='/etc/passwd' "
        "parse='text'/><title>x</title>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc;
        struct bw_buf buf;

        buf_init(&buf);
        buf_printf(&buf, "%s</item></rss>", rows[i]);
        assert_int_equal(parse_buf(&buf, &doc), BW_OK);
        assert_int_equal(doc->feed.items[0].title[0], 'x');
        assert_null(strstr(doc->feed.items[0].title, "root:"));
        assert_null(doc->feed.items[0].summary);
        document_free(doc);
    }
}

static void test_deep_nesting(void **state)
{
    static const char *const parts[] = {"<rss>", "<rss><item><description>", "[", "{\"items\":"};
    static const char *const repeated[] = {"<rss>", "<b>", "[", "{\"a\":"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct bw_document *doc;
        struct bw_buf buf;
        enum bw_error_code code;

        buf_init(&buf);
        buf_puts(&buf, parts[i]);
        repeat(&buf, repeated[i], 300000);
        code = parse_buf(&buf, &doc);
        assert_true(code == BW_ERR_LIMIT || code == BW_ERR_FORMAT);
        assert_null(doc);
    }
}

static void test_huge_text(void **state)
{
    static const char *const marks[][2] = {{"<![CDATA[", "]]>"}, {"", ""}, {"<p>", "</p>"}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bw_document *doc;
        struct bw_buf buf;

        buf_init(&buf);
        buf_printf(&buf, "<rss><item><description>%s", marks[i][0]);
        repeat(&buf, "Қазақстан ", 1 << 20);
        buf_printf(&buf, "%s</description></item>" ITEM "</rss>", marks[i][1]);
        assert_int_equal(parse_buf(&buf, &doc), BW_OK);
        assert_int_equal(doc->feed.n_items, 2);
        assert_true(strlen(doc->feed.items[0].summary) <= feed_limits_default.max_text);
        assert_true(strlen(doc->feed.items[0].summary) > feed_limits_default.max_text - 4);
        assert_text(doc->feed.items[1].title, "Good");
        assert_non_null(strstr(doc->feed.warning, "too long"));
        document_free(doc);
    }
}

static void test_a_million_items(void **state)
{
    static const char *const heads[] = {"<rss><channel>", "<rss><channel>&"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bw_document *doc;
        struct bw_buf buf;

        buf_init(&buf);
        buf_puts(&buf, heads[i]);
        for (int k = 0; k < 1000000; k++)
            buf_printf(&buf, "<item><guid>%d</guid></item>", k);
        buf_puts(&buf, "</channel></rss>");
        assert_int_equal(parse_buf(&buf, &doc), BW_OK);
        assert_int_equal(doc->feed.n_items, feed_limits_default.max_items);
        assert_non_null(strstr(doc->feed.warning, "only the first"));
        document_free(doc);
    }
}

/* A tag with a million attributes, all different, all the same, or all namespaces. */
static void test_a_million_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bw_document *doc;
        struct bw_buf buf;

        buf_init(&buf);
        buf_puts(&buf, "<rss><item");
        for (int k = 0; k < 1000000; k++) {
            char text[32];

            snprintf(text, sizeof text,
                     i == 1   ? " a='%d'"
                     : i == 0 ? " a%d='x'"
                              : " xmlns:a%d='u'",
                     k);
            buf_puts(&buf, text);
        }
        buf_puts(&buf, "><title>Good</title></item></rss>");
        assert_int_equal(parse_buf(&buf, &doc), BW_OK);
        assert_text(doc->feed.items[0].title, "Good");
        document_free(doc);
    }
}

static void test_many_declarations(void **state)
{
    struct bw_document *doc;
    struct bw_buf buf;

    (void)state;
    buf_init(&buf);
    buf_puts(&buf, "<!DOCTYPE rss [");
    for (int i = 0; i < 200000; i++)
        buf_printf(&buf, "<!ENTITY e%d 'x'>", i);
    buf_puts(&buf, "]><rss>" ITEM "</rss>");
    assert_int_equal(parse_buf(&buf, &doc), BW_OK);
    assert_text(doc->feed.items[0].title, "Good");
    document_free(doc);
}

/* The arena's limit is an error, not a crash. */
static void test_memory_limit(void **state)
{
    struct bw_feed_limits limits = feed_limits_default;
    struct bw_document *doc = NULL;
    struct bw_error err = {0};
    struct bw_feed_input input = {.now = NOW};
    struct bw_buf buf;

    (void)state;
    buf_init(&buf);
    buf_puts(&buf, "<rss><channel>");
    for (int i = 0; i < 1000; i++)
        buf_printf(&buf, "<item><title>A title of some length, number %d</title></item>", i);
    buf_puts(&buf, "</channel></rss>");
    input.bytes = buf.data;
    input.len = buf.len;
    for (size_t memory = 16; memory < 40000; memory = memory * 3 / 2) {
        limits.memory = memory;
        assert_int_equal(feed_parse_document(&input, &limits, &doc, &err), -1);
        assert_int_equal(err.code, BW_ERR_LIMIT);
        assert_null(doc);
    }
    buf_clear(&buf);
}

static void test_invalid_utf8(void **state)
{
    static const char *const rows[] = {
        "\xFF", "\xC0\x80",         "\xE2\x82",     "\xED\xA0\x80", "\xF5\x80\x80\x80",
        "\x80", "\xF4\x90\x80\x80", "\xE0\x80\xAF", "\xEF\xBF\xBE", "\xF0\x80\x80\x80",
        "\xC3",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc;
        struct bw_buf buf;

        buf_init(&buf);
        buf_printf(&buf,
                   "<?xml version='1.0' encoding='utf-8'?><rss><item><title>Қазақстан %s БРИКС"
                   "</title></item>" ITEM "</rss>",
                   rows[i]);
        assert_int_equal(parse_buf(&buf, &doc), BW_OK);
        assert_int_equal(doc->feed.n_items, 2);
        assert_text(doc->feed.items[0].title, "Қазақстан \xEF\xBF\xBD БРИКС");
        assert_text(doc->feed.items[1].title, "Good");
        document_free(doc);
    }
}

/* Input on which a careless scanner would go over the rest of the document again and again. */
static void test_no_quadratic_scans(void **state)
{
    static const char *const rows[] = {
        "<!-- ",    "<",         "&",  "<a b=\"", "</x>", "<![CDATA[", "<!ENTITY a \"",
        "<script>", "<a b='\">", "&#", "<!",      "<?",   "]]>"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int inside = 0; inside < 2; inside++) {
            struct bw_document *doc;
            struct bw_buf buf;
            enum bw_error_code code;

            buf_init(&buf);
            buf_puts(&buf, "<rss><channel><item><description>");
            if (inside)
                buf_puts(&buf, "<![CDATA[");
            repeat(&buf, rows[i], 1000000);
            code = parse_buf(&buf, &doc); /* hours, if a scan were quadratic */
            assert_true(code == BW_OK || code == BW_ERR_LIMIT);
            document_free(doc);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_billion_laughs),
        cmocka_unit_test(test_quadratic_blow_up),
        cmocka_unit_test(test_external_entities),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_huge_text),
        cmocka_unit_test(test_a_million_items),
        cmocka_unit_test(test_a_million_attributes),
        cmocka_unit_test(test_many_declarations),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_no_quadratic_scans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
