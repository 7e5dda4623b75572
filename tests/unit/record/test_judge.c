/* Tests of record/judge.c and its parts, through the recorder that feeds it, in a small town. */
#include <signal.h>
#include <sys/resource.h>

#include "record/replay.h"
#include "unit/record/town_top.h"

enum { HOUR_STEPS = 12, DAY_STEPS = 288 };

static struct town town;
/* What is not the usual value; INFINITY: that device does not answer. */
static double unusual[TOWN_POINTS];

static int build(void **state)
{
    for (size_t i = 0; i < TOWN_POINTS; i++)
        unusual[i] = NAN;
    town_init(&town, 0);
    town_open(&town, 0);
    return 0;
}

static int clear(void **state)
{
    town_end(&town);
    return 0;
}

static void commit(void)
{
    struct error err = {0};

    if (!recorder_step(town.recorder, &err))
        fail_msg("%s", err.text);
}

static void push(uint32_t index, struct wall_time time, unsigned step)
{
    const struct catalog_device *device = &town.devices[index];
    struct reading readings[2];
    struct poll poll = {.device = device->id,
                        .time = time,
                        .mono = town.clock.mono,
                        .boot = store_boot(town.store),
                        .profile = town.profile,
                        .raw = (const uint8_t *)"\x03\x00\x00\x00\x01\x00\x07",
                        .raw_size = 7,
                        .readings = readings,
                        .reading_count = device->point_count};

    for (uint32_t n = 0; n < device->point_count; n++) {
        uint32_t point = device->first_point + n;

        readings[n] = (struct reading){
            .point = town.points[point].id,
            .value = isnan(unusual[point]) ? town_value(point, step % HOUR_STEPS) : unusual[point]};
    }
    assert_true(mailbox_push(town.mailbox, &poll));
}

static void be_at(unsigned step)
{
    town.clock.wall = town_time(step);
    town.clock.mono.ns = ns_from_ms((int64_t)step * TOWN_EVERY_MS);
}

/* All devices answer normally at each step; the sonde measures `ammonia`. */
static void steps(unsigned from, unsigned to, double ammonia)
{
    unusual[0] = ammonia;
    for (unsigned step = from; step < to; step++) {
        be_at(step);
        for (uint32_t i = 0; i < TOWN_DEVICES; i++)
            if (!isinf(unusual[town.devices[i].first_point]))
                push(i, town_time(step), step);
        commit();
    }
}

/* The town again, after a stop of the program. */
static void restart(unsigned step, bool edited)
{
    town_close(&town);
    town.edited = edited ? step : UINT32_MAX;
    town_open(&town, step);
}

struct rows {
    struct aggregate of[64];
    char causes[64][16];
    size_t count;
    uint32_t point;
    enum period period;
};

static bool take_row(void *self, const struct aggregate *aggregate)
{
    struct rows *rows = self;

    if (aggregate->point != rows->point || aggregate->period != rows->period)
        return true;
    assert_true(rows->count < 64);
    snprintf(rows->causes[rows->count], 16, "%s", aggregate->cause);
    rows->of[rows->count++] = *aggregate;
    return true;
}

/* Every version of a point's periods, in order. */
static struct rows rows_of(size_t point, enum period period)
{
    struct rows rows = {.point = town.points[point].id, .period = period};
    struct error err = {0};
    struct reader *reader = reader_open(town.dir, &err);

    assert_true(reader_every_aggregate(reader, take_row, &rows, &err));
    reader_close(reader);
    return rows;
}

struct problems {
    const char *rule;
    json_t *found[16];
    size_t count;
};

static bool take_problem(void *self, const char *body)
{
    struct problems *problems = self;
    json_t *problem = json_loads(body, 0, NULL);

    if (strcmp(json_string_value(json_object_get(problem, "rule")), problems->rule) == 0 &&
        problems->count < 16)
        problems->found[problems->count++] = problem;
    else
        json_decref(problem);
    return true;
}

