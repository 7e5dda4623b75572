/* lists_sql.h - the statements behind reader_lists.h. Inside store/ only. */
#ifndef STORE_LISTS_SQL_H
#define STORE_LISTS_SQL_H

#include "store/rows.h"

enum list_ask {
    LIST_PROBLEMS,
    LIST_PROBLEMS_OF_STATE,
    LIST_UIDS,
    LIST_TASK_PROBLEMS,
    LIST_POINT_PROBLEMS,
    LIST_EPISODES,
    LIST_TASKS,
    LIST_TASK,
    LIST_TASK_RELAPSES,
    LIST_COUNTS,
    LIST_VILLAGES,
    LIST_OWNERS,
    LIST_DEEDS,
    LIST_SEALS,
    LIST_FIRST_DAY,
    LIST_LAST_DAY,
    LIST_ASK_COUNT
};

/* clang-format off */

/* Problems behind (?2, ?3), newest first: a body that is wanted, or NULL. Who reads counts what was
 * looked at, and stops. */
#define LIST_PROBLEMS_SQL(of)                                                                      \
    "SELECT uid, first, CASE WHEN (?9 IS NULL OR state = ?9) AND (?4 IS NULL OR kind = ?4)"        \
    " AND (?8 IS NULL OR EXISTS(SELECT 1 FROM problem_task AS t WHERE t.task = ?8"                 \
    " AND t.relapse = 0 AND t.first = ifnull(problem.first, 0) AND t.uid = problem.uid))"          \
    " AND (?5 IS NULL OR " BODY_MEMBER("site.name") " = ?5)"                                       \
    " AND (?6 IS NULL OR " BODY_MEMBER("site.village") " = ?6)"                                    \
    " AND (?7 IS NULL OR (CASE WHEN json_valid(body) THEN"                                         \
    " ifnull(json_type(body, '$.acknowledged'), 'null') <> 'null' END) = ?7)"                      \
    " THEN body END FROM problem"                                                                  \
    " WHERE " of " AND first <= ?2 AND (first < ?2 OR uid > ?3) ORDER BY first DESC, uid"

/* Tasks behind the id ?1, likewise. */
#define LIST_HAS(path) BODY_MEMBER(path) " LIKE ?10 ESCAPE '\\'"
#define LIST_TASKS_SQL                                                                             \
    "SELECT id, CASE WHEN (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR site = ?3)"                \
    " AND (?4 IS NULL OR (deadline >= ?4 AND deadline < ?5 AND deadline <> ''))"                   \
    " AND (?6 IS NULL OR state IN (SELECT value FROM json_each(?6)))"                              \
    " AND (?7 IS NULL OR " TASK_VILLAGE " = ?7)"                                                   \
    " AND (?8 IS NULL OR " BODY_MEMBER("category") " = ?8)"                                        \
    " AND (?9 IS NULL OR ?9 IN (" BODY_MEMBER("owner.lead") ", " BODY_MEMBER("owner.unit") ", "    \
    BODY_MEMBER("owner.person") "))"                                                               \
    " AND (?10 IS NULL OR id LIKE ?10 ESCAPE '\\' OR " LIST_HAS("title") " OR " LIST_HAS("measure")   \
    " OR " LIST_HAS("owner.lead") " OR " LIST_HAS("owner.unit") " OR " LIST_HAS("owner.person")    \
    ") THEN body END FROM task WHERE " TASK_KEY("task.id") " > " TASK_KEY("?1") TASK_ORDER

/* The different ones of what an index is made of, found one behind the other. */
#define LIST_DIFFERENT_SQL(of)                                                                     \
    "WITH RECURSIVE known(x) AS (SELECT min(" of ") FROM task UNION ALL SELECT (SELECT min(" of    \
    ") FROM task WHERE " of " > known.x) FROM known WHERE x IS NOT NULL)"                          \
    " SELECT x FROM known WHERE x IS NOT NULL LIMIT ?1"

/* The first day any of the points ?1 (a JSON list) has an aggregate of. */
#define LIST_DAY_SQL(order)                                                                        \
    "SELECT s.start FROM aggregate_start AS s WHERE s.period = 'day' AND EXISTS (SELECT 1"         \
    " FROM aggregate AS a WHERE a.period = 'day' AND a.start = s.start"                            \
    " AND a.point IN (SELECT value FROM json_each(?1))) ORDER BY s.start" order " LIMIT 1"

#define LIST_ASKS(at)                                                                              \
    [(at) + LIST_PROBLEMS] = LIST_PROBLEMS_SQL("nature = ?1"),                                     \
    [(at) + LIST_PROBLEMS_OF_STATE] = LIST_PROBLEMS_SQL("nature = ?1 AND state = ?9"),             \
    [(at) + LIST_UIDS] =                                                                           \
        "SELECT uid, body FROM problem WHERE uid >= ?1 AND uid < ?1 || 'g' ORDER BY uid LIMIT ?2", \
    [(at) + LIST_TASK_PROBLEMS] =                                                                  \
        "SELECT first, uid FROM problem_task WHERE task = ?1 AND relapse = ?2"                     \
        " ORDER BY first DESC, uid DESC LIMIT ?3",                                                 \
    [(at) + LIST_POINT_PROBLEMS] =                                                                 \
        "SELECT first, uid FROM problem WHERE point = (SELECT id FROM point WHERE name = ?1)"      \
        " AND nature = 'breach' ORDER BY first DESC, uid LIMIT ?2",                                \
    [(at) + LIST_EPISODES] =                                                                       \
        "SELECT uid, number, first, last, ended, worst, ended_by FROM (SELECT * FROM episode"      \
        " WHERE uid = ?1 ORDER BY number DESC LIMIT ?2) ORDER BY number",                          \
    [(at) + LIST_TASKS] = LIST_TASKS_SQL,                                                          \
    [(at) + LIST_TASK] = "SELECT id, body FROM task WHERE id = ?1",                                \
    [(at) + LIST_TASK_RELAPSES] =                                                                  \
        "SELECT json_group_array(uid) FROM (SELECT uid FROM (SELECT first, uid FROM problem_task"  \
        " WHERE task = ?1 AND relapse = 1 ORDER BY first DESC, uid DESC LIMIT ?2)"                 \
        " ORDER BY first, uid)",                                                                   \
    [(at) + LIST_COUNTS] =                                                                         \
        "SELECT state, count(*), sum(deadline <> '' AND deadline < ?1),"                           \
        " sum(deadline >= ?1 AND deadline <= ?2) FROM task GROUP BY state",                        \
    [(at) + LIST_VILLAGES] = LIST_DIFFERENT_SQL(TASK_VILLAGE),                                     \
    [(at) + LIST_OWNERS] = LIST_DIFFERENT_SQL(TASK_OWNER),                                         \
    [(at) + LIST_DEEDS] =                                                                          \
        "SELECT seq, kind, time, who, arguments FROM (SELECT * FROM event WHERE " EVENT_IS_DEED    \
        " AND " EVENT_SUBJECT " = ?1 ORDER BY seq DESC LIMIT ?2) ORDER BY seq",                    \
    [(at) + LIST_SEALS] =                                                                          \
        "SELECT " SEALED_COLUMNS " FROM segment WHERE root IS NOT NULL AND segment < ?1"           \
        " ORDER BY segment DESC LIMIT ?2",                                                         \
    [(at) + LIST_FIRST_DAY] = LIST_DAY_SQL(""),                                                    \
    [(at) + LIST_LAST_DAY] = LIST_DAY_SQL(" DESC")

/* clang-format on */

#endif
