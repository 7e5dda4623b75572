/* Tests of what left the settings but has rows: it stays in the catalog, as inactive. */
#include "unit/store/place.h"

/* A catalog as the settings make it: site "site", dev-0 with its first point only. */
static struct catalog *catalog_of_settings(const struct place *place)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);

    catalog->sites = calloc(1, sizeof *catalog->sites);
    catalog->site_count = 1;
    snprintf(catalog->sites[0].name, sizeof catalog->sites[0].name, "site");
    catalog->devices = calloc(2, sizeof *catalog->devices);
    catalog->device_count = 2;
    catalog->points = calloc(2, sizeof *catalog->points);
    catalog->point_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        struct catalog_device *device = &catalog->devices[i];
        struct catalog_point *point = &catalog->points[i];

        device->id = place->devices[i];
        snprintf(device->name, sizeof device->name, "dev-%u", i);
        device->active = true;
        device->first_point = i;
        device->point_count = 1;
        point->id = place->points[i][0];
        point->device = i;
        snprintf(point->channel, sizeof point->channel, "ph.0");
    }
    return catalog;
}

static void devices_and_points_that_left_the_settings_come_back_inactive(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct catalog *catalog;
    char name[POINT_SIZE];

    name_points(place, store, 3, 2);
    assert_int_not_equal(store_device(store, "elsewhere", "old", at_ms(0), &err), 0);
    catalog = catalog_of_settings(place);
    must(store_retired(store, catalog, NULL, &err), &err);
    assert_int_equal(catalog->site_count, 2);
    assert_int_equal(catalog->device_count, 4);
    assert_int_equal(catalog->point_count, 6);
    assert_true(catalog_index(catalog));
    for (uint32_t i = 0; i < 3; i++) {
        const struct catalog_device *device = catalog_device(catalog, place->devices[i]);

        assert_int_equal(device->active, i < 2);
        assert_int_equal(device->point_count, 2);
        for (uint32_t p = 0; p < 2; p++) {
            const struct catalog_point *point = &catalog->points[device->first_point + p];
            char wanted[POINT_SIZE];

            assert_ptr_equal(point, catalog_point(catalog, place->points[i][p]));
            assert_ptr_equal(&catalog->devices[point->device], device);
            snprintf(wanted, sizeof wanted, "site/dev-%u/ph.%u", i, p);
            assert_string_equal(catalog_point_name(catalog, point, name), wanted);
        }
    }
    assert_string_equal(catalog->sites[catalog->devices[3].site].name, "elsewhere");
    assert_false(catalog->devices[3].active);
    assert_int_equal(catalog->devices[3].point_count, 0);
    catalog_free(catalog);
    store_close(store);
}

static void what_is_still_in_the_settings_is_not_added_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct catalog *catalog;

    name_points(place, store, 2, 1);
    catalog = catalog_of_settings(place);
    must(store_retired(store, catalog, NULL, &err), &err);
    assert_int_equal(catalog->site_count, 1);
    assert_int_equal(catalog->device_count, 2);
    assert_int_equal(catalog->point_count, 2);
    assert_true(catalog->devices[0].active && catalog->devices[1].active);
    catalog_free(catalog);
    store_close(store);
}

static void a_point_of_no_device_gets_no_number(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};

    assert_int_equal(store_point(store, 9, "ph", &err), 0);
    assert_int_equal(err.kind, ERROR_STORE);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(devices_and_points_that_left_the_settings_come_back_inactive),
        IN_PLACE(what_is_still_in_the_settings_is_not_added_again),
        IN_PLACE(a_point_of_no_device_gets_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
