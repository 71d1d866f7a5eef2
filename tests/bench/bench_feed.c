/*
 * How fast feeds are read: MB/s of libxml2's SAX2 parser with empty handlers; of the same with
 * libxml2's HTML parser, its handlers empty too, over the HTML of each item; and of
 * feed_parse_document() with all its text extraction. The same documents in the same run: each
 * file, or without files each kind of document that it makes itself, and then all together.
 *
 *     bench_feed [-t SECONDS] [FILE...]
 */
#include "blocwatch/feed.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, MADE_ITEMS = 60 };

struct file {
    const char *name;
    struct bw_buf bytes;
    size_t items;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_start(void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int n_spaces, const xmlChar **spaces, int n_attrs, int n_defaulted,
                     const xmlChar **attrs)
{
    (void)context, (void)local, (void)prefix, (void)uri, (void)n_spaces, (void)spaces;
    (void)n_attrs, (void)n_defaulted, (void)attrs;
}

static void on_end(void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    (void)context, (void)local, (void)prefix, (void)uri;
}

static void on_text(void *context, const xmlChar *text, int len)
{
    (void)context, (void)text, (void)len;
}

static void on_error(void *context, xmlErrorPtr error)
{
    (void)context, (void)error;
}

static void run_sax(struct file *file)
{
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
                         .startElementNs = on_start,
                         .endElementNs = on_end,
                         .characters = on_text,
                         .ignorableWhitespace = on_text,
                         .cdataBlock = on_text,
                         .serror = on_error};

    xmlSAXUserParseMemory(&sax, NULL, file->bytes.data, (int)file->bytes.len);
}

/* The HTML of an item while it comes in. */
struct collector {
    struct bw_buf text;
    int depth, start; /* the depth of elements; where the text began, 0: nowhere */
};

static bool is_html(const xmlChar *local, int n_attrs, const xmlChar **attrs)
{
    for (int i = 0; i < n_attrs; i++) {
        if (strncmp((const char *)attrs[5 * i + 3], "xhtml", 5) == 0)
            return false;
    }
    return xmlStrEqual(local, BAD_CAST "description") || xmlStrEqual(local, BAD_CAST "encoded") ||
           xmlStrEqual(local, BAD_CAST "summary") || xmlStrEqual(local, BAD_CAST "content");
}

static void on_html_start(void *context, const xmlChar *local, const xmlChar *prefix,
                          const xmlChar *uri, int n_spaces, const xmlChar **spaces, int n_attrs,
                          int n_defaulted, const xmlChar **attrs)
{
    struct collector *c = context;

    (void)prefix, (void)uri, (void)n_spaces, (void)spaces, (void)n_defaulted;
    c->depth++;
    if (c->start == 0 && is_html(local, n_attrs, attrs))
        c->start = c->depth;
}

static void on_html_text(void *context, const xmlChar *text, int len)
{
    struct collector *c = context;

    if (c->start > 0)
        buf_append(&c->text, text, (size_t)len);
}

static void parse_html(const struct bw_buf *text)
{
    htmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(text->data, (int)text->len);

    if (parser == NULL)
        return;
    memset(parser->sax, 0, sizeof *parser->sax);
    parser->sax->characters = on_text;
    parser->sax->ignorableWhitespace = on_text;
    parser->sax->cdataBlock = on_text;
    xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
    htmlParseDocument(parser);
    htmlFreeParserCtxt(parser);
}

static void on_html_end(void *context, const xmlChar *local, const xmlChar *prefix,
                        const xmlChar *uri)
{
    struct collector *c = context;

    (void)local, (void)prefix, (void)uri;
    if (c->start == c->depth && c->text.len > 0)
        parse_html(&c->text);
    if (c->start == c->depth) {
        c->start = 0;
        buf_reset(&c->text);
    }
    c->depth--;
}

static void run_html(struct file *file)
{
    struct collector collector = {0};
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
                         .startElementNs = on_html_start,
                         .endElementNs = on_html_end,
                         .characters = on_html_text,
                         .ignorableWhitespace = on_html_text,
                         .cdataBlock = on_html_text,
                         .serror = on_error};

    xmlSAXUserParseMemory(&sax, &collector, file->bytes.data, (int)file->bytes.len);
    buf_clear(&collector.text);
}

