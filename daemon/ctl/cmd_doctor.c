/* `doctor`: what a person would look at when something is wrong, each with a remedy. Owns nothing.
 */
#include "commands.h"
#include "output.h"
#include "setup.h"

#include "blocwatch/clock.h"
#include "blocwatch/match.h"
#include "blocwatch/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

enum { LEAST_FREE_MIB = 500, HOUR_MS = 3600000 };
static const int64_t earliest_time = 1704067200; /* 2024-01-01: no clock of ours can be before it */

struct doctor {
    struct ctl *ctl;
    char dir[4096]; /* the state directory; "" when unknown */
    char text[1024];
    const char *remedy; /* NULL: fine */
};

struct check {
    const char *name;
    void (*run)(struct doctor *doctor);
};

__attribute__((format(printf, 3, 4))) static void say(struct doctor *doctor, const char *remedy,
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(doctor->text, sizeof doctor->text, format, args);
    va_end(args);
    doctor->remedy = remedy;
}

static const char as_who[] = "run this as the daemon's user or as root";

/* --- configuration and secrets --------------------------------------------------------------- */

struct first_problem {
    char text[512];
    size_t n;
};

static void on_problem(const char *text, void *ctx)
{
    struct first_problem *first = ctx;

    if (first->n++ == 0)
        snprintf(first->text, sizeof first->text, "%.*s", (int)strcspn(text, "\n"), text);
}

static void check_config(struct doctor *doctor)
{
    struct first_problem first = {.n = 0};
    struct bw_error err = {0};

    doctor->ctl->config = setup_load_config(doctor->ctl->config_file, on_problem, &first);
    if (doctor->ctl->config == NULL) {
        say(doctor, "`blocwatchctl rules check` lists every error", "%s", first.text);
        return;
    }
    if (config_state_dir(doctor->ctl->config, doctor->ctl->state_dir, doctor->dir,
                         sizeof doctor->dir, &err) != 0)
        say(doctor, "set state_dir: in the configuration", "%s", err.text);
    else if (first.n > 0)
        say(doctor, NULL, "%s: fine, with %zu warnings", doctor->ctl->config_file, first.n);
    else
        say(doctor, NULL, "%s: fine", doctor->ctl->config_file);
}

/* True when the file can be read, or there is none to read, or only the service may. */
static bool is_readable(struct doctor *doctor, const char *what, const char *path)
{
    if (path == NULL || access(path, R_OK) == 0 || setup_is_out_of_sight(path))
        return true;
    say(doctor,
        "make the file readable for the daemon's user; under systemd put it into credentials/",
        "%s: cannot read %s: %s", what, path, strerror(errno));
    return false;
}

static void count_secret(const char *path, size_t *n, size_t *hidden)
{
    *n += path != NULL;
    *hidden += path != NULL && setup_is_out_of_sight(path);
}

static void check_secrets(struct doctor *doctor)
{
    const struct bw_config *config = doctor->ctl->config;
    size_t n = 0, hidden = 0;

    count_secret(config->serve.token_file, &n, &hidden);
    if (!is_readable(doctor, "serve: token_file", config->serve.token_file))
        return;
    for (size_t i = 0; i < config->n_sources; i++) {
        count_secret(config->sources[i].password_file, &n, &hidden);
        if (!is_readable(doctor, config->sources[i].id, config->sources[i].password_file))
            return;
    }
    for (size_t i = 0; i < config->n_channels; i++) {
        for (size_t k = 0; k < config->channels[i].n_options; k++) {
            const struct bw_config_option *option = &config->channels[i].options[k];
            size_t len = strlen(option->key);

            if (len < 5 || strcmp(option->key + len - 5, "_file") != 0)
                continue;
            count_secret(option->value, &n, &hidden);
            if (!is_readable(doctor, config->channels[i].id, option->value))
                return;
        }
    }
    if (hidden > 0)
        say(doctor, NULL, "%zu of %zu files of secrets are the service's own: not looked at",
            hidden, n);
    else
        say(doctor, NULL, "%zu files of secrets, all readable", n);
}

/* --- the machine ---------------------------------------------------------------------------- */

