/* The remembered state of a source: init, copy, clear. Owns the text fields. */
#include "blocwatch/source.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const healths[BW_HEALTHS] = {
    "new", "ok", "slow", "failing", "quarantined", "gone", "silent", "disabled",
};

const char *health_name(enum bw_health health)
{
    return healths[health];
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
static const size_t text_fields[] = {
    offsetof(struct bw_source_state, url),
    offsetof(struct bw_source_state, etag),
    offsetof(struct bw_source_state, last_modified),
    offsetof(struct bw_source_state, redirect_seen),
    offsetof(struct bw_source_state, redirect_to),
    offsetof(struct bw_source_state, why),
    offsetof(struct bw_source_state, due_rule),
};
enum { TEXT_FIELDS = sizeof text_fields / sizeof text_fields[0] };

static char **text_field(struct bw_source_state *state, size_t index)
{
    return (char **)((char *)state + text_fields[index]);
}

void source_state_clear(struct bw_source_state *state)
{
    for (size_t i = 0; i < TEXT_FIELDS; i++)
        free(*text_field(state, i));
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
    int result = 0;

    for (size_t i = 0; i < TEXT_FIELDS; i++) {
        char **field = text_field(&copy, i);

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
