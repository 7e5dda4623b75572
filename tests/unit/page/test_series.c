/* Tests of page/series*.c: one point over time, against everything that was read. */
#include "unit/page/series_world.h"

static struct world *world;

static const char *text(const json_t *object, const char *key)
{
    const char *words = json_string_value(json_object_get(object, key));

    return words == NULL ? "" : words;
}

static int64_t time_at(const json_t *object, const char *key)
{
    return moment(text(object, key)).ms;
}

static json_t *series(int point, const char *query)
{
    return get(world, point_names[point], "series", query);
}

/* One row as numbers; NAN for null. */
static void row_at(const json_t *json, size_t index, double row[6])
{
    const json_t *list = json_array_get(json_object_get(json, "rows"), index);

    assert_int_equal(json_array_size(list), 6);
    for (size_t i = 0; i < 6; i++)
        row[i] = json_is_null(json_array_get(list, i)) ? NAN
                                                       : json_number_value(json_array_get(list, i));
}

static size_t rows_of(const json_t *json)
{
    return json_array_size(json_object_get(json, "rows"));
}

/* Brute force ---------------------------------------------------------------------------------- */

static bool is_maintained(int point, int64_t ms)
{
    return point == PH && is_between(ms, WORK_FROM, WORK_TO);
}

struct sum {
    uint32_t count, valid;
    double min, max, mean;
};

static struct sum sum_of(int point, int64_t from_ms, int64_t to_ms)
{
    struct sum sum = {.min = INFINITY, .max = -INFINITY};
    double total = 0.0;

    for (size_t i = 0; i < world->count[point]; i++) {
        const struct truth *truth = &world->truth[point][i];

        if (truth->time_ms < from_ms || truth->time_ms >= to_ms || !isfinite(truth->value))
            continue;
        sum.count++;
        if (truth->quality != QUALITY_NORMAL || is_maintained(point, truth->time_ms))
            continue;
        sum.valid++;
        sum.min = fmin(sum.min, truth->value);
        sum.max = fmax(sum.max, truth->value);
        total += point == LA ? pow(10.0, truth->value / 10.0) : truth->value;
    }
    sum.mean = point == LA ? 10.0 * log10(total / sum.valid) : total / sum.valid;
    return sum;
}

static void same_number(double is, double wanted, double about)
{
    if (isnan(wanted) || isinf(wanted))
        assert_true(isnan(is));
    else
        assert_float_equal(is, wanted, about);
}

static void check_bucket(int point, const double row[6], int64_t valid, int64_t step_ms)
{
    struct sum sum = sum_of(point, (int64_t)row[0], (int64_t)row[0] + step_ms);

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

static bool has_gap(const json_t *json, const char *from, const char *to)
{
    size_t i;
    json_t *gap;

    json_array_foreach(json_object_get(json, "gaps"), i, gap)
    {
        if (time_at(gap, "from") == moment(from).ms && time_at(gap, "to") == moment(to).ms)
            return true;
    }
    return false;
}

static void where_nothing_was_read_a_gap_is_left_open(void **state)
{
    json_t *json = series(PH, "from=2026-02-28T09:00:00%2B08:00&to=2026-02-28T12:00:00%2B08:00");

    assert_string_equal(text(json, "source"), "readings");
    assert_true(has_gap(json, "2026-02-28 09:59:30", "2026-02-28 11:30"));
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 1);
    json_decref(json);
    json = series(PH, "from=2026-02-28&to=2026-03-01&width=300");
    assert_true(has_gap(json, "2026-02-28 10:00", "2026-02-28 11:30"));
    assert_int_equal(json_array_size(json_object_get(json, "gaps")), 1);
    json_decref(json);
    /* no answer is nothing read */
    json = series(PH, "from=2026-03-01T07:00:00%2B08:00&to=2026-03-01T09:00:00%2B08:00");
    assert_true(has_gap(json, "2026-03-01 08:00", "2026-03-01 08:20"));
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

static void limits_change_where_their_edition_does(void **state)
{
    json_t *json = series(DUST, "from=2026-02-27&to=2026-03-03");
    json_t *lines = json_object_get(json, "lines");
    int before = 0, after = 0;
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        const json_t *limit = json_object_get(line, "limit");
        double above = json_number_value(json_object_get(json_object_get(line, "bound"), "above"));

        assert_string_equal(text(line, "rule"), "fine-dust");
        assert_true(json_is_boolean(json_object_get(limit, "verified")));
        if (strcmp(text(line, "period"), "day") != 0)
            continue;
        before += above == 75.0 && time_at(line, "to") == moment("2026-03-01").ms;
        after += above == 60.0 && time_at(line, "from") == moment("2026-03-01").ms;
    }
    assert_int_equal(before, 1);
    assert_int_equal(after, 1);
    json_decref(json);
}

