/* Tests of ledger/intake*.c: an office's table as tasks, every fault with row and column. */
#include "unit/ledger/small_ledger.h"

static struct intake *taken(const char *text)
{
    struct error err = {0};
    struct intake *intake = small_read(text, strlen(text), &err);

    if (intake == NULL)
        print_error("%s\n", err.text);
    assert_non_null(intake);
    return intake;
}

/* A table without a fault. */
static struct intake *good(const char *text)
{
    struct intake *intake = taken(text);

    for (size_t i = 0; i < intake->faults_kept; i++)
        print_error("row %zu %s: %s\n", intake->faults[i].row, intake->faults[i].column,
                    intake->faults[i].text);
    assert_int_equal(intake->fault_count, 0);
    return intake;
}

static const json_t *task_of(const struct intake *intake, size_t index)
{
    return json_array_get(intake->tasks, index);
}

static const char *word(const struct intake *intake, size_t index, const char *key)
{
    const char *found = json_string_value(json_object_get(task_of(intake, index), key));

    return found == NULL ? "" : found;
}

static const char *owner_word(const struct intake *intake, size_t index, const char *key)
{
    return json_string_value(
        json_object_get(json_object_get(task_of(intake, index), "owner"), key));
}

/* The one fault of a table with one row, at that column. */
static void expect_fault(const char *text, size_t row, const char *column, const char *says)
{
    struct intake *intake = taken(text);

    assert_true(intake->fault_count >= 1);
    assert_int_equal(intake->faults[0].row, row);
    assert_string_equal(intake->faults[0].column, column);
    if (strstr(intake->faults[0].text, says) == NULL)
        fail_msg("%s\nhas no: %s", intake->faults[0].text, says);
    intake_free(intake);
}

static bool notes_say(const struct intake *intake, const char *words)
{
    for (size_t i = 0; i < json_array_size(intake->notes); i++)
        if (strstr(json_string_value(json_array_get(intake->notes, i)), words) != NULL)
            return true;
    return false;
}

/* Headers ----------------------------------------------------------------------------------- */

static void chinese_headers_in_any_order_are_understood(void **state)
{
    struct intake *intake = good("整改时限,责任单位,问题描述,类别,编号,状态,牵头部门,责任人\n"
                                 "2026-12-31,北村村委会,油烟直排,餐饮,7,整改中,规建办,环保管家\n");

    assert_string_equal(word(intake, 0, "id"), "7");
    assert_string_equal(word(intake, 0, "category"), "catering");
    assert_string_equal(word(intake, 0, "title"), "油烟直排");
    assert_string_equal(word(intake, 0, "deadline"), "2026-12-31");
    assert_string_equal(word(intake, 0, "state"), "rectifying");
    assert_string_equal(owner_word(intake, 0, "unit"), "北村村委会");
    assert_string_equal(owner_word(intake, 0, "lead"), "规建办");
    assert_string_equal(owner_word(intake, 0, "person"), "环保管家");
    intake_free(intake);
}

static void english_headers_are_understood(void **state)
{
    struct intake *intake = good("ID,Category,Title,Deadline,State,Unit\n"
                                 "7,River,Smells,2026-12-31,struck off,\n");

    assert_string_equal(word(intake, 0, "category"), "river");
    assert_string_equal(word(intake, 0, "state"), "struck_off");
    assert_true(
        json_is_null(json_object_get(json_object_get(task_of(intake, 0), "owner"), "unit")));
    intake_free(intake);
}

static void headers_with_marks_and_remarks_are_understood(void **state)
{
    struct intake *intake =
        good("*编号：,整改时限（年/月/日）,村（居）委会, 问 题 类 型 ,问题描述\n"
             "7,2026-12-31,北村,河道,水黑\n");

    assert_string_equal(word(intake, 0, "id"), "7");
    assert_string_equal(word(intake, 0, "deadline"), "2026-12-31");
    assert_string_equal(word(intake, 0, "village"), "北村");
    assert_string_equal(word(intake, 0, "category"), "river");
    intake_free(intake);
}

