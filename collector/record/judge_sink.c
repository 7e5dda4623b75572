/* The sink that writes what the judge concludes into its store. */
#include <stdlib.h>

#include "record/judge_inside.h"

static bool put_problem(void *self, struct problem_row *row, struct error *err)
{
    return store_put_problem(self, row, err);
}

static bool put_episode(void *self, const struct episode_row *row, struct error *err)
{
    return store_put_episode(self, row, err);
}

static bool add_aggregate(void *self, const struct aggregate *aggregate, struct error *err)
{
    return store_add_aggregate(self, aggregate, err);
}

static bool put_task(void *self, const struct task *task, uint64_t seq, struct error *err)
{
    const char *points[TASK_POINTS_MAX];
    json_t *json = task_json(task);
    char *body = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    struct task_row row = {.id = task->id,
                           .state = task_state_word(task->state),
                           .site = task->site,
                           .deadline = task->deadline,
                           .body = body,
                           .struck_off = task->struck_off,
                           .watch_until = task->watch_until,
                           .seq = seq,
                           .points = points,
                           .point_count = task->point_count};
    bool good;

    for (size_t i = 0; i < task->point_count; i++)
        points[i] = task->points[i];
    good = body == NULL ? judge_no_memory(err) : store_put_task(self, &row, err);
    free(body);
    json_decref(json);
    return good;
}

static bool put_judged(void *self, const char *rule, uint32_t point, const void *body, size_t size,
                       struct error *err)
{
    return store_put_judged(self, rule, point, body, size, err);
}

static bool put_memory(void *self, const char *name, uint64_t seq, const void *body, size_t size,
                       struct error *err)
{
    return store_put_memory(self, name, seq, body, size, err);
}

static bool each_reading(void *self, uint32_t point, struct span span, uint64_t last_seq,
                         bool (*each)(void *of, uint64_t seq, struct wall_time time,
                                      const struct reading *reading),
                         void *of, struct error *err)
{
    return store_each_reading(self, point, span, last_seq, each, of, err);
}

static bool each_aggregate(void *self, uint32_t point, enum period period, struct span span,
                           bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                           struct error *err)
{
    return store_each_aggregate(self, point, period, span, each, of, err);
}

struct judge_sink judge_store_sink(struct store *store)
{
    return (struct judge_sink){.problem = put_problem,
                               .episode = put_episode,
                               .aggregate = add_aggregate,
                               .task = put_task,
                               .judged = put_judged,
                               .memory = put_memory,
                               .readings = each_reading,
                               .aggregates = each_aggregate,
                               .self = store};
}
