/* Declared entities and their bounded expansion. Owns names and values. */
#include "dtd.h"
#include "entity.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOST_ENTITIES = 512,
    LONGEST_VALUE = 1 << 16,
    DEEPEST = 8,
    LARGEST_EXPANSION = 1 << 16,
    LARGEST_TOTAL = 1 << 20, /* bytes that all references of a document may expand to */
};

struct declared {
    char *name, *value;
};

struct bw_dtd {
    struct declared *declared; /* MOST_ENTITIES of them, once there is one */
    size_t n;
    struct bw_buf text;
    size_t total;
    bool exhausted;
};

struct bw_dtd *dtd_new(void)
{
    return calloc(1, sizeof(struct bw_dtd));
}

void dtd_free(struct bw_dtd *dtd)
{
    if (dtd == NULL)
        return;
    for (size_t i = 0; i < dtd->n; i++) {
        free(dtd->declared[i].name);
        free(dtd->declared[i].value);
    }
    free(dtd->declared);
    buf_clear(&dtd->text);
    free(dtd);
}

static const char *find_value(const struct bw_dtd *dtd, const char *name, size_t len)
{
    for (size_t i = 0; i < dtd->n; i++) {
        if (strncmp(dtd->declared[i].name, name, len) == 0 && dtd->declared[i].name[len] == '\0')
            return dtd->declared[i].value;
    }
    return NULL;
}

void dtd_declare(struct bw_dtd *dtd, const char *name, const char *value)
{
    struct declared *entry;

    /* As in XML the first declaration counts. */
    if (dtd->n == MOST_ENTITIES || strlen(value) > LONGEST_VALUE ||
        find_value(dtd, name, strlen(name)) != NULL)
        return;
    if (dtd->declared == NULL)
        dtd->declared = calloc(MOST_ENTITIES, sizeof *dtd->declared);
    if (dtd->declared == NULL)
        return;
    entry = &dtd->declared[dtd->n];
    entry->name = strdup(name);
    entry->value = strdup(value);
    if (entry->name == NULL || entry->value == NULL) {
        free(entry->name);
        free(entry->value);
        return;
    }
    dtd->n++;
}

static void append_entity(struct bw_dtd *dtd, const char *name, size_t len, int depth);

static void append_expanded(struct bw_dtd *dtd, const char *value, int depth)
{
    while (*value != '\0' && !dtd->exhausted) {
        size_t n = strcspn(value, "&"), len;
        uint32_t cp;
        char utf8[4];

        buf_append(&dtd->text, value, n);
        if (dtd->text.len > LARGEST_EXPANSION)
            dtd->exhausted = true;
        value += n;
        if (*value == '\0')
            return;
        len = strcspn(value, ";");
        if (value[1] == '#' && (n = entity_read(value, strlen(value), &cp)) > 0) {
            buf_append(&dtd->text, utf8, utf8_put(cp, utf8));
            value += n;
        } else if (value[len] == ';' && len > 1 && len < 64) {
            append_entity(dtd, value + 1, len - 1, depth + 1);
            value += len + 1;
        } else {
            buf_putc(&dtd->text, *value++);
        }
    }
}

static void append_entity(struct bw_dtd *dtd, const char *name, size_t len, int depth)
{
    const char *value = find_value(dtd, name, len);
    uint32_t cp = value == NULL ? entity_find(name, len) : 0;
    char utf8[4];

    if (depth > DEEPEST) {
        dtd->exhausted = true;
        return;
    }
    if (value != NULL) {
        append_expanded(dtd, value, depth);
    } else if (cp != 0) {
        buf_append(&dtd->text, utf8, utf8_put(cp, utf8));
    } else {
        buf_putc(&dtd->text, '&');
        buf_append(&dtd->text, name, len);
        buf_putc(&dtd->text, ';');
    }
}

const char *dtd_expand(struct bw_dtd *dtd, const char *name)
{
    size_t len = strlen(name);

    if (dtd->exhausted || (find_value(dtd, name, len) == NULL && entity_find(name, len) == 0))
        return NULL;
    buf_reset(&dtd->text);
    append_entity(dtd, name, len, 0);
    dtd->total += dtd->text.len;
    if (dtd->total > LARGEST_TOTAL || dtd->text.failed)
        dtd->exhausted = true;
    return dtd->exhausted ? NULL : buf_text(&dtd->text);
}
