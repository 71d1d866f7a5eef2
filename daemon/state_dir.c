/* Making and locking the state directory. Owns nothing; the caller holds the descriptor. */
#include "state_dir.h"

#include "blocwatch/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_dirs(const char *dir, struct bw_error *err)
{
    char path[PATH_MAX];
    char *slash;

    if (snprintf(path, sizeof path, "%s", dir) >= (int)sizeof path)
        return error_set(err, BW_ERR_IO, "%s: the name is too long", dir);
    for (slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return error_set(err, BW_ERR_IO, "cannot make %s: %s", path, strerror(errno));
        *slash = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set(err, BW_ERR_IO, "cannot make %s: %s", path, strerror(errno));
    return 0;
}

/* The holder's process id stands in the file, for the message only: the lock is what counts. */
static int report_holder(int fd, const char *dir, struct bw_error *err)
{
    char text[32] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);

    if (got < 0)
        got = 0;
    text[got] = '\0';
    text[strspn(text, "0123456789")] = '\0';
    return error_set(err, BW_ERR_BUSY, "%s is in use by another blocwatchd (process %s)", dir,
                     text[0] != '\0' ? text : "unknown");
}

int state_dir_lock(const char *dir, struct bw_error *err)
{
    char path[PATH_MAX];
    int fd;

    if (make_dirs(dir, err) != 0)
        return -1;
    if (snprintf(path, sizeof path, "%s/%s", dir, BW_LOCK) >= (int)sizeof path)
        return error_set(err, BW_ERR_IO, "%s: the name is too long", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, BW_ERR_IO, "cannot open %s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        report_holder(fd, dir, err);
        close(fd);
        return -1;
    }
    /* On a full disk the number is missing in that message, and the daemon runs. */
    if (ftruncate(fd, 0) == 0 && dprintf(fd, "%ld\n", (long)getpid()) < 0 && errno != ENOSPC) {
        error_set(err, BW_ERR_IO, "cannot write %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}
