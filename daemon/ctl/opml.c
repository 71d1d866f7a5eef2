/*
 * Reading OPML: all that matters stands in attributes of <outline>, so that tags are walked one by
 * one, as they stand, nested or not. Owns the values of one tag at a time.
 */
#include "opml.h"

#include "blocwatch/feed.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct outline {
    struct bw_buf url, title, text, lang;
};

/* Where the value of an attribute goes; NULL when nobody asks for it. */
static struct bw_buf *value_of(struct outline *outline, const char *name, size_t len)
{
    static const char *const names[] = {"xmlUrl", "title", "text", "language"};
    struct bw_buf *const values[] = {&outline->url, &outline->title, &outline->text,
                                     &outline->lang};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return values[i];
    }
    return NULL;
}

static const char *skip_space(const char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

/* Reads ` name="value"` … up to the end of the tag; returns what follows it. */
static const char *read_attributes(const char *p, struct outline *outline)
{
    for (;;) {
        const char *name = skip_space(p), *value;
        size_t len = strcspn(name, " \t\r\n=/>");
        struct bw_buf *to = value_of(outline, name, len);

        if (len == 0) {
            if (*name == '/')
                name++;
            return *name == '>' ? name + 1 : name;
        }
        p = skip_space(name + len);
        if (*p != '=')
            continue; /* an attribute without a value */
        p = skip_space(p + 1);
        if (*p != '"' && *p != '\'')
            return p;
        value = p + 1;
        p = strchr(value, *p);
        if (p == NULL)
            return value + strlen(value);
        if (to != NULL)
            feed_html_to_text(value, (size_t)(p - value), to); /* its entities */
        p++;
    }
}

static int tell(struct outline *outline, opml_fn *fn, void *ctx)
{
    const struct bw_buf *title = outline->title.len > 0 ? &outline->title : &outline->text;
    struct yaml_source source = {
        .url = buf_text(&outline->url),
        .title = title->len > 0 ? buf_text(title) : NULL,
        .lang = outline->lang.len > 0 ? buf_text(&outline->lang) : NULL,
    };
    int result = outline->url.len > 0 ? fn(&source, ctx) : 0;

    buf_reset(&outline->url);
    buf_reset(&outline->title);
    buf_reset(&outline->text);
    buf_reset(&outline->lang);
    return result;
}

static bool is_tag(const char *p, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(p, name, len) == 0 && strchr(" \t\r\n/>", p[len]) != NULL;
}

int opml_read(const char *text, opml_fn *fn, void *ctx)
{
    struct outline outline = {0};
    bool is_opml = false;
    const char *p = text;
    int stop = 0;

    while (stop == 0 && (p = strchr(p, '<')) != NULL) {
        if (strncmp(p, "<!--", 4) == 0) {
            p = strstr(p, "-->");
            if (p == NULL)
                break;
        } else if (is_tag(p + 1, "opml")) {
            is_opml = true;
            p++;
        } else if (is_opml && is_tag(p + 1, "outline")) {
            p = read_attributes(p + 1 + strlen("outline"), &outline);
            stop = tell(&outline, fn, ctx);
        } else {
            p++;
        }
    }
    buf_clear(&outline.url);
    buf_clear(&outline.title);
    buf_clear(&outline.text);
    buf_clear(&outline.lang);
    return is_opml ? 0 : -1;
}
