/* Charsets: declared in every way, wrong, or not at all; and compression. */
#include "charset.h"
#include "feed_help.h"

#include <iconv.h>
#include <zlib.h>

#define RUSSIAN                                                                                                                                                 \
    "Казахстан пока не намерен подавать заявку на вступление в БРИКС, сообщили в Акорде; " \
    "Узбекистан решил не присоединяться к Евразийскому экономическому союзу."

/* A feed of one title, in `charset`; `declaration` may be "". */
static void encode(const char *charset, const char *declaration, const char *title,
                   struct bw_buf *out)
{
    char text[2048], *in = text, *to;
    iconv_t converter = iconv_open(charset, "UTF-8");
    size_t left, room;

    assert_true(converter != (iconv_t)-1);
    snprintf(text, sizeof text, "%s<rss><channel><item><title>%s</title></item></channel></rss>",
             declaration, title);
    left = strlen(text);
    buf_init(out);
    buf_reserve(out, 8192);
    to = out->data;
    room = 8192;
    assert_true(iconv(converter, &in, &left, &to, &room) != (size_t)-1);
    iconv(converter, NULL, NULL, &to, &room);
    out->len = (size_t)(to - out->data);
    iconv_close(converter);
}

static void assert_title(struct bw_buf *buf, const char *type, const char *title)
{
    struct bw_document *doc = parse_text_as(buf->data, buf->len, type);

    assert_int_equal(doc->feed.n_items, 1);
    assert_text(doc->feed.items[0].title, title);
    document_free(doc);
    buf_clear(buf);
}

static const char *const declared[][2] = {
    {"windows-1251", RUSSIAN},
    {"koi8-r", RUSSIAN},
    {"iso-8859-5", RUSSIAN},
    {"utf-16", RUSSIAN},
    {"utf-8", RUSSIAN},
    {"windows-1252", "“Élysée” – naïve"},
    {"iso-8859-1", "Élysée naïve"},
    {"iso-8859-2", "Żółć Łódź"},
    {"iso-8859-9", "İstanbul şehri"},
    {"iso-8859-15", "Œuvre €"},
    {"gb2312", "哈萨克斯坦暂时不打算加入"},
    {"gbk", "哈薩克斯坦"},
    {"gb18030", "哈萨克斯坦"},
    {"big5", "哈薩克斯坦暫時不打算加入"},
    {"euc-jp", "カザフスタンは加盟しない"},
    {"shift_jis", "カザフスタンは加盟しない"},
    {"iso-2022-jp", "カザフスタン"},
    {"euc-kr", "카자흐스탄은 가입하지 않는다"},
    {"koi8-u", "Казахстан їжак"},
    {"cp866", RUSSIAN},
    {"rk1048", "Қазақстан БРИКС-ке кірмейді"},
    {"koi8-t", "Тоҷикистон ҳамроҳ намешавад"},
};

static void test_declared_in_xml(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++) {
        char declaration[128];
        struct bw_buf buf;

        snprintf(declaration, sizeof declaration, "<?xml version=\"1.0\" encoding=\"%s\"?>",
                 declared[i][0]);
        encode(declared[i][0], declaration, declared[i][1], &buf);
        assert_title(&buf, NULL, declared[i][1]);
    }
}

static void test_declared_in_http(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++) {
        char type[128];
        struct bw_buf buf;

        snprintf(type, sizeof type, "text/xml; Charset=\"%s\"", declared[i][0]);
        encode(declared[i][0], "<?xml version='1.0' encoding='us-ascii'?>", declared[i][1], &buf);
        assert_title(&buf, type, declared[i][1]);
    }
}

