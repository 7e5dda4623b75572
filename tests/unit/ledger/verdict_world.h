/* verdict_world.h - a task that was struck off, and a point that measures every hour: the tests say
 * what came of each hour and ask for the verdict.
 */
#ifndef TESTS_VERDICT_WORLD_H
#define TESTS_VERDICT_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/evaluation_inside.h"

enum { HOURS_MAX = 24 * 1200, POINTS_MAX = 3, WORDS_MAX = 64 };

static struct parameters *parameters;
static struct tally_plans *tallies;
static struct standards *standards;
static struct verdict_terms *terms, shipped_terms;

struct measured {
    struct point_sheet sheet;
    double values[HOURS_MAX]; /* NAN: no answer */
    uint8_t qualities[HOURS_MAX];
    struct span maintenance;
    struct {
        struct wall_time from;
        int64_t every_ms;
    } asked[24];
    size_t asked_count;
};

static struct measured points[POINTS_MAX];
static size_t point_count;
static struct span span;
static struct wall_time struck_off, watch_until;
static json_t *problems[WORDS_MAX];
static size_t problem_count;
static struct {
    const char *kind, *time, *point;
    bool blocks;
} doubts[WORDS_MAX];
static size_t doubt_count;
static json_t *verdict;

static inline struct wall_time at(const char *words)
{
    struct wall_time time;

    assert_true(moment_parse(words, &time));
    return time;
}

static inline int world_load(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    size_t wrong;

    conf_zone("Asia/Shanghai");
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    tallies = tally_plans_load(SOURCE_ROOT "/config/aggregates.conf", parameters, faults);
    standards = standards_new();
    standards_load(standards, SOURCE_ROOT "/config/standards", parameters, faults);
    terms = verdict_terms_load(SOURCE_ROOT "/config/verdict.conf", faults);
    shipped_terms = *terms;
    wrong = conf_faults_count(faults);
    conf_faults_free(faults);
    return wrong > 0;
}

static inline int world_unload(void **state)
{
    verdict_terms_free(terms);
    standards_free(standards);
    tally_plans_free(tallies);
    parameters_free(parameters);
    return 0;
}

static inline int story_end(void **state)
{
    for (size_t i = 0; i < point_count; i++)
        point_sheet_end(&points[i].sheet);
    for (size_t i = 0; i < problem_count; i++)
        json_decref(problems[i]);
    json_decref(verdict);
    verdict = NULL;
    point_count = problem_count = doubt_count = 0;
    *terms = shipped_terms;
    return 0;
}

/* Telling ----------------------------------------------------------------------------------- */

/* `from`, `to` and `off` ("" for none) are dates or minutes; watched so many days. */
static inline void story(const char *from, const char *off, int watch_days, const char *to)
{
    span = (struct span){at(from), at(to)};
    struck_off = off[0] == '\0' ? WALL_NONE : at(off);
    watch_until =
        off[0] == '\0' ? WALL_NONE : (struct wall_time){struck_off.ms + watch_days * 86400000LL};
}

static inline size_t hour(const char *words)
{
    int64_t ms = at(words).ms - span.start.ms;

    assert_true(ms >= 0 && ms / 3600000 <= HOURS_MAX);
    return (size_t)(ms / 3600000);
}

static inline struct measured *add_point(const char *name, const char *parameter,
                                         struct place place)
{
    struct measured *point = &points[point_count++];
    const struct parameter *known = parameter_find(parameters, parameter);

    assert_non_null(known);
    *point = (struct measured){.asked_count = 1};
    point->asked[0].from = span.start;
    point->asked[0].every_ms = 3600000;
    snprintf(point->sheet.point, POINT_SIZE, "%s", name);
    snprintf(point->sheet.parameter, NAME_SIZE, "%s", parameter);
    snprintf(point->sheet.parameter_zh, TITLE_SIZE, "%s", known->title_zh);
    snprintf(point->sheet.parameter_en, TITLE_SIZE, "%s", known->title_en);
    snprintf(point->sheet.unit, sizeof point->sheet.unit, "%s", known->unit);
    point->sheet.decimals = known->decimals;
    point->sheet.medium = known->medium;
    point->sheet.place = place;
    point->sheet.every_ms = 3600000;
    point->sheet.rules = calloc(SHEET_RULES_MAX, sizeof *point->sheet.rules);
    return point;
}

static inline struct sheet_rule *add_rule(struct measured *point, const char *name)
{
    struct sheet_rule *rule = &point->sheet.rules[point->sheet.rule_count++];

    snprintf(rule->rule.name, NAME_SIZE, "%s", name);
    rule->rule.night = *tally_night(tallies);
    return rule;
}

static inline struct lane *bound_rule(struct measured *point, const char *name,
                                      enum bound_kind kind, double low, double high)
{
    struct sheet_rule *rule = add_rule(point, name);

    lanes_of_bound(&rule->lanes, &(struct bound){kind, low, high, DECIMALS_ALL});
    return &rule->lanes.lane[0];
}

static inline struct sheet_rule *limit_rule(struct measured *point, const char *name,
                                            const char *standard, enum period on)
{
    struct sheet_rule *rule = add_rule(point, name);
    const struct limit *rows[24];
    size_t count =
        standards_pick(standards, standard, &point->sheet.place, point->sheet.parameter, rows, 24);

    assert_true(count > 0);
    assert_true(standards_lanes(rows, count, on, &rule->lanes));
    return rule;
}

