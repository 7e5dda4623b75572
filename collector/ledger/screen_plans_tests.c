/* The group `tests` of config/screening.conf: what all parameters share. A test whose group is not
 * there is not made. */
#include "ledger/screen_plans_inside.h"

struct gap_row {
    struct origin origin;
    double periods;
    int64_t least_ms;
};
struct silence_row {
    struct origin origin;
    int64_t after_ms, marked_ms;
};
struct rate_row {
    struct origin origin;
    int64_t window_ms;
};
struct clip_row {
    struct origin origin;
    int64_t window_ms, least;
    double share, drop, below, most;
};
struct hidden_row {
    struct origin origin;
    int64_t days, within_ms, gap_ms, count;
    double high, chance;
};
struct night_row {
    struct origin origin;
    int64_t window_ms, least;
    double points;
};
struct oxygen_row {
    struct origin origin;
    char value[NAME_SIZE], temperature[NAME_SIZE];
    double numerator, plus, day, night;
};
/* clang-format off */
struct tests_row { int64_t good_for_ms; };
static const struct conf_key tests_keys[] = {
    {.name = "gap", .type = CONF_INNER, .required = true, .text_zh = "什么是缺测", .text_en = "what a gap is"},
    {.name = "good_for", .type = CONF_DURATION, .offset = offsetof(struct tests_row, good_for_ms),
     .max = 366 * DAY_MS, .fallback = "48h",
     .text_zh = "恢复正常说多久", .text_en = "how long good is said after a doubt"},
    {.name = "silence", .type = CONF_INNER, .text_zh = "长时间没有数据", .text_en = "no value for long"},
    {.name = "rate", .type = CONF_INNER, .text_zh = "变化率", .text_en = "rate of change"},
    {.name = "clip", .type = CONF_INNER, .text_zh = "集中在上限", .text_en = "crowding at a ceiling"},
    {.name = "hidden", .type = CONF_INNER, .text_zh = "升高时缺测", .text_en = "gaps when values rise"},
    {.name = "night", .type = CONF_INNER, .text_zh = "夜间缺测", .text_en = "missing at night"},
    {.name = "oxygen", .type = CONF_INNER, .text_zh = "溶解氧过饱和", .text_en = "too much oxygen"},
};

static const struct conf_key gap_keys[] = {
    {.name = "periods", .type = CONF_NUMBER, .required = true, .offset = offsetof(struct gap_row, periods),
     .min = 1.0, .max = 1000.0, .text_zh = "多少个采集周期", .text_en = "polling periods"},
    {.name = "least", .type = CONF_DURATION, .required = true, .offset = offsetof(struct gap_row, least_ms),
     .min = 0.0, .max = DAY_MS, .text_zh = "至少多长", .text_en = "at least so long"},
    ORIGIN_KEYS(struct gap_row),
};

static const struct conf_key silence_keys[] = {
    {.name = "after", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct silence_row, after_ms), .min = 1000.0, .max = 366 * DAY_MS,
     .text_zh = "没有数值多久", .text_en = "without a value for so long"},
    {.name = "marked_after", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct silence_row, marked_ms), .min = 1000.0, .max = 366 * DAY_MS,
     .text_zh = "只有带标记的数值多久", .text_en = "with marked values only for so long"},
    ORIGIN_KEYS(struct silence_row),
};

static const struct conf_key rate_keys[] = {
    {.name = "window", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct rate_row, window_ms), .min = 60000.0, .max = 31 * DAY_MS,
     .text_zh = "量取的时长", .text_en = "measured over so long"},
    ORIGIN_KEYS(struct rate_row),
};

static const struct conf_key clip_keys[] = {
    {.name = "window", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct clip_row, window_ms), .min = 60000.0, .max = 366 * DAY_MS,
     .text_zh = "窗口", .text_en = "the window"},
    {.name = "least_values", .type = CONF_INT, .required = true, .offset = offsetof(struct clip_row, least),
     .min = 1.0, .max = 1e9, .text_zh = "至少多少个数值", .text_en = "values at least"},
    {.name = "share_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct clip_row, share), PERCENT, .text_zh = "占比", .text_en = "share"},
    {.name = "drop_times", .type = CONF_NUMBER, .required = true, .offset = offsetof(struct clip_row, drop),
     .min = 1.0, .max = 1e6, .text_zh = "外侧少多少倍", .text_en = "times fewer beyond"},
    {.name = "below_limit_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct clip_row, below), PERCENT,
     .text_zh = "限值之下多宽", .text_en = "how wide below the limit"},
    {.name = "below_limit_most_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct clip_row, most), PERCENT,
     .text_zh = "占比高于此是水平如此", .text_en = "a higher share is a level that lies there"},
    ORIGIN_KEYS(struct clip_row),
};

static const struct conf_key hidden_keys[] = {
    {.name = "window_days", .type = CONF_INT, .required = true, .offset = offsetof(struct hidden_row, days),
     .min = 1.0, .max = HIDDEN_DAYS_MAX, .text_zh = "多少天之内", .text_en = "within so many days"},
    {.name = "high_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct hidden_row, high), .min = 0.0, .max = 1000.0,
     .text_zh = "限值的百分之几算高", .text_en = "percent of the limit that is high"},
    {.name = "within", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct hidden_row, within_ms), .min = 0.0, .max = DAY_MS,
     .text_zh = "高值之后多久之内", .text_en = "so soon after a high value"},
    {.name = "gap", .type = CONF_DURATION, .required = true, .offset = offsetof(struct hidden_row, gap_ms),
     .min = 0.0, .max = 31 * DAY_MS, .text_zh = "缺测至少多长", .text_en = "a gap at least so long"},
    {.name = "count", .type = CONF_INT, .required = true, .offset = offsetof(struct hidden_row, count),
     .min = 1.0, .max = 1000.0, .text_zh = "次数", .text_en = "times"},
    {.name = "chance_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct hidden_row, chance), PERCENT,
     .text_zh = "偶然的可能性至多", .text_en = "chance explains it at most so far"},
    ORIGIN_KEYS(struct hidden_row),
};

