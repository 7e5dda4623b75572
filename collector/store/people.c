#include "store/people.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "store/people_inside.h"

enum {
    PEOPLE_SCHEMA = 2,
    SALT_SIZE = 32,
    DIGEST_SIZE = 32,
    BUSY_MS = 1000 /* readings wait as long as whoever has it locked */
};

/* "LBKP" */
#define PEOPLE_APPLICATION_ID 0x4c424b50

static const char *const statements[PEOPLE_SQL_COUNT] = {
    [PEOPLE_PUT] = ("INSERT INTO petitioner(task, salt, details) VALUES(?1, ?2, ?3)"
                    " ON CONFLICT(task) DO UPDATE SET details = excluded.details"),
    [PEOPLE_ERASE] = "DELETE FROM petitioner WHERE task = ?1",
    [PEOPLE_GET] = "SELECT details FROM petitioner WHERE task = ?1",
    [PEOPLE_SALT] = "SELECT salt FROM petitioner WHERE task = ?1",
    [USER_PUT] = ("INSERT INTO user(name, role, token, made, by) VALUES(?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT(name) DO UPDATE SET role = excluded.role, token = excluded.token,"
                  " made = excluded.made, by = excluded.by"),
    [USER_REMOVE] = "DELETE FROM user WHERE name = ?1",
    [USER_NAMED] = "SELECT count(*) FROM user WHERE name = ?1",
    [USER_WITH_TOKEN] = "SELECT name FROM user WHERE token = ?1",
    [USER_COUNT] = "SELECT count(*) FROM user",
    [USERS] = "SELECT name, role, token, made, by FROM user ORDER BY name LIMIT ?1",
};

