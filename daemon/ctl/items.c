/* Reading items as JSON lines. Owns a line at a time. */
#include "items.h"

#include "blocwatch/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    const char *file;
    size_t number;
};

static enum ctl_code wrong_line(const struct line *line, const char *what)
{
    return ctl_misuse("%s:%zu: %s", line->file, line->number, what);
}

/* The member's text; NULL when it is absent or null. -1 when it is something else. */
static int get_text(const struct line *line, const json_t *object, const char *key,
                    const char **text)
{
    const json_t *value = json_object_get(object, key);
    char what[128];

    if (value != NULL && !json_is_null(value) && !json_is_string(value)) {
        snprintf(what, sizeof what, "%s: expected text", key);
        wrong_line(line, what);
        return -1;
    }
    *text = json_string_value(value);
    return 0;
}

/* Fills *texts, to be freed, with the list's texts. */
static int get_categories(const struct line *line, const json_t *list, const char ***texts,
                          size_t *n)
{
    *texts = NULL;
    *n = json_array_size(list);
    if (list != NULL && !json_is_null(list) && !json_is_array(list))
        goto wrong;
    *texts = calloc(*n + 1, sizeof **texts);
    for (size_t i = 0; i < *n && *texts != NULL; i++) {
        (*texts)[i] = json_string_value(json_array_get(list, i));
        if ((*texts)[i] == NULL)
            goto wrong;
    }
    return *texts != NULL ? 0 : -1;
wrong:
    wrong_line(line, "categories: expected a list of texts");
    free(*texts);
    return -1;
}

static enum ctl_code take_object(const struct line *line, const json_t *object, items_fn *fn,
                                 void *ctx)
{
    struct ctl_item in = {.item.published = BW_TIME_NONE, .item.updated = BW_TIME_NONE};
    const char *published, **categories;
    enum ctl_code code;

    if (!json_is_object(object))
        return wrong_line(line, "expected an object");
    if (get_text(line, object, "id", &in.id) != 0 ||
        get_text(line, object, "title", &in.item.title) != 0 ||
        get_text(line, object, "summary", &in.item.summary) != 0 ||
        get_text(line, object, "content", &in.item.content) != 0 ||
        get_text(line, object, "link", &in.item.link) != 0 ||
        get_text(line, object, "author", &in.item.author) != 0 ||
        get_text(line, object, "lang", &in.item.lang) != 0 ||
        get_text(line, object, "source", &in.source) != 0 ||
        get_text(line, object, "published", &published) != 0)
        return CTL_USAGE;
    if (in.id == NULL)
        return wrong_line(line, "id: is missing");
    if (published != NULL) {
        in.item.published = feed_parse_date(published, BW_TIME_NONE);
        if (in.item.published == BW_TIME_NONE)
            return wrong_line(line, "published: expected a time such as 2024-10-16T11:42:00Z");
    }
    in.item.id = in.id;
    if (get_categories(line, json_object_get(object, "categories"), &categories,
                       &in.item.n_categories) != 0)
        return CTL_USAGE;
    in.item.categories = categories;
    code = fn(&in, ctx);
    free(categories);
    return code;
}

static enum ctl_code take_line(const struct line *line, const char *text, size_t len, items_fn *fn,
                               void *ctx)
{
    json_error_t error;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    enum ctl_code code;

    if (object == NULL)
        return ctl_misuse("%s:%zu: not JSON: %s (column %d)", line->file, line->number, error.text,
                          error.column);
    code = take_object(line, object, fn, ctx);
    json_decref(object);
    return code;
}

static enum ctl_code read_items(const char *file, items_fn *fn, void *ctx)
{
    bool is_stdin = strcmp(file, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(file, "re");
    struct line line = {.file = is_stdin ? "standard input" : file};
    enum ctl_code code = CTL_FINE;
    char *text = NULL;
    size_t size = 0;
    ssize_t len;

    if (in == NULL)
        return ctl_fail("cannot read %s: %s", file, strerror(errno));
    while (code == CTL_FINE && (len = getline(&text, &size, in)) >= 0) {
        line.number++;
        if (strspn(text, " \t\r\n") < (size_t)len) /* an empty line is none */
            code = take_line(&line, text, (size_t)len, fn, ctx);
    }
    if (code == CTL_FINE && ferror(in))
        code = ctl_fail("cannot read %s: %s", file, strerror(errno));
    free(text);
    if (!is_stdin)
        fclose(in);
    return code;
}

struct bw_ruleset *items_compile_rules(const struct ctl *ctl, bool warnings)
{
    struct bw_match_problems problems = {0};
    struct bw_ruleset *rules = NULL;
    struct bw_buf text;
    int result = match_compile_rules(&ctl->config->watch, &rules, &problems);

    buf_init(&text);
    for (size_t i = 0; i < problems.n; i++) {
        if (warnings || !problems.list[i].warning)
            match_format_problem(&problems.list[i], &text);
    }
    fputs(buf_text(&text), stderr);
    buf_clear(&text);
    match_clear_problems(&problems);
    return result == 0 ? rules : NULL;
}

enum ctl_code items_match(struct ctl *ctl, const char *file, struct bw_matcher **matcher,
                          items_fn *fn, void *ctx)
{
    enum ctl_code code = ctl_load_config(ctl);
    struct bw_ruleset *rules;

    if (code != CTL_FINE)
        return code;
    rules = items_compile_rules(ctl, false);
    if (rules == NULL)
        return CTL_USAGE;
    *matcher = matcher_new(rules);
    code = *matcher == NULL ? ctl_fail("out of memory") : read_items(file, fn, ctx);
    matcher_free(*matcher);
    *matcher = NULL;
    ruleset_free(rules);
    return code;
}
