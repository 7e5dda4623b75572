/* A made-up month of a town, passed through the real recorder, judge and store, against an
 * expectation written by hand: every problem there is, and no other. Times are Beijing time.
 *
 * What happens stands in `happenings`, what a person does in `deeds`, what must come of it in
 * `expected`. Values between happenings are calm: far inside every limit.
 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/past.h"
#include "base/say.h"
#include "ledger/task.h"
#include "store/reader.h"

enum { STEP_MS = 5 * 60 * 1000 };
enum { RIVER, SQUARE, SCHOOL, YARD, KITCHEN };
enum { AMMONIA = 0, OXYGEN = 1, ONLY = 0 };

static const char begins[] = "2026-02-10", ends[] = "2026-03-12";

static const struct {
    int device, channel;
    const char *from, *to;
    double value;
    enum quality quality;
} happenings[] = {
  /* Ammonia nitrogen, class IV 1.5 mg/L, for an hour. Before the strike-off … */
    {RIVER,   AMMONIA, "2026-02-12 08:00", "2026-02-12 10:30", 2.0,   QUALITY_NORMAL     },
 /* … too short … */
    {RIVER,   AMMONIA, "2026-02-20 02:00", "2026-02-20 02:45", 2.0,   QUALITY_NORMAL     },
 /* … after it: a relapse … */
    {RIVER,   AMMONIA, "2026-02-25 14:00", "2026-02-25 18:00", 1.84,  QUALITY_NORMAL     },
 /* … 1.54 is 1.5 by the digits of the limit: no breach … */
    {RIVER,   AMMONIA, "2026-03-01 00:00", "2026-03-01 03:00", 1.54,  QUALITY_NORMAL     },
 /* … 1.55 is 1.6 (half to even): a second episode of the relapse. */
    {RIVER,   AMMONIA, "2026-03-05 10:00", "2026-03-05 12:00", 1.55,  QUALITY_NORMAL     },

 /* Oxygen below 3 in two of three 4-hour means. */
    {RIVER,   OXYGEN,  "2026-02-14 04:00", "2026-02-14 08:00", 2.5,   QUALITY_NORMAL     },
    {RIVER,   OXYGEN,  "2026-02-14 12:00", "2026-02-14 16:00", 2.4,   QUALITY_NORMAL     },
 /* One of three is none. */
    {RIVER,   OXYGEN,  "2026-02-27 04:00", "2026-02-27 08:00", 2.0,   QUALITY_NORMAL     },

 /* PM2.5, mean of the day: 75 until the end of February, 60 from March on. */
    {SQUARE,  ONLY,    "2026-02-20",       "2026-02-21",       70.0,  QUALITY_NORMAL     },
    {SQUARE,  ONLY,    "2026-02-28",       "2026-03-01",       70.0,  QUALITY_NORMAL     },
    {SQUARE,  ONLY,    "2026-03-02",       "2026-03-03",       70.0,  QUALITY_NORMAL     },
 /* A day with 19 valid hours is no day: it is not judged. */
    {SQUARE,  ONLY,    "2026-03-07 00:00", "2026-03-07 05:00", NAN,   QUALITY_NO_ANSWER  },
    {SQUARE,  ONLY,    "2026-03-07 05:00", "2026-03-08 00:00", 300.0, QUALITY_NORMAL     },

 /* Noise in zone 1, hourly Leq: 55 by day, 45 at night. */
    {SCHOOL,  ONLY,    "2026-02-18 23:00", "2026-02-19 02:00", 48.0,  QUALITY_NORMAL     },
    {SCHOOL,  ONLY,    "2026-02-21 10:00", "2026-02-21 12:00", 54.0,  QUALITY_NORMAL     },
    {SCHOOL,  ONLY,    "2026-02-24 23:00", "2026-02-25 01:00", 45.4,  QUALITY_NORMAL     },

 /* Dust, 15-minute means: 1.0 six times a day is allowed, seven times is not; 2.0 once. */
    {YARD,    ONLY,    "2026-02-16 10:00", "2026-02-16 11:30", 1.2,   QUALITY_NORMAL     },
    {YARD,    ONLY,    "2026-02-17 10:00", "2026-02-17 11:45", 1.2,   QUALITY_NORMAL     },
    {YARD,    ONLY,    "2026-02-20 09:00", "2026-02-20 09:15", 2.5,   QUALITY_NORMAL     },
    {YARD,    ONLY,    "2026-02-23 09:00", "2026-02-23 09:30", 2.5,   QUALITY_NORMAL     },

 /* Cooking fume above 1.0 for ten minutes. */
    {KITCHEN, ONLY,    "2026-02-13 18:00", "2026-02-13 18:30", 1.6,   QUALITY_NORMAL     },
    {KITCHEN, ONLY,    "2026-02-26 18:00", "2026-02-26 18:20", 1.3,   QUALITY_NORMAL     },
 /* Under maintenance, and by the fan's own letter: stored, not judged. */
    {KITCHEN, ONLY,    "2026-03-03 18:00", "2026-03-03 18:30", 5.0,   QUALITY_NORMAL     },
    {KITCHEN, ONLY,    "2026-03-04 18:00", "2026-03-04 18:30", 5.0,   QUALITY_CALIBRATING},
 /* Nobody answers: neither a breach nor a recovery. */
    {KITCHEN, ONLY,    "2026-03-06 18:00", "2026-03-06 18:30", NAN,   QUALITY_NO_ANSWER  },
 /* Over range is "at least this". */
    {KITCHEN, ONLY,    "2026-03-08 18:00", "2026-03-08 18:20", 20.0,  QUALITY_OVER_RANGE },
};