/* What is deleted is overwritten. */
static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA temp_store = MEMORY;";

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS petitioner(task TEXT PRIMARY KEY, salt BLOB NOT NULL,"
    " details TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS user(name TEXT PRIMARY KEY, role TEXT NOT NULL,"
    " token BLOB NOT NULL UNIQUE, made INTEGER, by TEXT NOT NULL);"
    "PRAGMA application_id = 1279413072;" /* PEOPLE_APPLICATION_ID */
    "PRAGMA user_version = 2;"
    "COMMIT;";

static bool refuse_readable(const char *path, const struct stat *file, struct error *err)
{
    if ((file->st_mode & 077) == 0 && file->st_uid != geteuid())
        return error_set(
            err, ERROR_STORE,
            SAY("%s：其中是个人信息，属于另一个用户（编号 %u），只有采集器的用户可以读写；"
                "请以那个用户执行，或先启动采集器",
                "%s: it holds personal data and belongs to another user (id %u); only "
                "the collector's user reads and writes it: run this as that user, or "
                "start the collector first"),
            path, (unsigned)file->st_uid);
    return error_set(err, ERROR_STORE,
                     SAY("%s：其中是个人信息，权限却是 %04o，别人可能读到；请由采集器的用户拥有它，"
                         "并执行 chmod 600 %s",
                         "%s: it holds personal data and its mode is %04o, so that others may read "
                         "it; let the collector's user own it and run chmod 600 %s"),
                     path, (unsigned)(file->st_mode & 07777), path);
}

/* Made here and not by SQLite, so that it is never readable by others, not even for a moment. */
static bool make_file(const char *path, struct error *err)
{
    struct stat file;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ours;

    if (fd < 0 || fstat(fd, &file) != 0) {
        error_set(err, ERROR_STORE,
                  SAY("%s：无法读写：%s；请检查属主与权限",
                      "%s: cannot be read or written: %s; check its owner and mode"),
                  path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    ours = S_ISREG(file.st_mode) && (file.st_mode & 077) == 0 && file.st_uid == geteuid();
    close(fd);
    return ours || refuse_readable(path, &file, err);
}

/* `*lacking`: tables of this version; a file of an older one is given them. */
static bool is_of_ours(struct connection *c, bool *lacking, struct error *err)
{
    int64_t tables, application, version, overwrites;

    if (!connection_number(c, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
        !connection_number(c, "PRAGMA application_id", &application, err) ||
        !connection_number(c, "PRAGMA user_version", &version, err) ||
        !connection_number(c, "PRAGMA secure_delete", &overwrites, err))
        return false;
    *lacking = version < PEOPLE_SCHEMA;
    if (overwrites == 1 &&
        ((tables == 0 && application == 0 && version == 0) ||
         (application == PEOPLE_APPLICATION_ID && version >= 1 && version <= PEOPLE_SCHEMA)))
        return true;
    return error_set(err, ERROR_STORE,
                     SAY("%s：不是本程序的个人信息文件，或版本更新（%lld）；未作任何改动",
                         "%s: not this program's file of personal data, or a newer one (%lld); "
                         "nothing was changed"),
                     c->path, (long long)version);
}

static bool set_up(struct connection *c, struct error *err)
{
    bool lacking;

    return connection_run(c, settings, err) && is_of_ours(c, &lacking, err) &&
           (!lacking || connection_run(c, schema, err)) &&
           /* No log keeps a copy: the journal ends with each change. */
           connection_run(c, "PRAGMA journal_mode = DELETE", err) &&
           connection_prepare(c, statements, PEOPLE_SQL_COUNT, err);
}

struct people *people_open(const char *dir, struct error *err)
{
    struct people *opened = NULL;
    struct people *people = calloc(1, sizeof *people);

    if (people == NULL) {
        error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        return NULL;
    }
    snprintf(people->c.path, sizeof people->c.path, "%s/people.sqlite", dir);
    if (!make_file(people->c.path, err) || !connection_open(&people->c, SQLITE_OPEN_READWRITE, err))
        goto done;
    sqlite3_busy_timeout(people->c.db, BUSY_MS);
    if (!set_up(&people->c, err))
        goto done;

    opened = people;
    people = NULL;
done:
    people_close(people);
    return opened;
}

void people_close(struct people *people)
{
    if (people == NULL)
        return;
    if (people->c.db != NULL)
        connection_close(&people->c);
    free(people);
}

sqlite3_stmt *people_ask(struct people *people, enum people_sql sql, const char *words)
{
    sqlite3_stmt *statement = people->c.statements[sql];

    sqlite3_reset(statement);
    bind_text(statement, 1, words);
    return statement;
}

/* The salt of a task stays as long as somebody stands there, and goes with them: a digest without
 * its salt cannot be tried against names. */
static bool find_salt(struct people *people, const char *task, uint8_t salt[SALT_SIZE],
                      struct error *err)
{
    sqlite3_stmt *row = people_ask(people, PEOPLE_SALT, task);
    bool failed;
    bool found =
        statement_next(&people->c, row, &failed, err) && sqlite3_column_bytes(row, 0) == SALT_SIZE;

    if (found)
        memcpy(salt, sqlite3_column_blob(row, 0), SALT_SIZE);
    sqlite3_reset(row);
    if (failed)
        return false;
    if (!found && getrandom(salt, SALT_SIZE, 0) != SALT_SIZE)
        return error_set(err, ERROR_STORE,
                         SAY("内核没有给出随机数：%s", "the kernel gave no random bytes: %s"),
                         strerror(errno));
    return true;
}

static bool make_digest(const uint8_t salt[SALT_SIZE], const char *details, char digest[65],
                        struct error *err)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t bytes[DIGEST_SIZE];
    bool made = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(hash, salt, SALT_SIZE) == 1 &&
                EVP_DigestUpdate(hash, details, strlen(details)) == 1 &&
                EVP_DigestFinal_ex(hash, bytes, NULL) == 1;

    EVP_MD_CTX_free(hash);
    if (!made)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    for (int i = 0; i < DIGEST_SIZE; i++)
        snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

bool people_put(struct people *people, const char *task, const char *details, char digest[65],
                struct error *err)
{
    uint8_t salt[SALT_SIZE];
    sqlite3_stmt *put;

    if (!find_salt(people, task, salt, err) || !make_digest(salt, details, digest, err))
        return false;
    put = people_ask(people, PEOPLE_PUT, task);
    sqlite3_bind_blob(put, 2, salt, SALT_SIZE, SQLITE_STATIC);
    bind_text(put, 3, details);
    return statement_run(&people->c, put, err);
}

bool people_erase(struct people *people, const char *task, struct error *err)
{
    return statement_run(&people->c, people_ask(people, PEOPLE_ERASE, task), err);
}

bool people_get(struct people *people, const char *task, char *details, size_t size,
                struct error *err)
{
    sqlite3_stmt *row = people_ask(people, PEOPLE_GET, task);
    bool failed;
    bool found = statement_next(&people->c, row, &failed, err);
    bool fits = found && (size_t)sqlite3_column_bytes(row, 0) < size;

    if (fits)
        snprintf(details, size, "%s", column_text(row, 0));
    sqlite3_reset(row);
    if (found && !fits)
        return error_set(err, ERROR_STORE,
                         SAY("任务 %s 的来信人信息太长", "the petitioner of task %s is too long"),
                         task);
    if (!found && !failed)
        error_set(err, ERROR_NOT_FOUND,
                  SAY("任务 %s 没有来信人信息", "nothing is kept about a petitioner of task %s"),
                  task);
    return found;
}
