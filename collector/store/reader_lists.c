#include "store/reader_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "store/reader_inside.h"
#include "store/store.h"

static void bind_wanted(sqlite3_stmt *row, int at, const char *words)
{
    sqlite3_bind_text(row, at, words, -1, SQLITE_STATIC); /* NULL stays NULL: any */
}

static void bind_most(sqlite3_stmt *row, int at, size_t most)
{
    sqlite3_bind_int64(row, at, (int64_t)most);
}

/* Problems ---------------------------------------------------------------------------------- */

bool reader_problem_page(struct reader *reader, const struct problems_wish *wish,
                         bool (*each)(void *self, const char *body), void *self,
                         struct problem_place *next, struct error *err)
{
    sqlite3_stmt *row =
        list_ask(reader, wish->state == NULL ? LIST_PROBLEMS : LIST_PROBLEMS_OF_STATE);
    const struct problem_place behind = wish->behind; /* which may be `next`, too */
    struct problem_place last = {0};
    size_t looked = 0;
    size_t given = 0;
    bool failed = false;
    bool more = true;

    bind_text(row, 1, wish->nature);
    sqlite3_bind_int64(row, 2, behind.first_ms);
    bind_text(row, 3, behind.uid);
    bind_wanted(row, 4, wish->kind);
    bind_wanted(row, 5, wish->site);
    bind_wanted(row, 6, wish->village);
    if (wish->acknowledged != NULL)
        sqlite3_bind_int(row, 7, *wish->acknowledged);
    bind_wanted(row, 8, wish->task);
    bind_wanted(row, 9, wish->state);
    *next = (struct problem_place){0};
    while (more && statement_next(&reader->c, row, &failed, err)) {
        if (given == wish->most || looked == LIST_LOOKED) {
            *next = last;
            break;
        }
        looked++;
        last.first_ms = sqlite3_column_int64(row, 1);
        snprintf(last.uid, sizeof last.uid, "%s", column_text(row, 0));
        if (sqlite3_column_type(row, 2) == SQLITE_NULL)
            continue;
        given++;
        more = each(self, column_text(row, 2));
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_problem_uids(struct reader *reader, const char *digits, size_t most,
                         bool (*each)(void *self, const char *uid, const char *body), void *self,
                         struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_UIDS);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, digits);
    bind_most(row, 2, most);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0), column_text(row, 1));
    sqlite3_reset(row);
    return !failed;
}

/* Of several lists that are each cut to the newest, the newest of all. */
struct places {
    struct problem_place *list;
    size_t count, room;
};

static int compare_places(const void *one, const void *other)
{
    const struct problem_place *a = one;
    const struct problem_place *b = other;

    if (a->first_ms != b->first_ms)
        return a->first_ms > b->first_ms ? -1 : 1;
    return strcmp(a->uid, b->uid);
}

static bool add_places(struct reader *reader, sqlite3_stmt *row, struct places *places,
                       struct error *err)
{
    bool failed = false;

    while (places->count < places->room && statement_next(&reader->c, row, &failed, err)) {
        struct problem_place *place = &places->list[places->count++];

        place->first_ms = sqlite3_column_int64(row, 0);
        snprintf(place->uid, sizeof place->uid, "%s", column_text(row, 1));
    }
    sqlite3_reset(row);
    return !failed;
}

static bool gather_places(struct reader *reader, const char *task, const char *const *points,
                          size_t point_count, size_t most, struct places *places, struct error *err)
{
    for (int relapse = 0; relapse <= 1; relapse++) {
        sqlite3_stmt *row = list_ask(reader, LIST_TASK_PROBLEMS);

        bind_text(row, 1, task);
        sqlite3_bind_int(row, 2, relapse);
        bind_most(row, 3, most);
        if (!add_places(reader, row, places, err))
            return false;
    }
    for (size_t i = 0; i < point_count; i++) {
        sqlite3_stmt *row = list_ask(reader, LIST_POINT_PROBLEMS);

        bind_text(row, 1, points[i]);
        bind_most(row, 2, most);
        if (!add_places(reader, row, places, err))
            return false;
    }
    if (places->count > 0)
        qsort(places->list, places->count, sizeof *places->list, compare_places);
    return true;
}

bool reader_task_problems(struct reader *reader, const char *task, const char *const *points,
                          size_t point_count, size_t most,
                          bool (*each)(void *self, const char *body), void *self, struct error *err)
{
    struct places places = {.room = most * (point_count + 2)};
    size_t given = 0;
    bool good;

    places.list = calloc(places.room + 1, sizeof *places.list);
    if (places.list == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    good = gather_places(reader, task, points, point_count, most, &places, err);
    for (size_t i = 0; good && i < places.count && given < most; i++) {
        if (i > 0 && compare_places(&places.list[i - 1], &places.list[i]) == 0)
            continue;
        given++;
        good = reader_problems(reader, NULL, NULL, "breach", places.list[i].uid, each, self, err);
    }
    free(places.list);
    return good;
}

/* Tasks ------------------------------------------------------------------------------------- */

/* What LIKE takes literally. */
static void like_words(struct text *text, const char *words)
{
    text_add_char(text, '%');
    for (; *words != '\0'; words++) {
        if (strchr("%_\\", *words) != NULL)
            text_add_char(text, '\\');
        text_add_char(text, *words);
    }
    text_add_char(text, '%');
}

static bool give_task(struct reader *reader, const char *id, const char *body,
                      bool (*each)(void *self, const char *body, const char *relapses), void *self,
                      bool *more, struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_TASK_RELAPSES);
    bool failed = false;

    bind_text(row, 1, id);
    bind_most(row, 2, LIST_RELAPSES);
    if (statement_next(&reader->c, row, &failed, err))
        *more = each(self, body, column_text(row, 0));
    sqlite3_reset(row);
    return !failed;
}

