/* Character references: HTML 4's names, and of HTML 5's those that news text uses. Owns nothing. */
#include "entity.h"

#include <endian.h>
#include <string.h>

enum { LONGEST_NAME = 8 };

/* Sorted by name. `bare`: browsers know it without its semicolon too. */
static const struct row {
    char name[LONGEST_NAME + 1]; /* padded with NULs: compared as one big-endian word */
    uint16_t cp;
    uint8_t bare;
} rows[] = {
    {"AElig", 0xC6, 1},     {"AMP", 0x26, 1},      {"Aacute", 0xC1, 1},   {"Abreve", 0x102, 0},
    {"Acirc", 0xC2, 1},     {"Acy", 0x410, 0},     {"Agrave", 0xC0, 1},   {"Alpha", 0x391, 0},
    {"Aogon", 0x104, 0},    {"Aring", 0xC5, 1},    {"Atilde", 0xC3, 1},   {"Auml", 0xC4, 1},
    {"Bcy", 0x411, 0},      {"Beta", 0x392, 0},    {"CHcy", 0x427, 0},    {"COPY", 0xA9, 1},
    {"Cacute", 0x106, 0},   {"Ccaron", 0x10C, 0},  {"Ccedil", 0xC7, 1},   {"Chi", 0x3A7, 0},
    {"DJcy", 0x402, 0},     {"DScy", 0x405, 0},    {"DZcy", 0x40F, 0},    {"Dagger", 0x2021, 0},
    {"Dcaron", 0x10E, 0},   {"Dcy", 0x414, 0},     {"Delta", 0x394, 0},   {"Dstrok", 0x110, 0},
    {"ETH", 0xD0, 1},       {"Eacute", 0xC9, 1},   {"Ecaron", 0x11A, 0},  {"Ecirc", 0xCA, 1},
    {"Ecy", 0x42D, 0},      {"Egrave", 0xC8, 1},   {"Eogon", 0x118, 0},   {"Epsilon", 0x395, 0},
    {"Eta", 0x397, 0},      {"Euml", 0xCB, 1},     {"Fcy", 0x424, 0},     {"GJcy", 0x403, 0},
    {"GT", 0x3E, 1},        {"Gamma", 0x393, 0},   {"Gbreve", 0x11E, 0},  {"Gcy", 0x413, 0},
    {"HARDcy", 0x42A, 0},   {"IEcy", 0x415, 0},    {"IOcy", 0x401, 0},    {"Iacute", 0xCD, 1},
    {"Icirc", 0xCE, 1},     {"Icy", 0x418, 0},     {"Idot", 0x130, 0},    {"Igrave", 0xCC, 1},
    {"Iota", 0x399, 0},     {"Iukcy", 0x406, 0},   {"Iuml", 0xCF, 1},     {"Jcy", 0x419, 0},
    {"Jsercy", 0x408, 0},   {"Jukcy", 0x404, 0},   {"KHcy", 0x425, 0},    {"KJcy", 0x40C, 0},
    {"Kappa", 0x39A, 0},    {"Kcy", 0x41A, 0},     {"LJcy", 0x409, 0},    {"LT", 0x3C, 1},
    {"Lambda", 0x39B, 0},   {"Lcy", 0x41B, 0},     {"Lstrok", 0x141, 0},  {"Mcy", 0x41C, 0},
    {"Mu", 0x39C, 0},       {"NJcy", 0x40A, 0},    {"Nacute", 0x143, 0},  {"Ncaron", 0x147, 0},
    {"Ncy", 0x41D, 0},      {"NewLine", 0xA, 0},   {"Ntilde", 0xD1, 1},   {"Nu", 0x39D, 0},
    {"OElig", 0x152, 0},    {"Oacute", 0xD3, 1},   {"Ocirc", 0xD4, 1},    {"Ocy", 0x41E, 0},
    {"Odblac", 0x150, 0},   {"Ograve", 0xD2, 1},   {"Omega", 0x3A9, 0},   {"Omicron", 0x39F, 0},
    {"Oslash", 0xD8, 1},    {"Otilde", 0xD5, 1},   {"Ouml", 0xD6, 1},     {"Pcy", 0x41F, 0},
    {"Phi", 0x3A6, 0},      {"Pi", 0x3A0, 0},      {"Prime", 0x2033, 0},  {"Psi", 0x3A8, 0},
    {"QUOT", 0x22, 1},      {"REG", 0xAE, 1},      {"Rcaron", 0x158, 0},  {"Rcy", 0x420, 0},
    {"Rho", 0x3A1, 0},      {"SHCHcy", 0x429, 0},  {"SHcy", 0x428, 0},    {"SOFTcy", 0x42C, 0},
    {"Sacute", 0x15A, 0},   {"Scaron", 0x160, 0},  {"Scedil", 0x15E, 0},  {"Scy", 0x421, 0},
    {"Sigma", 0x3A3, 0},    {"THORN", 0xDE, 1},    {"TRADE", 0x2122, 0},  {"TSHcy", 0x40B, 0},
    {"TScy", 0x426, 0},     {"Tab", 0x9, 0},       {"Tau", 0x3A4, 0},     {"Tcaron", 0x164, 0},
    {"Tcy", 0x422, 0},      {"Theta", 0x398, 0},   {"Uacute", 0xDA, 1},   {"Ubrcy", 0x40E, 0},
    {"Ucirc", 0xDB, 1},     {"Ucy", 0x423, 0},     {"Udblac", 0x170, 0},  {"Ugrave", 0xD9, 1},
    {"Upsilon", 0x3A5, 0},  {"Uring", 0x16E, 0},   {"Uuml", 0xDC, 1},     {"Vcy", 0x412, 0},
    {"Xi", 0x39E, 0},       {"YAcy", 0x42F, 0},    {"YIcy", 0x407, 0},    {"YUcy", 0x42E, 0},
    {"Yacute", 0xDD, 1},    {"Ycy", 0x42B, 0},     {"Yuml", 0x178, 0},    {"ZHcy", 0x416, 0},
    {"Zacute", 0x179, 0},   {"Zcaron", 0x17D, 0},  {"Zcy", 0x417, 0},     {"Zdot", 0x17B, 0},
    {"Zeta", 0x396, 0},     {"aacute", 0xE1, 1},   {"abreve", 0x103, 0},  {"acirc", 0xE2, 1},
    {"acute", 0xB4, 1},     {"acy", 0x430, 0},     {"aelig", 0xE6, 1},    {"agrave", 0xE0, 1},
    {"alefsym", 0x2135, 0}, {"alpha", 0x3B1, 0},   {"amp", 0x26, 1},      {"and", 0x2227, 0},
    {"ang", 0x2220, 0},     {"aogon", 0x105, 0},   {"apos", 0x27, 0},     {"aring", 0xE5, 1},
    {"ast", 0x2A, 0},       {"asymp", 0x2248, 0},  {"atilde", 0xE3, 1},   {"auml", 0xE4, 1},
    {"bcy", 0x431, 0},      {"bdquo", 0x201E, 0},  {"beta", 0x3B2, 0},    {"bigstar", 0x2605, 0},
    {"breve", 0x2D8, 0},    {"brvbar", 0xA6, 1},   {"bsol", 0x5C, 0},     {"bull", 0x2022, 0},
    {"cacute", 0x107, 0},   {"cap", 0x2229, 0},    {"caron", 0x2C7, 0},   {"ccaron", 0x10D, 0},
    {"ccedil", 0xE7, 1},    {"cedil", 0xB8, 1},    {"cent", 0xA2, 1},     {"chcy", 0x447, 0},
    {"check", 0x2713, 0},   {"chi", 0x3C7, 0},     {"circ", 0x2C6, 0},    {"clubs", 0x2663, 0},
    {"colon", 0x3A, 0},     {"comma", 0x2C, 0},    {"commat", 0x40, 0},   {"cong", 0x2245, 0},
    {"copy", 0xA9, 1},      {"crarr", 0x21B5, 0},  {"cup", 0x222A, 0},    {"curren", 0xA4, 1},
    {"dArr", 0x21D3, 0},    {"dagger", 0x2020, 0}, {"darr", 0x2193, 0},   {"dash", 0x2010, 0},
    {"dblac", 0x2DD, 0},    {"dcaron", 0x10F, 0},  {"dcy", 0x434, 0},     {"deg", 0xB0, 1},
    {"delta", 0x3B4, 0},    {"diams", 0x2666, 0},  {"divide", 0xF7, 1},   {"djcy", 0x452, 0},
    {"dollar", 0x24, 0},    {"dot", 0x2D9, 0},     {"dscy", 0x455, 0},    {"dstrok", 0x111, 0},
    {"dzcy", 0x45F, 0},     {"eacute", 0xE9, 1},   {"ecaron", 0x11B, 0},  {"ecirc", 0xEA, 1},
    {"ecy", 0x44D, 0},      {"egrave", 0xE8, 1},   {"empty", 0x2205, 0},  {"emsp", 0x2003, 0},
    {"emsp13", 0x2004, 0},  {"emsp14", 0x2005, 0}, {"ensp", 0x2002, 0},   {"eogon", 0x119, 0},
    {"epsilon", 0x3B5, 0},  {"equals", 0x3D, 0},   {"equiv", 0x2261, 0},  {"eta", 0x3B7, 0},
    {"eth", 0xF0, 1},       {"euml", 0xEB, 1},     {"euro", 0x20AC, 0},   {"excl", 0x21, 0},
    {"exist", 0x2203, 0},   {"fcy", 0x444, 0},     {"female", 0x2640, 0}, {"fnof", 0x192, 0},
    {"forall", 0x2200, 0},  {"frac12", 0xBD, 1},   {"frac13", 0x2153, 0}, {"frac14", 0xBC, 1},
    {"frac15", 0x2155, 0},  {"frac18", 0x215B, 0}, {"frac23", 0x2154, 0}, {"frac34", 0xBE, 1},
    {"frasl", 0x2044, 0},   {"gamma", 0x3B3, 0},   {"gbreve", 0x11F, 0},  {"gcy", 0x433, 0},
    {"ge", 0x2265, 0},      {"gjcy", 0x453, 0},    {"grave", 0x60, 0},    {"gt", 0x3E, 1},
    {"hArr", 0x21D4, 0},    {"hairsp", 0x200A, 0}, {"half", 0xBD, 0},     {"hardcy", 0x44A, 0},
    {"harr", 0x2194, 0},    {"hearts", 0x2665, 0}, {"hellip", 0x2026, 0}, {"horbar", 0x2015, 0},
    {"hyphen", 0x2010, 0},  {"iacute", 0xED, 1},   {"icirc", 0xEE, 1},    {"icy", 0x438, 0},
    {"iecy", 0x435, 0},     {"iexcl", 0xA1, 1},    {"igrave", 0xEC, 1},   {"image", 0x2111, 0},
    {"imath", 0x131, 0},    {"infin", 0x221E, 0},  {"inodot", 0x131, 0},  {"int", 0x222B, 0},
    {"iocy", 0x451, 0},     {"iota", 0x3B9, 0},    {"iquest", 0xBF, 1},   {"isin", 0x2208, 0},
    {"iukcy", 0x456, 0},    {"iuml", 0xEF, 1},     {"jcy", 0x439, 0},     {"jsercy", 0x458, 0},
    {"jukcy", 0x454, 0},    {"kappa", 0x3BA, 0},   {"kcy", 0x43A, 0},     {"khcy", 0x445, 0},
    {"kjcy", 0x45C, 0},     {"lArr", 0x21D0, 0},   {"lambda", 0x3BB, 0},  {"lang", 0x2329, 0},
    {"laquo", 0xAB, 1},     {"larr", 0x2190, 0},   {"lbrack", 0x5B, 0},   {"lceil", 0x2308, 0},
    {"lcub", 0x7B, 0},      {"lcy", 0x43B, 0},     {"ldquo", 0x201C, 0},  {"ldquor", 0x201E, 0},
    {"le", 0x2264, 0},      {"lfloor", 0x230A, 0}, {"ljcy", 0x459, 0},    {"lowast", 0x2217, 0},
    {"lowbar", 0x5F, 0},    {"loz", 0x25CA, 0},    {"lpar", 0x28, 0},     {"lrm", 0x200E, 0},
    {"lsaquo", 0x2039, 0},  {"lsqb", 0x5B, 0},     {"lsquo", 0x2018, 0},  {"lsquor", 0x201A, 0},
    {"lstrok", 0x142, 0},   {"lt", 0x3C, 1},       {"macr", 0xAF, 1},     {"male", 0x2642, 0},
    {"mcy", 0x43C, 0},      {"mdash", 0x2014, 0},  {"micro", 0xB5, 1},    {"middot", 0xB7, 1},
    {"minus", 0x2212, 0},   {"mldr", 0x2026, 0},   {"mu", 0x3BC, 0},      {"nabla", 0x2207, 0},
    {"nacute", 0x144, 0},   {"nbsp", 0xA0, 1},     {"ncaron", 0x148, 0},  {"ncy", 0x43D, 0},
    {"ndash", 0x2013, 0},   {"ne", 0x2260, 0},     {"ni", 0x220B, 0},     {"njcy", 0x45A, 0},
    {"nldr", 0x2025, 0},    {"not", 0xAC, 1},      {"notin", 0x2209, 0},  {"nsub", 0x2284, 0},
    {"ntilde", 0xF1, 1},    {"nu", 0x3BD, 0},      {"num", 0x23, 0},      {"numero", 0x2116, 0},
    {"numsp", 0x2007, 0},   {"oacute", 0xF3, 1},   {"ocirc", 0xF4, 1},    {"ocy", 0x43E, 0},
    {"odblac", 0x151, 0},   {"oelig", 0x153, 0},   {"ogon", 0x2DB, 0},    {"ograve", 0xF2, 1},
    {"oline", 0x203E, 0},   {"omega", 0x3C9, 0},   {"omicron", 0x3BF, 0}, {"oplus", 0x2295, 0},
    {"or", 0x2228, 0},      {"ordf", 0xAA, 1},     {"ordm", 0xBA, 1},     {"oslash", 0xF8, 1},
    {"otilde", 0xF5, 1},    {"otimes", 0x2297, 0}, {"ouml", 0xF6, 1},     {"para", 0xB6, 1},
    {"part", 0x2202, 0},    {"pcy", 0x43F, 0},     {"percnt", 0x25, 0},   {"period", 0x2E, 0},
    {"permil", 0x2030, 0},  {"perp", 0x22A5, 0},   {"phi", 0x3C6, 0},     {"phone", 0x260E, 0},
    {"pi", 0x3C0, 0},       {"piv", 0x3D6, 0},     {"plus", 0x2B, 0},     {"plusmn", 0xB1, 1},
    {"pound", 0xA3, 1},     {"prime", 0x2032, 0},  {"prod", 0x220F, 0},   {"prop", 0x221D, 0},
    {"psi", 0x3C8, 0},      {"puncsp", 0x2008, 0}, {"quest", 0x3F, 0},    {"quot", 0x22, 1},
    {"rArr", 0x21D2, 0},    {"radic", 0x221A, 0},  {"rang", 0x232A, 0},   {"raquo", 0xBB, 1},
    {"rarr", 0x2192, 0},    {"rbrack", 0x5D, 0},   {"rcaron", 0x159, 0},  {"rceil", 0x2309, 0},
    {"rcub", 0x7D, 0},      {"rcy", 0x440, 0},     {"rdquo", 0x201D, 0},  {"rdquor", 0x201D, 0},
    {"real", 0x211C, 0},    {"reg", 0xAE, 1},      {"rfloor", 0x230B, 0}, {"rho", 0x3C1, 0},
    {"ring", 0x2DA, 0},     {"rlm", 0x200F, 0},    {"rpar", 0x29, 0},     {"rsaquo", 0x203A, 0},
    {"rsqb", 0x5D, 0},      {"rsquo", 0x2019, 0},  {"rsquor", 0x2019, 0}, {"sacute", 0x15B, 0},
    {"sbquo", 0x201A, 0},   {"scaron", 0x161, 0},  {"scedil", 0x15F, 0},  {"scy", 0x441, 0},
    {"sdot", 0x22C5, 0},    {"sect", 0xA7, 1},     {"semi", 0x3B, 0},     {"shchcy", 0x449, 0},
    {"shcy", 0x448, 0},     {"shy", 0xAD, 1},      {"sigma", 0x3C3, 0},   {"sigmaf", 0x3C2, 0},
    {"sim", 0x223C, 0},     {"softcy", 0x44C, 0},  {"sol", 0x2F, 0},      {"spades", 0x2660, 0},
    {"star", 0x2606, 0},    {"starf", 0x2605, 0},  {"sub", 0x2282, 0},    {"sube", 0x2286, 0},
    {"sum", 0x2211, 0},     {"sup", 0x2283, 0},    {"sup1", 0xB9, 1},     {"sup2", 0xB2, 1},
    {"sup3", 0xB3, 1},      {"supe", 0x2287, 0},   {"szlig", 0xDF, 1},    {"tau", 0x3C4, 0},
    {"tcaron", 0x165, 0},   {"tcy", 0x442, 0},     {"there4", 0x2234, 0}, {"theta", 0x3B8, 0},
    {"thetasym", 0x3D1, 0}, {"thinsp", 0x2009, 0}, {"thorn", 0xFE, 1},    {"tilde", 0x2DC, 0},
    {"times", 0xD7, 1},     {"trade", 0x2122, 0},  {"tscy", 0x446, 0},    {"tshcy", 0x45B, 0},
    {"uArr", 0x21D1, 0},    {"uacute", 0xFA, 1},   {"uarr", 0x2191, 0},   {"ubrcy", 0x45E, 0},
    {"ucirc", 0xFB, 1},     {"ucy", 0x443, 0},     {"udblac", 0x171, 0},  {"ugrave", 0xF9, 1},
    {"uml", 0xA8, 1},       {"upsih", 0x3D2, 0},   {"upsilon", 0x3C5, 0}, {"uring", 0x16F, 0},
    {"uuml", 0xFC, 1},      {"vcy", 0x432, 0},     {"verbar", 0x7C, 0},   {"vert", 0x7C, 0},
    {"weierp", 0x2118, 0},  {"xi", 0x3BE, 0},      {"yacute", 0xFD, 1},   {"yacy", 0x44F, 0},
    {"ycy", 0x44B, 0},      {"yen", 0xA5, 1},      {"yicy", 0x457, 0},    {"yucy", 0x44E, 0},
    {"yuml", 0xFF, 1},      {"zacute", 0x17A, 0},  {"zcaron", 0x17E, 0},  {"zcy", 0x437, 0},
    {"zdot", 0x17C, 0},     {"zeta", 0x3B6, 0},    {"zhcy", 0x436, 0},    {"zwj", 0x200D, 0},
    {"zwnj", 0x200C, 0},
};

