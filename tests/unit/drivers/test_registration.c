/* Tests of drivers/registration.c: who a unit says it is, and who it is never taken for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/registration.h"

enum { IDS_MAX = 8 };

struct list {
    struct registration_id ids[IDS_MAX];
    size_t count;
};

static struct list list_of(const char *const *texts)
{
    struct list list = {.count = 0};

    for (; *texts != NULL; texts++)
        assert_true(registration_id_of_text(*texts, &list.ids[list.count++]));
    qsort(list.ids, list.count, sizeof list.ids[0], registration_id_order);
    return list;
}

/* The id found, or "" for none. */
static const char *found(const struct list *list, const char *packet, size_t size, bool ended)
{
    static char text[REGISTRATION_ID_MAX + 1];
    int index = registration_find(list->ids, list->count, (const uint8_t *)packet, size, ended);

    memset(text, 0, sizeof text);
    if (index >= 0)
        memcpy(text, list->ids[index].bytes, list->ids[index].size);
    return text;
}

static void a_packet_names_its_unit_and_never_another(void **state)
{
    static const char *const ids[] = {"A1", "A12", "ZJ 7", NULL};
    static const struct {
        const char *packet;
        size_t size;
        const char *now, *ended; /* who it names before the silence, and after it */
    } cases[] = {
        {"A1",             2,  "",     "A1"  }, /* may still become A12 */
        {"A12",            3,  "",     "A12" },
        {"A1\r",           3,  "A1",   "A1"  },
        {"A1\n",           3,  "A1",   "A1"  },
        {"A1\r\n",         4,  "A1",   "A1"  },
        {"A1\0",           3,  "",     "A1"  }, /* padding, or more of the name */
        {"A1 ",            3,  "",     "A1"  },
        {"A1 7",           4,  "",     ""    },
        {"A1\0\x12",       4,  "",     ""    },
        {"A1 \r\n7",       6,  "A1",   "A1"  },
        {"A1 A1 ",         6,  "",     "A1"  },
        {"A1;",            3,  "A1",   "A1"  },
        {"A12;",           4,  "A12",  "A12" },
        {"A1;CSQ=23",      9,  "A1",   "A1"  },
        {"A1\r\nA1\r\n",   8,  "A1",   "A1"  },
        {"A1A1A1",         6,  "",     "A1"  }, /* the heartbeat is the registration */
        {"A1A1;",          5,  "A1",   "A1"  },
        {"A12A1",          5,  "",     ""    },
        {"A1A12",          5,  "",     ""    },
        {"A13",            3,  "",     ""    },
        {"A123",           4,  "",     ""    },
        {"A",              1,  "",     ""    },
        {"",               0,  "",     ""    },
        {" A1",            3,  "",     ""    },
        {"xA1;",           4,  "",     ""    },
        {"a1;",            3,  "",     ""    },
        {"A1,",            3,  "",     ""    },
        {"A1\t",           3,  "",     ""    },
        {"ZJ 7",           4,  "",     "ZJ 7"}, /* an id with a terminator inside */
        {"ZJ 7\n",         5,  "ZJ 7", "ZJ 7"},
        {"ZJ 71",          5,  "",     ""    },
        {"ZJ",             2,  "",     ""    },
        {"\1\3\2\0A1",     6,  "",     ""    }, /* a frame first */
        {"GET / HTTP/1.1", 14, "",     ""    },
    };
    struct list list = list_of(ids);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(found(&list, cases[i].packet, cases[i].size, false), cases[i].now);
        assert_string_equal(found(&list, cases[i].packet, cases[i].size, true), cases[i].ended);
    }
}

static void a_packet_two_units_may_say_is_nobodys_unless_to_the_letter(void **state)
{
    static const char *const ids[] = {"A1", "A1A1", NULL};
    struct list list = list_of(ids);

    assert_string_equal(found(&list, "A1", 2, true), "A1");
    assert_string_equal(found(&list, "A1A1", 4, true), "A1A1");
    assert_string_equal(found(&list, "A1A1;", 5, true), "");
    assert_string_equal(found(&list, "A1A1A1A1", 8, true), "");
    assert_string_equal(found(&list, "A1A1A1", 6, true), "A1"); /* never twice A1A1 */
}

