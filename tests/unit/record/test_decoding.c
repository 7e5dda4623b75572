/* Tests of record/decoding*.c and stored_profile.c: what raw words, frames and profiles of a store
 * say of its readings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/frame.h"
#include "record/decoding.h"
#include "record/stored_profile.h"
#include "store/seals.h"
#include "unit/store/place.h"

#define PROFILE                                                                                    \
    "model = \"probe\";\ntitle = \"t\";\nsource = \"s\";\nword_order = \"ABCD\";\nchannels = ("    \
    "{ parameter = \"ph\"; unit = \"\"; area = \"holding\"; address = 0; type = \"uint16\";"       \
    " scale = 0.01; valid = [0.0, 14.0]; absent = \"0xFFFF\"; } );\n"                              \
    "proofs = ( { note = \"computed\"; holding = [732]; ph = 7.32; } );\n"

/* --- blocks and frames ---------------------------------------------------------------------- */

static void raw_words_that_are_no_blocks_are_refused(void **state)
{
    static const uint8_t whole[] = {3, 0, 1, 0, 2, 1, 2, 3, 4, 1, 0, 0, 0, 9, 0xFF, 1};
    struct block blocks[2];
    size_t count;

    assert_true(raw_blocks(whole, sizeof whole, blocks, 2, &count));
    assert_int_equal(count, 2);
    assert_int_equal(blocks[0].address, 1);
    assert_int_equal(blocks[1].area, AREA_COIL);
    assert_int_equal(blocks[1].bytes[1], 1);
    assert_false(raw_blocks(whole, sizeof whole, blocks, 1, &count));
    for (size_t size = 1; size < sizeof whole; size++)
        if (size != 9)
            assert_false(raw_blocks(whole, size, blocks, 2, &count));
    assert_false(raw_blocks((const uint8_t[]){6, 0, 0, 0, 0}, 5, blocks, 2, &count));
    assert_true(raw_blocks(NULL, 0, blocks, 2, &count));
}

struct said {
    uint8_t bytes[400];
    size_t size;
};

static void say(struct said *said, uint8_t what, const uint8_t *bytes, size_t size)
{
    said->bytes[said->size++] = what;
    said->bytes[said->size++] = (uint8_t)(size >> 8);
    said->bytes[said->size++] = (uint8_t)size;
    memcpy(said->bytes + said->size, bytes, size);
    said->size += size;
}

/* Two registers of unit 7, asked and answered. */
static const struct request two = {.unit = 7, .function = 3, .address = 1, .count = 2};
static const uint8_t raw_of_two[] = {3, 0, 1, 0, 2, 0xAA, 0xBB, 0xCC, 0xDD};

static void ask(struct said *said, enum wire wire, uint16_t tid)
{
    uint8_t bytes[FRAME_REQUEST_MAX];

    say(said, 'S', bytes,
        wire == WIRE_TCP ? frame_write_tcp(&two, tid, bytes) : frame_write_rtu(&two, bytes));
}

static size_t answer(enum wire wire, uint8_t tid, uint8_t unit, uint8_t *out)
{
    const uint8_t pdu[] = {unit, 3, 4, 0xAA, 0xBB, 0xCC, 0xDD};
    uint16_t crc = frame_crc(pdu, sizeof pdu);

    if (wire == WIRE_TCP) {
        memcpy(out, (const uint8_t[]){0, tid, 0, 0, 0, 7}, 6);
        memcpy(out + 6, pdu, sizeof pdu);
        return 6 + sizeof pdu;
    }
    memcpy(out, pdu, sizeof pdu);
    out[sizeof pdu] = (uint8_t)crc;
    out[sizeof pdu + 1] = (uint8_t)(crc >> 8);
    return sizeof pdu + 2;
}

static enum frames_say look(const struct said *said, bool *cut)
{
    const struct poll poll = {.raw = raw_of_two,
                              .raw_size = sizeof raw_of_two,
                              .frames = said->bytes,
                              .frames_size = said->size};

    return frames_hold(&poll, cut);
}

