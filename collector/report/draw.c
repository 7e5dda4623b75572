#include "report/draw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/say.h"
#include "report/child.h"
#include "report/nameless.h"

bool draw_is_for(const char *path, const char *ending)
{
    size_t length = strlen(path);

    return length > strlen(ending) && strcasecmp(path + length - strlen(ending), ending) == 0;
}

static bool cannot_write(const char *path, struct error *err)
{
    return error_set(err, ERROR_STORE, SAY("写不了 %s：%s", "cannot write %s: %s"), path,
                     strerror(errno));
}

/* Everything of one descriptor to another. */
static bool copy(int from, int to)
{
    char piece[65536];
    off_t at = 0;

    for (;;) {
        ssize_t got = pread(from, piece, sizeof piece, at);

        if (got <= 0)
            return got == 0;
        for (ssize_t done = 0; done < got;) {
            ssize_t wrote = write(to, piece + done, (size_t)(got - done));

            if (wrote < 0 && errno != EINTR)
                return false;
            done += wrote < 0 ? 0 : wrote;
        }
        at += got;
    }
}

/* What was drawn takes its place in one step. */
static bool put(int drawn, const char *path, struct error *err)
{
    char part[PATH_MAX];
    bool good;
    int fd;

    snprintf(part, sizeof part, "%s.part", path);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return cannot_write(path, err);
    good = copy(drawn, fd);
    if (close(fd) != 0)
        good = false;
    if (good && rename(part, path) == 0)
        return true;
    cannot_write(path, err);
    unlink(part);
    return false;
}

bool draw_document(const char *kind, const json_t *document, const char *path, struct error *err)
{
    struct child child = {.pid = 0};
    char program[PATH_MAX];
    char *text = NULL;
    int drawn = -1;
    bool good = false;

    if (!child_find(program, err))
        return false;
    text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    drawn = text == NULL ? -1 : nameless_file(path, err);
    if (text == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    good = drawn >= 0 && child_begin(&child, program, kind, path, drawn, err) &&
           child_give(&child, text, strlen(text), err) && child_end(&child, err) &&
           put(drawn, path, err);
    child_kill(&child);
    if (drawn >= 0)
        close(drawn);
    free(text);
    return good;
}
