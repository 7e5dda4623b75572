/* Tests of ledger/terms.c and of the words it ships with, config/ledger.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/terms.h"

static struct terms *shipped;

static int begin(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    size_t wrong;

    shipped = terms_load(SOURCE_ROOT "/config/ledger.conf", faults);
    wrong = conf_faults_count(faults);
    conf_faults_free(faults);
    return shipped == NULL || wrong > 0;
}

static int end(void **state)
{
    terms_free(shipped);
    return 0;
}

static int64_t watch_days(const char *key)
{
    const struct category *category = terms_category(shipped, key);

    assert_non_null(category);
    return category->watch_ms / 86400000;
}

static void every_trade_of_the_plan_is_there_with_its_watch_period(void **state)
{
    static const char *const ninety[] = {"industry",  "scrap_yard",    "rubbish_heap",
                                         "idle_land", "building_site", "noise"};

    assert_int_equal(watch_days("catering"), 30);
    assert_int_equal(watch_days("river"), 180);
    for (size_t i = 0; i < sizeof ninety / sizeof ninety[0]; i++)
        assert_int_equal(watch_days(ninety[i]), 90);
    assert_int_equal(shipped->watch_ms, 90LL * 86400000);
    assert_int_equal(shipped->due_soon_ms, 15LL * 86400000);
}

static void a_category_is_found_however_it_is_written(void **state)
{
    static const char *const words[] = {"餐饮", " 餐 饮 ", "Catering", "ＣＡＴＥＲＩＮＧ",
                                        "餐饮油烟"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_string_equal(terms_find_category(shipped, words[i], NULL)->term.key, "catering");
    assert_string_equal(terms_find_category(shipped, "scrap yard", NULL)->term.key, "scrap_yard");
    assert_null(terms_find_category(shipped, "", NULL));
}

static void a_wrong_word_gives_the_nearest_or_none(void **state)
{
    const char *nearest;

    assert_null(terms_find_category(shipped, "噪声污染", &nearest));
    assert_string_equal(nearest, "噪声");
    assert_null(terms_find_category(shipped, "rivrs", &nearest));
    assert_string_equal(nearest, "河道水质");
    assert_null(terms_find_category(shipped, "xyzzy", &nearest));
    assert_null(nearest);
}

static void every_state_is_found_by_its_own_word_and_titles(void **state)
{
    for (int i = 0; i < TASK_STATE_COUNT; i++) {
        enum task_state found = TASK_STATE_COUNT;

        assert_true(terms_find_state(shipped, task_state_word((enum task_state)i), &found, NULL));
        assert_int_equal(found, i);
        assert_true(terms_find_state(shipped, task_state_title((enum task_state)i), &found, NULL));
        assert_int_equal(found, i);
    }
}

static void only_petitions_come_from_petitions(void **state)
{
    assert_true(terms_find_source(shipped, "信访件")->petition);
    assert_true(terms_find_source(shipped, "12345")->petition);
    assert_false(terms_find_source(shipped, "督察反馈")->petition);
    assert_null(terms_find_source(shipped, "隔壁镇"));
}

/* The first fault of a file with these words in it. */
static void expect_fault(const char *words, const char *says)
{
    char path[] = "/tmp/lookback-terms-XXXXXX";
    struct conf_faults *faults = conf_faults_new();
    int fd = mkstemp(path);

    assert_int_equal(write(fd, words, strlen(words)), (ssize_t)strlen(words));
    close(fd);
    terms_free(terms_load(path, faults));
    unlink(path);
    assert_true(conf_faults_count(faults) > 0);
    if (strstr(conf_fault(faults, 0)->text, says) == NULL)
        fail_msg("%s\nhas no: %s", conf_fault(faults, 0)->text, says);
    conf_faults_free(faults);
}

#define REST "sources = ( ); states = ( );"

static void a_wrong_line_is_named(void **state)
{
    expect_fault("categories = ( { key = \"a\"; zh = \"甲\"; en = \"a\"; },\n"
                 "{ key = \"a\"; zh = \"乙\"; en = \"b\"; } );" REST,
                 ":2: key");
    expect_fault("categories = (\n{ key = \"a\"; zh = \"甲\"; en = \"x\"; },\n"
                 "{ key = \"b\"; zh = \"乙\"; en = \"X \"; } );" REST,
                 "categories: ");
    expect_fault("categories = ( { key = \"a\"; zh = \"甲\"; en = \"a\"; watch = \"0d\"; } );" REST,
                 "watch");
    expect_fault(
        "categories = ( ); sources = ( );\nstates = ( { key = \"done\"; words = [\"x\"]; } );",
        ":2: key");
    expect_fault("due_soon = 15;\ncategories = ( );" REST, ":1: due_soon");
    expect_fault("categories = ( { key = \"a\"; zh = \"甲\"; en = \"a\"; words = [3]; } );" REST,
                 "words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trade_of_the_plan_is_there_with_its_watch_period),
        cmocka_unit_test(a_category_is_found_however_it_is_written),
        cmocka_unit_test(a_wrong_word_gives_the_nearest_or_none),
        cmocka_unit_test(every_state_is_found_by_its_own_word_and_titles),
        cmocka_unit_test(only_petitions_come_from_petitions),
        cmocka_unit_test(a_wrong_line_is_named),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
