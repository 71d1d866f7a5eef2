/* sd_notify(3) from the loop. Owns two timers. */
#include "notify.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

struct bw_notify {
    struct event *ready, *watchdog;
};

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    sd_notify(0, "READY=1");
}

static void on_watchdog(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx;
    sd_notify(0, "WATCHDOG=1");
}

static void start_watchdog(struct bw_notify *notify, struct event_base *base)
{
    uint64_t usec = 0;
    struct timeval period;

    if (sd_watchdog_enabled(0, &usec) <= 0)
        return;
    usec /= 3; /* two may come late */
    period = (struct timeval){(time_t)(usec / 1000000), (suseconds_t)(usec % 1000000)};
    notify->watchdog = event_new(base, -1, EV_PERSIST, on_watchdog, NULL);
    if (notify->watchdog != NULL)
        event_add(notify->watchdog, &period);
}

struct bw_notify *notify_new(struct event_base *base)
{
    struct bw_notify *notify = calloc(1, sizeof *notify);

    if (notify == NULL)
        return NULL;
    notify->ready = evtimer_new(base, on_ready, NULL);
    start_watchdog(notify, base);
    return notify;
}

void notify_free(struct bw_notify *notify)
{
    if (notify == NULL)
        return;
    if (notify->ready != NULL)
        event_free(notify->ready);
    if (notify->watchdog != NULL)
        event_free(notify->watchdog);
    free(notify);
}

void notify_ready(struct bw_notify *notify)
{
    static const struct timeval at_once = {0, 0};

    if (notify != NULL && notify->ready != NULL)
        evtimer_add(notify->ready, &at_once);
}

void notify_alive(struct bw_notify *notify)
{
    if (notify != NULL && notify->watchdog != NULL)
        sd_notify(0, "WATCHDOG=1");
}

/* To the microsecond: systemd compares it with the time at which it asked. */
void notify_reloading(struct bw_notify *notify)
{
    struct timespec now;

    if (notify == NULL || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
               (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping(struct bw_notify *notify)
{
    if (notify != NULL)
        sd_notify(0, "STOPPING=1");
}
