#include "town/settings_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "ledger/point_sheet.h"

/* clang-format off */
static const char *const grounds[] = {"reading", "1min", "5min", "10min", "15min", "1h", "4h", "8h",
    "day", NULL};
static const char *const whens[] = {"always", "day", "night", NULL};
static const char *const natures[] = {"breach", "doubt", NULL};

enum { /* rows of the table below that are asked for by number */
    KEY_NAME, KEY_POINTS, KEY_TITLE, KEY_ABOVE, KEY_BELOW, KEY_BETWEEN, KEY_LIMIT, KEY_ON, KEY_FOR,
    KEY_COUNT, KEY_PER_DAY, KEY_RECOVER, KEY_RECOVER_FOR, KEY_WHEN, KEY_GATHER, KEY_NATURE
};

struct rule_row {
    struct rule rule;
    struct bound bound;
    double above, below;
    char limit[64];
    int on, when, nature;
    int64_t per_day;
};

static const struct conf_key rule_keys[] = {
    [KEY_NAME] = {"name", CONF_NAME, true, FIELD(struct rule_row, rule.name), 0, 0, NULL, NULL,
     "规则名", "the rule's name"},
    [KEY_POINTS] = {"points", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL,
     "监测点列表 ( \"点位/设备/通道\", … )", "a list of points ( \"SITE/DEVICE/CHANNEL\", … )"},
    [KEY_TITLE] = {"title", CONF_TEXT, false, FIELD(struct rule_row, rule.title), 0, 0, "", NULL,
     "名称", "title"},
    [KEY_ABOVE] = {"above", CONF_NUMBER, false, FIELD(struct rule_row, above), 0, 0, NULL, NULL,
     "高于此值为超标", "breached above this"},
    [KEY_BELOW] = {"below", CONF_NUMBER, false, FIELD(struct rule_row, below), 0, 0, NULL, NULL,
     "低于此值为超标", "breached below this"},
    [KEY_BETWEEN] = {"between", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "[低, 高]", "[low, high]"},
    [KEY_LIMIT] = {"limit", CONF_TEXT, false, FIELD(struct rule_row, limit), 0, 0, NULL, NULL,
     "标准", "a standard"},
    [KEY_ON] = {"on", CONF_CHOICE, false, FIELD(struct rule_row, on), 0, 0, "reading", grounds,
     "按什么判断", "what is judged"},
    [KEY_FOR] = {"for", CONF_DURATION, false, FIELD(struct rule_row, rule.for_ms), 0, YEAR_MS, "0s",
     NULL, "持续多久才算", "how long it must be broken"},
    [KEY_COUNT] = {"count", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "[m, n]", "[m, n]"},
    [KEY_PER_DAY] = {"per_day", CONF_INT, false, FIELD(struct rule_row, per_day), 0, 1440, NULL,
     NULL, "每天允许次数", "allowed times a day"},
    [KEY_RECOVER] = {"recover", CONF_NUMBER, false, FIELD(struct rule_row, rule.recover), 0, 0, NULL,
     NULL, "恢复到此值才算恢复", "recovered beyond this"},
    [KEY_RECOVER_FOR] = {"recover_for", CONF_DURATION, false,
     FIELD(struct rule_row, rule.recover_for_ms), 0, YEAR_MS, "0s", NULL,
     "恢复多久才算恢复", "recovered this long"},
    [KEY_WHEN] = {"when", CONF_CHOICE, false, FIELD(struct rule_row, when), 0, 0, "always", whens,
     "何时适用", "when it applies"},
    [KEY_GATHER] = {"gather", CONF_DURATION, false, FIELD(struct rule_row, rule.gather_ms), 0,
     YEAR_MS, "24h", NULL, "恢复多久后自动结束", "closed this long after recovery"},
    [KEY_NATURE] = {"nature", CONF_CHOICE, false, FIELD(struct rule_row, nature), 0, 0, "breach",
     natures, "性质", "nature"},
};
/* clang-format on */

static bool was_seen(uint64_t seen, int key)
{
    return (seen >> key & 1) != 0;
}

/* How often or how long, not both: the three count differently. */
static void check_alternatives(uint64_t seen, struct conf_at at, struct conf_faults *faults)
{
    int count = was_seen(seen, KEY_FOR) + was_seen(seen, KEY_COUNT) + was_seen(seen, KEY_PER_DAY);

    if (count > 1)
        conf_complain(faults, at, was_seen(seen, KEY_FOR) ? "for" : "count",
                      SAY("for、count、per_day 只能写一个，这里有 %d 个",
                          "one of for, count and per_day at most; here are %d"),
                      count);
}

/* m of the last n. */
static void read_count(struct rule_row *row, uint64_t seen, struct conf_at at,
                       struct conf_faults *faults)
{
    struct conf_at list = conf_member(at, "count");
    int64_t m = 0;
    int64_t n = 0;

