#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "store/inside.h"
#include "store/schema.h"

/* What every connection of the writer is set to. The log keeps its files when the last connection
 * goes, so that readers under another user can always open it. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = OFF;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA cache_size = -3072;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA journal_size_limit = 67108864;"
                               "PRAGMA wal_autocheckpoint = 0;";

sqlite3_stmt *store_statement(struct store *store, enum sql sql)
{
    sqlite3_stmt *statement = store->c.statements[sql];

    assert(store->c.db != NULL);
    sqlite3_reset(statement);
    return statement;
}

bool store_complain(struct store *store, struct error *err)
{
    if (connection_disk_is_bad(&store->c))
        store->poisoned = true;
    return connection_complain(&store->c, err);
}

bool store_run(struct store *store, sqlite3_stmt *statement, struct error *err)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE || store_complain(store, err);

    sqlite3_reset(statement);
    return done;
}

static int remember_log(void *self, sqlite3 *db, const char *name, int pages)
{
    struct store *store = self;

    (void)db;
    (void)name;
    store->log_frames = pages;
    return SQLITE_OK;
}

/* A PRAGMA that could not be set says nothing, so each is read back. */
static bool settings_stand(struct connection *c, struct error *err)
{
    static const struct {
        const char *ask;
        int64_t answer;
    } wanted[] = {
        {"PRAGMA synchronous",                                                  2   },
        {"PRAGMA secure_delete",                                                0   },
        {"PRAGMA mmap_size",                                                    0   },
        {"PRAGMA page_size",                                                    4096},
        {"SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'", 1   },
    };
    int64_t found;

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (!connection_number(c, wanted[i].ask, &found, err))
            return false;
        if (found != wanted[i].answer)
            return error_set(
                err, ERROR_STORE,
                SAY("存储 %s：%s 应为 %lld，却是 %lld：这里不能保证数据不丢",
                    "store %s: %s should be %lld and is %lld: nothing could be promised "
                    "here"),
                c->path, wanted[i].ask, (long long)wanted[i].answer, (long long)found);
    }
    return true;
}

