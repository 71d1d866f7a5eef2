/* Talking to the service manager by sd_notify(3): ready, reloading, stopping, watchdog. All calls
 * do nothing when there is no manager. */
#ifndef BLOCWATCH_NOTIFY_H
#define BLOCWATCH_NOTIFY_H

struct event_base;
struct bw_notify;

/* Answers the watchdog from the loop, when the manager asks for it: a loop that hangs is killed.
 * Returns owned; NULL when out of memory, which all other calls accept. */
struct bw_notify *notify_new(struct event_base *base);
void notify_free(struct bw_notify *notify);

void notify_ready(struct bw_notify *notify); /* on the next turn of the loop: it runs, then */
void notify_alive(struct bw_notify *notify); /* in long work, away from the loop */
void notify_reloading(struct bw_notify *notify);
void notify_stopping(struct bw_notify *notify);

#endif
