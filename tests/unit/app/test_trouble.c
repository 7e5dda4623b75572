/* Tests of app/trouble.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "app/trouble.h"
#include "base/say.h"

static struct held_clock held;
static struct notices *board;
static struct trouble *trouble;
static const struct link_setup links[] = {
    {.name = "north", .kind = LINK_TCP, .host = "10.0.0.9", .port = 502}
};
static const struct channel ph = {.name = "ph"};
static const struct channel oxygen = {
    .name = "dissolved_oxygen", .area = AREA_HOLDING_REGISTER, .address = 43, .manual = "40044"};
static const struct channel *channels[] = {&ph, &oxygen};
static const uint32_t points[] = {1, 2};
static const struct device_setup devices[] = {
    {.points = points,
     .channels = channels,
     .channel_count = 2,
     .id = 5,
     .unit = 7,
     .every_ms = 10000,
     .label = "zj/ph"},
    {.id = 9, .unit = 8,     .every_ms = 10000, .label = "zj/do"},
};

static int begin(void **state)
{
    say_in(LANGUAGE_EN);
    held_clock_init(&held, (struct wall_time){1790000000000});
    board = notices_new(&held.clock);
    trouble = trouble_new(devices, 2, links, 1, &held.clock, board);
    return trouble == NULL;
}

static int end(void **state)
{
    trouble_free(trouble);
    notices_free(board);
    return 0;
}

static void polled(uint32_t device, enum quality quality, enum cause cause)
{
    const struct reading reading = {
        .point = 1, .quality = (uint8_t)quality, .cause = (uint8_t)cause, .value = NAN};
    const struct poll poll = {
        .device = device, .mono = held.mono, .readings = &reading, .reading_count = 1};

    trouble_poll(trouble, &poll, NULL);
}

static size_t open_notices(struct notice *out)
{
    return notices_open(board, out, 4);
}

static void a_single_failed_poll_is_no_notice(void **state)
{
    struct notice open[4];

    polled(5, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    held_clock_advance(&held, 59000);
    polled(5, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    assert_int_equal(open_notices(open), 0);
}

static void a_device_silent_for_a_minute_is_one_notice_until_it_answers(void **state)
{
    struct notice open[4];

    polled(5, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    held_clock_advance(&held, 60000);
    polled(5, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    polled(5, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    assert_int_equal(open_notices(open), 1);
    assert_non_null(strstr(open[0].text, "unit 7"));
    polled(9, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(open_notices(open), 1);
    polled(5, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(open_notices(open), 0);
}

static void a_host_that_refuses_is_one_notice_for_the_link(void **state)
{
    struct notice open[4];

    polled(5, QUALITY_NO_ANSWER, CAUSE_REFUSED);
    polled(9, QUALITY_NO_ANSWER, CAUSE_REFUSED);
    held_clock_advance(&held, 6000);
    polled(5, QUALITY_NO_ANSWER, CAUSE_REFUSED);
    polled(9, QUALITY_NO_ANSWER, CAUSE_REFUSED);
    assert_int_equal(open_notices(open), 1);
    assert_string_equal(open[0].id, "link-north");
    polled(9, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(open_notices(open), 0);
}

static void polled_half(enum quality second)
{
    const struct reading both[] = {
        {.point = 1,                  .quality = QUALITY_NORMAL,      .value = 7.0},
        { .point = 2, .quality = (uint8_t)second, .cause = CAUSE_EXCEPTION_1 + 1, .value = NAN},
    };
    const struct poll poll = {.device = 5, .mono = held.mono, .readings = both, .reading_count = 2};

    trouble_poll(trouble, &poll, NULL);
}

static void a_channel_its_device_refuses_for_ever_is_a_notice_of_its_own(void **state)
{
    struct notice open[4];

    polled_half(QUALITY_NO_ANSWER);
    polled_half(QUALITY_NO_ANSWER);
    assert_int_equal(open_notices(open), 0);
    polled_half(QUALITY_NO_ANSWER);
    polled_half(QUALITY_NO_ANSWER);
    assert_int_equal(open_notices(open), 1);
    assert_string_equal(open[0].id, "point-2");
    assert_non_null(strstr(open[0].text, "holding register 43, in the manual 40044"));
    polled_half(QUALITY_NORMAL);
    assert_int_equal(open_notices(open), 0);
}

/* T18: it is asked seldom from then on, so nothing more comes that could be waited for. */
static void a_device_that_refuses_everything_is_a_notice_the_third_time(void **state)
{
    struct notice open[4];

    polled(5, QUALITY_NO_ANSWER, CAUSE_EXCEPTION_1 + 1);
    polled(5, QUALITY_NO_ANSWER, CAUSE_EXCEPTION_1 + 1);
    assert_int_equal(open_notices(open), 0);
    polled(5, QUALITY_NO_ANSWER, CAUSE_EXCEPTION_1 + 1);
    assert_int_equal(open_notices(open), 1);
    assert_non_null(strstr(open[0].text, "compare the profile's register addresses"));
}

