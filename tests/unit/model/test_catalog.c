/* Tests of model/catalog.c: numbers and names find the same point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/catalog.h"

static struct catalog *catalog;

/* Two sites; a device of two points at each; numbers as a store that has forgotten others gives. */
static int begin(void **state)
{
    static const char *const channels[] = {"ph", "wind_speed.max"};

    catalog = calloc(1, sizeof *catalog);
    catalog->site_count = catalog->device_count = 2;
    catalog->point_count = 4;
    catalog->sites = calloc(2, sizeof *catalog->sites);
    catalog->devices = calloc(2, sizeof *catalog->devices);
    catalog->points = calloc(4, sizeof *catalog->points);
    for (uint32_t i = 0; i < 2; i++) {
        strcpy(catalog->sites[i].name, i == 0 ? "mill" : "mill-2");
        strcpy(catalog->devices[i].name, "sonde");
        catalog->devices[i].site = i;
        catalog->devices[i].id = 5 + 3 * i;
        catalog->devices[i].first_point = 2 * i;
        catalog->devices[i].point_count = 2;
    }
    for (uint32_t i = 0; i < 4; i++) {
        strcpy(catalog->points[i].channel, channels[i % 2]);
        catalog->points[i].device = i / 2;
        catalog->points[i].id = 100 - i;
    }
    return catalog_index(catalog) ? 0 : 1;
}

static int end(void **state)
{
    catalog_free(catalog);
    return 0;
}

static void every_number_finds_its_own(void **state)
{
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(catalog_point(catalog, catalog->points[i].id), &catalog->points[i]);
    for (size_t i = 0; i < 2; i++)
        assert_ptr_equal(catalog_device(catalog, catalog->devices[i].id), &catalog->devices[i]);
}

static void an_unknown_number_finds_nothing(void **state)
{
    static const uint32_t unknown[] = {0, 1, 50, 101, 4000, UINT32_MAX};

    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_null(catalog_point(catalog, unknown[i]));
        assert_null(catalog_device(catalog, unknown[i]));
    }
}

static void a_point_is_found_by_the_name_it_gives(void **state)
{
    char name[POINT_SIZE];

    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(
            catalog_find_point(catalog, catalog_point_name(catalog, &catalog->points[i], name)),
            &catalog->points[i]);
    assert_string_equal(name, "mill-2/sonde/wind_speed.max");
}

static void a_name_that_is_nearly_right_finds_nothing(void **state)
{
    static const char *const wrong[] = {"",
                                        "mill",
                                        "mill/sonde",
                                        "mill/sonde/",
                                        "mill/sonde/p",
                                        "mill/sonde/phx",
                                        "mil/sonde/ph",
                                        "mill/sonde/ph/",
                                        "/sonde/ph"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_null(catalog_find_point(catalog, wrong[i]));
}

static void a_star_stands_for_a_whole_part_and_nothing_else(void **state)
{
    assert_true(point_matches("mill/sonde/ph", "mill/sonde/ph"));
    assert_true(point_matches("*/sonde/ph", "mill/sonde/ph"));
    assert_true(point_matches("*/*/*", "mill/sonde/wind_speed.max"));
    assert_true(point_matches("mill/*/ph", "mill/sonde/ph"));
    assert_false(point_matches("mi*/sonde/ph", "mill/sonde/ph"));
    assert_false(point_matches("*/ph", "mill/sonde/ph"));
    assert_false(point_matches("*", "mill/sonde/ph"));
    assert_false(point_matches("mill/sonde/p", "mill/sonde/ph"));
    assert_false(point_matches("mill/sonde/phx", "mill/sonde/ph"));
    assert_false(point_matches("mill/sonde/ph/*", "mill/sonde/ph"));
    assert_false(point_matches("", "mill/sonde/ph"));
    assert_false(point_matches("*/sonde/ph", "/sonde/ph"));
}

static void an_empty_catalog_finds_nothing(void **state)
{
    struct catalog empty = {0};

    assert_null(catalog_point(&empty, 1));
    assert_null(catalog_find_point(&empty, "mill/sonde/ph"));
    catalog_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_number_finds_its_own, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_number_finds_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_point_is_found_by_the_name_it_gives, begin, end),
        cmocka_unit_test_setup_teardown(a_name_that_is_nearly_right_finds_nothing, begin, end),
        cmocka_unit_test(a_star_stands_for_a_whole_part_and_nothing_else),
        cmocka_unit_test(an_empty_catalog_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
