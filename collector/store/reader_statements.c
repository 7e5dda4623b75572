/* Every statement of a reader, prepared once when it is opened. */
#include "store/reader_inside.h"
#include "store/rows.h"

/* Readings of one point, one way through each table. */
#define POINT_FRESH                                                                                \
    "SELECT p.time FROM poll AS p CROSS JOIN fresh AS f ON f.seq = p.seq AND f.point = ?1"         \
    " WHERE p.seq > (SELECT ifnull(max(last_seq), 0) FROM segment WHERE moved = 1)"                \
    " AND p.device = (SELECT device FROM point WHERE id = ?1) AND p.time IS NOT NULL"
#define POINT_KEPT                                                                                 \
    "SELECT k.time FROM segment AS s CROSS JOIN kept AS k ON k.segment = s.segment"                \
    " AND k.point = ?1 AND k.time >= 0 WHERE s.moved = 1 AND s.pruned = 0"

#define PROBLEM_WANTED                                                                             \
    "(?1 IS NULL OR state = ?1) AND (?2 IS NULL OR kind = ?2) AND (?4 IS NULL OR nature = ?4)"

#define TASK_RELAPSES                                                                              \
    "(SELECT json_group_array(uid) FROM (SELECT uid FROM problem_task"                             \
    " WHERE task = task.id AND relapse = 1 ORDER BY first, uid))"

