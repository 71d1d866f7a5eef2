/* `matrix`: states × blocs, with the known standing and the latest signal of each. Owns the cells.
 */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_WIDTH = 6, CELL_WIDTH = 14, MOST_CODES = 64 };

struct cell {
    const char *standing, *since; /* NULL: not known */
    char stance[32];              /* of the latest signal; "" none */
    int64_t last_ms;
    size_t count;
};

struct matrix {
    const char *actors[MOST_CODES], *blocs[MOST_CODES];
    size_t n_actors, n_blocs;
    struct cell *cells; /* by actor, then bloc */
};

/* --- filling -------------------------------------------------------------------------------- */

static size_t find_code(const char *const *codes, size_t n, const char *code)
{
    size_t i = 0;

    while (i < n && strcmp(codes[i], code) != 0)
        i++;
    return i;
}

static void add_code(const char **codes, size_t *n, const char *code)
{
    if (code != NULL && find_code(codes, *n, code) == *n && *n < MOST_CODES)
        codes[(*n)++] = code;
}

/* NULL when one of the two is not in the matrix. */
static struct cell *find_cell(const struct matrix *matrix, const char *actor, const char *bloc)
{
    size_t a = find_code(matrix->actors, matrix->n_actors, actor);
    size_t b = find_code(matrix->blocs, matrix->n_blocs, bloc);

    return a < matrix->n_actors && b < matrix->n_blocs ? &matrix->cells[a * matrix->n_blocs + b]
                                                       : NULL;
}

/* Rows and columns in the order of the lexicon: actors that make events, and blocs. */
static int lay_out(struct matrix *matrix, const struct bw_config *config)
{
    for (size_t i = 0; i < config->watch.n_sets; i++) {
        const struct bw_set *set = &config->watch.sets[i];

        if (set->facet == BW_FACET_ACTOR && !set->foreign)
            add_code(matrix->actors, &matrix->n_actors, set->code);
        else if (set->facet == BW_FACET_BLOC)
            add_code(matrix->blocs, &matrix->n_blocs, set->code);
    }
    matrix->cells = calloc(matrix->n_actors * matrix->n_blocs + 1, sizeof *matrix->cells);
    if (matrix->cells == NULL)
        return -1;
    for (size_t i = 0; i < config->n_standing; i++) {
        const struct bw_config_standing *standing = &config->standing[i];
        struct cell *cell = find_cell(matrix, standing->actor, standing->bloc);

        if (cell != NULL) {
            cell->standing = standing->standing;
            cell->since = standing->since;
        }
    }
    return 0;
}

static int on_signal(const struct bw_signal_row *signal, void *ctx)
{
    struct cell *cell = find_cell(ctx, signal->actor, signal->bloc);

    if (cell == NULL)
        return 0;
    cell->count += signal->count;
    if (cell->stance[0] == '\0' || signal->last_ms > cell->last_ms) {
        cell->last_ms = signal->last_ms;
        snprintf(cell->stance, sizeof cell->stance, "%s", signal->stance);
    }
    return 0;
}

/* --- printing ------------------------------------------------------------------------------- */

/* Towards the bloc, away from it, or neither: as a sign, which needs no colour to be read. */
static const char *direction(const char *stance)
{
    switch (stance_parse(stance)) {
    case BW_STANCE_CONSIDERS:
    case BW_STANCE_APPLIES:
    case BW_STANCE_SIGNS:
    case BW_STANCE_JOINS:
    case BW_STANCE_OBSERVES:
    case BW_STANCE_PARTNERS:
        return "+";
    case BW_STANCE_DECLINES:
    case BW_STANCE_OPPOSES:
    case BW_STANCE_SUSPENDS:
    case BW_STANCE_LEAVES:
        return "-";
    default:
        return "=";
    }
}

/* Colours on a terminal only, unless NO_COLOR is set (no-color.org). Blue and orange are told apart
 * by most who cannot tell red from green. */
