/* Any text as a date. */
#include "blocwatch/feed.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    int64_t time;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    time = feed_parse_date(text, BW_TIME_NONE);
    /* 1900 to 9999, and a day of time zones. */
    if (time != BW_TIME_NONE && (time < -INT64_C(2209075200) || time > INT64_C(253402387200)))
        abort();
    time = feed_parse_date(text, 0);
    if (time != BW_TIME_NONE && time > 2 * 86400)
        abort();
    free(text);
    return 0;
}
