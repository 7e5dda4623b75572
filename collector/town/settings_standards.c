/* The standards of the settings, and which of their rows a rule with `limit` judges at its points.
 */
#include "town/settings_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

void settings_read_standards(struct loading *loading)
{
    struct settings *settings = loading->settings;
    char path[700];

    if (settings->parameters == NULL)
        return; /* its fault is said; every row would be blamed for it */
    settings->standards = standards_new();
    if (settings->standards == NULL)
        return;
    loading->kept_under = "standards/";
    if (settings_data_path("config/standards", path, sizeof path))
        standards_load(settings->standards, path, settings->parameters, loading->faults);
    settings_path(settings, "standards", path, sizeof path);
    if (access(path, F_OK) == 0)
        standards_load(settings->standards, path, settings->parameters, loading->faults);
    loading->kept_under = NULL;
}

/* DIR/NAME where it is there, else the shipped one; also where that is not there, so that its
 * reader says where it was expected. */
static void plan_path(const struct settings *settings, const char *name, char *out, size_t size)
{
    char shipped[64];

    settings_path(settings, name, out, size);
    snprintf(shipped, sizeof shipped, "config/%s", name);
    if (access(out, F_OK) != 0)
        settings_data_path(shipped, out, size);
}

void settings_read_plans(struct loading *loading)
{
    struct settings *settings = loading->settings;
    char path[700];

    if (settings->parameters == NULL)
        return;
    loading->kept_under = "";
    plan_path(settings, "aggregates.conf", path, sizeof path);
    settings->tallies = tally_plans_load(path, settings->parameters, loading->faults);
    plan_path(settings, "screening.conf", path, sizeof path);
    settings->screens = screen_plans_load(path, settings->parameters, loading->faults);
    plan_path(settings, "verdict.conf", path, sizeof path);
    settings->verdict = verdict_terms_load(path, loading->faults);
    loading->kept_under = NULL;
}

struct night settings_night(const struct settings *settings)
{
    return settings->tallies == NULL ? (struct night){0} : *tally_night(settings->tallies);
}

/* --- what a rule finds ------------------------------------------------------------------------ */

/* One rule on its way through its points. */
struct search {
    const struct loading *loading;
    struct rule_conf *rule;
    const struct limit_use *use;
    struct conf_at at;      /* the rule */
    struct conf_at pattern; /* the element of `points` */
    bool any_channel;       /* which says * for the channel */
    bool *said;             /* by site: what it lacks has been said */
    size_t taken;           /* points of the pattern that are judged */
    bool told;              /* a fault of the pattern has been said */
    char why[400];          /* the first was passed over: why */
};

const struct lanes *settings_rule_lanes(const struct rule_conf *rule, const struct site_setup *site,
                                        const struct parameter *parameter)
{
    struct place place;

    if (rule->limit[0] == '\0')
        return &rule->lanes;
    place = settings_place(site);
    for (size_t i = 0; i < rule->found_count; i++)
        if (rule->found[i].parameter == parameter &&
            memcmp(&rule->found[i].place, &place, sizeof place) == 0)
            return &rule->found[i].lanes;
    return NULL;
}

const struct lanes *settings_lanes_at(const struct rule_conf *rule, const struct site_setup *site,
                                      const struct parameter *parameter, const char *point)
{
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (point_matches(rule->patterns[i], point))
            return settings_rule_lanes(rule, site, parameter);
    return NULL;
}

/* Passes a point over where the pattern takes any channel and others remain; else it is a fault. */
__attribute__((format(printf, 2, 3))) static void pass_over(struct search *finding,
                                                            const char *format, ...)
{
    char why[400];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (!finding->any_channel)
        conf_complain(finding->loading->faults, finding->pattern, "points", "%s", why);
    else if (finding->why[0] == '\0')
        memcpy(finding->why, why, sizeof finding->why);
}

/* A site that does not say what the standard picks its rows by: a fault, once a site. */
static void complain_lacking(struct search *finding, const struct device_conf *device,
                             const struct place_want *want)
{
    finding->told = true;
    if (finding->said[device->site_index])
        return;
    finding->said[device->site_index] = true;
    conf_complain(finding->loading->faults, finding->pattern, "points",
                  SAY("点位 %s 在 sites.conf 里没有写 %s%s，标准 %s 按它选限值（可写 %s）",
                      "the site %s has no %s%s in sites.conf, by which %s picks its limit (%s)"),
                  device->site, want->key,
                  strcmp(want->key, "target") == 0 || strcmp(want->key, "body") == 0
                      ? SAY("（在 section 中）", " (in its section)")
                      : "",
                  finding->rule->limit, want->wanted);
}