/* The tasks of the month's ledger. */
static const struct {
    const char *id, *category, *state, *point, *struck_off, *watch_until;
} tasks[] = {
    {"37", "river",    "rectifying", "river/probe/ammonia_nitrogen", NULL,                   NULL},
    {"12", "catering", "rectifying", "kitchen/probe/cooking_fume",   NULL,                   NULL},
    {"45", "noise",    "struck_off", "school/probe/la",              "2026-01-01T00:00:00Z",
     "2026-04-01T00:00:00Z"                                                                      },
    {"50", "dust",     "struck_off", "square/probe/pm2_5",           "2025-06-01T00:00:00Z",
     "2025-08-30T00:00:00Z"                                                                      },
};

/* What people do, and whether it is allowed then. */
static const struct {
    const char *at, *act, *args;
    bool allowed;
} deeds[] = {
    {"2026-02-12 09:30", "task.strike_off",    "{\"id\":\"37\",\"note\":\"验收通过\"}", false},
    {"2026-02-15 09:00", "task.strike_off",    "{\"id\":\"37\",\"note\":\"验收通过\"}", true },
    {"2026-03-03 16:00", "device.maintenance",
     "{\"device\":\"kitchen/probe\",\"from\":\"2026-03-03 17:00\",\"to\":\"2026-03-03 19:00\","
     "\"note\":\"清洗\"}",                                                                true },
};

/* Every problem of the month, by rule and first breached value. */
static const struct {
    const char *rule, *first, *kind, *tasks, *last, *ended, *state;
    int episodes;
    double worst;
    const char *edition; /* of the limit; NULL: a bound */
} expected[] = {
    {"ammonia",      "2026-02-12 08:00", "ongoing", "37", "2026-02-12 10:25", "2026-02-12 10:30",
     "closed",                                                                                              1, 2.0,  "2002"},
    {"ammonia",      "2026-02-25 14:00", "relapse", "37", "2026-03-05 11:55", "2026-03-05 12:00",
     "recovered",                                                                                           2, 1.84, "2002"},
    {"fine-dust",    "2026-03-02 00:00", "new",     "",   "2026-03-02 00:00", "2026-03-03 00:00", "closed",
     1,                                                                                                        70.0, "2026"},
    {"fume",         "2026-02-13 18:00", "ongoing", "12", "2026-03-08 18:15", "2026-03-08 18:20",
     "recovered",                                                                                           3, 20.0, NULL  },
    {"oxygen",       "2026-02-14 04:00", "new",     "",   "2026-02-14 12:00", "2026-02-14 16:00", "closed", 1,
     2.4,                                                                                                            NULL  },
    {"school-noise", "2026-02-18 23:00", "relapse", "45", "2026-02-19 01:00", "2026-02-19 02:00",
     "recovered",                                                                                           1, 48.0, "2008"},
    {"yard-dust",    "2026-02-17 10:00", "new",     "",   "2026-02-17 11:30", "2026-02-18 00:00", "closed",
     1,                                                                                                        1.2,  "2016"},
    {"yard-dust",    "2026-02-23 09:00", "new",     "",   "2026-02-23 09:15", "2026-02-24 00:00", "closed",
     1,                                                                                                        2.5,  "2016"},
};

