/* One visit to one source: its making, its way through redirects, its end. Owns all it points to
 * but the lane, the transport and the poller. */
#include "visit.h"

#include "url.h"

#include <stdlib.h>
#include <string.h>

struct visit *visit_new(const struct bw_config_source *source, uint32_t slot)
{
    struct visit *visit = calloc(1, sizeof *visit);

    if (visit == NULL)
        return NULL;
    source_state_init(&visit->before);
    visit->slot = slot;
    visit->all_permanent = true;
    visit->polling = source->polling;
    visit->polling.user_agent = NULL;
    visit->polling.contact = NULL;
    if (source_state_set(&visit->id, source->id) != 0 ||
        source_state_set(&visit->lang, source->lang) != 0 ||
        source_state_set(&visit->url, source->url) != 0) {
        visit_free(visit);
        return NULL;
    }
    visit->poll.source = slot;
    visit->poll.source_id = visit->id;
    visit->poll.lang = visit->lang;
    return visit;
}

const char *visit_url(const struct visit *visit)
{
    return visit->n_hops > 0 ? visit->hops[visit->n_hops - 1] : visit->url;
}

static int check_hop(const struct visit *visit, const char *url, struct bw_error *err)
{
    if (!url_is_http(url))
        return error_set(err, BW_ERR_NETWORK, "redirect to %s: only http and https are followed",
                         url);
    if (visit->n_hops > visit->polling.max_redirects || visit->n_hops > VISIT_MAX_HOPS)
        return error_set(err, BW_ERR_NETWORK, "more than %d redirects, the last to %s",
                         visit->n_hops - 1, url);
    for (int i = 0; i < visit->n_hops; i++) {
        if (strcmp(visit->hops[i], url) == 0)
            return error_set(err, BW_ERR_NETWORK, "the redirects go round in a circle at %s", url);
    }
    return 0;
}

int visit_add_hop(struct visit *visit, char *url, bool permanent, struct bw_error *err)
{
    bool first = visit->n_hops == 0;

    if (url == NULL)
        return -1;
    if (!first && check_hop(visit, url, err) != 0)
        goto fail;
    if (!first) {
        visit->all_permanent = visit->all_permanent && permanent;
        if (visit->all_permanent && source_state_set(&visit->permanent_to, url) != 0) {
            error_set(err, BW_ERR_MEMORY, "out of memory");
            goto fail;
        }
    }
    visit->hops[visit->n_hops++] = url;
    return 0;
fail:
    free(url);
    return -1;
}

void visit_free(struct visit *visit)
{
    if (visit == NULL)
        return;
    document_free(visit->poll.doc);
    buf_clear(&visit->poll.fetch.body);
    for (int i = 0; i < visit->n_hops; i++)
        free(visit->hops[i]);
    free(visit->permanent_to);
    free(visit->id);
    free(visit->lang);
    free(visit->url);
    source_state_clear(&visit->before);
    response_clear(&visit->response);
    free(visit);
}
