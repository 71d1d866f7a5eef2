/* Documents as they should not be: what stands before and after a fault is kept. */
#include "feed_help.h"

static void test_broken_items(void **state)
{
    struct bw_document *doc = parse_sample("broken.xml", NULL);
    const struct bw_item *items = doc->feed.items;

    (void)state;
    assert_text(doc->feed.title, "Broken & bare");
    assert_int_equal(doc->feed.n_items, 3);
    assert_text(items[0].title, "First item & more");
    assert_text(items[0].link, "https://broken.example/?a=1&b=2");
    assert_text(items[0].summary, "Never closed\nproperly");
    assert_time(items[0].published, "2024-10-16T11:42:00Z");
    assert_text(items[1].title, "Second < third > first");
    assert_text(items[1].id, "two");
    assert_null(items[1].link);
    assert_text(items[1].summary, "half escaped");
    assert_text(items[2].title, "Third");
    assert_text(items[2].author, "X");
    assert_non_null(strstr(doc->feed.warning, "not well-formed"));
    assert_false(doc->feed.truncated);
    document_free(doc);
}

/* The whole items of a document that was cut are kept, at whichever byte it was. */
static void test_every_cut(void **state)
{
    static const char text[] =
        "<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>"
        "<item><title>One &amp; only</title><guid>1</guid></item>"
        "<item><title><![CDATA[Two]]></title><guid>2</guid></item></channel></rss>";
    size_t len = strlen(text), first = (size_t)(strstr(text, "</item>") - text) + 7,
           second = (size_t)(strstr(text + first, "</item>") - text) + 7;

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        struct bw_document *doc = NULL;
        struct bw_error err = {0};
        char *copy = malloc(cut + 1);

        assert_non_null(copy);
        memcpy(copy, text, cut);
        if (parse_bytes(copy, cut, NULL, NULL, &doc, &err) != 0) {
            assert_int_equal(err.code, BW_ERR_FORMAT);
            assert_true(cut < first);
        } else {
            if (cut >= first)
                assert_int_equal(doc->feed.n_items, cut >= second ? 2 : 1);
            assert_true(doc->feed.truncated);
            assert_non_null(strstr(doc->feed.warning, "ends before its end"));
        }
        document_free(doc);
        free(copy);
    }
}

static void test_cut_in_the_only_item(void **state)
{
    struct bw_document *doc = parse_string("<rss><channel><item><title><![CD");

    (void)state;
    assert_int_equal(doc->feed.n_items, 1);
    assert_true(doc->feed.truncated);
    document_free(doc);
}

/* One document each: a fault, and the title that must come out all the same. */
static void test_faults(void **state)
{
    static const char *const rows[] = {
        "<rss><item><title>T</title></rss>",
        "<rss><item><title>T<link>x</link></item></rss>",
        "<rss><item><title>T</item></rss>",
        "<rss><item><title>T</titel><link>https://e.example/</link></item></rss>",
        "<rss><item><title>T</title></item></channel></wrong></rss>",
        "\n\n  <?xml version='1.0'?><rss><item><title>T</title></item></rss>",
        "<!-- a --><?xml version='1.0'?><rss><item><title>T</title></item></rss>",
        "\xEF\xBB\xBF<rss><item><title>T</title></item></rss>",
        "<rss><item a=b c='d' e><title>T</title></item></rss>",
        "<rss><item a='1' a='2'><title>T</title></item></rss>",
        "<rss><item><title>\x01T\x02</title></item></rss>",
        "<rss><item><title><![CDATA[T]]></title></item></rss>trailing",
        "<rss><item><title>T</title></item></rss><rss></rss>",
        "<rss><item><title>&#x54;&#0;</title></item></rss>",
        "<rss><item><title>T</title><description>&nosuch; & < </description></item></rss>",
        "<rss><item><media:x:y>1</media:x:y><title>T</title></item></rss>",
        "<rss><item><title type='&quot;'>T</title></item></rss>",
        "<item><title>T</title></item>",
        "<!DOCTYPE rss [<!ENTITY t 'T'>]><rss><item><title>&t;</title></item><oops></rss>",
        "<rss><item><title>T</title></item><item>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc = parse_string(rows[i]);

        if (doc->feed.n_items < 1 || doc->feed.items[0].title == NULL ||
            strncmp(doc->feed.items[0].title, "T", 1) != 0)
            fail_msg("%s", rows[i]);
        document_free(doc);
    }
}

/* A CDATA section that is not closed takes no other item with it. */
static void test_open_cdata(void **state)
{
    static const char *const rows[] = {
        "<rss><item><title><![CDATA[A & B]]</title></item><item><title>C</title></item></rss>",
        "<rss><item><title><![CDATA[A & B</title></item>"
        "<item><title><![CDATA[C]]></title></item>&</rss>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc = parse_string(rows[i]);

        assert_int_equal(doc->feed.n_items, 2);
        assert_text(doc->feed.items[0].title, "A & B");
        assert_text(doc->feed.items[1].title, "C");
        document_free(doc);
    }
}

