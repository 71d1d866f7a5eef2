/* The web server's hooks into poller, readers and intake. Owns the server. */
#include "web.h"

#include "blocwatch/log.h"
#include "metrics.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct bw_web {
    struct bw_intake_rooms rooms;
    struct bw_intake *intake;
    struct bw_server *server;
    bool ending;
};

/* The source of texts that are tried; no configured id has a space. */
static const char try_source[] = "a text to try";

struct trial {
    struct bw_poll poll; /* first, so that the way back leads here */
    serve_answer_fn *answer;
    void *reply;
};

static void each_source(serve_source_fn *fn, void *fn_ctx, void *ctx)
{
    struct bw_web *web = ctx;
    const struct bw_config *config = web->rooms.config;

    for (size_t i = 0; i < config->n_sources; i++) {
        struct bw_serve_source row = {
            .source = &config->sources[i],
            .state = poller_state(web->rooms.poller, config->sources[i].id),
        };

        if (fn(&row, fn_ctx) != 0)
            return;
    }
}

static int poll_now(const char *source_id, struct bw_error *err, void *ctx)
{
    struct bw_web *web = ctx;

    return poller_poll_now(web->rooms.poller, source_id, err);
}

static bool is_ready(void *ctx)
{
    struct bw_web *web = ctx;

    return !web->ending;
}

static void put_metrics(struct bw_buf *out, void *ctx)
{
    struct bw_web *web = ctx;
    struct bw_poller_stats polls = poller_stats(web->rooms.poller);
    struct bw_reader_stats reads = reader_pool_stats(web->rooms.readers);

    metrics_put(out, intake_metrics(web->intake));
    metrics_put_gauge(out, "sources", "Configured sources that are polled.", (double)polls.sources);
    metrics_put_counter(out, "polls_started_total", "Polls begun: home and under way.",
                        polls.started);
    metrics_put_counter(out, "polls_home_total", "Polls that came home, stored or not.",
                        polls.home);
    metrics_put_gauge(out, "polls_under_way", "Polls that have not come home.",
                      (double)polls.under_way);
    metrics_put_gauge(out, "polls_waiting", "Due polls that wait for their host.",
                      (double)polls.waiting_for_lane);
    metrics_put_gauge(out, "readers", "Reader processes.", reads.readers);
    metrics_put_gauge(out, "readers_busy", "Readers with a document.", reads.busy);
    metrics_put_gauge(out, "reader_queue", "Documents that wait for a reader.", reads.queued);
    metrics_put_counter(out, "reader_restarts_total", "Readers that had to be replaced.",
                        reads.restarts);
    metrics_put_counter(out, "documents_total", "Documents read.", reads.documents);
    metrics_put_counter(out, "documents_poisoned_total", "Documents put into quarantine.",
                        reads.poisoned);
}

/* The text as a JSON Feed of one item (version 1.1). */
static int put_document(struct bw_buf *out, const char *title, const char *summary,
                        const char *lang, struct bw_error *err)
{
    json_t *item = json_pack("{s:s, s:s, s:s}", "id", "try", "title", title != NULL ? title : "",
                             "content_text", summary != NULL ? summary : "");
    json_t *feed = json_pack("{s:s, s:s, s:[o]}", "version", "https://jsonfeed.org/version/1.1",
                             "title", "try", "items", item);
    char *text;

    if (item == NULL)
        return error_set(err, BW_ERR_USAGE, "the text is not UTF-8");
    if (lang != NULL)
        json_object_set_new(item, "language", json_string(lang));
    text = feed == NULL ? NULL : json_dumps(feed, JSON_COMPACT);
    json_decref(feed);
    if (text != NULL)
        buf_puts(out, text);
    if (text == NULL || out->failed) {
        free(text);
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    }
    free(text);
    return 0;
}

static void free_trial(struct trial *trial)
{
    if (trial == NULL)
        return;
    document_free(trial->poll.doc);
    buf_clear(&trial->poll.fetch.body);
    free(trial);
}

