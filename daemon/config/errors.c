/* The list of all that is wrong in a configuration. Owns its texts. */
#include "blocwatch/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int config_add_error(struct bw_config_errors *errors, struct bw_place place, const char *format,
                     ...)
{
    struct bw_config_problem *list, *problem;
    va_list args;
    char *text;
    int len;

    /* Powers of two: the list grows when it is full at one. */
    if ((errors->n & (errors->n - 1)) == 0) {
        list = realloc(errors->list, (errors->n == 0 ? 1 : errors->n * 2) * sizeof *list);
        if (list == NULL)
            return -1;
        errors->list = list;
    }
    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return -1;
    /* The file's name lies behind the text: it outlives the configuration that failed. */
    problem = &errors->list[errors->n];
    problem->place = place;
    problem->text = text;
    if (place.file != NULL) {
        size_t size = strlen(place.file) + 1;
        char *both = realloc(text, (size_t)len + 1 + size);

        if (both == NULL) {
            free(text);
            return -1;
        }
        problem->text = both;
        problem->place.file = memcpy(both + len + 1, place.file, size);
    }
    errors->n++;
    return -1;
}

void config_clear_errors(struct bw_config_errors *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        free(errors->list[i].text);
    free(errors->list);
    *errors = (struct bw_config_errors){0};
}
