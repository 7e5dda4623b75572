/* Tests of page/series*.c: the line of a point over time, against everything that was read. */
#include "unit/page/series_world.h"

static void same_number(double is, double wanted, double about)
{
    if (isnan(wanted) || isinf(wanted))
        assert_true(isnan(is));
    else
        assert_float_equal(is, wanted, about);
}

static void check_bucket(int point, const double row[6], int64_t valid, int64_t step_ms)
{
    struct sum sum = sum_of(world, point, (int64_t)row[0], (int64_t)row[0] + step_ms);

    assert_int_equal((uint32_t)row[1], sum.count);
    assert_int_equal(valid, sum.valid);
    same_number(row[3], sum.valid == 0 ? NAN : sum.min, 1e-9);
    same_number(row[5], sum.valid == 0 ? NAN : sum.max, 1e-9);
    if (point != DIRECTION)
        same_number(row[4], sum.valid == 0 ? NAN : sum.mean, 6e-4); /* decimals and three more */
}

/* How many readings of a row make its numbers. */
static int64_t valid_at(const json_t *json, size_t index)
{
    return json_integer_value(json_array_get(json_object_get(json, "valid"), index));
}

/* Readings of N and T that are shown one by one. */
static size_t check_readings(int point, const json_t *json)
{
    int64_t from = time_at(json, "from"), to = time_at(json, "to");
    size_t at = 0;
    double row[6];

    for (size_t i = 0; i < world->count[point]; i++) {
        const struct truth *truth = &world->truth[point][i];

        if (truth->time_ms < from || truth->time_ms >= to || !isfinite(truth->value) ||
            truth->quality > QUALITY_OVER_RANGE || is_maintained(point, truth->time_ms))
            continue;
        assert_true(at < rows_of(json));
        row_at(json, at++, row);
        assert_true((int64_t)row[0] == truth->time_ms);
        assert_true(row[1] == 1.0 && isnan(row[2]));
        assert_int_equal(valid_at(json, at - 1), truth->quality == QUALITY_NORMAL);
        assert_true(row[3] == truth->value && row[4] == truth->value && row[5] == truth->value);
    }
    return at;
}

static void check_rows(int point, const json_t *json, long width)
{
    int64_t step_ms = json_integer_value(json_object_get(json, "step_ms"));
    int64_t last = INT64_MIN;
    double row[6];

    assert_true(rows_of(json) <= 2 * (size_t)width);
    assert_int_equal(json_array_size(json_object_get(json, "valid")), rows_of(json));
    if (step_ms == 0) {
        assert_true(json_is_null(json_object_get(json, "step_ms")));
        assert_string_equal(text(json, "source"), "readings");
        assert_int_equal(check_readings(point, json), rows_of(json));
        return;
    }
    assert_true(rows_of(json) <= (size_t)width);
    for (size_t i = 0; i < rows_of(json); i++) {
        row_at(json, i, row);
        assert_true((int64_t)row[0] > last);
        assert_true(((int64_t)row[0] + 8 * 3600000) % step_ms == 0);
        last = (int64_t)row[0];
        check_bucket(point, row, valid_at(json, i), step_ms);
    }
}

/* ---------------------------------------------------------------------------------------------- */

static void few_readings_are_shown_as_they_are(void **state)
{
    json_t *json = series(PH, "from=2026-02-27T08:00:00%2B08:00&to=2026-02-27T09:00:00%2B08:00");

    assert_string_equal(text(json, "source"), "readings");
    assert_int_equal(rows_of(json), 120);
    check_rows(PH, json, 800);
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 0);
    assert_int_equal(json_array_size(json_object_get(json, "bands")), 0);
    json_decref(json);
}

/* Of the shortest step whose buckets fit, the longest period that fills it. */
static void a_longer_span_is_made_of_the_periods_that_fit(void **state)
{
    static const struct {
        int point;
        const char *query, *source;
        int64_t step_ms;
    } cases[] = {
        {PH,        "from=2026-02-27&to=2026-02-28&width=1440", "readings", 0        },
        {PH,        "from=2026-02-27&to=2026-02-28&width=800",  "1min",     120000   },
        {PH,        "from=2026-02-27&to=2026-02-28&width=300",  "5min",     300000   },
        {PH,        "from=2026-02-27&to=2026-02-28&width=150",  "10min",    600000   },
        {PH,        "from=2026-02-27&to=2026-02-28&width=100",  "15min",    900000   },
        {PH,        "from=2026-02-27&to=2026-02-28&width=24",   "1h",       3600000  },
        {PH,        "from=2026-02-27&to=2026-03-03&width=16",   "1h",       21600000 },
        {PH,        "from=2020-01-01&to=2030-01-01&width=400",  "day",      864000000},
        {DIRECTION, "from=2026-02-27&to=2026-02-28&width=100",  "15min",    900000   },
        {DIRECTION, "from=2026-02-27&to=2026-03-03&width=50",   "day",      86400000 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = series(cases[i].point, cases[i].query);

        assert_string_equal(text(json, "source"), cases[i].source);
        assert_int_equal(json_integer_value(json_object_get(json, "step_ms")), cases[i].step_ms);
        json_decref(json);
    }
}

/* Spans and widths of every kind, each row held against all that was read. */
static void rows_come_to_what_their_readings_come_to(void **state)
{
    static const int asked[] = {PH, LA, DUST, SPEED, DIRECTION};
    int64_t begins = moment(BEGINS).ms, ends = moment(ENDS).ms;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        int point = asked[seed % 5];
        int64_t length, from;
        long width;
        char query[100];
        json_t *json;

        world->seed = seed;
        length = (int64_t)(60000.0 * pow(6000.0, chance(world)));
        from = begins - length / 4 + (int64_t)(chance(world) * (double)(ends - begins));
        width = 16 + (long)(chance(world) * (seed % 2 == 0 ? 100 : 1200));
        snprintf(query, sizeof query, "from=%s&to=%s&width=%ld",
                 wall_text((struct wall_time){from}, (char[WALL_TEXT]){0}),
                 wall_text((struct wall_time){from + length}, (char[WALL_TEXT]){0}), width);
        json = series(point, query);
        print_message("%s %s %s\n", point_names[point], query, text(json, "source"));
        check_rows(point, json, width);
        json_decref(json);
    }
}

