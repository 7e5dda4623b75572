/* Tests of report/proof*.c. Names say what must hold; the bundles are made by hand from the words
 * of SEAL.md and VERIFY.md (small_bundle.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/time_stamp.h"
#include "report/proof.h"
#include "unit/output/stamp_authority.h"
#include "unit/report/small_bundle.h"

/* What came of a check; ended with proof_end(). */
static struct proof check_with(struct small_bundle *small, const struct proof_setup *setup)
{
    struct error err = {0};
    struct proof proof = {0};
    size_t size;
    uint8_t *bytes = small_pack(small, &size);
    struct archive *archive = archive_open_bytes(bytes, size, &err);

    if (archive == NULL)
        fail_msg("%s", err.text);
    if (!proof_check(&proof, archive, setup, &err))
        fail_msg("%s", err.text);
    archive_close(archive);
    free(bytes);
    return proof;
}

static struct proof check(struct small_bundle *small)
{
    const struct proof_setup setup = {.ca_file = ""};

    return check_with(small, &setup);
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

static void an_untouched_bundle_is_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct proof_setup setup = {.ca_file = ""};

    small_make(&small, 3);
    setup.key = seal_key_fingerprint(small.key);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "72 readings");
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "segments 1 to 4");
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_PROVEN, "all 4 heads");
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN, "no time stamp");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_PROVEN, "to the byte");
    proof_end(&proof);
    small_end(&small);
}

static void a_long_chain_is_proven_too(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 12);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "288 readings");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "were not compared with ours");
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "segments 1 to 13");
    proof_end(&proof);
    small.segments[7].signature[0] ^= 1;
    small_drop_segment(&small);
    small_put_segments(&small);
    small_list(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "the signature of segment 8 is wrong");
    proof_end(&proof);
    small_end(&small);
}

/* ---- unchanged ---- */

static void a_digit_changed_in_the_table_is_found_with_its_line(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 3);
    small_change(&small, "readings.csv", ",20.4,", ",20.3,");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv is not what manifest.json says");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv, line 6, says");
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_PROVEN, "");
    proof_end(&proof);
    /* also by someone who could have all of it sealed again */
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv, line 6, says");
    proof_end(&proof);
    small_end(&small);
}

static void a_line_added_to_the_table_or_left_out_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_file *csv;

    small_make(&small, 2);
    small_change(&small, "readings.csv", "seq\r\n", "seq\r\nmore\r\n");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv, line 2, says \"more");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 2);
    csv = small_find(&small, "readings.csv");
    csv->size = (size_t)((char *)memrchr(csv->bytes, '\n', csv->size - 1) + 1 - csv->bytes);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "readings.csv ends after line 48");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 2);
    csv = small_find(&small, "readings.csv");
    csv->bytes = realloc(csv->bytes, csv->size + 6);
    memcpy(csv->bytes + csv->size, "more\r\n", 6);
    csv->size += 6;
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is none of the sealed rows");
    proof_end(&proof);
    small_end(&small);
}

static void a_changed_row_does_not_lead_to_its_root(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 3);
    small_change(&small, "rows/" SMALL_POINT ".txt", ",20.4,N", ",20.3,N");
    small_change(&small, "readings.csv", ",20.4,", ",20.3,");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "rows/river-1/sonde/cod.txt, segment 1: the readings are not those that were sealed");
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, "not what is here");
    proof_end(&proof);
    small_end(&small);
}

static void a_row_left_out_or_out_of_order_is_found(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"rows 24",        "rows 23",        "must be segment"                   },
        {"rows 24",        "rows 024",       "must be segment"                   },
        {",20.4,N",        ",20.40,N",       "not a reading as SEAL.md writes it"},
        {",20.4,N",        ",NaN,N",         "not a reading as SEAL.md writes it"},
        {"T16:59:00.000Z", "T18:59:00.000Z", "not in order of (time, seq)"       },
        {"leaf 3",         "leaf 2",         "do not lead to the root"           },
        {"segment 1 ",     "segment 9 ",     "does not belong here"              },
        {"point river-1",  "point river-2",  "another point"                     },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = false};
        struct proof proof;

        small_make(&small, 2);
        small_change(&small, "rows/" SMALL_POINT ".txt", cases[i].from, cases[i].to);
        small_reissue(&small);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, cases[i].said);
        assert_int_not_equal(proof.claims[CLAIM_VERDICT_RECOMPUTED].answer, ANSWER_PROVEN);
        proof_end(&proof);
        small_end(&small);
    }
}

static void an_entry_that_was_changed_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "events.txt", "\"every_ms\":3600000", "\"every_ms\":3600001");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "segment 1: entry 4 (device.every) is not the one that was sealed");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, "would mean nothing");
    proof_end(&proof);
    small_end(&small);
}

static void a_line_of_the_events_that_was_changed_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "events.txt", ",user.add,", ",user.del,");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "segment 2: events or configuration are not those that were sealed");
    proof_end(&proof);
    small_end(&small);
}

static void a_limit_changed_in_the_description_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    char name[ARCHIVE_NAME_MAX] = "";

    small_make(&small, 2);
    for (size_t i = 0; i < small.file_count; i++)
        if (memmem(small.files[i].bytes, small.files[i].size, "\"cod-30\"", 8) != NULL &&
            strncmp(small.files[i].name, "configuration/items/", 20) == 0)
            strcpy(name, small.files[i].name);
    small_change(&small, name, "\"high\":\"30\"", "\"high\":\"90\"");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is not what its name says");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

static void a_configuration_that_was_exchanged_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    char name[ARCHIVE_NAME_MAX];

    small_make(&small, 2);
    snprintf(name, sizeof name, "configuration/%s.txt", small.configuration_digest);
    small_change(&small, name, "verdict.conf", "verdict.cong");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is not what its name says");
    proof_end(&proof);
    small_end(&small);
}

