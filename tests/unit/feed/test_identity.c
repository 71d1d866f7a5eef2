/* Which items are the same, and which have changed. */
#include "feed_help.h"

static struct bw_document *parse_items(const char *items)
{
    char text[4096];

    snprintf(text, sizeof text, "<rss version='2.0'><channel>%s</channel></rss>", items);
    return parse_string(text);
}

/* Two documents of one item each. */
struct pair {
    struct bw_document *docs[2];
    const struct bw_item *a, *b;
};

static struct pair parse_pair(const char *a, const char *b)
{
    struct pair pair = {.docs = {parse_items(a), parse_items(b)}};

    pair.a = &pair.docs[0]->feed.items[0];
    pair.b = &pair.docs[1]->feed.items[0];
    return pair;
}

static void free_pair(struct pair *pair)
{
    document_free(pair->docs[0]);
    document_free(pair->docs[1]);
}

static void test_by_id(void **state)
{
    struct pair pair = parse_pair("<item><guid>1</guid><title>A</title></item>",
                                  "<item><guid>1</guid><title>B</title></item>");

    (void)state;
    assert_int_equal(strlen(pair.a->key), 32);
    assert_string_equal(pair.a->key, pair.b->key);
    assert_string_not_equal(pair.a->content_hash, pair.b->content_hash);
    free_pair(&pair);
}

static void test_by_link(void **state)
{
    struct pair pair = parse_pair("<item><link>https://e.org/1?utm_source=a</link></item>",
                                  "<item><link>https://E.org/1</link></item>");

    (void)state;
    assert_string_equal(pair.a->key, pair.b->key);
    assert_string_equal(pair.a->link_key, pair.b->link_key);
    free_pair(&pair);
    pair = parse_pair("<item><link>https://e.org/log#one</link></item>",
                      "<item><link>https://e.org/log#two</link></item>");
    assert_string_not_equal(pair.a->key, pair.b->key);
    assert_string_equal(pair.a->link_key, pair.b->link_key);
    free_pair(&pair);
}

static void test_rewritten_guid(void **state)
{
    struct pair pair = parse_pair(
        "<item><guid "
        "isPermaLink='false'>x1</guid><link>https://e.org/1</link><title>T</title></item>",
        "<item><guid "
        "isPermaLink='false'>x2</guid><link>https://e.org/1</link><title>T</title></item>");

    (void)state;
    assert_string_not_equal(pair.a->key, pair.b->key);
    assert_string_equal(pair.a->link_key, pair.b->link_key);
    assert_string_equal(pair.a->content_hash, pair.b->content_hash);
    free_pair(&pair);
}

static void test_by_title_and_date(void **state)
{
    struct pair pair = parse_pair(
        "<item><title>T</title><pubDate>Wed, 16 Oct 2024 11:42:00 GMT</pubDate></item>",
        "<item><title>T</title><pubDate>2024-10-16T11:42:00Z</pubDate><author>x</author></item>");

    (void)state;
    assert_string_equal(pair.a->key, pair.b->key);
    assert_string_equal(pair.a->link_key, "");
    free_pair(&pair);
    pair = parse_pair("<item><title>T</title></item>", "<item><title>U</title></item>");
    assert_string_not_equal(pair.a->key, pair.b->key);
    free_pair(&pair);
    pair = parse_pair("<item><description>T</description></item>",
                      "<item><description>U</description></item>");
    assert_string_not_equal(pair.a->key, pair.b->key);
    free_pair(&pair);
}

/* A publisher that gives all items the same guid must not make us see only one of them. */
static void test_shared_guid(void **state)
{
    struct bw_document *doc =
        parse_items("<item><guid isPermaLink='false'>0</guid><link>https://e.org/1</link></item>"
                    "<item><guid isPermaLink='false'>0</guid><link>https://e.org/2</link></item>"
                    "<item><guid isPermaLink='false'>1</guid><link>https://e.org/3</link></item>");
    const struct bw_item *items = doc->feed.items;

    (void)state;
    assert_int_equal(doc->feed.n_items, 3);
    assert_string_not_equal(items[0].key, items[1].key);
    assert_string_not_equal(items[1].key, items[2].key);
    document_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_id),          cmocka_unit_test(test_by_link),
        cmocka_unit_test(test_rewritten_guid), cmocka_unit_test(test_by_title_and_date),
        cmocka_unit_test(test_shared_guid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
