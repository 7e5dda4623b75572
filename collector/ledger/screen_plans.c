/* config/screening.conf: the numbers of every test, read by tables of keys. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/screen_plans_inside.h"

struct pair_row {
    struct origin origin;
    char less[NAME_SIZE], than[NAME_SIZE];
    double times, tolerance, percent;
};
struct parameter_row {
    struct origin origin;
    char parameter[NAME_SIZE];
    double spike, spike_percent, rate, rate_percent, flat_within;
    int64_t flat_ms, flat_least;
    bool clip;
};

/* clang-format off */
static const struct conf_key root_keys[] = {
    {.name = "tests", .type = CONF_INNER, .required = true,
     .text_zh = "各项检验共用的数字", .text_en = "the numbers all parameters share"},
    {.name = "pairs", .type = CONF_INNER, .text_zh = "不应倒挂的因子", .text_en = "what stays below what"},
    {.name = "parameters", .type = CONF_INNER, .required = true,
     .text_zh = "每个因子的数字", .text_en = "the numbers of each parameter"},
};

static const struct conf_key pair_keys[] = {
    {.name = "less", .type = CONF_NAME, .required = true, .offset = offsetof(struct pair_row, less),
     .text_zh = "应较小的因子", .text_en = "the parameter that is less"},
    {.name = "than", .type = CONF_NAME, .required = true, .offset = offsetof(struct pair_row, than),
     .text_zh = "应较大的因子", .text_en = "than this one"},
    {.name = "times", .type = CONF_NUMBER, .offset = offsetof(struct pair_row, times), .fallback = "1",
     .min = 1e-9, .max = 1e9, .text_zh = "单位换算", .text_en = "into the unit of the other"},
    {.name = "tolerance", .type = CONF_NUMBER, .required = true,
     .offset = offsetof(struct pair_row, tolerance), .min = 0.0, .max = 1e9,
     .text_zh = "允差", .text_en = "tolerance"},
    {.name = "tolerance_percent", .type = CONF_NUMBER, .offset = offsetof(struct pair_row, percent),
     .fallback = "0", .min = 0.0, .max = 1000.0, .text_zh = "相对允差", .text_en = "tolerance in percent"},
    ORIGIN_KEYS(struct pair_row),
};

static const struct conf_key parameter_keys[] = {
    {.name = "parameter", .type = CONF_NAME, .required = true,
     .offset = offsetof(struct parameter_row, parameter),
     .text_zh = "监测因子的键", .text_en = "the key of the parameter"},
    {.name = "span", .type = CONF_INNER, .text_zh = "通常的范围", .text_en = "the usual span"},
    {.name = "possible", .type = CONF_INNER, .text_zh = "可能的范围", .text_en = "what is possible"},
    {.name = "spike", .type = CONF_NUMBER, .offset = offsetof(struct parameter_row, spike), .fallback = "0",
     .min = 0.0, .max = 1e12, .text_zh = "突跳", .text_en = "a spike"},
    {.name = "spike_percent", .type = CONF_NUMBER, .offset = offsetof(struct parameter_row, spike_percent),
     .fallback = "0", .min = 0.0, .max = 1e6, .text_zh = "突跳，相对", .text_en = "a spike, in percent"},
    {.name = "rate_per_hour", .type = CONF_NUMBER, .offset = offsetof(struct parameter_row, rate),
     .fallback = "0", .min = 0.0, .max = 1e12, .text_zh = "每小时变化", .text_en = "change in an hour"},
    {.name = "rate_percent_per_hour", .type = CONF_NUMBER,
     .offset = offsetof(struct parameter_row, rate_percent), .fallback = "0", .min = 0.0, .max = 1e6,
     .text_zh = "每小时变化，相对", .text_en = "change in an hour, in percent"},
    {.name = "flat", .type = CONF_DURATION, .offset = offsetof(struct parameter_row, flat_ms),
     .fallback = "0s", .max = 366 * DAY_MS, .text_zh = "不变多久", .text_en = "unchanged for so long"},
    {.name = "flat_within", .type = CONF_NUMBER, .offset = offsetof(struct parameter_row, flat_within),
     .fallback = "0", .min = 0.0, .max = 1e12, .text_zh = "不变的允差", .text_en = "unchanged within"},
    {.name = "flat_least", .type = CONF_INT, .offset = offsetof(struct parameter_row, flat_least),
     .fallback = "12", .min = 2.0, .max = 1e9, .text_zh = "至少多少条", .text_en = "readings at least"},
    {.name = "rests_at", .type = CONF_INNER, .text_zh = "可以停在哪里", .text_en = "where it may rest"},
    {.name = "clip", .type = CONF_BOOL, .offset = offsetof(struct parameter_row, clip), .fallback = "true",
     .text_zh = "是否找上限", .text_en = "whether ceilings are looked for"},
    ORIGIN_KEYS(struct parameter_row),
};
/* clang-format on */

