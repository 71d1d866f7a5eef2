/* `feed parse`: what a feed document holds, as the daemon would see it. Owns nothing. */
#include "commands.h"
#include "output.h"

#include "blocwatch/clock.h"
#include "blocwatch/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

static int print_json(const struct bw_item *item)
{
    return out_json_line(
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", out_json_text(item->id),
                  "title", out_json_text(item->title), "link", out_json_text(item->link),
                  "published", out_json_time(item->published), "updated",
                  out_json_time(item->updated), "author", out_json_text(item->author), "summary",
                  out_json_text(item->summary), "lang", out_json_text(item->lang)));
}

static void print_text(const struct bw_item *item)
{
    char time[BW_TIME_TEXT];

    clock_format(item->published, time);
    printf("%-20s  ", time);
    out_text(item->title != NULL ? item->title : "(no title)");
    if (item->link != NULL) {
        fputs("\n                      ", stdout);
        out_text(item->link);
    }
    putchar('\n');
}

static int print_feed(const struct ctl *ctl, const struct bw_feed *feed)
{
    if (feed->warning != NULL)
        fprintf(stderr, "%s: %s\n", ctl->argv[0], feed->warning);
    for (size_t i = 0; i < feed->n_items; i++) {
        if (!ctl->json)
            print_text(&feed->items[i]);
        else if (print_json(&feed->items[i]) != 0)
            return -1;
    }
    return 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    const char *file = strcmp(ctl->argv[0], "-") == 0 ? "/dev/stdin" : ctl->argv[0];
    struct bw_feed_input input = {.base_url = ctl_value(ctl, "base"),
                                  .content_type = ctl_value(ctl, "type"),
                                  .now = clock_now(&bw_clock_real)};
    struct bw_document *doc = NULL;
    enum ctl_code code = CTL_FINE;
    struct bw_error err = {0};
    struct bw_buf bytes;

    buf_init(&bytes);
    if (buf_read_file(&bytes, file, MOST_BYTES) != 0) {
        code = ctl_fail("cannot read %s: %s", ctl->argv[0], strerror(errno));
        goto out;
    }
    input.bytes = buf_text(&bytes);
    input.len = bytes.len;
    if (feed_parse_document(&input, &feed_limits_default, &doc, &err) != 0) {
        code = ctl_fail("%s: %s", ctl->argv[0], err.text);
        goto out;
    }
    if (print_feed(ctl, &doc->feed) != 0)
        code = CTL_FAILED;
out:
    document_free(doc);
    buf_clear(&bytes);
    return code;
}

const struct ctl_command cmd_feed_parse = {
    .name = "feed parse",
    .arguments = "FILE",
    .summary = "parse a feed document, one entry a line",
    .help =
        "FILE is RSS, Atom or JSON Feed; \"-\" reads standard input. With --json each line is\n"
        "{\"id\",\"title\",\"link\",\"published\",\"updated\",\"author\",\"summary\",\"lang\"}; "
        "times are\nRFC 3339 in UTC or null, title and summary plain text.",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = {{"base", "URL", "where the document came from, for relative links"},
                {"type", "TYPE", "the Content-Type that it came with"}},
    .run = run,
};
