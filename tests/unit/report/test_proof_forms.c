/* Tests of report/proof*.c: a bundle has one form, and whatever is not in it is refused with the
 * file and the line. The bundles are made by hand (small_bundle.h); what is changed is listed and
 * issued anew, as by someone who holds the key, so that the form alone speaks against it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/proof.h"
#include "unit/report/small_bundle.h"

static struct proof check(struct small_bundle *small)
{
    const struct proof_setup setup = {.ca_file = ""};
    struct error err = {0};
    struct proof proof = {0};
    size_t size;
    uint8_t *bytes = small_pack(small, &size);
    struct archive *archive = archive_open_bytes(bytes, size, &err);

    if (archive == NULL || !proof_check(&proof, archive, &setup, &err))
        fail_msg("%s", err.text);
    archive_close(archive);
    free(bytes);
    return proof;
}

static void expect(const struct proof *proof, enum claim claim, enum answer answer,
                   const char *reason)
{
    if (proof->claims[claim].answer != answer ||
        strstr(proof->claims[claim].reason, reason) == NULL)
        fail_msg("%s: %s – %s (wanted %s, \"%s\")", claim_word(claim),
                 answer_shown(proof->claims[claim].answer), proof->claims[claim].reason,
                 answer_shown(answer), reason);
}

/* One change to a good bundle of two days. */
struct wrong {
    const char *from, *to, *said;
};

static void refused(const char *file, const struct wrong *wrong, bool issued)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, file, wrong->from, wrong->to);
    if (issued)
        small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, wrong->said);
    if (issued)
        assert_int_not_equal(proof.claims[CLAIM_VERDICT_RECOMPUTED].answer, ANSWER_PROVEN);
    proof_end(&proof);
    small_end(&small);
}

#define EACH(cases, file, issued)                                                                  \
    for (size_t i = 0; i < sizeof(cases) / sizeof((cases)[0]); i++)                                \
    refused(file, &(cases)[i], issued)

static void heads_have_one_form(void **state)
{
    static const struct wrong cases[] = {
        {"entries 1 29",    "entries 30 29",               "the numbers or the signature of head 1"},
        {"leaves 4",        "leaves 1",                    "the numbers or the signature of head 1"},
        {"segment 1\n",     "segment 0\n",                 "the numbers or the signature of head 1"},
        {"signature ",      "signature 0",                 "has no signature, or no empty line"    },
        {"signature ",      "signature g\n\nsignature ",   "the numbers or the signature of head 1"},
        {"\n\nlookback",    "\nlookback",                  "has no signature, or no empty line"    },
        {"\n\nlookback",    "\n\n\nlookback",              "has no signature, or no empty line"    },
        {"lookback seal 1", "lookback seal 1 ",            "heads.txt: head 1:"                    },
        {"lookback seal 1", "hello\nlookback seal 1",      "heads.txt: head 1:"                    },
        {"collector zj-01", "collector zj-01\nmore stuff", "heads.txt: head 1:"                    },
    };

    EACH(cases, "heads.txt", true);
}

static void heads_that_are_cut_short_or_too_long_are_refused(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    char many[HEAD_TEXT_MAX + 2];

    small_make(&small, 2);
    small_find(&small, "heads.txt")->size--;
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "heads.txt is empty, or cut short");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 2);
    for (size_t i = 0; i < HEAD_TEXT_MAX; i++)
        many[i] = i % 40 == 39 ? '\n' : 'x';
    strcpy(many + HEAD_TEXT_MAX, "\n");
    small_put(&small, "heads.txt", many, strlen(many));
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "heads.txt: head 1 is too long");
    proof_end(&proof);
    small_end(&small);
}

static void a_key_under_another_name_is_refused(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    struct small_file *key;
    char name[ARCHIVE_NAME_MAX];

    small_make(&small, 1);
    snprintf(name, sizeof name, "keys/%s.pem", seal_key_fingerprint(small.key));
    key = small_find(&small, name);
    key->name[5] = key->name[5] == '0' ? '1' : '0';
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "holds another key than its name says");
    proof_end(&proof);
    small_end(&small);
}