static const struct conf_key night_keys[] = {
    {.name = "window", .type = CONF_DURATION, .required = true,
     .offset = offsetof(struct night_row, window_ms), .min = 2 * DAY_MS, .max = 62 * DAY_MS,
     .text_zh = "窗口", .text_en = "the window"},
    {.name = "points", .type = CONF_NUMBER, .required = true, .offset = offsetof(struct night_row, points),
     PERCENT, .text_zh = "低多少个百分点", .text_en = "percentage points lower"},
    {.name = "least_expected", .type = CONF_INT, .required = true,
     .offset = offsetof(struct night_row, least), .min = 1.0, .max = 1e9,
     .text_zh = "昼夜各至少应有多少条", .text_en = "readings due in each at least"},
    ORIGIN_KEYS(struct night_row),
};

static const struct conf_key oxygen_keys[] = {
    {.name = "value", .type = CONF_NAME, .required = true, .offset = offsetof(struct oxygen_row, value),
     .text_zh = "溶解氧的键", .text_en = "the key of dissolved oxygen"},
    {.name = "temperature", .type = CONF_NAME, .required = true,
     .offset = offsetof(struct oxygen_row, temperature),
     .text_zh = "水温的键", .text_en = "the key of the water's temperature"},
    {.name = "numerator", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct oxygen_row, numerator), .min = 1.0, .max = 1e6,
     .text_zh = "饱和公式的分子", .text_en = "numerator of the saturation"},
    {.name = "plus_celsius", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct oxygen_row, plus), .min = 1.0, .max = 1000.0,
     .text_zh = "饱和公式里加在水温上的数", .text_en = "what is added to the temperature"},
    {.name = "day_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct oxygen_row, day), .min = 100.0, .max = 10000.0,
     .text_zh = "白天饱和度至多", .text_en = "saturation by day at most"},
    {.name = "night_percent", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct oxygen_row, night), .min = 100.0, .max = 10000.0,
     .text_zh = "夜间饱和度至多", .text_en = "saturation by night at most"},
    ORIGIN_KEYS(struct oxygen_row),
};

/* clang-format on */

static void read_oxygen(const struct loading *loading, struct conf_at tests)
{
    struct conf_at at = conf_member(tests, "oxygen");
    struct screen_shared *shared = &loading->plans->shared;
    struct oxygen_row row = {0};
    struct screen_plan *plan;

    if (!conf_is_there(at) ||
        !conf_read(at, oxygen_keys, ROWS(oxygen_keys), &row, NULL, loading->faults))
        return;
    plan = screen_plan_beside(loading, at, "value", row.value, "temperature", row.temperature);
    if (plan == NULL)
        return;
    plan->oxygen = 1;
    shared->oxygen_numerator = row.numerator;
    shared->oxygen_plus = row.plus;
    shared->oxygen_day = row.day;
    shared->oxygen_night = row.night;
}

/* A group that is there and right. */
static bool read_group(struct conf_at tests, const char *name, const struct conf_key *keys,
                       size_t count, void *row, struct conf_faults *faults)
{
    struct conf_at at = conf_member(tests, name);

    return conf_is_there(at) && conf_read(at, keys, count, row, NULL, faults);
}

static void read_counts(struct conf_at tests, struct screen_shared *shared,
                        struct conf_faults *faults)
{
    struct clip_row clip = {0};
    struct hidden_row hidden = {0};
    struct night_row night = {0};

    if (read_group(tests, "clip", clip_keys, ROWS(clip_keys), &clip, faults)) {
        shared->clip_ms = clip.window_ms;
        shared->clip_least = clip.least;
        shared->clip_share = clip.share;
        shared->clip_drop = clip.drop;
        shared->clip_below = clip.below;
        shared->clip_most = clip.most;
    }
    if (read_group(tests, "hidden", hidden_keys, ROWS(hidden_keys), &hidden, faults)) {
        shared->hidden_days = hidden.days;
        shared->hidden_high = hidden.high;
        shared->hidden_within_ms = hidden.within_ms;
        shared->hidden_gap_ms = hidden.gap_ms;
        shared->hidden_count = hidden.count;
        shared->hidden_chance = hidden.chance;
    }
    if (read_group(tests, "night", night_keys, ROWS(night_keys), &night, faults)) {
        shared->night_ms = night.window_ms;
        shared->night_least = night.least;
        shared->night_points = night.points;
    }
}

void screen_read_tests(const struct loading *loading, struct conf_at tests)
{
    struct screen_shared *shared = &loading->plans->shared;
    struct tests_row row = {0};
    struct gap_row gap = {0};
    struct silence_row silence = {0};
    struct rate_row rate = {0};

    conf_read(tests, tests_keys, ROWS(tests_keys), &row, NULL, loading->faults);
    shared->good_for_ms = row.good_for_ms;
    if (read_group(tests, "gap", gap_keys, ROWS(gap_keys), &gap, loading->faults)) {
        shared->gap_periods = gap.periods;
        shared->gap_ms = gap.least_ms;
    }
    if (read_group(tests, "silence", silence_keys, ROWS(silence_keys), &silence, loading->faults)) {
        shared->silence_ms = silence.after_ms;
        shared->marked_ms = silence.marked_ms;
    }
    if (read_group(tests, "rate", rate_keys, ROWS(rate_keys), &rate, loading->faults))
        shared->rate_ms = rate.window_ms;
    read_counts(tests, shared, loading->faults);
    read_oxygen(loading, tests);
}
