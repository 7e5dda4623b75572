/* Tests of base/log.c. Names say what must hold. A line that blocked would hang its test. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

enum { MORE_THAN_FITS = 4000 };

static void say_much(int fd)
{
    log_set_file(fd);
    for (int i = 0; i < MORE_THAN_FITS; i++)
        log_error("line %d of many, each long enough to fill what nobody reads", i);
    log_set_file(-1);
}

static void a_pipe_nobody_reads_stops_nobody(void **state)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    say_much(ends[1]);
    close(ends[0]);
    close(ends[1]);
}

static void a_journal_that_hangs_stops_nobody(void **state)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    say_much(ends[1]);
    close(ends[0]);
    close(ends[1]);
}

static void a_reader_that_is_gone_stops_nobody(void **state)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    close(ends[0]);
    say_much(ends[1]);
    close(ends[1]);
}

static void a_line_is_whole_and_has_one_end(void **state)
{
    char read_back[256] = "";
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    log_set_file(ends[1]);
    log_error("unit %d\nforged line", 7);
    log_set_file(-1);
    assert_true(read(ends[0], read_back, sizeof read_back - 1) > 0);
    assert_non_null(strstr(read_back, "unit 7\\x0aforged line\n"));
    assert_ptr_equal(strchr(read_back, '\n'), read_back + strlen(read_back) - 1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_nobody_reads_stops_nobody),
        cmocka_unit_test(a_journal_that_hangs_stops_nobody),
        cmocka_unit_test(a_reader_that_is_gone_stops_nobody),
        cmocka_unit_test(a_line_is_whole_and_has_one_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
