/*
 * The configuration: YAML by libcyaml, checked against a schema, with includes. Every error names
 * file, line and key and says what was expected. Durations are seconds, sizes bytes. Everything
 * is owned by the struct bw_config; relative paths have been made absolute (against the file that
 * holds them), ${CREDENTIALS_DIRECTORY} and ${STATE_DIRECTORY} expanded. Secrets are never held
 * here: only the names of the files that hold them (`…_file`).
 */
#ifndef BLOCWATCH_CONFIG_H
#define BLOCWATCH_CONFIG_H

#include "blocwatch/error.h"
#include "blocwatch/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bw_config_polling {
    int64_t interval_floor, interval_ceiling; /* adaptive interval's bounds: 5m, 4h */
    int64_t interval;                         /* fixed; 0: adaptive */
    int64_t retry_after_cap;                  /* 2d */
    int64_t backoff_cap;                      /* 24h */
    double jitter;                            /* share of the interval, 0.1 */
    int per_host;                             /* connections to one host: 2 */
    int64_t host_gap_ms;                      /* between requests to one host: 1000 */
    int connections;                          /* all hosts: 64 */
    int64_t connect_timeout, first_byte_timeout, total_timeout; /* 10s, 30s, 60s */
    int64_t low_speed_bytes, low_speed_time;                    /* under 100 B/s for 20s */
    size_t max_size;                                            /* decoded: 16 MiB */
    int max_redirects;                                          /* 5 */
    int64_t failing_after;  /* failing for longer raises an alert: 24h */
    const char *user_agent; /* NULL: "blocwatch/VERSION (+contact)" */
    const char *contact;    /* URL or mail address for the User-Agent */
};

struct bw_config_source {
    const char *id, *url, *title, *lang;
    bool enabled;
    bool allow_private;
    const char *ca_file, *proxy, *user_agent;
    const char *username, *password_file; /* HTTP authentication */
    struct bw_config_polling polling;     /* the defaults with this source's overrides applied */
    const char **tags;
    size_t n_tags;
    struct bw_place place;
};

/* A channel: `type` picks the driver in alert/, which reads its own settings from `options`. */
struct bw_config_option {
    const char *key, *value; /* scalars as text; list items repeat the key; maps as "key.sub" */
    struct bw_place place;
};

struct bw_config_channel {
    const char *id, *type;
    struct bw_config_option *options; /* all other keys of the channel, in order */
    size_t n_options;
    struct bw_place place;
};

/* Matchers of a route: each list is OR, the lists are AND; n 0 matches all. */
struct bw_config_list {
    const char **values;
    size_t n;
};

struct bw_config_route {
    struct bw_config_list rule, severity, actor, bloc, stance, source, lang, certainty;
    struct bw_config_list channels; /* ids */
    struct bw_config_list
        group_by;                  /* rule severity actor bloc stance source lang certainty story */
    struct bw_config_list updates; /* stance confirmed corrected retracted */
    bool has_updates;              /* false: inherited */
    int64_t group_wait, group_interval; /* -1: inherited */
    struct bw_config_list digest_at;    /* "07:30"; n 0: no digest */
    const char *time_zone;              /* IANA; NULL inherited, root default UTC */
    const char *quiet_from, *quiet_to;  /* "22:00".."07:00"; NULL none */
    const char *quiet_override;         /* severity from which quiet hours do not hold; NULL none */
    int rate_limit;                     /* messages per rate_period; 0: none, -1 inherited */
    int64_t rate_period;
    bool keep_going;                /* `continue:` */
    struct bw_config_route *routes; /* children */
    size_t n_routes;
    struct bw_place place;
};

struct bw_config_template {
    const char *title, *body; /* NULL: the default */
    struct bw_place title_place, body_place;
};

struct bw_config_alerting {
    int64_t max_age;      /* first-poll items older than this never alert: 24h */
    int64_t story_window; /* 72h */
    int64_t give_up;      /* outbox rows older than this are dead: 3d */
    struct bw_config_template templates;
};

struct bw_config_serve {
    const char *listen;     /* "127.0.0.1:8780", "unix:/path", or "off" */
    const char *token_file; /* NULL: none, loopback only */
    const char *standing;   /* standing.yaml; NULL none */
    const char *public_url; /* base of links in alerts; NULL: from listen */
};

struct bw_config_retention {
    int64_t items; /* text of items without hits: 90d; 0 for ever */
    int64_t hits;  /* 0: for ever */
};

struct bw_config_standing {
    const char *actor, *bloc; /* codes */
    const char *standing;     /* member observer partner associate applicant none … */
    const char *since, *source;
    struct bw_place place;
};

struct bw_config {
    struct bw_arena *arena;
    const char *file;
    const char *state_dir; /* as configured; NULL when not */
    const char *log_level; /* "info" */
    int readers;           /* 0: one per core */
    struct bw_config_polling polling;
    struct bw_config_source *sources;
    size_t n_sources;
    struct bw_watch watch;
    struct bw_config_channel *channels;
    size_t n_channels;
    struct bw_config_route route; /* the root; channels empty when alerts.d is empty */
    struct bw_config_alerting alerting;
    struct bw_config_serve serve;
    struct bw_config_retention retention;
    struct bw_config_standing *standing;
    size_t n_standing;
};

/* All errors of a run, in file order. */
struct bw_config_errors {
    struct bw_config_problem {
        struct bw_place place;
        char *text; /* names the key and what was expected */
    } * list;
    size_t n;
};

/*
 * Reads `path` and what it includes. 0 with *config owned; -1 with `errors` filled (at least the
 * first YAML or schema error of each file, and all semantic errors: duplicate ids, unknown
 * references, unreadable files). `errors` must be zeroed by the caller.
 */
int config_load(const char *path, struct bw_config **config, struct bw_config_errors *errors);
void config_free(struct bw_config *config);

/*
 * Replaces the rules of `config` by those of all *.yaml files in `dir`, whose lexicon sets join the
 * ones that are there: to try rules before they go live. Errors as above; on failure `config` stays
 * as it was.
 */
int config_load_rules(const char *dir, struct bw_config *config, struct bw_config_errors *errors);

__attribute__((format(printf, 3, 4))) int
config_add_error(struct bw_config_errors *errors, struct bw_place place, const char *format, ...);
void config_clear_errors(struct bw_config_errors *errors);

/* Writes `enabled:` of the source into the file that holds it, and leaves all else there as it is.
 * The configuration in memory stays. */
int config_enable_source(const struct bw_config_source *source, bool enabled, struct bw_error *err);

/* The state directory by the documented order: argument, file, $STATE_DIRECTORY,
 * $XDG_STATE_HOME/blocwatch (or ~/.local/state/blocwatch). Returns 0 with the path in `dir`. */
int config_state_dir(const struct bw_config *config, const char *argument, char *dir, size_t size,
                     struct bw_error *err);

/* Reads a secret file: at most 4 KiB, one trailing newline removed, into `text`. The caller wipes
 * it with explicit_bzero(). */
int config_read_secret(const char *path, char *text, size_t size, struct bw_error *err);

/* "1h30m", "2d", or plain seconds, as in the file: 0 with whole *seconds, -1 when it is none. */
int config_parse_duration(const char *text, int64_t *seconds);

#endif