static void ids_that_could_be_taken_for_another_are_known(void **state)
{
    static const struct {
        const char *one, *other;
        bool taken;
    } cases[] = {
        {"A1 B", "A1",   false},
        {"A1 ",  "A1",   true },
        {"A1;",  "A1",   true },
        {"A1A1", "A1",   true },
        {"A12",  "A1",   false},
        {"A1",   "A1 B", false},
        {"A1",   "A1",   false},
        {"B1 A", "A1",   false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct registration_id one, other;

        assert_true(registration_id_of_text(cases[i].one, &one));
        assert_true(registration_id_of_text(cases[i].other, &other));
        assert_int_equal(registration_is_taken(&one, &other), cases[i].taken);
    }
}

static void an_id_in_hex_is_its_bytes(void **state)
{
    static const char *const wrong[] = {"", " ", "7", "7e 0", "7 e", "0x7e", "7e,01", "zz"};
    struct registration_id id;
    char hex[REGISTRATION_HEX];

    assert_true(registration_id_of_hex("7E 01 0200ff", &id));
    assert_int_equal(id.size, 5);
    assert_memory_equal(id.bytes, "\x7e\1\2\0\xff", 5);
    assert_string_equal(registration_hex(id.bytes, id.size, hex), "7e010200ff");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(registration_id_of_hex(wrong[i], &id));
        assert_int_equal(id.size, 0);
    }
}

static void an_id_is_bounded(void **state)
{
    char text[REGISTRATION_ID_MAX + 2] = {0};
    struct registration_id id;

    memset(text, 'x', REGISTRATION_ID_MAX);
    assert_true(registration_id_of_text(text, &id));
    assert_int_equal(id.size, REGISTRATION_ID_MAX);
    text[REGISTRATION_ID_MAX] = 'x';
    assert_false(registration_id_of_text(text, &id));
    assert_false(registration_id_of_text("", &id));
}

static void a_strangers_name_is_cut_only_where_it_says_the_same_again(void **state)
{
    static const struct {
        const char *packet;
        size_t size, name;
    } cases[] = {
        {"A12",            3,  3 },
        {"A12\r\n",        5,  3 },
        {"A12\r\nA12\r\n", 10, 3 },
        {"A12\nA12\nA12",  11, 3 },
        {"DTU 7",          5,  5 }, /* "DTU" would be every other such unit too */
        {"SN:12;FW:3\r\n", 12, 10},
        {"\x7e\0\1",       3,  3 },
        {"A1 A12",         6,  6 },
        {"\r\n",           2,  0 },
        {"",               0,  0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(registration_name((const uint8_t *)cases[i].packet, cases[i].size),
                         cases[i].name);
}

static void hostile_bytes_are_shown_as_what_they_are(void **state)
{
    char text[REGISTRATION_TEXT];
    uint8_t all[REGISTRATION_MAX];

    assert_string_equal(registration_text((const uint8_t *)"A\x1b[2J\n\"\\\xe4", 9, text),
                        "A\\x1b[2J\\x0a\"\\x5c\\xe4");
    assert_true(registration_is_text((const uint8_t *)"ZJ-07 a", 7));
    assert_false(registration_is_text((const uint8_t *)"a\"b", 3));
    assert_false(registration_is_text((const uint8_t *)"a\\b", 3));
    assert_false(registration_is_text((const uint8_t *)"a\nb", 3));
    assert_false(registration_is_text((const uint8_t *)"", 0));
    memset(all, 0xFF, sizeof all);
    assert_int_equal(strlen(registration_text(all, sizeof all, text)), 4 * sizeof all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_names_its_unit_and_never_another),
        cmocka_unit_test(a_packet_two_units_may_say_is_nobodys_unless_to_the_letter),
        cmocka_unit_test(ids_that_could_be_taken_for_another_are_known),
        cmocka_unit_test(an_id_in_hex_is_its_bytes),
        cmocka_unit_test(an_id_is_bounded),
        cmocka_unit_test(a_strangers_name_is_cut_only_where_it_says_the_same_again),
        cmocka_unit_test(hostile_bytes_are_shown_as_what_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