static void a_file_more_or_less_or_under_another_name_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_put(&small, "notes.txt", "hello", 5);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "notes.txt is not in manifest.json");
    proof_end(&proof);
    small_reissue(&small); /* also when it is listed */
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "notes.txt does not belong into this bundle");
    proof_end(&proof);
    small_remove(&small, "notes.txt");
    small_remove(&small, "report.pdf");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "report.pdf is missing");
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "see unchanged");
    proof_end(&proof);
    small_end(&small);
}

static void the_sums_must_say_what_the_list_says(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_file *sums;

    small_make(&small, 2);
    sums = small_find(&small, "sha256sums");
    sums->bytes[0] = sums->bytes[0] == '0' ? '1' : '0';
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "sha256sums, line 1, does not say");
    proof_end(&proof);
    small_end(&small);
}

static void instructions_that_are_not_ours_are_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_put(&small, "VERIFY.md", "Trust me.\n", 10);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "VERIFY.md is not the one that version");
    proof_end(&proof);
    small_end(&small);
}

static void json_has_one_form_and_no_key_twice(void **state)
{
    static const struct {
        const char *file, *from, *to, *said;
    } cases[] = {
        {"manifest.json", "{\"category\":\"river\"", "{\"category\":\"river\",\"category\":\"x\"",
         "is no JSON"                                                                                                             },
        {"manifest.json", "{\"category\"",           "{ \"category\"",                             "one form"                     },
        {"manifest.json", "\"simulated\":false",     "\"simulated\":1",                            "does not hold what VERIFY.md" },
        {"manifest.json", "\"form\":\"full\"",       "\"form\":\"most\"",                          "does not hold what VERIFY.md" },
        {"manifest.json", "\"points\":[",            "\"points\":[\"a\\/b/c\",",                   "one form"                     },
        {"manifest.json", "\"points\":[",            "\"points\":[\"../../x\",",                   "a point is not"               },
        {"manifest.json", "\"points\":[",            "\"points\":[\"" SMALL_POINT "\",",           "a point is not"               },
        {"issue.json",    "\"heads\":[]",            "\"heads\":[{}]",                             "heads is not as it is written"},
        {"issue.json",    "{\"anchors\":[],",        "{\"anchors\":{},",                           "does not hold what VERIFY.md" },
        {"anchors.json",  "{\"anchors\":[]}",        "{\"anchors\":[],\"more\":1}",
         "does not hold what VERIFY.md"                                                                                           },
        {"verdict.json",  "{",                       "[",                                          "is no JSON"                   },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = false};
        struct proof proof;

        small_make(&small, 2);
        small_change(&small, cases[i].file, cases[i].from, cases[i].to);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, cases[i].said);
        proof_end(&proof);
        small_end(&small);
    }
}

static void a_bundle_issued_for_another_case_is_found(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"\"task\":\"37\"",       "\"task\":\"38\"",       "its task is \"37\", here it is \"38\""      },
        {"\"to\":\"2026-09-02",   "\"to\":\"2026-09-03",   "its to is"                                  },
        {"\"from\":\"2026-08-31", "\"from\":\"2026-08-30", "its from is"                                },
        {"\"form\":\"full\"",     "\"form\":\"public\"",   "its form is \"full\", here it is \"public\""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = false};
        struct proof proof;

        small_make(&small, 2);
        small_change(&small, "manifest.json", cases[i].from, cases[i].to);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is of another manifest.json");
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, cases[i].said);
        proof_end(&proof);
        small_end(&small);
    }
}

static void the_act_of_export_must_be_sealed(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"\\\"task\\\":\\\"37\\\"", "\\\"task\\\":\\\"38\\\"", "is not among the sealed events"},
        {",evidence.issue,",        ",evidence.issua,",        "not the act of an export"      },
        {"\"path\":[\"",            "\"path\":[\"0",           "do not lead to the root"       },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = false};
        struct proof proof;

        small_make(&small, 2);
        small_change(&small, "issue.json", cases[i].from, cases[i].to);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, cases[i].said);
        proof_end(&proof);
        small_end(&small);
    }
}

/* ---- complete ---- */

static void a_segment_cut_out_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 3);
    small_cut(&small, "heads.txt", small.segments[1].text, small.segments[2].text);
    small_cut(&small, "events.txt", "segment 2\n", "segment 3\n");
    small_cut(&small, "rows/" SMALL_POINT ".txt", "segment 2 ", "segment 3 ");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "segment 3 stands right after segment 1: what was between is missing");
    proof_end(&proof);
    small_end(&small);
}

static void a_chain_that_was_rewritten_in_part_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    char *row;

    small_make(&small, 3);
    /* a row of the first day is changed and its head signed anew; the rest stands as it was */
    row = strstr(small.segments[0].leaves[3].bytes, ",20.4,N");
    memcpy(row, ",20.3,N", 7);
    small_seal(&small, 0);
    small_drop_segment(&small);
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED, "segment 2 was not chained to this head");
    proof_end(&proof);
    small_end(&small);
}

static void entries_that_do_not_follow_are_found(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 2);
    small.segments[1].head.first_seq--;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "segment 2 begins with entry 29, the one before ended with 29");
    proof_end(&proof);
    small_end(&small);
}

static void a_first_segment_with_something_before_it_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 2);
    small.segments[0].head.previous[0] = 1;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED, "segment 1 is not the beginning of a chain");
    proof_end(&proof);
    small_end(&small);
}

