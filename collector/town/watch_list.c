#include "town/watch_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "ledger/evaluation.h"
#include "report/draw.h"
#include "town/shown.h"

static const int64_t day_ms = 86400000;

/* --- relapses since the strike-off ----------------------------------------------------------- */

struct relapses {
    struct wall_time since;
    size_t count;
    struct wall_time last; /* WALL_NONE: none */
};

static bool see_relapse(void *self, const char *body)
{
    struct relapses *relapses = self;
    json_t *problem = json_loads(body, 0, NULL);
    struct wall_time first;

    if (moment_parse(text_of(problem, "first"), &first) && first.ms >= relapses->since.ms) {
        relapses->count++;
        if (!wall_is_known(relapses->last) || first.ms > relapses->last.ms)
            relapses->last = first;
    }
    json_decref(problem);
    return true;
}

/* One that was struck off, came back and was struck off again has older ones, too. */
static struct relapses find_relapses(const struct ledger_desk *desk, const json_t *task,
                                     struct wall_time since)
{
    struct relapses found = {.since = since, .last = WALL_NONE};
    const json_t *uids = json_object_get(task, "relapses");

    for (size_t i = 0; i < json_array_size(uids); i++) {
        const char *uid = json_string_value(json_array_get(uids, i));

        if (uid != NULL)
            reader_problems(desk->reader, NULL, NULL, NULL, uid, see_relapse, &found, desk->err);
    }
    return found;
}

/* --- one task -------------------------------------------------------------------------------- */

static json_t *reasons_of(const json_t *verdict)
{
    const json_t *reasons = json_object_get(verdict, "reasons");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(reasons); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "zh",
                                              text_of(json_array_get(reasons, i), "zh"), "en",
                                              text_of(json_array_get(reasons, i), "en")));
    return list;
}

/* The verdict looks at whole days; a relapse of today is told at once. */
static void tell_relapse(json_t *row, const struct relapses *relapses)
{
    json_t *reasons = json_object_get(row, "reasons");

    if (relapses->count == 0 || strcmp(text_of(row, "answer"), "relapsed") == 0)
        return;
    json_object_set_new(row, "answer", json_string("relapsed"));
    json_object_set_new(row, "provable_from", json_null());
    json_array_insert_new(reasons, 0,
                          json_pack("{s:s, s:s}", "zh", "销号后又超标，已登记为回潮", "en",
                                    "exceeded again after the strike-off: entered as a relapse"));
}

static long whole_days(int64_t ms)
{
    return ms <= 0 ? 0 : (long)(ms / day_ms);
}

static json_t *moment_json(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

static json_t *row_of(struct ledger_desk *desk, const json_t *task, const struct task *of,
                      const json_t *verdict)
{
    struct relapses relapses = find_relapses(desk, task, of->struck_off);
    struct wall_time end = of->watch_until.ms < desk->now.ms ? of->watch_until : desk->now;
    json_t *provable = json_object_get(verdict, "provable_from");
    const char *answer = text_of(verdict, "answer");
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", of->id, "title", of->title,
                  "category", ledger_category_title(desk, task), "village", of->village, "owner",
                  ledger_owner_of(task), "watched", text_of(task, "watched"), "struck_off",
                  moment_json(of->struck_off), "watch_until", moment_json(of->watch_until));

    json_object_set_new(row, "days_watched", json_integer(whole_days(end.ms - of->struck_off.ms)));
    json_object_set_new(row, "days_left",
                        json_integer(whole_days(of->watch_until.ms - desk->now.ms + day_ms - 1)));
    json_object_set_new(row, "answer", *answer == '\0' ? json_null() : json_string(answer));
    json_object_set_new(row, "reasons", reasons_of(verdict));
    json_object_set_new(row, "provable_from",
                        provable == NULL ? json_null() : json_incref(provable));
    json_object_set(row, "provable_start", json_object_get(verdict, "provable_start"));
    json_object_set_new(row, "problems",
                        json_integer((json_int_t)ledger_open_problems(desk, task, NULL, NULL)));
    json_object_set_new(row, "relapses", json_integer((json_int_t)relapses.count));
    json_object_set_new(row, "last_relapse", moment_json(relapses.last));
    tell_relapse(row, &relapses);
    return row;
}

