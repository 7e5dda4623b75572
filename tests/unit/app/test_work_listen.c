/* Tests of what app/work_maker.c listens to: an order is heard, looking into the store is not.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/work_maker.h"
#include "record/orders.h"

struct listener {
    char dir[64];
    int inotify;
};

static const char *const files[] = {"lookback.db", "lookback.db-wal", "lookback.db-shm"};

static void touch(const struct listener *listener, const char *name)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", listener->dir, name);
    fd = open(path, O_WRONLY | O_CREAT, 0640);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, NULL), 0); /* heard as a change of owner is */
    close(fd);
}

static int set_up(void **state)
{
    struct listener *listener = calloc(1, sizeof *listener);
    struct error err = {0};
    int folder;

    snprintf(listener->dir, sizeof listener->dir, "/tmp/lookback-listen-XXXXXX");
    assert_non_null(mkdtemp(listener->dir));
    folder = orders_folder(listener->dir, &err);
    assert_true(folder >= 0);
    close(folder);
    listener->inotify = work_listen(listener->dir, &err);
    assert_true(listener->inotify >= 0);
    *state = listener;
    return 0;
}

static int tear_down(void **state)
{
    struct listener *listener = *state;
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", listener->dir, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/bundles", listener->dir);
    rmdir(path);
    rmdir(listener->dir);
    close(listener->inotify);
    free(listener);
    return 0;
}

static void an_order_is_heard_once(void **state)
{
    struct listener *listener = *state;

    orders_wake(listener->dir);
    assert_true(work_heard(listener->inotify));
    assert_false(work_heard(listener->inotify));
}

static void a_store_that_appears_is_heard(void **state)
{
    struct listener *listener = *state;

    touch(listener, "lookback.db");
    assert_true(work_heard(listener->inotify));
}

static void what_looking_into_the_store_changes_is_not_heard(void **state)
{
    struct listener *listener = *state;

    touch(listener, "lookback.db-wal");
    touch(listener, "lookback.db-shm");
    assert_false(work_heard(listener->inotify));
}

static void an_order_is_heard_between_looks(void **state)
{
    struct listener *listener = *state;

    touch(listener, "lookback.db-wal");
    orders_wake(listener->dir);
    touch(listener, "lookback.db-shm");
    assert_true(work_heard(listener->inotify));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_order_is_heard_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_store_that_appears_is_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_looking_into_the_store_changes_is_not_heard, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_order_is_heard_between_looks, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
