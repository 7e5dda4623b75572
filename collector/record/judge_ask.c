/* What acts ask the judge before they are recorded. */
#include "record/judge_inside.h"

const struct problem *judge_problem(const struct judge *judge, const char *uid)
{
    const struct seat *seat = judge_seat_of_uid(judge, uid);

    return seat == NULL ? NULL : &seat->track.problem;
}

const struct watch *judge_watch(const struct judge *judge)
{
    return judge->watch;
}

/* Of a running breach at that point, or NULL. */
static const char *running_at(const struct judge *judge, const char *name)
{
    const struct catalog_point *point = catalog_find_point(judge->catalog, name);

    for (size_t i = 0; point != NULL && i < judge->seat_count; i++) {
        const struct problem *problem = &judge->seats[i].track.problem;

        if (judge->seats[i].point == point->id && problem->state != PROBLEM_NONE &&
            problem->nature == NATURE_BREACH && problem_is_running(problem))
            return problem->uid;
    }
    return NULL;
}

const char *judge_running_at(const struct judge *judge, const struct task *task)
{
    const char *uid = NULL;

    for (size_t i = 0; uid == NULL && i < task->point_count; i++)
        uid = running_at(judge, task->points[i]);
    return uid;
}

static bool is_pending(const struct seat *seat, struct wall_time *since)
{
    if (seat->rule == NULL || seat->rule->nature != NATURE_BREACH)
        return false;
    for (size_t i = 0; i < LANES_MAX; i++) {
        if (seat->track.lane[i].episode.phase != EPISODE_PENDING)
            continue;
        *since = seat->track.lane[i].episode.first;
        return true;
    }
    return false;
}

const char *judge_pending_at(const struct judge *judge, const struct task *task,
                             struct wall_time *since)
{
    for (size_t i = 0; i < task->point_count; i++) {
        const struct catalog_point *point = catalog_find_point(judge->catalog, task->points[i]);

        for (size_t n = 0; point != NULL && n < judge->seat_count; n++)
            if (judge->seats[n].point == point->id && is_pending(&judge->seats[n], since))
                return task->points[i];
    }
    return NULL;
}
