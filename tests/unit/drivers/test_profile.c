/* Tests of drivers/profile.c. Names say what must hold; the file reads as its specification.
 *
 * Most tests take fixtures/profile_good.conf, change one thing in it, and look at what is said.
 */
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

#define GOOD FIXTURES "/profile_good.conf"

static struct parameters *parameters;
static struct conf_faults *faults;
static char good[8192]; /* the text of GOOD */

static int begin(void **state)
{
    struct conf_faults *of_table = conf_faults_new();
    FILE *file = fopen(GOOD, "r");

    say_in(LANGUAGE_EN);
    parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", of_table);
    conf_faults_free(of_table);
    if (file == NULL || parameters == NULL)
        return -1;
    good[fread(good, 1, sizeof good - 1, file)] = '\0';
    return fclose(file);
}

static int end(void **state)
{
    parameters_free(parameters);
    return 0;
}

static int fresh_faults(void **state)
{
    faults = conf_faults_new();
    return 0;
}

static int drop_faults(void **state)
{
    conf_faults_free(faults);
    return 0;
}

/* The least a profile must say, and its SHA-256 as sha256sum prints it. */
static const char least[] =
    "model = \"m\"; title = \"t\"; source = \"s\"; channels = ( { parameter = \"ph\"; unit = \"\"; "
    "area = \"holding\"; address = 0; type = \"uint16\"; valid = [0, 14]; } );";
static const uint8_t least_digest[32] = {
    0x0f, 0xaa, 0x9a, 0x89, 0x02, 0x30, 0x8b, 0xc9, 0x7e, 0x9a, 0x4f, 0x35, 0x0f, 0x8e, 0x81, 0x03,
    0xfa, 0xe6, 0x6a, 0xea, 0xe1, 0x11, 0x8a, 0x9f, 0x9a, 0xfe, 0xc6, 0x3a, 0x61, 0x67, 0xbc, 0x9d};

static struct profile *load_text(const char *text, bool prove)
{
    char path[] = "/tmp/lookback-profile-XXXXXX";
    int fd = mkstemp(path);
    struct profile *profile;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    profile = profile_load(path, parameters, prove, faults);
    unlink(path);
    return profile;
}

/* Loads GOOD with the first `from` written as `to`. */
static struct profile *load_changed(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    char text[sizeof good + 512];

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return load_text(text, true);
}

static unsigned line_of(const char *words)
{
    unsigned line = 1;

    for (const char *at = good; at < strstr(good, words); at++)
        line += *at == '\n';
    return line;
}