static void test_declared_entities(void **state)
{
    struct bw_document *doc = parse_sample("declared-entities.xml", NULL);

    (void)state;
    assert_text(doc->feed.items[0].id, "https://entities.example/items/1");
    assert_text(doc->feed.items[0].title, "Café é");
    document_free(doc);
}

static void test_nul_bytes(void **state)
{
    static const char text[] = "<rss><item><title>A\0B</title></item></rss>";
    struct bw_document *doc = parse_text_as(text, sizeof text - 1, NULL);

    (void)state;
    assert_text(doc->feed.items[0].title, "AB");
    assert_non_null(strstr(doc->feed.warning, "left out"));
    document_free(doc);
}

/* Each: what is no feed, and a word of the error that says so. */
static void test_no_feeds(void **state)
{
    static const char *const rows[][2] = {
        {"", "empty"},
        {"Invalid url", "\"Invalid url\""},
        {"   \n", "\"\""},
        {"<svg><path/></svg>", "begins \"<svg>"},
        {"{\"error\": 404}", "no list of items"},
        {"{\"version\": ", "not JSON"},
        {"<html><body>Maintenance</body></html>", "HTML page"},
        {"<!-- c --><!DOCTYPE html><p>x", "HTML page"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc = NULL;
        struct bw_error err = {0};

        assert_int_equal(parse_bytes(rows[i][0], strlen(rows[i][0]), NULL, NULL, &doc, &err), -1);
        assert_int_equal(err.code, BW_ERR_FORMAT);
        if (strstr(err.text, rows[i][1]) == NULL)
            fail_msg("\"%s\" says \"%s\"", rows[i][0], err.text);
        assert_null(doc);
    }
}

static void test_page_names_its_feeds(void **state)
{
    struct bw_document *doc = NULL;
    struct bw_error err = {0};
    struct bw_buf buf;

    (void)state;
    read_sample("page.html", &buf);
    assert_int_equal(
        parse_bytes(buf.data, buf.len, "application/rss+xml", "https://page.example/", &doc, &err),
        -1);
    assert_non_null(strstr(err.text, "https://page.example/news/rss.xml"));
    assert_non_null(strstr(err.text, "https://page.example/atom"));
    buf_clear(&buf);
}

/* An open section ends where its element does, even where the next one's end would close it. */
static void test_section_that_swallows_an_item(void **state)
{
    struct bw_document *doc = parse_string(
        "<rss><item><guid>1</guid><description><![CDATA[one</description></item>"
        "<item><guid>2</guid><description><![CDATA[<p>two</p>]]></description></item></rss>");

    (void)state;
    assert_int_equal(doc->feed.n_items, 2);
    assert_text(doc->feed.items[0].summary, "one");
    assert_text(doc->feed.items[1].id, "2");
    assert_text(doc->feed.items[1].summary, "two");
    document_free(doc);
}

static void test_comment_without_end(void **state)
{
    struct bw_document *doc =
        parse_string("<rss><item><guid>1</guid></item><!-- lost <item><guid>2</guid></item>"
                     "<item><guid>3</guid></item></rss>");

    (void)state;
    assert_int_equal(doc->feed.n_items, 3);
    assert_text(doc->feed.items[2].id, "3");
    document_free(doc);
}

/* What an outer item says behind an inner one is nobody's: not the inner one's, not the feed's. */
static void test_items_in_items(void **state)
{
    struct bw_document *doc = parse_string(
        "<rss><channel><item><title>Outer</title>"
        "<item><title>Inner</title><link>https://e.example/i</link></item>"
        "<link>https://e.example/o</link></item>"
        "<item><title>Next</title><link>https://e.example/n</link></item></channel></rss>");

    (void)state;
    assert_int_equal(doc->feed.n_items, 3);
    assert_text(doc->feed.items[0].title, "Outer");
    assert_text(doc->feed.items[1].link, "https://e.example/i");
    assert_text(doc->feed.items[2].link, "https://e.example/n");
    assert_null(doc->feed.link);
    document_free(doc);
}

static void test_feed_under_a_page_type(void **state)
{
    struct bw_document *doc =
        parse_string("<!DOCTYPE html>\n<rss><item><title>T</title></item></rss>");

    (void)state;
    assert_int_equal(doc->feed.n_items, 1);
    document_free(doc);
}

static void test_ids_that_are_no_links(void **state)
{
    struct bw_document *doc =
        parse_string("{\"version\": \"https://jsonfeed.org/version/1.1\", \"items\": ["
                     "{\"id\": 4711}, {\"id\": \"https://e.example/p\"}]}");

    (void)state;
    assert_text(doc->feed.items[0].id, "4711");
    assert_null(doc->feed.items[0].link);
    assert_text(doc->feed.items[1].link, "https://e.example/p");
    document_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_items),
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_cut_in_the_only_item),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_open_cdata),
        cmocka_unit_test(test_section_that_swallows_an_item),
        cmocka_unit_test(test_comment_without_end),
        cmocka_unit_test(test_items_in_items),
        cmocka_unit_test(test_feed_under_a_page_type),
        cmocka_unit_test(test_ids_that_are_no_links),
        cmocka_unit_test(test_declared_entities),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_no_feeds),
        cmocka_unit_test(test_page_names_its_feeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
