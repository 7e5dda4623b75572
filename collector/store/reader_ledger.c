/* What was measured and what was concluded, for commands, pictures and comparisons. */
#include <stdio.h>

#include "store/reader_inside.h"
#include "store/reader_lists.h"
#include "store/rows.h"
#include "store/store.h"

static void bind_wanted(sqlite3_stmt *row, int at, const char *words)
{
    sqlite3_bind_text(row, at, words, -1, SQLITE_STATIC); /* NULL stays NULL: any */
}

bool reader_problems(struct reader *reader, const char *state, const char *kind, const char *nature,
                     const char *uid, bool (*each)(void *self, const char *body), void *self,
                     struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, uid == NULL ? ASK_PROBLEMS : ASK_PROBLEM);
    bool failed = false;
    bool more = true;

    bind_wanted(row, 1, state);
    bind_wanted(row, 2, kind);
    bind_wanted(row, 3, uid);
    bind_wanted(row, 4, nature);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0));
    sqlite3_reset(row);
    return !failed;
}

static bool each_task(struct reader *reader, sqlite3_stmt *row,
                      bool (*each)(void *self, const char *body, const char *relapses), void *self,
                      struct error *err)
{
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0), column_text(row, 1));
    sqlite3_reset(row);
    return !failed;
}

bool reader_tasks(struct reader *reader, const char *id,
                  bool (*each)(void *self, const char *body, const char *relapses), void *self,
                  struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, id == NULL ? ASK_TASKS : ASK_TASK);

    if (id != NULL)
        bind_text(row, 1, id);
    return each_task(reader, row, each, self, err);
}

bool reader_struck_off(struct reader *reader,
                       bool (*each)(void *self, const char *body, const char *relapses), void *self,
                       struct error *err)
{
    return each_task(reader, reader_ask(reader, ASK_STRUCK_OFF), each, self, err);
}

bool reader_unclosed(struct reader *reader,
                     bool (*each)(void *self, uint32_t point, const char *body), void *self,
                     struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_UNCLOSED);
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint32_t)sqlite3_column_int64(row, 0), column_text(row, 1));
    sqlite3_reset(row);
    return !failed;
}

bool reader_problem_counts(struct reader *reader,
                           void (*each)(void *self, const char *kind, const char *nature,
                                        const char *state, uint64_t count),
                           void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_PROBLEM_COUNTS);
    bool failed = false;

    while (statement_next(&reader->c, row, &failed, err))
        each(self, column_text(row, 0), column_text(row, 1), column_text(row, 2),
             (uint64_t)sqlite3_column_int64(row, 3));
    sqlite3_reset(row);
    return !failed;
}

bool reader_task_counts(struct reader *reader,
                        void (*each)(void *self, const char *state, uint64_t count), void *self,
                        struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_TASK_COUNTS);
    bool failed = false;

    while (statement_next(&reader->c, row, &failed, err))
        each(self, column_text(row, 0), (uint64_t)sqlite3_column_int64(row, 1));
    sqlite3_reset(row);
    return !failed;
}

bool reader_task_briefs(struct reader *reader,
                        bool (*each)(void *self, const struct task_brief *task), void *self,
                        struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_TASK_ROWS);
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err)) {
        const struct task_brief task = {.id = column_text(row, 0),
                                        .state = column_text(row, 1),
                                        .site = column_text(row, 2),
                                        .deadline = column_text(row, 3),
                                        .struck_off = column_time(row, 4),
                                        .watch_until = column_time(row, 5)};

        more = each(self, &task);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_task_points(struct reader *reader,
                        bool (*each)(void *self, uint32_t point, const char *task), void *self,
                        struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_TASK_POINTS);
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint32_t)sqlite3_column_int64(row, 0), column_text(row, 1));
    sqlite3_reset(row);
    return !failed;
}

static void episode_of_row(sqlite3_stmt *row, struct episode_row *episode)
{
    *episode = (struct episode_row){.number = (uint32_t)sqlite3_column_int64(row, 1),
                                    .first = column_time(row, 2),
                                    .last = column_time(row, 3),
                                    .ended = column_time(row, 4),
                                    .worst = column_value(row, 5),
                                    .ended_by = column_text(row, 6)};
    snprintf(episode->uid, sizeof episode->uid, "%s", column_text(row, 0));
}

static bool each_episode(struct reader *reader, sqlite3_stmt *row,
                         bool (*each)(void *self, const struct episode_row *row), void *self,
                         struct error *err)
{
    struct episode_row episode;
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err)) {
        episode_of_row(row, &episode);
        more = each(self, &episode);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_episodes(struct reader *reader, const char *uid,
                     bool (*each)(void *self, const struct episode_row *row), void *self,
                     struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_EPISODES);

    bind_wanted(row, 1, uid);
    return each_episode(reader, row, each, self, err);
}

bool reader_newest_episodes(struct reader *reader, const char *uid, size_t most,
                            bool (*each)(void *self, const struct episode_row *row), void *self,
                            struct error *err)
{
    sqlite3_stmt *row = list_ask(reader, LIST_EPISODES);

    bind_text(row, 1, uid);
    sqlite3_bind_int64(row, 2, (int64_t)most);
    return each_episode(reader, row, each, self, err);
}

bool reader_events_after(struct reader *reader, uint64_t after, const char *kind,
                         bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                      const char *who, const char *arguments),
                         void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_EVENTS_OF);
    bool failed = false;
    bool more = true;

    bind_wanted(row, 1, kind);
    sqlite3_bind_int64(row, 2, (sqlite3_int64)after);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint64_t)sqlite3_column_int64(row, 0), column_time(row, 1),
                    column_text(row, 2), column_text(row, 3));
    sqlite3_reset(row);
    return !failed;
}

bool reader_events(struct reader *reader, const char *kind,
                   bool (*each)(void *self, uint64_t seq, struct wall_time time, const char *who,
                                const char *arguments),
                   void *self, struct error *err)
{
    return reader_events_after(reader, 0, kind, each, self, err);
}