/* The first fault says ":LINE: key: " and these words, and nothing was loaded. */
static void assert_refused(const char *from, const char *to, unsigned line, const char *key,
                           const char *words)
{
    struct profile *profile = load_changed(from, to);
    char place[128];

    if (profile != NULL || conf_faults_count(faults) == 0)
        fail_msg("accepted: %s", to);
    snprintf(place, sizeof place, ":%u: %s: ", line, key);
    if (strstr(conf_fault(faults, 0)->text, place) == NULL ||
        strstr(conf_fault(faults, 0)->text, words) == NULL)
        fail_msg("for: %s\nwanted: %s … %s\ngot: %s", to, place, words,
                 conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    faults = conf_faults_new();
}

static struct profile *load_good(void)
{
    struct profile *profile = profile_load(GOOD, parameters, true, faults);

    for (size_t i = 0; i < conf_faults_count(faults); i++)
        print_error("%s\n", conf_fault(faults, i)->text);
    assert_non_null(profile);
    return profile;
}

static void the_head_of_a_profile_is_read(void **state)
{
    struct profile *profile = load_good();

    assert_string_equal(profile->model, "bench_probe");
    assert_string_equal(profile->title, "Bench probe");
    assert_string_equal(profile->source, "made for tests");
    assert_string_equal(profile->note, "one quirk");
    assert_true(profile->verified && profile->needs_write && profile->has_wake);
    assert_int_equal(profile->baud, 4800);
    assert_string_equal(profile->parity, "even");
    assert_int_equal(profile->stop_bits, 2);
    assert_int_equal(profile->settle_ms, 20);
    assert_int_equal(profile->warm_up_ms, 10000);
    assert_int_equal(profile->max_registers, 60);
    assert_int_equal(profile->max_gap, 3);
    assert_int_equal(profile->wake_area, AREA_HOLDING_REGISTER);
    assert_int_equal(profile->wake_address, 0x2500);
    assert_string_equal(profile->path, GOOD);
    profile_free(profile);
}

static void channels_are_read_and_found_by_their_name(void **state)
{
    struct profile *profile = load_good();
    const struct channel *temperature = profile_channel(profile, "water_temperature");
    const struct channel *gust = profile_channel(profile, "wind_speed.max");

    assert_int_equal(profile->channel_count, 3);
    assert_non_null(temperature);
    assert_non_null(gust);
    assert_null(profile_channel(profile, "wind_speed"));
    assert_string_equal(temperature->parameter->key, "water_temperature");
    assert_int_equal(temperature->area, AREA_HOLDING_REGISTER);
    assert_int_equal(temperature->address, 0x10);
    assert_int_equal(temperature->type, WORDS_FLOAT32);
    assert_int_equal(temperature->order, ORDER_CDAB);
    assert_true(temperature->valid_min == -5.0 && temperature->valid_max == 50.0);
    assert_string_equal(temperature->manual, "40017");
    assert_string_equal(gust->title, "gust");
    assert_int_equal(gust->order, ORDER_BADC);
    assert_int_equal(gust->scale.digits, 1);
    assert_int_equal(gust->scale.exponent, -2);
    assert_true(decimal_to_double(gust->offset) == -1.0);
    profile_free(profile);
}

static void absent_marks_are_raw_bits_or_numbers_of_the_type(void **state)
{
    struct profile *profile = load_good();
    const struct channel *temperature = profile_channel(profile, "water_temperature");
    const struct channel *gust = profile_channel(profile, "wind_speed.max");

    assert_int_equal(temperature->absent_count, 2);
    assert_int_equal(temperature->absent[0], 0x7F800001);
    assert_int_equal(temperature->absent[1], 0xC61C3C00); /* -9999 as a float32 */
    assert_int_equal(gust->absent_count, 1);
    assert_int_equal(gust->absent[0], 0xFFFF);
    profile_free(profile);
}

static void states_are_read(void **state)
{
    struct profile *profile = load_good();
    const struct state *first = &profile->states[0];
    const struct state *second = &profile->states[1];

    assert_int_equal(profile->state_count, 2);
    assert_string_equal(first->channel, "wind_speed.max");
    assert_int_equal(first->mask, 0x00F0);
    assert_int_equal(first->test, STATE_IS_ONE_OF);
    assert_int_equal(first->number_count, 1);
    assert_int_equal(first->numbers[0], 0x20);
    assert_int_equal(first->quality, QUALITY_MAINTENANCE);
    assert_string_equal(second->channel, "");
    assert_int_equal(second->mask, 1);
    assert_int_equal(second->test, STATE_ANY_BIT);
    assert_int_equal(second->quality, QUALITY_OVER_RANGE);
    profile_free(profile);
}

static void what_is_left_out_takes_the_careful_default(void **state)
{
    struct profile *profile = load_text(least, false);

    assert_non_null(profile);
    assert_false(profile->verified || profile->needs_write || profile->has_wake);
    assert_int_equal(profile->max_gap, 0);
    assert_int_equal(profile->max_registers, 125);
    assert_int_equal(profile->baud, 9600);
    assert_string_equal(profile->parity, "none");
    assert_int_equal(profile->stop_bits, 1);
    assert_int_equal(profile->settle_ms, 0);
    assert_true(decimal_to_double(profile->channels[0].scale) == 1.0);
    assert_int_equal(profile->channels[0].absent_count, 0);
    profile_free(profile);
}

static void the_digest_follows_every_byte_of_the_file(void **state)
{
    struct profile *one = load_changed("one quirk", "one quirk");
    struct profile *other = load_changed("one quirk", "two quirk");
    struct profile *original = load_good();

    assert_non_null(one);
    assert_non_null(other);
    assert_memory_equal(one->digest, original->digest, 32);
    assert_memory_not_equal(one->digest, other->digest, 32);
    profile_free(one);
    profile_free(other);
    profile_free(original);
}

static void the_digest_is_sha_256(void **state)
{
    struct profile *profile = load_text(least, false);

    assert_non_null(profile);
    assert_memory_equal(profile->digest, least_digest, 32);
    profile_free(profile);
}

static void a_refused_file_names_its_line(void **state)
{
    assert_null(profile_load(FIXTURES "/profile_without_unit.conf", parameters, false, faults));
    assert_int_equal(conf_faults_count(faults), 1);
    assert_int_equal(conf_fault(faults, 0)->kind, ERROR_SETTINGS);
    assert_non_null(strstr(conf_fault(faults, 0)->text, "profile_without_unit.conf:2: unit"));
}

static void a_file_that_is_not_there_is_a_fault(void **state)
{
    assert_null(profile_load("/nowhere/none.conf", parameters, true, faults));
    assert_true(conf_faults_count(faults) > 0);
}

static void every_mistake_is_refused_where_it_stands(void **state)
{
    static const struct {
        const char *from, *to, *key, *words;
    } cases[] = {
        {"needs_write",                       "need_write",                        "need_write",    "needs_write"          },
        {"parity = \"even\"",                 "parity = \"evn\"",                  "parity",        "even"                 },
        {"word_order = \"CDAB\"",             "word_order = \"ABDC\"",             "word_order",    "ABCD"                 },
        {"max_registers = 60",                "max_registers = 126",               "max_registers", "125"                  },
        {"warm_up = \"10s\"",                 "warm_up = 10",                      "warm_up",       "duration"             },
        {"wake = { address = 0x2500; }",      "wake = 0x2500",                     "wake",          ""                     },
        {"wake = { address",                  "wake = { area = \"coil\"; address", "area",          "holding"              },
        {"parameter = \"water_temperature\"", "parameter = \"water_temprature\"",  "parameter",
         "water_temperature"                                                                                               },
        {"parameter = \"flow\"",              "parameter = \"Flow\"",              "parameter",     "did you mean \"flow\""},
        {"address = 7",                       "address = 7.0",                     "address",
         "7.0 is not allowed. Allowed: a whole number, from 0 to 65535, without"                                           },
        {"address = 7",                       "address = 1,5",                     "address",       "write 1.5"            },
        {"unit = \"degC\"",                   "unit = \"K\"",                      "unit",          "scale"                },
        {"unit = \"m/s\"",                    "unit = \"km/h\"",                   "unit",          "m/s"                  },
        {"area = \"input\"",                  "area = \"analog\"",                 "area",          "input"                },
        {"address = 7",                       "address = 65536",                   "address",       "65535"                },
        {"address = 0x10;",                   "address = 65535;",                  "address",       "2 registers"          },
        {"type = \"float32\"",                "type = \"float16\"",                "type",          "float32"              },
        {"type = \"int16\"",                  "type = \"bit\"",                    "type",          "coil"                 },
        {"type = \"bit\"",                    "type = \"uint16\"",                 "type",          "coil"                 },
        {"scale = 0.01",                      "scale = 0",                         "scale",         "0"                    },
        {"valid = [-5.0, 50]",                "valid = [50, -5]",                  "valid",         "least"                },
        {"valid = [-5.0, 50]",                "valid = [50, 50]",                  "valid",         "least"                },
        {"valid = [-5.0, 50]",                "valid = [50]",                      "valid",         "least"                },
        {"valid = [-5.0, 50]",                "valid = 50",                        "valid",         "list"                 },
        {"absent = -1;",                      "absent = \"0x1FFFF\";",             "absent",        "int16"                },
        {"absent = -1;",                      "absent = 1.5;",                     "absent",        "int16"                },
        {"absent = -1;",                      "absent = \"never\";",               "absent",        "int16"                },
        {"absent = -1;",                      "absent = -40000;",                  "absent",        "int16"                },
        {"absent = -1;",                      "absent = (1, 2, 3, 4, 5);",         "absent",        "4"                    },
        {"\"0x7F800001\"",                    "\"0x\"",                            "absent",        "float32"              },
        {"mask = 0x00F0",                     "mask = 0",                          "mask",          "1"                    },
        {"equals = 0x20",                     "equals = 0x21",                     "equals",        "mask"                 },
        {"quality = \"M\"",                   "quality = \"B\"",                   "quality",       "\"C\""                },
        {"quality = \"M\"",                   "quality = \"N\"",                   "quality",       "\"C\""                },
        {"channel = \"wind_speed.max\"",      "channel = \"wind_speed\"",          "channel",       "no channel"           },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].from, cases[i].to, line_of(cases[i].from), cases[i].key,
                       cases[i].words);
    }
}