/* Of a rule, newest first. End with forget(). */
static struct problems problems_of(const char *rule)
{
    struct problems problems = {.rule = rule};
    struct error err = {0};
    struct reader *reader = reader_open(town.dir, &err);

    assert_true(reader_problems(reader, NULL, NULL, NULL, NULL, take_problem, &problems, &err));
    reader_close(reader);
    return problems;
}

static void forget(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        json_decref(problems->found[i]);
    problems->count = 0;
}

static size_t count_problems(const char *rule)
{
    struct problems problems = problems_of(rule);
    size_t count = problems.count;

    forget(&problems);
    return count;
}

static const char *words(const json_t *problem, const char *key)
{
    return json_string_value(json_object_get(problem, key));
}

static void maintain(const char *device, unsigned from, unsigned to)
{
    char begins[WALL_TEXT], ends[WALL_TEXT];
    struct bench_answer answer =
        town_act(&town, "device.maintenance",
                 json_pack("{s:s, s:s, s:s, s:s}", "device", device, "from",
                           wall_text(town_time(from), begins), "to", wall_text(town_time(to), ends),
                           "note", "cleaned"));

    if (answer.err.kind != ERROR_NONE)
        fail_msg("%s", answer.err.text);
}

/* What is in force --------------------------------------------------------------------------- */

struct counting {
    unsigned count;
    char last[256];
};

static bool count_event(void *self, uint64_t seq, struct wall_time time, const char *who,
                        const char *arguments)
{
    struct counting *counting = self;

    (void)seq, (void)time, (void)who;
    counting->count++;
    snprintf(counting->last, sizeof counting->last, "%s", arguments);
    return true;
}

static struct counting events(const char *kind)
{
    struct counting counting = {0};
    struct error err = {0};
    struct reader *reader = reader_open(town.dir, &err);

    assert_true(reader_events(reader, kind, count_event, &counting, &err));
    reader_close(reader);
    return counting;
}

static void the_first_start_says_what_is_in_force_and_the_next_nothing(void **state)
{
    unsigned rules = events("rule.changed").count;

    assert_int_equal(events("device.every").count, TOWN_DEVICES);
    assert_true(rules >= TOWN_RULES);
    assert_true(events("aggregates.changed").count > 0);
    restart(0, false);
    assert_int_equal(events("device.every").count, TOWN_DEVICES);
    assert_int_equal(events("rule.changed").count, rules);
}

static void an_edited_rule_is_an_event_and_ends_its_episode(void **state)
{
    unsigned rules = events("rule.changed").count;
    struct problems problems;
    struct counting every;

    steps(0, 12, 2.0);
    restart(12, true);
    assert_true(events("rule.changed").count > rules);
    every = events("device.every");
    assert_int_equal(every.count, TOWN_DEVICES + 1);
    assert_string_equal(every.last,
                        "{\"device\":\"roof/weather\",\"every_ms\":600000,\"since\":null}");
    problems = problems_of("nh3");
    assert_int_equal(problems.count, 1);
    assert_string_equal(words(problems.found[0], "state"), "open");
    assert_non_null(words(problems.found[0], "ended"));
    forget(&problems);
}

static void a_rule_that_is_gone_leaves_its_problem_to_people(void **state)
{
    struct problems problems;
    char uid[33];

    steps(0, 12, 2.0);
    problems = problems_of("nh3");
    snprintf(uid, sizeof uid, "%s", words(problems.found[0], "uid"));
    forget(&problems);
    town_close(&town);
    town.bare = true;
    town_open(&town, 12);
    assert_int_equal(
        town_act(&town, "problem.close", json_pack("{s:s, s:s}", "uid", uid, "note", "rule gone"))
            .err.kind,
        ERROR_NONE);
    problems = problems_of("nh3");
    assert_string_equal(words(problems.found[0], "state"), "closed");
    forget(&problems);
}

