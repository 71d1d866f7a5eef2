/* Problems with their excerpt and caret. Owns the list inside a bw_match_problems. */
#include "problem.h"

#include "fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { EXCERPT_WIDTH = 96 };

/* One line of a text, shortened to what stands around the mark. */
struct line {
    const char *text;
    size_t len, at; /* at: of the mark */
    bool cut_left, cut_right;
};

static bool starts_character(const char *text, size_t at)
{
    return ((unsigned char)text[at] & 0xC0) != 0x80;
}

static struct line find_line(const char *text, size_t at, int *lines_before)
{
    struct line line = {.text = text, .at = at};
    size_t cut = 0;

    *lines_before = 0;
    for (size_t i = 0; i < at && text[i] != '\0'; i++) {
        if (text[i] == '\n') {
            line.text = text + i + 1;
            line.at = at - i - 1;
            ++*lines_before;
        }
    }
    line.len = strcspn(line.text, "\n");
    if (line.at > line.len)
        line.at = line.len;
    if (line.at > EXCERPT_WIDTH / 2 && line.len > EXCERPT_WIDTH) {
        cut = line.at - EXCERPT_WIDTH / 2;
        while (cut > 0 && !starts_character(line.text, cut))
            cut--;
        line.cut_left = true;
    }
    line.text += cut;
    line.at -= cut;
    line.len -= cut;
    if (line.len > EXCERPT_WIDTH) {
        line.len = EXCERPT_WIDTH;
        while (line.len > 0 && !starts_character(line.text, line.len))
            line.len--;
        line.cut_right = true;
    }
    return line;
}

/* Columns on a terminal. */
static size_t measure(const char *text, size_t len)
{
    size_t width = 0, used;

    for (size_t at = 0; at < len; at += used) {
        int columns = utf8proc_charwidth((utf8proc_int32_t)fold_decode(text + at, len - at, &used));

        width += columns > 0 ? (size_t)columns : 0;
    }
    return width;
}

static void put_visible(struct bw_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_putc(out, (unsigned char)text[i] < ' ' ? ' ' : text[i]);
}

static char *make_excerpt(struct bw_arena *arena, const struct bw_spot *spot, int *lines_before)
{
    struct line line = find_line(spot->text, spot->at, lines_before);
    size_t marked = spot->len < line.len - line.at ? spot->len : line.len - line.at;
    struct bw_buf out;
    char *text;

    buf_init(&out);
    buf_puts(&out, line.cut_left ? "…" : "");
    put_visible(&out, line.text, line.len);
    buf_puts(&out, line.cut_right ? "…\n" : "\n");
    for (size_t i = measure(line.text, line.at) + line.cut_left; i > 0; i--)
        buf_putc(&out, ' ');
    buf_putc(&out, '^');
    for (size_t i = measure(line.text + line.at, marked); i > 1; i--)
        buf_putc(&out, '~');
    text = out.failed ? NULL : arena_strdup(arena, out.data);
    buf_clear(&out);
    return text;
}

static struct bw_match_problem *grow(struct bw_match_problems *problems)
{
    struct bw_match_problem *grown;

    if (problems->arena == NULL)
        problems->arena = arena_new(0);
    if (problems->arena == NULL)
        return NULL;
    if ((problems->n & (problems->n - 1)) == 0) { /* 0, 1, 2, 4 … */
        grown = realloc(problems->list, (problems->n == 0 ? 1 : problems->n * 2) * sizeof *grown);
        if (grown == NULL)
            return NULL;
        problems->list = grown;
    }
    return memset(&problems->list[problems->n], 0, sizeof *problems->list);
}

void problem_add(struct bw_match_problems *problems, bool warning, const struct bw_spot *spot,
                 const char *format, ...)
{
    struct bw_match_problem *problem;
    char text[1024];
    int lines = 0;
    va_list args;

    problems->n_errors += !warning;
    if (problems->n >= BW_PROBLEMS_MOST || (problem = grow(problems)) == NULL)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    problem->warning = warning;
    problem->place = spot->place;
    problem->place.file = arena_strdup(problems->arena, spot->place.file);
    if (spot->text != NULL)
        problem->excerpt = make_excerpt(problems->arena, spot, &lines);
    if (problem->place.line > 0)
        problem->place.line += lines;
    problem->text = arena_strdup(problems->arena, text);
    problem->subject = arena_printf(problems->arena, "%s %s", spot->kind,
                                    spot->name != NULL && spot->name[0] != '\0' ? spot->name : "?");
    if (problem->text != NULL && problem->subject != NULL)
        problems->n++;
}

void match_clear_problems(struct bw_match_problems *problems)
{
    free(problems->list);
    arena_free(problems->arena);
    memset(problems, 0, sizeof *problems);
}

void match_format_problem(const struct bw_match_problem *problem, struct bw_buf *out)
{
    if (problem->place.file != NULL) {
        buf_puts(out, problem->place.file);
        if (problem->place.line > 0)
            buf_printf(out, ":%d", problem->place.line);
        buf_puts(out, ": ");
    }
    buf_printf(out, "%s: %s: %s\n", problem->warning ? "warning" : "error", problem->subject,
               problem->text);
    for (const char *line = problem->excerpt; line != NULL && *line != '\0';) {
        size_t len = strcspn(line, "\n");

        buf_printf(out, "    %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}