static void noise_has_its_nights_and_a_limit_for_them(void **state)
{
    json_t *json = series(LA, "from=2026-02-27&to=2026-03-01");
    json_t *nights = json_object_get(json, "nights");
    json_t *lines = json_object_get(json, "lines");
    int by_day = 0, by_night = 0, highest = 0;
    size_t i;
    json_t *line;

    assert_int_equal(json_array_size(nights), 3);
    assert_int_equal(json_array_size(json_object_get(json, "every")), 1);
    assert_true(time_at(json_array_get(json_object_get(json, "every"), 0), "from") <=
                time_at(json, "from"));
    assert_int_equal(json_integer_value(json_object_get(
                         json_array_get(json_object_get(json, "every"), 0), "every_ms")),
                     60000);
    assert_true(time_at(json_array_get(nights, 1), "from") == moment("2026-02-27 22:00").ms);
    assert_true(time_at(json_array_get(nights, 1), "to") == moment("2026-02-28 06:00").ms);
    json_array_foreach(lines, i, line)
    {
        by_day += strcmp(text(line, "when"), "day") == 0;
        by_night += strcmp(text(line, "when"), "night") == 0;
        highest += strcmp(text(line, "statistic"), "max") == 0;
        assert_int_equal(json_integer_value(json_object_get(line, "decimals")), 0);
    }
    assert_true(by_day == 1 && by_night == 2 && highest == 1);
    assert_true(json_is_true(json_object_get(json, "simulated")));
    json_decref(json);
    json = series(PH, "from=2026-02-27&to=2026-03-01");
    assert_int_equal(json_array_size(json_object_get(json, "nights")), 0);
    assert_true(json_is_false(json_object_get(json, "simulated")));
    json_decref(json);
}

static const json_t *mark(const json_t *json, const char *kind)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(json, "marks"), i, one)
    {
        if (strcmp(text(one, "kind"), kind) == 0)
            return one;
    }
    return NULL;
}

static void what_happened_at_the_point_is_marked(void **state)
{
    json_t *json = series(PH, "from=2026-02-27&to=2026-03-03");
    const json_t *one = mark(json, "struck_off");

    assert_non_null(one);
    assert_true(time_at(one, "time") == moment(STRUCK_OFF).ms);
    assert_string_equal(text(one, "id"), "37");
    assert_true(time_at(one, "until") > moment("2026-03-03").ms); /* watched until then */
    one = mark(json, "maintenance");
    assert_true(time_at(one, "time") == moment(WORK_FROM).ms);
    assert_true(time_at(one, "until") == moment(WORK_TO).ms);
    assert_string_equal(text(one, "text"), "清洗电极");
    one = mark(json, "problem");
    assert_string_equal(text(one, "text"), "pH 偏高（回潮）");
    assert_true(time_at(one, "time") == moment("2026-03-01 20:00").ms);
    assert_true(time_at(one, "until") == moment("2026-03-01 20:30").ms);
    json_decref(json);
    json = series(DUST, "from=2026-02-27&to=2026-03-03");
    assert_null(mark(json, "struck_off"));
    assert_null(mark(json, "maintenance"));
    json_decref(json);
    json = series(PH, "from=2026-03-02T18:00:00%2B08:00&to=2026-03-03");
    assert_null(mark(json, "maintenance"));
    assert_non_null(mark(json, "struck_off")); /* it is watched still */
    json_decref(json);
    json = series(PH, "from=2026-02-27&to=2026-02-28");
    assert_null(mark(json, "struck_off"));
    assert_null(mark(json, "maintenance"));
    assert_null(mark(json, "problem"));
    json_decref(json);
}

