/*
 * How fast feeds are read: MB/s of libxml2's SAX2 parser with empty handlers, and of
 * feed_parse_document() with all its text extraction, over the same files in the same run.
 *
 *     bench_feed [-t SECONDS] FILE...
 */
#include "blocwatch/feed.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5 };

struct file {
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

/* Rounds take turns, so that what else the machine does meets both; the best of each counts. */
static void compare(struct file *files, size_t n, double seconds)
{
    double best_sax = 0, best_feed = 0;
    size_t items = 0, bytes = 0;

    for (int i = 0; i < ROUNDS; i++) {
        double sax = measure(files, n, seconds / ROUNDS / 2, run_sax),
               feed = measure(files, n, seconds / ROUNDS / 2, run_feed);

        best_sax = sax > best_sax ? sax : best_sax;
        best_feed = feed > best_feed ? feed : best_feed;
    }
    for (size_t i = 0; i < n; i++) {
        items += files[i].items;
        bytes += files[i].bytes.len;
    }
    printf("%zu documents, %zu bytes, %zu items\n", n, bytes, items);
    printf("libxml2 SAX2, empty handlers  %8.1f MB/s\n", best_sax);
    printf("feed_parse_document           %8.1f MB/s\n", best_feed);
    printf("ratio                         %8.2f\n", best_feed / best_sax);
}

int main(int argc, char **argv)
{
    double seconds = 4;
    size_t n = 0;
    struct file *files;
    int option;

    while ((option = getopt(argc, argv, "t:")) != -1) {
        if (option != 't')
            return 2;
        seconds = atof(optarg);
    }
    if (optind >= argc) {
        fprintf(stderr, "usage: bench_feed [-t SECONDS] FILE...\n");
        return 2;
    }
    files = calloc((size_t)(argc - optind), sizeof *files);
    if (files == NULL || feed_prepare() != 0)
        return 1;
    for (; optind < argc; optind++, n++) {
        if (buf_read_file(&files[n].bytes, argv[optind], 0) != 0) {
            perror(argv[optind]);
            return 1;
        }
    }
    compare(files, n, seconds);
    for (size_t i = 0; i < n; i++)
        buf_clear(&files[i].bytes);
    free(files);
    return 0;
}
