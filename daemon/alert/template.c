/* {{ .field }} templates: check and render. Owns nothing. */
#include "template.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[ALERT_FIELDS] = {
    [FIELD_ID] = "id",
    [FIELD_KIND] = "kind",
    [FIELD_HEADLINE] = "headline",
    [FIELD_EVENT] = "event",
    [FIELD_TITLE] = "title",
    [FIELD_SENTENCE] = "sentence",
    [FIELD_SUMMARY] = "summary",
    [FIELD_LINK] = "link",
    [FIELD_TIME] = "time",
    [FIELD_PUBLISHED] = "published",
    [FIELD_SOURCE] = "source",
    [FIELD_SOURCES] = "sources",
    [FIELD_N_SOURCES] = "n_sources",
    [FIELD_MORE] = "more",
    [FIELD_LANG] = "lang",
    [FIELD_ACTOR] = "actor",
    [FIELD_STANCE] = "stance",
    [FIELD_BLOC] = "bloc",
    [FIELD_CERTAINTY] = "certainty",
    [FIELD_RULE] = "rule",
    [FIELD_RULE_TITLE] = "rule_title",
    [FIELD_SEVERITY] = "severity",
    [FIELD_MATCHED] = "matched",
    [FIELD_STORY] = "story",
    [FIELD_REASON] = "reason",
};

static int find_field(const char *name, size_t len)
{
    for (int i = 0; i < ALERT_FIELDS; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    }
    return -1;
}

static int report_unknown(const char *name, size_t len, struct bw_error *err)
{
    struct bw_buf known;

    buf_init(&known);
    for (int i = 0; i < ALERT_FIELDS; i++)
        buf_printf(&known, "%s.%s", i > 0 ? ", " : "", names[i]);
    error_set(err, BW_ERR_CONFIG, "unknown field .%.*s; expected one of %s",
              (int)(len < 64 ? len : 64), name, buf_text(&known));
    buf_clear(&known);
    return -1;
}

/* `at` stands behind "{{". The field, with *end behind "}}"; -1 with what is wrong. */
static int parse_field(const char *at, const char **end, struct bw_error *err)
{
    const char *close = strstr(at, "}}");
    const char *last = close;
    int field;

    if (close == NULL)
        return error_set(err, BW_ERR_CONFIG, "\"{{\" without \"}}\"");
    while (*at == ' ')
        at++;
    while (last > at && last[-1] == ' ')
        last--;
    if (last == at || *at != '.')
        return error_set(err, BW_ERR_CONFIG,
                         "expected a field such as {{ .title }}, found {{ %.*s }}",
                         (int)(last - at < 64 ? last - at : 64), at);
    field = find_field(at + 1, (size_t)(last - at - 1));
    if (field < 0)
        return report_unknown(at + 1, (size_t)(last - at - 1), err);
    *end = close + 2;
    return field;
}

int template_check(const char *text, int *line, struct bw_error *err)
{
    int lines = 0;

    while (*text != '\0') {
        if (text[0] == '{' && text[1] == '{') {
            if (parse_field(text + 2, &text, err) < 0) {
                if (line != NULL)
                    *line = lines;
                return -1;
            }
            continue;
        }
        lines += *text == '\n';
        text++;
    }
    return 0;
}

/* One line of the template, up to `end`. Whether the line is to be kept. */
static bool render_line(const char *text, const char *end, const struct alert_values *values,
                        struct bw_buf *out)
{
    bool has_field = false, has_text = false;

    while (text < end) {
        if (text[0] == '{' && text[1] == '{') {
            int field = parse_field(text + 2, &text, NULL);
            const char *value = field < 0 ? NULL : values->of[field];

            if (field < 0)
                return has_text;
            has_field = true;
            if (value != NULL && *value != '\0') {
                has_text = true;
                buf_puts(out, value);
            }
            continue;
        }
        has_text = has_text || *text != ' ';
        buf_putc(out, *text++);
    }
    return has_text || !has_field;
}

void template_render(const char *text, const struct alert_values *values, struct bw_buf *out)
{
    bool first = true;

    for (;;) {
        const char *end = text + strcspn(text, "\n");
        size_t mark = out->len;

        if (!first)
            buf_putc(out, '\n');
        if (render_line(text, end, values, out)) {
            first = false;
        } else if (!out->failed) {
            out->len = mark;
            if (out->data != NULL)
                out->data[mark] = '\0';
        }
        if (*end == '\0')
            return;
        text = end + 1;
    }
}
