/* The table of feed elements and of namespaces. Owns nothing. */
#include "tag.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_NAME = 24 };

/* Sorted by name: {name, role, slot or hint, rank in that slot, type of its text}. */
static const struct bw_tag tags[] = {
    {"abstract", ROLE_TEXT, SLOT_SUMMARY, 4, TYPE_TEXT},
    {"author", ROLE_PERSON, SLOT_AUTHOR, 4, TYPE_TEXT},
    {"body", ROLE_TEXT, SLOT_CONTENT, 3, TYPE_HTML},
    {"category", ROLE_CATEGORY, 0, 0, TYPE_TEXT},
    {"channel", ROLE_CHANNEL, 0, 0, TYPE_TEXT},
    {"content", ROLE_TEXT, SLOT_CONTENT, 4, TYPE_TEXT},
    {"content:encoded", ROLE_TEXT, SLOT_CONTENT, 4, TYPE_HTML},
    {"contributor", ROLE_SOURCE, 0, 0, TYPE_TEXT},
    {"created", ROLE_DATE, SLOT_PUBLISHED, 2, TYPE_TEXT},
    {"day", ROLE_HINT, HINT_DAY, 0, TYPE_TEXT},
    {"dc:author", ROLE_PERSON, SLOT_AUTHOR, 3, TYPE_TEXT},
    {"dc:creator", ROLE_PERSON, SLOT_AUTHOR, 3, TYPE_TEXT},
    {"dc:date", ROLE_DATE, SLOT_PUBLISHED, 3, TYPE_TEXT},
    {"dc:description", ROLE_TEXT, SLOT_SUMMARY, 4, TYPE_HTML},
    {"dc:issued", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    {"dc:language", ROLE_LANGUAGE, SLOT_LANG, 2, TYPE_TEXT},
    {"dc:subject", ROLE_CATEGORY, 0, 0, TYPE_TEXT},
    {"dc:title", ROLE_TEXT, SLOT_TITLE, 4, TYPE_TEXT},
    {"dcterms:abstract", ROLE_TEXT, SLOT_SUMMARY, 3, TYPE_HTML},
    {"dcterms:available", ROLE_DATE, SLOT_PUBLISHED, 4, TYPE_TEXT},
    {"dcterms:created", ROLE_DATE, SLOT_PUBLISHED, 2, TYPE_TEXT},
    {"dcterms:issued", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    {"dcterms:modified", ROLE_DATE, SLOT_UPDATED, 4, TYPE_TEXT},
    {"description", ROLE_TEXT, SLOT_SUMMARY, 5, TYPE_HTML},
    {"email", ROLE_EMAIL, SLOT_AUTHOR, 4, TYPE_TEXT},
    {"enclosure", ROLE_ENCLOSURE, 0, 0, TYPE_TEXT},
    {"entry", ROLE_ITEM, 0, 0, TYPE_TEXT},
    {"feed", ROLE_ROOT, 0, 0, TYPE_TEXT},
    {"feedburner:origlink", ROLE_TEXT_LINK, SLOT_LINK, 4, TYPE_TEXT},
    {"fullitem", ROLE_TEXT, SLOT_CONTENT, 3, TYPE_HTML},
    {"guid", ROLE_ID, SLOT_ID, 2, TYPE_TEXT},
    {"hour", ROLE_HINT, HINT_HOUR, 0, TYPE_TEXT},
    {"id", ROLE_ID, SLOT_ID, 2, TYPE_TEXT},
    {"image", ROLE_ASIDE, 0, 0, TYPE_TEXT},
    {"issued", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    {"item", ROLE_ITEM, 0, 0, TYPE_TEXT},
    {"itunes:author", ROLE_PERSON, SLOT_AUTHOR, 1, TYPE_TEXT},
    {"itunes:category", ROLE_CATEGORY, 0, 0, TYPE_TEXT},
    {"itunes:keywords", ROLE_KEYWORDS, 0, 0, TYPE_TEXT},
    {"itunes:subtitle", ROLE_TEXT, SLOT_SUMMARY, 1, TYPE_TEXT},
    {"itunes:summary", ROLE_TEXT, SLOT_SUMMARY, 2, TYPE_TEXT},
    {"itunes:title", ROLE_TEXT, SLOT_TITLE, 1, TYPE_TEXT},
    {"keywords", ROLE_KEYWORDS, 0, 0, TYPE_TEXT},
    {"language", ROLE_LANGUAGE, SLOT_LANG, 2, TYPE_TEXT},
    {"lastbuilddate", ROLE_DATE, SLOT_UPDATED, 3, TYPE_TEXT},
    {"link", ROLE_LINK, SLOT_LINK, 3, TYPE_TEXT},
    {"managingeditor", ROLE_PERSON, SLOT_AUTHOR, 2, TYPE_TEXT},
    {"media:category", ROLE_CATEGORY, 0, 0, TYPE_TEXT},
    {"media:content", ROLE_ENCLOSURE, 0, 0, TYPE_TEXT},
    {"media:credit", ROLE_SILENT, 0, 0, TYPE_TEXT},
    {"media:description", ROLE_TEXT, SLOT_SUMMARY, 2, TYPE_HTML},
    {"media:keywords", ROLE_KEYWORDS, 0, 0, TYPE_TEXT},
    {"media:thumbnail", ROLE_ENCLOSURE, 0, 0, TYPE_TEXT},
    {"media:title", ROLE_TEXT, SLOT_TITLE, 2, TYPE_TEXT},
    {"modified", ROLE_DATE, SLOT_UPDATED, 4, TYPE_TEXT},
    {"name", ROLE_NAME, SLOT_AUTHOR, 4, TYPE_TEXT},
    {"pubdate", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    {"published", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    {"rdf:rdf", ROLE_ROOT, 0, 0, TYPE_TEXT},
    {"rss", ROLE_ROOT, 0, 0, TYPE_TEXT},
    {"source", ROLE_SOURCE, 0, 0, TYPE_TEXT},
    {"summary", ROLE_TEXT, SLOT_SUMMARY, 5, TYPE_TEXT},
    {"sy:updatefrequency", ROLE_HINT, HINT_FREQUENCY, 0, TYPE_TEXT},
    {"sy:updateperiod", ROLE_HINT, HINT_PERIOD, 0, TYPE_TEXT},
    {"tags", ROLE_KEYWORDS, 0, 0, TYPE_TEXT},
    {"textinput", ROLE_ASIDE, 0, 0, TYPE_TEXT},
    {"title", ROLE_TEXT, SLOT_TITLE, 4, TYPE_TEXT},
    {"ttl", ROLE_HINT, HINT_TTL, 0, TYPE_TEXT},
    {"updated", ROLE_DATE, SLOT_UPDATED, 5, TYPE_TEXT},
    {"xhtml:body", ROLE_TEXT, SLOT_CONTENT, 3, TYPE_HTML},
};

/* What namespaces feeds use, by the prefix that is usual for them; "" are the core formats. A URI
 * is compared without its scheme, without a trailing slash or '#', and in any case. */
static const struct {
    const char *uri, *prefix;
} spaces[] = {
    {"backend.userland.com/rss", ""},
    {"backend.userland.com/rss2", ""},
    {"backend.userland.com/rss091", ""},
    {"backend.userland.com/rss092", ""},
    {"backend.userland.com/rss093", ""},
    {"backend.userland.com/rss20", ""},
    {"blogs.law.harvard.edu/tech/rss", ""},
    {"cyber.law.harvard.edu/rss", ""},
    {"purl.org/rss/1.0", ""},
    {"purl.org/rss/1.0/modules/rss091", ""},
    {"purl.org/rss/2.0", ""},
    {"channel.netscape.com/rdf/simple/0.9", ""},
    {"my.netscape.com/rdf/simple/0.9", ""},
    {"my.netscape.com/publish/formats/rss-0.91.dtd", ""},
    {"purl.org/net/rss1.1", ""},
    {"purl.org/atom/ns", ""},
    {"purl.org/pie", ""},
    {"purl.org/echo", ""},
    {"example.com/newformat", ""},
    {"example.com/necho", ""},
    {"uri/of/echo/namespace", ""},
    {"www.w3.org/2005/atom", ""},
    {"purl.org/dc/elements/1.1", "dc"},
    {"purl.org/dc/elements/1.0", "dc"},
    {"purl.org/dc/terms", "dcterms"},
    {"purl.org/rss/1.0/modules/dcterms", "dcterms"},
    {"purl.org/rss/1.0/modules/content", "content"},
    {"purl.org/rss/1.0/modules/syndication", "sy"},
    {"purl.org/rss/1.0/modules/slash", "slash"},
    {"rssnamespace.org/feedburner/ext/1.0", "feedburner"},
    {"search.yahoo.com/mrss", "media"},
    {"www.rssboard.org/media-rss", "media"},
    {"www.itunes.com/dtds/podcast-1.0.dtd", "itunes"},
    {"example.com/dtds/podcast-1.0.dtd", "itunes"},
    {"www.w3.org/1999/02/22-rdf-syntax-ns", "rdf"},
    {"www.w3.org/1999/xhtml", "xhtml"},
    {"purl.org/rss/1.0/modules/link", "l"},
    {"wellformedweb.org/commentapi", "wfw"},
};

/* Prefixes that stand for the core formats where a document forgets to declare them. */
static bool is_core_prefix(const char *prefix)
{
    static const char *const names[] = {"rss", "atom", "atom10", "atom03", "a10"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(prefix, names[i]) == 0)
            return true;
    }
    return false;
}

/* The usual prefix of a namespace; NULL when it is unknown. */
static const char *find_space(const char *uri)
{
    size_t len;

    while (*uri == ' ' || *uri == '\n' || *uri == '\t')
        uri++;
    if (strncasecmp(uri, "http://", 7) == 0)
        uri += 7;
    else if (strncasecmp(uri, "https://", 8) == 0)
        uri += 8;
    len = strlen(uri);
    while (len > 0 && (uri[len - 1] == '/' || uri[len - 1] == '#' || uri[len - 1] == ' '))
        len--;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        if (strlen(spaces[i].uri) == len && strncasecmp(uri, spaces[i].uri, len) == 0)
            return spaces[i].prefix;
    }
    return NULL;
}

static const char *usual_prefix(const char *uri, const char *prefix)
{
    const char *usual = uri == NULL || uri[0] == '\0' ? NULL : find_space(uri);

    if (usual != NULL)
        return usual;
    if (prefix == NULL || is_core_prefix(prefix))
        return "";
    return prefix;
}

static size_t append_lower(char *name, size_t len, const char *text)
{
    for (; *text != '\0' && len < LONGEST_NAME; text++)
        name[len++] = *text >= 'A' && *text <= 'Z' ? (char)(*text + 'a' - 'A') : *text;
    name[len] = '\0';
    return len;
}

static void full_name(const char *uri, const char *prefix, const char *local, char *name)
{
    size_t len = append_lower(name, 0, usual_prefix(uri, prefix));

    if (len > 0)
        len = append_lower(name, len, ":");
    append_lower(name, len, local);
}

const struct bw_tag *tag_find(const char *uri, const char *prefix, const char *local)
{
    size_t low = 0, high = sizeof tags / sizeof tags[0];
    char name[LONGEST_NAME + 1];

    full_name(uri, prefix, local, name);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(tags[middle].name, name);

        if (order == 0)
            return &tags[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const char *rss_format(const char *version)
{
    static const struct {
        const char *version, *format;
    } formats[] = {
        {"2.0", "rss-2.0"},   {"2", "rss-2.0"},     {"0.90", "rss-0.90"}, {"0.91", "rss-0.91"},
        {"0.92", "rss-0.92"}, {"0.93", "rss-0.93"}, {"0.94", "rss-0.94"}, {"1.0", "rss-1.0"},
    };

    for (size_t i = 0; version != NULL && i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(version, formats[i].version) == 0)
            return formats[i].format;
    }
    return version != NULL && version[0] == '2' ? "rss-2.0" : "rss";
}

const char *tag_format(const char *uri, const char *prefix, const char *local, const char *version)
{
    char name[LONGEST_NAME + 1];

    full_name(uri, prefix, local, name);
    if (strcmp(name, "rss") == 0)
        return rss_format(version);
    if (strcmp(name, "rdf:rdf") == 0 || strcmp(name, "rdf") == 0)
        return "rss-1.0";
    if (strcmp(name, "channel") == 0)
        return "cdf";
    if (strcmp(name, "feed") == 0 || strcmp(name, "entry") == 0) {
        bool old = (uri != NULL && strstr(uri, "purl.org/atom") != NULL) ||
                   (version != NULL && version[0] == '0');

        return old ? "atom-0.3" : "atom-1.0";
    }
    return NULL;
}
