/* Channel options: the schema check with file and line, and typed access. Owns nothing. */
#include "options.h"

#include "blocwatch/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct alert_option options_common[] = {
    {.key = "concurrency", .kind = OPTION_INTEGER},  {.key = "rate", .kind = OPTION_RATE},
    {.key = "timeout", .kind = OPTION_DURATION},     {.key = "backoff", .kind = OPTION_DURATION},
    {.key = "backoff_cap", .kind = OPTION_DURATION}, {.key = NULL},
};

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
             {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};

static int64_t parse_unit(const char **at)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strlen(units[i].name) == len && memcmp(units[i].name, *at, len) == 0) {
            *at += len;
            return units[i].ms;
        }
    }
    return -1;
}

int64_t duration_parse_ms(const char *text)
{
    int64_t total = 0;

    if (*text == '\0')
        return -1;
    while (*text != '\0') {
        char *end;
        long long number;
        int64_t unit = 1000;

        if (*text < '0' || *text > '9')
            return -1;
        errno = 0;
        number = strtoll(text, &end, 10);
        if (errno != 0 || number > 1000000000)
            return -1;
        text = end;
        if (*text != '\0')
            unit = parse_unit(&text);
        if (unit < 0)
            return -1;
        total += number * unit;
    }
    return total;
}

bool rate_parse(const char *text, int *limit, int64_t *period_ms)
{
    char *end;
    long count = strtol(text, &end, 10);
    int64_t period;

    if (end == text || *end != '/' || count < 1 || count > 1000000)
        return false;
    period = duration_parse_ms(end + 1);
    if (period < 1)
        return false;
    *limit = (int)count;
    *period_ms = period;
    return true;
}

/* The schema's entry for a configured key: "headers.X-Foo" belongs to the map "headers". */
static const struct alert_option *find_option(const struct alert_options *options, const char *key)
{
    for (size_t i = 0; options->known[i] != NULL; i++) {
        for (const struct alert_option *o = options->known[i]; o->key != NULL; o++) {
            size_t len = strlen(o->key);

            if (strcmp(o->key, key) == 0)
                return o;
            if (o->kind == OPTION_MAP && strncmp(key, o->key, len) == 0 && key[len] == '.')
                return o;
        }
    }
    return NULL;
}

static const struct bw_config_option *find_set(const struct alert_options *options, const char *key,
                                               size_t index)
{
    const struct bw_config_channel *config = options->config;

    for (size_t i = 0; i < config->n_options; i++) {
        if (strcmp(config->options[i].key, key) == 0 && index-- == 0)
            return &config->options[i];
    }
    return NULL;
}

static bool is_boolean(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "yes") == 0 ||
           strcmp(text, "no") == 0;
}

static bool is_integer(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10;
}

static bool is_choice(const struct alert_option *option, const char *text)
{
    for (size_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0)
            return true;
    }
    return false;
}

static bool is_url(const struct alert_option *option, const char *text)
{
    static const char *const web[] = {"https", "http", NULL};
    const char *const *schemes = option->choices != NULL ? option->choices : web;

    for (size_t i = 0; schemes[i] != NULL; i++) {
        size_t len = strlen(schemes[i]);

        if (strncmp(text, schemes[i], len) == 0 && strncmp(text + len, "://", 3) == 0)
            return text[len + 3] != '\0' && strpbrk(text, " \t\r\n") == NULL;
    }
    return false;
}