static void plan_clear(struct screen_plan *plan, const char *parameter)
{
    memset(plan, 0, sizeof *plan);
    plan->span_low = plan->span_high = plan->possible_low = plan->possible_high = NAN;
    plan->clip = 1;
    plan->times = 1.0;
    strncpy(plan->parameter, parameter, sizeof plan->parameter - 1);
}

bool screen_knows(const struct loading *loading, struct conf_at at, const char *key,
                  const char *parameter)
{
    const char *nearest;

    if (parameter_find(loading->parameters, parameter) != NULL)
        return true;
    nearest = parameter_nearest(loading->parameters, parameter);
    if (nearest != NULL)
        return conf_complain(
            loading->faults, at, key,
            SAY("没有监测因子 %s，是否想写 %s？", "there is no parameter %s, did you mean %s?"),
            parameter, nearest);
    return conf_complain(loading->faults, at, key,
                         SAY("没有监测因子 %s；因子表见 parameters.conf",
                             "there is no parameter %s; parameters.conf lists them"),
                         parameter);
}

struct screen_plan *screen_plan_find(struct screen_plans *plans, const char *parameter)
{
    for (size_t i = 0; i < plans->count; i++)
        if (strcmp(plans->all[i].parameter, parameter) == 0)
            return &plans->all[i];
    plan_clear(&plans->all[plans->count], parameter);
    return &plans->all[plans->count++];
}

struct screen_plan *screen_plan_beside(const struct loading *loading, struct conf_at at,
                                       const char *one_key, const char *one, const char *other_key,
                                       const char *other)
{
    struct screen_plan *plan;

    if (!screen_knows(loading, at, one_key, one) || !screen_knows(loading, at, other_key, other))
        return NULL;
    plan = screen_plan_find(loading->plans, one);
    if (plan->beside[0] != '\0') {
        conf_complain(loading->faults, at, one_key,
                      SAY("%s 已经与 %s 比较；一个因子只能与另一个因子比较",
                          "%s is compared with %s already; one parameter has one beside it"),
                      one, plan->beside);
        return NULL;
    }
    strncpy(plan->beside, other, sizeof plan->beside - 1);
    return plan;
}

static bool read_span(struct conf_at group, const char *key, double *low, double *high,
                      struct conf_faults *faults)
{
    struct conf_at at = conf_member(group, key);

    if (!conf_is_there(at))
        return true;
    if (conf_is_list(at) && conf_length(at) == 2 && conf_number(conf_element(at, 0), low) &&
        conf_number(conf_element(at, 1), high) && *low < *high)
        return true;
    *low = *high = NAN;
    return conf_complain(faults, at, key,
                         SAY("要写两个数字，小的在前，如 [0.0, 14.0]",
                             "give two numbers, the lower one first, as [0.0, 14.0]"));
}

