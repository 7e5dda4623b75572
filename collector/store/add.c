/* Adding to the sequence, and what commits together with it. Nothing here allocates for a row. */
#include <assert.h>

#include "base/say.h"
#include "store/inside.h"

enum { NS_OF_MS = 1000000 };

/* The next number of the sequence. */
static uint64_t next_seq(struct store *store)
{
    return ++store->seq;
}

/* One entry more in the open segment. */
static void count_entry(struct store *store, uint64_t seq, struct wall_time time, bool this_boot)
{
    struct open_part *part = &store->part;

    part->last = seq;
    part->entries++;
    if (!wall_is_known(time)) {
        part->untimed += this_boot ? 1 : 0;
        return;
    }
    if (!wall_is_known(part->first) || time.ms < part->first.ms)
        part->first = time;
    if (time.ms > part->newest.ms)
        part->newest = time;
}

static bool poll_fits(const struct store *store, const struct poll *poll, struct error *err)
{
    if (poll->reading_count > POLL_READINGS_MAX || poll->raw_size > POLL_RAW_MAX ||
        poll->frames_size > POLL_FRAMES_MAX)
        return error_set(err, ERROR_STORE,
                         SAY("设备 %u 的一次采集过大：%zu 个读数，%zu 字节",
                             "a poll of device %u is too large: %zu readings, %zu bytes"),
                         poll->device, poll->reading_count, poll->raw_size + poll->frames_size);
    for (size_t i = 0; i < poll->reading_count; i++) {
        uint32_t point = poll->readings[i].point;

        if (point >= store->device_of_size || store->device_of[point] != poll->device)
            return error_set(err, ERROR_STORE,
                             SAY("监测点 %u 不属于设备 %u：store_point() 没有给出过它",
                                 "point %u is not one of device %u: store_point() did not give it"),
                             point, poll->device);
    }
    return true;
}

static bool add_readings(struct store *store, const struct poll *poll, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_READING);

    sqlite3_bind_int64(add, 1, (int64_t)poll->seq);
    for (size_t i = 0; i < poll->reading_count; i++) {
        const struct reading *reading = &poll->readings[i];

        sqlite3_bind_int64(add, 2, reading->point);
        bind_value(add, 3, reading->value);
        sqlite3_bind_int(add, 4, reading->quality);
        sqlite3_bind_int(add, 5, reading->cause);
        if (!store_run(store, add, err))
            return false;
    }
    store->part.readings += poll->reading_count;
    return true;
}

static bool add_frames(struct store *store, const struct poll *poll, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_FRAME);

    if (poll->frames_size == 0)
        return true;
    sqlite3_bind_int64(add, 1, (int64_t)poll->seq);
    sqlite3_bind_blob(add, 2, poll->frames, (int)poll->frames_size, SQLITE_STATIC);
    return store_run(store, add, err);
}

bool store_add_poll(struct store *store, struct poll *poll, struct error *err)
{
    sqlite3_stmt *add;

    assert(store->writing);
    if (!poll_fits(store, poll, err))
        return false;
    poll->seq = next_seq(store);
    add = store_statement(store, SQL_ADD_POLL);
    sqlite3_bind_int64(add, 1, (int64_t)poll->seq);
    sqlite3_bind_int64(add, 2, poll->device);
    bind_time(add, 3, poll->time);
    sqlite3_bind_int64(add, 4, poll->mono.ns / NS_OF_MS);
    sqlite3_bind_int64(add, 5, poll->boot);
    sqlite3_bind_int64(add, 6, poll->profile);
    if (poll->raw_size > 0)
        sqlite3_bind_blob(add, 7, poll->raw, (int)poll->raw_size, SQLITE_STATIC);
    else
        sqlite3_bind_null(add, 7);
    if (!store_run(store, add, err) || !add_frames(store, poll, err) ||
        !add_readings(store, poll, err))
        return false;
    store_touch(store, CHANGE_READINGS);
    count_entry(store, poll->seq, poll->time, poll->boot == store->boot);
    return true;
}

bool store_add_event(struct store *store, struct event *event, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_EVENT);

    assert(store->writing);
    event->seq = next_seq(store);
    sqlite3_bind_int64(add, 1, (int64_t)event->seq);
    bind_text(add, 2, event->kind);
    bind_time(add, 3, event->time);
    sqlite3_bind_int64(add, 4, event->mono.ns / NS_OF_MS);
    sqlite3_bind_int64(add, 5, store->boot);
    bind_text(add, 6, event->who);
    bind_text(add, 7, event->arguments);
    if (!store_run(store, add, err))
        return false;
    store_touch(store, CHANGE_EVENTS);
    count_entry(store, event->seq, event->time, true);
    return true;
}