/* Every hour of from <= t < to alike; of an hour of the day only with `first` <= hour < `last`. */
static inline void set_hours(struct measured *point, const char *from, const char *to, int first,
                             int last, double value)
{
    for (size_t i = hour(from); i < hour(to); i++)
        if ((int)(i % 24) >= first && (int)(i % 24) < last)
            point->values[i] = value;
}

static inline void set(struct measured *point, const char *from, const char *to, double value)
{
    set_hours(point, from, to, 0, 24, value);
}

/* The days from `from` on, each a little other than the one before, around `middle`. */
static inline void vary(struct measured *point, const char *from, const char *to, double middle,
                        double step)
{
    static const int steps[] = {0, 3, -2, 1, -3, 2, -1};

    for (size_t i = hour(from); i < hour(to); i++)
        point->values[i] = middle + step * steps[i / 24 % 7];
}

static inline void tell_problem(const char *point, const char *rule, const char *nature,
                                const char *state, const char *first, const char *last,
                                const char *relapse_of)
{
    char words[3][WALL_TEXT];

    problems[problem_count++] = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:n, s:o}", "uid", "u", "point", point,
        "rule", rule, "nature", nature, "kind", relapse_of == NULL ? "new" : "relapse", "state",
        state, "first", wall_text(at(first), words[0]), "last", wall_text(at(last), words[1]),
        "ended", strcmp(state, "open") == 0 ? NULL : wall_text(at(last), words[2]), "episodes", 1,
        "worst", "relapse_of", relapse_of == NULL ? json_array() : json_pack("[s]", relapse_of));
}

static inline void tell_doubt(const char *kind, const char *time, const char *point, bool blocks)
{
    doubts[doubt_count].kind = kind;
    doubts[doubt_count].time = time;
    doubts[doubt_count].point = point;
    doubts[doubt_count++].blocks = blocks;
}

/* Asking ------------------------------------------------------------------------------------ */

static inline void feed(struct evaluation *evaluation, const struct measured *point)
{
    struct error err = {0};

    if (!evaluation_begin_point(evaluation, &point->sheet, &err))
        print_message("%s\n", err.text);
    for (size_t i = 0; i < point->asked_count; i++)
        assert_true(
            evaluation_every(evaluation, point->asked[i].from, point->asked[i].every_ms, &err));
    if (point->maintenance.end.ms > 0)
        assert_true(evaluation_window(evaluation, point->maintenance, &err));
    for (size_t i = 0; span.start.ms + (int64_t)i * 3600000 < span.end.ms; i++) {
        struct wall_time time = {span.start.ms + (int64_t)i * 3600000};
        enum quality quality =
            isnan(point->values[i]) ? QUALITY_NO_ANSWER : (enum quality)point->qualities[i];

        if (!evaluation_reading(evaluation, time, point->values[i], quality, &err)) {
            print_message("%s\n", err.text);
            fail();
        }
    }
    assert_true(evaluation_end_point(evaluation, &err));
}

static inline const char *judge(void)
{
    const struct evaluation_setup setup = {.terms = terms,
                                           .tallies = tallies,
                                           .parameters = parameters,
                                           .task = "72",
                                           .category = "river",
                                           .struck_off = struck_off,
                                           .watch_until = watch_until,
                                           .span = span};
    struct error err = {0};
    struct evaluation *evaluation = evaluation_new(&setup, &err);

    assert_non_null(evaluation);
    json_decref(verdict);
    for (size_t i = 0; i < point_count; i++)
        feed(evaluation, &points[i]);
    for (size_t i = 0; i < problem_count; i++)
        assert_true(evaluation_problem(evaluation, problems[i], &err));
    for (size_t i = 0; i < doubt_count; i++)
        assert_true(evaluation_doubt(evaluation, doubts[i].kind, doubts[i].blocks,
                                     doubts[i].time[0] == '\0' ? WALL_NONE : at(doubts[i].time),
                                     doubts[i].point, "存疑", "a doubt", &err));
    verdict = evaluation_conclude(evaluation, &err);
    assert_non_null(verdict);
    evaluation_free(evaluation);
    return json_string_value(json_object_get(verdict, "answer"));
}

/* A part of the verdict: "points.0.criteria.1.bound". NULL: not there. */
static inline const json_t *part(const char *path)
{
    const json_t *json = verdict;
    char words[200];
    char *rest = words;
    char *word;

    snprintf(words, sizeof words, "%s", path);
    while ((word = strsep(&rest, ".")) != NULL && json != NULL)
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(word))
                                   : json_object_get(json, word);
    return json;
}

static inline double number(const char *path)
{
    const json_t *json = part(path);

    assert_non_null(json);
    return json_is_null(json) ? (double)NAN : json_number_value(json);
}

static inline const char *text(const char *path)
{
    const char *words = json_string_value(part(path));

    return words == NULL ? "" : words;
}

/* The reasons' words with spaces between. */
static inline const char *reasons(void)
{
    static char words[1000];
    const json_t *list = part("reasons");

    words[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++)
        snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", i > 0 ? " " : "",
                 json_string_value(json_object_get(json_array_get(list, i), "reason")));
    return words;
}

/* From when the first reason of a word could be proven, as a date here; "-": it cannot be said. */
static inline const char *provable(const char *reason)
{
    static char words[DATE_SIZE];
    const json_t *list = part("reasons");
    const json_t *found = NULL;

    for (size_t i = 0; i < json_array_size(list) && found == NULL; i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "reason")), reason) ==
            0)
            found = json_array_get(list, i);
    if (reason[0] == '\0')
        found = verdict;
    assert_non_null(found);
    found = json_object_get(found, "provable_from");
    if (json_is_null(found))
        return "-";
    eval_date(at(json_string_value(found)), words);
    return words;
}

#endif
