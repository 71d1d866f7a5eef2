/* Counters and histograms, and their text. Owns nothing. */
#include "metrics.h"

#include <inttypes.h>

static const double poll_bounds[METRICS_BUCKETS] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                    1,    2.5,   5,    10,  30,   60};
static const double delay_bounds[METRICS_BUCKETS] = {10,   30,   60,    120,   300,   600,
                                                     1200, 3600, 10800, 21600, 43200, 86400};

void metrics_init(struct bw_metrics *metrics)
{
    *metrics = (struct bw_metrics){
        .poll_seconds.bounds = poll_bounds,
        .delay_seconds.bounds = delay_bounds,
    };
}

void metrics_observe(struct bw_histogram *histogram, double seconds)
{
    int bucket = 0;

    if (seconds < 0) /* the clock was set back under way */
        seconds = 0;
    while (bucket < METRICS_BUCKETS && seconds > histogram->bounds[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->n++;
    histogram->sum += seconds;
}

static void put_head(struct bw_buf *out, const char *name, const char *help, const char *type)
{
    buf_printf(out, "# HELP blocwatch_%s %s\n# TYPE blocwatch_%s %s\n", name, help, name, type);
}

void metrics_put_counter(struct bw_buf *out, const char *name, const char *help, uint64_t value)
{
    put_head(out, name, help, "counter");
    buf_printf(out, "blocwatch_%s %" PRIu64 "\n", name, value);
}

void metrics_put_gauge(struct bw_buf *out, const char *name, const char *help, double value)
{
    put_head(out, name, help, "gauge");
    buf_printf(out, "blocwatch_%s %g\n", name, value);
}

static void put_histogram(struct bw_buf *out, const char *name, const char *help,
                          const struct bw_histogram *histogram)
{
    uint64_t total = 0;

    put_head(out, name, help, "histogram");
    for (int i = 0; i < METRICS_BUCKETS; i++) {
        total += histogram->counts[i];
        buf_printf(out, "blocwatch_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, histogram->bounds[i],
                   total);
    }
    buf_printf(out, "blocwatch_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->n);
    buf_printf(out, "blocwatch_%s_sum %g\nblocwatch_%s_count %" PRIu64 "\n", name, histogram->sum,
               name, histogram->n);
}

void metrics_put(struct bw_buf *out, const struct bw_metrics *metrics)
{
    metrics_put_counter(out, "polls_total", "Polls that came home and were stored.",
                        metrics->polls);
    metrics_put_counter(out, "polls_failed_total", "Of these, failed.", metrics->failed_polls);
    metrics_put_counter(out, "polls_not_modified_total", "Of these, unchanged.",
                        metrics->not_modified);
    metrics_put_counter(out, "items_total", "New items stored.", metrics->items);
    metrics_put_counter(out, "hits_total", "Hits stored.", metrics->hits);
    metrics_put_counter(out, "commits_total", "Transactions of polls.", metrics->commits);
    metrics_put_counter(out, "commits_failed_total", "Of these, failed.", metrics->failed_commits);
    metrics_put_counter(out, "wire_bytes_total", "Bytes received from sources.",
                        metrics->wire_bytes);
    put_histogram(out, "poll_seconds", "From a request to its answer's last byte.",
                  &metrics->poll_seconds);
    put_histogram(out, "publication_delay_seconds",
                  "From an item's publication to its hit in the store.", &metrics->delay_seconds);
}