static void a_key_that_signed_nothing_does_not_belong(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct error err = {0};
    struct proof proof = {0};

    small_make(&small, 1);
    small.old_key = seal_key_make(small.dir, true, &err);
    assert_non_null(small.old_key);
    small_put_key(&small, small.old_key);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "signed nothing here");
    proof_end(&proof);
    small_end(&small);
}

static void events_have_one_form(void **state)
{
    static const struct wrong cases[] = {
        {"segment 2\n",       "segment 3\n",          "the next segment of heads.txt must stand here"},
        {"segment 2\n",       "segment 02\n",         "the next segment of heads.txt must stand here"},
        {"\npath ",           "\npath",               "not a path"                                   },
        {"\npath ",           "\npath  ",             "not a path"                                   },
        {"configuration 1",   "configuration 01",     "must be configuration LINES"                  },
        {"configuration 1",   "configuration",        "must be configuration LINES"                  },
        {"\nconfiguration\n", "\nconfigured\n",       "must be configuration"                        },
        {"configuration\n1,", "configuration\n1;",    "must be SEQ,DIGEST"                           },
        {"configuration\n1,", "configuration\n1,0",   "must be SEQ,DIGEST"                           },
        {"configuration\n1,", "configuration\n01,",   "its SEQ does not stand in order"              },
        {"configuration\n1,", "configuration\n99,",   "its SEQ does not stand in order"              },
        {"configuration\n1,", "configuration\n0,",    "its SEQ does not stand in order"              },
        {"\nevents 5 5\n",    "\nevents 5\n",         "must be events LINES SHOWN"                   },
        {"\nevents 5 5\n",    "\nevents 5 05\n",      "must be events LINES SHOWN"                   },
        {"\nevents\n",        "\nevent\n",            "must be events"                               },
        {",configuration,,",  ",Configuration,,",     "not a line of events as SEAL.md writes it"    },
        {"\n2,2026",          "\n02,2026",            "not a line of events as SEAL.md writes it"    },
        {"\n2,2026-08-31",    "\n2,2026-08-32",       "not a line of events as SEAL.md writes it"    },
        {"\n2,2026",          "\n1,2026",             "its SEQ does not stand in order"              },
        {"\n2,2026",          "\n99,2026",            "its SEQ does not stand in order"              },
        {",river-1/sonde,",   ",\"river-1/sonde\",",  "not a line of events as SEAL.md writes it"    },
        {",river-1/sonde,",   ",river-1,sonde,",      "not a line of events as SEAL.md writes it"    },
        {"\nevent,2,",        "\nevant,2,",           "unchanged"                                    },
        {"\nevent,2,",        "\nevent,1,",           "its SEQ does not stand in order"              },
        {"\nevent,5,",        "\nevent,5,\nevent,5,", "unchanged"                                    },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wrong wrong = cases[i];

        if (strcmp(wrong.said, "unchanged") == 0)
            wrong.said = ""; /* bundle_entry.c says what */
        refused("events.txt", &wrong, true);
    }
}

static void events_that_are_cut_short_or_go_on_are_refused(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    struct small_file *events;

    small_make(&small, 2);
    events = small_find(&small, "events.txt");
    events->size = (size_t)(strstr(events->bytes, "segment 2\n") - events->bytes);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "the file ends here");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 2);
    events = small_find(&small, "events.txt");
    events->bytes = realloc(events->bytes, events->size + 12);
    memcpy(events->bytes + events->size, "segment 3\n", 11);
    events->size += 10;
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "something more");
    proof_end(&proof);
    small_end(&small);
}

static void what_does_not_bear_on_the_case_is_not_shown(void **state)
{
    struct small_bundle small = {.is_tiny = true, .shows_all = true};
    struct proof proof = {0};

    small_make(&small, 2);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "segment 2: entry 30 (user.add) does not belong into this bundle");
    proof_end(&proof);
    small_end(&small);
}

