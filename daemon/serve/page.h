/* The page: its frame, and the pieces that several views share. */
#ifndef BLOCWATCH_SERVE_PAGE_H
#define BLOCWATCH_SERVE_PAGE_H

#include "html.h"
#include "query.h"
#include "server.h"
#include "signals.h"

/* Everything up to <main> and a heading; `here` is the view's path, for the navigation. */
void page_begin(struct serve_request *request, struct bw_buf *out, const char *title,
                const char *here);
/* The rest; answers the request and clears `out`. */
void page_end(struct serve_request *request, struct bw_buf *out);

/* A form's hidden fields: the CSRF token, and where to go on. */
void page_put_hidden(struct serve_request *request, struct bw_buf *out, const char *back);
/* Title or summary of a hit with its matched words marked; field is BW_FIELD_TITLE or _SUMMARY. */
void page_put_marked(struct bw_buf *out, const struct bw_hit_row *hit, enum bw_field field);
/* "KZ ▼ declines BRICS", coloured by direction; certainty when it is not stated. */
void page_put_event(struct bw_buf *out, const char *actor, const char *stance, const char *bloc,
                    const char *certainty);
/* One hit as an <article>. */
void page_put_hit(struct bw_buf *out, const struct bw_hit_row *hit, int64_t now);
/* lang="…" when known, and dir="auto". */
void page_put_lang(struct bw_buf *out, const char *lang);
/* "Older" when a list was cut: the same view, from `cursor` on. */
void page_put_older(struct serve_request *request, struct bw_buf *out, const char *path,
                    int64_t cursor);
/* The state of the form: <option> list with the chosen one selected; the first is "any". */
void page_put_option(struct bw_buf *out, const char *value, const char *title, const char *chosen);

/* Parts of the dashboard, each a <section>. */
int page_put_timeline(struct serve_request *request, struct bw_buf *out,
                      const struct serve_matrix *matrix, struct bw_error *err);
int page_put_stories(struct serve_request *request, struct bw_buf *out,
                     const struct bw_story_query *query, struct bw_error *err);

/* assets.c, made from assets/ when building */
struct serve_asset {
    const char *path, *type;
    const unsigned char *data;
    size_t len;
};
extern const struct serve_asset serve_assets[];
extern const size_t serve_n_assets;

#endif
