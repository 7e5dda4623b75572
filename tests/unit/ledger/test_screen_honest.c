/* Tests of ledger/screen.c: what is honest raises no doubt, and a restart changes no answer. */
#include "unit/ledger/screen_bench.h"

#include <time.h>

#include "drivers/profile.h"
#include "drivers/simvalue.h"

/* ---- the demo's sensors ---- */

/* As deploy/demo/simulator.conf and rules.conf have them, without the exceedances. */
static const struct {
    const char *model, *channel;
    double base, daily, noise, limit;
    const char *beside; /* of the same poll */
} demo[] = {
    {"yosemitech_y4000",  "dissolved_oxygen",  6.4,   1.2,  0.05, NAN,   "water_temperature"},
    {"yosemitech_y4000",  "turbidity",         24.0,  4.0,  1.0,  NAN,   NULL               },
    {"yosemitech_y4000",  "conductivity",      620.0, 20.0, 3.0,  NAN,   NULL               },
    {"yosemitech_y4000",  "ph",                7.4,   0.25, 0.02, 9.0,   NULL               },
    {"yosemitech_y4000",  "water_temperature", 18.5,  1.8,  0.05, NAN,   NULL               },
    {"yosemitech_y4000",  "orp",               210.0, 15.0, 2.0,  NAN,   NULL               },
    {"yosemitech_y4000",  "chlorophyll_a",     8.0,   2.0,  0.3,  NAN,   NULL               },
    {"yosemitech_y560",   "water_temperature", 18.5,  1.8,  0.05, NAN,   NULL               },
    {"yosemitech_y560",   "ph",                7.4,   0.25, 0.02, 9.0,   NULL               },
    {"yosemitech_y560",   "ammonia_nitrogen",  0.8,   0.1,  0.03, 1.5,   NULL               },
    {"delta_ohm_pmsense", "pm1",               18.0,  4.0,  1.0,  NAN,   "pm2_5"            },
    {"delta_ohm_pmsense", "pm2_5",             32.0,  8.0,  1.5,  75.0,  "pm10"             },
    {"delta_ohm_pmsense", "pm10",              55.0,  12.0, 3.0,  150.0, NULL               },
    {"renke_rs_fsxcs",    "wind_speed",        2.4,   0.8,  0.4,  NAN,   NULL               },
    {"renke_rs_fsxcs",    "wind_direction",    135.0, 20.0, 8.0,  NAN,   NULL               },
    {"renke_rs_fsxcs",    "humidity",          68.0,  9.0,  0.5,  NAN,   NULL               },
    {"renke_rs_fsxcs",    "air_temperature",   19.0,  5.0,  0.1,  NAN,   NULL               },
    {"renke_rs_fsxcs",    "la",                58.0,  5.0,  1.5,  60.0,  NULL               },
    {"renke_rs_fsxcs",    "pm2_5",             40.0,  8.0,  2.0,  75.0,  "pm10"             },
    {"renke_rs_fsxcs",    "pm10",              85.0,  15.0, 4.0,  150.0, NULL               },
    {"sonbest_sm7901",    "la",                54.0,  4.0,  1.0,  65.0,  NULL               },
};

enum { DEMO_COUNT = sizeof demo / sizeof demo[0] };

static struct simvalue model_of(size_t i)
{
    return (struct simvalue){
        .base = demo[i].base,
        .daily = demo[i].daily,
        .noise = demo[i].noise,
        .seed = simvalue_seed(1, demo[i].model, (unsigned)i, demo[i].channel),
    };
}

static size_t partner_of(size_t i)
{
    for (size_t k = 0; k < DEMO_COUNT; k++)
        if (demo[i].beside != NULL && strcmp(demo[k].model, demo[i].model) == 0 &&
            strcmp(demo[k].channel, demo[i].beside) == 0)
            return k;
    return i;
}

/* What the sensor would show, in the steps its registers have. */
static double shown(const struct channel *channel, const struct simvalue *value, int64_t ms)
{
    uint16_t words[CHANNEL_WORDS_MAX];
    uint8_t bytes[2 * CHANNEL_WORDS_MAX];
    unsigned count = simvalue_encode(channel, simvalue_at(value, (struct wall_time){ms}), words);

    for (unsigned i = 0; i < count; i++) {
        bytes[2 * i] = (uint8_t)(words[i] >> 8);
        bytes[2 * i + 1] = (uint8_t)words[i];
    }
    return channel_decode(channel, bytes).value;
}