/* The sonde measures; nobody knows when. */
static void blind_steps(unsigned count, double ammonia)
{
    unusual[0] = ammonia;
    for (unsigned i = 0; i < count; i++) {
        held_clock_advance(&town.clock, TOWN_EVERY_MS);
        push(0, WALL_NONE, 0);
        commit();
    }
}

static void blind_restart(unsigned step, bool edited)
{
    town.trust_by = TRUST_PLAUSIBLE;
    town.blind = true;
    restart(step, edited);
}

static void what_waited_while_a_rule_was_edited_is_judged_by_neither(void **state)
{
    blind_restart(1, false);
    blind_steps(8, 9.0);
    blind_restart(9, true);
    blind_steps(2, 0.5);
    assert_int_equal(count_problems("nh3"), 0);
    town.clock.wall = town_time(100);
    held_clock_advance(&town.clock, 11 * 1000);
    commit();
    held_clock_advance(&town.clock, 11 * 1000);
    commit();
    assert_true(rows_of(0, PERIOD_15MIN).count > 0); /* it has been judged */
    assert_int_equal(count_problems("nh3"), 0);
    steps(101, 106, 9.0);
    assert_int_equal(count_problems("nh3"), 1);
}

static void a_device_asked_less_often_from_within_an_hour_is_expected_so_from_then_on(void **state)
{
    struct rows rows;

    steps(0, 6, 0.5);
    restart(6, true); /* the weather, every ten minutes from now on */
    for (unsigned step = 6; step <= HOUR_STEPS; step += 2)
        steps(step, step + 1, 0.5);
    rows = rows_of(5, PERIOD_1H);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.of[0].expected, 6 + 3);
    assert_int_equal(rows.of[0].count, 6 + 3);
}

/* Periods ------------------------------------------------------------------------------------ */

enum { PM10 = 3 };

static void an_hour_is_counted_and_judged_when_it_has_passed(void **state)
{
    struct problems problems;
    char first[WALL_TEXT];
    struct rows rows;

    unusual[PM10] = 161.0;
    steps(0, HOUR_STEPS, 0.5);
    assert_int_equal(rows_of(PM10, PERIOD_1H).count, 0);
    assert_int_equal(count_problems("dust-long"), 0);
    steps(HOUR_STEPS, HOUR_STEPS + 1, 0.5);
    rows = rows_of(PM10, PERIOD_1H);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.of[0].expected, HOUR_STEPS);
    assert_int_equal(rows.of[0].valid, HOUR_STEPS);
    assert_true(rows.of[0].enough);
    assert_float_equal(rows.of[0].mean, 161.0, 1e-12);
    problems = problems_of("dust-long");
    assert_int_equal(problems.count, 1);
    assert_string_equal(words(problems.found[0], "first"), wall_text(town_time(0), first));
    forget(&problems);
}

static void a_period_with_too_little_in_it_is_not_judged_nor_is_its_correction(void **state)
{
    struct rows rows;

    steps(0, HOUR_STEPS, 0.5);
    unusual[PM10] = 400.0;
    steps(HOUR_STEPS, HOUR_STEPS + 3, 0.5); /* 3 of 12 */
    unusual[PM10] = INFINITY;
    steps(HOUR_STEPS + 3, 2 * HOUR_STEPS + 2, 0.5);
    rows = rows_of(PM10, PERIOD_1H);
    assert_int_equal(rows.count, 2);
    assert_false(rows.of[1].enough);
    assert_int_equal(count_problems("dust-long"), 0);
    unusual[PM10] = 400.0; /* the rest of it comes late */
    for (unsigned step = HOUR_STEPS + 3; step < 2 * HOUR_STEPS; step++)
        push(2, town_time(step), step);
    unusual[PM10] = NAN;
    steps(2 * HOUR_STEPS + 2, 3 * HOUR_STEPS + 1, 0.5);
    rows = rows_of(PM10, PERIOD_1H);
    assert_int_equal(rows.of[2].version, 2);
    assert_true(rows.of[2].enough);
    assert_float_equal(rows.of[2].mean, 400.0, 1e-9);
    assert_int_equal(count_problems("dust-long"), 0);
}