static void doubted_readings_are_told_where_they_are_shown(void **state)
{
    json_t *json = series(PH, "from=2026-03-01T21:30:00%2B08:00&to=2026-03-01T22:30:00%2B08:00");
    json_t *doubts = json_object_get(json, "doubts");
    size_t odd = 0;
    size_t i;
    json_t *doubt;

    json_array_foreach(doubts, i, doubt)
    {
        int64_t ms = json_integer_value(json_array_get(doubt, 0));

        if (strstr(json_string_value(json_array_get(doubt, 1)), "ph-odd") == NULL)
            continue;
        assert_true(is_between(ms, "2026-03-01 22:00", "2026-03-01 22:01"));
        odd++;
    }
    assert_int_equal(odd, 2);
    json_decref(json);
    json = series(PH, "from=2026-02-27&to=2026-03-03&width=100");
    assert_int_equal(json_array_size(json_object_get(json, "doubts")), 0);
    json_decref(json);
}

static void wrong_questions_are_refused(void **state)
{
    static const struct {
        const char *point, *what, *query;
        int status;
    } cases[] = {
        {"river/sonde/none",                                     "series",     "",                              404},
        {"river/sonde/ph' OR 1=1",                               "series",     "",                              404},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b/c", "{channel}",  "",                              404},
        {"river/sonde/ph",                                       "series",     "from=2026-03-02&to=2026-03-01", 400},
        {"river/sonde/ph",                                       "series",     "from=2026-03-01&to=2026-03-01", 400},
        {"river/sonde/ph",                                       "series",     "from=yesterday",                400},
        {"river/sonde/ph",                                       "series",     "from=1900-01-01",               400},
        {"river/sonde/ph",                                       "series",     "from=0001-01-01&to=9999-12-31", 400},
        {"river/sonde/ph",                                       "series",     "width=15",                      400},
        {"river/sonde/ph",                                       "series",     "width=4001",                    400},
        {"river/sonde/ph",                                       "series",     "width=99999999999999999999",    400},
        {"river/sonde/ph",                                       "series",     "width=-1",                      400},
        {"river/sonde/ph",                                       "series",     "format=xml",                    400},
        {"river/sonde/ph",                                       "readings",   "limit=0",                       400},
        {"river/sonde/ph",                                       "readings",   "limit=1001",                    400},
        {"river/sonde/ph",                                       "readings",   "after=x",                       400},
        {"river/sonde/ph",                                       "readings",   "after=1.",                      400},
        {"river/sonde/ph",                                       "readings",   "after=-1.5",                    400},
        {"river/sonde/ph",                                       "aggregates", "period=reading",                400},
        {"river/sonde/ph",                                       "aggregates", "period=7min",                   400},
        {"river/sonde/ph",                                       "aggregates", "period=year",                   400},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%s %s\n", cases[i].what, cases[i].query);
        assert_int_equal(status_of(world, cases[i].point, cases[i].what, cases[i].query),
                         cases[i].status);
    }
}

/* Lists ---------------------------------------------------------------------------------------- */

static void readings_come_page_by_page_each_once(void **state)
{
    char query[200];
    char next[60] = "";
    size_t at = 0, pages = 0;

    do {
        json_t *json;
        size_t i;
        json_t *row;

        snprintf(query, sizeof query, "from=2026-03-01&to=2026-03-02&limit=1000%s%s",
                 *next == '\0' ? "" : "&after=", next);
        json = get(world, point_names[PH], "readings", query);
        while (world->truth[PH][at].time_ms < moment("2026-03-01").ms)
            at++;
        json_array_foreach(json_object_get(json, "readings"), i, row)
        {
            const struct truth *truth = &world->truth[PH][at++];
            const json_t *value = json_object_get(row, "value");

            assert_true(time_at(row, "time") == truth->time_ms);
            assert_int_equal(text(row, "quality")[0], quality_letter(truth->quality));
            assert_true(isfinite(truth->value) ? json_number_value(value) == truth->value
                                               : json_is_null(value));
        }
        snprintf(next, sizeof next, "%s", text(json, "next"));
        json_decref(json);
        pages++;
    } while (*next != '\0');
    assert_int_equal(pages, 3);
    assert_true(world->truth[PH][at].time_ms == moment("2026-03-02").ms);
}