static void rows_have_one_form(void **state)
{
    static const struct wrong cases[] = {
        {"segment 1 leaf 3 rows 24\n", "segment 1 removed \n", "must be segment"                   },
        {"segment 1 leaf 3 rows 24\n", "segment 1 leaf 3\n",   "must be segment"                   },
        {"\npath ",                    "\npath x",             "not a path"                        },
        {"\n6,",                       "\n06,",                "not a reading as SEAL.md writes it"},
        {",N,\n",                      ",N,none\n",            "not a reading as SEAL.md writes it"},
        {",N,\n",                      ",Z,\n",                "not a reading as SEAL.md writes it"},
        {",B,timeout\n",               ",B,tired\n",           "not a reading as SEAL.md writes it"},
        {".000Z,",                     "Z,",                   "not a reading as SEAL.md writes it"},
        {"segment 2 ",                 "segment 1 ",           "this segment does not belong here" },
        {"rows 24",                    "rows 9999",            "rows/river-1/sonde/cod.txt, line"  },
    };

    EACH(cases, "rows/" SMALL_POINT ".txt", true);
}

static void a_line_too_long_for_a_reading_is_refused(void **state)
{
    char to[SEAL_LINE_MAX + 64];
    const struct wrong wrong = {",N,\n", to, "too long for a reading"};

    memset(to, 'x', sizeof to);
    strcpy(to + sizeof to - 2, "\n");
    refused("rows/" SMALL_POINT ".txt", &wrong, true);
}

static void rows_that_end_too_early_are_refused(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    struct small_file *rows;

    small_make(&small, 1);
    rows = small_find(&small, "rows/" SMALL_POINT ".txt");
    rows->size = (size_t)((char *)memrchr(rows->bytes, '\n', rows->size - 1) + 1 - rows->bytes);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "the file ends here");
    proof_end(&proof);
    small_end(&small);
}

static void a_reading_outside_the_times_of_its_head_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 1);
    small.segments[0].head.last_time.ms -= 1;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "the reading of entry 29 cannot be of segment 1");
    proof_end(&proof);
    small_end(&small);
}

static void the_act_of_export_has_one_form(void **state)
{
    static const struct wrong cases[] = {
        {"\"events\":\"events\\n", "\"events\":\"evants\\n",      "events does not begin with its name"   },
        {",evidence.issue,37,",    ",evidence.issue,\\\"37\\\",",
         "a line of events is not as SEAL.md writes it"                                                   },
        {"\"events\":\"events\\n", "\"events\":\"events\\n0",
         "a line of events is not as SEAL.md writes it"                                                   },
        {"\"head\":\"lookback",    "\"head\":\"lookbagk",         "issue.json: head 3"                    },
        {"\"signature\":\"",       "\"signature\":\"0",           "the numbers or the signature of head 3"},
        {"\"event\":\"event,",     "\"event\":\"evant,",          ""                                      },
    };

    EACH(cases, "issue.json", false);
}

static void the_list_has_one_form(void **state)
{
    static const struct wrong cases[] = {
        {"\"sha256\":\"",        "\"sha256\":\"0",                            "file 1 of its list is not"   },
        {"\"sha256\":\"",        "\"nbme\":1,\"sha256\":\"",                  "file 1 of its list is not"   },
        {"{\"name\":\"SEAL.md",  "7,{\"name\":\"SEAL.md",                     "file 1 of its list is not"   },
        {"{\"name\":\"SEAL.md",  "{\"name\":\"SEAK.md",                       "SEAK.md is missing"          },
        {"\"program\":\"tiny\"", "\"program\":7",                             "does not hold what VERIFY.md"},
        {"\"watch_until\":",     "\"watch_until\":\"soon\",\"watch_untim\":",
         "does not hold what VERIFY.md"                                                                     },
    };

    EACH(cases, "manifest.json", false);
}

static void a_file_that_is_listed_behind_the_last_is_missing(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 1);
    small_put(&small, "zzz", "x", 1);
    small_reissue(&small);
    small_remove(&small, "zzz");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "zzz is missing");
    proof_end(&proof);
    small_end(&small);
}

