/* Rows of the store as JSON: one shape for API, live events and exports. */
#ifndef BLOCWATCH_SERVE_JSON_H
#define BLOCWATCH_SERVE_JSON_H

#include "blocwatch/store.h"

#include <jansson.h>

json_t *serve_json_text(const char *text);   /* null for NULL */
json_t *serve_json_seconds(int64_t seconds); /* RFC 3339; null for BW_TIME_NONE */
json_t *serve_json_ms(int64_t ms);
json_t *serve_json_words(const char *words);  /* "a b c" → ["a", "b", "c"] */
json_t *serve_json_events(const char *lines); /* "KZ declines BRICS\n…" → objects */

json_t *serve_json_hit(const struct bw_hit_row *hit);
json_t *serve_json_item(const struct bw_item_row *item);
json_t *serve_json_story(const struct bw_story_row *story);
json_t *serve_json_outbox(const struct bw_outbox_row *row);
json_t *serve_json_silence(const struct bw_silence *silence);

#endif