static void run_feed(struct file *file)
{
    struct bw_feed_input input = {
        .bytes = file->bytes.data, .len = file->bytes.len, .now = BW_TIME_NONE};
    struct bw_document *doc = NULL;
    struct bw_error err;

    if (feed_parse_document(&input, &feed_limits_default, &doc, &err) == 0)
        file->items = doc->feed.n_items;
    document_free(doc);
}

/* MB/s over all files, for about `seconds`. */
static double measure(struct file *files, size_t n, double seconds, void (*run)(struct file *))
{
    double start = now(), bytes = 0, elapsed;

    do {
        for (size_t i = 0; i < n; i++) {
            run(&files[i]);
            bytes += (double)files[i].bytes.len;
        }
        elapsed = now() - start;
    } while (elapsed < seconds);
    return bytes / 1e6 / elapsed;
}

/* Words of the kind that news is made of; every document is the same on every run. */
static const char *const words[2][24] = {
    {"president", "Kazakhstan", "said", "on",     "Wednesday",  "that", "the",    "country",
     "would",     "not",        "seek", "BRICS",  "membership", "for",  "now",    "citing",
     "its",       "commitment", "to",   "United", "Nations",    "and",  "Astana", "officials"},
    {"президент", "Казахстана", "заявил", "в",      "среду", "что",     "страна", "пока",
     "не",        "намерена",   "подать", "заявку", "на",    "участие", "БРИКС",  "сообщил",
     "о",         "решении",    "ООН",    "Акорда", "и",     "союза",   "Астана", "власти"},
};

static uint32_t random_state;

static unsigned pick(unsigned n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 16) % n;
}

static void put_words(struct bw_buf *buf, int lang, int n)
{
    for (int i = 0; i < n; i++) {
        buf_puts(buf, words[lang][pick(24)]);
        buf_putc(buf, i + 1 < n ? ' ' : '.');
    }
}

/* Paragraphs of HTML, with its tags as they are or escaped once more. */
static void put_html(struct bw_buf *buf, int lang, int paragraphs, bool escaped)
{
    const char *open = escaped ? "&lt;" : "<", *and = escaped ? "&amp;" : "&";

    for (int i = 0; i < paragraphs; i++) {
        buf_printf(buf, "%sp>", open);
        put_words(buf, lang, 25);
        buf_printf(buf, " %sa href=\"https://news.example/%u\">", open, pick(9999));
        put_words(buf, lang, 3);
        buf_printf(buf, "%s/a> ", open);
        put_words(buf, lang, 20);
        buf_printf(buf, " %sndash; %slaquo;", and, and);
        put_words(buf, lang, 4);
        buf_printf(buf, "%sraquo;%s/p>\n", and, open);
    }
}

enum kind { SHORT, ESCAPED, FULL, ATOM, KINDS };

static void put_rss_item(struct bw_buf *buf, enum kind kind, int lang, int i)
{
    buf_puts(buf, "    <item>\n      <title>");
    put_words(buf, lang, 9);
    buf_printf(buf,
               "</title>\n      <link>https://news.example/a/some-words-of-it/%d.html</link>\n", i);
    buf_puts(buf, "      <description>");
    if (kind == ESCAPED)
        put_html(buf, lang, 5, true);
    else
        put_words(buf, lang, 30);
    buf_printf(
        buf,
        "</description>\n      <guid>https://news.example/a/some-words-of-it/%d.html</guid>\n"
        "      <pubDate>Wed, 16 Oct 2024 11:%02d:00 +0300</pubDate>\n"
        "      <category>Kazakhstan</category><category>News</category>\n"
        "      <enclosure url=\"https://news.example/%d.jpg\" length=\"0\" type=\"image/jpeg\"/>\n",
        i, i % 60, i);
    if (kind == FULL) {
        buf_puts(buf, "      <content:encoded><![CDATA[");
        put_html(buf, lang, 12, false);
        buf_puts(buf, "]]></content:encoded>\n");
    }
    buf_puts(buf, "    </item>\n");
}

