/* JSON Feed by jansson. Owns the JSON tree while it reads. */
#include "json.h"
#include "text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { COST_OF_TABLE = 256, COST_OF_VALUE = 64, LARGEST_TREE = 256 << 20 };

static const struct bw_tag tags[] = {
    [SLOT_TITLE] = {"title", ROLE_TEXT, SLOT_TITLE, 4, TYPE_TEXT},
    [SLOT_SUMMARY] = {"summary", ROLE_TEXT, SLOT_SUMMARY, 5, TYPE_TEXT},
    [SLOT_CONTENT] = {"content", ROLE_TEXT, SLOT_CONTENT, 4, TYPE_TEXT},
    [SLOT_LINK] = {"url", ROLE_TEXT_LINK, SLOT_LINK, 3, TYPE_TEXT},
    [SLOT_ID] = {"id", ROLE_ID, SLOT_ID, 2, TYPE_TEXT},
    [SLOT_AUTHOR] = {"author", ROLE_NAME, SLOT_AUTHOR, 4, TYPE_TEXT},
    [SLOT_LANG] = {"language", ROLE_LANGUAGE, SLOT_LANG, 2, TYPE_TEXT},
    [SLOT_PUBLISHED] = {"date_published", ROLE_DATE, SLOT_PUBLISHED, 6, TYPE_TEXT},
    [SLOT_UPDATED] = {"date_modified", ROLE_DATE, SLOT_UPDATED, 5, TYPE_TEXT},
};
static const struct bw_tag item_tag = {"item", ROLE_ITEM, 0, 0, 0};
static const struct bw_tag content_html = {"content_html", ROLE_TEXT, SLOT_CONTENT, 3, TYPE_HTML};
static const struct bw_tag home_page = {"home_page_url", ROLE_TEXT_LINK, SLOT_LINK, 3, TYPE_TEXT};

/* Numbers serve as ids in the wild, although the specification wants strings. */
static const char *text_of(const json_t *value, char number[32])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value)) {
        snprintf(number, 32, "%lld", (long long)json_integer_value(value));
        return number;
    }
    if (json_is_real(value)) {
        snprintf(number, 32, "%g", json_real_value(value));
        return number;
    }
    return NULL;
}

/* An id is a link only where it looks like one: there is no attribute to say so. */
static const struct bw_attr no_link = {NULL, "ispermalink", "false", 5};

/* Goes the same way as an XML element with this text. */
static void feed_element(struct bw_parse *p, const struct bw_tag *tag, const json_t *value)
{
    char number[32];
    const char *text = text_of(value, number);

    if (text == NULL)
        return;
    parse_start(p, tag, ELEMENT_UNKNOWN, &no_link,
                tag->role == ROLE_ID && strstr(text, "://") == NULL);
    parse_text(p, text, strlen(text));
    parse_end(p);
}

static void claim_author(struct bw_parse *p, const json_t *author)
{
    const json_t *name = json_object_get(author, "name");
    const char *text = NULL;

    if (json_is_string(name))
        text = field_keep(p, json_string_value(name), json_string_length(name));
    if (text != NULL)
        draft_claim_text(p, &tags[SLOT_AUTHOR], text, strlen(text));
}

static void read_authors(struct bw_parse *p, const json_t *owner)
{
    const json_t *list = json_object_get(owner, "authors"), *author;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0) {
        claim_author(p, json_object_get(owner, "author"));
        return;
    }
    json_array_foreach((json_t *)(uintptr_t)list, i, author)
    {
        claim_author(p, author);
    }
}

static void read_attachments(struct bw_parse *p, const json_t *item)
{
    json_t *list = json_object_get(item, "attachments"), *attachment;
    size_t i;

    json_array_foreach(list, i, attachment)
    {
        const json_t *url = json_object_get(attachment, "url"),
                     *type = json_object_get(attachment, "mime_type"),
                     *size = json_object_get(attachment, "size_in_bytes");
        char number[32] = "";
        struct bw_attr type_attr = {NULL, "type", json_string_value(type),
                                    json_string_length(type)},
                       length;

        if (json_is_number(size))
            snprintf(number, sizeof number, "%.0f", json_number_value(size));
        length = (struct bw_attr){NULL, "length", number, strlen(number)};
        if (json_is_string(url))
            draft_add_enclosure(p, json_string_value(url), json_string_length(url),
                                json_is_string(type) ? &type_attr : NULL, &length);
    }
}

