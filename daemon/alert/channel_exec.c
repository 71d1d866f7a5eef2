/* Channel "exec": runs a program with the alert as JSON on its stdin; exit 0 is its yes. No shell;
 * a time limit, after which its whole process group goes. Owns the running programs. */
#include "channel.h"
#include "text.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000, GRACE_S = 2, OUTPUT_LIMIT = 400 };

static const struct alert_option options[] = {
    {.key = "command", .kind = OPTION_LIST, .required = true},
    {.key = NULL},
};

struct run {
    struct alert_delivery *delivery;
    pid_t pid; /* and its process group */
    int pidfd, output;
    struct event *on_end, *on_output, *timer;
    bool timed_out;
    char text[OUTPUT_LIMIT]; /* the last of what it said */
    size_t text_len;
};

static void free_run(struct run *run)
{
    if (run == NULL)
        return;
    if (run->on_end != NULL)
        event_free(run->on_end);
    if (run->on_output != NULL)
        event_free(run->on_output);
    if (run->timer != NULL)
        event_free(run->timer);
    if (run->pidfd >= 0)
        close(run->pidfd);
    if (run->output >= 0)
        close(run->output);
    free(run);
}

static void keep_output(struct run *run, const char *data, size_t len)
{
    if (len > sizeof run->text) {
        data += len - sizeof run->text;
        len = sizeof run->text;
    }
    if (run->text_len + len > sizeof run->text) {
        size_t drop = run->text_len + len - sizeof run->text;

        memmove(run->text, run->text + drop, run->text_len - drop);
        run->text_len -= drop;
    }
    memcpy(run->text + run->text_len, data, len);
    run->text_len += len;
}