static void a_bit_is_neither_masked_nor_absent(void **state)
{
    const char *discrete = "{ area = \"discrete\"; address = 9;";

    assert_refused(discrete, "{ area = \"discrete\"; address = 9; mask = 2;", line_of(discrete),
                   "mask", "between 1 and 1");
    assert_refused("type = \"bit\";", "type = \"bit\"; absent = 1;", line_of("type = \"bit\""),
                   "absent", "bit");
}

static void the_order_of_two_registers_is_never_guessed(void **state)
{
    unsigned line = line_of("{ parameter = \"water_temperature\"");

    assert_refused("word_order = \"CDAB\";", "", line, "word_order", "never guessed");
}

static void a_value_of_two_registers_needs_requests_of_two(void **state)
{
    assert_refused("max_registers = 60", "max_registers = 1", line_of("type = \"float32\""), "type",
                   "max_registers");
}

static void no_register_belongs_to_two_channels(void **state)
{
    assert_refused("{ parameter = \"flow\"",
                   "{ parameter = \"ph\"; unit = \"\"; area = \"holding\"; address = 0x11; type = "
                   "\"int16\"; valid = [0, 14]; }, { parameter = \"flow\"",
                   line_of("{ parameter = \"flow\""), "address", "water_temperature");
}

static void two_channels_of_one_parameter_need_a_suffix(void **state)
{
    assert_refused("{ parameter = \"flow\"",
                   "{ parameter = \"flow\"; unit = \"L/s\"; area = \"coil\"; address = 9; type = "
                   "\"bit\"; valid = [0, 1]; }, { parameter = \"flow\"",
                   line_of("{ parameter = \"flow\""), "parameter", "suffix");
}

