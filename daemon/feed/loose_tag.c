/* The forgiving reader's tags: names, attributes, references, namespaces. Owns nothing: all of it
 * lives in its caller's reader. */
#include "entity.h"
#include "loose.h"
#include "utf8.h"

#include <string.h>

bool loose_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool loose_begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

bool loose_is_name(char c)
{
    return loose_begins_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

static void skip_space(struct loose_reader *r)
{
    while (r->at < r->end && loose_is_space(*r->at))
        r->at++;
}

static void read_name(struct loose_reader *r, struct loose_name *name)
{
    const char *colon;

    name->len = 0;
    while (r->at < r->end && loose_is_name(*r->at)) {
        if (name->len + 1 < LOOSE_NAME)
            name->text[name->len++] = *r->at;
        r->at++;
    }
    if (name->len + 1 == LOOSE_NAME) /* not in the middle of a character */
        while (name->len > 0 && (unsigned char)name->text[name->len - 1] >= 0x80)
            name->len--;
    name->text[name->len] = '\0';
    name->local = 0;
    name->prefix[0] = '\0';
    colon = strchr(name->text, ':');
    if (colon == NULL || colon == name->text || colon[1] == '\0' ||
        colon - name->text >= LOOSE_PREFIX)
        return;
    name->local = (unsigned)(colon - name->text) + 1;
    memcpy(name->prefix, name->text, name->local - 1);
    name->prefix[name->local - 1] = '\0';
}

const char *loose_find_uri(const struct loose_reader *r, const char *prefix)
{
    for (size_t i = r->n_spaces; i > 0; i--) {
        if (strcmp(r->spaces[i - 1].prefix, prefix) == 0)
            return r->spaces[i - 1].uri;
    }
    return NULL;
}

/* Declarations hold for the whole document here: scoping them matters to no feed that is broken. */
static void declare_space(struct loose_reader *r, const char *prefix, const char *value, size_t len)
{
    const char *known = loose_find_uri(r, prefix);
    struct loose_space *space;

    if (len == 0 || strlen(prefix) >= LOOSE_PREFIX || r->n_spaces == LOOSE_SPACES ||
        (known != NULL && strlen(known) == len && memcmp(known, value, len) == 0))
        return;
    space = &r->spaces[r->n_spaces];
    space->uri = arena_strndup(r->parse->doc->arena, value, len);
    if (space->uri == NULL)
        return;
    memcpy(space->prefix, prefix, strlen(prefix) + 1);
    r->n_spaces++;
}

/* A named reference that ends in a semicolon: the document's own, or HTML's. */
static const char *find_entity(struct loose_reader *r, const char *text, size_t len, size_t *used)
{
    char name[32];
    size_t n = len < sizeof name ? len : sizeof name;
    const char *semicolon = memchr(text, ';', n);

    if (semicolon == NULL || semicolon == text + 1 || text[1] == '#')
        return NULL;
    *used = (size_t)(semicolon - text) + 1;
    memcpy(name, text + 1, *used - 2);
    name[*used - 2] = '\0';
    return dtd_expand(r->dtd, name);
}

void loose_decode(struct loose_reader *r, const char *text, size_t len, struct bw_buf *out)
{
    const char *end = text + len;

    while (text < end) {
        const char *mark = memchr(text, '&', (size_t)(end - text)), *value;
        char utf8[4];
        uint32_t cp = 0;
        size_t n;

        buf_append(out, text, (size_t)((mark == NULL ? end : mark) - text));
        if (mark == NULL)
            return;
        text = mark;
        value = find_entity(r, text, (size_t)(end - text), &n);
        if (value != NULL) {
            buf_puts(out, value);
            text += n;
        } else if ((n = entity_read(text, (size_t)(end - text), &cp)) > 0 && text[n - 1] == ';') {
            if (cp >= 0x20 || cp == '\n' || cp == '\t' || cp == '\r')
                buf_append(out, utf8, utf8_put(cp, utf8));
            text += n;
        } else {
            buf_putc(out, *text++);
        }
    }
}

/* The value behind '=', quoted or not; an open quote ends with its tag. */
static const char *read_value(struct loose_reader *r, size_t *len)
{
    const char *value, *quote;

    r->at++;
    skip_space(r);
    value = r->at;
    if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
        value++;
        quote = memchr(value, *r->at, (size_t)(r->end - value));
        r->at = quote == NULL ? memchr(value, '>', (size_t)(r->end - value)) : quote + 1;
        if (r->at == NULL)
            r->at = r->end;
        *len = (size_t)((quote == NULL ? r->at : quote) - value);
        return value;
    }
    while (r->at < r->end && !loose_is_space(*r->at) && *r->at != '>')
        r->at++;
    *len = (size_t)(r->at - value);
    return value;
}

/* name="value", name='value', name=value or name; false at the tag's end. */
static bool read_attr(struct loose_reader *r)
{
    struct loose_tag *tag = &r->tag;
    struct loose_name spare, *name = tag->n < LOOSE_ATTRS ? &tag->attr_names[tag->n] : &spare;
    const char *value = "";
    size_t len = 0;

    while (r->at < r->end && !loose_begins_name(*r->at) && *r->at != '>' && *r->at != '<')
        r->at++;
    if (r->at >= r->end || !loose_begins_name(*r->at))
        return false;
    read_name(r, name);
    skip_space(r);
    if (r->at < r->end && *r->at == '=')
        value = read_value(r, &len);
    if (name == &spare)
        return true;
    tag->offsets[tag->n] = tag->values.len;
    loose_decode(r, value, len, &tag->values);
    tag->attrs[tag->n].len = tag->values.len - tag->offsets[tag->n];
    tag->n++;
    return true;
}

static void read_attrs(struct loose_reader *r)
{
    struct loose_tag *tag = &r->tag;

    tag->n = 0;
    buf_reset(&tag->values);
    while (read_attr(r))
        ;
    for (size_t i = 0; i < tag->n; i++) {
        const struct loose_name *name = &tag->attr_names[i];
        struct bw_attr *attr = &tag->attrs[i];

        attr->value = buf_text(&tag->values) + tag->offsets[i];
        attr->prefix = name->prefix[0] == '\0' ? NULL : name->prefix;
        attr->name = name->text + name->local;
        if (strcmp(name->prefix, "xmlns") == 0)
            declare_space(r, attr->name, attr->value, attr->len);
        else if (strcmp(name->text, "xmlns") == 0)
            declare_space(r, "", attr->value, attr->len);
    }
}

void loose_read_tag(struct loose_reader *r)
{
    const char *start;

    r->tag.closing = r->at[1] == '/';
    r->at += r->tag.closing ? 2 : 1;
    start = r->at;
    read_name(r, &r->tag.name);
    read_attrs(r);
    r->tag.empty = r->at > start && r->at[-1] == '/';
    r->tag.whole = r->at < r->end;
    if (r->at < r->end && *r->at == '>')
        r->at++;
}
