/* Each format with the modules that news feeds use. */
#include "feed_help.h"

static void test_rss_2(void **state)
{
    struct bw_document *doc = parse_sample("rss-2.0.xml", "https://steppe.example/rss");
    const struct bw_feed *feed = &doc->feed;
    const struct bw_item *item = &feed->items[0];

    (void)state;
    assert_text(feed->format, "rss-2.0");
    assert_text(feed->title, "Steppe Wire");
    assert_text(feed->link, "https://steppe.example/");
    assert_text(feed->lang, "en-us");
    assert_null(feed->warning);
    assert_false(feed->truncated);
    assert_int_equal(feed->ttl_minutes, 30);
    assert_int_equal(feed->skip_hours, 3);
    assert_int_equal(feed->skip_days, 1 << 6);
    assert_int_equal(feed->update_seconds, 6 * 3600);
    assert_int_equal(feed->n_items, 2);

    assert_text(item->id, "steppe-1");
    assert_text(item->title, "Kazakhstan & BRICS: no plans");
    assert_text(item->link, "https://steppe.example/a/1?utm_source=rss&id=7");
    assert_text(item->summary, "Astana – the spokesman said.\nMore\nfollows.");
    assert_text(item->content, "Astana.\none\ntwo");
    assert_text(item->author, "Aigul S., Timur K.");
    assert_text(item->lang, "en-us");
    assert_time(item->published, "2024-10-16T06:42:00Z");
    assert_true(item->updated == BW_TIME_NONE);
    assert_int_equal(item->n_categories, 2);
    assert_text(item->categories[1], "BRICS");
    assert_int_equal(item->n_enclosures, 2);
    assert_text(item->enclosures[0].url, "https://steppe.example/audio/1.mp3");
    assert_text(item->enclosures[0].type, "audio/mpeg");
    assert_int_equal(item->enclosures[0].length, 1234);
    assert_int_equal(item->enclosures[1].length, 99);

    item = &feed->items[1];
    assert_text(item->title, "Узбекистан решил не вступать в ЕАЭС");
    assert_text(item->link, "https://steppe.example/a/2");
    assert_text(item->author, "Редакция");
    assert_text(item->lang, "ru");
    assert_null(item->summary);
    document_free(doc);
}

static void test_rss_1(void **state)
{
    struct bw_document *doc = parse_sample("rss-1.0.xml", NULL);
    const struct bw_item *item = &doc->feed.items[0];

    (void)state;
    assert_text(doc->feed.format, "rss-1.0");
    assert_int_equal(doc->feed.n_items, 1);
    assert_text(item->id, "https://oasis.example/1");
    assert_text(item->title, "Oʻzbekiston YeOIIga qoʻshilmaydi");
    assert_text(item->summary, "Qaror qabul qilindi.");
    assert_text(item->lang, "uz");
    assert_time(item->published, "2024-10-16T04:00:00Z");
    document_free(doc);
}

static void test_atom_1(void **state)
{
    struct bw_document *doc = parse_sample("atom-1.0.xml", NULL);
    const struct bw_item *item = &doc->feed.items[0];

    (void)state;
    assert_text(doc->feed.format, "atom-1.0");
    assert_text(doc->feed.title, "Atom <sample>");
    assert_text(doc->feed.link, "https://atom.example/");
    assert_int_equal(doc->feed.n_items, 2);
    assert_text(item->title, "Tokayev <&> BRICS");
    assert_text(item->link, "https://atom.example/2024/one");
    assert_text(item->id, "tag:atom.example,2024:1");
    assert_text(item->author, "A. One, two@atom.example");
    assert_text(item->summary, "Short");
    assert_text(item->content, "Head\nText with <tags> and stress.");
    assert_text(item->categories[0], "Kazakhstan");
    assert_text(item->enclosures[0].url, "https://atom.example/feeds/one.mp3");
    assert_time(item->published, "2024-10-16T06:00:00Z");
    assert_time(item->updated, "2024-10-16T12:00:00Z");
    item = &doc->feed.items[1];
    assert_text(item->link, "https://atom.example/kk/eki");
    assert_text(item->lang, "kk-kz");
    assert_text(item->summary, "Мәтін");
    assert_null(item->content);
    assert_true(item->published == BW_TIME_NONE);
    document_free(doc);
}

static void test_atom_03(void **state)
{
    struct bw_document *doc = parse_sample("atom-0.3.xml", NULL);
    const struct bw_item *item = &doc->feed.items[0];

    (void)state;
    assert_text(doc->feed.format, "atom-0.3");
    assert_text(item->title, "Bishkek & the EAEU");
    assert_text(item->summary, "Full text.");
    assert_time(item->published, "2003-12-31T04:14:55Z");
    assert_time(item->updated, "2004-01-01T00:00:00Z");
    document_free(doc);
}