static void a_chain_that_begins_inside_the_case_is_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 2);
    small.numbered_from = 5;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "segments 5 to 7");
    proof_end(&proof);
    small.from.ms -= SMALL_DAY_MS;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN,
           "the chain begins at 2026-08-31T16:00:00.000Z, the case at 2026-08-30T16:00:00.000Z");
    proof_end(&proof);
    small_end(&small);
}

static void segments_behind_the_span_do_not_belong(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_start(&small);
    small.from = small.begin;
    small_days(&small, 4);
    small.to = (struct wall_time){small.begin.ms + 2LL * SMALL_DAY_MS};
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "the last segment of heads.txt is after the span");
    proof_end(&proof);
    small_end(&small);
}

static void readings_that_are_not_shown_are_missed(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_file *rows;
    char *second;

    small_make(&small, 2);
    rows = small_find(&small, "rows/" SMALL_POINT ".txt");
    second = strstr(rows->bytes, "segment 2 ");
    rows->size = (size_t)(second - rows->bytes);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "the readings of river-1/sonde/cod in segment 2 are not shown");
    proof_end(&proof);
    small_end(&small);
}

static void readings_removed_by_retention_are_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_file *rows;
    char *second;

    small_make(&small, 2);
    rows = small_find(&small, "rows/" SMALL_POINT ".txt");
    second = strstr(rows->bytes, "segment 2 ");
    strcpy(second, "segment 2 removed\n");
    rows->size = (size_t)(second - rows->bytes) + strlen(second);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "were removed by retention");
    proof_end(&proof);
    small_end(&small);
}

static void an_entry_that_is_kept_back_is_missed(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_segment *first;
    char *line;

    small_make(&small, 2);
    first = &small.segments[0];
    line = strstr(first->shown.bytes, "event,4,");
    memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n') + 1) + 1);
    first->shown.used = strlen(first->shown.bytes);
    first->shown_count--;
    small_remake(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "segment 1: entry 4 (device.every river-1/sonde) bears on the case and is not shown");
    proof_end(&proof);
    small_end(&small);
}

static void an_item_of_the_configuration_that_is_not_shown_is_missed(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    char name[ARCHIVE_NAME_MAX] = "";

    small_make(&small, 2);
    for (size_t i = 0; i < small.file_count; i++)
        if (memmem(small.files[i].bytes, small.files[i].size, "Clopper", 7) != NULL &&
            strncmp(small.files[i].name, "configuration/items/", 20) == 0)
            strcpy(name, small.files[i].name);
    small_remove(&small, name);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "verdict.conf of the configuration is not shown");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

static void a_span_that_is_not_sealed_to_its_end_is_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_start(&small);
    small.from = small.begin;
    small_days(&small, 2);
    small.to = (struct wall_time){small.now.ms + SMALL_DAY_MS};
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "it is sealed up to 2026-09-02T16:01:00");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

static void silence_without_a_stop_is_not_proven_and_with_one_is(void **state)
{
    for (int stopped = 0; stopped < 2; stopped++) {
        struct small_bundle small = {.is_tiny = false};
        struct proof proof;

        small_start(&small);
        small.from = small.begin;
        small_days(&small, 1);
        if (stopped) {
            small_begin_segment(&small);
            small_event(&small, "stopped", "{}");
            small_close(&small);
        }
        small.now.ms += 5 * SMALL_HOUR_MS;
        small_days(&small, 1);
        small.to = small.now;
        small_files(&small);
        small_issue(&small);
        proof = check(&small);
        if (stopped)
            expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
        else
            expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "nothing was recorded from");
        expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_PROVEN, "");
        proof_end(&proof);
        small_end(&small);
    }
}

/* A day, then the clock is set back by half an hour, then a day. */
static void make_with_clock_set_back(struct small_bundle *small, const char *step)
{
    small_start(small);
    small->from = small->begin;
    small_days(small, 1);
    small->now.ms -= 90 * 60000;
    if (step != NULL) {
        small_begin_segment(small);
        small_event(small, "clock.step", step);
        small_close(small);
    }
    small_days(small, 1);
    small->to = small->now;
}

static void time_that_goes_back_without_a_step_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    make_with_clock_set_back(&small, NULL);
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED,
           "time went back (entry 29 is of 2026-09-01T15:59:00.000Z, entry 31 of");
    proof_end(&proof);
    small_end(&small);
}

/* However close the rows stand: it is how far the clock went back that counts. */
static void time_that_goes_back_between_quick_rows_is_refuted(void **state)
{
    for (int64_t back = 600; back <= 3400; back += 2800) {
        struct small_bundle small = {.is_tiny = true};
        struct proof proof = {0};

        small_start(&small);
        small.from = small.begin;
        small_days(&small, 1);
        for (int64_t first = small.now.ms, half = 0; half < 2; half++) {
            small_begin_segment(&small);
            for (int64_t i = 0; i < 10; i++)
                small_reading_at(&small, (struct wall_time){first + half * (4000 - back) + i * 400},
                                 20.0, QUALITY_NORMAL);
            small_close(&small);
        }
        small.now.ms += 8000;
        small.to = small.now;
        small_files(&small);
        small_issue(&small);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
        expect(&proof, CLAIM_COMPLETE, back > 1000 ? ANSWER_REFUTED : ANSWER_PROVEN,
               back > 1000 ? "time went back" : "");
        proof_end(&proof);
        small_end(&small);
    }
}

static void time_that_goes_back_across_a_start_is_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_start(&small);
    small.from = small.begin;
    small_days(&small, 1);
    small.now.ms -= 90 * 60000;
    small_begin_segment(&small);
    small_event(&small, "started", "{\"boot\":2,\"settings\":null,\"version\":\"1\"}");
    small_close(&small);
    small_days(&small, 1);
    small.to = small.now;
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "time went back across a restart");
    proof_end(&proof);
    small_end(&small);
}

