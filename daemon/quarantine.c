/* The quarantine folder: one document and one .txt with the reason per case. Owns the folder. */
#include "quarantine.h"

#include "blocwatch/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CASES_KEPT = 20, LARGEST_KEPT = 16 << 20 };

static int write_file(const char *path, const char *data, size_t len, struct bw_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t put = fd < 0 ? -1 : write(fd, data, len);
    int saved = errno;

    if (fd >= 0)
        close(fd);
    if (put == (ssize_t)len)
        return 0;
    return error_set(err, BW_ERR_IO, "cannot write %s: %s", path,
                     put < 0 ? strerror(saved) : "the disk is full");
}

static int is_document(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL && strcmp(dot, ".document") == 0;
}

/* Names begin with the time, so the alphabet is the order of age. */
static void remove_oldest(const char *folder)
{
    struct dirent **entries;
    char path[PATH_MAX];
    int count = scandir(folder, &entries, is_document, alphasort);

    for (int i = 0; i < count; i++) {
        if (i < count - CASES_KEPT) {
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            unlink(path);
            snprintf(strrchr(path, '.'), 5, ".txt");
            unlink(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

int quarantine_keep(const char *state_dir, const struct bw_poll *poll, struct bw_error *err)
{
    const struct bw_fetch *fetch = &poll->fetch;
    size_t len = fetch->body.len < LARGEST_KEPT ? fetch->body.len : LARGEST_KEPT;
    char folder[PATH_MAX - 300], path[PATH_MAX], source[128];
    struct bw_buf reason;
    int result;

    snprintf(folder, sizeof folder, "%s/" BW_QUARANTINE, state_dir);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return error_set(err, BW_ERR_IO, "cannot make %s: %s", folder, strerror(errno));
    snprintf(source, sizeof source, "%s", poll->source_id);
    for (char *c = source; *c != '\0'; c++) {
        if (*c == '/' || *c == '.')
            *c = '_';
    }
    snprintf(path, sizeof path, "%s/%013" PRId64 "-%s.document", folder, fetch->ended_ms, source);
    result = write_file(path, buf_text(&fetch->body), len, err);
    if (result == 0) {
        buf_init(&reason);
        buf_printf(&reason, "source: %s\nurl: %s\ncontent-type: %s\nbytes: %zu\nreason: %s\n",
                   poll->source_id, fetch->url != NULL ? fetch->url : "",
                   fetch->content_type != NULL ? fetch->content_type : "", fetch->body.len,
                   poll->error.text);
        snprintf(strrchr(path, '.'), 5, ".txt");
        result = write_file(path, buf_text(&reason), reason.len, err);
        buf_clear(&reason);
    }
    remove_oldest(folder);
    return result;
}