static void live_a_week(size_t i, const struct profile *profile, int64_t every_ms)
{
    struct bench bench = bench_with(demo[i].channel, every_ms, demo[i].limit);
    const struct channel *channel = profile_channel(profile, demo[i].channel);
    struct simvalue own = model_of(i);
    struct simvalue other = model_of(partner_of(i));
    const struct channel *beside = profile_channel(profile, demo[partner_of(i)].channel);
    uint64_t seed = i;

    assert_non_null(channel);
    while (bench.ms < MORNING_MS + 7 * DAY_MS + HOUR_MS) {
        bool lost = thrown(&seed) % 100 == 0; /* one poll in a hundred */

        if (lost)
            give(&bench, NAN, NAN, QUALITY_NO_ANSWER);
        else
            give(&bench, shown(channel, &own, bench.ms),
                 demo[i].beside == NULL ? NAN : shown(beside, &other, bench.ms), QUALITY_NORMAL);
        for (int test = 0; test < SCREEN_COUNT; test++)
            if (bench.latest.answer[test] != SCREEN_SAYS_NOTHING)
                fail_msg("%s of %s every %lld ms: %s, value %g", demo[i].channel, demo[i].model,
                         (long long)every_ms, screen_word((enum screen_test)test),
                         bench.latest.value[test]);
    }
    bench_end(&bench);
}

static void a_week_of_the_demos_honest_sensors_raises_no_doubt(void **state)
{
    for (size_t i = 0; i < DEMO_COUNT; i++) {
        struct conf_faults *faults = conf_faults_new();
        char path[512];
        struct profile *profile;

        snprintf(path, sizeof path, SOURCE_ROOT "/drivers/profiles/%s.conf", demo[i].model);
        profile = profile_load(path, bench_parameters, false, faults);
        assert_non_null(profile);
        live_a_week(i, profile, 10 * SECOND_MS);
        live_a_week(i, profile, MINUTE_MS);
        profile_free(profile);
        conf_faults_free(faults);
    }
}

/* ---- honest walks ---- */

/* Where a parameter lives, how it is resolved, and how often it is asked. */
static const struct habit {
    const char *parameter;
    double low, high, step, noise; /* noise: at most, each reading */
    int64_t every_ms;
} habits[] = {
    {"ph",                6.8,   8.6,    0.01,  0.03, MINUTE_MS     },
    {"water_temperature", 12.0,  26.0,   0.01,  0.03, MINUTE_MS     },
    {"dissolved_oxygen",  3.0,   9.0,    0.01,  0.05, MINUTE_MS     },
    {"conductivity",      400.0, 700.0,  0.1,   4.0,  MINUTE_MS     },
    {"turbidity",         15.0,  90.0,   0.1,   2.0,  MINUTE_MS     },
    {"orp",               120.0, 300.0,  1.0,   4.0,  MINUTE_MS     },
    {"ammonia_nitrogen",  0.3,   1.9,    0.01,  0.05, MINUTE_MS     },
    {"total_phosphorus",  0.1,   0.4,    0.001, 0.02, 4 * HOUR_MS   },
    {"total_nitrogen",    1.0,   4.0,    0.01,  0.1,  4 * HOUR_MS   },
    {"cod_mn",            3.0,   9.0,    0.1,   0.4,  4 * HOUR_MS   },
    {"pm2_5",             15.0,  120.0,  1.0,   3.0,  MINUTE_MS     },
    {"pm10",              30.0,  200.0,  1.0,   5.0,  MINUTE_MS     },
    {"tsp",               0.05,  0.6,    0.001, 0.01, MINUTE_MS     },
    {"so2",               4.0,   30.0,   1.0,   2.0,  MINUTE_MS     },
    {"no2",               10.0,  90.0,   1.0,   2.0,  MINUTE_MS     },
    {"o3",                10.0,  210.0,  1.0,   2.0,  MINUTE_MS     },
    {"co",                0.3,   1.8,    0.01,  0.05, MINUTE_MS     },
    {"la",                42.0,  70.0,   0.1,   3.0,  10 * SECOND_MS},
    {"wind_speed",        0.0,   8.0,    0.1,   0.6,  MINUTE_MS     },
    {"humidity",          40.0,  100.0,  1.0,   1.5,  MINUTE_MS     },
    {"pressure",          990.0, 1030.0, 0.1,   0.2,  MINUTE_MS     },
    {"wind_direction",    0.0,   360.0,  1.0,   15.0, MINUTE_MS     },
    {"cooking_fume",      0.0,   0.9,    0.01,  0.02, MINUTE_MS     },
};

/* A slow walk: three waves of hours to days whose sum stays inside, and noise. */
struct walk {
    const struct habit *habit;
    double phase[3], hours[3];
    uint64_t seed;
};

static struct walk walk_of(const struct habit *habit, uint64_t seed)
{
    struct walk walk = {.habit = habit, .seed = seed};