/* Two loud minutes of sixty weigh more than they would in decibels. */
static void levels_are_averaged_by_their_energies(void **state)
{
    json_t *json = series(LA, "from=2026-02-27&to=2026-02-28&width=24");
    double row[6];
    double plain = 0.0;

    row_at(json, 3, row);
    for (size_t i = 180; i < 240; i++)
        plain += world->truth[LA][i].value / 60.0;
    assert_true(row[4] > plain + 1.0);
    assert_string_equal(text(json, "averaging"), "energy");
    json_decref(json);
}

static void a_direction_of_several_periods_has_no_mean(void **state)
{
    json_t *json = series(DIRECTION, "from=2026-02-27&to=2026-03-03&width=1000");
    double row[6];

    /* the mean is the one that is stored */
    assert_string_equal(text(json, "source"), "10min");
    row_at(json, 5, row);
    assert_true(row[4] >= 0.0 && row[4] < 360.0);
    json_decref(json);
    json = series(DIRECTION, "from=2026-02-27&to=2026-03-03&width=16");
    row_at(json, 1, row);
    assert_string_equal(text(json, "source"), "day");
    json_decref(json);
    /* the newest minutes are counted by nobody yet: there are eight, and no mean */
    json = series(DIRECTION, "from=2026-03-02T12:00:00%2B08:00&to=2026-03-03T01:00:00%2B08:00"
                             "&width=100");
    row_at(json, rows_of(json) - 1, row);
    assert_true(row[1] == 8.0 && isnan(row[4]));
    json_decref(json);
}

static const json_t *band(const json_t *json, const char *letter)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(json, "bands"), i, one)
    {
        if (strcmp(text(one, "quality"), letter) == 0)
            return one;
    }
    return NULL;
}

static void is_band(const json_t *json, const char *letter, const char *cause, const char *from,
                    const char *to)
{
    const json_t *one = band(json, letter);

    assert_non_null(one);
    assert_string_equal(text(one, "cause"), cause);
    assert_true(time_at(one, "from") == moment(from).ms);
    assert_true(time_at(one, "to") == moment(to).ms);
}

static void other_letters_are_bands_and_no_line(void **state)
{
    static const char *const queries[] = {"from=2026-03-01&to=2026-03-03&width=4000",
                                          "from=2026-03-01&to=2026-03-03&width=300"};

    for (size_t i = 0; i < 2; i++) {
        json_t *json = series(PH, queries[i]);

        assert_true((i == 0) == json_is_null(json_object_get(json, "step_ms")));
        is_band(json, "B", "timeout", "2026-03-01 08:00", "2026-03-01 08:20");
        is_band(json, "C", "status_bit", "2026-03-01 12:00", "2026-03-01 12:30");
        is_band(json, "M", "maintenance", WORK_FROM, WORK_TO);
        check_rows(PH, json, i == 0 ? 4000 : 300);
        if (i == 0) /* five minutes are no ten */
            is_band(json, "T", "above_span", "2026-03-01 15:00", "2026-03-01 15:05");
        for (size_t n = 0; n < rows_of(json); n++) {
            double row[6];

            row_at(json, n, row);
            assert_true(isnan(row[3]) || row[3] > 5.0); /* 4.0 was the calibration */
        }
        json_decref(json);
    }
}

static void a_normal_reading_ends_a_band(void **state)
{
    json_t *json = series(PH, "from=2026-02-27T17:55:00%2B08:00&to=2026-02-27T18:05:00%2B08:00");
    json_t *bands = json_object_get(json, "bands");

    assert_int_equal(json_array_size(bands), 2);
    is_band(json, "B", "timeout", "2026-02-27 18:00", "2026-02-27 18:00:30");
    assert_true(time_at(json_array_get(bands, 1), "from") == moment("2026-02-27 18:01").ms);
    json_decref(json);
}

