/* Tests of store/seal.c and seal_line.c: the bytes that are sealed are those of SEAL.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/seal.h"

static const int64_t moment_ms = 1795334400123; /* 2026-11-22T08:00:00.123Z */

static void digest_is(const uint8_t digest[DIGEST_BYTES], const char *wanted)
{
    char hex[DIGEST_HEX];

    assert_string_equal(digest_hex(digest, hex), wanted);
}

/* FIPS 180-4, the examples for "abc" and for nothing. */
static void a_digest_is_sha_256(void **state)
{
    struct hashing *hashing = hashing_new();
    uint8_t digest[DIGEST_BYTES];

    digest_of("abc", 3, digest);
    digest_is(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hashing_add(hashing, "a", 1);
    hashing_add(hashing, "bc", 2);
    hashing_end(hashing, digest);
    digest_is(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hashing_begin(hashing);
    hashing_end(hashing, digest);
    digest_is(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hashing_free(hashing);
}

/* H(0x00), the leaf of nothing in RFC 6962's test data. */
static void a_leaf_begins_with_a_zero_byte(void **state)
{
    struct hashing *hashing = hashing_new();
    uint8_t digest[DIGEST_BYTES];

    hashing_begin_leaf(hashing);
    hashing_end(hashing, digest);
    digest_is(digest, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    hashing_free(hashing);
}

static void hex_is_read_only_in_lower_case_and_whole(void **state)
{
    uint8_t bytes[2];

    assert_true(hex_read("0aff", bytes, 2));
    assert_int_equal(bytes[0], 0x0a);
    assert_int_equal(bytes[1], 0xff);
    assert_false(hex_read("0AFF", bytes, 2));
    assert_false(hex_read("0aff0", bytes, 2));
    assert_false(hex_read("0af", bytes, 2));
    assert_false(hex_read("0ag0", bytes, 2));
    assert_false(hex_read("", bytes, 2));
}

/* RFC 8032, 7.1, TEST 2. */
static void a_signature_is_ed25519(void **state)
{
    uint8_t key[DIGEST_BYTES], signature[SIGNATURE_BYTES];
    uint8_t message = 0x72;

    assert_true(hex_read("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key,
                         sizeof key));
    assert_true(hex_read("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
                         signature, sizeof signature));
    assert_true(seal_is_signed(key, &message, 1, signature));
    assert_false(seal_is_signed(key, "\x73", 1, signature));
    assert_false(seal_is_signed(key, &message, 0, signature));
    signature[63] ^= 1;
    assert_false(seal_is_signed(key, &message, 1, signature));
    signature[63] ^= 1;
    key[0] ^= 1;
    assert_false(seal_is_signed(key, &message, 1, signature));
}

static struct reading reading_of(double value, enum quality quality, enum cause cause)
{
    return (struct reading){
        .point = 7, .value = value, .quality = (uint8_t)quality, .cause = (uint8_t)cause};
}

static const struct {
    uint64_t seq;
    int64_t ms;
    struct reading reading;
    const char *line;
} readings[] = {
    {812,        1795334400123,   {0, 0, 0, 7.32},  "812,2026-11-22T08:00:00.123Z,7.32,N,\n"        },
    {1,          WALL_NONE_MS,    {0, 0, 0, -0.5},  "1,,-0.5,N,\n"                                  },
    {3,          0,               {0, 7, 1, NAN},   "3,1970-01-01T00:00:00.000Z,,B,timeout\n"       },
    {4,          951782400000,    {0, 6, 7, -0.0},  "4,2000-02-29T00:00:00.000Z,0,D,exception_1\n"  },
    {5,          951868799999,    {0, 1, 21, 1e-7}, "5,2000-02-29T23:59:59.999Z,1e-7,T,above_span\n"},
    {6,          951868800000,    {0, 2, 0, 1e21},  "6,2000-03-01T00:00:00.000Z,1e21,C,\n"          },
    {7,          253402300799999, {0, 3, 0, 0.1},   "7,9999-12-31T23:59:59.999Z,0.1,M,\n"           },
    {4294967296,
     1767225599999,               {0, 5, 27, 30},
     "4294967296,2025-12-31T23:59:59.999Z,30,S,by_hand\n"                                           },
};

static void a_reading_has_one_line_and_the_line_one_reading(void **state)
{
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        char bytes[SEAL_LINE_MAX];
        struct reading back;
        struct wall_time time;
        struct text text;
        uint64_t seq;

        text_init(&text, bytes, sizeof bytes);
        seal_add_reading(&text, readings[i].seq, (struct wall_time){readings[i].ms},
                         &readings[i].reading);
        assert_string_equal(bytes, readings[i].line);
        assert_true(seal_read_reading(bytes, text.used, &seq, &time, &back));
        assert_int_equal(seq, readings[i].seq);
        assert_int_equal(time.ms, readings[i].ms);
        assert_int_equal(back.quality, readings[i].reading.quality);
        assert_int_equal(back.cause, readings[i].reading.cause);
        assert_int_equal(isnan(back.value), isnan(readings[i].reading.value));
        assert_true(isnan(back.value) || back.value == readings[i].reading.value);
    }
}

static void the_longest_line_fits(void **state)
{
    struct reading reading = reading_of(-2.2250738585072014e-308, QUALITY_FAULT, CAUSE_NONE);
    char bytes[SEAL_LINE_MAX];
    struct text text;

    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        reading.cause = (uint8_t)cause;
        text_init(&text, bytes, sizeof bytes);
        seal_add_reading(&text, INT64_MAX, (struct wall_time){moment_ms}, &reading);
        assert_false(text.full);
    }
}

static void a_line_in_any_other_form_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "812,2026-11-22T08:00:00.123Z,7.32,N,",    /* no line feed */
        "812,2026-11-22T08:00:00.123Z,7.32,N\n",   /* a field too few */
        "812,2026-11-22T08:00:00.123Z,7.32,N,,\n", /* one too many */
        "0812,2026-11-22T08:00:00.123Z,7.32,N,\n", /* a leading zero */
        "+812,2026-11-22T08:00:00.123Z,7.32,N,\n",
        " 812,2026-11-22T08:00:00.123Z,7.32,N,\n",
        "99999999999999999999,2026-11-22T08:00:00.123Z,7.32,N,\n",
        "812,2026-11-22T08:00:00Z,7.32,N,\n",
        "812,2026-11-22 08:00:00.123Z,7.32,N,\n",
        "812,2026-02-29T08:00:00.123Z,7.32,N,\n",
        "812,2026-00-22T08:00:00.123Z,7.32,N,\n",
        "812,2026-11-00T08:00:00.123Z,7.32,N,\n",
        "812,2026-11-22T24:00:00.123Z,7.32,N,\n",
        "812,2026-11-22T08:00:60.123Z,7.32,N,\n",
        "812,1969-12-31T23:59:59.999Z,7.32,N,\n",
        "812,2026-11-22T08:00:00.123Z,7.320,N,\n",
        "812,2026-11-22T08:00:00.123Z,7.32000000000000000001,N,\n",
        "812,2026-11-22T08:00:00.123Z,-0,N,\n",
        "812,2026-11-22T08:00:00.123Z,nan,N,\n",
        "812,2026-11-22T08:00:00.123Z,0.0000001,N,\n",
        "812,2026-11-22T08:00:00.123Z,7.32,X,\n",
        "812,2026-11-22T08:00:00.123Z,7.32,NN,\n",
        "812,2026-11-22T08:00:00.123Z,7.32,,\n",
        "812,2026-11-22T08:00:00.123Z,7.32,N,none\n",
        "812,2026-11-22T08:00:00.123Z,7.32,N,\n\n",
    };
    struct reading reading;
    struct wall_time time;
    uint64_t seq;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (seal_read_reading(wrong[i], strlen(wrong[i]), &seq, &time, &reading))
            fail_msg("accepted: %s", wrong[i]);
    assert_false(seal_read_reading("8,,,N,\0\n", 8, &seq, &time, &reading));
}

