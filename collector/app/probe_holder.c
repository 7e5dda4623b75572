#include "app/probe_holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ask.h"
#include "town/shown.h"

static bool same_device(const char *path, const struct stat *port)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISCHR(found.st_mode) && found.st_rdev == port->st_rdev;
}

/* The folder whose lock the process holds: a collector of ours. */
static void note_store(const char *path, struct holder *holder)
{
    static const char lock[] = "/lookback.lock";
    char target[300];
    ssize_t length = readlink(path, target, sizeof target - 1);

    if (length < (ssize_t)sizeof lock)
        return;
    target[length] = '\0';
    length -= (ssize_t)sizeof lock - 1;
    if (strcmp(target + length, lock) == 0 && (size_t)length < sizeof holder->store)
        snprintf(holder->store, sizeof holder->store, "%.*s", (int)length, target);
}

/* The kernel lists a descriptor's locks beside it. */
static bool has_lock(const char *pid, const char *fd)
{
    char path[400], line[200];
    bool found = false;
    FILE *info;

    snprintf(path, sizeof path, "/proc/%s/fdinfo/%s", pid, fd);
    info = fopen(path, "r");
    while (info != NULL && !found && fgets(line, sizeof line, info) != NULL)
        found = strncmp(line, "lock:", 5) == 0;
    if (info != NULL)
        fclose(info);
    return found;
}

static bool look_at_process(const char *pid, const struct stat *port, struct holder *holder)
{
    bool holds = false;
    char path[400];
    DIR *open;
    const struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    open = opendir(path);
    while (open != NULL && (entry = readdir(open)) != NULL) {
        snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, entry->d_name);
        if (same_device(path, port)) {
            holds = true;
            holder->locks = holder->locks || has_lock(pid, entry->d_name);
        }
        note_store(path, holder);
    }
    if (open != NULL)
        closedir(open);
    return holds;
}

static void read_program(const char *pid, struct holder *holder)
{
    char path[64];
    FILE *comm;

    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    snprintf(holder->program, sizeof holder->program, "?");
    comm = fopen(path, "r");
    if (comm == NULL)
        return;
    if (fgets(holder->program, sizeof holder->program, comm) != NULL)
        holder->program[strcspn(holder->program, "\n")] = '\0';
    fclose(comm);
}

/* Asked by name, because the person at the cable knows the station and not its process. */
static void ask_name(struct holder *holder)
{
    json_t *args = json_object();
    json_t *answer = NULL;
    struct error err = {0};

    if (ask_collector(holder->store, "status", args, &answer, &err) == ASKED_DONE)
        snprintf(holder->collector, sizeof holder->collector, "%s", text_of(answer, "collector"));
    json_decref(answer);
    json_decref(args);
}

/* Root is let in by the kernel whatever TIOCEXCL says, so it is asked for. */
static bool is_locked(const char *port)
{
    int fd = open(port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    bool locked = fd < 0 && errno == EBUSY;
    int exclusive = 0;

    if (fd < 0)
        return locked;
    locked = (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) ||
             (ioctl(fd, TIOCGEXCL, &exclusive) == 0 && exclusive != 0);
    close(fd);
    return locked;
}

/* A collector of ours is the one that asks; others may only have it open. */
static bool find_process(const struct stat *port, struct holder *holder)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    bool held = false;

    while (holder->store[0] == '\0' && processes != NULL && (entry = readdir(processes)) != NULL) {
        struct holder one = {.pid = (pid_t)atoi(entry->d_name)};

        if (one.pid <= 0 || one.pid == getpid() || !look_at_process(entry->d_name, port, &one))
            continue;
        read_program(entry->d_name, &one);
        if (!held || one.store[0] != '\0' || (one.locks && !holder->locks))
            *holder = one;
        held = true;
    }
    if (processes != NULL)
        closedir(processes);
    return held;
}

enum holding probe_holder_find(const char *port, struct holder *holder)
{
    struct stat found;
    bool locked, open_elsewhere;

    *holder = (struct holder){.pid = 0};
    if (stat(port, &found) != 0 || !S_ISCHR(found.st_mode))
        return PORT_FREE;
    locked = is_locked(port);
    open_elsewhere = find_process(&found, holder);
    if (holder->store[0] != '\0')
        ask_name(holder);
    return locked ? PORT_LOCKED : open_elsewhere ? PORT_SHARED : PORT_FREE;
}
