/* Tests of the tally's memory: restarts at any step, and bytes that are not whole. */
#include <math.h>

#include "tally_world.h"

static uint32_t seed;

static uint32_t chance(uint32_t of)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % of;
}

static const struct parameter *watched;
static const int64_t every = 5 * MINUTE;
static const unsigned wanted = 1u << PERIOD_4H | 1u << PERIOD_8H;

static void start_anew(void)
{
    tally_free(tally);
    tally = tally_new(plans, watched, POINT, wanted, every);
    assert_non_null(tally);
}

/* As if the program had been killed: only bytes remain. */
static void restart(void)
{
    size_t size = tally_size(tally);
    unsigned char *bytes = malloc(size);
    unsigned char *again = malloc(size);
    size_t used = tally_write(tally, bytes, size);

    assert_true(used > 0 && used <= size);
    start_anew();
    assert_true(tally_read(tally, bytes, used));
    assert_int_equal(tally_write(tally, again, size), used);
    assert_memory_equal(again, bytes, used);
    free(again);
    free(bytes);
}

/* One step of a made-up life: readings of every letter, gaps, lateness, changed intervals. */
static void step(struct wall_time *time)
{
    struct error err = {0};
    uint32_t kind = chance(100);

    time->ms += every + chance(3);
    if (kind < 3)
        time->ms += chance(20) * (int64_t)HOUR;
    if (kind == 4)
        tally_every(tally, *time, (chance(3) + 1) * (every / 5));
    if (kind == 5)
        tally_every(tally, *time, chance(2) * every);
    if (kind == 6)
        assert_true(tally_pass(tally, *time, &world, &err));
    feed_all(kind > 92 ? after(*time, -(int64_t)chance(6 * HOUR)) : *time,
             kind % 9 == 0 ? NAN : 30.0 + chance(500) / 10.0, chance(5),
             kind % 10 == 0 ? QUALITY_MAINTENANCE : QUALITY_NORMAL);
}

static void live(uint32_t from, int steps, bool with_restarts)
{
    struct wall_time time = at("2026-11-25 20:10");

    row_count = fed_count = 0;
    seed = from;
    start_anew();
    tally_every(tally, time, every);
    for (int i = 0; i < steps; i++) {
        step(&time);
        if (with_restarts)
            restart();
    }
}

static bool same(double one, double other)
{
    return one == other || (isnan(one) && isnan(other));
}

static void assert_same_rows(const struct aggregate *wanted_rows, size_t count)
{
    assert_int_equal(row_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct aggregate *a = &rows[i];
        const struct aggregate *b = &wanted_rows[i];

        assert_true(a->period == b->period && a->start.ms == b->start.ms && a->end.ms == b->end.ms);
        assert_true(a->version == b->version && a->enough == b->enough);
        assert_true(a->count == b->count && a->valid == b->valid && a->expected == b->expected);
        assert_true(same(a->min, b->min) && same(a->mean, b->mean) && same(a->max, b->max));
        assert_true(same(a->l10, b->l10) && same(a->l50, b->l50) && same(a->l90, b->l90));
        assert_true(same(a->ld, b->ld) && same(a->ln, b->ln) && same(a->ldn, b->ldn));
        assert_true(same(a->max_8h, b->max_8h));
        assert_string_equal(a->cause, b->cause);
    }
}

static const char *const kinds[] = {"so2", "o3", "la", "wind_direction", "total_phosphorus"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void a_restart_at_every_step_changes_no_bit(void **state)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct aggregate *undisturbed;
        size_t count;

        watched = parameter_find(parameters, kinds[i]);
        live(3 + (uint32_t)i, 1500, false);
        undisturbed = rows;
        count = row_count;
        assert_true(count > 1000);
        rows = NULL;
        row_count = row_size = 0;
        live(3 + (uint32_t)i, 1500, true);
        assert_same_rows(undisturbed, count);
        free(undisturbed);
    }
}

