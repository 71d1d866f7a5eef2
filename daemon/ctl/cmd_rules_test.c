/* `rules test`: which rules hit given items, and with which events. Owns rules and matcher. */
#include "commands.h"
#include "items.h"
#include "output.h"

#include <stdio.h>

struct test {
    const struct ctl *ctl;
    struct bw_matcher *matcher;
};

static int print_json(const char *id, const struct bw_hits *found)
{
    json_t *hits = json_array();

    for (size_t i = 0; i < found->n_hits; i++)
        json_array_append_new(
            hits, json_pack("{s:s, s:o}", "rule", found->hits[i].rule, "events",
                            out_json_events(found->hits[i].events, found->hits[i].n_events)));
    return out_json_line(json_pack("{s:o, s:o}", "id", out_json_text(id), "hits", hits));
}

static void print_text(const struct ctl_item *in, const struct bw_hits *found)
{
    out_text(in->id);
    fputs("  ", stdout);
    out_text(in->item.title);
    putchar('\n');
    for (size_t i = 0; i < found->n_hits; i++) {
        const struct bw_hit *hit = &found->hits[i];

        printf("    %s", hit->rule);
        fputs(hit->n_events > 0 ? ": " : "", stdout);
        out_events(hit->events, hit->n_events);
        fputs(hit->n_matched > 0 ? "  [" : "", stdout);
        out_matched(hit->matched, hit->n_matched);
        puts(hit->n_matched > 0 ? "]" : "");
    }
}

static enum ctl_code on_item(const struct ctl_item *in, void *ctx)
{
    struct test *test = ctx;
    struct bw_arena *arena = arena_new(0);
    enum ctl_code code = CTL_FINE;
    struct bw_hits found = {0};
    struct bw_error err = {0};

    if (arena == NULL)
        return ctl_fail("out of memory");
    if (matcher_match_item(test->matcher, &in->item, in->source, arena, &found, &err) != 0)
        code = ctl_fail("%s: %s", in->id, err.text);
    else if (!test->ctl->json)
        print_text(in, &found);
    else if (print_json(in->id, &found) != 0)
        code = CTL_FAILED;
    arena_free(arena);
    return code;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct test test = {.ctl = ctl};

    return items_match(ctl, ctl->argv[0], &test.matcher, on_item, &test);
}

const struct ctl_command cmd_rules_test = {
    .name = "rules test",
    .arguments = "FILE.jsonl",
    .summary = "which rules hit the items of a file",
    .help = "FILE.jsonl has one item a line, {\"id\",\"title\",\"summary\",\"lang\"?,\"source\"?,"
            "\"published\"?};\n\"-\" reads standard input. One answer a line, in order; with "
            "--json\n{\"id\",\"hits\":[{\"rule\",\"events\":[{\"actor\",\"stance\",\"bloc\"}]}]}. "
            "Nothing is stored.",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
