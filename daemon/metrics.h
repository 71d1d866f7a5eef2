/* What the daemon counts while it runs, for /metrics (Prometheus text format 0.0.4). */
#ifndef BLOCWATCH_METRICS_H
#define BLOCWATCH_METRICS_H

#include "blocwatch/buf.h"

#include <stdint.h>

enum { METRICS_BUCKETS = 12 };

struct bw_histogram {
    const double *bounds; /* seconds, rising; the last bucket is +Inf */
    uint64_t counts[METRICS_BUCKETS + 1];
    uint64_t n;
    double sum;
};

struct bw_metrics {
    struct bw_histogram poll_seconds;  /* from the request to the last byte */
    struct bw_histogram delay_seconds; /* from an item's publication to its hit in the store */
    uint64_t polls, failed_polls, not_modified, items, hits, commits, failed_commits, wire_bytes;
};

void metrics_init(struct bw_metrics *metrics);
void metrics_observe(struct bw_histogram *histogram, double seconds);

void metrics_put_counter(struct bw_buf *out, const char *name, const char *help, uint64_t value);
void metrics_put_gauge(struct bw_buf *out, const char *name, const char *help, double value);
void metrics_put(struct bw_buf *out, const struct bw_metrics *metrics);

#endif
