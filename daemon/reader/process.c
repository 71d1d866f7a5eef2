/* posix_spawn of a reader on a socket pair, and its end. Owns nothing. */
#include "process.h"

#include "blocwatch/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A reader inherits nothing but the sanitizers' settings of a test build. */
static int spawn_reader(pid_t *pid, int fd)
{
    static const char *const args[] = {"blocwatchd", "--reader", NULL};
    const char *environment[3] = {NULL, NULL, NULL};
    char sanitizer[512];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int result;

    if (getenv("ASAN_OPTIONS") != NULL) {
        snprintf(sanitizer, sizeof sanitizer, "ASAN_OPTIONS=%s", getenv("ASAN_OPTIONS"));
        environment[0] = sanitizer;
    }
    sigemptyset(&signals);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, BW_READER_FD);
    posix_spawn_file_actions_addclosefrom_np(&actions, BW_READER_FD + 1);
    result = posix_spawn(pid, "/proc/self/exe", &actions, &attributes,
                         (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

int process_start(pid_t *pid, struct bw_error *err)
{
    int pair[2], theirs, result;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return error_set(err, BW_ERR_IO, "socketpair: %s", strerror(errno));
    /* dup2() onto the same number would keep close-on-exec: stay clear of the reader's. */
    theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, BW_READER_FD + 1);
    result = theirs < 0 || fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
    close(pair[1]);
    if (result == 0)
        result = spawn_reader(pid, theirs);
    if (theirs >= 0)
        close(theirs);
    if (result != 0) {
        close(pair[0]);
        return error_set(err, BW_ERR_IO, "cannot run a reader: %s", strerror(result));
    }
    return pair[0];
}

void process_end(pid_t pid, char *how, size_t size)
{
    int status = 0;
    pid_t got;

    /* A reader that closed its socket is dying: let its own end be seen before ours. */
    for (int i = 0; (got = waitpid(pid, &status, WNOHANG)) == 0 && i < 20; i++) {
        if (how == NULL)
            break;
        usleep(1000);
    }
    if (got == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        if (how != NULL)
            snprintf(how, size, "was stopped");
    } else if (how != NULL && WIFSIGNALED(status)) {
        snprintf(how, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (how != NULL) {
        snprintf(how, size, "ended with code %d", WEXITSTATUS(status));
    }
}
