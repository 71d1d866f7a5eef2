/* `polling:` and the overrides of a source, and their defaults. Owns nothing. */
#include "schema.h"

#define P(member) offsetof(struct bw_config_polling, member)
#define MONTHS(n) ((int64_t)31 * 86400 * (n))

static const struct field fields[] = {
    FIELD("interval", type_seconds, P(interval), .max = MONTHS(1)),
    FIELD("interval_floor", type_seconds, P(interval_floor), .min = 1, .max = MONTHS(1)),
    FIELD("interval_ceiling", type_seconds, P(interval_ceiling), .min = 1, .max = MONTHS(1)),
    FIELD("retry_after_cap", type_seconds, P(retry_after_cap), .min = 1, .max = MONTHS(1)),
    FIELD("backoff_cap", type_seconds, P(backoff_cap), .min = 1, .max = MONTHS(1)),
    FIELD("jitter", type_share, P(jitter)),
    FIELD("per_host", type_int, P(per_host), .min = 1, .max = 256),
    FIELD("host_gap", type_milliseconds, P(host_gap_ms), .max = 86400),
    FIELD("connections", type_int, P(connections), .min = 1, .max = 65536),
    FIELD("connect_timeout", type_seconds, P(connect_timeout), .min = 1, .max = 3600),
    FIELD("first_byte_timeout", type_seconds, P(first_byte_timeout), .min = 1, .max = 3600),
    FIELD("total_timeout", type_seconds, P(total_timeout), .min = 1, .max = 86400),
    FIELD("low_speed_bytes", type_int64, P(low_speed_bytes)),
    FIELD("low_speed_time", type_seconds, P(low_speed_time), .max = 3600),
    FIELD("max_size", type_size, P(max_size), .min = 1024, .max = 1 << 30),
    FIELD("max_redirects", type_int, P(max_redirects), .max = 50),
    FIELD("failing_after", type_seconds, P(failing_after), .min = 1, .max = MONTHS(12)),
    FIELD("user_agent", type_text, P(user_agent)),
    FIELD("contact", type_text, P(contact)),
    FIELD_END,
};

void polling_defaults(struct bw_config_polling *polling)
{
    const int64_t minute = 60, hour = 3600, day = 86400;

    *polling = (struct bw_config_polling){
        .interval_floor = 5 * minute,
        .interval_ceiling = 4 * hour,
        .retry_after_cap = 2 * day,
        .backoff_cap = 24 * hour,
        .jitter = 0.1,
        .per_host = 2,
        .host_gap_ms = 1000,
        .connections = 64,
        .connect_timeout = 10,
        .first_byte_timeout = 30,
        .total_timeout = 60,
        .low_speed_bytes = 100,
        .low_speed_time = 20,
        .max_size = 16 << 20,
        .max_redirects = 5,
        .failing_after = 24 * hour,
    };
}

void polling_read(struct loader *loader, struct yamldoc *doc, const char *subject,
                  yaml_node_t *node, struct bw_config_polling *polling)
{
    struct reader r = {.loader = loader, .doc = doc, .subject = subject};
    char low[BW_TIME_TEXT], high[BW_TIME_TEXT];

    schema_read_map(&r, fields, node, polling);
    if (polling->interval_floor > polling->interval_ceiling) {
        yaml_node_t *at = yamldoc_find(doc, node, "interval_floor");

        schema_error(&r, at != NULL ? at : yamldoc_find(doc, node, "interval_ceiling"),
                     at != NULL ? "interval_floor" : "interval_ceiling",
                     "expected a floor that is at most the ceiling, not %s over %s",
                     clock_format_duration(polling->interval_floor, low),
                     clock_format_duration(polling->interval_ceiling, high));
    }
}
