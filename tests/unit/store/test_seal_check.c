/* Tests of store/seal_check*.c: whatever is done to a sealed store is found, and what was found is
 * right. */
#include "unit/store/seal_store.h"

struct told {
    struct seal_check check;
    struct seal_check all[64];
    size_t count;
    double share;
};

static void take_fault(void *self, const struct seal_check *found)
{
    struct told *told = self;

    if (told->count < 64)
        told->all[told->count] = *found;
    told->count++;
}

static void take_share(void *self, double share)
{
    struct told *told = self;

    assert_true(share >= told->share && share <= 1.0);
    told->share = share;
}

static void look(struct place *place, struct told *told)
{
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);

    *told = (struct told){0};
    if (reader == NULL)
        fail_msg("%s", err.text);
    must(reader_check_seals(reader, &told->check, take_fault, take_share, told, &err), &err);
    reader_close(reader);
    assert_int_equal(told->check.faults, told->count);
}

/* One store is made; every case damages a copy of it. */
static int make_one(void **state)
{
    place_make(state);
    seal_store_make(*state);
    return 0;
}

static void keep_copy(struct place *place, bool back)
{
    char command[512];

    snprintf(command, sizeof command, "cd %s && rm -f lookback.db-* && cp %s", place->dir,
             back ? "kept lookback.db" : "lookback.db kept");
    assert_int_equal(system(command), 0);
}

static void a_store_nobody_touched_is_sound(void **state)
{
    struct told told;

    look(*state, &told);
    if (told.count > 0)
        fail_msg("%s %s: %s, seq %llu", seal_fault_word(told.check.fault), told.check.leaf,
                 told.check.row, (unsigned long long)told.check.seq);
    assert_int_equal(told.check.fault, SEAL_SOUND);
    assert_int_equal(told.check.segments, 3);
    assert_int_equal(told.check.pruned, 1);
    assert_int_equal(told.check.newest, 3);
    assert_int_equal(told.check.unsealed, 3);
    assert_int_equal(told.check.unsealed_since.ms, at_ms(3 * SEAL_HOUR_MS).ms);
    assert_int_equal(told.check.key_count, 2);
    assert_string_equal(told.check.keys[1], told.check.key);
    assert_true(told.share == 1.0);
    /* 3 events of the pruned segment; 3 and 20 polls, 10 with frames, and 40 readings; 1 and 6, 3
     * and 12; and one line of configuration in each of the two */
    assert_int_equal(told.check.rows, 3 + 3 + 20 + 10 + 40 + 1 + 1 + 6 + 3 + 12 + 1);
}

static void a_store_without_seals_is_sound_and_says_that_nothing_is_sealed(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-1");
    struct told told;

    name_points(place, store, 1, 1);
    commit_polls(place, store, 4, 0);
    store_close(store);
    look(place, &told);
    assert_int_equal(told.check.segments, 0);
    assert_int_equal(told.check.unsealed, 4);
}

/* --- every column ---------------------------------------------------------------------------- */

/* clang-format off */
/* Sequence: 1 key, 2 configuration, 3 note, 4-13 polls | 14 problem, 15-34 polls, 35 maintenance,
 * 36 note | 37 key, 38-43 polls | 44-46. Poll 20 is of dev-1, its points are 3 and 4. */