static void time_that_goes_back_with_a_step_is_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    make_with_clock_set_back(&small, "{\"by_ms\":-5400000,\"steps\":1}");
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    /* more than verdict.conf allows (an hour), so not proven, but not refuted */
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN,
           "at 2026-09-01T14:30:00.000Z the clock was set back by 90min");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_PROVEN, "");
    proof_end(&proof);
    small_end(&small);

    make_with_clock_set_back(&small, "{\"by_ms\":-1800000,\"steps\":1}");
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
    proof_end(&proof);
    small_end(&small);

    make_with_clock_set_back(&small, "{\"by_ms\":1800000,\"steps\":1}");
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED, "time went back");
    proof_end(&proof);
    small_end(&small);
}

static void a_head_from_outside_that_is_not_in_the_chain_refutes(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct outside_head outside = {.segment = 2, .time = WALL_NONE, .from = "kept.json"};
    const struct proof_setup setup = {.ca_file = "", .outside = &outside, .outside_count = 1};

    small_make(&small, 3);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED, "kept.json holds a head of segment 2");
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED, "kept.json holds a head of segment 2");
    proof_end(&proof);
    small_end(&small);
}

static void a_head_from_outside_ahead_of_the_chain_says_that_its_end_was_cut(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct outside_head outside = {.segment = 9, .time = WALL_NONE, .from = "kept.json"};
    const struct proof_setup setup = {.ca_file = "", .outside = &outside, .outside_count = 1};

    small_make(&small, 3);
    /* one that was made after the export says nothing about it */
    outside.time.ms = small.now.ms + SMALL_DAY_MS;
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN, "");
    proof_end(&proof);
    outside.time.ms = small.now.ms - SMALL_HOUR_MS;
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_COMPLETE, ANSWER_REFUTED, "its end was cut off");
    proof_end(&proof);
    small_end(&small);
}

/* ---- signed-by ---- */

static void another_key_is_refuted_and_none_is_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct proof_setup setup = {.ca_file = ""};

    small_make(&small, 2);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_NOT_PROVEN, seal_key_fingerprint(small.key));
    proof_end(&proof);
    setup.key = "00000000000000000000000000000000000000000000000000000000000000ff";
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "segment 1 is signed by another key");
    proof_end(&proof);
    small_end(&small);
}

static void a_wrong_signature_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small.segments[1].signature[5] ^= 1;
    small_drop_segment(&small);
    small_put_segments(&small);
    small_list(&small);
    small_issue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "the signature of segment 2 is wrong");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "the head of segment 2 has no good signature");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

static void a_key_that_is_missing_or_not_what_its_name_says_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    char name[ARCHIVE_NAME_MAX];

    small_make(&small, 2);
    snprintf(name, sizeof name, "keys/%s.pem", seal_key_fingerprint(small.key));
    small_change(&small, name, "PUBLIC KEY", "PUBLIC KEYS");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is not the PEM of an Ed25519 key");
    proof_end(&proof);
    small_remove(&small, name);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "is not in the bundle");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "is not in the bundle");
    proof_end(&proof);
    small_end(&small);
}

/* A day, another key, a day. */
static void make_with_two_keys(struct small_bundle *small, enum small_handover handover)
{
    small_start(small);
    small->from = small->begin;
    small_days(small, 1);
    small_change_key(small, handover);
    small_days(small, 1);
    small->to = small->now;
    small_files(small);
    small_issue(small);
}

static void a_key_that_was_handed_over_is_followed(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct proof_setup setup = {.ca_file = ""};

    make_with_two_keys(&small, SMALL_SIGNED);
    setup.key = seal_key_fingerprint(small.old_key);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_PROVEN, "all 4 heads");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    proof_end(&proof);
    setup.key = seal_key_fingerprint(small.key);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_NOT_PROVEN, "segment 1 is by the older key");
    proof_end(&proof);
    small_end(&small);
}

static void a_key_that_was_not_handed_over_is_another_key(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct proof_setup setup = {.ca_file = ""};

    make_with_two_keys(&small, SMALL_UNSIGNED);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_NOT_PROVEN, "with no handover signed by the old key");
    proof_end(&proof);
    setup.key = seal_key_fingerprint(small.old_key);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "segment 2 is signed by another key");
    proof_end(&proof);
    small_end(&small);
}

/* One line of keys.json. `old`: NULL, or who hands over; a wrong bit in its signature if `spoiled`.
 */
static json_t *made_line(const struct seal_key *key, const struct seal_key *old, bool spoiled)
{
    char public_key[DIGEST_HEX], hex[2 * SIGNATURE_BYTES + 1] = "", text[HEAD_TEXT_MAX];
    uint8_t signature[SIGNATURE_BYTES];
    struct error err = {0};
    size_t size;

    digest_hex(seal_key_public(key), public_key);
    if (old == NULL)
        return json_pack("{s:s, s:s, s:n, s:n}", "key", seal_key_fingerprint(key), "public",
                         public_key, "replaces", "signature");
    size =
        seal_handover_text(small_store, seal_key_fingerprint(key), seal_key_fingerprint(old), text);
    assert_true(seal_key_sign(old, text, size, signature, &err));
    signature[5] ^= spoiled;
    small_put_signature(hex, signature);
    return json_pack("{s:s, s:s, s:s, s:s}", "key", seal_key_fingerprint(key), "public", public_key,
                     "replaces", seal_key_fingerprint(old), "signature", hex);
}

