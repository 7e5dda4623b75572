/* Every statement of the writer, prepared once when the database is opened. */
#include "store/inside.h"
#include "store/rows.h"

#define SEGMENT_TO_MOVE "segment = (SELECT min(segment) FROM segment WHERE swept = 0)"

/* A segment holds a reading of a point that watches a task (store.h, struct retention). A task that
 * is struck off and does not say until when watches on. */
#define IS_HELD                                                                                    \
    "EXISTS (SELECT 1 FROM task AS t CROSS JOIN task_point AS w ON w.task = t.id"                  \
    " CROSS JOIN point AS p ON p.name = w.point WHERE (t.watch_until > ?3 OR"                      \
    " (t.state NOT IN ('closed', 'handed_over') AND (t.watch_until IS NULL OR"                     \
    " t.state = 'returned'))) AND EXISTS (SELECT 1 FROM kept AS k"                                 \
    " WHERE k.segment = segment.segment AND k.point = p.id))"

const char *const store_statements[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ADD_POLL] = "INSERT INTO poll(seq, device, time, mono, boot, profile, raw)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_ADD_FRAME] = "INSERT INTO frame(seq, bytes) VALUES(?1, ?2)",
    [SQL_ADD_READING] = "INSERT INTO fresh(seq, point, value, quality, cause)"
                        " VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_ADD_EVENT] = "INSERT INTO event(seq, kind, time, mono, boot, who, arguments)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_PUT_PROBLEM] = "REPLACE INTO problem(uid, version, seq, kind, nature, state, rule, point,"
                        " first, last, ended, body)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [SQL_PUT_PROBLEM_TASKS] =
        "INSERT OR REPLACE INTO problem_task(task, relapse, first, uid) " PROBLEM_TASKS("?1", "?2",
                                                                                        "?3", ""),
    [SQL_ADD_VERSION] =
        "INSERT INTO problem_version(seq, uid, version, body, nature) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_PUT_EPISODE] = "REPLACE INTO episode(uid, number, first, last, ended, worst, ended_by)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_PUT_JUDGED] = "REPLACE INTO judged(rule, point, body) VALUES(?1, ?2, ?3)",
    [SQL_DROP_JUDGED] = "DELETE FROM judged WHERE rule = ?1 AND point = ?2",
    [SQL_EACH_JUDGED] = "SELECT rule, point, body FROM judged ORDER BY rule, point",
    [SQL_PUT_CURSOR] = "REPLACE INTO cursor(name, seq, changed) VALUES(?1, ?2, ?3)",
    [SQL_CURSOR] = "SELECT seq FROM cursor WHERE name = ?1",
    [SQL_ADD_QUARANTINE] = "REPLACE INTO quarantine(output, seq, reason, time)"
                           " VALUES(?1, ?2, ?3, ?4)",
    [SQL_FILL_POLLS] =
        "UPDATE poll SET time = mono + ?2 WHERE time IS NULL AND boot = ?1 AND seq > ?3",
    [SQL_FILL_EVENTS] =
        "UPDATE event SET time = mono + ?2 WHERE time IS NULL AND boot = ?1 AND seq > ?3",
    /* A pruned segment takes its polls along but not its number. */
    [SQL_LAST_SEQ] = "SELECT max(ifnull((SELECT max(seq) FROM poll), 0),"
                     " ifnull((SELECT max(seq) FROM event), 0),"
                     " ifnull((SELECT max(seq) FROM problem_version), 0),"
                     " ifnull((SELECT max(last_seq) FROM segment), 0))",
    [SQL_NEWEST] = "SELECT max(last_time) FROM segment",
    [SQL_OLDEST] = "SELECT min(first_time) FROM segment WHERE pruned = 0",
    [SQL_OPEN_PART] =
        "SELECT count(*), min(time), max(time) FROM (SELECT time FROM poll WHERE seq > ?1"
        " UNION ALL SELECT time FROM event WHERE seq > ?1)",
    [SQL_OPEN_READINGS] = "SELECT count(*) FROM fresh WHERE seq > ?1",
    [SQL_UNTIMED] =
        "SELECT (SELECT count(*) FROM poll WHERE time IS NULL AND boot = ?1 AND seq > ?2)"
        " + (SELECT count(*) FROM event WHERE time IS NULL AND boot = ?1 AND seq > ?2)",
    [SQL_CLOSED_UP_TO] = "SELECT max(last_seq) FROM segment",
    [SQL_SPAN] = "SELECT min(time), max(time), max(seq) FROM"
                 " (SELECT seq, time FROM poll WHERE seq > ?1"
                 " UNION ALL SELECT seq, time FROM event WHERE seq > ?1"
                 " UNION ALL SELECT seq, NULL FROM problem_version WHERE seq > ?1)",
    [SQL_ADD_SEGMENT] = "INSERT INTO segment(first_seq, last_seq, first_time, last_time, readings,"
                        " closed) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_TO_MOVE] = "SELECT segment, first_seq, last_seq, copied_point, copied_seq, moved, readings"
                    " FROM segment WHERE " SEGMENT_TO_MOVE,
    [SQL_POLLS_OF_DEVICES] = "SELECT device FROM poll WHERE seq BETWEEN ?1 AND ?2",
    [SQL_COLLECT] = "SELECT f.seq, p.time, f.point, f.value, f.quality, f.cause"
                    " FROM poll AS p CROSS JOIN fresh AS f ON f.seq = p.seq"
                    " WHERE p.seq BETWEEN ?1 AND ?2"
                    " AND p.device IN (SELECT device FROM point WHERE id BETWEEN ?3 AND ?4)"
                    " AND f.point BETWEEN ?3 AND ?4 ORDER BY p.seq",
    [SQL_KEEP] = "INSERT INTO kept(segment, point, time, seq, value, quality, cause)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_COPIED] = "UPDATE segment SET copied_point = ?2, copied_seq = ?3 WHERE segment = ?1",
    [SQL_MOVED] = "UPDATE segment SET moved = 1 WHERE segment = ?1",
    [SQL_FIRST_FRESH] = "SELECT seq FROM fresh WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq LIMIT 1",
    [SQL_SWEEP] = "DELETE FROM fresh WHERE seq BETWEEN ?1 AND ?2",
    [SQL_SWEPT] = "UPDATE segment SET swept = 1 WHERE segment = ?1",
    [SQL_GOING] = "SELECT segment, first_seq, last_seq FROM segment WHERE gone = 0 AND pruned = 1"
                  " ORDER BY segment LIMIT 1",
    [SQL_TO_PRUNE] =
        "SELECT segment, first_seq, last_seq FROM segment WHERE gone = 0 AND pruned = 0"
        " AND swept = 1 AND ifnull(last_time, closed) < ?1 AND last_seq <= ?2"
        " AND NOT " IS_HELD " ORDER BY segment LIMIT 1",
    [SQL_OLDEST_LEFT] = "SELECT ifnull(last_time, closed) FROM segment WHERE gone = 0"
                        " AND pruned = 0 ORDER BY segment LIMIT 1",
    [SQL_OLDEST_LOOSE] = "SELECT ifnull(first_time, closed) FROM segment WHERE gone = 0"
                         " AND pruned = 0 AND NOT " IS_HELD " ORDER BY segment LIMIT 1",
    [SQL_HELD] = "SELECT count(*) FROM segment WHERE gone = 0 AND pruned = 0"
                 " AND ifnull(last_time, closed) < ?1 AND " IS_HELD,
    [SQL_USED] = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count,"
                 " pragma_freelist_count, pragma_page_size",
    [SQL_PRUNED] = "UPDATE segment SET pruned = 1 WHERE segment = ?1",
    [SQL_KEPT_AT] = "SELECT point, time, seq FROM kept WHERE segment = ?1"
                    " ORDER BY point, time, seq LIMIT 1 OFFSET ?2",
    [SQL_DROP_KEPT] = "DELETE FROM kept WHERE segment = ?1 AND (point, time, seq) < (?2, ?3, ?4)",
    [SQL_FIRST_POLL] = "SELECT seq FROM poll WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq LIMIT 1",
    [SQL_DROP_POLLS] = "DELETE FROM poll WHERE seq BETWEEN ?1 AND ?2",
    [SQL_DROP_FRAMES] = "DELETE FROM frame WHERE seq BETWEEN ?1 AND ?2",
    [SQL_GONE] = "UPDATE segment SET gone = 1 WHERE segment = ?1",
    [SQL_ADD_AGGREGATE] = AGGREGATE_ADD,
    [SQL_ADD_START] = "INSERT OR IGNORE INTO aggregate_start(period, start) VALUES(?1, ?2)",
    [SQL_AGGREGATE_STARTS] = AGGREGATE_STARTS,
    [SQL_AGGREGATE_AT] = AGGREGATE_AT,
    /* In place: a large body written anew at each saving would leave holes. */
    [SQL_PUT_MEMORY] = "INSERT INTO memory(name, seq, body) VALUES(?1, ?2, ?3)"
                       " ON CONFLICT(name) DO UPDATE SET seq = excluded.seq, body = excluded.body",
    [SQL_DROP_MEMORY] = "DELETE FROM memory WHERE name = ?1",
    [SQL_EACH_MEMORY] = "SELECT name, seq, body FROM memory ORDER BY name",
    [SQL_MOVED_UP_TO] = READINGS_MOVED_UP_TO,
    [SQL_UNMOVED_FROM] = "SELECT min(first_time) FROM segment WHERE swept = 0 AND moved = 0",
    [SQL_READINGS_SEGMENTS] = READINGS_SEGMENTS,
    [SQL_READINGS_KEPT] = READINGS_KEPT,
    [SQL_READINGS_FRESH] = READINGS_FRESH,
    [SQL_PUT_TASK] = "INSERT INTO task(id, state, site, deadline, struck_off, watch_until, seq,"
                     " body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET"
                     " state = excluded.state, site = excluded.site, deadline = excluded.deadline,"
                     " struck_off = excluded.struck_off, watch_until = excluded.watch_until,"
                     " seq = excluded.seq, body = excluded.body",
    [SQL_DROP_TASK_POINTS] = "DELETE FROM task_point WHERE task = ?1",
    [SQL_PUT_TASK_POINT] = "INSERT OR IGNORE INTO task_point(task, point) VALUES(?1, ?2)",
    [SQL_EACH_TASK] = "SELECT id, body FROM task" TASK_ORDER,
    [SQL_NEWEST_SEALED] =
        "SELECT segment, last_seq, head, sealed, key FROM segment WHERE root IS NOT NULL"
        " ORDER BY segment DESC LIMIT 1",
    [SQL_STORE_ID] = SEAL_STORE_ID,
    [SQL_TO_SEAL] = "SELECT segment, first_seq, last_seq, first_time, last_time, swept FROM segment"
                    " WHERE segment > ?1 AND root IS NULL AND pruned = 0 ORDER BY segment LIMIT 1",
    [SQL_DROP_LEAVES] = "DELETE FROM leaf WHERE segment = ?1 AND number > ?2",
    [SQL_ADD_LEAF] = "INSERT INTO leaf(segment, number, name, rows, digest, marks)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_SEAL] = "UPDATE segment SET root = ?2, previous = ?3, head = ?4, signature = ?5, key = ?6,"
                 " sealed = ?7, leaves = ?8, path = ?9, collector = ?10"
                 " WHERE segment = ?1 AND root IS NULL",
    [SQL_PUT_CONFIGURATION] = "INSERT INTO configuration(seq, digest, text) VALUES(?1, ?2, ?3)",
    [SQL_PUT_SNAPSHOT] = "INSERT OR IGNORE INTO snapshot(digest, content) VALUES(?1, ?2)",
    [SQL_CONFIGURATION] = "SELECT digest FROM configuration ORDER BY seq DESC LIMIT 1",
    [SQL_ADD_ANCHOR] = "INSERT OR IGNORE INTO anchor(segment, kind, name, time, body)"
                       " VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_NEWEST_KEY] = "SELECT arguments ->> '$.key', arguments ->> '$.replaces' IS NULL"
                       " OR arguments ->> '$.signature' IS NOT NULL"
                       " FROM event WHERE kind = 'key.made' ORDER BY seq DESC LIMIT 1",
    SEAL_ASKS(SQL_SEAL_ASKS),
};
