/* Tests of town/doubts.c. Names say what must hold. */
#include "unit/store/place.h"

#include "town/doubts.h"

#define POINT "site/dev-0/ph.0"

static void put_doubt(struct store *store, const char *uid, const char *nature, const char *rule,
                      const char *point)
{
    struct error err = {0};
    char body[200];
    struct problem_row row = {.version = 1,
                              .kind = "new",
                              .nature = nature,
                              .state = "open",
                              .rule = rule,
                              .point = strcmp(point, POINT) == 0 ? 1 : 2,
                              .first = at_ms(0),
                              .last = at_ms(0),
                              .ended = WALL_NONE,
                              .body = body};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    snprintf(body, sizeof body, "{\"uid\":\"%s\",\"point\":\"%s\",\"rule\":\"%s\"}", uid, point,
             rule);
    assert_true(store_begin(store, &err) && store_put_problem(store, &row, &err) &&
                store_commit(store, &err));
}

static void put_stretch(struct store *store, const char *uid, uint32_t number, int64_t first_ms,
                        int64_t last_ms, bool running)
{
    struct error err = {0};
    struct episode_row row = {.number = number,
                              .first = at_ms(first_ms),
                              .last = at_ms(last_ms),
                              .ended = running ? WALL_NONE : at_ms(last_ms + 500),
                              .worst = 1.0,
                              .ended_by = running ? "" : "recovered"};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    assert_true(store_begin(store, &err) && store_put_episode(store, &row, &err) &&
                store_commit(store, &err));
}

static void says_at(struct doubts *doubts, int64_t ms, const char *words)
{
    char out[200];

    doubts_at(doubts, at_ms(ms), false, out, sizeof out);
    assert_string_equal(out, words);
}

static void a_doubt_stands_beside_the_readings_of_its_stretches_and_no_others(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct reader *reader;
    struct doubts *doubts;
    char title[200];

    name_points(place, store, 1, 2);
    put_doubt(store, "aa", "doubt", "screen-flat", POINT);
    put_stretch(store, "aa", 1, 1000, 3000, false);
    put_stretch(store, "aa", 2, 7000, 7000, true); /* still so: from there on */
    put_doubt(store, "bb", "doubt", "screen-spike", POINT);
    put_stretch(store, "bb", 1, 2000, 2000, false);
    put_doubt(store, "cc", "doubt", "my-own", POINT);
    put_stretch(store, "cc", 1, 8000, 8000, false);
    put_doubt(store, "dd", "breach", "ph-high", POINT);
    put_stretch(store, "dd", 1, 0, 9000, false);
    put_doubt(store, "ee", "doubt", "screen-span", "site/dev-0/ph.1");
    put_stretch(store, "ee", 1, 0, 9000, false);
    reader = reader_open(place->dir, &err);
    doubts = doubts_of(reader, POINT, &err);
    assert_non_null(doubts);
    assert_true(doubts_are_there(doubts));
    says_at(doubts, 999, "");
    says_at(doubts, 1000, "flat");
    says_at(doubts, 2000, "flat,spike");
    says_at(doubts, 3000, "flat");
    says_at(doubts, 3001, "");
    says_at(doubts, 8000, "flat,my-own");
    says_at(doubts, 9000, "flat");
    say_in(LANGUAGE_EN);
    doubts_at(doubts, at_ms(9001), true, title, sizeof title);
    assert_string_equal(title, "unchanged for long, needs checking");
    say_in(LANGUAGE_ZH);
    doubts_free(doubts);
    reader_close(reader);
    store_close(store);
}

static void a_point_nobody_doubts_has_none(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct reader *reader = reader_open(place->dir, &err);
    struct doubts *doubts = doubts_of(reader, POINT, &err);

    assert_non_null(doubts);
    assert_false(doubts_are_there(doubts));
    says_at(doubts, 0, "");
    doubts_free(doubts);
    reader_close(reader);
    store_close(store);
}

static void a_screening_rule_has_its_sentence_and_any_other_its_name(void **state)
{
    assert_string_equal(doubt_title("screen-flat"), "数据长时间不变，需核查");
    assert_string_equal(doubt_word("screen-flat"), "flat");
    assert_string_equal(doubt_title("screen-other"), "screen-other");
    assert_string_equal(doubt_title("my-own"), "my-own");
    assert_string_equal(doubt_word("my-own"), "my-own");
    assert_true(doubt_is_screened("screen-night"));
    assert_false(doubt_is_screened("screen-other") || doubt_is_screened("my-own"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_doubt_stands_beside_the_readings_of_its_stretches_and_no_others),
        IN_PLACE(a_point_nobody_doubts_has_none),
        cmocka_unit_test(a_screening_rule_has_its_sentence_and_any_other_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
