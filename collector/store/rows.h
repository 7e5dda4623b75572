/* rows.h - what the writer and the readers ask alike, each on a connection of its own. Inside
 * store/ only. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "model/aggregate.h"
#include "model/reading.h"
#include "store/connection.h"

/* Readings of one point, in (time, seq) order. The columns of READINGS_KEPT and READINGS_FRESH:
 * seq, time, value, quality, cause. */
#define READINGS_MOVED_UP_TO "SELECT max(last_seq) FROM segment WHERE moved = 1"
/* The + lets SQLite find them by their times rather than go through all in their order. */
#define READINGS_SEGMENTS                                                                          \
    "SELECT segment, first_time FROM segment WHERE moved = 1 AND pruned = 0"                       \
    " AND last_time >= ?1 AND first_time < ?2 ORDER BY +segment"
#define READINGS_KEPT_WHERE(which)                                                                 \
    "SELECT seq, time, value, quality, cause FROM kept"                                            \
    " WHERE segment = ?1 AND point = ?2 AND time >= ?3 AND time < ?4 AND seq <= ?5" which          \
    " ORDER BY time, seq"
#define READINGS_KEPT READINGS_KEPT_WHERE("")
#define READINGS_FRESH_WHERE(which)                                                                \
    "SELECT p.seq, p.time, f.value, f.quality, f.cause"                                            \
    " FROM poll AS p CROSS JOIN fresh AS f ON f.seq = p.seq AND f.point = ?2"                      \
    " WHERE p.seq > ?1 AND p.seq <= ?5 AND p.time >= ?3 AND p.time < ?4"                           \
    " AND p.device = (SELECT device FROM point WHERE id = ?2)" which " ORDER BY p.time, p.seq"
#define READINGS_FRESH READINGS_FRESH_WHERE("")

struct readings_wish {
    uint32_t point;
    struct span span;
    uint64_t last_seq;
    uint64_t moved_up_to;
    bool (*each)(void *self, uint64_t seq, struct wall_time time, const struct reading *reading);
    void *self;
    sqlite3_stmt *segments, *kept;
    sqlite3_stmt *fresh; /* NULL: nothing fresh can be in the span */
};

/* True also when `each` has enough. */
bool readings_walk(struct connection *c, const struct readings_wish *wish, struct error *err);

/* Aggregates. */
#define AGGREGATE_COLUMNS_OF(a)                                                                    \
    a "point, " a "period, " a "start, " a "end, " a "version, " a "expected, " a "count, " a      \
      "valid, " a "enough, " a "min, " a "mean, " a "max, " a "l10, " a "l50, " a "l90, " a        \
      "ld, " a "ln, " a "ldn, " a "max_8h, " a "cause"
#define AGGREGATE_COLUMNS AGGREGATE_COLUMNS_OF("")
#define AGGREGATE_ADD                                                                              \
    "INSERT INTO aggregate(" AGGREGATE_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10," \
    " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
#define AGGREGATE_STARTS                                                                           \
    "SELECT start FROM aggregate_start WHERE period = ?1 AND start >= ?2 AND start < ?3"           \
    " ORDER BY start"
#define AGGREGATE_AT                                                                               \
    "SELECT " AGGREGATE_COLUMNS " FROM aggregate WHERE period = ?1 AND start = ?2 AND point = ?3"  \
    " ORDER BY version DESC LIMIT 1"

struct aggregates_wish {
    uint32_t point;
    enum period period;
    struct span span;
    bool (*each)(void *self, const struct aggregate *aggregate);
    void *self;
    sqlite3_stmt *starts, *at;
};

/* True also when `each` has enough. */
bool aggregates_walk(struct connection *c, const struct aggregates_wish *wish, struct error *err);
void aggregate_bind(sqlite3_stmt *statement, const struct aggregate *aggregate);
/* `cause` is borrowed from the row. */
void aggregate_of_row(sqlite3_stmt *row, struct aggregate *aggregate);

/* What lists are ordered and narrowed by. Indexes of the schema are made of the very same words: a
 * changed one needs a step of the schema. A body that is no JSON has none of it, and fails nothing.
 */

/* Tasks: numbers first, as numbers; then other ids, shorter ones first, so that P2 stands before
 * P10. One text a task, so that a list can go on behind any of them. */
#define TASK_KEY(id)                                                                               \
    "((" id " GLOB '*[^0-9]*') || printf('%04d', length(ltrim(" id ", '0'))) ||"                   \
    " ltrim(" id ", '0') || ' ' || " id ")"
#define TASK_ORDER " ORDER BY " TASK_KEY("task.id")

#define BODY_MEMBER(path) "CASE WHEN json_valid(body) THEN json_extract(body, '$." path "') END"
#define TASK_VILLAGE      BODY_MEMBER("village")
/* Who a task is asked of: the unit, else the lead, else the person. */
#define TASK_OWNER                                                                                 \
    "CASE WHEN json_valid(body) THEN coalesce(json_extract(body, '$.owner.unit'),"                 \
    " json_extract(body, '$.owner.lead'), json_extract(body, '$.owner.person')) END"

/* A sealed segment. */
#define SEALED_COLUMNS                                                                             \
    "segment, first_seq, last_seq, first_time, last_time, leaves, root, previous, head,"           \
    " signature, key, sealed, collector, pruned, path"

/* What people did, and to which problem, task or device. */
#define EVENT_IS_DEED                                                                              \
    "kind IN ('problem.acknowledge', 'problem.close', 'task.note', 'task.strike_off',"             \
    " 'device.maintenance')"
#define EVENT_SUBJECT                                                                              \
    "CASE WHEN json_valid(arguments) THEN coalesce(json_extract(arguments, '$.uid'),"              \
    " json_extract(arguments, '$.id'), json_extract(arguments, '$.device')) END"

/* Rows of problem_task: the tasks that a problem names, and those it is a relapse of. `more` is a
 * table the problem stands in, with its comma, or "". */
#define PROBLEM_TASKS(uid, first, body, more)                                                      \
    PROBLEM_NAMES(uid, first, body, more, "0", "tasks")                                            \
    " UNION ALL " PROBLEM_NAMES(uid, first, body, more, "1", "relapse_of")
#define PROBLEM_NAMES(uid, first, body, more, relapse, list)                                       \
    "SELECT named.value, " relapse ", ifnull(" first ", 0), " uid " FROM " more                    \
    "json_each(CASE WHEN json_valid(" body ") THEN " body " ELSE '{}' END, '$." list "') AS named" \
    " WHERE named.type = 'text'"

#endif