static void every_fault_of_a_file_is_said_in_one_run(void **state)
{
    struct profile *profile =
        load_changed("verified = true;", "verified = 1; colour = \"red\"; settle = 5;");

    assert_null(profile);
    assert_int_equal(conf_faults_count(faults), 3);
}

static void units_may_be_written_with_the_keys_people_have(void **state)
{
    static const struct {
        const char *parameter, *unit;
    } cases[] = {
        {"water_temperature", "degC"   },
        {"water_temperature", "°C"    },
        {"conductivity",      "uS/cm"  },
        {"conductivity",      "µS/cm" },
        {"pm2_5",             "ug/m3"  },
        {"pm2_5",             "µg/m³"},
        {"tsp",               "mg/m3"  },
        {"ph",                "pH"     },
        {"ph",                ""       },
        {"wind_direction",    "deg"    },
        {"chlorophyll_a",     "ug/L"   },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct profile *profile;
        char text[400];

        snprintf(text, sizeof text,
                 "model = \"m\"; title = \"t\"; source = \"s\"; channels = ( { parameter = \"%s\"; "
                 "unit = \"%s\"; area = \"holding\"; address = 0; type = \"uint16\"; "
                 "valid = [0, 14]; } );",
                 cases[i].parameter, cases[i].unit);
        profile = load_text(text, false);
        if (profile == NULL)
            fail_msg("%s in %s: %s", cases[i].parameter, cases[i].unit,
                     conf_fault(faults, 0)->text);
        profile_free(profile);
    }
}

