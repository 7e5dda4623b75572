/* The station as it is now. */
#include <string.h>

#include "base/say.h"
#include "page/live_inside.h"
#include "page/version.h"

/* While the loop is busy starting there may be none: it is asked again in a second. */
const struct status_copy *live_copy(struct call *call)
{
    const struct status_copy *copy = call->host->status(call->host->self, LIVE_FRESH_MS);

    if (copy == NULL) {
        call_refuse(call, ERROR_STORE, "%s",
                    SAY("采集器正忙，还没有状态；请过一秒再试",
                        "the collector is busy and has no status yet; try again in a second"));
        call->answer->status = 503;
        call->answer->retry_after_s = 1;
    }
    return copy;
}

void live_answer(struct call *call, json_t *json)
{
    char *words = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));

    json_decref(json);
    if (words == NULL)
        call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else
        answer_bytes(call->answer, LIVE_JSON, words, strlen(words));
}

static void answer_status(struct call *call)
{
    const struct status_copy *copy = live_copy(call);

    if (copy != NULL)
        live_answer(call, status_json(copy, call->reader));
    status_copy_release(copy);
}

static void answer_links(struct call *call)
{
    const struct status_copy *copy = live_copy(call);
    json_t *list;

    if (copy == NULL)
        return;
    list = json_array();
    for (size_t i = 0; i < copy->link_count; i++)
        json_array_append_new(list, status_link_json(&copy->links[i]));
    live_answer(call, json_pack("{s:o}", "links", list));
    status_copy_release(copy);
}

/* Loads, counts and next attempts differ with each copy, of which there is one a second. */
static uint64_t copy_version(const struct call *call)
{
    const struct page_host *host = call->host;
    const struct status_copy *copy = host->status(host->self, LIVE_FRESH_MS);
    struct live *live = live_of(host);
    uint64_t version = version_mix(live == NULL ? 0 : live->salt, copy == NULL ? 0 : copy->number);

    status_copy_release(copy);
    return version_mix(version, notices_revision(host->notices));
}

/* Settings never change within a run. */
static uint64_t settings_version(const struct call *call)
{
    const struct live *live = live_of(call->host);

    return version_mix(live == NULL ? 0 : live->salt, 1);
}

static uint64_t points_version(const struct call *call)
{
    return version_mix(settings_version(call), recorder_news(call->host->recorder, NEWS_TASKS));
}

/* Lessons are events; answer times that were measured change slowly. */
static uint64_t plan_version(const struct call *call)
{
    static const int64_t minute_ns = INT64_C(60) * 1000000000;
    uint64_t minute = (uint64_t)(clock_mono(call->host->clock).ns / minute_ns);

    return version_mix(version_mix(settings_version(call), minute),
                       recorder_news(call->host->recorder, NEWS_EVENTS));
}

/* clang-format off */
const struct route live_routes[] = {
    {METHOD_GET, ROLE_READER, "/api/v1/status",  copy_version,      answer_status},
    {METHOD_GET, ROLE_READER, "/api/v1/links",   copy_version,      answer_links},
    {METHOD_GET, ROLE_READER, "/api/v1/devices", copy_version,      live_answer_devices},
    {METHOD_GET, ROLE_READER, "/api/v1/points",  points_version,    live_answer_points},
    {METHOD_GET, ROLE_READER, "/api/v1/latest",  live_version,      live_answer_latest},
    {METHOD_GET, ROLE_READER, "/api/v1/now",     live_version_held, live_answer_now},
    {METHOD_GET, ROLE_READER, "/api/v1/town",    settings_version,  live_answer_town},
    {METHOD_GET, ROLE_READER, "/api/v1/plan",    plan_version,      live_answer_plan},
    {0},
};
/* clang-format on */