    if (!was_seen(seen, KEY_COUNT) || !conf_is_list(list))
        return; /* what is no list is said already */
    if (conf_length(list) != 2 || !conf_int(conf_element(list, 0), &m) ||
        !conf_int(conf_element(list, 1), &n) || m < 1 || m > n || n > COUNT_MAX)
        conf_complain(
            faults, list, "count",
            SAY("要写 [m, n]：最近 n 次中有 m 次，两个整数，1 ≤ m ≤ n ≤ %d",
                "[m, n] is wanted, m of the last n: two whole numbers, 1 <= m <= n <= %d"),
            COUNT_MAX);
    row->rule.count_m = (int)m;
    row->rule.count_n = (int)n;
}

static void read_bound(struct rule_row *row, uint64_t seen, struct conf_at at,
                       struct conf_faults *faults)
{
    struct bound *bound = &row->bound;
    int bounds = was_seen(seen, KEY_ABOVE) + was_seen(seen, KEY_BELOW) +
                 was_seen(seen, KEY_BETWEEN) + was_seen(seen, KEY_LIMIT);

    if (bounds != 1)
        conf_complain(faults, at, row->rule.name,
                      SAY("above、below、between、limit 要写且只写一个，这里有 %d 个",
                          "exactly one of above, below, between and limit is wanted; here are %d"),
                      bounds);
    *bound = (struct bound){.kind = was_seen(seen, KEY_BELOW) ? BOUND_BELOW : BOUND_ABOVE,
                            .low = row->below,
                            .high = row->above,
                            .decimals = DECIMALS_ALL};
    if (!was_seen(seen, KEY_BETWEEN))
        return;
    bound->kind = BOUND_BETWEEN;
    if (!settings_pair(conf_member(at, "between"), &bound->low, &bound->high) ||
        !(bound->low < bound->high))
        conf_complain(faults, conf_member(at, "between"), "between",
                      SAY("要写 [低, 高]，且低小于高", "[low, high] is wanted, low below high"));
}

/* Recovery on the wrong side of the bound would end an episode that still runs. */
static void check_recover(struct rule_row *row, uint64_t seen, struct conf_at at,
                          struct conf_faults *faults)
{
    struct rule *rule = &row->rule;
    const struct bound *bound = &row->bound;
    struct conf_at recover = conf_member(at, "recover");

    rule->has_recover = was_seen(seen, KEY_RECOVER);
    if (!rule->has_recover || was_seen(seen, KEY_LIMIT))
        return; /* against a limit it is checked where the rows are known */
    if (bound->kind == BOUND_BETWEEN)
        conf_complain(faults, recover, "recover",
                      SAY("between 的规则回到两界之间即为恢复，不写 recover",
                          "a rule with between recovers inside its bounds and has no recover"));
    else if (was_seen(seen, KEY_ABOVE) && rule->recover > bound->high)
        conf_complain(faults, recover, "recover",
                      SAY("恢复值不能高于 above", "recovery cannot lie above the bound of above"));
    else if (was_seen(seen, KEY_BELOW) && rule->recover < bound->low)
        conf_complain(faults, recover, "recover",
                      SAY("恢复值不能低于 below", "recovery cannot lie below the bound of below"));
}

struct pattern_reader {
    const struct loading *loading;
    struct rule_conf *rule;
    bool good;
};

static void read_pattern(void *self, const char *words, struct conf_at at)
{
    struct pattern_reader *reader = self;
    char *pattern = reader->rule->patterns[reader->rule->pattern_count];

    if (strlen(words) < POINT_SIZE) {
        strcpy(pattern, words);
        reader->rule->pattern_count++;
    }
    reader->good = settings_check_pattern(reader->loading, words, at) && reader->good;
}

static void take_own_bound(struct rule_conf *rule, const struct rule_row *row, enum period on)
{
    struct lane *lane = &rule->lanes.lane[0];

    lanes_of_bound(&rule->lanes, &row->bound);
    lane->on = on;
    lane->when = (enum when)row->when;
    lane->stages[0].per_day = (int)row->per_day;
}

/* A mean over day and night is neither's. */
static void check_when(const struct rule_row *row, enum period on, struct conf_at at,
                       struct conf_faults *faults)
{
    if (row->when != WHEN_ALWAYS && on == PERIOD_DAY)
        conf_complain(faults, conf_member(at, "when"), "when",
                      SAY("日均值横跨昼夜，不能只判断昼间或夜间；请用更短的 on，或不写 when",
                          "a daily mean spans day and night and is no part of either: take a "
                          "shorter `on`, or no `when`"));
}

