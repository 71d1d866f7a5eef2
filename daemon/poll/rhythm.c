/* The publishing rhythm and the adaptive interval. Owns nothing. */
#include "rhythm.h"

enum {
    LATEST = 5,         /* items that tell how fast it is now */
    POLLS_PER_GAP = 4,  /* asked so often between two items */
    SILENCE_SHARE = 24, /* asked so often during a silence that lasts as long again */
    FEWEST_DATED = 3,
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

struct gaps {
    int64_t now;   /* between the latest items; 0 unknown */
    int64_t usual; /* over the whole document; 0 unknown */
};

static int64_t at_least_one(int64_t gap)
{
    return gap > 0 ? gap : 1; /* 0 is "unknown" */
}

/* Keeps the latest times in falling order. */
static void insert_time(int64_t latest[LATEST], size_t *n, int64_t time)
{
    size_t at = *n < LATEST ? (*n)++ : LATEST;

    while (at > 0 && latest[at - 1] < time) {
        if (at < LATEST)
            latest[at] = latest[at - 1];
        at--;
    }
    if (at < LATEST)
        latest[at] = time;
}

/* The middle one of the gaps between the latest times: one night among them does not matter. */
static int64_t find_middle_gap(const int64_t latest[LATEST], size_t n)
{
    int64_t gaps[LATEST] = {0};

    for (size_t i = 0; i + 1 < n; i++) {
        int64_t gap = latest[i] - latest[i + 1];
        size_t at = i;

        for (; at > 0 && gaps[at - 1] > gap; at--)
            gaps[at] = gaps[at - 1];
        gaps[at] = gap;
    }
    return gaps[(n - 1) / 2];
}

/* Dates are compared with each other: that an hour is wrong by a time zone does no harm. Only at
 * first sight the time since the newest counts as well; later we know when we saw it come. */
static struct gaps read_document(const struct bw_feed *feed, int64_t now, bool first)
{
    struct gaps gaps = {0};
    int64_t latest[LATEST], oldest = INT64_MAX;
    size_t n_latest = 0, n_dated = 0;

    for (size_t i = 0; i < feed->n_items; i++) {
        int64_t time = feed->items[i].published;

        if (time == BW_TIME_NONE)
            continue;
        time = time > now ? now : time;
        insert_time(latest, &n_latest, time);
        oldest = time < oldest ? time : oldest;
        n_dated++;
    }
    if (n_latest > 0 && first)
        gaps.now = at_least_one((now - latest[n_latest - 1]) / (int64_t)n_latest);
    if (n_dated < FEWEST_DATED)
        return gaps;
    if (!first)
        gaps.now = at_least_one(find_middle_gap(latest, n_latest));
    gaps.usual = at_least_one((latest[0] - oldest) / (int64_t)(n_dated - 1));
    return gaps;
}

/* A document without dates: the time in which its new items came. */
static struct gaps read_arrivals(const struct policy_input *in)
{
    struct gaps gaps = {0};
    int64_t n_new = (int64_t)in->outcome->n_new;

    if (n_new == 0 || in->before->last_item == BW_TIME_NONE)
        return gaps;
    gaps.now = gaps.usual = at_least_one((in->now - in->before->last_item) / n_new);
    return gaps;
}

/* Nothing new: slower the longer it lasts, never faster. */
static int64_t wait_longer(const struct policy_input *in)
{
    const struct bw_config_polling *settings = in->settings;
    const struct bw_source_state *before = in->before;
    int64_t interval = before->interval, idle;

    if (before->last_item == BW_TIME_NONE)
        return interval * 3 / 2;
    idle = (in->now - before->last_item) / SILENCE_SHARE;
    return clamp(idle > interval ? idle : interval, settings->interval_floor,
                 settings->interval_ceiling);
}

void rhythm_learn(const struct policy_input *in, struct bw_source_state *after)
{
    const struct bw_config_polling *settings = in->settings;
    bool first = in->before->interval == 0;
    struct gaps gaps = {0};
    int64_t interval;

    if (in->feed != NULL && (in->outcome->n_new > 0 || first))
        gaps = read_document(in->feed, in->now, first);
    if (gaps.now == 0)
        gaps = read_arrivals(in);
    if (gaps.usual > 0)
        after->rhythm = after->rhythm == 0 ? gaps.usual : (after->rhythm * 3 + gaps.usual) / 4;
    interval = gaps.now > 0 ? gaps.now / POLLS_PER_GAP : wait_longer(in);
    after->interval = clamp(interval, settings->interval_floor, settings->interval_ceiling);
    after->items += (int64_t)in->outcome->n_new;
    if (in->outcome->n_new > 0)
        after->last_item = in->now;
}

bool rhythm_is_silent(const struct bw_source_state *state, int64_t now)
{
    int64_t most = state->rhythm * POLICY_SILENT_RHYTHMS;

    if (state->rhythm == 0 || state->last_item == BW_TIME_NONE)
        return false;
    return now - state->last_item > (most > POLICY_SILENT_LEAST ? most : POLICY_SILENT_LEAST);
}
