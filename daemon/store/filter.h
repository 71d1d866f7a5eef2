/* Building the SQL of a list from its filters: constant text and numbered parameters only. */
#ifndef BLOCWATCH_STORE_FILTER_H
#define BLOCWATCH_STORE_FILTER_H

#include "db.h"

enum { FILTER_VALUES = 16, FILTER_CODES = 2, FILTER_CODE = 64 };

struct filter {
    struct bw_buf sql;
    struct bw_buf search; /* an FTS5 query, where one is asked for */
    struct {
        const char *text; /* NULL: the number */
        int64_t number;
    } values[FILTER_VALUES];
    size_t n;
    char codes[FILTER_CODES][FILTER_CODE]; /* as they are stored */
    size_t n_codes;
    char lang_end[64]; /* the first name that is no subtag of the language */
    bool nothing;      /* it names a source or rule that nobody knows: there are no rows */
};

void filter_init(struct filter *filter, const char *sql);
void filter_clear(struct filter *filter);

/* Appends " AND " and `condition`, whose one `?` stands for the value. */
void filter_add_number(struct filter *filter, const char *condition, int64_t number);
void filter_add_text(struct filter *filter, const char *condition, const char *text);
/* The same, but nothing for BW_TIME_NONE, 0 or NULL. */
void filter_add_time(struct filter *filter, const char *condition, int64_t time_ms);
void filter_add_id(struct filter *filter, const char *condition, int64_t id);
void filter_add_word(struct filter *filter, const char *condition, const char *text);
/* "ru" means "ru-kz" as well. */
void filter_add_lang(struct filter *filter, const char *lower, const char *upper, const char *lang);
/* An actor's or a bloc's code, whatever its case: "brics" finds what is stored as "BRICS".
 * `column` is the event's. */
int filter_add_code(struct filter *filter, struct bw_store *store, const char *column,
                    const char *condition, const char *code, struct bw_error *err);
/* By the number that stands for a source or rule; `table` is its table. */
int filter_add_name(struct filter *filter, struct bw_store *store, const char *table,
                    const char *condition, const char *name, struct bw_error *err);
/* " AND id >= …" and " AND id <= …" around all rows of the time span, so that a walk by id need not
 * go beyond it. `column` is the id's. */
int filter_add_bounds(struct filter *filter, struct bw_store *store, const char *table,
                      const char *time_column, const char *column, int64_t since_ms,
                      int64_t until_ms, struct bw_error *err);

/* Appends order and limit, and begins the query with all values bound. */
int filter_begin(struct filter *filter, struct bw_store *store, const char *order, size_t limit,
                 struct db_query *query, struct bw_error *err);

#endif