    for (int i = 0; i < 3; i++) {
        walk.phase[i] = 3.14159 * thrown_unit(&walk.seed);
        walk.hours[i] = 30.0 + 25.0 * thrown_unit(&walk.seed) + 15.0 * i;
    }
    return walk;
}

static double walked(struct walk *walk, int64_t ms)
{
    const struct habit *habit = walk->habit;
    double hours = (double)(ms - MORNING_MS) / (double)HOUR_MS;
    double height = 0.0;
    double value;

    for (int i = 0; i < 3; i++)
        height += cos(walk->phase[i] + 6.283185307179586 * hours / (walk->hours[i] + 20.0)) / 3.0;
    value = (habit->low + habit->high) / 2.0 + (habit->high - habit->low) / 2.0 * height +
            habit->noise * thrown_unit(&walk->seed);
    value = fmax(habit->low, value);
    if (strcmp(habit->parameter, "humidity") == 0 ||
        strcmp(habit->parameter, "wind_direction") == 0)
        value = fmin(habit->high, value); /* where they really end */
    return round(value / habit->step) * habit->step;
}

/* Whatever the limit is, honest values pass over it as they please; polls are lost, one at a time
 * and for a while, at any hour. */
static void walk_for_days(const struct habit *habit, uint64_t seed, int days)
{
    struct walk walk = walk_of(habit, seed);
    double limit = habit->low + (habit->high - habit->low) * fabs(thrown_unit(&walk.seed));
    struct bench bench = bench_with(habit->parameter, habit->every_ms, limit);
    int lost = 0;

    while (bench.ms < MORNING_MS + days * DAY_MS) {
        if (lost == 0 && thrown(&walk.seed) % 100 == 0)
            lost = 1;
        if (lost == 0 && habit->every_ms < HOUR_MS &&
            (int64_t)(thrown(&walk.seed) % (2 * DAY_MS)) < habit->every_ms)
            lost = 1 + (int)(30 * MINUTE_MS / habit->every_ms);
        if (lost > 0) {
            give(&bench, NAN, NAN, QUALITY_NO_ANSWER);
            lost--;
        } else {
            feed(&bench, walked(&walk, bench.ms));
        }
        for (int test = 0; test < SCREEN_COUNT; test++)
            if (bench.latest.answer[test] != SCREEN_SAYS_NOTHING)
                fail_msg("seed %llu: %s, limit %g, day %g: %s, value %g", (unsigned long long)seed,
                         habit->parameter, limit, (double)(bench.ms - MORNING_MS) / (double)DAY_MS,
                         screen_word((enum screen_test)test), bench.latest.value[test]);
    }
    bench_end(&bench);
}

/* LOOKBACK_SEEDS="FROM COUNT" walks others. */
static void honest_walks_within_what_sensors_resolve_raise_no_doubt(void **state)
{
    const char *wanted = getenv("LOOKBACK_SEEDS");
    unsigned long long from = 1;
    unsigned long long count = 3;

    if (wanted != NULL)
        assert_int_equal(sscanf(wanted, "%llu %llu", &from, &count), 2);
    for (unsigned long long seed = from; seed < from + count; seed++)
        for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++)
            walk_for_days(&habits[i], seed, 22);
}

/* Rain washes a river: the turbidity jumps, stays, and falls for hours. */
static void rain_makes_the_turbidity_jump_and_is_honest(void **state)
{
    struct bench bench = bench_with("turbidity", MINUTE_MS, NAN);
    uint64_t seed = 5;

    for (int i = 0; i < 2880; i++) {
        double flood = i < 600 ? 0.0 : 600.0 * exp(-(i - 600) / 300.0);

        feed(&bench, round((24.0 + flood + thrown_unit(&seed)) * 10.0) / 10.0);
    }
    assert_int_equal(doubts_of_all(&bench), 0);
    bench_end(&bench);
}

/* ---- memory ---- */

/* Troubled readings, so that every test has something to say: a function of their number. */
static void give_troubled(struct bench *bench, int n)
{
    uint64_t seed = (uint64_t)n * 977;
    int hour = n / 6 % 24; /* from 06:00 on */
    double value = 0.8 + 0.3 * thrown_unit(&seed);
    enum quality quality = QUALITY_NORMAL;

    if (n % 997 == 400)
        value = 25.0;
    if (hour == 5)
        value = 1.4 + 0.01 * thrown_unit(&seed);
    if (n % 700 > 600)
        value = 2.6;
    if (n % 1500 > 1100)
        value = 0.9;
    if (hour == 6 || (hour > 18 && n / 144 % 3 != 0))
        quality = QUALITY_NO_ANSWER;
    if (n % 333 == 100)
        quality = QUALITY_OVER_RANGE;
    if (n % 4000 == 3999)
        bench->ms -= 5 * HOUR_MS;
    give(bench, quality == QUALITY_NO_ANSWER ? NAN : value, 2.0, quality);
}

