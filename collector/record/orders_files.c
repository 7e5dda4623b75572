/* STORE/bundles: what has become of orders, and who makes them. */
#include "record/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

static const char *const words[] = {"waiting", "making", "done", "failed", "expired"};

static int open_folder(const char *store_dir)
{
    char path[600];

    snprintf(path, sizeof path, "%s/bundles", store_dir);
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int orders_folder(const char *store_dir, struct error *err)
{
    char path[600];
    int folder;

    snprintf(path, sizeof path, "%s/bundles", store_dir);
    if (mkdir(path, 0750) == 0 || errno == EEXIST) {
        folder = open_folder(store_dir);
        if (folder >= 0)
            return folder;
    }
    error_set(err, ERROR_STORE,
              SAY("不能使用文件夹 %s：%s；它应是本程序用户的一个普通文件夹",
                  "cannot use the folder %s: %s; it must be a plain folder of this program's user"),
              path, strerror(errno));
    return -1;
}

/* What somebody else put there, or made a link of, is not read. */
static bool is_our_own(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid() &&
           file.st_nlink == 1;
}

int order_open(const char *store_dir, uint64_t id, const char *ending)
{
    char name[40];
    int folder = open_folder(store_dir);
    int fd;

    if (folder < 0)
        return -1;
    snprintf(name, sizeof name, "%" PRIu64 ".%s", id, ending);
    fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    close(folder);
    if (fd >= 0 && is_our_own(fd))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

json_t *order_state(const char *store_dir, uint64_t id)
{
    int fd = order_open(store_dir, id, "json");
    char *bytes = fd < 0 ? NULL : malloc(ORDER_FILE_MOST);
    ssize_t size = bytes == NULL ? -1 : read(fd, bytes, ORDER_FILE_MOST);
    json_t *state = size <= 0 ? NULL : json_loadb(bytes, (size_t)size, 0, NULL);

    free(bytes);
    if (fd >= 0)
        close(fd);
    if (state != NULL && !json_is_object(state)) {
        json_decref(state);
        state = NULL;
    }
    return state;
}

const char *order_state_word(const json_t *state)
{
    const char *word = json_string_value(json_object_get(state, "state"));

    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    return words[0];
}

bool order_is_over(const json_t *state)
{
    const char *word = order_state_word(state);

    return strcmp(word, "waiting") != 0 && strcmp(word, "making") != 0;
}

void orders_wake(const char *store_dir)
{
    struct error err = {0};
    int folder = orders_folder(store_dir, &err); /* without it `work` finds the order by itself */

    if (folder < 0)
        return;
    futimens(folder, NULL);
    close(folder);
}

/* Who works ------------------------------------------------------------------------------------ */

/* A lock of the open file (fcntl(2)): a child that makes a bundle holds it too, so that a second
 * `work` cannot begin beside one that was killed; and it can be tested without being taken. */
static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static int open_lock(const char *store_dir, int flags)
{
    char path[600];

    snprintf(path, sizeof path, "%s/work.lock", store_dir);
    return open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
}

bool orders_are_served(const char *store_dir)
{
    struct flock lock = whole_file();
    int fd = open_lock(store_dir, O_RDWR);
    bool held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;

    if (fd >= 0)
        close(fd);
    return held;
}

int orders_serve(const char *store_dir, struct error *err)
{
    struct flock lock = whole_file();
    int fd = open_lock(store_dir, O_RDWR | O_CREAT);

    if (fd < 0) {
        error_set(err, ERROR_STORE,
                  SAY("存储目录 %s 不可写：%s", "the store's directory %s cannot be written: %s"),
                  store_dir, strerror(errno));
        return -1;
    }
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return fd;
    error_set(err, ERROR_STORE,
              SAY("已有一个 lookback work 在为 %s 工作；每个存储只要一个",
                  "a lookback work serves %s already; a store needs one"),
              store_dir);
    close(fd);
    return -1;
}
