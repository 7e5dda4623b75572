/* Tests of output/line.c. Names say what must hold; the file reads as its specification. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/line.h"
#include "unit/output/small_town.h"

static struct line_keys *keys;
static char bytes[4096];
static struct text text;
static size_t lines;

static const struct reading good[] = {
    {.point = PH, .value = 7.32}
};

static const char *lines_of(const struct reading *readings, size_t count, int64_t ms)
{
    struct poll poll = {
        .seq = 812, .device = SONDE, .time = {ms}, .readings = readings, .reading_count = count};

    text_init(&text, bytes, sizeof bytes);
    assert_true(line_add_poll(keys, &poll, &text, &lines));
    return bytes;
}

static void a_line_is_that_of_the_contract(void **state)
{
    assert_string_equal(lines_of(good, 1, 1790000000123),
                        "water,collector=zj-01,device=sonde,site=chuanyang-03 "
                        "ph=7.32,ph_q=0i 1790000000123000000\n");
    assert_int_equal(lines, 1);
}

static void each_medium_has_its_line_and_fields_stand_in_the_catalogs_order(void **state)
{
    const struct reading readings[] = {
        {.point = RAIN, .value = 0.5},
        {           .point = TEMPERATURE,  .value = 20            },
        { .point = PH,  .quality = QUALITY_OVER_RANGE,              .value = 14}
    };

    assert_string_equal(lines_of(readings, 3, 1),
                        "water,collector=zj-01,device=sonde,site=chuanyang-03 "
                        "ph=14,ph_q=1i,water_temperature=20,water_temperature_q=0i 1000000\n"
                        "weather,collector=zj-01,device=sonde,site=chuanyang-03 "
                        "rain.max=0.5,rain.max_q=0i 1000000\n");
    assert_int_equal(lines, 2);
}

static void an_absent_value_has_only_its_quality(void **state)
{
    const struct reading readings[] = {
        {.point = PH, .quality = QUALITY_NO_ANSWER, .cause = CAUSE_TIMEOUT, .value = NAN},
        {.point = TEMPERATURE,           .quality = QUALITY_FAULT,                    .value = 20.5       }
    };

    assert_string_equal(lines_of(readings, 2, 1),
                        "water,collector=zj-01,device=sonde,site=chuanyang-03 "
                        "ph_q=7i,water_temperature=20.5,water_temperature_q=6i 1000000\n");
}

static void what_is_not_finite_is_never_written(void **state)
{
    const double values[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++) {
        const struct reading reading = {.point = PH, .value = values[i]};

        assert_string_equal(lines_of(&reading, 1, 1),
                            "water,collector=zj-01,device=sonde,site=chuanyang-03 ph_q=0i "
                            "1000000\n");
    }
}

static void a_poll_without_wall_time_or_of_nobody_gives_no_line(void **state)
{
    const struct reading stranger = {.point = 999, .value = 1};
    const struct reading of_another = {.point = OLD_PH, .value = 1};
    struct poll nobody = {.device = 999, .time = {1}, .readings = good, .reading_count = 1};

    assert_string_equal(lines_of(good, 1, WALL_NONE_MS), "");
    assert_string_equal(lines_of(&stranger, 1, 1), "");
    assert_string_equal(lines_of(&of_another, 1, 1), "");
    assert_string_equal(lines_of(good, 1, INT64_MAX / 10), ""); /* no such nanosecond */
    assert_true(line_add_poll(keys, &nobody, &text, &lines));
    assert_int_equal(text.used + lines, 0);
}

static void times_before_1970_keep_their_sign(void **state)
{
    assert_non_null(strstr(lines_of(good, 1, -1), " -1000000\n"));
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    struct poll poll = {.device = SONDE, .time = {1}, .readings = good, .reading_count = 1};
    char small[100];

    text_init(&text, small, sizeof small);
    assert_true(line_add_poll(keys, &poll, &text, &lines));
    assert_false(line_add_poll(keys, &poll, &text, &lines));
    assert_int_equal(lines, 0);
    assert_false(text.full);
    assert_string_equal(small, "water,collector=zj-01,device=sonde,site=chuanyang-03 "
                               "ph=7.32,ph_q=0i 1000000\n");
}

static void names_cannot_break_out_of_their_place(void **state)
{
    static const struct {
        const char *name, *escaped;
    } cases[] = {
        {"plain-1",    "plain-1"      },
        {"a b,c=d",    "a\\ b\\,c\\=d"},
        {"x\ny\rz\tw", "x_y_z_w"      },
        {"back\\",     "back_"        },
        {"断面",     "断面"       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text_init(&text, bytes, sizeof bytes);
        line_add_escaped(&text, cases[i].name);
        assert_string_equal(bytes, cases[i].escaped);
    }
}

static int open_keys(void **state)
{
    town_open();
    keys = line_keys_new(&town);
    return keys == NULL;
}

static int close_keys(void **state)
{
    line_keys_free(keys);
    town_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_that_of_the_contract),
        cmocka_unit_test(each_medium_has_its_line_and_fields_stand_in_the_catalogs_order),
        cmocka_unit_test(an_absent_value_has_only_its_quality),
        cmocka_unit_test(what_is_not_finite_is_never_written),
        cmocka_unit_test(a_poll_without_wall_time_or_of_nobody_gives_no_line),
        cmocka_unit_test(times_before_1970_keep_their_sign),
        cmocka_unit_test(what_does_not_fit_is_left_out_whole),
        cmocka_unit_test(names_cannot_break_out_of_their_place),
    };

    return cmocka_run_group_tests(tests, open_keys, close_keys);
}