static bool set_up(struct store *store, struct error *err)
{
    struct connection *c = &store->c;
    int keep = 1;
    int version;

    if (!schema_look(c, STORE_SCHEMA, &version, err) ||
        !connection_run(c, "PRAGMA page_size = 4096", err) || !connection_run(c, settings, err) ||
        !settings_stand(c, err))
        return false;
    sqlite3_file_control(c->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    store->log_frames = -1;
    sqlite3_wal_hook(c->db, remember_log, store);
    if (!schema_migrate(c, schema_steps(), version, STORE_SCHEMA, err) ||
        !schema_fill_causes(c, err) || !connection_prepare(c, store_statements, SQL_COUNT, err))
        return false;
    return wal_find_end(store, err);
}

/* The highest number of every table that has one. */
static bool recall_seq(struct store *store, struct error *err)
{
    int64_t last;

    if (!statement_number(&store->c, store_statement(store, SQL_LAST_SEQ), &last, err))
        return false;
    if ((uint64_t)last < store->committed)
        return error_set(
            err, ERROR_STORE,
            SAY("存储 %s：已提交到 %llu，文件中只到 %lld：磁盘丢失了数据，请从备份恢复",
                "store %s: committed up to %llu, the file holds up to %lld: the disk has "
                "lost data, restore a backup"),
            store->c.path, (unsigned long long)store->committed, (long long)last);
    store->seq = store->committed = store->part.last = (uint64_t)last;
    return true;
}

bool store_recall_part(struct store *store, struct error *err)
{
    struct open_part *part = &store->part;
    sqlite3_stmt *ask = store_statement(store, SQL_OPEN_PART);
    int64_t number;
    bool failed;

    if (!statement_number(&store->c, store_statement(store, SQL_CLOSED_UP_TO), &number, err))
        return false;
    *part = (struct open_part){.after = (uint64_t)number,
                               .last = store->part.last,
                               .first = WALL_NONE,
                               .newest = WALL_NONE};
    sqlite3_bind_int64(ask, 1, number);
    if (statement_next(&store->c, ask, &failed, err)) {
        part->entries = (uint64_t)sqlite3_column_int64(ask, 0);
        part->first = column_time(ask, 1);
        part->newest = column_time(ask, 2);
    }
    sqlite3_reset(ask);
    if (failed)
        return false;
    ask = store_statement(store, SQL_NEWEST);
    if (statement_next(&store->c, ask, &failed, err) && column_time(ask, 0).ms > part->newest.ms)
        part->newest = column_time(ask, 0);
    sqlite3_reset(ask);
    if (failed)
        return false;
    ask = store_statement(store, SQL_OPEN_READINGS);
    sqlite3_bind_int64(ask, 1, (int64_t)part->after);
    if (!statement_number(&store->c, ask, &number, err))
        return false;
    part->readings = (uint64_t)number;
    ask = store_statement(store, SQL_UNTIMED);
    sqlite3_bind_int64(ask, 1, store->boot);
    sqlite3_bind_int64(ask, 2, (int64_t)part->after);
    if (!statement_number(&store->c, ask, &number, err))
        return false;
    part->untimed = (uint64_t)number;
    return true;
}

/* The number of this boot; the kernel's id is the same for every start of the program in it. */
static bool recall_boot(struct store *store, struct error *err)
{
    struct connection *c = &store->c;
    sqlite3_stmt *ask = NULL;
    int64_t boot = 0;
    bool done;

    if (sqlite3_prepare_v2(c->db,
                           "INSERT INTO boot(boot_id, first_seen) VALUES(?1, ?2)"
                           " ON CONFLICT(boot_id) DO NOTHING",
                           -1, &ask, NULL) != SQLITE_OK)
        return connection_complain(c, err);
    bind_text(ask, 1, store->boot_id);
    bind_time(ask, 2, store->opened);
    done = statement_run(c, ask, err);
    sqlite3_finalize(ask);
    if (!done)
        return false;
    if (sqlite3_prepare_v2(c->db, "SELECT id FROM boot WHERE boot_id = ?1", -1, &ask, NULL) !=
        SQLITE_OK)
        return connection_complain(c, err);
    bind_text(ask, 1, store->boot_id);
    done = statement_number(c, ask, &boot, err);
    sqlite3_finalize(ask);
    store->boot = (uint32_t)boot;
    return done;
}

bool store_learn_point(struct store *store, uint32_t point, uint32_t device, struct error *err)
{
    if (point >= store->device_of_size) {
        size_t size = (size_t)point + 1024;
        uint32_t *larger = realloc(store->device_of, size * sizeof *larger);

        if (larger == NULL)
            return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        memset(larger + store->device_of_size, 0, (size - store->device_of_size) * sizeof *larger);
        store->device_of = larger;
        store->device_of_size = size;
    }
    store->device_of[point] = device;
    return true;
}

static bool recall_points(struct store *store, struct error *err)
{
    sqlite3_stmt *ask = NULL;
    bool failed = false;
    bool done = true;

    if (sqlite3_prepare_v2(store->c.db, "SELECT id, device FROM point", -1, &ask, NULL) !=
        SQLITE_OK)
        return connection_complain(&store->c, err);
    while (done && statement_next(&store->c, ask, &failed, err))
        done = store_learn_point(store, (uint32_t)sqlite3_column_int64(ask, 0),
                                 (uint32_t)sqlite3_column_int64(ask, 1), err);
    sqlite3_finalize(ask);
    return done && !failed;
}

static bool recall(struct store *store, struct error *err)
{
    return recall_boot(store, err) && recall_seq(store, err) && store_recall_part(store, err) &&
           recall_points(store, err) && store_recall_seals(store, err);
}

bool store_connect(struct store *store, struct error *err)
{
    if (!place_is_kept(store, err) || !connection_open(&store->c, SQLITE_OPEN_READWRITE, err))
        return false;
    if (set_up(store, err) && recall(store, err)) {
        wal_remember(store);
        store->poisoned = false;
        return true;
    }
    connection_close(&store->c);
    return false;
}

static bool read_boot_id(char *out, size_t size, struct error *err)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool done = file != NULL && fgets(out, (int)size, file) != NULL;

    if (file != NULL)
        fclose(file);
    if (!done)
        return error_set(
            err, ERROR_STORE,
            SAY("读不到内核的启动编号 /proc/sys/kernel/random/boot_id",
                "the kernel's boot id /proc/sys/kernel/random/boot_id cannot be read"));
    out[strcspn(out, "\n")] = '\0';
    return true;
}

