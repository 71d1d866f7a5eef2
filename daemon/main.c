/* blocwatchd: command line, configuration, then the daemon. Owns the process's exit code. */
#include "blocwatch/log.h"
#include "blocwatch/paths.h"
#include "blocwatch/reader.h"
#include "daemon.h"
#include "setup.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: blocwatchd [--config FILE] [--state-dir DIR]     run in the foreground\n"
    "       blocwatchd [--config FILE] --check               check the configuration\n"
    "       blocwatchd [--config FILE] [--state-dir DIR] --once\n"
    "                                                        poll every due source once\n"
    "       blocwatchd --help | --version\n\n"
    "Watches news feeds, matches new items against rules, stores the hits, raises alerts.\n\n"
    "  --config FILE     default " BW_DEFAULT_CONFIG "\n"
    "  --state-dir DIR   default: state_dir in FILE, else $STATE_DIRECTORY, else\n"
    "                    $XDG_STATE_HOME/blocwatch (~/.local/state/blocwatch)\n"
    "  --check           exit 0, or 2 after listing every error\n"
    "  --once            poll, match, store, deliver alerts; exit 1 if every source failed\n\n"
    "Signals: TERM and INT end it cleanly, HUP reads the configuration again.\n";

struct arguments {
    struct bw_daemon_options daemon;
    bool check;
};

/* -1 to go on, or the exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *args)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"state-dir", required_argument, NULL, 's'},
        {"check", no_argument, NULL, 'k'},
        {"once", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            args->daemon.config_file = optarg;
            break;
        case 's':
            args->daemon.state_dir = optarg;
            break;
        case 'k':
            args->check = true;
            break;
        case 'o':
            args->daemon.once = true;
            break;
        case 'h':
            fputs(help, stdout);
            return EXIT_FINE;
        case 'v':
            puts("blocwatchd " BLOCWATCH_VERSION);
            return EXIT_FINE;
        default:
            fputs(help, stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "blocwatchd: unexpected argument %s\n%s", argv[optind], help);
    return EXIT_USAGE;
}

static void print_problem(const char *text, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
    struct arguments args = {.daemon = {.config_file = BW_DEFAULT_CONFIG}};
    struct bw_config *config;
    struct bw_daemon *daemon;
    struct bw_error err = {0};
    int code;

    /* A reader has given up what an ordinary exit would use. */
    if (argc == 2 && strcmp(argv[1], "--reader") == 0)
        _exit(reader_main(BW_READER_FD));
    code = parse_arguments(argc, argv, &args);
    if (code >= 0)
        return code;
    log_open(BW_LOG_INFO);
    if (args.check)
        setup_assume_credentials();
    config = setup_load_config(args.daemon.config_file, print_problem, NULL);
    if (config == NULL)
        return EXIT_USAGE;
    if (args.check) {
        printf("%s: fine: %zu sources, %zu rules, %zu channels\n", args.daemon.config_file,
               config->n_sources, config->watch.n_rules, config->n_channels);
        config_free(config);
        return EXIT_FINE;
    }
    daemon = daemon_new(&args.daemon, config, &err);
    if (daemon == NULL) {
        log_error("cannot start", "reason", err.text);
        return err.code == BW_ERR_CONFIG ? EXIT_USAGE : EXIT_FAILED;
    }
    code = daemon_run(daemon);
    daemon_free(daemon);
    return code;
}