const char *const reader_statements[ASK_COUNT] = {
    [ASK_BEGIN] = "BEGIN",
    [ASK_END] = "COMMIT",
    [ASK_LAST_SEQ] = "SELECT max(ifnull((SELECT max(seq) FROM poll), 0),"
                     " ifnull((SELECT max(seq) FROM event), 0),"
                     " ifnull((SELECT max(seq) FROM problem_version), 0),"
                     " ifnull((SELECT max(last_seq) FROM segment), 0))",
    [ASK_BOOT] = "SELECT max(id) FROM boot",
    [ASK_SEGMENT] = "SELECT segment, last_seq, moved, pruned, readings, first_seq FROM segment"
                    " WHERE last_seq > ?1"
                    " ORDER BY last_seq LIMIT 1",
    [ASK_UNTIMED_POLL] = "SELECT min(seq) FROM poll WHERE time IS NULL AND boot = ?1 AND seq > ?2",
    [ASK_UNTIMED_EVENT] =
        "SELECT min(seq) FROM event WHERE time IS NULL AND boot = ?1 AND seq > ?2",
    [ASK_POLLS] = "SELECT seq, device, time, mono, boot, profile, raw FROM poll"
                  " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    [ASK_EVENTS] = "SELECT seq, kind, time, arguments FROM event WHERE seq > ?1 AND seq <= ?2"
                   " ORDER BY seq",
    [ASK_VERSIONS] = "SELECT seq, uid, version, body, nature FROM problem_version"
                     " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq",
    [ASK_FRESH] = "SELECT seq, point, value, quality, cause FROM fresh"
                  " WHERE seq > ?1 AND seq <= ?2 ORDER BY seq, point",
    [ASK_POINTS] = "SELECT id FROM point WHERE device = ?1 ORDER BY id",
    [ASK_KEPT] = "SELECT seq, value, quality, cause FROM kept WHERE segment = ?1 AND point = ?2"
                 " AND time BETWEEN ?3 AND ?4 AND seq BETWEEN ?5 AND ?6",
    [ASK_CURSOR] = "SELECT seq FROM cursor WHERE name = ?1",
    [ASK_BACKLOG] = "SELECT count(*) FROM (SELECT 1 FROM poll WHERE seq > ?1 LIMIT 10000)",
    [ASK_OLDEST_AFTER] = "SELECT time FROM (SELECT time FROM poll WHERE seq > ?1 ORDER BY seq"
                         " LIMIT 10000) WHERE time IS NOT NULL LIMIT 1",
    [ASK_QUARANTINED] = "SELECT count(*) FROM quarantine WHERE output = ?1",
    [ASK_SEQ_IN_SEGMENTS] = "SELECT first_seq, last_seq FROM segment"
                            " WHERE last_time >= ?1 AND pruned = 0 ORDER BY segment",
    [ASK_SEQ_IN] = "SELECT seq FROM poll WHERE seq BETWEEN ?1 AND ?2 AND time >= ?3"
                   " ORDER BY seq LIMIT 1",
    [ASK_POINT] = "SELECT id FROM point WHERE name = ?1",
    [ASK_PROBLEMS] = "SELECT body FROM problem WHERE " PROBLEM_WANTED " ORDER BY first DESC, uid",
    [ASK_PROBLEM] = "SELECT body FROM problem WHERE uid = ?3 AND " PROBLEM_WANTED,
    [ASK_MOVED_UP_TO] = READINGS_MOVED_UP_TO,
    [ASK_READINGS_SEGMENTS] = READINGS_SEGMENTS,
    [ASK_READINGS_KEPT] = READINGS_KEPT,
    [ASK_READINGS_FRESH] = READINGS_FRESH,
    [ASK_AGGREGATE_STARTS] = AGGREGATE_STARTS,
    [ASK_AGGREGATE_AT] = AGGREGATE_AT,
    [ASK_AGGREGATE_VERSION] = "SELECT " AGGREGATE_COLUMNS " FROM aggregate WHERE period = ?1"
                              " AND start = ?2 AND point = ?3 AND version = ?4",
    [ASK_AGGREGATE_KEYS] = "SELECT point, start FROM aggregate WHERE period = ?1"
                           " AND start >= ?2 AND start < ?3",
    [ASK_DEVICE] = "SELECT id FROM device WHERE site = ?1 AND name = ?2",
    [ASK_PRUNED] = "SELECT EXISTS(SELECT 1 FROM segment WHERE pruned = 1)",
    [ASK_EVERY_AGGREGATE] = "SELECT " AGGREGATE_COLUMNS " FROM aggregate"
                            " ORDER BY point, period, start, version",
    [ASK_TASKS] = "SELECT body, " TASK_RELAPSES " FROM task" TASK_ORDER,
    [ASK_STRUCK_OFF] =
        "SELECT body, " TASK_RELAPSES " FROM task WHERE struck_off IS NOT NULL" TASK_ORDER,
    [ASK_TASK] = "SELECT body, " TASK_RELAPSES " FROM task WHERE id = ?1",
    [ASK_EPISODES] = "SELECT uid, number, first, last, ended, worst, ended_by FROM episode"
                     " WHERE ?1 IS NULL OR uid = ?1 ORDER BY uid, number",
    [ASK_EVENTS_OF] = "SELECT seq, time, who, arguments FROM event"
                      " WHERE seq > ?2 AND (?1 IS NULL OR kind = ?1) ORDER BY seq",
    [ASK_STORE_ID] = SEAL_STORE_ID,
    [ASK_SEALED] = "SELECT " SEALED_COLUMNS " FROM segment"
                   " WHERE root IS NOT NULL AND segment BETWEEN ?1 AND ?2 ORDER BY segment LIMIT 1",
    [ASK_NEWEST_SEALED] = "SELECT segment, last_seq FROM segment WHERE root IS NOT NULL"
                          " ORDER BY segment DESC LIMIT 1",
    [ASK_UNSEALED] = "SELECT count(*) FROM segment WHERE segment > ?1 AND root IS NULL"
                     " AND pruned = 0",
    [ASK_SEGMENT_OF] = "SELECT segment, first_seq, root IS NOT NULL FROM segment"
                       " WHERE last_seq >= ?1 ORDER BY last_seq LIMIT 1",
    [ASK_BOUNDS] = "SELECT first_seq, last_seq, swept, pruned, leaves FROM segment"
                   " WHERE segment = ?1",
    [ASK_LEAVES] = "SELECT number, name, rows, digest, marks FROM leaf WHERE segment = ?1"
                   " ORDER BY number",
    [ASK_PATH] = "SELECT path FROM segment WHERE segment = ?1 AND root IS NOT NULL",
    [ASK_CONFIGURATION] = "SELECT digest, text FROM configuration WHERE seq <= ?1"
                          " ORDER BY seq DESC LIMIT 1",
    [ASK_SNAPSHOT] = "SELECT content FROM snapshot WHERE digest = ?1",
    [ASK_ANCHORS] = "SELECT segment, kind, name, time, body FROM anchor"
                    " WHERE segment BETWEEN ?1 AND ?2 ORDER BY segment, kind, name",
    [ASK_RAW] = "SELECT p.device, p.profile, p.raw, f.bytes FROM poll AS p"
                " LEFT JOIN frame AS f ON f.seq = p.seq WHERE p.seq = ?1",
    [ASK_FIRST_FRAME] = "SELECT min(seq) FROM frame",
    [ASK_UNTIMED] = "SELECT count(*) FROM poll WHERE time IS NULL",
    [ASK_PROFILE] = "SELECT digest, text FROM profile WHERE id = ?1",
    [ASK_CHANNEL] = "SELECT channel, name FROM point WHERE id = ?1",
    [ASK_NEWEST_FRESH] = "SELECT f.seq, p.time, f.value, f.quality, f.cause, p.mono, p.boot,"
                         " f.point FROM fresh AS f CROSS JOIN poll AS p ON p.seq = f.seq"
                         " WHERE f.seq > ?1 ORDER BY f.seq DESC",
    [ASK_NEWEST_SEGMENTS] = "SELECT segment FROM segment WHERE moved = 1 AND pruned = 0"
                            " ORDER BY segment DESC LIMIT ?1",
    /* The last in time, which but for a clock that was set back is the last in the sequence. */
    [ASK_NEWEST_KEPT] = "SELECT seq, nullif(time, -1), value, quality, cause FROM kept"
                        " WHERE segment = ?1 AND point = ?2 ORDER BY time DESC, seq DESC LIMIT 1",
    [ASK_UNCLOSED] = "SELECT point, body FROM problem WHERE state <> 'closed'"
                     " ORDER BY first DESC, uid",
    [ASK_TASK_ROWS] = "SELECT id, state, site, deadline, struck_off, watch_until FROM task"
                      " ORDER BY site, id",
    [ASK_TASK_POINTS] = "SELECT p.id, t.task FROM task_point AS t CROSS JOIN task"
                        " ON task.id = t.task CROSS JOIN point AS p ON p.name = t.point" TASK_ORDER,
    [ASK_FRESH_PART] = "SELECT min(time), max(seq), sum(time IS NULL) FROM poll WHERE seq > ?1",
    [ASK_ODD_KEPT] = READINGS_KEPT_WHERE(" AND quality <> 0"),
    [ASK_ODD_FRESH] = READINGS_FRESH_WHERE(" AND f.quality <> 0"),
    [ASK_POINT_FRESH_LAST] = POINT_FRESH " ORDER BY p.seq DESC LIMIT 1",
    [ASK_POINT_FRESH_FIRST] = POINT_FRESH " ORDER BY p.seq LIMIT 1",
    [ASK_POINT_KEPT_LAST] = POINT_KEPT " ORDER BY s.segment DESC, k.time DESC LIMIT 1",
    /* A segment that ended before the device was known has nothing of it. */
    [ASK_POINT_KEPT_FIRST] =
        POINT_KEPT " AND +s.last_time >= (SELECT ifnull(d.since, 0) FROM point AS o"
                   " JOIN device AS d ON d.id = o.device WHERE o.id = ?1)"
                   " ORDER BY s.segment, k.time LIMIT 1",
    /* The + keeps SQLite from taking the span for the start as well, and reading it each time. The
     * versions of a period follow each other. */
    [ASK_POINT_AGGREGATES] = "SELECT " AGGREGATE_COLUMNS_OF(
        "a.") " FROM aggregate_start AS s CROSS JOIN aggregate AS a"
              " ON a.period = ?1 AND a.start = +s.start AND a.point = ?4"
              " WHERE s.period = ?1 AND s.start >= ?2 AND s.start < ?3 ORDER BY s.start",
    [ASK_POINT_PROBLEMS] = "SELECT uid, kind, nature, state, rule, first, last, ended,"
                           " (SELECT max(number) FROM episode WHERE episode.uid = problem.uid)"
                           " FROM problem"
                           " WHERE point = ?1 AND first < ?3 AND (ended IS NULL OR ended >= ?2)"
                           " ORDER BY first DESC, uid LIMIT ?4",
    [ASK_POINT_TASKS] = "SELECT task.body FROM task_point JOIN task ON task.id = task_point.task"
                        " WHERE task_point.point = ?1" TASK_ORDER,
    [ASK_POINT_EVENTS] =
        "SELECT seq, kind, time, who, arguments FROM event"
        " WHERE (kind IN ('device.every', 'device.maintenance', 'device.identity')"
        " AND arguments ->> '$.device' = ?1) OR (kind = 'rule.changed' AND EXISTS"
        " (SELECT 1 FROM json_each(event.arguments, '$.points') AS p WHERE p.value = ?2))"
        " ORDER BY seq",
    [ASK_PROBLEM_COUNTS] = "SELECT kind, nature, state, count(*) FROM problem"
                           " WHERE state <> 'closed' GROUP BY kind, nature, state",
    [ASK_TASK_COUNTS] = "SELECT state, count(*) FROM task GROUP BY state",
    LIST_ASKS(ASK_LISTS),
    SEAL_ASKS(ASK_SEAL_ASKS),
};