static void a_device_that_falls_silent_has_hours_with_nothing_in_them(void **state)
{
    struct reading reading = {.point = town.points[2].id, .value = 50.0};
    struct poll poll = {.device = town.devices[1].id,
                        .boot = store_boot(town.store),
                        .profile = town.profile,
                        .raw = (const uint8_t *)"",
                        .readings = &reading,
                        .reading_count = 1};
    struct rows rows;

    steps(0, HOUR_STEPS, 0.5);
    for (unsigned step = HOUR_STEPS; step < 3 * HOUR_STEPS + 2; step++) {
        town.clock.wall = poll.time = town_time(step);
        town.clock.mono.ns = poll.mono.ns = ns_from_ms((int64_t)step * TOWN_EVERY_MS);
        assert_true(mailbox_push(town.mailbox, &poll));
        commit();
    }
    rows = rows_of(0, PERIOD_1H);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.of[2].expected, HOUR_STEPS);
    assert_int_equal(rows.of[2].count, 0);
    assert_false(rows.of[2].enough);
    assert_true(isnan(rows.of[2].mean));
}

static void a_clock_set_back_at_a_restart_opens_nothing_again_that_has_closed(void **state)
{
    steps(0, 4 * HOUR_STEPS, 0.5);
    restart(6, true); /* what the weather is counted by begins anew, four hours ago */
    steps(6, 5 * HOUR_STEPS + 1, 0.5);
    for (size_t point = 0; point < TOWN_POINTS; point++) {
        struct rows rows = rows_of(point, PERIOD_1H);
        size_t firsts = 0;

        for (size_t i = 0; i < rows.count; i++)
            firsts += rows.of[i].version == 1;
        assert_int_equal(firsts, 5);
    }
}

static void completeness_counts_from_when_a_new_device_is_said_to_be_there(void **state)
{
    struct rows rows;

    town_end(&town);
    town_init(&town, 0);
    town.since_ms = town_time(0).ms;
    town_open(&town, 3 * HOUR_STEPS);
    steps(3 * HOUR_STEPS, 4 * HOUR_STEPS + 1, 0.5);
    rows = rows_of(0, PERIOD_1H);
    assert_int_equal(rows.count, 4);
    assert_int_equal(rows.of[0].start.ms, town_time(0).ms);
    assert_int_equal(rows.of[0].expected, HOUR_STEPS);
    assert_int_equal(rows.of[0].count, 0);
    assert_int_equal(rows.of[3].count, HOUR_STEPS);
    restart(4 * HOUR_STEPS + 1, false);
    steps(4 * HOUR_STEPS + 1, 5 * HOUR_STEPS + 1, 0.5);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 5);
}

/* Settings that change while periods are open ------------------------------------------------
 */

/* A device answers at each of these minutes. */
static void answers(uint32_t index, unsigned from, unsigned to, unsigned every, double value)
{
    const struct catalog_device *device = &town.devices[index];

    for (unsigned minute = from; minute < to; minute += every) {
        const struct wall_time time = {bench_start().ms + (int64_t)minute * MINUTE_MS};
        struct reading readings[2] = {{.value = value}, {.value = value}};
        struct poll poll = {.device = device->id,
                            .time = time,
                            .mono = {ns_from_ms((int64_t)minute * MINUTE_MS)},
                            .boot = store_boot(town.store),
                            .profile = town.profile,
                            .raw = (const uint8_t *)"",
                            .readings = readings,
                            .reading_count = device->point_count};

        for (uint32_t n = 0; n < device->point_count; n++)
            readings[n].point = town.points[device->first_point + n].id;
        town.clock.wall = time;
        town.clock.mono = poll.mono;
        assert_true(mailbox_push(town.mailbox, &poll));
        commit();
    }
}

