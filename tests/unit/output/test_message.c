/* Tests of output/message.c. Names say what must hold; the file reads as its specification. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "output/message.h"
#include "unit/output/small_town.h"

static char bytes[4096];
static struct text text;

static void begin(void)
{
    text_init(&text, bytes, sizeof bytes);
}

static void topics_stand_below_root_and_collector(void **state)
{
    begin();
    message_topic(&text, "lookback", "zj-01", "status", NULL, NULL);
    assert_string_equal(bytes, "lookback/zj-01/status");
    begin();
    message_topic(&text, "lookback", "zj-01", "reading", "chuanyang-03", "sonde");
    assert_string_equal(bytes, "lookback/zj-01/reading/chuanyang-03/sonde");
}

static void status_says_online_with_time_and_version_or_offline(void **state)
{
    begin();
    message_online(&text, (struct wall_time){1790000000123}, "0.2.0");
    assert_string_equal(
        bytes,
        "{\"state\":\"online\",\"time\":\"2026-09-21T14:13:20.123Z\",\"version\":\"0.2.0\"}");
    begin();
    message_offline(&text);
    assert_string_equal(bytes, "{\"state\":\"offline\"}");
}

static void a_reading_is_that_of_the_contract(void **state)
{
    const struct reading readings[] = {
        {.point = PH, .value = 7.32}
    };
    struct poll poll = {.seq = 812,
                        .device = SONDE,
                        .time = {1790000000123},
                        .readings = readings,
                        .reading_count = 1};

    begin();
    message_reading(&text, &town, &poll);
    assert_string_equal(bytes, "{\"seq\":812,\"time\":\"2026-09-21T14:13:20.123Z\","
                               "\"values\":{\"ph\":7.32},\"quality\":{\"ph\":\"N\"},\"cause\":{}}");
}

static void absent_is_null_and_only_what_has_a_cause_names_one(void **state)
{
    const struct reading readings[] = {
        {.point = PH,               .quality = QUALITY_NO_ANSWER, .cause = CAUSE_TIMEOUT, .value = NAN},
        {.point = TEMPERATURE,             .value = 20.5                                        },
        {.point = RAIN,.quality = QUALITY_FAULT,.cause = CAUSE_ABSENT_MARK, .value = INFINITY},
        {.point = 999,  .value = 1                }
    };
    struct poll poll = {
        .seq = 1, .device = SONDE, .time = {0}, .readings = readings, .reading_count = 4};

    begin();
    message_reading(&text, &town, &poll);
    assert_string_equal(bytes,
                        "{\"seq\":1,\"time\":\"1970-01-01T00:00:00.000Z\","
                        "\"values\":{\"ph\":null,\"water_temperature\":20.5,\"rain.max\":null},"
                        "\"quality\":{\"ph\":\"B\",\"water_temperature\":\"N\",\"rain.max\":\"D\"},"
                        "\"cause\":{\"ph\":\"timeout\",\"rain.max\":\"absent_mark\"}}");
}

static void a_device_describes_itself_and_says_when_it_is_simulated(void **state)
{
    begin();
    message_device(&text, &town, &town_devices[0]);
    assert_string_equal(
        bytes,
        "{\"title\":\"水质仪\",\"site_title\":\"川杨河 3 号断面\",\"model\":\"example_wq300\","
        "\"every_ms\":60000,\"simulated\":true,\"channels\":{"
        "\"ph\":{\"title\":\"pH\",\"unit\":\"\",\"decimals\":2,\"hj212\":\"w01001\"},"
        "\"water_temperature\":{\"title\":\"water temperature\",\"unit\":\"degC\",\"decimals\":1,"
        "\"hj212\":\"w01010\"},"
        "\"rain.max\":{\"title\":\"rain\",\"unit\":\"mm\",\"decimals\":1,\"hj212\":\"\"}}}");
}

static void a_device_that_left_the_settings_is_emptied(void **state)
{
    begin();
    message_device(&text, &town, &town_devices[1]);
    assert_int_equal(text.used, 0);
}

static void a_notice_is_told_while_it_is_open_and_emptied_after(void **state)
{
    struct notice notice = {
        .id = "disk", .subject = "disk", .text = "磁盘\"满\"\x01", .since = {0}};

    begin();
    message_notice(&text, &notice);
    assert_string_equal(bytes,
                        "{\"id\":\"disk\",\"subject\":\"disk\",\"text\":\"磁盘\\\"满\\\"\\u0001\","
                        "\"since\":\"1970-01-01T00:00:00.000Z\"}");
    notice.since = WALL_NONE;
    begin();
    message_notice(&text, &notice);
    assert_non_null(strstr(bytes, "\"since\":null}"));
    notice.ended = true;
    begin();
    message_notice(&text, &notice);
    assert_int_equal(text.used, 0);
}

static void a_problem_is_old_30_days_after_it_was_closed(void **state)
{
    static const struct {
        const char *body;
        bool old;
    } cases[] = {
        {"{\"uid\":\"ab\",\"state\":\"closed\",\"ended\":\"2026-01-01T00:00:00Z\"}",               true },
        {"{\"uid\":\"ab\",\"state\":\"closed\",\"ended\":null,\"last\":\"2026-01-01T00:00:00Z\"}",
         true                                                                                           },
        {"{\"uid\":\"ab\",\"state\":\"closed\",\"ended\":\"2026-01-01T00:00:02Z\"}",               false},
        {"{\"uid\":\"ab\",\"state\":\"recovered\",\"ended\":\"2026-01-01T00:00:00Z\"}",            false},
        {"{\"uid\":\"ab\",\"state\":\"closed\",\"ended\":null}",                                   false},
        {"no json",                                                                                false},
    };
    struct wall_time now;

    assert_true(moment_parse("2026-01-31T00:00:01Z", &now));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char uid[33] = "";

        assert_int_equal(message_problem_is_old(cases[i].body, now, uid), cases[i].old);
        assert_string_equal(uid, cases[i].old ? "ab" : "");
    }
    assert_false(message_problem_is_old(cases[0].body, WALL_NONE, NULL));
}

static struct sealed a_head(void)
{
    struct sealed sealed = {
        .head = {.segment = 412, .sealed = {1790000000123}, .key = "c0ffee"}
    };

    memset(sealed.digest, 0x0a, sizeof sealed.digest);
    memset(sealed.head.previous, 0xb0, sizeof sealed.head.previous);
    memset(sealed.signature, 0xcd, sizeof sealed.signature);
    return sealed;
}

#define EIGHT(hex) hex hex hex hex hex hex hex hex
#define OH_A       EIGHT("0a0a0a0a")
#define B_OH       EIGHT("b0b0b0b0")
#define C_D        EIGHT("cdcdcdcd") EIGHT("cdcdcdcd")

static void a_head_is_that_of_the_contract(void **state)
{
    struct sealed sealed = a_head();

    begin();
    message_seal(&text, &sealed);
    assert_string_equal(bytes, "{\"segment\":412,\"head\":\"" OH_A "\",\"previous\":\"" B_OH
                               "\",\"time\":\"2026-09-21T14:13:20.123Z\",\"signature\":\"" C_D
                               "\",\"key\":\"c0ffee\"}");
}

static void a_problem_takes_the_newest_head_along_and_else_stays_as_the_judge_wrote_it(void **state)
{
    static const char body[] = "{\"uid\":\"ab\",\"value\":2.31,\"why\":\"\\\"seal\\\":null}\","
                               "\"seal\":null}";
    struct sealed sealed = a_head();

    begin();
    message_problem(&text, body, &sealed);
    assert_string_equal(bytes, "{\"uid\":\"ab\",\"value\":2.31,\"why\":\"\\\"seal\\\":null}\","
                               "\"seal\":{\"segment\":412,\"head\":\"" OH_A "\"}}");
    begin();
    message_problem(&text, body, NULL);
    assert_string_equal(bytes, body);
    begin();
    message_problem(&text, "{\"uid\":\"ab\"}", &sealed); /* of no form of ours */
    assert_string_equal(bytes, "{\"uid\":\"ab\"}");
}

static int open_town(void **state)
{
    town_open();
    return 0;
}

static int close_town(void **state)
{
    town_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_stand_below_root_and_collector),
        cmocka_unit_test(status_says_online_with_time_and_version_or_offline),
        cmocka_unit_test(a_reading_is_that_of_the_contract),
        cmocka_unit_test(absent_is_null_and_only_what_has_a_cause_names_one),
        cmocka_unit_test(a_device_describes_itself_and_says_when_it_is_simulated),
        cmocka_unit_test(a_device_that_left_the_settings_is_emptied),
        cmocka_unit_test(a_notice_is_told_while_it_is_open_and_emptied_after),
        cmocka_unit_test(a_head_is_that_of_the_contract),
        cmocka_unit_test(
            a_problem_takes_the_newest_head_along_and_else_stays_as_the_judge_wrote_it),
        cmocka_unit_test(a_problem_is_old_30_days_after_it_was_closed),
    };

    return cmocka_run_group_tests(tests, open_town, close_town);
}
