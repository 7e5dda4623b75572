/* Tests of how a serial port is set up: what a pty cannot show (rate, parity, stop bits, modem
 * lines, RS-485 direction) is read from what the kernel is asked for. This program's own
 * tcsetattr() and ioctl() stand before the C library's, also for libmodbus: they write down and
 * pass on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/link.h"

static struct termios asked; /* of the kernel, last */
static size_t times_asked, modem_lines_touched;
static struct serial_rs485 direction;
static bool has_rs485; /* the driver can switch it */

int tcsetattr(int fd, int when, const struct termios *line)
{
    int (*real)(int, int, const struct termios *);

    *(void **)&real = dlsym(RTLD_NEXT, "tcsetattr");
    asked = *line;
    times_asked++;
    return real(fd, when, line);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list rest;
    void *what;

    va_start(rest, request);
    what = va_arg(rest, void *);
    va_end(rest);
    if (request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC)
        modem_lines_touched++;
    if (request == TIOCSRS485 && has_rs485) {
        direction = *(const struct serial_rs485 *)what;
        return 0;
    }
    return (int)syscall(SYS_ioctl, fd, request, what);
}

static uv_loop_t loop;
static int master, slave;
static char path[64];
static bool is_up;
static char last_why[400];

static void went_up(void *self)
{
    is_up = true;
}

static void went_down(void *self, enum cause cause, const char *why)
{
    is_up = false;
    snprintf(last_why, sizeof last_why, "%s", why);
}

static void heard_bytes(void *self, const uint8_t *bytes, size_t count)
{
}

static void woken(void *self)
{
}

static const struct link_user user = {went_up, went_down, heard_bytes, woken};

static int set_up(void **state)
{
    uv_loop_init(&loop);
    assert_int_equal(openpty(&master, &slave, path, NULL, NULL), 0);
    times_asked = modem_lines_touched = 0;
    has_rs485 = is_up = false;
    memset(&direction, 0, sizeof direction);
    memset(&asked, 0xFF, sizeof asked);
    return 0;
}

static int tear_down(void **state)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    close(master);
    close(slave);
    return uv_loop_close(&loop);
}

/* Opens the port with this setup; what the kernel was asked for stands in `asked` and stays. */
static struct link *open_port(int baud, char parity, int stop_bits, bool rs485)
{
    struct serial_setup setup = {
        .name = "bus", .baud = baud, .parity = parity, .stop_bits = stop_bits, .rs485 = rs485};
    struct error err = {0};
    struct link *link;

    snprintf(setup.path, sizeof setup.path, "%s", path);
    link = link_serial_new(&loop, &setup, &user, NULL, &err);
    if (link == NULL)
        fail_msg("%s", err.text);
    link_open(link);
    return link;
}

