/* Resolves links and takes them apart. Owns nothing. */
#include "url.h"
#include "block.h"
#include "blocwatch/feed.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A piece of a link; `text` NULL when it is absent. */
struct piece {
    const char *text;
    size_t len;
};

struct url {
    struct piece scheme, authority, path, query, fragment;
};

/* What stands before the first of the three, or of the end; strcspn() would build a table. */
static struct piece piece_until(const char **at, char a, char b, char c)
{
    const char *from = *at, *to = from;

    while (*to != '\0' && *to != a && *to != b && *to != c)
        to++;
    *at = to;
    return (struct piece){from, (size_t)(to - from)};
}

static size_t scheme_length(const char *text, size_t len)
{
    size_t n = 0;

    if (len == 0 || !isalpha((unsigned char)text[0]))
        return 0;
    while (n < len &&
           (isalnum((unsigned char)text[n]) || text[n] == '+' || text[n] == '-' || text[n] == '.'))
        n++;
    return n < len && text[n] == ':' ? n : 0;
}

static struct url split(const char *text)
{
    struct url url = {0};
    size_t n = scheme_length(text, strlen(text));

    if (n > 0) {
        url.scheme = (struct piece){text, n};
        text += n + 1;
    }
    if (text[0] == '/' && text[1] == '/') {
        text += 2;
        url.authority = piece_until(&text, '/', '?', '#');
    }
    url.path = piece_until(&text, '?', '#', '#');
    if (*text == '?') {
        text++;
        url.query = piece_until(&text, '#', '#', '#');
    }
    if (*text == '#')
        url.fragment = (struct piece){text + 1, strlen(text + 1)};
    return url;
}

static void put(struct bw_buf *out, const char *before, struct piece piece, const char *after)
{
    if (piece.text == NULL)
        return;
    if (before[0] != '\0')
        buf_puts(out, before);
    buf_append(out, piece.text, piece.len);
    if (after[0] != '\0')
        buf_puts(out, after);
}

/* Removes "." and ".." from the path that begins at `from`. */
static void remove_dots(struct bw_buf *out, size_t from)
{
    char *path = out->data + from, *to = path, *at = path, *end = out->data + out->len;

    while (at < end) {
        char *slash = memchr(at + 1, '/', (size_t)(end - at - 1));
        char *next = slash == NULL ? end : slash;
        size_t len = (size_t)(next - at);

        if (len == 3 && memcmp(at, "/..", 3) == 0) {
            while (to > path && *--to != '/')
                ;
            if (next == end)
                *to++ = '/';
        } else if (len == 2 && memcmp(at, "/.", 2) == 0) {
            if (next == end)
                *to++ = '/';
        } else {
            memmove(to, at, len);
            to += len;
        }
        at = next;
    }
    out->len = (size_t)(to - out->data);
    *to = '\0';
}

/* The base's path up to its last slash, then the link's. */
static void put_merged_path(struct bw_buf *out, const struct url *base, const struct url *link)
{
    size_t keep = base->path.len, from = out->len;

    if (link->path.len > 0 && link->path.text[0] == '/') {
        put(out, "", link->path, "");
    } else if (base->authority.text != NULL && base->path.len == 0) {
        put(out, "/", link->path, "");
    } else {
        while (keep > 0 && base->path.text[keep - 1] != '/')
            keep--;
        buf_append(out, base->path.text, keep);
        put(out, "", link->path, "");
    }
    if (!out->failed && out->len > from && out->data[from] == '/')
        remove_dots(out, from);
}

static void put_resolved(struct bw_buf *out, const char *base_text, const char *link_text)
{
    struct url base = split(base_text), link = split(link_text);

    put(out, "", base.scheme, ":");
    if (link.authority.text != NULL) {
        put(out, "//", link.authority, "");
        put(out, "", link.path, "");
        put(out, "?", link.query, "");
        put(out, "#", link.fragment, "");
        return;
    }
    put(out, "//", base.authority, "");
    if (link.path.len > 0) {
        put_merged_path(out, &base, &link);
        put(out, "?", link.query, "");
    } else {
        put(out, "", base.path, "");
        put(out, "?", link.query.text != NULL ? link.query : base.query, "");
    }
    put(out, "#", link.fragment, "");
}

/* No spaces and control characters? */
static bool is_clean(const char *text, size_t len)
{
    size_t i = 0;

    while (len - i >= BLOCK && block_visible(text + i) == BLOCK)
        i += BLOCK;
    while (i < len && (unsigned char)text[i] > ' ' && text[i] != 0x7F)
        i++;
    return i == len;
}

/* `link` without white space around it and without line breaks and tabs inside; spaces that must
 * not stand in a URL are escaped, those in something else stay, and "&amp;", which no URL means to
 * hold, is '&'. */
static int trim(const char *link, size_t len, struct bw_buf *out)
{
    bool is_url;
    char *to;

    while (len > 0 && isspace((unsigned char)link[0])) {
        link++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)link[len - 1]))
        len--;
    if (is_clean(link, len) &&
        (memchr(link, '&', len) == NULL || memmem(link, len, "&amp;", 5) == NULL))
        return buf_append(out, link, len);
    if (buf_reserve(out, len * 3) != 0)
        return -1;
    is_url = scheme_length(link, len) > 0 || (len > 0 && link[0] == '/');
    to = out->data + out->len;
    for (size_t i = 0; i < len; i++) {
        if (link[i] == ' ' && is_url)
            to = mempcpy(to, "%20", 3);
        else if (link[i] == '&' && len - i >= 5 && memcmp(link + i, "&amp;", 5) == 0)
            *to++ = '&', i += 4;
        else if ((unsigned char)link[i] >= ' ' && link[i] != 0x7F)
            *to++ = link[i];
    }
    out->len = (size_t)(to - out->data);
    *to = '\0';
    return 0;
}

