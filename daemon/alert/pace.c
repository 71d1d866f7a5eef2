/* Rates and pauses of a channel. Owns nothing. */
#include "pace.h"

enum {
    CALM_FAILURES = 3, /* in a row before the channel pauses as a whole */
    PAUSE_CAP_MS = 60000,
    TROUBLE_MS = 600000, /* failing for so long, and so often, is told */
    TROUBLE_FAILURES = 5,
};

int64_t pace_blocked_until(struct pace *pace, int64_t now_ms)
{
    if (pace->paused_until_ms > now_ms)
        return pace->paused_until_ms;
    if (pace->rate_limit == 0)
        return 0;
    if (now_ms - pace->rate_since_ms >= pace->rate_period_ms || now_ms < pace->rate_since_ms) {
        pace->rate_since_ms = now_ms;
        pace->rate_used = 0;
    }
    return pace->rate_used < pace->rate_limit ? 0 : pace->rate_since_ms + pace->rate_period_ms;
}

void pace_note_start(struct pace *pace)
{
    pace->rate_used++;
}

void pace_note_success(struct pace *pace)
{
    pace->failures = 0;
    pace->paused_until_ms = 0;
    pace->told = false;
}

bool pace_note_failure(struct pace *pace, int64_t now_ms, int64_t retry_after_ms, uint32_t random)
{
    struct backoff pause = {pace->backoff.first_ms, PAUSE_CAP_MS};
    int64_t wait = 0;

    if (pace->failures++ == 0)
        pace->failing_since_ms = now_ms;
    if (pace->failures > CALM_FAILURES)
        wait = backoff_delay_ms(&pause, pace->failures - CALM_FAILURES, 0, random);
    /* It is the channel that is asked to wait, not only this message. */
    if (retry_after_ms > wait)
        wait = backoff_delay_ms(&(struct backoff){0, 0}, 1, retry_after_ms, 0);
    if (now_ms + wait > pace->paused_until_ms)
        pace->paused_until_ms = now_ms + wait;
    if (pace->told || pace->failures < TROUBLE_FAILURES ||
        now_ms - pace->failing_since_ms < TROUBLE_MS)
        return false;
    pace->told = true;
    return true;
}

bool pace_note_dead(struct pace *pace)
{
    bool first = !pace->told;

    pace->told = true;
    return first;
}
