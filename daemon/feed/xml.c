/* libxml2's SAX2 parser as a driver: no network, no files, no entities but our own. Owns the parser
 * and a cache from its interned names to our table. */
#include "driver.h"
#include "dtd.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

enum { CACHE_SLOTS = 256, MOST_ATTRS = 48, MOST_DECLARATIONS = 512, WINDOW = 1 << 14 };

/* libxml2 interns names, so that equal pointers are equal names while the parser lives. */
struct cached {
    const xmlChar *local, *prefix, *uri;
    const struct bw_tag *tag;
    enum bw_element kind;
};

struct reader {
    struct bw_parse *parse;
    xmlParserCtxtPtr parser;
    struct bw_dtd *dtd;
    xmlEntity entity; /* what on_entity() hands out */
    struct cached cache[CACHE_SLOTS];
    unsigned n_declared;
    bool has_root, broken;
};

static const struct cached *find_name(struct reader *r, const xmlChar *local, const xmlChar *prefix,
                                      const xmlChar *uri)
{
    uint64_t mixed = ((uintptr_t)local ^ (uintptr_t)uri << 1 ^ (uintptr_t)prefix << 2) *
                     UINT64_C(0x9E3779B97F4A7C15);
    size_t slot = (mixed >> 32) % CACHE_SLOTS;
    struct cached *entry = &r->cache[slot];

    if (entry->local != local || entry->prefix != prefix || entry->uri != uri) {
        entry->tag = tag_find((const char *)uri, (const char *)prefix, (const char *)local);
        entry->kind = element_find((const char *)local, strlen((const char *)local));
        entry->local = local;
        entry->prefix = prefix;
        entry->uri = uri;
    }
    return entry;
}

/* Leaves the document to the forgiving reader. */
static void give_up(struct reader *r)
{
    r->broken = true;
    xmlStopParser(r->parser);
}

static void stop_if_done(struct reader *r)
{
    if (r->parse->failed != BW_OK || r->parse->full)
        xmlStopParser(r->parser);
}

static void on_start(void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int n_spaces, const xmlChar **spaces, int n_attrs, int n_defaulted,
                     const xmlChar **raw)
{
    struct reader *r = context;
    const struct cached *name = find_name(r, local, prefix, uri);
    struct bw_attr attrs[MOST_ATTRS];
    size_t n = 0;

    (void)n_spaces;
    (void)spaces;
    (void)n_defaulted;
    for (int i = 0; i < n_attrs && n < MOST_ATTRS; i++, raw += 5) {
        attrs[n].name = (const char *)raw[0];
        attrs[n].prefix = (const char *)raw[1];
        attrs[n].value = (const char *)raw[3];
        attrs[n].len = (size_t)(raw[4] - raw[3]);
        n++;
    }
    if (!r->has_root) {
        parse_root(r->parse, (const char *)uri, (const char *)prefix, (const char *)local, attrs,
                   n);
        r->has_root = true;
    }
    parse_start(r->parse, name->tag, name->kind, attrs, n);
    stop_if_done(r);
}

static void on_end(void *context, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = context;

    (void)local;
    (void)prefix;
    (void)uri;
    parse_end(r->parse);
    stop_if_done(r);
}

static void on_text(void *context, const xmlChar *text, int len)
{
    struct reader *r = context;

    parse_text(r->parse, (const char *)text, (size_t)len);
}

/*
 * Does a section reach over the end of its element into another section, whose end it takes for its
 * own? Then its own was forgotten, and it has swallowed all that stands between.
 */
static bool has_lost_end(const struct bw_tag *tag, const char *text, size_t len)
{
    const char *end = text + len, *inner = memmem(text, len, "<![CDATA[", 9);
    size_t name = strlen(tag->name);

    if (inner == NULL)
        return false;
    while ((text = memmem(text, (size_t)(inner - text), "</", 2)) != NULL) {
        text += 2;
        if ((size_t)(end - text) > name && strncasecmp(text, tag->name, name) == 0)
            return true;
    }
    return false;
}

static void on_cdata(void *context, const xmlChar *text, int len)
{
    struct reader *r = context;
    const struct bw_tag *tag = r->parse->frames[r->parse->depth].tag;

    if (tag != NULL && has_lost_end(tag, (const char *)text, (size_t)len))
        give_up(r);
    else
        parse_text(r->parse, (const char *)text, (size_t)len);
}

