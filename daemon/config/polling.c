/* `polling:` and the overrides of a source, and their defaults. Owns nothing. */
#include "schema.h"

#define P(member) offsetof(struct bw_config_polling, member)
enum { MONTH = 31 * 86400 };

static const struct field fields[] = {
    FIELD("interval", field_seconds, P(interval), .max = MONTH),
    FIELD("interval_floor", field_seconds, P(interval_floor), .min = 1, .max = MONTH),
    FIELD("interval_ceiling", field_seconds, P(interval_ceiling), .min = 1, .max = MONTH),
    FIELD("retry_after_cap", field_seconds, P(retry_after_cap), .min = 1, .max = MONTH),
    FIELD("backoff_cap", field_seconds, P(backoff_cap), .min = 1, .max = MONTH),
    FIELD("jitter", field_share, P(jitter)),
    FIELD("per_host", field_int, P(per_host), .min = 1, .max = 256),
    FIELD("host_gap", field_milliseconds, P(host_gap_ms), .max = 86400),
    FIELD("connections", field_int, P(connections), .min = 1, .max = 65536),
    FIELD("connect_timeout", field_seconds, P(connect_timeout), .min = 1, .max = 3600),
    FIELD("first_byte_timeout", field_seconds, P(first_byte_timeout), .min = 1, .max = 3600),
    FIELD("total_timeout", field_seconds, P(total_timeout), .min = 1, .max = 86400),
    FIELD("low_speed_bytes", field_int64, P(low_speed_bytes)),
    FIELD("low_speed_time", field_seconds, P(low_speed_time), .max = 3600),
    FIELD("max_size", field_size, P(max_size), .min = 1024, .max = 1 << 30),
    FIELD("max_redirects", field_int, P(max_redirects), .max = 50),
    FIELD("failing_after", field_seconds, P(failing_after), .min = 1, .max = 12 * MONTH),
    FIELD("user_agent", field_text, P(user_agent)),
    FIELD("contact", field_text, P(contact)),
    FIELD_END,
};

void polling_defaults(struct bw_config_polling *polling)
{
    *polling = (struct bw_config_polling){
        .interval_floor = 5 * 60,
        .interval_ceiling = 4 * 3600,
        .retry_after_cap = 2 * 86400,
        .backoff_cap = 24 * 3600,
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
        .failing_after = 24 * 3600,
    };
}

void polling_read(struct loader *loader, struct document *doc, const char *subject,
                  yaml_node_t *node, struct bw_config_polling *polling)
{
    struct reader r = {.loader = loader, .doc = doc, .subject = subject};
    char low[BW_TIME_TEXT], high[BW_TIME_TEXT];

    schema_read_map(&r, fields, node, polling);
    if (polling->interval_floor > polling->interval_ceiling) {
        yaml_node_t *at = document_find(doc, node, "interval_floor");

        schema_error(&r, at != NULL ? at : document_find(doc, node, "interval_ceiling"),
                     at != NULL ? "interval_floor" : "interval_ceiling",
                     "expected a floor that is at most the ceiling, not %s over %s",
                     clock_format_duration(polling->interval_floor, low),
                     clock_format_duration(polling->interval_ceiling, high));
    }
}
