/* bench_serial.c - the barest Modbus master a serial line can have: send, take the answer, wait the
 * silence out, send to the next unit. What it loses of the line's time is lost by the line's far
 * end and the machine, not by a poller.
 *
 *     bench_serial PATH GAP_US UNITS SECONDS
 *
 * Prints {"exchanges", "seconds", "failed"}.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "drivers/frame.h"

enum { REGISTERS = 8, ANSWER = 5 + 2 * REGISTERS, TIMEOUT_MS = 1000, SPIN_NS = 150000 };

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Sleeps as far as sleeping is exact, and spins the rest. */
static void wait_until(int64_t at_ns)
{
    int64_t sleep_ns = at_ns - SPIN_NS - now_ns();

    if (sleep_ns > 0) {
        struct timespec part = {(time_t)(sleep_ns / 1000000000), (long)(sleep_ns % 1000000000)};

        nanosleep(&part, NULL);
    }
    while (now_ns() < at_ns)
        ;
}

static int open_line(const char *path)
{
    struct termios raw;
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || tcgetattr(fd, &raw) != 0) {
        fprintf(stderr, "bench_serial: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    cfmakeraw(&raw);
    tcsetattr(fd, TCSANOW, &raw);
    return fd;
}

static bool take_answer(int fd)
{
    uint8_t bytes[64];
    size_t got = 0;

    while (got < ANSWER) {
        struct pollfd asked = {.fd = fd, .events = POLLIN};
        ssize_t count;

        if (poll(&asked, 1, TIMEOUT_MS) <= 0)
            return false;
        count = read(fd, bytes + got, sizeof bytes - got);
        if (count > 0)
            got += (size_t)count;
    }
    return got == ANSWER && frame_crc(bytes, ANSWER) == 0;
}

int main(int count, char **words)
{
    uint8_t frame[FRAME_REQUEST_MAX];
    long exchanges = 0, failed = 0, units;
    int64_t gap_ns, began, until, heard;
    int fd;

    if (count != 5)
        return 2;
    fd = open_line(words[1]);
    gap_ns = atol(words[2]) * 1000;
    units = atol(words[3]);
    began = heard = now_ns();
    until = began + atol(words[4]) * 1000000000;
    while (now_ns() < until) {
        const struct request request = {.unit = (uint8_t)(1 + exchanges % units),
                                        .function = 3,
                                        .address = 0,
                                        .count = REGISTERS};
        size_t size = frame_write_rtu(&request, frame);

        wait_until(heard + gap_ns);
        failed += write(fd, frame, size) != (ssize_t)size || !take_answer(fd);
        heard = now_ns();
        exchanges++;
    }
    printf("{\"exchanges\":%ld,\"seconds\":%.6f,\"failed\":%ld}\n", exchanges,
           (double)(heard - began) / 1e9, failed);
    return 0;
}