static void put_atom_entry(struct bw_buf *buf, int lang, int i)
{
    buf_puts(buf, "  <entry>\n    <title type=\"html\">");
    put_words(buf, lang, 9);
    buf_printf(
        buf,
        "</title>\n    <link rel=\"alternate\" href=\"https://news.example/%d\"/>\n"
        "    <id>tag:news.example,2024:%d</id>\n    <updated>2024-10-16T11:%02d:00Z</updated>\n"
        "    <author><name>Somebody</name></author>\n    <content type=\"xhtml\">"
        "<div xmlns=\"http://www.w3.org/1999/xhtml\">",
        i, i, i % 60);
    for (int k = 0; k < 5; k++) {
        buf_puts(buf, "<p>");
        put_words(buf, lang, 25);
        buf_puts(buf, " <em>");
        put_words(buf, lang, 3);
        buf_puts(buf, "</em></p>");
    }
    buf_puts(buf, "</div></content>\n  </entry>\n");
}

static void make_document(struct file *file, enum kind kind, int lang)
{
    static const char *const names[KINDS][2] = {
        {"RSS, teasers, English", "RSS, teasers, Russian"},
        {"RSS, escaped HTML, English", "RSS, escaped HTML, Russian"},
        {"RSS, full text, English", "RSS, full text, Russian"},
        {"Atom, XHTML, English", "Atom, XHTML, Russian"},
    };
    struct bw_buf *buf = &file->bytes;

    file->name = names[kind][lang];
    random_state = (uint32_t)kind * 2 + (uint32_t)lang;
    buf_puts(buf, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    buf_puts(buf, kind == ATOM ? "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                               : "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/"
                                 "modules/content/\">\n  <channel>\n");
    buf_puts(buf, "    <title>Benchmark</title>\n");
    for (int i = 0; i < MADE_ITEMS; i++) {
        if (kind == ATOM)
            put_atom_entry(buf, lang, i);
        else
            put_rss_item(buf, kind, lang, i);
    }
    buf_puts(buf, kind == ATOM ? "</feed>\n" : "  </channel>\n</rss>\n");
}

/* Rounds take turns, so that what else the machine does meets both; the best of each counts. */
static void compare(const char *name, struct file *files, size_t n, double seconds)
{
    static void (*const runs[])(struct file *) = {run_sax, run_html, run_feed};
    enum { SAX, HTML, FEED, RUNS };
    double best[RUNS] = {0};
    size_t items = 0, bytes = 0;

    for (int i = 0; i < ROUNDS * RUNS; i++) {
        double speed = measure(files, n, seconds / ROUNDS / RUNS, runs[i % RUNS]);

        best[i % RUNS] = speed > best[i % RUNS] ? speed : best[i % RUNS];
    }
    for (size_t i = 0; i < n; i++) {
        items += files[i].items;
        bytes += files[i].bytes.len;
    }
    printf("%-28s %8zu %6zu %8.1f %12.1f %10.1f %7.2f\n", name, bytes, items, best[SAX], best[HTML],
           best[FEED], best[FEED] / best[SAX]);
    fflush(stdout);
}

static int read_files(char **paths, size_t n, struct file *files)
{
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(paths[i], '/');

        files[i].name = slash == NULL ? paths[i] : slash + 1;
        if (buf_read_file(&files[i].bytes, paths[i], 0) != 0) {
            perror(paths[i]);
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    double seconds = 2;
    size_t n;
    struct file *files;
    int option;

    while ((option = getopt(argc, argv, "t:")) != -1) {
        if (option != 't') {
            fprintf(stderr, "usage: bench_feed [-t SECONDS] [FILE...]\n");
            return 2;
        }
        seconds = atof(optarg);
    }
    n = optind < argc ? (size_t)(argc - optind) : KINDS * 2;
    files = calloc(n, sizeof *files);
    if (files == NULL || feed_prepare() != 0)
        return 1;
    if (optind < argc) {
        if (read_files(argv + optind, n, files) != 0)
            return 1;
    } else {
        for (size_t i = 0; i < n; i++)
            make_document(&files[i], (enum kind)(i / 2), (int)(i % 2));
    }
    printf("MB/s of one core             %8s %6s %8s %12s %10s %7s\n", "bytes", "items", "SAX2",
           "SAX2 + HTML", "blocwatch", "of SAX2");
    for (size_t i = 0; i < n; i++)
        compare(files[i].name, &files[i], 1, seconds);
    if (n > 1)
        compare("all", files, n, seconds);
    for (size_t i = 0; i < n; i++)
        buf_clear(&files[i].bytes);
    free(files);
    return 0;
}
