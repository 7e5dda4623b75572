#include "drawing/out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

bool out_try(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        return out_failed(path, strerror(errno), err);
    close(fd);
    return true;
}

void out_drop(const char *path)
{
    struct stat about;

    if (lstat(path, &about) == 0 && S_ISREG(about.st_mode))
        unlink(path);
}

bool out_failed(const char *path, const char *why, struct error *err)
{
    return error_set(err, ERROR_STORE, SAY("%s：写不进去（%s）", "%s: it cannot be written (%s)"),
                     path, why);
}