static void titles_and_empty_rows_above_the_headers_are_passed_over(void **state)
{
    struct intake *intake = good("某镇环境问题整改清单,,\n,,\n\n编号,类别,问题描述\n7,河道,水黑\n");

    assert_int_equal(json_array_size(intake->tasks), 1);
    assert_int_equal(intake->rows[0], 5);
    intake_free(intake);
}

static void semicolon_and_tab_are_found_by_the_headers(void **state)
{
    struct intake *intake = good("编号;类别;问题描述\n7;河道;水黑,有味\n");

    assert_string_equal(word(intake, 0, "title"), "水黑,有味");
    intake_free(intake);
    intake = good("编号\t类别\t问题描述\n7\t河道\t水黑\n");
    assert_string_equal(word(intake, 0, "title"), "水黑");
    intake_free(intake);
}

static void the_better_of_two_headers_is_the_id(void **state)
{
    struct intake *intake = good("序号,问题编号,类别,问题描述\n1,HZ-7,河道,水黑\n");

    assert_string_equal(word(intake, 0, "id"), "HZ-7");
    assert_true(notes_say(intake, "A 序号"));
    intake_free(intake);
}

static void gb18030_and_its_name_are_said(void **state)
{
    /* 编号,类别,问题描述 / 7,河道,水黑 */
    static const char bytes[] =
        "\xb1\xe0\xba\xc5,\xc0\xe0\xb1\xf0,\xce\xca\xcc\xe2\xc3\xe8\xca\xf6\r\n"
        "7,\xba\xd3\xb5\xc0,\xcb\xae\xba\xda\r\n";
    struct intake *intake = good(bytes);

    assert_string_equal(word(intake, 0, "title"), "水黑");
    assert_true(notes_say(intake, "GB18030"));
    intake_free(intake);
}

static void a_file_without_headers_is_no_table(void **state)
{
    static const char *const texts[] = {"7,河道,水黑\n", "编号\n7\n", "类别,问题描述\n河道,水黑\n"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct error err = {0};

        assert_null(small_read(texts[i], strlen(texts[i]), &err));
        assert_non_null(strstr(err.text, "编号"));
    }
}

static void an_empty_file_is_said_to_be_empty(void **state)
{
    static const char *const texts[] = {"", "\n\n", ",,,\n,,,\n", "\xef\xbb\xbf"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct error err = {0};

        assert_null(small_read(texts[i], strlen(texts[i]), &err));
        assert_non_null(strstr(err.text, "空"));
    }
}

static void of_many_sites_elsewhere_the_first_ones_are_named(void **state)
{
    char text[8192] = "编号,类别,问题描述,监测点\n";
    struct intake *intake;
    struct error err = {0};

    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "%d,河道,水黑,far-%d/sonde/ph\n", i, i);
    intake = small_read(text, strlen(text), &err);
    assert_non_null(intake);
    assert_int_equal(intake->fault_count, 0);
    assert_true(json_array_size(intake->notes) < 30);
    assert_true(notes_say(intake, "100"));
    intake_free(intake);
}

static void columns_nobody_knows_are_named_and_left_out(void **state)
{
    struct intake *intake = good("编号,类别,问题描述,备注\n7,河道,水黑,随便\n");

    assert_true(notes_say(intake, "D 备注"));
    assert_null(strstr(json_string_value(json_object_get(task_of(intake, 0), "title")), "随便"));
    intake_free(intake);
}

/* Rows -------------------------------------------------------------------------------------- */

static void a_row_speaks_about_its_columns_only(void **state)
{
    struct intake *intake = good("编号,问题描述\n7,水黑\n");

    assert_int_equal(json_object_size(task_of(intake, 0)), 2);
    intake_free(intake);
}