static void a_proof_that_fails_says_what_was_expected_and_what_came(void **state)
{
    unsigned number = line_of("water_temperature = 20.5");
    unsigned letter = line_of("water_temperature = \"D\"");

    assert_refused("water_temperature = 20.5", "water_temperature = 20.4", number,
                   "water_temperature", "expected 20.4, got 20.5");
    assert_refused("water_temperature = 20.5", "water_temperature = \"T\"", number,
                   "water_temperature", "expected T, got 20.5");
    assert_refused("water_temperature = \"D\"", "water_temperature = 3", letter,
                   "water_temperature", "expected 3, got D (absent_mark)");
    assert_refused("flow = \"T\"", "flow = 0", letter, "flow", "expected 0, got 0, T (status_bit)");
}

static void a_failing_proof_names_the_word_order_that_would_hold(void **state)
{
    unsigned line = line_of("water_temperature = 20.5");

    assert_refused("holding = [0x0000, 0x41A4, 0x0000]", "holding = [0x41A4, 0x0000, 0x0000]", line,
                   "water_temperature", "; with word_order = \"ABCD\" it would be 20.5");
    assert_refused("holding = [0x0000, 0x41A4, 0x0000]", "holding = [0x0000, 0xA441, 0x0000]", line,
                   "water_temperature", "; with word_order = \"DCBA\" it would be 20.5");
    say_in(LANGUAGE_ZH);
    assert_refused("holding = [0x0000, 0x41A4, 0x0000]", "holding = [0xA441, 0x0000, 0x0000]", line,
                   "water_temperature", "；如果 word_order = \"BADC\"，就是 20.5");
    say_in(LANGUAGE_EN);
}

static void a_failing_proof_suggests_no_order_where_none_or_several_fit(void **state)
{
    static const char proof[] = "holding = [0x0000, 0x41A4, 0x0000];\n      input = [0x9001];\n"
                                "      coil = [1]; discrete = [0];\n"
                                "      water_temperature = 20.5";
    static const char *const failing[] = {
        "holding = [0x0000, 0x41A5, 0x0000]; input = [0x9001]; coil = [1]; discrete = [0]; "
        "water_temperature = 20.5",
        /* 0x42420000 is 48.5 in ABCD and in BADC */
        "holding = [0x4242, 0x0000, 0x0000]; input = [0x9001]; coil = [1]; discrete = [0]; "
        "water_temperature = 48.5",
    };

    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        assert_null(load_changed(proof, failing[i]));
        assert_non_null(strstr(conf_fault(faults, 0)->text, "the proof fails"));
        assert_null(strstr(conf_fault(faults, 0)->text, "word_order"));
        assert_null(strstr(conf_fault(faults, 0)->text, "counts from 0"));
        conf_faults_free(faults);
        faults = conf_faults_new();
    }
}

static void an_address_as_the_manual_prints_it_is_explained(void **state)
{
    static const struct {
        const char *from, *to, *words;
    } wrong[] = {
        {"address = 0x10;", "address = 40101;", "counts from 0: manual 40101 is address 100;"},
        {"address = 0x10;", "address = 40001;", "counts from 0: manual 40001 is address 0;"  },
        {"address = 7",     "address = 30008",  "counts from 0: manual 30008 is address 7;"  },
    };
    static const char *const right[][2] = {
        {"address = 7",  "address = 40101"                     },
        {"address = 7",  "address = 30008; manual = \"0x7538\""},
        {"address = 7",  "address = 30000"                     },
        {"address = 3;", "address = 10001;"                    },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused(wrong[i].from, wrong[i].to, line_of(wrong[i].from), "address",
                       wrong[i].words);
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct profile *profile = load_changed(right[i][0], right[i][1]);

        if (profile == NULL)
            fail_msg("%s: %s", right[i][1], conf_fault(faults, 0)->text);
        profile_free(profile);
    }
}

static void a_failing_proof_compares_the_address_with_the_manual(void **state)
{
    assert_refused("address = 0x10;", "address = 0x11;", line_of("water_temperature = \"D\""),
                   "water_temperature",
                   "; address counts from 0: manual 40017 is address 16, not 17");
}

