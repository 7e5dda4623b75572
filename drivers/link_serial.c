/* A serial port as a link: opened by its path each time, so that a replugged adapter is found. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/say.h"
#include "drivers/line_modbus.h"
#include "drivers/link_parts.h"

struct serial_link {
    struct link link;
    struct serial_setup setup;
    struct serial_line *line; /* NULL: shut */
    uv_poll_t port;
    bool port_lives; /* between uv_poll_init() and its close callback */
    bool reopen;     /* open as soon as the old handle is closed */
    int timer_fd;
    uv_poll_t timer;
    bool timer_lives;
    bool ending;
};

static struct serial_link *serial_of(struct link *link)
{
    return (struct serial_link *)link;
}

static void open_port(struct serial_link *serial);

static void end_if_done(struct serial_link *serial)
{
    void (*ended)(void *) = serial->link.ended;
    void *self = serial->link.ended_self;

    if (!serial->ending || serial->port_lives || serial->timer_lives)
        return;
    free(serial);
    if (ended != NULL)
        ended(self);
}

static void port_closed(uv_handle_t *handle)
{
    struct serial_link *serial = handle->data;

    serial->port_lives = false;
    if (serial->reopen && !serial->ending)
        open_port(serial);
    else
        end_if_done(serial);
}

/* The descriptor goes at once: while it is held, the name of a replugged adapter is not free. */
static void serial_shut(struct link *link)
{
    struct serial_link *serial = serial_of(link);

    serial->reopen = false;
    link_wake_in(link, -1);
    if (serial->line == NULL)
        return;
    uv_close((uv_handle_t *)&serial->port, port_closed);
    serial_line_close(serial->line);
    serial->line = NULL;
}

static void break_down(struct serial_link *serial, const char *reason)
{
    char why[400];

    snprintf(why, sizeof why,
             SAY("串口 %s 中断（%s）：转换器可能被拔出", "port %s broke (%s): perhaps unplugged"),
             serial->setup.path, reason);
    serial_shut(&serial->link);
    serial->link.user->down(serial->link.self, CAUSE_DISCONNECTED, why);
}

/* A port that has hung up is for ever readable and never gives a byte. */
static bool has_hung_up(int fd)
{
    struct pollfd asked = {.fd = fd, .events = POLLIN};

    return poll(&asked, 1, 0) > 0 && (asked.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Bounded, so that a port that talks without end can not hold the loop. `all`: until the port says
 * that there is no more; else what comes after a short read wakes the loop again. */
static void read_port(struct serial_link *serial, bool all)
{
    uint8_t bytes[512];

    for (int turns = 0; turns < 8 && serial->line != NULL; turns++) {
        int fd = serial_line_fd(serial->line);
        ssize_t count = read(fd, bytes, sizeof bytes);

        if (count > 0) {
            serial->link.user->bytes(serial->link.self, bytes, (size_t)count);
            if (!all && (size_t)count < sizeof bytes)
                return;
            continue;
        }
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno != EAGAIN)
            break_down(serial, strerror(errno));
        else if (has_hung_up(fd))
            break_down(serial, strerror(EIO));
        return;
    }
}

static void port_readable(uv_poll_t *handle, int status, int events)
{
    struct serial_link *serial = handle->data;

    (void)events;
    if (serial->line == NULL)
        return;
    if (status != 0)
        break_down(serial, strerror(EIO)); /* libuv only says that there was a POLLERR */
    else
        read_port(serial, false);
}

static void open_port(struct serial_link *serial)
{
    struct error err = {0};
    int status;

    serial->reopen = false;
    serial->line = serial_line_open(&serial->setup, &err);
    if (serial->line == NULL) {
        serial->link.user->down(serial->link.self, CAUSE_REFUSED, err.text);
        return;
    }
    status = uv_poll_init(serial->link.loop, &serial->port, serial_line_fd(serial->line));
    if (status == 0) {
        serial->port.data = serial;
        serial->port_lives = true;
        status = uv_poll_start(&serial->port, UV_READABLE, port_readable);
    }
    if (status != 0) {
        if (serial->port_lives)
            uv_close((uv_handle_t *)&serial->port, port_closed);
        serial_line_close(serial->line);
        serial->line = NULL;
        serial->link.user->down(serial->link.self, CAUSE_REFUSED, uv_strerror(status));
        return;
    }
    serial->link.user->up(serial->link.self);
}

static void serial_open(struct link *link)
{
    struct serial_link *serial = serial_of(link);

    if (serial->line != NULL || serial->ending)
        return;
    if (serial->port_lives)
        serial->reopen = true;
    else
        open_port(serial);
}

static bool serial_is_open(const struct link *link)
{
    return ((const struct serial_link *)link)->line != NULL;
}

/* Eight bytes always fit, unless the driver is stuck: then the port is of no use. */
static bool serial_send(struct link *link, const uint8_t *bytes, size_t count)
{
    struct serial_link *serial = serial_of(link);
    ssize_t sent;

    if (serial->line == NULL)
        return false;
    do
        sent = write(serial_line_fd(serial->line), bytes, count);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)count;
}

