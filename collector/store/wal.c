/* The end of the write-ahead log.
 *
 * A commit whose sync failed has been written all the same: its frames stand behind the last good
 * ones, complete, and whoever opens the database after all others have left would find them valid.
 * The recorder was told that they failed and commits the same polls again, so they would be there
 * twice. So after a failed commit the log is cut back to where the last good one ended. SQLite's
 * locks are on the database and the -shm file, so the log may be opened and closed beside it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/say.h"
#include "store/inside.h"

enum { LOG_HEADER = 32, LOG_FRAME = 24 + 4096, LOG_SALT_AT = 16 };

static int log_open(const struct store *store, int flags)
{
    char path[1040];

    snprintf(path, sizeof path, "%s-wal", store->c.path);
    return open(path, flags | O_CLOEXEC);
}

/* The salt changes when the log begins anew. */
static void log_salt(int fd, uint8_t salt[8])
{
    if (pread(fd, salt, 8, LOG_SALT_AT) != 8)
        memset(salt, 0, 8);
}

/* Taking the log into the database says where it ends. Where the disk refuses that, a commit that
 * changes nothing must say it: without its answer a commit that fails could not be cut off. Coming
 * back itself, it would do no harm. */
bool wal_find_end(struct store *store, struct error *err)
{
    char sql[40];

    sqlite3_wal_checkpoint_v2(store->c.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &store->log_frames,
                              NULL);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d", STORE_SCHEMA);
    return store->log_frames >= 0 || connection_run(&store->c, sql, err);
}

void wal_remember(struct store *store)
{
    int fd = log_open(store, O_RDONLY);

    memset(store->log_salt, 0, sizeof store->log_salt);
    if (fd < 0)
        return;
    log_salt(fd, store->log_salt);
    close(fd);
}

void wal_cut(struct store *store)
{
    uint8_t salt[8] = {0};
    off_t end = 0;
    int fd = store->log_frames < 0 ? -1 : log_open(store, O_RDWR);

    if (fd < 0)
        return;
    log_salt(fd, salt);
    /* A log that began anew in the failed transaction had all before it in the database already. */
    if (memcmp(salt, store->log_salt, sizeof salt) == 0)
        end = LOG_HEADER + (off_t)store->log_frames * LOG_FRAME;
    if (lseek(fd, 0, SEEK_END) > end && ftruncate(fd, end) != 0)
        log_error(SAY("存储 %s：无法截去失败提交的残留",
                      "store %s: cannot cut off what a failed commit "
                      "left in the log"),
                  store->c.path);
    close(fd);
}
