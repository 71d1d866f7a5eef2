/* `sources add`: finds the feeds behind an address, shows them, writes the YAML. Owns the list. */
#include "commands.h"
#include "http.h"
#include "output.h"
#include "yaml_out.h"

#include "blocwatch/clock.h"
#include "blocwatch/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FEEDS = 20, SHOWN_ITEMS = 3 };

struct found {
    char *url;
    struct bw_document *doc;
};

struct search {
    struct ctl *ctl;
    struct found feeds[MOST_FEEDS];
    size_t n;
};

static int fetch(const struct ctl *ctl, const char *url, struct http_reply *reply,
                 struct bw_error *err)
{
    const struct http_request request = {
        .url = url,
        .follow = true,
        .user_agent = ctl->config->polling.user_agent,
    };

    if (http_ask(&request, reply, err) != 0)
        return -1;
    if (reply->status == 200)
        return 0;
    error_set(err, BW_ERR_NETWORK, "%s: status %ld", url, reply->status);
    http_reply_clear(reply);
    return -1;
}

static int parse(const struct http_reply *reply, struct bw_document **doc, struct bw_error *err)
{
    const struct bw_feed_input input = {
        .bytes = buf_text(&reply->body),
        .len = reply->body.len,
        .content_type = reply->content_type.len > 0 ? buf_text(&reply->content_type) : NULL,
        .base_url = buf_text(&reply->url),
        .now = clock_now(&bw_clock_real),
    };

    return feed_parse_document(&input, &feed_limits_default, doc, err);
}

static void add_feed(struct search *search, const char *url, struct bw_document *doc)
{
    struct found *found = &search->feeds[search->n];

    found->url = strdup(url);
    found->doc = doc;
    if (found->url != NULL) {
        search->n++;
    } else {
        document_free(doc);
    }
}

/* Looks at each feed that the page offers. */
static void follow_links(struct search *search, const struct bw_feed_link *links, size_t n)
{
    for (size_t i = 0; i < n && search->n < MOST_FEEDS; i++) {
        struct bw_document *doc = NULL;
        struct bw_error err = {0};
        struct http_reply reply;

        if (fetch(search->ctl, links[i].url, &reply, &err) != 0) {
            fprintf(stderr, "left out: %s\n", err.text);
            continue;
        }
        if (parse(&reply, &doc, &err) == 0)
            add_feed(search, links[i].url, doc);
        else
            fprintf(stderr, "left out: %s: %s\n", links[i].url, err.text);
        http_reply_clear(&reply);
    }
}

/* The address is a feed, or a page that offers some. */
static enum ctl_code look(struct search *search, const char *url)
{
    struct bw_feed_link *links = NULL;
    struct bw_document *doc = NULL;
    enum ctl_code code = CTL_FINE;
    struct bw_arena *arena = NULL;
    struct bw_error err = {0};
    struct http_reply reply;
    size_t n = 0;

    if (fetch(search->ctl, url, &reply, &err) != 0)
        return ctl_fail("%s", err.text);
    if (parse(&reply, &doc, &err) == 0) {
        add_feed(search, buf_text(&reply.url), doc);
        goto out;
    }
    arena = arena_new(0);
    if (arena == NULL || feed_find_links(buf_text(&reply.body), reply.body.len,
                                         buf_text(&reply.url), arena, &links, &n, &err) != 0) {
        code = ctl_fail("%s: %s", url, err.text);
        goto out;
    }
    if (n == 0)
        code = ctl_fail("%s: %s, and it offers no feed", url, err.text);
    follow_links(search, links, n);
    if (code == CTL_FINE && search->n == 0)
        code = ctl_fail("%s: none of the %zu addresses that it offers is a feed", url, n);
out:
    arena_free(arena);
    http_reply_clear(&reply);
    return code;
}

static void print_found(size_t number, const struct found *found)
{
    const struct bw_feed *feed = &found->doc->feed;
    char time[BW_TIME_TEXT];

    printf("%2zu  ", number);
    out_text(found->url);
    fputs("\n    ", stdout);
    out_text(feed->title != NULL ? feed->title : "(no title)");
    printf(" [%s, %s], %zu items\n", feed->lang != NULL ? feed->lang : "language not declared",
           feed->format, feed->n_items);
    for (size_t i = 0; i < feed->n_items && i < SHOWN_ITEMS; i++) {
        clock_format(feed->items[i].published, time);
        printf("      %-20s ", time);
        out_text(feed->items[i].title);
        putchar('\n');
    }
}

static enum ctl_code write_out(struct search *search, size_t pick)
{
    const struct found *found = &search->feeds[pick - 1];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what was found has its document */
    const struct yaml_source source = {found->url, found->doc->feed.title, found->doc->feed.lang};
    struct yaml_ids ids = {0};
    struct bw_buf entries;
    enum ctl_code code;
    const char *id = NULL;

    buf_init(&entries);
    if (yaml_ids_init(&ids, search->ctl->config) == 0)
        id = yaml_ids_make(&ids, &source);
    if (id != NULL)
        yaml_put_source(&entries, id, &source);
    code = id != NULL ? yaml_write_sources(ctl_value(search->ctl, "output"), &entries)
                      : ctl_fail("out of memory");
    yaml_ids_clear(&ids);
    buf_clear(&entries);
    return code;
}

static enum ctl_code choose(struct search *search)
{
    size_t pick;

    if (search->n == 0)
        return ctl_fail("out of memory");
    if (ctl_number(search->ctl, "pick", search->n == 1 ? 1 : 0, search->n, &pick) != 0)
        return CTL_USAGE;
    if (pick > 0 && (search->n > 1 || ctl_value(search->ctl, "pick") != NULL))
        return write_out(search, pick);
    for (size_t i = 0; i < search->n; i++)
        print_found(i + 1, &search->feeds[i]);
    if (pick == 0) {
        puts("\nChoose one with --pick N.");
        return CTL_FINE;
    }
    putchar('\n');
    return write_out(search, pick);
}

static enum ctl_code run(struct ctl *ctl)
{
    struct search search = {.ctl = ctl};
    enum ctl_code code = ctl_load_config(ctl);

    if (code == CTL_FINE)
        code = look(&search, ctl->argv[0]);
    if (code == CTL_FINE)
        code = choose(&search);
    for (size_t i = 0; i < search.n; i++) {
        document_free(search.feeds[i].doc);
        free(search.feeds[i].url);
    }
    return code;
}

const struct ctl_command cmd_sources_add = {
    .name = "sources add",
    .arguments = "URL",
    .summary = "find the feeds behind an address, and the YAML for one",
    .help =
        "URL is a feed, or a page that offers feeds (rel=alternate, or links that look like\n"
        "feeds, as on RFE/RL's /rssfeeds). Each is shown with title, language and latest items.",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = {{"pick", "N", "the N-th of them"},
                {"output", "FILE", "write a new file, such as sources.d/mine.yaml"}},
    .run = run,
};
