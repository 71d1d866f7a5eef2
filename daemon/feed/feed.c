/* One document from bytes to items: unpack, decode, tell the format, read. Owns nothing beyond the
 * call. */
#include "blocwatch/feed.h"
#include "charset.h"
#include "driver.h"
#include "inflate.h"
#include "json.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <string.h>
#include <strings.h>

enum { MOST_LAYERS = 3, EXCERPT = 80, LARGEST_UNPACKED = 64 << 20, KEPT_MEMORY = 8 << 20 };

const struct bw_feed_limits feed_limits_default = {
    .memory = (size_t)64 << 20, .max_items = 10000, .max_depth = 200, .max_text = (size_t)1 << 20};

/* A document on its way: what was unpacked and decoded, and what had to be repaired. */
struct work {
    const struct bw_feed_input *input;
    const struct bw_feed_limits *limits;
    struct bw_buf unpacked;
    struct bw_decoded decoded;
    bool was_packed, cut, malformed, garbage;
};

int feed_prepare(void)
{
    /* Document follows document: giving the pages of one back to the kernel, only to ask for them
     * again, takes a fifth of the time. */
    mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
    mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
    xmlInitParser();
    json_prepare();
    return charset_prepare();
}

/* gzip, as often as it was applied, though not for ever. */
static int unpack(struct work *work, const char **bytes, size_t *len, struct bw_error *err)
{
    size_t limit = work->limits->memory;

    if (limit > LARGEST_UNPACKED)
        limit = LARGEST_UNPACKED;
    for (int i = 0; i < MOST_LAYERS && inflate_is_gzip(*bytes, *len); i++) {
        struct bw_buf next;

        buf_init(&next);
        if (inflate_gzip(*bytes, *len, limit, &next, &work->cut, err) != 0) {
            buf_clear(&next);
            return -1;
        }
        buf_clear(&work->unpacked);
        work->unpacked = next;
        work->was_packed = true;
        *bytes = buf_text(&next);
        *len = next.len;
    }
    return 0;
}

/* The first bytes for a message: one line, printable. */
static void excerpt(const char *text, size_t len, char out[EXCERPT + 4])
{
    size_t n = 0;

    for (size_t i = 0; i < len && n < EXCERPT; i++) {
        unsigned char c = (unsigned char)text[i];
        bool space = isspace(c) != 0;

        if (space && (n == 0 || out[n - 1] == ' '))
            continue;
        if (space || c >= 0x20)
            out[n++] = space ? ' ' : (char)c;
    }
    if (n == EXCERPT) { /* not in the middle of a character */
        while (n > 0 && ((unsigned char)out[n - 1] & 0xC0) == 0x80)
            n--;
        if (n > 0 && (unsigned char)out[n - 1] >= 0xC0)
            n--;
        memcpy(out + n, "…", 3);
        n += 3;
    }
    out[n] = '\0';
}

static bool begins_with(const char *text, size_t len, const char *what)
{
    size_t n = strlen(what);

    return len >= n && strncasecmp(text, what, n) == 0;
}

/* Behind white space, comments, the XML declaration and other instructions. */
static const char *skip_prologue(const char *text, size_t *len)
{
    for (;;) {
        const char *end = NULL;
        size_t close = 0;

        while (*len > 0 && isspace((unsigned char)*text)) {
            text++;
            --*len;
        }
        if (begins_with(text, *len, "<!--")) {
            end = memmem(text, *len, "-->", 3);
            close = 3;
        } else if (begins_with(text, *len, "<?")) {
            end = memchr(text, '>', *len);
            close = 1;
        }
        if (end == NULL)
            return text;
        *len -= (size_t)(end - text) + close;
        text = end + close;
    }
}

static bool is_feed_root(const char *text, size_t len)
{
    return begins_with(text, len, "<rss") || begins_with(text, len, "<feed") ||
           begins_with(text, len, "<rdf:");
}

/* Templates put a page's document type above feeds, too: then the root decides. */
static bool is_html_page(const char *text, size_t len)
{
    const char *root, *close;

    text = skip_prologue(text, &len);
    if (begins_with(text, len, "<!doctype html")) {
        close = memchr(text, '>', len);
        if (close == NULL)
            return true;
        len -= (size_t)(close + 1 - text);
        root = skip_prologue(close + 1, &len);
        return !is_feed_root(root, len);
    }
    return begins_with(text, len, "<html") || begins_with(text, len, "<head") ||
           begins_with(text, len, "<body");
}

