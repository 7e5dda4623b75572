/* Numbers by which it is known that what was told of the present still holds. */
#include "page/live_inside.h"
#include "page/version.h"

enum {
    DEAR_MS = 2,   /* what takes less is made as often as anything changes */
    PART = 20,     /* of the thread's time is what making takes, while it is dear */
    MOST_MS = 2000 /* as pages ask */
};

static uint64_t states_now(const struct page_host *host)
{
    const struct status_copy *copy = host->status(host->self, LIVE_FRESH_MS);
    uint64_t states = copy == NULL ? 0 : copy->states;

    status_copy_release(copy);
    return states;
}

/* What polls and time bring, with each commit where there are many points. */
static uint64_t current(struct live *live)
{
    const struct page_host *host = &live->host;
    uint64_t version = recorder_news(host->recorder, NEWS_READINGS);

    if (clock_mono(host->clock).ns >= live->stale_ns) {
        live->stales++;
        live->stale_ns = INT64_MAX;
    }
    version = version_mix(version, recorder_news(host->recorder, NEWS_PROBLEMS));
    return version_mix(version, live->stales);
}

/* What people and devices change now and then. */
static uint64_t with_the_rest(struct live *live, uint64_t version)
{
    const struct page_host *host = &live->host;

    live_look_up_limits(live);
    version = version_mix(version, live->salt);
    version = version_mix(version, recorder_news(host->recorder, NEWS_TASKS));
    version = version_mix(version, notices_revision(host->notices));
    version = version_mix(version, (uint64_t)live->limits_day.ms);
    version = version_mix(version, live->limits_night);
    return version_mix(version, states_now(host));
}

uint64_t live_version(const struct call *call)
{
    struct live *live = live_of(call->host);

    return live == NULL ? 0 : with_the_rest(live, current(live));
}

uint64_t live_version_held(const struct call *call)
{
    struct live *live = live_of(call->host);
    struct mono_time now = clock_mono(call->host->clock);

    if (live == NULL)
        return 0;
    if (now.ns >= live->held_until.ns) {
        live->held = current(live);
        live->held_since = live->held_until = now;
    }
    return with_the_rest(live, live->held);
}

void live_hold(struct live *live, struct mono_time began)
{
    int64_t took = clock_mono(live->host.clock).ns - began.ns, hold = took * PART;

    if (took < ns_from_ms(DEAR_MS))
        return;
    if (hold > ns_from_ms(MOST_MS))
        hold = ns_from_ms(MOST_MS);
    live->held_until.ns = live->held_since.ns + hold;
}
