/* Runs a fuzz target over files and folders without libFuzzer, so that the corpus is a plain test.
 */
#include "blocwatch/buf.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    struct bw_buf buf;
    int result;

    buf_init(&buf);
    result = buf_read_file(&buf, path, 0);
    if (result == 0)
        LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&buf), buf.len);
    else
        perror(path);
    buf_clear(&buf);
    return result;
}

static int replay_path(const char *path, unsigned long *count)
{
    struct dirent *entry;
    struct stat info;
    char inner[4096];
    int result = 0;
    DIR *dir;

    if (stat(path, &info) != 0) {
        perror(path);
        return -1;
    }
    if (!S_ISDIR(info.st_mode)) {
        ++*count;
        return replay_file(path);
    }
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        result |= replay_path(inner, count);
    }
    if (dir != NULL)
        closedir(dir);
    return result;
}

int main(int argc, char **argv)
{
    unsigned long count = 0;
    int result = 0;

    for (int i = 1; i < argc; i++)
        result |= replay_path(argv[i], &count);
    printf("%lu inputs replayed\n", count);
    return result != 0 || count == 0;
}
