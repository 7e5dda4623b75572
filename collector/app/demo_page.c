#include "app/demo_page.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/ask.h"
#include "base/say.h"
#include "store/seal.h"

/* The token of an earlier run; one that others could read is not used again. */
static bool read_token(const char *path, char token[TOKEN_SIZE])
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat file;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & 077) == 0)
        got = read(fd, token, TOKEN_LENGTH);
    if (fd >= 0)
        close(fd);
    token[got < 0 ? 0 : got] = '\0';
    return token_is_one(token);
}

static bool write_token(const char *path, const char *token, struct error *err)
{
    int fd;
    bool good;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    good = fd >= 0 && write(fd, token, TOKEN_LENGTH) == TOKEN_LENGTH && write(fd, "\n", 1) == 1;
    if (fd >= 0)
        good = close(fd) == 0 && good;
    return good || error_set(err, ERROR_STORE, SAY("无法写入 %s：%s", "cannot write %s: %s"), path,
                             strerror(errno));
}

bool demo_page_token(const struct demo_files *files, const struct settings *settings, bool fresh,
                     char token[TOKEN_SIZE], struct error *err)
{
    uint8_t digest[TOKEN_DIGEST];
    char path[300], hex[DIGEST_HEX];
    uint64_t seq;
    json_t *args;
    bool added;

    snprintf(path, sizeof path, "%s/office.token", files->dir);
    if (!fresh && read_token(path, token))
        return true;
    if (!token_make(token, err) || !token_digest(token, digest))
        return false;
    args = json_pack("{s:s, s:s, s:s}", "name", "office", "role", "office", "token_sha256",
                     digest_hex(digest, hex));
    added = ask_act(settings, "user.add", args, &seq, err);
    json_decref(args);
    return added && write_token(path, token, err);
}

char *demo_page_address(const struct demo_files *files, const char *token, char *out, size_t size)
{
    snprintf(out, size, "http://127.0.0.1:%d/#token=%s", files->page_port, token);
    return out;
}

/* Its own group: Ctrl-C is for us, and we end it in order. */
static void become_work(const struct demo_files *files, int log, pid_t parent)
{
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/proc/self/exe", "lookback", "work", "-c", files->config, "--lang", SAY("zh", "en"),
          (char *)NULL);
    _exit(127);
}

pid_t demo_work_start(const struct demo_files *files, int log, struct error *err)
{
    pid_t parent = getpid();
    pid_t process = fork();

    if (process == 0)
        become_work(files, log, parent);
    if (process < 0)
        error_set(err, ERROR_MEMORY, SAY("不能另起进程：%s", "cannot start a process: %s"),
                  strerror(errno));
    return process;
}

void demo_work_stop(pid_t process)
{
    if (process <= 0)
        return;
    kill(process, SIGTERM);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
}