static void an_answer_among_noise_in_pieces_or_after_a_second_asking_is_found(void **state)
{
    for (int wire = WIRE_TCP; wire <= WIRE_RTU; wire++) {
        struct said said = {.size = 0};
        uint8_t bytes[20];
        size_t size = answer((enum wire)wire, 5, 7, bytes);
        bool cut;

        say(&said, 'H', (const uint8_t *)"noise", 5);
        ask(&said, (enum wire)wire, 5);
        say(&said, 'H', bytes, 4);
        ask(&said, (enum wire)wire, 6);
        say(&said, 'H', bytes + 4, size - 4);
        assert_int_equal(look(&said, &cut), FRAMES_HOLD);
        assert_false(cut);
    }
}

static void an_answer_that_was_heard_before_it_was_asked_for_is_none(void **state)
{
    struct said said = {.size = 0};
    uint8_t bytes[20];
    bool cut;

    say(&said, 'H', bytes, answer(WIRE_RTU, 0, 7, bytes));
    ask(&said, WIRE_RTU, 0);
    assert_int_equal(look(&said, &cut), FRAMES_LACK);
}

static void an_answer_of_another_unit_transaction_or_word_is_not_it(void **state)
{
    static const struct {
        enum wire wire;
        uint8_t tid, unit, spoil;
    } cases[] = {
        {WIRE_RTU, 5, 8, 0 },
        {WIRE_TCP, 5, 8, 0 },
        {WIRE_TCP, 6, 7, 0 },
        {WIRE_RTU, 5, 7, 4 },
        {WIRE_TCP, 5, 7, 10},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct said said = {.size = 0};
        uint8_t bytes[20];
        size_t size = answer(cases[i].wire, cases[i].tid, cases[i].unit, bytes);
        bool cut;

        bytes[cases[i].spoil] ^= cases[i].spoil > 0;
        ask(&said, cases[i].wire, 5);
        say(&said, 'H', bytes, size);
        assert_int_equal(look(&said, &cut), FRAMES_LACK);
    }
}

/* A block may not be proven by the answer to a request for another. */
static void an_answer_to_another_request_is_not_it(void **state)
{
    const struct request others[] = {
        {.unit = 7, .function = 3, .address = 2, .count = 2},
        {.unit = 7, .function = 4, .address = 1, .count = 2},
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct said said = {.size = 0};
        uint8_t bytes[20];
        bool cut;

        say(&said, 'S', bytes, frame_write_rtu(&others[i], bytes));
        say(&said, 'H', bytes, answer(WIRE_RTU, 0, 7, bytes));
        assert_int_equal(look(&said, &cut), FRAMES_LACK);
    }
}

static void frames_that_are_not_whole_are_broken_and_a_cut_is_said(void **state)
{
    struct said said = {.size = 0};
    bool cut;

    ask(&said, WIRE_RTU, 0);
    say(&said, 'C', (const uint8_t[]){0, 0, 1, 0}, 4);
    assert_int_equal(look(&said, &cut), FRAMES_LACK);
    assert_true(cut);
    said.size--;
    assert_int_equal(look(&said, &cut), FRAMES_BROKEN);
    said.size = 0;
    say(&said, 'X', raw_of_two, 3);
    assert_int_equal(look(&said, &cut), FRAMES_BROKEN);
}

/* --- a store -------------------------------------------------------------------------------- */

struct stored {
    double value;
    enum quality quality;
    enum cause cause;
    int word; /* in its raw words; -1: it has none */
};

static uint32_t add_profile(struct store *store, const char *text, bool right)
{
    struct error err = {0};
    uint8_t digest[32];

    digest_of(text, strlen(text), digest);
    digest[0] ^= !right;
    return store_profile(store, digest, "probe", text, &err);
}

/* A store of polls of one device with one point, all of profile 1. */
static void store_polls(struct place *place, const struct stored *stored, size_t count)
{
    struct store *store = open_store(place, "boot-1");
    struct error err = {0};
    uint32_t device = store_device(store, "site", "dev", at_ms(0), &err);
    uint32_t point = store_point(store, device, "ph", &err);
    uint32_t profile = add_profile(store, PROFILE, true);

    must(store_begin(store, &err), &err);
    for (size_t i = 0; i < count; i++) {
        const uint8_t raw[] = {
            3, 0, 0, 0, 1, (uint8_t)(stored[i].word >> 8), (uint8_t)stored[i].word};
        const struct reading reading = {.point = point,
                                        .value = stored[i].value,
                                        .quality = (uint8_t)stored[i].quality,
                                        .cause = (uint8_t)stored[i].cause};
        struct poll poll = {.device = device,
                            .time = at_ms((int64_t)i * 1000),
                            .boot = store_boot(store),
                            .profile = profile,
                            .raw = raw,
                            .raw_size = stored[i].word < 0 ? 0 : sizeof raw,
                            .readings = &reading,
                            .reading_count = 1};

        must(store_add_poll(store, &poll, &err), &err);
    }
    must(store_commit(store, &err), &err);
    store_close(store);
}

