/* Tests of drivers/frame.c: what is written, what is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/frame.h"

static const struct request holding = {.unit = 0x11, .function = 3, .address = 0x006B, .count = 3};

static void requests_are_written_as_the_standard_prints_them(void **state)
{
    uint8_t out[FRAME_REQUEST_MAX];

    assert_int_equal(frame_write_tcp(&holding, 0x1501, out), 12);
    assert_memory_equal(out, "\x15\x01\0\0\0\6\x11\3\0\x6B\0\3", 12);
    assert_int_equal(frame_write_rtu(&holding, out), 8);
    assert_memory_equal(out, "\x11\3\0\x6B\0\3\x76\x87", 8);
}

static void the_crc_is_that_of_modbus(void **state)
{
    assert_int_equal(frame_crc((const uint8_t *)"123456789", 9), 0x4B37);
}

static void only_reads_within_the_standard_are_valid(void **state)
{
    static const struct {
        struct request request;
        bool valid;
    } cases[] = {
        {{1, 1, 0, 2000},   true },
        {{1, 1, 0, 2001},   false},
        {{1, 3, 0, 125},    true },
        {{1, 3, 0, 126},    false},
        {{1, 4, 65535, 1},  true },
        {{1, 4, 65535, 2},  false},
        {{1, 3, 0x2500, 0}, true },
        {{1, 0, 0, 1},      false},
        {{1, 5, 0, 1},      false},
        {{1, 6, 0, 1},      false},
        {{1, 15, 0, 1},     false},
        {{1, 16, 0, 1},     false},
        {{1, 22, 0, 1},     false},
        {{1, 23, 0, 1},     false},
        {{1, 0x83, 0, 1},   false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(request_is_valid(&cases[i].request), cases[i].valid);
}

static void data_sizes_count_registers_and_bits(void **state)
{
    assert_int_equal(request_data_size(&(struct request){1, 3, 0, 125}), 250);
    assert_int_equal(request_data_size(&(struct request){1, 1, 0, 8}), 1);
    assert_int_equal(request_data_size(&(struct request){1, 2, 0, 9}), 2);
    assert_int_equal(request_data_size(&(struct request){1, 4, 0, 0}), 0);
}

static void requests_look_alike_when_their_answers_do(void **state)
{
    const struct request bits = {.unit = 1, .function = 1, .address = 0, .count = 9};

    assert_true(request_looks_like(&bits, &(struct request){1, 1, 99, 16}));
    assert_false(request_looks_like(&bits, &(struct request){1, 1, 99, 17}));
    assert_false(request_looks_like(&bits, &(struct request){2, 1, 0, 9}));
    assert_false(request_looks_like(&bits, &(struct request){1, 2, 0, 9}));
}

static void a_read_of_nothing_is_answered_with_nothing(void **state)
{
    const struct request wake = {.unit = 1, .function = 3, .address = 0x2500, .count = 0};
    struct overheard heard = {0};
    struct judgement judged;

    judged = frame_judge_tcp(&wake, 7, (const uint8_t *)"\0\7\0\0\0\3\1\3\0", 9);
    assert_int_equal(judged.verdict, FRAME_ANSWER);
    judged = frame_search_rtu(&wake, (const uint8_t *)"\1\3\0\x20\xF0", 5, false, &heard);
    assert_int_equal(judged.verdict, FRAME_ANSWER);
    assert_int_equal(judged.used, 5);
}

/* However the bytes are cut, the verdict is the same, and nothing past them is read. */
static void an_answer_is_judged_the_same_byte_by_byte(void **state)
{
    static const uint8_t tcp[] = "\0\7\0\0\0\x09\x11\3\6\2\x2B\0\0\0\x64";
    static const uint8_t rtu[] = "\x11\3\6\2\x2B\0\0\0\x64\xC8\xBA";
    struct overheard heard = {0};

    for (size_t size = 0; size < 15; size++) {
        uint8_t *exact = malloc(size + 1); /* so that a sanitizer sees the first byte too many */

        memcpy(exact, tcp, size);
        assert_int_equal(frame_judge_tcp(&holding, 7, exact, size).verdict, FRAME_MORE);
        free(exact);
    }
    assert_int_equal(frame_judge_tcp(&holding, 7, tcp, 15).verdict, FRAME_ANSWER);
    assert_memory_equal(frame_judge_tcp(&holding, 7, tcp, 15).data, "\2\x2B\0\0\0\x64", 6);
    for (size_t size = 0; size < 11; size++)
        assert_int_equal(frame_search_rtu(&holding, rtu, size, false, &heard).verdict, FRAME_MORE);
    assert_int_equal(frame_search_rtu(&holding, rtu, 11, false, &heard).verdict, FRAME_ANSWER);
}

static void a_half_frame_holds_back_what_follows_until_the_deadline(void **state)
{
    /* three bytes that begin like our answer, then the answer */
    static const uint8_t bytes[] = "\x11\3\6\x11\3\6\2\x2B\0\0\0\x64\xC8\xBA";
    struct overheard heard = {0};

    assert_int_equal(frame_search_rtu(&holding, bytes, 10, false, &heard).verdict, FRAME_MORE);
    assert_int_equal(frame_search_rtu(&holding, bytes, 10, false, &heard).used, 0);
    assert_int_equal(frame_search_rtu(&holding, bytes, 14, true, &heard).verdict, FRAME_ANSWER);
}

static void no_random_bytes_are_taken_for_an_answer_over_tcp(void **state)
{
    uint8_t bytes[300];

    srand(1);
    for (int i = 0; i < 200000; i++) {
        size_t size = (size_t)rand() % 40;

        for (size_t j = 0; j < size; j++)
            bytes[j] = (uint8_t)rand();
        assert_int_not_equal(frame_judge_tcp(&holding, 7, bytes, size).verdict, FRAME_ANSWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_written_as_the_standard_prints_them),
        cmocka_unit_test(the_crc_is_that_of_modbus),
        cmocka_unit_test(only_reads_within_the_standard_are_valid),
        cmocka_unit_test(data_sizes_count_registers_and_bits),
        cmocka_unit_test(requests_look_alike_when_their_answers_do),
        cmocka_unit_test(a_read_of_nothing_is_answered_with_nothing),
        cmocka_unit_test(an_answer_is_judged_the_same_byte_by_byte),
        cmocka_unit_test(a_half_frame_holds_back_what_follows_until_the_deadline),
        cmocka_unit_test(no_random_bytes_are_taken_for_an_answer_over_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