static void try_item(const char *title, const char *summary, const char *lang,
                     serve_answer_fn *answer, void *reply, void *ctx)
{
    struct bw_error err = {BW_ERR_MEMORY, "out of memory"};
    struct bw_web *web = ctx;
    struct trial *trial = calloc(1, sizeof *trial);

    if (trial == NULL || put_document(&trial->poll.fetch.body, title, summary, lang, &err) != 0) {
        free_trial(trial);
        answer(NULL, &err, reply);
        return;
    }
    trial->answer = answer;
    trial->reply = reply;
    trial->poll.source_id = try_source;
    trial->poll.fetch.started_ms = clock_now_ms(web->rooms.clock);
    trial->poll.fetch.ended_ms = trial->poll.fetch.started_ms;
    reader_pool_submit(web->rooms.readers, &trial->poll);
}

static json_t *tried_event(const struct bw_event *event)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "actor", event->actor, "stance",
                     stance_name(event->stance), "bloc", event->bloc, "certainty",
                     certainty_name(event->certainty), "sentence", event->sentence_text, "why",
                     event->why);
}

static json_t *tried_hit(const struct bw_hit *hit)
{
    json_t *events = json_array(), *matched = json_array();

    for (size_t i = 0; i < hit->n_events; i++)
        json_array_append_new(events, tried_event(&hit->events[i]));
    for (size_t i = 0; i < hit->n_matched; i++)
        json_array_append_new(matched, json_string(hit->matched[i].text));
    return json_pack("{s:s, s:o, s:o}", "rule", hit->rule, "events", events, "matched", matched);
}

static char *tried_text(const struct bw_poll *poll)
{
    json_t *hits = json_array(), *json;
    char *text;

    for (size_t i = 0; poll->doc->feed.n_items > 0 && i < poll->hits[0].n_hits; i++)
        json_array_append_new(hits, tried_hit(&poll->hits[0].hits[i]));
    json = json_pack("{s:s, s:o}", "id", "try", "hits", hits);
    text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

bool web_take_read(struct bw_poll *poll, enum bw_read_outcome outcome)
{
    static const struct bw_error ending = {BW_ERR_BUSY, "the daemon is ending"};
    struct trial *trial = (struct trial *)poll;
    char *text = NULL;

    if (poll->source_id != try_source)
        return false;
    if (outcome == BW_READ_DONE && poll->error.code == BW_OK)
        text = tried_text(poll);
    if (text != NULL)
        trial->answer(text, NULL, trial->reply);
    else
        trial->answer(NULL, poll->error.code != BW_OK ? &poll->error : &ending, trial->reply);
    free(text);
    free_trial(trial);
    return true;
}

struct bw_web *web_new(const struct bw_intake_rooms *rooms, struct bw_intake *intake,
                       struct bw_error *err)
{
    struct bw_web *web = calloc(1, sizeof *web);
    struct bw_serve_hooks hooks = {
        each_source, poll_now, alert_check_matchers, try_item, put_metrics, is_ready, web};

    if (web == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        return NULL;
    }
    web->rooms = *rooms;
    web->intake = intake;
    web->server = server_new(rooms->base, rooms->config, rooms->store, &hooks, err);
    if (web->server == NULL) {
        free(web);
        return NULL;
    }
    return web;
}

void web_free(struct bw_web *web)
{
    if (web == NULL)
        return;
    server_free(web->server);
    free(web);
}

void web_join(struct bw_web *web, const struct bw_intake_rooms *rooms)
{
    struct bw_error err = {0};

    web->rooms = *rooms;
    if (server_replace_config(web->server, rooms->config, &err) != 0)
        log_warn("the page stays where it is", "reason", err.text);
}

const char *web_url(const struct bw_web *web)
{
    return server_url(web->server);
}

void web_announce(struct bw_web *web)
{
    server_announce(web->server);
}

void web_end(struct bw_web *web)
{
    web->ending = true;
}