static void run_sql(struct place *place, const char *sql)
{
    char path[160];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/lookback.db", place->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static struct parameters *parameters;

static int load_parameters(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);
    conf_faults_free(faults);
    return parameters == NULL;
}

static int free_parameters(void **state)
{
    parameters_free(parameters);
    return 0;
}

static bool all_simulated(void *self, uint32_t device)
{
    return true;
}

static struct decoding_answer decode(struct place *place, bool simulated)
{
    const struct decoding_setup setup = {.dir = place->dir,
                                         .parameters = parameters,
                                         .from = WALL_NONE,
                                         .to = WALL_NONE,
                                         .simulated = simulated ? all_simulated : NULL};
    struct decoding_answer answer;
    struct error err = {0};

    must(decoding_run(&setup, &answer, &err), &err);
    return answer;
}

static void what_raw_words_say_is_equal_and_what_they_do_not_is_counted_by_its_cause(void **state)
{
    static const struct stored stored[] = {
        {7.32, QUALITY_NORMAL,     CAUSE_NONE,             732   },
        {15.0, QUALITY_OVER_RANGE, CAUSE_ABOVE_SPAN,       1500  },
        {NAN,  QUALITY_FAULT,      CAUSE_ABSENT_MARK,      0xFFFF},
        {7.32, QUALITY_NORMAL,     CAUSE_AFTER_TIMEOUT,    732   },
        {7.32, QUALITY_FAULT,      CAUSE_WARMING_UP,       732   },
        {NAN,  QUALITY_FAULT,      CAUSE_IDENTITY_CHANGED, 732   },
        {NAN,  QUALITY_FAULT,      CAUSE_WRONG_UNIT,       732   },
        {NAN,  QUALITY_NO_ANSWER,  CAUSE_WRONG_UNIT,       -1    },
        {NAN,  QUALITY_NO_ANSWER,  CAUSE_TIMEOUT,          -1    },
        {NAN,  QUALITY_NO_ANSWER,  CAUSE_CRC,              -1    },
    };
    struct decoding_answer answer;

    store_polls(*state, stored, sizeof stored / sizeof stored[0]);
    answer = decode(*state, false);
    assert_int_equal(answer.polls, 10);
    assert_int_equal(answer.readings, 10);
    assert_int_equal(answer.equal, 3);
    assert_int_equal(answer.differ, 0);
    assert_int_equal(answer.apart[CAUSE_AFTER_TIMEOUT], 1);
    assert_int_equal(answer.apart[CAUSE_WARMING_UP], 1);
    assert_int_equal(answer.apart[CAUSE_IDENTITY_CHANGED], 1);
    assert_int_equal(answer.apart[CAUSE_WRONG_UNIT], 2);
    assert_int_equal(answer.apart[CAUSE_TIMEOUT], 1);
    assert_int_equal(answer.apart[CAUSE_CRC], 1);
    assert_true(decoding_is_equal(&answer));
}