static const char *colour(const char *stance)
{
    const char *none = getenv("NO_COLOR");

    if (!isatty(STDOUT_FILENO) || (none != NULL && none[0] != '\0'))
        return "";
    switch (direction(stance)[0]) {
    case '+':
        return "\033[34;1m";
    case '-':
        return "\033[33;1m";
    default:
        return "\033[1m";
    }
}

static void print_padded(const char *text, int width)
{
    printf("%-*s", width, text);
}

static void print_standings(const struct matrix *matrix, size_t a)
{
    print_padded(matrix->actors[a], NAME_WIDTH);
    for (size_t b = 0; b < matrix->n_blocs; b++) {
        const struct cell *cell = &matrix->cells[a * matrix->n_blocs + b];

        print_padded(cell->standing != NULL ? cell->standing : "?", CELL_WIDTH);
    }
    putchar('\n');
}

static void print_signals(const struct matrix *matrix, size_t a)
{
    print_padded("", NAME_WIDTH);
    for (size_t b = 0; b < matrix->n_blocs; b++) {
        const struct cell *cell = &matrix->cells[a * matrix->n_blocs + b];
        char text[64] = "";
        const char *start = "";

        if (cell->stance[0] != '\0') {
            snprintf(text, sizeof text, "%s%s %zu", direction(cell->stance), cell->stance,
                     cell->count);
            start = colour(cell->stance);
        }
        fputs(start, stdout);
        print_padded(text, CELL_WIDTH);
        fputs(start[0] != '\0' ? "\033[0m" : "", stdout);
    }
    putchar('\n');
}

static void print_text(const struct matrix *matrix)
{
    print_padded("", NAME_WIDTH);
    for (size_t b = 0; b < matrix->n_blocs; b++)
        print_padded(matrix->blocs[b], CELL_WIDTH);
    putchar('\n');
    for (size_t a = 0; a < matrix->n_actors; a++) {
        print_standings(matrix, a);
        print_signals(matrix, a);
    }
    puts(
        "\nFirst line: the known standing. Second: the latest signal (+ towards, - away, = neither)"
        "\nand how many there were.");
}

static int print_json(const struct matrix *matrix)
{
    for (size_t i = 0; i < matrix->n_actors * matrix->n_blocs; i++) {
        const struct cell *cell = &matrix->cells[i];
        json_t *signal = json_null();

        if (cell->stance[0] != '\0')
            signal = json_pack("{s:s, s:o, s:I}", "stance", cell->stance, "time",
                               out_json_time_ms(cell->last_ms), "count", (json_int_t)cell->count);
        if (out_json_line(json_pack(
                "{s:s, s:s, s:o, s:o, s:o}", "actor", matrix->actors[i / matrix->n_blocs], "bloc",
                matrix->blocs[i % matrix->n_blocs], "standing", out_json_text(cell->standing),
                "since", out_json_text(cell->since), "signal", signal)) != 0)
            return -1;
    }
    return 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct matrix matrix = {0};
    struct bw_error err = {0};
    enum ctl_code code;
    int64_t since;

    if (ctl_time(ctl, "since", &since) != 0)
        return CTL_USAGE;
    code = ctl_load_config(ctl);
    if (code == CTL_FINE)
        code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    if (lay_out(&matrix, ctl->config) != 0)
        code = ctl_fail("out of memory");
    else if (store_list_signals(ctl->store, since, on_signal, &matrix, &err) != 0)
        code = ctl_store_failed(&err);
    else if (!ctl->json)
        print_text(&matrix);
    else if (print_json(&matrix) != 0)
        code = CTL_FAILED;
    free(matrix.cells);
    return code;
}

const struct ctl_command cmd_matrix = {
    .name = "matrix",
    .arguments = "",
    .summary = "where each state stands with each bloc, and the latest signals",
    .help = "Standings come from the file of `serve: standing:`, signals from the hits. Colours\n"
            "show on a terminal only, and not when NO_COLOR is set.",
    .options = {{"since", "T", "signals since then: a time, a date, or how long ago (90d)"}},
    .run = run,
};