static void merged_cells_take_the_value_above_and_say_so(void **state)
{
    struct intake *intake = good("编号,批次,来源,类别,村居,问题描述\n1,一,督察反馈,河道,北村,水黑\n"
                                 "2,,,,,水臭\n3,二,信访件,噪声,,吵\n");

    assert_string_equal(word(intake, 1, "batch"), "一");
    assert_string_equal(word(intake, 1, "source"), "inspection");
    assert_string_equal(word(intake, 1, "category"), "river");
    assert_string_equal(word(intake, 1, "village"), "北村");
    assert_string_equal(word(intake, 2, "village"), "北村");
    assert_string_equal(word(intake, 2, "batch"), "二");
    assert_string_equal(word(intake, 2, "kind"), "petition");
    assert_true(notes_say(intake, "5 个空格"));
    intake_free(intake);
}

static void an_id_left_empty_by_a_merge_is_a_fault(void **state)
{
    expect_fault("编号,类别,问题描述\n1,河道,水黑\n,河道,水臭\n", 3, "A", "合并单元格");
}

static void totals_repeated_headers_and_empty_rows_are_skipped(void **state)
{
    struct intake *intake =
        good("编号,类别,问题描述\n1,河道,水黑\n,,\n编号,类别,问题描述\n2,河道,水臭\n"
             "小计,,2\n合 计,共2项,\n");

    assert_int_equal(json_array_size(intake->tasks), 2);
    assert_true(notes_say(intake, "2 行合计"));
    assert_true(notes_say(intake, "1 行重复的表头"));
    intake_free(intake);
}

static void an_id_twice_is_a_fault_with_both_rows(void **state)
{
    expect_fault("编号,类别,问题描述\n1,河道,水黑\n１,河道,水臭\n", 3, "A", "第 2 行");
}

static void a_category_nobody_knows_is_kept_as_written_and_said(void **state)
{
    struct intake *intake = good("编号,类别,问题描述\n1,畜禽养殖,粪污外排\n2,,无类别\n");

    assert_string_equal(word(intake, 0, "category"), "畜禽养殖");
    assert_true(json_is_null(json_object_get(task_of(intake, 1), "category")) ||
                strcmp(word(intake, 1, "category"), "畜禽养殖") == 0);
    assert_true(notes_say(intake, "畜禽养殖"));
    intake_free(intake);
}

static void a_category_that_is_nearly_known_is_a_fault_with_the_nearest(void **state)
{
    expect_fault("编号,类别,问题描述\n1,餐饮油炯,油烟\n", 2, "B", "餐饮油烟");
    expect_fault("编号,类别,问题描述\n1,cattering,x\n", 2, "B", "餐饮油烟");
}

static void what_a_sentence_quotes_is_cut_at_a_character(void **state)
{
    struct intake *intake =
        taken("编号,类别,问题描述\n1,x这个类别的名字写得实在太长了谁也不知道它到底是什么"
              "意思反正不是任何一种已知的类别,水黑\n");
    json_t *words = json_string(intake->faults[0].text);

    assert_non_null(words);
    json_decref(words);
    intake_free(intake);
}

static void an_unknown_state_is_a_fault_with_the_nearest(void **state)
{
    expect_fault("编号,状态\n1,整改当中\n", 2, "B", "整改中");
}

static void full_width_digits_letters_and_marks_are_read(void **state)
{
    struct intake *intake = good(
        "编号,类别,问题描述,整改时限,监测点\n"
        "Ｐ－１２,河道,水黑（ＣＯＤ高）,２０２６／１２／３１,ｒｉｖｅｒ－１／ｓｏｎｄｅ／ｐｈ\n");

    assert_string_equal(word(intake, 0, "id"), "P-12");
    assert_string_equal(word(intake, 0, "title"), "水黑（ＣＯＤ高）");
    assert_string_equal(word(intake, 0, "deadline"), "2026-12-31");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(task_of(intake, 0), "points"), 0)),
        "river-1/sonde/ph");
    intake_free(intake);
}

static void a_date_that_may_be_two_days_is_a_fault(void **state)
{
    expect_fault("编号,整改时限\n1,12/31/2026\n", 2, "B", "2026-12-31");
}

