#include "report/child.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/say.h"
#include "report/nameless.h"

#define PROGRAM "lookback-report"

enum { OUT_AT = 3, SAID_MOST = 512, VERSIONS_MOST = 4096 };

extern char **environ;

bool child_find(char path[PATH_MAX], struct error *err)
{
    const char *given = getenv("LOOKBACK_REPORT");
    char self[PATH_MAX - 64] = "";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *dir;

    if (given != NULL && *given != '\0') {
        snprintf(path, PATH_MAX, "%s", given);
        return access(path, X_OK) == 0 ||
               error_set(err, ERROR_NOT_FOUND,
                         SAY("$LOOKBACK_REPORT 指向 %s，那里没有可执行的程序",
                             "$LOOKBACK_REPORT names %s, which is no program"),
                         path);
    }
    self[length < 0 ? 0 : length] = '\0';
    dir = dirname(self);
    snprintf(path, PATH_MAX, "%s/" PROGRAM, dir);
    if (access(path, X_OK) == 0)
        return true;
    snprintf(path, PATH_MAX, "%s/../libexec/lookback/" PROGRAM, dir);
    return access(path, X_OK) == 0 ||
           error_set(err, ERROR_NOT_FOUND,
                     SAY("找不到画报告的程序 " PROGRAM "：应在 %s 或 %s；请重新安装，或用 "
                         "$LOOKBACK_REPORT 指明",
                         "there is no " PROGRAM
                         ", which draws reports, in %s or at %s; install it, "
                         "or name it in $LOOKBACK_REPORT"),
                     dir, path);
}

static bool cannot_start(const char *program, int why, struct error *err)
{
    return error_set(
        err, ERROR_STORE,
        SAY("启动不了画报告的程序 %s：%s", "%s, which draws reports, cannot start: %s"), program,
        strerror(why));
}

/* Its standard input is `in`, its output `out`, its errors `said`; `drawn` (-1: none) is OUT_AT. */
static bool spawn(struct child *child, char *const words[], int in, int out, int drawn,
                  struct error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t pipes;
    int why;

    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &pipes);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child->said, STDERR_FILENO);
    if (drawn >= 0)
        posix_spawn_file_actions_adddup2(&actions, drawn, OUT_AT);
    why = posix_spawn(&child->pid, child->program, &actions, &attributes, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (why == 0)
        return true;
    child->pid = 0;
    return cannot_start(child->program, why, err);
}

static void forget(struct child *child)
{
    if (child->to >= 0)
        close(child->to);
    if (child->said >= 0)
        close(child->said);
    child->to = child->said = -1;
}

/* `in` and `out`: -1 for one of our own making, given in child->to, or nowhere. */
static bool start(struct child *child, char *const words[], const char *beside, int out, int drawn,
                  struct error *err)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    int pipes[2] = {-1, -1};
    bool started = false;

    child->said = nameless_file(beside, err);
    if (child->said < 0)
        goto done;
    if (nowhere < 0 || pipe2(pipes, O_CLOEXEC) != 0) {
        cannot_start(child->program, errno, err);
        goto done;
    }
    started = spawn(child, words, pipes[0], out < 0 ? nowhere : out, drawn, err);
    if (started) {
        child->to = pipes[1];
        pipes[1] = -1;
    }
done:
    if (nowhere >= 0)
        close(nowhere);
    if (pipes[0] >= 0)
        close(pipes[0]);
    if (pipes[1] >= 0)
        close(pipes[1]);
    if (!started)
        forget(child);
    return started;
}

static void prepare(struct child *child, const char *program, const char *kind)
{
    *child = (struct child){.kind = kind, .to = -1, .said = -1};
    snprintf(child->program, sizeof child->program, "%s", program);
}

bool child_begin(struct child *child, const char *program, const char *kind, const char *beside,
                 int out, struct error *err)
{
    char where[] = "/proc/self/fd/3", name[] = PROGRAM, what[32];
    char *const words[] = {name, what, where, NULL};

    prepare(child, program, kind);
    snprintf(what, sizeof what, "%s", kind);
    return start(child, words, beside, -1, out, err);
}

bool child_give(struct child *child, const void *bytes, size_t size, struct error *err)
{
    const char *at = bytes;

    while (size > 0 && !child->broken) {
        ssize_t gave = write(child->to, at, size);

        if (gave < 0 && errno == EINTR)
            continue;
        if (gave < 0 && errno != EPIPE)
            return cannot_start(child->program, errno, err);
        child->broken = gave < 0;
        at += gave < 0 ? 0 : gave;
        size -= gave < 0 ? 0 : (size_t)gave;
    }
    return true;
}

/* The first line it said, without the name it puts before. */
static bool repeat_sentence(const struct child *child, int status, struct error *err)
{
    char said[SAID_MOST] = "";
    ssize_t length = pread(child->said, said, sizeof said - 1, 0);
    const char *sentence = said;

    said[length < 0 ? 0 : length] = '\0';
    sentence += strspn(said, "\n");
    said[strcspn(sentence, "\n") + (size_t)(sentence - said)] = '\0';
    if (strncmp(sentence, PROGRAM ": ", strlen(PROGRAM ": ")) == 0)
        sentence += strlen(PROGRAM ": ");
    if (*sentence != '\0')
        return error_set(err, ERROR_STORE, SAY("画报告时出错：%s", "drawing the report failed: %s"),
                         sentence);
    return error_set(err, ERROR_STORE,
                     SAY("画报告的程序 %s 没有完成（%s %d），也没有说明原因",
                         "%s, which draws reports, did not finish (%s %d) and did not say why"),
                     child->program,
                     WIFSIGNALED(status) ? SAY("信号", "signal") : SAY("退出码", "exit"),
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

bool child_end(struct child *child, struct error *err)
{
    int status = 0;
    bool ended;

    close(child->to);
    child->to = -1;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ended)
        repeat_sentence(child, status, err);
    forget(child);
    return ended;
}

void child_kill(struct child *child)
{
    if (child->pid == 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    forget(child);
}

json_t *child_versions(const char *program, const char *beside, struct error *err)
{
    char name[] = PROGRAM, what[] = "versions", bytes[VERSIONS_MOST];
    char *const words[] = {name, what, NULL};
    struct child child;
    json_t *versions = NULL;
    ssize_t length;
    int out = nameless_file(beside, err);

    if (out < 0)
        return NULL;
    prepare(&child, program, what);
    if (start(&child, words, beside, out, -1, err) && child_end(&child, err)) {
        length = pread(out, bytes, sizeof bytes, 0);
        versions = length <= 0 ? NULL : json_loadb(bytes, (size_t)length, 0, NULL);
        if (!json_is_object(versions)) {
            json_decref(versions);
            versions = NULL;
            error_set(err, ERROR_STORE,
                      SAY("画报告的程序 %s 与本程序版本不符：请一起重新安装",
                          "%s, which draws reports, is of another version: install both again"),
                      program);
        }
    }
    close(out);
    return versions;
}