/* --- the list -------------------------------------------------------------------------------- */

struct entry {
    json_t *task, *row;
    int rank;
    size_t place;
};

static int rank_of(const json_t *row)
{
    const char *answer = text_of(row, "answer");

    if (strcmp(answer, "relapsed") == 0)
        return 0;
    if (strcmp(answer, "not_proven") == 0)
        return 1;
    if (strcmp(answer, "held") == 0)
        return 4;
    return strcmp(text_of(row, "watched"), "elsewhere") == 0 ? 3 : 2;
}

static int compare_entries(const void *one, const void *other)
{
    const struct entry *a = one;
    const struct entry *b = other;
    int order = a->rank - b->rank;

    if (order == 0)
        order = strcmp(text_of(a->row, "watch_until"), text_of(b->row, "watch_until"));
    if (order != 0)
        return order;
    return a->place < b->place ? -1 : 1;
}

/* Struck off and not taken up again. */
static bool is_listed(const json_t *task, struct task *of)
{
    return ledger_task_of(task, of) && wall_is_known(of->struck_off) && !task_is_open(of) &&
           of->state != TASK_HANDED_OVER;
}

bool watch_list_make(struct watch_list *list, struct ledger_desk *desk)
{
    size_t most = json_array_size(desk->tasks);
    struct entry *entries = calloc(most + 1, sizeof *entries);
    size_t count = 0;

    *list = (struct watch_list){json_array(), json_array(), false};
    for (size_t i = 0; entries != NULL && i < most; i++) {
        json_t *task = json_array_get(desk->tasks, i);
        json_t *verdict;
        struct task of;

        if (desk->is_stopped != NULL && desk->is_stopped(desk->self))
            break;
        if (!is_listed(task, &of))
            continue;
        verdict = ledger_verdict(desk, task);
        entries[count] = (struct entry){task, row_of(desk, task, &of, verdict), 0, i};
        entries[count].rank = rank_of(entries[count].row);
        list->relapsed = list->relapsed || entries[count].rank == 0;
        if (verdict != NULL)
            json_object_set_new(task, "verdict", verdict_brief(verdict));
        json_decref(verdict);
        count++;
    }
    if (count > 0)
        qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++) {
        json_array_append(list->tasks, entries[i].task);
        json_array_append_new(list->rows, entries[i].row);
    }
    free(entries);
    return entries != NULL;
}

void watch_list_end(struct watch_list *list)
{
    json_decref(list->tasks);
    json_decref(list->rows);
}

/* --- on paper -------------------------------------------------------------------------------- */

bool watch_list_can_draw(const char *path)
{
    return draw_is_for(path, ".pdf") || draw_is_for(path, ".xlsx");
}

/* Its date is the last midnight: the same day and the same store are the same file. */
bool watch_list_draw(const struct watch_list *list, const struct ledger_desk *desk,
                     const char *path, struct error *err)
{
    struct wall_time midnight = period_at(PERIOD_DAY, desk->now, NULL).start;
    char made[WALL_TEXT];
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:O}", "lang", SAY("zh", "en"), "timezone",
                  desk->settings->timezone, "made", wall_text(midnight, made), "collector",
                  desk->settings->name, "program", version_text(), "simulated",
                  is_simulated(desk->settings, NULL), "today", desk->today, "tasks", list->rows);
    bool drawn =
        document != NULL &&
        draw_document(draw_is_for(path, ".pdf") ? "watch" : "watch-sheet", document, path, err);

    if (document == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    json_decref(document);
    return drawn;
}
