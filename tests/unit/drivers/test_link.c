/* Tests of drivers/link*.c that need no line: which addresses are asked, which rates exist. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/link.h"

static bool is_private(const char *words)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, words, &four.sin_addr) == 1)
        return address_is_private((struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, words, &six.sin6_addr), 1);
    return address_is_private((struct sockaddr *)&six);
}

static void only_addresses_the_internet_does_not_reach_are_private(void **state)
{
    static const char *const inside[] = {
        "10.0.0.1",  "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "127.0.0.1", "169.254.9.9",    "100.64.0.1", "100.127.255.1",  "::1",
        "fe80::1",   "fd00::1",        "fc00::1",    "::ffff:10.1.1.1"};
    static const char *const outside[] = {"8.8.8.8",        "172.15.255.255",  "172.32.0.1",
                                          "192.167.1.1",    "100.63.255.255",  "100.128.0.1",
                                          "0.0.0.0",        "255.255.255.255", "224.0.0.1",
                                          "2001:db8::1",    "ff02::1",         "::",
                                          "::ffff:8.8.8.8", "fec0::1"};

    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        assert_true(is_private(inside[i]));
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(is_private(outside[i]));
}

static void a_rate_libmodbus_would_bend_is_unknown(void **state)
{
    assert_true(baud_is_known(9600));
    assert_true(baud_is_known(115200));
    assert_false(baud_is_known(9601));
    assert_false(baud_is_known(0));
    assert_false(baud_is_known(-9600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_addresses_the_internet_does_not_reach_are_private),
        cmocka_unit_test(a_rate_libmodbus_would_bend_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
