/* Who may sign in to the page: a name, a role, and the digest of a token. */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "store/people_inside.h"

static bool is_named(struct people *people, const char *name, bool *named, struct error *err)
{
    int64_t count = 0;
    bool good = statement_number(&people->c, people_ask(people, USER_NAMED, name), &count, err);

    *named = count > 0;
    return good;
}

static bool has_room(struct people *people, const char *name, struct error *err)
{
    sqlite3_stmt *counted = people->c.statements[USER_COUNT];
    int64_t count = 0;
    bool named;

    sqlite3_reset(counted);
    if (!is_named(people, name, &named, err) || !statement_number(&people->c, counted, &count, err))
        return false;
    return named || count < USERS_MAX ||
           error_set(err, ERROR_REFUSED,
                     SAY("已有 %d 个用户，不能再多；请先用 lookback user remove 移除不用的",
                         "there are %d users and no more can be kept; remove those who are gone "
                         "with lookback user remove"),
                     (int)USERS_MAX);
}

/* One token is one person's, or who did something would not be known. */
static bool is_new_token(struct people *people, const struct user *user, struct error *err)
{
    sqlite3_stmt *row = people->c.statements[USER_WITH_TOKEN];
    bool failed, ours = true;

    sqlite3_reset(row);
    sqlite3_bind_blob(row, 1, user->token, TOKEN_DIGEST_SIZE, SQLITE_STATIC);
    if (statement_next(&people->c, row, &failed, err))
        ours = strcmp(column_text(row, 0), user->name) == 0 ||
               error_set(err, ERROR_REFUSED,
                         SAY("这个令牌已属于用户 %s；请为每人各做一个",
                             "this token is that of user %s; make one for each of them"),
                         column_text(row, 0));
    sqlite3_reset(row);
    return ours && !failed;
}

bool people_put_user(struct people *people, const struct user *user, struct error *err)
{
    sqlite3_stmt *put;

    if (!has_room(people, user->name, err) || !is_new_token(people, user, err))
        return false;
    put = people_ask(people, USER_PUT, user->name);
    bind_text(put, 2, user->role);
    sqlite3_bind_blob(put, 3, user->token, TOKEN_DIGEST_SIZE, SQLITE_STATIC);
    bind_time(put, 4, user->made);
    bind_text(put, 5, user->by);
    return statement_run(&people->c, put, err);
}

bool people_remove_user(struct people *people, const char *name, struct error *err)
{
    bool named;

    if (!is_named(people, name, &named, err))
        return false;
    if (!named)
        return error_set(err, ERROR_NOT_FOUND,
                         SAY("没有用户 %.40s；lookback users 列出全部用户",
                             "there is no user %.40s; lookback users lists them all"),
                         name);
    return statement_run(&people->c, people_ask(people, USER_REMOVE, name), err);
}

/* A row that this program cannot have written is nobody. */
static bool take_user(sqlite3_stmt *row, struct user *user)
{
    const char *name = column_text(row, 0);

    *user = (struct user){.made = column_time(row, 3)};
    if (!name_is_valid(name) || sqlite3_column_bytes(row, 2) != TOKEN_DIGEST_SIZE)
        return false;
    snprintf(user->name, sizeof user->name, "%s", name);
    snprintf(user->role, sizeof user->role, "%s", column_text(row, 1));
    memcpy(user->token, sqlite3_column_blob(row, 2), TOKEN_DIGEST_SIZE);
    snprintf(user->by, sizeof user->by, "%s", column_text(row, 4));
    utf8_mend(user->role);
    utf8_mend(user->by);
    return true;
}

bool people_users(struct people *people, struct user *users, size_t *count, struct error *err)
{
    sqlite3_stmt *row = people->c.statements[USERS];
    bool failed = false;

    sqlite3_reset(row);
    sqlite3_bind_int(row, 1, USERS_MAX);
    *count = 0;
    while (statement_next(&people->c, row, &failed, err))
        *count += take_user(row, &users[*count]) ? 1 : 0;
    return !failed;
}

/* Transaction --------------------------------------------------------------------------------- */

bool people_begin(struct people *people, struct error *err)
{
    return connection_run(&people->c, "BEGIN IMMEDIATE", err);
}

bool people_commit(struct people *people, struct error *err)
{
    return connection_run(&people->c, "COMMIT", err);
}
