/* Tests of app/work_shelf.c and app/work_state.c: which bundles stay, which go, and what is said.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>

#include "app/work_shelf.h"
#include "app/work_state.h"
#include "base/say.h"

static const int64_t day_ms = 86400000;
static const struct wall_time now = {1790000000000};

struct shelf {
    char dir[64];
    struct orders orders;
};

static int set_up(void **state)
{
    struct shelf *shelf = calloc(1, sizeof *shelf);
    struct error err = {0};
    int folder;

    snprintf(shelf->dir, sizeof shelf->dir, "/tmp/lookback-shelf-XXXXXX");
    assert_non_null(mkdtemp(shelf->dir));
    folder = orders_folder(shelf->dir, &err);
    assert_true(folder >= 0);
    close(folder);
    *state = shelf;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    struct shelf *shelf = *state;

    nftw(shelf->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(shelf);
    return 0;
}

static char *path_of(const struct shelf *shelf, const char *name, char out[128])
{
    snprintf(out, 128, "%s/bundles/%s", shelf->dir, name);
    return out;
}

static void put_file(const struct shelf *shelf, const char *name, off_t size)
{
    char path[128];
    int fd = open(path_of(shelf, name, path), O_WRONLY | O_CREAT, 0640);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0); /* takes no room on the disk */
    close(fd);
}

static bool has(const struct shelf *shelf, const char *name)
{
    char path[128];

    return access(path_of(shelf, name, path), F_OK) == 0;
}

static bool has_zip(const struct shelf *shelf, uint64_t id)
{
    char name[40];

    snprintf(name, sizeof name, "%" PRIu64 ".zip", id);
    return has(shelf, name);
}

/* An order with its bundle of that size, done, which expires in so many days. */
static void add(struct shelf *shelf, uint64_t id, double days, off_t size)
{
    struct order *order = &shelf->orders.list[shelf->orders.count++];
    struct wall_time expires = {now.ms + (int64_t)(days * (double)day_ms)};
    struct error err = {0};
    char words[WALL_TEXT], name[40];
    json_t *state;

    *order = (struct order){.id = id, .task = "37"};
    state = work_state_new(order, "done", 1, "已做好", "made");
    json_object_set_new(state, "expires", json_string(wall_text(expires, words)));
    json_object_set_new(state, "file", json_pack("{s:s}", "name", "x.zip"));
    json_object_set_new(state, "manifest", json_string("00"));
    assert_true(work_state_put(shelf->dir, id, state, false, &err));
    snprintf(name, sizeof name, "%" PRIu64 ".zip", id);
    put_file(shelf, name, size);
}

static const char *state_of(const struct shelf *shelf, uint64_t id)
{
    json_t *state = order_state(shelf->dir, id);
    const char *word = order_state_word(state);

    json_decref(state);
    return word;
}

static void one_goes_at_its_moment_and_the_next_moment_is_given(void **state)
{
    struct shelf *shelf = *state;
    struct wall_time next;
    json_t *read;

    add(shelf, 5, 0.0, 10);
    add(shelf, 6, 3.0, 10);
    add(shelf, 7, 2.0, 10);
    next = work_shelf_tidy(shelf->dir, &shelf->orders, now);
    assert_int_equal(next.ms, now.ms + 2 * day_ms);
    assert_false(has_zip(shelf, 5));
    assert_true(has_zip(shelf, 6) && has_zip(shelf, 7));
    read = order_state(shelf->dir, 5);
    assert_string_equal(order_state_word(read), "expired");
    assert_true(json_is_null(json_object_get(read, "file")));
    assert_string_equal(json_string_value(json_object_get(read, "manifest")), "00");
    json_decref(read);
    assert_string_equal(state_of(shelf, 6), "done");
    next = work_shelf_tidy(shelf->dir, &shelf->orders, (struct wall_time){now.ms + 4 * day_ms});
    assert_false(wall_is_known(next));
    assert_false(has_zip(shelf, 6) || has_zip(shelf, 7));
}

static void fifty_stand_and_the_oldest_gives_way(void **state)
{
    struct shelf *shelf = *state;

    for (uint64_t id = 1; id <= WORK_SHELF_MOST + 2; id++)
        add(shelf, id, 3.0, 10);
    work_shelf_tidy(shelf->dir, &shelf->orders, now);
    assert_false(has_zip(shelf, 1) || has_zip(shelf, 2));
    for (uint64_t id = 3; id <= WORK_SHELF_MOST + 2; id++)
        assert_true(has_zip(shelf, id));
    assert_string_equal(state_of(shelf, 2), "expired");
}

