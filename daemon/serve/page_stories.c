/* Stories, one story, one hit. Owns nothing. */
#include "page.h"
#include "routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STORY_HITS = 100 };

struct story_list {
    struct serve_request *request;
    struct bw_buf *out;
    int64_t now, last_id;
    size_t rows;
    struct bw_error *err;
    int result;
};

/* The story's events; those of its first hit have been told with their certainty. */
static void put_event_lines(struct bw_buf *out, const char *lines, const char *told)
{
    char actor[16], stance[16], bloc[32], line[80];

    while (lines != NULL && *lines != '\0') {
        if (sscanf(lines, "%15s %15s %31s", actor, stance, bloc) == 3) {
            snprintf(line, sizeof line, "%s %s %s\n", actor, stance, bloc);
            if (strstr(told, line) == NULL)
                page_put_event(out, actor, stance, bloc, NULL);
        }
        lines += strcspn(lines, "\n");
        lines += *lines == '\n';
    }
}

struct first_hit {
    struct bw_buf *out;
    struct bw_buf told; /* its events as lines */
    bool found;
};

static void put_told_events(struct first_hit *first, const struct bw_hit_row *hit)
{
    for (size_t i = 0; i < hit->n_events; i++) {
        const struct bw_event *event = &hit->events[i];

        page_put_event(first->out, event->actor, stance_name(event->stance), event->bloc,
                       certainty_name(event->certainty));
        buf_printf(&first->told, "%s %s %s\n", event->actor, stance_name(event->stance),
                   event->bloc);
    }
}

/* The story's title is marked as its first hit is. */
static int put_first_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct first_hit *first = ctx;
    struct bw_buf *out = first->out;

    first->found = true;
    page_put_lang(out, hit->lang);
    buf_putc(out, '>');
    buf_printf(out, "<a href=\"/stories/%" PRId64 "\">", hit->story);
    page_put_marked(out, hit, BW_FIELD_TITLE);
    buf_puts(out, "</a></h3>");
    if (hit->n_events > 0 && hit->events[0].sentence_text != NULL) {
        buf_puts(out, "<blockquote");
        page_put_lang(out, hit->lang);
        buf_putc(out, '>');
        html_text(out, hit->events[0].sentence_text);
        buf_puts(out, "</blockquote>");
    }
    buf_puts(out, "<p class=\"events\">");
    put_told_events(first, hit);
    return 1;
}

static int put_story(const struct bw_story_row *story, void *ctx)
{
    struct story_list *list = ctx;
    struct bw_buf *out = list->out;
    struct bw_hit_query first = {.since_ms = BW_TIME_NONE,
                                 .until_ms = BW_TIME_NONE,
                                 .story = story->id,
                                 .oldest_first = true,
                                 .limit = 1};
    struct first_hit shown = {.out = out};

    list->last_id = story->id;
    list->rows++;
    buf_printf(out, "<article class=\"story\" id=\"story-%" PRId64 "\"><h3", story->id);
    list->result =
        store_list_hits(list->request->server->store, &first, put_first_hit, &shown, list->err);
    if (!shown.found) { /* its hits have been pruned */
        buf_putc(out, '>');
        html_text(out, story->title);
        buf_puts(out, "</h3><p class=\"events\">");
    }
    put_event_lines(out, story->events, buf_text(&shown.told));
    buf_clear(&shown.told);
    buf_puts(out, "</p><p class=\"meta\">");
    html_text(out, story->sources);
    buf_puts(out, " · ");
    html_text(out, story->langs);
    buf_printf(out, " · %zu item%s · ", story->n_items, story->n_items == 1 ? "" : "s");
    html_time(out, story->first_ms / 1000);
    if (story->last_ms / 60000 != story->first_ms / 60000) {
        buf_puts(out, " – ");
        html_time(out, story->last_ms / 1000);
    }
    buf_puts(out, "</p></article>\n");
    return list->result;
}

static int put_stories(struct serve_request *request, struct bw_buf *out,
                       const struct bw_story_query *query, struct story_list *list,
                       struct bw_error *err)
{
    *list = (struct story_list){
        .request = request, .out = out, .now = clock_now(&bw_clock_real), .err = err};
    if (store_list_stories(request->server->store, query, put_story, list, err) != 0)
        return -1;
    if (list->rows == 0)
        buf_puts(out, "<p>No story yet.</p>\n");
    return list->result < 0 ? -1 : 0;
}

int page_put_stories(struct serve_request *request, struct bw_buf *out,
                     const struct bw_story_query *query, struct bw_error *err)
{
    struct story_list list;

    return put_stories(request, out, query, &list, err);
}

