/* The remembered state of a source: init, copy, clear. Owns the text fields. */
#include "blocwatch/source.h"

#include <stdlib.h>
#include <string.h>

static const char *const healths[BW_HEALTHS] = {
    "new", "ok", "slow", "failing", "quarantined", "gone", "silent", "disabled",
};

const char *health_name(enum bw_health health)
{
    return healths[health];
}

int health_parse(const char *name)
{
    for (int i = 0; i < BW_HEALTHS; i++) {
        if (strcmp(healths[i], name) == 0)
            return i;
    }
    return -1;
}

void source_state_init(struct bw_source_state *state)
{
    *state = (struct bw_source_state){
        .last_poll = BW_TIME_NONE,
        .last_success = BW_TIME_NONE,
        .last_item = BW_TIME_NONE,
        .failing_since = BW_TIME_NONE,
    };
}

/* The owned text fields, so that copy and clear never forget one. */
static char **text_field(struct bw_source_state *state, int index)
{
    char **fields[] = {&state->url,           &state->etag,        &state->last_modified,
                       &state->redirect_seen, &state->redirect_to, &state->why,
                       &state->due_rule};

    return index < (int)(sizeof fields / sizeof fields[0]) ? fields[index] : NULL;
}

void source_state_clear(struct bw_source_state *state)
{
    char **field;

    for (int i = 0; (field = text_field(state, i)) != NULL; i++)
        free(*field);
    source_state_init(state);
}

int source_state_set(char **field, const char *value)
{
    char *copy = NULL;

    if (value != NULL && (copy = strdup(value)) == NULL)
        return -1;
    free(*field);
    *field = copy;
    return 0;
}

int source_state_copy(struct bw_source_state *to, const struct bw_source_state *from)
{
    struct bw_source_state copy = *from;
    char **field;
    int result = 0;

    for (int i = 0; (field = text_field(&copy, i)) != NULL; i++) {
        if (*field != NULL && (*field = strdup(*field)) == NULL)
            result = -1;
    }
    if (result != 0) {
        source_state_clear(&copy);
        return -1;
    }
    source_state_clear(to);
    *to = copy;
    return 0;
}