static void on_declaration(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                           const xmlChar *system_id, xmlChar *content)
{
    struct reader *r = context;

    (void)public_id;
    (void)system_id;
    if (++r->n_declared > MOST_DECLARATIONS) /* libxml2 keeps them all: it need not */
        give_up(r);
    else if (type == XML_INTERNAL_GENERAL_ENTITY && content != NULL)
        dtd_declare(r->dtd, (const char *)name, (const char *)content);
}

/* Text is handed out as a "predefined" entity, which libxml2 inlines without parsing it. */
static xmlEntityPtr on_entity(void *context, const xmlChar *name)
{
    struct reader *r = context;
    const char *text;

    if (r->parser->inSubset != 0)
        return NULL; /* asked at the declaration itself, to keep its source */
    text = dtd_expand(r->dtd, (const char *)name);
    /* Of one in an attribute libxml2 would take the first byte only. */
    if (text == NULL || (r->parser->instate == XML_PARSER_ATTRIBUTE_VALUE && strlen(text) != 1)) {
        give_up(r);
        return NULL;
    }
    memset(&r->entity, 0, sizeof r->entity);
    r->entity.type = XML_ENTITY_DECL;
    r->entity.etype = XML_INTERNAL_PREDEFINED_ENTITY;
    r->entity.name = name;
    r->entity.content = (xmlChar *)(uintptr_t)text;
    r->entity.length = (int)strlen(text);
    return &r->entity;
}

static xmlEntityPtr on_parameter_entity(void *context, const xmlChar *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static void on_error(void *context, xmlErrorPtr error)
{
    struct reader *r = context;

    if (error->level == XML_ERR_FATAL)
        give_up(r);
}

static void set_handlers(struct reader *r)
{
    xmlSAXHandler *sax = r->parser->sax;

    memset(sax, 0, sizeof *sax);
    sax->initialized = XML_SAX2_MAGIC;
    sax->startElementNs = on_start;
    sax->endElementNs = on_end;
    sax->characters = on_text;
    sax->ignorableWhitespace = on_text;
    sax->cdataBlock = on_cdata;
    sax->entityDecl = on_declaration;
    sax->getEntity = on_entity;
    sax->getParameterEntity = on_parameter_entity;
    sax->serror = on_error;
    r->parser->userData = r;
}

/*
 * Is there a tag so long that it must have thousands of attributes? libxml2 compares each with all
 * the others. A tag holds no '<', so that looking at one place in every window is enough.
 */
static bool has_huge_tag(const char *text, size_t len)
{
    for (size_t i = WINDOW; i + WINDOW <= len; i += WINDOW) {
        const char *open, *window = text + i;

        if (memchr(window, '<', WINDOW) != NULL)
            continue;
        open = memrchr(text, '<', i);
        if (open != NULL && open[1] != '!' && open[1] != '?' &&
            memchr(open, '>', (size_t)(window - open)) == NULL)
            return true;
        /* Text or a CDATA section: go on behind it. */
        open = memchr(window, '<', len - i);
        if (open == NULL)
            break;
        i = (size_t)(open - text) / WINDOW * WINDOW;
    }
    return false;
}

int xml_read(struct bw_parse *p, const char *text, size_t len)
{
    struct reader r = {.parse = p};
    int result = -1;

    if (len > INT_MAX || has_huge_tag(text, len))
        return -1;
    r.dtd = dtd_new();
    r.parser = r.dtd == NULL ? NULL : xmlCreateMemoryParserCtxt(text, (int)len);
    if (r.parser == NULL) {
        p->failed = BW_ERR_MEMORY;
        goto out;
    }
    xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_COMPACT);
    set_handlers(&r);
    xmlSwitchEncoding(r.parser, XML_CHAR_ENCODING_UTF8);
    xmlParseDocument(r.parser);
    if (p->failed != BW_OK || p->full || (r.parser->wellFormed && !r.broken))
        result = 0;
out:
    if (r.parser != NULL && r.parser->myDoc != NULL)
        xmlFreeDoc(r.parser->myDoc);
    xmlFreeParserCtxt(r.parser);
    dtd_free(r.dtd);
    return result;
}