/* What is judged at each point: the rule's own bound, or the rows of a standard. */
static void read_lanes(const struct loading *loading, struct rule_conf *rule,
                       const struct rule_row *row, uint64_t seen, struct conf_at at)
{
    struct limit_use use = {.on_given = was_seen(seen, KEY_ON),
                            .when = (enum when)row->when,
                            .per_day = (int)row->per_day,
                            .counts = was_seen(seen, KEY_FOR) || was_seen(seen, KEY_COUNT) ||
                                      was_seen(seen, KEY_PER_DAY)};

    period_find(grounds[row->on], &use.on);
    memcpy(rule->limit, row->limit, sizeof rule->limit);
    if (!was_seen(seen, KEY_LIMIT)) {
        check_when(row, use.on, at, loading->faults);
        take_own_bound(rule, row, use.on);
    } else if (loading->settings->standards != NULL) {
        settings_resolve_limit(loading, rule, &use, at);
    }
}

/* The tests of the screening are rules of that name to the judge. */
static void check_name(const char *name, struct conf_at at, struct conf_faults *faults)
{
    if (strncmp(name, "screen-", strlen("screen-")) == 0)
        conf_complain(faults, at, "name",
                      SAY("以 screen- 开头的名称留给数据筛查，请换一个",
                          "names that begin with screen- belong to the screening, take another"));
}

static void read_rule(const struct loading *loading, struct rule_conf *rule, struct conf_at at)
{
    struct conf_at points = conf_member(at, "points");
    struct pattern_reader reader = {loading, rule, true};
    struct rule_row row = {.per_day = -1};
    uint64_t seen;
    bool good = conf_read(at, rule_keys, ROWS(rule_keys), &row, &seen, loading->faults);

    if (!conf_is_group(at))
        return;
    check_name(row.rule.name, at, loading->faults);
    row.rule.nature = row.nature == 1 ? NATURE_DOUBT : NATURE_BREACH;
    row.rule.night = settings_night(loading->settings);
    read_bound(&row, seen, at, loading->faults);
    check_alternatives(seen, at, loading->faults);
    read_count(&row, seen, at, loading->faults);
    check_recover(&row, seen, at, loading->faults);
    rule->rule = row.rule;
    rule->patterns = calloc(conf_length(points) + 1, sizeof *rule->patterns);
    if (rule->patterns != NULL && conf_is_there(points))
        good = settings_texts(points, "points", loading->faults, read_pattern, &reader) && good;
    if (good && reader.good)
        read_lanes(loading, rule, &row, seen, at);
}

/* Complains at the rule that is one too many at a point: a point is sealed with all of its rules.
 */
static bool count_at(const struct loading *loading, struct conf_at list,
                     const struct device_conf *device, const struct channel *channel)
{
    const struct settings *settings = loading->settings;
    char point[POINT_SIZE];
    int count = 0;

    snprintf(point, sizeof point, "%s/%s/%s", device->site, device->name, channel->name);
    for (size_t i = 0; i < settings->rule_count; i++) {
        count += settings_lanes_at(&settings->rules[i], &settings->sites[device->site_index],
                                   channel->parameter, point) != NULL;
        if (count > SHEET_RULES_MAX)
            return conf_complain(
                loading->faults, conf_member(conf_element(list, i), "points"), "points",
                SAY("监测点 %s 上的规则超过 %d 条：请合并或删去一些",
                    "the point %s has more than %d rules: put some together or take some away"),
                point, (int)SHEET_RULES_MAX);
    }
    return true;
}

static void check_counts(const struct loading *loading, struct conf_at list)
{
    const struct settings *settings = loading->settings;

    if (conf_faults_count(loading->faults) > 0)
        return; /* sites and channels may not be known */
    for (size_t i = 0; i < settings->device_count; i++)
        for (size_t j = 0; j < settings->devices[i].channel_count; j++)
            if (!count_at(loading, list, &settings->devices[i], settings->devices[i].channels[j]))
                return;
}

void settings_read_rules(struct loading *loading)
{
    struct settings *settings = loading->settings;
    struct name_index *names = NULL;
    struct conf_at list;
    struct conf *conf;
    char path[700];

    settings_path(settings, "rules.conf", path, sizeof path);
    if (access(path, F_OK) != 0)
        return;
    conf = settings_conf(loading, "rules.conf", true);
    if (conf == NULL)
        return;
    if (conf_length(conf_root(conf)) == 0) {
        conf_free(conf);
        return; /* no rules yet */
    }
    settings->rules =
        settings_rows(conf_root(conf), "rules", sizeof *settings->rules, &list, loading->faults);
    names = name_index_new(conf_length(list));
    for (size_t i = 0; settings->rules != NULL && i < conf_length(list); i++) {
        struct rule_conf *rule = &settings->rules[settings->rule_count++];

        read_rule(loading, rule, conf_element(list, i));
        name_index_add(names, rule->rule.name, (uint32_t)i, conf_element(list, i));
    }
    name_index_close(names, "name", loading->faults);
    name_index_free(names);
    check_counts(loading, list);
    conf_free(conf);
}
