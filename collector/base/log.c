#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static enum log_level least = LOG_LEVEL_INFO;
static int target = STDERR_FILENO;

void log_set_level(enum log_level level)
{
    least = level;
}

void log_set_file(int fd)
{
    target = fd < 0 ? STDERR_FILENO : fd;
}

/* The journal stamps lines itself and reads the level from "<N>"; a terminal wants the time. */
static size_t log_head(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm local;
    size_t used;

    if (getenv("JOURNAL_STREAM") != NULL)
        return (size_t)snprintf(line, size, "<%d>", (int)level);
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    used = strftime(line, size, "%H:%M:%S ", &local);
    return used;
}

/* What a device, file or peer sent must not be able to write a line of its own. */
static size_t log_copy_visible(char *to, size_t size, const char *from)
{
    static const char hex[] = "0123456789abcdef";
    size_t used = 0;

    for (; *from != '\0' && used + 5 < size; from++) {
        unsigned char byte = (unsigned char)*from;

        if (byte >= 0x20 && byte != 0x7f) {
            to[used++] = *from;
            continue;
        }
        to[used++] = '\\';
        to[used++] = 'x';
        to[used++] = hex[byte >> 4];
        to[used++] = hex[byte & 15];
    }
    return used;
}

/* A reader of our lines that has stopped reading must not stop us (a full pipe, a journal that
 * hangs): then the line is left out. A pipe that can be written to takes PIPE_BUF bytes whole
 * (pipe(7)), and a line is shorter. */
static void log_write(const char *line, size_t size)
{
    struct pollfd one = {.fd = target, .events = POLLOUT};

    if (send(target, line, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != ENOTSOCK)
        return;
    if (poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0 && write(target, line, size) < 0)
        return; /* nobody is left to tell */
}

__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *format,
                                                           va_list args)
{
    char said[1024];
    char line[2200];
    size_t used;

    if (level > least)
        return;
    vsnprintf(said, sizeof said, format, args);
    used = log_head(line, sizeof line, level);
    used += log_copy_visible(line + used, sizeof line - used - 1, said);
    line[used++] = '\n';
    log_write(line, used);
}

#define LOG_FUNCTION(name, level)                                                                  \
    void name(const char *format, ...)                                                             \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        log_line(level, format, args);                                                             \
        va_end(args);                                                                              \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_notice, LOG_LEVEL_NOTICE)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
