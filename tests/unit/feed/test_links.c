/* Links: resolved, cleaned for identity, and found on pages. */
#include "feed_help.h"
#include "url.h"

static void test_resolve(void **state)
{
    /* RFC 3986, section 5.4, and what publishers add to it. */
    static const char *const rows[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {";x", "http://a/b/c/;x"},
        {"", ""},
        {".", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"  g\n", "http://a/b/c/g"},
        {"http://x/a b", "http://x/a%20b"},
        {"http://x/a\nb", "http://x/ab"},
        {"http://x/?a=1&amp;b=2", "http://x/?a=1&b=2"},
    };
    struct bw_buf out;

    (void)state;
    buf_init(&out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        assert_int_equal(url_resolve("http://a/b/c/d;p?q", rows[i][0], strlen(rows[i][0]), &out),
                         0);
        assert_string_equal(buf_text(&out), rows[i][1]);
    }
    buf_reset(&out);
    assert_int_equal(url_resolve("http://a", "g", 1, &out), 0);
    assert_string_equal(out.data, "http://a/g");
    buf_reset(&out);
    assert_int_equal(url_resolve(NULL, "/g", 2, &out), 0);
    assert_string_equal(out.data, "/g");
    buf_clear(&out);
}

static void test_clean(void **state)
{
    static const char *const rows[][2] = {
        {"HTTPS://Example.ORG/Path?B=1", "https://example.org/Path?B=1"},
        {"https://e.org", "https://e.org/"},
        {"https://e.org:443/", "https://e.org/"},
        {"http://e.org:80/a", "http://e.org/a"},
        {"http://e.org:8080/a", "http://e.org:8080/a"},
        {"https://e.org/a?utm_source=rss&id=7&utm_medium=x#top", "https://e.org/a?id=7"},
        {"https://e.org/a?fbclid=1", "https://e.org/a"},
        {"https://e.org/a?a=1&b=2", "https://e.org/a?a=1&b=2"},
        {"https://e.org/a?", "https://e.org/a"},
        {"https://e.org/a?utm=1", "https://e.org/a?utm=1"},
        {"tag:e.org,2024:1", "tag:e.org,2024:1"},
    };
    struct bw_buf out;

    (void)state;
    buf_init(&out);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        assert_int_equal(feed_clean_link(rows[i][0], &out), 0);
        assert_string_equal(buf_text(&out), rows[i][1]);
    }
    buf_clear(&out);
}

static void test_find(void **state)
{
    struct bw_arena *arena = arena_new(0);
    struct bw_feed_link *links = NULL;
    struct bw_error err = {0};
    size_t n = 0;
    struct bw_buf page;

    (void)state;
    read_sample("page.html", &page);
    assert_int_equal(
        feed_find_links(page.data, page.len, "https://page.example/x", arena, &links, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_text(links[0].url, "https://page.example/news/rss.xml");
    assert_text(links[0].title, "All news");
    assert_text(links[0].type, "application/rss+xml");
    assert_text(links[1].url, "https://page.example/atom");
    assert_null(links[1].title);
    assert_text(links[2].url, "https://page.example/kk/rss/");
    assert_int_equal(feed_find_links("", 0, NULL, arena, &links, &n, &err), 0);
    assert_int_equal(n, 0);
    buf_clear(&page);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
