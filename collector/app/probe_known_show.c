/* Candidates for a person, with what speaks for and against each, and as JSON. */
#include <math.h>
#include <stdio.h>

#include "app/probe_known.h"
#include "base/say.h"
#include "town/shown.h"

enum { VALUES_SHOWN = 8 };

static void add_values(struct text *text, const struct candidate *candidate)
{
    const struct profile *profile = candidate->profile;
    size_t shown = 0;

    for (size_t i = 0; i < profile->channel_count && shown < VALUES_SHOWN; i++) {
        const struct channel *channel = &profile->channels[i];
        const struct reading *reading = &candidate->readings[i];

        if (!reading_has_value(reading))
            continue;
        text_format(text, "%s%s ", shown++ > 0 ? SAY("，", ", ") : "",
                    parameter_title(channel->parameter));
        value_shown(text, reading->value, channel->parameter->decimals, NULL);
        if (channel->parameter->unit[0] != '\0')
            text_format(text, " %s", channel->parameter->unit);
    }
}

static void add_counts(struct text *text, const struct candidate *candidate)
{
    size_t all = candidate->profile->channel_count;

    if (candidate->in_range == all)
        text_format(text,
                    SAY("%zu 个通道全部可读且在量程内", "all %zu channels readable and in range"),
                    all);
    else
        text_format(text,
                    SAY("%zu 个通道中 %zu 个可读、%zu 个在量程内",
                        "of %zu channels %zu readable, %zu in range"),
                    all, candidate->readable, candidate->in_range);
}

static void add_said(struct text *text, const struct candidate *candidate)
{
    if (candidate->said > 0)
        text_add(text,
                 SAY("；识别寄存器说的就是这种型号", "; its identity registers name this model"));
}

static void add_against(struct text *text, const struct candidate *candidate)
{
    const struct profile *profile = candidate->profile;

    if (candidate->readable < profile->channel_count)
        text_format(text, SAY("；%zu 个通道读不到", "; %zu channels cannot be read"),
                    profile->channel_count - candidate->readable);
    if (candidate->in_range < candidate->readable)
        text_format(text, SAY("；%zu 个超出量程或没有值", "; %zu out of range or without a value"),
                    candidate->readable - candidate->in_range);
    if (candidate->other_line)
        text_format(text,
                    SAY("；线路与出厂的 %d Bd、校验 %s 不同",
                        "; the line is not as delivered, %d Bd, parity %s"),
                    profile->baud, profile->parity);
    if (profile->channel_count <= 2)
        text_add(text, SAY("；通道很少，别的型号也可能碰巧如此",
                           "; few channels, another model may look the same by chance"));
    if (profile->has_wake)
        text_add(text, SAY("；这种型号要先唤醒，探测时没有唤醒",
                           "; this model wants a wake step, which a probe does not take"));
    if (!profile->verified)
        text_add(text, SAY("；寄存器表未经核实", "; its register map is not verified"));
}

void probe_show_candidates(const struct candidates *candidates)
{
    char words[1200];
    struct text text;

    if (candidates->count == 0) {
        printf("  %s\n", SAY("与已知型号都不符", "like none of the models that are known"));
        return;
    }
    printf("  %s\n", SAY("可能的型号（请与铭牌和显示屏核对，这里不能断定）：",
                         "may be one of these (compare with type plate and display; this is no "
                         "proof):"));
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->list[i];

        text_init(&text, words, sizeof words);
        text_add(&text, SAY("相符：", "for it: "));
        add_counts(&text, candidate);
        text_add(&text, SAY("（", " ("));
        add_values(&text, candidate);
        text_add(&text, SAY("）", ")"));
        add_said(&text, candidate);
        printf("  %zu. %s  %s\n     %s\n", i + 1, candidate->profile->model,
               candidate->profile->title, words);
        text_init(&text, words, sizeof words);
        add_against(&text, candidate);
        if (text.used > 0)
            printf("     %s%s\n", SAY("不符或存疑：", "against it: "),
                   words + (say_language() == LANGUAGE_ZH ? sizeof "；" - 1 : 2));
    }
    if (candidates->others > 0)
        printf(SAY("  另有 %zu 种型号也说得通\n", "  %zu other models would do as well\n"),
               candidates->others);
}

static json_t *values_json(const struct candidate *candidate)
{
    json_t *values = json_object();

    for (size_t i = 0; i < candidate->profile->channel_count; i++)
        json_object_set_new(values, candidate->profile->channels[i].name,
                            reading_has_value(&candidate->readings[i]) &&
                                    isfinite(candidate->readings[i].value)
                                ? json_real(candidate->readings[i].value)
                                : json_null());
    return values;
}

json_t *probe_candidates_json(const struct candidates *candidates)
{
    json_t *list = json_array();

    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *one = &candidates->list[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:f, s:i, s:i, s:i, s:i, s:b, s:b, s:o}", "model",
                            one->profile->model, "title", one->profile->title, "score", one->score,
                            "channels", (int)one->profile->channel_count, "readable",
                            (int)one->readable, "in_range", (int)one->in_range, "identity",
                            (int)one->said, "other_line", (int)one->other_line, "verified",
                            (int)one->profile->verified, "values", values_json(one)));
    }
    return list;
}
