/* The table of HTML elements. Owns nothing. */
#include "element.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_NAME = 12, ROOM = 16 };

/* Sorted by name; the first eight letters tell all apart. */
static const struct {
    char name[ROOM]; /* padded with NULs: its beginning is compared as one big-endian word */
    unsigned char kind;
} rows[] = {
    {"a", ELEMENT_INLINE},       {"abbr", ELEMENT_INLINE},      {"acronym", ELEMENT_INLINE},
    {"address", ELEMENT_BLOCK},  {"applet", ELEMENT_INLINE},    {"area", ELEMENT_INLINE},
    {"article", ELEMENT_BLOCK},  {"aside", ELEMENT_BLOCK},      {"audio", ELEMENT_INLINE},
    {"b", ELEMENT_INLINE},       {"base", ELEMENT_INLINE},      {"basefont", ELEMENT_INLINE},
    {"bdi", ELEMENT_INLINE},     {"bdo", ELEMENT_INLINE},       {"big", ELEMENT_INLINE},
    {"blink", ELEMENT_INLINE},   {"blockquote", ELEMENT_BLOCK}, {"body", ELEMENT_BLOCK},
    {"br", ELEMENT_BLOCK},       {"button", ELEMENT_INLINE},    {"canvas", ELEMENT_INLINE},
    {"caption", ELEMENT_BLOCK},  {"center", ELEMENT_BLOCK},     {"cite", ELEMENT_INLINE},
    {"code", ELEMENT_INLINE},    {"col", ELEMENT_INLINE},       {"colgroup", ELEMENT_INLINE},
    {"command", ELEMENT_INLINE}, {"data", ELEMENT_INLINE},      {"datalist", ELEMENT_INLINE},
    {"dd", ELEMENT_BLOCK},       {"del", ELEMENT_INLINE},       {"details", ELEMENT_BLOCK},
    {"dfn", ELEMENT_INLINE},     {"dialog", ELEMENT_BLOCK},     {"dir", ELEMENT_BLOCK},
    {"div", ELEMENT_BLOCK},      {"dl", ELEMENT_BLOCK},         {"dt", ELEMENT_BLOCK},
    {"em", ELEMENT_INLINE},      {"embed", ELEMENT_INLINE},     {"event-source", ELEMENT_INLINE},
    {"fieldset", ELEMENT_BLOCK}, {"figcaption", ELEMENT_BLOCK}, {"figure", ELEMENT_BLOCK},
    {"font", ELEMENT_INLINE},    {"footer", ELEMENT_BLOCK},     {"form", ELEMENT_BLOCK},
    {"frameset", ELEMENT_BLOCK}, {"h1", ELEMENT_BLOCK},         {"h2", ELEMENT_BLOCK},
    {"h3", ELEMENT_BLOCK},       {"h4", ELEMENT_BLOCK},         {"h5", ELEMENT_BLOCK},
    {"h6", ELEMENT_BLOCK},       {"head", ELEMENT_BLOCK},       {"header", ELEMENT_BLOCK},
    {"hgroup", ELEMENT_BLOCK},   {"hr", ELEMENT_BLOCK},         {"html", ELEMENT_BLOCK},
    {"i", ELEMENT_INLINE},       {"iframe", ELEMENT_RAW},       {"img", ELEMENT_INLINE},
    {"input", ELEMENT_INLINE},   {"ins", ELEMENT_INLINE},       {"isindex", ELEMENT_BLOCK},
    {"kbd", ELEMENT_INLINE},     {"keygen", ELEMENT_INLINE},    {"label", ELEMENT_INLINE},
    {"legend", ELEMENT_BLOCK},   {"li", ELEMENT_BLOCK},         {"link", ELEMENT_INLINE},
    {"main", ELEMENT_BLOCK},     {"map", ELEMENT_INLINE},       {"mark", ELEMENT_INLINE},
    {"math", ELEMENT_INLINE},    {"menu", ELEMENT_BLOCK},       {"meta", ELEMENT_INLINE},
    {"meter", ELEMENT_INLINE},   {"multicol", ELEMENT_INLINE},  {"nav", ELEMENT_BLOCK},
    {"nextid", ELEMENT_INLINE},  {"nobr", ELEMENT_INLINE},      {"noembed", ELEMENT_RAW},
    {"noframes", ELEMENT_RAW},   {"noscript", ELEMENT_INLINE},  {"object", ELEMENT_INLINE},
    {"ol", ELEMENT_BLOCK},       {"optgroup", ELEMENT_BLOCK},   {"option", ELEMENT_BLOCK},
    {"output", ELEMENT_INLINE},  {"p", ELEMENT_BLOCK},          {"param", ELEMENT_INLINE},
    {"picture", ELEMENT_INLINE}, {"pre", ELEMENT_BLOCK},        {"progress", ELEMENT_INLINE},
    {"q", ELEMENT_INLINE},       {"rp", ELEMENT_INLINE},        {"rt", ELEMENT_INLINE},
    {"ruby", ELEMENT_INLINE},    {"s", ELEMENT_INLINE},         {"samp", ELEMENT_INLINE},
    {"script", ELEMENT_RAW},     {"section", ELEMENT_BLOCK},    {"select", ELEMENT_INLINE},
    {"slot", ELEMENT_INLINE},    {"small", ELEMENT_INLINE},     {"sound", ELEMENT_INLINE},
    {"source", ELEMENT_INLINE},  {"spacer", ELEMENT_INLINE},    {"span", ELEMENT_INLINE},
    {"strike", ELEMENT_INLINE},  {"strong", ELEMENT_INLINE},    {"style", ELEMENT_RAW},
    {"sub", ELEMENT_INLINE},     {"summary", ELEMENT_BLOCK},    {"sup", ELEMENT_INLINE},
    {"svg", ELEMENT_INLINE},     {"table", ELEMENT_BLOCK},      {"tbody", ELEMENT_BLOCK},
    {"td", ELEMENT_CELL},        {"template", ELEMENT_RAW},     {"textarea", ELEMENT_RAW},
    {"tfoot", ELEMENT_BLOCK},    {"th", ELEMENT_CELL},          {"thead", ELEMENT_BLOCK},
    {"time", ELEMENT_INLINE},    {"title", ELEMENT_BLOCK},      {"tr", ELEMENT_BLOCK},
    {"track", ELEMENT_INLINE},   {"tt", ELEMENT_INLINE},        {"u", ELEMENT_INLINE},
    {"ul", ELEMENT_BLOCK},       {"var", ELEMENT_INLINE},       {"video", ELEMENT_INLINE},
    {"wbr", ELEMENT_INLINE},
};

static uint64_t word_of(const char *name)
{
    uint64_t word;

    memcpy(&word, name, sizeof word);
    return be64toh(word);
}

/* Is what stands behind the first eight letters the same? */
static bool has_rest(const char *row, const char *name, size_t len)
{
    return row[len] == '\0' && (len <= 8 || strncasecmp(row + 8, name + 8, len - 8) == 0);
}

enum bw_element element_find(const char *name, size_t len)
{
    size_t low = 0, high = sizeof rows / sizeof rows[0];
    uint64_t wanted = 0;

    if (len == 0 || len > LONGEST_NAME)
        return ELEMENT_UNKNOWN;
    for (size_t i = 0; i < sizeof wanted; i++)
        wanted = wanted << 8 | (i < len ? (unsigned char)(name[i] | 0x20) : 0);
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint64_t word = word_of(rows[middle].name);

        if (word == wanted)
            return has_rest(rows[middle].name, name, len) ? (enum bw_element)rows[middle].kind
                                                          : ELEMENT_UNKNOWN;
        if (word < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return ELEMENT_UNKNOWN;
}