/* Together a tenth of what would be free; the newest was just asked for, and stays. */
static void bundles_leave_the_disk_to_readings_but_the_newest_stays(void **state)
{
    struct shelf *shelf = *state;
    const off_t more_than_any_disk = (off_t)1 << 43;

    add(shelf, 1, 3.0, 10);
    add(shelf, 2, 3.0, 10);
    add(shelf, 3, 3.0, more_than_any_disk);
    work_shelf_tidy(shelf->dir, &shelf->orders, now);
    assert_false(has_zip(shelf, 1) || has_zip(shelf, 2));
    assert_true(has_zip(shelf, 3));
}

static void what_belongs_to_no_order_and_half_an_end_are_cleared_away(void **state)
{
    static const char *const strangers[] = {"6.json.part", "9.zip",  "9.json",       "notes.txt",
                                            "5.zip.part",  "05.zip", ".lookback-abc"};
    struct shelf *shelf = *state;
    struct error err = {0};

    add(shelf, 5, 3.0, 10);
    add(shelf, 6, 3.0, 10);
    assert_true(work_state_put(
        shelf->dir, 6, work_state_new(&shelf->orders.list[1], "making", 1, "", ""), false, &err));
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        put_file(shelf, strangers[i], 1);
    work_shelf_tidy(shelf->dir, &shelf->orders, now);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
        if (has(shelf, strangers[i]))
            fail_msg("%s", strangers[i]);
    assert_true(has_zip(shelf, 5) && has(shelf, "5.json"));
    assert_false(has_zip(shelf, 6));
    assert_true(has(shelf, "6.json"));
}

static void a_link_is_taken_away_and_what_it_names_stays(void **state)
{
    struct shelf *shelf = *state;
    char path[128], outside[128];

    snprintf(outside, sizeof outside, "%s/outside", shelf->dir);
    close(open(outside, O_WRONLY | O_CREAT, 0640));
    assert_int_equal(symlink(outside, path_of(shelf, "9.zip", path)), 0);
    work_shelf_tidy(shelf->dir, &shelf->orders, now);
    assert_int_equal(access(outside, F_OK), 0);
    assert_int_not_equal(faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW), 0);
}

static void a_state_replaces_the_one_before_whole_and_is_ours_alone(void **state)
{
    struct shelf *shelf = *state;
    const struct order order = {.id = 5};
    struct error err = {0}, why = {0};
    struct stat file;
    char path[128];
    json_t *read;

    error_set(&why, ERROR_STORE, "the disk is full");
    assert_true(
        work_state_put(shelf->dir, 5, work_state_new(&order, "making", 2, "甲", "a"), true, &err));
    read = order_state(shelf->dir, 5);
    assert_int_equal(work_state_begun(read), 2);
    json_decref(read);
    assert_true(work_state_put(shelf->dir, 5, work_state_failed(&order, 3, &why), true, &err));
    read = order_state(shelf->dir, 5);
    assert_string_equal(order_state_word(read), "failed");
    assert_int_equal(work_state_begun(read), 3);
    assert_string_equal(json_string_value(json_object_get(json_object_get(read, "error"), "text")),
                        "the disk is full");
    json_decref(read);
    assert_int_equal(stat(path_of(shelf, "5.json", path), &file), 0);
    assert_int_equal(file.st_mode & 0777 & 027, 0);
    assert_false(has(shelf, "5.json.part"));
    assert_int_equal(work_state_begun(NULL), 0);
}

#define ON_SHELF(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SHELF(one_goes_at_its_moment_and_the_next_moment_is_given),
        ON_SHELF(fifty_stand_and_the_oldest_gives_way),
        ON_SHELF(bundles_leave_the_disk_to_readings_but_the_newest_stays),
        ON_SHELF(what_belongs_to_no_order_and_half_an_end_are_cleared_away),
        ON_SHELF(a_link_is_taken_away_and_what_it_names_stays),
        ON_SHELF(a_state_replaces_the_one_before_whole_and_is_ours_alone),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
