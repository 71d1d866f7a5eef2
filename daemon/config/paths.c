/* Paths: variables, relative ones, file: URLs, the state directory, secret files. Owns nothing. */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 4096 };

static const char *const variables[] = {"CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"};

/* The value of the variable that `text` begins with ("${NAME}"); NULL with an error added. */
static const char *expand_variable(struct loader *loader, struct bw_place place, const char *key,
                                   const char *text, size_t *len)
{
    const char *end = strchr(text, '}'), *value;

    for (size_t i = 0; end != NULL && i < sizeof variables / sizeof variables[0]; i++) {
        size_t n = strlen(variables[i]);

        if ((size_t)(end - text) != n + 2 || strncmp(text + 2, variables[i], n) != 0)
            continue;
        value = getenv(variables[i]);
        *len = n + 3;
        if (value == NULL || value[0] == '\0')
            config_add_error(loader->errors, place, "%s: ${%s} is not set: systemd sets it with %s",
                             key, variables[i], i == 0 ? "LoadCredential=" : "StateDirectory=");
        return value != NULL && value[0] != '\0' ? value : NULL;
    }
    config_add_error(loader->errors, place,
                     "%s: expected ${CREDENTIALS_DIRECTORY} or ${STATE_DIRECTORY}, not \"%s\"", key,
                     text);
    return NULL;
}

/* Appends `text` with its variables. -1 with an error added. */
static int expand(struct loader *loader, struct bw_place place, const char *key, const char *text,
                  struct bw_buf *out)
{
    while (*text != '\0') {
        const char *value;
        size_t len;

        if (strncmp(text, "${", 2) != 0) {
            buf_putc(out, *text++);
            continue;
        }
        value = expand_variable(loader, place, key, text, &len);
        if (value == NULL)
            return -1;
        buf_puts(out, value);
        text += len;
    }
    return 0;
}

static void append_directory(struct bw_buf *out, const char *file)
{
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;

    if (slash != NULL)
        buf_append(out, file, (size_t)(slash - file) + 1);
}

const char *paths_resolve(struct loader *loader, struct bw_place place, const char *key,
                          const char *text)
{
    struct bw_buf path;
    const char *result = NULL;

    buf_init(&path);
    if (text[0] == '\0') {
        config_add_error(loader->errors, place, "%s: expected a path, not nothing", key);
        goto out;
    }
    if (text[0] != '/' && strncmp(text, "${", 2) != 0)
        append_directory(&path, place.file);
    if (expand(loader, place, key, text, &path) != 0)
        goto out;
    result = path.failed ? NULL : arena_strdup(loader->arena, buf_text(&path));
    if (result == NULL)
        loader->out_of_memory = true;
out:
    buf_clear(&path);
    return result;
}

/* file:PATH, file:///PATH or file://localhost/PATH; a relative one against the file. What is
 * written counts as encoded already; only what no URL may hold is encoded. */
static const char *resolve_file_url(struct loader *loader, struct bw_place place,
                                    const char *subject, const char *path)
{
    struct bw_buf url, plain;
    const char *result = NULL;

    buf_init(&url);
    buf_init(&plain);
    if (strncmp(path, "//", 2) == 0) {
        path += 2;
        if (strncmp(path, "localhost/", 10) == 0)
            path += 9;
        if (path[0] != '/') {
            config_add_error(loader->errors, place,
                             "%s: url: expected file:PATH or file:///PATH, not \"file://%s\"",
                             subject, path);
            goto out;
        }
    }
    if (path[0] != '/')
        append_directory(&plain, place.file);
    buf_puts(&plain, path);
    buf_puts(&url, "file://");
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.data[i];

        if (c <= ' ' || c >= 0x7f || strchr("\"#<>?[\\]^`{|}", c) != NULL)
            buf_printf(&url, "%%%02X", c);
        else
            buf_putc(&url, (char)c);
    }
    result = url.failed || plain.failed ? NULL : arena_strdup(loader->arena, buf_text(&url));
    if (result == NULL)
        loader->out_of_memory = true;
out:
    buf_clear(&url);
    buf_clear(&plain);
    return result;
}

