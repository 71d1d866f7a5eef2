/* The matrix from the configuration's sets and the store's signals. Owns its cells. */
#include "signals.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_set(const struct bw_set **list, size_t most, size_t *n, const struct bw_set *set)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(list[i]->code, set->code) == 0)
            return;
    }
    if (*n < most)
        list[(*n)++] = set;
}

void serve_matrix_sets(const struct bw_watch *watch, struct serve_matrix *matrix)
{
    for (size_t i = 0; i < watch->n_sets; i++) {
        const struct bw_set *set = &watch->sets[i];

        if (set->code == NULL || set->foreign)
            continue;
        if (set->facet == BW_FACET_ACTOR && set->since == NULL && set->until == NULL &&
            !set->implied)
            add_set(matrix->actors, SERVE_MOST_ACTORS, &matrix->n_actors, set);
        else if (set->facet == BW_FACET_BLOC)
            add_set(matrix->blocs, SERVE_MOST_BLOCS, &matrix->n_blocs, set);
    }
}

static struct serve_cell *find_cell(struct serve_matrix *matrix, const char *actor,
                                    const char *bloc)
{
    for (size_t i = 0; i < matrix->n_actors * matrix->n_blocs; i++) {
        struct serve_cell *cell = &matrix->cells[i];

        if (strcmp(cell->actor, actor) == 0 && strcmp(cell->bloc, bloc) == 0)
            return cell;
    }
    return NULL;
}

/* Weeks come newest first: the first row of a stance has its newest hit. */
static int add_signal(const struct bw_signal_row *row, void *ctx)
{
    struct serve_cell *cell = find_cell(ctx, row->actor, row->bloc);
    struct serve_signal *signal;
    size_t i = 0;

    if (cell == NULL)
        return 0;
    while (i < cell->n_signals && strcmp(cell->signals[i].stance, row->stance) != 0)
        i++;
    if (i == SERVE_CELL_SIGNALS)
        return 0;
    signal = &cell->signals[i];
    if (i == cell->n_signals) {
        cell->n_signals++;
        snprintf(signal->stance, sizeof signal->stance, "%s", row->stance);
        signal->last_ms = row->last_ms;
        signal->last_hit = row->last_hit;
    } else if (row->last_ms > signal->last_ms) {
        signal->last_ms = row->last_ms;
        signal->last_hit = row->last_hit;
    }
    signal->count += row->count;
    return 0;
}

static int newer_first(const void *a, const void *b)
{
    const struct serve_signal *left = a, *right = b;

    return left->last_ms < right->last_ms ? 1 : left->last_ms > right->last_ms ? -1 : 0;
}

static void name_cells(struct serve_matrix *matrix, const struct bw_config *config)
{
    for (size_t i = 0; i < matrix->n_actors * matrix->n_blocs; i++) {
        struct serve_cell *cell = &matrix->cells[i];

        cell->actor = matrix->actors[i / matrix->n_blocs]->code;
        cell->bloc = matrix->blocs[i % matrix->n_blocs]->code;
        for (size_t j = 0; j < config->n_standing; j++) {
            const struct bw_config_standing *standing = &config->standing[j];

            if (strcmp(standing->actor, cell->actor) == 0 &&
                strcmp(standing->bloc, cell->bloc) == 0)
                cell->standing = standing;
        }
    }
}

int serve_matrix_load(struct bw_server *server, int64_t since_ms, struct serve_matrix *matrix,
                      struct bw_error *err)
{
    *matrix = (struct serve_matrix){0};
    serve_matrix_sets(&server->config->watch, matrix);
    matrix->cells = calloc(matrix->n_actors * matrix->n_blocs + 1, sizeof *matrix->cells);
    if (matrix->cells == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    name_cells(matrix, server->config);
    if (store_list_signals(server->store, since_ms, add_signal, matrix, err) != 0) {
        serve_matrix_clear(matrix);
        return -1;
    }
    for (size_t i = 0; i < matrix->n_actors * matrix->n_blocs; i++)
        qsort(matrix->cells[i].signals, matrix->cells[i].n_signals, sizeof(struct serve_signal),
              newer_first);
    return 0;
}

void serve_matrix_clear(struct serve_matrix *matrix)
{
    free(matrix->cells);
    matrix->cells = NULL;
}

int serve_stance_direction(const char *stance)
{
    switch (stance_parse(stance)) {
    case BW_STANCE_CONSIDERS:
    case BW_STANCE_APPLIES:
    case BW_STANCE_SIGNS:
    case BW_STANCE_JOINS:
    case BW_STANCE_OBSERVES:
    case BW_STANCE_PARTNERS:
        return 1;
    case BW_STANCE_DECLINES:
    case BW_STANCE_OPPOSES:
    case BW_STANCE_SUSPENDS:
    case BW_STANCE_LEAVES:
        return -1;
    default:
        return 0;
    }
}

void serve_set_title(const struct bw_set *set, char *text, size_t size)
{
    bool first = true;

    if (set->facet == BW_FACET_BLOC) {
        snprintf(text, size, "%s", set->code);
        return;
    }
    snprintf(text, size, "%s", set->id);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '-' || *c == '_')
            *c = ' ';
        if (first)
            *c = (char)toupper((unsigned char)*c);
        first = *c == ' ';
    }
}