int url_resolve(const char *base, const char *link, size_t len, struct bw_buf *out)
{
    size_t start = out->len;
    struct bw_buf clean;

    if (trim(link, len, out) != 0)
        return -1;
    len = out->len - start;
    if (base == NULL || base[0] == '\0' || len == 0 || scheme_length(out->data + start, len) > 0)
        return 0;
    buf_init(&clean);
    buf_append(&clean, out->data + start, len);
    out->len = start;
    if (clean.failed)
        out->failed = true;
    else
        put_resolved(out, base, clean.data);
    buf_clear(&clean);
    return out->failed ? -1 : 0;
}

bool url_is_openable(const char *link, size_t len)
{
    static const char *const closed[] = {"tag",    "urn",  "data", "javascript", "vbscript",
                                         "mailto", "uuid", "guid", "about",      "cid",
                                         "file",   "doi",  "info"};
    size_t n;

    while (len > 0 && isspace((unsigned char)link[0])) {
        link++;
        len--;
    }
    if (len >= 4 && strncasecmp(link, "http", 4) == 0)
        return true;
    n = scheme_length(link, len);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        if (strlen(closed[i]) == n && strncasecmp(link, closed[i], n) == 0)
            return false;
    }
    return len > 0;
}

int url_append_fragment(const char *link, struct bw_buf *out)
{
    const char *hash = strchr(link, '#');

    return hash == NULL ? 0 : buf_puts(out, hash);
}

/* Parameters that tell who clicked where, never which page. A name that ends in '*' is a stem. */
static bool is_tracking(const char *name, size_t len)
{
    static const char *const names[] = {
        "utm_*",
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "yclid",
        "ysclid",
        "msclkid",
        "twclid",
        "igshid",
        "mc_cid",
        "mc_eid",
        "_hsenc",
        "_hsmi",
        "_openstat",
        "ito",
        "cmpid",
        "cmp",
        "ocid",
        "xtor",
        "wt_mc*",
        "at_medium",
        "at_campaign",
        "at_custom*",
        "at_link*",
        "at_format",
        "ns_mchannel",
        "ns_source",
        "ns_campaign",
        "ns_linkname",
        "ns_fee",
        "pk_*",
        "piwik_*",
        "mtm_*",
        "matomo_*",
        "hsctatracking",
        "guccounter",
        "spm",
        "wickedid",
        "oly_*",
        "vero_*",
        "zanpid",
        "feedtype",
        "feedname",
        "rss_id",
        "from_rss",
        "rb_clickid",
        "s_cid",
        "__twitter_impression",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);

        if (names[i][n - 1] == '*' ? len >= n - 1 && strncasecmp(name, names[i], n - 1) == 0
                                   : len == n && strncasecmp(name, names[i], n) == 0)
            return true;
    }
    return false;
}

static char *copy(char *to, struct piece piece)
{
    return piece.len == 0 ? to : mempcpy(to, piece.text, piece.len);
}

static char *copy_lower(char *to, struct piece piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.text[i];

        *to++ = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    return to;
}

/* Scheme and host in lower case; the port left out where it is the scheme's own. */
static char *copy_origin(char *to, const struct url *url)
{
    struct piece authority = url->authority;

    if (url->scheme.text != NULL) {
        to = copy_lower(to, url->scheme);
        *to++ = ':';
    }
    if (authority.text == NULL)
        return to;
    if (url->scheme.len == 4 && authority.len > 3 &&
        memcmp(authority.text + authority.len - 3, ":80", 3) == 0)
        authority.len -= 3;
    else if (url->scheme.len == 5 && authority.len > 4 &&
             memcmp(authority.text + authority.len - 4, ":443", 4) == 0)
        authority.len -= 4;
    *to++ = '/';
    *to++ = '/';
    return copy_lower(to, authority);
}

static char *copy_query(char *to, struct piece query)
{
    const char *at = query.text, *end = query.text + query.len;
    char mark = '?';

    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        size_t len = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at), name = 0;

        while (name < len && at[name] != '=')
            name++;
        if (len > 0 && !is_tracking(at, name)) {
            *to++ = mark;
            to = mempcpy(to, at, len);
            mark = '&';
        }
        at += len + (stop != NULL);
    }
    return to;
}

int url_clean(const char *link, struct bw_buf *out)
{
    struct url url = split(link);
    char *to;

    /* Pieces are only left out, but for the path of a bare host. */
    if (buf_reserve(out, strlen(link) + 1) != 0)
        return -1;
    to = copy_origin(out->data + out->len, &url);
    if (url.path.len == 0 && url.authority.text != NULL)
        *to++ = '/';
    to = copy(to, url.path);
    if (url.query.text != NULL)
        to = copy_query(to, url.query);
    *to = '\0';
    out->len = (size_t)(to - out->data);
    return 0;
}

int feed_clean_link(const char *link, struct bw_buf *out)
{
    struct bw_buf trimmed;
    int result = -1;

    buf_init(&trimmed);
    if (trim(link, strlen(link), &trimmed) == 0)
        result = url_clean(buf_text(&trimmed), out);
    buf_clear(&trimmed);
    return result;
}
