/* /watch and /river: what the clerk makes; and the sections there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/say.h"
#include "model/period.h"
#include "page/ledger_inside.h"
#include "page/version.h"
#include "town/river_report.h"
#include "town/shown.h"
#include "town/watch_list.h"

/* --- the watch list -------------------------------------------------------------------------- */

static uint64_t watch_version(const struct page_host *host, struct wall_time now)
{
    static const enum news kinds[] = {NEWS_PROBLEMS, NEWS_TASKS, NEWS_AGGREGATES, NEWS_SEALS,
                                      NEWS_EVENTS};

    return version_news(0, host->recorder, kinds, sizeof kinds / sizeof kinds[0]) ^ ledger_day(now);
}

/* What a row of the list says beyond the task; "relapses" is the task's list of them. */
static void add_row(json_t *task, const json_t *row)
{
    static const char *const keys[] = {"answer",    "reasons",       "days_watched",
                                       "days_left", "provable_from", "provable_start",
                                       "problems",  "last_relapse"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(row, keys[i]);

        json_object_set_new(task, keys[i], value == NULL ? json_null() : json_incref(value));
    }
    json_object_set(task, "relapsed", json_object_get(row, "relapses"));
}

static json_t *count_answers(const struct watch_list *list)
{
    static const char *const all[] = {"held", "relapsed", "not_proven", "elsewhere", "nobody"};
    json_t *counts = json_object();

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        json_int_t count = 0;

        for (size_t j = 0; j < json_array_size(list->rows); j++) {
            const json_t *row = json_array_get(list->rows, j);
            const char *answer = text_of(row, "answer");

            count += strcmp(*answer != '\0' ? answer : text_of(row, "watched"), all[i]) == 0;
        }
        json_object_set_new(counts, all[i], json_integer(count));
    }
    return counts;
}

static void write_watch(const struct clerk_work *work, const struct watch_list *list,
                        struct pieces *pieces)
{
    pieces_add(pieces, "{\"made\":");
    pieces_add_new(pieces, ledger_moment(work->now));
    pieces_add(pieces, ",\"counts\":");
    pieces_add_new(pieces, count_answers(list));
    pieces_add(pieces, ",\"tasks\":[");
    for (size_t i = 0; i < json_array_size(list->tasks); i++) {
        json_t *task = json_array_get(list->tasks, i);

        json_object_set(work->details, text_of(task, "id"), json_object_get(task, "verdict"));
        add_row(task, json_array_get(list->rows, i));
        pieces_part(pieces);
        pieces_add_json(pieces, task);
    }
    pieces_add(pieces, "],\"next\":null}");
}

static bool make_watch(const struct clerk_work *work, struct pieces *pieces, struct error *err)
{
    struct watch_list list = {0};
    struct ledger_desk desk;
    bool made = ledger_desk_begin_at(&desk, work->host->settings, work->now, true, err);

    desk.is_stopped = work->is_stopped;
    desk.self = work->self;
    if (made && !watch_list_make(&list, &desk))
        error_set(desk.err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    if (made && desk.trouble.kind != ERROR_NONE) {
        *err = desk.trouble;
        made = false;
    }
    if (made)
        write_watch(work, &list, pieces);
    watch_list_end(&list);
    ledger_desk_end(&desk);
    return made;
}

const struct clerk_kind ledger_watch_kind = {"watch", watch_version, make_watch};

uint64_t ledger_watch_version(const struct call *call)
{
    return clerk_number(call->clerk, &ledger_watch_kind, "");
}

void ledger_watch(struct call *call)
{
    clerk_answer(call->clerk, &ledger_watch_kind, "", call->answer);
}

/* --- a river --------------------------------------------------------------------------------- */

static uint64_t river_version(const struct page_host *host, struct wall_time now)
{
    static const enum news kinds[] = {NEWS_AGGREGATES};

    return version_news(0, host->recorder, kinds, 1) ^ ledger_day(now);
}

/* `arguments` are the month, "section", "river" or "chief", and the name, a line each. */
static bool make_river(const struct clerk_work *work, struct pieces *pieces, struct error *err)
{
    struct river_report report = {0};
    char month[8], by[16];
    const char *name = strrchr(work->arguments, '\n') + 1;
    enum river_by way = RIVER_BY_SECTION;
    json_t *whole = NULL;

    sscanf(work->arguments, "%7[^\n]\n%15[^\n]", month, by);
    for (int i = 0; i < RIVER_BY_COUNT; i++)
        if (strcmp(by, river_by_words[i]) == 0)
            way = (enum river_by)i;
    if (!river_report_terms(&report, work->host->settings, NULL, NULL))
        error_set(err, ERROR_SETTINGS, "%s",
                  SAY("river.conf 有误；用 lookback check 查看",
                      "river.conf is wrong; see lookback check"));
    else if (river_report_month(&report, month, work->now, err) && river_report_open(&report, err))
        whole = river_report_make(&report, way, name, work->is_stopped, work->self, err);
    river_report_end(&report);
    if (whole == NULL)
        return false;
    pieces_add_new(pieces, whole);
    return true;
}

static const struct clerk_kind river_kind = {"river", river_version, make_river};

static bool has_sections(const struct settings *settings, enum river_by by, const char *name)
{
    for (size_t i = 0; i < settings->site_count; i++)
        if (river_asks(by, name, &settings->sites[i]))
            return true;
    return false;
}

static bool find_name(const struct call *call, enum river_by *by, const char **name,
                      struct error *err)
{
    const struct settings *settings = call->host->settings;
    size_t asked = 0;
    char names[500];

    for (int i = 0; i < RIVER_BY_COUNT; i++) {
        const char *given = http_query_get(call->query, river_by_words[i]);

        if (given == NULL)
            continue;
        asked++;
        *name = given;
        *by = (enum river_by)i;
    }
    if (asked != 1)
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("section、river、chief 要写一个，也只写一个",
                             "one of section, river and chief is wanted, and only one"));
    if (has_sections(settings, *by, *name))
        return true;
    river_names(settings, *by, names, sizeof names);
    return error_set(err, ERROR_NOT_FOUND,
                     SAY("%s：没有“%.60s”；sites.conf 的断面里有：%s",
                         "%s: there is no \"%.60s\"; the sections of sites.conf name: %s"),
                     river_by_words[*by], *name, names[0] == '\0' ? SAY("无", "none") : names);
}

