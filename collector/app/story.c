#include "app/story.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/say.h"
#include "town/settings_inside.h"

static const char *const happening_kinds[] = {"level",  "drift",  "night", "stuck",
                                              "silent", "hiding", NULL};
static const char *const deed_kinds[] = {"strike_off", "maintenance", "clock", NULL};

struct happening_row {
    struct happening happening;
    int64_t ago_ms, lasts_ms;
};

struct deed_row {
    struct deed deed;
    int64_t ago_ms, back_ms;
};

/* clang-format off */
static const struct conf_key root_keys[] = {
    {"every", CONF_DURATION, false, FIELD(struct story, every_ms), 1000, 4 * 3600e3, "5min", NULL,
     "采集间隔", "how often each device is polled"},
    {"values", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "平常的数值", "calm values"},
    {"happenings", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "发生的事", "what happens"},
    {"deeds", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "人做的事", "what people do"},
};

static const struct conf_key calm_keys[] = {
    {"point", CONF_TEXT, true, FIELD(struct calm, point), 0, 0, NULL, NULL, "监测点", "the point"},
    {"base", CONF_NUMBER, true, FIELD(struct calm, value.base), 0, 0, NULL, NULL,
     "日均值", "mean of a day"},
    {"daily", CONF_NUMBER, false, FIELD(struct calm, value.daily), 0, 0, NULL, NULL,
     "日变化幅度", "half the daily range"},
    {"noise", CONF_NUMBER, false, FIELD(struct calm, value.noise), 0, 0, NULL, NULL,
     "噪声", "most the noise adds"},
};

static const struct conf_key happening_keys[] = {
    {"point", CONF_TEXT, true, FIELD(struct happening_row, happening.point), 0, 0, NULL, NULL,
     "监测点", "the point"},
    {"kind", CONF_CHOICE, true, FIELD(struct happening_row, happening.kind), 0, 0, NULL,
     happening_kinds, "什么事", "what happens"},
    {"ago", CONF_DURATION, true, FIELD(struct happening_row, ago_ms), 0, 4000 * 86400e3, NULL, NULL,
     "多久以前开始", "how long before the end it begins"},
    {"lasts", CONF_DURATION, true, FIELD(struct happening_row, lasts_ms), 1, 4000 * 86400e3, NULL,
     NULL, "持续", "how long it lasts"},
    {"to", CONF_NUMBER, false, FIELD(struct happening_row, happening.to), 0, 0, NULL, NULL,
     "到多少", "the value then"},
};

static const struct conf_key deed_keys[] = {
    {"kind", CONF_CHOICE, true, FIELD(struct deed_row, deed.kind), 0, 0, NULL, deed_kinds,
     "什么操作", "what is done"},
    {"ago", CONF_DURATION, true, FIELD(struct deed_row, ago_ms), 0, 4000 * 86400e3, NULL, NULL,
     "多久以前", "how long before the end"},
    {"task", CONF_TEXT, false, FIELD(struct deed_row, deed.task), 0, 0, NULL, NULL,
     "任务编号", "the task"},
    {"device", CONF_TEXT, false, FIELD(struct deed_row, deed.device), 0, 0, NULL, NULL,
     "设备", "the device"},
    {"lasts", CONF_DURATION, false, FIELD(struct deed_row, deed.lasts_ms), 0, 31 * 86400e3, NULL,
     NULL, "持续", "how long it lasts"},
    {"forward", CONF_DURATION, false, FIELD(struct deed_row, deed.by_ms), 0, 86400e3, NULL, NULL,
     "时钟拨快", "the clock is set forward"},
    {"back", CONF_DURATION, false, FIELD(struct deed_row, back_ms), 0, 86400e3, NULL, NULL,
     "时钟拨回", "the clock is set back"},
    {"note", CONF_TEXT, false, FIELD(struct deed_row, deed.note), 0, 0, "", NULL, "说明", "note"},
};
/* clang-format on */

static void read_calms(struct story *story, struct conf_at list, struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_length(list); i++) {
        struct calm *calm = &story->calms[story->calm_count++];

        conf_read(conf_element(list, i), calm_keys, ROWS(calm_keys), calm, NULL, faults);
        calm->value.seed = simvalue_seed(1, calm->point, 0, "");
    }
}

static void read_happenings(struct story *story, struct conf_at list, struct wall_time end,
                            struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_length(list); i++) {
        struct happening_row row = {0};

        conf_read(conf_element(list, i), happening_keys, ROWS(happening_keys), &row, NULL, faults);
        row.happening.from.ms = end.ms - row.ago_ms;
        row.happening.until.ms = row.happening.from.ms + row.lasts_ms;
        story->happenings[story->happening_count++] = row.happening;
    }
}

static int by_time(const void *one, const void *other)
{
    const struct deed *a = one, *b = other;

    return (a->at.ms > b->at.ms) - (a->at.ms < b->at.ms);
}

