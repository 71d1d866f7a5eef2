/* Growing lists and tables of names, as a load needs them. Owns nothing between calls. */
#include "loader.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SUGGESTED = 5000 }; /* names looked through for a slip */

void *loader_add(struct loader *loader, struct list *list)
{
    void *element;

    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        void *data = reallocarray(list->data, cap, list->size);

        if (data == NULL) {
            loader->out_of_memory = true;
            return NULL;
        }
        list->data = data;
        list->cap = cap;
    }
    element = (char *)list->data + list->n++ * list->size;
    return memset(element, 0, list->size);
}

int loader_settle(struct loader *loader, struct list *list, void *data, size_t *n)
{
    void *copy = arena_calloc(loader->arena, list->n, list->size);

    if (copy == NULL) {
        loader->out_of_memory = true;
        return -1;
    }
    if (list->n > 0)
        memcpy(copy, list->data, list->n * list->size);
    memcpy(data, &copy, sizeof copy); /* whatever the type that it points to */
    *n = list->n;
    return 0;
}

const struct name *loader_add_name(struct loader *loader, struct name **names, const char *text,
                                   struct bw_place place, size_t index)
{
    const struct name *first = loader_find_name(*names, text);
    struct name *name;

    if (first != NULL)
        return first;
    name = arena_alloc(loader->arena, sizeof *name);
    if (name == NULL || (name->text = arena_strdup(loader->arena, text)) == NULL) {
        loader->out_of_memory = true;
        return NULL;
    }
    name->place = place;
    name->index = index;
    HASH_ADD_KEYPTR(hh, *names, name->text, strlen(name->text), name);
    return NULL;
}

const struct name *loader_find_name(struct name *names, const char *text)
{
    struct name *name;

    HASH_FIND_STR(names, text, name);
    return name;
}

void loader_clear_names(struct name **names)
{
    HASH_CLEAR(hh, *names);
}

/* How far a walk along the table's order has come. */
struct walk {
    const struct name **at;
};

static const char *next_name(int i, const void *ctx)
{
    const struct walk *walk = ctx;
    const struct name *name = *walk->at;

    (void)i;
    if (name == NULL)
        return NULL;
    *walk->at = name->hh.next;
    return name->text;
}

const char *loader_suggest_name(struct loader *loader, struct name *names, const char *text)
{
    const struct name *at = names;
    const struct walk walk = {&at};
    const char *near = NULL, *suggestion;

    if (HASH_COUNT(names) <= MOST_SUGGESTED)
        near = units_nearest(text, next_name, &walk);
    if (near == NULL)
        return "";
    suggestion = arena_printf(loader->arena, "; did you mean %s?", near);
    return suggestion != NULL ? suggestion : "";
}