static void restart_asking(unsigned minute, int64_t every_ms)
{
    town.sonde_ms = every_ms;
    restart(minute / 5, false);
}

static void restart_counting_otherwise(unsigned minute)
{
    struct tally_plans *before = town.tallies;

    town_close(&town);
    town.tallies = town_other_plans(&town);
    tally_plans_free(before);
    town_open(&town, minute / 5);
}

static void assert_row(enum period period, size_t index, uint32_t expected, uint32_t count)
{
    struct rows rows = rows_of(0, period);

    assert_true(rows.count > index);
    assert_int_equal(rows.of[index].version, 1);
    assert_int_equal(rows.of[index].expected, expected);
    assert_int_equal(rows.of[index].count, count);
}

static void assert_replayed(void)
{
    const struct replay_setup setup = {
        .dir = town.dir,
        .judge = {.catalog = &town.catalog,
                  .rules = town.rules,
                  .rule_count = town.rule_count,
                  .tallies = town.tallies,
                  .screens = town.screens},
        .from = WALL_NONE,
        .to = WALL_NONE
    };
    struct replay_answer answer;
    struct error err = {0};

    if (!replay_run(&setup, &answer, &err))
        fail_msg("%s", err.text);
    if (!replay_is_equal(&answer))
        fail_msg("%s\n%s", answer.differences[0], answer.differences[1]);
    assert_true(answer.aggregates.same > 0);
    replay_answer_end(&answer);
}

static void a_device_asked_more_often_keeps_its_open_hour(void **state)
{
    answers(0, 0, 30, 5, 1.0);
    restart_asking(30, MINUTE_MS);
    answers(0, 30, 61, 1, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 1);
    assert_row(PERIOD_1H, 0, 6 + 30, 6 + 30);
    assert_true(rows_of(0, PERIOD_1H).of[0].enough);
    assert_int_equal(rows_of(0, PERIOD_15MIN).count, 4);
    assert_row(PERIOD_15MIN, 0, 3, 3);
    assert_int_equal(rows_of(0, PERIOD_10MIN).count, 6);
    assert_replayed();
}

static void the_minutes_it_keeps_only_now_are_filled_with_what_is_stored(void **state)
{
    answers(0, 0, 31, 5, 1.0);
    restart_asking(30, MINUTE_MS);
    answers(0, 33, 41, 1, 2.0);
    assert_row(PERIOD_5MIN, 0, 5, 1 + 2);
    assert_replayed();
}

static void what_ended_while_the_program_was_off_has_its_row(void **state)
{
    answers(0, 0, 50, 5, 1.0);
    restart_asking(70, MINUTE_MS);
    answers(0, 70, 121, 1, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 2);
    assert_row(PERIOD_1H, 0, 12, 10);
    assert_true(rows_of(0, PERIOD_1H).of[0].enough);
    assert_row(PERIOD_1H, 1, 2 + 50, 50);
    assert_replayed();
}

static void a_device_asked_less_often_closes_what_it_keeps_no_more(void **state)
{
    answers(0, 0, 25, 5, 1.0);
    restart_asking(35, (int64_t)20 * MINUTE_MS);
    assert_int_equal(rows_of(0, PERIOD_10MIN).count, 3);
    assert_row(PERIOD_10MIN, 2, 2, 1);
    answers(0, 40, 61, 20, 2.0);
    assert_row(PERIOD_1H, 0, 7 + 1, 5 + 1);
    assert_replayed();
}

static void another_interval_before_the_first_poll_is_no_harm(void **state)
{
    restart_asking(0, MINUTE_MS);
    answers(0, 0, 61, 1, 2.0);
    assert_row(PERIOD_1H, 0, 60, 60);
    assert_row(PERIOD_5MIN, 0, 5, 5);
    assert_replayed();
}

