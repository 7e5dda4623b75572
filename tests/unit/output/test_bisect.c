/* Tests of output/bisect.c. Names say what must hold; the file reads as its specification. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/bisect.h"

enum { UNITS_MOST = 5000 };

static bool poison[UNITS_MOST];
static unsigned given_up;

static bool holds_poison(const struct part *part)
{
    for (size_t i = part->from; i < part->to; i++)
        if (poison[i])
            return true;
    return false;
}

/* Sends everything as line_courier.c does; returns how many requests it took. */
static unsigned send_all(size_t units, size_t largest)
{
    struct bisect bisect;
    struct part part;
    unsigned requests = 0;
    size_t done = 0;

    given_up = 0;
    bisect_begin(&bisect, units);
    while (bisect_next(&bisect, &part)) {
        assert_true(part.from == done && part.from < part.to);
        requests++;
        if (part.to - part.from > largest) {
            bisect_too_large(&bisect, &part);
        } else if (holds_poison(&part) && part.to - part.from > 1) {
            bisect_refused(&bisect, &part);
        } else {
            given_up += holds_poison(&part);
            bisect_taken(&bisect, &part);
            done = part.to;
        }
    }
    assert_int_equal(done, units);
    return requests;
}

static void a_clean_batch_is_one_request_and_an_empty_one_none(void **state)
{
    assert_int_equal(send_all(5000, SIZE_MAX), 1);
    assert_int_equal(send_all(0, SIZE_MAX), 0);
}

static void one_poisoned_unit_costs_at_most_2_log2_n_and_2(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 64, 100, 4100};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned bound = (unsigned)floor(2 * log2((double)sizes[i])) + 2;

        for (size_t at = 0; at < sizes[i]; at++) {
            poison[at] = true;
            assert_true(send_all(sizes[i], SIZE_MAX) <= bound);
            assert_int_equal(given_up, 1);
            poison[at] = false;
        }
    }
}

static void exactly_the_poisoned_units_are_given_up_wherever_they_stand(void **state)
{
    unsigned many = 0;

    srandom(20261122);
    for (size_t i = 0; i < UNITS_MOST; i++)
        many += poison[i] = random() % 50 == 0;
    assert_true(send_all(UNITS_MOST, SIZE_MAX) <= many * 26 + 1);
    assert_int_equal(given_up, many);
    memset(poison, true, 64);
    memset(poison + 64, false, sizeof poison - 64);
    send_all(64, SIZE_MAX);
    assert_int_equal(given_up, 64);
    memset(poison, false, sizeof poison);
}

static void a_batch_too_large_is_halved_until_it_fits_and_nothing_is_given_up(void **state)
{
    assert_int_equal(send_all(5000, 1250), 3 + 4);
    assert_int_equal(given_up, 0);
}

static void a_part_sent_again_is_the_same_part(void **state)
{
    struct bisect bisect;
    struct part first, again;

    bisect_begin(&bisect, 10);
    assert_true(bisect_next(&bisect, &first));
    bisect_again(&bisect, &first);
    assert_true(bisect_next(&bisect, &again));
    assert_true(again.from == 0 && again.to == 10);
    bisect_taken(&bisect, &again);
    assert_false(bisect_next(&bisect, &again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_batch_is_one_request_and_an_empty_one_none),
        cmocka_unit_test(one_poisoned_unit_costs_at_most_2_log2_n_and_2),
        cmocka_unit_test(exactly_the_poisoned_units_are_given_up_wherever_they_stand),
        cmocka_unit_test(a_batch_too_large_is_halved_until_it_fits_and_nothing_is_given_up),
        cmocka_unit_test(a_part_sent_again_is_the_same_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
