/* Tests of sealing: what is signed is what is stored, whatever the size of the steps. */
#include "unit/store/seal_place.h"

static void rows_lead_to_a_root_and_the_root_to_a_signed_head(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct chain chain;

    fill(place, store, 50);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 1);
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, 1);
    assert_int_equal(chain.sealed[0].head.first_seq, 1);
    assert_int_equal(chain.sealed[0].head.last_seq, store_last_seq(store));
    assert_int_equal(chain.sealed[0].head.leaves, 2 + 2 + 4);
    assert_int_equal(chain.sealed[0].head.first_time.ms, at_ms(0).ms);
    assert_int_equal(chain.sealed[0].head.last_time.ms, at_ms(49000).ms);
    assert_int_equal(chain.sealed[0].head.sealed.ms, at_ms(5 * HOUR_MS).ms);
    assert_string_equal(chain.sealed[0].head.store, store_id(store));
    leaves_lead_to(reader, 1, chain.sealed[0].head.root);
    assert_int_equal(store_newest_seal(store)->segment, 1);
    assert_memory_equal(store_newest_seal(store)->head, chain.sealed[0].digest, DIGEST_BYTES);
    reader_close(reader);
    store_close(store);
}

#define PROFILE "0700000000000000000000000000000000000000000000000000000000000000"
#define INFORCE "39e4da9c4a57346e4a1204fb85c1c971760d3bd004eb61822252d84e94383108"

static char *hex_of(const char *text, char hex[DIGEST_HEX])
{
    uint8_t digest[DIGEST_BYTES];

    digest_of(text, strlen(text), digest);
    return digest_hex(digest, hex);
}

static void the_leaves_are_written_as_the_document_says(void **state)
{
    static const char *const points[] = {"site/dev-0/ph.0", "site/dev-0/ph.9", "other/x/ph"};
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct error err = {0};
    struct noted noted = {.count = 0};
    char events[512], hex[2][DIGEST_HEX];

    name_points(place, store, 1, 1);
    store_point(store, place->devices[0], "ph.9", &err); /* known, and not heard of */
    store_point(store, place->devices[0], "ph.8", &err); /* nor configured */
    store_profile(store, (const uint8_t[32]){7}, "model", "text", &err);
    configure(store, points, 3);
    commit_polls(place, store, 2, 0);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 7000); /* another boot's, which never got a time */
    must(store_commit(store, &err), &err);
    store_close(store);
    store = open_store(place, "boot-b");
    add_event(store, "task.note", "{\"id\":\"3,7\"}");
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 1);
    reader = open_reader(place);
    must(reader_noted_leaves(reader, 1, note, &noted, &err), &err);
    assert_int_equal(noted.count, 7);
    assert_string_equal(noted.names[0], "events");
    assert_string_equal(noted.names[1], "configuration");
    assert_string_equal(noted.names[2], "device other/x");
    assert_string_equal(noted.names[3], "device site/dev-0");
    assert_string_equal(noted.names[4], "point other/x/ph");
    assert_string_equal(noted.names[5], "point site/dev-0/ph.0");
    assert_string_equal(noted.names[6], "point site/dev-0/ph.9");
    snprintf(events, sizeof events,
             "events\n1,2026-09-21T14:13:20.500Z,configuration,,%s\n"
             "5,2026-09-21T14:13:21.000Z,task.note,\"3,7\",%s\n",
             hex_of("event,1,configuration,2026-09-21T14:13:20.500Z,1,0,\"\",{\"digest\":\"" INFORCE
                    "\"}",
                    hex[0]),
             hex_of("event,5,task.note,2026-09-21T14:13:21.000Z,2,1000,\"li\",{\"id\":\"3,7\"}",
                    hex[1]));
    lines_are(reader, "events", events);
    lines_are(reader, "configuration", "configuration\n1," INFORCE "\n");
    lines_are(reader, "device other/x", "device other/x\n");
    lines_are(reader, "device site/dev-0",
              "device site/dev-0\n"
              "2,2026-09-21T14:13:20.000Z,1,0," PROFILE ",030000000102dc\n"
              "3,2026-09-21T14:13:21.000Z,1,1000," PROFILE ",030000000102dc\n"
              "4,,1,7000," PROFILE ",030000000102dc\n");
    lines_are(reader, "point other/x/ph", "point other/x/ph\n");
    lines_are(reader, "point site/dev-0/ph.0",
              "point site/dev-0/ph.0\n"
              "4,,3,N,\n"
              "2,2026-09-21T14:13:20.000Z,1,N,\n"
              "3,2026-09-21T14:13:21.000Z,2,N,\n");
    lines_are(reader, "point site/dev-0/ph.9", "point site/dev-0/ph.9\n");
    reader_close(reader);
    store_close(store);
}