static void an_edited_plan_keeps_the_open_hour(void **state)
{
    answers(0, 0, 30, 5, 1.0);
    restart_counting_otherwise(30);
    answers(0, 30, 61, 5, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 1);
    assert_row(PERIOD_1H, 0, 12, 12);
    assert_int_equal(rows_of(0, PERIOD_15MIN).count, 4);
    restart_asking(65, MINUTE_MS);
    answers(0, 65, 121, 1, 2.0);
    assert_row(PERIOD_1H, 1, 1 + 55, 1 + 55);
    assert_replayed();
}

static void an_edited_plan_and_another_interval_keep_the_open_hour(void **state)
{
    answers(0, 0, 50, 5, 1.0);
    town.sonde_ms = MINUTE_MS;
    restart_counting_otherwise(55);
    restart(55 / 5, false); /* what it was asked before is known after another stop too */
    answers(0, 55, 121, 1, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 2);
    assert_row(PERIOD_1H, 0, 11 + 5, 10 + 5);
    assert_replayed();
}

static void an_edited_plan_knows_what_was_asked_before_an_earlier_restart(void **state)
{
    answers(0, 0, 30, 5, 1.0);
    restart_asking(30, MINUTE_MS);
    answers(0, 30, 40, 1, 2.0);
    restart_counting_otherwise(40);
    answers(0, 40, 61, 1, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 1);
    assert_row(PERIOD_1H, 0, 6 + 30, 6 + 30);
    assert_replayed();
}

static void under_an_edited_plan_what_ended_meanwhile_has_its_row(void **state)
{
    answers(0, 0, 50, 5, 1.0);
    restart_counting_otherwise(70);
    answers(0, 70, 121, 5, 2.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 2);
    assert_row(PERIOD_1H, 0, 12, 10);
    assert_row(PERIOD_1H, 1, 12, 10);
    assert_replayed();
}

static void what_had_ended_but_not_closed_yet_closes_under_the_edited_plan(void **state)
{
    answers(0, 0, 60, 5, 1.0);
    answers(1, 60, 61, 5, 50.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 0);
    restart_counting_otherwise(65);
    assert_row(PERIOD_1H, 0, 12, 12);
}

static void what_has_its_row_is_not_counted_again_under_the_edited_plan(void **state)
{
    answers(0, 0, 61, 5, 1.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 1);
    restart_counting_otherwise(65);
    answers(0, 65, 121, 5, 1.0);
    assert_int_equal(rows_of(0, PERIOD_1H).count, 2);
    assert_row(PERIOD_1H, 1, 12, 12);
    assert_int_equal(rows_of(0, PERIOD_15MIN).count, 8);
    assert_replayed();
}

/* Maintenance --------------------------------------------------------------------------------
 */

static void inside_a_maintenance_window_nothing_is_judged_and_all_is_stored(void **state)
{
    struct problems problems;
    struct rows rows;

    maintain("chuanyang/sonde", 0, HOUR_STEPS);
    steps(0, HOUR_STEPS, 9.0);
    steps(HOUR_STEPS, HOUR_STEPS + 1, 0.5);
    problems = problems_of("nh3");
    assert_int_equal(problems.count, 0);
    forget(&problems);
    rows = rows_of(0, PERIOD_1H);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.of[0].count, HOUR_STEPS);
    assert_int_equal(rows.of[0].valid, 0);
    rows = rows_of(1, PERIOD_1H);
    assert_int_equal(rows.of[0].valid, 0);
    rows = rows_of(2, PERIOD_1H); /* another device */
    assert_int_equal(rows.of[0].valid, HOUR_STEPS);
}

static void a_window_in_the_past_counts_again_and_leaves_problems_as_they_are(void **state)
{
    struct problems problems;
    struct rows rows;

    steps(0, 6, 9.0);
    steps(6, HOUR_STEPS + 6, 0.5);
    maintain("chuanyang/sonde", 0, 6);
    rows = rows_of(0, PERIOD_1H);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.of[1].version, 2);
    assert_string_equal(rows.causes[1], "maintenance");
    assert_int_equal(rows.of[1].count, HOUR_STEPS);
    assert_int_equal(rows.of[1].valid, HOUR_STEPS - 6);
    assert_float_equal(rows.of[1].mean, 0.5, 1e-12);
    problems = problems_of("nh3");
    assert_int_equal(problems.count, 1);
    assert_string_equal(words(problems.found[0], "state"), "recovered");
    forget(&problems);
}

