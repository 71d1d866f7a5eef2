/* /healthz, /readyz and /metrics (Prometheus text format 0.0.4). Owns nothing. */
#include "routes.h"

#include <inttypes.h>
#include <string.h>

static void reply_word(struct serve_request *request, int status, const char *word)
{
    serve_reply(request, status, "text/plain; charset=utf-8", word, strlen(word));
}

/* The loop answers, so it runs. */
void serve_healthz(struct serve_request *request)
{
    reply_word(request, 200, "ok\n");
}

void serve_readyz(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    struct bw_store_counts counts;
    struct bw_error err = {0};

    if (!hooks->is_ready(hooks->ctx))
        reply_word(request, 503, "not ready: ending, or no reader has started yet\n");
    else if (store_count(request->server->store, &counts, &err) != 0)
        serve_reply_problem(request, 503, "%s", err.text);
    else
        reply_word(request, 200, "ok\n");
}

static void put_gauge(struct bw_buf *out, const char *name, const char *help, int64_t value)
{
    buf_printf(out, "# HELP blocwatch_%s %s\n# TYPE blocwatch_%s gauge\nblocwatch_%s %" PRId64 "\n",
               name, help, name, name, value);
}

static void put_counts(struct bw_buf *out, const struct bw_store_counts *counts)
{
    int64_t now = clock_now_ms(&bw_clock_real);

    put_gauge(out, "stored_items", "Items in the store.", counts->items);
    put_gauge(out, "stored_hits", "Hits in the store.", counts->hits);
    put_gauge(out, "stored_stories", "Stories in the store.", counts->stories);
    put_gauge(out, "outbox_pending", "Alerts that wait for delivery.", counts->pending);
    put_gauge(out, "outbox_dead", "Alerts that were given up.", counts->dead);
    put_gauge(out, "outbox_oldest_seconds", "Age of the oldest alert that waits.",
              counts->oldest_pending_ms == BW_TIME_NONE ? 0
                                                        : (now - counts->oldest_pending_ms) / 1000);
    put_gauge(out, "database_bytes", "Size of the database.", counts->bytes);
    buf_printf(out, "# HELP blocwatch_hits_by_fate Stored hits by what became of them.\n"
                    "# TYPE blocwatch_hits_by_fate gauge\n");
    for (int i = 0; i < BW_FATES; i++)
        buf_printf(out, "blocwatch_hits_by_fate{fate=\"%s\"} %" PRId64 "\n", fate_name(i),
                   counts->fates[i]);
}

void serve_metrics(struct serve_request *request)
{
    const struct bw_serve_hooks *hooks = &request->server->hooks;
    struct bw_store_counts counts;
    struct bw_error err = {0};
    struct bw_buf out;

    if (store_count(request->server->store, &counts, &err) != 0) {
        serve_reply_error(request, &err);
        return;
    }
    buf_init(&out);
    hooks->put_metrics(&out, hooks->ctx);
    put_counts(&out, &counts);
    buf_printf(&out,
               "# HELP blocwatch_http_requests_total Requests to this server.\n"
               "# TYPE blocwatch_http_requests_total counter\n"
               "blocwatch_http_requests_total %" PRIu64 "\n",
               request->server->requests);
    serve_reply_buf(request, "text/plain; version=0.0.4; charset=utf-8", &out);
}
