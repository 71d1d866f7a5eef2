/* Templates and texts for receivers: whatever stands in them, what comes out is within its limit.
 */
#include "mime.h"
#include "template.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut(const char *text, size_t limit)
{
    struct bw_buf out;

    buf_init(&out);
    text_append_cut(&out, text, limit, text_fit);
    assert(out.len <= limit || strlen(text) <= limit);
    buf_reset(&out);
    text_append_cut(&out, text, limit, text_fit_utf16);
    assert(text_fit_utf16(buf_text(&out), limit) == out.len);
    buf_clear(&out);
}

static void render(const char *template, const char *value)
{
    struct alert_values values;
    struct bw_error err = {0};
    struct bw_buf out;

    if (template_check(template, NULL, &err) != 0) {
        assert(err.text[0] != '\0');
        return;
    }
    for (int i = 0; i < ALERT_FIELDS; i++)
        values.of[i] = i % 3 == 0 ? NULL : value;
    buf_init(&out);
    template_render(template, &values, &out);
    buf_clear(&out);
}

/* No header breaks out of its field, and no line is longer than SMTP takes. */
static void header(const char *value)
{
    struct bw_buf out;

    buf_init(&out);
    mime_write_header(&out, "Subject", value);
    for (char *at = out.data, *end; (end = strstr(at, "\r\n")) != NULL; at = end + 2) {
        assert(memchr(at, '\r', (size_t)(end - at)) == NULL);
        assert(memchr(at, '\n', (size_t)(end - at)) == NULL);
        assert(end - at <= 998);
        assert(end[2] == '\0' || end[2] == ' ');
    }
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), line[100];
    struct bw_buf out;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    render(text, text);
    cut(text, size > 0 ? data[0] : 0);
    header(text);
    text_one_line(text, size, line, sizeof line);
    assert(strpbrk(line, "\r\n\x1b") == NULL);
    buf_init(&out);
    text_escape_markdown(&out, text);
    buf_reset(&out);
    text_escape_html(&out, text);
    assert(strpbrk(buf_text(&out), "<>\"") == NULL);
    buf_clear(&out);
    free(text);
    return 0;
}