static void a_window_over_the_open_hour_counts_there_too(void **state)
{
    struct rows rows;

    steps(0, 6, 9.0);
    maintain("chuanyang/sonde", 0, 6);
    restart(6, false);
    steps(6, HOUR_STEPS + 1, 0.5);
    rows = rows_of(0, PERIOD_1H);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.of[0].valid, HOUR_STEPS - 6);
    assert_float_equal(rows.of[0].mean, 0.5, 1e-12);
}

/* Tasks --------------------------------------------------------------------------------------
 */

static json_t *ledger_of_one(void)
{
    const struct task task = {.id = "37",
                              .kind = "finding",
                              .category = "river",
                              .title = "排口",
                              .site = "chuanyang",
                              .points = {"chuanyang/sonde/ammonia_nitrogen"},
                              .point_count = 1,
                              .state = TASK_RECTIFYING,
                              .struck_off = WALL_NONE,
                              .watch_until = WALL_NONE};

    return json_pack("{s:[o]}", "tasks", task_json(&task));
}

static void say_tasks(json_t *args)
{
    struct event event = {.kind = "tasks.import",
                          .time = town.clock.wall,
                          .mono = town.clock.mono,
                          .who = "li",
                          .arguments = json_dumps(args, JSON_COMPACT)};
    struct error err = {0};

    json_decref(args);
    /* As an act leaves it: between two runs of the program, seen by catching up. */
    town_close(&town);
    town.store = store_open(town.dir, "boot-one", town.clock.wall, &err);
    assert_true(store_begin(town.store, &err));
    assert_true(store_add_event(town.store, &event, &err));
    assert_true(store_commit(town.store, &err));
    store_close(town.store);
    free((char *)event.arguments);
    town_open(&town, (unsigned)((town.clock.wall.ms - bench_start().ms) / TOWN_EVERY_MS));
}

static void what_a_task_watches_is_ongoing_and_after_its_strike_off_a_relapse(void **state)
{
    struct problems problems;
    json_t *args, *task;
    char time[WALL_TEXT];

    say_tasks(ledger_of_one());
    steps(0, 12, 2.0);
    problems = problems_of("nh3");
    assert_string_equal(words(problems.found[0], "kind"), "ongoing");
    forget(&problems);
    steps(12, 24, 0.5);

    args = ledger_of_one();
    task = json_array_get(json_object_get(args, "tasks"), 0);
    json_object_set_new(task, "state", json_string("struck_off"));
    json_object_set_new(task, "struck_off", json_string(wall_text(town.clock.wall, time)));
    json_object_set_new(
        task, "watch_until",
        json_string(
            wall_text((struct wall_time){town.clock.wall.ms + (int64_t)90 * 86400000}, time)));
    say_tasks(args);
    problems = problems_of("nh3");
    assert_int_equal(problems.count, 1);
    assert_string_equal(words(problems.found[0], "state"), "closed");
    forget(&problems);
    steps(24, 36, 2.0);
    problems = problems_of("nh3");
    assert_int_equal(problems.count, 2);
    assert_string_equal(words(problems.found[0], "kind"), "relapse");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(problems.found[0], "relapse_of"), 0)),
        "37");
    forget(&problems);
}

/* Undone -------------------------------------------------------------------------------------
 */