/* Two keys before the one that signs here, all in keys.json alone. */
static void make_with_keys_before(struct small_bundle *small, struct seal_key *before[2],
                                  bool spoiled)
{
    struct error err = {0};

    small_make(small, 2);
    for (int i = 0; i < 2; i++) {
        before[i] = seal_key_make(small->dir, true, &err);
        assert_non_null(before[i]);
    }
    small_put_json(small, "keys.json",
                   json_pack("{s:[o, o, o]}", "keys", made_line(before[0], NULL, false),
                             made_line(before[1], before[0], false),
                             made_line(small->key, before[1], spoiled)));
    small_reissue(small);
}

static void a_handover_outside_the_span_is_followed_by_its_own_signature(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof_setup setup = {.ca_file = ""};
    struct seal_key *before[2];
    struct error err = {0};
    struct seal_key *stranger;
    struct proof proof;

    make_with_keys_before(&small, before, false);
    for (int i = 0; i < 2; i++) {
        setup.key = seal_key_fingerprint(before[i]);
        proof = check_with(&small, &setup);
        expect(&proof, CLAIM_SIGNED_BY, ANSWER_PROVEN, "all 3 heads");
        expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
        proof_end(&proof);
    }
    stranger = seal_key_make(small.dir, true, &err);
    setup.key = seal_key_fingerprint(stranger);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "another key");
    proof_end(&proof);
    seal_key_free(stranger);
    seal_key_free(before[0]);
    seal_key_free(before[1]);
    small_end(&small);
}

static void a_line_of_keys_that_the_old_one_did_not_sign_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof_setup setup = {.ca_file = ""};
    struct seal_key *before[2];
    struct proof proof;

    make_with_keys_before(&small, before, true);
    setup.key = seal_key_fingerprint(before[0]);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "(keys.json) says it follows");
    proof_end(&proof);
    seal_key_free(before[0]);
    seal_key_free(before[1]);
    small_end(&small);
}

/* Somebody who shows a key of his own under the gateway's fingerprint could hand over from it. */
static void a_key_shown_under_the_fingerprint_of_another_is_refused(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof_setup setup = {.ca_file = ""};
    struct seal_key *gateway, *forger;
    struct error err = {0};
    struct proof proof;
    json_t *shown, *handover;
    char text[HEAD_TEXT_MAX], hex[2 * SIGNATURE_BYTES + 1] = "";
    uint8_t signature[SIGNATURE_BYTES];
    size_t size;

    small_make(&small, 2);
    gateway = seal_key_make(small.dir, true, &err);
    forger = seal_key_make(small.dir, true, &err);
    shown = made_line(forger, NULL, false);
    json_object_set_new(shown, "key", json_string(seal_key_fingerprint(gateway)));
    handover = made_line(small.key, gateway, false);
    size = seal_handover_text(small_store, seal_key_fingerprint(small.key),
                              seal_key_fingerprint(gateway), text);
    assert_true(seal_key_sign(forger, text, size, signature, &err));
    small_put_signature(hex, signature);
    json_object_set_new(handover, "signature", json_string(hex));
    small_put_json(&small, "keys.json", json_pack("{s:[o, o]}", "keys", shown, handover));
    small_reissue(&small);
    setup.key = seal_key_fingerprint(gateway);
    proof = check_with(&small, &setup);
    assert_int_not_equal(proof.claims[CLAIM_SIGNED_BY].answer, ANSWER_PROVEN);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "key 1 is not as it is written");
    proof_end(&proof);
    seal_key_free(gateway);
    seal_key_free(forger);
    small_end(&small);
}

#define DIGITS_66 "000000000000000000000000000000000000000000000000000000000000000000"

static void keys_that_are_not_written_as_they_must_be_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"{\"keys\":[",        "{\"keys\":[1,",                  "key 1 is not as it is written"},
        {"\"keys\"",           "\"kays\"",                       "does not hold what VERIFY.md" },
        {"\"replaces\":null",  "\"replaces\":0",                 "key 1 is not as it is written"},
        {"\"replaces\":null",  "\"replaces\":\"12\"",            "key 1 is not as it is written"},
        {"\"signature\":null", "\"signature\":\"\"",             "key 1 is not as it is written"},
        {"\"replaces\":null",  "\"replaces\":\"" DIGITS_66 "\"", "key 1 is not as it is written"},
        {"\"public\":\"",      "\"public\":\"00",                "key 1 is not as it is written"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = false};
        struct seal_key *before[2];
        struct proof proof;

        make_with_keys_before(&small, before, false);
        small_change(&small, "keys.json", cases[i].from, cases[i].to);
        small_reissue(&small);
        proof = check(&small);
        expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, cases[i].said);
        proof_end(&proof);
        seal_key_free(before[0]);
        seal_key_free(before[1]);
        small_end(&small);
    }
}

static void a_handover_the_old_key_did_not_sign_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    make_with_two_keys(&small, SMALL_SIGNED_WRONG);
    proof = check(&small);
    expect(&proof, CLAIM_SIGNED_BY, ANSWER_REFUTED, "which did not sign that");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

/* ---- existed-before ---- */

static void a_head_that_was_kept_outside_proves_all_before_it(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct outside_head outside = {.time = WALL_NONE, .from = "kept.json"};
    const struct proof_setup setup = {.ca_file = "", .outside = &outside, .outside_count = 1};

    small_make(&small, 3);
    outside.segment = 3;
    memcpy(outside.head, small.segments[2].digest, DIGEST_BYTES);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_PROVEN, "kept.json holds the head of segment 3");
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_PROVEN, "by the keeper's word");
    proof_end(&proof);
    outside.segment = 2;
    memcpy(outside.head, small.segments[1].digest, DIGEST_BYTES);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN,
           "covers segments up to 2, the readings go on to 3");
    proof_end(&proof);
    small_end(&small);
}