static void more_points_than_a_task_has_are_refused(void **state)
{
    char to[33 * 16 + 16] = "\"points\":[";
    const struct wrong wrong = {"\"points\":[", to, "a task has at most 32"};

    for (int i = 0; i < 32; i++)
        sprintf(to + strlen(to), "\"a/b/c%d\",", i);
    refused("manifest.json", &wrong, false);
}

static void a_table_with_a_line_too_long_or_without_its_end_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    struct small_file *csv;
    char much[2000];

    small_make(&small, 1);
    memset(much, '0', sizeof much);
    much[sizeof much - 1] = '\0';
    small_change(&small, "readings.csv", "20.4", much);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv, line 6, is too long");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 1);
    csv = small_find(&small, "readings.csv");
    csv->bytes = realloc(csv->bytes, csv->size + 4);
    memcpy(csv->bytes + csv->size, "more", 4);
    csv->size += 4;
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv, line 26, has no line feed");
    proof_end(&proof);
    small_end(&small);
}

/* ---- configurations ---- */

static void a_configuration_out_of_order_is_refused(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};
    char *second, again[sizeof small.configuration], file[ARCHIVE_NAME_MAX];

    small_start(&small);
    /* its last line first */
    second = strrchr(small.configuration, '\n');
    *second = '\0';
    second = strrchr(small.configuration, '\n') + 1;
    snprintf(again, sizeof again, "%s\n%.*s", second, (int)(second - small.configuration),
             small.configuration);
    snprintf(file, sizeof file, "configuration/%s.txt", small.configuration_digest);
    small_remove(&small, file);
    small_hex(again, strlen(again), small.configuration_digest);
    snprintf(file, sizeof file, "configuration/%s.txt", small.configuration_digest);
    small_put(&small, file, again, strlen(again));
    small.from = small.begin;
    small_days(&small, 1);
    small.to = small.now;
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is not as it is written (digest, two spaces");
    proof_end(&proof);
    small_end(&small);
}

/* A day, then another configuration (`seq` 0: as if it had always been that), then a day. */
static void make_with_two_configurations(struct small_bundle *small, bool announced)
{
    static const char more[] =
        "{\"name\":\"zj-01\",\"timezone\":\"Asia/Shanghai\",\"version\":\"2\"}";
    char file[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    char *collector;

    small_start(small);
    small->from = small->begin;
    small_days(small, 1);
    if (announced) {
        small_begin_segment(small);
        small_event(small, "configuration", "{}");
        grow(&small->segments[small->segment_count].leaves[1], "%llu,",
             (unsigned long long)small->seq);
    }
    collector = strstr(small->configuration, "  collector.json") - (DIGEST_HEX - 1);
    memcpy(collector, small_hex(more, strlen(more), hex), DIGEST_HEX - 1);
    snprintf(file, sizeof file, "configuration/items/%s", hex);
    small_put(small, file, more, strlen(more));
    small_hex(small->configuration, strlen(small->configuration), small->configuration_digest);
    snprintf(file, sizeof file, "configuration/%s.txt", small->configuration_digest);
    small_put(small, file, small->configuration, strlen(small->configuration));
    if (announced) {
        grow(&small->segments[small->segment_count].leaves[1], "%s\n", small->configuration_digest);
        small->configuration_seq = small->seq;
        small_close(small);
    }
    small_days(small, 1);
    small->to = small->now;
}

static void a_configuration_that_was_never_announced_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    make_with_two_configurations(&small, false);
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "segment 2 does not begin with the configuration that was in force before");
    proof_end(&proof);
    small_end(&small);
}

/* As if an item of the configuration had been this from the beginning, and sealed so; the verdict
 * stays as it was. */
