/* Problems, tasks, the watch list, rivers and seals. */
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "page/ledger_inside.h"
#include "page/version.h"
#include "town/shown.h"

uint64_t ledger_day(struct wall_time now)
{
    char date[DAY_TEXT];
    uint64_t day = 0;

    day_text(now, date);
    for (const char *at = date; *at != '\0'; at++)
        if (*at != '-')
            day = day * 10 + (uint64_t)(*at - '0');
    return day;
}

bool ledger_limit(struct call *call, size_t *most)
{
    long limit;

    if (!call_number(call, "limit", 1, LEDGER_PAGE_MOST, LEDGER_PAGE, &limit))
        return false;
    *most = (size_t)limit;
    return true;
}

json_t *ledger_moment(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

json_t *ledger_words(const char *words)
{
    json_t *json = words[0] == '\0' ? json_null() : json_string(words);

    return json == NULL ? json_null() : json; /* not UTF-8 */
}

bool ledger_add_body(void *self, const char *body)
{
    pieces_add_object(self, body);
    return true;
}

json_t *ledger_deeds(const struct call *call, const struct deeds_about *about, struct error *err)
{
    struct deeds deeds;
    json_t *list = NULL;

    if (deeds_gather(&deeds, call->reader, about, err))
        list = json_array();
    for (size_t i = 0; list != NULL && i < deeds.count; i++) {
        const struct deed *deed = &deeds.list[i];

        json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "seq", (json_int_t)deed->seq,
                      "time", ledger_moment(deed->time), "who", ledger_words(deed->who), "by",
                      ledger_words(deed->by), "kind", ledger_words(deed->kind), "note",
                      ledger_words(deed->note), "from", ledger_words(deed->from), "to",
                      ledger_words(deed->to), "even_so", (int)deed->even_so));
    }
    deeds_end(&deeds);
    return list;
}

/* What the answers are made of. ------------------------------------------------------------- */

static uint64_t problems_version(const struct call *call)
{
    static const enum news kinds[] = {NEWS_PROBLEMS};

    return version_news(0, call->host->recorder, kinds, 1);
}

static uint64_t tasks_version(const struct call *call)
{
    static const enum news kinds[] = {NEWS_PROBLEMS, NEWS_TASKS, NEWS_EVENTS};

    uint64_t version = version_news(0, call->host->recorder, kinds, 3);

    version = version_mix(version, ledger_day(clock_wall(call->host->clock)));
    return version_mix(version, clerk_details_number(call->clerk, &ledger_watch_kind, ""));
}

static uint64_t seals_version(const struct call *call)
{
    static const enum news kinds[] = {NEWS_SEALS};

    return version_news(0, call->host->recorder, kinds, 1);
}

/* clang-format off */
const struct route ledger_routes[] = {
    {METHOD_GET, ROLE_READER, "/api/v1/problems",       problems_version,     ledger_problems},
    {METHOD_GET, ROLE_READER, "/api/v1/problems/{uid}", tasks_version,        ledger_problem},
    {METHOD_GET, ROLE_READER, "/api/v1/tasks",          tasks_version,        ledger_tasks},
    {METHOD_GET, ROLE_READER, "/api/v1/tasks/{id}",     tasks_version,        ledger_task},
    {METHOD_GET, ROLE_READER, "/api/v1/watch",          ledger_watch_version, ledger_watch},
    {METHOD_GET, ROLE_READER, "/api/v1/river",          ledger_river_version, ledger_river},
    {METHOD_GET, ROLE_READER, "/api/v1/river/sections", NULL,                 ledger_sections},
    {METHOD_GET, ROLE_READER, "/api/v1/seals",          seals_version,        ledger_seals},
    {0},
};
/* clang-format on */