static int fail_html(const struct work *work, struct bw_error *err)
{
    struct bw_arena *arena = arena_new((size_t)4 << 20);
    struct bw_feed_link *links = NULL;
    size_t n = 0, used;
    struct bw_error inner;

    if (arena == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (feed_find_links(work->decoded.text, work->decoded.len, work->input->base_url, arena, &links,
                        &n, &inner) != 0)
        n = 0;
    if (n == 0) {
        error_set(err, BW_ERR_FORMAT, "an HTML page, not a feed, and it links to none");
    } else if (err != NULL) {
        error_set(err, BW_ERR_FORMAT, "an HTML page, not a feed; it offers");
        for (size_t i = 0; i < n && i < 5; i++) {
            used = strlen(err->text);
            if (used + strlen(links[i].url) + 8 >= sizeof err->text)
                break;
            snprintf(err->text + used, sizeof err->text - used, "%s %s", i > 0 ? "," : "",
                     links[i].url);
        }
    }
    arena_free(arena);
    return -1;
}

static int fail_format(const struct work *work, const struct bw_error *why, struct bw_error *err)
{
    char head[EXCERPT + 4];

    if (work->decoded.len == 0)
        return error_set(err, BW_ERR_FORMAT, "the document is empty");
    if (is_html_page(work->decoded.text, work->decoded.len))
        return fail_html(work, err);
    excerpt(work->decoded.text, work->decoded.len, head);
    if (why != NULL)
        return error_set(err, BW_ERR_FORMAT, "no feed: %s; it begins \"%s\"", why->text, head);
    return error_set(err, BW_ERR_FORMAT, "no feed: it begins \"%s\"", head);
}

static int fail_parse(const struct bw_parse *p, const struct bw_feed_limits *limits,
                      struct bw_error *err)
{
    if (p->failed == BW_ERR_MEMORY)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    if (p->depth >= limits->max_depth)
        return error_set(err, BW_ERR_LIMIT, "elements are nested more than %d deep",
                         limits->max_depth);
    return error_set(err, BW_ERR_LIMIT, "the document needs more than %zu bytes of memory",
                     limits->memory);
}

/* Where the document begins behind blank lines and garbage: at the first thing that looks like an
 * element or a declaration. */
static const char *find_start(const char *text, size_t len)
{
    const char *at = text, *end = text + len;

    while ((at = memchr(at, '<', (size_t)(end - at))) != NULL && at + 1 < end) {
        if (at[1] == '?' || at[1] == '!' || isalpha((unsigned char)at[1]))
            return at;
        at++;
    }
    return NULL;
}

static int read_xml(struct bw_parse *p, struct work *work, const char *text, size_t len)
{
    if (xml_read(p, text, len) == 0)
        return 0;
    parse_clear(p);
    if (parse_init(p, work->input, work->limits) != 0)
        return -1;
    work->malformed = true;
    loose_read(p, text, len);
    return 0;
}

static void add_warning(struct bw_buf *list, const char *text)
{
    if (list->len > 0)
        buf_puts(list, "; ");
    buf_puts(list, text);
}

static void set_warning(struct bw_parse *p, const struct work *work)
{
    struct bw_buf list;

    buf_init(&list);
    if (p->truncated || work->cut)
        add_warning(&list, "the document ends before its end");
    else if (work->malformed)
        add_warning(&list, "the document is not well-formed XML");
    if (work->garbage)
        add_warning(&list, "something stands before the document");
    if (work->was_packed)
        add_warning(&list, "the document was compressed once more than HTTP says");
    if (work->decoded.guessed)
        buf_printf(&list, "%sit was read as %s, which it does not declare",
                   list.len > 0 ? "; " : "", work->decoded.charset);
    if (work->decoded.cleaned)
        add_warning(&list, "bytes that are no text were replaced or left out");
    if (p->full)
        buf_printf(&list, "%sonly the first %zu items were read", list.len > 0 ? "; " : "",
                   p->n_items);
    if (p->cut_text)
        add_warning(&list, "text that is too long was cut");
    if (list.len > 0 && !list.failed)
        p->doc->feed.warning = arena_strndup(p->doc->arena, list.data, list.len);
    buf_clear(&list);
}

static bool is_feed(const struct bw_parse *p)
{
    return p->format != NULL || p->n_items > 0;
}

static int read_document(struct bw_parse *p, struct work *work, struct bw_error *err)
{
    const char *text = work->decoded.text, *start;
    size_t len = work->decoded.len;
    struct bw_error why;

    while (len > 0 && isspace((unsigned char)*text)) {
        text++;
        len--;
    }
    if (len > 0 && (*text == '{' || *text == '[')) {
        if (json_read(p, text, len, &why) != 0)
            return fail_format(work, &why, err);
    } else {
        start = find_start(text, len);
        if (start == NULL || is_html_page(start, len - (size_t)(start - text)))
            return fail_format(work, NULL, err);
        work->garbage = start > text;
        if (read_xml(p, work, start, len - (size_t)(start - text)) != 0)
            return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    if (work->cut)
        p->truncated = true;
    parse_finish(p);
    if (p->failed != BW_OK)
        return fail_parse(p, work->limits, err);
    if (!is_feed(p))
        return fail_format(work, NULL, err);
    if (p->format == NULL)
        p->doc->feed.format = "rss";
    return 0;
}

static int parse_bytes(struct work *work, struct bw_document **doc, struct bw_error *err)
{
    const char *bytes = work->input->bytes;
    size_t len = work->input->len;
    struct bw_parse p;
    int result;

    if (unpack(work, &bytes, &len, err) != 0)
        return -1;
    if (charset_decode(bytes, len, work->input->content_type, &work->decoded) != 0 ||
        parse_init(&p, work->input, work->limits) != 0)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    result = read_document(&p, work, err);
    if (result == 0) {
        set_warning(&p, work);
        *doc = p.doc;
        p.doc = NULL;
    }
    parse_clear(&p);
    return result;
}

int feed_parse_document(const struct bw_feed_input *input, const struct bw_feed_limits *limits,
                        struct bw_document **doc, struct bw_error *err)
{
    struct work work = {.input = input, .limits = limits == NULL ? &feed_limits_default : limits};
    int result = parse_bytes(&work, doc, err);

    buf_clear(&work.unpacked);
    charset_clear(&work.decoded);
    return result;
}
