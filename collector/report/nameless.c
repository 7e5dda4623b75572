#include "report/nameless.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

int nameless_file(const char *beside, struct error *err)
{
    char copy[PATH_MAX], name[PATH_MAX + 20];
    const char *dir;
    int fd;

    snprintf(copy, sizeof copy, "%s", beside);
    dir = dirname(copy);
    fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) { /* not every file system has that: a memory stick has not */
        snprintf(name, sizeof name, "%s/.lookback-XXXXXX", dir);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    if (fd < 0)
        error_set(err, ERROR_STORE, SAY("写不了 %s：%s", "cannot write %s: %s"), beside,
                  strerror(errno));
    return fd;
}
