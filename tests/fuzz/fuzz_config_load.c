/* Any bytes as a configuration file: loaded, or refused with errors that have a text. */
#include "blocwatch/config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_config_errors errors = {0};
    struct bw_config *config = NULL;
    char path[64];
    int fd, result;

    /* Other files are not ours to read here. */
    if (memmem(data, size, "include", 7) != NULL || memmem(data, size, "standing", 8) != NULL)
        return 0;
    fd = memfd_create("config", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    result = config_load(path, &config, &errors);
    if ((result == 0) != (errors.n == 0) || (result == 0) != (config != NULL))
        abort();
    for (size_t i = 0; i < errors.n; i++) {
        if (errors.list[i].text == NULL || errors.list[i].text[0] == '\0')
            abort();
    }
    config_clear_errors(&errors);
    config_free(config);
    close(fd);
    return 0;
}
