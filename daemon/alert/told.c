/* What has been told of a story before. Owns nothing; text lies in the caller's arena. */
#include "raise.h"

#include <string.h>

static int on_alert(const struct bw_alert_row *row, void *ctx)
{
    struct told *told = ctx;
    json_t *json = json_loads(row->payload, 0, NULL);
    const char *source = json_string_value(json_object_get(json, "source"));
    const char *reason = json_string_value(json_object_get(json, "reason"));

    told->n++;
    told->last = row->id;
    told->events = arena_printf(told->arena, "%s\n%s", told->events, row->events);
    told->sources =
        arena_printf(told->arena, "%s %s ", told->sources, source == NULL ? "" : source);
    told->confirmed = told->confirmed || (reason != NULL && strcmp(reason, "confirmed") == 0);
    json_decref(json);
    return told->events == NULL || told->sources == NULL;
}

int told_find(struct bw_store *store, int64_t story, const char *rule, struct bw_arena *arena,
              struct told *told, struct bw_error *err)
{
    *told = (struct told){.arena = arena, .events = "", .sources = ""};
    if (store_find_alerts(store, story, rule, on_alert, told, err) != 0)
        return -1;
    if (told->events == NULL || told->sources == NULL)
        return error_set(err, BW_ERR_MEMORY, "out of memory");
    return 0;
}

/* Whether `text`, words or lines, holds exactly this one. */
static bool has_part(const char *text, const char *part, size_t len, const char *between)
{
    while (*text != '\0') {
        size_t this = strcspn(text, between);

        if (this == len && memcmp(text, part, len) == 0)
            return true;
        text += this + (text[this] != '\0');
    }
    return false;
}

bool told_has_source(const struct told *told, const char *source)
{
    return has_part(told->sources, source, strlen(source), " ");
}

bool told_has_events(const struct told *told, const char *events)
{
    while (*events != '\0') {
        size_t len = strcspn(events, "\n");

        if (memmem(events, len, " none ", 6) == NULL && !has_part(told->events, events, len, "\n"))
            return false;
        events += len + (events[len] == '\n');
    }
    return true;
}