static void what_no_reading_is_makes_a_line_that_is_refused(void **state)
{
    const struct reading damaged[] = {
        reading_of(1.0, QUALITY_NO_ANSWER + 1, CAUSE_NONE),
        reading_of(1.0, QUALITY_NORMAL, CAUSE_COUNT),
        reading_of(INFINITY, QUALITY_NORMAL, CAUSE_NONE),
    };
    struct wall_time time = {moment_ms};
    char bytes[SEAL_LINE_MAX];
    struct reading back;
    struct text text;
    uint64_t seq;

    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        text_init(&text, bytes, sizeof bytes);
        seal_add_reading(&text, 1, time, &damaged[i]);
        assert_false(seal_read_reading(bytes, text.used, &seq, &time, &back));
    }
}

static void a_poll_line_stops_before_its_raw_words(void **state)
{
    struct poll poll = {.seq = 9, .time = {moment_ms}, .mono = {ns_from_ms(45000)}, .boot = 17};
    uint8_t profile[DIGEST_BYTES] = {0xab};
    char bytes[SEAL_LINE_MAX];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    seal_add_poll(&text, &poll, profile);
    assert_string_equal(bytes, "9,2026-11-22T08:00:00.123Z,17,45000,"
                               "ab00000000000000000000000000000000000000000000000000000000000000,");
}