static const struct damage {
    const char *column; /* of which this is the case */
    const char *sql;
    enum seal_fault fault;
    uint64_t segment, seq; /* of the first fault */
    const char *leaf;      /* NULL: not asked */
    enum seal_change change;
} damages[] = {
    {"kept.value", "UPDATE kept SET value = value + 0.1 WHERE seq = 20 AND point = 3",
     SEAL_ROW_DIFFERS, 2, 20, "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.value", "UPDATE kept SET value = NULL WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2,
     20, "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.quality", "UPDATE kept SET quality = 3 WHERE seq = 20 AND point = 4", SEAL_ROW_DIFFERS,
     2, 20, "point site/dev-1/ph.1", SEAL_CHANGED},
    {"kept.cause", "UPDATE kept SET cause = 24 WHERE seq = 20 AND point = 4", SEAL_ROW_DIFFERS, 2,
     20, "point site/dev-1/ph.1", SEAL_CHANGED},
    {"kept.cause", "UPDATE kept SET cause = 999 WHERE seq = 20 AND point = 4", SEAL_ROW_DIFFERS, 2,
     20, "point site/dev-1/ph.1", SEAL_CHANGED},
    {"kept.time", "UPDATE kept SET time = time + 1 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS,
     2, 20, "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.time", "UPDATE kept SET time = time + 7000 WHERE seq = 20 AND point = 3",
     SEAL_ROW_DIFFERS, 2, 20, "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.time", "UPDATE kept SET time = time - 3000 WHERE seq = 20 AND point = 3",
     SEAL_ROW_DIFFERS, 2, 20, "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.seq", "UPDATE kept SET seq = 21 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2, 21,
     "point site/dev-1/ph.0", SEAL_CHANGED},
    {"kept.point", "UPDATE kept SET point = 1 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2,
     20, "point site/dev-0/ph.0", SEAL_ADDED},
    {"kept.point", "UPDATE kept SET point = 77 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2,
     0, "point ?", SEAL_ADDED},
    {"kept.segment", "UPDATE kept SET segment = 3 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS,
     2, 22, "point site/dev-1/ph.0", SEAL_REMOVED},
    {"kept.segment", "UPDATE kept SET segment = 99 WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS,
     2, 22, "point site/dev-1/ph.0", SEAL_REMOVED},
    {"poll.seq", "UPDATE poll SET seq = 99 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 22,
     "device site/dev-1", SEAL_REMOVED},
    {"poll.device", "UPDATE poll SET device = 1 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-0", SEAL_ADDED},
    {"poll.time", "UPDATE poll SET time = time + 1 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"poll.time", "UPDATE poll SET time = NULL WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"poll.mono", "UPDATE poll SET mono = mono + 1 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"poll.boot", "UPDATE poll SET boot = 2 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"poll.profile", "UPDATE poll SET profile = 2 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"poll.raw", "UPDATE poll SET raw = x'03000000010200dd' WHERE seq = 20", SEAL_ROW_DIFFERS, 2,
     20, "device site/dev-1", SEAL_CHANGED},
    {"poll.raw", "UPDATE poll SET raw = NULL WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "device site/dev-1", SEAL_CHANGED},
    {"frame.seq", "UPDATE frame SET seq = 99 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 22,
     "frames site/dev-1", SEAL_REMOVED},
    {"frame.seq", "UPDATE frame SET seq = 15 WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 15,
     "frames site/dev-0", SEAL_ADDED},
    {"frame.bytes", "UPDATE frame SET bytes = x'530001034800020200' WHERE seq = 20",
     SEAL_ROW_DIFFERS, 2, 20, "frames site/dev-1", SEAL_CHANGED},
    {"frame.bytes", "UPDATE frame SET bytes = x'' WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 20,
     "frames site/dev-1", SEAL_CHANGED},
    {"event.seq", "UPDATE event SET seq = 99 WHERE seq = 35", SEAL_ROW_DIFFERS, 2, 36, "events",
     SEAL_REMOVED},
    {"event.kind", "UPDATE event SET kind = 'task.rated' WHERE seq = 36", SEAL_ROW_DIFFERS, 2, 36,
     "events", SEAL_CHANGED},
    {"event.time", "UPDATE event SET time = time + 1 WHERE seq = 36", SEAL_ROW_DIFFERS, 2, 36,
     "events", SEAL_CHANGED},
    {"event.mono", "UPDATE event SET mono = mono + 1 WHERE seq = 36", SEAL_ROW_DIFFERS, 2, 36,
     "events", SEAL_CHANGED},
    {"event.boot", "UPDATE event SET boot = 2 WHERE seq = 36", SEAL_ROW_DIFFERS, 2, 36, "events",
     SEAL_CHANGED},
    {"event.who", "UPDATE event SET who = 'wang' WHERE seq = 36", SEAL_ROW_DIFFERS, 2, 36, "events",
     SEAL_CHANGED},
    {"event.arguments", "UPDATE event SET arguments = '{\"id\":\"39\"}' WHERE seq = 36",
     SEAL_ROW_DIFFERS, 2, 36, "events", SEAL_CHANGED},
    {"event.arguments", "UPDATE event SET arguments = '{\"id\":\"39\"}' WHERE seq = 3",
     SEAL_ROW_DIFFERS, 1, 3, "events", SEAL_CHANGED}, /* of the pruned segment */
    {"problem_version.seq", "UPDATE problem_version SET seq = 99 WHERE seq = 14", SEAL_ROW_DIFFERS,
     2, 35, "events", SEAL_REMOVED},
    {"problem_version.uid", "UPDATE problem_version SET uid = 'f' || substr(uid, 2)",
     SEAL_ROW_DIFFERS, 2, 14, "events", SEAL_CHANGED},
    {"problem_version.version", "UPDATE problem_version SET version = 2", SEAL_ROW_DIFFERS, 2, 14,
     "events", SEAL_CHANGED},
    {"problem_version.body", "UPDATE problem_version SET body = replace(body, 'dev-0', 'dev-1')",
     SEAL_ROW_DIFFERS, 2, 14, "events", SEAL_CHANGED},
    {"problem_version.nature", "UPDATE problem_version SET nature = 'doubt'", SEAL_ROW_DIFFERS, 2,
     14, "events", SEAL_CHANGED},
    {"device.id", "UPDATE device SET id = 77 WHERE id = 2", SEAL_ITEM_DIFFERS, 0, 0,
     "point site/dev-1/ph.0", 0},
    {"device.site", "UPDATE device SET site = 'else' WHERE id = 2", SEAL_ITEM_DIFFERS, 0, 0,
     "point site/dev-1/ph.0", 0},
    {"device.name", "UPDATE device SET name = 'dev-9' WHERE id = 2", SEAL_ITEM_DIFFERS, 0, 0,
     "point site/dev-1/ph.0", 0},
    {"point.id", "UPDATE point SET id = 77 WHERE id = 3", SEAL_ROW_DIFFERS, 2, 0, "point ?",
     SEAL_ADDED},
    {"point.device", "UPDATE point SET device = 1, channel = 'x' WHERE id = 3", SEAL_ITEM_DIFFERS,
     0, 0, "point site/dev-1/ph.0", 0},
    {"point.channel", "UPDATE point SET channel = 'orp' WHERE id = 3", SEAL_ITEM_DIFFERS, 0, 0,
     "point site/dev-1/ph.0", 0},
    {"point.name", "UPDATE point SET name = 'site/dev-1/orp' WHERE id = 3", SEAL_ITEM_DIFFERS, 0, 0,
     "point site/dev-1/orp", 0},
    {"point.name",
     /* everywhere alike, so that only the seal remembers */
     "UPDATE point SET name = 'site/dev-1/orp', channel = 'orp' WHERE id = 3",
     SEAL_ROW_DIFFERS, 2, 16, "point site/dev-1/orp", SEAL_ADDED},
    {"profile.id", "UPDATE profile SET id = 77 WHERE id = 1", SEAL_ROW_DIFFERS, 2, 15,
     "device site/dev-0", SEAL_CHANGED},
    {"profile.digest", "UPDATE profile SET digest = zeroblob(32) WHERE id = 1", SEAL_ROW_DIFFERS, 2,
     15, "device site/dev-0", SEAL_CHANGED},
    {"profile.text", "UPDATE profile SET text = text || '#' WHERE id = 1", SEAL_ITEM_DIFFERS, 0, 0,
     "profile plain", 0},
    {"profile.text", "UPDATE profile SET text = replace(text, 'BADC', 'ABCD') WHERE id = 2",
     SEAL_ITEM_DIFFERS, 0, 0, "profile plain", 0},
    {"profile.text", "UPDATE profile SET text = replace(text, 'plain', 'plane') WHERE id = 2",
     SEAL_ITEM_DIFFERS, 0, 0, "profile plain", 0},
    {"profile.model", "UPDATE profile SET model = 'fancy' WHERE id = 1", SEAL_ITEM_DIFFERS, 0, 0,
     "profile fancy", 0},
    {"cause.id", "UPDATE cause SET id = 77 WHERE id = 3", SEAL_ITEM_DIFFERS, 0, 0,
     "cause unresolved", 0},
    {"cause.word", "UPDATE cause SET word = 'maintenance' WHERE id = 1", SEAL_ITEM_DIFFERS, 0, 0,
     "cause timeout", 0},
    {"cause.word", "DELETE FROM cause WHERE id = 3", SEAL_ITEM_DIFFERS, 0, 0, "cause unresolved",
     0},
    {"configuration.seq", "UPDATE configuration SET seq = 3", SEAL_LEAF_DIFFERS, 1, 0,
     "configuration", 0},
    {"configuration.digest", "UPDATE configuration SET digest = zeroblob(32)", SEAL_LEAF_DIFFERS, 1,
     0, "configuration", 0},
    {"configuration.text", "UPDATE configuration SET text = replace(text, 'rules', 'rulez')",
     SEAL_ITEM_DIFFERS, 0, 2, "configuration 2", 0},
    {"snapshot.digest", "UPDATE snapshot SET digest = zeroblob(32) WHERE length(content) = 11",
     SEAL_ITEM_DIFFERS, 0, 2, "settings/rules.conf", 0},
    {"snapshot.content", "UPDATE snapshot SET content = 'rules = ( );' WHERE length(content) = 11",
     SEAL_ITEM_DIFFERS, 0, 2, "settings/rules.conf", 0},
    {"snapshot.content", "DELETE FROM snapshot WHERE length(content) = 11", SEAL_ITEM_DIFFERS, 0,
     2, "settings/rules.conf", 0},
    {"segment.segment", "UPDATE segment SET segment = 99 WHERE segment = 3", SEAL_CHAIN_BROKEN, 99,
     37, NULL, 0},
    {"segment.first_seq", "UPDATE segment SET first_seq = 15 WHERE segment = 2", SEAL_CHAIN_BROKEN,
     2, 14, NULL, 0},
    {"segment.last_seq", "UPDATE segment SET last_seq = 35 WHERE segment = 2", SEAL_HEAD_DIFFERS, 2,
     0, NULL, 0},
    {"segment.first_time", "UPDATE segment SET first_time = first_time + 1 WHERE segment = 2",
     SEAL_HEAD_DIFFERS, 2, 0, NULL, 0},
    {"segment.last_time", "UPDATE segment SET last_time = NULL WHERE segment = 1",
     SEAL_HEAD_DIFFERS, 1, 0, NULL, 0},
    {"segment.root", "UPDATE segment SET root = zeroblob(32) WHERE segment = 2", SEAL_HEAD_DIFFERS,
     2, 0, NULL, 0},
    {"segment.root", "UPDATE segment SET root = NULL WHERE segment = 2", SEAL_CHAIN_BROKEN, 3, 14,
     NULL, 0},
    {"segment.previous", "UPDATE segment SET previous = zeroblob(32) WHERE segment = 2",
     SEAL_CHAIN_BROKEN, 2, 14, NULL, 0},
    {"segment.head", "UPDATE segment SET head = zeroblob(32) WHERE segment = 2", SEAL_HEAD_DIFFERS,
     2, 0, NULL, 0},
    {"segment.signature", "UPDATE segment SET signature = zeroblob(64) WHERE segment = 2",
     SEAL_UNSIGNED, 2, 0, NULL, 0},
    {"segment.key", "UPDATE segment SET key = substr(key, 2) || substr(key, 1, 1)"
     " WHERE segment = 2",
     SEAL_HEAD_DIFFERS, 2, 0, NULL, 0},
    {"segment.sealed", "UPDATE segment SET sealed = sealed - 1 WHERE segment = 2",
     SEAL_HEAD_DIFFERS, 2, 0, NULL, 0},
    {"segment.leaves", "UPDATE segment SET leaves = leaves + 1 WHERE segment = 2",
     SEAL_HEAD_DIFFERS, 2, 0, NULL, 0},
    {"segment.path", "UPDATE segment SET path = zeroblob(length(path)) WHERE segment = 1",
     SEAL_LEAF_DIFFERS, 1, 0, "events", 0},
    {"segment.path", "UPDATE segment SET path = NULL WHERE segment = 2", SEAL_LEAF_DIFFERS, 2, 0,
     "path", 0},
    {"segment.collector", "UPDATE segment SET collector = 'zj-02' WHERE segment = 2",
     SEAL_HEAD_DIFFERS, 2, 0, NULL, 0},
    {"leaf.segment", "UPDATE leaf SET segment = 99 WHERE segment = 2 AND number = 3",
     SEAL_LEAF_DIFFERS, 2, 0, NULL, 0},
    {"leaf.number", "UPDATE leaf SET number = 99 WHERE segment = 2 AND number = 3",
     SEAL_LEAF_DIFFERS, 2, 0, NULL, 0},
    {"leaf.number", "UPDATE leaf SET number = 99 WHERE segment = 2 AND number ="
     " (SELECT max(number) FROM leaf WHERE segment = 2)", SEAL_LEAF_DIFFERS, 2, 0, "leaf", 0},
    {"leaf.name", "UPDATE leaf SET name = 'device else' WHERE segment = 2 AND number = 2",
     SEAL_LEAF_DIFFERS, 2, 0, NULL, 0},
    {"leaf.rows", "UPDATE leaf SET rows = rows + 1 WHERE segment = 2 AND number = 2",
     SEAL_LEAF_DIFFERS, 2, 0, NULL, 0},
    {"leaf.rows", "UPDATE leaf SET rows = rows - 1 WHERE segment = 2 AND number = 2",
     SEAL_LEAF_DIFFERS, 2, 0, "device site/dev-0", 0},
    {"leaf.digest", "UPDATE leaf SET digest = zeroblob(32) WHERE segment = 2 AND number = 2",
     SEAL_LEAF_DIFFERS, 2, 0, "device site/dev-0", 0},
    {"leaf.marks",
     "UPDATE leaf SET marks = zeroblob(length(marks)) WHERE segment = 2 AND number = 2",
     SEAL_LEAF_DIFFERS, 2, 0, "device site/dev-0", 0},
    {"leaf.marks", "UPDATE leaf SET marks = zeroblob(length(marks)) WHERE segment = 1",
     SEAL_LEAF_DIFFERS, 1, 0, "events", 0},
    {"anchor.segment", "UPDATE anchor SET segment = 5", SEAL_CUT, 5, 0, NULL, 0},
    {"meta.value", "UPDATE meta SET value = '00' WHERE key = 'store'", SEAL_HEAD_DIFFERS, 1, 0,
     NULL, 0},
    {"meta.key", "UPDATE meta SET key = 'x' WHERE key = 'store'", SEAL_HEAD_DIFFERS, 1, 0, NULL, 0},
};
/* clang-format on */

/* Columns that are no part of a seal, and why. "table.*" is all of a table. */
static const struct {
    const char *column, *why;
} apart[] = {
    {"boot.*",               "the kernel's word for a boot; its number stands in every entry"              },
    {"device.since",         "when the name was first used"                                                },
    {"fresh.*",              "readings of the part that is not sealed yet, or copies that wait for removal"},
    {"segment.readings",     "bounds the memory of a move"                                                 },
    {"segment.closed",       "when it was closed; when it was sealed stands in its head"                   },
    {"segment.copied_point", "how far the move has come"                                                   },
    {"segment.copied_seq",   "how far the move has come"                                                   },
    {"segment.moved",        "how far the move has come; leaves are read from kept whatever it says"       },
    {"segment.swept",        "how far the move has come"                                                   },
    {"segment.pruned",       "what retention has taken; what it left still has to lead to the head"        },
    {"segment.gone",         "what retention has taken"                                                    },
    {"anchor.kind",          "where a copy of a head was left; the copy there is what is compared"         },
    {"anchor.name",          "as its kind"                                                                 },
    {"anchor.time",          "as its kind"                                                                 },
    {"anchor.body",          "a time stamp, which is checked by itself"                                    },
    {"aggregate.*",          "concluded from what is sealed; replay checks it"                             },
    {"aggregate_start.*",    "an index of the aggregates"                                                  },
    {"problem.*",            "the newest of problem_version, where its seal is"                            },
    {"problem_task.*",       "the tasks that the body of problem names, as an index"                       },
    {"episode.*",            "concluded from what is sealed; replay checks it"                             },
    {"judged.*",             "the judge's memory"                                                          },
    {"memory.*",             "the judge's memory"                                                          },
    {"lesson.*",             "what devices taught of their registers; an event of the sequence says so"    },
    {"identity.*",           "what devices answer as; an event of the sequence says so"                    },
    {"task.*",               "what the sealed events of the ledger come to"                                },
    {"task_point.*",         "what the sealed events of the ledger come to"                                },
    {"cursor.*",             "how far a reader of the sequence has come"                                   },
    {"quarantine.*",         "what a peer refused to take"                                                 },
};

static void say_wrong(const struct damage *damage, const struct seal_check *check)
{
    fail_msg("%s\nfound: %s %s, segment %llu, seq %llu, leaf \"%s\", row \"%s\", %llu faults",
             damage->sql, seal_fault_word(check->fault), seal_change_word(check->change),
             (unsigned long long)check->segment, (unsigned long long)check->seq, check->leaf,
             check->row, (unsigned long long)check->faults);
}

static void each_damage_is_found_and_named(void **state)
{
    struct place *place = *state;

    keep_copy(place, false);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        const struct damage *damage = &damages[i];
        struct told told;

        keep_copy(place, true);
        seal_store_run(place, damage->sql);
        look(place, &told);
        if (told.check.fault != damage->fault || told.check.segment != damage->segment ||
            (damage->seq != 0 && told.check.seq != damage->seq) ||
            (damage->leaf != NULL && strcmp(told.check.leaf, damage->leaf) != 0) ||
            (damage->fault == SEAL_ROW_DIFFERS && told.check.change != damage->change))
            say_wrong(damage, &told.check);
    }
}

