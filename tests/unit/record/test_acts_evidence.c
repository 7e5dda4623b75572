/* Tests of the act evidence.issue: a bundle's digest is recorded and sealed, and nothing else. */
#include "unit/record/ledger_top.h"

#include "base/say.h"
#include "store/seals.h"

#define MANIFEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A ledger with task 37 in it. */
static int set_up(void **state)
{
    static const char tasks[] = "[{\"id\":\"37\",\"category\":\"river\",\"title\":\"水黑\","
                                "\"state\":\"rectifying\",\"points\":[]}]";
    struct bench *bench = *state = malloc(sizeof *bench);

    ledger_bench_init(bench);
    bench->seals = true;
    bench_open(bench);
    return bench_import(bench, tasks).err.kind != ERROR_NONE;
}

static json_t *issue(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "task", "37", "from", "2026-06-01", "to",
                     "2026-07-01T00:00:00Z", "form", "full", "manifest", MANIFEST, "verdict",
                     "not_proven");
}

struct told {
    char kind[64], subject[64], text[1024];
    uint64_t seq;
};

static bool take_entry(void *self, uint64_t seq, struct wall_time time, const char *kind,
                       const char *subject, const char *text)
{
    struct told *told = self;

    if (seq != told->seq)
        return true;
    snprintf(told->kind, sizeof told->kind, "%s", kind);
    snprintf(told->subject, sizeof told->subject, "%s", subject);
    snprintf(told->text, sizeof told->text, "%s", text);
    return false;
}

static void the_digest_stands_in_a_sealed_event_with_the_answer(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer = bench_act(bench, "evidence.issue", issue());
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);
    struct told told = {.seq = answer.seq};
    uint64_t segment;

    assert_int_equal(answer.err.kind, ERROR_NONE);
    segment = reader_segment_of(reader, answer.seq);
    assert_int_not_equal(segment, 0);
    assert_true(reader_entries(reader, segment, take_entry, &told, &err));
    assert_string_equal(told.kind, "evidence.issue");
    assert_string_equal(told.subject, "37");
    assert_non_null(
        strstr(told.text, ",\"li\",{\"by\":\"li\",\"form\":\"full\",\"from\":\"2026-0"));
    assert_non_null(strstr(told.text, "\"manifest\":\"" MANIFEST "\",\"task\":\"37\","
                                      "\"to\":\"2026-07-01T00:00:00.000Z\","
                                      "\"verdict\":\"not_proven\"}"));
    reader_close(reader);
}

static void what_is_wrong_is_refused_and_leaves_no_trace(void **state)
{
    static const struct {
        const char *key, *value;
        enum error_kind kind;
    } wrong[] = {
        {"task",     "38",                                                               ERROR_NOT_FOUND},
        {"task",     NULL,                                                               ERROR_WRONG_USE},
        {"from",     "2026-07-01T00:00:00Z",                                             ERROR_WRONG_USE}, /* not before `to` */
        {"from",     "June",                                                             ERROR_WRONG_USE},
        {"to",       NULL,                                                               ERROR_WRONG_USE},
        {"form",     "secret",                                                           ERROR_WRONG_USE},
        {"verdict",  "maybe",                                                            ERROR_WRONG_USE},
        {"verdict",  NULL,                                                               ERROR_WRONG_USE},
        {"manifest", "0011",                                                             ERROR_WRONG_USE},
        {"manifest", MANIFEST "00",                                                      ERROR_WRONG_USE},
        {"manifest", "ABCDEF33445566778899aabbccddeeff00112233445566778899aabbccddeeff",
         ERROR_WRONG_USE                                                                                },
    };
    struct bench *bench = *state;
    uint64_t before = recorder_committed(bench->recorder);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *args = issue();

        if (wrong[i].value == NULL)
            json_object_del(args, wrong[i].key);
        else
            json_object_set_new(args, wrong[i].key, json_string(wrong[i].value));
        if (bench_act(bench, "evidence.issue", args).err.kind != wrong[i].kind)
            fail_msg("%s %s", wrong[i].key, wrong[i].value);
    }
    assert_int_equal(recorder_committed(bench->recorder), before);
}

static void nothing_is_issued_while_the_clock_is_not_trusted(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;

    bench->trust_by = TRUST_PLAUSIBLE;
    bench_kill(bench);
    bench->clock.wall.ms = 0;
    bench_open(bench);
    answer = bench_act(bench, "evidence.issue", issue());
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_non_null(strstr(answer.err.text, "the clock is not trusted yet"));
}

#define WITH_LEDGER(test) cmocka_unit_test_setup_teardown(test, set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LEDGER(the_digest_stands_in_a_sealed_event_with_the_answer),
        WITH_LEDGER(what_is_wrong_is_refused_and_leaves_no_trace),
        WITH_LEDGER(nothing_is_issued_while_the_clock_is_not_trusted),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, load_terms, free_terms);
}
