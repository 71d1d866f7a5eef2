/* The states × the blocs: what is known of each standing, and what the hits signal. */
#ifndef BLOCWATCH_SERVE_SIGNALS_H
#define BLOCWATCH_SERVE_SIGNALS_H

#include "server.h"

enum { SERVE_MOST_ACTORS = 16, SERVE_MOST_BLOCS = 24, SERVE_CELL_SIGNALS = 12 };

struct serve_signal {
    char stance[16];
    int64_t last_ms, last_hit;
    size_t count;
};

struct serve_cell {
    const char *actor, *bloc;                        /* codes, borrowed from the configuration */
    const struct bw_config_standing *standing;       /* NULL: nothing known */
    struct serve_signal signals[SERVE_CELL_SIGNALS]; /* newest first */
    size_t n_signals;
};

struct serve_matrix {
    const struct bw_set *actors[SERVE_MOST_ACTORS]; /* one set for each code, in order */
    const struct bw_set *blocs[SERVE_MOST_BLOCS];
    size_t n_actors, n_blocs;
    struct serve_cell *cells; /* n_actors rows of n_blocs; owned */
};

/* Signals since `since_ms` (BW_TIME_NONE: all). The configuration's text is borrowed.
 */
int serve_matrix_load(struct bw_server *server, int64_t since_ms, struct serve_matrix *matrix,
                      struct bw_error *err);
void serve_matrix_clear(struct serve_matrix *matrix);
/* Only the sets, into a zeroed matrix: for forms. */
void serve_matrix_sets(const struct bw_watch *watch, struct serve_matrix *matrix);

/* Where a stance points: +1 towards the bloc, -1 away from it, 0 neither. */
int serve_stance_direction(const char *stance);
/* "Kazakhstan": the set's id made readable; the codes stay as they are. */
void serve_set_title(const struct bw_set *set, char *text, size_t size);

#endif
