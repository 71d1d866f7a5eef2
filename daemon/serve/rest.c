/* When descriptors run out, the listener rests: a connection that cannot be accepted would wake the
 * loop without end. Owns nothing. */
#include "server.h"

#include <event2/event.h>
#include <event2/listener.h>

static void on_rested(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    evconnlistener_enable(ctx);
}

/* The pause is the loop's, and so is the listener's life: the loop does not run once it is gone. */
static void on_accept_error(struct evconnlistener *listener, void *ctx)
{
    static const struct timeval pause = {1, 0};

    (void)ctx;
    if (event_base_once(evconnlistener_get_base(listener), -1, EV_TIMEOUT, on_rested, listener,
                        &pause) == 0)
        evconnlistener_disable(listener);
}

static void watch_socket(struct evhttp_bound_socket *socket, void *ctx)
{
    (void)ctx;
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(socket), on_accept_error);
}

void serve_rest_when_crowded(struct evhttp *http)
{
    evhttp_foreach_bound_socket(http, watch_socket, NULL);
}