static bool is_damaged(const char *column)
{
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        if (strcmp(damages[i].column, column) == 0)
            return true;
    return false;
}

static bool is_apart(const char *column)
{
    for (size_t i = 0; i < sizeof apart / sizeof apart[0]; i++) {
        size_t table = strcspn(apart[i].column, "*");

        if (strcmp(apart[i].column, column) == 0 ||
            (apart[i].column[table] == '*' && strncmp(apart[i].column, column, table) == 0))
            return true;
    }
    return false;
}

/* A column that is added to the store is sealed, or said not to be. */
static void every_column_of_the_store_is_damaged_above_or_no_part_of_a_seal(void **state)
{
    char *columns = ask_text(*state, "SELECT m.name || '.' || c.name FROM sqlite_schema AS m,"
                                     " pragma_table_info(m.name) AS c WHERE m.type = 'table'"
                                     " AND m.name NOT LIKE 'sqlite_%'");
    char *rest = columns;

    for (char *column; (column = strsep(&rest, "\n")) != NULL && *column != '\0';)
        if (is_damaged(column) == is_apart(column))
            fail_msg("%s", column);
    free(columns);
}

/* --- rows that come, go and change places ---------------------------------------------------- */

static void what_was_done_to_a_row_is_said(void **state)
{
    /* clang-format off */
    static const struct damage cases[] = {
        {"removed", "DELETE FROM kept WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2, 22,
         "point site/dev-1/ph.0", SEAL_REMOVED},
        {"removed at the end", "DELETE FROM kept WHERE seq = 34 AND point = 3", SEAL_ROW_DIFFERS, 2, 0,
         "point site/dev-1/ph.0", SEAL_REMOVED},
        {"several removed", "DELETE FROM kept WHERE seq IN (20, 22, 24) AND point = 3",
         SEAL_ROW_DIFFERS, 2, 26, "point site/dev-1/ph.0", SEAL_REMOVED},
        {"a whole poll removed", "DELETE FROM kept WHERE seq = 20; DELETE FROM poll WHERE seq = 20",
         SEAL_ROW_DIFFERS, 2, 22, "device site/dev-1", SEAL_REMOVED},
        {"added",
         "INSERT INTO kept SELECT segment, point, time + 1, seq, value, quality, cause FROM kept"
         " WHERE seq = 20 AND point = 3", SEAL_ROW_DIFFERS, 2, 20, "point site/dev-1/ph.0", SEAL_ADDED},
        {"added at the end", "INSERT INTO kept VALUES(2, 3, 1890000000000, 34, 7, 0, 0)",
         SEAL_ROW_DIFFERS, 2, 34, "point site/dev-1/ph.0", SEAL_ADDED},
        {"values swapped",
         "UPDATE kept SET value = CASE seq WHEN 18 THEN 25.0 ELSE 17.0 END WHERE point = 3 AND"
         " seq IN (18, 26)", SEAL_ROW_DIFFERS, 2, 18, "point site/dev-1/ph.0", SEAL_SWAPPED},
        {"times swapped",
         "UPDATE kept SET time = time + CASE seq WHEN 18 THEN 8000 ELSE -8000 END WHERE point = 3"
         " AND seq IN (18, 26)", SEAL_ROW_DIFFERS, 2, 26, "point site/dev-1/ph.0", SEAL_SWAPPED},
        {"two changed", "UPDATE kept SET value = value + 1 WHERE point = 3 AND seq IN (18, 26)",
         SEAL_ROW_DIFFERS, 2, 18, "point site/dev-1/ph.0", SEAL_CHANGED},
        {"all of a point removed", "DELETE FROM kept WHERE segment = 2 AND point = 3", SEAL_ROW_DIFFERS,
         2, 0, "point site/dev-1/ph.0", SEAL_REMOVED},
        {"a point that was silent has readings",
         "INSERT INTO device VALUES(7, 'site', 'dev-2', NULL);INSERT INTO point VALUES(7, 7,"
         " 'ph.0', 'site/dev-2/ph.0');INSERT INTO kept VALUES(2, 7, 1790003601000, 16, 7, 0, 0)",
         SEAL_ROW_DIFFERS, 2, 16, "point site/dev-2/ph.0", SEAL_ADDED},
        {"an event added",
         "INSERT INTO event VALUES(99, 'x', 0, 0, 1, '', '{}');UPDATE event SET seq = 20 WHERE"
         " seq = 99", SEAL_ENTRY_MISSING, 0, 20, NULL, 0},
        {"readings under a number no segment has",
         "INSERT INTO kept VALUES(99, 3, 1790003601000, 16, 7, 0, 0)", SEAL_ROW_DIFFERS, 0, 16,
         "segment 99", SEAL_ADDED},
        {"readings put back into a pruned segment",
         "INSERT INTO kept VALUES(1, 3, 1790000001000, 5, 7, 0, 0)", SEAL_ROW_DIFFERS, 0, 5,
         "segment 1", SEAL_ADDED},
        {"frames removed", "DELETE FROM frame WHERE seq = 20", SEAL_ROW_DIFFERS, 2, 22,
         "frames site/dev-1", SEAL_REMOVED},
        {"all frames of a device removed", "DELETE FROM frame", SEAL_ROW_DIFFERS, 2, 0,
         "frames site/dev-1", SEAL_REMOVED},
        {"frames of no poll", "INSERT INTO frame VALUES(35, x'00')", SEAL_ROW_DIFFERS, 2, 0,
         "frames ?", SEAL_ADDED},
        {"frames put back into a pruned segment", "INSERT INTO frame VALUES(5, x'00')",
         SEAL_ROW_DIFFERS, 1, 5, "frames ?", SEAL_ADDED},
        {"a poll put back into a pruned segment",
         "INSERT INTO poll VALUES(5, 2, 1790000001000, 1, 1, 1, NULL)", SEAL_ROW_DIFFERS, 1, 5,
         "device site/dev-1", SEAL_ADDED},
    };
    struct place *place = *state;

    keep_copy(place, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct told told;

        keep_copy(place, true);
        seal_store_run(place, cases[i].sql);
        look(place, &told);
        if (told.check.fault != cases[i].fault || told.check.segment != cases[i].segment ||
            told.check.seq != cases[i].seq ||
            (cases[i].leaf != NULL && strcmp(told.check.leaf, cases[i].leaf) != 0) ||
            (cases[i].fault == SEAL_ROW_DIFFERS && told.check.change != cases[i].change))
            say_wrong(&cases[i], &told.check);
    }
}

