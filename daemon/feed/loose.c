/* A forgiving reader for what is no well-formed XML. Owns the names of open elements. */
#include "driver.h"
#include "dtd.h"
#include "element.h"
#include "entity.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

enum { MOST_ATTRS = 32, MOST_SPACES = 64, LONGEST_NAME = 80 };

/* A qualified name, split. */
struct name {
    char text[LONGEST_NAME];
    const char *prefix, *local; /* into `text`; prefix NULL when there is none */
};

struct open {
    size_t name; /* offset in `names` */
    const struct bw_tag *tag;
};

struct space {
    char prefix[24]; /* "" for the default */
    const char *uri;
};

struct reader {
    struct bw_parse *parse;
    struct bw_dtd *dtd;
    const char *at, *end;
    struct bw_buf names;  /* of open elements, terminated, one behind the other */
    struct bw_buf stack;  /* of struct open, as many as parse->depth */
    struct bw_buf values; /* of the attributes of one tag */
    struct space spaces[MOST_SPACES];
    size_t n_spaces;
    bool has_root;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
    return begins_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

static struct open *open_at(struct reader *r, int depth)
{
    return (struct open *)(void *)r->stack.data + (depth - 1);
}

static const char *local_of(const char *name)
{
    const char *colon = strchr(name, ':');

    return colon == NULL ? name : colon + 1;
}

static void close_top(struct reader *r)
{
    struct open *open = open_at(r, r->parse->depth);
    const char *name = r->names.data + open->name;

    parse_end(r->parse, local_of(name));
    r->names.len = open->name;
    r->stack.len -= sizeof *open;
}

static void close_down_to(struct reader *r, int depth)
{
    while (r->parse->depth > depth && r->parse->failed == BW_OK)
        close_top(r);
}

/* Closes the innermost element of that name, and all in it; one that is not open is ignored. */
static void end_element(struct reader *r, const struct name *name)
{
    int depth = r->parse->depth;

    while (depth > 0 && strcasecmp(r->names.data + open_at(r, depth)->name, name->text) != 0)
        depth--;
    /* An element of an item does not reach out of it. */
    if (depth > 0)
        close_down_to(r, depth - 1);
}

static bool is_open(struct reader *r, enum bw_role role, int *depth)
{
    for (*depth = r->parse->depth; *depth > 0; --*depth) {
        const struct bw_tag *tag = open_at(r, *depth)->tag;

        if (tag != NULL && tag->role == role)
            return true;
    }
    return false;
}

/* Does this element end the text it stands in, because nobody would mean it as markup there? */
static bool ends_text(const struct reader *r, const struct bw_tag *tag, const struct name *name)
{
    const struct bw_frame *top = &r->parse->frames[r->parse->depth];

    if (tag == NULL || r->parse->n_captures == 0)
        return false;
    if (tag->role == ROLE_NAME || tag->role == ROLE_EMAIL)
        return false;
    if (r->parse->content_depth > 0)
        return name->prefix != NULL ||
               element_find(name->local, strlen(name->local)) == ELEMENT_UNKNOWN;
    return top->captures && !(top->inside & IN_PERSON);
}

/* Ends what a new element cannot stand in: an item in an item, a date in an open description. */
static void close_implied(struct reader *r, const struct bw_tag *tag, const struct name *name)
{
    int depth;

    if (tag != NULL && (tag->role == ROLE_ITEM || tag->role == ROLE_CHANNEL) &&
        is_open(r, ROLE_ITEM, &depth)) {
        close_down_to(r, depth - 1);
        return;
    }
    if (!ends_text(r, tag, name))
        return;
    depth = r->parse->content_depth > 0 ? r->parse->content_depth : r->parse->depth;
    close_down_to(r, depth - 1);
}

static void push(struct reader *r, const struct bw_tag *tag, const struct name *name)
{
    struct open open = {.name = r->names.len, .tag = tag};

    if (buf_append(&r->names, name->text, strlen(name->text) + 1) != 0 ||
        buf_append(&r->stack, &open, sizeof open) != 0)
        r->parse->failed = BW_ERR_MEMORY;
}

static void read_name(struct reader *r, struct name *name)
{
    size_t len = 0;
    char *colon;

    while (r->at < r->end && is_name(*r->at)) {
        if (len + 1 < LONGEST_NAME)
            name->text[len++] = *r->at;
        r->at++;
    }
    name->text[len] = '\0';
    colon = strchr(name->text, ':');
    name->prefix = NULL;
    name->local = name->text;
    if (colon != NULL && colon > name->text && colon[1] != '\0') {
        name->local = colon + 1;
        name->prefix = name->text; /* up to the colon: see split_prefix() */
    }
}

static const char *split_prefix(const struct name *name, char prefix[24])
{
    size_t len = name->prefix == NULL ? 0 : (size_t)(name->local - name->text) - 1;

    if (len == 0 || len >= 24)
        return NULL;
    memcpy(prefix, name->text, len);
    prefix[len] = '\0';
    return prefix;
}

static const char *find_uri(const struct reader *r, const char *prefix)
{
    for (size_t i = r->n_spaces; i > 0; i--) {
        if (strcmp(r->spaces[i - 1].prefix, prefix == NULL ? "" : prefix) == 0)
            return r->spaces[i - 1].uri;
    }
    return NULL;
}

/* Declarations hold for the whole document here: scoping them matters to no feed that is broken. */
static void declare_space(struct reader *r, const char *prefix, const char *value, size_t len)
{
    const char *known = find_uri(r, prefix);
    struct space *space;

    if (len == 0 || strlen(prefix) >= sizeof space->prefix || r->n_spaces == MOST_SPACES ||
        (known != NULL && strlen(known) == len && memcmp(known, value, len) == 0))
        return;
    space = &r->spaces[r->n_spaces];
    strcpy(space->prefix, prefix);
    space->uri = arena_strndup(r->parse->doc->arena, value, len);
    if (space->uri != NULL)
        r->n_spaces++;
}

/* Appends text with its references decoded; an '&' that begins none stays. */
static void decode(struct reader *r, const char *text, size_t len, struct bw_buf *out)
{
    const char *end = text + len;

    while (text < end) {
        const char *mark = memchr(text, '&', (size_t)(end - text)), *semicolon;
        const char *value = NULL;
        char name[32], utf8[4];
        uint32_t cp = 0;
        size_t n;

        buf_append(out, text, (size_t)((mark == NULL ? end : mark) - text));
        if (mark == NULL)
            return;
        text = mark;
        n = (size_t)(end - text) < sizeof name ? (size_t)(end - text) : sizeof name;
        semicolon = memchr(text, ';', n);
        if (semicolon != NULL && semicolon > text + 1 && text[1] != '#') {
            memcpy(name, text + 1, (size_t)(semicolon - text) - 1);
            name[semicolon - text - 1] = '\0';
            value = dtd_expand(r->dtd, name);
        }
        if (value != NULL) {
            buf_puts(out, value);
            text = semicolon + 1;
        } else if ((n = entity_read(text, (size_t)(end - text), &cp)) > 0 && text[n - 1] == ';') {
            if (cp >= 0x20 || cp == '\n' || cp == '\t' || cp == '\r')
                buf_append(out, utf8, utf8_put(cp, utf8));
            text += n;
        } else {
            buf_putc(out, *text++);
        }
    }
}

static void put_text(struct reader *r, const char *text, size_t len)
{
    if (r->parse->n_captures == 0 || len == 0)
        return;
    buf_reset(&r->values);
    decode(r, text, len, &r->values);
    parse_text(r->parse, buf_text(&r->values), r->values.len);
}

struct tag_attrs {
    struct name names[MOST_ATTRS];
    struct bw_attr attrs[MOST_ATTRS];
    size_t offsets[MOST_ATTRS];
    char prefixes[MOST_ATTRS][24];
    size_t n;
};

/* name="value", name='value', name=value or name; false at the tag's end. */
static bool read_attr(struct reader *r, struct tag_attrs *list)
{
    struct name name;
    const char *value;
    size_t len = 0;

    while (r->at < r->end && !begins_name(*r->at) && *r->at != '>' && *r->at != '<')
        r->at++;
    if (r->at >= r->end || !begins_name(*r->at))
        return false;
    read_name(r, &name);
    while (r->at < r->end && is_space(*r->at))
        r->at++;
    value = r->at;
    if (r->at < r->end && *r->at == '=') {
        r->at++;
        while (r->at < r->end && is_space(*r->at))
            r->at++;
        if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
            const char *quote = memchr(r->at + 1, *r->at, (size_t)(r->end - r->at) - 1);

            value = r->at + 1;
            if (quote == NULL) { /* an open quote ends with its tag */
                quote = memchr(value, '>', (size_t)(r->end - value));
                quote = quote == NULL ? r->end : quote;
                r->at = quote;
            } else {
                r->at = quote + 1;
            }
            len = (size_t)(quote - value);
        } else {
            value = r->at;
            while (r->at < r->end && !is_space(*r->at) && *r->at != '>')
                r->at++;
            len = (size_t)(r->at - value);
        }
    }
    if (list->n < MOST_ATTRS) {
        list->names[list->n] = name;
        list->offsets[list->n] = r->values.len;
        decode(r, value, len, &r->values);
        list->attrs[list->n].len = r->values.len - list->offsets[list->n];
        list->n++;
    }
    return true;
}