static void no_fixed_day_is_accepted_and_said(void **state)
{
    struct intake *intake =
        good("编号,整改时限\n1,立行立改\n2,长期坚持\n3,46387\n4,2026年12月底\n");

    assert_true(json_is_null(json_object_get(task_of(intake, 0), "deadline")));
    assert_string_equal(word(intake, 2, "deadline"), "2026-12-31");
    assert_string_equal(word(intake, 3, "deadline"), "2026-12-31");
    assert_true(notes_say(intake, "2 个时限"));
    assert_true(notes_say(intake, "1 个日期"));
    intake_free(intake);
}

static void a_formula_stays_text(void **state)
{
    struct intake *intake = good("编号,问题描述\n1,=HYPERLINK(\"http://x\")\n2,@SUM(1)\n");

    assert_string_equal(word(intake, 0, "title"), "=HYPERLINK(\"http://x\")");
    assert_string_equal(word(intake, 1, "title"), "@SUM(1)");
    intake_free(intake);
}

static void yes_no_and_a_new_deadline_are_read(void **state)
{
    struct intake *intake =
        good("编号,延期,督办,整改时限\n1,是,否,2026-11-01\n2,2027-01-31,市级督办,2026-11-01\n"
             "3,,,\n");

    assert_true(json_is_true(json_object_get(task_of(intake, 0), "extended")));
    assert_true(json_is_false(json_object_get(task_of(intake, 0), "supervised")));
    assert_true(json_is_true(json_object_get(task_of(intake, 1), "extended")));
    assert_string_equal(word(intake, 1, "deadline"), "2027-01-31");
    assert_true(json_is_true(json_object_get(task_of(intake, 1), "supervised")));
    assert_true(json_is_false(json_object_get(task_of(intake, 2), "extended")));
    intake_free(intake);
    expect_fault("编号,督办\n1,也许\n", 2, "B", "是");
}

static void a_strike_off_in_the_future_is_a_fault(void **state)
{
    expect_fault("编号,销号日期\n1,2026-11-24\n", 2, "B", "还没有到");
}

static void a_cell_without_a_header_is_a_fault(void **state)
{
    expect_fault("编号,问题描述\n1,水黑,有味\n", 2, "C", "引号");
}

static void a_quotation_mark_never_closed_is_a_fault(void **state)
{
    expect_fault("编号,问题描述\n1,\"水黑\n2,水臭\n", 2, "B", "引号");
}

static void a_text_too_long_is_a_fault(void **state)
{
    char text[TASK_TEXT_SIZE + 200] = "编号,问题描述\n1,";

    memset(text + strlen(text), 'x', TASK_TEXT_SIZE);
    expect_fault(text, 2, "B", "字节");
}

static void ten_thousand_broken_rows_are_counted_and_fifty_shown(void **state)
{
    size_t size = 40 * 10001;
    char *text = malloc(size);
    size_t used = (size_t)snprintf(text, size, "编号,类别,问题描述\n");
    struct intake *intake;

    for (int i = 1; i <= 10000; i++)
        used += (size_t)snprintf(text + used, size - used, "%d,nothing,x\n", i);
    intake = taken(text);
    assert_int_equal(intake->fault_count, 10000);
    assert_int_equal(intake->faults_kept, 50);
    assert_int_equal(intake->faults[49].row, 51);
    assert_int_equal(json_array_size(intake->tasks), 0);
    intake_free(intake);
    free(text);
}

/* Places ------------------------------------------------------------------------------------ */

static size_t points_of(const char *cell, struct intake **intake)
{
    char text[400];

    snprintf(text, sizeof text, "编号,监测点\n1,\"%s\"\n", cell);
    *intake = good(text);
    return json_array_size(json_object_get(task_of(*intake, 0), "points"));
}

static void points_are_named_whole_by_pattern_or_by_site(void **state)
{
    static const struct {
        const char *cell;
        size_t points;
    } cases[] = {
        {"river-1/sonde/ph",               1},
        {"river-1/*/ph",                   1},
        {"river-1",                        2},
        {"清河一号断面",             2},
        {"river-1/sonde",                  2},
        {"river-1、yard/pm/pm10",         3},
        {"river-1/sonde/ph；river-1/*/*", 2},
        {"",                               0},
        {"-",                              0}
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct intake *intake;

        assert_int_equal(points_of(cases[i].cell, &intake), cases[i].points);
        intake_free(intake);
    }
}

