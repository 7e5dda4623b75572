/* What happened at a point: strike-offs and the ends of watch periods, problems, work on its
 * device, and what changed; and where its readings are in doubt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "page/series_inside.h"
#include "town/doubts.h"
#include "town/shown.h"

enum { PROBLEMS_MOST = 200, MARKS_MOST = 500 };

struct marking {
    json_t *marks;
    const struct settings *settings;
    struct span span;
};

static bool is_inside(struct span span, struct wall_time from, struct wall_time until)
{
    return wall_is_known(from) && from.ms < span.end.ms &&
           (wall_is_known(until) ? until.ms : from.ms) >= span.start.ms;
}

static void add_mark(struct marking *marking, struct wall_time time, struct wall_time until,
                     const char *kind, const char *id, const char *text)
{
    if (!is_inside(marking->span, time, until) || json_array_size(marking->marks) >= MARKS_MOST)
        return;
    json_array_append_new(marking->marks,
                          json_pack("{s:o, s:o, s:s, s:s, s:s}", "time", series_time(time), "until",
                                    series_time(until), "kind", kind, "id", id, "text", text));
}

static struct wall_time moment_of(const json_t *object, const char *key)
{
    struct wall_time time = WALL_NONE;

    return moment_parse(text_of(object, key), &time) ? time : WALL_NONE;
}

/* It lasts as long as the task is watched. */
static bool take_task(void *self, const char *body)
{
    struct marking *marking = self;
    json_t *task = json_loads(body, 0, NULL);
    char text[TITLE_SIZE * 2];

    snprintf(text, sizeof text, SAY("%s 号：%s", "task %s: %s"), text_of(task, "id"),
             text_of(task, "title"));
    utf8_mend(text);
    add_mark(marking, moment_of(task, "struck_off"), moment_of(task, "watch_until"), "struck_off",
             text_of(task, "id"), text);
    json_decref(task);
    return true;
}

/* The title of a rule, or its name where the settings have it no more. */
static const char *rule_shown(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->rule_count; i++)
        if (strcmp(settings->rules[i].rule.name, name) == 0 && *settings->rules[i].rule.title != 0)
            return settings->rules[i].rule.title;
    return name;
}

/* One that runs reaches the end of the span. */
static bool take_problem(void *self, const struct point_problem *problem)
{
    struct marking *marking = self;
    bool is_doubt = strcmp(problem->nature, "doubt") == 0;
    struct wall_time until = wall_is_known(problem->ended) ? problem->ended : marking->span.end;
    char text[TITLE_SIZE * 2];

    if (doubt_is_screened(problem->rule))
        snprintf(text, sizeof text, "%s", doubt_title(problem->rule));
    else if (problem->episodes > 1) /* it was not beyond all the time */
        snprintf(text, sizeof text, SAY("%s（%s，其间共 %u 次）", "%s (%s, %u times in it)"),
                 rule_shown(marking->settings, problem->rule), word_shown(problem->kind),
                 (unsigned)problem->episodes);
    else
        snprintf(text, sizeof text, SAY("%s（%s）", "%s (%s)"),
                 rule_shown(marking->settings, problem->rule), word_shown(problem->kind));
    utf8_mend(text);
    if (until.ms < problem->first.ms)
        until = problem->first;
    add_mark(marking, problem->first, until, is_doubt ? "doubt" : "problem", problem->uid, text);
    return true;
}

static void take_note(struct marking *marking, const struct series_note *note)
{
    char id[24];

    snprintf(id, sizeof id, "%llu", (unsigned long long)note->seq);
    add_mark(marking, note->time, note->until, note->kind, id, note->text);
}

/* Moments have one form, so their texts stand in the order of time. */
static int by_time(const void *one, const void *other)
{
    return strcmp(text_of(*(json_t *const *)one, "time"), text_of(*(json_t *const *)other, "time"));
}

static json_t *sorted(json_t *marks)
{
    json_t *all[MARKS_MOST];
    size_t count = json_array_size(marks);

    for (size_t i = 0; i < count; i++)
        all[i] = json_incref(json_array_get(marks, i));
    json_array_clear(marks);
    qsort(all, count, sizeof all[0], by_time);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(marks, all[i]);
    return marks;
}

json_t *series_marks(const struct series_asked *asked, const struct settings *settings,
                     struct error *err)
{
    struct marking marking = {.marks = json_array(), .settings = settings, .span = asked->span};
    bool read = reader_point_tasks(asked->reader, asked->point->name, take_task, &marking, err) &&
                reader_point_problems(asked->reader, asked->point->point->id, asked->span,
                                      PROBLEMS_MOST, take_problem, &marking, err);

    for (size_t i = 0; read && i < asked->past->note_count; i++)
        take_note(&marking, &asked->past->notes[i]);
    if (read)
        return sorted(marking.marks);
    json_decref(marking.marks);
    return NULL;
}

json_t *series_doubts(const struct series_rows *rows, const struct series_asked *asked,
                      struct error *err)
{
    struct doubts *doubts;
    json_t *list = json_array();
    char words[200];

    if (rows->step_ms != 0 || rows->row_count == 0)
        return list;
    doubts = doubts_of(asked->reader, asked->point->name, err);
    for (size_t i = 0; doubts != NULL && i < rows->row_count; i++) {
        doubts_at(doubts, (struct wall_time){rows->rows[i].time_ms}, false, words, sizeof words);
        if (*words != '\0')
            json_array_append_new(list,
                                  json_pack("[I,s]", (json_int_t)rows->rows[i].time_ms, words));
    }
    if (doubts == NULL) {
        json_decref(list);
        return NULL;
    }
    doubts_free(doubts);
    return list;
}
