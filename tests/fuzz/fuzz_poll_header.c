/* What a server may write into its header: dates, Cache-Control, Retry-After, Location. The first
 * byte says which field the rest is. */
#include "freshness.h"
#include "url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lifetime(struct bw_response *response)
{
    const char *rule = NULL;
    int64_t seconds = freshness_lifetime(response, 1795602600, &rule);

    if (seconds < 0 || (seconds > 0) != (rule != NULL))
        abort();
}

static void check_location(const char *text)
{
    char *url = url_follow("https://user:secret@example.org/a/b", text, NULL);

    /* credentials never go on, and what is followed has a host */
    if (url != NULL && strstr(url, "user:secret@") != NULL && strstr(text, "user:secret@") == NULL)
        abort();
    if (url != NULL && url_is_http(url))
        free(url_host(url, NULL));
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_response response = {0};
    char *text;

    if (size < 1 || (text = strndup((const char *)data + 1, size - 1)) == NULL)
        return 0;
    switch (data[0]) {
    case 'c':
        response.cache_control = text;
        check_lifetime(&response);
        break;
    case 'e':
        response.expires = text;
        check_lifetime(&response);
        break;
    case 'a':
        response.cache_control = (char *)(uintptr_t) "max-age=600";
        response.age = text;
        check_lifetime(&response);
        break;
    case 'r':
        response.retry_after = text;
        if (freshness_retry_after(&response, 1795602600) < -1)
            abort();
        break;
    default:
        check_location(text);
    }
    free(text);
    return 0;
}
