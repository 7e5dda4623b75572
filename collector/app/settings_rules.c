#include "app/settings_inside.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

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

static void cannot_yet(struct conf_at at, const char *key, struct conf_faults *faults)
{
    conf_complain(
        faults, conf_member(at, key), key,
        SAY("本版本的规则还不能用它；可用 above、below、between、for、recover、recover_for",
            "rules of this version cannot use it yet; above, below, between, for, recover "
            "and recover_for work"));
}

static void check_later_keys(const struct rule_row *row, uint64_t seen, struct conf_at at,
                             struct conf_faults *faults)
{
    if (was_seen(seen, KEY_LIMIT))
        cannot_yet(at, "limit", faults);
    if (was_seen(seen, KEY_COUNT))
        cannot_yet(at, "count", faults);
    if (was_seen(seen, KEY_PER_DAY))
        cannot_yet(at, "per_day", faults);
    if (row->on != 0)
        cannot_yet(at, "on", faults);
    if (row->when != 0)
        cannot_yet(at, "when", faults);
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
    if (!rule->has_recover)
        return;
    if (bound->kind == BOUND_BETWEEN)
        conf_complain(faults, recover, "recover",
                      SAY("between 的规则回到两界之间即为恢复，不写 recover",
                          "a rule with between recovers inside its bounds and has no recover"));
    else if (bound->kind == BOUND_ABOVE && was_seen(seen, KEY_ABOVE) && rule->recover > bound->high)
        conf_complain(faults, recover, "recover",
                      SAY("恢复值不能高于 above", "recovery cannot lie above the bound of above"));
    else if (bound->kind == BOUND_BELOW && rule->recover < bound->low)
        conf_complain(faults, recover, "recover",
                      SAY("恢复值不能低于 below", "recovery cannot lie below the bound of below"));
}

struct pattern_reader {
    const struct loading *loading;
    struct rule_conf *rule;
};

/* One part of a pattern, in memory of the caller; false when it is empty or too long. */
static bool pattern_part(const char **at, char *out, size_t size)
{
    size_t length = strcspn(*at, "/");

    snprintf(out, size, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] == '/');
    return length > 0 && length < size;
}

static bool part_fits(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 || strcmp(part, name) == 0;
}

/* A device whose profile is not known has every channel: its fault is said elsewhere. */
static bool device_has(const struct device_conf *device, const char *channel)
{
    if (device->profile == NULL || strcmp(channel, "*") == 0)
        return true;
    for (size_t i = 0; i < device->channel_count; i++)
        if (strcmp(device->channels[i]->name, channel) == 0)
            return true;
    return false;
}

static bool pattern_fits(const struct settings *settings, const char *site, const char *name,
                         const char *channel)
{
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        if (part_fits(site, device->site) && part_fits(name, device->name) &&
            device_has(device, channel))
            return true;
    }
    return false;
}

/* The part as written where it is *, else the name that is there. */
static const char *part_or(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 ? part : name;
}

static unsigned part_distance(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 ? 0 : word_distance(part, name);
}

/* The point nearest to a pattern that fits none, its * kept; "" when there is no point at all.
 * Gives how far it is. */
static unsigned pattern_nearest(const struct settings *settings, const char *site, const char *name,
                                const char *channel, char nearest[POINT_SIZE])
{
    unsigned best = UINT_MAX;

    nearest[0] = '\0';
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];
        unsigned above = part_distance(site, device->site) + part_distance(name, device->name);

        for (size_t j = 0; j < device->channel_count; j++) {
            const char *has = device->channels[j]->name;
            unsigned distance = above + part_distance(channel, has);

            if (distance >= best)
                continue;
            best = distance;
            snprintf(nearest, POINT_SIZE, "%s/%s/%s", part_or(site, device->site),
                     part_or(name, device->name), part_or(channel, has));
        }
    }
    return best;
}

/* What can be meant is suggested; else a point that is there shows how one is written. */
static void complain_pattern(const struct loading *loading, const char *pattern,
                             const char *nearest, unsigned distance, struct conf_at at)
{
    if (nearest[0] == '\0')
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"", "no point fits \"%s\""), pattern);
    else if (distance <= strlen(pattern) / 3)
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"，是否想写 \"%s\"？",
                          "no point fits \"%s\", did you mean \"%s\"?"),
                      pattern, nearest);
    else
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"；最接近的监测点是 \"%s\"",
                          "no point fits \"%s\"; the nearest point there is is \"%s\""),
                      pattern, nearest);
}

static void check_pattern(const struct loading *loading, const char *pattern, struct conf_at at)
{
    char site[NAME_SIZE];
    char name[NAME_SIZE];
    char channel[CHANNEL_SIZE];
    char nearest[POINT_SIZE];
    const char *words = pattern;
    unsigned distance;

    if (!pattern_part(&words, site, sizeof site) || !pattern_part(&words, name, sizeof name) ||
        !pattern_part(&words, channel, sizeof channel) || *words != '\0' ||
        pattern[strlen(pattern) - 1] == '/') {
        conf_complain(
            loading->faults, at, "points",
            SAY("\"%s\" 不是监测点；要写 \"点位/设备/通道\"，每一部分可以整个用 * 代替",
                "\"%s\" is no point; \"SITE/DEVICE/CHANNEL\" is wanted, where a whole part "
                "may be *"),
            pattern);
        return;
    }
    if (!loading->sites_known || !loading->devices_known)
        return; /* the files that would say are refused already */
    if (pattern_fits(loading->settings, site, name, channel))
        return;
    distance = pattern_nearest(loading->settings, site, name, channel, nearest);
    complain_pattern(loading, pattern, nearest, distance, at);
}

static void read_pattern(void *self, const char *words, struct conf_at at)
{
    const struct pattern_reader *reader = self;
    char *pattern = reader->rule->patterns[reader->rule->pattern_count];

    if (strlen(words) < POINT_SIZE) {
        strcpy(pattern, words);
        reader->rule->pattern_count++;
    }
    check_pattern(reader->loading, words, at);
}

static void read_rule(const struct loading *loading, struct rule_conf *rule, struct conf_at at)
{
    struct conf_at points = conf_member(at, "points");
    struct pattern_reader reader = {loading, rule};
    struct rule_row row = {0};
    uint64_t seen;

    conf_read(at, rule_keys, ROWS(rule_keys), &row, &seen, loading->faults);
    if (!conf_is_group(at))
        return;
    row.rule.nature = row.nature == 1 ? NATURE_DOUBT : NATURE_BREACH;
    read_bound(&row, seen, at, loading->faults);
    check_recover(&row, seen, at, loading->faults);
    check_later_keys(&row, seen, at, loading->faults);
    rule->rule = row.rule;
    lanes_of_bound(&rule->lanes, &row.bound);
    rule->patterns = calloc(conf_length(points) + 1, sizeof *rule->patterns);
    if (rule->patterns != NULL && conf_is_there(points))
        settings_texts(points, "points", loading->faults, read_pattern, &reader);
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
    conf = conf_load(path, true, loading->faults);
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
    conf_free(conf);
}
