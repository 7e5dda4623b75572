/* Secrets come from files only we (or root) can read, or from the service manager's credentials. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "output/sender.h"

#define CREDENTIAL "credential:"

/* "credential:NAME" to $CREDENTIALS_DIRECTORY/NAME. The service manager guards that directory, so
 * its files are only asked to be files. */
static bool credential_path(const char *name, char *path, size_t size, struct error *err)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");

    if (directory == NULL || *directory != '/')
        return error_set(err, ERROR_SETTINGS,
                         SAY("凭据 %s：没有 $CREDENTIALS_DIRECTORY；请由 systemd 用 "
                             "LoadCredential= 启动",
                             "credential %s: there is no $CREDENTIALS_DIRECTORY; start us by "
                             "systemd with LoadCredential="),
                         name);
    if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0 ||
        strcmp(name, ".") == 0 || (size_t)snprintf(path, size, "%s/%s", directory, name) >= size)
        return error_set(err, ERROR_SETTINGS, SAY("凭据名 %s 有误", "credential %s: not a name"),
                         name);
    return true;
}

static bool file_is_guarded(int fd, const char *path, bool credential, struct error *err)
{
    struct stat about;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return error_set(err, ERROR_SETTINGS,
                         SAY("密钥文件 %s 不是普通文件", "secret %s: not a regular file"), path);
    if (about.st_uid != geteuid() && about.st_uid != 0)
        return error_set(err, ERROR_SETTINGS,
                         SAY("密钥文件 %s 属于用户 %u；应属于本程序的用户或 root：chown",
                             "secret %s belongs to user %u; it must be ours or root's: chown it"),
                         path, (unsigned)about.st_uid);
    if (!credential && (about.st_mode & 0177) != 0)
        return error_set(err, ERROR_SETTINGS,
                         SAY("密钥文件 %s 的权限是 %04o，他人可读；请执行 chmod 0600 %s",
                             "secret %s has mode %04o, others could read it; do chmod 0600 %s"),
                         path, (unsigned)(about.st_mode & 07777), path);
    return true;
}

static bool read_all(int fd, const char *path, char *out, size_t size, struct error *err)
{
    size_t used = 0;
    ssize_t got;

    while ((got = read(fd, out + used, size - used)) > 0) {
        used += (size_t)got;
        if (used == size)
            return error_set(err, ERROR_SETTINGS,
                             SAY("密钥文件 %s 太长（最多 %zu 字节）",
                                 "secret %s is too long (at most %zu bytes)"),
                             path, size - 1);
    }
    if (got < 0)
        return error_set(err, ERROR_SETTINGS, SAY("读不了密钥文件 %s：%s", "secret %s: %s"), path,
                         strerror(errno));
    out[used] = '\0';
    if (strlen(out) != used)
        return error_set(err, ERROR_SETTINGS, SAY("密钥文件 %s 不是文字", "secret %s is not text"),
                         path);
    return true;
}

/* One line; a carriage return or line feed at its end is not part of it. */
static bool check_line(const char *path, char *out, struct error *err)
{
    size_t used = strlen(out);

    if (used > 0 && out[used - 1] == '\n')
        used--;
    if (used > 0 && out[used - 1] == '\r')
        used--;
    out[used] = '\0';
    if (used == 0 || strcspn(out, "\r\n") != used)
        return error_set(
            err, ERROR_SETTINGS,
            SAY("密钥文件 %s 应恰好是一行文字", "secret %s must be exactly one line of text"),
            path);
    return true;
}

/* Its text, as long as `size` allows; `path` is where it stands. */
static bool read_secret(const char *from, char path[512], char *out, size_t size, struct error *err)
{
    bool credential = strncmp(from, CREDENTIAL, strlen(CREDENTIAL)) == 0;
    bool good;
    int fd;

    if (credential) {
        if (!credential_path(from + strlen(CREDENTIAL), path, 512, err))
            return false;
    } else if ((size_t)snprintf(path, 512, "%s", from) >= 512) {
        return error_set(err, ERROR_SETTINGS, SAY("路径太长", "path too long"));
    }
    /* No link is followed, and a pipe in its place cannot hold us up. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_set(err, ERROR_SETTINGS, SAY("打不开密钥文件 %s：%s", "secret %s: %s"), path,
                         errno == ELOOP ? SAY("是符号链接，不跟随",
                                              "it is a symbolic link, which we do not follow")
                                        : strerror(errno));
    good = file_is_guarded(fd, path, credential, err) && read_all(fd, path, out, size, err);
    close(fd);
    return good;
}

static bool give(bool good, char *out, size_t size)
{
    if (!good)
        explicit_bzero(out, size);
    return good;
}

bool secret_read(const char *from, char *out, size_t size, struct error *err)
{
    char path[512];

    out[0] = '\0';
    return give(read_secret(from, path, out, size, err) && check_line(path, out, err), out, size);
}

bool secret_read_text(const char *from, char *out, size_t size, struct error *err)
{
    char path[512];

    out[0] = '\0';
    return give(read_secret(from, path, out, size, err), out, size);
}
