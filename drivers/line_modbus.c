#include "drivers/line_modbus.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/say.h"

struct serial_line {
    int lock; /* our own descriptor of the port: holds the lock that libmodbus does not take */
    modbus_t *modbus;
};

bool baud_is_known(int baud)
{
    static const int known[] = {300,   600,   1200,   2400,   4800,   9600,  19200,
                                38400, 57600, 115200, 230400, 460800, 921600};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i] == baud)
            return true;
    return false;
}

/* Each trouble with a port has its own sentence, because each has its own cure. */
static bool complain(const struct serial_setup *setup, int trouble, struct error *err)
{
    const char *path = setup->path;

    switch (trouble) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return error_set(
            err, ERROR_DEVICE,
            SAY("串口 %s 不存在：转换器没有插好，或路径写错了",
                "port %s is not there: the adapter is unplugged, or the path is wrong"),
            path);
    case EBUSY:
    case EWOULDBLOCK:
        return error_set(err, ERROR_DEVICE,
                         SAY("串口 %s 正被另一个程序占用；请先停掉那个程序（fuser %s 可以查到）",
                             "port %s is held by another program; stop that one first "
                             "(fuser %s names it)"),
                         path, path);
    case EACCES:
    case EPERM:
        return error_set(err, ERROR_DEVICE,
                         SAY("没有权限打开串口 %s：请把运行用户加入 dialout 组",
                             "no permission to open port %s: add the service's user to the "
                             "group dialout"),
                         path);
    default:
        return error_set(err, ERROR_DEVICE,
                         SAY("打不开串口 %s：%s", "port %s cannot be opened: %s"), path,
                         strerror(trouble));
    }
}

static bool lock_port(struct serial_line *line, const struct serial_setup *setup, struct error *err)
{
    line->lock = open(setup->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->lock < 0)
        return complain(setup, errno, err);
    if (!isatty(line->lock))
        return error_set(err, ERROR_DEVICE, SAY("%s 不是串口", "%s is not a serial port"),
                         setup->path);
    if (flock(line->lock, LOCK_EX | LOCK_NB) != 0)
        return complain(setup, errno, err);
    return true;
}

/* The driver pulls the direction line; a program is too slow for it at high rates. */
static bool switch_rs485(int fd, const struct serial_setup *setup, struct error *err)
{
    struct serial_rs485 mode = {.flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND};

    if (!setup->rs485 || ioctl(fd, TIOCSRS485, &mode) == 0)
        return true;
    return error_set(
        err, ERROR_DEVICE,
        SAY("串口 %s 的驱动不支持 RS-485 方向控制（%s）；若转换器自行换向，请去掉 rs485",
            "the driver of port %s cannot switch an RS-485 line (%s); if the adapter "
            "does it itself, leave out rs485"),
        setup->path, strerror(errno));
}

static bool set_up(struct serial_line *line, const struct serial_setup *setup, struct error *err)
{
    int fd;

    line->modbus = modbus_new_rtu(setup->path, setup->baud, setup->parity, 8, setup->stop_bits);
    if (line->modbus == NULL)
        return complain(setup, errno, err);
    modbus_set_error_recovery(line->modbus, MODBUS_ERROR_RECOVERY_NONE);
    if (modbus_connect(line->modbus) != 0)
        return complain(setup, errno, err);
    fd = modbus_get_socket(line->modbus);
    if (ioctl(fd, TIOCEXCL) != 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        return complain(setup, errno, err);
    tcflush(fd, TCIOFLUSH);
    return switch_rs485(fd, setup, err);
}

struct serial_line *serial_line_open(const struct serial_setup *setup, struct error *err)
{
    struct serial_line *line = calloc(1, sizeof *line);

    if (line == NULL) {
        complain(setup, ENOMEM, err);
        return NULL;
    }
    line->lock = -1;
    if (lock_port(line, setup, err) && set_up(line, setup, err))
        return line;
    serial_line_close(line);
    return NULL;
}

/* What the port has not sent yet is thrown away first: a driver may wait 30 s for it in close(). */
void serial_line_close(struct serial_line *line)
{
    if (line == NULL)
        return;
    if (line->modbus != NULL) {
        int fd = modbus_get_socket(line->modbus);

        if (fd >= 0) {
            tcflush(fd, TCIOFLUSH);
            ioctl(fd, TIOCNXCL);
        }
        modbus_close(line->modbus);
        modbus_free(line->modbus);
    }
    if (line->lock >= 0)
        close(line->lock);
    free(line);
}

int serial_line_fd(const struct serial_line *line)
{
    return modbus_get_socket(line->modbus);
}
