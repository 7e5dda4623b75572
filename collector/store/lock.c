/* Exactly one process writes: the lock file holds an flock, and the number of who has it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/say.h"
#include "store/inside.h"

static int refuse_held(int fd, const char *path, struct error *err)
{
    char holder[24] = "?";
    ssize_t got = pread(fd, holder, sizeof holder - 1, 0);

    if (got > 0)
        holder[strspn(holder, "0123456789")] = '\0';
    error_set(err, ERROR_STORE,
              SAY("存储已被占用：进程 %s 持有 %s；请先停止它，或让它来执行",
                  "the store is in use: process %s holds %s; stop it first, or let it do the work"),
              holder[0] == '\0' ? "?" : holder, path);
    close(fd);
    return -1;
}

int lock_take(const char *dir, struct error *err)
{
    char path[1024];
    char holder[24];
    int length;
    int fd;

    snprintf(path, sizeof path, "%s/lookback.lock", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        error_set(err, ERROR_STORE,
                  SAY("存储目录不可写：%s：%s；请检查属主、权限以及文件系统是否只读",
                      "the store's directory cannot be written: %s: %s; check owner, mode and "
                      "whether the file system is read-only"),
                  path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return refuse_held(fd, path, err);
    length = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    /* The number is a courtesy to people; on a full disk the lock holds without it. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, holder, (size_t)length, 0) != length)
        (void)!ftruncate(fd, 0);
    return fd;
}
