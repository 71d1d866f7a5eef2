/* HTML to plain text. */
#include "feed_help.h"
#include "text.h"

static void assert_converted(const char *html, const char *want)
{
    struct bw_buf out;

    buf_init(&out);
    assert_int_equal(feed_html_to_text(html, strlen(html), &out), 0);
    if (strcmp(buf_text(&out), want) != 0)
        fail_msg("\"%s\" became \"%s\", not \"%s\"", html, buf_text(&out), want);
    buf_clear(&out);
}

static void test_blocks(void **state)
{
    static const char *const rows[][2] = {
        {"plain text", "plain text"},
        {"", ""},
        {"  two \n\t words  ", "two words"},
        {"<p>one</p><p>two</p>", "one\ntwo"},
        {"<p>one\n</p>\n\n<p>two", "one\ntwo"},
        {"one<br>two<br/>three", "one\ntwo\nthree"},
        {"a<b>b</b>c <i>d</i>", "abc d"},
        {"<ul><li>one<li>two</ul>three", "one\ntwo\nthree"},
        {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
        {"<DIV>upper</DIV>case", "upper\ncase"},
        {"a<!-- <p>no</p> -->b", "ab"},
        {"a<!-- open", "a"},
        {"x<script>if (a < b) alert('</p>')</script>y", "xy"},
        {"x<style>p { color: red }</style>y", "xy"},
        {"x<script src='a'/>y", "xy"},
        {"x<script>never closed", "x"},
        {"x<!DOCTYPE html><?php echo ?>y", "xy"},
        {"<img src=\"a>b\" alt='c'>d", "d"},
        {"<a title=\"never closed>text</a>", "text"},
        {"a < b > c", "a < b > c"},
        {"1<2", "1<2"},
        {"cut <a hre", "cut"},
        {"<![CDATA[inner <b>html</b>]]> after", "inner html after"},
        {"<a href=x>link</a>", "link"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_converted(rows[i][0], rows[i][1]);
}

static void test_references(void **state)
{
    static const char *const rows[][2] = {
        {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
        {"a&nbsp;b&#160;c\xC2\xA0"
         "d",
         "a b c d"},
        {"&#8211;&#x2013;&ndash;", "–––"},
        {"don&#146;t", "don’t"},
        {"don\xC2\x92t", "don’t"},
        {"&eacute;&Eacute;&hellip;", "éÉ…"},
        {"AT&T &unknown; &", "AT&T &unknown; &"},
        {"&copy 2024 &copyright", "© 2024 &copyright"},
        {"?a=1&copy=2", "?a=1&copy=2"},
        {"ка&shy;зах\xC2\xAD"
         "стан",
         "казахстан"},
        {"&#0;&#xD800;&#99999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"a&#8203;b\xE2\x80\x8B"
         "c\xEF\xBB\xBF"
         "d",
         "abcd"},
        {"a\xE2\x80\xA8"
         "b\xE3\x80\x80"
         "c",
         "a b c"},
        {"a\x01\x02\x7F"
         "b",
         "ab"},
        {"&#x1F600;", "😀"},
        {"&#;&#x;&#xg;", "&#;&#x;&#xg;"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_converted(rows[i][0], rows[i][1]);
}

static void test_appends(void **state)
{
    struct bw_buf out;

    (void)state;
    buf_init(&out);
    buf_puts(&out, "before:");
    assert_int_equal(feed_html_to_text(" <p> x", 6, &out), 0);
    assert_string_equal(out.data, "before:x");
    buf_clear(&out);
}

static void test_guess(void **state)
{
    static const struct {
        const char *text;
        bool html;
    } rows[] = {
        {"plain", false},
        {"AT&amp;T", true},
        {"a <b>bold</b> word", true},
        {"a < b & c > d", false},
        {"History of the <blink> tag", false},
        {"use <Widget>x</Widget>", false},
        {"line<br>break", true},
        {"R&D; Q&A", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (text_looks_like_html(rows[i].text, strlen(rows[i].text)) != rows[i].html)
            fail_msg("\"%s\"", rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_guess),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