static void read_attrs(struct reader *r, struct tag_attrs *list)
{
    list->n = 0;
    buf_reset(&r->values);
    while (read_attr(r, list))
        ;
    for (size_t i = 0; i < list->n; i++) {
        struct bw_attr *attr = &list->attrs[i];
        struct name *name = &list->names[i];

        attr->value = buf_text(&r->values) + list->offsets[i];
        attr->prefix = NULL;
        attr->name = name->text;
        if (name->prefix != NULL) {
            const char *colon = strchr(name->text, ':');

            name->prefix = name->text;
            name->local = colon + 1;
            attr->prefix = split_prefix(name, list->prefixes[i]);
            attr->name = name->local;
        }
        if (attr->prefix != NULL && strcmp(attr->prefix, "xmlns") == 0)
            declare_space(r, attr->name, attr->value, attr->len);
        else if (attr->prefix == NULL && strcmp(attr->name, "xmlns") == 0)
            declare_space(r, "", attr->value, attr->len);
    }
}

static void start_element(struct reader *r, const struct name *name, struct tag_attrs *list,
                          bool empty)
{
    char text[24];
    const char *prefix = split_prefix(name, text), *uri = find_uri(r, prefix);
    const struct bw_tag *tag = tag_find(uri, prefix, name->local);

    close_implied(r, tag, name);
    if (!r->has_root) {
        parse_root(r->parse, uri, prefix, name->local, list->attrs, list->n);
        r->has_root = true;
    }
    parse_start(r->parse, tag, name->local, list->attrs, list->n);
    if (r->parse->failed != BW_OK)
        return;
    push(r, tag, name);
    if (empty && r->parse->failed == BW_OK)
        close_top(r);
}

