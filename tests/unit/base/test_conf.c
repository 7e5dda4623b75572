/* Tests of base/conf*.c and moment.c: what libconfig would bend is refused, and every fault says
 * FILE:LINE, key, what is wrong and what is allowed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/conf.h"
#include "base/number.h"
#include "base/say.h"

static const char *const parities[] = {"none", "even", "odd", NULL};
static const char *const schemes[] = {"https", "mqtts", NULL};
static const char *const brokers[] = {"mqtt", "mqtts", NULL};

struct row {
    char name[NAME_SIZE];
    char title[8];
    int64_t unit;
    double above;
    bool echo;
    int64_t every;
    int64_t max;
    int parity;
    char port[16];
    char url[64];
    char broker[64];
    struct wall_time since;
};

#define FIELD(field) offsetof(struct row, field), sizeof((struct row *)0)->field

/* clang-format off */
static const struct conf_key keys[] = {
    {"name", CONF_NAME, true, FIELD(name), 0, 0, NULL, NULL, "名称", "the name"},
    {"title", CONF_TEXT, false, FIELD(title), 0, 0, "none", NULL, "标题", "the title"},
    {"unit", CONF_INT, false, FIELD(unit), 1, 247, "1", NULL, "站号", "the unit"},
    {"above", CONF_NUMBER, false, FIELD(above), 0, 0, NULL, NULL, "上限", "the bound"},
    {"echo", CONF_BOOL, false, FIELD(echo), 0, 0, "true", NULL, "回送", "echo"},
    {"every", CONF_DURATION, false, FIELD(every), 100, 86400000, "60s", NULL, "周期", "period"},
    {"max", CONF_SIZE, false, FIELD(max), 0, 0, "8GiB", NULL, "大小", "size"},
    {"parity", CONF_CHOICE, false, FIELD(parity), 0, 0, "none", parities, "校验", "parity"},
    {"port", CONF_FILE, false, FIELD(port), 0, 0, NULL, NULL, "串口", "port"},
    {"url", CONF_URL, false, FIELD(url), 0, 0, NULL, schemes, "地址", "address"},
    {"broker", CONF_URL, false, FIELD(broker), 0, 0, NULL, brokers, "服务器", "broker"},
    {"since", CONF_MOMENT, false, FIELD(since), 0, 0, NULL, NULL, "起", "since"},
    {"list", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "列表", "a list"},
};
/* clang-format on */

enum { KEYS = sizeof keys / sizeof keys[0] };

static char path[] = "/tmp/lookback-conf-XXXXXX";
static struct conf_faults *faults;
static struct row row;

static int begin(void **state)
{
    faults = conf_faults_new();
    row = (struct row){.since = WALL_NONE};
    return faults == NULL;
}

static int end(void **state)
{
    conf_faults_free(faults);
    return 0;
}

static struct conf *load_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return conf_load(path, false, faults);
}

static struct conf *load(const char *words)
{
    return load_bytes(words, strlen(words));
}

/* Reads the whole file by the table. */
static bool read_row(const char *words)
{
    struct conf *conf = load(words);
    bool good = conf != NULL && conf_read(conf_root(conf), keys, KEYS, &row, NULL, faults);

    conf_free(conf);
    return good;
}