static void a_proof_without_a_state_it_depends_on_proves_nothing(void **state)
{
    assert_refused("coil = [1]; discrete = [0];", "coil = [1];",
                   line_of("water_temperature = 20.5"), "water_temperature", "got B");
}

static void a_proof_that_says_nothing_of_any_channel_is_refused(void **state)
{
    assert_null(load_changed("water_temperature = \"B\";", "note = \"hollow\";"));
    assert_non_null(strstr(conf_fault(faults, 0)->text, "says nothing"));
}

static void every_channel_is_in_a_proof(void **state)
{
    unsigned line = line_of("proofs = (");
    char *flow = strstr(good, "flow = 1;");

    memset(flow, ' ', strlen("flow = 1;"));
    assert_refused("flow = \"T\";", "", line, "proofs", "flow");
    memcpy(flow, "flow = 1;", strlen("flow = 1;"));
}

static void a_proof_speaks_only_of_words_and_channels_there_are(void **state)
{
    assert_refused("flow = 1;", "flux = 1;", line_of("flow = 1;"), "flux", "no such channel");
    assert_refused("input = [0x9001]", "input = [65536]", line_of("input = [0x9001]"), "input",
                   "65535");
    assert_refused("coil = [1]", "coil = [2]", line_of("coil = [1]"), "coil", "0 or 1");
    assert_refused("input = [0x9001]", "input = []", line_of("input = [0x9001]"), "input",
                   "nothing");
    assert_refused("at = 0x11;", "at = 65536;", line_of("at = 0x11;"), "at", "65535");
    assert_refused("holding = [0x41A4];", "holding = ({ at = 65535; words = [1, 2]; });",
                   line_of("at = 0x11;"), "holding", "too far");
    assert_refused("discrete = [0];\n      water_temperature = \"B\"",
                   "input = [1]; discrete = [0]; water_temperature = \"B\"", line_of("at = 0x11;"),
                   "at", "holding or input");
    assert_refused("flow = 1;", "flow = \"X\";", line_of("flow = 1;"), "flow", "letter");
}

static void proofs_are_replayed_only_when_asked(void **state)
{
    struct profile *profile = load_text(least, false);

    assert_non_null(profile);
    profile_free(profile);
    assert_null(load_text(least, true));
    assert_int_equal(conf_faults_count(faults), 1);
    assert_non_null(strstr(conf_fault(faults, 0)->text, "no proof speaks of channel ph"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_faults, drop_faults)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_head_of_a_profile_is_read),
        TEST(channels_are_read_and_found_by_their_name),
        TEST(absent_marks_are_raw_bits_or_numbers_of_the_type),
        TEST(states_are_read),
        TEST(what_is_left_out_takes_the_careful_default),
        TEST(the_digest_follows_every_byte_of_the_file),
        TEST(the_digest_is_sha_256),
        TEST(a_refused_file_names_its_line),
        TEST(a_file_that_is_not_there_is_a_fault),
        TEST(every_mistake_is_refused_where_it_stands),
        TEST(a_bit_is_neither_masked_nor_absent),
        TEST(the_order_of_two_registers_is_never_guessed),
        TEST(a_value_of_two_registers_needs_requests_of_two),
        TEST(no_register_belongs_to_two_channels),
        TEST(two_channels_of_one_parameter_need_a_suffix),
        TEST(every_fault_of_a_file_is_said_in_one_run),
        TEST(units_may_be_written_with_the_keys_people_have),
        TEST(a_proof_that_fails_says_what_was_expected_and_what_came),
        TEST(a_failing_proof_names_the_word_order_that_would_hold),
        TEST(a_failing_proof_suggests_no_order_where_none_or_several_fit),
        TEST(an_address_as_the_manual_prints_it_is_explained),
        TEST(a_failing_proof_compares_the_address_with_the_manual),
        TEST(a_proof_without_a_state_it_depends_on_proves_nothing),
        TEST(a_proof_that_says_nothing_of_any_channel_is_refused),
        TEST(every_channel_is_in_a_proof),
        TEST(a_proof_speaks_only_of_words_and_channels_there_are),
        TEST(proofs_are_replayed_only_when_asked),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
