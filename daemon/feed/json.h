/* JSON Feed 1.0 and 1.1 (jsonfeed.org). */
#ifndef FEED_JSON_H
#define FEED_JSON_H

#include "parse.h"

/* Seeds jansson's hash tables, which reads /dev/urandom the first time. */
void json_prepare(void);

/* 0, also when the parse failed or is full; -1 when the text is no JSON Feed: `why` says so. */
int json_read(struct bw_parse *p, const char *text, size_t len, struct bw_error *why);

#endif
