#include "store/schema.h"

#include <stdio.h>

#include "base/say.h"
#include "model/quality.h"
#include "store/rows.h"
#include "store/store.h"

/* What the tables promise to other programs stands in the contract. Beyond it:
 *  - `raw` is the last column of poll, so that a long one is not read to reach the others;
 *  - kept.time is -1 for a poll of a former boot that never got a wall time (a key has no NULL);
 *  - a segment is moved by groups of points: all points up to copied_point are in `kept` and of the
 *    next one the readings up to copied_seq; `moved` lets the view look there, `swept` says that
 *    `fresh` holds nothing of it any more; `pruned` hides it, `gone` says that it is deleted.
 * Segments are moved in their order, so what is moved is all up to one seq;
 *  - aggregates stand by period and moment, all points of one moment together, because they are
 *    written at the same moment: each added row then shares its pages with its neighbours. A row a
 *    point in (point, time) order costs 8 to 10 KB of disk; aggregate_start lists the moments there
 *    are, so that those of one point are looked up one by one;
 *  - task_point names the points as the ledger does: a task may watch what is not here.
 */
static const char schema_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE boot(id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE, first_seen INTEGER);"
    "CREATE TABLE device(id INTEGER PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL,"
    " since INTEGER, UNIQUE(site, name));"
    "CREATE TABLE point(id INTEGER PRIMARY KEY, device INTEGER NOT NULL REFERENCES device,"
    " channel TEXT NOT NULL, name TEXT NOT NULL UNIQUE, UNIQUE(device, channel));"
    "CREATE TABLE profile(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
    " model TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE cause(id INTEGER PRIMARY KEY, word TEXT NOT NULL);"

    "CREATE TABLE poll(seq INTEGER PRIMARY KEY, device INTEGER NOT NULL, time INTEGER,"
    " mono INTEGER NOT NULL, boot INTEGER NOT NULL, profile INTEGER NOT NULL, raw BLOB);"
    "CREATE INDEX poll_untimed ON poll(boot) WHERE time IS NULL;"
    "CREATE TABLE fresh(seq INTEGER NOT NULL, point INTEGER NOT NULL, value REAL,"
    " quality INTEGER NOT NULL, cause INTEGER NOT NULL, PRIMARY KEY(seq, point)) WITHOUT ROWID;"
    "CREATE TABLE kept(segment INTEGER NOT NULL, point INTEGER NOT NULL, time INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, value REAL, quality INTEGER NOT NULL, cause INTEGER NOT NULL,"
    " PRIMARY KEY(segment, point, time, seq)) WITHOUT ROWID;"
    "CREATE TABLE segment(segment INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL UNIQUE, first_time INTEGER, last_time INTEGER,"
    " readings INTEGER NOT NULL, closed INTEGER, copied_point INTEGER NOT NULL DEFAULT 0,"
    " copied_seq INTEGER NOT NULL DEFAULT 0, moved INTEGER NOT NULL DEFAULT 0,"
    " swept INTEGER NOT NULL DEFAULT 0, pruned INTEGER NOT NULL DEFAULT 0,"
    " gone INTEGER NOT NULL DEFAULT 0, root BLOB, previous BLOB, head BLOB, signature BLOB,"
    " key TEXT, sealed INTEGER);"
    "CREATE INDEX segment_unmoved ON segment(segment) WHERE swept = 0;"
    "CREATE INDEX segment_ungone ON segment(segment) WHERE gone = 0;"
    "CREATE VIEW reading AS"
    " SELECT f.seq AS seq, f.point AS point, p.time AS time, f.value AS value,"
    " f.quality AS quality, (SELECT word FROM cause WHERE id = f.cause) AS cause"
    " FROM fresh AS f CROSS JOIN poll AS p ON p.seq = f.seq"
    " WHERE f.seq > (SELECT ifnull(max(last_seq), 0) FROM segment WHERE moved = 1)"
    " UNION ALL"
    " SELECT k.seq, k.point, nullif(k.time, -1), k.value, k.quality,"
    " (SELECT word FROM cause WHERE id = k.cause)"
    " FROM segment AS s CROSS JOIN kept AS k ON k.segment = s.segment"
    " WHERE s.moved = 1 AND s.pruned = 0;"

    "CREATE TABLE event(seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, time INTEGER,"
    " mono INTEGER NOT NULL, boot INTEGER NOT NULL, who TEXT NOT NULL, arguments TEXT NOT NULL);"
    "CREATE INDEX event_untimed ON event(boot) WHERE time IS NULL;"
    "CREATE TABLE problem(uid TEXT PRIMARY KEY, version INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " kind TEXT NOT NULL, nature TEXT NOT NULL, state TEXT NOT NULL, rule TEXT NOT NULL,"
    " point INTEGER NOT NULL, first INTEGER, last INTEGER, ended INTEGER, body TEXT NOT NULL);"
    "CREATE INDEX problem_open ON problem(uid) WHERE state <> 'closed';"
    "CREATE TABLE problem_version(seq INTEGER PRIMARY KEY, uid TEXT NOT NULL,"
    " version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE(uid, version));"
    "CREATE TABLE episode(uid TEXT NOT NULL, number INTEGER NOT NULL, first INTEGER, last INTEGER,"
    " ended INTEGER, worst REAL, ended_by TEXT NOT NULL, PRIMARY KEY(uid, number)) WITHOUT ROWID;"
    "CREATE TABLE judged(rule TEXT NOT NULL, point INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(rule, point)) WITHOUT ROWID;"
    "CREATE TABLE cursor(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, changed INTEGER)"
    " WITHOUT ROWID;"
    "CREATE TABLE quarantine(output TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL,"
    " time INTEGER, PRIMARY KEY(output, seq)) WITHOUT ROWID;";