static void serial_pump(struct link *link)
{
    struct serial_link *serial = serial_of(link);

    if (serial->line != NULL)
        read_port(serial, true);
}

static bool serial_wake_in(struct link *link, int64_t ns)
{
    struct itimerspec when = {0};
    int64_t wait = ns > 0 ? ns : 1;

    if (ns >= 0) {
        when.it_value.tv_sec = (time_t)(wait / 1000000000);
        when.it_value.tv_nsec = (long)(wait % 1000000000);
    }
    return timerfd_settime(serial_of(link)->timer_fd, 0, &when, NULL) == 0;
}

static void timer_rang(uv_poll_t *handle, int status, int events)
{
    struct serial_link *serial = handle->data;
    uint64_t times;

    (void)status;
    (void)events;
    if (read(serial->timer_fd, &times, sizeof times) == (ssize_t)sizeof times)
        serial->link.user->wake(serial->link.self);
}

static void timer_closed(uv_handle_t *handle)
{
    struct serial_link *serial = handle->data;

    close(serial->timer_fd);
    serial->timer_lives = false;
    end_if_done(serial);
}

static void serial_end(struct link *link)
{
    struct serial_link *serial = serial_of(link);

    serial->ending = true;
    serial_shut(link);
    if (serial->timer_lives)
        uv_close((uv_handle_t *)&serial->timer, timer_closed);
    else
        end_if_done(serial);
}

/* CLOCK_BOOTTIME, as every moment of the exchange. */
static bool make_timer(struct serial_link *serial)
{
    serial->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (serial->timer_fd < 0)
        return false;
    if (uv_poll_init(serial->link.loop, &serial->timer, serial->timer_fd) != 0) {
        close(serial->timer_fd);
        return false;
    }
    serial->timer.data = serial;
    serial->timer_lives = true;
    return uv_poll_start(&serial->timer, UV_READABLE, timer_rang) == 0;
}

struct link *link_serial_new(uv_loop_t *loop, const struct serial_setup *setup,
                             const struct link_user *user, void *self, struct error *err)
{
    static const struct link_way way = {
        .open = serial_open,
        .shut = serial_shut,
        .is_open = serial_is_open,
        .send = serial_send,
        .pump = serial_pump,
        .wake_in = serial_wake_in,
        .end = serial_end,
    };
    struct serial_link *serial;

    if (!baud_is_known(setup->baud)) {
        error_set(err, ERROR_SETTINGS,
                  SAY("链路 %s：不支持波特率 %d", "link %s: there is no baud rate of %d"),
                  setup->name, setup->baud);
        return NULL;
    }
    serial = calloc(1, sizeof *serial);
    if (serial == NULL) {
        error_set(err, ERROR_MEMORY, SAY("链路 %s：内存不足", "link %s: out of memory"),
                  setup->name);
        return NULL;
    }
    serial->link = (struct link){.way = &way, .user = user, .self = self, .loop = loop};
    serial->setup = *setup;
    if (make_timer(serial))
        return &serial->link;
    error_set(err, ERROR_MEMORY, SAY("链路 %s：建不了计时器：%s", "link %s: no timer: %s"),
              setup->name, strerror(errno));
    if (serial->timer_lives)
        link_end(&serial->link, NULL, NULL);
    else
        free(serial);
    return NULL;
}