static void the_row_is_shown_as_it_stands_now_with_its_hours(void **state)
{
    struct told told;

    seal_store_run(*state, "UPDATE kept SET value = 7.25 WHERE seq = 20 AND point = 3");
    look(*state, &told);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.check.row, "20,2026-09-21T15:13:25.000Z,7.25,N,");
    assert_int_equal(told.check.first_time.ms, at_ms(SEAL_HOUR_MS).ms);
    assert_int_equal(told.check.last_time.ms, at_ms(SEAL_HOUR_MS + 31000).ms);
}

static void faults_in_several_segments_are_all_told_and_the_first_is_kept(void **state)
{
    struct told told;

    seal_store_run(*state, "UPDATE kept SET value = 7.25 WHERE seq IN (20, 40) AND point IN (1, 3);"
                           "UPDATE event SET who = 'x' WHERE seq = 3");
    look(*state, &told);
    assert_int_equal(told.count, 3);
    assert_int_equal(told.all[0].segment, 1);
    assert_int_equal(told.all[1].segment, 2);
    assert_int_equal(told.all[2].segment, 3);
    assert_int_equal(told.check.segment, 1);
}

/* Somebody who rewrites what was noted beside the rows still does not come to the signed root. */
static void notes_that_are_rewritten_with_the_rows_do_not_help(void **state)
{
    struct place *place = *state;
    struct told told;

    seal_store_run(place, "UPDATE kept SET value = 7.25 WHERE seq = 20 AND point = 3;"
                          "UPDATE leaf SET digest = zeroblob(32) WHERE segment = 2 AND"
                          " name = 'point site/dev-1/ph.0'");
    look(place, &told);
    assert_int_equal(told.check.fault, SEAL_ROW_DIFFERS);
    assert_int_equal(told.check.seq, 20);
}