static void say_no_row(struct search *finding, const struct device_conf *device,
                       const struct channel *channel, const struct place *place)
{
    const struct standards *standards = finding->loading->settings->standards;
    const char *key = channel->parameter->key;
    const char *limit = finding->rule->limit;
    struct place_want want;
    char has[200];

    if (!standards_want(standards, limit, place, key, &want)) {
        standards_parameters(standards, limit, has, sizeof has);
        pass_over(finding,
                  SAY("监测点 %s/%s/%s：标准 %s 没有因子 %s 的限值；它有 %s",
                      "the point %s/%s/%s: %s has no limit for the parameter %s; it has %s"),
                  device->site, device->name, channel->name, limit, key, has);
    } else if (want.lacks) {
        complain_lacking(finding, device, &want);
    } else if (want.key[0] != '\0') {
        pass_over(finding,
                  SAY("监测点 %s/%s/%s：点位的 %s 是 \"%s\"，标准 %s 对因子 %s 只有 %s 的限值",
                      "the point %s/%s/%s: the %s of its site is \"%s\", but %s has limits for %s "
                      "only where it is %s"),
                  device->site, device->name, channel->name, want.key, want.is, limit, key,
                  want.wanted);
    } else {
        pass_over(finding,
                  SAY("监测点 %s/%s/%s：标准 %s 对因子 %s 没有适合这个点位的限值",
                      "the point %s/%s/%s: %s has no limit for %s that fits its site"),
                  device->site, device->name, channel->name, limit, key);
    }
}

/* The periods that the rows are judged on: "day, year". */
static void list_periods(const struct limit *const *rows, size_t count, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || rows[i]->on != rows[i - 1]->on)
            text_format(&text, "%s%s", text.used > 0 ? ", " : "", period_word(rows[i]->on));
}

/* The rule's `on` must be one the rows can be judged on. */
static bool on_fits(struct search *finding, const struct channel *channel,
                    const struct limit *const *rows, size_t count)
{
    const struct limit_use *use = finding->use;
    char periods[64];
    size_t fit = 0;

    for (size_t i = 0; i < count; i++)
        fit += limit_is_judged_on(rows[i], use->on) &&
               !(use->on_given && use->on == PERIOD_READING && rows[i]->on != PERIOD_READING);
    if (fit > 0)
        return true;
    list_periods(rows, count, periods, sizeof periods);
    if (!use->on_given)
        pass_over(finding,
                  SAY("标准 %s 对因子 %s 只有 %s 均值的限值，运行中不判断",
                      "%s has limits for %s on the %s mean only, which no rule judges"),
                  finding->rule->limit, channel->parameter->key, periods);
    else
        pass_over(finding,
                  SAY("标准 %s 对因子 %s 的限值按 %s 判断，不能写 on = \"%s\"",
                      "%s judges %s on %s, which on = \"%s\" cannot be"),
                  finding->rule->limit, channel->parameter->key, periods, period_word(use->on));
    return false;
}

/* Keeps the lanes of the rule's hours. */
static void apply_when(struct lanes *lanes, enum when when)
{
    size_t kept = 0;

    for (size_t i = 0; i < lanes->count; i++) {
        if (when != WHEN_ALWAYS && lanes->lane[i].when == WHEN_ALWAYS)
            lanes->lane[i].when = when;
        if (when == WHEN_ALWAYS || lanes->lane[i].when == when)
            lanes->lane[kept++] = lanes->lane[i];
    }
    lanes->count = kept;
}

static bool complain(const struct search *finding, const char *key, const char *why)
{
    struct conf_at there = conf_member(finding->at, key);

    return conf_complain(finding->loading->faults, conf_is_there(there) ? there : finding->at, key,
                         "%s", why);
}

/* A stage against what the rule writes beside the limit. */
static bool stage_fits(struct search *finding, struct stage *stage)
{
    const struct rule *rule = &finding->rule->rule;
    const struct bound *bound = &stage->bound;
    bool beyond = (bound->kind == BOUND_ABOVE && rule->recover > bound->high) ||
                  (bound->kind == BOUND_BELOW && rule->recover < bound->low);

    if (stage->per_day >= 0 && finding->use->counts)
        return complain(finding, "limit",
                        SAY("这个标准自己规定每天允许几次，规则不再写 for、count、per_day",
                            "this standard says itself how often a day is allowed: no for, count "
                            "or per_day in the rule"));
    if (rule->has_recover && bound->kind == BOUND_BETWEEN)
        return complain(finding, "recover",
                        SAY("这个限值是一个范围，回到范围内即为恢复，不写 recover",
                            "this limit is a span, which recovers inside, and has no recover"));
    if (rule->has_recover && beyond)
        return complain(finding, "recover",
                        SAY("恢复值越过了限值，有的版本或类别更严",
                            "recovery lies beyond the limit, of one edition or class at least"));
    if (finding->use->per_day >= 0)
        stage->per_day = finding->use->per_day;
    return true;
}

static bool lanes_fit(struct search *finding, struct lanes *lanes)
{
    const struct rule *rule = &finding->rule->rule;

    apply_when(lanes, finding->use->when);
    if (lanes->count == 0)
        return complain(finding, "when",
                        SAY("标准在这段时间没有限值", "the standard has no limit at these hours"));
    for (size_t i = 0; i < lanes->count; i++)
        if (finding->use->when != WHEN_ALWAYS && lanes->lane[i].on == PERIOD_DAY)
            return complain(finding, "when",
                            SAY("这个标准判断日均值，日均值横跨昼夜；不写 when",
                                "this standard judges daily means, which span day and night: "
                                "leave `when` out"));
    if (rule->count_n > 0 && rule->count_m > COUNT_MAX / (int)lanes->count)
        return complain(finding, "count",
                        SAY("这个标准同时判断几项，m 要小一些",
                            "this standard judges several things at once: m must be smaller"));
    for (size_t i = 0; i < lanes->count; i++)
        for (size_t j = 0; j < lanes->lane[i].stage_count; j++)
            if (!stage_fits(finding, &lanes->lane[i].stages[j]))
                return false;
    return true;
}

