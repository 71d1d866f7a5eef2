/* Sources as YAML text: ids, quoting, the file. Owns the table of ids. */
#include "yaml_out.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ID_LENGTH = 40 };

static int add_id(struct yaml_ids *ids, const char *id)
{
    char **list = reallocarray(ids->ids, ids->n + 1, sizeof *list);

    if (list == NULL)
        return -1;
    ids->ids = list;
    list[ids->n] = strdup(id);
    return list[ids->n] != NULL ? (int)ids->n++ : -1;
}

int yaml_ids_init(struct yaml_ids *ids, const struct bw_config *config)
{
    *ids = (struct yaml_ids){0};
    for (size_t i = 0; i < config->n_sources; i++) {
        if (add_id(ids, config->sources[i].id) < 0)
            return -1;
    }
    return 0;
}

void yaml_ids_clear(struct yaml_ids *ids)
{
    for (size_t i = 0; i < ids->n; i++)
        free(ids->ids[i]);
    free(ids->ids);
    *ids = (struct yaml_ids){0};
}

static bool is_taken(const struct yaml_ids *ids, const char *id)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (strcmp(ids->ids[i], id) == 0)
            return true;
    }
    return false;
}

/* Letters and digits of `text` in lower case, all else as single hyphens. */
static void slug(const char *text, size_t len, char id[ID_LENGTH])
{
    size_t n = 0;

    for (size_t i = 0; i < len && n < ID_LENGTH - 8; i++) {
        if (isalnum((unsigned char)text[i]) && (unsigned char)text[i] < 0x80)
            id[n++] = (char)tolower((unsigned char)text[i]);
        else if (n > 0 && id[n - 1] != '-')
            id[n++] = '-';
    }
    while (n > 0 && id[n - 1] == '-')
        n--;
    id[n] = '\0';
}

const char *yaml_ids_make(struct yaml_ids *ids, const struct yaml_source *source)
{
    char base[ID_LENGTH] = "", id[ID_LENGTH + 12];
    const char *host = strstr(source->url, "://");
    int index;

    if (source->title != NULL)
        slug(source->title, strlen(source->title), base);
    if (strlen(base) < 3 && host != NULL) { /* a title in another script leaves little */
        host += strncmp(host + 3, "www.", 4) == 0 ? 7 : 3;
        slug(host, strcspn(host, "/:?#"), base);
    }
    snprintf(id, sizeof id, "%s", base[0] != '\0' ? base : "source");
    for (int i = 2; is_taken(ids, id); i++)
        snprintf(id, sizeof id, "%s-%d", base[0] != '\0' ? base : "source", i);
    index = add_id(ids, id);
    return index >= 0 ? ids->ids[index] : NULL;
}

/* A double-quoted scalar holds any text. */
static void put_text(struct bw_buf *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    buf_printf(out, "    %s: \"", key);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            buf_putc(out, '\\');
        buf_putc(out, (unsigned char)*p >= ' ' && *p != 0x7f ? *p : ' ');
    }
    buf_puts(out, "\"\n");
}

void yaml_put_source(struct bw_buf *out, const char *id, const struct yaml_source *source)
{
    buf_printf(out, "  - id: %s\n", id);
    put_text(out, "title", source->title);
    put_text(out, "url", source->url);
    put_text(out, "lang", source->lang);
}

enum ctl_code yaml_write_sources(const char *path, const struct bw_buf *entries)
{
    int fd;

    if (entries->failed)
        return ctl_fail("out of memory");
    if (path == NULL) {
        printf("sources:\n%s", buf_text(entries));
        return CTL_FINE;
    }
    /* Not over a file that is there: it may be somebody's work. */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return ctl_fail("cannot make %s: %s", path, strerror(errno));
    if (dprintf(fd, "sources:\n%s", buf_text(entries)) < 0 || fsync(fd) != 0) {
        ctl_fail("cannot write %s: %s", path, strerror(errno));
        close(fd);
        unlink(path);
        return CTL_FAILED;
    }
    close(fd);
    printf("%s: written; `blocwatchctl rules check`, then reload the daemon\n", path);
    return CTL_FINE;
}