static const uint16_t c1[32] = {
    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
    0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178,
};

uint32_t entity_from_c1(uint32_t cp)
{
    return cp >= 0x80 && cp <= 0x9F ? c1[cp - 0x80] : cp;
}

static uint64_t word_of(const char name[LONGEST_NAME])
{
    uint64_t word;

    memcpy(&word, name, sizeof word);
    return be64toh(word);
}

static const struct row *find_row(const char *name, size_t len)
{
    size_t low = 0, high = sizeof rows / sizeof rows[0];
    char padded[LONGEST_NAME] = "";
    uint64_t wanted;

    if (len == 0 || len > LONGEST_NAME)
        return NULL;
    memcpy(padded, name, len);
    wanted = word_of(padded);
    while (low < high) {
        size_t middle = (low + high) / 2;
        uint64_t word = word_of(rows[middle].name);

        if (word == wanted)
            return &rows[middle];
        if (word < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

uint32_t entity_find(const char *name, size_t len)
{
    const struct row *row = find_row(name, len);

    return row == NULL ? 0 : row->cp;
}

static int digit_of(char c, int base)
{
    int value = -1;

    if (c >= '0' && c <= '9')
        value = c - '0';
    else if (c >= 'a' && c <= 'f')
        value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        value = c - 'A' + 10;
    return value < base ? value : -1;
}

static size_t read_number(const char *text, size_t len, uint32_t *cp)
{
    size_t i = 2, start;
    int base = 10;
    uint32_t value = 0;

    if (i < len && (text[i] == 'x' || text[i] == 'X')) {
        base = 16;
        i++;
    }
    start = i;
    while (i < len && digit_of(text[i], base) >= 0) {
        if (value <= 0x10FFFF)
            value = value * (uint32_t)base + (uint32_t)digit_of(text[i], base);
        i++;
    }
    if (i == start)
        return 0;
    *cp = entity_from_c1(value > 0x10FFFF || value == 0 ? 0xFFFD : value);
    return i < len && text[i] == ';' ? i + 1 : i;
}

static int is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

size_t entity_read(const char *text, size_t len, uint32_t *cp)
{
    const struct row *row;
    size_t n = 1;

    if (len < 3)
        return 0;
    if (text[1] == '#')
        return read_number(text, len, cp);
    while (n < len && n <= LONGEST_NAME + 1 && is_name_byte(text[n]))
        n++;
    if (n < len && text[n] == ';') {
        row = find_row(text + 1, n - 1);
        if (row == NULL)
            return 0;
        *cp = row->cp;
        return n + 1;
    }
    /* Without a semicolon only as a whole word, so that ?a=1&copy2=3 stays. */
    row = n < len && text[n] == '=' ? NULL : find_row(text + 1, n - 1);
    if (row == NULL || !row->bare)
        return 0;
    *cp = row->cp;
    return n;
}