static bool put_problem_now(struct store *store, const struct problem_row *row, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_PROBLEM);

    bind_text(put, 1, row->uid);
    sqlite3_bind_int64(put, 2, row->version);
    sqlite3_bind_int64(put, 3, (int64_t)row->seq);
    bind_text(put, 4, row->kind);
    bind_text(put, 5, row->nature);
    bind_text(put, 6, row->state);
    bind_text(put, 7, row->rule);
    sqlite3_bind_int64(put, 8, row->point);
    bind_time(put, 9, row->first);
    bind_time(put, 10, row->last);
    bind_time(put, 11, row->ended);
    bind_text(put, 12, row->body);
    if (!store_run(store, put, err))
        return false;
    put = store_statement(store, SQL_PUT_PROBLEM_TASKS);
    bind_text(put, 1, row->uid);
    bind_time(put, 2, row->first);
    bind_text(put, 3, row->body);
    return store_run(store, put, err);
}

bool store_put_problem(struct store *store, struct problem_row *row, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_VERSION);

    assert(store->writing);
    row->seq = next_seq(store);
    sqlite3_bind_int64(add, 1, (int64_t)row->seq);
    bind_text(add, 2, row->uid);
    sqlite3_bind_int64(add, 3, row->version);
    bind_text(add, 4, row->body);
    bind_text(add, 5, row->nature);
    if (!store_run(store, add, err) || !put_problem_now(store, row, err))
        return false;
    store->part.last = row->seq;
    store_touch(store, CHANGE_PROBLEMS);
    return true;
}

bool store_put_episode(struct store *store, const struct episode_row *row, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_EPISODE);

    assert(store->writing);
    store_touch(store, CHANGE_PROBLEMS);
    bind_text(put, 1, row->uid);
    sqlite3_bind_int64(put, 2, row->number);
    bind_time(put, 3, row->first);
    bind_time(put, 4, row->last);
    bind_time(put, 5, row->ended);
    bind_value(put, 6, row->worst);
    bind_text(put, 7, row->ended_by);
    return store_run(store, put, err);
}

bool store_put_judged(struct store *store, const char *rule, uint32_t point, const void *body,
                      size_t size, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, size == 0 ? SQL_DROP_JUDGED : SQL_PUT_JUDGED);

    assert(store->writing);
    bind_text(put, 1, rule);
    sqlite3_bind_int64(put, 2, point);
    if (size > 0)
        sqlite3_bind_blob(put, 3, body, (int)size, SQLITE_STATIC);
    return store_run(store, put, err);
}

bool store_each_judged(struct store *store,
                       bool (*each)(void *self, const char *rule, uint32_t point, const void *body,
                                    size_t size),
                       void *self, struct error *err)
{
    sqlite3_stmt *row;
    bool failed = false;
    bool more = true;

    if (!store_ready(store, err))
        return false;
    row = store_statement(store, SQL_EACH_JUDGED);
    while (more && statement_next(&store->c, row, &failed, err))
        more = each(self, column_text(row, 0), (uint32_t)sqlite3_column_int64(row, 1),
                    sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));
    sqlite3_reset(row);
    return more && !failed;
}

bool store_put_cursor(struct store *store, const char *name, uint64_t seq, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_CURSOR);

    assert(store->writing);
    bind_text(put, 1, name);
    sqlite3_bind_int64(put, 2, (int64_t)seq);
    bind_time(put, 3, store->part.newest);
    return store_run(store, put, err);
}

uint64_t store_cursor(struct store *store, const char *name)
{
    sqlite3_stmt *ask;
    int64_t seq;

    if (!store_ready(store, NULL))
        return 0;
    ask = store_statement(store, SQL_CURSOR);
    bind_text(ask, 1, name);
    return statement_number(&store->c, ask, &seq, NULL) ? (uint64_t)seq : 0;
}

bool store_add_quarantine(struct store *store, const char *output, uint64_t seq, const char *reason,
                          struct wall_time now, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_QUARANTINE);

    assert(store->writing);
    bind_text(add, 1, output);
    sqlite3_bind_int64(add, 2, (int64_t)seq);
    bind_text(add, 3, reason);
    bind_time(add, 4, now);
    return store_run(store, add, err);
}

static bool fill(struct store *store, enum sql sql, enum change change, uint32_t boot,
                 int64_t offset_ms, uint64_t *filled, struct error *err)
{
    int64_t rows;

    sqlite3_stmt *update = store_statement(store, sql);

    sqlite3_bind_int64(update, 1, boot);
    sqlite3_bind_int64(update, 2, offset_ms);
    sqlite3_bind_int64(update, 3, (int64_t)store->part.after);
    if (!store_run(store, update, err))
        return false;
    rows = sqlite3_changes64(store->c.db);
    if (rows > 0)
        store_touch(store, change);
    *filled += (uint64_t)rows;
    return true;
}

bool store_fill_times(struct store *store, uint32_t boot, int64_t offset_ms, uint64_t *filled,
                      struct error *err)
{
    assert(store->writing);
    *filled = 0;
    return fill(store, SQL_FILL_POLLS, CHANGE_READINGS, boot, offset_ms, filled, err) &&
           fill(store, SQL_FILL_EVENTS, CHANGE_EVENTS, boot, offset_ms, filled, err) &&
           (*filled == 0 || store_recall_part(store, err));
}