/* The memory is older than what stands in the store: from there on it is fed again, in silence. */
static void a_tally_fed_again_from_an_older_memory_goes_on_the_same(void **state)
{
    unsigned char *bytes;
    struct aggregate *undisturbed;
    struct error err = {0};
    size_t size, used, count, since;
    struct wall_time time = at("2026-11-25 20:10");

    watched = parameter_find(parameters, "la");
    live(11, 900, false);
    undisturbed = rows;
    count = row_count;
    rows = NULL;
    row_count = row_size = fed_count = 0;
    seed = 11;
    start_anew();
    tally_every(tally, time, every);
    for (int i = 0; i < 300; i++)
        step(&time);
    size = tally_size(tally);
    bytes = malloc(size);
    used = tally_write(tally, bytes, size);
    since = fed_count;
    for (int i = 300; i < 330; i++) { /* this stretch has no change of interval in it */
        time.ms += every;
        feed(time, 40.0 + i % 7);
    }
    free(undisturbed);
    undisturbed = malloc(row_count * sizeof rows[0]);
    memcpy(undisturbed, rows, row_count * sizeof rows[0]);
    count = row_count;
    start_anew();
    assert_true(tally_read(tally, bytes, used));
    silent = true;
    for (size_t i = since; i < fed_count; i++)
        assert_true(tally_add(tally, fed[i].time, fed[i].value, fed[i].beside, fed[i].quality,
                              &world, &err));
    silent = false;
    assert_same_rows(undisturbed, count);
    assert_true(tally_pass(tally, after(time, 30 * HOUR), &world, &err));
    assert_true(row_count > count);
    free(bytes);
    free(undisturbed);
}

static void torn_or_changed_bytes_are_refused_and_leave_a_new_tally(void **state)
{
    struct error err = {0};
    unsigned char *bytes;
    size_t used, size;

    watched = parameter_find(parameters, "la");
    live(5, 200, false);
    size = tally_size(tally);
    bytes = malloc(size);
    used = tally_write(tally, bytes, size);
    start_anew();
    for (size_t i = 0; i < used; i++)
        assert_false(tally_read(tally, bytes, i));
    for (size_t i = 0; i < used; i++) {
        bytes[i] ^= (unsigned char)(1u << i % 8);
        assert_false(tally_read(tally, bytes, used));
        bytes[i] ^= (unsigned char)(1u << i % 8);
    }
    assert_false(wall_is_known(tally_next(tally)));
    row_count = 0;
    assert_true(tally_pass(tally, at("2027-01-01"), &world, &err));
    assert_int_equal(row_count, 0);
    assert_true(tally_read(tally, bytes, used));
    free(bytes);
}

static void memory_of_another_plan_is_refused(void **state)
{
    unsigned char *bytes;
    struct tally *others[4];
    size_t used, size;

    watched = parameter_find(parameters, "so2");
    live(5, 50, false);
    size = tally_size(tally);
    bytes = malloc(size);
    used = tally_write(tally, bytes, size);
    others[0] = tally_new(plans, parameter_find(parameters, "no2"), POINT, wanted, every);
    others[1] = tally_new(plans, watched, POINT + 1, wanted, every);
    others[2] = tally_new(plans, watched, POINT, 0, every);
    others[3] = tally_new(plans, watched, POINT, wanted, MINUTE / 2);
    for (size_t i = 0; i < 4; i++) {
        assert_false(tally_read(others[i], bytes, used));
        tally_free(others[i]);
    }
    free(bytes);
}

static void too_little_room_is_written_nothing(void **state)
{
    unsigned char one[1];

    watched = parameter_find(parameters, "so2");
    start_anew();
    assert_int_equal(tally_write(tally, one, sizeof one), 0);
}

static void make_fit(unsigned char *bytes, size_t used)
{
    uint64_t digest = 14695981039346656037u;

    for (size_t i = 0; i < used - 8; i++)
        digest = (digest ^ bytes[i]) * 1099511628211u;
    for (size_t i = 0; i < 8; i++)
        bytes[used - 8 + i] = (unsigned char)(digest >> 8 * i);
}