static void read_tag(struct reader *r)
{
    struct name name;
    struct tag_attrs list;
    bool closing = r->at[1] == '/', empty;

    r->at += closing ? 2 : 1;
    read_name(r, &name);
    if (name.prefix != NULL) {
        name.prefix = name.text;
        name.local = strchr(name.text, ':') + 1;
    }
    read_attrs(r, &list);
    empty = r->at > name.text && r->at[-1] == '/';
    if (r->at < r->end && *r->at == '>')
        r->at++;
    if (closing)
        end_element(r, &name);
    else
        start_element(r, &name, &list, empty);
}

static const char *find(const char *at, const char *end, const char *what)
{
    return memmem(at, (size_t)(end - at), what, strlen(what));
}

/* <!ENTITY name "value"> in what may be a document type declaration. */
static void read_entity_declaration(struct reader *r)
{
    const char *at = r->at + strlen("<!ENTITY"), *close;
    char name[64];
    size_t len = 0;
    char *value;

    while (at < r->end && is_space(*at))
        at++;
    while (at < r->end && is_name(*at) && len + 1 < sizeof name)
        name[len++] = *at++;
    name[len] = '\0';
    while (at < r->end && is_space(*at))
        at++;
    if (len == 0 || at >= r->end || (*at != '"' && *at != '\''))
        return;
    close = memchr(at + 1, *at, (size_t)(r->end - at) - 1);
    if (close == NULL)
        return;
    value = arena_strndup(r->parse->doc->arena, at + 1, (size_t)(close - at) - 1);
    if (value != NULL)
        dtd_declare(r->dtd, name, value);
}

static void skip_past(struct reader *r, const char *what)
{
    const char *found = find(r->at, r->end, what);

    r->at = found == NULL ? r->end : found + strlen(what);
}

static bool at_text(const struct reader *r, const char *text)
{
    size_t len = strlen(text);

    return (size_t)(r->end - r->at) >= len && strncasecmp(r->at, text, len) == 0;
}

static void read_cdata(struct reader *r)
{
    const char *close;

    r->at += strlen("<![CDATA[");
    close = find(r->at, r->end, "]]>");
    if (close == NULL)
        close = r->end;
    parse_text(r->parse, r->at, (size_t)(close - r->at));
    r->at = close == r->end ? r->end : close + 3;
}

/* A comment, CDATA section, processing instruction or declaration; false when '<' is only text. */
static bool read_special(struct reader *r)
{
    if (at_text(r, "<!--")) {
        r->at += 4;
        skip_past(r, "-->");
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

static void read_one(struct reader *r)
{
    const char *mark = memchr(r->at, '<', (size_t)(r->end - r->at)), *next;

    if (mark == NULL)
        mark = r->end;
    if (mark > r->at)
        put_text(r, r->at, (size_t)(mark - r->at));
    r->at = mark;
    if (r->at >= r->end || read_special(r))
        return;
    next = r->at + 1 + (r->at + 1 < r->end && r->at[1] == '/');
    if (next < r->end && begins_name(*next)) {
        read_tag(r);
        return;
    }
    put_text(r, "<", 1);
    r->at++;
}

void loose_read(struct bw_parse *p, const char *text, size_t len)
{
    struct reader r = {.parse = p, .at = text, .end = text + len};

    r.dtd = dtd_new();
    if (r.dtd == NULL)
        p->failed = BW_ERR_MEMORY;
    while (r.at < r.end && p->failed == BW_OK && !p->full)
        read_one(&r);
    if (p->depth > 0 && !p->full)
        p->truncated = true;
    if (p->truncated && p->in_item && p->n_items == 0)
        close_down_to(&r, 0);
    dtd_free(r.dtd);
    buf_clear(&r.names);
    buf_clear(&r.stack);
    buf_clear(&r.values);
}