static void check_state_dir(struct doctor *doctor)
{
    struct stat info;

    if (stat(doctor->dir, &info) != 0)
        say(doctor, "start blocwatchd once: it makes the directory", "%s: %s", doctor->dir,
            strerror(errno));
    else if (!S_ISDIR(info.st_mode))
        say(doctor, "choose another state directory", "%s is no directory", doctor->dir);
    else if ((info.st_mode & 0022) != 0)
        say(doctor, "chmod go-w the directory: others could replace the database",
            "%s may be written by others (mode %03o)", doctor->dir, info.st_mode & 0777);
    else if (access(doctor->dir, W_OK | X_OK) != 0)
        say(doctor, as_who, "%s: %s", doctor->dir, strerror(errno));
    else
        say(doctor, NULL, "%s", doctor->dir);
}

static void check_disk(struct doctor *doctor)
{
    struct statvfs disk;
    uint64_t mib;

    if (statvfs(doctor->dir, &disk) != 0) {
        say(doctor, "see the state directory above", "%s: %s", doctor->dir, strerror(errno));
        return;
    }
    mib = (uint64_t)disk.f_bavail * disk.f_frsize >> 20;
    say(doctor,
        mib < LEAST_FREE_MIB ? "make room, or keep items for a shorter time (retention:)" : NULL,
        "%" PRIu64 " MiB free", mib);
}

static void check_time(struct doctor *doctor)
{
    struct timex timex = {0};
    int64_t now = clock_now(&bw_clock_real);
    char text[BW_TIME_TEXT];

    clock_format(now, text);
    if (now < earliest_time)
        say(doctor, "set the clock, and let a time service keep it", "the clock says %s", text);
    else if (adjtimex(&timex) == TIME_ERROR)
        say(doctor, "enable a time service such as systemd-timesyncd or chrony",
            "%s, but nobody keeps the clock right", text);
    else
        say(doctor, NULL, "%s, kept by a time service", text);
}

static void check_dns(struct doctor *doctor)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const struct bw_config *config = doctor->ctl->config;
    struct addrinfo *found = NULL;
    const char *start = NULL;
    char host[256];
    int error;

    for (size_t i = 0; start == NULL && i < config->n_sources; i++) {
        if (config->sources[i].enabled && strncmp(config->sources[i].url, "http", 4) == 0)
            start = strstr(config->sources[i].url, "://") + 3;
    }
    if (start == NULL) {
        say(doctor, NULL, "not needed: no source is on the network");
        return;
    }
    snprintf(host, sizeof host, "%.*s", (int)strcspn(start, ":/?#"), start);
    error = getaddrinfo(host, "443", &hints, &found);
    if (error != 0)
        say(doctor, "look at /etc/resolv.conf and the network", "%s: %s", host,
            gai_strerror(error));
    else
        say(doctor, NULL, "%s has an address", host);
    if (error == 0)
        freeaddrinfo(found);
}

/* --- the daemon and its database -------------------------------------------------------------- */

/* A daemon holds an exclusive lock; a shared one is to be had when there is none. */
static void check_daemon(struct doctor *doctor)
{
    char path[4200];
    int fd;

    snprintf(path, sizeof path, "%s/%s", doctor->dir, BW_LOCK);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno != ENOENT) {
        say(doctor, as_who, "not known: %s: %s", path, strerror(errno));
        return;
    }
    if (fd < 0) {
        say(doctor, "systemctl start blocwatchd", "not running (there is no %s)", path);
        return;
    }
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        say(doctor, "systemctl start blocwatchd; `journalctl -u blocwatchd` tells why it ended",
            "not running");
    else
        say(doctor, NULL, "running");
    close(fd);
}

static const char *database_remedy(enum bw_error_code code)
{
    if (code == BW_ERR_IO)
        return as_who;
    if (code == BW_ERR_FORMAT)
        return "move it away, and put a backup in its place (`blocwatchctl backup --help`)";
    return "start blocwatchd: it makes the database, or brings it up to date";
}

static void check_database(struct doctor *doctor)
{
    const struct bw_store_options options = {.read_only = true, .fold = match_fold_text};
    struct bw_error err = {0};
    char path[4200];

    snprintf(path, sizeof path, "%s/%s", doctor->dir, BW_DATABASE);
    doctor->ctl->store = store_open(path, &options, &err);
    if (doctor->ctl->store == NULL)
        say(doctor, database_remedy(err.code), "%s", err.text);
    else if (store_check(doctor->ctl->store, &err) != 0)
        say(doctor, "stop the daemon and restore a backup (`blocwatchctl backup --help`)", "%s: %s",
            path, err.text);
    else
        say(doctor, NULL, "%s: sound", path);
}

