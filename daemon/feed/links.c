/* The feeds that an HTML page offers, by libxml2's HTML parser. Owns the parser while it runs. */
#include "blocwatch/feed.h"
#include "url.h"
#include "utf8.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

enum { MOST_LINKS = 64, LARGEST_PAGE = 8 << 20 };

struct finder {
    struct bw_arena *arena;
    struct bw_feed_link links[2 * MOST_LINKS]; /* declared ones first, then those that look so */
    size_t n_declared, n_likely;
    const char *base;
    struct bw_buf url;
    bool failed;
};

static const char *find_attr(const xmlChar **attrs, const char *name)
{
    for (size_t i = 0; attrs != NULL && attrs[i] != NULL; i += 2) {
        if (strcasecmp((const char *)attrs[i], name) == 0)
            return (const char *)attrs[i + 1];
    }
    return NULL;
}

static bool is_feed_type(const char *type)
{
    static const char *const types[] = {"application/rss+xml", "application/atom+xml",
                                        "application/rdf+xml", "application/feed+json",
                                        "application/json",    "text/xml",
                                        "application/xml",     "application/x.atom+xml"};

    for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++) {
        size_t len = strlen(types[i]);

        if (strncasecmp(type, types[i], len) == 0 && (type[len] == '\0' || strchr("; ", type[len])))
            return true;
    }
    return false;
}

/* Would a person guess that this is a feed? */
static bool looks_like_feed(const char *href)
{
    static const char *const ends[] = {"/rss",       "/rss/",  "/feed",     "/feed/",   ".rss",
                                       ".rdf",       ".atom",  "/atom.xml", "/rss.xml", "/feed.xml",
                                       "/index.xml", "/feeds", "/feed.json"};
    size_t len = strcspn(href, "?#");

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i]);

        if (len >= n && strncasecmp(href + len - n, ends[i], n) == 0)
            return true;
    }
    return strstr(href, "format=rss") != NULL || strstr(href, "feed=rss") != NULL ||
           strcasestr(href, "/rss/") != NULL;
}

static bool is_known(const struct bw_feed_link *links, size_t n, const char *url)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(links[i].url, url) == 0)
            return true;
    }
    return false;
}

static void add(struct finder *f, struct bw_feed_link *links, size_t *n, const char *href,
                const char *title, const char *type)
{
    struct bw_feed_link link;

    if (*n >= MOST_LINKS || f->failed || !url_is_openable(href, strlen(href)))
        return;
    buf_reset(&f->url);
    if (url_resolve(f->base, href, strlen(href), &f->url) != 0) {
        f->failed = true;
        return;
    }
    if (is_known(links, *n, f->url.data) || is_known(f->links, f->n_declared, f->url.data))
        return;
    link.url = arena_strdup(f->arena, f->url.data);
    link.title = arena_strdup(f->arena, title);
    link.type = arena_strdup(f->arena, type);
    if (link.url == NULL || (title != NULL && link.title == NULL) ||
        (type != NULL && link.type == NULL)) {
        f->failed = true;
        return;
    }
    links[(*n)++] = link;
}

static void on_element(void *context, const xmlChar *name, const xmlChar **attrs)
{
    struct finder *f = context;
    const char *href = find_attr(attrs, "href"), *rel, *type;

    if (href == NULL)
        return;
    if (strcasecmp((const char *)name, "base") == 0) {
        buf_reset(&f->url);
        if (url_resolve(f->base, href, strlen(href), &f->url) == 0)
            f->base = arena_strdup(f->arena, f->url.data);
    } else if (strcasecmp((const char *)name, "link") == 0) {
        rel = find_attr(attrs, "rel");
        type = find_attr(attrs, "type");
        if (rel != NULL && (strcasestr(rel, "alternate") != NULL || strcasecmp(rel, "feed") == 0) &&
            (is_feed_type(type) || strcasecmp(rel, "feed") == 0) && strstr(href, "oembed") == NULL)
            add(f, f->links, &f->n_declared, href, find_attr(attrs, "title"), type);
    } else if (strcasecmp((const char *)name, "a") == 0 && looks_like_feed(href)) {
        add(f, f->links + MOST_LINKS, &f->n_likely, href, find_attr(attrs, "title"), NULL);
    }
}

static void on_error(void *context, xmlErrorPtr error)
{
    (void)context;
    (void)error;
}

static int read_page(const char *html, size_t len, struct finder *f, struct bw_error *err)
{
    htmlParserCtxtPtr parser;

    parser = htmlCreateMemoryParserCtxt(html, (int)len);
    if (parser == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    /* Fixed here, the page's own claim cannot make libxml2 open a converter. */
    xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
    htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                   HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC);
    memset(parser->sax, 0, sizeof *parser->sax);
    parser->sax->startElement = on_element;
    parser->sax->serror = on_error;
    parser->sax->initialized = XML_SAX2_MAGIC;
    parser->userData = f;
    htmlParseDocument(parser);
    htmlFreeParserCtxt(parser);
    return 0;
}

int feed_find_links(const char *html, size_t len, const char *base_url, struct bw_arena *arena,
                    struct bw_feed_link **links, size_t *n_links, struct bw_error *err)
{
    struct finder *f = arena_alloc(arena, sizeof *f);
    struct bw_buf clean;
    size_t n;
    struct bw_feed_link *found;
    int result;

    if (f == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    f->arena = arena;
    f->base = base_url;
    buf_init(&clean);
    result = utf8_clean(html, len < LARGEST_PAGE ? len : LARGEST_PAGE, &clean);
    if (result != 0)
        error_set(err, BW_ERR_MEMORY, "out of memory");
    else if (clean.len > 0)
        result = read_page(clean.data, clean.len, f, err);
    buf_clear(&clean);
    buf_clear(&f->url);
    if (result != 0)
        return -1;
    n = f->n_declared + f->n_likely;
    found = arena_calloc(arena, n + 1, sizeof *found);
    if (found == NULL || f->failed)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    memcpy(found, f->links, f->n_declared * sizeof *found);
    for (size_t i = 0, to = f->n_declared; i < f->n_likely; i++) {
        if (is_known(f->links, f->n_declared, f->links[MOST_LINKS + i].url))
            n--;
        else
            found[to++] = f->links[MOST_LINKS + i];
    }
    *links = found;
    *n_links = n;
    return 0;
}