static const char schema_2[] =
    "CREATE TABLE aggregate(point INTEGER NOT NULL, period TEXT NOT NULL, start INTEGER NOT NULL,"
    " end INTEGER NOT NULL, version INTEGER NOT NULL, expected INTEGER NOT NULL,"
    " count INTEGER NOT NULL, valid INTEGER NOT NULL, enough INTEGER NOT NULL, min REAL, mean REAL,"
    " max REAL, l10 REAL, l50 REAL, l90 REAL, ld REAL, ln REAL, ldn REAL, max_8h REAL,"
    " cause TEXT NOT NULL, PRIMARY KEY(period, start, point, version)) WITHOUT ROWID;"
    "CREATE TABLE aggregate_start(period TEXT NOT NULL, start INTEGER NOT NULL,"
    " PRIMARY KEY(period, start)) WITHOUT ROWID;"
    "CREATE TABLE memory(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE task(id TEXT PRIMARY KEY, state TEXT NOT NULL, site TEXT NOT NULL,"
    " deadline TEXT NOT NULL, struck_off INTEGER, watch_until INTEGER, seq INTEGER NOT NULL,"
    " body TEXT NOT NULL);"
    "CREATE TABLE task_point(task TEXT NOT NULL REFERENCES task, point TEXT NOT NULL,"
    " PRIMARY KEY(task, point)) WITHOUT ROWID;"
    "CREATE INDEX task_point_by_point ON task_point(point);"
    "CREATE INDEX segment_time ON segment(last_time, first_time);"
    /* A version says of itself what it is, so that senders can leave doubts out. */
    "ALTER TABLE problem_version ADD COLUMN nature TEXT NOT NULL DEFAULT 'breach';"
    "UPDATE problem_version SET nature = ifnull((SELECT nature FROM problem"
    " WHERE problem.uid = problem_version.uid), nature);"
    /* The judge's memory of a rule has lanes now: what ran becomes its first. Numbers keep their
     * text. */
    "UPDATE judged SET body = CAST(json_set(json_remove(CAST(body AS TEXT), '$.episode'),"
    " '$.prover', 0, '$.lane_count', 1, '$.lanes',"
    " CASE WHEN CAST(body AS TEXT) ->> '$.episode.seen' IS NULL THEN json('[]') ELSE"
    " json_array(json_set(CAST(body AS TEXT) -> '$.episode', '$.lane', 0,"
    " '$.window', '0000000000000000', '$.breaches', json('[]'), '$.day', json('null'),"
    " '$.stage', json('false'), '$.day_count', 0, '$.on', 0,"
    " '$.number', ifnull(CAST(body AS TEXT) ->> '$.problem.episodes', 0))) END,"
    " '$.problem', CASE json_type(CAST(body AS TEXT), '$.problem') WHEN 'object' THEN"
    " json_set(CAST(body AS TEXT) -> '$.problem', '$.kind', 0, '$.tasks', json('[]'), '$.limit',"
    " json('{\"standard\":\"\",\"edition\":\"\",\"clause\":\"\",\"class\":\"\","
    "\"period\":0,\"verified\":0}'),"
    " '$.worst_low', json(CAST(body AS TEXT) -> '$.problem.low'),"
    " '$.worst_high', json(CAST(body AS TEXT) -> '$.problem.high')) ELSE json('null') END)"
    " AS BLOB);";