/* One store for each size of step; their roots are the same. */
static void the_size_of_the_steps_changes_nothing(void **state)
{
    static const size_t budgets[] = {1, 2, 7, 100000};
    uint8_t roots[4][DIGEST_BYTES];

    for (size_t i = 0; i < 4; i++) {
        struct place *place;
        struct store *store;
        struct reader *reader;

        place_make((void **)&place);
        store = open_store(place, "boot-a");
        fill(place, store, 30);
        close_segment(store);
        move_all(store);
        assert_int_equal(seal_all(place, store, budgets[i]), 1);
        reader = open_reader(place);
        memcpy(roots[i], read_chain(place, reader).sealed[0].head.root, DIGEST_BYTES);
        leaves_lead_to(reader, 1, roots[i]);
        reader_close(reader);
        store_close(store);
        place_remove((void **)&place);
        assert_memory_equal(roots[i], roots[0], DIGEST_BYTES);
    }
}

static void segments_are_sealed_in_turn_each_once(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct chain chain;

    fill(place, store, 10);
    close_segment(store);
    commit_polls(place, store, 10, HOUR_MS);
    close_segment(store);
    assert_int_equal(seal_all(place, store, 5), 0); /* nothing was moved yet */
    move_all(store);
    assert_int_equal(seal_all(place, store, 5), 2);
    assert_int_equal(seal_all(place, store, 5), 0);
    store_close(store);
    store = open_store(place, "boot-a");
    assert_int_equal(seal_all(place, store, 5), 0);
    commit_polls(place, store, 10, 2 * HOUR_MS);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 5), 1);
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, 3);
    for (int i = 0; i < 3; i++)
        leaves_lead_to(reader, (uint64_t)i + 1, chain.sealed[i].head.root);
    reader_close(reader);
    store_close(store);
}

/* Changes ----------------------------------------------------------------------------------- */

static void run_sql(struct place *place, const char *sql)
{
    char path[160], *wrong = NULL;
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &wrong) != SQLITE_OK)
        fail_msg("%s: %s", sql, wrong);
    sqlite3_close(db);
}

/* The first leaf whose rows are no longer those that were sealed, "" when there is none. */
static void first_changed(struct place *place, char name[160])
{
    struct noted noted = {.count = 0}, anew = {.count = 0};
    struct reader *reader = open_reader(place);
    struct error err = {0};

    must(reader_noted_leaves(reader, 1, note, &noted, &err), &err);
    must(reader_hashed_leaves(reader, 1, note, &anew, &err), &err);
    reader_close(reader);
    name[0] = '\0';
    for (size_t i = 0; i < noted.count || i < anew.count; i++) {
        const struct noted *of = i < noted.count ? &noted : &anew;

        if (i < noted.count && i < anew.count && strcmp(noted.names[i], anew.names[i]) == 0 &&
            memcmp(noted.digests[i], anew.digests[i], DIGEST_BYTES) == 0)
            continue;
        snprintf(name, 160, "%s", of->names[i]);
        return;
    }
}

