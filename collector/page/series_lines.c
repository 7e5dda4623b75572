/* What the values of a point are held against over a span: limits and bounds, and the nights. */
#include <string.h>

#include "page/series_inside.h"

json_t *series_time(struct wall_time time)
{
    char words[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, words)) : json_null();
}

json_t *series_bound(const struct bound *bound)
{
    if (bound->kind == BOUND_ABOVE)
        return json_pack("{s:f}", "above", bound->high);
    if (bound->kind == BOUND_BELOW)
        return json_pack("{s:f}", "below", bound->low);
    return json_pack("{s:[f,f]}", "between", bound->low, bound->high);
}

json_t *series_decimals(const struct bound *bound)
{
    return bound->decimals == DECIMALS_ALL ? json_null() : json_integer(bound->decimals);
}

const char *series_when(enum when when)
{
    static const char *const words[] = {"always", "day", "night"};

    return words[when];
}

static json_t *limit_json(const struct limit *limit)
{
    if (limit == NULL)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:b}", "standard", limit->standard, "edition",
                     limit->edition, "clause", limit->clause, "class",
                     limit->class_[0] == '\0' ? json_null() : json_string(limit->class_), "period",
                     period_word(limit->on), "verified", limit->verified);
}

/* A line has the part of its time of force that lies in the span. */
static void add_line(json_t *lines, const struct rule *rule, const struct lane *lane,
                     const struct stage *stage, struct span span)
{
    struct wall_time from = span.start;
    struct wall_time to = span.end;
    char start[WALL_TEXT], end[WALL_TEXT];

    if (wall_is_known(stage->from) && stage->from.ms > from.ms)
        from = stage->from;
    if (wall_is_known(stage->to) && stage->to.ms < to.ms)
        to = stage->to;
    if (to.ms <= from.ms)
        return;
    json_array_append_new(
        lines,
        json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:s}", "from",
                  wall_text(from, start), "to", wall_text(to, end), "bound",
                  series_bound(&stage->bound), "decimals", series_decimals(&stage->bound), "rule",
                  rule->name, "title", rule->title, "nature", rule_nature_word(rule->nature),
                  "limit", limit_json(stage->limit), "period", period_word(lane->on), "statistic",
                  statistic_word(lane->statistic), "when", series_when(lane->when)));
}

json_t *series_lines(const struct series_point *point, const struct settings *settings,
                     struct span span)
{
    json_t *lines = json_array();

    for (size_t i = 0; point->is_set_up && i < settings->rule_count; i++) {
        const struct lanes *lanes = settings_lanes_at(&settings->rules[i], point->setup.site,
                                                      point->setup.parameter, point->name);

        for (size_t j = 0; lanes != NULL && j < lanes->count; j++)
            for (size_t k = 0; k < lanes->lane[j].stage_count; k++)
                add_line(lines, &settings->rules[i].rule, &lanes->lane[j],
                         &lanes->lane[j].stages[k], span);
    }
    return lines;
}

json_t *series_nights(const struct series_asked *asked, const struct settings *settings)
{
    enum { NIGHTS_MOST = 100 }; /* more are no shades to the eye */
    const struct night *night = tally_night(settings->tallies);
    const struct parameter *parameter = asked->point->parameter;
    json_t *nights = json_array();
    struct span at;
    char from[WALL_TEXT], to[WALL_TEXT];

    if (parameter == NULL || parameter->medium != MEDIUM_NOISE)
        return nights;
    at = period_at(PERIOD_NIGHT, asked->span.start, night);
    for (; at.start.ms < asked->span.end.ms; at = period_next(PERIOD_NIGHT, at, night)) {
        if (json_array_size(nights) >= NIGHTS_MOST) {
            json_array_clear(nights);
            break;
        }
        json_array_append_new(nights, json_pack("{s:s, s:s}", "from", wall_text(at.start, from),
                                                "to", wall_text(at.end, to)));
    }
    return nights;
}
