/* Tests of what a profile may say of odd devices. Names say what must hold.
 *
 * Most tests take example_habits.conf, change one thing in it, and look at what is said: that a
 * wrong key is refused where it stands, or what its proof's words mean now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/say.h"
#include "drivers/profile.h"

#define HABITS SOURCE_ROOT "/drivers/profiles/example_habits.conf"

enum { TEXT_ROOM = 32768 };

static struct parameters *parameters;
static char habits[TEXT_ROOM];

static int begin(void **state)
{
    struct conf_faults *of_table = conf_faults_new();
    FILE *file = fopen(HABITS, "r");

    say_in(LANGUAGE_EN);
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", of_table);
    conf_faults_free(of_table);
    if (file == NULL || parameters == NULL)
        return -1;
    habits[fread(habits, 1, sizeof habits - 1, file)] = '\0';
    return fclose(file);
}

static int end(void **state)
{
    parameters_free(parameters);
    return 0;
}

/* The example with the first `from` written as `to`. */
static struct profile *load_changed(const char *from, const char *to, struct conf_faults *faults)
{
    static char text[TEXT_ROOM + 1024];
    char path[] = "/tmp/lookback-habits-XXXXXX";
    const char *at = strstr(habits, from);
    struct profile *profile;
    int fd;

    if (at == NULL)
        fail_msg("the example does not hold: %s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - habits), habits, to, at + strlen(from));
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    profile = profile_load(path, parameters, true, faults);
    unlink(path);
    return profile;
}

static unsigned line_of(const char *words)
{
    unsigned line = 1;

    for (const char *at = habits; at < strstr(habits, words); at++)
        line += *at == '\n';
    return line;
}

struct mistake {
    const char *from, *to, *key, *words;
};

/* Some fault says ":LINE: key: " and these words; LINE is that of `from`, or any. */
static void assert_refused(const struct mistake *mistake, bool at_line)
{
    struct conf_faults *faults = conf_faults_new();
    struct profile *profile = load_changed(mistake->from, mistake->to, faults);
    char place[128];
    bool said = false;

    if (at_line)
        snprintf(place, sizeof place, ":%u: %s: ", line_of(mistake->from), mistake->key);
    else
        snprintf(place, sizeof place, ": %s: ", mistake->key);
    for (size_t i = 0; i < conf_faults_count(faults); i++)
        said = said || (strstr(conf_fault(faults, i)->text, place) != NULL &&
                        strstr(conf_fault(faults, i)->text, mistake->words) != NULL);
    if (profile != NULL || !said)
        fail_msg("for: %s\nwanted: %s … %s\ngot: %s", mistake->to, place, mistake->words,
                 conf_faults_count(faults) > 0 ? conf_fault(faults, 0)->text : "nothing");
    conf_faults_free(faults);
}

static void assert_all_refused(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused(&mistakes[i], true);
}

#define ALL_REFUSED(list) assert_all_refused(list, sizeof(list) / sizeof(list)[0])

static void every_habit_is_read(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct profile *profile = profile_load(HABITS, parameters, true, faults);
    const struct channel *oxygen, *ph, *direction, *speed;

    assert_non_null(profile);
    assert_int_equal(profile->wake_address, 0x2500);
    assert_int_equal(profile->wake_wait_ms, 50);
    assert_int_equal(profile->first_tries, 1);
    assert_int_equal(profile->first_pause_ms, 100);
    oxygen = profile_channel(profile, "dissolved_oxygen");
    assert_int_equal(oxygen->address, 37); /* register = 38 */
    assert_int_equal(oxygen->unit_setting.address, 40);
    assert_int_equal(oxygen->unit_count, 2);
    assert_int_equal(oxygen->units[1].is, 118);
    assert_int_equal(oxygen->absent_register.address, 42);
    ph = profile_channel(profile, "ph");
    assert_int_equal(ph->area, AREA_INPUT_REGISTER); /* reference = "30001" */
    assert_int_equal(ph->address, 0);
    assert_int_equal(ph->decimals.mask, 0x0F00);
    assert_int_equal(ph->decimals.shift, 8);
    direction = profile_channel(profile, "wind_direction");
    speed = profile_channel(profile, "wind_speed");
    assert_int_equal(direction->address, speed->address);
    assert_true(direction->is_field && direction->low == 0 && direction->high == 8);
    assert_int_equal(profile->state_count, 4);
    assert_int_equal(profile->states[1].test, STATE_IS_NONE_OF);
    assert_int_equal(profile->states[1].number_count, 2);
    assert_int_equal(profile->states[3].test, STATE_AT_LEAST);
    assert_int_equal(profile->identity_count, 3);
    assert_string_equal(profile->identity[0].expect, "12");
    assert_int_equal(profile->identity[0].address, 9000);
    assert_int_equal(profile->identity[2].type, WORDS_STRING);
    assert_int_equal(profile->identity[2].words, 4);
    profile_free(profile);
    conf_faults_free(faults);
}

static void an_address_is_written_in_exactly_one_way(void **state)
{
    static const struct mistake mistakes[] = {
        {"register = 38;",                      "register = 38; address = 37;",              "address",   "exactly one of"    },
        {"register = 38;",                      "",                                          "address",   "exactly one of"    },
        {"register = 38;",                      "register = 0;",                             "register",  "from 1 to 65536"   },
        {"reference = \"30001\"",               "reference = 30001",                         "reference", "text"              },
        {"reference = \"30001\"",               "reference = \"50001\"",                     "reference", "five or six digits"},
        {"reference = \"30001\"",               "reference = \"30000\"",                     "reference", "counted from 1"    },
        {"reference = \"30001\"",               "reference = \"3001\"",                      "reference", "use register"      },
        {"reference = \"30001\"",               "reference = \"365537\"",                    "reference", "five or six digits"},
        {"reference = \"30001\"",               "area = \"holding\"; reference = \"30001\"", "area",
         "is in the area input, not holding"                                                                                  },
        {"area = \"holding\"; register = 9473", "area = \"coil\"; register = 9473",          "area",
         "holding"                                                                                                            },
    };

    ALL_REFUSED(mistakes);
    assert_refused(&(struct mistake){"area = \"input\"; address = 3;", "address = 3;", "area",
                                     "only a reference"},
                   true);
}

static void what_stands_beside_a_value_is_checked(void **state)
{
    static const struct mistake mistakes[] = {
        {"unit_register   = { area = \"holding\"; register = 41; manual = \"0041\";",
         "unit_register   = { area = \"coil\"; register = 41; manual = \"0041\";",                                  "area",
         "must be a register"                                                                                                                               },
        {"mask = 0x0F00; shift = 8;",                                                 "mask = 0x0F00; shift = 12;", "shift",           "every bit"          },
        {"mask = 0x0F00; shift = 8;",                                                 "mask = 0; shift = 8;",       "mask",            "from 1"             },
        {"absent_register = { area = \"holding\"; register = 43;",
         "absent_register = { area = \"holding\"; mask = 1; register = 43;",                                        "mask",            ""                   },
        {"absent_register = { area = \"holding\"; register = 43;",
         "absent_register = { area = \"holding\"; register = 65536;",                                               "absent_register",
         "beyond 65535"                                                                                                                                     },
        {"bits = [9, 15];",                                                           "bits = [15, 9];",            "bits",            "lowest first"       },
        {"bits = [9, 15];",                                                           "bits = [9, 16];",            "bits",            "from 0 to 15"       },
        {"bits = [9, 15];",                                                           "bits = 9;",                  "bits",            ""                   },
        {"bits = [0, 8]; valid = [0, 360]; absent = 511;",
         "bits = [0, 8]; valid = [0, 360]; absent = 512;",                                                          "absent",          "does not fit"       },
        {"absent = \"0xFFFFFFFF\";",                                                  "absent = \"0x1FFFFFFFF\";",  "absent",          "does not fit bcd32" },
        {"absent = \"0xFFFFFFFFFFFFFFFF\";",                                          "absent = 0.5;",              "absent",          "does not fit uint64"},
    };

    ALL_REFUSED(mistakes);
    assert_refused(&(struct mistake){"{ is = 118; scale = 0.001; }", "{ is = 117; scale = 0.001; }",
                                     "is", "twice"},
                   true);
    assert_refused(&(struct mistake){"{ is = 118; scale = 0.001; }", "{ is = 118; scale = 0; }",
                                     "scale", "must not be 0"},
                   true);
    assert_refused(&(struct mistake){"{ is = 1; }", "{ is = 256; }", "is", "outside the mask"},
                   true);
    assert_refused(&(struct mistake){"units = ( { is = 117; scale = 1; }, { is = 118; scale = "
                                     "0.001; } );",
                                     "units = ( );", "units", "must say each unit"},
                   true);
}

static void decimals_are_not_for_numbers_that_have_their_own(void **state)
{
    assert_refused(&(struct mistake){"type = \"int16\"; valid = [0, 14];",
                                     "type = \"float32\"; valid = [0, 14];", "decimals_register",
                                     "decimals of its own"},
                   false);
}

static void bits_are_taken_from_unsigned_values(void **state)
{
    assert_refused(&(struct mistake){"bits = [9, 15];", "bits = [8, 15];", "address",
                                     "shares a register with wind_direction"},
                   false);
    assert_refused(&(struct mistake){"type = \"bcd32\";", "type = \"bcd32\"; bits = [0, 3];",
                                     "bits", "not from bcd32"},
                   true);
}

static void sixty_four_bits_take_four_registers_and_an_order(void **state)
{
    assert_refused(
        &(struct mistake){"max_registers = 30;", "max_registers = 3;", "type", "takes 4 registers"},
        false);
    assert_refused(&(struct mistake){"word_order = \"ABCD\";", "", "word_order", "never guessed"},
                   false);
    assert_refused(&(struct mistake){"area = \"input\"; address = 9; type = \"float64\"",
                                     "area = \"input\"; address = 65533; type = \"float64\"",
                                     "address", "4 registers"},
                   true);
}

static void a_state_has_one_test_that_can_hold(void **state)
{
    static const struct mistake mistakes[] = {
        {"not_equals = 0;", "not_equals = 0; at_least = 1;", "equals",     "only one of"     },
        {"not_equals = 0;", "not_equals = [];",              "not_equals", "1 to 8"          },
        {"not_equals = 0;", "not_equals = 70000;",           "not_equals", "65535"           },
        {"not_equals = 0;", "mask = 1; not_equals = 2;",     "not_equals", "outside the mask"},
        {"not_equals = 0;", "not_equals = [0, 70000];",      "not_equals", "65535"           },
        {"at_least = 100;", "at_least = 256;",               "at_least",   "outside the mask"},
        {"at_least = 100;", "at_least = 0;",                 "at_least",   "from 1"          },
    };

    ALL_REFUSED(mistakes);
}

static void an_identity_is_checked(void **state)
{
    static const struct mistake mistakes[] = {
        {"expect = \"12\"",                      "expect = 12",                            "expect",  "text"                   },
        {"expect = \"12\"",                      "expect = \"012\"",                       "expect",  "without leading noughts"},
        {"expect = \"12\"",                      "expect = \"70000\"",                     "expect",  "never answer"           },
        {"expect = \"12\"",                      "expect = \"\"",                          "expect",  "never answer"           },
        {"name = \"firmware\"",                  "name = \"model\"",                       "name",    "an item model already"  },
        {"name = \"firmware\"",                  "name = \"a_name_of_twenty_five_chars\"", "name",    "at most 23"             },
        {"type = \"string\"; words = 4;",        "type = \"string\";",                     "words",   "how many registers"     },
        {"type = \"string\"; words = 4;",        "type = \"string\"; words = 33;",         "words",   "32"                     },
        {"type = \"string\"; words = 4;",        "type = \"uint16\"; words = 1;",          "words",
         "other types do not"                                                                                                  },
        {"type = \"uint32\"; manual = \"9002\"", "type = \"bit\"; manual = \"9002\"",      "type",
         "string"                                                                                                              },
        {"area = \"holding\"; register = 9004;", "area = \"discrete\"; register = 9004;",  "area",
         "registers"                                                                                                           },
        {"register = 9004;",                     "register = 65535;",                      "address", "beyond 65535"           },
    };

    ALL_REFUSED(mistakes);
}

static void pauses_that_belong_to_nothing_are_refused(void **state)
{
    static const struct mistake mistakes[] = {
        {"first_tries = 1;",         "first_tries = 6;",       "first_tries", "5"},
        {"first_pause = \"100ms\";", "first_pause = \"11s\";", "first_pause", "" },
        {"wake_wait = \"50ms\";",    "wake_wait = \"11s\";",   "wake_wait",   "" },
    };

    ALL_REFUSED(mistakes);
    assert_refused(&(struct mistake){"first_tries = 1;", "", "first_pause", "first_tries"}, false);
    assert_refused(&(struct mistake){"wake      = { area = \"holding\"; register = 9473; };", "",
                                     "wake_wait", "no wake step"},
                   false);
}

/* What the proof says of the words `to` instead of `from`: "got …" of that channel. */
static void assert_means(const char *from, const char *to, const char *channel, const char *got)
{
    assert_refused(&(struct mistake){from, to, channel, got}, false);
}

static void the_unit_of_the_device_picks_the_scale_and_an_unknown_one_gives_no_value(void **state)
{
    assert_means("0xD70A, 20, 117", "0xD70A, 20, 118", "dissolved_oxygen", "got 0.00824");
    assert_means("0xD70A, 20, 117", "0xD70A, 20, 119", "dissolved_oxygen", "got D (unit_unknown)");
    assert_means("0x41A4, 0x0000, 1, 0x0001", "0x4270, 0x0000, 1, 0x0002", "water_temperature",
                 "got 15.5555");
    assert_means("0x41A4, 0x0000, 1, 0x0001", "0x41A4, 0x0000, 1, 0x0003", "water_temperature",
                 "got D (unit_unknown)");
}

static void the_decimals_of_the_device_are_counted_in_decimal(void **state)
{
    assert_means("732, 0x0200", "732, 0x0300", "ph", "got 0.732");
    assert_means("732, 0x0200", "732, 0x0000", "ph", "got 732, T");
    assert_means("732, 0x0200", "732, 0xF9FF", "ph", "got 7.32e-7");
    assert_means("732, 0x0200", "732, 0x0A00", "ph", "got D (not_a_number)");
    assert_means("732, 0x0200", "0x8000, 0x0200", "ph", "got D (absent_mark)");
}

static void the_absent_register_holds_what_means_nothing(void **state)
{
    assert_means("117, 0, 0x0000, 0x0000", "117, 0, 0x4103, 0xD70A", "dissolved_oxygen",
                 "got D (absent_mark)");
    assert_means("{ at = \"40038\"; words = [0x4103, 0xD70A, 20, 117, 0, 0x0000",
                 "{ at = \"40038\"; words = [0x8000, 0x0000, 20, 117, 0, 0x0000",
                 "dissolved_oxygen", "got D (absent_mark)"); /* -0 is 0 */
}

static void bits_are_values_of_their_own(void **state)
{
    assert_means("0x0200, 0x285A", "0x0200, 0x285B", "wind_direction", "got 91");
    assert_means("0x0200, 0x285A", "0x0200, 0x2A5A", "wind_speed", "got 10.5");
    assert_means("0x0200, 0x285A", "0x0200, 0x29FF", "wind_direction", "got D (absent_mark)");
}

static void bcd_with_a_digit_above_nine_and_whole_numbers_no_double_is_have_no_value(void **state)
{
    assert_means("0x0000, 0x4312", "0x0000, 0x431A", "conductivity", "got D (not_a_number)");
    assert_means("0x0000, 0x4312", "0x9999, 0x9999", "conductivity", "got 9999999.9, T");
    assert_means("0, 0, 0x0012, 0xD687", "0x0020, 0, 0, 0x0001", "flow.total", "got D (not_exact)");
    assert_means("0, 0, 0x0012, 0xD687", "0x0020, 0, 0, 0x0002", "flow.total",
                 "got 9007199254740.994, T");
    assert_means("0, 0, 0x0012, 0xD687", "0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF", "flow.total",
                 "got D (absent_mark)");
    assert_means("0x3333, 0x3333, 0x3333, 0x0D40", "0x3333, 0x3333, 0x3333, 0xF07F", "turbidity",
                 "got D (not_a_number)");
    assert_means("0x3333, 0x3333, 0x3333, 0x0D40", "0, 0, 0x8087, 0xC3C0", "turbidity",
                 "got D (absent_mark)"); /* -9999 */
}

static void states_hold_by_their_tests(void **state)
{
    assert_means("20, 117, 0,", "20, 117, 5,", "dissolved_oxygen", "got 8.24, D (status_bit)");
    assert_means("1, 0x0001, 0,", "1, 0x0001, 1,", "water_temperature", "got 20.5, C");
    assert_means("1, 0x0001, 0,", "1, 0x0001, 2,", "water_temperature", "got 20.5, D");
    assert_means("0x0D40, 0];", "0x0D40, 0xFF64];", "turbidity", "got 3.65, M");
}

static void what_stands_beside_and_did_not_answer_leaves_no_value(void **state)
{
    assert_means("words = [0x4103, 0xD70A, 20, 117, 0, 0x0000, 0x0000, 0,",
                 "words = [0x4103, 0xD70A, 20]; }, { at = 41; words = [0, 0x0000, 0x0000, 0,",
                 "dissolved_oxygen", "got B");
}

static void a_proof_may_say_who_the_device_is(void **state)
{
    assert_means("identity_model = \"12\"", "identity_model = \"13\"", "model",
                 "expected \"13\", got \"12\"");
    assert_means("identity_model = \"12\"", "identity_number = \"12\"", "number",
                 "no such item in identity");
    assert_means("identity_firmware = \"V1.2\"", "identity_firmware = 1", "firmware",
                 "got \"V1.2\"");
    assert_means("{ at = 9000; words = [12,", "{ at = 9001; words = [", "model", "not laid out");
    assert_means("{ at = \"40038\";", "{ at = \"30038\";", "holding", "reference");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_habit_is_read),
        cmocka_unit_test(an_address_is_written_in_exactly_one_way),
        cmocka_unit_test(what_stands_beside_a_value_is_checked),
        cmocka_unit_test(decimals_are_not_for_numbers_that_have_their_own),
        cmocka_unit_test(bits_are_taken_from_unsigned_values),
        cmocka_unit_test(sixty_four_bits_take_four_registers_and_an_order),
        cmocka_unit_test(a_state_has_one_test_that_can_hold),
        cmocka_unit_test(an_identity_is_checked),
        cmocka_unit_test(pauses_that_belong_to_nothing_are_refused),
        cmocka_unit_test(the_unit_of_the_device_picks_the_scale_and_an_unknown_one_gives_no_value),
        cmocka_unit_test(the_decimals_of_the_device_are_counted_in_decimal),
        cmocka_unit_test(the_absent_register_holds_what_means_nothing),
        cmocka_unit_test(bits_are_values_of_their_own),
        cmocka_unit_test(bcd_with_a_digit_above_nine_and_whole_numbers_no_double_is_have_no_value),
        cmocka_unit_test(states_hold_by_their_tests),
        cmocka_unit_test(what_stands_beside_and_did_not_answer_leaves_no_value),
        cmocka_unit_test(a_proof_may_say_who_the_device_is),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