static void read_item(struct bw_parse *p, const json_t *item)
{
    json_t *list = json_object_get(item, "tags"), *tag;
    size_t i;

    parse_start(p, &item_tag, ELEMENT_UNKNOWN, NULL, 0);
    feed_element(p, &tags[SLOT_ID], json_object_get(item, "id"));
    feed_element(p, &tags[SLOT_LINK], json_object_get(item, "url"));
    if (json_object_get(item, "url") == NULL)
        feed_element(p, &tags[SLOT_LINK], json_object_get(item, "external_url"));
    feed_element(p, &tags[SLOT_TITLE], json_object_get(item, "title"));
    feed_element(p, &tags[SLOT_SUMMARY], json_object_get(item, "summary"));
    feed_element(p, &tags[SLOT_CONTENT], json_object_get(item, "content_text"));
    feed_element(p, &content_html, json_object_get(item, "content_html"));
    feed_element(p, &tags[SLOT_PUBLISHED], json_object_get(item, "date_published"));
    feed_element(p, &tags[SLOT_UPDATED], json_object_get(item, "date_modified"));
    feed_element(p, &tags[SLOT_LANG], json_object_get(item, "language"));
    read_authors(p, item);
    json_array_foreach(list, i, tag)
    {
        if (json_is_string(tag))
            draft_add_raw_category(p, json_string_value(tag), json_string_length(tag));
    }
    read_attachments(p, item);
    parse_end(p);
}

static void read_feed(struct bw_parse *p, const json_t *root)
{
    const char *version = json_string_value(json_object_get(root, "version"));
    json_t *items = json_object_get(root, "items"), *item;
    size_t i;

    p->format = version != NULL && strstr(version, "version/1.1") != NULL ? "json-feed-1.1"
                                                                          : "json-feed-1.0";
    feed_element(p, &tags[SLOT_TITLE], json_object_get(root, "title"));
    feed_element(p, &home_page, json_object_get(root, "home_page_url"));
    feed_element(p, &tags[SLOT_LANG], json_object_get(root, "language"));
    json_array_foreach(items, i, item)
    {
        if (p->full || p->failed != BW_OK)
            break;
        if (json_is_object(item))
            read_item(p, item);
    }
}

/* What the tree of values will take at most: jansson's nodes, tables and names cost many times the
 * bytes of the text. */
static bool fits(const struct bw_parse *p, const char *text, size_t len)
{
    size_t cost = len, most = p->limits->memory < LARGEST_TREE / 2 ? p->limits->memory * 2
                                                                   : (size_t)LARGEST_TREE;

    for (size_t i = 0; i < len && cost <= most; i++) {
        if (text[i] == '{' || text[i] == '[')
            cost += COST_OF_TABLE;
        else if (text[i] == ',' || text[i] == ':')
            cost += COST_OF_VALUE;
    }
    return cost <= most;
}

void json_prepare(void)
{
    json_object_seed(0);
}

int json_read(struct bw_parse *p, const char *text, size_t len, struct bw_error *why)
{
    json_error_t error;
    json_t *root;
    const char *version;
    int result = -1;

    if (!fits(p, text, len)) {
        p->failed = BW_ERR_LIMIT;
        return 0;
    }
    root = json_loadb(text, len, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
    version = json_string_value(json_object_get(root, "version"));

    if (root == NULL && json_error_code(&error) == json_error_out_of_memory) {
        p->failed = BW_ERR_MEMORY;
        return 0;
    }
    if (root == NULL)
        error_set(why, BW_ERR_FORMAT, "not JSON: line %d: %s", error.line, error.text);
    else if (!json_is_array(json_object_get(root, "items")) ||
             (version != NULL && strstr(version, "jsonfeed.org") == NULL))
        error_set(why, BW_ERR_FORMAT, "JSON, but no JSON Feed: there is no list of items");
    else
        result = 0;
    if (result == 0)
        read_feed(p, root);
    json_decref(root);
    return result;
}