static void a_time_stamp_that_is_none_is_refuted(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "issue.json", "{\"anchors\":[]",
                 "{\"anchors\":[{\"kind\":\"time_stamp\",\"name\":\"tsa\",\"segment\":3,\"time\":"
                 "null,\"token\":\"3003020100\"}]");
    proof = check(&small);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED,
           "the time stamp of segment 3 does not hold");
    proof_end(&proof);
    small_end(&small);
}

static void a_time_stamp_must_be_of_the_chain_and_readable(void **state)
{
    static const struct {
        const char *to, *said;
    } cases[] = {
        {"{\"anchors\":[{\"segment\":9,\"token\":\"3003020100\"}]", "which is not in the chain"},
        {"{\"anchors\":[{\"segment\":1,\"token\":\"xyz\"}]",        "cannot be read"           },
        {"{\"anchors\":[{\"segment\":1,\"token\":\"\"}]",           "cannot be read"           },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct small_bundle small = {.is_tiny = true};
        struct proof proof;

        small_make(&small, 1);
        small_change(&small, "issue.json", "{\"anchors\":[]", cases[i].to);
        proof = check(&small);
        expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED, cases[i].said);
        proof_end(&proof);
        small_end(&small);
    }
}

/* A stamp over the head of a segment, in anchors/ and its list. */
static void put_stamp(struct small_bundle *small, struct authority *authority, size_t index)
{
    const uint8_t nonce[TIME_STAMP_NONCE] = {1};
    uint8_t request[TIME_STAMP_REQUEST_MOST];
    size_t size = time_stamp_request(small->segments[index].digest, nonce, request);
    char name[ARCHIVE_NAME_MAX];
    uint8_t *token = authority_answer(authority, request, size, EVP_sha256(), &size);

    snprintf(name, sizeof name, "anchors/%06zu.tsr", index + 1);
    small_put(small, name, token, size);
    snprintf(name, sizeof name,
             "{\"anchors\":[{\"kind\":\"time_stamp\",\"name\":\"tsa\",\"segment\":%zu,"
             "\"time\":null}]}\n",
             index + 1);
    small_put(small, "anchors.json", name, strlen(name));
    small_reissue(small);
    free(token);
}

static void a_time_stamp_proves_by_an_authority_that_is_trusted(void **state)
{
    static const int64_t after = 1790000000; /* 2026-09-21, after the days of the bundle */
    struct small_bundle small = {.is_tiny = true};
    struct proof_setup setup = {.ca_file = ""};
    struct authority authority;
    struct proof proof = {0};
    char root[64];

    authority_open(&authority, after, after + 86400, "critical,timeStamping");
    snprintf(root, sizeof root, "/tmp/small-root-%d.pem", (int)getpid());
    authority_write_root(&authority, root);
    small_make(&small, 3);
    put_stamp(&small, &authority, 2);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN, "but their authority is not trusted");
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    proof_end(&proof);
    setup.ca_file = root;
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_PROVEN,
           "segment 3 bears a time stamp of 2026-09-21T14:13:20.000Z by");
    proof_end(&proof);
    small_end(&small);

    /* of an earlier segment, so that the last day is not covered */
    small_make(&small, 3);
    put_stamp(&small, &authority, 1);
    proof = check_with(&small, &setup);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN,
           "covers segments up to 2, the readings go on to 3");
    proof_end(&proof);
    small_end(&small);
    authority_close(&authority);
    unlink(root);
}

static void a_time_stamp_before_its_head_or_of_another_refutes(void **state)
{
    static const int64_t before = 1780000000; /* 2026-05-28, before the days of the bundle */
    struct small_bundle small = {.is_tiny = true};
    struct authority authority;
    struct proof proof = {0};

    authority_open(&authority, before, before + 86400, "critical,timeStamping");
    small_make(&small, 2);
    put_stamp(&small, &authority, 1);
    proof = check(&small);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED, "the gateway's clock was ahead");
    proof_end(&proof);
    small.segments[1].digest[0] ^= 1;
    put_stamp(&small, &authority, 1);
    small.segments[1].digest[0] ^= 1;
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED,
           "the time stamp of segment 2 does not hold");
    proof_end(&proof);
    small_end(&small);
    authority_close(&authority);
}

static void time_stamps_and_their_list_must_agree(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    struct proof proof = {0};

    small_make(&small, 1);
    small_put(&small, "anchors/000001.tsr", "\x30\x03\x02\x01", 5);
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "anchors.json does not list anchors/000001.tsr");
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_REFUTED,
           "the time stamp of segment 1 does not hold");
    proof_end(&proof);
    small_remove(&small, "anchors/000001.tsr");
    small_change(&small, "anchors.json", "[]",
                 "[{\"kind\":\"time_stamp\",\"name\":\"tsa\",\"segment\":1,\"time\":null}]");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "anchors/000001.tsr, which anchors.json lists, is missing");
    proof_end(&proof);
    small_end(&small);
}

static void where_heads_were_left_is_said(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "anchors.json", "[]",
                 "[{\"kind\":\"mqtt\",\"name\":\"town-mqtt\",\"segment\":2,\"time\":null}]");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_EXISTED_BEFORE, ANSWER_NOT_PROVEN, "heads were left with: town-mqtt");
    proof_end(&proof);
    small_end(&small);
}

/* ---- verdict-recomputed ---- */

static void a_verdict_that_was_changed_is_refuted_with_where(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 3);
    small_change(&small, "verdict.json", "\"answer\":\"not_proven\"", "\"answer\":\"held\"");
    small_reissue(&small);
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_REFUTED,
           "first at answer: \"not_proven\", where it says \"held\"");
    proof_end(&proof);
    small_end(&small);
}

static void a_verdict_other_than_the_sealed_act_says_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "verdict.json", "\"answer\":\"not_proven\"", "\"answer\":\"held\"");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED,
           "the sealed act of export says the verdict is not_proven, verdict.json says held");
    proof_end(&proof);
    small_end(&small);
}

