#include "app/history.h"

#include <stdlib.h>
#include <string.h>

#include "app/past.h"
#include "app/story.h"
#include "base/say.h"

static const int64_t day_ms = 24 * 3600 * 1000;

/* A channel as the story knows it; `calm` NULL: it says nothing of it. */
struct voice {
    char point[POINT_SIZE];
    const struct simvalue *calm;
};

struct telling {
    const struct settings *settings;
    const struct story *story;
    struct past *past;
    struct voice *voices; /* of all devices, one after the other */
    size_t deed;          /* the next one */
};

static bool give_voices(struct telling *telling, struct error *err)
{
    const struct settings *settings = telling->settings;
    struct voice *voice;
    size_t count = 0;

    for (size_t i = 0; i < settings->device_count; i++)
        count += settings->devices[i].channel_count;
    voice = telling->voices = calloc(count + 1, sizeof *telling->voices);
    if (voice == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        for (size_t n = 0; n < device->channel_count; n++, voice++) {
            snprintf(voice->point, sizeof voice->point, "%s/%s/%s", device->site, device->name,
                     device->channels[n]->name);
            voice->calm = story_calm(telling->story, voice->point);
        }
    }
    return true;
}

/* A channel the story says nothing of is absent, and says so. */
static bool poll_all(struct telling *telling, struct error *err)
{
    const struct settings *settings = telling->settings;
    const struct voice *voice = telling->voices;
    struct wall_time now = past_now(telling->past);

    for (size_t i = 0; i < settings->device_count; i++) {
        struct reading readings[POLL_READINGS_MAX];

        for (size_t n = 0; n < settings->devices[i].channel_count; n++, voice++) {
            readings[n] = (struct reading){
                .value = NAN, .quality = QUALITY_FAULT, .cause = CAUSE_ABSENT_MARK};
            if (voice->calm != NULL)
                story_reading(telling->story, voice->point, voice->calm, now, &readings[n]);
        }
        if (!past_poll(telling->past, i, readings, err))
            return false;
    }
    return true;
}

static bool strike_off(struct past *past, const struct deed *deed, struct error *err)
{
    json_t *args = json_pack("{s:s, s:s}", "id", deed->task, "note", deed->note);

    return past_act(past, "task.strike_off", args, SAY("演示", "demo"), err);
}

static bool maintain(struct past *past, const struct deed *deed, struct error *err)
{
    struct wall_time until = {deed->at.ms + deed->lasts_ms};
    char from_text[WALL_TEXT], to_text[WALL_TEXT];
    json_t *args = json_pack("{s:s, s:s, s:s, s:s}", "device", deed->device, "from",
                             wall_text(deed->at, from_text), "to", wall_text(until, to_text),
                             "note", deed->note);

    return past_act(past, "device.maintenance", args, SAY("演示", "demo"), err);
}

/* What should have been done before the history begins is left out. */
static bool do_deeds(struct telling *telling, struct wall_time start, struct error *err)
{
    const struct story *story = telling->story;

    while (telling->deed < story->deed_count &&
           story->deeds[telling->deed].at.ms <= past_now(telling->past).ms) {
        const struct deed *deed = &story->deeds[telling->deed++];

        if (deed->at.ms < start.ms)
            continue;
        if (deed->kind == DEED_CLOCK)
            past_step_clock(telling->past, deed->by_ms);
        else if (deed->kind == DEED_STRIKE_OFF ? !strike_off(telling->past, deed, err)
                                               : !maintain(telling->past, deed, err))
            return false;
    }
    return true;
}

static bool tell(struct telling *telling, const struct history *history, struct error *err)
{
    struct wall_time start = past_now(telling->past);
    struct wall_time told = start;

    while (past_now(telling->past).ms < history->end.ms) {
        struct wall_time now = past_now(telling->past);

        if (!poll_all(telling, err) || !do_deeds(telling, start, err) ||
            !past_advance(telling->past, telling->story->every_ms, err))
            return false;
        if (now.ms - told.ms >= day_ms) {
            history->progress(history->self,
                              (double)(now.ms - start.ms) / (double)history->lasts_ms, now);
            told = now;
        }
    }
    return true;
}

static bool fill(const struct settings *settings, const struct story *story,
                 const struct history *history, struct error *err)
{
    struct telling telling = {.settings = settings, .story = story};
    struct wall_time start = {history->end.ms - history->lasts_ms};
    struct error closing = {0};
    bool good = false;

    if (give_voices(&telling, err))
        telling.past = past_open(settings, start, err);
    if (telling.past != NULL)
        good = history->begin(history->self, telling.past, err) && tell(&telling, history, err);
    if (!past_close(telling.past, &closing) && good) {
        *err = closing;
        good = false;
    }
    free(telling.voices);
    return good;
}

bool history_fill(struct settings *settings, const struct history *history, struct error *err)
{
    struct conf_faults *faults = conf_faults_new();
    struct story *story = story_load(history->path, history->end, faults);
    bool good = false;

    if (story == NULL)
        *err = *conf_fault(faults, 0);
    for (size_t i = 0; story != NULL && i < settings->device_count; i++)
        settings->devices[i].every_ms = story->every_ms;
    if (story != NULL)
        good = fill(settings, story, history, err);
    story_free(story);
    conf_faults_free(faults);
    return good;
}