static void commits_that_failed_change_nothing(void **state)
{
    struct town straight;
    struct rlimit before, small;
    struct error err = {0};
    char *one, *other;

    town_close(&town);
    town.steps = 2 * DAY_STEPS;
    town_init(&straight, town.steps);
    town_live(&straight, 1);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 1; /* no file can be written beyond its first byte */
    town_open(&town, 0);
    for (unsigned step = 0; step < town.steps; step++) {
        town_push(&town, step);
        if (step % 7 == 3) {
            setrlimit(RLIMIT_FSIZE, &small);
            assert_false(recorder_step(town.recorder, &err));
            setrlimit(RLIMIT_FSIZE, &before);
        }
        commit();
        if (town_acts_at(step))
            town_maintain(&town, step);
    }
    one = town_story(&straight);
    other = town_story(&town);
    town_same_story(one, other);
    free(one);
    free(other);
    town_end(&straight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_start_says_what_is_in_force_and_the_next_nothing,
                                        build, clear),
        cmocka_unit_test_setup_teardown(an_edited_rule_is_an_event_and_ends_its_episode, build,
                                        clear),
        cmocka_unit_test_setup_teardown(a_rule_that_is_gone_leaves_its_problem_to_people, build,
                                        clear),
        cmocka_unit_test_setup_teardown(an_hour_is_counted_and_judged_when_it_has_passed, build,
                                        clear),
        cmocka_unit_test_setup_teardown(
            a_period_with_too_little_in_it_is_not_judged_nor_is_its_correction, build, clear),
        cmocka_unit_test_setup_teardown(what_waited_while_a_rule_was_edited_is_judged_by_neither,
                                        build, clear),
        cmocka_unit_test_setup_teardown(
            a_device_asked_less_often_from_within_an_hour_is_expected_so_from_then_on, build,
            clear),
        cmocka_unit_test_setup_teardown(
            completeness_counts_from_when_a_new_device_is_said_to_be_there, build, clear),
        cmocka_unit_test_setup_teardown(
            a_clock_set_back_at_a_restart_opens_nothing_again_that_has_closed, build, clear),
        cmocka_unit_test_setup_teardown(a_device_that_falls_silent_has_hours_with_nothing_in_them,
                                        build, clear),
        cmocka_unit_test_setup_teardown(a_device_asked_more_often_keeps_its_open_hour, build,
                                        clear),
        cmocka_unit_test_setup_teardown(
            the_minutes_it_keeps_only_now_are_filled_with_what_is_stored, build, clear),
        cmocka_unit_test_setup_teardown(what_ended_while_the_program_was_off_has_its_row, build,
                                        clear),
        cmocka_unit_test_setup_teardown(a_device_asked_less_often_closes_what_it_keeps_no_more,
                                        build, clear),
        cmocka_unit_test_setup_teardown(another_interval_before_the_first_poll_is_no_harm, build,
                                        clear),
        cmocka_unit_test_setup_teardown(an_edited_plan_keeps_the_open_hour, build, clear),
        cmocka_unit_test_setup_teardown(an_edited_plan_and_another_interval_keep_the_open_hour,
                                        build, clear),
        cmocka_unit_test_setup_teardown(
            an_edited_plan_knows_what_was_asked_before_an_earlier_restart, build, clear),
        cmocka_unit_test_setup_teardown(under_an_edited_plan_what_ended_meanwhile_has_its_row,
                                        build, clear),
        cmocka_unit_test_setup_teardown(
            what_had_ended_but_not_closed_yet_closes_under_the_edited_plan, build, clear),
        cmocka_unit_test_setup_teardown(what_has_its_row_is_not_counted_again_under_the_edited_plan,
                                        build, clear),
        cmocka_unit_test_setup_teardown(
            inside_a_maintenance_window_nothing_is_judged_and_all_is_stored, build, clear),
        cmocka_unit_test_setup_teardown(
            a_window_in_the_past_counts_again_and_leaves_problems_as_they_are, build, clear),
        cmocka_unit_test_setup_teardown(a_window_over_the_open_hour_counts_there_too, build, clear),
        cmocka_unit_test_setup_teardown(
            what_a_task_watches_is_ongoing_and_after_its_strike_off_a_relapse, build, clear),
        cmocka_unit_test_setup_teardown(commits_that_failed_change_nothing, build, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
