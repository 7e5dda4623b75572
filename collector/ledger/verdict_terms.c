/* The numbers a verdict goes by: config/verdict.conf. */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/verdict_inside.h"

#define FIELD(member)                                                                              \
    offsetof(struct verdict_terms, member), sizeof(((struct verdict_terms *)0)->member)
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char *const doubt_classes[] = {
    [DOUBT_SCREENING] = "screening",   [DOUBT_RULE] = "rule",
    [DOUBT_CLOCK_STEP] = "clock_step", [DOUBT_SETTINGS_CHANGED] = "settings_changed",
    [DOUBT_UNSEALED] = "unsealed",     [DOUBT_CLASS_COUNT] = NULL,
};
static const char *const untils[] = {"open", "closed", NULL};
static const char *const reading_as[] = {"1min", "5min", "10min", "15min", "1h", NULL};
static const enum period reading_as_periods[] = {PERIOD_1MIN, PERIOD_5MIN, PERIOD_10MIN,
                                                 PERIOD_15MIN, PERIOD_1H};

/* clang-format off */
static const struct conf_key root_keys[] = {
    {"completeness", CONF_NUMBER, true, FIELD(completeness), 0, 100, NULL, NULL,
     "整段完整率不低于百分之几", "completeness of all, percent"},
    {"week", CONF_NUMBER, true, FIELD(week), 0, 100, NULL, NULL,
     "每周完整率不低于百分之几", "completeness of each week, percent"},
    {"night", CONF_NUMBER, true, FIELD(night), 0, 100, NULL, NULL,
     "夜间完整率不低于百分之几", "completeness of night hours, percent"},
    {"gap_days", CONF_INT, true, FIELD(gap_days), 0, 366, NULL, NULL,
     "最多连续几天没有有效日", "at most so many days on end without a valid one"},
    {"rate_bound", CONF_NUMBER, true, FIELD(rate_bound), 0.1, 99, NULL, NULL,
     "超标天数比例的置信上限，百分之", "upper bound of the share of days that exceed, percent"},
    {"confidence", CONF_NUMBER, true, FIELD(confidence), 50, 99.99, NULL, NULL,
     "置信度，百分之", "confidence, percent"},
    {"decide_by_effective", CONF_BOOL, true, FIELD(decide_by_effective), 0, 0, NULL, NULL,
     "等效天数是否也参与判定", "whether the effective number of days decides too"},
    {"percentile", CONF_NUMBER, true, FIELD(percentile), 50, 100, NULL, NULL,
     "日值的百分位数", "percentile of the days' values"},
    {"last_run", CONF_INT, true, FIELD(last_run), 0, 3660, NULL, NULL,
     "最后连续达标天数", "compliant days in a row up to the end"},
    {"run_skips_invalid", CONF_BOOL, true, FIELD(run_skips_invalid), 0, 0, NULL, NULL,
     "无效日跳过还是打断", "whether an invalid day is passed over"},
    {"comparison", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "销号前后比较", "before and after"},
    {"reading_as", CONF_CHOICE, true, FIELD(reading_as), 0, 0, NULL, reading_as,
     "单个读数的规则按什么时段取日值", "the period a rule on single readings is looked at by"},
    {"present_days", CONF_INT, true, FIELD(present_days), 1, 366, NULL, NULL,
     "按最近多少天推算", "the last so many days tell the present rate"},
    {"horizon_days", CONF_INT, true, FIELD(horizon_days), 1, 36600, NULL, NULL,
     "最远推算多少天", "looks ahead so many days at most"},
    {"before_days", CONF_INT, true, FIELD(before_days), 0, 366, NULL, NULL,
     "台账最多看销号前多少天", "how many days before the strike-off the ledger looks back at most"},
    {"doubts", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "存疑", "doubts"},
};

static const struct conf_key comparison_keys[] = {
    {"least_days", CONF_INT, true, FIELD(least_days), 2, 3660, NULL, NULL,
     "每侧至少多少个有效日", "valid days on each side"},
    {"normal_from", CONF_INT, true, FIELD(normal_from), 8, 3660, NULL, NULL,
     "正态近似每侧至少多少天", "days on each side for the normal approximation"},
    {"p", CONF_NUMBER, true, FIELD(p), 0.0001, 0.5, NULL, NULL, "显著性水平", "level of significance"},
    {"required", CONF_BOOL, true, FIELD(required), 0, 0, NULL, NULL,
     "检验了就必须通过", "where tested it must be passed"},
    {"where_exceeded", CONF_BOOL, true, FIELD(where_exceeded), 0, 0, NULL, NULL,
     "只在销号前超标的才必须通过", "only where days before exceeded"},
};

static const struct conf_key doubt_keys[] = {
    {"block", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "哪些存疑算数", "which doubts count"},
    {"lasting", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "恢复了也算的筛查项目",
     "tests that count when they are over too"},
    {"until", CONF_CHOICE, true, FIELD(until), 0, 0, NULL, untils,
     "算到恢复还是算到有人结束", "until they recover, or until somebody closes them"},
    {"clock_step", CONF_DURATION, true, FIELD(clock_step_ms), 0, 86400000, NULL, NULL,
     "时钟跳变多大才算", "how large a step of the clock counts"},
};
/* clang-format on */