static void a_strike_off_other_than_the_sealed_one_is_not_proven(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};
    struct small_segment *first;

    small_start(&small);
    small.from = small.begin;
    small_days(&small, 2);
    small.to = small.now;
    /* the ledger's entry says another moment than the manifest */
    first = &small.segments[0];
    small.begin.ms += SMALL_HOUR_MS;
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    assert_true(first->shown_count > 0);
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_NOT_PROVEN,
           "the newest sealed entry about the task (5) has it struck off at");
    proof_end(&proof);
    small_end(&small);
}

static void a_strike_off_that_no_entry_shows_is_not_proven_if_it_bears(void **state)
{
    for (int days = -1; days <= 1; days += 2) {
        struct small_bundle small = {.is_tiny = true};
        struct proof proof = {0};

        small_start(&small);
        small.no_strike_off = true;
        small.from = small.begin;
        small_days(&small, 2);
        small.to = small.now;
        small.no_strike_off = false;
        small.begin.ms = small.to.ms + days * (int64_t)SMALL_DAY_MS;
        small_files(&small);
        small_issue(&small);
        proof = check(&small);
        expect(&proof, CLAIM_VERDICT_RECOMPUTED, days < 0 ? ANSWER_NOT_PROVEN : ANSWER_PROVEN,
               days < 0 ? "no sealed entry of the ledger here names the task" : "");
        proof_end(&proof);
        small_end(&small);
    }
}

static void readings_are_simulated_only_as_their_descriptions_say(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof;

    small_make(&small, 2);
    small_change(&small, "manifest.json", "\"simulated\":false", "\"simulated\":true");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "the readings are not simulated");
    proof_end(&proof);
    small_end(&small);
}

static void a_public_bundle_shows_nothing_of_the_task_and_is_proven(void **state)
{
    struct small_bundle small = {.is_public = true};
    struct proof proof = {0};

    small_start(&small);
    small.from = small.begin;
    small_days(&small, 2);
    small.to = small.now;
    small_files(&small);
    small_issue(&small);
    proof = check(&small);
    assert_null(memmem(small_find(&small, "events.txt")->bytes,
                       small_find(&small, "events.txt")->size, "\"note\"", 6));
    expect(&proof, CLAIM_UNCHANGED, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_COMPLETE, ANSWER_PROVEN, "");
    expect(&proof, CLAIM_VERDICT_RECOMPUTED, ANSWER_PROVEN, "");
    proof_end(&proof);
    small_end(&small);
}

/* ---- others ---- */

static void a_newer_form_is_said_and_nothing_is_guessed(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "manifest.json", "lookback bundle 1", "lookback bundle 2");
    proof = check(&small);
    assert_true(proof.other_version);
    for (int i = 0; i < CLAIM_COUNT; i++)
        expect(&proof, (enum claim)i, ANSWER_NOT_PROVEN, "\"lookback bundle 2\"");
    proof_end(&proof);
    small_change(&small, "manifest.json", "lookback bundle 2", "lookback bundle x");
    proof = check(&small);
    assert_false(proof.other_version);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "");
    proof_end(&proof);
    small_end(&small);

    small_make(&small, 2);
    small_change(&small, "heads.txt", "lookback seal 1\n", "lookback seal 2\n");
    small_reissue(&small);
    proof = check(&small);
    assert_true(proof.other_version);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_NOT_PROVEN, "another version");
    proof_end(&proof);
    small_end(&small);
}

static void a_newer_form_made_of_an_older_one_by_a_byte_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = true};
    const struct proof_setup setup = {.ca_file = ""};
    struct error err = {0};
    struct archive *archive;
    struct proof proof = {0};
    size_t size;
    uint8_t *bytes, *at;

    small_make(&small, 1);
    bytes = small_pack(&small, &size);
    at = memmem(bytes, size, "lookback bundle 1", 17);
    assert_non_null(at);
    at[16] = '2';
    archive = archive_open_bytes(bytes, size, &err);
    assert_non_null(archive);
    assert_true(proof_check(&proof, archive, &setup, &err));
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "manifest.json: its contents do not have");
    expect(&proof, CLAIM_COMPLETE, ANSWER_NOT_PROVEN, "lookback bundle 2");
    proof_end(&proof);
    archive_close(archive);
    free(bytes);
    small_end(&small);
}

static void heads_of_another_gateway_are_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    struct proof proof = {0};

    small_make(&small, 2);
    small_change(&small, "manifest.json", "\"store\":\"0123", "\"store\":\"1123");
    proof = check(&small);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "another gateway's store");
    proof_end(&proof);
    small_end(&small);
}

static void what_is_no_archive_is_refuted(void **state)
{
    struct error err = {0};
    struct proof proof = {0};

    assert_null(archive_open_bytes("hello", 5, &err));
    proof_of_refused(&proof, &err);
    expect(&proof, CLAIM_UNCHANGED, ANSWER_REFUTED, "not a ZIP file");
    for (int i = CLAIM_UNCHANGED + 1; i < CLAIM_COUNT; i++)
        expect(&proof, (enum claim)i, ANSWER_NOT_PROVEN, "see unchanged");
    proof_end(&proof);
}