/* G33: cause and what to do stand in each sentence; subject and since beside it. */
static void every_cause_is_told_with_what_to_do(void **state)
{
    for (int cause = CAUSE_TIMEOUT; cause < CAUSE_COUNT; cause++)
        for (int language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++) {
            struct notice open[4];

            end(state);
            begin(state);
            say_in((enum language)language);
            polled(5, QUALITY_NO_ANSWER, (enum cause)cause);
            /* a unit that dials in may be away for longer */
            held_clock_advance(&held, cause == CAUSE_NOT_CONNECTED ? 600000 : 60000);
            polled(5, QUALITY_NO_ANSWER, (enum cause)cause);
            assert_int_equal(open_notices(open), 1);
            assert_non_null(strstr(open[0].text, cause_title((enum cause)cause)));
            assert_non_null(strstr(open[0].text, cause_advice((enum cause)cause)));
            assert_true(wall_is_known(open[0].since));
        }
    say_in(LANGUAGE_EN);
}

static void a_device_slower_than_its_timeout_is_a_notice_until_it_is_prompt_again(void **state)
{
    struct notice open[4];

    for (int i = 0; i < 20; i++) /* an answer lost now and then is nothing */
        polled(5, QUALITY_NORMAL, i % 5 == 0 ? CAUSE_AFTER_TIMEOUT : CAUSE_NONE);
    assert_int_equal(open_notices(open), 0);
    for (int i = 0; i < 4; i++)
        polled(5, QUALITY_NORMAL, CAUSE_AFTER_TIMEOUT);
    assert_int_equal(open_notices(open), 1);
    assert_non_null(strstr(open[0].text, "in link north set timeout longer"));
    polled(5, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(open_notices(open), 1);
    for (int i = 0; i < 12; i++)
        polled(5, QUALITY_NORMAL, CAUSE_NONE);
    assert_int_equal(open_notices(open), 0);
}

static void a_device_nobody_knows_is_left_alone(void **state)
{
    struct notice open[4];

    polled(4000000000U, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    polled(0, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    assert_int_equal(open_notices(open), 0);
}

static void what_the_bytes_of_a_link_say_is_one_notice_until_they_are_well(void **state)
{
    const struct finding well = {.kind = FINDING_NONE};
    struct finding finding = {.kind = FINDING_OTHER_UNIT, .unit = 7, .other = 5, .count = 3};
    struct notice open[4];

    held_clock_advance(&held, 60000);
    finding.since = held.mono;
    trouble_finding(trouble, 0, &finding);
    assert_int_equal(open_notices(open), 1);
    assert_string_equal(open[0].id, "line-north");
    assert_non_null(strstr(open[0].text, "unit 7 is asked and answers as unit 5"));
    assert_non_null(strstr(open[0].text, "since 2026-09-2")); /* by the clock of the machine */
    finding = (struct finding){.kind = FINDING_SECOND_MASTER, .count = 3};
    trouble_finding(trouble, 0, &finding);
    assert_int_equal(open_notices(open), 1);
    trouble_finding(trouble, 0, &well);
    assert_int_equal(open_notices(open), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_single_failed_poll_is_no_notice, begin, end),
        cmocka_unit_test_setup_teardown(a_device_silent_for_a_minute_is_one_notice_until_it_answers,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_host_that_refuses_is_one_notice_for_the_link, begin, end),
        cmocka_unit_test_setup_teardown(
            a_channel_its_device_refuses_for_ever_is_a_notice_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_device_that_refuses_everything_is_a_notice_the_third_time,
                                        begin, end),
        cmocka_unit_test_setup_teardown(every_cause_is_told_with_what_to_do, begin, end),
        cmocka_unit_test_setup_teardown(
            a_device_slower_than_its_timeout_is_a_notice_until_it_is_prompt_again, begin, end),
        cmocka_unit_test_setup_teardown(a_device_nobody_knows_is_left_alone, begin, end),
        cmocka_unit_test_setup_teardown(
            what_the_bytes_of_a_link_say_is_one_notice_until_they_are_well, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
