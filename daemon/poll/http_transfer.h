/* One HTTP request as libcurl sees it: its options going out, its header and body coming in. The
 * loop's part is in http.c. */
#ifndef BLOCWATCH_POLL_HTTP_TRANSFER_H
#define BLOCWATCH_POLL_HTTP_TRANSFER_H

#include "transport.h"

#include <curl/curl.h>

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    struct bw_config_polling limits; /* its texts are not used */
    bool allow_private, has_proxy;
    /* on the way */
    struct bw_buf body;
    size_t n_header_bytes, n_discarded;
    bool answered; /* the first line of a final answer has come */
    bool sent_validators;
    bool private_address; /* refused: the name leads to an address that is not public */
    bool too_large, no_first_byte;
    bool enough; /* an error page that goes on and on: its status is known */
    char problem[CURL_ERROR_SIZE];
    char refused_address[64];
    void (*on_ready)(struct transfer *transfer);      /* the request is leaving */
    void (*on_first_byte)(struct transfer *transfer); /* the answer has begun */
};

/* Sets all options of `easy`. -1 with `err`. */
int transfer_prepare(struct transfer *transfer, const struct bw_request *request,
                     struct bw_error *err);
/* What the server said, once curl is done with it; *response is empty before. */
void transfer_finish(struct transfer *transfer, CURLcode code, struct bw_response *response);
void transfer_clear(struct transfer *transfer); /* not `easy` */

#endif