static sqlite3_stmt *ask_tasks(struct reader *reader, const struct tasks_wish *wish,
                               const char *behind, const char *like)
{
    sqlite3_stmt *row = list_ask(reader, LIST_TASKS);

    bind_text(row, 1, behind);
    bind_wanted(row, 2, wish->state);
    bind_wanted(row, 3, wish->site);
    bind_wanted(row, 4, wish->due_from);
    bind_wanted(row, 5, wish->due_before);
    bind_wanted(row, 6, wish->states);
    bind_wanted(row, 7, wish->village);
    bind_wanted(row, 8, wish->category);
    bind_wanted(row, 9, wish->owner);
    bind_wanted(row, 10, like);
    return row;
}

bool reader_task_page(struct reader *reader, const struct tasks_wish *wish,
                      bool (*each)(void *self, const char *body, const char *relapses), void *self,
                      char next[LIST_ID_SIZE], struct error *err)
{
    char like[1024];
    char behind[LIST_ID_SIZE]; /* which may be `next`, too */
    char last[LIST_ID_SIZE] = "";
    struct text text;
    sqlite3_stmt *row;
    size_t looked = 0;
    size_t given = 0;
    bool failed = false;
    bool more = true;

    text_init(&text, like, sizeof like);
    like_words(&text, wish->words == NULL ? "" : wish->words);
    snprintf(behind, sizeof behind, "%s", wish->behind);
    row = ask_tasks(reader, wish, behind, wish->words == NULL ? NULL : like);
    next[0] = '\0';
    while (more && !failed && statement_next(&reader->c, row, &failed, err)) {
        if (given == wish->most || looked == LIST_LOOKED) {
            snprintf(next, LIST_ID_SIZE, "%s", last);
            break;
        }
        looked++;
        snprintf(last, sizeof last, "%s", column_text(row, 0));
        if (sqlite3_column_type(row, 1) == SQLITE_NULL)
            continue;
        given++;
        failed = !give_task(reader, last, column_text(row, 1), each, self, &more, err);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_task(struct reader *reader, const char *id,
                 bool (*each)(void *self, const char *body, const char *relapses), void *self,
                 struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_TASK);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, id);
    if (statement_next(&reader->c, row, &failed, err))
        failed = !give_task(reader, id, column_text(row, 1), each, self, &more, err);
    sqlite3_reset(row);
    return !failed;
}

bool reader_due_counts(struct reader *reader, const char *today, const char *soon,
                       bool (*each)(void *self, const char *state, int64_t count, int64_t past,
                                    int64_t due),
                       void *self, struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_COUNTS);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, today);
    bind_text(row, 2, soon);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0), sqlite3_column_int64(row, 1),
                    sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3));
    sqlite3_reset(row);
    return !failed;
}

static bool each_word(struct reader *reader, enum list_ask ask, size_t most,
                      bool (*each)(void *self, const char *words), void *self, struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, ask);
    bool failed = false;
    bool more = true;

    bind_most(row, 1, most);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0));
    sqlite3_reset(row);
    return !failed;
}

bool reader_task_villages(struct reader *reader, size_t most,
                          bool (*each)(void *self, const char *words), void *self,
                          struct error *err)
{
    return each_word(reader, LIST_VILLAGES, most, each, self, err);
}

bool reader_task_owners(struct reader *reader, size_t most,
                        bool (*each)(void *self, const char *words), void *self, struct error *err)
{
    return each_word(reader, LIST_OWNERS, most, each, self, err);
}

/* What people did --------------------------------------------------------------------------- */

bool reader_deeds(struct reader *reader, const char *subject, size_t most,
                  bool (*each)(void *self, uint64_t seq, const char *kind, struct wall_time time,
                               const char *who, const char *arguments),
                  void *self, struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_DEEDS);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, subject);
    bind_most(row, 2, most);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint64_t)sqlite3_column_int64(row, 0), column_text(row, 1),
                    column_time(row, 2), column_text(row, 3), column_text(row, 4));
    sqlite3_reset(row);
    return !failed;
}

/* Days --------------------------------------------------------------------------------------- */

static bool read_day(struct reader *reader, enum list_ask ask, const char *points,
                     struct wall_time *day, struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, ask);
    bool failed = false;

    *day = WALL_NONE;
    bind_text(row, 1, points);
    if (statement_next(&reader->c, row, &failed, err))
        *day = column_time(row, 0);
    sqlite3_reset(row);
    return !failed;
}

bool reader_days(struct reader *reader, const uint32_t *points, size_t count,
                 struct wall_time *first, struct wall_time *last, struct error *err)
{
    size_t size = 12 * count + 4;
    char *list = malloc(size);
    struct text text;
    bool read;

    if (list == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    text_init(&text, list, size);
    for (size_t i = 0; i < count; i++)
        text_format(&text, "%s%u", i == 0 ? "[" : ",", points[i]);
    text_add(&text, count == 0 ? "[]" : "]");
    read = read_day(reader, LIST_FIRST_DAY, list, first, err) &&
           read_day(reader, LIST_LAST_DAY, list, last, err);
    free(list);
    return read;
}