/* Makes DIR and its parents; a database only its group may read is made by us, not by SQLite. */
static bool make_places(struct store *store, struct error *err)
{
    char *path = store->dir;
    struct stat file;
    int fd;

    for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        return error_set(err, ERROR_STORE,
                         SAY("无法建立存储目录 %s：%s", "cannot make the store's directory %s: %s"),
                         path, strerror(errno));
    store->lock = lock_take(path, err);
    if (store->lock < 0)
        return false;
    fd = open(store->c.path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || fstat(fd, &file) != 0)
        return error_set(err, ERROR_STORE,
                         SAY("存储 %s：无法读写：%s；请检查属主与权限",
                             "store %s: cannot be read or written: %s; check its owner and mode"),
                         store->c.path, strerror(errno));
    place_note(store, &file);
    close(fd);
    return true;
}

struct store *store_open(const char *dir, const char *boot_id, struct wall_time now,
                         struct error *err)
{
    struct store *opened = NULL;
    struct store *store = calloc(1, sizeof *store);

    if (store == NULL || strlen(dir) >= sizeof store->dir) {
        error_set(err, ERROR_STORE,
                  SAY("存储目录名太长", "the name of the store's directory is too long"));
        goto done;
    }
    store->lock = -1;
    store->opened = now;
    snprintf(store->dir, sizeof store->dir, "%s", dir);
    snprintf(store->c.path, sizeof store->c.path, "%s/lookback.db", dir);
    if (boot_id != NULL)
        snprintf(store->boot_id, sizeof store->boot_id, "%s", boot_id);
    else if (!read_boot_id(store->boot_id, sizeof store->boot_id, err))
        goto done;
    if (!make_places(store, err) || !store_connect(store, err))
        goto done;

    opened = store;
    store = NULL;
done:
    store_close(store);
    return opened;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->c.db != NULL) {
        if (store->writing)
            store_rollback(store);
        if (!store->poisoned)
            sqlite3_wal_checkpoint_v2(store->c.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        connection_close(&store->c);
    }
    if (store->lock >= 0)
        close(store->lock);
    sealing_free(store->sealing);
    free(store->poll_counts.of_device);
    free(store->device_of);
    free(store);
}

uint32_t store_boot(const struct store *store)
{
    return store->boot;
}

uint64_t store_last_seq(const struct store *store)
{
    return store->seq;
}

struct wall_time store_newest(const struct store *store)
{
    return store->part.newest;
}

const char *store_dir(const struct store *store)
{
    return store->dir;
}

bool store_measure(struct store *store, struct store_size *size)
{
    char path[1040];
    struct stat file;
    struct statvfs disk;
    sqlite3_stmt *ask;
    struct error err;
    bool failed;

    *size = (struct store_size){.oldest = WALL_NONE};
    if (statvfs(store->dir, &disk) != 0 || stat(store->c.path, &file) != 0)
        return false;
    size->free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    size->bytes = file.st_size;
    snprintf(path, sizeof path, "%s-wal", store->c.path);
    if (stat(path, &file) == 0)
        size->bytes += file.st_size;
    if (store->c.db == NULL)
        return true;
    ask = store_statement(store, SQL_OLDEST);
    if (statement_next(&store->c, ask, &failed, &err))
        size->oldest = column_time(ask, 0);
    sqlite3_reset(ask);
    if (!wall_is_known(size->oldest))
        size->oldest = store->part.first;
    return !failed &&
           statement_number(&store->c, store_statement(store, SQL_USED), &size->used_bytes, &err);
}
