/* Tests of collector/flow/agenda.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "flow/agenda.h"

enum { MANY = 500 };

static void entries_come_out_by_their_moment_however_they_were_moved(void **state)
{
    static struct agenda_entry entries[MANY];
    struct agenda agenda;
    struct agenda_entry *entry;
    int64_t at[MANY], last = -1;
    size_t in = 0;

    assert_true(agenda_init(&agenda, MANY));
    srand(3);
    for (size_t i = 0; i < MANY; i++)
        agenda_entry_init(&entries[i], 0, &at[i]);
    for (int i = 0; i < 20000; i++) {
        size_t which = (size_t)rand() % MANY;

        if (rand() % 3 == 0) {
            agenda_remove(&agenda, &entries[which]);
            assert_false(agenda_has(&entries[which]));
        } else {
            at[which] = rand() % 1000;
            agenda_set(&agenda, &entries[which], at[which], 0);
            assert_int_equal(agenda_at(&agenda, &entries[which]), at[which]);
        }
    }
    for (size_t i = 0; i < MANY; i++)
        in += agenda_has(&entries[i]);
    for (; (entry = agenda_take(&agenda, INT64_MAX - 1)) != NULL; in--) {
        assert_true(*(int64_t *)entry->owner >= last);
        last = *(int64_t *)entry->owner;
    }
    assert_int_equal(in, 0);
    agenda_free(&agenda);
}

static void what_is_not_due_is_not_taken(void **state)
{
    struct agenda agenda;
    struct agenda_entry entry;

    agenda_init(&agenda, 1);
    assert_true(agenda_first(&agenda) == INT64_MAX);
    assert_null(agenda_take(&agenda, INT64_MAX));
    agenda_entry_init(&entry, 0, NULL);
    agenda_set(&agenda, &entry, 100, 0);
    assert_null(agenda_take(&agenda, 99));
    assert_ptr_equal(agenda_take(&agenda, 100), &entry);
    assert_false(agenda_has(&entry));
    agenda_free(&agenda);
}

static void at_one_moment_the_least_order_goes_first(void **state)
{
    struct agenda agenda;
    struct agenda_entry entries[3];

    agenda_init(&agenda, 3);
    for (int i = 0; i < 3; i++) {
        agenda_entry_init(&entries[i], 0, NULL);
        agenda_set(&agenda, &entries[i], 50, 10 - i);
    }
    for (int i = 2; i >= 0; i--)
        assert_ptr_equal(agenda_take(&agenda, 50), &entries[i]);
    agenda_free(&agenda);
}

static void moments_are_rounded_up_to_the_grid_of_the_wall_clock(void **state)
{
    assert_int_equal(agenda_on_grid(0, 0), 0);
    assert_int_equal(agenda_on_grid(1, 0), 10000000);
    assert_int_equal(agenda_on_grid(10000000, 0), 10000000);
    assert_int_equal(agenda_on_grid(10000001, 0), 20000000);
    assert_int_equal(agenda_on_grid(0, 3000000), 7000000);
    assert_int_equal(agenda_on_grid(-5, 0), 0);
}

static void ticks_are_aligned_to_the_wall_clock(void **state)
{
    assert_int_equal(tick_at(59999, 60000, 0), 0);
    assert_int_equal(tick_at(60000, 60000, 0), 1);
    assert_int_equal(tick_at(60000, 60000, 10), 0);
    assert_int_equal(tick_at(60010, 60000, 10), 1);
    assert_int_equal(tick_at(-1, 60000, 0), -1);
    assert_int_equal(tick_moment(2, 60000, 10), 120010);
    for (int64_t ms = -5000; ms < 5000; ms += 7) {
        int64_t tick = tick_at(ms, 300, 20);

        assert_true(tick_moment(tick, 300, 20) <= ms && tick_moment(tick + 1, 300, 20) > ms);
    }
}

static void a_thousand_devices_a_second_use_a_hundred_places(void **state)
{
    int seen[100] = {0};

    for (size_t i = 0; i < 1000; i++) {
        int64_t phase = tick_phase(i, 1000, 1000);

        assert_true(phase % 10 == 0 && phase >= 0 && phase < 1000);
        seen[phase / 10]++;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 10);
}

static void few_devices_stay_near_the_full_minute(void **state)
{
    for (size_t i = 0; i < 6; i++)
        assert_true(tick_phase(i, 6, 60000) == (int64_t)i * 10);
    assert_int_equal(tick_phase(3, 6, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_out_by_their_moment_however_they_were_moved),
        cmocka_unit_test(what_is_not_due_is_not_taken),
        cmocka_unit_test(at_one_moment_the_least_order_goes_first),
        cmocka_unit_test(moments_are_rounded_up_to_the_grid_of_the_wall_clock),
        cmocka_unit_test(ticks_are_aligned_to_the_wall_clock),
        cmocka_unit_test(a_thousand_devices_a_second_use_a_hundred_places),
        cmocka_unit_test(few_devices_stay_near_the_full_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
