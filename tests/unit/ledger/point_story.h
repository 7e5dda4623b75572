/* point_story.h - one rule at one point on a table: values go into two tracks at once, one of which
 * is written down and read again after every step. Whatever is asked of a story is therefore also
 * proven over a restart at every step. Times are of Asia/Shanghai.
 */
#ifndef TESTS_POINT_STORY_H
#define TESTS_POINT_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/conf.h"
#include "ledger/standard.h"
#include "ledger/track.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

struct story {
    struct parameter parameter;
    struct catalog_site site;
    struct catalog_device device;
    struct catalog_point point;
    struct catalog catalog;
    struct rule rule;
    struct lanes lanes;
    struct watch *watch;
    int64_t gap_ms;
    struct track track, again; /* `again` is restarted after every step */
    uint64_t seq;
    unsigned marks;         /* of the latest step */
    struct problem problem; /* after it, a closed one too */
    char changes[512];      /* its episodes: "1 recovered, 2 , " */
};

static inline struct wall_time at(const char *words)
{
    struct wall_time time;

    if (!moment_parse(words, &time))
        fail_msg("no moment: %s", words);
    return time;
}

static inline struct wall_time later(struct wall_time time, int64_t ms)
{
    return (struct wall_time){time.ms + ms};
}

/* One stage on readings, above a bound, of a rule that closes after an hour. */
static inline void story_begin(struct story *story, double high)
{
    const struct bound bound = {BOUND_ABOVE, .high = high, .decimals = DECIMALS_ALL};

    assert_true(conf_zone("Asia/Shanghai"));
    *story = (struct story){
        .parameter = {.key = "pm2_5",      .unit = "µg/m³",  .medium = MEDIUM_AIR          },
        .site = {.name = "zj-03"    },
        .device = {.id = 1, .name = "air",                   .every_ms = MINUTE,                                           .active = true, .point_count = 1},
        .point = {.id = 1,             .channel = "pm2_5"},
        .rule = {.name = "r",  .gather_ms = HOUR, .night = {22 * 60, 6 * 60}},
        .gap_ms = 5 * MINUTE
    };
    story->point.parameter = &story->parameter;
    story->catalog = (struct catalog){.collector = "zj-01",
                                      .sites = &story->site,
                                      .site_count = 1,
                                      .devices = &story->device,
                                      .device_count = 1,
                                      .points = &story->point,
                                      .point_count = 1};
    assert_true(catalog_index(&story->catalog));
    story->watch = watch_new(&story->catalog);
    lanes_of_bound(&story->lanes, &bound);
    track_clear(&story->track, 1);
    track_clear(&story->again, 1);
}

static inline void story_end(struct story *story)
{
    watch_free(story->watch);
    free(story->catalog.device_of_id);
    free(story->catalog.point_of_id);
}

/* A second stage of the lane from then on. */
static inline struct stage *story_edition(struct story *story, size_t lane, struct wall_time from)
{
    struct lane *of = &story->lanes.lane[lane];
    struct stage *stage = &of->stages[of->stage_count++];

    *stage = stage[-1];
    stage[-1].to = stage->from = from;
    return stage;
}

static inline void story_memory(const struct story *story, const struct track *track, char *body,
                                size_t size)
{
    struct text text;

    text_init(&text, body, size);
    track_write(&text, track, story->watch);
    assert_false(text.full);
}

static inline void story_body(const struct story *story, const struct track *track, char *body,
                              size_t size)
{
    struct text text;

    body[0] = '\0';
    if (track->problem.state == PROBLEM_NONE)
        return;
    text_init(&text, body, size);
    problem_write(&text, &track->problem, &story->catalog, story->watch);
    assert_false(text.full);
}

static inline void story_changes(const struct track *track, char *out, size_t size)
{
    struct track_episode changed[TRACK_EPISODES];
    size_t count = track_episodes(track, changed);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct episode *episode = changed[i].episode;

        assert_true(changed[i].number >= 1 && changed[i].number <= track->problem.episodes);
        assert_true(episode->last.ms >= episode->first.ms);
        assert_true(episode->phase == EPISODE_RUNNING || episode->ended.ms >= episode->last.ms);
        assert_int_equal(episode->phase == EPISODE_RUNNING, changed[i].ended_by[0] == '\0');
        used += (size_t)snprintf(out + used, size - used, "%s%u%s%s", i == 0 ? "" : ", ",
                                 changed[i].number, changed[i].ended_by[0] == '\0' ? "" : " ",
                                 changed[i].ended_by);
        assert_true(used < size);
    }
}

/* After a step of both tracks: they say the same; then the one is restarted. */
static inline void story_compare(struct story *story, unsigned marks, unsigned marks_again)
{
    char one[8192], other[8192];
    struct error err = {0};

    assert_int_equal(marks, marks_again);
    story->marks = marks;
    story->changes[0] = '\0';
    if (marks & TRACK_EPISODE) {
        story_changes(&story->again, other, sizeof other);
        story_changes(&story->track, story->changes, sizeof story->changes);
        assert_string_equal(story->changes, other);
        assert_true(other[0] != '\0');
    }
    story_body(story, &story->track, one, sizeof one);
    story_body(story, &story->again, other, sizeof other);
    assert_string_equal(one, other);
    story->problem = story->track.problem;
    track_settle(&story->track);
    track_settle(&story->again);
    story_memory(story, &story->again, other, sizeof other);
    memset(&story->again, 0xa5, sizeof story->again);
    if (!track_read(&story->again, &story->lanes, story->watch, other, strlen(other), &err))
        fail_msg("%s: %s", err.text, other);
    story_memory(story, &story->track, one, sizeof one);
    assert_string_equal(one, other);
}

static inline unsigned story_value(struct story *story, size_t lane, struct wall_time time,
                                   double value, enum quality quality)
{
    struct track_step step = {.rule = &story->rule,
                              .lanes = &story->lanes,
                              .lane = lane,
                              .catalog = &story->catalog,
                              .watch = story->watch,
                              .point = 1,
                              .gap_ms = story->gap_ms,
                              .time = time,
                              .seq = ++story->seq};
    bool stays = track_stays(&story->track, &step, value, quality);
    char before[8192], after[8192];
    unsigned marks, again;

    story_memory(story, &story->track, before, sizeof before);
    marks = track_step(&story->track, &step, value, quality);
    again = track_step(&story->again, &step, value, quality);
    story_memory(story, &story->track, after, sizeof after);
    if (stays || marks == 0) {
        assert_int_equal(marks, 0);
        assert_string_equal(before, after);
    }
    story_compare(story, marks, again);
    return marks;
}

static inline unsigned story_step(struct story *story, struct wall_time time, double value)
{
    return story_value(story, 0, time, value, QUALITY_NORMAL);
}

static inline unsigned story_struck_off(struct story *story)
{
    unsigned marks = track_struck_off(&story->track);

    story_compare(story, marks, track_struck_off(&story->again));
    return marks;
}

static inline void story_task(struct story *story, const char *id, enum task_state state,
                              struct wall_time struck_off, struct wall_time until)
{
    struct task task = {.state = state,
                        .points = {"zj-03/air/pm2_5"},
                        .point_count = 1,
                        .struck_off = struck_off,
                        .watch_until = until};
    struct error err = {0};

    snprintf(task.id, sizeof task.id, "%s", id);
    assert_true(watch_put(story->watch, &task, &err));
}

#endif