const char *paths_resolve_url(struct loader *loader, struct bw_place place, const char *subject,
                              const char *text)
{
    const char *host = strstr(text, "://");

    if (strncasecmp(text, "file:", 5) == 0 && text[5] != '\0')
        return resolve_file_url(loader, place, subject, text + 5);
    if ((strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0) ||
        host == NULL || strchr("/?#:", host[3]) != NULL || strpbrk(text, " \t\n\r") != NULL) {
        config_add_error(loader->errors, place,
                         "%s: url: expected https://…, http://… or file:…, not \"%s\"", subject,
                         text);
        return NULL;
    }
    return arena_strdup(loader->arena, text);
}

/* The directory that the environment names: 0, or -1 when it names none. */
static int environment_dir(char *dir, size_t size)
{
    const char *value = getenv("STATE_DIRECTORY");

    if (value != NULL && value[0] == '/') /* several are separated by colons: the first is ours */
        return snprintf(dir, size, "%.*s", (int)strcspn(value, ":"), value) < (int)size ? 0 : -1;
    value = getenv("XDG_STATE_HOME");
    if (value != NULL && value[0] == '/')
        return snprintf(dir, size, "%s/blocwatch", value) < (int)size ? 0 : -1;
    value = getenv("HOME");
    if (value != NULL && value[0] == '/')
        return snprintf(dir, size, "%s/.local/state/blocwatch", value) < (int)size ? 0 : -1;
    return -1;
}

int config_state_dir(const struct bw_config *config, const char *argument, char *dir, size_t size,
                     struct bw_error *err)
{
    const char *given = argument != NULL ? argument : config != NULL ? config->state_dir : NULL;
    char path[PATH_MAX], cwd[PATH_MAX];
    int len;

    if (given == NULL) {
        if (environment_dir(path, sizeof path) != 0)
            return error_set(err, BW_ERR_CONFIG,
                             "no state directory: give --state-dir DIR, or state_dir: in %s",
                             config != NULL ? config->file : "the configuration");
        given = path;
    }
    if (given[0] == '\0')
        return error_set(err, BW_ERR_USAGE, "the state directory's name is empty");
    if (given[0] != '/' && getcwd(cwd, sizeof cwd) == NULL)
        return error_set(err, BW_ERR_IO, "no working directory: %s", strerror(errno));
    len = given[0] == '/' ? snprintf(NULL, 0, "%s", given) : snprintf(NULL, 0, "%s/%s", cwd, given);
    if (len < 0 || (size_t)len >= size)
        return error_set(err, BW_ERR_LIMIT, "the state directory's name is too long");
    if (given[0] == '/')
        snprintf(dir, size, "%s", given);
    else
        snprintf(dir, size, "%s/%s", cwd, given);
    return 0;
}

int config_read_secret(const char *path, char *text, size_t size, struct bw_error *err)
{
    char secret[SECRET_MAX + 2];
    ssize_t got, len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;

    if (fd < 0)
        return error_set(err, BW_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    do {
        got = read(fd, secret + len, sizeof secret - (size_t)len);
        if (got > 0)
            len += got;
    } while ((got > 0 && (size_t)len < sizeof secret) || (got < 0 && errno == EINTR));
    if (got < 0)
        result = error_set(err, BW_ERR_IO, "cannot read %s: %s", path, strerror(errno));
    close(fd);
    if (result == 0 && len > 0 && secret[len - 1] == '\n')
        len--;
    if (result == 0 && len > 0 && secret[len - 1] == '\r')
        len--;
    if (result == 0 && (len > SECRET_MAX || (size_t)len >= size))
        result = error_set(err, BW_ERR_LIMIT, "%s: expected at most %d bytes", path, SECRET_MAX);
    else if (result == 0 && memchr(secret, '\0', (size_t)len) != NULL)
        result = error_set(err, BW_ERR_FORMAT, "%s: expected text, found a NUL byte", path);
    if (result == 0) {
        memcpy(text, secret, (size_t)len);
        text[len] = '\0';
    }
    explicit_bzero(secret, sizeof secret);
    return result;
}