/* Nothing hides behind a cause that raw words do not show. */
static void a_reading_that_raw_words_do_not_give_is_a_difference_whatever_its_cause(void **state)
{
    const double next = nextafter(7.32, 8.0);
    const struct stored stored[] = {
        {next, QUALITY_NORMAL,    CAUSE_NONE,             732},
        {7.32, QUALITY_FAULT,     CAUSE_NONE,             732},
        {7.32, QUALITY_NORMAL,    CAUSE_STATUS_BIT,       732},
        {next, QUALITY_NORMAL,    CAUSE_AFTER_TIMEOUT,    732},
        {next, QUALITY_FAULT,     CAUSE_WARMING_UP,       732},
        {7.32, QUALITY_NORMAL,    CAUSE_WARMING_UP,       732},
        {7.32, QUALITY_FAULT,     CAUSE_IDENTITY_CHANGED, 732},
        {7.32, QUALITY_FAULT,     CAUSE_WRONG_UNIT,       732},
        {NAN,  QUALITY_NO_ANSWER, CAUSE_TIMEOUT,          732}, /* but it did answer */
        {7.32, QUALITY_NO_ANSWER, CAUSE_TIMEOUT,          -1 },
        {NAN,  QUALITY_NO_ANSWER, CAUSE_NONE,             -1 },
        {NAN,  QUALITY_FAULT,     CAUSE_ABSENT_MARK,      -1 },
        {7.32, QUALITY_NORMAL,    CAUSE_NONE,             -1 },
        {7.32, QUALITY_NORMAL,    CAUSE_AFTER_TIMEOUT,    -1 },
        {NAN,  QUALITY_NORMAL,    CAUSE_NONE,             732},
    };
    size_t count = sizeof stored / sizeof stored[0];
    struct decoding_answer answer;

    store_polls(*state, stored, count);
    answer = decode(*state, false);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(answer.differences[i].seq, i + 1);
    assert_int_equal(answer.differ, count);
    assert_int_equal(answer.equal, 0);
    assert_false(decoding_is_equal(&answer));
    assert_string_equal(answer.differences[1].point, "site/dev/ph");
    assert_string_equal(answer.differences[1].stored, "7.32 D");
    assert_string_equal(answer.differences[1].decoded, "7.32 N");
}

static void what_a_simulated_device_made_up_is_never_called_equal(void **state)
{
    static const struct stored stored[] = {
        {7.32, QUALITY_NORMAL,    CAUSE_NONE,    -1 },
        {7.32, QUALITY_NORMAL,    CAUSE_NONE,    732},
        {NAN,  QUALITY_NO_ANSWER, CAUSE_TIMEOUT, -1 },
    };
    struct decoding_answer answer;

    store_polls(*state, stored, 3);
    answer = decode(*state, true);
    assert_int_equal(answer.made_up, 1);
    assert_int_equal(answer.equal, 1);
    assert_int_equal(answer.apart[CAUSE_TIMEOUT], 1);
    assert_int_equal(answer.differ, 0);
    assert_false(decoding_is_equal(&answer));
}

static void a_profile_that_is_not_what_its_digest_says_is_named_once(void **state)
{
    static const struct stored stored[] = {
        {7.32, QUALITY_NORMAL, CAUSE_NONE, 732},
        {7.32, QUALITY_NORMAL, CAUSE_NONE, 732}
    };
    struct decoding_answer answer;

    store_polls(*state, stored, 2);
    run_sql(*state, "UPDATE profile SET text = text || '#'");
    answer = decode(*state, false);
    assert_int_equal(answer.differ, 1);
    assert_int_equal(answer.equal, 2);
    assert_non_null(strstr(answer.differences[0].words, "profile 1 (probe)"));
    run_sql(*state, "UPDATE profile SET text = 'model = '");
    answer = decode(*state, false);
    assert_non_null(strstr(answer.differences[0].words, "cannot be used"));
    assert_int_equal(answer.differ, 3);
    run_sql(*state, "DELETE FROM profile");
    answer = decode(*state, false);
    assert_int_equal(answer.differ, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_words_that_are_no_blocks_are_refused),
        cmocka_unit_test(an_answer_among_noise_in_pieces_or_after_a_second_asking_is_found),
        cmocka_unit_test(an_answer_that_was_heard_before_it_was_asked_for_is_none),
        cmocka_unit_test(an_answer_of_another_unit_transaction_or_word_is_not_it),
        cmocka_unit_test(an_answer_to_another_request_is_not_it),
        cmocka_unit_test(frames_that_are_not_whole_are_broken_and_a_cut_is_said),
        IN_PLACE(what_raw_words_say_is_equal_and_what_they_do_not_is_counted_by_its_cause),
        IN_PLACE(a_reading_that_raw_words_do_not_give_is_a_difference_whatever_its_cause),
        IN_PLACE(what_a_simulated_device_made_up_is_never_called_equal),
        IN_PLACE(a_profile_that_is_not_what_its_digest_says_is_named_once),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load_parameters, free_parameters);
}
