/*
 * Changing one value in a configuration file, and leaving all else, comments too, as it is. Owns
 * the file's text during the call.
 */
#include "yamldoc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where a mark stands in the bytes: libyaml counts lines and characters. */
static size_t mark_offset(const struct bw_buf *text, const yaml_mark_t *mark)
{
    size_t line = 0, column = 0, i = 0;

    while (i < text->len && line < mark->line)
        line += text->data[i++] == '\n';
    while (i < text->len && column < mark->column) {
        i++;
        while (i < text->len && ((unsigned char)text->data[i] & 0xc0) == 0x80)
            i++;
        column++;
    }
    return i;
}

static size_t next_line(const struct bw_buf *text, size_t i)
{
    while (i < text->len && text->data[i] != '\n')
        i++;
    return i < text->len ? i + 1 : i;
}

/* The map of the source in the document; NULL when it is not there. */
static yaml_node_t *find_source(struct yamldoc *doc, const char *id)
{
    yaml_node_t *list = yamldoc_find(doc, yamldoc_root(doc), "sources");

    if (list == NULL || list->type != YAML_SEQUENCE_NODE)
        return NULL;
    for (yaml_node_item_t *item = list->data.sequence.items.start;
         item < list->data.sequence.items.top; item++) {
        yaml_node_t *node = yamldoc_node(doc, *item);
        const char *text = yamldoc_text(yamldoc_find(doc, node, "id"));

        if (text != NULL && strcmp(text, id) == 0)
            return node;
    }
    return NULL;
}

/* The file's text with `enabled:` changed, or added behind the id. */
static void rewrite(struct yamldoc *doc, const yaml_node_t *source, const char *value,
                    struct bw_buf *out)
{
    const yaml_node_t *enabled = yamldoc_find(doc, source, "enabled");
    const yaml_node_t *id = yamldoc_find(doc, source, "id");
    const struct bw_buf *text = &doc->bytes;
    size_t from, to;

    if (enabled != NULL) {
        from = mark_offset(text, &enabled->start_mark);
        to = mark_offset(text, &enabled->end_mark);
        buf_append(out, text->data, from);
        if (from > 0 && text->data[from - 1] == ':') /* `enabled:` with nothing behind it */
            buf_putc(out, ' ');
        buf_puts(out, value);
    } else if (source->data.mapping.style == YAML_FLOW_MAPPING_STYLE) {
        from = to = mark_offset(text, &id->end_mark);
        buf_append(out, text->data, from);
        buf_printf(out, ", enabled: %s", value);
    } else {
        from = to = next_line(text, mark_offset(text, &id->end_mark));
        buf_append(out, text->data, from);
        if (from > 0 && text->data[from - 1] != '\n')
            buf_putc(out, '\n');
        buf_printf(out, "%*senabled: %s\n", (int)source->start_mark.column, "", value);
    }
    buf_append(out, text->data + to, text->len - to);
}

static int write_all(int fd, const struct bw_buf *text)
{
    size_t done = 0;

    while (done < text->len) {
        ssize_t n = write(fd, text->data + done, text->len - done);

        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd);
}

/* The new text takes the file's place at once, with its owner and mode. */
static int replace_file(const char *file, const struct bw_buf *text, struct bw_error *err)
{
    struct bw_buf name;
    struct stat info;
    int fd = -1, result = -1;

    buf_init(&name);
    buf_printf(&name, "%s.XXXXXX", file);
    if (text->failed || name.failed) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto out;
    }
    fd = mkstemp(name.data);
    if (fd < 0 || stat(file, &info) != 0 || write_all(fd, text) != 0 ||
        fchmod(fd, info.st_mode & 07777) != 0 ||
        (geteuid() == 0 && fchown(fd, info.st_uid, info.st_gid) != 0) ||
        rename(name.data, file) != 0) {
        error_set(err, BW_ERR_IO, "cannot write %s: %s", file, strerror(errno));
        if (fd >= 0)
            unlink(name.data);
        goto out;
    }
    result = 0;
out:
    if (fd >= 0)
        close(fd);
    buf_clear(&name);
    return result;
}

int config_enable_source(const struct bw_config_source *source, bool enabled, struct bw_error *err)
{
    struct bw_config_errors errors = {0};
    struct yamldoc *doc = yamldoc_open(source->place.file, source->place, &errors);
    yaml_node_t *node = doc != NULL ? find_source(doc, source->id) : NULL;
    struct bw_buf text;
    int result;

    buf_init(&text);
    if (node == NULL) {
        result = error_set(err, BW_ERR_CONFIG, "%s: %s", source->place.file,
                           errors.n > 0 ? errors.list[0].text : "the source is not there any more");
    } else {
        rewrite(doc, node, enabled ? "true" : "false", &text);
        result = replace_file(source->place.file, &text, err);
    }
    buf_clear(&text);
    yamldoc_close(doc);
    config_clear_errors(&errors);
    return result;
}