static bool same_answers(const struct screen_findings *one, const struct screen_findings *other)
{
    for (int i = 0; i < SCREEN_COUNT; i++) {
        if (one->answer[i] != other->answer[i])
            return false;
        if (one->answer[i] != SCREEN_SAYS_NOTHING &&
            (one->at[i].ms != other->at[i].ms ||
             memcmp(&one->value[i], &other->value[i], sizeof one->value[i]) != 0))
            return false;
    }
    return true;
}

static void restart(struct bench *bench, int64_t every_ms)
{
    unsigned char bytes[4096];
    size_t size = screen_write(bench->screen, bytes, sizeof bytes);

    assert_in_range(size, 1, screen_size(bench->screen));
    screen_free(bench->screen);
    bench->screen = screen_new(bench_plans, parameter_find(bench_parameters, "ammonia_nitrogen"),
                               every_ms, 1.5, &night_of_town, NULL);
    assert_true(screen_read(bench->screen, bytes, size));
}

static void a_restart_at_any_step_gives_the_same_answers(void **state)
{
    struct bench steady = bench_with("ammonia_nitrogen", 10 * MINUTE_MS, 1.5);
    struct bench restarted = bench_with("ammonia_nitrogen", 10 * MINUTE_MS, 1.5);

    for (int n = 0; n < 9000; n++) {
        give_troubled(&steady, n);
        give_troubled(&restarted, n);
        if (!same_answers(&steady.latest, &restarted.latest))
            fail_msg("step %d", n);
        restart(&restarted, 10 * MINUTE_MS);
    }
    assert_true(steady.doubts[SCREEN_SPAN] > 0 && steady.doubts[SCREEN_SPIKE] > 0);
    assert_true(steady.doubts[SCREEN_FLAT] > 0 && steady.doubts[SCREEN_CONTRADICTION] > 0);
    assert_true(steady.doubts[SCREEN_HIDDEN] > 0 && steady.doubts[SCREEN_NIGHT] > 0);
    assert_true(steady.doubts[SCREEN_CLIP] > 0);
    bench_end(&steady);
    bench_end(&restarted);
}

static void the_same_memory_is_the_same_bytes(void **state)
{
    struct bench one = bench_with("ph", MINUTE_MS, 9.0);
    struct bench other = bench_with("ph", MINUTE_MS, 9.0);
    unsigned char bytes[2][4096];
    size_t size;

    for (int n = 0; n < 2000; n++) {
        give_troubled(&one, n);
        give_troubled(&other, n);
    }
    size = screen_write(one.screen, bytes[0], sizeof bytes[0]);
    assert_int_equal(screen_write(other.screen, bytes[1], sizeof bytes[1]), size);
    assert_memory_equal(bytes[0], bytes[1], size);
    assert_int_equal(screen_write(one.screen, bytes[0], size - 1), 0);
    bench_end(&one);
    bench_end(&other);
}

static void torn_and_foreign_bytes_are_refused_and_change_nothing(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, 9.0);
    struct bench others[] = {bench_with("orp", MINUTE_MS, 9.0), bench_with("ph", HOUR_MS, 9.0),
                             bench_with("ph", MINUTE_MS, 8.5), bench_with("ph", MINUTE_MS, NAN)};
    unsigned char bytes[4096];
    unsigned char after[4096];
    size_t size;

    for (int n = 0; n < 500; n++)
        give_troubled(&bench, n);
    size = screen_write(bench.screen, bytes, sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x40;
        if (screen_read(bench.screen, bytes, size))
            fail_msg("byte %zu", i);
        bytes[i] ^= 0x40;
    }
    for (size_t i = 0; i < size; i += 7) {
        unsigned char *torn = malloc(i + 1);

        memcpy(torn, bytes, i);
        assert_false(screen_read(bench.screen, torn, i));
        free(torn);
    }
    assert_int_equal(screen_write(bench.screen, after, sizeof after), size);
    assert_memory_equal(bytes, after, size);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(screen_read(others[i].screen, bytes, size));
        bench_end(&others[i]);
    }
    assert_true(screen_read(bench.screen, bytes, size));
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_week_of_the_demos_honest_sensors_raises_no_doubt),
        cmocka_unit_test(honest_walks_within_what_sensors_resolve_raise_no_doubt),
        cmocka_unit_test(rain_makes_the_turbidity_jump_and_is_honest),
        cmocka_unit_test(a_restart_at_any_step_gives_the_same_answers),
        cmocka_unit_test(the_same_memory_is_the_same_bytes),
        cmocka_unit_test(torn_and_foreign_bytes_are_refused_and_change_nothing),
    };

    return cmocka_run_group_tests(tests, bench_load, bench_unload);
}