static bool add_found(struct rule_conf *rule, const struct rule_found *one)
{
    struct rule_found *grown = rule->found;

    if ((rule->found_count & (rule->found_count - 1)) == 0)
        grown = realloc(rule->found,
                        (rule->found_count == 0 ? 1 : rule->found_count * 2) * sizeof *grown);
    if (grown == NULL)
        return false;
    rule->found = grown;
    rule->found[rule->found_count++] = *one;
    return true;
}

enum { ROWS_MOST = LANES_MAX * STAGES_MAX * 4 };

/* False when the rule is refused and the same would be said for every point. */
static bool find_point(struct search *finding, const struct device_conf *device,
                       const struct channel *channel)
{
    const struct settings *settings = finding->loading->settings;
    const struct site_setup *site = &settings->sites[device->site_index];
    const struct limit *rows[ROWS_MOST];
    struct rule_found found = {.place = settings_place(site), .parameter = channel->parameter};
    size_t count;

    if (settings_rule_lanes(finding->rule, site, channel->parameter) != NULL) {
        finding->taken++;
        return true;
    }
    count = standards_pick(settings->standards, finding->rule->limit, &found.place,
                           channel->parameter->key, rows, ROWS_MOST);
    if (count == 0) {
        say_no_row(finding, device, channel, &found.place);
        return true;
    }
    if (count > ROWS_MOST || !standards_lanes(rows, count, finding->use->on, &found.lanes))
        return complain(finding, "limit",
                        SAY("标准在这里同时有太多限值；请在标准号后写年份",
                            "the standard has too many limits here; name its year"));
    if (!on_fits(finding, channel, rows, count))
        return true;
    finding->taken++;
    return lanes_fit(finding, &found.lanes) && add_found(finding->rule, &found);
}

static bool find_points(struct search *finding, const char *pattern)
{
    const struct settings *settings = finding->loading->settings;
    const char *channel = strrchr(pattern, '/');

    finding->any_channel = channel != NULL && strcmp(channel, "/*") == 0;
    finding->why[0] = '\0';
    finding->told = false;
    finding->taken = 0;
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        for (size_t j = 0; j < device->channel_count; j++) {
            char name[POINT_SIZE];

            snprintf(name, sizeof name, "%s/%s/%s", device->site, device->name,
                     device->channels[j]->name);
            if (point_matches(pattern, name) && !find_point(finding, device, device->channels[j]))
                return false;
        }
    }
    if (finding->taken == 0 && !finding->told && finding->why[0] != '\0')
        conf_complain(finding->loading->faults, finding->pattern, "points", "%s", finding->why);
    return true;
}

static bool complain_unknown(const struct search *finding, const char *near)
{
    struct conf_at there = conf_member(finding->at, "limit");
    char names[300];

    standards_names(finding->loading->settings->standards, names, sizeof names);
    if (near == NULL)
        return conf_complain(
            finding->loading->faults, there, "limit",
            SAY("没有标准 \"%s\"；有 %s", "there is no standard \"%s\"; there are %s"),
            finding->rule->limit, names);
    return conf_complain(finding->loading->faults, there, "limit",
                         SAY("没有标准（或这一版）\"%s\"，是否想写 \"%s\"？有 %s",
                             "there is no standard (or edition) \"%s\", did you mean \"%s\"? "
                             "There are %s"),
                         finding->rule->limit, near, names);
}

/* Every device's site must be known before places are asked. */
static bool sites_fit(const struct settings *settings)
{
    for (size_t i = 0; i < settings->device_count; i++)
        if (settings->devices[i].site_index >= settings->site_count ||
            strcmp(settings->sites[settings->devices[i].site_index].base.name,
                   settings->devices[i].site) != 0)
            return false;
    return true;
}

void settings_resolve_limit(const struct loading *loading, struct rule_conf *rule,
                            const struct limit_use *use, struct conf_at at)
{
    struct search finding = {.loading = loading, .rule = rule, .use = use, .at = at};
    struct conf_at points = conf_member(at, "points");
    const char *near = NULL;

    if (!standards_know(loading->settings->standards, rule->limit, &near)) {
        complain_unknown(&finding, near);
        return;
    }
    finding.said = calloc(loading->settings->site_count + 1, sizeof *finding.said);
    for (size_t i = 0;
         finding.said != NULL && sites_fit(loading->settings) && i < conf_length(points); i++) {
        finding.pattern = conf_element(points, i);
        if (!find_points(&finding, conf_text(finding.pattern)))
            break;
    }
    free(finding.said);
}