static bool read_rests(struct conf_at group, struct screen_plan *plan, struct conf_faults *faults)
{
    struct conf_at at = conf_member(group, "rests_at");
    size_t count = conf_length(at);

    if (!conf_is_there(at))
        return true;
    for (size_t i = 0; i < count && i < RESTS_MAX; i++)
        if (conf_is_list(at) && conf_number(conf_element(at, i), &plan->rests_at[i]))
            plan->rest_count++;
    return (conf_is_list(at) && (size_t)plan->rest_count == count) ||
           conf_complain(faults, at, "rests_at",
                         SAY("要写一个至多 %d 个数字的列表，如 [0.0]",
                             "give a list of at most %d numbers, as [0.0]"),
                         RESTS_MAX);
}

static void read_parameter(const struct loading *loading, struct conf_at at)
{
    struct parameter_row row = {0};
    struct screen_plan *plan;

    if (!conf_read(at, parameter_keys, ROWS(parameter_keys), &row, NULL, loading->faults) ||
        !screen_knows(loading, at, "parameter", row.parameter))
        return;
    for (size_t i = 0; i < loading->plans->count; i++) {
        if (strcmp(loading->plans->all[i].parameter, row.parameter) != 0)
            continue;
        conf_complain(loading->faults, at, "parameter",
                      SAY("因子 %s 写了两次", "the parameter %s stands here twice"), row.parameter);
        return;
    }
    plan = screen_plan_find(loading->plans, row.parameter);
    read_span(at, "span", &plan->span_low, &plan->span_high, loading->faults);
    read_span(at, "possible", &plan->possible_low, &plan->possible_high, loading->faults);
    read_rests(at, plan, loading->faults);
    plan->spike = row.spike;
    plan->spike_percent = row.spike_percent;
    plan->rate_per_hour = row.rate;
    plan->rate_percent_per_hour = row.rate_percent;
    plan->flat_ms = row.flat_ms;
    plan->flat_within = row.flat_within;
    plan->flat_least = row.flat_least;
    plan->clip = row.clip;
}

static void read_pair(const struct loading *loading, struct conf_at at)
{
    struct pair_row row = {0};
    struct screen_plan *plan;

    if (!conf_read(at, pair_keys, ROWS(pair_keys), &row, NULL, loading->faults))
        return;
    plan = screen_plan_beside(loading, at, "less", row.less, "than", row.than);
    if (plan == NULL)
        return;
    plan->times = row.times;
    plan->tolerance = row.tolerance;
    plan->tolerance_percent = row.percent;
}

static bool read_all(const struct loading *loading, struct conf_at root)
{
    struct screen_plans *plans = loading->plans;
    struct conf_at rows = conf_member(root, "parameters");
    struct conf_at pairs = conf_member(root, "pairs");
    struct conf_at tests = conf_member(root, "tests");

    conf_read(root, root_keys, ROWS(root_keys), NULL, NULL, loading->faults);
    plans->all = calloc(conf_length(rows) + conf_length(pairs) + 1, sizeof plans->all[0]);
    if (plans->all == NULL)
        return false;
    for (size_t i = 0; i < conf_length(rows); i++)
        read_parameter(loading, conf_element(rows, i));
    for (size_t i = 0; i < conf_length(pairs); i++)
        read_pair(loading, conf_element(pairs, i));
    if (conf_is_there(tests)) {
        screen_read_tests(loading, tests);
    }
    return true;
}

struct screen_plans *screen_plans_load(const char *path, const struct parameters *parameters,
                                       struct conf_faults *faults)
{
    struct screen_plans *loaded = NULL;
    struct screen_plans *plans = calloc(1, sizeof *plans);
    struct conf *conf = conf_load(path, false, faults);
    struct loading loading = {plans, parameters, faults};

    if (conf == NULL || plans == NULL)
        goto done;
    plan_clear(&plans->bare, "");
    if (!read_all(&loading, conf_root(conf)))
        goto done;
    loaded = plans;
    plans = NULL;
done:
    screen_plans_free(plans);
    conf_free(conf);
    return loaded;
}

void screen_plans_free(struct screen_plans *plans)
{
    if (plans == NULL)
        return;
    free(plans->all);
    free(plans);
}
