/* `export`: sources as OPML, hits as CSV or JSON lines. Owns nothing. */
#include "commands.h"
#include "hits.h"
#include "output.h"

#include "blocwatch/clock.h"

#include <stdio.h>
#include <string.h>

/* --- OPML 2.0 (opml.org/spec2.opml) ----------------------------------------------------------- */

static void print_attribute(const char *name, const char *value)
{
    if (value == NULL)
        return;
    printf(" %s=\"", name);
    for (const char *p = value; *p != '\0'; p++) {
        switch (*p) {
        case '&':
            fputs("&amp;", stdout);
            break;
        case '<':
            fputs("&lt;", stdout);
            break;
        case '>':
            fputs("&gt;", stdout);
            break;
        case '"':
            fputs("&quot;", stdout);
            break;
        default:
            if ((unsigned char)*p >= ' ')
                putchar(*p);
        }
    }
    putchar('"');
}

static enum ctl_code run_opml(struct ctl *ctl)
{
    enum ctl_code code = ctl_load_config(ctl);

    if (code != CTL_FINE)
        return code;
    puts("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n"
         "  <head><title>Blocwatch sources</title></head>\n  <body>");
    for (size_t i = 0; i < ctl->config->n_sources; i++) {
        const struct bw_config_source *source = &ctl->config->sources[i];

        fputs("    <outline type=\"rss\"", stdout);
        print_attribute("text", source->title != NULL ? source->title : source->id);
        print_attribute("xmlUrl", source->url);
        print_attribute("language", source->lang);
        puts("/>");
    }
    puts("  </body>\n</opml>");
    return CTL_FINE;
}

const struct ctl_command cmd_export_opml = {
    .name = "export opml",
    .arguments = "",
    .summary = "the sources, for another feed reader",
    .run = run_opml,
};

/* --- hits ----------------------------------------------------------------------------------- */

/* A field of RFC 4180. What a spreadsheet would take for a formula gets a ' before it. */
static void print_field(const char *text, bool last)
{
    putchar('"');
    if (text != NULL && text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL)
        putchar('\'');
    for (const char *p = text; p != NULL && *p != '\0'; p++) {
        if (*p == '"')
            putchar('"');
        putchar((unsigned char)*p >= ' ' ? *p : ' ');
    }
    fputs(last ? "\"\r\n" : "\",", stdout);
}

static int on_csv(const struct bw_hit_row *hit, void *ctx)
{
    char found[BW_TIME_TEXT], published[BW_TIME_TEXT];
    size_t n = hit->n_events > 0 ? hit->n_events : 1;

    (void)ctx;
    clock_format(hit->time_ms / 1000, found);
    clock_format(hit->published, published);
    for (size_t i = 0; i < n; i++) {
        const struct bw_event *event = hit->n_events > 0 ? &hit->events[i] : NULL;

        printf("%lld,", (long long)hit->id);
        print_field(found, false);
        print_field(published, false);
        print_field(hit->rule, false);
        print_field(hit->severity, false);
        print_field(hit->source, false);
        print_field(hit->lang, false);
        print_field(event != NULL ? event->actor : NULL, false);
        print_field(event != NULL ? stance_name(event->stance) : NULL, false);
        print_field(event != NULL ? event->bloc : NULL, false);
        print_field(event != NULL ? certainty_name(event->certainty) : NULL, false);
        print_field(hit->title, false);
        print_field(hit->link, true);
    }
    return 0;
}

static int on_jsonl(const struct bw_hit_row *hit, void *ctx)
{
    bool *failed = ctx;

    *failed = hits_print_json(hit) != 0;
    return *failed ? 1 : 0;
}

static enum ctl_code export_hits(struct ctl *ctl, store_hit_fn *fn, const char *head)
{
    struct bw_error err = {0};
    struct bw_hit_query query;
    enum ctl_code code;
    bool failed = false;

    if (hits_read_query(ctl, &query) != 0)
        return CTL_USAGE;
    code = ctl_open_store(ctl);
    if (code != CTL_FINE)
        return code;
    query.oldest_first = true;
    fputs(head, stdout);
    if (store_list_hits(ctl->store, &query, fn, &failed, &err) != 0)
        return ctl_store_failed(&err);
    return failed ? CTL_FAILED : CTL_FINE;
}

static enum ctl_code run_csv(struct ctl *ctl)
{
    return export_hits(ctl, on_csv,
                       "id,time,published,rule,severity,source,lang,actor,stance,bloc,certainty,"
                       "title,link\r\n");
}

static enum ctl_code run_jsonl(struct ctl *ctl)
{
    return export_hits(ctl, on_jsonl, "");
}

const struct ctl_command cmd_export_csv = {
    .name = "export csv",
    .arguments = "",
    .summary = "hits for a spreadsheet, one event a line, oldest first",
    .options = {HITS_OPTIONS},
    .run = run_csv,
};

const struct ctl_command cmd_export_jsonl = {
    .name = "export jsonl",
    .arguments = "",
    .summary = "hits as JSON lines, oldest first",
    .options = {HITS_OPTIONS},
    .run = run_jsonl,
};