static void every_rate_is_the_one_the_kernel_is_asked_for(void **state)
{
    static const struct {
        int baud;
        speed_t speed;
    } cases[] = {
        {300,    B300   },
        {600,    B600   },
        {1200,   B1200  },
        {2400,   B2400  },
        {4800,   B4800  },
        {9600,   B9600  },
        {19200,  B19200 },
        {38400,  B38400 },
        {57600,  B57600 },
        {115200, B115200},
        {230400, B230400},
        {460800, B460800},
        {921600, B921600},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link *link = open_port(cases[i].baud, 'N', 1, false);

        assert_true(is_up);
        assert_int_equal(cfgetospeed(&asked), cases[i].speed);
        assert_int_equal(cfgetispeed(&asked), cases[i].speed);
        link_end(link, NULL, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    for (int baud = -1; baud <= 1000000; baud++) { /* and no other is known */
        bool known = false;

        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            known |= cases[i].baud == baud;
        assert_int_equal(baud_is_known(baud), known);
    }
}

static void parity_and_stop_bits_are_as_said_and_a_character_has_eight_bits(void **state)
{
    static const struct {
        char parity;
        int stop_bits;
        tcflag_t flags;
    } cases[] = {
        {'N', 1, 0                       },
        {'N', 2, CSTOPB                  },
        {'E', 1, PARENB                  },
        {'E', 2, PARENB | CSTOPB         },
        {'O', 1, PARENB | PARODD         },
        {'O', 2, PARENB | PARODD | CSTOPB},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct link *link = open_port(9600, cases[i].parity, cases[i].stop_bits, false);

        assert_int_equal(asked.c_cflag & (PARENB | PARODD | CSTOPB), cases[i].flags);
        assert_int_equal(asked.c_cflag & CSIZE, CS8);
        assert_int_equal(asked.c_iflag & INPCK, cases[i].parity == 'N' ? 0 : INPCK);
        link_end(link, NULL, NULL);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
}

static void bytes_pass_as_they_are_and_nothing_waits_for_modem_lines(void **state)
{
    struct link *link = open_port(9600, 'N', 1, false);

    assert_true(is_up);
    assert_true(asked.c_cflag & CLOCAL);
    assert_true(asked.c_cflag & CREAD);
    assert_false(asked.c_cflag & CRTSCTS);
    assert_int_equal(asked.c_lflag & (ICANON | ECHO | ECHOE | ISIG | IEXTEN), 0);
    assert_int_equal(asked.c_iflag & (IXON | IXOFF | IXANY | ICRNL | INLCR | IGNCR | ISTRIP), 0);
    assert_int_equal(asked.c_iflag & (BRKINT | PARMRK | IGNBRK), 0);
    assert_false(asked.c_oflag & OPOST);
    assert_int_equal(asked.c_cc[VMIN], 0);
    assert_int_equal(asked.c_cc[VTIME], 0);
    link_end(link, NULL, NULL);
}

/* An adapter whose direction hangs on RTS would be turned round by it in mid-frame. */
static void modem_lines_are_never_touched_and_the_port_is_left_as_it_was_found(void **state)
{
    struct termios before, after;
    struct link *link;

    assert_int_equal(tcgetattr(slave, &before), 0);
    before.c_cflag |= HUPCL;
    assert_int_equal(tcsetattr(slave, TCSANOW, &before), 0);
    assert_int_equal(tcgetattr(slave, &before), 0);
    link = open_port(19200, 'E', 1, false);
    assert_false(asked.c_cflag & HUPCL); /* a collector that is killed does not drop them */
    link_end(link, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(modem_lines_touched, 0);
    assert_int_equal(tcgetattr(slave, &after), 0);
    assert_int_equal(after.c_cflag, before.c_cflag);
    assert_int_equal(after.c_lflag, before.c_lflag);
    assert_int_equal(after.c_iflag, before.c_iflag);
    assert_int_equal(after.c_oflag, before.c_oflag);
}

static void the_driver_is_asked_to_switch_the_direction(void **state)
{
    struct link *link;

    has_rs485 = true;
    link = open_port(9600, 'N', 1, true);
    assert_true(is_up);
    assert_int_equal(direction.flags, SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND);
    assert_int_equal(direction.delay_rts_before_send, 0);
    assert_int_equal(direction.delay_rts_after_send, 0);
    assert_int_equal(modem_lines_touched, 0);
    link_end(link, NULL, NULL);
}

static void without_rs485_the_driver_is_not_asked(void **state)
{
    struct link *link;

    has_rs485 = true;
    link = open_port(9600, 'N', 1, false);
    assert_true(is_up);
    assert_int_equal(direction.flags, 0);
    link_end(link, NULL, NULL);
}

static void a_driver_that_cannot_switch_it_is_said(void **state)
{
    struct link *link = open_port(9600, 'N', 1, true);

    assert_false(is_up);
    assert_non_null(strstr(last_why, "RS-485"));
    assert_non_null(strstr(last_why, path));
    link_end(link, NULL, NULL);
}

#define serial_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        serial_test(every_rate_is_the_one_the_kernel_is_asked_for),
        serial_test(parity_and_stop_bits_are_as_said_and_a_character_has_eight_bits),
        serial_test(bytes_pass_as_they_are_and_nothing_waits_for_modem_lines),
        serial_test(modem_lines_are_never_touched_and_the_port_is_left_as_it_was_found),
        serial_test(the_driver_is_asked_to_switch_the_direction),
        serial_test(without_rs485_the_driver_is_not_asked),
        serial_test(a_driver_that_cannot_switch_it_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
