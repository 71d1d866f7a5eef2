/* What a server said, for a moment: clears it. Owns nothing else. */
#include "transport.h"

#include <stdlib.h>

void response_clear(struct bw_response *response)
{
    buf_clear(&response->body);
    free(response->etag);
    free(response->last_modified);
    free(response->content_type);
    free(response->location);
    free(response->cache_control);
    free(response->expires);
    free(response->date);
    free(response->age);
    free(response->retry_after);
    *response = (struct bw_response){0};
}