/* Refused, it is as new; taken, it goes on. */
static bool take(unsigned char *bytes, size_t used, const unsigned char *new_bytes, size_t new_used)
{
    struct error err = {0};
    size_t size = tally_size(tally);
    unsigned char *now = malloc(size);

    make_fit(bytes, used);
    if (!tally_read(tally, bytes, used)) {
        assert_int_equal(tally_write(tally, now, size), new_used);
        assert_memory_equal(now, new_bytes, new_used);
        free(now);
        return false;
    }
    free(now);
    row_count = fed_count = 0;
    /* a far past or future would have years of periods to write; near is enough */
    if (wall_is_known(tally_next(tally)) &&
        llabs(tally_next(tally).ms - at("2026-11-26").ms) < 40 * 24 * (int64_t)HOUR)
        assert_true(tally_add(tally, after(tally_next(tally), 61), 50.0, NAN, QUALITY_NORMAL,
                              &world, &err));
    return true;
}

/* Somebody who makes the digest fit: nothing may happen but a refusal, or a tally that goes on. */
static void bytes_made_to_fit_do_no_harm(void **state)
{
    static const unsigned char odd[] = {0, 1, 9, 0x7f, 0x80, 0xff};
    unsigned char *bytes, *changed, *new_bytes;
    size_t used, new_used, size, taken = 0;

    watched = parameter_find(parameters, "la");
    live(6, 120, false);
    size = tally_size(tally);
    bytes = malloc(size);
    changed = malloc(size);
    new_bytes = malloc(size);
    used = tally_write(tally, bytes, size);
    start_anew();
    new_used = tally_write(tally, new_bytes, size);
    for (size_t i = 20; i < 500; i++)
        for (size_t j = 0; j < sizeof odd; j++) {
            memcpy(changed, bytes, used);
            changed[i] = odd[j];
            taken += take(changed, used, new_bytes, new_used);
        }
    for (int round = 0; round < 20000; round++) {
        memcpy(changed, bytes, used);
        for (uint32_t i = 0; i <= chance(3); i++)
            changed[20 + chance((uint32_t)used - 28)] = (unsigned char)chance(256);
        taken += take(changed, used, new_bytes, new_used);
    }
    assert_true(taken > 0);
    free(new_bytes);
    free(changed);
    free(bytes);
}

static void put(unsigned char *at_byte, int64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++)
        at_byte[i] = (unsigned char)((uint64_t)number >> 8 * i);
}

/* The places are those of the format: 16 the size, 28 how many intervals, then the late hours. */
static void more_intervals_or_late_hours_than_there_is_room_for_are_refused(void **state)
{
    enum { MORE = 9 };
    int64_t time = at("2026-11-25").ms;
    unsigned char *bytes, *larger;
    size_t size, used;

    watched = parameter_find(parameters, "so2");
    start_anew();
    tally_every(tally, at("2026-11-25"), every);
    size = tally_size(tally);
    bytes = malloc(size);
    larger = calloc(1, size + 1000);
    used = tally_write(tally, bytes, size);
    assert_true(bytes[28] == 1 && bytes[45] == 0);
    memcpy(larger, bytes, 28);
    larger[28] = MORE;
    for (int i = 0; i < MORE; i++) {
        put(&larger[29 + 16 * i], time + i, 8);
        put(&larger[37 + 16 * i], every + i, 8);
    }
    memcpy(&larger[29 + 16 * MORE], &bytes[45], used - 45);
    put(&larger[16], (int64_t)used + 16 * (MORE - 1), 4);
    make_fit(larger, used + 16 * (MORE - 1));
    assert_false(tally_read(tally, larger, used + 16 * (MORE - 1)));
    memcpy(larger, bytes, 45);
    larger[45] = MORE;
    for (int i = 0; i < MORE; i++)
        put(&larger[46 + 8 * i], time + i * (int64_t)HOUR, 8);
    memcpy(&larger[46 + 8 * MORE], &bytes[46], used - 46);
    put(&larger[16], (int64_t)used + 8 * MORE, 4);
    make_fit(larger, used + 8 * MORE);
    assert_false(tally_read(tally, larger, used + 8 * MORE));
    assert_true(tally_read(tally, bytes, used));
    free(larger);
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_restart_at_every_step_changes_no_bit),
        TEST(a_tally_fed_again_from_an_older_memory_goes_on_the_same),
        TEST(torn_or_changed_bytes_are_refused_and_leave_a_new_tally),
        TEST(memory_of_another_plan_is_refused),
        TEST(too_little_room_is_written_nothing),
        TEST(bytes_made_to_fit_do_no_harm),
        TEST(more_intervals_or_late_hours_than_there_is_room_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
