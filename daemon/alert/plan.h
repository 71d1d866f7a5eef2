/*
 * When an alert goes out on a channel, and in which message: groups, digests, quiet hours and the
 * rate cap. Remembers the groups and windows of late; what it forgets in a restart is read back
 * from the outbox.
 */
#ifndef BLOCWATCH_ALERT_PLAN_H
#define BLOCWATCH_ALERT_PLAN_H

#include "route.h"

#include "blocwatch/buf.h"
#include "blocwatch/store.h"

struct planner;

enum plan_how {
    PLAN_NOW,    /* at once, or after group_wait */
    PLAN_JOINED, /* with a message of its group that is still to go out */
    PLAN_DIGEST, /* at the route's next digest */
    PLAN_QUIET,  /* when the quiet hours end */
    PLAN_RATE,   /* when the rate cap's window ends */
};

struct plan {
    enum plan_how how;
    int64_t due_ms;
    struct bw_buf group; /* cleared by the caller */
};

struct planner *planner_new(void); /* NULL when out of memory */
void planner_free(struct planner *planner);
/* Reads the groups of late back from the outbox. */
int planner_load(struct planner *planner, struct bw_store *store, struct bw_error *err);
/* *plan initialised by the call. -1 only when out of memory. */
int planner_plan(struct planner *planner, const struct route_settings *settings,
                 const struct alert_subject *subject, const char *channel, int64_t now_ms,
                 struct plan *plan, struct bw_error *err);
/* "rides in the digest of 2024-10-16T07:30:00Z"; "" for PLAN_NOW. */
void plan_explain(const struct plan *plan, char *text, size_t size);

#endif
