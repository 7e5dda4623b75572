/* Tests of what is known of devices from before. */
#include "unit/store/place.h"

#include "store/known.h"

static uint32_t add_profile(struct store *store, uint8_t first)
{
    struct error err = {0};
    uint32_t profile = store_profile(store, (const uint8_t[32]){first}, "model", "text", &err);

    must(profile != 0, &err);
    return profile;
}

static void put(struct store *store, uint32_t device, uint32_t profile, struct lesson lesson,
                int64_t ms)
{
    struct error err = {0};

    must(store_begin(store, &err), &err);
    must(store_put_lesson(store, device, profile, &lesson, at_ms(ms), &err), &err);
    must(store_commit(store, &err), &err);
}

static void lessons_are_kept_for_a_device_and_a_version_of_its_profile(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct known_lesson known[LESSONS_MAX];
    struct error err = {0};
    size_t count;
    uint32_t old, new;

    name_points(place, store, 2, 1);
    old = add_profile(store, 1);
    new = add_profile(store, 2);
    put(store, place->devices[0], old,
        (struct lesson){AREA_HOLDING_REGISTER, 40, 2, CAUSE_EXCEPTION_1 + 1}, 5);
    put(store, place->devices[0], old, (struct lesson){AREA_INPUT_REGISTER, 7, 1, CAUSE_TIMEOUT},
        6);
    store_close(store);

    store = open_store(place, "boot-b");
    must(store_lessons(store, place->devices[0], old, known, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_equal(known[0].lesson.area, AREA_INPUT_REGISTER);
    assert_int_equal(known[0].lesson.address, 7);
    assert_int_equal(known[0].lesson.cause, CAUSE_TIMEOUT);
    assert_int_equal(known[1].lesson.address, 40);
    assert_int_equal(known[1].lesson.count, 2);
    assert_int_equal(known[1].learned.ms, at_ms(5).ms);
    must(store_lessons(store, place->devices[0], new, known, &count, &err), &err);
    assert_int_equal(count, 0);
    must(store_lessons(store, place->devices[1], old, known, &count, &err), &err);
    assert_int_equal(count, 0);
    store_close(store);
}

static void a_reader_finds_them_by_the_digest(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct known_lesson known[LESSONS_MAX];
    struct error err = {0};
    struct reader *reader;
    size_t count;

    name_points(place, store, 1, 1);
    put(store, place->devices[0], add_profile(store, 1),
        (struct lesson){AREA_COIL, 3, 9, CAUSE_TIMEOUT}, 5);
    reader = reader_open(place->dir, &err);
    assert_non_null(reader);
    must(reader_lessons(reader, place->devices[0], (const uint8_t[32]){1}, known, &count, &err),
         &err);
    assert_int_equal(count, 1);
    assert_int_equal(known[0].lesson.count, 9);
    must(reader_lessons(reader, place->devices[0], (const uint8_t[32]){2}, known, &count, &err),
         &err);
    assert_int_equal(count, 0);
    reader_close(reader);
    store_close(store);
}

static void a_row_that_cannot_be_is_passed_over(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct known_lesson known[LESSONS_MAX];
    struct error err = {0};
    char path[160];
    sqlite3 *db;
    size_t count;
    uint32_t profile;

    name_points(place, store, 1, 1);
    profile = add_profile(store, 1);
    store_close(store);
    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO lesson VALUES(1, 1, 9, 0, 1, 1, 0),"
                                  "(1, 1, 3, 70000, 1, 1, 0), (1, 1, 3, 65535, 2, 1, 0),"
                                  "(1, 1, 3, 5, 0, 1, 0), (1, 1, 3, 6, 1, 4000, 0),"
                                  "(1, 1, 3, 'x', 'y', 'z', 0), (1, 1, 3, 8, 1, 1, NULL)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    store = open_store(place, "boot-b");
    must(store_lessons(store, place->devices[0], profile, known, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(known[0].lesson.address, 8);
    assert_false(wall_is_known(known[0].learned));
    store_close(store);
}

static void an_identity_is_replaced_by_the_next(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    char text[IDENTITY_TEXT];
    struct error err = {0};
    uint32_t profile;

    name_points(place, store, 1, 1);
    profile = add_profile(store, 1);
    must(store_identity(store, place->devices[0], text, &err), &err);
    assert_string_equal(text, "");
    for (int i = 0; i < 2; i++) {
        must(store_begin(store, &err), &err);
        must(store_put_identity(store, place->devices[0], profile,
                                i == 0 ? "serial_number=1" : "serial_number=2", at_ms(i), &err),
             &err);
        must(store_commit(store, &err), &err);
    }
    must(store_identity(store, place->devices[0], text, &err), &err);
    assert_string_equal(text, "serial_number=2");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(lessons_are_kept_for_a_device_and_a_version_of_its_profile),
        IN_PLACE(a_reader_finds_them_by_the_digest),
        IN_PLACE(a_row_that_cannot_be_is_passed_over),
        IN_PLACE(an_identity_is_replaced_by_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