static void test_json(void **state)
{
    struct bw_document *doc = parse_sample("json-feed.json", "https://json.example/feed.json");
    const struct bw_item *item = &doc->feed.items[0];

    (void)state;
    assert_text(doc->feed.format, "json-feed-1.1");
    assert_int_equal(doc->feed.n_items, 2);
    assert_text(item->title, "Tashkent & the EAEU");
    assert_text(item->link, "https://json.example/1");
    assert_text(item->summary, "Teaser");
    assert_text(item->content, "Full text.");
    assert_text(item->author, "One, Two");
    assert_text(item->lang, "en");
    assert_int_equal(item->n_categories, 2);
    assert_int_equal(item->enclosures[0].length, 1234);
    assert_time(item->published, "2024-10-16T09:00:00Z");
    item = &doc->feed.items[1];
    assert_text(item->id, "2");
    assert_text(item->summary, "Only text < here");
    assert_text(item->lang, "uz-latn");
    document_free(doc);
}

static void test_cdf(void **state)
{
    struct bw_document *doc = parse_sample("cdf.xml", NULL);
    const struct bw_item *item = &doc->feed.items[0];

    (void)state;
    assert_text(doc->feed.format, "cdf");
    assert_text(doc->feed.link, "https://cdf.example/");
    assert_text(item->title, "From another time");
    assert_text(item->link, "https://cdf.example/1");
    assert_text(item->summary, "Channel Definition Format");
    assert_time(item->updated, "1998-11-05T22:00:00Z");
    document_free(doc);
}

/* Documents of one item each: what they hold, and the title, link and summary that must come out.
 */
static void test_modules(void **state)
{
    static const struct {
        const char *item, *title, *link, *summary;
    } rows[] = {
        {"<media:title>M</media:title><title>T</title>", "T", NULL, NULL},
        {"<media:group><media:title>M</media:title></media:group>", "M", NULL, NULL},
        {"<itunes:title>I</itunes:title><itunes:summary>S</itunes:summary>", "I", NULL, "S"},
        {"<dc:title>D</dc:title><dc:description>&lt;i>S&lt;/i></dc:description>", "D", NULL, "S"},
        {"<link>https://a.example/p</link>"
         "<feedburner:origLink>https://a.example/o</feedburner:origLink>",
         NULL, "https://a.example/o", NULL},
        {"<atom:link href='https://a.example/1'/><atom:title>A</atom:title>", "A",
         "https://a.example/1", NULL},
        {"<guid>https://a.example/g</guid><link>https://a.example/l</link>", NULL,
         "https://a.example/l", NULL},
        {"<guid isPermaLink='false'>https://a.example/g</guid>", NULL, NULL, NULL},
        {"<guid>tag:a.example,2024:1</guid>", NULL, NULL, NULL},
        {"<image><title>I</title><link>https://a.example/i</link></image><title>T</title>", "T",
         NULL, NULL},
        {"<title/><title>T</title>", "T", NULL, NULL},
        {"<title>T</title><title>U</title>", "T", NULL, NULL},
        {"<unknown:title>X</unknown:title>", NULL, NULL, NULL},
        {"<content:encoded>&lt;p>C&lt;/p></content:encoded>", NULL, NULL, "C"},
        {"<description><p>naked <b>markup</b></p></description>", NULL, NULL, "naked markup"},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc;
        const struct bw_item *item;

        snprintf(text, sizeof text,
                 "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/' "
                 "xmlns:atom='http://www.w3.org/2005/Atom' "
                 "xmlns:dc='http://purl.org/dc/elements/1.1/' "
                 "xmlns:content='http://purl.org/rss/1.0/modules/content/' "
                 "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0' "
                 "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "
                 "xmlns:unknown='urn:unknown'><channel><item>%s</item></channel></rss>",
                 rows[i].item);
        doc = parse_string(text);
        assert_null(doc->feed.warning);
        assert_int_equal(doc->feed.n_items, 1);
        item = &doc->feed.items[0];
        assert_text(item->title, rows[i].title);
        assert_text(item->link, rows[i].link);
        assert_text(item->summary, rows[i].summary);
        document_free(doc);
    }
}

/* Prefixes that are undeclared or stand for something unusual. */
static void test_namespaces(void **state)
{
    static const char *const rows[] = {
        "<rss><channel><item><dc:title>T</dc:title></item></channel></rss>",
        "<rss "
        "xmlns:dc='http://purl.org/dc/elements/1.1/#'><item><dc:title>T</dc:title></item></rss>",
        "<rss xmlns:x='HTTP://PURL.ORG/DC/elements/1.1/'><item><x:title>T</x:title></item></rss>",
        "<r:rss "
        "xmlns:r='http://backend.userland.com/rss2'><r:item><r:title>T</r:title></r:item></r:rss>",
        "<rss xmlns='https://unknown.example/'><item><title>T</title></item></rss>",
        "<RSS><CHANNEL><ITEM><TITLE>T</TITLE></ITEM></CHANNEL></RSS>",
        "<a:feed "
        "xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>T</a:title></a:entry></a:feed>",
        "<feed><entry><title>T</title></entry></feed>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_document *doc = parse_string(rows[i]);

        assert_int_equal(doc->feed.n_items, 1);
        assert_text(doc->feed.items[0].title, "T");
        document_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rss_2),   cmocka_unit_test(test_rss_1),
        cmocka_unit_test(test_atom_1),  cmocka_unit_test(test_atom_03),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_cdf),
        cmocka_unit_test(test_modules), cmocka_unit_test(test_namespaces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