static void check_outbox(struct doctor *doctor)
{
    int64_t now = clock_now_ms(&bw_clock_real);
    struct bw_store_counts counts;
    struct bw_error err = {0};

    if (doctor->ctl->store == NULL)
        say(doctor, "see the database above", "not known");
    else if (store_count(doctor->ctl->store, &counts, &err) != 0)
        say(doctor, "see the database above", "%s", err.text);
    else if (counts.dead > 0)
        say(doctor,
            "`blocwatchctl alerts --state dead` tells why, `alerts replay --all` tries again",
            "%" PRId64 " alerts could not be delivered", counts.dead);
    else if (counts.pending > 0 && counts.oldest_pending_ms != BW_TIME_NONE &&
             now - counts.oldest_pending_ms > HOUR_MS)
        say(doctor, "`blocwatchctl alerts --state pending` tells what the receiver says",
            "%" PRId64 " alerts wait, the oldest for more than an hour", counts.pending);
    else
        say(doctor, NULL, "%" PRId64 " pending, %" PRId64 " delivered", counts.pending,
            counts.delivered);
}

struct unwell {
    size_t n, polled;
    char first[256];
};

static int on_state(const char *source_id, const struct bw_source_state *state, void *ctx)
{
    struct unwell *unwell = ctx;

    unwell->polled++;
    if (state->health != BW_HEALTH_FAILING && state->health != BW_HEALTH_QUARANTINED &&
        state->health != BW_HEALTH_GONE && state->health != BW_HEALTH_SILENT)
        return 0;
    if (unwell->n++ == 0)
        snprintf(unwell->first, sizeof unwell->first, "%s", source_id);
    return 0;
}

static void check_sources(struct doctor *doctor)
{
    struct unwell unwell = {.n = 0};
    struct bw_error err = {0};

    if (doctor->ctl->store == NULL)
        say(doctor, "see the database above", "not known");
    else if (store_load_states(doctor->ctl->store, on_state, &unwell, &err) != 0)
        say(doctor, "see the database above", "%s", err.text);
    else if (unwell.n > 0)
        say(doctor, "`blocwatchctl sources` tells why", "%zu of %zu polled are not well: %s%s",
            unwell.n, unwell.polled, unwell.first, unwell.n > 1 ? " and others" : "");
    else
        say(doctor, NULL, "%zu polled, all well", unwell.polled);
}

static const struct check checks[] = {
    {"configuration", check_config},
    {"secrets", check_secrets},
    {"state", check_state_dir},
    {"disk", check_disk},
    {"time", check_time},
    {"dns", check_dns},
    {"daemon", check_daemon},
    {"database", check_database},
    {"alerts", check_outbox},
    {"sources", check_sources},
};

/* --- the round -------------------------------------------------------------------------------- */

static int print(const struct doctor *doctor, const struct check *check)
{
    if (doctor->ctl->json)
        return out_json_line(json_pack("{s:s, s:b, s:o, s:o}", "check", check->name, "ok",
                                       doctor->remedy == NULL, "text", out_json_text(doctor->text),
                                       "remedy", out_json_text(doctor->remedy)));
    printf("%-4s %-14s ", doctor->remedy == NULL ? "ok" : "BAD", check->name);
    out_text(doctor->text);
    putchar('\n');
    if (doctor->remedy != NULL)
        printf("     %-14s -> %s\n", "", doctor->remedy);
    return 0;
}

static enum ctl_code run(struct ctl *ctl)
{
    struct doctor doctor = {.ctl = ctl};
    enum ctl_code code = CTL_FINE;

    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        doctor.remedy = NULL;
        checks[i].run(&doctor);
        if (print(&doctor, &checks[i]) != 0)
            return CTL_FAILED;
        if (doctor.remedy != NULL)
            code = CTL_FAILED;
        if (ctl->config == NULL || doctor.dir[0] == '\0')
            break; /* nothing further is known */
    }
    return code;
}

const struct ctl_command cmd_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "look for what is wrong, and tell the remedy",
    .help =
        "Configuration, secrets, state directory, disk, time, DNS, daemon, database, alerts and\n"
        "sources. Exit 1 when one of them is not well.",
    .run = run,
};