/* Seals. The store's id is made once, so that its heads are no other's; `collector` is the name it
 * had when a segment was sealed. `leaf` has row ids, because marks of a thousand rows would not fit
 * into a key's page and take one of their own. */
static const char schema_3[] =
    "INSERT INTO meta(key, value) VALUES('store', lower(hex(randomblob(16))));"
    "CREATE TABLE leaf(segment INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
    " rows INTEGER NOT NULL, digest BLOB NOT NULL, marks BLOB NOT NULL,"
    " PRIMARY KEY(segment, number));"
    "CREATE TABLE configuration(seq INTEGER PRIMARY KEY, digest BLOB NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE TABLE snapshot(digest BLOB NOT NULL UNIQUE, content BLOB NOT NULL);"
    "CREATE TABLE anchor(segment INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " time INTEGER, body BLOB, PRIMARY KEY(segment, kind, name)) WITHOUT ROWID;"
    "ALTER TABLE segment ADD COLUMN leaves INTEGER;"
    "ALTER TABLE segment ADD COLUMN path BLOB;"
    "ALTER TABLE segment ADD COLUMN collector TEXT;";

/* What devices taught and who they are: memory, which the events of the sequence tell too. The
 * exact bytes of polls that watch a task. */
static const char schema_4[] =
    "CREATE TABLE lesson(device INTEGER NOT NULL, profile INTEGER NOT NULL, area INTEGER NOT NULL,"
    " address INTEGER NOT NULL, count INTEGER NOT NULL, cause INTEGER NOT NULL, learned INTEGER,"
    " PRIMARY KEY(device, profile, area, address)) WITHOUT ROWID;"
    "CREATE TABLE identity(device INTEGER PRIMARY KEY, profile INTEGER NOT NULL,"
    " text TEXT NOT NULL, since INTEGER);"
    "CREATE TABLE frame(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);";

/* Lists a page at a time: each is read along an index, in the order it is shown, however long it
 * is. `problem_task` says which tasks a problem names (relapse 0; fixed when it opens), and again
 * of which it is a relapse (1). */
/* clang-format off */
static const char schema_5[] =
    "CREATE INDEX problem_newest ON problem(nature, first DESC, uid);"
    "CREATE INDEX problem_newest_state ON problem(nature, state, first DESC, uid);"
    "CREATE INDEX problem_newest_point ON problem(point, first DESC, uid);"
    "CREATE TABLE problem_task(task TEXT NOT NULL, relapse INTEGER NOT NULL,"
    " first INTEGER NOT NULL, uid TEXT NOT NULL, PRIMARY KEY(task, relapse, first, uid))"
    " WITHOUT ROWID;"
    "INSERT OR REPLACE INTO problem_task(task, relapse, first, uid) "
    PROBLEM_TASKS("p.uid", "p.first", "p.body", "problem AS p, ") ";"
    "CREATE INDEX task_in_order ON task(" TASK_KEY("id") ");"
    "CREATE INDEX task_by_state ON task(state, deadline);"
    "CREATE INDEX task_by_village ON task(" TASK_VILLAGE ");"
    "CREATE INDEX task_by_owner ON task(" TASK_OWNER ");"
    "CREATE INDEX event_deed ON event(" EVENT_SUBJECT ") WHERE " EVENT_IS_DEED ";";