/* Whether there may be more. */
static bool read_output(struct run *run)
{
    char data[4096];
    ssize_t got = read(run->output, data, sizeof data);

    if (got > 0)
        keep_output(run, data, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

static void on_output(evutil_socket_t fd, short what, void *ctx)
{
    struct run *run = ctx;

    (void)fd, (void)what;
    if (!read_output(run) && errno != EAGAIN)
        event_del(run->on_output);
}

/* The last line that is not empty: what programs complain with. */
static void write_note(struct run *run, const siginfo_t *end, char *note, size_t size)
{
    size_t len = run->text_len, start, used;

    while (len > 0 && strchr(" \r\n\t", run->text[len - 1]) != NULL)
        len--;
    for (start = len; start > 0 && run->text[start - 1] != '\n'; start--)
        ;
    if (run->timed_out)
        used = (size_t)snprintf(note, size, "took too long and was ended");
    else if (end->si_code == CLD_EXITED)
        used = (size_t)snprintf(note, size, "exit %d", end->si_status);
    else
        used = (size_t)snprintf(note, size, "ended by signal %d", end->si_status);
    if (len > start && used + 3 < size) {
        used += (size_t)snprintf(note + used, size - used, ": ");
        text_one_line(run->text + start, len - start, note + used, size - used);
    }
}

static void on_end(evutil_socket_t fd, short what, void *ctx)
{
    struct run *run = ctx;
    struct alert_delivery *delivery = run->delivery;
    siginfo_t end = {0};
    char note[OUTPUT_LIMIT + 40];
    bool well;

    (void)fd, (void)what;
    if (waitid(P_PIDFD, (id_t)run->pidfd, &end, WEXITED | WNOHANG) != 0 || end.si_pid == 0)
        return;
    for (int i = 0; i < 64 && read_output(run); i++)
        ;
    if (run->timed_out)
        kill(-run->pid, SIGKILL);
    well = !run->timed_out && end.si_code == CLD_EXITED && end.si_status == 0;
    write_note(run, &end, note, sizeof note);
    delivery->work = NULL;
    free_run(run);
    delivery_finish(delivery, well ? ALERT_DELIVERED : ALERT_RETRY, 0, note);
}

static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
    struct run *run = ctx;
    struct timeval grace = {GRACE_S, 0};

    (void)fd, (void)what;
    kill(-run->pid, run->timed_out ? SIGKILL : SIGTERM);
    run->timed_out = true;
    event_add(run->timer, &grace);
}

/* The JSON as a file: no program can make us wait by not reading it. */
static int make_input(const struct alert_message *message, struct bw_error *err)
{
    struct bw_buf json;
    int fd = -1;

    buf_init(&json);
    if (message_write_json(message, &json, err) != 0)
        goto out;
    buf_putc(&json, '\n');
    fd = memfd_create("alert", MFD_CLOEXEC);
    if (fd < 0 || json.failed || write(fd, buf_text(&json), json.len) != (ssize_t)json.len ||
        lseek(fd, 0, SEEK_SET) != 0) {
        error_set(err, BW_ERR_IO, "cannot prepare the program's input: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
out:
    buf_clear(&json);
    return fd;
}

static char **make_arguments(const struct alert_channel *channel)
{
    size_t n = 0;
    char **argv;

    while (options_item(&channel->options, "command", n) != NULL)
        n++;
    argv = calloc(n + 1, sizeof *argv);
    for (size_t i = 0; argv != NULL && i < n; i++)
        argv[i] = (char *)options_item(&channel->options, "command", i);
    return argv;
}

static int spawn(struct run *run, char **argv, int input, int output, struct bw_error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawnp(&run->pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return error_set(err, BW_ERR_IO, "cannot run %s: %s", argv[0], strerror(failed));
    run->pidfd = pidfd_open(run->pid, 0);
    return run->pidfd < 0 ? error_set(err, BW_ERR_IO, "pidfd_open: %s", strerror(errno)) : 0;
}

static int watch(struct run *run, struct alert_channel *channel, struct bw_error *err)
{
    struct event_base *base = channel->room->base;
    int64_t ms = options_duration_ms(&channel->options, "timeout", TIMEOUT_MS);
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};

    run->on_end = event_new(base, run->pidfd, EV_READ | EV_PERSIST, on_end, run);
    run->on_output = event_new(base, run->output, EV_READ | EV_PERSIST, on_output, run);
    run->timer = evtimer_new(base, on_timeout, run);
    if (run->on_end == NULL || run->on_output == NULL || run->timer == NULL ||
        event_add(run->on_end, NULL) != 0 || event_add(run->on_output, NULL) != 0 ||
        event_add(run->timer, &limit) != 0)
        return error_set(err, BW_ERR_MEMORY, "cannot watch the program");
    return 0;
}

static void end_process(struct run *run)
{
    if (run->pid <= 0)
        return;
    kill(-run->pid, SIGKILL);
    waitpid(run->pid, NULL, 0);
    run->pid = 0;
}

static int start(struct alert_channel *channel, const struct alert_message *message,
                 struct alert_delivery *delivery, struct bw_error *err)
{
    struct run *run = calloc(1, sizeof *run);
    char **argv = make_arguments(channel);
    int input = -1, pipes[2] = {-1, -1}, result = -1;

    if (run == NULL || argv == NULL || argv[0] == NULL) {
        error_set(err, BW_ERR_MEMORY, "out of memory");
        goto out;
    }
    run->pidfd = run->output = -1;
    run->delivery = delivery;
    input = make_input(message, err);
    if (input < 0)
        goto out;
    if (pipe2(pipes, O_CLOEXEC) != 0 || fcntl(pipes[0], F_SETFL, O_NONBLOCK) != 0) {
        error_set(err, BW_ERR_IO, "pipe: %s", strerror(errno));
        goto out;
    }
    run->output = pipes[0];
    if (spawn(run, argv, input, pipes[1], err) != 0 || watch(run, channel, err) != 0) {
        end_process(run);
        goto out;
    }
    delivery->work = run;
    run = NULL;
    result = 0;
out:
    if (input >= 0)
        close(input);
    if (pipes[1] >= 0)
        close(pipes[1]);
    if (run != NULL && run->output < 0 && pipes[0] >= 0)
        close(pipes[0]);
    free_run(run);
    free(argv);
    return result;
}

static void cancel(struct alert_channel *channel, struct alert_delivery *delivery)
{
    struct run *run = delivery->work;

    (void)channel;
    if (run == NULL)
        return;
    end_process(run);
    free_run(run);
    delivery->work = NULL;
}

const struct alert_channel_type channel_exec = {
    .name = "exec",
    .options = options,
    .start = start,
    .cancel = cancel,
};