static void list_names(const char *const *names, struct bw_buf *out)
{
    for (size_t i = 0; names[i] != NULL; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
}

/* What was expected of a value that is not it; NULL when it is fine. */
static const char *check_value(const struct alert_option *option, const char *value)
{
    int limit;
    int64_t period;

    switch (option->kind) {
    case OPTION_DURATION:
        return duration_parse_ms(value) > 0 ? NULL : "a duration such as 30s or 1h30m";
    case OPTION_INTEGER:
        return is_integer(value) && strcmp(value, "0") != 0 ? NULL : "a positive whole number";
    case OPTION_BOOLEAN:
        return is_boolean(value) ? NULL : "true or false";
    case OPTION_CHOICE:
        return is_choice(option, value) ? NULL : "one of ";
    case OPTION_URL:
        return is_url(option, value)     ? NULL
               : option->choices != NULL ? "a URL that begins with "
                                         : "an http:// or https:// URL";
    case OPTION_RATE:
        return rate_parse(value, &limit, &period) ? NULL
                                                  : "a number of messages per time, such as 30/1m";
    default:
        return *value != '\0' ? NULL : "a value that is not empty";
    }
}

static void check_unknown(const struct alert_options *options, const struct bw_config_option *set,
                          struct bw_config_errors *errors)
{
    struct bw_buf names;
    bool first = true;

    buf_init(&names);
    for (size_t i = 0; options->known[i] != NULL; i++) {
        for (const struct alert_option *o = options->known[i]; o->key != NULL; o++) {
            buf_printf(&names, "%s%s", first ? "" : ", ", o->key);
            first = false;
        }
    }
    config_add_error(errors, set->place,
                     "channel %s: %s: no such option of a %s channel; expected %s",
                     options->config->id, set->key, options->config->type, buf_text(&names));
    buf_clear(&names);
}

static void check_set(const struct alert_options *options, const struct bw_config_option *set,
                      struct bw_config_errors *errors)
{
    const struct alert_option *option = find_option(options, set->key);
    const char *expected;
    struct bw_buf more;

    if (option == NULL) {
        check_unknown(options, set, errors);
        return;
    }
    if (option->kind == OPTION_FILE && set->value != NULL && access(set->value, R_OK) != 0) {
        config_add_error(errors, set->place, "channel %s: %s: cannot read %s: %s",
                         options->config->id, set->key, set->value, strerror(errno));
        return;
    }
    buf_init(&more);
    expected = check_value(option, set->value == NULL ? "" : set->value);
    if (expected != NULL && option->choices != NULL)
        list_names(option->choices, &more);
    if (expected != NULL)
        config_add_error(errors, set->place, "channel %s: %s: expected %s%s, found \"%s\"",
                         options->config->id, set->key, expected, buf_text(&more),
                         set->value == NULL ? "" : set->value);
    else if (option->kind != OPTION_LIST && option->kind != OPTION_MAP &&
             find_set(options, set->key, 0) != set)
        config_add_error(errors, set->place, "channel %s: %s: expected one value, found a list",
                         options->config->id, set->key);
    buf_clear(&more);
}

void options_check(const struct alert_options *options, struct bw_config_errors *errors)
{
    const struct bw_config_channel *config = options->config;

    for (size_t i = 0; i < config->n_options; i++)
        check_set(options, &config->options[i], errors);
    for (size_t i = 0; options->known[i] != NULL; i++) {
        for (const struct alert_option *o = options->known[i]; o->key != NULL; o++) {
            if (o->required && find_set(options, o->key, 0) == NULL)
                config_add_error(errors, config->place,
                                 "channel %s: a %s channel needs the option %s", config->id,
                                 config->type, o->key);
        }
    }
}

const char *options_text(const struct alert_options *options, const char *key)
{
    return options_item(options, key, 0);
}

const char *options_item(const struct alert_options *options, const char *key, size_t index)
{
    const struct bw_config_option *set = find_set(options, key, index);

    return set == NULL ? NULL : set->value;
}

const char *options_entry(const struct alert_options *options, const char *key, size_t index,
                          const char **sub)
{
    const struct bw_config_channel *config = options->config;
    size_t len = strlen(key);

    for (size_t i = 0; i < config->n_options; i++) {
        const char *name = config->options[i].key;

        if (strncmp(name, key, len) == 0 && name[len] == '.' && index-- == 0) {
            *sub = name + len + 1;
            return config->options[i].value;
        }
    }
    return NULL;
}

int64_t options_duration_ms(const struct alert_options *options, const char *key,
                            int64_t fallback_ms)
{
    const char *text = options_text(options, key);

    return text == NULL ? fallback_ms : duration_parse_ms(text);
}

int64_t options_integer(const struct alert_options *options, const char *key, int64_t fallback)
{
    const char *text = options_text(options, key);

    return text == NULL ? fallback : strtoll(text, NULL, 10);
}

bool options_boolean(const struct alert_options *options, const char *key, bool fallback)
{
    const char *text = options_text(options, key);

    return text == NULL ? fallback : strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
}

bool options_rate(const struct alert_options *options, const char *key, int *limit,
                  int64_t *period_ms)
{
    const char *text = options_text(options, key);

    return text != NULL && rate_parse(text, limit, period_ms);
}

struct bw_place options_place(const struct alert_options *options, const char *key)
{
    const struct bw_config_option *set = find_set(options, key, 0);

    return set == NULL ? options->config->place : set->place;
}

int options_secret(const struct alert_options *options, const char *key, char *text, size_t size,
                   struct bw_error *err)
{
    const char *path = options_text(options, key);

    if (path == NULL)
        return 0;
    if (config_read_secret(path, text, size, err) != 0)
        return error_prefix(err, "channel %s: %s", options->config->id, key);
    return 1;
}