static void aggregates_of_noise_have_levels_and_others_not(void **state)
{
    json_t *json = get(world, point_names[LA], "aggregates",
                       "period=60min&from=2026-02-27&to=2026-02-28&limit=10");
    json_t *rows = json_object_get(json, "aggregates");
    const json_t *row = json_array_get(rows, 9);
    json_t *hours;
    struct sum sum = sum_of(LA, time_at(row, "time"), time_at(row, "time") + 3600000);

    assert_int_equal(json_array_size(rows), 10);
    assert_string_equal(text(json, "period"), "1h");
    assert_float_equal(json_number_value(json_object_get(row, "leq")), sum.mean, 1e-6);
    assert_true(json_is_number(json_object_get(row, "l90")));
    assert_true(*text(json, "next") != '\0');
    json_decref(json);
    json = get(world, point_names[PH], "aggregates", "from=2026-02-27&to=2026-02-28");
    hours = get(world, point_names[PH], "aggregates", "period=1h&from=2026-02-27&to=2026-02-28");
    assert_true(json_array_size(json_object_get(json, "aggregates")) > 20);
    assert_true(json_equal(json, hours)); /* the usual period */
    json_decref(hours);
    json_decref(json);
    json = get(world, point_names[PH], "aggregates", "period=day&from=2026-02-27&to=2026-03-03");
    assert_int_equal(json_array_size(json_object_get(json, "aggregates")), 4);
    assert_null(json_object_get(json_array_get(json_object_get(json, "aggregates"), 0), "leq"));
    assert_true(json_is_null(json_object_get(json, "next")));
    json_decref(json);
}

static void a_table_for_spreadsheets_has_units_letters_and_the_clock(void **state)
{
    struct asked asked;

    ask(world, point_names[LA], "readings",
        "from=2026-02-27&to=2026-02-27T00:02:00%2B08:00&format=csv", &asked);
    assert_memory_equal(asked.text, "\xef\xbb\xbf模拟数据 / SIMULATED\r\n", 29);
    assert_non_null(strstr(asked.text, "\r\nseq,time,value (dB),quality,cause,doubt\r\n"));
    assert_non_null(strstr(asked.text, ",2026-02-27 00:01:00.000+08:00,"));
    assert_non_null(strstr(asked.text, ",N,,\r\n"));
    free(asked.text);
    ask(world, point_names[DUST], "series", "from=2026-02-27&to=2026-02-28&format=csv&width=24",
        &asked);
    assert_memory_equal(asked.text, "\xef\xbb\xbftime,count,expected,valid,min (", 34);
    assert_null(strstr(asked.text, "SIMULATED"));
    free(asked.text);
}

static void the_point_tells_what_is_known_of_it(void **state)
{
    json_t *json = get(world, point_names[PH], "{channel}", "");
    const json_t *point = json_object_get(json, "point");

    assert_true(time_at(point, "first") == moment(BEGINS).ms);
    assert_true(time_at(point, "last") == moment(ENDS).ms);
    assert_string_equal(text(point, "parameter"), "ph");
    assert_int_equal(json_array_size(json_object_get(point, "rules")), 2);
    assert_string_equal(text(json_array_get(json_object_get(point, "tasks"), 0), "id"), "37");
    assert_true(json_array_size(json_object_get(point, "limits")) > 0);
    json_decref(json);
    json = get(world, point_names[SPEED], "{channel}", "");
    point = json_object_get(json, "point");
    assert_string_equal(json_string_value(json_array_get(json_object_get(point, "beside"), 0)),
                        "square/mast/wind_direction");
    json_decref(json);
    json = get(world, GONE, "{channel}", "");
    assert_true(json_is_null(json_object_get(json_object_get(json, "point"), "last")));
    json_decref(json);
}

