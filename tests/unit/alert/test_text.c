/* Escaping, cutting at grapheme clusters, templates. */
#include "cm.h"
#include "template.h"
#include "text.h"

#include <string.h>

#define FAMILY                                                                                     \
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7" /* one              \
                                                                                */
#define FLAG "\xf0\x9f\x87\xb0\xf0\x9f\x87\xbf"                                /* KZ */
#define STRESSED "\xd0\xb0\xcc\x81" /* а and a combining acute */

static void test_cut_keeps_clusters_whole(void **state)
{
    (void)state;
    assert_int_equal(text_fit("abc", 10), 3);
    assert_int_equal(text_fit("abc", 2), 2);
    assert_int_equal(text_fit("ab" FAMILY "c", 3), 2);
    assert_int_equal(text_fit("ab" FAMILY "c", 2 + strlen(FAMILY)), 2 + strlen(FAMILY));
    assert_int_equal(text_fit(FLAG FLAG, strlen(FLAG) + 5), strlen(FLAG));
    assert_int_equal(text_fit(STRESSED STRESSED, 5), strlen(STRESSED));
    assert_int_equal(text_fit("\xd2\x9b\xd0\xb0", 3), 2); /* қа */
    assert_int_equal(text_fit_utf16(FLAG "a", 4), strlen(FLAG));
    assert_int_equal(text_fit_utf16(FLAG "a", 3), 0);
}

static void cut(const char *text, size_t limit, const char *expected)
{
    struct bw_buf out;

    buf_init(&out);
    text_append_cut(&out, text, limit, text_fit);
    assert_string_equal(buf_text(&out), expected);
    assert_true(out.len <= limit);
    buf_clear(&out);
}

static void test_cut_marks_what_is_missing(void **state)
{
    (void)state;
    cut("Astana", 6, "Astana");
    cut("Astana", 5, "As\xe2\x80\xa6");
    cut("o\xca\xbbzbek", 6, "o\xca\xbb\xe2\x80\xa6");
    cut("Astana", 2, "");
}

static void line(const char *text, size_t size, const char *expected)
{
    char out[64];

    text_one_line(text, strlen(text), out, size);
    assert_string_equal(out, expected);
}

static void test_one_line(void **state)
{
    (void)state;
    line("first\nsecond", 64, "first");
    line("\n\nfirst", 64, "first");
    line("a\tb\x1b[31m", 64, "a b [31m");
    line("bad \xff byte", 64, "bad \xef\xbf\xbd byte");
    line("\xd0\x90\xd0\x91\xd0\x92", 6, "\xd0\x90\xd0\x91");
}

static void escaped(void (*escape)(struct bw_buf *, const char *), const char *text,
                    const char *expected)
{
    struct bw_buf out;

    buf_init(&out);
    escape(&out, text);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void test_escapes(void **state)
{
    (void)state;
    escaped(text_escape_html, "<b> & \"q\"", "&lt;b&gt; &amp; &quot;q&quot;");
    escaped(text_escape_html, "O\xca\xbbzbekiston", "O\xca\xbbzbekiston");
    escaped(text_escape_markdown, "a*b_c [x](y) @all", "a\\*b\\_c \\[x\\](y) \\@all");
    escaped(text_escape_markdown, "# no heading\n- no list", "\\# no heading\n\\- no list");
    escaped(text_escape_markdown, "see https://n.example/a_b?c=*d now_x",
            "see https://n.example/a_b?c=*d now\\_x");
}

static void rendered(const char *template, const struct alert_values *values, const char *expected)
{
    struct bw_error err = {0};
    struct bw_buf out;

    buf_init(&out);
    assert_int_equal(template_check(template, NULL, &err), 0);
    template_render(template, values, &out);
    assert_string_equal(buf_text(&out), expected);
    buf_clear(&out);
}

static void test_templates(void **state)
{
    struct alert_values values = {{0}};

    (void)state;
    values.of[FIELD_HEADLINE] = "Kazakhstan declines BRICS membership";
    values.of[FIELD_SOURCE] = "RFE/RL";
    values.of[FIELD_MORE] = " (+3 sources)";
    values.of[FIELD_LINK] = "https://news.example/1";
    rendered(TEMPLATE_TITLE, &values,
             "Kazakhstan declines BRICS membership \xe2\x80\x94 RFE/RL (+3 sources)");
    rendered(TEMPLATE_BODY, &values, "https://news.example/1");
    rendered("{{.source}}:{{  .lang  }}!", &values, "RFE/RL:!");
    rendered("a\n{{ .lang }}\n\nb {{ .lang }}", &values, "a\n\nb ");
    rendered("{ not {one} }", &values, "{ not {one} }");
    rendered("", &values, "");
}

static void wrong(const char *template, int at, const char *words)
{
    struct bw_error err = {0};
    int line_number = -1;

    assert_int_equal(template_check(template, &line_number, &err), -1);
    assert_int_equal(err.code, BW_ERR_CONFIG);
    assert_int_equal(line_number, at);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
}

static void test_wrong_templates(void **state)
{
    (void)state;
    wrong("{{ .titel }}", 0, "unknown field .titel; expected one of .id");
    wrong("a\nb\n{{ title }}", 2, "expected a field such as {{ .title }}");
    wrong("a {{ .title", 0, "without");
    wrong("{{ }}", 0, "expected a field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_keeps_clusters_whole),
        cmocka_unit_test(test_cut_marks_what_is_missing),
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_wrong_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