/* The n-th fault is "PATH:" and these words. */
static void assert_fault(size_t index, const char *words)
{
    const char *text;

    if (index >= conf_faults_count(faults))
        fail_msg("no fault says \"%s\"", words);
    text = conf_fault(faults, index)->text;
    if (strncmp(text, path, strlen(path)) != 0 || text[strlen(path)] != ':' ||
        strncmp(text + strlen(path) + 1, words, strlen(words)) != 0)
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

/* These words have this one fault. */
static void refused(const char *words, const char *fault)
{
    conf_faults_free(faults);
    faults = conf_faults_new();
    read_row(words);
    assert_fault(0, fault);
    if (conf_faults_count(faults) != 1)
        fail_msg("%s: also %s", words, conf_fault(faults, 1)->text);
}

static void a_whole_number_is_a_number_too(void **state)
{
    assert_true(read_row("name = \"a\"; above = 50;"));
    assert_true(row.above == 50.0);
    assert_true(read_row("name = \"a\"; above = 50.5;"));
    assert_true(row.above == 50.5);
    assert_true(read_row("name = \"a\"; above = 3000000000L;"));
    assert_true(row.above == 3e9);
    assert_true(read_row("name = \"a\"; above = -1e-3;"));
    assert_true(row.above == -0.001);
}

static void a_number_that_would_be_bent_is_refused(void **state)
{
    static const char *const bent[] = {
        "3000000000",
        "-2147483649",
        "2147483648",
        "0xFFFFFFFF",
        "0x1FFFFFFFF",
        "99999999999999999999",
        "9223372036854775808L",
        "-9223372036854775809L",
        "0x8000000000000000L",
        "1e999",
        "-1e999",
        "1e-999",
        ".",
        "-.",
        "+",
        ".e5",
        "1e",
        "10s",
        "1.2.3",
        "0x",
        "5Lx",
        "192.168.1.1",
        "1_000",
    };

    for (size_t i = 0; i < sizeof bent / sizeof bent[0]; i++) {
        char words[128];
        char fault[128];

        snprintf(words, sizeof words, "name = \"a\";\nabove = %s;", bent[i]);
        snprintf(fault, sizeof fault, "2: above: %s ", bent[i]);
        refused(words, fault);
    }
}

static void a_number_at_the_edge_is_itself(void **state)
{
    /* clang-format off */
    static const struct {
        const char *words;
        int64_t value;
    } cases[] = {
        {"2147483647", INT32_MAX},
        {"-2147483648", INT32_MIN},
        {"0x7FFFFFFF", INT32_MAX},
        {"9223372036854775807L", INT64_MAX},
        {"-9223372036854775808L", INT64_MIN},
        {"0x7FFFFFFFFFFFFFFFL", INT64_MAX},
        {"010", 10},
        {"+5", 5},
        {"7LL", 7},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[64];
        struct conf *conf;
        int64_t value;

        snprintf(words, sizeof words, "a = %s;", cases[i].words);
        conf = load(words);
        assert_non_null(conf);
        assert_true(conf_int(conf_member(conf_root(conf), "a"), &value));
        assert_true(value == cases[i].value);
        conf_free(conf);
    }
}

static void an_array_may_mix_5_and_5_point_0(void **state)
{
    struct conf *conf = load("valid = [0, 14.0, 3000000000L];");
    struct conf_at list;
    double number;

    assert_non_null(conf);
    list = conf_member(conf_root(conf), "valid");
    assert_true(conf_is_list(list));
    assert_int_equal(conf_length(list), 3);
    assert_true(conf_number(conf_element(list, 0), &number) && number == 0.0);
    assert_true(conf_number(conf_element(list, 1), &number) && number == 14.0);
    assert_true(conf_number(conf_element(list, 2), &number) && number == 3e9);
    assert_false(conf_is_there(conf_element(list, 3)));
    conf_free(conf);
}

static void what_is_not_written_has_its_default(void **state)
{
    assert_true(read_row("name = \"a\";"));
    assert_string_equal(row.title, "none");
    assert_int_equal(row.unit, 1);
    assert_true(row.echo);
    assert_int_equal(row.every, 60000);
    assert_true(row.max == 8LL << 30);
    assert_int_equal(row.parity, 0);
    assert_false(wall_is_known(row.since));
}

static void what_is_wrong_keeps_its_default(void **state)
{
    assert_false(read_row("name = \"a\"; unit = 300; every = \"5\"; title = \"far too long\";"));
    assert_int_equal(row.unit, 1);
    assert_int_equal(row.every, 60000);
    assert_string_equal(row.title, "none");
    assert_int_equal(conf_faults_count(faults), 3);
}

static void every_type_says_what_it_allows(void **state)
{
    refused("title = \"x\";", "1: name: is missing (the name). Give a name: a-z");
    refused("name = \"磨坊\";", "1: name: \"磨坊\" is not allowed. Allowed: a name: a-z");
    refused("name = \"a\";\ntitle = 5;", "2: title: 5 is not allowed. Allowed: text");
    refused("name = \"a\"; title = \"12345678\";",
            "1: title: \"12345678\" is not allowed. Allowed: text in double quotes, at most 7");
    refused("name = \"a\"; title = \"a\\tb\";", "1: title: ");
    refused("name = \"a\"; unit = 0;",
            "1: unit: 0 is not allowed. Allowed: a whole number, from 1 to 247");
    refused("name = \"a\"; unit = 5.0;", "1: unit: 5.0 is not allowed. Allowed: a whole number, "
                                         "from 1 to 247, without decimal point");
    refused("name = \"a\"; unit = 5.5;", "1: unit: 5.5 is not allowed. Allowed: a whole number, "
                                         "from 1 to 247, without decimal point");
    refused("name = \"a\"; unit = \"5\";", "1: unit: \"5\" is not allowed");
    refused("name = \"a\"; above = \"5\";", "1: above: \"5\" is not allowed. Allowed: a number");
    refused("name = \"a\"; echo = \"true\";",
            "1: echo: \"true\" is not allowed. Allowed: true or false, without quotes");
    refused("name = \"a\"; echo = 1;", "1: echo: 1 is not allowed");
    refused("name = \"a\"; every = 60;", "1: every: 60 is not allowed. Allowed: a duration");
    refused("name = \"a\"; every = \"99ms\";", "1: every: \"99ms\" is not allowed");
    refused("name = \"a\"; max = \"8GB\";", "1: max: \"8GB\" is not allowed. Allowed: a size");
    refused("name = \"a\"; parity = \"evn\";",
            "1: parity: \"evn\" is not allowed, did you mean \"even\"?");
    refused("name = \"a\"; parity = \"EVEN\";",
            "1: parity: \"EVEN\" is not allowed, did you mean \"even\"?");
    refused("name = \"a\"; port = \"\";", "1: port: ");
    refused("name = \"a\"; url = \"host:8086\";",
            "1: url: \"host:8086\" is not allowed. Allowed: an address, as \"https://host/path\"");
    refused("name = \"a\"; broker = \"127.0.0.1:1883\";",
            "1: broker: \"127.0.0.1:1883\" is not allowed. Allowed: an address, as "
            "\"mqtt://host:1883\", without user or password in it; it begins with \"mqtt\", "
            "\"mqtts\"");
    refused("name = \"a\"; url = \"http://host/\";", "1: url: \"http://host/\" is not allowed");
    refused("name = \"a\"; url = \"https://user:pw@host/\";", "1: url: ");
    refused("name = \"a\"; url = \"https:///x\";", "1: url: ");
    refused("name = \"a\"; since = \"2026-02-30\";", "1: since: ");
    refused("name = \"a\"; list = 5;", "1: list: 5 is not allowed");
    refused("name = \"a\"; title = { };", "1: title: a group { } is not allowed");
}

static void an_unknown_word_is_refused_with_the_nearest_one(void **state)
{
    refused("name = \"a\";\n\nevry = \"60s\";",
            "3: evry: there is no such key here, did you mean every?");
    refused("name = \"a\";\nEvery = \"60s\";",
            "2: Every: there is no such key here, did you mean every?");
    refused("name = \"a\"; zzzzzz = 1;", "1: zzzzzz: there is no such key here; delete it");
}

static void a_mistyped_key_is_the_missing_one(void **state)
{
    refused("unit = 1;\nnmae = \"a\";",
            "2: nmae: there is no such key here, did you mean name? The "
            "key name is required and missing");
    read_row("zzzzzz = 1;");
    assert_fault(0, "1: name: is missing");
}

static void a_full_width_character_is_named_with_the_one_that_is_meant(void **state)
{
    /* clang-format off */
    static const struct {
        const char *words, *fault;
    } cases[] = {
        {"name = “a”;", "1: name: “ is a full-width (Chinese) character: write \" here; use "
                        "half-width (English) punctuation and digits: \" , ; = ( )"},
        {"name = ”a”;", "1: name: ” is a full-width (Chinese) character: write \" here"},
        {"name = ‘a’;", "1: name: ‘ is a full-width (Chinese) character: write \" here"},
        {"name ＝ \"a\";", "1: name: ＝ is a full-width (Chinese) character: write = here"},
        {"name＝\"a\";", "1: name: ＝ is a full-width (Chinese) character: write = here"},
        {"name = \"a\"；", "1: name: ； is a full-width (Chinese) character: write ; here"},
        {"list = [1，2];", "1: list: ， is a full-width (Chinese) character: write , here"},
        {"list = [1、2];", "1: list: 、 is a full-width (Chinese) character: write , here"},
        {"list = （1, 2);", "1: list: （ is a full-width (Chinese) character: write ( here"},
        {"list = (1, 2）;", "1: list: ） is a full-width (Chinese) character: write ) here"},
        {"list = 【1];", "1: list: 【 is a full-width (Chinese) character: write [ here"},
        {"list = ｛ };", "1: list: ｛ is a full-width (Chinese) character: write { here"},
        {"name = \"a\";\nunit = １;", "2: unit: １ is a full-width (Chinese) character: write 1 here"},
        {"name = \"a\";\nunit：1;", "2: unit: ： is a full-width (Chinese) character: write : here"},
        {"ｎame = \"a\";", "1: ｎ is a full-width (Chinese) character: write n here"},
        {"name =　\"a\";", "1: name: a full-width (or no-break) space stands here: use half-width"},
        {"name =\xc2\xa0\"a\";", "1: name: a full-width (or no-break) space stands here"},
        {"name = \"a”;", "1: name: the double quote of this text is not closed on its line: ” is a "
                         "full-width (Chinese) quote, write half-width (English) \""},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(cases[i].words, cases[i].fault);
    assert_true(read_row("name = \"a\"; title = \"，；\"; # ，；（）\n"));
}

static void an_open_quote_is_said_where_it_was_opened(void **state)
{
    /* clang-format off */
    static const struct {
        const char *words, *fault;
    } cases[] = {
        {"unit = 1;\nname = \"bus; parity = \"even\"; unit = 2;",
         "2: name: the double quote opened in this line at \"bus is not closed"},
        {"name = \"bus; every = \"60s\";", "1: name: the double quote opened in this line at \"bus"},
        {"name = \"bus; title = \"磨坊\";", "1: name: the double quote opened in this line at \"bus"},
        {"name = \"bus; port = \"/dev/x\";", "1: name: the double quote opened in this line at \"bus"},
        {"list = ( \"ph, \"cod\" );", "1: list: the double quote opened in this line at \"ph is not"},
        {"name = \"bus\" port = \"/dev/x\"; 5", "1: 5 cannot stand here"},
        {"list = ( \"ph\" cod );", "1: list: there is no comma before cod"},
        {"list = ( \"ph\" cod, \"x );", "1: list: there is no comma before cod"},
        {"name = \"a\"unit 1; # 5\" pipe", "1: unit: there is no \"=\" before 1"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(cases[i].words, cases[i].fault);
}

static void a_decimal_comma_is_said_with_the_point(void **state)
{
    refused("name = \"a\";\nabove = 1,5;",
            "2: above: 1,5 is not allowed: the decimal point is \".\", not \",\"; write 1.5");
    refused("name = \"a\"; above = -12,50;",
            "1: above: -12,50 is not allowed: the decimal point is "
            "\".\", not \",\"; write -12.50");
    refused("name = \"a\", 5 = 1;", "1: 5 cannot stand here");
    assert_true(read_row("name = \"a\"; unit = 1, above = 5;"));
    assert_true(read_row("name = \"a\"; list = [1,5];"));
}

static void a_fault_of_a_whole_folder_names_no_line(void **state)
{
    assert_false(conf_complain_whole(faults, "/nowhere", "folder %s does not exist", "/nowhere"));
    assert_string_equal(conf_fault(faults, 0)->text, "folder /nowhere does not exist");
    assert_string_equal(conf_fault(faults, 0)->where, "/nowhere");
    assert_int_equal(conf_fault(faults, 0)->kind, ERROR_SETTINGS);
}

static void a_doubled_word_is_refused_with_both_lines(void **state)
{
    refused("name = \"a\";\nunit = 1;\nunit = 2;",
            "3: unit: this key stands here twice, first in line 2");
    assert_int_equal(row.unit, 1);
    refused("name = \"a\";\nlist = ( { b = 1;\n b = 2; } );",
            "3: b: this key stands here twice, first in line 2");
    assert_true(read_row("name = \"a\"; list = ( { b = 1; }, { b = 2; } );"));
}

static void what_cannot_be_understood_says_where_and_why(void **state)
{
    /* clang-format off */
    static const struct {
        const char *words, *fault;
    } cases[] = {
        {"name = \"a\";\n@include \"other.conf\"\n", "2: @include is not read"},
        {"name = \"a\nunit = 1;", "1: name: the double quote of this text is not closed"},
        {"name = (\n1,\n2", "1: the \"(\" opened here is never closed"},
        {"list = ( 1, 2, );", "1: list: ) cannot be an element of a list"},
        {"list = ( 1 2 );", "1: list: there is no comma before 2"},
        {"list = ( \"a\" \"b\" );", "1: list: there is no comma before a text"},
        {"list = ( {} {} );", "1: list: there is no comma before {"},
        {"list = ( 1, 2 };", "1: list: \"}\" does not close the bracket of line 1, \"(\""},
        {"a = 1; }", "1: \"}\" closes a bracket that was never opened"},
        {"a 1;", "1: a: there is no \"=\" before 1"},
        {"a = ;", "1: a: ; is no value"},
        {"a = yes;", "1: a: yes is no value"},
        {"a = ", "1: a: the end of the file is no value"},
        {"\xe5\x90\x8d = 1;", "1: \xe5\x90\x8d cannot stand here"},
        {"_a = 1;", "1: _ cannot stand here"},
        {"*a = 1;", "1: * cannot stand here"},
        {"5 = 1;", "1: 5 cannot stand here"},
        {"true = 1;", "1: true cannot stand here"},
        {"a = 1;;", "1: ; cannot stand here"},
        {"a = 1; /* never closed\n b = 2;", "1: the comment \"/*\" is never closed"},
        {"", "1: the file is empty"},
        {"# only words\n", "1: the file is empty"},
        {"\n\n\xff\xfe", "3: this line is not UTF-8"},
        {"a = 1; # \xd6\xd0\xce\xc4", "1: this line is not UTF-8"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused(cases[i].words, cases[i].fault);
}

static void a_nul_is_refused_in_the_file_and_in_a_text(void **state)
{
    assert_null(load_bytes("a = 1;\nb = \0;", 13));
    assert_fault(0, "2: a NUL byte");
    refused("name = \"a\"; title = \"x\\x00y\";", "1: title: the text has a control character");
    refused("name = \"a\"; title = \"x\\x01y\";", "1: title: the text has a control character");
    refused("name = \"a\"; port = \"C:\\dev\";", "1: port: a backslash inside a text");
    assert_true(read_row("name = \"a\"; title = \"x\\x41\\\\\";"));
    assert_string_equal(row.title, "xA\\");
}

static void a_bom_crlf_comments_and_long_texts_are_fine(void **state)
{
    assert_true(
        read_row("\xef\xbb\xbf# \xe4\xb8\xad\xe6\x96\x87\r\nname = \"a\"\r\n"
                 "unit : 7 // seven\r\n/* many\r\nlines */ title = \"one\"\r\n \"two\";\r\n"));
    assert_int_equal(row.unit, 7);
    assert_string_equal(row.title, "onetwo");
    refused("\xef\xbb\xbfname = \"a\";\r\n\r\nunit = 0;\r\n", "3: unit: ");
}

static void the_line_of_a_text_in_a_list_is_its_own(void **state)
{
    struct conf *conf = load("list = (\n  \"a\",\n  \"b\"\n\n);\nc = \"d\"\n;\n");
    struct conf_at list;

    assert_non_null(conf);
    list = conf_member(conf_root(conf), "list");
    assert_int_equal(conf_line(conf_element(list, 0)), 2);
    assert_int_equal(conf_line(conf_element(list, 1)), 3);
    assert_int_equal(conf_line(conf_member(conf_root(conf), "c")), 6);
    conf_free(conf);
}

static void a_file_that_is_not_there_or_not_a_file_is_said(void **state)
{
    assert_null(conf_load("/nowhere/a.conf", false, faults));
    assert_non_null(strstr(conf_fault(faults, 0)->text, "/nowhere/a.conf:1: the file cannot be"));
    assert_null(conf_load("/tmp", false, faults));
    assert_null(conf_load("/dev/zero", false, faults));
    assert_int_equal(conf_faults_count(faults), 3);
    assert_string_equal(conf_fault(faults, 0)->text, "/dev/zero:1: this is not an ordinary file");
    assert_non_null(strstr(conf_fault(faults, 2)->text, "/tmp:1: this is not an ordinary file"));
}

static void a_file_beyond_64_mib_is_not_read(void **state)
{
    struct conf *conf = load("name = \"a\";");

    conf_free(conf);
    assert_int_equal(truncate(path, (64LL << 20) + 1), 0);
    assert_null(conf_load(path, false, faults));
    assert_fault(0, "1: the file is larger than 64 MiB");
}

static void brackets_nest_to_a_bound(void **state)
{
    char words[4000] = "a = ";

    memset(words + 4, '(', 3000);
    assert_null(load(words));
    assert_fault(0, "1: a: brackets nested deeper than");
}

static void an_empty_file_may_be_allowed(void **state)
{
    struct conf *conf;

    conf_free(load("# nothing\n"));
    assert_int_equal(conf_faults_count(faults), 1);
    conf = conf_load(path, true, faults);
    assert_non_null(conf);
    assert_int_equal(conf_length(conf_root(conf)), 0);
    conf_free(conf);
}

static void faults_are_sorted_by_file_and_line(void **state)
{
    read_row("zz = 1;\nname = \"A\";\nunit = 0;\nzzz = 2;\nevery = \"x\";\n");
    assert_int_equal(conf_faults_count(faults), 5);
    assert_fault(0, "1: zz:");
    assert_fault(1, "2: name:");
    assert_fault(2, "3: unit:");
    assert_fault(3, "4: zzz:");
    assert_fault(4, "5: every:");
    assert_string_equal(conf_fault(faults, 4)->where + strlen(path), ":5");
    assert_int_equal(conf_fault(faults, 4)->kind, ERROR_SETTINGS);
}

static void ten_thousand_faults_are_counted_and_a_thousand_shown(void **state)
{
    struct conf *conf = load("a = 1;");

    for (int i = 0; i < 10000; i++)
        conf_complain(faults, conf_root(conf), NULL, "fault %d", i);
    assert_int_equal(conf_faults_count(faults), 10000);
    assert_fault(999, "1: fault 999");
    assert_non_null(strstr(conf_fault(faults, 9999)->text, "more faults"));
    conf_free(conf);
}

static void faults_are_said_in_chinese_too(void **state)
{
    say_in(LANGUAGE_ZH);
    refused("name = \"a\"; unit = 300;", "1: unit: 300 不允许；这里要写整数，从 1 到 247");
    refused("name = \"a\"; unit = 5.0;",
            "1: unit: 5.0 不允许；这里要写整数，从 1 到 247，不带小数点");
    refused("name = “a”;", "1: name: “ 是全角（中文）符号：这里要写半角（英文）的 \"");
    refused("name =　\"a\";", "1: name: 这里有一个全角空格");
    refused("name = \"a”;", "1: name: 文字的双引号在本行没有关上：” 是全角（中文）引号");
    refused("name = \"bus; parity = \"even\";", "1: name: 本行在 \"bus 处打开的双引号没有关上");
    refused("name = \"a\"; above = 1,5;", "1: above: 1,5 不允许：小数点是“.”，不是“,”；要写 1.5");
    refused("nmae = \"a\";", "1: nmae: 没有这个键，是否想写 name？必需的 name 缺少");
    refused("name = \"a\"; broker = \"h\";",
            "1: broker: \"h\" 不允许；这里要写网址，如 \"mqtt://主机:1883\"");
    say_in(LANGUAGE_EN);
}

static void the_keys_of_a_free_group_can_be_listed(void **state)
{
    struct conf *conf = load("b = 1; a = 2; b = 3; c = \"x\";");

    assert_non_null(conf);
    assert_int_equal(conf_faults_count(faults), 1);
    assert_string_equal(conf_key_name(conf_root(conf), 0), "b");
    assert_string_equal(conf_key_name(conf_root(conf), 1), "a");
    assert_string_equal(conf_key_name(conf_root(conf), 2), "c");
    assert_null(conf_key_name(conf_root(conf), 3));
    conf_free(conf);
}

static void a_scalar_of_another_type_is_not_taken(void **state)
{
    struct conf *conf = load("t = \"5\"; n = 5; f = 5.5; g = { };");
    struct conf_at root;
    int64_t whole;
    double number;

    assert_non_null(conf);
    root = conf_root(conf);
    assert_false(conf_number(conf_member(root, "t"), &number));
    assert_false(conf_int(conf_member(root, "f"), &whole));
    assert_null(conf_text(conf_member(root, "n")));
    assert_null(conf_text(conf_member(root, "absent")));
    assert_false(conf_is_list(conf_member(root, "g")));
    assert_false(conf_is_there(conf_member(conf_member(root, "n"), "x")));
    conf_free(conf);
}

static void a_moment_is_read_in_the_zone_of_the_collector(void **state)
{
    /* clang-format off */
    static const struct {
        const char *words;
        int64_t ms;
    } cases[] = {
        {"2026-11-22T00:00:00Z", 1795305600000},
        {"2026-11-22T08:00:00+08:00", 1795305600000},
        {"2026-11-22 08:00", 1795305600000},
        {"2026-11-22 08:00:07", 1795305607000},
        {"2026-11-22", 1795276800000},
        {"2026-11-22T00:00:00.123Z", 1795305600123},
        {"2026-11-21T19:30:00-04:30", 1795305600000},
        {"2024-02-29", 1709136000000},
    };
    /* clang-format on */
    static const char *const wrong[] = {
        "",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-11-31",
        "26-11-22",
        "2026-11-22 24:00",
        "2026-11-22 08:60",
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:60",
        "2026-11-22 08:00:7",
        "2026-11-22T08:00:00Zx",
        "2026-11-22 8:00",
        "1969-12-31",
        "now",
        "2026-11-22T08:00:00.Z",
        "2026-11-22T08:00:00+25:00",
        "2026-02-29T00:00:00Z",
    };
    struct wall_time time;

    assert_true(conf_zone("Asia/Shanghai"));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(moment_parse(cases[i].words, &time));
        assert_true(time.ms == cases[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (moment_parse(wrong[i], &time))
            fail_msg("\"%s\" was taken for a moment", wrong[i]);
}

static void an_hour_that_summer_time_leaves_out_does_not_exist(void **state)
{
    struct wall_time time;

    if (!conf_zone("Europe/Berlin"))
        skip();
    assert_false(moment_parse("2026-03-29 02:30", &time));
    assert_true(moment_parse("2026-03-29 03:30", &time));
    assert_true(conf_zone("Asia/Shanghai"));
}

static void a_zone_the_system_does_not_have_is_refused(void **state)
{
    assert_false(conf_zone("Asia/Shanghi"));
    assert_false(conf_zone("../zoneinfo/UTC"));
    assert_false(conf_zone("/etc/localtime"));
    assert_false(conf_zone(""));
    assert_true(conf_zone("UTC"));
    assert_true(conf_zone("Asia/Shanghai"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_number_is_a_number_too, begin, end),
        cmocka_unit_test_setup_teardown(a_number_that_would_be_bent_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_number_at_the_edge_is_itself, begin, end),
        cmocka_unit_test_setup_teardown(an_array_may_mix_5_and_5_point_0, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_written_has_its_default, begin, end),
        cmocka_unit_test_setup_teardown(what_is_wrong_keeps_its_default, begin, end),
        cmocka_unit_test_setup_teardown(every_type_says_what_it_allows, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_word_is_refused_with_the_nearest_one, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_mistyped_key_is_the_missing_one, begin, end),
        cmocka_unit_test_setup_teardown(a_full_width_character_is_named_with_the_one_that_is_meant,
                                        begin, end),
        cmocka_unit_test_setup_teardown(an_open_quote_is_said_where_it_was_opened, begin, end),
        cmocka_unit_test_setup_teardown(a_decimal_comma_is_said_with_the_point, begin, end),
        cmocka_unit_test_setup_teardown(a_fault_of_a_whole_folder_names_no_line, begin, end),
        cmocka_unit_test_setup_teardown(a_doubled_word_is_refused_with_both_lines, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_understood_says_where_and_why, begin, end),
        cmocka_unit_test_setup_teardown(a_nul_is_refused_in_the_file_and_in_a_text, begin, end),
        cmocka_unit_test_setup_teardown(a_bom_crlf_comments_and_long_texts_are_fine, begin, end),
        cmocka_unit_test_setup_teardown(the_line_of_a_text_in_a_list_is_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_not_there_or_not_a_file_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_file_beyond_64_mib_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(brackets_nest_to_a_bound, begin, end),
        cmocka_unit_test_setup_teardown(an_empty_file_may_be_allowed, begin, end),
        cmocka_unit_test_setup_teardown(faults_are_sorted_by_file_and_line, begin, end),
        cmocka_unit_test_setup_teardown(ten_thousand_faults_are_counted_and_a_thousand_shown, begin,
                                        end),
        cmocka_unit_test_setup_teardown(faults_are_said_in_chinese_too, begin, end),
        cmocka_unit_test_setup_teardown(the_keys_of_a_free_group_can_be_listed, begin, end),
        cmocka_unit_test_setup_teardown(a_scalar_of_another_type_is_not_taken, begin, end),
        cmocka_unit_test_setup_teardown(a_moment_is_read_in_the_zone_of_the_collector, begin, end),
        cmocka_unit_test_setup_teardown(an_hour_that_summer_time_leaves_out_does_not_exist, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_zone_the_system_does_not_have_is_refused, begin, end),
    };
    int fd = mkstemp(path);
    int failed;

    if (fd < 0)
        return 1;
    close(fd);
    say_in(LANGUAGE_EN);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