/* What is asked for, as the clerk's arguments: only what there is, so that nobody's inventions take
 * the places of others. */
static bool read_river(const struct call *call, char arguments[CLERK_ARGUMENTS], struct error *err)
{
    const char *month = http_query_get(call->query, "month");
    struct river_report report;
    struct error said = {0};
    enum river_by by = (enum river_by)0;
    const char *name = NULL;

    if (month == NULL)
        return error_set(
            err, ERROR_WRONG_USE, "%s",
            SAY("缺少 month，如 month=2026-10", "month is missing, as in month=2026-10"));
    if (!river_report_month(&report, month, clock_wall(call->host->clock), &said))
        return error_set(err, said.kind, "month: %s", said.text);
    if (!find_name(call, &by, &name, err))
        return false;
    snprintf(arguments, CLERK_ARGUMENTS, "%s\n%s\n%s", report.months[RIVER_NOW].name,
             river_by_words[by], name);
    return true;
}

uint64_t ledger_river_version(const struct call *call)
{
    char arguments[CLERK_ARGUMENTS];

    return read_river(call, arguments, NULL) ? clerk_number(call->clerk, &river_kind, arguments)
                                             : 0;
}

void ledger_river(struct call *call)
{
    char arguments[CLERK_ARGUMENTS];
    struct error err = {0};

    if (read_river(call, arguments, &err))
        clerk_answer(call->clerk, &river_kind, arguments, call->answer);
    else
        answer_refuse(call->answer, &err);
}

/* --- sections -------------------------------------------------------------------------------- */

static json_t *section_json(const struct site_setup *site)
{
    json_t *chiefs = json_array();

    for (size_t i = 0; i < site->chief_count; i++)
        json_array_append_new(chiefs,
                              json_pack("{s:s, s:s}", "tier", chief_tiers[site->chiefs[i].tier],
                                        "name", site->chiefs[i].name));
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:o}", "site", site->base.name, "title",
                     ledger_words(site->base.title), "river", site->river, "river_title",
                     ledger_words(site->river_title), "target", water_classes[site->target - 1],
                     "body", water_bodies[site->body], "chiefs", chiefs);
}

static bool is_section(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->site_count; i++)
        if (settings->sites[i].is_section && strcmp(settings->sites[i].base.name, name) == 0)
            return true;
    return false;
}

/* The water points of all sections; the caller ends it with free(). NULL: out of memory. */
static uint32_t *section_points(const struct page_host *host, size_t *count)
{
    const struct catalog *town = host->catalog;
    uint32_t *points = calloc(town->point_count + 1, sizeof *points);

    *count = 0;
    for (size_t i = 0; points != NULL && i < town->point_count; i++) {
        const struct catalog_point *point = &town->points[i];
        const struct catalog_device *device = &town->devices[point->device];

        if (point->parameter != NULL && point->parameter->medium == MEDIUM_WATER &&
            strcmp(point->channel, point->parameter->key) == 0 &&
            is_section(host->settings, town->sites[device->site].name))
            points[(*count)++] = point->id;
    }
    return points;
}

static json_t *months_json(struct wall_time first, struct wall_time last)
{
    char from[DAY_TEXT], to[DAY_TEXT];

    if (!wall_is_known(first) || !wall_is_known(last))
        return json_null();
    day_text(first, from);
    day_text(last, to);
    from[7] = to[7] = '\0';
    return json_pack("{s:s, s:s}", "first", from, "last", to);
}

void ledger_sections(struct call *call)
{
    const struct settings *settings = call->host->settings;
    struct wall_time first = WALL_NONE;
    struct wall_time last = WALL_NONE;
    struct error err = {0};
    size_t count;
    uint32_t *points = section_points(call->host, &count);
    json_t *sections;

    if (points == NULL)
        error_set(&err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    else
        reader_days(call->reader, points, count, &first, &last, &err);
    free(points);
    if (err.kind != ERROR_NONE) {
        answer_refuse(call->answer, &err);
        return;
    }
    sections = json_array();
    for (size_t i = 0; i < settings->site_count; i++)
        if (settings->sites[i].is_section)
            json_array_append_new(sections, section_json(&settings->sites[i]));
    answer_json(call->answer,
                json_pack("{s:o, s:o}", "sections", sections, "months", months_json(first, last)));
}