static void any_byte_changed_anywhere_is_found(void **state)
{
    struct small_bundle small = {.is_tiny = false};
    const struct proof_setup setup = {.ca_file = ""};
    size_t size, step;
    uint8_t *bytes;

    small_make(&small, 1);
    bytes = small_pack(&small, &size);
    step = size / 200 + 1;
    for (size_t i = 0; i < size; i += step) {
        struct error err = {0};
        struct archive *archive;
        struct proof proof;

        bytes[i] ^= 0x20;
        archive = archive_open_bytes(bytes, size, &err);
        if (archive != NULL) {
            assert_true(proof_check(&proof, archive, &setup, &err));
            if (proof.claims[CLAIM_UNCHANGED].answer != ANSWER_REFUTED)
                fail_msg("byte %zu of %zu was changed, and unchanged is %s", i, size,
                         answer_shown(proof.claims[CLAIM_UNCHANGED].answer));
            proof_end(&proof);
        }
        archive_close(archive);
        bytes[i] ^= 0x20;
    }
    free(bytes);
    small_end(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_bundle_is_proven),
        cmocka_unit_test(a_long_chain_is_proven_too),
        cmocka_unit_test(a_digit_changed_in_the_table_is_found_with_its_line),
        cmocka_unit_test(a_line_added_to_the_table_or_left_out_is_found),
        cmocka_unit_test(a_changed_row_does_not_lead_to_its_root),
        cmocka_unit_test(a_row_left_out_or_out_of_order_is_found),
        cmocka_unit_test(an_entry_that_was_changed_is_found),
        cmocka_unit_test(a_line_of_the_events_that_was_changed_is_found),
        cmocka_unit_test(a_limit_changed_in_the_description_is_found),
        cmocka_unit_test(a_configuration_that_was_exchanged_is_found),
        cmocka_unit_test(a_file_more_or_less_or_under_another_name_is_found),
        cmocka_unit_test(the_sums_must_say_what_the_list_says),
        cmocka_unit_test(instructions_that_are_not_ours_are_found),
        cmocka_unit_test(json_has_one_form_and_no_key_twice),
        cmocka_unit_test(a_bundle_issued_for_another_case_is_found),
        cmocka_unit_test(the_act_of_export_must_be_sealed),
        cmocka_unit_test(a_segment_cut_out_is_found),
        cmocka_unit_test(a_chain_that_was_rewritten_in_part_is_found),
        cmocka_unit_test(entries_that_do_not_follow_are_found),
        cmocka_unit_test(a_first_segment_with_something_before_it_is_found),
        cmocka_unit_test(a_chain_that_begins_inside_the_case_is_not_proven),
        cmocka_unit_test(segments_behind_the_span_do_not_belong),
        cmocka_unit_test(readings_that_are_not_shown_are_missed),
        cmocka_unit_test(readings_removed_by_retention_are_not_proven),
        cmocka_unit_test(an_entry_that_is_kept_back_is_missed),
        cmocka_unit_test(an_item_of_the_configuration_that_is_not_shown_is_missed),
        cmocka_unit_test(a_span_that_is_not_sealed_to_its_end_is_not_proven),
        cmocka_unit_test(silence_without_a_stop_is_not_proven_and_with_one_is),
        cmocka_unit_test(time_that_goes_back_without_a_step_is_refuted),
        cmocka_unit_test(time_that_goes_back_between_quick_rows_is_refuted),
        cmocka_unit_test(time_that_goes_back_across_a_start_is_not_proven),
        cmocka_unit_test(time_that_goes_back_with_a_step_is_proven),
        cmocka_unit_test(a_head_from_outside_that_is_not_in_the_chain_refutes),
        cmocka_unit_test(a_head_from_outside_ahead_of_the_chain_says_that_its_end_was_cut),
        cmocka_unit_test(another_key_is_refuted_and_none_is_not_proven),
        cmocka_unit_test(a_wrong_signature_is_refuted),
        cmocka_unit_test(a_key_that_is_missing_or_not_what_its_name_says_is_found),
        cmocka_unit_test(a_key_that_was_handed_over_is_followed),
        cmocka_unit_test(a_key_that_was_not_handed_over_is_another_key),
        cmocka_unit_test(a_handover_outside_the_span_is_followed_by_its_own_signature),
        cmocka_unit_test(a_line_of_keys_that_the_old_one_did_not_sign_is_refuted),
        cmocka_unit_test(a_key_shown_under_the_fingerprint_of_another_is_refused),
        cmocka_unit_test(keys_that_are_not_written_as_they_must_be_are_refused),
        cmocka_unit_test(a_handover_the_old_key_did_not_sign_is_refuted),
        cmocka_unit_test(a_head_that_was_kept_outside_proves_all_before_it),
        cmocka_unit_test(a_time_stamp_that_is_none_is_refuted),
        cmocka_unit_test(a_time_stamp_must_be_of_the_chain_and_readable),
        cmocka_unit_test(a_time_stamp_proves_by_an_authority_that_is_trusted),
        cmocka_unit_test(a_time_stamp_before_its_head_or_of_another_refutes),
        cmocka_unit_test(time_stamps_and_their_list_must_agree),
        cmocka_unit_test(where_heads_were_left_is_said),
        cmocka_unit_test(a_verdict_that_was_changed_is_refuted_with_where),
        cmocka_unit_test(a_verdict_other_than_the_sealed_act_says_is_found),
        cmocka_unit_test(a_strike_off_other_than_the_sealed_one_is_not_proven),
        cmocka_unit_test(a_strike_off_that_no_entry_shows_is_not_proven_if_it_bears),
        cmocka_unit_test(readings_are_simulated_only_as_their_descriptions_say),
        cmocka_unit_test(a_public_bundle_shows_nothing_of_the_task_and_is_proven),
        cmocka_unit_test(a_newer_form_is_said_and_nothing_is_guessed),
        cmocka_unit_test(a_newer_form_made_of_an_older_one_by_a_byte_is_found),
        cmocka_unit_test(heads_of_another_gateway_are_found),
        cmocka_unit_test(what_is_no_archive_is_refuted),
        cmocka_unit_test(any_byte_changed_anywhere_is_found),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