static void a_point_that_a_site_here_has_not_is_a_fault(void **state)
{
    expect_fault("编号,监测点\n1,river-1/sonde/pH1\n", 2, "B", "river-1/sonde/ph");
    expect_fault("编号,监测点\n1,bare\n", 2, "B", "留空");
    expect_fault("编号,监测点\n1,a/b/c/d\n", 2, "B", "点位/设备/通道");
    expect_fault("编号,监测点\n1,没有这处\n", 2, "B", "sites.conf");
}

static void a_site_of_another_gateway_is_fine_and_said(void **state)
{
    struct intake *intake;

    assert_int_equal(points_of("lake-9/sonde/ph", &intake), 1);
    assert_string_equal(word(intake, 0, "site"), "lake-9");
    assert_true(notes_say(intake, "lake-9"));
    intake_free(intake);
    assert_int_equal(points_of("lake-9/*/ph", &intake), 0);
    assert_string_equal(word(intake, 0, "site"), "lake-9");
    intake_free(intake);
}

static void a_site_gives_its_village_where_the_cell_is_empty(void **state)
{
    struct intake *intake = good("编号,点位,村居,网格\n1,清河一号断面,,\n");

    assert_string_equal(word(intake, 0, "site"), "river-1");
    assert_string_equal(word(intake, 0, "village"), "北村");
    assert_string_equal(word(intake, 0, "grid"), "wg-1");
    intake_free(intake);
}

static void a_place_that_is_no_site_goes_before_the_text(void **state)
{
    struct intake *intake =
        good("编号,点位名称,问题描述\n1,桥头面馆,油烟直排\n2,桥头面馆,桥头面馆油烟直排\n");

    assert_string_equal(word(intake, 0, "title"), "桥头面馆：油烟直排");
    assert_string_equal(word(intake, 1, "title"), "桥头面馆油烟直排");
    assert_true(json_is_null(json_object_get(task_of(intake, 0), "site")));
    intake_free(intake);
}

/* Persons ----------------------------------------------------------------------------------- */

static void who_complained_is_kept_apart_from_the_task(void **state)
{
    struct intake *intake =
        good("编号,问题描述,信访人,联系电话\nP-1,吵,某某某,021-00000000\n2,水黑,,\n");
    char *words = json_dumps(intake->tasks, 0);
    const json_t *person = json_object_get(intake->people, "P-1");

    assert_null(strstr(words, "某某某"));
    assert_null(strstr(words, "021-00000000"));
    assert_string_equal(json_string_value(json_object_get(person, "信访人")), "某某某");
    assert_string_equal(json_string_value(json_object_get(person, "联系电话")), "021-00000000");
    assert_null(json_object_get(intake->people, "2"));
    assert_true(notes_say(intake, "people.sqlite"));
    free(words);
    intake_free(intake);
}

static void a_telephone_inside_a_text_is_a_fault(void **state)
{
    expect_fault("编号,问题描述\n1,居民来电 13800000000 反映\n", 2, "B", "手机号");
    expect_fault("编号,责任人\n1,张三 １３８００００００００\n", 2, "B", "手机号");
}

/* The sample -------------------------------------------------------------------------------- */

static void the_sample_has_102_findings_and_4_petitions(void **state)
{
    FILE *file = fopen(SOURCE_ROOT "/config/tasks-sample.csv", "rb");
    static char bytes[1 << 18];
    size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    struct error err = {0};
    struct intake *intake;
    size_t petitions = 0;

    assert_non_null(file);
    fclose(file);
    intake = small_read(bytes, size, &err);
    assert_non_null(intake);
    assert_int_equal(intake->fault_count, 0);
    for (size_t i = 0; i < json_array_size(intake->tasks); i++)
        petitions += strcmp(word(intake, i, "kind"), "petition") == 0;
    assert_int_equal(json_array_size(intake->tasks), 106);
    assert_int_equal(petitions, 4);
    assert_int_equal(json_object_size(intake->people), 0);
    intake_free(intake);
}

