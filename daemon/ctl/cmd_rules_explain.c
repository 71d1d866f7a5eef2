/* `rules explain`: why a rule hits an item, or does not. Owns rules and matcher. */
#include "commands.h"
#include "items.h"
#include "output.h"

#include <stdio.h>

struct explanation {
    const char *rule;
    struct bw_matcher *matcher;
};

static enum ctl_code on_item(const struct ctl_item *in, void *ctx)
{
    struct explanation *explanation = ctx;
    enum ctl_code code = CTL_FINE;
    struct bw_error err = {0};
    struct bw_buf text;

    buf_init(&text);
    if (match_explain_item(explanation->matcher, explanation->rule, &in->item, in->source, &text,
                           &err) == 0) {
        out_text(in->id);
        fputs("  ", stdout);
        out_text(in->item.title);
        printf("\n%s\n", buf_text(&text));
    } else {
        code = err.code == BW_ERR_NOTFOUND ? ctl_misuse("%s", err.text) : ctl_fail("%s", err.text);
    }
    buf_clear(&text);
    return code;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct explanation explanation = {.rule = ctl->argv[0]};

    return items_match(ctl, ctl->argv[1], &explanation.matcher, on_item, &explanation);
}

const struct ctl_command cmd_rules_explain = {
    .name = "rules explain",
    .arguments = "RULE FILE.jsonl",
    .summary = "why a rule hits the items of a file, or does not",
    .help = "For each item the query's tree with true or false at each node and the words that\n"
            "decided it; for an event rule what each sentence holds, and why it gives an event or\n"
            "none. FILE.jsonl is as for `rules test`.",
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