/* These run last: they live on. */
static void only_a_span_that_may_still_change_has_a_new_version_with_a_new_reading(void **state)
{
    const char *settled = "from=2026-02-28&to=2026-03-01";
    struct asked asked;
    uint64_t before[2];

    poll_device(world, SONDE); /* the minute before it is counted */
    step(world);
    ask(world, point_names[PH], "series", settled, &asked);
    before[0] = asked.version;
    free(asked.text);
    ask(world, point_names[PH], "series", "", &asked);
    before[1] = asked.version;
    free(asked.text);
    held_clock_advance(&world->clock, 10000);
    poll_device(world, SONDE);
    step(world);
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version == before[0]);
    free(asked.text);
    ask(world, point_names[PH], "series", "", &asked);
    assert_true(asked.version != before[1]);
    free(asked.text);
    held_clock_advance(&world->clock, 60000); /* a minute is counted: perhaps another late one */
    poll_device(world, SONDE);
    step(world);
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version != before[0]);
    before[0] = asked.version;
    free(asked.text);
    do_act(world, "device.maintenance",
           json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from", "2026-02-28 10:10",
                     "to", "2026-02-28 11:00", "note", "校准"));
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version != before[0]);
    free(asked.text);
}

static void readings_nobody_counted_yet_are_left_out_while_the_device_is_worked_on(void **state)
{
    json_t *json;
    double row[6];

    do_act(world, "device.maintenance",
           json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from", "2026-03-03 00:00",
                     "to", "2026-03-03 00:30", "note", "校准"));
    json = series(PH, "from=2026-03-02T12:00:00%2B08:00&to=2026-03-03T01:00:00%2B08:00"
                      "&width=100");
    row_at(json, rows_of(json) - 1, row);
    assert_true((int64_t)row[0] == moment("2026-03-03").ms);
    assert_true(row[1] > 0.0 && isnan(row[3]) && isnan(row[4]) && isnan(row[5]));
    json_decref(json);
}

static int begin(void **state)
{
    world = world_make();
    return 0;
}

static int end(void **state)
{
    world_end(world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_readings_are_shown_as_they_are),
        cmocka_unit_test(a_longer_span_is_made_of_the_periods_that_fit),
        cmocka_unit_test(rows_come_to_what_their_readings_come_to),
        cmocka_unit_test(levels_are_averaged_by_their_energies),
        cmocka_unit_test(a_direction_of_several_periods_has_no_mean),
        cmocka_unit_test(where_nothing_was_read_a_gap_is_left_open),
        cmocka_unit_test(other_letters_are_bands_and_no_line),
        cmocka_unit_test(a_normal_reading_ends_a_band),
        cmocka_unit_test(the_newest_bucket_is_incomplete_and_says_so),
        cmocka_unit_test(a_span_with_nothing_has_no_row_and_one_gap),
        cmocka_unit_test(one_reading_is_one_row),
        cmocka_unit_test(a_year_is_at_most_twice_as_many_rows_as_it_is_wide),
        cmocka_unit_test(what_was_counted_is_shown_where_the_readings_are_gone),
        cmocka_unit_test(what_nobody_counted_is_made_of_its_readings),
        cmocka_unit_test(limits_change_where_their_edition_does),
        cmocka_unit_test(noise_has_its_nights_and_a_limit_for_them),
        cmocka_unit_test(what_happened_at_the_point_is_marked),
        cmocka_unit_test(doubted_readings_are_told_where_they_are_shown),
        cmocka_unit_test(wrong_questions_are_refused),
        cmocka_unit_test(readings_come_page_by_page_each_once),
        cmocka_unit_test(aggregates_of_noise_have_levels_and_others_not),
        cmocka_unit_test(a_table_for_spreadsheets_has_units_letters_and_the_clock),
        cmocka_unit_test(the_point_tells_what_is_known_of_it),
        cmocka_unit_test(only_a_span_that_may_still_change_has_a_new_version_with_a_new_reading),
        cmocka_unit_test(readings_nobody_counted_yet_are_left_out_while_the_device_is_worked_on),
    };

    setenv("LOOKBACK_DATA", SOURCE_ROOT, 1);
    return cmocka_run_group_tests(tests, begin, end);
}
