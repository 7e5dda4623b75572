#include "app/simulator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/say.h"

extern char **environ;

void simulator_path(char *out, size_t size)
{
    char self[256];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    snprintf(out, size, "lookback-simulator");
    if (length <= 0)
        return;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL)
        return;
    snprintf(out, size, "%.*s/lookback-simulator", (int)(slash - self), self);
    if (access(out, X_OK) != 0)
        snprintf(out, size, "lookback-simulator");
}

/* True when the word arrives; false at its end or after 10 s. */
static bool wait_for_ready(int from)
{
    const struct clock *clock = clock_system();
    int64_t deadline = clock_mono(clock).ns + ns_from_ms(10000);
    char said[256] = "";
    size_t used = 0;

    while (used < sizeof said - 1) {
        int64_t left_ms = (deadline - clock_mono(clock).ns) / 1000000;
        struct pollfd one = {.fd = from, .events = POLLIN};
        ssize_t count;

        if (left_ms <= 0 || poll(&one, 1, (int)left_ms) <= 0)
            return false;
        count = read(from, said + used, sizeof said - 1 - used);
        if (count <= 0)
            return false;
        used += (size_t)count;
        said[used] = '\0';
        if (strstr(said, "ready") != NULL)
            return true;
    }
    return false;
}

static int spawn(pid_t *process, const char *file, int out, int log)
{
    char path[300];
    char *words[] = {path, (char *)file, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int result;

    simulator_path(path, sizeof path);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    /* Its own group: Ctrl-C is for us, and we end it in order. */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (log >= 0)
        posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    result = posix_spawnp(process, path, &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

pid_t simulator_start(const char *file, int log, struct error *err)
{
    pid_t process = -1;
    int ends[2];
    int result;
    bool ready;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        error_set(err, ERROR_DEVICE, "pipe: %s", strerror(errno));
        return -1;
    }
    result = spawn(&process, file, ends[1], log);
    close(ends[1]);
    if (result != 0) {
        close(ends[0]);
        error_set(err, ERROR_NOT_FOUND,
                  SAY("无法启动 lookback-simulator：%s", "cannot start lookback-simulator: %s"),
                  strerror(result));
        return -1;
    }
    ready = wait_for_ready(ends[0]);
    close(ends[0]);
    if (ready)
        return process;
    simulator_stop(process);
    error_set(err, ERROR_DEVICE,
              SAY("模拟器没有就绪，请看它的输出（%s）",
                  "the simulator did not become ready; see what "
                  "it said about %s"),
              file);
    return -1;
}

void simulator_stop(pid_t process)
{
    if (process <= 0)
        return;
    kill(process, SIGTERM);
    waitpid(process, NULL, 0);
}