static void the_newest_bucket_is_incomplete_and_says_so(void **state)
{
    json_t *json = series(PH, "from=2026-03-02T12:00:00%2B08:00&to=2026-03-03T01:00:00%2B08:00"
                              "&width=100");
    double row[6];

    /* 00:00 to 00:10: sixteen readings of twenty, which no aggregate covers yet */
    assert_int_equal(json_integer_value(json_object_get(json, "step_ms")), 600000);
    row_at(json, rows_of(json) - 1, row);
    assert_true((int64_t)row[0] == moment("2026-03-03").ms);
    assert_int_equal(row[1], 16);
    assert_int_equal(row[2], 20);
    row_at(json, rows_of(json) - 2, row);
    assert_true(row[1] == 20.0 && row[2] == 20.0);
    json_decref(json);
}

static void a_span_with_nothing_has_no_row_and_one_gap(void **state)
{
    static const char *const queries[] = {
        "from=2024-01-01&to=2024-01-02", "from=2020-01-01&to=2024-01-01",
        "from=2026-02-10&to=2026-02-17", "from=2025-01-01&to=2025-03-01&width=1100"};

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        json_t *json = series(PH, queries[i]);

        assert_int_equal(rows_of(json), 0);
        assert_int_equal(json_array_size(json_object_get(json, "gaps")), 1);
        json_decref(json);
    }
}

static void one_reading_is_one_row(void **state)
{
    json_t *json = series(PH, "from=2026-02-27T09:00:00%2B08:00&to=2026-02-27T09:00:30%2B08:00");

    assert_int_equal(rows_of(json), 1);
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 0);
    json_decref(json);
}

static void a_year_is_at_most_twice_as_many_rows_as_it_is_wide(void **state)
{
    for (long width = 16; width <= 4000; width += 498) {
        char query[80];
        json_t *json;
        double row[6];
        int64_t hours;

        snprintf(query, sizeof query, "from=2025-01-01&to=2026-01-01&width=%ld", width);
        json = get(world, GONE, "series", query);
        hours = json_integer_value(json_object_get(json, "step_ms")) / 3600000;
        assert_true(rows_of(json) <= (size_t)width && rows_of(json) > 0);
        row_at(json, 0, row);
        assert_true(hours >= 1);
        if (hours >= 2 && hours % 2 == 0 && (int64_t)row[0] == moment(GONE_BEGINS).ms) {
            /* hours with 60 valid readings and with 20, each the number of its hour */
            double pairs = (double)hours / 2, mean = 0.0;

            for (int i = 0; i < hours; i++)
                mean += i * (i % 2 == 0 ? 60.0 : 20.0) / (pairs * 80.0);
            assert_float_equal(row[4], mean, 1e-3);
            assert_true(row[3] == -1.0 && row[5] == (double)hours);
        }
        json_decref(json);
    }
}

/* Its readings are long gone, its hours are not. */
static void what_was_counted_is_shown_where_the_readings_are_gone(void **state)
{
    json_t *json =
        get(world, GONE, "series", "from=2025-06-01&to=2025-06-01T05:00:00%2B08:00&width=800");

    assert_string_equal(text(json, "source"), "1h");
    assert_int_equal(rows_of(json), 5);
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 0);
    json_decref(json);
}

/* No aggregate stands in the hour that UNCOUNTED says; its readings do. */
static void what_nobody_counted_is_made_of_its_readings(void **state)
{
    json_t *json = series(PH, "from=2026-02-27&to=2026-02-28&width=24");
    double row[6];

    assert_string_equal(text(json, "source"), "1h");
    assert_int_equal(rows_of(json), 24);
    row_at(json, 12, row);
    assert_true((int64_t)row[0] == moment(UNCOUNTED_FROM).ms);
    assert_true(row[1] == 120.0 && row[2] == 120.0);
    check_rows(PH, json, 24);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_readings_are_shown_as_they_are),
        cmocka_unit_test(a_longer_span_is_made_of_the_periods_that_fit),
        cmocka_unit_test(rows_come_to_what_their_readings_come_to),
        cmocka_unit_test(levels_are_averaged_by_their_energies),
        cmocka_unit_test(a_direction_of_several_periods_has_no_mean),
        cmocka_unit_test(other_letters_are_bands_and_no_line),
        cmocka_unit_test(a_normal_reading_ends_a_band),
        cmocka_unit_test(the_newest_bucket_is_incomplete_and_says_so),
        cmocka_unit_test(a_span_with_nothing_has_no_row_and_one_gap),
        cmocka_unit_test(one_reading_is_one_row),
        cmocka_unit_test(a_year_is_at_most_twice_as_many_rows_as_it_is_wide),
        cmocka_unit_test(what_was_counted_is_shown_where_the_readings_are_gone),
        cmocka_unit_test(what_nobody_counted_is_made_of_its_readings),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