static void whatever_is_changed_afterwards_changes_its_leaf(void **state)
{
    static const struct {
        const char *sql, *leaf;
    } changes[] = {
        {"UPDATE kept SET value = value + 1e-9 WHERE point = 1 AND seq = 4",
         "point site/dev-0/ph.0"                                                                            },
        {"UPDATE kept SET value = NULL WHERE point = 1 AND seq = 4",                 "point site/dev-0/ph.0"},
        {"UPDATE kept SET value = 9e999 WHERE point = 1 AND seq = 4",                "point site/dev-0/ph.0"},
        {"UPDATE kept SET quality = 3 WHERE point = 4 AND seq = 5",                  "point site/dev-1/ph.1"},
        {"UPDATE kept SET quality = 256 WHERE point = 1 AND seq = 4",                "point site/dev-0/ph.0"},
        {"UPDATE kept SET cause = -1 WHERE point = 1 AND seq = 4",                   "point site/dev-0/ph.0"},
        {"UPDATE kept SET time = time + 1 WHERE point = 1 AND seq = 4",              "point site/dev-0/ph.0"},
        {"UPDATE kept SET time = -5 WHERE point = 1 AND seq = 4",                    "point site/dev-0/ph.0"},
        {"UPDATE kept SET time = 9000000000000000000 WHERE point = 1 AND seq = 4",
         "point site/dev-0/ph.0"                                                                            },
        {"DELETE FROM kept WHERE point = 1 AND seq = 4",                             "point site/dev-0/ph.0"},
        {"DELETE FROM kept WHERE point = 2",                                         "point site/dev-0/ph.1"},
        {"UPDATE kept SET point = 3 WHERE point = 1",                                "point site/dev-0/ph.0"},
        {"INSERT INTO kept VALUES(1, 2, 5, 3, 1, 0, 0)",                             "point site/dev-0/ph.1"},
        {"INSERT INTO kept VALUES(1, 77, 5, 3, 1, 0, 0)",                            "point site/dev-0/ph.0"},
        {"UPDATE point SET name = 'site/dev-0/x' WHERE id = 1",                      "point site/dev-0/ph.0"},
        {"DELETE FROM point WHERE id = 1",                                           "point site/dev-0/ph.0"},
        {"UPDATE poll SET raw = x'0300' WHERE seq = 4",                              "device site/dev-0"    },
        {"UPDATE poll SET raw = zeroblob(100000) WHERE seq = 4",                     "device site/dev-0"    },
        {"UPDATE poll SET mono = 9223372036854775807 WHERE seq = 4",                 "device site/dev-0"    },
        {"UPDATE poll SET boot = 9 WHERE seq = 4",                                   "device site/dev-0"    },
        {"UPDATE poll SET profile = 99 WHERE seq = 4",                               "device site/dev-0"    },
        {"UPDATE profile SET digest = zeroblob(32)",                                 "device site/dev-0"    },
        {"UPDATE poll SET device = 99 WHERE seq = 4",                                "device site/dev-0"    },
        {"UPDATE event SET arguments = '{\"id\":\"38\"}' WHERE seq = 1",             "events"               },
        {"UPDATE event SET arguments = CAST(x'7b226964223a223337227d003c' AS TEXT)", "events"               },
        {"UPDATE event SET who = 'wu' WHERE seq = 1",                                "events"               },
        {"UPDATE event SET kind = 'problem' WHERE seq = 1",                          "events"               },
        {"DELETE FROM event WHERE seq = 1",                                          "events"               },
        {"UPDATE problem_version SET body = '{}'",                                   "events"               },
        {"UPDATE problem_version SET nature = 'doubt'",                              "events"               },
        {"INSERT INTO configuration VALUES(1, zeroblob(32), 'x')",                   "configuration"        },
    };
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    char name[160], command[400];

    fill(place, store, 20);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 1);
    store_close(store);
    first_changed(place, name);
    assert_string_equal(name, "");
    snprintf(command, sizeof command, "cp %s/lookback.db %s/whole", place->dir, place->dir);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        run_sql(place, changes[i].sql);
        first_changed(place, name);
        if (strcmp(name, changes[i].leaf) != 0)
            fail_msg("%s: found %s", changes[i].sql, name);
        snprintf(command, sizeof command, "rm -f %s/lookback.db-*; cp %s/whole %s/lookback.db",
                 place->dir, place->dir, place->dir);
        assert_int_equal(system(command), 0);
    }
}

/* Retention and older stores ---------------------------------------------------------------- */

static void prune_all(struct store *store)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_prune_step(store,
                              &(struct retention){at_ms(3 * HOUR_MS),
                                                  store_newest_seal(store)->last_seq, WALL_NONE},
                              7, &more, &err),
             &err);
}

static bool nothing(void *self, uint64_t seq, struct wall_time time, const char *kind,
                    const char *subject, const char *text)
{
    *(int *)self += strcmp(kind, "task.note") == 0 && strcmp(subject, "37") == 0 &&
                    strstr(text, "task.note") != NULL;
    return true;
}

static void of_what_retention_removed_head_and_events_can_still_be_checked(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct leaf_note leaf;
    struct chain chain;
    struct lines lines;
    struct error err = {0};
    uint8_t digest[DIGEST_BYTES], root[DIGEST_BYTES];
    bool found;
    int notes = 0;

    fill(place, store, 10);
    close_segment(store);
    commit_polls(place, store, 10, HOUR_MS);
    close_segment(store);
    move_all(store);
    assert_int_equal(seal_all(place, store, 100000), 2);
    prune_all(store);
    ask_is(place, "SELECT segment, count(*) FROM leaf GROUP BY segment", "1|1\n2|1\n");
    ask_is(place, "SELECT count(*) FROM kept", "0\n");
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.count, 2);
    assert_true(chain.sealed[0].pruned);
    must(reader_leaf(reader, 1, "events", &leaf, &found, &err), &err);
    assert_true(found);
    read_lines(reader, 1, "events", &lines, digest);
    assert_memory_equal(digest, leaf.digest, DIGEST_BYTES);
    assert_true(
        tree_follow(digest, 0, chain.sealed[0].head.leaves, leaf.path, leaf.path_length, root));
    assert_memory_equal(root, chain.sealed[0].head.root, DIGEST_BYTES);
    must(reader_leaf(reader, 1, "configuration", &leaf, &found, &err), &err);
    assert_false(found);
    must(reader_entries(reader, 1, nothing, &notes, &err), &err);
    assert_int_equal(notes, 1);
    reader_close(reader);
    store_close(store);
}

