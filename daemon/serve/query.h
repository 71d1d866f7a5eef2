/* The filters that every view of hits, stories and items shares, from a request's parameters. */
#ifndef BLOCWATCH_SERVE_QUERY_H
#define BLOCWATCH_SERVE_QUERY_H

#include "server.h"

/* Each returns 0, or -1 after a 400 or 404 has been sent. Texts are borrowed from the request. */
int serve_query_hits(struct serve_request *request, struct bw_hit_query *query);
int serve_query_items(struct serve_request *request, struct bw_item_query *query);
int serve_query_stories(struct serve_request *request, struct bw_story_query *query);

#endif