enum period verdict_reading_as(const struct verdict_terms *terms)
{
    return reading_as_periods[terms->reading_as];
}

static const char *test_word(int index)
{
    return index < SCREEN_COUNT ? screen_word((enum screen_test)index) : NULL;
}

static const char *class_word(int index)
{
    return doubt_classes[index];
}

/* A list of words as a bit set of their places. */
static unsigned read_words(struct conf_at doubts, const char *key,
                           const char *(*word_at)(int index), struct conf_faults *faults)
{
    struct conf_at list = conf_member(doubts, key);
    unsigned set = 0;

    if (!conf_is_list(list))
        conf_complain(faults, list, key, "%s", SAY("应为列表 [ … ]", "a list [ … ]"));
    for (size_t i = 0; conf_is_list(list) && i < conf_length(list); i++) {
        const char *word = conf_text(conf_element(list, i));
        int found = 0;

        while (word_at(found) != NULL && (word == NULL || strcmp(word_at(found), word) != 0))
            found++;
        if (word_at(found) == NULL)
            conf_complain(faults, conf_element(list, i), key,
                          SAY("没有这个词：%.40s", "there is no such word: %.40s"),
                          word == NULL ? "" : word);
        else
            set |= 1u << found;
    }
    return set;
}

static void read_doubts(struct verdict_terms *terms, struct conf_at doubts,
                        struct conf_faults *faults)
{
    unsigned classes = read_words(doubts, "block", class_word, faults);

    for (int i = 0; i < DOUBT_CLASS_COUNT; i++)
        terms->blocks[i] = (classes >> i & 1u) != 0;
    terms->lasting = read_words(doubts, "lasting", test_word, faults);
}

/* What no number alone can be wrong about. */
static void check_together(const struct verdict_terms *terms, struct conf_at at,
                           struct conf_faults *faults)
{
    if (terms->least_days < terms->normal_from)
        conf_complain(faults, conf_member(at, "comparison"), "least_days",
                      SAY("应不小于 normal_from（%d）", "at least normal_from (%d)"),
                      (int)terms->normal_from);
}

struct verdict_terms *verdict_terms_load(const char *path, struct conf_faults *faults)
{
    struct verdict_terms *terms = calloc(1, sizeof *terms);
    struct conf *conf = conf_load(path, false, faults);
    struct conf_at top, doubts;

    if (conf == NULL || terms == NULL) {
        conf_free(conf);
        free(terms);
        return NULL;
    }
    top = conf_root(conf);
    doubts = conf_member(top, "doubts");
    conf_read(top, root_keys, ROWS(root_keys), terms, NULL, faults);
    if (conf_is_there(conf_member(top, "comparison")))
        conf_read(conf_member(top, "comparison"), comparison_keys, ROWS(comparison_keys), terms,
                  NULL, faults);
    if (conf_is_there(doubts) &&
        conf_read(doubts, doubt_keys, ROWS(doubt_keys), terms, NULL, faults))
        read_doubts(terms, doubts, faults);
    check_together(terms, top, faults);
    conf_free(conf);
    return terms;
}

void verdict_terms_free(struct verdict_terms *terms)
{
    free(terms);
}

static json_t *words_json(unsigned set, const char *(*word_at)(int index))
{
    json_t *list = json_array();

    for (int i = 0; word_at(i) != NULL; i++)
        if ((set >> i & 1u) != 0)
            json_array_append_new(list, json_string(word_at(i)));
    return list;
}

static unsigned classes_of(const struct verdict_terms *terms)
{
    unsigned set = 0;

    for (int i = 0; i < DOUBT_CLASS_COUNT; i++)
        set |= (unsigned)terms->blocks[i] << i;
    return set;
}

json_t *verdict_terms_json(const struct verdict_terms *terms)
{
    return json_pack(
        "{s:f, s:f, s:f, s:I, s:f, s:f, s:b, s:f, s:I, s:b, s:{s:I, s:I, s:f, s:b, s:b}, s:s, s:I, "
        "s:I,"
        " s:{s:o, s:s, s:o, s:I}}",
        "completeness", terms->completeness, "week", terms->week, "night", terms->night, "gap_days",
        (json_int_t)terms->gap_days, "rate_bound", terms->rate_bound, "confidence",
        terms->confidence, "decide_by_effective", terms->decide_by_effective, "percentile",
        terms->percentile, "last_run", (json_int_t)terms->last_run, "run_skips_invalid",
        terms->run_skips_invalid, "comparison", "least_days", (json_int_t)terms->least_days,
        "normal_from", (json_int_t)terms->normal_from, "p", terms->p, "required", terms->required,
        "where_exceeded", terms->where_exceeded, "reading_as", reading_as[terms->reading_as],
        "present_days", (json_int_t)terms->present_days, "horizon_days",
        (json_int_t)terms->horizon_days, "doubts", "block",
        words_json(classes_of(terms), class_word), "until", untils[terms->until], "lasting",
        words_json(terms->lasting, test_word), "clock_step_ms", (json_int_t)terms->clock_step_ms);
}

int64_t verdict_terms_clock_step_ms(const struct verdict_terms *terms)
{
    return terms->clock_step_ms;
}

int64_t verdict_terms_before_ms(const struct verdict_terms *terms)
{
    return terms->before_days * 24 * 3600 * 1000;
}