struct hit_list {
    struct bw_buf *out;
    int64_t now;
    size_t rows;
};

static int put_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct hit_list *list = ctx;

    list->rows++;
    page_put_hit(list->out, hit, list->now);
    return 0;
}

static int put_story_hits(struct serve_request *request, struct bw_buf *out, int64_t story,
                          struct bw_error *err)
{
    struct bw_hit_query query = {.since_ms = BW_TIME_NONE,
                                 .until_ms = BW_TIME_NONE,
                                 .story = story,
                                 .oldest_first = true,
                                 .limit = STORY_HITS};
    struct hit_list list = {out, clock_now(&bw_clock_real), 0};

    return store_list_hits(request->server->store, &query, put_hit, &list, err);
}

void serve_page_stories(struct serve_request *request)
{
    struct bw_story_query query;
    struct story_list list;
    struct bw_error err = {0};
    struct bw_buf out;

    if (serve_query_stories(request, &query) != 0)
        return;
    buf_init(&out);
    page_begin(request, &out, query.id != 0 ? "Story" : "Stories", "/stories");
    if (put_stories(request, &out, &query, &list, &err) != 0)
        goto fail;
    if (query.id != 0 && list.rows == 0) {
        buf_clear(&out);
        serve_reply_problem(request, 404, "there is no story %s", request->rest);
        return;
    }
    if (query.id != 0) {
        buf_puts(&out, "<h2>Its hits</h2>\n");
        if (put_story_hits(request, &out, query.id, &err) != 0)
            goto fail;
    } else if (list.rows == query.limit) {
        page_put_older(request, &out, "/stories", list.last_id);
    }
    page_end(request, &out);
    return;
fail:
    buf_clear(&out);
    serve_reply_error(request, &err);
}

static void put_why(struct bw_buf *out, const struct bw_hit_row *hit)
{
    for (size_t i = 0; i < hit->n_events; i++) {
        const struct bw_event *event = &hit->events[i];

        buf_puts(out, "<div class=\"why\"><p>");
        page_put_event(out, event->actor, stance_name(event->stance), event->bloc,
                       certainty_name(event->certainty));
        buf_puts(out, "</p><blockquote");
        page_put_lang(out, hit->lang);
        buf_putc(out, '>');
        html_text(out, event->sentence_text);
        buf_puts(out, "</blockquote><p>");
        html_text(out, event->why);
        buf_puts(out, "</p></div>\n");
    }
    buf_puts(out, "<table><caption>Words that matched</caption><thead><tr><th "
                  "scope=\"col\">Words</th><th scope=\"col\">Set</th></tr></thead><tbody>");
    for (size_t i = 0; i < hit->n_matched; i++) {
        buf_puts(out, "<tr><td>");
        html_text(out, hit->matched[i].text);
        buf_puts(out, "</td><td>");
        html_text(out, hit->matched[i].set);
        buf_puts(out, "</td></tr>");
    }
    buf_puts(out, "</tbody></table>\n");
}

static int put_whole_hit(const struct bw_hit_row *hit, void *ctx)
{
    struct hit_list *list = ctx;

    list->rows++;
    page_put_hit(list->out, hit, list->now);
    buf_puts(list->out, "<h2>Why</h2>\n");
    put_why(list->out, hit);
    buf_puts(list->out, "<h2>What became of it</h2><p>");
    html_text(list->out, hit->fate);
    if (hit->fate_reason != NULL) {
        buf_puts(list->out, ": ");
        html_text(list->out, hit->fate_reason);
    }
    buf_puts(list->out, "</p>\n");
    if (hit->story != 0)
        buf_printf(list->out, "<p><a href=\"/stories/%" PRId64 "\">The whole story</a></p>\n",
                   hit->story);
    return 0;
}

void serve_page_hit(struct serve_request *request)
{
    struct hit_list list = {NULL, clock_now(&bw_clock_real), 0};
    struct bw_hit_query query;
    struct bw_error err = {0};
    struct bw_buf out;

    if (serve_query_hits(request, &query) != 0)
        return;
    buf_init(&out);
    list.out = &out;
    page_begin(request, &out, "Hit", "/hits");
    if (store_list_hits(request->server->store, &query, put_whole_hit, &list, &err) != 0) {
        buf_clear(&out);
        serve_reply_error(request, &err);
    } else if (list.rows == 0) {
        buf_clear(&out);
        serve_reply_problem(request, 404, "there is no hit %s", request->rest);
    } else {
        page_end(request, &out);
    }
}
