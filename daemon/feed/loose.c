/* A forgiving reader for what is no well-formed XML: elements that cross, lack their end or are cut
 * off. Owns the names of open elements. */
#include "loose.h"
#include "driver.h"
#include "element.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct open {
    size_t name; /* offset in `names` */
    unsigned len;
    char first; /* in lower case */
    const struct bw_tag *tag;
};

static struct open *open_at(const struct loose_reader *r, int depth)
{
    return (struct open *)(void *)r->stack.data + (depth - 1);
}

static void close_top(struct loose_reader *r)
{
    const struct open *open = open_at(r, r->parse->depth);

    parse_end(r->parse);
    r->names.len = open->name;
    r->stack.len -= sizeof *open;
}

static void close_down_to(struct loose_reader *r, int depth)
{
    while (r->parse->depth > depth && r->parse->failed == BW_OK)
        close_top(r);
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_named(const struct loose_reader *r, const struct open *open,
                     const struct loose_name *name)
{
    return open->len == name->len && open->first == to_lower(name->text[0]) &&
           strcasecmp(r->names.data + open->name, name->text) == 0;
}

/* Closes the innermost element of that name, and all in it; one that is not open is ignored. */
static void end_element(struct loose_reader *r)
{
    int depth = r->parse->depth;

    while (depth > 0 && !is_named(r, open_at(r, depth), &r->tag.name))
        depth--;
    if (depth > 0)
        close_down_to(r, depth - 1);
}

/* The depth of the innermost open element of that role; 0 when there is none. */
static int find_open(const struct loose_reader *r, enum bw_role role)
{
    int depth = r->parse->depth;

    while (depth > 0 && (open_at(r, depth)->tag == NULL || open_at(r, depth)->tag->role != role))
        depth--;
    return depth;
}

/* Does this element end the text it stands in, because nobody would mean it as markup there? */
static bool ends_text(const struct loose_reader *r, const struct bw_tag *tag)
{
    const struct loose_name *name = &r->tag.name;
    const struct bw_frame *top = &r->parse->frames[r->parse->depth];

    if (tag == NULL || r->parse->n_captures == 0 || tag->role == ROLE_NAME ||
        tag->role == ROLE_EMAIL)
        return false;
    if (tag->role == ROLE_LINK && r->tag.n == 0) /* HTML's link has attributes and no text */
        return true;
    if (r->parse->content_depth > 0)
        return name->prefix[0] != '\0' || element_find(name->text, name->len) == ELEMENT_UNKNOWN;
    return top->captures && !(top->inside & IN_PERSON);
}

/* Ends what a new element cannot stand in: an item in an item, a date in an open description. */
static void close_implied(struct loose_reader *r, const struct bw_tag *tag)
{
    int item = 0;

    if (tag != NULL && (tag->role == ROLE_ITEM || tag->role == ROLE_CHANNEL))
        item = find_open(r, ROLE_ITEM);
    if (item > 0)
        close_down_to(r, item - 1);
    else if (ends_text(r, tag))
        close_down_to(r, (r->parse->content_depth > 0 ? r->parse->content_depth : r->parse->depth) -
                             1);
}

static void push(struct loose_reader *r, const struct bw_tag *tag)
{
    const struct loose_name *name = &r->tag.name;
    struct open open = {
        .name = r->names.len, .len = name->len, .first = to_lower(name->text[0]), .tag = tag};

    if (buf_append(&r->names, name->text, name->len + 1) != 0 ||
        buf_append(&r->stack, &open, sizeof open) != 0)
        r->parse->failed = BW_ERR_MEMORY;
}

static void start_element(struct loose_reader *r)
{
    const struct loose_tag *read = &r->tag;
    const char *local = read->name.text + read->name.local;
    const char *uri = loose_find_uri(r, read->name.prefix);
    const char *prefix = read->name.prefix[0] == '\0' ? NULL : read->name.prefix;
    const struct bw_tag *tag = tag_find(uri, prefix, local);

    close_implied(r, tag);
    if (!r->has_root)
        parse_root(r->parse, uri, prefix, local, read->attrs, read->n);
    r->has_root = true;
    parse_start(r->parse, tag, element_find(local, strlen(local)), read->attrs, read->n);
    if (r->parse->failed != BW_OK)
        return;
    push(r, tag);
    if (read->empty && r->parse->failed == BW_OK)
        close_top(r);
}

static void put_text(struct loose_reader *r, const char *text, size_t len)
{
    if (r->parse->n_captures == 0 || len == 0)
        return;
    buf_reset(&r->text);
    loose_decode(r, text, len, &r->text);
    parse_text(r->parse, buf_text(&r->text), r->text.len);
}

static const char *find(const char *at, const char *end, const char *what)
{
    return memmem(at, (size_t)(end - at), what, strlen(what));
}

static void skip_past(struct loose_reader *r, const char *what)
{
    const char *found = find(r->at, r->end, what);

    r->at = found == NULL ? r->end : found + strlen(what);
}

/* A comment that never ends hides nothing but its beginning. */
static void skip_comment(struct loose_reader *r)
{
    const char *close = r->no_comment_end ? NULL : find(r->at, r->end, "-->");

    if (close == NULL)
        r->no_comment_end = true;
    else
        r->at = close + 3;
}

static bool at_text(const struct loose_reader *r, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(r->end - r->at) >= len && strncasecmp(r->at, text, len) == 0;
}

/* <!ENTITY name "value"> in what may be a document type declaration. */
static void read_entity_declaration(struct loose_reader *r)
{
    const char *at = r->at + strlen("<!ENTITY"), *close;
    char name[64];
    size_t len = 0;

    while (at < r->end && loose_is_space(*at))
        at++;
    while (at < r->end && loose_is_name(*at) && len + 1 < sizeof name)
        name[len++] = *at++;
    name[len] = '\0';
    while (at < r->end && loose_is_space(*at))
        at++;
    if (len == 0 || at >= r->end || (*at != '"' && *at != '\''))
        return;
    close = memchr(at + 1, *at, (size_t)(r->end - at) - 1);
    if (close == NULL)
        return;
    buf_reset(&r->text);
    if (buf_append(&r->text, at + 1, (size_t)(close - at) - 1) == 0)
        dtd_declare(r->dtd, name, r->text.data);
    r->at = close + 1;
}

/* The next "]]>"; the end where there is none. Found once for all sections before it. */
static const char *find_cdata_end(struct loose_reader *r)
{
    if (r->cdata_end == NULL || r->cdata_end < r->at) {
        r->cdata_end = find(r->at, r->end, "]]>");
        if (r->cdata_end == NULL)
            r->cdata_end = r->end;
    }
    return r->cdata_end;
}

/* Where a section ends that was not closed, as another begins before its end: at the end tag of the
 * element that it stands in. NULL when it is none of these. */
static const char *find_lost_end(struct loose_reader *r, const char *close)
{
    const struct open *open = r->parse->depth > 0 ? open_at(r, r->parse->depth) : NULL;
    char tag[LOOSE_NAME + 3];

    if (open == NULL || (close < r->end && find(r->at, close, "<![CDATA[") == NULL))
        return NULL;
    snprintf(tag, sizeof tag, "</%s", r->names.data + open->name);
    return find(r->at, close, tag);
}

static void read_cdata(struct loose_reader *r)
{
    const char *close, *lost;

    r->at += strlen("<![CDATA[");
    close = find_cdata_end(r);
    lost = find_lost_end(r, close);
    if (lost != NULL) {
        close = lost;
        while (close > r->at && close[-1] == ']')
            close--;
        parse_text(r->parse, r->at, (size_t)(close - r->at));
        r->at = lost;
        return;
    }
    parse_text(r->parse, r->at, (size_t)(close - r->at));
    r->at = close == r->end ? r->end : close + 3;
}

/* A comment, CDATA section, processing instruction or declaration; false when it is none. */
static bool read_special(struct loose_reader *r)
{
    if (at_text(r, "<!--")) {
        r->at += 4;
        skip_comment(r);
    } else if (at_text(r, "<![CDATA[")) {
        read_cdata(r);
    } else if (at_text(r, "<?")) {
        skip_past(r, ">");
    } else if (at_text(r, "<!DOCTYPE")) {
        /* Up to its internal subset, whose declarations come next one by one. */
        while (r->at < r->end && *r->at != '>' && *r->at != '[')
            r->at++;
        r->at += r->at < r->end;
    } else if (at_text(r, "<!")) {
        if (at_text(r, "<!ENTITY"))
            read_entity_declaration(r);
        skip_past(r, ">");
    } else {
        return false;
    }
    return true;
}

static void read_one(struct loose_reader *r)
{
    const char *mark = memchr(r->at, '<', (size_t)(r->end - r->at)), *name;

    if (mark == NULL)
        mark = r->end;
    put_text(r, r->at, (size_t)(mark - r->at));
    r->at = mark;
    if (r->at >= r->end || read_special(r))
        return;
    name = r->at + 1;
    name += name < r->end && *name == '/';
    if (name >= r->end || !loose_begins_name(*name)) {
        put_text(r, "<", 1);
        r->at++;
        return;
    }
    loose_read_tag(r);
    if (!r->tag.whole)
        r->parse->truncated = true;
    else if (r->tag.closing)
        end_element(r);
    else
        start_element(r);
}

void loose_read(struct bw_parse *p, const char *text, size_t len)
{
    struct loose_reader r = {.parse = p, .at = text, .end = text + len};

    r.dtd = dtd_new();
    if (r.dtd == NULL)
        p->failed = BW_ERR_MEMORY;
    while (r.at < r.end && p->failed == BW_OK && !p->full)
        read_one(&r);
    if (p->depth > 0 && !p->full)
        p->truncated = true;
    /* Of a document cut in its only item at least that is kept, as far as it goes. */
    if (p->truncated && p->in_item && p->n_items == 0)
        close_down_to(&r, 0);
    dtd_free(r.dtd);
    buf_clear(&r.names);
    buf_clear(&r.stack);
    buf_clear(&r.text);
    buf_clear(&r.tag.values);
}