/* Tail and chain --------------------------------------------------------------------------------
 */

/* From inside a store that is cut nothing is seen of it, but for what it says it left outside. */
static void a_tail_that_is_cut_off_shows_by_its_anchor_alone(void **state)
{
    static const char cut[] = "DELETE FROM kept WHERE segment = 3; DELETE FROM leaf WHERE segment ="
                              " 3; DELETE FROM segment WHERE segment = 3; DELETE FROM poll WHERE"
                              " seq > 36; DELETE FROM event WHERE seq > 36;"
                              " DELETE FROM fresh WHERE seq > 36";
    struct told told;

    seal_store_run(*state, cut);
    look(*state, &told);
    assert_int_equal(told.check.fault, SEAL_CUT);
    assert_int_equal(told.check.segment, 3);
    assert_int_equal(told.check.newest, 2);
    seal_store_run(*state, "DELETE FROM anchor");
    look(*state, &told);
    assert_int_equal(told.check.fault, SEAL_SOUND);
}

static void entries_that_are_missing_from_what_is_not_sealed_yet_are_named(void **state)
{
    struct told told;

    seal_store_run(*state, "DELETE FROM poll WHERE seq = 45");
    look(*state, &told);
    assert_int_equal(told.check.fault, SEAL_ENTRY_MISSING);
    assert_int_equal(told.check.seq, 45);
}

