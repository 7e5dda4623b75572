/* Tests of output/url.c, patience.c and shown.c: addresses, waits, a peer's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "output/patience.h"
#include "output/shown.h"
#include "output/url.h"

static void an_address_is_taken_apart(void **state)
{
    static const struct {
        const char *words;
        struct url url;
        bool loopback;
    } cases[] = {
        {"https://db.town.cn/write?db=x", {"https", "db.town.cn", 0},       false},
        {"HTTP://127.0.0.1:8086/write",   {"http", "127.0.0.1", 8086},      true },
        {"mqtts://[2001:db8::1]:8883",    {"mqtts", "2001:db8::1", 8883},   false},
        {"mqtt://[::1]",                  {"mqtt", "::1", 0},               true },
        {"mqtt://localhost",              {"mqtt", "localhost", 0},         true },
        {"http://127.0.0.1.evil.cn/",     {"http", "127.0.0.1.evil.cn", 0}, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url url;

        assert_true(url_parse(cases[i].words, &url, NULL));
        assert_string_equal(url.scheme, cases[i].url.scheme);
        assert_string_equal(url.host, cases[i].url.host);
        assert_int_equal(url.port, cases[i].url.port);
        assert_int_equal(url_is_loopback(&url), cases[i].loopback);
    }
}

static void a_wrong_address_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "db.town.cn",
                                        "://x",
                                        "http://",
                                        "http://:80",
                                        "http://x:",
                                        "http://x:0",
                                        "http://x:65536",
                                        "http://x:8a",
                                        "http://[::1",
                                        "http://x y/",
                                        "http://x\n/",
                                        "averylongscheme://x"};
    struct url url;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(url_parse(wrong[i], &url, NULL));
}

static void a_secret_in_an_address_is_refused_and_not_repeated(void **state)
{
    struct error err = {0};
    struct url url;

    assert_false(url_parse("http://li:s3cret@db/", &url, &err));
    assert_non_null(strstr(err.text, "password_file"));
    assert_null(strstr(err.text, "s3cret"));
}

static void waits_double_scattered_and_never_leave_their_bounds(void **state)
{
    struct patience patience;

    patience_init(&patience, 1000, 60000);
    for (int64_t base = 1000; base < 60000; base *= 2) {
        int64_t ms = patience_next(&patience);

        assert_in_range(ms, base - base / 4 > 1000 ? base - base / 4 : 1000, base + base / 4);
    }
    for (int i = 0; i < 100; i++)
        assert_in_range(patience_next(&patience), 45000, 60000);
    patience_reset(&patience);
    assert_in_range(patience_next(&patience), 1000, 1250);
}

static void control_characters_of_a_peer_are_shown_not_obeyed(void **state)
{
    char bytes[64];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add_shown(&text, "a\x1b[31m\n\0b\x7f", 10);
    assert_string_equal(bytes, "a\\x1B[31m\\x0A\\x00b\\x7F");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_taken_apart),
        cmocka_unit_test(a_wrong_address_is_refused),
        cmocka_unit_test(a_secret_in_an_address_is_refused_and_not_repeated),
        cmocka_unit_test(waits_double_scattered_and_never_leave_their_bounds),
        cmocka_unit_test(control_characters_of_a_peer_are_shown_not_obeyed),
    };

    say_in(LANGUAGE_EN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