enum { HAPPENINGS = sizeof happenings / sizeof happenings[0] };

static char folder[64];
static struct settings *settings;
static struct span spans[HAPPENINGS]; /* of the happenings */

static struct wall_time moment(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    return remove(path);
}

static double calm(int device, int channel, struct wall_time time)
{
    static const double bases[][2] = {
        [RIVER] = {0.8, 6.5},
        [SQUARE] = {40.0  },
        [SCHOOL] = {50.0},
        [YARD] = {0.3  },
        [KITCHEN] = {0.4}
    };
    double wobble = (double)(time.ms / STEP_MS * 7919 % 13 - 6) / 100;
    int hour = (int)((time.ms / 3600000 + 8) % 24);

    if (device == SCHOOL)
        return bases[SCHOOL][0] + wobble - (hour < 6 || hour >= 22 ? 10.0 : 0.0);
    return bases[device][channel] + wobble;
}

static struct reading reading_of(int device, int channel, struct wall_time time)
{
    struct reading reading = {.value = calm(device, channel, time)};

    for (size_t i = 0; i < HAPPENINGS; i++) {
        if (happenings[i].device != device || happenings[i].channel != channel ||
            time.ms < spans[i].start.ms || time.ms >= spans[i].end.ms)
            continue;
        reading.value = happenings[i].value;
        reading.quality = (uint8_t)happenings[i].quality;
        reading.cause = happenings[i].quality == QUALITY_NO_ANSWER ? CAUSE_TIMEOUT : CAUSE_NONE;
    }
    return reading;
}

static json_t *ledger_of_the_month(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        struct task task = {.point_count = 1, .struck_off = WALL_NONE, .watch_until = WALL_NONE};

        snprintf(task.id, sizeof task.id, "%s", tasks[i].id);
        snprintf(task.category, sizeof task.category, "%s", tasks[i].category);
        snprintf(task.title, sizeof task.title, "第 %s 号问题", tasks[i].id);
        snprintf(task.kind, sizeof task.kind, "finding");
        snprintf(task.points[0], sizeof task.points[0], "%s", tasks[i].point);
        assert_true(task_state_find(tasks[i].state, &task.state));
        if (tasks[i].struck_off != NULL) {
            task.struck_off = moment(tasks[i].struck_off);
            task.watch_until = moment(tasks[i].watch_until);
        }
        json_array_append_new(list, task_json(&task));
    }
    return json_pack("{s:o}", "tasks", list);
}

static void act(struct past *past, const char *name, json_t *args, bool allowed)
{
    struct error err = {0};

    if (past_act(past, name, args, "li", &err) == allowed)
        return;
    fail_msg("%s: %s", name, allowed ? err.text : "was allowed");
}

static void poll_everybody(struct past *past)
{
    static const size_t channels[] = {
        [RIVER] = 2, [SQUARE] = 1, [SCHOOL] = 1, [YARD] = 1, [KITCHEN] = 1};
    struct error err = {0};

    for (int device = RIVER; device <= KITCHEN; device++) {
        struct reading readings[2];

        for (int i = 0; i < (int)channels[device]; i++)
            readings[i] = reading_of(device, i, past_now(past));
        if (!past_poll(past, (size_t)device, readings, &err))
            fail_msg("%s", err.text);
    }
}

static void live_through(struct past *past)
{
    struct wall_time end = moment(ends);
    struct error err = {0};

    act(past, "tasks.import", ledger_of_the_month(), true);
    while (past_now(past).ms < end.ms) {
        poll_everybody(past);
        for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
            if (moment(deeds[i].at).ms == past_now(past).ms)
                act(past, deeds[i].act, json_loads(deeds[i].args, 0, NULL), deeds[i].allowed);
        if (!past_advance(past, STEP_MS, &err))
            fail_msg("%s", err.text);
    }
}

