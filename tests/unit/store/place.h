/* place.h - an empty directory for one test, and rows to put into its store. */
#ifndef TEST_STORE_PLACE_H
#define TEST_STORE_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/say.h"
#include "store/reader.h"
#include "store/store.h"

#define NOON_MS 1790000000000

struct place {
    char dir[128];
    uint32_t devices[16];
    uint32_t points[16][16];
    int device_count, point_count;
    bool keeps_frames; /* of every second device */
};

static inline int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    snprintf(place->dir, sizeof place->dir, "/tmp/lookback-store-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    *state = place;
    return 0;
}

static inline int place_remove(void **state)
{
    struct place *place = *state;
    char command[192];

    snprintf(command, sizeof command, "rm -rf %s", place->dir);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

static inline struct wall_time at_ms(int64_t ms)
{
    return (struct wall_time){NOON_MS + ms};
}

static inline struct store *open_store(struct place *place, const char *boot)
{
    struct error err = {0};
    struct store *store = store_open(place->dir, boot, at_ms(0), &err);

    if (store == NULL)
        fail_msg("%s", err.text);
    return store;
}

static inline struct reader *open_reader(struct place *place)
{
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);

    if (reader == NULL)
        fail_msg("%s", err.text);
    return reader;
}

/* `devices` devices of `points` points each. */
static inline void name_points(struct place *place, struct store *store, int devices, int points)
{
    struct error err = {0};
    char name[33];

    place->device_count = devices;
    place->point_count = points;
    for (int d = 0; d < devices; d++) {
        snprintf(name, sizeof name, "dev-%d", d);
        place->devices[d] = store_device(store, "site", name, at_ms(0), &err);
        assert_int_not_equal(place->devices[d], 0);
        for (int p = 0; p < points; p++) {
            snprintf(name, sizeof name, "ph.%d", p);
            place->points[d][p] = store_point(store, place->devices[d], name, &err);
            assert_int_not_equal(place->points[d][p], 0);
        }
    }
}

/* One poll of device `d` inside the open transaction; every seventh value is absent. */
static inline uint64_t add_poll(struct place *place, struct store *store, int d,
                                struct wall_time time, int64_t mono_ms)
{
    static const uint8_t raw[] = {3, 0, 0, 0, 1, 2, 220};
    static const uint8_t frames[] = {'S', 0, 1, 3, 'H', 0, 2, 2, 220};
    struct reading readings[16];
    struct poll poll = {.device = place->devices[d],
                        .time = time,
                        .mono = {ns_from_ms(mono_ms)},
                        .boot = store_boot(store),
                        .profile = 1,
                        .raw = raw,
                        .raw_size = sizeof raw,
                        .frames = place->keeps_frames && d % 2 == 1 ? frames : NULL,
                        .frames_size = place->keeps_frames && d % 2 == 1 ? sizeof frames : 0,
                        .readings = readings,
                        .reading_count = (size_t)place->point_count};
    struct error err = {0};

    for (int p = 0; p < place->point_count; p++) {
        bool absent = (store_last_seq(store) + (uint64_t)p) % 7 == 0;

        readings[p] = (struct reading){
            .point = place->points[d][p],
            .quality = absent ? QUALITY_NO_ANSWER : QUALITY_NORMAL,
            .cause = absent ? CAUSE_TIMEOUT : CAUSE_NONE,
            .value = absent ? NAN : (double)store_last_seq(store) + p / 10.0,
        };
    }
    if (!store_add_poll(store, &poll, &err))
        fail_msg("%s", err.text);
    return poll.seq;
}

static inline void must(bool done, const struct error *err)
{
    if (!done)
        fail_msg("%s", err->text);
}

/* The store, for rows to be put into. */
static inline struct store *begin_rows(struct place *place)
{
    struct error err = {0};
    struct store *store = open_store(place, "boot-a");

    must(store_begin(store, &err), &err);
    return store;
}

static inline void end_rows(struct store *store)
{
    struct error err = {0};

    must(store_commit(store, &err), &err);
    store_close(store);
}

/* `count` polls, one a second, turn by turn over the devices; one commit. */
static inline uint64_t commit_polls(struct place *place, struct store *store, int count,
                                    int64_t from_ms)
{
    struct error err = {0};
    uint64_t seq = 0;

    must(store_begin(store, &err), &err);
    for (int i = 0; i < count; i++)
        seq = add_poll(place, store, i % place->device_count, at_ms(from_ms + i * 1000),
                       from_ms + i * 1000);
    must(store_commit(store, &err), &err);
    return seq;
}

/* What another program sees: every row of a query as text. The caller frees it. */
static inline char *ask_text(struct place *place, const char *sql)
{
    char path[160];
    char *all = NULL;
    size_t size = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    FILE *out = open_memstream(&all, &size);

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    while (sqlite3_step(row) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(row); i++)
            fprintf(out, "%s%s", i == 0 ? "" : "|",
                    sqlite3_column_type(row, i) == SQLITE_NULL
                        ? "NULL"
                        : (const char *)sqlite3_column_text(row, i));
        fputc('\n', out);
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
    fclose(out);
    return all;
}

static inline void ask_is(struct place *place, const char *sql, const char *wanted)
{
    char *found = ask_text(place, sql);

    assert_string_equal(found, wanted);
    free(found);
}

#endif
