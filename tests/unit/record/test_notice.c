/* Tests of record/notice.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "record/notice.h"

static struct held_clock held;
static struct notice got[NOTICES_MAX];

static int set_up(void **state)
{
    held_clock_init(&held, (struct wall_time){1790000000000});
    *state = notices_new(&held.clock);
    return *state == NULL;
}

static int tear_down(void **state)
{
    notices_free(*state);
    return 0;
}

static void raising_again_changes_the_sentence_and_not_the_beginning(void **state)
{
    uint64_t revision = 0;

    notice_raise(*state, "disk", "store", "full since %d", 1);
    assert_int_equal(notices_since(*state, &revision, got, 8), 1);
    held_clock_advance(&held, 5000);
    notice_raise(*state, "disk", "store", "full since %d", 1);
    assert_int_equal(notices_since(*state, &revision, got, 8), 0);
    notice_raise(*state, "disk", "store", "still full");
    assert_int_equal(notices_since(*state, &revision, got, 8), 1);
    assert_int_equal(got[0].since.ms, 1790000000000);
    assert_string_equal(got[0].text, "still full");
}

static void an_ended_notice_is_shown_once_more_and_begins_anew_when_raised(void **state)
{
    uint64_t revision = 0;

    notice_raise(*state, "disk", "store", "full");
    notices_since(*state, &revision, got, 8);
    notice_end(*state, "disk");
    notice_end(*state, "disk");
    notice_end(*state, "never-raised");
    assert_int_equal(notices_since(*state, &revision, got, 8), 1);
    assert_true(got[0].ended);
    assert_int_equal(notices_open(*state, got, 8), 0);
    held_clock_advance(&held, 5000);
    notice_raise(*state, "disk", "store", "full");
    assert_int_equal(notices_open(*state, got, 8), 1);
    assert_int_equal(got[0].since.ms, 1790000005000);
}

static void changes_come_in_order_however_few_are_asked_for(void **state)
{
    uint64_t revision = 0;

    notice_raise(*state, "a", "a", "1");
    notice_raise(*state, "b", "b", "2");
    notice_raise(*state, "a", "a", "3");
    assert_int_equal(notices_since(*state, &revision, got, 1), 1);
    assert_string_equal(got[0].id, "b");
    assert_int_equal(notices_since(*state, &revision, got, 1), 1);
    assert_string_equal(got[0].text, "3");
    assert_int_equal(notices_since(*state, &revision, got, 1), 0);
}

static void past_the_boards_end_the_rest_are_counted(void **state)
{
    uint64_t revision = 0;
    size_t count;
    char id[32];

    for (int i = 0; i < NOTICES_MAX + 10; i++) {
        snprintf(id, sizeof id, "link-%d", i);
        notice_raise(*state, id, "link", "down");
    }
    count = notices_open(*state, got, NOTICES_MAX);
    assert_int_equal(count, NOTICES_MAX);
    assert_string_equal(got[count - 1].id, "notices");
    notice_end(*state, "link-3");
    notices_since(*state, &revision, got, NOTICES_MAX);
    notice_raise(*state, "link-900", "link", "down");
    assert_int_equal(notices_since(*state, &revision, got, NOTICES_MAX), 1);
    assert_string_equal(got[0].id, "link-900");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(raising_again_changes_the_sentence_and_not_the_beginning,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            an_ended_notice_is_shown_once_more_and_begins_anew_when_raised, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_come_in_order_however_few_are_asked_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(past_the_boards_end_the_rest_are_counted, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