static int live_a_month(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct error err = {0};
    struct past *past;

    settings = settings_load(FIXTURES "/month", true, faults);
    if (settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    for (size_t i = 0; i < HAPPENINGS; i++)
        spans[i] = (struct span){moment(happenings[i].from), moment(happenings[i].to)};
    strcpy(folder, "/tmp/lookback-month-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(settings->store_dir, sizeof settings->store_dir, "%s", folder);
    past = past_open(settings, moment(begins), &err);
    if (past == NULL)
        fail_msg("%s", err.text);
    live_through(past);
    assert_true(past_close(past, &err));
    return 0;
}

static int forget_it(void **state)
{
    settings_free(settings);
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What came of it --------------------------------------------------------------------------- */

static bool gather(void *self, const char *body)
{
    json_t *problem = json_loads(body, 0, NULL);

    assert_non_null(problem);
    if (strcmp(json_string_value(json_object_get(problem, "nature")), "breach") == 0)
        json_array_append(self, problem);
    json_decref(problem);
    return true;
}

static json_t *problems_of_the_month(void)
{
    struct error err = {0};
    struct reader *reader = reader_open(folder, &err);
    json_t *list = json_array();

    assert_non_null(reader);
    assert_true(reader_problems(reader, NULL, NULL, "breach", NULL, gather, list, &err));
    reader_close(reader);
    return list;
}

static const char *text_of(const json_t *problem, const char *key)
{
    const char *words = json_string_value(json_object_get(problem, key));

    return words == NULL ? "" : words;
}

static struct wall_time time_of(const json_t *problem, const char *key)
{
    return moment(text_of(problem, key));
}

/* "12,37" */
static void join(const json_t *list, char out[64])
{
    size_t i;
    json_t *one;

    out[0] = '\0';
    json_array_foreach(list, i, one) snprintf(out + strlen(out), 64 - strlen(out), "%s%s",
                                              i > 0 ? "," : "", json_string_value(one));
}

static const json_t *find(const json_t *problems, size_t which)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i,
                       problem) if (strcmp(text_of(problem, "rule"), expected[which].rule) == 0 &&
                                    time_of(problem, "first").ms ==
                                        moment(expected[which].first).ms) return problem;
    fail_msg("no problem of %s from %s", expected[which].rule, expected[which].first);
    return NULL;
}

static void every_problem_that_is_expected_is_there_as_written(void **state)
{
    json_t *problems = problems_of_the_month();

    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const json_t *problem = find(problems, i);
        const json_t *limit = json_object_get(problem, "limit");
        const json_t *worst = json_object_get(json_object_get(problem, "worst"), "value");
        bool relapse = strcmp(expected[i].kind, "relapse") == 0;
        char list[64];

        print_message("%s %s\n", expected[i].rule, expected[i].first);
        assert_string_equal(text_of(problem, "kind"), expected[i].kind);
        join(json_object_get(problem, "tasks"), list);
        assert_string_equal(list, expected[i].tasks);
        join(json_object_get(problem, "relapse_of"), list);
        assert_string_equal(list, relapse ? expected[i].tasks : "");
        assert_int_equal(time_of(problem, "last").ms, moment(expected[i].last).ms);
        assert_int_equal(time_of(problem, "ended").ms, moment(expected[i].ended).ms);
        assert_string_equal(text_of(problem, "state"), expected[i].state);
        assert_int_equal(json_integer_value(json_object_get(problem, "episodes")),
                         expected[i].episodes);
        assert_float_equal(json_number_value(worst), expected[i].worst, 1e-9);
        if (expected[i].edition == NULL)
            assert_true(json_is_null(limit));
        else
            assert_memory_equal(text_of(limit, "edition"), expected[i].edition,
                                strlen(expected[i].edition));
    }
    json_decref(problems);
}

static void there_is_no_problem_that_is_not_expected(void **state)
{
    json_t *problems = problems_of_the_month();
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem) if (i >= sizeof expected / sizeof expected[0] ||
                                                 json_array_size(problems) >
                                                     sizeof expected / sizeof expected[0])
        print_message("%s %s %s\n", text_of(problem, "rule"), text_of(problem, "point"),
                      text_of(problem, "first"));
    assert_int_equal(json_array_size(problems), sizeof expected / sizeof expected[0]);
    json_decref(problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_that_is_expected_is_there_as_written),
        cmocka_unit_test(there_is_no_problem_that_is_not_expected),
    };

    setenv("LOOKBACK_DATA", SOURCE_ROOT, 1);
    return cmocka_run_group_tests(tests, live_a_month, forget_it);
}