static void seal_item(struct small_bundle *small, const char *name, const char *content)
{
    char line[DIGEST_HEX + 80], file[ARCHIVE_NAME_MAX], hex[DIGEST_HEX];
    char *digest;

    snprintf(line, sizeof line, "  %s\n", name);
    digest = strstr(small->configuration, line) - (DIGEST_HEX - 1);
    snprintf(file, sizeof file, "configuration/items/%.64s", digest);
    small_remove(small, file);
    snprintf(file, sizeof file, "configuration/%s.txt", small->configuration_digest);
    small_remove(small, file);
    memcpy(digest, small_hex(content, strlen(content), hex), DIGEST_HEX - 1);
    snprintf(file, sizeof file, "configuration/items/%s", hex);
    small_put(small, file, content, strlen(content));
    small_hex(small->configuration, strlen(small->configuration), small->configuration_digest);
    snprintf(file, sizeof file, "configuration/%s.txt", small->configuration_digest);
    small_put(small, file, small->configuration, strlen(small->configuration));
    small_drop_segment(small);
    for (size_t i = 0; i < small->segment_count; i++) {
        free(small->segments[i].leaves[1].bytes);
        small->segments[i].leaves[1] = (struct grown){NULL, 0, 0};
        grow(&small->segments[i].leaves[1], "configuration\n1,%s\n", small->configuration_digest);
        small_seal(small, i);
    }
    small_put_segments(small);
    small_list(small);
    small_issue(small);
}

static void settings_that_cannot_be_read_leave_the_verdict_unproven(void **state)
{
    static const struct {
        const char *name, *content, *said;
    } cases[] = {
        {"collector.json",              "{\"name\":\"zj-01\",\"timezone\":\"Mars/Base\",\"version\":\"1\"}",
         "does not know the time zone Mars"                                                                                           },
        {"collector.json",              "{\"name\":\"zj-01\",\"timezone\":\"../../etc/passwd\"}",
         "does not know the time zone"                                                                                                },
        {"collector.json",              "{}",                                                                "has no timezone"        },
        {"verdict.conf",                "",                                                                  "the sealed verdict.conf"},
        {"verdict.conf",                "@include \"/etc/passwd\"\n",                                        "@include is not read"   },
        {"parameters.conf",             "\n\t@include \"/etc/passwd\"\n",                                    "@include is not read"   },
        {"aggregates.conf",             "night = { begins = \"22:00\"; @include \"/etc/passwd\"\n };",
         "@include is not read"                                                                                                       },
        {"points/" SMALL_POINT ".json", "{}",                                                                "river-1/sonde/cod"      },
        {"points/" SMALL_POINT ".json", "hello",                                                             "river-1/sonde/cod"      },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = true};
        struct proof proof = {0};

        small_make(&small, 2);
        seal_item(&small, cases[i].name, cases[i].content);
        proof = check(&small);
        expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, cases[i].said);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_NOT_PROVEN, "readings.csv cannot be compared");
        expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
        proof_end(&proof);
        small_end(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_have_one_form),
        cmocka_unit_test(heads_that_are_cut_short_or_too_long_are_refused),
        cmocka_unit_test(a_key_under_another_name_is_refused),
        cmocka_unit_test(a_key_that_signed_nothing_does_not_belong),
        cmocka_unit_test(events_have_one_form),
        cmocka_unit_test(events_that_are_cut_short_or_go_on_are_refused),
        cmocka_unit_test(what_does_not_bear_on_the_case_is_not_shown),
        cmocka_unit_test(rows_have_one_form),
        cmocka_unit_test(a_line_too_long_for_a_reading_is_refused),
        cmocka_unit_test(rows_that_end_too_early_are_refused),
        cmocka_unit_test(a_reading_outside_the_times_of_its_head_is_found),
        cmocka_unit_test(the_act_of_export_has_one_form),
        cmocka_unit_test(the_list_has_one_form),
        cmocka_unit_test(a_file_that_is_listed_behind_the_last_is_missing),
        cmocka_unit_test(more_points_than_a_task_has_are_refused),
        cmocka_unit_test(a_table_with_a_line_too_long_or_without_its_end_is_refuted),
        cmocka_unit_test(a_configuration_out_of_order_is_refused),
        cmocka_unit_test(a_configuration_that_was_never_announced_is_found),
        cmocka_unit_test(settings_that_cannot_be_read_leave_the_verdict_unproven),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