/* As a program of schema 2 leaves it: closed, moved, one pruned, nothing sealed. */
static void make_schema_2(struct place *place)
{
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    bool more = true;

    fill(place, store, 10);
    for (int i = 1; i < 4; i++) {
        close_segment(store);
        commit_polls(place, store, 10, i * HOUR_MS);
    }
    move_all(store);
    while (more)
        must(store_prune_step(store, &(struct retention){at_ms(HOUR_MS), UINT64_MAX, WALL_NONE},
                              1000, &more, &err),
             &err);
    store_close(store);
    run_sql(place, "DROP INDEX problem_newest; DROP INDEX problem_newest_state;"
                   "DROP INDEX problem_newest_point; DROP TABLE problem_task;"
                   "DROP INDEX task_in_order; DROP INDEX task_by_state; DROP INDEX task_by_village;"
                   "DROP INDEX task_by_owner; DROP INDEX event_deed;");
    run_sql(place, "DROP TABLE lesson; DROP TABLE identity; DROP TABLE frame;"
                   "DROP TABLE leaf; DROP TABLE configuration; DROP TABLE snapshot;"
                   "DROP TABLE anchor; DELETE FROM meta WHERE key = 'store';"
                   "ALTER TABLE segment DROP COLUMN leaves; ALTER TABLE segment DROP COLUMN path;"
                   "ALTER TABLE segment DROP COLUMN collector; PRAGMA user_version = 2");
}

static void an_older_store_is_sealed_from_the_first_segment_that_is_left(void **state)
{
    struct place *place = *state;
    struct store *store;
    struct reader *reader;
    struct chain chain;
    char id[33];

    make_schema_2(place);
    store = open_store(place, "boot-a");
    snprintf(id, sizeof id, "%s", store_id(store));
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    assert_int_equal(seal_all(place, store, 1000), 2);
    ask_is(place, "SELECT segment, pruned, root IS NOT NULL FROM segment", "1|1|0\n2|0|1\n3|0|1\n");
    reader = open_reader(place);
    chain = read_chain(place, reader);
    assert_int_equal(chain.sealed[0].head.segment, 2);
    leaves_lead_to(reader, 2, chain.sealed[0].head.root);
    reader_close(reader);
    store_close(store);
    store = open_store(place, "boot-a");
    assert_string_equal(store_id(store), id);
    store_close(store);
}

/* Asking ------------------------------------------------------------------------------------ */

static void an_entry_is_in_a_segment_once_that_is_sealed(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    uint64_t newest, waiting, unsealed_from;
    struct error err = {0};
    struct reader *reader;
    uint64_t end;

    fill(place, store, 10);
    close_segment(store);
    end = store_last_seq(store);
    move_all(store);
    reader = open_reader(place);
    assert_int_equal(reader_segment_of(reader, 1), 0);
    must(reader_seal_state(reader, &newest, &waiting, &unsealed_from, &err), &err);
    assert_int_equal(newest, 0);
    assert_int_equal(waiting, 1);
    assert_int_equal(unsealed_from, 1);
    assert_int_equal(seal_all(place, store, 100), 1);
    commit_polls(place, store, 10, HOUR_MS);
    close_segment(store);
    assert_int_equal(reader_segment_of(reader, 1), 1);
    assert_int_equal(reader_segment_of(reader, end), 1);
    assert_int_equal(reader_segment_of(reader, end + 1), 0);
    must(reader_seal_state(reader, &newest, &waiting, &unsealed_from, &err), &err);
    assert_int_equal(newest, 1);
    assert_int_equal(waiting, 1);
    assert_int_equal(unsealed_from, end + 1);
    reader_close(reader);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(rows_lead_to_a_root_and_the_root_to_a_signed_head),
        IN_PLACE(the_leaves_are_written_as_the_document_says),
        IN_PLACE(the_size_of_the_steps_changes_nothing),
        IN_PLACE(segments_are_sealed_in_turn_each_once),
        IN_PLACE(whatever_is_changed_afterwards_changes_its_leaf),
        IN_PLACE(of_what_retention_removed_head_and_events_can_still_be_checked),
        IN_PLACE(an_older_store_is_sealed_from_the_first_segment_that_is_left),
        IN_PLACE(an_entry_is_in_a_segment_once_that_is_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