static void a_petitioner_who_is_named_in_the_text_refuses_the_row(void **state)
{
    struct intake *intake =
        good("编号,问题描述,信访人\nP-1,居民反映夜间扰民,居民\nP-2,水黑,\nP-3,匿名举报,匿名\n");

    intake_free(intake);
    expect_fault("编号,问题描述,信访人\nP-1,欧阳某反映夜间扰民,欧阳某\n", 2, "B", "姓名");
    expect_fault("编号,整改措施,投诉人,问题描述\nP-1,已答复欧阳某,欧阳某,吵\n", 2, "B", "姓名");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_headers_in_any_order_are_understood),
        cmocka_unit_test(english_headers_are_understood),
        cmocka_unit_test(headers_with_marks_and_remarks_are_understood),
        cmocka_unit_test(titles_and_empty_rows_above_the_headers_are_passed_over),
        cmocka_unit_test(semicolon_and_tab_are_found_by_the_headers),
        cmocka_unit_test(the_better_of_two_headers_is_the_id),
        cmocka_unit_test(gb18030_and_its_name_are_said),
        cmocka_unit_test(a_file_without_headers_is_no_table),
        cmocka_unit_test(an_empty_file_is_said_to_be_empty),
        cmocka_unit_test(of_many_sites_elsewhere_the_first_ones_are_named),
        cmocka_unit_test(columns_nobody_knows_are_named_and_left_out),
        cmocka_unit_test(a_row_speaks_about_its_columns_only),
        cmocka_unit_test(merged_cells_take_the_value_above_and_say_so),
        cmocka_unit_test(an_id_left_empty_by_a_merge_is_a_fault),
        cmocka_unit_test(totals_repeated_headers_and_empty_rows_are_skipped),
        cmocka_unit_test(an_id_twice_is_a_fault_with_both_rows),
        cmocka_unit_test(a_category_nobody_knows_is_kept_as_written_and_said),
        cmocka_unit_test(a_category_that_is_nearly_known_is_a_fault_with_the_nearest),
        cmocka_unit_test(what_a_sentence_quotes_is_cut_at_a_character),
        cmocka_unit_test(an_unknown_state_is_a_fault_with_the_nearest),
        cmocka_unit_test(full_width_digits_letters_and_marks_are_read),
        cmocka_unit_test(a_date_that_may_be_two_days_is_a_fault),
        cmocka_unit_test(no_fixed_day_is_accepted_and_said),
        cmocka_unit_test(a_formula_stays_text),
        cmocka_unit_test(yes_no_and_a_new_deadline_are_read),
        cmocka_unit_test(a_strike_off_in_the_future_is_a_fault),
        cmocka_unit_test(a_cell_without_a_header_is_a_fault),
        cmocka_unit_test(a_quotation_mark_never_closed_is_a_fault),
        cmocka_unit_test(a_text_too_long_is_a_fault),
        cmocka_unit_test(ten_thousand_broken_rows_are_counted_and_fifty_shown),
        cmocka_unit_test(points_are_named_whole_by_pattern_or_by_site),
        cmocka_unit_test(a_point_that_a_site_here_has_not_is_a_fault),
        cmocka_unit_test(a_site_of_another_gateway_is_fine_and_said),
        cmocka_unit_test(a_site_gives_its_village_where_the_cell_is_empty),
        cmocka_unit_test(a_place_that_is_no_site_goes_before_the_text),
        cmocka_unit_test(who_complained_is_kept_apart_from_the_task),
        cmocka_unit_test(a_telephone_inside_a_text_is_a_fault),
        cmocka_unit_test(a_petitioner_who_is_named_in_the_text_refuses_the_row),
        cmocka_unit_test(the_sample_has_102_findings_and_4_petitions),
    };

    return cmocka_run_group_tests(tests, small_ledger_begin, small_ledger_end);
}
