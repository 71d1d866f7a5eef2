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