static void entries_that_were_missing_when_it_was_sealed_are_named(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct seal_key *key = seal_key_open(place->dir, NULL, &err);
    struct store *store;
    struct told told;

    seal_store_run(place, "DELETE FROM fresh WHERE seq = 45; DELETE FROM poll WHERE seq = 45");
    store = open_store(place, "boot-1");
    seal_now(store, key, 4 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(key);
    look(place, &told);
    assert_int_equal(told.check.fault, SEAL_ENTRY_MISSING);
    assert_int_equal(told.check.segment, 4);
    assert_int_equal(told.check.seq, 45);
}

/* Sealing signs what it finds: what was done before it shows by what does not fit together. Polls
 * 44 to 46 are of dev-0, dev-1 and dev-0. */
static void what_did_not_fit_together_when_it_was_sealed_is_named(void **state)
{
    static const struct damage cases[] = {
        {"a reading without a poll", "INSERT INTO kept VALUES(4, 1, 1790010800500, 99, 7, 0, 0)",
         SEAL_ENTRY_MISSING, 4, 99, "point site/dev-0/ph.0", 0},
        {"a reading in a poll of another device",
         "INSERT INTO kept VALUES(4, 1, 1790010801000, 45, 7, 0, 0)", SEAL_ENTRY_MISSING, 4, 45,
         "point site/dev-0/ph.0", 0},
        {"a reading at another time than its poll",
         "UPDATE kept SET time = time + 1 WHERE seq = 45 AND point = 3", SEAL_ENTRY_MISSING, 4, 45,
         "point site/dev-1/ph.0", 0},
        {"a reading of another segment's poll",
         "INSERT INTO kept VALUES(4, 1, 1790007201000, 38, 7, 0, 0)", SEAL_ENTRY_MISSING, 4, 38,
         "point site/dev-0/ph.0", 0},
        {"times that are not those of the entries",
         "UPDATE segment SET first_time = first_time - 1 WHERE segment = 4", SEAL_HEAD_DIFFERS, 4, 0,
         NULL, 0},
        {"times that are not those of the entries",
         "UPDATE segment SET last_time = last_time + 1 WHERE segment = 4", SEAL_HEAD_DIFFERS, 4, 0,
         NULL, 0},
    };
    struct place *place = *state;
    struct error err = {0};
    struct seal_key *key = seal_key_open(place->dir, NULL, &err);

    keep_copy(place, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store *store;
        struct told told;
        bool closed, sealed, more = true;

        keep_copy(place, true);
        store = open_store(place, "boot-1");
        must(store_close_segment(store, at_ms(4 * SEAL_HOUR_MS), &closed, &err), &err);
        while (more)
            must(store_move_step(store, 0, &more, &err), &err);
        seal_store_run(place, cases[i].sql);
        for (more = true; more;)
            must(store_seal_step(store, "zj-01", key, at_ms(0), 1000, &sealed, &more, &err), &err);
        store_close(store);
        look(place, &told);
        if (told.count != 1 || told.check.fault != cases[i].fault ||
            told.check.seq != cases[i].seq ||
            (cases[i].leaf != NULL && strcmp(told.check.leaf, cases[i].leaf) != 0))
            say_wrong(&cases[i], &told.check);
    }
    seal_key_free(key);
}

/* Keys ------------------------------------------------------------------------------------------
 */

/* Seals what is open with a key of somebody's own; its event says what it likes. */
static void seal_with_another(struct place *place, const char *replaces, bool tells)
{
    struct error err = {0};
    struct seal_key *key;
    struct store *store;
    char arguments[512], public_key[65];

    assert_int_equal(unlink(strcat(strcpy((char[200]){0}, place->dir), "/seal.key")), 0);
    key = seal_key_make(place->dir, false, &err);
    assert_non_null(key);
    store = open_store(place, "boot-1");
    snprintf(arguments, sizeof arguments,
             "{\"key\":\"%s\",\"public\":\"%s\",\"replaces\":%s,\"signature\":null}",
             seal_key_fingerprint(key), seal_hex(seal_key_public(key), 32, public_key), replaces);
    if (tells)
        seal_event(store, "key.made", arguments, 3 * SEAL_HOUR_MS + 10000);
    seal_now(store, key, 4 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(key);
}

static void a_key_nobody_signed_for_is_unexplained(void **state)
{
    struct told told;

    seal_with_another(*state, "null", true);
    look(*state, &told);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.check.fault, SEAL_KEY_UNEXPLAINED);
    assert_int_equal(told.check.segment, 4);
    assert_int_equal(told.check.seq, 47);
    assert_string_equal(told.check.row, told.check.key);
}

static void a_key_without_its_event_is_nobodys(void **state)
{
    struct told told;

    seal_with_another(*state, "null", false);
    look(*state, &told);
    assert_int_equal(told.check.fault, SEAL_UNSIGNED);
    assert_int_equal(told.check.segment, 4);
}

/* Who stole the old key cannot go on with it. */
static void a_key_that_was_replaced_signs_nothing_any_more(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct store *store = open_store(place, "boot-1");
    struct seal_key *old;
    char *fingerprint = ask_text(place, "SELECT key FROM segment WHERE segment = 1");
    struct told told;

    *strchr(fingerprint, '\n') = '\0';
    old = seal_key_open_old(place->dir, fingerprint, &err);
    assert_non_null(old);
    seal_now(store, old, 4 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(old);
    free(fingerprint);
    look(place, &told);
    assert_int_equal(told.check.fault, SEAL_UNSIGNED);
    assert_int_equal(told.check.segment, 4);
}

/* The event that hands over stands in the first segment of the new key. */
static void a_segment_that_tells_of_the_next_key_is_not_signed_by_the_old_one(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct store *store = open_store(place, "boot-1");
    struct seal_key *present = seal_key_open(place->dir, NULL, &err);
    struct seal_key *next = seal_key_make(place->dir, true, &err);
    struct told told;

    seal_key_event(store, next, present, 3 * SEAL_HOUR_MS + 5000);
    seal_now(store, present, 4 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(present);
    seal_key_free(next);
    look(place, &told);
    assert_int_equal(told.check.fault, SEAL_UNSIGNED);
    assert_int_equal(told.check.segment, 4);
}

static void a_key_signs_nothing_before_the_event_that_explains_it(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct store *store = open_store(place, "boot-1");
    struct seal_key *present = seal_key_open(place->dir, NULL, &err);
    struct seal_key *next = seal_key_make(place->dir, true, &err);
    struct told told;

    seal_now(store, next, 4 * SEAL_HOUR_MS);
    seal_key_event(store, next, present, 4 * SEAL_HOUR_MS + 5000);
    seal_now(store, next, 5 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(present);
    seal_key_free(next);
    look(place, &told);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.check.fault, SEAL_UNSIGNED);
    assert_int_equal(told.check.segment, 4);
}

/* It was lost; that somebody has it now is no good sign. */
static void a_key_that_was_lost_is_not_taken_again_in_silence(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct seal_key *lost = seal_key_open(place->dir, NULL, &err);
    struct store *store;
    struct told told;

    seal_with_another(place, "null", true);
    store = open_store(place, "boot-1");
    commit_polls(place, store, 2, 4 * SEAL_HOUR_MS);
    seal_now(store, lost, 5 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(lost);
    look(place, &told);
    assert_int_equal(told.count, 2);
    assert_int_equal(told.all[0].fault, SEAL_KEY_UNEXPLAINED);
    assert_int_equal(told.all[1].fault, SEAL_UNSIGNED);
    assert_int_equal(told.all[1].segment, 5);
}

/* A store of a version without seals, or without a key for a while. */
static void what_waited_for_the_first_key_is_signed_by_it(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    struct store *store = open_store(place, "boot-1");
    struct seal_key *key = seal_key_make(place->dir, false, &err);
    struct told told;
    bool closed;

    name_points(place, store, 1, 1);
    seal_profiles(store);
    commit_polls(place, store, 4, 0);
    must(store_close_segment(store, at_ms(SEAL_HOUR_MS), &closed, &err), &err);
    commit_polls(place, store, 4, SEAL_HOUR_MS);
    seal_key_event(store, key, NULL, SEAL_HOUR_MS + 9000);
    seal_now(store, key, 2 * SEAL_HOUR_MS);
    store_close(store);
    seal_key_free(key);
    look(place, &told);
    assert_int_equal(told.check.segments, 2);
    assert_int_equal(told.count, 0);
}

static void a_handover_signature_of_another_key_explains_nothing(void **state)
{
    struct told told;

    seal_store_run(*state, "UPDATE event SET arguments = json_set(arguments, '$.signature',"
                           " printf('%0128d', 0)) WHERE seq = 37");
    look(*state, &told);
    assert_int_equal(told.all[0].fault, SEAL_KEY_UNEXPLAINED);
    assert_int_equal(told.all[1].fault, SEAL_ROW_DIFFERS);
    assert_int_equal(told.all[1].seq, 37);
}

static void an_event_that_names_another_key_than_it_shows_explains_nothing(void **state)
{
    struct told told;

    seal_store_run(*state, "UPDATE event SET arguments = json_set(arguments, '$.key',"
                           " printf('%064d', 0)) WHERE seq = 37");
    look(*state, &told);
    assert_int_equal(told.all[0].fault, SEAL_KEY_UNEXPLAINED);
}

#define SEALED(test) cmocka_unit_test_setup_teardown(test, make_one, place_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEALED(a_store_nobody_touched_is_sound),
        IN_PLACE(a_store_without_seals_is_sound_and_says_that_nothing_is_sealed),
        SEALED(each_damage_is_found_and_named),
        SEALED(every_column_of_the_store_is_damaged_above_or_no_part_of_a_seal),
        SEALED(what_was_done_to_a_row_is_said),
        SEALED(the_row_is_shown_as_it_stands_now_with_its_hours),
        SEALED(faults_in_several_segments_are_all_told_and_the_first_is_kept),
        SEALED(notes_that_are_rewritten_with_the_rows_do_not_help),
        SEALED(a_tail_that_is_cut_off_shows_by_its_anchor_alone),
        SEALED(entries_that_are_missing_from_what_is_not_sealed_yet_are_named),
        SEALED(entries_that_were_missing_when_it_was_sealed_are_named),
        SEALED(what_did_not_fit_together_when_it_was_sealed_is_named),
        SEALED(a_key_nobody_signed_for_is_unexplained),
        SEALED(a_key_without_its_event_is_nobodys),
        SEALED(a_key_that_was_replaced_signs_nothing_any_more),
        SEALED(a_segment_that_tells_of_the_next_key_is_not_signed_by_the_old_one),
        SEALED(a_key_signs_nothing_before_the_event_that_explains_it),
        SEALED(a_key_that_was_lost_is_not_taken_again_in_silence),
        IN_PLACE(what_waited_for_the_first_key_is_signed_by_it),
        SEALED(an_event_that_names_another_key_than_it_shows_explains_nothing),
        SEALED(a_handover_signature_of_another_key_explains_nothing),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
