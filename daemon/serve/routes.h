/* The handlers of the routes' table in server.c, by the file that holds them. */
#ifndef BLOCWATCH_SERVE_ROUTES_H
#define BLOCWATCH_SERVE_ROUTES_H

#include "server.h"

/* api_lists.c */
serve_handler_fn serve_api_hits, serve_api_stories, serve_api_items, serve_api_matrix;
/* api_state.c */
serve_handler_fn serve_api_sources, serve_api_rules, serve_api_alerts, serve_api_silences;
/* api_write.c */
serve_handler_fn serve_api_rules_test, serve_api_add_silence, serve_api_end_silence,
    serve_api_poll_now, serve_api_replay, serve_api_drop;
/* Matches the request's title and summary; `tried` answers the request with what came of it. */
typedef void serve_tried_fn(struct serve_request *request, const char *json);
void serve_try_item(struct serve_request *request, serve_tried_fn *tried);
/* page_*.c */
serve_handler_fn serve_page_overview, serve_page_stories, serve_page_hit, serve_page_search,
    serve_page_sources, serve_page_alerts, serve_page_rules, serve_page_rules_try, serve_asset_get;
/* export.c */
serve_handler_fn serve_hits_atom, serve_hits_csv;
/* events.c */
serve_handler_fn serve_events_stream;
struct serve_events *serve_events_new(struct bw_server *server);
void serve_events_free(struct serve_events *events);
void serve_events_announce(struct serve_events *events);
/* health.c */
serve_handler_fn serve_healthz, serve_readyz, serve_metrics;

#endif