/* clang-format on */

bool schema_fill_causes(struct connection *c, struct error *err)
{
    sqlite3_stmt *add = NULL;
    int64_t known = 0;
    bool done = true;

    if (!connection_number(c, "SELECT count(*) FROM cause", &known, err) || known >= CAUSE_COUNT)
        return known >= CAUSE_COUNT;
    if (sqlite3_prepare_v2(c->db, "INSERT OR IGNORE INTO cause(id, word) VALUES(?, ?)", -1, &add,
                           NULL) != SQLITE_OK)
        return connection_complain(c, err);
    for (int cause = 0; cause < CAUSE_COUNT && done; cause++) {
        sqlite3_bind_int(add, 1, cause);
        bind_text(add, 2, cause_word((enum cause)cause));
        done = statement_run(c, add, err);
    }
    sqlite3_finalize(add);
    return done;
}

static const struct schema_step steps_of_ours[STORE_SCHEMA] = {
    {schema_1, schema_fill_causes},
    {schema_2, NULL              },
    {schema_3, NULL              },
    {schema_4, NULL              },
    {schema_5, NULL              },
};

const struct schema_step *schema_steps(void)
{
    return steps_of_ours;
}

/* The one view is ours; whatever else computes its rows may never end, or change what is written.
 */
static bool has_only_tables(struct connection *c, struct error *err)
{
    int64_t others = 0;

    if (!connection_number(c,
                           "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' OR"
                           " (type = 'view' AND name <> 'reading') OR"
                           " (type = 'table' AND sql LIKE 'CREATE VIRTUAL%')",
                           &others, err))
        return false;
    return others == 0 ||
           error_set(
               err, ERROR_STORE,
               SAY("存储 %s：里面有 %lld 个不是本程序建的视图、触发器或虚拟表，需核查；未作任何"
                   "改动，请保留该文件，从备份恢复",
                   "store %s: it holds %lld views, triggers or virtual tables this program "
                   "did not make, which needs checking; nothing was changed, keep the file "
                   "and restore a backup"),
               c->path, (long long)others);
}

bool schema_look(struct connection *c, int newest, int *version, struct error *err)
{
    int64_t application = 0;
    int64_t schema = 0;
    int64_t tables = 0;

    if (!connection_number(c, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
        !connection_number(c, "PRAGMA application_id", &application, err) ||
        !connection_number(c, "PRAGMA user_version", &schema, err))
        return false;
    *version = (int)schema;
    if (application != STORE_APPLICATION_ID && (application != 0 || schema != 0 || tables != 0))
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：这是别的程序的数据库；未作任何改动，请另设 store.dir",
                "store %s: this is the database of another program; nothing was changed, "
                "set another store.dir"),
            c->path);
    if (schema < 0 || schema > newest)
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：本程序认识结构版本 %d，文件是 %lld：请升级程序；未作任何改动",
                "store %s: this program knows schema %d, the file has %lld: upgrade the "
                "program; nothing was changed"),
            c->path, newest, (long long)schema);
    return has_only_tables(c, err);
}

static bool migrate_inside(struct connection *c, const struct schema_step *steps, int version,
                           int newest, struct error *err)
{
    char stamp[96];

    for (int i = version; i < newest; i++) {
        if (!connection_run(c, steps[i].sql, err))
            return false;
        if (steps[i].fill != NULL && !steps[i].fill(c, err))
            return false;
    }
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d",
             STORE_APPLICATION_ID, newest);
    return connection_run(c, stamp, err);
}

bool schema_migrate(struct connection *c, const struct schema_step *steps, int version, int newest,
                    struct error *err)
{
    if (version == newest)
        return true;
    if (!connection_run(c, "BEGIN IMMEDIATE", err))
        return false;
    if (migrate_inside(c, steps, version, newest, err) && connection_run(c, "COMMIT", err))
        return true;
    sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}
