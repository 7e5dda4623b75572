/* What is asked of one point over time: the span, the form, and when the answer is another one. */
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "page/series_lists.h"
#include "page/version.h"

static const int64_t day_ms = 86400000;
static const int64_t span_most_ms = (int64_t)86400000 * 366 * 50;

bool series_span(struct call *call, struct span *span, struct wall_time now)
{
    if (!call_moment(call, "to", now, &span->end) ||
        !call_moment(call, "from", (struct wall_time){span->end.ms - day_ms}, &span->start))
        return false;
    if (span->start.ms >= span->end.ms)
        call_refuse(call, ERROR_WRONG_USE, "%s", SAY("from 应早于 to", "from has to be before to"));
    else if (span->end.ms - span->start.ms > span_most_ms)
        call_refuse(call, ERROR_WRONG_USE, "%s",
                    SAY("时间段最长 50 年", "a span has at most 50 years"));
    else
        return true;
    return false;
}

bool series_wants_csv(struct call *call, bool *csv)
{
    static const char *const forms[] = {"json", "csv", NULL};
    const char *form;

    if (!call_word(call, "format", forms, &form))
        return false;
    *csv = form != NULL && strcmp(form, "csv") == 0;
    return true;
}

static bool is_settled(const struct call *call, struct wall_time now)
{
    const int64_t late_ms = (int64_t)2 * 3600 * 1000; /* what comes late is counted by then */
    const char *to = http_query_get(call->query, "to");
    struct wall_time end;

    return to != NULL && moment_parse(to, &end) &&
           end.ms < now.ms - call->host->settings->seal_every_ms - late_ms;
}

uint64_t series_version(const struct call *call)
{
    /* with seals what is old goes */
    static const enum news kinds[] = {NEWS_AGGREGATES, NEWS_EVENTS, NEWS_PROBLEMS, NEWS_TASKS,
                                      NEWS_SEALS};
    static const enum news newest[] = {NEWS_READINGS};
    const struct recorder *recorder = call->host->recorder;
    struct wall_time now = clock_wall(call->host->clock);
    uint64_t version =
        version_news(call->host->boot, recorder, kinds, sizeof kinds / sizeof kinds[0]);

    if (is_settled(call, now))
        return version;
    /* a gap that has no end yet grows while nothing comes */
    return version_news(version_mix(version, (uint64_t)(now.ms / 60000)), recorder, newest, 1);
}

uint64_t series_point_version(const struct call *call)
{
    static const enum news kinds[] = {NEWS_READINGS, NEWS_TASKS, NEWS_EVENTS, NEWS_SEALS};

    return version_news(call->host->boot, call->host->recorder, kinds,
                        sizeof kinds / sizeof kinds[0]);
}