static void test_guessed(void **state)
{
    static const char *const rows[][2] = {
        {"utf-8", RUSSIAN},
        {"windows-1251", RUSSIAN},
        {"koi8-r", RUSSIAN},
        {"iso-8859-5", RUSSIAN},
        {"cp866", RUSSIAN},
        {"windows-1252", "The “Élysée” said – naïve as it was – nothing at all"},
        {"utf-16le", RUSSIAN},
        {"utf-16be", RUSSIAN},
        {"euc-jp",
         "カザフスタンは当面、加盟を申請しない考えを示した。大統領府の報道官が明らかにした。"},
        {"shift_jis",
         "カザフスタンは当面、加盟を申請しない考えを示した。大統領府の報道官が明らかにした。"},
        {"euc-kr", "카자흐스탄은 당분간 가입을 신청하지 않을 것이라고 대통령 대변인이 밝혔다"},
        {"gb2312", "哈萨克斯坦总统发言人表示，该国暂时不打算申请加入这一组织"},
        {"big5", "哈薩克斯坦總統發言人表示，該國暫時不打算申請加入這一組織"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bw_buf buf;

        encode(rows[i][0], "", rows[i][1], &buf);
        assert_title(&buf, NULL, rows[i][1]);
    }
}

/* Neither mark nor declaration, and blank lines where "<" should be. */
static void test_utf16_behind_blank_lines(void **state)
{
    static const char *const charsets[] = {"utf-16le", "utf-16be"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bw_buf buf;

        encode(charsets[i], "\n\n  ", RUSSIAN, &buf);
        assert_title(&buf, NULL, RUSSIAN);
    }
}

/* A declaration that the bytes deny does not count. */
static void test_declared_wrong(void **state)
{
    static const char *const rows[][3] = {
        {"utf-8", "windows-1251", RUSSIAN},    {"utf-8", "iso-8859-1", RUSSIAN},
        {"utf-8", "utf-16", RUSSIAN},          {"windows-1251", "utf-8", RUSSIAN},
        {"koi8-r", "utf-8", RUSSIAN},          {"windows-1251", "no-such-charset", RUSSIAN},
        {"utf-8", "no-such-charset", RUSSIAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char declaration[128];
        struct bw_buf buf;

        snprintf(declaration, sizeof declaration, "<?xml version=\"1.0\" encoding=\"%s\"?>",
                 rows[i][1]);
        encode(rows[i][0], declaration, rows[i][2], &buf);
        assert_title(&buf, NULL, rows[i][2]);
    }
}

static void test_byte_order_mark_first(void **state)
{
    static const char text[] = "\xEF\xBB\xBF<?xml version='1.0' encoding='windows-1251'?>"
                               "<rss><item><title>Қазақстан</title></item></rss>";
    struct bw_document *doc =
        parse_text_as(text, sizeof text - 1, "application/xml; charset=koi8-r");

    (void)state;
    assert_text(doc->feed.items[0].title, "Қазақстан");
    document_free(doc);
}

static void test_double_encoding(void **state)
{
    struct bw_document *doc =
        parse_string("<rss><item><title>Ð\xC2\x9DÐµÑ\xC2\x82</title></item></rss>");

    (void)state;
    assert_text(doc->feed.items[0].title, "Нет");
    document_free(doc);
}

static void deflate_all(const char *bytes, size_t len, struct bw_buf *out)
{
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY),
                     Z_OK);
    buf_init(out);
    assert_int_equal(buf_reserve(out, deflateBound(&stream, len) + 64), 0);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)out->data;
    stream.avail_out = (uInt)out->cap;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = out->cap - stream.avail_out;
    deflateEnd(&stream);
}

static void test_gzip_inside_gzip(void **state)
{
    static const char text[] = "<rss><item><title>T</title></item></rss>";
    struct bw_buf once, twice;
    struct bw_document *doc;

    (void)state;
    deflate_all(text, strlen(text), &once);
    deflate_all(once.data, once.len, &twice);
    doc = parse_text_as(once.data, once.len, NULL);
    assert_text(doc->feed.items[0].title, "T");
    document_free(doc);
    doc = parse_text_as(twice.data, twice.len, NULL);
    assert_text(doc->feed.items[0].title, "T");
    assert_non_null(strstr(doc->feed.warning, "compressed"));
    document_free(doc);
    buf_clear(&once);
    buf_clear(&twice);
}

static void test_bomb(void **state)
{
    struct bw_document *doc = NULL;
    struct bw_error err = {0};
    size_t len = feed_limits_default.memory + 1;
    char *zeros = calloc(1, len);
    struct bw_buf packed;

    (void)state;
    assert_non_null(zeros);
    deflate_all(zeros, len, &packed);
    free(zeros);
    assert_int_equal(parse_bytes(packed.data, packed.len, NULL, NULL, &doc, &err), -1);
    assert_int_equal(err.code, BW_ERR_LIMIT);
    packed.len /= 2;
    assert_int_equal(parse_bytes(packed.data, packed.len, NULL, NULL, &doc, &err), -1);
    assert_null(doc);
    buf_clear(&packed);
}

static void test_prepare(void **state)
{
    (void)state;
    assert_int_equal(feed_prepare(), 0);
    assert_int_equal(feed_prepare(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_declared_in_xml),
        cmocka_unit_test(test_declared_in_http),
        cmocka_unit_test(test_guessed),
        cmocka_unit_test(test_utf16_behind_blank_lines),
        cmocka_unit_test(test_declared_wrong),
        cmocka_unit_test(test_byte_order_mark_first),
        cmocka_unit_test(test_double_encoding),
        cmocka_unit_test(test_gzip_inside_gzip),
        cmocka_unit_test(test_bomb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
