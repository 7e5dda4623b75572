/* Tests of ledger/canonical.c: one value has one text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/canonical.h"

static void assert_written(json_t *json, const char *wanted)
{
    size_t size = 0;
    char *text = canonical_json(json, &size);

    assert_non_null(text);
    assert_string_equal(text, wanted);
    assert_int_equal(size, strlen(wanted));
    free(text);
    json_decref(json);
}

static void keys_stand_in_the_order_of_their_bytes_whatever_order_they_came_in(void **state)
{
    assert_written(
        json_pack("{s:i, s:i, s:{s:i, s:i}, s:i}", "b", 2, "a", 1, "B", "y", 1, "x", 2, "é", 3),
        "{\"B\":{\"x\":2,\"y\":1},\"a\":1,\"b\":2,\"é\":3}\n");
}

static void a_number_is_its_shortest_decimal(void **state)
{
    assert_written(json_pack("[f, f, f, f, f, I]", 0.1, 121.0321, -0.0, 2.0, 1e-7,
                             (json_int_t)9007199254740993),
                   "[0.1,121.0321,0,2,1e-7,9007199254740993]\n");
}

static void what_is_absent_stays_and_text_is_not_escaped_without_need(void **state)
{
    assert_written(json_pack("{s:n, s:b, s:[], s:s}", "a", "b", 1, "c", "d", "标准/\"x\"\\\n\x01"),
                   "{\"a\":null,\"b\":true,\"c\":[],\"d\":\"标准/\\\"x\\\"\\\\\\u000a\\u0001\"}\n");
}

static void nothing_has_no_text(void **state)
{
    assert_null(canonical_json(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_stand_in_the_order_of_their_bytes_whatever_order_they_came_in),
        cmocka_unit_test(a_number_is_its_shortest_decimal),
        cmocka_unit_test(what_is_absent_stays_and_text_is_not_escaped_without_need),
        cmocka_unit_test(nothing_has_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