static void read_deeds(struct story *story, struct conf_at list, struct wall_time end,
                       struct conf_faults *faults)
{
    for (size_t i = 0; i < conf_length(list); i++) {
        struct deed_row row = {0};

        conf_read(conf_element(list, i), deed_keys, ROWS(deed_keys), &row, NULL, faults);
        row.deed.at.ms = end.ms - row.ago_ms;
        row.deed.by_ms -= row.back_ms;
        story->deeds[story->deed_count++] = row.deed;
    }
    qsort(story->deeds, story->deed_count, sizeof *story->deeds, by_time);
}

static void read_story(struct story *story, struct conf_at root, struct wall_time end,
                       struct conf_faults *faults)
{
    struct conf_at values = conf_member(root, "values");
    struct conf_at happenings = conf_member(root, "happenings");
    struct conf_at deeds = conf_member(root, "deeds");

    conf_read(root, root_keys, ROWS(root_keys), story, NULL, faults);
    story->calms = calloc(conf_length(values) + 1, sizeof *story->calms);
    story->happenings = calloc(conf_length(happenings) + 1, sizeof *story->happenings);
    story->deeds = calloc(conf_length(deeds) + 1, sizeof *story->deeds);
    if (story->calms == NULL || story->happenings == NULL || story->deeds == NULL) {
        conf_complain(faults, root, NULL, "%s", SAY("内存不足", "out of memory"));
        return;
    }
    read_calms(story, values, faults);
    read_happenings(story, happenings, end, faults);
    read_deeds(story, deeds, end, faults);
}

struct story *story_load(const char *path, struct wall_time end, struct conf_faults *faults)
{
    struct conf *conf = conf_load(path, false, faults);
    struct story *story = calloc(1, sizeof *story);

    if (conf != NULL && story != NULL)
        read_story(story, conf_root(conf), end, faults);
    conf_free(conf);
    if (conf_faults_count(faults) == 0)
        return story;
    story_free(story);
    return NULL;
}

void story_free(struct story *story)
{
    if (story == NULL)
        return;
    free(story->calms);
    free(story->happenings);
    free(story->deeds);
    free(story);
}

const struct simvalue *story_calm(const struct story *story, const char *point)
{
    for (size_t i = 0; i < story->calm_count; i++)
        if (strcmp(story->calms[i].point, point) == 0)
            return &story->calms[i].value;
    return NULL;
}

/* Minutes since midnight in the collector's zone. */
static int minute_of_day(struct wall_time time)
{
    time_t seconds = (time_t)(time.ms / 1000);
    struct tm local;

    localtime_r(&seconds, &local);
    return local.tm_hour * 60 + local.tm_min;
}

static void fall_silent(struct reading *reading)
{
    reading->value = NAN;
    reading->quality = QUALITY_NO_ANSWER;
    reading->cause = CAUSE_TIMEOUT;
}

/* From 20:00 the value rises to nine tenths of the way in half an hour; then nobody answers. */
static void hide(const struct happening *happening, const struct simvalue *calm, int minute,
                 struct reading *reading)
{
    enum { EVENING = 20 * 60, SILENT = EVENING + 30, BACK = 23 * 60 + 30 };

    if (minute >= SILENT && minute < BACK)
        fall_silent(reading);
    else if (minute >= EVENING && minute < SILENT)
        reading->value += (0.9 * happening->to - calm->base) * (minute - EVENING) / 30.0;
}

static void happen(const struct happening *happening, const struct simvalue *calm,
                   struct wall_time time, struct reading *reading)
{
    int minute = minute_of_day(time);
    double noise = reading->value - calm->base;

    switch ((enum happening_kind)happening->kind) {
    case HAPPENING_LEVEL:
        reading->value = happening->to + noise;
        return;
    case HAPPENING_DRIFT:
        reading->value += (happening->to - calm->base) * (double)(time.ms - happening->from.ms) /
                          (double)(happening->until.ms - happening->from.ms);
        return;
    case HAPPENING_NIGHT:
        if (minute >= 23 * 60 || minute < 4 * 60)
            reading->value = happening->to + noise / 4;
        return;
    case HAPPENING_STUCK:
        reading->value = simvalue_at(calm, happening->from);
        return;
    case HAPPENING_SILENT:
        fall_silent(reading);
        return;
    case HAPPENING_HIDING:
        hide(happening, calm, minute, reading);
        return;
    }
}

/* As an instrument would give it: three decimals. */
static double as_shown(double value)
{
    return round(value * 1000) / 1000;
}

void story_reading(const struct story *story, const char *point, const struct simvalue *calm,
                   struct wall_time time, struct reading *reading)
{
    reading->value = simvalue_at(calm, time);
    reading->quality = QUALITY_NORMAL;
    reading->cause = CAUSE_NONE;
    for (size_t i = 0; i < story->happening_count; i++) {
        const struct happening *happening = &story->happenings[i];

        if (time.ms >= happening->from.ms && time.ms < happening->until.ms &&
            strcmp(happening->point, point) == 0)
            happen(happening, calm, time, reading);
    }
    if (reading_has_value(reading))
        reading->value = fmax(as_shown(reading->value), 0.0);
}