static const struct seal_entry event = {
    .seq = 12,
    .kind = "task.note",
    .time = {1795334400123},
    .boot = 3,
    .mono_ms = 77,
    .who = "li \"the \\ second\"\n\x7f\xff",
    .body = "{\"id\":\"37\",\"note\":\"\xe6\xb8\x85\"}",
};

static const struct seal_entry problem = {
    .seq = 13,
    .kind = "problem",
    .uid = "0123456789abcdef0123456789abcdef",
    .version = 2,
    .nature = "breach",
    .body = "{\"point\":\"river-01/sonde/ph\"}",
};

static void an_entry_has_one_text(void **state)
{
    char *text = seal_entry_text(&event);

    assert_string_equal(text, "event,12,task.note,2026-11-22T08:00:00.123Z,3,77,"
                              "\"li \\\"the \\\\ second\\\"\\u000a\x7f\\ufffd\","
                              "{\"id\":\"37\",\"note\":\"\xe6\xb8\x85\"}");
    free(text);
    text = seal_entry_text(&problem);
    assert_string_equal(text, "problem,13,0123456789abcdef0123456789abcdef,2,breach,"
                              "{\"point\":\"river-01/sonde/ph\"}");
    free(text);
}

static void an_entry_says_what_it_is_about(void **state)
{
    static const struct {
        const char *kind, *body, *subject;
    } cases[] = {
        {"problem",            "{\"point\":\"a/b/ph\",\"uid\":\"f\"}",         "a/b/ph"              },
        {"problem",            "{}",                                           ""                    },
        {"device.maintenance", "{\"task\":\"1\",\"device\":\"a/b\"}",          "a/b"                 },
        {"task.note",          "{\"uid\":\"f\",\"id\":\"37\",\"task\":\"9\"}", "37"                  },
        {"problem.close",      "{\"uid\":\"f\",\"task\":\"9\"}",               "f"                   },
        {"evidence.issue",     "{\"task\":\"9\",\"point\":\"a/b/ph\"}",        "9"                   },
        {"x",                  "{\"device\":3,\"id\":\"7\"}",                  "7"                   },
        {"x",                  "{\"id\":\"a,b\"}",                             "\"a,b\""             },
        {"x",                  "{\"id\":\"a\\\"\\\\\\n\"}",                    "\"a\\\"\\\\\\u000a\""},
        {"x",                  "{\"id\":\"a\\\\b\"}",                          "a\\b"                },
        {"x",                  "{\"id\":\"\\u6cb3\"}",                         "\xe6\xb2\xb3"        },
        {"x",                  "{\"id\":\"\"}",                                ""                    },
        {"x",                  "[\"id\",\"7\"]",                               ""                    },
        {"x",                  "not JSON",                                     ""                    },
        {"x",                  "",                                             ""                    },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seal_entry entry = {.kind = cases[i].kind, .body = cases[i].body};
        char *subject = seal_entry_subject(&entry);

        assert_string_equal(subject, cases[i].subject);
        free(subject);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_sha_256),
        cmocka_unit_test(a_leaf_begins_with_a_zero_byte),
        cmocka_unit_test(hex_is_read_only_in_lower_case_and_whole),
        cmocka_unit_test(a_signature_is_ed25519),
        cmocka_unit_test(a_reading_has_one_line_and_the_line_one_reading),
        cmocka_unit_test(the_longest_line_fits),
        cmocka_unit_test(a_line_in_any_other_form_is_refused),
        cmocka_unit_test(what_no_reading_is_makes_a_line_that_is_refused),
        cmocka_unit_test(a_poll_line_stops_before_its_raw_words),
        cmocka_unit_test(an_entry_has_one_text),
        cmocka_unit_test(an_entry_says_what_it_is_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
