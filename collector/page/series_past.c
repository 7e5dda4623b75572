/* What the events of a device say: how often it was asked, when it was being worked on, and what
 * changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/say.h"
#include "page/series_inside.h"
#include "town/doubts.h"
#include "town/shown.h"

bool series_no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool series_grow(void **all, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 16 : *room * 2;
    void *larger;

    if (count < *room)
        return true;
    larger = realloc(*all, wanted * size);
    if (larger == NULL)
        return false;
    *all = larger;
    *room = wanted;
    return true;
}

static struct wall_time moment_of(const json_t *arguments, const char *key)
{
    struct wall_time time = WALL_NONE;

    return moment_parse(text_of(arguments, key), &time) ? time : WALL_NONE;
}

static struct series_note *add_note(struct series_past *past, const char *kind, uint64_t seq,
                                    struct wall_time time)
{
    struct series_note *note;

    if (!series_grow((void **)&past->notes, past->note_count, &past->note_room, sizeof *note)) {
        past->no_memory = true;
        return NULL;
    }
    note = &past->notes[past->note_count++];
    *note = (struct series_note){.time = time, .until = WALL_NONE, .kind = kind, .seq = seq};
    return note;
}

static void say_interval(struct series_note *note, int64_t before_ms, int64_t every_ms)
{
    char was[24], is[24];

    if (note == NULL)
        return;
    duration_text(before_ms, was);
    duration_text(every_ms, is);
    if (every_ms == 0)
        snprintf(note->text, sizeof note->text, "%s", SAY("不再采集", "no longer asked"));
    else
        snprintf(note->text, sizeof note->text,
                 SAY("采集间隔由 %s 改为 %s", "was asked every %s, now every %s"), was, is);
}

/* Since when it was there before it was first asked is said once; later it says nothing new. */
static void take_every(struct series_past *past, const struct point_event *event,
                       const json_t *arguments)
{
    struct wall_time from = past->interval_count == 0 ? moment_of(arguments, "since") : WALL_NONE;
    int64_t every_ms = number_of(arguments, "every_ms");
    const struct series_interval *before;

    if (!wall_is_known(from))
        from = event->time;
    if (!wall_is_known(from) || every_ms < 0)
        return;
    before = past->interval_count == 0 ? NULL : &past->intervals[past->interval_count - 1];
    if (before != NULL && before->every_ms != every_ms)
        say_interval(add_note(past, "settings", event->seq, from), before->every_ms, every_ms);
    if (before != NULL && from.ms < before->from.ms)
        from = before->from; /* the clock was set back */
    past->no_memory |= !series_grow((void **)&past->intervals, past->interval_count,
                                    &past->interval_room, sizeof *past->intervals);
    if (!past->no_memory && past->intervals != NULL)
        past->intervals[past->interval_count++] = (struct series_interval){from, every_ms};
}

static void take_maintenance(struct series_past *past, const struct point_event *event,
                             const json_t *arguments)
{
    struct wall_time from = moment_of(arguments, "from");
    struct wall_time to = moment_of(arguments, "to");
    struct series_note *note;

    if (!wall_is_known(from) || !wall_is_known(to) || to.ms <= from.ms)
        return;
    note = add_note(past, "maintenance", event->seq, from);
    if (note == NULL)
        return;
    note->until = to;
    snprintf(note->text, sizeof note->text, "%s", text_of(arguments, "note"));
}

/* That it said who it is for the first time changes nothing. */
static void take_identity(struct series_past *past, const struct point_event *event,
                          const json_t *arguments)
{
    const char *was = text_of(arguments, "was");
    struct series_note *note =
        *was == '\0' ? NULL : add_note(past, "identity", event->seq, event->time);

    if (note != NULL)
        snprintf(note->text, sizeof note->text,
                 SAY("仪器身份由 %s 变为 %s", "the instrument was %s and is %s"), was,
                 text_of(arguments, "is"));
}

static bool is_first_of(const struct series_past *past, const char *rule)
{
    for (size_t i = 0; i < past->note_count; i++)
        if (strcmp(past->notes[i].rule, rule) == 0)
            return false;
    return true;
}

/* Of the rules of rules.conf: what screens readings changes with the program. */
static void take_rule(struct series_past *past, const struct point_event *event,
                      const json_t *arguments)
{
    const char *rule = text_of(arguments, "rule");
    bool first = is_first_of(past, rule);
    struct series_note *note =
        doubt_is_screened(rule) ? NULL : add_note(past, "settings", event->seq, event->time);

    if (note == NULL)
        return;
    snprintf(note->rule, sizeof note->rule, "%s", rule);
    snprintf(note->text, sizeof note->text,
             json_is_null(json_object_get(arguments, "meaning"))
                 ? SAY("规则 %s 不再用于此", "the rule %s no longer applies here")
             : first ? SAY("规则 %s 启用", "the rule %s applies from here")
                     : SAY("规则 %s 有改动", "the rule %s changed"),
             rule);
}

static bool take_event(void *self, const struct point_event *event)
{
    static const struct {
        const char *kind;
        void (*take)(struct series_past *past, const struct point_event *event,
                     const json_t *arguments);
    } kinds[] = {
        {"device.every",       take_every      },
        {"device.maintenance", take_maintenance},
        {"device.identity",    take_identity   },
        {"rule.changed",       take_rule       },
    };
    struct series_past *past = self;
    json_t *arguments = json_loads(event->arguments, 0, NULL);

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, event->kind) == 0)
            kinds[i].take(past, event, arguments);
    json_decref(arguments);
    return !past->no_memory;
}

bool series_past_read(struct series_past *past, const struct series_point *point,
                      struct reader *reader, struct error *err)
{
    *past = (struct series_past){.every_ms = point->device->every_ms};
    if (!reader_point_events(reader, point->device_name, point->name, take_event, past, err))
        return false;
    for (size_t i = 0; i < past->note_count; i++)
        utf8_mend(past->notes[i].text);
    return !past->no_memory || series_no_memory(err);
}

void series_past_end(struct series_past *past)
{
    free(past->intervals);
    free(past->notes);
}

int64_t series_every(const struct series_past *past, struct wall_time time)
{
    size_t at = past->interval_count;

    while (at > 1 && past->intervals[at - 1].from.ms > time.ms)
        at--;
    return at == 0 ? past->every_ms : past->intervals[at - 1].every_ms;
}

/* Ticks stand on whole intervals of the wall clock. */
static int64_t ticks(int64_t from_ms, int64_t to_ms, int64_t every_ms)
{
    if (every_ms <= 0 || to_ms <= from_ms)
        return 0;
    return (to_ms + every_ms - 1) / every_ms - (from_ms + every_ms - 1) / every_ms;
}

int64_t series_expected(const struct series_past *past, struct span span)
{
    int64_t expected = 0;

    for (size_t i = 0; i < past->interval_count; i++) {
        int64_t from = past->intervals[i].from.ms;
        int64_t to = i + 1 < past->interval_count ? past->intervals[i + 1].from.ms : INT64_MAX;

        expected += ticks(from > span.start.ms ? from : span.start.ms,
                          to < span.end.ms ? to : span.end.ms, past->intervals[i].every_ms);
    }
    return expected;
}

bool series_is_maintained(const struct series_past *past, struct wall_time time)
{
    for (size_t i = 0; i < past->note_count; i++)
        if (wall_is_known(past->notes[i].until) && past->notes[i].time.ms <= time.ms &&
            time.ms < past->notes[i].until.ms)
            return true;
    return false;
}
