/* Tests of page/series*.c: what stands beside the line of a point, its lists, and when they
 * change. */
#include "unit/page/series_world.h"

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
    struct sum sum = sum_of(world, LA, time_at(row, "time"), time_at(row, "time") + 3600000);

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
    page_town_step(&world->town);
    ask(world, point_names[PH], "series", settled, &asked);
    before[0] = asked.version;
    free(asked.text);
    ask(world, point_names[PH], "series", "", &asked);
    before[1] = asked.version;
    free(asked.text);
    held_clock_advance(&world->town.clock, 10000);
    poll_device(world, SONDE);
    page_town_step(&world->town);
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version == before[0]);
    free(asked.text);
    ask(world, point_names[PH], "series", "", &asked);
    assert_true(asked.version != before[1]);
    free(asked.text);
    held_clock_advance(&world->town.clock,
                       60000); /* a minute is counted: perhaps another late one */
    poll_device(world, SONDE);
    page_town_step(&world->town);
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version != before[0]);
    before[0] = asked.version;
    free(asked.text);
    page_town_act(&world->town, "device.maintenance",
                  json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from",
                            "2026-02-28 10:10", "to", "2026-02-28 11:00", "note", "校准"));
    ask(world, point_names[PH], "series", settled, &asked);
    assert_true(asked.version != before[0]);
    free(asked.text);
}

static void readings_nobody_counted_yet_are_left_out_while_the_device_is_worked_on(void **state)
{
    json_t *json;
    double row[6];

    page_town_act(&world->town, "device.maintenance",
                  json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from",
                            "2026-03-03 00:00", "to", "2026-03-03 00:30", "note", "校准"));
    json = series(PH, "from=2026-03-02T12:00:00%2B08:00&to=2026-03-03T01:00:00%2B08:00"
                      "&width=100");
    row_at(json, rows_of(json) - 1, row);
    assert_true((int64_t)row[0] == moment("2026-03-03").ms);
    assert_true(row[1] > 0.0 && isnan(row[3]) && isnan(row[4]) && isnan(row[5]));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_nothing_was_read_a_gap_is_left_open),
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

    return cmocka_run_group_tests(tests, begin, end);
}
