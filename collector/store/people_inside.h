/* people_inside.h - what the files of people.sqlite share; for people*.c alone.
 *
 * people.c        the file, and petitioners
 * people_users.c  who may sign in to the page
 */
#ifndef STORE_PEOPLE_INSIDE_H
#define STORE_PEOPLE_INSIDE_H

#include "store/connection.h"
#include "store/people.h"

struct people {
    struct connection c;
};

enum people_sql {
    PEOPLE_PUT,
    PEOPLE_ERASE,
    PEOPLE_GET,
    PEOPLE_SALT,
    USER_PUT,
    USER_REMOVE,
    USER_NAMED,
    USER_WITH_TOKEN,
    USER_COUNT,
    USERS,
    PEOPLE_SQL_COUNT
};

/* The statement with its first value bound. */
sqlite3_stmt *people_ask(struct people *people, enum people_sql sql, const char *words);

#endif
